//! Which elements of a page hold its text.
//!
//! Two answers, a mark each. The *core* is the element whose own paragraphs weigh most, as Readability finds it (Arc90,
//! 2009; now Mozilla's `Readability.js`): a paragraph counts for the element that it stands in, half for the one round
//! that, and little beyond, so that neither the page as a whole nor a single paragraph wins. The *bulk* is the innermost
//! element that holds two thirds of the page's prose, which in a text of many sections is all of them.
//!
//! Only elements that end lines count, and nothing that is called comments, furniture or a sidebar. No tree is kept: an
//! element is a number, its parent's, and sums.

use std::ops::BitOr;

use crate::line::mark::{Mark, Regions};

use super::element::Kind;

/// The number of an element: 0 is the page, and an element comes behind the one that it is in.
pub(super) type Number = u32;

/// Elements that are told apart. Beyond them, what is in an element is taken to stand directly in it.
const MOST: usize = 1 << 20;
/// Characters that are no link from which a line is prose, and beyond which it weighs no more.
const PROSE: std::ops::Range<usize> = 25..500;
/// Percentage of link text up to which a line is prose.
const LINKS: u8 = 50;
/// Prose in characters without which a page has no text to speak of.
const LEAST: u64 = 200;
/// What a line of prose counts for the element that it stands in, and those round it, in eighteenths.
const WORTH: [u64; 4] = [18, 9, 3, 2];
/// What an element beside the core must weigh to belong to it: this part of the core.
const BESIDE: u64 = 5;
/// What part of the lines must stand outside of what tells where the text is.
const OUTSIDE: usize = 10;
/// What stands beside the text of a page by its names, if they are right.
const ASIDES: Regions = Regions::FURNITURE.with(Regions::SIDEBAR);

#[derive(Clone, Copy, Debug, Default)]
struct Element {
    parent: Number,
    /// A paragraph or its like: what stands in it counts for what it stands in.
    is_paragraph: bool,
    text: Text,
    /// What of it stands in [`ASIDES`].
    aside: Text,
}

impl Element {
    /// Its text that stands aside, or the rest.
    const fn text(&mut self, is_aside: bool) -> &mut Text {
        if is_aside { &mut self.aside } else { &mut self.text }
    }
}

/// The prose of an element.
#[derive(Clone, Copy, Debug, Default)]
struct Text {
    /// What the prose in it and a little below it weighs.
    weight: u64,
    /// Characters of all prose in it.
    prose: u64,
}

/// The elements of a page and the lines in them.
#[derive(Debug, Default)]
pub(super) struct Containers {
    elements: Vec<Element>,
    /// The innermost element of each line.
    lines: Vec<Number>,
}

impl Containers {
    /// Forgets the page before.
    pub(super) fn clear(&mut self) {
        self.elements.clear();
        self.elements.push(Element::default());
        self.lines.clear();
    }

    /// Notes an element in `parent`, and returns its number.
    pub(super) fn open(&mut self, parent: Number, kind: Kind) -> Number {
        if !kind.breaks_line() || self.elements.len() >= MOST {
            return parent;
        }
        let is_paragraph = matches!(
            kind,
            Kind::Paragraph | Kind::Heading(_) | Kind::Item | Kind::Quote | Kind::Caption | Kind::Preformatted
        );
        self.elements.push(Element { parent, is_paragraph, ..Element::default() });
        (self.elements.len() - 1) as Number
    }

    /// Notes a line of so many visible characters, of which `linked` are in links.
    pub(super) fn line(&mut self, number: Number, visible: usize, linked: usize, mark: Mark) {
        self.lines.push(number);
        let own = visible.saturating_sub(linked);
        if own < PROSE.start || mark.link_share > LINKS || mark.regions.intersects(Regions::COMMENTS) {
            return;
        }
        let own = own.min(PROSE.end) as u64;
        let is_aside = mark.regions.intersects(ASIDES);
        let Some(element) = self.elements.get_mut(number as usize) else { return };
        let mut at = if element.is_paragraph { element.parent } else { number };
        element.text(is_aside).prose += own;
        for worth in WORTH {
            let Some(element) = self.elements.get_mut(at as usize) else { return };
            element.text(is_aside).weight += own * worth;
            if at == 0 {
                return;
            }
            at = element.parent;
        }
    }

    /// The last line goes before all others.
    pub(super) fn last_to_front(&mut self) {
        self.lines.rotate_right(1);
    }

    /// Marks the lines that stand in the core and in the bulk. Nothing on a page without prose, and neither of them
    /// where it is nearly the whole page.
    pub(super) fn mark(&mut self, marks: &mut [Mark]) {
        self.check_names(marks);
        let all = self.sum_up();
        if all < LEAST {
            return;
        }
        let regions = self.regions(all);
        let of_lines =
            || self.lines.iter().map(|number| regions.get(*number as usize).copied().unwrap_or(Regions::NONE));
        let tells = |region: &Regions| {
            let outside = of_lines().filter(|of| !of.contains(*region)).count();
            outside * OUTSIDE >= self.lines.len()
        };
        let telling = [Regions::CORE, Regions::BULK].into_iter().filter(tells).fold(Regions::NONE, BitOr::bitor);
        for (mark, of) in marks.iter_mut().zip(of_lines()) {
            mark.regions |= of.both(telling);
        }
    }

    /// Takes the names from what is called furniture or a sidebar if it has most of the page's prose: then they are those
    /// of columns, or say how the page is set.
    fn check_names(&mut self, marks: &mut [Mark]) {
        let prose = |of: fn(&Element) -> u64| self.elements.iter().map(of).sum::<u64>();
        if prose(|element| element.aside.prose) <= prose(|element| element.text.prose) {
            return;
        }
        marks.iter_mut().for_each(|mark| mark.regions = mark.regions.without(ASIDES));
        for Element { text, aside, .. } in &mut self.elements {
            text.weight += aside.weight;
            text.prose += aside.prose;
        }
    }

    /// Adds the prose of each element to that of the one round it, and returns that of the page.
    fn sum_up(&mut self) -> u64 {
        for at in (1..self.elements.len()).rev() {
            let Element { parent, text, .. } = self.elements[at];
            self.elements[parent as usize].text.prose += text.prose;
        }
        self.elements.first().map_or(0, |page| page.text.prose)
    }

    /// What each element stands in or is, of a page with so much prose in `all`.
    fn regions(&self, all: u64) -> Vec<Regions> {
        // Of two that weigh the same, the first.
        let weight = |at: usize| self.elements[at].text.weight;
        let heavier = |best: usize, at: usize| if weight(at) > weight(best) { at } else { best };
        let core = (0..self.elements.len()).fold(0, heavier);
        let round = self.elements[core].parent;
        // No two elements side by side hold so much: the last is the innermost.
        let bulk = self.elements.iter().rposition(|element| element.text.prose * 3 >= all * 2).unwrap_or(0);
        let mut regions: Vec<Regions> = Vec::with_capacity(self.elements.len());
        for (at, element) in self.elements.iter().enumerate() {
            // The page stands in nothing.
            let mut of = regions.get(element.parent as usize).copied().unwrap_or(Regions::NONE);
            let is_beside = at > 0 && core > 0 && element.parent == round && weight(at) * BESIDE >= weight(core);
            if at == core || is_beside {
                of |= Regions::CORE;
            }
            if at == bulk {
                of |= Regions::BULK;
            }
            regions.push(of);
        }
        regions
    }
}

#[cfg(test)]
mod tests {
    use crate::line::mark::Regions;
    use crate::source::html::HtmlText;

    /// The lines that stand in `region`, by their first words.
    fn lines_in(html: &str, region: Regions) -> Vec<String> {
        let page = HtmlText::of(html);
        let within = page.lines().filter(|(_, mark)| mark.regions.contains(region));
        within.map(|(line, _)| line.split(' ').next().unwrap_or_default().to_owned()).collect()
    }

    fn prose(first: &str) -> String {
        format!("{first} ran aground off the lower lighthouse on Tuesday, and nobody aboard could say why. ")
    }

    fn paragraphs(firsts: &[&str]) -> String {
        firsts.iter().map(|first| format!("<p>{}</p>", prose(first))).collect()
    }

    #[test]
    fn the_core_is_the_element_of_the_paragraphs() {
        let html = format!(
            "<title>T</title><div><p>{}</p></div><div><h1>Headline</h1>{}<ul><li>item</ul></div><div><p>{}</p></div>",
            prose("teaser"),
            paragraphs(&["one", "two", "three", "four", "five", "six"]),
            prose("footer"),
        );
        assert_eq!(lines_in(&html, Regions::CORE), ["Headline", "one", "two", "three", "four", "five", "six", "item"]);
    }

    #[test]
    fn breaks_make_paragraphs_of_an_element_too() {
        let text = ["one", "two", "three"].map(prose).join("<br><br>");
        let html = format!("<div><div>menu</div><div>{text}</div></div>");
        assert_eq!(lines_in(&html, Regions::CORE), ["one", "two", "three"]);
    }

    #[test]
    fn what_is_like_the_core_beside_it_belongs_to_it() {
        let (one, two) = (paragraphs(&["one", "two", "three"]), paragraphs(&["four", "five"]));
        let html = format!("<main><div>{one}</div><div>advertisement</div><div>{two}</div></main><div>menu</div>");
        assert_eq!(lines_in(&html, Regions::CORE), ["one", "two", "three", "four", "five"]);
    }

    #[test]
    fn the_bulk_holds_all_sections() {
        let sections: String = ["one", "two", "three", "four"]
            .map(|first| format!("<section><p>{}</section>", prose(first).repeat(3)))
            .concat();
        let html = format!("<div><div>menu</div><div>{sections}</div><div><p>{}</div></div>", prose("footer"));
        assert_eq!(lines_in(&html, Regions::BULK), ["one", "two", "three", "four"]);
    }

    #[test]
    fn neither_comments_nor_furniture_are_the_core() {
        let (text, more) = (paragraphs(&["one", "two", "three"]), paragraphs(&["four", "five", "six", "seven"]));
        for class in ["comments", "related", "sidebar"] {
            let few = paragraphs(&["four", "five", "six"]);
            let html = format!("<div>{text}</div><div class={class}><div>{few}</div></div>");
            assert_eq!(lines_in(&html, Regions::CORE), ["one", "two", "three"], "{class}");
        }
        let commented = format!("<div>{text}</div><div class=comments>{more}</div>");
        assert_eq!(lines_in(&commented, Regions::CORE), ["one", "two", "three"]);
        // What holds most of the text is no furniture, whatever it is called.
        let called = format!("<div>Home</div><div>{text}</div><div class='page menu'>{more}</div>");
        assert_eq!(lines_in(&called, Regions::CORE), ["one", "two", "three", "four", "five", "six", "seven"]);
        assert!(lines_in(&called, Regions::FURNITURE).is_empty());
    }

    #[test]
    fn links_and_short_lines_are_no_prose() {
        let link = |first| format!("<p><a href=u>{}</a></p>", prose(first));
        let links: String = ["a", "b", "c", "d", "e", "f", "g", "h"].map(link).concat();
        let html = format!("<div>{links}</div><div>{}</div>", paragraphs(&["one", "two", "three"]));
        assert_eq!(lines_in(&html, Regions::CORE), ["one", "two", "three"]);
    }

    #[test]
    fn what_holds_the_whole_page_is_not_told() {
        let html = format!("<div><div>menu</div>{}</div>", paragraphs(&["one", "two", "three"]).repeat(8));
        assert!(HtmlText::of(&html).marks.iter().all(|mark| mark.regions.is_empty()));
    }

    #[test]
    fn a_page_without_prose_has_neither() {
        let html = "<div><p>A line of few words</p></div>".repeat(50);
        assert!(HtmlText::of(&html).marks.iter().all(|mark| mark.regions.is_empty()));
    }

    #[test]
    fn a_late_title_moves_no_marks() {
        let html = format!("<div>menu</div><div>{}</div><title>T</title>", paragraphs(&["one", "two", "three"]));
        assert_eq!(lines_in(&html, Regions::CORE), ["one", "two", "three"]);
    }

    #[test]
    fn a_page_forgets_the_one_before() {
        let mut extractor = crate::source::html::Extractor::default();
        let (mut text, mut marks) = (String::new(), Vec::new());
        for _ in 0..2 {
            marks.clear();
            text.clear();
            let html = format!("<div>menu</div><div>{}</div>", paragraphs(&["one", "two", "three"]));
            extractor.extract(&html, &mut text, &mut marks);
            assert_eq!(marks.iter().filter(|mark| mark.regions.contains(Regions::CORE)).count(), 3);
        }
    }
}
