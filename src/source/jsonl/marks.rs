//! What HTML told of lines, as `--annotate` hands it on: the field `html` of a line's evidence.
//!
//! So a crawl that was read as HTML and written as JSON Lines is judged as well as the HTML was. A note that does not fit
//! its text, because somebody changed one of the two, says nothing.

use std::borrow::Cow;

use serde::Deserialize;

use crate::line::mark::Mark;
use crate::line::spans;

/// The parts that matter here of what `dehusk` notes on a page.
#[derive(Deserialize)]
struct Note<'a> {
    #[serde(borrow, default)]
    lines: Vec<Line<'a>>,
}

#[derive(Deserialize)]
struct Line<'a> {
    start: usize,
    end: usize,
    #[serde(borrow)]
    evidence: Evidence<'a>,
}

#[derive(Deserialize)]
struct Evidence<'a> {
    #[serde(borrow, default)]
    html: Option<Cow<'a, str>>,
}

/// The mark of each line of `text`, from the note on it; none if the note has none, or is not of this text.
pub(super) fn read(note: &str, text: &str) -> Vec<Mark> {
    // Of a note on text nothing has to be read.
    if memchr::memmem::find(note.as_bytes(), br#""html""#).is_none() {
        return Vec::new();
    }
    let Ok(Note { lines }) = serde_json::from_str(note) else { return Vec::new() };
    let mut noted = lines.iter();
    let of_line = spans(text).map(|span| {
        let line = noted.next().filter(|line| (line.start, line.end) == (span.start, span.end))?;
        line.evidence.html.as_deref().map_or(Some(Mark::default()), |html| html.parse().ok())
    });
    let marks: Option<Vec<Mark>> = of_line.collect();
    marks.filter(|_| noted.next().is_none()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::mark::{Block, Regions};

    const NOTE: &str = r#"{"lines":[
        {"start":0,"end":4,"verdict":"drop","rule":"shape","evidence":{"pages":1,"of":1,"html":"li nav 100%"}},
        {"start":5,"end":9,"verdict":"keep","rule":"unique","evidence":{"pages":1,"of":1}}
    ]}"#;

    #[test]
    fn each_line_has_its_mark() {
        let menu = Mark { link_share: 100, block: Block::ListItem, regions: Regions::NAV };
        assert_eq!(read(NOTE, "Menu\nText"), [menu, Mark::default()]);
    }

    #[test]
    fn a_note_that_does_not_fit_says_nothing() {
        for text in ["", "Menu", "Menu\nText\nmore", "Menus\nText"] {
            assert_eq!(read(NOTE, text), [], "{text:?}");
        }
        for note in [NOTE.replace("nav", "navy"), NOTE.replace("100%", "900%"), r#"{"html":[]}"#.into(), "html".into()]
        {
            assert_eq!(read(&note, "Menu\nText"), [], "{note}");
        }
    }
}
