//! A page, and the site it belongs to.

use std::borrow::Cow;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::line::mark::Mark;

/// One document of a crawl, borrowed from the batch it was read in.
#[derive(Clone, Copy, Debug, Default)]
pub struct Page<'a> {
    /// Where the page was fetched, or its path in a folder. May be empty, may be no valid URL.
    pub url: &'a str,
    /// The id its record has, where it has one.
    pub id: Option<&'a str>,
    /// The pages that share chrome with this one.
    pub site: &'a str,
    /// The text, lines ended by `\n`, `\r\n` or `\r`.
    pub text: &'a str,
    /// What HTML told of each line; empty for inputs that are text already.
    pub marks: &'a [Mark],
}

/// Which pages share chrome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Pages of one host (`www.` is ignored)
    #[default]
    Host,
    /// Pages of one registrable domain, by the public suffix list
    Domain,
    /// All pages of the input
    All,
}

/// The site of a URL: its host without `www.` and port, in lower case; its registrable domain; or one site for all.
///
/// A URL without a scheme is a path whose first part is the host, as `wget` mirrors lay pages out. What has no host
/// at all belongs to the site `""`.
pub fn site_of(url: &str, scope: Scope) -> Cow<'_, str> {
    match scope {
        Scope::All => Cow::Borrowed("*"),
        Scope::Host => host(url),
        Scope::Domain => match host(url) {
            Cow::Borrowed(host) => Cow::Borrowed(domain_of(host).unwrap_or(host)),
            Cow::Owned(host) => Cow::Owned(domain_of(&host).unwrap_or(&host).to_owned()),
        },
    }
}

/// The registrable domain of a host, by the public suffix list (<https://publicsuffix.org>), its private part included:
/// what one owner has. `None` for an address of the internet protocol, a public suffix and a name without a dot.
pub fn domain_of(host: &str) -> Option<&str> {
    if host.parse::<IpAddr>().is_ok() { None } else { psl::domain_str(host) }
}

/// The host of a URL, lower-cased, without user, port, trailing dot and leading `www.`.
fn host(url: &str) -> Cow<'_, str> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or("");
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = match host.strip_prefix('[').and_then(|v6| v6.split_once(']')) {
        Some((v6, _)) => v6,
        None => host.split_once(':').map_or(host, |(host, _)| host),
    };
    let host = host.trim().trim_end_matches('.');
    let host = match host.get(..4) {
        Some(www) if www.eq_ignore_ascii_case("www.") && host.len() > 4 => &host[4..],
        _ => host,
    };
    if host.chars().any(char::is_uppercase) { Cow::Owned(host.to_lowercase()) } else { Cow::Borrowed(host) }
}

/// Untrusted text as a terminal may show it: control characters, bidirectional overrides and other invisible
/// formatting as escapes, everything else as it is.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_hidden(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// Whether a character does something to the text around it instead of being seen.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// The first characters of a text, with an ellipsis where there are more.
pub fn head(text: &str, characters: usize) -> Cow<'_, str> {
    match text.char_indices().nth(characters) {
        None => Cow::Borrowed(text),
        Some((at, _)) => Cow::Owned(format!("{}…", text.get(..at).unwrap_or_default())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_site_is_the_host_without_www_port_and_user() {
        for (url, site) in [
            ("https://www.Example.org:8080/a?b#c", "example.org"),
            ("http://user:pw@sub.example.org", "sub.example.org"),
            ("http://[2001:db8::1]:80/x", "2001:db8::1"),
            ("example.org/a/b.html", "example.org"),
            ("//www.example.org./", "example.org"),
            ("https://www./", "www"),
            ("http:///nothing", ""),
            ("", ""),
        ] {
            assert_eq!(site_of(url, Scope::Host), site, "{url}");
        }
    }

    #[test]
    fn the_domain_follows_the_public_suffix_list_with_its_private_part() {
        assert_eq!(site_of("http://news.example.co.uk/a", Scope::Domain), "example.co.uk");
        assert_eq!(site_of("http://alice.github.io/a", Scope::Domain), "alice.github.io");
        assert_eq!(site_of("http://localhost/a", Scope::Domain), "localhost");
        // The last two numbers of an address are no domain.
        assert_eq!(site_of("http://192.0.2.7/a", Scope::Domain), "192.0.2.7");
        assert_eq!(
            ["example.co.uk", "co.uk", "a b", "", "2001:db8::1"].map(domain_of),
            [Some("example.co.uk"), None, None, None, None]
        );
    }

    #[test]
    fn control_and_bidi_characters_are_shown_as_escapes() {
        assert_eq!(visible("plain – ünïcode"), "plain – ünïcode");
        assert_eq!(visible("a\u{1b}]0;x\u{7}\u{202e}b\n"), "a\\u{1b}]0;x\\u{7}\\u{202e}b\\n");
    }

    #[test]
    fn the_head_of_a_text_is_counted_in_characters() {
        assert_eq!([head("naïve", 5), head("naïve", 3), head("", 0)], ["naïve", "naï…", ""]);
    }
}
