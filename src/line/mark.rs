//! What HTML tells about a line that plain text cannot.
//!
//! A line of an HTML page comes with the block element it stood in, the landmarks round it,
//! whether it is in the element that holds the page's text, and the share of it that is link text.
//! Four bytes a line, so that a page's marks cost less than its fingerprints. Link density and
//! element kinds are the features that boilerplate detection has relied on since Kohlschütter et
//! al., "Boilerplate Detection using Shallow Text Features" (WSDM 2010). A line of plain text has
//! the default mark.

use std::fmt;
use std::ops::{BitOr, BitOrAssign};
use std::str::FromStr;

/// What the markup says about one line. The default says nothing: a line of plain text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Mark {
    /// Percentage (0 to 100, rounded down) of the line's visible characters that are text of
    /// links (`<a href>`). White space does not count.
    pub link_share: u8,
    /// The element that makes the line what it is.
    pub block: Block,
    /// The landmarks round the line.
    pub regions: Regions,
}

impl fmt::Display for Mark {
    /// The element, the landmarks and the share of link text, as far as they say anything: `li nav 100%`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let element = Block::NAMED.iter().find(|(block, _)| *block == self.block).map(|(_, name)| *name);
        let mut words = element.into_iter().chain(self.regions.names());
        if let Some(first) = words.next() {
            f.write_str(first)?;
            words.try_for_each(|word| write!(f, " {word}"))?;
        }
        match self.link_share {
            0 => Ok(()),
            share if *self == (Self { link_share: share, ..Self::default() }) => write!(f, "{share}%"),
            share => write!(f, " {share}%"),
        }
    }
}

impl FromStr for Mark {
    /// The word that says nothing.
    type Err = String;

    /// Reads what [`Display`](fmt::Display) writes, the words in any order.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut mark = Self::default();
        for word in text.split_ascii_whitespace() {
            let share = || word.strip_suffix('%')?.parse().ok().filter(|share| *share <= 100);
            if let Some((block, _)) = Block::NAMED.iter().find(|(_, name)| *name == word) {
                mark.block = *block;
            } else if let Some((region, _)) = Regions::NAMED.iter().find(|(_, name)| *name == word) {
                mark.regions |= *region;
            } else if let Some(share) = share() {
                mark.link_share = share;
            } else {
                return Err(word.to_owned());
            }
        }
        Ok(mark)
    }
}

/// The element that makes a line what it is: the innermost open one that says anything, where a
/// line starts. `<div>` and its like say nothing, and a paragraph in a quotation or caption is
/// part of that.
#[repr(u8)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Block {
    /// Nothing known: text in `<div>`s, or not from HTML.
    #[default]
    Other,
    /// The page's `<title>`, always its first line.
    Title,
    /// `<h1>`
    H1,
    /// `<h2>`
    H2,
    /// `<h3>`
    H3,
    /// `<h4>`
    H4,
    /// `<h5>`
    H5,
    /// `<h6>`
    H6,
    /// `<p>`
    Paragraph,
    /// `<li>`, `<dt>`, `<dd>`
    ListItem,
    /// The cells of one table row, with a tab between them.
    TableRow,
    /// A line of `<pre>` and its obsolete kin, with its indentation.
    Preformatted,
    /// `<blockquote>`
    Quote,
    /// `<caption>`, `<figcaption>`, `<legend>`
    Caption,
    /// `<button>`, `<option>`, `<textarea>`: text that is there to be used, not read.
    Control,
}

impl Block {
    /// Those that say anything, by the name of the element, or of the first of its kind.
    const NAMED: [(Self, &'static str); 14] = [
        (Self::Title, "title"),
        (Self::H1, "h1"),
        (Self::H2, "h2"),
        (Self::H3, "h3"),
        (Self::H4, "h4"),
        (Self::H5, "h5"),
        (Self::H6, "h6"),
        (Self::Paragraph, "p"),
        (Self::ListItem, "li"),
        (Self::TableRow, "tr"),
        (Self::Preformatted, "pre"),
        (Self::Quote, "blockquote"),
        (Self::Caption, "caption"),
        (Self::Control, "button"),
    ];

    /// Whether the line is one of `<h1>` to `<h6>`.
    #[must_use]
    pub const fn is_heading(self) -> bool {
        matches!(self, Self::H1 | Self::H2 | Self::H3 | Self::H4 | Self::H5 | Self::H6)
    }
}

/// The set of landmarks that a line stands in, from elements and ARIA roles alike, of elements that
/// hold the page's text, and of those that are called comments, furniture or a sidebar. Nested ones add up: the `<header>`
/// of an `<article>` is in both.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Regions(u16);

impl Regions {
    /// No landmark.
    pub const NONE: Self = Self(0);
    /// `<nav>`, `role=navigation`
    pub const NAV: Self = Self(1);
    /// `<header>`, `role=banner`
    pub const HEADER: Self = Self(1 << 1);
    /// `<footer>`, `role=contentinfo`
    pub const FOOTER: Self = Self(1 << 2);
    /// `<aside>`, `role=complementary`
    pub const ASIDE: Self = Self(1 << 3);
    /// `<main>`, `role=main`
    pub const MAIN: Self = Self(1 << 4);
    /// `<article>`, `role=article`
    pub const ARTICLE: Self = Self(1 << 5);
    /// The element whose own paragraphs weigh most, and what is like it beside it.
    pub const CORE: Self = Self(1 << 6);
    /// The innermost element that holds two thirds of the page's prose.
    pub const BULK: Self = Self(1 << 7);
    /// An element whose class or id calls it readers' comments.
    pub const COMMENTS: Self = Self(1 << 8);
    /// An element whose class or id calls it a menu, related articles, share buttons or their like.
    pub const FURNITURE: Self = Self(1 << 9);
    /// An element whose class or id calls it a sidebar: beside the text of most pages, and a box within that of a manual.
    pub const SIDEBAR: Self = Self(1 << 10);

    const NAMED: [(Self, &'static str); 11] = [
        (Self::NAV, "nav"),
        (Self::HEADER, "header"),
        (Self::FOOTER, "footer"),
        (Self::ASIDE, "aside"),
        (Self::MAIN, "main"),
        (Self::ARTICLE, "article"),
        (Self::CORE, "core"),
        (Self::BULK, "bulk"),
        (Self::COMMENTS, "comments"),
        (Self::FURNITURE, "furniture"),
        (Self::SIDEBAR, "sidebar"),
    ];

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether all of `other` are in this set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// This set and `other` together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether any of `other` is in this set.
    #[must_use]
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// What is in this set and not in `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// What is in this set and in `other`.
    #[must_use]
    pub const fn both(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The set as bits: nav 1, header 2, footer 4, aside 8, main 16, article 32, core 64, bulk 128, comments 256,
    /// furniture 512, sidebar 1024.
    #[must_use]
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// The names of the landmarks in the set, always in the same order.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMED.into_iter().filter(move |(region, _)| self.contains(*region)).map(|(_, name)| name)
    }
}

impl BitOr for Regions {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.with(other)
    }
}

impl BitOrAssign for Regions {
    fn bitor_assign(&mut self, other: Self) {
        *self = self.with(other);
    }
}

impl fmt::Debug for Regions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_four_bytes() {
        assert_eq!(size_of::<Mark>(), 4);
    }

    #[test]
    fn plain_text_has_the_default_mark() {
        let plain = Mark { link_share: 0, block: Block::Other, regions: Regions::NONE };
        assert_eq!(Mark::default(), plain);
    }

    #[test]
    fn regions_add_up_and_name_themselves() {
        let both = Regions::ARTICLE | Regions::HEADER;
        assert!(both.contains(Regions::HEADER) && both.intersects(Regions::HEADER | Regions::NAV));
        assert!(!both.contains(Regions::HEADER | Regions::NAV));
        assert_eq!(format!("{both:?}"), r#"{"header", "article"}"#);
        assert_eq!(Regions::NAMED.iter().fold(0, |bits, (region, _)| bits | region.bits()), 2047);
    }

    #[test]
    fn marks_are_words_and_can_be_read_again() {
        let regions = |bits: u16| {
            Regions::NAMED
                .iter()
                .filter(|(region, _)| region.bits() & bits != 0)
                .fold(Regions::NONE, |all, (region, _)| all | *region)
        };
        let blocks = Block::NAMED.iter().map(|(block, _)| *block).chain([Block::Other]);
        for block in blocks {
            for bits in 0..2048 {
                for link_share in [0, 7, 100] {
                    let mark = Mark { link_share, block, regions: regions(bits) };
                    assert_eq!(mark.to_string().parse(), Ok(mark), "{mark}");
                }
            }
        }
        let menu = Mark { link_share: 100, block: Block::ListItem, regions: Regions::NAV | Regions::HEADER };
        assert_eq!((menu.to_string().as_str(), Mark::default().to_string().as_str()), ("li nav header 100%", ""));
        assert_eq!(Mark { link_share: 3, ..Mark::default() }.to_string(), "3%");
        for wrong in ["div", "101%", "-1%", "li navi", "%"] {
            assert!(wrong.parse::<Mark>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_h1_to_h6_are_headings() {
        assert!(Block::H1.is_heading() && Block::H6.is_heading());
        assert!(!Block::Title.is_heading() && !Block::Paragraph.is_heading());
    }
}
