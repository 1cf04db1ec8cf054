//! The report as a JSON document.

use std::fmt::Write;

use crate::page::is_hidden;
use crate::report::Report;

/// The whole report, over several lines.
pub fn render(report: &Report) -> String {
    // A report is made of texts, numbers and lists: all of these can be written.
    harmless(serde_json::to_string_pretty(report).unwrap_or_default()) + "\n"
}

/// JSON that says the same and can be shown by a terminal: the standard lets some control characters and all
/// bidirectional overrides stand as they are.
pub(super) fn harmless(json: String) -> String {
    // What is outside of ASCII, and DEL, can only stand in a string.
    let hidden = |c: char| c > '~' && is_hidden(c);
    if !json.contains(hidden) {
        return json;
    }
    let mut out = String::with_capacity(json.len() + 64);
    for c in json.chars() {
        if hidden(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_escaped_and_reads_as_before() {
        let text = "é本\u{7f}\u{9b}31m\u{202e}\u{e0001}\u{1f600}\u{0}\n";
        let json = harmless(serde_json::to_string(text).unwrap());
        assert_eq!(json, "\"é本\\u007f\\u009b31m\\u202e\\udb40\\udc01\u{1f600}\\u0000\\n\"");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }
}
