//! The report as one HTML file to be opened in a browser: nothing is loaded from anywhere.
//!
//! The overview and the largest sites are written as plain HTML, which reads without scripts too. All else is drawn by
//! `report.js` from the `data`, which only sorts, filters and shows. The texts of strangers come into the file in two
//! ways, each with its escape: `escaped` in HTML, `as_json` in the data; and both pass `harmless`. A content security
//! policy lets no script run but ours, and nothing be loaded.
//!
//! The same report gives the same bytes.

mod data;
mod diff;
mod overview;

use std::borrow::Cow;

use data::Data;

use crate::page::visible;
use crate::report::Report;
use crate::report::document::Site;

/// Bytes of a file: larger ones are a burden to browsers and to mail.
const LIMIT: usize = 1_990_000;
/// Bytes that are left for the overview, whose texts are cut so that it takes no more.
const OVERVIEW: usize = 170_000;

const STYLE: &str = include_str!("html/report.css");
const SCRIPT: &str = include_str!("html/report.js");
/// Chartist 1.5.0, see html/README.md.
const CHARTS: &str = include_str!("html/chartist.js");
const CHARTS_LICENSE: &str = include_str!("html/chartist.LICENSE");

/// The whole report, in less than 2 MB: if it does not fit, it tells of the lines of the larger sites only, and says so.
pub fn render(report: &Report) -> String {
    let fixed = STYLE.len() + SCRIPT.len() + CHARTS.len() + CHARTS_LICENSE.len() + OVERVIEW;
    let mut sites: Vec<&Site> = report.sites.iter().collect();
    sites.sort_by(|a, b| b.figures.pages.cmp(&a.figures.pages).then_with(|| a.name.cmp(&b.name)));
    let data = Data::of(report, &sites, LIMIT.saturating_sub(fixed));
    let overview = overview::draw(report, &sites, &data);
    // A nonce that no text in the report can hold, since it hangs on all of them.
    let nonce = blake3::hash([overview.as_bytes(), data.json.as_bytes()].concat().as_slice()).to_hex();
    let nonce = nonce.as_str();
    let policy = format!(
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-{nonce}'; img-src data:; base-uri 'none'; \
         form-action 'none'"
    );
    format!(
        "<!DOCTYPE html>
<html lang=\"en\">
<head>
<meta charset=\"utf-8\">
<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">
<meta name=\"color-scheme\" content=\"light dark\">
<meta name=\"referrer\" content=\"no-referrer\">
<meta name=\"generator\" content=\"dehusk {version}\">
<title>Crawl report</title>
<style>
{STYLE}</style>
</head>
<body>
{overview}
<script type=\"application/json\" id=\"data\">{json}</script>
<script nonce=\"{nonce}\">
/*! Chartist 1.5.0
{CHARTS_LICENSE}*/
{CHARTS}</script>
<script nonce=\"{nonce}\">
{SCRIPT}</script>
</body>
</html>
",
        version = escaped(&report.dehusk),
        json = data.json,
    )
}

/// A text of strangers, cut after so many characters: control characters and what turns the direction of the text
/// around it are shown as escapes. Marks that belong to the writing of a language stay, tabs are blanks, and line ends
/// are line ends.
fn harmless(text: &str, characters: usize) -> String {
    let is_plain = |c: char| matches!(c, '\n' | '\t' | '\u{200c}'..='\u{200f}');
    let mut out = String::with_capacity(text.len().min(characters));
    for (at, c) in text.chars().enumerate() {
        if at == characters {
            out.push('…');
            break;
        }
        match c {
            '\t' => out.push(' '),
            c if is_plain(c) => out.push(c),
            c => out.push_str(&visible(c.encode_utf8(&mut [0; 4]))),
        }
    }
    out
}

/// A text as HTML, in elements and in quoted attributes.
fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(['<', '>', '&', '"', '\'']) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// A text of strangers as HTML.
fn shown(text: &str, characters: usize) -> String {
    escaped(&harmless(text, characters)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chrome::Rule;
    use crate::report::document::{
        Cluster, Clusters, Compared, Details, ExampleLine, ExamplePage, Figures, Member, Recurring, Totals,
    };
    use crate::report::summary::Amount;

    /// What no page may be able to do.
    const HOSTILE: &str = "</script><script>alert(1)</script><!--</style>\0\u{1b}[31m\u{202e}&'\"\u{2028}";

    /// A site whose every text is `text`.
    fn site(name: String, pages: u64, text: &str) -> Site {
        let line = |keep| ExampleLine { text: text.to_owned(), keep, rule: Rule::Recurs, pages: 29, of: 40 };
        let page = ExamplePage { url: text.to_owned(), lines: vec![line(true), line(false)], more_lines: 0 };
        let member = Member { text: text.to_owned(), pages, ..Member::default() };
        let recurring = Recurring { lines: vec![member; 20], example: text.to_owned(), ..Recurring::default() };
        let details = Details { recurring: vec![recurring; 10], examples: vec![page; 3], ..Details::default() };
        let figures = Figures {
            pages,
            read: Amount { lines: 9 * pages, bytes: 900 * pages },
            kept: Amount { lines: 4 * pages, bytes: 500 * pages },
            ..Figures::default()
        };
        Site { name, figures, details: Some(details), emptied_pages: vec![text.to_owned()], ..Site::default() }
    }

    fn report(sites: Vec<Site>, text: &str) -> Report {
        let mut totals = Totals { sites: sites.len() as u64, detailed: sites.len() as u64, ..Totals::default() };
        sites.iter().for_each(|site| totals.figures.add(&site.figures));
        let compared = Compared { canonical: text.to_owned(), url: text.to_owned(), other: format!("{text} {text}") };
        let cluster = Cluster { canonical: text.to_owned(), compared: Some(compared), ..Cluster::default() };
        let clusters = Some(Clusters { clusters: 1, pages: 2, listed: vec![cluster] });
        Report { totals, sites, clusters, ..Report::default() }
    }

    #[test]
    fn no_text_of_a_page_becomes_markup() {
        let hostile = report(vec![site(HOSTILE.to_owned(), 3, HOSTILE)], HOSTILE);
        let plain = report(vec![site("a".to_owned(), 3, "b")], "b");
        let tags = |html: &str| html.matches("<script").count() + html.matches("</s").count();
        let (hostile, plain) = (render(&hostile), render(&plain));
        assert_eq!(tags(&hostile), tags(&plain));
        assert_eq!(hostile.matches("<!--").count(), plain.matches("<!--").count());
        assert!(!hostile.contains(['\0', '\u{1b}', '\u{202e}', '\u{2028}']));
    }

    #[test]
    fn what_harms_is_shown_and_what_belongs_to_a_script_stays() {
        assert_eq!(harmless("a\u{202e}b\0\tc\nd", 99), "a\\u{202e}b\\u{0} c\nd");
        assert_eq!(harmless("می\u{200c}خواهم", 99), "می\u{200c}خواهم");
        assert_eq!(harmless("abcdef", 3), "abc…");
    }

    #[test]
    fn the_data_are_json_that_a_parser_reads() {
        let html = render(&report(vec![site("a".to_owned(), 3, HOSTILE)], HOSTILE));
        let data = html.split_once("id=\"data\">").unwrap().1.split_once("</script>").unwrap().0;
        let data: serde_json::Value = serde_json::from_str(data).unwrap();
        assert_eq!(data["sites"][0][0], "a");
        assert_eq!(data["details"]["0"]["examples"][0]["lines"][1][1], 0);
        assert_eq!(data["clusters"][0]["compared"][1][0][1][0], data["clusters"][0]["compared"][1][0][0][0]);
    }

    #[test]
    fn ten_thousand_sites_take_less_than_two_megabytes_and_the_page_says_what_is_missing() {
        let name = |n: u64| format!("a-site-with-a-usual-name-{n:05}.example.org");
        let text = "A line of some length, as menus and footers have them <&>";
        let sites = (0..10_000).map(|n| site(name(n), 10_000 - n, text)).collect();
        let html = render(&report(sites, text));
        assert!(html.len() < 2_000_000, "{}", html.len());
        assert!(html.contains(&name(9_999)));
        assert!(html.contains("all are in the JSON report"));
    }

    #[test]
    fn the_limit_holds_for_long_names_too() {
        let sites = (0..3_000).map(|n| site(format!("{n:05}{}", "<".repeat(2_500)), 3, "b")).collect();
        let html = render(&report(sites, "b"));
        assert!(html.len() < 2_000_000, "{}", html.len());
        assert!(html.contains("all are in the JSON report"));
    }

    #[test]
    fn the_same_report_gives_the_same_bytes() {
        let report = report((0..50).map(|n| site(n.to_string(), n, HOSTILE)).collect(), HOSTILE);
        assert_eq!(render(&report), render(&report));
    }

    #[test]
    fn a_report_without_pages_can_be_drawn() {
        assert!(render(&Report::default()).contains("no text"));
    }
}
