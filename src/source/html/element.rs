//! What the extractor has to know about an element: one kind a name.
//!
//! Names are compared as 64-bit keys (their first eight letters, the rest folded in), so that
//! looking one up is a few comparisons of integers. Kinds follow the rendering section of the
//! WHATWG standard (HTML, 15.3) and its lists of special and scoping elements (13.2.4).

use crate::line::mark::{Block, Regions};

use super::markup::RawText;

/// What an element does to lines and to the elements round it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text runs on through it; also every element nobody knows.
    Inline,
    /// `<a>`
    Link,
    /// No content and no trace in the text.
    Void,
    /// No content, but something is shown there: an image, a field.
    Picture,
    /// `<br>`
    Break,
    /// `<hr>`
    Rule,
    /// `<html>`, `<body>`: never hidden, whatever a page says to spare its readers a flicker.
    Document,
    /// `<head>`
    Head,
    /// A line of its own, and nothing said about it.
    Neutral,
    /// A landmark.
    Landmark(Regions),
    Paragraph,
    Heading(Block),
    List,
    Item,
    Quote,
    /// `<figcaption>`, `<legend>`
    Caption,
    Preformatted,
    Plaintext,
    Table,
    TableCaption,
    /// `<thead>`, `<tbody>`, `<tfoot>`
    TableSection,
    Row,
    Cell,
    /// `<select>`, `<optgroup>`
    Select,
    Option,
    Button,
    /// Its content is for browsers that cannot show the thing itself.
    Fallback,
    /// Never shown: `<noscript>`, `<template>`, `<datalist>`.
    Unseen,
    /// `<svg>`, `<math>`
    Foreign,
    /// HTML within SVG and `MathML`.
    Integration,
    Raw(RawText),
}

macro_rules! kinds {
    ($($kind:expr => $($name:ident)+;)+) => {
        impl Kind {
            /// The kind of the element whose name has this key.
            #[allow(non_upper_case_globals, reason = "constants named as the elements are")]
            pub(super) const fn of(key: u64) -> Self {
                $($(const $name: u64 = key_of(stringify!($name).as_bytes());)+)+
                match key {
                    $($($name)|+ => $kind,)+
                    _ => Self::Inline,
                }
            }
        }
    };
}

kinds! {
    Self::Link => a;
    Self::Void => area base basefont bgsound col colgroup frame link meta param source track wbr;
    Self::Picture => embed image img input keygen;
    Self::Break => br;
    Self::Rule => hr;
    Self::Document => html body;
    Self::Head => head;
    Self::Neutral => address center details dialog div fieldset figure form frameset hgroup
        marquee noframes search section summary;
    Self::Landmark(Regions::NAV) => nav;
    Self::Landmark(Regions::HEADER) => header;
    Self::Landmark(Regions::FOOTER) => footer;
    Self::Landmark(Regions::ASIDE) => aside;
    Self::Landmark(Regions::MAIN) => main;
    Self::Landmark(Regions::ARTICLE) => article;
    Self::Paragraph => p;
    Self::Heading(Block::H1) => h1;
    Self::Heading(Block::H2) => h2;
    Self::Heading(Block::H3) => h3;
    Self::Heading(Block::H4) => h4;
    Self::Heading(Block::H5) => h5;
    Self::Heading(Block::H6) => h6;
    Self::List => ul ol menu dir dl;
    Self::Item => li dt dd;
    Self::Quote => blockquote;
    Self::Caption => figcaption legend;
    Self::Preformatted => pre listing;
    Self::Plaintext => plaintext;
    Self::Table => table;
    Self::TableCaption => caption;
    Self::TableSection => thead tbody tfoot;
    Self::Row => tr;
    Self::Cell => td th;
    Self::Select => select optgroup;
    Self::Option => option;
    Self::Button => button;
    Self::Fallback => object canvas audio video applet;
    Self::Unseen => noscript template datalist;
    Self::Foreign => svg math;
    Self::Integration => foreignobject desc mi mo mn ms mtext;
    Self::Raw(RawText::Script) => script;
    Self::Raw(RawText::Style) => style;
    Self::Raw(RawText::Title) => title;
    Self::Raw(RawText::Textarea) => textarea;
    Self::Raw(RawText::Xmp) => xmp;
    Self::Raw(RawText::Iframe) => iframe;
    Self::Raw(RawText::Noembed) => noembed;
}

/// The key of a name in lower case. Different names of more than eight letters can share one, which
/// only misreads an element that is nobody's.
pub(super) const fn key_of(name: &[u8]) -> u64 {
    let mut key = 0_u64;
    let mut rest = name;
    while let [letter, others @ ..] = rest {
        key = with_letter(key, *letter);
        rest = others;
    }
    key
}

/// The key of a name that goes on with a letter.
pub(super) const fn with_letter(key: u64, letter: u8) -> u64 {
    key.rotate_left(8) ^ letter as u64
}

impl Kind {
    /// Whether a line ends where the element starts and where it ends.
    pub(super) const fn breaks_line(self) -> bool {
        match self {
            Self::Inline
            | Self::Link
            | Self::Void
            | Self::Picture
            | Self::Document
            | Self::Head
            | Self::Cell
            | Self::Unseen
            | Self::Foreign
            | Self::Integration => false,
            Self::Raw(raw) => matches!(raw, RawText::Textarea | RawText::Xmp | RawText::Iframe),
            _ => true,
        }
    }

    /// Whether the element has no end tag.
    pub(super) const fn is_void(self) -> bool {
        matches!(self, Self::Void | Self::Picture | Self::Break | Self::Rule)
    }

    /// Whether its start ends an open paragraph.
    pub(super) const fn closes_paragraph(self) -> bool {
        matches!(
            self,
            Self::Neutral
                | Self::Landmark(_)
                | Self::Paragraph
                | Self::Heading(_)
                | Self::List
                | Self::Item
                | Self::Quote
                | Self::Caption
                | Self::Preformatted
                | Self::Plaintext
                | Self::Table
                | Self::Rule
        )
    }

    /// The walls that an open element of this kind puts up.
    pub(super) const fn walls(self) -> Walls {
        match self {
            Self::Inline | Self::Link => 0,
            Self::Neutral | Self::Paragraph | Self::Item => wall::BLOCK,
            Self::List => wall::BLOCK | wall::ITEMS | wall::LIST,
            Self::Button => wall::BLOCK | wall::ITEMS | wall::BUTTON,
            Self::Row => wall::BLOCK | wall::ITEMS | wall::ROW,
            Self::Table => wall::BLOCK | wall::ITEMS | wall::SCOPE | wall::TABLE,
            Self::Cell | Self::TableCaption | Self::Fallback | Self::Unseen => wall::BLOCK | wall::ITEMS | wall::SCOPE,
            _ => wall::BLOCK | wall::ITEMS,
        }
    }

    /// The walls that the end tag of an element of this kind does not pass on its way to it.
    pub(super) const fn end_stops_at(self) -> Walls {
        match self {
            Self::Table | Self::TableCaption | Self::TableSection | Self::Row | Self::Cell => wall::TABLE,
            Self::Inline => wall::BLOCK,
            Self::Item => wall::SCOPE | wall::LIST,
            Self::Paragraph => wall::SCOPE | wall::BUTTON,
            _ => wall::SCOPE,
        }
    }
}

/// A set of [`wall`]s. As bits, so that looking through a deep stack stays cheap.
pub(super) type Walls = u8;

/// Open elements that tags inside cannot close elements beyond.
pub(super) mod wall {
    use super::Walls;

    /// What bounds most end tags: tables and their cells, and what is shown instead of its content.
    pub(in super::super) const SCOPE: Walls = 1;
    pub(in super::super) const TABLE: Walls = 1 << 1;
    pub(in super::super) const ROW: Walls = 1 << 2;
    pub(in super::super) const LIST: Walls = 1 << 3;
    pub(in super::super) const BUTTON: Walls = 1 << 4;
    /// Anything that is not inline.
    pub(in super::super) const BLOCK: Walls = 1 << 5;
    /// What keeps a new list item from ending the one round it.
    pub(in super::super) const ITEMS: Walls = 1 << 6;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_their_kind() {
        assert_eq!(Kind::of(key_of(b"blockquote")), Kind::Quote);
        assert_eq!(Kind::of(key_of(b"h4")), Kind::Heading(Block::H4));
        assert_eq!(Kind::of(key_of(b"foreignobject")), Kind::Integration);
    }

    #[test]
    fn names_nobody_knows_are_inline() {
        for name in ["", "x-app", "h7", "divv", "blockquot", "blockquotes", "annotation-xml"] {
            assert_eq!(Kind::of(key_of(name.as_bytes())), Kind::Inline, "{name}");
        }
    }

    #[test]
    fn void_elements_are_those_of_the_standard() {
        let void = "area base br col embed hr img input link meta source track wbr";
        assert!(void.split(' ').all(|name| Kind::of(key_of(name.as_bytes())).is_void()));
    }
}
