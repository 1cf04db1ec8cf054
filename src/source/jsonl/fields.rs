//! Which fields of a row hold the text, the address, the id and the site.
//!
//! Names that are not set are found: each role has a list of usual names in order of preference,
//! and each row is judged by itself, so that what a row yields never depends on other rows. A name
//! with dots is first a top-level key of just that spelling, then a path through objects. All names
//! together form a small tree, which the scanner walks along with the row.

use std::fmt;

use super::error::{TEXT_OPTION, quoted};
use crate::config::FieldNames;

/// Top-level field that dehusk adds to the rows it writes.
pub const EXTRA_FIELD: &str = "dehusk";

/// Names that mean the text of a page.
const TEXT: &[&str] = &["text", "raw_content"];
/// Names that mean many things: the text of a page only in a row that has an address too.
const TEXT_BESIDE_URL: &[&str] = &["content", "body"];
const URL: &[&str] = &[
    "url",
    "uri",
    "warc-target-uri",
    "WARC-Target-URI",
    "warc_target_uri",
    "target_uri",
    "source_url",
    "page_url",
    "metadata.url",
    "metadata.warc-target-uri",
    "metadata.WARC-Target-URI",
    "meta.url",
    "warc_headers.warc-target-uri",
    "warc_headers.WARC-Target-URI",
    "u",
];
const ID: &[&str] = &[
    "id",
    "doc_id",
    "docid",
    "document_id",
    "uuid",
    "warc-record-id",
    "WARC-Record-ID",
    "warc_record_id",
    "metadata.warc-record-id",
    "metadata.WARC-Record-ID",
    "warc_headers.warc-record-id",
    "warc_headers.WARC-Record-ID",
];
const SITE: &[&str] = &["site", "domain", "host", "hostname", "source_domain"];

/// The fields to look for, ready for [`scan`](super::scan). Build it once and share it.
#[derive(Debug, Clone)]
pub struct Fields {
    nodes: Vec<Node>,
    extra: NodeId,
    pub(super) text: Vec<NodeId>,
    pub(super) text_beside_url: Vec<NodeId>,
    pub(super) url: Vec<NodeId>,
    pub(super) id: Vec<NodeId>,
    pub(super) site: Vec<NodeId>,
}

/// A place in the tree of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NodeId(u32);

#[derive(Debug, Clone)]
struct Node {
    /// Where this key stands; the root stands for the row itself.
    parent: Option<NodeId>,
    /// Full name with dots, for messages.
    name: Box<str>,
    /// Keys sorted by length, then bytes, for binary search.
    children: Vec<(Box<str>, NodeId)>,
}

/// The text's field was set to a place that dehusk itself writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReservedField(String);

impl fmt::Display for ReservedField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{TEXT_OPTION} {}: dehusk writes its own findings to `{EXTRA_FIELD}`, \
             name another field",
            quoted(&self.0)
        )
    }
}

impl std::error::Error for ReservedField {}

impl Default for Fields {
    fn default() -> Self {
        Self::new(&FieldNames::default()).unwrap_or_else(|_| Self::empty())
    }
}

impl Fields {
    /// The root of the tree of names: the row itself.
    pub(super) const ROOT: NodeId = NodeId(0);

    /// Fields for the names given, usual names for the others.
    ///
    /// # Errors
    /// The text cannot be read from [`EXTRA_FIELD`] or below it, since writing replaces that field.
    pub fn new(names: &FieldNames) -> Result<Self, ReservedField> {
        match &names.text {
            Some(name) if name.split('.').next() == Some(EXTRA_FIELD) => {
                return Err(ReservedField(name.clone()));
            }
            _ => {}
        }
        let or = |set: &Option<String>, usual: &[&str]| -> Vec<String> {
            set.as_ref()
                .map_or_else(|| usual.iter().map(|name| (*name).to_owned()).collect(), |name| vec![name.clone()])
        };
        let beside_url = if names.text.is_some() { &[] } else { TEXT_BESIDE_URL };
        let mut fields = Self::empty();
        fields.text = fields.candidates(&or(&names.text, TEXT));
        fields.text_beside_url = fields.candidates(beside_url);
        fields.url = fields.candidates(&or(&names.url, URL));
        fields.id = fields.candidates(&or(&names.id, ID));
        fields.site = fields.candidates(&or(&names.site, SITE));
        Ok(fields)
    }

    fn empty() -> Self {
        let root = Node { parent: None, name: "".into(), children: Vec::new() };
        let mut fields = Self {
            nodes: vec![root],
            extra: Self::ROOT,
            text: Vec::new(),
            text_beside_url: Vec::new(),
            url: Vec::new(),
            id: Vec::new(),
            site: Vec::new(),
        };
        fields.extra = fields.insert([EXTRA_FIELD]);
        fields
    }

    fn candidates(&mut self, names: &[impl AsRef<str>]) -> Vec<NodeId> {
        let mut found = Vec::new();
        for name in names {
            let name = name.as_ref();
            found.push(self.insert([name]));
            if name.contains('.') {
                found.push(self.insert(name.split('.')));
            }
        }
        found
    }

    fn insert<'n>(&mut self, path: impl IntoIterator<Item = &'n str>) -> NodeId {
        path.into_iter().fold(Self::ROOT, |parent, key| self.insert_key(parent, key))
    }

    fn insert_key(&mut self, parent: NodeId, key: &str) -> NodeId {
        let id = NodeId(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        let Some(node) = self.nodes.get_mut(parent.index()) else {
            return parent;
        };
        match node.position(key.as_bytes()) {
            Ok(at) => node.children.get(at).map_or(parent, |(_, child)| *child),
            Err(at) => {
                node.children.insert(at, (key.into(), id));
                let name = match &*node.name {
                    "" => key.into(),
                    above => format!("{above}.{key}").into(),
                };
                self.nodes.push(Node { parent: Some(parent), name, children: Vec::new() });
                id
            }
        }
    }

    /// The node that `key` leads to from `parent`, if any wanted name goes through it.
    pub(super) fn child(&self, parent: NodeId, key: &[u8]) -> Option<NodeId> {
        let node = self.nodes.get(parent.index())?;
        let at = node.position(key).ok()?;
        node.children.get(at).map(|(_, child)| *child)
    }

    /// Whether `node` is `ancestor` or lies below it.
    pub(super) fn lies_within(&self, node: NodeId, ancestor: NodeId) -> bool {
        let mut place = Some(node);
        while let Some(id) = place {
            if id == ancestor {
                return true;
            }
            place = self.nodes.get(id.index()).and_then(|node| node.parent);
        }
        false
    }

    /// The node of the top-level field [`EXTRA_FIELD`].
    pub(super) fn extra(&self) -> NodeId {
        self.extra
    }

    /// Full name of a node, ready for a message.
    pub(super) fn name(&self, node: NodeId) -> String {
        quoted(self.nodes.get(node.index()).map_or("", |node| &node.name))
    }

    /// The names that may hold the text, ready for a message.
    pub(super) fn text_names(&self) -> String {
        let mut names: Vec<String> = self.text.iter().map(|id| self.name(*id)).collect();
        // A dotted name stands twice: as a key of that spelling and as a path.
        names.dedup();
        names.join(" or ")
    }
}

impl NodeId {
    fn index(self) -> usize {
        self.0 as usize
    }
}

impl Node {
    fn position(&self, key: &[u8]) -> Result<usize, usize> {
        self.children.binary_search_by(|(name, _)| {
            let name = name.as_bytes();
            name.len().cmp(&key.len()).then_with(|| name.cmp(key))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dotted_name_is_a_key_first_and_a_path_second() {
        let names = FieldNames { url: Some("a.b".into()), ..FieldNames::default() };
        let fields = Fields::new(&names).expect("allowed");
        let key = fields.child(Fields::ROOT, b"a.b");
        let path = fields.child(Fields::ROOT, b"a").and_then(|a| fields.child(a, b"b"));
        assert_eq!(fields.url, [key.expect("key"), path.expect("path")]);
    }

    #[test]
    fn a_name_that_is_set_replaces_the_usual_ones() {
        let names = FieldNames { text: Some("body".into()), ..FieldNames::default() };
        let fields = Fields::new(&names).expect("allowed");
        assert_eq!(fields.child(Fields::ROOT, b"text"), None);
        assert_eq!(fields.text_names(), "`body`");
        assert_eq!(fields.url.len(), Fields::default().url.len());
    }

    #[test]
    fn the_field_dehusk_writes_cannot_hold_the_text() {
        for name in ["dehusk", "dehusk.text"] {
            let names = FieldNames { text: Some(name.into()), ..FieldNames::default() };
            assert!(Fields::new(&names).is_err(), "{name}");
        }
    }

    #[test]
    fn descent_is_told_along_the_path_only() {
        let fields = Fields::default();
        let metadata = fields.child(Fields::ROOT, b"metadata").expect("wanted");
        let url = fields.child(metadata, b"url").expect("wanted");
        let top = fields.child(Fields::ROOT, b"url").expect("wanted");
        assert!(fields.lies_within(url, metadata));
        assert!(fields.lies_within(url, url));
        assert!(!fields.lies_within(top, metadata));
    }
}
