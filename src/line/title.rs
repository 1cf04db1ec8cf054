//! The title of a page, and the parts it is made of.
//!
//! The first line of a page is its title: so it is in WET files, and so dehusk reads HTML. Most are made by a pattern,
//! `Headline | Section – Site`, so each part is a title too.

use super::{Fingerprint, Key, Line, Normaliser, Shape, Templates};

/// Characters of a part of the title: shorter ones are section names more often than headlines.
const SHORTEST: f32 = 8.0;
/// Parts of one title that are looked at.
const MOST: usize = 12;

/// Takes the fingerprints of titles and their parts. Keeps its buffers.
#[derive(Debug, Default)]
pub struct TitleParts {
    normaliser: Normaliser,
    lines: Vec<Line>,
    parts: Vec<Fingerprint>,
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

    fn set(&mut self, title: &str) {
        self.push(title);
        let mut start = 0;
        for (at, c) in title.char_indices() {
            let spaced = |at: usize| title.get(at..).is_some_and(|rest| rest.starts_with(' '));
            let is_dash = c == '-' && at > 0 && spaced(at - 1) && spaced(at + 1);
            if is_dash || matches!(c, '|' | '–' | '—' | ':' | '»' | '·') {
                self.push_part(title.get(start..at));
                start = at + c.len_utf8();
            }
            if self.parts.len() >= MOST {
                return;
            }
        }
        self.push_part(title.get(start..));
    }

    fn push_part(&mut self, part: Option<&str>) {
        if let Some(part) = part.map(str::trim).filter(|part| Shape::of(part).length() >= SHORTEST - 0.1) {
            self.push(part);
        }
    }

    fn push(&mut self, text: &str) {
        self.normaliser.page(text, &mut self.lines);
        self.parts.extend(self.lines.first().map(|line| line.exact));
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
        assert_eq!(title.of(text, &lines).len(), 2);
        let has: Vec<bool> = lines.iter().map(|line| title.has(line)).collect();
        assert_eq!(has, [false, true, false, true, false, false]);
    }

    #[test]
    fn a_page_without_lines_has_no_title() {
        assert!(TitleParts::new(Key::default()).of("", &[]).is_empty());
    }
}
