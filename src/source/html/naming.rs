//! What the classes and the id of an element call it: a list of readers' comments, furniture of the page, or a sidebar.
//!
//! Such names are no standard, yet pages in all languages use the same few English words, and extractors have gone by them
//! since Readability (Arc90, 2009). They are evidence, not a verdict: themes name a page's state, a post's category or a
//! column by the same words, and a manual names its sections by what they are about.

use crate::line::mark::Regions;

use super::element::{key_of, with_letter};
use super::markup::is_space;

/// What names say of an element.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Naming {
    classes: Regions,
    id: Regions,
    /// A class says that it is a section of a text.
    is_section: bool,
}

impl Naming {
    /// Notes the value of `class`.
    pub(super) fn add_classes(&mut self, classes: &[u8]) {
        for class in classes.split(|byte| is_space(*byte)) {
            self.classes |= regions_of_name(class);
            self.is_section |= is_of_section(class);
        }
    }

    /// Notes the value of `id`.
    pub(super) fn add_id(&mut self, id: &[u8]) {
        self.id |= regions_of_name(id);
    }

    /// What the element holds: comments if a name calls it readers' comments, furniture if one calls it a menu, related
    /// articles, share buttons or their like, a sidebar if one says so. The id counts where `is_column`, for an element that
    /// pages are laid out with: those of sections and headings are made of their titles.
    pub(super) fn regions(self, is_column: bool) -> Regions {
        if is_column && !self.is_section { self.classes.with(self.id) } else { self.classes }
    }
}

/// What a class or an id says.
fn regions_of_name(name: &[u8]) -> Regions {
    let said = words(name).fold(Said::default(), |said, word| said.and(Meaning::of(key_of_any_case(word))));
    let mut regions = Regions::NONE;
    if said.comments() {
        regions |= Regions::COMMENTS;
    }
    if said.furniture && !said.aside {
        regions |= Regions::FURNITURE;
    }
    if said.sidebar && !said.aside {
        regions |= Regions::SIDEBAR;
    }
    regions
}

/// Whether a class is that of a section: `section`, `sect1`, `subsection`, `refsect2`.
fn is_of_section(class: &[u8]) -> bool {
    const BEGINNINGS: [&[u8]; 4] = [b"sect", b"subsect", b"subsubsect", b"refsect"];
    let begins =
        |word: &[u8], with: &[u8]| word.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
    words(class).any(|word| BEGINNINGS.iter().any(|beginning| begins(word, beginning)))
}

/// The words of a name, as in `site-footer`, `site_footer` and `siteFooter`.
fn words(name: &[u8]) -> impl Iterator<Item = &[u8]> {
    let parts = name.split(|byte| !byte.is_ascii_alphanumeric());
    parts.flat_map(|part| part.chunk_by(|before, byte| !(before.is_ascii_lowercase() && byte.is_ascii_uppercase())))
}

/// The key of a word in small letters, as elements have them.
fn key_of_any_case(word: &[u8]) -> u64 {
    word.iter().fold(0, |key, letter| with_letter(key, letter.to_ascii_lowercase()))
}

/// What a word of a name says.
enum Meaning {
    Nothing,
    /// There are many comments.
    Comments,
    Comment,
    List,
    Furniture,
    Sidebar,
    /// There is or is not such a thing, or where, or the page is filed under it.
    Aside,
    /// It leads to comments, or counts them.
    Link,
}

macro_rules! meanings {
    ($($meaning:ident => $($word:ident)+;)+) => {
        impl Meaning {
            /// What the word with this key says.
            #[allow(non_upper_case_globals, reason = "constants named as the words are")]
            const fn of(key: u64) -> Self {
                $($(const $word: u64 = key_of(stringify!($word).as_bytes());)+)+
                match key {
                    $($($word)|+ => Self::$meaning,)+
                    _ => Self::Nothing,
                }
            }
        }
    };
}

meanings! {
    Comments => comments commentlist disqus;
    Comment => comment;
    List => list thread section area wrapper container;
    Furniture => advert advertisement breadcrumb breadcrumbs consent cookie cookies copyright dropdown footer login
        masthead menu nav navbar navigation newsletter outbrain pager pagination popular promo recent recommended
        related relatedposts reply respond search share sharedaddy sharing signup social sponsor sponsored submenu
        subnav subscribe subscription taboola toolbar topbar trending;
    Sidebar => sidebar;
    Aside => category closed disabled enabled fixed has is no off on open tag under with without;
    Link => count link links;
}

/// What the words of a name say together.
#[derive(Clone, Copy, Default)]
struct Said {
    many: bool,
    comment: bool,
    list: bool,
    furniture: bool,
    sidebar: bool,
    aside: bool,
    link: bool,
}

impl Said {
    fn and(mut self, word: Meaning) -> Self {
        match word {
            Meaning::Nothing => {}
            Meaning::Comments => self.many = true,
            Meaning::Comment => self.comment = true,
            Meaning::List => self.list = true,
            Meaning::Furniture => self.furniture = true,
            Meaning::Sidebar => self.sidebar = true,
            Meaning::Aside => self.aside = true,
            Meaning::Link => self.link = true,
        }
        self
    }

    /// Whether they call it a list of readers' comments, as `comments-area` or `comment-list` do; but not that there are
    /// some, or where, as in `comments-open`. A single `comment` may be one on code, or all that a manual says of a class.
    fn comments(self) -> bool {
        (self.many || self.comment && self.list) && !self.aside && !self.link
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(classes: &str) -> Regions {
        let mut naming = Naming::default();
        naming.add_classes(classes.as_bytes());
        naming.regions(true)
    }

    #[test]
    fn lists_of_comments_are_told_from_a_comment() {
        for classes in ["comments", "wide comment-list", "wp_comments x", "COMMENTS", "commentlist", "disqus_thread"] {
            assert_eq!(of(classes), Regions::COMMENTS, "{classes}");
        }
        for classes in
            ["", "text", "comment", "commentary", "comments-open", "no-comments", "a has-comments", "comments_link"]
        {
            assert_eq!(of(classes), Regions::NONE, "{classes}");
        }
    }

    #[test]
    fn furniture_is_called_so_by_a_word_of_a_class() {
        for classes in ["related-posts", "site-footer", "siteFooter", "post nav-links", "SHARE_BUTTONS", "breadcrumbs"]
        {
            assert_eq!(of(classes), Regions::FURNITURE, "{classes}");
        }
        // A post may be filed under "social media", and a page may have a menu that is open.
        for classes in ["category-social-media", "tag-newsletter", "has-footer", "menu-open", "navigate", "searching"] {
            assert_eq!(of(classes), Regions::NONE, "{classes}");
        }
        assert_eq!(of("comments-area related"), Regions::COMMENTS.with(Regions::FURNITURE));
        assert_eq!(of(&"x".repeat(99)), Regions::NONE);
    }

    #[test]
    fn an_id_counts_where_it_names_no_section() {
        let of = |id: &str, classes: &str, is_column: bool| {
            let mut naming = Naming::default();
            naming.add_id(id.as_bytes());
            naming.add_classes(classes.as_bytes());
            naming.regions(is_column)
        };
        assert_eq!(of("footer", "wide", true), Regions::FURNITURE);
        assert_eq!(of("commentlist", "", true), Regions::COMMENTS);
        assert_eq!(of("footer", "", false), Regions::NONE);
        for section in ["section", "sect1", "subsection section-level-extent", "refsect2"] {
            assert_eq!(of("search", section, true), Regions::NONE, "{section}");
        }
        assert_eq!(of("main", "sidebar", false), Regions::SIDEBAR);
        assert_eq!(of("footer", "js-intersection insects", true), Regions::FURNITURE);
    }

    #[test]
    fn a_sidebar_is_no_layout_with_one() {
        for classes in ["sidebar", "left-sidebar", "sidebar-primary widget-area", "postSidebar"] {
            assert_eq!(of(classes), Regions::SIDEBAR, "{classes}");
        }
        for classes in ["no-sidebar", "layout-with-sidebar", "l-sidebar-fixed", "sidebars"] {
            assert_eq!(of(classes), Regions::NONE, "{classes}");
        }
    }
}
