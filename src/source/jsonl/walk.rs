//! One pass over a line of JSON that checks all of it and notes where the wanted fields are.
//!
//! The walk is iterative, so nesting costs no stack, and builds no values: numbers of any length
//! and fields nobody asked for are checked against the grammar of RFC 8259 and passed over. JSON
//! libraries either build values, recurse, refuse half surrogate pairs or give no byte ranges;
//! the rewriter needs the ranges, so that all bytes but the text stay as they were.

use std::ops::Range;

use super::error::{JsonType, RowError, RowErrorKind};
use super::fields::{Fields, NodeId};
use super::string::{self, Fault};

/// What a walk found in a line.
#[derive(Debug)]
pub(super) struct Walk {
    /// Wanted values, at most one a node; of a repeated key the last.
    hits: Vec<Hit>,
    /// Byte after the last member of the object.
    pub members_end: usize,
    /// Some string holds a raw control character or half a surrogate pair.
    pub broken_string: bool,
    /// Where the object begins.
    pub root: usize,
}

#[derive(Debug)]
struct Hit {
    node: NodeId,
    at: Range<usize>,
}

impl Walk {
    /// Where the value of a wanted field stands.
    pub(super) fn at(&self, node: NodeId) -> Option<Range<usize>> {
        let hit = self.hits.iter().find(|hit| hit.node == node)?;
        Some(hit.at.clone())
    }
}

/// Walks over `line`; `on_key` is told each key of the row itself, without quotes.
///
/// # Errors
/// What is not JSON, is no object, is nested deeper than `depth_limit` or goes on after the object.
pub(super) fn walk(
    line: &[u8],
    fields: &Fields,
    depth_limit: usize,
    on_key: impl FnMut(&[u8]),
) -> Result<Walk, RowError> {
    let mut walker = Walker {
        line,
        at: 0,
        fields,
        depth_limit,
        check_controls: has_control(line.trim_ascii_end()),
        open: Vec::new(),
        node: Some(Fields::ROOT),
        on_key,
        walk: Walk { hits: Vec::with_capacity(4), members_end: 0, broken_string: false, root: 0 },
    };
    walker.run()?;
    Ok(walker.walk)
}

struct Walker<'a, K> {
    line: &'a [u8],
    at: usize,
    fields: &'a Fields,
    depth_limit: usize,
    /// There are control characters in the line, so each string must be looked at.
    check_controls: bool,
    open: Vec<Container>,
    /// Place in the tree of names of the value that comes next.
    node: Option<NodeId>,
    on_key: K,
    walk: Walk,
}

/// An object or list that is not closed yet.
struct Container {
    object: bool,
    node: Option<NodeId>,
    start: usize,
}

/// What follows a value or an opening bracket.
enum Next {
    Value,
    End,
}

impl<K: FnMut(&[u8])> Walker<'_, K> {
    fn run(&mut self) -> Result<(), RowError> {
        self.skip_space();
        self.walk.root = self.at;
        loop {
            let next = match self.peek() {
                Some(b'{') => self.enter(true)?,
                Some(b'[') => self.enter(false)?,
                _ => {
                    self.scalar()?;
                    self.after_value()?
                }
            };
            self.skip_space();
            if let Next::End = next {
                break;
            }
        }
        let kind = match (self.line.get(self.walk.root), self.peek()) {
            (Some(b'{'), None) => return Ok(()),
            (Some(b'{'), Some(byte)) => RowErrorKind::Trailing { object: byte == b'{' },
            (root, _) => {
                self.at = self.walk.root;
                RowErrorKind::NotAnObject(JsonType::of(root))
            }
        };
        Err(self.error(kind))
    }

    fn peek(&self) -> Option<u8> {
        self.line.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.peek() {
            self.at += 1;
        }
    }

    fn error(&self, kind: RowErrorKind) -> RowError {
        RowError { at: self.at, kind }
    }

    fn syntax(&self, reason: &'static str) -> RowError {
        let reason = match (self.peek(), self.open.last()) {
            (None, Some(_)) => {
                "the line ends inside an object or list; it is cut short, \
                 or the JSON runs over several lines (`jq -c .` makes JSON Lines of it)"
            }
            _ => reason,
        };
        self.error(RowErrorKind::Syntax(reason))
    }

    /// Opens an object or list and goes to its first value, or past it when it is empty.
    fn enter(&mut self, object: bool) -> Result<Next, RowError> {
        if self.open.len() >= self.depth_limit {
            return Err(self.error(RowErrorKind::TooDeep(self.depth_limit)));
        }
        self.open.push(Container { object, node: self.node.take(), start: self.at });
        self.at += 1;
        self.skip_space();
        match self.peek() {
            Some(b'}') if object => self.after_value(),
            Some(b']') if !object => self.after_value(),
            _ if object => self.key(),
            _ => Ok(Next::Value),
        }
    }

    /// Closes what ends here and goes to the next value.
    fn after_value(&mut self) -> Result<Next, RowError> {
        loop {
            if self.open.len() == 1 {
                self.walk.members_end = self.at;
            }
            self.skip_space();
            let Some(inner) = self.open.last() else {
                return Ok(Next::End);
            };
            match (self.peek(), inner.object) {
                (Some(b','), true) => {
                    self.at += 1;
                    self.skip_space();
                    return self.key();
                }
                (Some(b','), false) => {
                    self.at += 1;
                    return Ok(Next::Value);
                }
                (Some(b'}'), true) | (Some(b']'), false) => self.close(),
                (_, true) => return Err(self.syntax("expected `,` or `}`")),
                (_, false) => return Err(self.syntax("expected `,` or `]`")),
            }
        }
    }

    fn close(&mut self) {
        self.at += 1;
        if let Some(Container { node: Some(node), start, .. }) = self.open.pop() {
            self.note(node, start);
        }
    }

    /// Notes a wanted value that begins at `start` and ends here.
    fn note(&mut self, node: NodeId, start: usize) {
        let at = start..self.at;
        self.walk.hits.push(Hit { node, at });
    }

    /// Reads a key and its colon.
    fn key(&mut self) -> Result<Next, RowError> {
        let start = self.at;
        if self.peek() != Some(b'"') {
            return Err(self.syntax("expected a key in double quotes"));
        }
        let escaped = self.string()?;
        let key = self.line.get(start + 1..self.at - 1).unwrap_or_default();
        self.node = self.follow(key, escaped);
        if self.open.len() == 1 {
            (self.on_key)(key);
        }
        self.skip_space();
        if self.peek() != Some(b':') {
            return Err(self.syntax("expected `:` after the key"));
        }
        self.at += 1;
        Ok(Next::Value)
    }

    /// The place of a key's value in the tree of names. Forgets what an earlier key of the same
    /// name led to: the last one wins.
    fn follow(&mut self, key: &[u8], escaped: bool) -> Option<NodeId> {
        let parent = self.open.last()?.node?;
        let node = if escaped {
            let key = String::from_utf8_lossy(key);
            self.fields.child(parent, string::unescape(&key).as_bytes())?
        } else {
            self.fields.child(parent, key)?
        };
        let fields = self.fields;
        self.walk.hits.retain(|hit| !fields.lies_within(hit.node, node));
        Some(node)
    }

    /// Reads a value that is neither object nor list.
    fn scalar(&mut self) -> Result<(), RowError> {
        let start = self.at;
        match self.peek() {
            Some(b'"') => {
                self.string()?;
            }
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b't') => self.word(b"true")?,
            Some(b'f') => self.word(b"false")?,
            Some(b'n') => self.word(b"null")?,
            _ if self.open.is_empty() => {
                return Err(self.syntax("a row begins with `{`; this looks like plain text, CSV or another format"));
            }
            Some(b'N' | b'I') => {
                return Err(self.syntax("NaN and Infinity are not JSON; write null instead"));
            }
            _ => return Err(self.syntax("expected a value")),
        }
        if let Some(node) = self.node.take() {
            self.note(node, start);
        }
        Ok(())
    }

    /// Passes a string; tells whether it holds escapes.
    fn string(&mut self) -> Result<bool, RowError> {
        let start = self.at;
        let literal = match string::literal(self.line, start) {
            Ok(literal) => literal,
            Err(Fault::Open) => {
                return Err(self.syntax("the line ends inside a string; it is cut short"));
            }
            Err(Fault::Escape(at)) => {
                self.at = at;
                return Err(self.syntax("no such escape in a string"));
            }
        };
        self.at = literal.end;
        self.walk.broken_string |=
            literal.lone_surrogate || self.check_controls && self.line.get(start..self.at).is_some_and(has_control);
        Ok(literal.escaped)
    }

    fn word(&mut self, word: &'static [u8]) -> Result<(), RowError> {
        let rest = self.line.get(self.at..).unwrap_or_default();
        if !rest.starts_with(word) {
            return Err(self.syntax("expected a value; strings need double quotes"));
        }
        self.at += word.len();
        Ok(())
    }

    /// Passes a number, of any length and size: it is not converted.
    fn number(&mut self) -> Result<(), RowError> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    /// Passes one digit or more.
    fn digits(&mut self) -> Result<(), RowError> {
        if !matches!(self.peek(), Some(b'0'..=b'9')) {
            return Err(self.syntax("expected a digit"));
        }
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        Ok(())
    }
}

/// Whether there is a byte below the space. Without early exit, so that it vectorises.
fn has_control(bytes: &[u8]) -> bool {
    bytes.iter().fold(false, |found, byte| found | (*byte < b' '))
}
