//! Texts of strangers as reports show them, before each form escapes them for itself.

use crate::page::visible;

/// The name of a site.
pub fn site(name: &str) -> &str {
    if name.is_empty() { "(pages without a URL)" } else { name }
}

/// The name of the site of a finding; `None` stands for all of them.
pub fn site_of(name: Option<&str>) -> &str {
    name.map_or("(all sites)", site)
}

/// Text on one line, without what cannot be seen, cut with an ellipsis to at most `most` characters.
pub fn shortened(text: &str, most: usize) -> String {
    let head: String = text.chars().take(most + 1).collect();
    let shown = visible(&head);
    if shown.chars().nth(most).is_none() {
        return shown.into_owned();
    }
    shown.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_by_what_is_seen_of_it() {
        assert_eq!([shortened("abcdef", 6), shortened("abcdef", 5)], ["abcdef", "abcd…"]);
        assert_eq!(shortened("a\n\u{202e}b", 40), "a\\n\\u{202e}b");
        assert_eq!(shortened("\u{202e}\u{202e}", 9), "\\u{202e}…");
        assert_eq!(shortened(&"x".repeat(1 << 20), 3), "xx…");
    }

    #[test]
    fn a_site_without_a_name_has_one() {
        assert_eq!([site(""), site("a"), site_of(None)], ["(pages without a URL)", "a", "(all sites)"]);
    }
}
