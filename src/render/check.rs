//! What the forms of a check have in common: how a finding stands to the check, what tells it from others, and the path
//! that stands in the place of a file's.

use std::fmt::Write;

use super::shown::{shortened, site_of};
use crate::gate::Outcome;
use crate::report::{Finding, Level};

/// Characters of a message, and of the path of a page.
const MESSAGE: usize = 1000;
const PATH: usize = 1000;

/// How a finding stands to the check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    /// It fails the check.
    Fails,
    /// It would, but the check lets so many pass.
    Allowed,
    /// The baseline knows it.
    Known,
    /// It is worth knowing.
    Note,
}

impl Standing {
    /// What is said beside a finding that does not fail the check.
    pub fn describe(self) -> &'static str {
        match self {
            Standing::Fails => "fails the check",
            Standing::Allowed => "new, and no more than the check allows",
            Standing::Known => "known to the baseline",
            Standing::Note => "worth knowing",
        }
    }
}

/// All findings with their standing, those first that matter most; equals in their order.
pub(super) fn by_standing(outcome: &Outcome) -> Vec<(Standing, &Finding)> {
    let passes = outcome.passes();
    let standing = |finding: &Finding| match finding.level {
        Level::Error if !finding.is_new() => Standing::Known,
        Level::Error if passes => Standing::Allowed,
        Level::Error => Standing::Fails,
        Level::Note => Standing::Note,
    };
    let mut findings: Vec<_> = outcome.findings.iter().map(|finding| (standing(finding), finding)).collect();
    findings.sort_by_key(|(standing, _)| *standing);
    findings
}

/// What is to be said, in one line that can be shown, without the site's name.
pub(super) fn message(finding: &Finding) -> String {
    shortened(&finding.message, MESSAGE)
}

/// The name of the site of a finding, as it can be shown.
pub(super) fn site(finding: &Finding) -> String {
    shortened(site_of(finding.site.as_deref()), MESSAGE)
}

/// Tells a finding from all others, the same in every run: 32 hexadecimal digits.
pub(super) fn identity(finding: &Finding) -> String {
    let mut hash = blake3::Hasher::new();
    let site = finding.site.as_deref();
    for part in
        [finding.kind.name(), if site.is_some() { "site" } else { "all" }, site.unwrap_or(""), &finding.fingerprint]
    {
        hash.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
    }
    hash.finalize().to_hex().as_str().chars().take(32).collect()
}

/// The page of a finding, or its site, as a relative path: `example.org/a`. CI services take locations for files of the
/// repository; GitHub refuses all of a SARIF file in which one has the scheme `https`.
pub(super) fn path(finding: &Finding) -> String {
    let page = finding.page.as_deref().unwrap_or_default();
    let page = page.split_once("://").map_or(page, |(_, rest)| rest);
    let path = escaped_path(page);
    if !path.is_empty() {
        return path;
    }
    match finding.site.as_deref() {
        None => "crawl".to_owned(),
        Some("") => "pages-without-a-url".to_owned(),
        Some(name) => escaped_path(name),
    }
}

/// `text` as a path of RFC 3986 that is relative, has no scheme, and leads out of no folder.
fn escaped_path(text: &str) -> String {
    let mut out = String::new();
    for segment in text.split('/').filter(|segment| !segment.is_empty()) {
        if !out.is_empty() {
            out.push('/');
        }
        let is_dots = matches!(segment, "." | "..");
        for (at, byte) in segment.bytes().enumerate() {
            let is_escape = byte == b'%'
                && segment.as_bytes().get(at + 1..at + 3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit));
            let stays = byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=@".contains(&byte) || is_escape;
            if stays && !is_dots {
                out.push(char::from(byte));
            } else {
                // Writing to a string cannot fail.
                let _ = write!(out, "%{byte:02X}");
            }
            if out.len() >= PATH {
                return whole_escapes(out);
            }
        }
    }
    out
}

/// The path without an escape that was cut.
fn whole_escapes(mut path: String) -> String {
    let cut = path.len().saturating_sub(2);
    if let Some(at) = path.get(cut..).and_then(|end| end.find('%')) {
        path.truncate(cut + at);
    }
    path
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::gate::CheckedSite;
    use crate::report::Kind;

    /// Texts that try to be something else in one form or another.
    pub const HOSTILE: [&str; 16] = [
        "<script>alert(1)</script>",
        "]]>",
        "</style></testcase></testsuites>",
        "\u{1b}[31mred\u{1b}]0;title\u{7}",
        "::error::no",
        "##[error]no",
        "a\n::error::no",
        "%0A%0D%25",
        "=cmd|' /C calc'!A0",
        "\u{202e}gnp.exe",
        "a\0b\u{fffe}\u{ffff}\u{9b}31m",
        "a|b",
        "`code`",
        "../../etc/passwd",
        "https://user:pw@a.example:80/ä b?c#d",
        "",
    ];

    pub fn finding(kind: Kind, site: Option<&str>, known: u64) -> Finding {
        Finding {
            kind,
            level: Level::Error,
            site: site.map(str::to_owned),
            fingerprint: String::new(),
            count: 1,
            pages: 3,
            of: 4,
            message: "61.2 % of the text is chrome, 50 % are allowed".to_owned(),
            page: None,
            known,
        }
    }

    pub fn outcome(findings: Vec<Finding>) -> Outcome {
        let site = |name: &str| CheckedSite { name: name.to_owned(), pages: 4, ..CheckedSite::default() };
        let sites = vec![site("a.example"), site("b.example")];
        Outcome { sites, findings, pages: 8, chrome_share: 0.5, ..Outcome::default() }
    }

    /// A failure, a finding that the baseline knows, a note, and a failure of all sites.
    pub fn mixed() -> Outcome {
        let page = Some("https://a.example/x?y=1".to_owned());
        let fails = Finding { page, ..finding(Kind::ChromeShare, Some("a.example"), 0) };
        let note = Finding { level: Level::Note, ..finding(Kind::FewPages, Some("a.example"), 0) };
        let known = finding(Kind::CookieWall, Some("a.example"), 1);
        outcome(vec![finding(Kind::MissingPages, None, 0), note, fails, known])
    }

    /// Every text of the outcome is `text`.
    pub fn hostile(text: &str) -> Outcome {
        let own = |known| Finding {
            fingerprint: text.to_owned(),
            message: text.to_owned(),
            page: Some(text.to_owned()),
            ..finding(Kind::ErrorPage, Some(text), known)
        };
        let mut outcome = outcome(vec![own(0), Finding { kind: Kind::LoginWall, ..own(1) }]);
        outcome.sites.push(CheckedSite { name: text.to_owned(), ..CheckedSite::default() });
        outcome.stale.push(text.to_owned());
        outcome
    }

    #[test]
    fn what_fails_comes_first_unless_the_check_allows_it() {
        let mut outcome = mixed();
        let standings = |outcome: &Outcome| by_standing(outcome).iter().map(|found| found.0).collect::<Vec<_>>();
        assert_eq!(standings(&outcome), [Standing::Fails, Standing::Fails, Standing::Known, Standing::Note]);
        outcome.max_new = 2;
        assert_eq!(standings(&outcome), [Standing::Allowed, Standing::Allowed, Standing::Known, Standing::Note]);
    }

    #[test]
    fn findings_of_one_identity_are_of_one_kind_site_and_fingerprint() {
        let one = finding(Kind::ChromeShare, Some("a"), 0);
        let others = [
            Finding { kind: Kind::ChromeGained, ..one.clone() },
            Finding { site: None, ..one.clone() },
            Finding { site: Some(String::new()), ..one.clone() },
            Finding { fingerprint: "a".into(), site: Some(String::new()), ..one.clone() },
        ];
        let all: std::collections::BTreeSet<String> = others.iter().chain([&one]).map(identity).collect();
        assert_eq!(all.len(), 5);
        assert_eq!(identity(&one), identity(&Finding { known: 1, message: "x".into(), ..one.clone() }));
        assert!(identity(&one).len() == 32 && identity(&one).bytes().all(|byte| byte.is_ascii_hexdigit()));
    }

    #[test]
    fn a_page_is_a_relative_path_that_leads_out_of_no_folder() {
        let of = |page: &str| path(&Finding { page: Some(page.into()), ..finding(Kind::ErrorPage, Some("s"), 0) });
        assert_eq!(of("https://a.example/x/y?z=1"), "a.example/x/y%3Fz=1");
        assert_eq!(of("https://a.example:80/ä b%20c%zz"), "a.example%3A80/%C3%A4%20b%20c%25zz");
        assert_eq!(of("../../etc/./passwd"), "%2E%2E/%2E%2E/etc/%2E/passwd");
        assert_eq!(of("./x"), "%2E/x");
        assert_eq!(of("javascript:alert(1)"), "javascript%3Aalert(1)");
        assert_eq!([of("///"), of("")], ["s", "s"]);
        assert_eq!(path(&finding(Kind::ErrorPage, Some(""), 0)), "pages-without-a-url");
        assert_eq!(path(&finding(Kind::ErrorPage, None, 0)), "crawl");
    }

    #[test]
    fn a_long_path_is_cut_between_escapes() {
        for ahead in ["", "a", "ab"] {
            let page = Some(format!("{ahead}{}", "ä".repeat(10_000)));
            let path = path(&Finding { page, ..finding(Kind::ErrorPage, None, 0) });
            assert!(path.len() <= PATH + 2 && (path.len() - ahead.len()).is_multiple_of(3), "{}", path.len());
        }
    }
}
