//! Why a line stays or goes: the verdicts on one page, or what is known of one line on its site.
//!
//! Both judge the whole crawl as `clean` does, since a page alone shows nothing that repeats, and pick out what was
//! asked for. Example pages of a line that recurs are found in one more reading, which is made only when they are wanted.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Serialize;

use crate::chrome::{Rule, Verdict};
use crate::error::{Error, ErrorKind, Result};
use crate::line::mark::Mark;
use crate::line::{Fingerprint, Key, Line, Normaliser};
use crate::nearest::Nearest;
use crate::page::visible;
use crate::pipeline::{self, Context};
use crate::report::Summary;
use crate::sink::render::Judged;
use crate::source::paths::Sources;

/// Example pages of a line, at most.
const EXAMPLES: usize = 3;

/// The verdicts on a page. Serialised, the document that `dehusk explain --page … --format json` writes.
#[derive(Clone, Debug, Serialize)]
pub struct ExplainedPage {
    /// Its address.
    pub url: String,
    /// Its id, where it has one.
    pub id: Option<String>,
    /// Its site.
    pub site: String,
    /// Pages of the crawl with this address or id; the first is explained.
    pub pages: u64,
    /// Its lines, in order.
    pub lines: Vec<ExplainedLine>,
}

/// The verdict on a line.
#[derive(Clone, Debug, Serialize)]
pub struct ExplainedLine {
    /// Its number on the page, counted from 1.
    pub line: u64,
    /// First byte of the line in the page's text.
    pub start: u64,
    /// First byte behind it.
    pub end: u64,
    /// `keep` or `drop`.
    pub verdict: &'static str,
    /// Why.
    pub rule: Rule,
    /// On how many pages it or its template stands.
    pub evidence: Evidence,
    /// Log-odds that it is content, in nats, before its page is divided into runs.
    pub score: f32,
    /// The line as it stands on the page: escape it when shown.
    pub text: String,
    /// Other pages of the site that have the line or its template, up to three, where they were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<String>,
    #[serde(skip)]
    template: Fingerprint,
}

impl ExplainedLine {
    /// Whether the line stays.
    pub fn keep(&self) -> bool {
        self.verdict == "keep"
    }
}

/// On how many pages of the site something stands, and what HTML says of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// Pages that have it.
    pub pages: u32,
    /// Pages of the site that differ from each other.
    pub of: u64,
    /// Its element, the landmarks round it and the share of it that is text of links, as [`Mark`] writes them; nothing
    /// where the page was text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
}

/// What is known of a line on a site. Serialised, the document that `dehusk explain --line … --format json` writes.
#[derive(Clone, Debug, Default, Serialize)]
pub struct KnownLine {
    /// The line.
    pub text: String,
    /// The site.
    pub site: String,
    /// Pages of the site.
    pub pages: u64,
    /// Pages that have the very line, case and white space aside.
    pub exact: u64,
    /// Pages that have it or a line of the same template: the same but for numbers and dates.
    pub template: u64,
    /// What was decided on these lines, most frequent first.
    pub decided: Vec<DecidedLines>,
    /// Up to three pages that have the line; pages with the very line first.
    pub examples: Vec<String>,
}

/// Lines on which the same was decided for the same reason.
#[derive(Clone, Debug, Serialize)]
pub struct DecidedLines {
    /// `keep` or `drop`.
    pub verdict: &'static str,
    /// Why.
    pub rule: Rule,
    /// Such lines.
    pub lines: u64,
}

/// For which lines of a page examples are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
pub enum Examples {
    /// For no line
    #[default]
    None,
    /// For lines that go
    Dropped,
    /// For all lines that stand on other pages
    All,
}

fn word(keep: bool) -> &'static str {
    if keep { "keep" } else { "drop" }
}

/// Explains the page with address or id `name`.
///
/// # Errors
/// When no page has that name: the nearest known ones are told; as [`pipeline::judge`].
pub fn page(
    context: &Context<'_>,
    sources: &Sources,
    name: &str,
    examples: Examples,
) -> Result<(ExplainedPage, Summary)> {
    let nearest = Nearest::new(name);
    let mut found: Option<ExplainedPage> = None;
    let summary = pipeline::judge(
        context,
        sources,
        |_, judged| {
            let page = &judged.page;
            let is_asked_for = page.url == name || page.id == Some(name);
            if !is_asked_for {
                nearest.offer(if page.url.is_empty() { page.id.unwrap_or_default() } else { page.url });
            }
            is_asked_for.then(|| explained(judged))
        },
        |_, page| {
            match &mut found {
                Some(first) => first.pages += 1,
                None => found = Some(page),
            }
            Ok(())
        },
    )?;
    let Some(mut page) = found else {
        return Err(unknown("page", name, &nearest.names(), summary.tally.pages, "pages"));
    };
    if examples != Examples::None {
        add_examples(context, sources, &mut page, examples)?;
    }
    Ok((page, summary))
}

fn explained(judged: &Judged<'_>) -> ExplainedPage {
    let page = &judged.page;
    let marks = page.marks.iter().map(Some).chain(std::iter::repeat(None));
    let line = |(((line, verdict), mark), number): (((&Line, &Verdict), Option<&Mark>), u64)| ExplainedLine {
        line: number,
        start: line.start as u64,
        end: line.end as u64,
        verdict: word(verdict.keep),
        rule: verdict.rule,
        evidence: Evidence { pages: verdict.on, of: verdict.of, html: mark.map(Mark::to_string) },
        score: verdict.score,
        text: page.text.get(line.start..line.end).unwrap_or_default().to_owned(),
        examples: Vec::new(),
        template: line.template,
    };
    ExplainedPage {
        url: page.url.to_owned(),
        id: page.id.map(str::to_owned),
        site: page.site.to_owned(),
        pages: 1,
        lines: judged.lines.iter().zip(judged.verdicts).zip(marks).zip(1..).map(line).collect(),
    }
}

/// Reads the crawl once more and names other pages for the lines of `page`.
fn add_examples(context: &Context<'_>, sources: &Sources, page: &mut ExplainedPage, which: Examples) -> Result<()> {
    let wanted = |line: &&mut ExplainedLine| {
        line.template != 0 && line.evidence.pages > 1 && (which == Examples::All || !line.keep())
    };
    let mut of_line: HashMap<Fingerprint, Vec<String>> =
        page.lines.iter_mut().filter(wanted).map(|line| (line.template, Vec::new())).collect();
    if of_line.is_empty() {
        return Ok(());
    }
    let templates: HashSet<Fingerprint> = of_line.keys().copied().collect();
    let (site, url) = (page.site.clone(), page.url.clone());
    pipeline::read(
        context,
        sources,
        |page, normaliser, lines| {
            if page.site != site || page.url == url {
                return None;
            }
            normaliser.page(page.text, lines);
            let has = lines.iter().map(|line| line.template).filter(|template| templates.contains(template));
            let has: HashSet<Fingerprint> = has.collect();
            (!has.is_empty()).then(|| (page.url.to_owned(), has))
        },
        |(url, has)| {
            for template in has {
                let of_line = of_line.entry(template).or_default();
                if of_line.len() < EXAMPLES && !of_line.contains(&url) {
                    of_line.push(url.clone());
                }
            }
        },
    )?;
    for line in page.lines.iter_mut().filter(wanted) {
        line.examples = of_line.get(&line.template).cloned().unwrap_or_default();
    }
    Ok(())
}

/// What a page says of a line.
struct Seen {
    url: String,
    is_exact: bool,
    decided: Vec<(Rule, bool)>,
}

/// Tells what is known of the line `text` on `site`.
///
/// # Errors
/// When no page is of that site, or none has the line; as [`pipeline::judge`].
pub fn line(context: &Context<'_>, sources: &Sources, text: &str, site: &str) -> Result<(KnownLine, Summary)> {
    let mut lines = Vec::new();
    Normaliser::new(Key::new(context.settings.results.fingerprint_key)).page(text, &mut lines);
    let [asked] = lines[..] else {
        return Err(Error::settings("--line is to be one line of text"));
    };
    if asked.is_blank() {
        return Err(Error::settings("--line is blank: a blank line goes where the line before it goes"));
    }
    let mut known = KnownLine { text: text.to_owned(), site: site.to_owned(), ..KnownLine::default() };
    let mut decided: BTreeMap<(Rule, bool), u64> = BTreeMap::new();
    let mut others = Vec::new();
    let summary = pipeline::judge(
        context,
        sources,
        |_, judged| (judged.page.site == site).then(|| seen(judged, &asked)).flatten(),
        |_, seen| {
            known.template += 1;
            known.exact += u64::from(seen.is_exact);
            seen.decided.into_iter().for_each(|of| *decided.entry(of).or_default() += 1);
            let examples = if seen.is_exact { &mut known.examples } else { &mut others };
            if examples.len() < EXAMPLES {
                examples.push(seen.url);
            }
            Ok(())
        },
    )?;
    let Some(of_site) = summary.tally.sites.get(site) else {
        let nearest = Nearest::new(site);
        summary.tally.sites.keys().for_each(|name| nearest.offer(name));
        return Err(unknown("site", site, &nearest.names(), summary.tally.sites.len() as u64, "sites"));
    };
    known.pages = of_site.pages;
    if known.template == 0 {
        return Err(ErrorKind::Input(format!(
            "none of the {} pages of {} has the line '{}'; lines are compared whole, case and white space aside",
            known.pages,
            visible(site),
            visible(text)
        ))
        .into());
    }
    known.examples.extend(others);
    known.examples.truncate(EXAMPLES);
    known.decided =
        decided.into_iter().map(|((rule, keep), lines)| DecidedLines { verdict: word(keep), rule, lines }).collect();
    known.decided.sort_by_key(|decided| std::cmp::Reverse(decided.lines));
    Ok((known, summary))
}

fn seen(judged: &Judged<'_>, asked: &Line) -> Option<Seen> {
    let mut is_exact = false;
    let mut decided = Vec::new();
    for (line, verdict) in judged.lines.iter().zip(judged.verdicts) {
        if line.template == asked.template {
            is_exact |= line.exact == asked.exact;
            decided.push((verdict.rule, verdict.keep));
        }
    }
    (!decided.is_empty()).then(|| Seen { url: judged.page.url.to_owned(), is_exact, decided })
}

fn unknown(what: &str, name: &str, nearest: &[String], known: u64, things: &str) -> Error {
    let mut message = format!("no {what} '{}' among {known} {things}", visible(name));
    if !nearest.is_empty() {
        message.push_str("; the nearest are");
        for name in nearest {
            message.push_str("\n  ");
            message.push_str(&visible(name));
        }
    }
    ErrorKind::Input(message).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_name_is_escaped() {
        let error = unknown("site", "a\u{1b}", &["b\u{7}".to_owned()], 3, "sites").to_string();
        assert_eq!(error, "no site 'a\\u{1b}' among 3 sites; the nearest are\n  b\\u{7}");
    }
}
