//! What is known of each line of a page before anything is decided.

use std::collections::HashMap;

use crate::census::{EDGE, Seed, SiteCounts};
use crate::line::{Fingerprint, Key, Line, Normaliser, Templates};
use crate::page::Page;

/// What is known of one line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LineEvidence {
    /// Pages of the site that have the line, this one included; for a line with numbers or dates, its template.
    pub on: u32,
    /// Pages that have the very line.
    pub exactly_on: u32,
    /// Pages on which the line stands beside the rarer of its two neighbours here; start and end of a page are
    /// neighbours too. Between 1 and `on`.
    pub in_company: u32,
    /// Length in characters; one of Chinese, Japanese or Korean counts for two and a half.
    pub length: f64,
    /// Whether the line stands on the page for the second and last time. What stands there more often, as the brackets
    /// of a program do, is the structure of the page.
    pub repeated: bool,
    /// Whether it is the page's title or a part of it, standing below the title line.
    pub titular: bool,
}

/// Characters of a part of the title: shorter ones are section names more often than headlines.
const TITLE_PART: f64 = 8.0;

/// Gathers evidence, page by page. Keeps its buffers.
#[derive(Debug)]
pub struct Gatherer {
    /// How often each line was met, and how often it stands on the page.
    seen: HashMap<Fingerprint, (u32, u32), Seed>,
    title: TitleParts,
}

impl Gatherer {
    /// A gatherer for lines whose fingerprints were made with `key`.
    pub fn new(key: Key) -> Self {
        let normaliser = Normaliser::new(key).with_templates(Templates::Skip);
        Self { seen: HashMap::default(), title: TitleParts { normaliser, ..TitleParts::default() } }
    }

    /// Puts the evidence on the lines of a page into `evidence`, one a line that is not blank.
    pub fn gather(&mut self, page: &Page<'_>, lines: &[Line], site: &SiteCounts, evidence: &mut Vec<LineEvidence>) {
        evidence.clear();
        self.seen.clear();
        for line in lines {
            self.seen.entry(line.exact).or_default().1 += 1;
        }
        let mut lines = lines.iter().filter(|line| !line.is_blank()).peekable();
        if let Some(title) = lines.peek() {
            self.title.set(text(page, title));
        }
        let mut before = EDGE;
        let mut pair_before = None;
        while let Some(line) = lines.next() {
            let after = lines.peek().map_or(EDGE, |next| next.template);
            let on = site.template(line.template);
            // A line on one page alone has no company: the pairs need not be looked up.
            let pair = |a, b| if on > 1 { site.pair(a, b) } else { 1 };
            let with_before = pair_before.unwrap_or_else(|| pair(before, line.template));
            let with_after = pair(line.template, after);
            let shown = text(page, line);
            let is_first = evidence.is_empty();
            evidence.push(LineEvidence {
                on,
                exactly_on: if line.exact == line.template { on } else { site.line(line) },
                in_company: with_before.min(with_after).min(on),
                length: length(shown),
                repeated: self.is_repeated(line),
                titular: !is_first && self.title.has(line),
            });
            before = line.template;
            // What was looked up as the pair with the next line is that line's pair with this one.
            pair_before = (on > 1).then_some(with_after);
        }
    }
}

impl Gatherer {
    /// Counts the line once more, and says whether this is its second and last time.
    fn is_repeated(&mut self, line: &Line) -> bool {
        self.seen.get_mut(&line.exact).is_some_and(|(met, all)| {
            *met += 1;
            *met == 2 && *all == 2
        })
    }
}

fn text<'a>(page: &Page<'a>, line: &Line) -> &'a str {
    page.text.get(line.start..line.end).unwrap_or_default().trim()
}

/// Characters, weighted by how much they say: two and a half for an ideograph, a syllable of Kana or Hangul.
fn length(text: &str) -> f64 {
    if text.is_ascii() {
        return text.len() as f64;
    }
    let wide = |c: char| matches!(c, '\u{2e80}'..='\u{d7ff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}' | '\u{20000}'..='\u{3ffff}');
    text.chars().map(|c| if wide(c) { 2.5 } else { 1.0 }).sum()
}

/// The title of a page and the parts it is made of, `Headline | Section – Site`, as fingerprints.
#[derive(Debug, Default)]
struct TitleParts {
    normaliser: Normaliser,
    lines: Vec<Line>,
    parts: Vec<Fingerprint>,
}

impl TitleParts {
    fn set(&mut self, title: &str) {
        self.parts.clear();
        self.push(title);
        let mut start = 0;
        for (at, c) in title.char_indices() {
            let spaced = |at: usize| title.get(at..).is_some_and(|rest| rest.starts_with(' '));
            let is_dash = c == '-' && at > 0 && spaced(at - 1) && spaced(at + 1);
            if is_dash || matches!(c, '|' | '–' | '—' | ':' | '»' | '·') {
                self.push_part(title.get(start..at));
                start = at + c.len_utf8();
            }
        }
        self.push_part(title.get(start..));
    }

    fn push_part(&mut self, part: Option<&str>) {
        if let Some(part) = part.map(str::trim).filter(|part| length(part) >= TITLE_PART) {
            self.push(part);
        }
    }

    fn push(&mut self, text: &str) {
        self.normaliser.page(text, &mut self.lines);
        self.parts.extend(self.lines.first().map(|line| line.exact));
    }

    fn has(&self, line: &Line) -> bool {
        self.parts.contains(&line.exact)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::census::{Census, Log};

    fn gathered(pages: &[&str], of: usize) -> Vec<LineEvidence> {
        let (mut census, mut log, mut lines) = (Census::default(), Log::default(), Vec::new());
        let mut normaliser = Normaliser::new(Key::default());
        for text in pages {
            normaliser.page(text, &mut lines);
            log.add("s", &lines);
        }
        census.add(log);
        normaliser.page(pages[of], &mut lines);
        let page = Page { url: "", id: None, site: "s", text: pages[of], marks: &[] };
        let mut evidence = Vec::new();
        Gatherer::new(Key::default()).gather(&page, &lines, &census.sites()["s"], &mut evidence);
        evidence
    }

    #[test]
    fn a_line_in_varying_company_is_told_from_one_in_fixed_company() {
        let evidence = gathered(&["Home\nNews\na\nNotes\nb", "Home\nNews\nc\nNotes\nd", "Home\nNews\ne\nf"], 0);
        let seen: Vec<(u32, u32)> = evidence.iter().map(|line| (line.on, line.in_company)).collect();
        assert_eq!(seen, [(3, 3), (3, 1), (1, 1), (2, 1), (1, 1)]);
    }

    #[test]
    fn numbers_are_masked_but_the_very_line_is_counted_too() {
        let evidence = gathered(&["a\n12 comments", "b\n7 comments", "c\n7 comments"], 1);
        assert_eq!((evidence[1].on, evidence[1].exactly_on), (3, 2));
    }

    #[test]
    fn a_part_of_the_title_is_titular_below_the_title() {
        let evidence =
            gathered(&["The  Ferry is late - Local | Courier\nLocal\nthe ferry IS late\nCourier\nThe ferry", "x"], 0);
        let titular: Vec<bool> = evidence.iter().map(|line| line.titular).collect();
        assert_eq!(titular, [false, false, true, false, false]);
    }

    #[test]
    fn the_second_time_on_the_page_is_noted_if_it_is_the_last() {
        let repeated = |text| gathered(&[text, "x"], 0).iter().map(|line| line.repeated).collect::<Vec<_>>();
        assert_eq!(repeated("Share\nText\nSHARE"), [false, false, true]);
        assert_eq!(repeated("}\nText\n}\n}"), [false; 4]);
    }

    #[test]
    fn an_ideograph_says_more_than_a_letter() {
        assert_eq!([length("abc"), length("äbc"), length("日本")], [3.0, 3.0, 5.0]);
    }
}
