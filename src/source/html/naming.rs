//! What the classes and the id of an element call it: a list of readers' comments, furniture of the page, or a sidebar.
//!
//! Such names are no standard, yet pages in all languages use the same few English words, and extractors have gone by them
//! since Readability (Arc90, 2009). They are evidence, not a verdict: themes name a page's state, a post's category or a
//! column by the same words, and a manual names its sections by what they are about.

use crate::line::mark::Regions;

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
    let said = words(name).fold(Said::default(), |said, word| said.and(&Word::of(word)));
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

/// Whether a class is that of a section: `section`, `sect1`, `refsect2`.
fn is_of_section(class: &[u8]) -> bool {
    class.windows(4).any(|part| part.eq_ignore_ascii_case(b"sect"))
}

/// The words of a name, as in `site-footer`, `site_footer` and `siteFooter`.
fn words(name: &[u8]) -> impl Iterator<Item = &[u8]> {
    let parts = name.split(|byte| !byte.is_ascii_alphanumeric());
    parts.flat_map(|part| part.chunk_by(|before, byte| !(before.is_ascii_lowercase() && byte.is_ascii_uppercase())))
}

/// A word in small letters, as far as it is no longer than any that is known.
struct Word {
    bytes: [u8; Self::MOST],
    len: usize,
}

impl Word {
    const MOST: usize = 16;

    fn of(word: &[u8]) -> Self {
        let mut bytes = [0; Self::MOST];
        bytes.iter_mut().zip(word).for_each(|(to, from)| *to = from.to_ascii_lowercase());
        // What does not fit is no known word.
        let len = if word.len() > Self::MOST { 0 } else { word.len() };
        Self { bytes, len }
    }

    fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// What the words of a name say.
#[derive(Clone, Copy, Default)]
struct Said {
    /// That there are many comments; a comment; a list.
    many: bool,
    comment: bool,
    list: bool,
    furniture: bool,
    sidebar: bool,
    /// That there is or is not such a thing, or where, or that the page is filed under it.
    aside: bool,
    /// That it leads to comments, or counts them.
    link: bool,
}

impl Said {
    fn and(mut self, word: &Word) -> Self {
        match word.bytes() {
            b"comments" | b"commentlist" | b"disqus" => self.many = true,
            b"comment" => self.comment = true,
            b"list" | b"thread" | b"section" | b"area" | b"wrapper" | b"container" => self.list = true,
            b"advert" | b"advertisement" | b"breadcrumb" | b"breadcrumbs" | b"consent" | b"cookie" | b"cookies"
            | b"copyright" | b"dropdown" | b"footer" | b"login" | b"masthead" | b"menu" | b"nav" | b"navbar"
            | b"navigation" | b"newsletter" | b"outbrain" | b"pager" | b"pagination" | b"popular" | b"promo"
            | b"recent" | b"recommended" | b"related" | b"relatedposts" | b"reply" | b"respond" | b"search"
            | b"share" | b"sharedaddy" | b"sharing" | b"signup" | b"social" | b"sponsor" | b"sponsored"
            | b"submenu" | b"subnav" | b"subscribe" | b"subscription" | b"taboola" | b"toolbar" | b"topbar"
            | b"trending" => self.furniture = true,
            b"sidebar" => self.sidebar = true,
            b"category" | b"closed" | b"disabled" | b"enabled" | b"fixed" | b"has" | b"is" | b"no" | b"off" | b"on"
            | b"open" | b"tag" | b"under" | b"with" | b"without" => self.aside = true,
            b"count" | b"link" | b"links" => self.link = true,
            _ => {}
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
