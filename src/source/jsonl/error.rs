//! Why a row of JSON Lines could not be read, in words that name the remedy.
//!
//! The messages quote nothing of the row but names of fields, and those escaped and capped, since
//! rows are written by strangers and messages end in terminals.

use std::fmt;

/// The option that names the text's field.
pub(super) const TEXT_OPTION: &str = "--text-field";
/// Most field names a message lists.
pub(super) const LISTED_FIELDS: usize = 8;
/// Most characters of one field name in a message.
const LISTED_CHARS: usize = 40;

/// Why a row was refused, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowError {
    /// Byte in the line, from 0; a byte order mark counts.
    pub at: usize,
    /// What is wrong there.
    pub kind: RowErrorKind,
}

/// What is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RowErrorKind {
    /// Not JSON; the reason in words.
    Syntax(&'static str),
    /// It begins as JSON, but not as an object.
    NotAnObject(JsonType),
    /// Something other than white space follows the object.
    Trailing {
        /// What follows begins like a second object.
        object: bool,
    },
    /// Lists and objects nested deeper than the limit, in levels.
    TooDeep(usize),
    /// No field of the name wanted for the text.
    TextMissing {
        /// The names looked for, ready to print.
        wanted: String,
        /// The fields that are there, ready to print; empty when there are none.
        found: String,
    },
    /// The text is `null`.
    TextNull {
        /// Name of the field, ready to print.
        field: String,
    },
    /// The text is neither a string nor `null`.
    TextNotString {
        /// Name of the field, ready to print.
        field: String,
        /// What it is instead.
        found: JsonType,
    },
}

/// The types of JSON values, as messages name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonType {
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// A number.
    Number,
    /// A string.
    String,
    /// A list.
    List,
    /// An object.
    Object,
}

impl JsonType {
    /// The type of the valid JSON value that begins with `first`.
    pub(super) fn of(first: Option<&u8>) -> Self {
        match first {
            Some(b'"') => Self::String,
            Some(b'{') => Self::Object,
            Some(b'[') => Self::List,
            Some(b't' | b'f') => Self::Bool,
            Some(b'-' | b'0'..=b'9') => Self::Number,
            _ => Self::Null,
        }
    }
}

impl fmt::Display for JsonType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Bool => "a boolean",
            Self::Number => "a number",
            Self::String => "a string",
            Self::List => "a list",
            Self::Object => "an object",
        })
    }
}

impl fmt::Display for RowErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(reason) => write!(f, "not JSON: {reason}"),
            Self::NotAnObject(found) => {
                write!(f, "the row begins as {found}: each row must be one JSON object")
            }
            Self::Trailing { object: true } => f.write_str(
                "a second object follows the first: \
                 each row needs a line of its own, ended by LF",
            ),
            Self::Trailing { object: false } => f.write_str("characters follow the object"),
            Self::TooDeep(limit) => {
                write!(f, "nested deeper than {limit} levels")
            }
            Self::TextMissing { wanted, found } if found.is_empty() => {
                write!(f, "no field {wanted}: the object is empty")
            }
            Self::TextMissing { wanted, found } => write!(
                f,
                "no field {wanted}; the fields are {found}: \
                 name the one that holds the text with {TEXT_OPTION}"
            ),
            Self::TextNull { field } => {
                write!(f, "field {field} is null: name another one with {TEXT_OPTION}")
            }
            Self::TextNotString { field, found } => {
                write!(f, "field {field} is {found}, not a string: name another one with {TEXT_OPTION}")
            }
        }
    }
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {}: {}", self.at.saturating_add(1), self.kind)
    }
}

impl std::error::Error for RowError {}

/// A field name between backticks: control and formatting characters escaped, long names cut.
pub(super) fn quoted(name: &str) -> String {
    let mut out = String::from("`");
    out.extend(name.chars().take(LISTED_CHARS).flat_map(char::escape_debug));
    if name.chars().nth(LISTED_CHARS).is_some() {
        out.push('…');
    }
    out.push('`');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_messages_are_escaped_and_capped() {
        assert_eq!(quoted("a\u{1b}[2J\u{202e}"), "`a\\u{1b}[2J\\u{202e}`");
        let long = quoted(&"x".repeat(41));
        assert_eq!(long, format!("`{}…`", "x".repeat(40)));
    }

    #[test]
    fn messages_count_columns_from_one() {
        let error = RowError { at: 4, kind: RowErrorKind::TooDeep(512) };
        assert_eq!(error.to_string(), "column 5: nested deeper than 512 levels");
    }
}
