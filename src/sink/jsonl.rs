//! Writing rows of JSON Lines: new text in an old row, or a row for a page of another format.
//!
//! A rewritten row keeps all bytes but those of its text (spacing, order and spelling of numbers
//! included), so that a diff shows what was removed and nothing else. Strings are escaped as little
//! as RFC 8259 allows: quotes, backslashes and characters below U+0020; all else stays UTF-8.

use crate::source::jsonl::{EXTRA_FIELD, Id, Splice};

/// Writes the `line` of a row with its text replaced by the `text` pieces in order, and LF at the end.
///
/// `extra`, a JSON value on one line, becomes the field [`EXTRA_FIELD`]: in place of the value it
/// has in the row, else at the end of the object. A row that ended with CR LF still does.
pub fn rewrite<'t>(
    line: &str,
    splice: &Splice,
    text: impl IntoIterator<Item = &'t str>,
    extra: Option<&str>,
    out: &mut Vec<u8>,
) {
    let text_at = splice.text.clone();
    let mut copy = Copy { line: line.trim_end_matches('\n').as_bytes(), done: 0, out };
    match (extra, splice.extra.clone()) {
        (Some(extra), Some(at)) if at.start < text_at.start => {
            copy.replace(at).extend_from_slice(extra.as_bytes());
            string_into(text, copy.replace(text_at));
        }
        (Some(extra), Some(at)) => {
            string_into(text, copy.replace(text_at));
            copy.replace(at).extend_from_slice(extra.as_bytes());
        }
        (Some(extra), None) => {
            string_into(text, copy.replace(text_at));
            let end = splice.members_end;
            member_into(EXTRA_FIELD, copy.replace(end..end)).extend_from_slice(extra.as_bytes());
        }
        (None, _) => string_into(text, copy.replace(text_at)),
    }
    copy.finish();
}

/// Writes a new row: `id`, `url` and `site` where known, then `text`, then `extra` (a JSON value on
/// one line) as the field [`EXTRA_FIELD`], and LF at the end.
pub fn record<'t>(
    url: Option<&str>,
    id: Option<&Id<'_>>,
    site: Option<&str>,
    text: impl IntoIterator<Item = &'t str>,
    extra: Option<&str>,
    out: &mut Vec<u8>,
) {
    out.push(b'{');
    match id {
        Some(Id::Text(id)) => string_into([&**id], member_into("id", out)),
        Some(Id::Number(id)) => member_into("id", out).extend_from_slice(id.as_bytes()),
        None => {}
    }
    for (name, value) in [("url", url), ("site", site)] {
        if let Some(value) = value {
            string_into([value], member_into(name, out));
        }
    }
    string_into(text, member_into("text", out));
    if let Some(extra) = extra {
        member_into(EXTRA_FIELD, out).extend_from_slice(extra.as_bytes());
    }
    out.extend_from_slice(b"}\n");
}

/// Appends `s` as it stands inside a JSON string, without quotes.
pub fn escape_into(s: &str, out: &mut Vec<u8>) {
    let mut rest = s.as_bytes();
    while let Some((plain, byte, after)) = split_at_special(rest) {
        out.extend_from_slice(plain);
        push_escape(byte, out);
        rest = after;
    }
    out.extend_from_slice(rest);
}

/// Appends the pieces, joined, as one JSON string.
fn string_into<'t>(pieces: impl IntoIterator<Item = &'t str>, out: &mut Vec<u8>) {
    out.push(b'"');
    for piece in pieces {
        escape_into(piece, out);
    }
    out.push(b'"');
}

/// Appends a key and its colon, after a comma unless the object opened just now.
fn member_into<'o>(name: &str, out: &'o mut Vec<u8>) -> &'o mut Vec<u8> {
    if out.last() != Some(&b'{') {
        out.push(b',');
    }
    string_into([name], out);
    out.push(b':');
    out
}

/// A copy of a line in the making, with some ranges replaced in order.
struct Copy<'a> {
    line: &'a [u8],
    done: usize,
    out: &'a mut Vec<u8>,
}

impl Copy<'_> {
    /// Copies up to `at` and passes over it; the replacement goes to the result.
    fn replace(&mut self, at: std::ops::Range<usize>) -> &mut Vec<u8> {
        let before = self.line.get(self.done..at.start);
        self.out.extend_from_slice(before.unwrap_or_default());
        self.done = at.end;
        self.out
    }

    fn finish(self) {
        let rest = self.line.get(self.done..);
        self.out.extend_from_slice(rest.unwrap_or_default());
        self.out.push(b'\n');
    }
}

/// Bytes looked at together.
const BLOCK: usize = 32;

/// Cuts at the first byte that needs an escape.
fn split_at_special(bytes: &[u8]) -> Option<(&[u8], u8, &[u8])> {
    // Whole blocks without early exit, so that the check vectorises.
    let clean = bytes
        .chunks_exact(BLOCK)
        .take_while(|block| !block.iter().fold(false, |any, byte| any | special(*byte)))
        .count()
        * BLOCK;
    let within = bytes.get(clean..)?.iter().position(|byte| special(*byte))?;
    let (plain, rest) = bytes.split_at_checked(clean + within)?;
    let (byte, after) = rest.split_first()?;
    Some((plain, *byte, after))
}

fn special(byte: u8) -> bool {
    byte < b' ' || byte == b'"' || byte == b'\\'
}

fn push_escape(byte: u8, out: &mut Vec<u8>) {
    let short = match byte {
        b'\n' => b'n',
        b'"' | b'\\' => byte,
        b'\t' => b't',
        b'\r' => b'r',
        0x08 => b'b',
        0x0c => b'f',
        _ => {
            let digit = |nibble: u8| {
                if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 }
            };
            out.extend_from_slice(b"\\u00");
            out.extend_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::config::FieldNames;
    use crate::source::jsonl::{DEPTH_LIMIT, Fields, arbitrary, scan};

    fn rewritten(line: &[u8], text: &[&str], extra: Option<&str>) -> String {
        let row = scan(line, &Fields::default(), DEPTH_LIMIT).expect("a row");
        let mut out = Vec::new();
        rewrite(&row.line, &row.splice, text.iter().copied(), extra, &mut out);
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn all_bytes_but_the_text_stay() {
        let line = br#" { "a" : 1.50, "text" : "old\n" , "b":{"text":"x"}, "n":1e400 } "#;
        assert_eq!(
            rewritten(line, &["new", "\n", "é"], None),
            " { \"a\" : 1.50, \"text\" : \"new\\né\" , \"b\":{\"text\":\"x\"}, \"n\":1e400 } \n"
        );
    }

    #[test]
    fn a_row_ends_with_one_line_feed() {
        assert_eq!(rewritten(b"{\"text\":\"\"}", &[], None), "{\"text\":\"\"}\n");
        assert_eq!(rewritten(b"{\"text\":\"\"}\n", &[], None), "{\"text\":\"\"}\n");
        assert_eq!(rewritten(b"{\"text\":\"\"}\r\n", &[], None), "{\"text\":\"\"}\r\n");
    }

    #[test]
    fn the_extra_field_comes_last() {
        assert_eq!(
            rewritten(br#"{"text":"a", "b":[1] }"#, &["c"], Some("[2]")),
            "{\"text\":\"c\", \"b\":[1],\"dehusk\":[2] }\n"
        );
    }

    #[test]
    fn an_extra_field_that_is_there_is_replaced() {
        for (line, expected) in [
            (r#"{"dehusk":{"old":1},"text":"a"}"#, "{\"dehusk\":2,\"text\":\"b\"}\n"),
            (r#"{"text":"a","dehusk":"old","x":{"dehusk":1}}"#, "{\"text\":\"b\",\"dehusk\":2,\"x\":{\"dehusk\":1}}\n"),
        ] {
            assert_eq!(rewritten(line.as_bytes(), &["b"], Some("2")), expected);
        }
    }

    #[test]
    fn without_extra_an_extra_field_that_is_there_stays() {
        assert_eq!(rewritten(br#"{"dehusk":1,"text":"a"}"#, &["b"], None), "{\"dehusk\":1,\"text\":\"b\"}\n");
    }

    #[test]
    fn a_nested_text_is_replaced_in_its_place() {
        let names = FieldNames { text: Some("doc.body".into()), ..FieldNames::default() };
        let fields = Fields::new(&names).expect("allowed");
        let row = scan(br#"{"doc":{"body":"a"}}"#, &fields, DEPTH_LIMIT).expect("a row");
        let mut out = Vec::new();
        rewrite(&row.line, &row.splice, ["b"], Some("1"), &mut out);
        assert_eq!(out, b"{\"doc\":{\"body\":\"b\"},\"dehusk\":1}\n");
    }

    #[test]
    fn repaired_rows_are_written_as_valid_json() {
        let line = b"{\"x\":\"\t\xff\\ud800\",\"text\":\"a\"}";
        assert_eq!(rewritten(line, &["b"], None), "{\"x\":\"\\t\u{fffd}\\ufffd\",\"text\":\"b\"}\n");
    }

    #[test]
    fn a_record_names_what_is_known() {
        let mut out = Vec::new();
        let id = Id::Text("<urn:1>".into());
        record(Some("u"), Some(&id), Some("s"), ["a", "\"b"], Some("{}"), &mut out);
        record(None, Some(&Id::Number("1.0".into())), None, [], None, &mut out);
        record(None, None, None, ["c"], None, &mut out);
        assert_eq!(
            String::from_utf8(out).expect("UTF-8"),
            "{\"id\":\"<urn:1>\",\"url\":\"u\",\"site\":\"s\",\"text\":\"a\\\"b\",\"dehusk\":{}}\n\
             {\"id\":1.0,\"text\":\"\"}\n\
             {\"text\":\"c\"}\n"
        );
    }

    #[test]
    fn escapes_are_the_fewest_that_are_valid() {
        let all: String = (0..0x80).map(char::from).chain("\u{85}é\u{2028}🙂".chars()).collect();
        let mut out = Vec::new();
        escape_into(&all, &mut out);
        // serde_json escapes minimally too.
        let expected = serde_json::to_string(&all).expect("a string");
        assert_eq!(out, expected.trim_matches('"').as_bytes());
    }

    proptest! {
        #[test]
        fn escaped_text_reads_back(text in any::<String>(), more in "[a-z\\n\"]{0,200}") {
            let mut out = Vec::new();
            string_into([&*text, &more], &mut out);
            let back: String = serde_json::from_slice(&out).expect("a string");
            prop_assert_eq!(back, text + &more);
        }

        #[test]
        fn rewriting_changes_the_text_and_nothing_else(
            line in arbitrary::line(),
            pieces in proptest::collection::vec(any::<String>(), 0..4),
            annotate in any::<bool>(),
        ) {
            let Ok(row) = scan(line.as_bytes(), &Fields::default(), DEPTH_LIMIT) else {
                return Ok(());
            };
            let extra = annotate.then_some("{\"kept\":[0,1]}");
            let mut out = Vec::new();
            rewrite(&row.line, &row.splice, pieces.iter().map(|piece| &**piece), extra, &mut out);

            let mut expected: Value = serde_json::from_str(&line).expect("valid");
            let name = if expected["text"].is_string() { "text" } else { "raw_content" };
            expected[name] = pieces.concat().into();
            if annotate {
                expected["dehusk"] = json!({"kept": [0, 1]});
            }
            let found: Value = serde_json::from_slice(&out).expect("valid");
            prop_assert_eq!(found, expected);
            prop_assert_eq!(memchr::memchr(b'\n', &out), Some(out.len() - 1));
        }

        #[test]
        fn rewriting_damaged_rows_gives_valid_json(line in arbitrary::damaged()) {
            let Ok(row) = scan(&line, &Fields::default(), DEPTH_LIMIT) else {
                return Ok(());
            };
            let mut out = Vec::new();
            rewrite(&row.line, &row.splice, [&*row.text], Some("1"), &mut out);
            let fields = Fields::default();
            let again = scan(&out, &fields, DEPTH_LIMIT).expect("a row");
            prop_assert!(!again.repaired);
            prop_assert_eq!(again.text, row.text);
            prop_assert_eq!(again.url, row.url);
            prop_assert_eq!(again.id, row.id);
        }
    }
}
