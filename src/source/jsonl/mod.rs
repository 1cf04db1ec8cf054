//! Rows of JSON Lines: one JSON object a line, one page a row.
//!
//! [`scan`] checks that a line is valid JSON as a whole and takes the text, address, id and site
//! out of it. The row remembers where its text stood, so that all other bytes stay as they came.
//! Only LF ends a line (U+2028, U+2029 and U+0085 are characters like others); cutting the input
//! into lines is the caller's part, with or without the LF.
//!
//! Lenient where nothing is lost: a byte order mark at the start of a line is skipped, of a key that
//! stands twice the last counts, and invalid UTF-8, half surrogate pairs and raw control characters
//! in strings are mended and reported ([`Row::repaired`]). Strict otherwise: RFC 8259.

mod error;
mod fields;
mod lines;
mod marks;
mod string;
mod walk;

use std::borrow::Cow;
use std::ops::Range;

pub use error::{JsonType, RowError, RowErrorKind};
pub use fields::{EXTRA_FIELD, Fields, ReservedField};
pub use lines::{Raw, Reader};

use crate::line::mark::Mark;
use error::{LISTED_FIELDS, quoted};
use fields::NodeId;
use walk::{Walk, walk};

/// Deepest nesting of lists and objects by default, in levels.
pub const DEPTH_LIMIT: usize = 512;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// One page as a row holds it. Borrows from the line what needs no change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row<'a> {
    /// The page's text; borrowed when the JSON string holds no escapes.
    pub text: Cow<'a, str>,
    /// The page's address, if there is one and it is a string.
    pub url: Option<Cow<'a, str>>,
    /// The page's id, if there is one and it is a string or a number.
    pub id: Option<Id<'a>>,
    /// The page's site, if the row names it in a string.
    pub site: Option<Cow<'a, str>>,
    /// Something in a string was not valid and has been mended.
    pub repaired: bool,
    /// The row as it will be written: the line without byte order mark, mended where needed.
    pub line: Cow<'a, str>,
    /// Where the parts of `line` are that writing replaces.
    pub splice: Splice,
}

impl Row<'_> {
    /// What HTML told of each line of the text, if the row was written with `--annotate` of a page of HTML; else nothing.
    pub fn marks(&self) -> Vec<Mark> {
        let extra = self.splice.extra.clone().and_then(|at| self.line.get(at));
        extra.map_or_else(Vec::new, |extra| marks::read(extra, &self.text))
    }
}

/// Where the parts of a row's line are that writing replaces, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Splice {
    /// The text's JSON string, with its quotes.
    pub text: Range<usize>,
    /// The value of a top-level field [`EXTRA_FIELD`].
    pub extra: Option<Range<usize>>,
    /// After the object's last member, where another may be added.
    pub members_end: usize,
}

/// Id of a page. The number `1`, the number `1.0` and the string `"1"` are three ids.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Id<'a> {
    /// A string.
    Text(Cow<'a, str>),
    /// A number, spelled as in the row.
    Number(Cow<'a, str>),
}

impl<'a> Id<'a> {
    /// The id's characters, for showing.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Text(id) | Self::Number(id) => id,
        }
    }

    /// The same id, borrowing from nothing.
    pub fn into_owned(self) -> Id<'static> {
        match self {
            Self::Text(id) => Id::Text(Cow::Owned(id.into_owned())),
            Self::Number(id) => Id::Number(Cow::Owned(id.into_owned())),
        }
    }
}

/// Whether a line holds nothing but white space and a byte order mark, and so no row.
pub fn is_blank(line: &[u8]) -> bool {
    without_mark(line).iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
}

/// Reads one line. `depth_limit` caps the nesting of lists and objects (usually [`DEPTH_LIMIT`]).
///
/// A field counts when its value is of the right type; for each role the first candidate of
/// `fields` that counts is taken. Time and memory are linear in the line.
///
/// # Errors
/// The line is not JSON, not an object, goes on after the object or is nested too deeply; or the
/// text is missing or not a string. One error skips one row: the next line is independent.
pub fn scan<'a>(line: &'a [u8], fields: &Fields, depth_limit: usize) -> Result<Row<'a>, RowError> {
    let body = without_mark(line);
    let skipped = line.len() - body.len();
    read(body, fields, depth_limit).map_err(|error| RowError { at: error.at + skipped, ..error })
}

fn without_mark(line: &[u8]) -> &[u8] {
    line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line)
}

fn read<'a>(line: &'a [u8], fields: &Fields, depth_limit: usize) -> Result<Row<'a>, RowError> {
    let found = walk(line, fields, depth_limit, |_| ())?;
    // Before any repair, so that errors point into the line as it came.
    let text_at = text(line, &found, fields)?;
    match simdutf8::basic::from_utf8(line) {
        Ok(line) if !found.broken_string => Ok(row(line, &found, fields, text_at)),
        _ => {
            let line = string::repair(line);
            let found = walk(line.as_bytes(), fields, depth_limit, |_| ())?;
            let text_at = text(line.as_bytes(), &found, fields)?;
            Ok(row(&line, &found, fields, text_at).into_repaired())
        }
    }
}

/// Where the text's literal stands.
fn text(line: &[u8], found: &Walk, fields: &Fields) -> Result<Range<usize>, RowError> {
    let is_string = |kind| kind == JsonType::String;
    let string = pick(line, found, &fields.text, is_string).or_else(|| {
        pick(line, found, &fields.url, is_string)?;
        pick(line, found, &fields.text_beside_url, is_string)
    });
    string.ok_or_else(|| text_error(line, found, fields))
}

/// Where the first of the candidates stands that has a type to our liking.
fn pick(line: &[u8], found: &Walk, candidates: &[NodeId], liked: impl Fn(JsonType) -> bool) -> Option<Range<usize>> {
    candidates.iter().filter_map(|node| found.at(*node)).find(|at| liked(JsonType::of(line.get(at.start))))
}

fn text_error(line: &[u8], found: &Walk, fields: &Fields) -> RowError {
    let present = fields.text.iter().find_map(|node| Some((*node, found.at(*node)?.start)));
    let Some((node, at)) = present else {
        return RowError {
            at: found.root,
            kind: RowErrorKind::TextMissing { wanted: fields.text_names(), found: list_fields(line, fields) },
        };
    };
    let field = fields.name(node);
    let kind = match JsonType::of(line.get(at)) {
        JsonType::Null => RowErrorKind::TextNull { field },
        found => RowErrorKind::TextNotString { field, found },
    };
    RowError { at, kind }
}

/// The first fields of a row and the number of the others, ready for a message.
fn list_fields(line: &[u8], fields: &Fields) -> String {
    let mut names = Vec::new();
    let mut others = 0_usize;
    let listing = walk(line, fields, usize::MAX, |key| {
        if names.len() < LISTED_FIELDS {
            names.push(quoted(&string::unescape(&String::from_utf8_lossy(key))));
        } else {
            others += 1;
        }
    });
    debug_assert!(listing.is_ok(), "the line was walked over before");
    if others > 0 {
        names.push(format!("{others} more"));
    }
    names.join(", ")
}

fn row<'a>(line: &'a str, found: &Walk, fields: &Fields, text_at: Range<usize>) -> Row<'a> {
    let string = |candidates: &[NodeId]| {
        let at = pick(line.as_bytes(), found, candidates, |kind| kind == JsonType::String)?;
        Some(characters(line, &at))
    };
    Row {
        text: characters(line, &text_at),
        url: string(&fields.url),
        id: id(line, found, fields),
        site: string(&fields.site),
        repaired: false,
        line: Cow::Borrowed(line),
        splice: Splice { text: text_at, extra: found.at(fields.extra()), members_end: found.members_end },
    }
}

fn id<'a>(line: &'a str, found: &Walk, fields: &Fields) -> Option<Id<'a>> {
    let at = pick(line.as_bytes(), found, &fields.id, |kind| matches!(kind, JsonType::String | JsonType::Number))?;
    if line.as_bytes().get(at.start) == Some(&b'"') {
        return Some(Id::Text(characters(line, &at)));
    }
    line.get(at).map(|id| Id::Number(Cow::Borrowed(id)))
}

/// The characters of the string literal at `at`.
fn characters<'a>(line: &'a str, at: &Range<usize>) -> Cow<'a, str> {
    let inner = line.get(at.start + 1..at.end.saturating_sub(1));
    string::unescape(inner.unwrap_or_default())
}

impl<'a> Row<'a> {
    fn into_repaired(self) -> Row<'static> {
        let owned = |field: Option<Cow<'_, str>>| field.map(|field| Cow::Owned(field.into_owned()));
        Row {
            text: Cow::Owned(self.text.into_owned()),
            url: owned(self.url),
            id: self.id.map(Id::into_owned),
            site: owned(self.site),
            repaired: true,
            line: Cow::Owned(self.line.into_owned()),
            splice: self.splice,
        }
    }
}

#[cfg(test)]
pub(crate) mod arbitrary;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::de::IgnoredAny;
    use serde_json::Value;

    use super::*;
    use crate::config::FieldNames;

    fn usual(line: &[u8]) -> Result<Row<'_>, RowError> {
        scan(line, &Fields::default(), DEPTH_LIMIT)
    }

    fn good(line: &str) -> Row<'_> {
        usual(line.as_bytes()).expect(line)
    }

    fn bad(line: &str) -> RowError {
        usual(line.as_bytes()).expect_err(line)
    }

    fn with_text(text: &str) -> FieldNames {
        FieldNames { text: Some(text.to_owned()), ..FieldNames::default() }
    }

    #[test]
    fn a_text_without_escapes_is_borrowed() {
        let row = good(r#"{"text":"aé"}"#);
        assert!(matches!(row.text, Cow::Borrowed("aé")));
        let row = good(r#"{"text":"a\nb"}"#);
        assert!(matches!(&row.text, Cow::Owned(text) if text == "a\nb"));
    }

    #[test]
    fn the_range_of_the_text_includes_its_quotes() {
        let line = r#"{"id":1, "text" : "a\"b" }"#;
        let row = good(line);
        assert_eq!(&row.line[row.splice.text.clone()], r#""a\"b""#);
    }

    #[test]
    fn an_empty_text_is_a_text() {
        assert_eq!(good(r#"{"text":""}"#).text, "");
    }

    #[test]
    fn of_a_key_that_stands_twice_the_last_counts() {
        let row = good(r#"{"text":"a","url":"u","text":"b","url":null}"#);
        assert_eq!((&*row.text, row.url), ("b", None));
        let row = good(r#"{"text":"a","metadata":{"url":"u"},"metadata":{}}"#);
        assert_eq!(row.url, None);
        assert!(matches!(bad(r#"{"text":"a","text":1}"#).kind, RowErrorKind::TextNotString { .. }));
    }

    #[test]
    fn candidates_are_taken_in_order_of_preference_not_of_place() {
        let row = good(r#"{"doc_id":"d","metadata":{"url":"m"},"uri":"i","raw_content":"r","text":"t","id":"i"}"#);
        assert_eq!(row.text, "t");
        assert_eq!(row.url.as_deref(), Some("i"));
        assert_eq!(row.id, Some(Id::Text("i".into())));
    }

    #[test]
    fn a_candidate_of_the_wrong_type_gives_way_to_the_next() {
        let row = good(r#"{"text":null,"raw_content":"r","url":null,"uri":3,"source_url":"s","id":null,"uuid":7}"#);
        assert_eq!(row.text, "r");
        assert_eq!(row.url.as_deref(), Some("s"));
        assert_eq!(row.id, Some(Id::Number("7".into())));
    }

    #[test]
    fn nested_addresses_are_found() {
        for line in [
            r#"{"text":"","metadata":{"x":{"url":"no"},"url":"u"}}"#,
            r#"{"text":"","meta":{"a":[{"url":"no"}],"url":"u"}}"#,
            r#"{"text":"","warc_headers":{"warc-target-uri":"u"}}"#,
            r#"{"text":"","metadata.url":"u","metadata":{"url":"no"}}"#,
            r#"{"text":"","WARC-Target-URI":"u"}"#,
        ] {
            assert_eq!(good(line).url.as_deref(), Some("u"), "{line}");
        }
        for line in [
            r#"{"text":"","other":{"url":"no"}}"#,
            r#"{"text":"","metadata":[{"url":"no"}]}"#,
            r#"{"text":"","metadata":{"deep":{"url":"no"}}}"#,
        ] {
            assert_eq!(good(line).url, None, "{line}");
        }
    }

    #[test]
    fn a_name_with_dots_can_hold_the_text() {
        let fields = Fields::new(&with_text("doc.body")).expect("allowed");
        let line = br#"{"doc":{"text":"no","body":"yes"},"text":"no"}"#;
        let row = scan(line, &fields, DEPTH_LIMIT).expect("a row");
        assert_eq!(row.text, "yes");
    }

    #[test]
    fn content_is_the_text_only_beside_an_address() {
        assert_eq!(good(r#"{"content":"a","url":"u"}"#).text, "a");
        assert_eq!(good(r#"{"content":"a","metadata":{"url":"u"}}"#).text, "a");
        assert_eq!(good(r#"{"content":"a","url":"u","text":"t"}"#).text, "t");
        assert!(matches!(bad(r#"{"content":"a"}"#).kind, RowErrorKind::TextMissing { .. }));
    }

    #[test]
    fn keys_may_be_spelled_with_escapes() {
        assert_eq!(good(r#"{"te\u0078t":"a"}"#).text, "a");
    }

    #[test]
    fn ids_of_different_types_differ() {
        let ids = [r#"1"#, r#""1""#, r#"1.0"#].map(|id| {
            let line = format!(r#"{{"id":{id},"text":""}}"#);
            usual(line.as_bytes()).expect("a row").id.expect("an id").into_owned()
        });
        assert_ne!(ids[0], ids[1]);
        assert_ne!(ids[0], ids[2]);
        assert_eq!(ids[0].as_str(), ids[1].as_str());
    }

    #[test]
    fn half_surrogate_pairs_are_mended_in_every_field() {
        let row = good(r#"{"text":"a\ud800b","x":"\udc00"}"#);
        assert_eq!(row.text, "a\u{fffd}b");
        assert!(row.repaired);
        assert_eq!(row.line, r#"{"text":"a\ufffdb","x":"\ufffd"}"#);
    }

    #[test]
    fn invalid_utf8_is_mended_in_every_field() {
        let row = usual(b"{\"x\":\"\xff\",\"text\":\"a\xe2\x82b\"}").expect("a row");
        assert_eq!(row.text, "a\u{fffd}b");
        assert!(row.repaired);
        assert_eq!(row.line, "{\"x\":\"\u{fffd}\",\"text\":\"a\u{fffd}b\"}");
    }

    #[test]
    fn raw_control_characters_in_strings_are_kept_and_escaped() {
        let row = good("{\"text\":\"a\tb\0\"}");
        assert_eq!(row.text, "a\tb\0");
        assert!(row.repaired);
        assert_eq!(row.line, r#"{"text":"a\tb\u0000"}"#);
    }

    #[test]
    fn white_space_between_tokens_needs_no_repair() {
        let row = good("{\t\"text\"\r:\t\"a\"}\r\n");
        assert_eq!((&*row.text, row.repaired), ("a", false));
    }

    #[test]
    fn a_byte_order_mark_is_skipped() {
        let row = good("\u{feff}{\"text\":\"a\"}");
        assert_eq!(row.line, r#"{"text":"a"}"#);
        assert_eq!(bad("\u{feff}{\"text\":1}").at, 11);
    }

    #[test]
    fn unicode_line_separators_are_characters() {
        let text = "a\u{2028}b\u{2029}c\u{85}d";
        let line = format!("{{\"text\":\"{text}\"}}");
        let row = good(&line);
        assert_eq!((&*row.text, row.repaired), (text, false));
    }

    #[test]
    fn numbers_of_any_size_pass_unchanged() {
        for number in ["1e400", "-0", "-0.0e-9", &"9".repeat(200)] {
            let line = format!("{{\"n\":{number},\"text\":\"\"}}");
            assert_eq!(good(&line).line, line);
        }
    }

    #[test]
    fn what_is_not_json_is_refused_where_it_begins() {
        for (line, at) in [
            (r#"{"text":"a","n":NaN}"#, 16),
            (r#"{"text":"a","n":-Infinity}"#, 17),
            (r#"{"text":"a","n":01}"#, 17),
            (r#"{"text":"a","n":1.}"#, 18),
            (r#"{"text":"a","n":.5}"#, 16),
            (r#"{"text":"a","n":+1}"#, 16),
            (r#"{"text":"a","n":1e}"#, 18),
            (r#"{"text":"a","n":nul}"#, 16),
            (r#"{"text":"a","n":truefalse}"#, 20),
            (r#"{"text":"a",}"#, 12),
            (r#"{"text":"a","n":[1,]}"#, 19),
            (r#"{"text":"a","n":[1}"#, 18),
            (r#"{"text":"a""n":1}"#, 11),
            (r#"{"text" "a"}"#, 8),
            (r#"{text:"a"}"#, 1),
            (r#"{"text":'a'}"#, 8),
            (r#"{"text":"a\x"}"#, 10),
            (r#"{"text":"a"#, 8),
            (r#"{"text":"a""#, 11),
            ("{\"text\":\"a\"\u{a0}}", 11),
            ("id,url,text", 0),
            ("", 0),
        ] {
            let error = bad(line);
            assert!(matches!(error.kind, RowErrorKind::Syntax(_)), "{line} {error}");
            assert_eq!(error.at, at, "{line} {error}");
        }
    }

    #[test]
    fn what_follows_the_object_is_refused() {
        let error = bad(r#"{"text":"a"}TRAILER"#);
        assert_eq!(error.at, 12);
        assert_eq!(error.kind, RowErrorKind::Trailing { object: false });
        let error = bad("{\"text\":\"a\"}\r{\"text\":\"b\"}");
        assert_eq!(error.kind, RowErrorKind::Trailing { object: true });
    }

    #[test]
    fn rows_that_are_no_objects_are_refused_by_type() {
        for (line, found) in [
            (" \"text\"", JsonType::String),
            ("[{}]", JsonType::List),
            ("-1", JsonType::Number),
            ("false", JsonType::Bool),
            ("null", JsonType::Null),
        ] {
            assert_eq!(bad(line).kind, RowErrorKind::NotAnObject(found), "{line}");
        }
    }

    #[test]
    fn nesting_is_limited_without_recursion() {
        let nested = |depth: usize| {
            let (open, close) = ("[".repeat(depth), "]".repeat(depth));
            format!("{{\"text\":\"a\",\"n\":{open}{close}}}")
        };
        assert_eq!(good(&nested(511)).text, "a");
        let error = bad(&nested(512));
        assert_eq!(error.kind, RowErrorKind::TooDeep(512));
        assert_eq!(error.at, 16 + 511);
        let line = nested(100_000);
        let row = scan(line.as_bytes(), &Fields::default(), usize::MAX).expect("a row");
        assert_eq!(row.text, "a");
        let brackets = "[".repeat(100_000);
        assert_eq!(bad(&brackets).kind, RowErrorKind::TooDeep(512));
    }

    #[test]
    fn a_missing_text_lists_the_fields_there_are() {
        let keys: Vec<String> = (0..20_000).map(|n| format!("\"k{n}\":{n}")).collect();
        let line = format!("{{\"\\u001b[2J\":0,{}}}", keys.join(","));
        assert_eq!(
            bad(&line).to_string(),
            "column 1: no field `text` or `raw_content`; the fields are `\\u{1b}[2J`, `k0`, `k1`, \
             `k2`, `k3`, `k4`, `k5`, `k6`, 19993 more: \
             name the one that holds the text with --text-field"
        );
        let line = br#"{"content":{"text":"a"}}"#;
        let fields = Fields::new(&with_text("a.b")).expect("allowed");
        let error = scan(line, &fields, DEPTH_LIMIT).expect_err("no text");
        assert_eq!(
            error.to_string(),
            "column 1: no field `a.b`; the fields are `content`: \
             name the one that holds the text with --text-field"
        );
        assert!(bad("{}").to_string().contains("the object is empty"));
    }

    #[test]
    fn a_text_that_is_no_string_is_refused_by_type() {
        for (value, says) in [
            ("12", "a number"),
            ("[\"a\"]", "a list"),
            ("{\"text\":\"a\"}", "an object"),
            ("true", "a boolean"),
            ("null", "null"),
        ] {
            let error = bad(&format!("{{\"text\":{value}}}"));
            assert_eq!(error.at, 8);
            let message = error.to_string();
            assert!(message.contains(&format!("`text` is {says}")), "{message}");
            assert!(message.contains("--text-field"), "{message}");
        }
    }

    #[test]
    fn blank_lines_hold_no_row() {
        for line in ["", "\r\n", " \t", "\u{feff}", "\u{feff}\r"] {
            assert!(is_blank(line.as_bytes()), "{line:?}");
        }
        assert!(!is_blank(b"{}"));
        assert!(!is_blank("\u{feff}\u{feff}".as_bytes()));
    }

    /// The value of the first candidate of the right type, looked up in a parsed row.
    fn naive<'v>(row: &'v Value, names: &[&str], liked: fn(&Value) -> bool) -> Option<&'v Value> {
        let at_path = |name: &str| name.split('.').try_fold(row, |value, key| value.as_object()?.get(key));
        names.iter().flat_map(|name| [row.get(name), at_path(name)]).flatten().find(|value| liked(value))
    }

    proptest! {
        #[test]
        fn scan_agrees_with_a_parser_that_builds_values(line in arbitrary::line()) {
            let value: Value = serde_json::from_str(&line).expect("valid");
            let text = naive(&value, &["text", "raw_content"], Value::is_string);
            match usual(line.as_bytes()) {
                Ok(row) => {
                    prop_assert_eq!(Some(&*row.text), text.and_then(Value::as_str));
                    prop_assert!(!row.repaired);
                    prop_assert_eq!(&*row.line, &line);
                    let literal: String =
                        serde_json::from_str(&row.line[row.splice.text.clone()]).expect("a string");
                    prop_assert_eq!(&literal, &*row.text);
                    let urls = [
                        "url", "uri", "warc-target-uri", "metadata.url",
                        "metadata.warc-target-uri", "meta.url", "warc_headers.warc-target-uri",
                    ];
                    let url = naive(&value, &urls, Value::is_string);
                    prop_assert_eq!(row.url.as_deref(), url.and_then(Value::as_str));
                    let id = naive(&value, &["id", "doc_id"], |id| id.is_string() || id.is_number());
                    match row.id {
                        Some(Id::Text(found)) => {
                            prop_assert_eq!(Some(&*found), id.and_then(Value::as_str));
                        }
                        Some(Id::Number(found)) => {
                            let found: Value = serde_json::from_str(&found).expect("a number");
                            prop_assert_eq!(Some(&found), id);
                        }
                        None => prop_assert_eq!(id, None),
                    }
                }
                Err(error) => {
                    prop_assert!(text.is_none(), "{}", error);
                    let of_the_text = matches!(
                        error.kind,
                        RowErrorKind::TextMissing { .. }
                            | RowErrorKind::TextNull { .. }
                            | RowErrorKind::TextNotString { .. }
                    );
                    prop_assert!(of_the_text, "{}", error);
                }
            }
        }

        #[test]
        fn scan_accepts_what_is_json_and_nothing_else(line in arbitrary::damaged()) {
            let json = std::str::from_utf8(&line)
                .ok()
                .map(|line| serde_json::from_str::<IgnoredAny>(line).is_ok());
            match usual(&line) {
                Ok(row) => {
                    prop_assert!(row.repaired || json == Some(true));
                    prop_assert!(serde_json::from_str::<IgnoredAny>(&row.line).is_ok());
                    prop_assert!(row.splice.text.end <= row.splice.members_end);
                }
                Err(error) => {
                    prop_assert!(error.at <= line.len());
                    prop_assert!(!error.to_string().is_empty());
                    if let RowErrorKind::Syntax(_) | RowErrorKind::Trailing { .. } = error.kind {
                        prop_assert_ne!(json, Some(true), "{}", error);
                    }
                }
            }
        }

        #[test]
        fn any_bytes_give_a_row_or_an_error(line in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Err(error) = usual(&line) {
                prop_assert!(error.at <= line.len());
            }
        }
    }
}
