//! Verdicts and clusters as JSON: the field `dehusk` of annotated pages, and the file of what was dropped.
//!
//! Offsets are bytes of the page's text in UTF-8, from the first byte of a line to the first behind it, its line end
//! not included.

use std::io::Write;

use crate::chrome::Verdict;
use crate::line::Line;
use crate::line::mark::Mark;
use crate::page::Page;
use crate::similar::{Clusters, Standing};
use crate::sink::jsonl::escape_into;

/// What a page's field `dehusk` says.
#[derive(Clone, Copy, Default)]
pub struct Note<'a> {
    /// Every line with its verdict, and with what HTML told of it, where it did.
    pub lines: Option<(&'a [Line], &'a [Verdict], &'a [Mark])>,
    /// The page's place in its cluster, if it is in one.
    pub cluster: Option<Option<Place<'a>>>,
}

/// A page's place in a cluster.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// All clusters.
    pub clusters: &'a Clusters,
    /// The page's place.
    pub standing: Standing<'a>,
}

impl Note<'_> {
    /// Writes `{"lines":[…],"cluster":{…}}`, of which either may be missing; the cluster of a page that is in none is
    /// `null`.
    pub fn json(&self) -> String {
        let mut out = vec![b'{'];
        if let Some((lines, verdicts, marks)) = self.lines {
            out.reserve(lines.len() * 96);
            out.extend_from_slice(b"\"lines\":[");
            for (i, (line, verdict)) in lines.iter().zip(verdicts).enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                line_fields(line, verdict, marks.get(i), &mut out);
                out.push(b'}');
            }
            out.push(b']');
        }
        if let Some(place) = &self.cluster {
            if self.lines.is_some() {
                out.push(b',');
            }
            out.extend_from_slice(b"\"cluster\":");
            match place {
                Some(place) => place.write(&mut out),
                None => out.extend_from_slice(b"null"),
            }
        }
        out.push(b'}');
        String::from_utf8(out).unwrap_or_default()
    }
}

impl Place<'_> {
    /// Writes `{"id":…,"size":…,"relation":…,"similarity":…,"exact":…,"canonical":…}`.
    fn write(&self, out: &mut Vec<u8>) {
        let Standing { cluster, relation, similarity, is_exact, kept, size } = self.standing;
        // Writing to memory cannot fail.
        let _ = write!(
            out,
            "{{\"id\":\"{cluster}\",\"size\":{size},\"relation\":\"{}\",\"similarity\":{},\"exact\":{is_exact},\"canonical\":\"",
            relation.name(),
            rounded(similarity)
        );
        escape_into(self.clusters.name(kept), out);
        out.extend_from_slice(b"\"}");
    }
}

/// A similarity as outputs show it: with four digits, rounded down, so that no other than equal sets get a 1.
pub fn rounded(similarity: f64) -> f64 {
    (similarity * 10_000.0).floor() / 10_000.0
}

/// Writes a row of the file of what was dropped: the lines, and of a page that was left out as a `duplicate` its text.
/// Nothing for a page of which all was kept.
pub fn dropped(
    page: &Page<'_>,
    lines: &[Line],
    verdicts: &[Verdict],
    duplicate: Option<(Place<'_>, &[&str])>,
    out: &mut Vec<u8>,
) {
    let mut dropped = lines.iter().zip(verdicts).filter(|(_, verdict)| !verdict.keep).peekable();
    if dropped.peek().is_none() && duplicate.is_none() {
        return;
    }
    out.push(b'{');
    for (name, value) in [("id", page.id), ("url", Some(page.url)), ("site", Some(page.site))] {
        if let Some(value) = value {
            let _ = write!(out, "\"{name}\":\"");
            escape_into(value, out);
            out.extend_from_slice(b"\",");
        }
    }
    if let Some((place, pieces)) = duplicate {
        out.extend_from_slice(b"\"duplicate\":");
        place.write(out);
        out.extend_from_slice(b",\"text\":\"");
        pieces.iter().for_each(|piece| escape_into(piece, out));
        out.extend_from_slice(b"\",");
    }
    out.extend_from_slice(b"\"lines\":[");
    for (i, (line, verdict)) in dropped.enumerate() {
        if i > 0 {
            out.push(b',');
        }
        line_fields(line, verdict, None, out);
        out.extend_from_slice(b",\"text\":\"");
        escape_into(page.text.get(line.start..line.end).unwrap_or_default(), out);
        out.extend_from_slice(b"\"}");
    }
    out.extend_from_slice(b"]}\n");
}

/// Opens an object and writes what is known of a line.
fn line_fields(line: &Line, verdict: &Verdict, mark: Option<&Mark>, out: &mut Vec<u8>) {
    // Writing to memory cannot fail.
    let _ = write!(
        out,
        "{{\"start\":{},\"end\":{},\"verdict\":\"{}\",\"rule\":\"{}\",\"evidence\":{{\"pages\":{},\"of\":{}",
        line.start,
        line.end,
        if verdict.keep { "keep" } else { "drop" },
        verdict.rule.name(),
        verdict.on,
        verdict.of
    );
    if let Some(mark) = mark {
        let _ = write!(out, ",\"html\":\"{mark}\"");
    }
    out.push(b'}');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chrome::Rule;

    fn line(start: usize, end: usize) -> Line {
        Line { start, end, next: end + 1, exact: 1, template: 1, shape: Default::default() }
    }

    #[test]
    fn an_annotation_is_json_with_byte_offsets() -> serde_json::Result<()> {
        let (lines, verdicts) =
            ([line(0, 4), line(5, 9)], [Verdict::drop(Rule::Recurs, 3, 9), Verdict::keep(Rule::Unique)]);
        let note = Note { lines: Some((&lines, &verdicts, &[])), cluster: Some(None) };
        let value: serde_json::Value = serde_json::from_str(&note.json())?;
        assert!(value["cluster"].is_null());
        assert_eq!(
            value["lines"][0],
            serde_json::json!({"start": 0, "end": 4, "verdict": "drop", "rule": "recurs", "evidence": {"pages": 3, "of": 9}})
        );
        assert_eq!(value["lines"][1]["verdict"], "keep");
        Ok(())
    }

    #[test]
    fn dropped_lines_come_with_their_text_escaped() -> serde_json::Result<()> {
        let page = Page { url: "http://x/\"", id: None, site: "x", text: "a\"\tb\nkept", marks: &[] };
        let mut out = Vec::new();
        dropped(
            &page,
            &[line(0, 4), line(5, 9)],
            &[Verdict::drop(Rule::Repeated, 2, 1), Verdict::keep(Rule::Unique)],
            None,
            &mut out,
        );
        let value: serde_json::Value = serde_json::from_slice(&out)?;
        assert_eq!(
            (value["url"].as_str(), value["lines"][0]["text"].as_str(), value["lines"].as_array().map(Vec::len)),
            (Some("http://x/\""), Some("a\"\tb"), Some(1))
        );
        out.clear();
        dropped(&page, &[line(0, 4)], &[Verdict::keep(Rule::Unique)], None, &mut out);
        assert!(out.is_empty());
        Ok(())
    }
}
