//! The title of a page, and the parts it is made of.
//!
//! The first line of a page is its title: so it is in WET files, and so dehusk reads HTML. Most are made by a pattern,
//! `Headline | Section – Site`, so each part is a title too, and each run of parts. In manuals a sign stands behind each
//! heading, a link to it: where lines of a page end in one, so may its title.

use std::ops::Range;

use super::{Fingerprint, Key, Line, Normaliser, Shape, Templates};

/// Characters of a part of the title: shorter ones are section names more often than headlines.
const SHORTEST: f32 = 8.0;
/// Separators of one title that are looked at.
const MOST: usize = 5;
/// Bytes of a title up to which it is cut.
const LONGEST: usize = 1024;

/// Signs that are links to the heading they stand behind: of Sphinx and MkDocs, of Read the Docs' theme, of PyData's.
const PERMALINKS: [&str; 3] = ["¶", "\u{f0c1}", "#"];

/// Takes the fingerprints of titles and their parts. Keeps its buffers.
#[derive(Debug, Default)]
pub struct TitleParts {
    normaliser: Normaliser,
    lines: Vec<Line>,
    cuts: Vec<Range<usize>>,
    parts: Vec<Fingerprint>,
    /// Those of [`PERMALINKS`] that a line of the page ends in.
    signs: Vec<&'static str>,
    /// A title with a sign behind it.
    signed: String,
}

impl TitleParts {
    /// Parts of titles, as fingerprints made with `key`.
    pub fn new(key: Key) -> Self {
        let normaliser = Normaliser::new(key).with_templates(Templates::Skip);
        Self { normaliser, ..Self::default() }
    }

    /// Takes the title of the page with this text and these lines: the whole, then its parts.
    pub fn of(&mut self, text: &str, lines: &[Line]) -> &[Fingerprint] {
        self.parts.clear();
        self.find_signs(text, lines);
        let title = lines.iter().find(|line| !line.is_blank()).and_then(|line| text.get(line.start..line.end));
        if let Some(title) = title {
            self.set(title.trim());
        }
        &self.parts
    }

    /// Whether the line is the title that was taken last, or a part of it.
    pub fn has(&self, line: &Line) -> bool {
        self.parts.contains(&line.exact)
    }

    fn find_signs(&mut self, text: &str, lines: &[Line]) {
        self.signs.clear();
        for line in lines {
            // Of bytes: every line of every page is looked at.
            let line = text.as_bytes().get(line.start..line.end).unwrap_or_default().trim_ascii_end();
            for sign in PERMALINKS {
                if line.ends_with(sign.as_bytes()) && !self.signs.contains(&sign) {
                    self.signs.push(sign);
                }
            }
        }
    }

    fn set(&mut self, title: &str) {
        self.push(title);
        self.cuts.clear();
        if title.len() <= LONGEST {
            self.cuts.extend(cuts(title).take(MOST));
        }
        // Every run of parts: a headline may have a separator of its own, as in `Ferry: no end in sight | Courier`.
        for from in 0..=self.cuts.len() {
            let start = from.checked_sub(1).and_then(|cut| self.cuts.get(cut)).map_or(0, |cut| cut.end);
            for to in from..=self.cuts.len() {
                let end = self.cuts.get(to).map_or(title.len(), |cut| cut.start);
                if end - start < title.len() {
                    self.push_part(title.get(start..end));
                }
            }
        }
    }

    fn push_part(&mut self, part: Option<&str>) {
        if let Some(part) = part.map(str::trim).filter(|part| Shape::of(part).length() >= SHORTEST - 0.1) {
            self.push(part);
        }
    }

    fn push(&mut self, text: &str) {
        let Self { normaliser, lines, parts, signs, signed, .. } = self;
        let mut take = |text: &str| {
            normaliser.page(text, lines);
            parts.extend(lines.first().map(|line| line.exact));
        };
        take(text);
        for sign in signs {
            signed.clear();
            signed.push_str(text);
            signed.push_str(sign);
            take(signed);
        }
    }
}

/// Where a title is cut: the separators between its parts, those that follow each other as one.
fn cuts(title: &str) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let found = |(i, _)| Some((at + i, separator(title, at + i)?));
        let (start, mut end) = title.get(at..)?.char_indices().find_map(found)?;
        loop {
            end = title.len() - title.get(end..)?.trim_start().len();
            let Some(next) = separator(title, end) else { break };
            end = next;
        }
        at = end;
        Some(start..end)
    })
}

/// Where the separator ends that begins at byte `at` of a title, if one does.
fn separator(title: &str, at: usize) -> Option<usize> {
    let (left, right) = title.split_at_checked(at)?;
    let (before, c) = (left.chars().next_back(), right.chars().next()?);
    match c {
        '|' | '–' | '—' | '«' | '»' | '‹' | '›' | '·' | '•' | '｜' | '：' => Some(at + c.len_utf8()),
        // Before a space: others stand in times and names, as in `std::swap`.
        ':' if right.starts_with(": ") || right == ":" => Some(at + 1),
        // One or more, between spaces: others join words.
        '-' if before == Some(' ') => {
            let rest = right.trim_start_matches('-');
            rest.starts_with(' ').then(|| title.len() - rest.len())
        }
        // As in Chinese titles.
        '_' if before.is_some_and(|before| !before.is_ascii()) => Some(at + 1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_the_title_is_a_title_if_it_is_long_enough() {
        let text = "\n The  Ferry is late - Local | Courier\nLocal\nthe ferry IS late\nCourier\nThe ferry";
        let mut lines = Vec::new();
        Normaliser::new(Key::default()).page(text, &mut lines);
        let mut title = TitleParts::new(Key::default());
        assert_eq!(title.of(text, &lines).len(), 4, "the whole, the headline, and two runs of parts");
        let has: Vec<bool> = lines.iter().map(|line| title.has(line)).collect();
        assert_eq!(has, [false, true, false, true, false, false]);
    }

    /// Which of the texts are parts of a title.
    fn parts_of<'a>(title: &str, texts: &[&'a str]) -> Vec<&'a str> {
        let text = [&[title], texts].concat().join("\n");
        let mut lines = Vec::new();
        Normaliser::new(Key::default()).page(&text, &mut lines);
        let mut parts = TitleParts::new(Key::default());
        parts.of(&text, &lines);
        texts.iter().zip(&lines[1..]).filter(|(_, line)| parts.has(line)).map(|(text, _)| *text).collect()
    }

    #[test]
    fn a_headline_may_have_a_separator_of_its_own() {
        let runs =
            ["Ferry: no end in sight", "no end in sight", "The Courier - Ferry", "Ferry: no end in sight | Local"];
        assert_eq!(parts_of("The Courier - Ferry: no end in sight | Local", &runs), runs);
        assert_eq!(parts_of("Harbour: the ferry is late", &["Harbour: the ferry is", "ferry is late"]), [""; 0]);
    }

    #[test]
    fn separators_are_those_of_many_sites() {
        let headline = "Goats on the roof";
        for title in
            ["Goats on the roof « The Blog", "Courier » News » Goats on the roof", "Goats on the roof -- Courier"]
        {
            assert_eq!(parts_of(title, &[headline]), [headline], "{title}");
        }
        let headline = "桥上的灯昨夜再次熄灭了";
        assert_eq!(parts_of("桥上的灯昨夜再次熄灭了_港口信使报", &[headline]), [headline]);
        // Neither a word is cut, nor a name.
        assert_eq!(parts_of("space::goats_on_the_roof | API", &["goats_on_the_roof"]), [""; 0]);
        assert_eq!(parts_of("The well-known mother-in-law of ours_all", &["mother-in-law", "known mother"]), [""; 0]);
        assert_eq!(parts_of("-- | Goats -- | -- on roofs :", &["Goats", "on roofs", "-- on roofs"]), ["on roofs"]);
        assert_eq!(parts_of(": Goats on the roof :", &["Goats on the roof"]), ["Goats on the roof"]);
    }

    #[test]
    fn a_heading_may_have_a_link_to_itself() {
        let headings = ["Goats on roofs¶", "Goats on roofs\u{f0c1}", "Goats on roofs#  ", "Goats on roofs"];
        assert_eq!(parts_of("Goats on roofs — The goat manual", &headings), headings);
        // No other sign, and none that the page has nowhere.
        assert_eq!(parts_of("Goats on roofs — The goat manual", &["Goats on roofs*", "Goats on roofs¶¶"]), [""; 0]);
        let (text, mut lines) = ("Goats on roofs | The goat manual\nChapters\n1 # 2", Vec::new());
        Normaliser::new(Key::default()).page(text, &mut lines);
        assert_eq!(TitleParts::new(Key::default()).of(text, &lines).len(), 3);
    }

    #[test]
    fn a_title_of_many_separators_has_few_parts() {
        let parts = |title: &str| {
            let mut lines = Vec::new();
            Normaliser::new(Key::default()).page(title, &mut lines);
            TitleParts::new(Key::default()).of(title, &lines).len()
        };
        assert_eq!(parts(&"a long part | ".repeat(60)), (MOST + 1) * (MOST + 2) / 2);
        assert_eq!(parts(&"a long part | ".repeat(60_000)), 1);
    }

    #[test]
    fn a_page_without_lines_has_no_title() {
        assert!(TitleParts::new(Key::default()).of("", &[]).is_empty());
    }
}
