//! How well lines are told apart, measured on pages that people labelled.
//!
//! [`gold`] reads and checks labelled pages, [`score`] holds the measures, [`calibration`] asks whether scores mean what
//! they say. [`verdicts`] cleans each gold file as a crawl of its own, by the same pipeline as `clean`, and scores the
//! verdicts; [`cleaned`] scores what any other cleaner kept of the same pages. Both go through one measure,
//! [`embedding`], so their figures compare: the same text kept has the same score. [`train`](mod@train) makes models, and
//! [`held_out`] scores them on pages that they did not see.

pub mod calibration;
pub mod embedding;
pub mod gold;
pub mod held_out;
pub mod score;
pub mod train;

use std::collections::HashMap;

use serde::Serialize;

use crate::chrome::{Rule, Verdict};
use crate::config::{Empty, Results};
use crate::error::{ErrorKind, Result};
use crate::line::Line;
use crate::page::visible;
use crate::pipeline::{self, Context};
use crate::report::Summary;
use crate::report::summary::emptied;
use crate::source::Source;
use crate::source::paths::Sources;
use calibration::Calibration;
use gold::{Gold, GoldPage, Label, at, characters, lines_of};
use score::{Figures, PageScore, Shares, Tally};

/// Wrong lines that are shown of a page: so many that stayed and so many that went.
const WORST_LINES: usize = 3;

/// What an evaluation found. Serialised, it is the document that `dehusk eval --format json` writes.
#[derive(Clone, Debug, Serialize)]
pub struct Evaluation {
    /// The figures of each gold file, in the order given.
    pub files: Vec<FileFigures>,
    /// The figures of all files together; equal names of sites in two files are two sites.
    pub all: Figures,
    /// The same by the model as it was, where a model was adapted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Figures>,
    /// Each site, lowest F1 first.
    pub sites: Vec<SiteFigures>,
    /// Each rule of dehusk, most lines first; empty where another cleaner is scored.
    pub rules: Vec<RuleFigures>,
    /// Whether the scores of lines mean what they say; nothing where another cleaner is scored.
    pub calibration: Option<Calibration>,
    /// The pages of the lowest F1, lowest first.
    pub worst: Vec<WorstPage>,
    /// Pages of the gold that the cleaner's output lacks; they count as emptied.
    pub missing: u64,
}

/// The figures of a gold file.
#[derive(Clone, Debug, Serialize)]
pub struct FileFigures {
    /// The file as the user named it.
    pub file: String,
    /// Its figures.
    #[serde(flatten)]
    pub figures: Figures,
}

/// The figures of a site.
#[derive(Clone, Debug, Serialize)]
pub struct SiteFigures {
    /// The gold file.
    pub file: String,
    /// The site.
    pub site: String,
    /// Pages with judged lines.
    pub pages: u64,
    /// The means over its pages.
    #[serde(flatten)]
    pub shares: Shares,
    /// Share of the characters of chrome that went; nothing where there is no chrome.
    pub chrome: Option<f64>,
}

/// How often a rule was right, among lines that are judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct RuleFigures {
    /// The rule.
    pub rule: Rule,
    /// Whether its lines stayed; a rule that both keeps and drops stands here twice.
    pub keeps: bool,
    /// Lines.
    pub lines: u64,
    /// Lines on which the gold agrees.
    pub lines_right: u64,
    /// Characters of all of them.
    pub characters: u64,
    /// Characters of those on which the gold agrees.
    pub characters_right: u64,
}

/// A page on which much went wrong.
#[derive(Clone, Debug, Serialize)]
pub struct WorstPage {
    /// The gold file.
    pub file: String,
    /// The page's id.
    pub id: String,
    /// Its address.
    pub url: String,
    /// Its site.
    pub site: String,
    /// How well it was cleaned.
    #[serde(flatten)]
    pub shares: Shares,
    /// Lines that stayed though they are chrome and lines that went though they are content, longest first; at most
    /// three of each.
    pub lines: Vec<WorstLine>,
}

/// A line on which the gold does not agree.
#[derive(Clone, Debug, Serialize)]
pub struct WorstLine {
    /// Its number on the page, counted from 1.
    pub line: u64,
    /// Whether it stayed.
    pub kept: bool,
    /// Its length in characters.
    pub characters: u64,
    /// The rule, where dehusk decided.
    pub rule: Option<Rule>,
    /// The line as it stands on the page: escape it when shown.
    pub text: String,
}

/// What became of a line of the gold.
#[derive(Clone, Copy, Debug)]
struct Decided {
    keep: bool,
    /// By what rule, and with what score; nothing where another cleaner decided.
    by: Option<(Rule, f32)>,
}

/// Cleans each of `golds` as a crawl of its own, together with the pages of `with`, and scores the verdicts on the gold
/// pages; the `worst` pages come with their worst lines. The summaries are those of the crawls.
///
/// # Errors
/// When a gold file is wrong, see [`gold::read`]; as [`pipeline::judge`].
pub fn verdicts(
    context: &Context<'_>,
    golds: &Sources,
    with: &Sources,
    worst: usize,
) -> Result<(Evaluation, Vec<Summary>)> {
    let golds = gold::read_all(golds, &context.settings.results)?;
    let mut summaries = Vec::new();
    let mut scored = Vec::new();
    for (source, gold) in &golds {
        let (decided, summary) = decisions_on(context, source, gold, with)?;
        summaries.push(summary);
        scored.push(Scored::new(gold, &decided));
    }
    Ok((evaluation(scored, worst, 0), summaries))
}

/// Cleans a gold file as a crawl, together with the pages of `with`: what becomes of each line of its pages.
fn decisions_on(
    context: &Context<'_>,
    source: &Source,
    gold: &Gold,
    with: &Sources,
) -> Result<(Vec<Vec<Decided>>, Summary)> {
    let crawl = crawl_of(source, with);
    let mut decided = Vec::with_capacity(gold.pages.len());
    let summary = pipeline::judge(
        context,
        &crawl,
        // The gold is the first source.
        |source, page| {
            (source == 0).then(|| decisions(page.page.text, page.lines, page.verdicts, context.settings.results.empty))
        },
        |_, page| {
            decided.push(page);
            Ok(())
        },
    )?;
    check_all_were_read(source, gold, decided.len(), &summary)?;
    Ok((decided, summary))
}

/// A gold file as a crawl, together with the pages of `with`; the gold is its first source.
fn crawl_of(source: &Source, with: &Sources) -> Sources {
    Sources {
        found: std::iter::once(source).chain(&with.found).cloned().collect(),
        folders: with.folders.clone(),
        unreadable: with.unreadable.clone(),
    }
}

/// Scores the output of any cleaner against `golds`: rows of `cleaned` are found by their ids, and what their texts hold
/// of the gold's lines, in order, was kept. See [`embedding`].
///
/// # Errors
/// When a file is wrong, see [`gold::read`]; when ids do not match.
pub fn cleaned(golds: &Sources, cleaned: &Source, settings: &Results, worst: usize) -> Result<Evaluation> {
    let golds = gold::read_all(golds, settings)?;
    let mut places: HashMap<&str, &Gold> = HashMap::new();
    for gold in golds.iter().map(|(_, gold)| gold) {
        for page in &gold.pages {
            if let Some(other) = places.insert(&page.id, gold) {
                return Err(ErrorKind::Input(format!(
                    "{}: the id '{}' stands in {} too; score one gold file at a time",
                    at(&gold.name, page.record),
                    visible(&page.id),
                    visible(&other.name)
                ))
                .into());
            }
        }
    }
    let mut texts = gold::read_cleaned(cleaned, settings)?;
    let foreign = texts.values().filter(|row| !places.contains_key(&*row.id));
    if let Some(first) = foreign.clone().min_by_key(|row| row.record) {
        return Err(ErrorKind::Input(format!(
            "{}: {} of {} ids are not in the gold, '{}' is the first; give the output made of the gold's own pages",
            at(&cleaned.name, first.record),
            foreign.count(),
            texts.len(),
            visible(&first.id)
        ))
        .into());
    }
    drop(places);
    let mut missing = 0;
    let scored = golds
        .iter()
        .map(|(_, gold)| {
            let decided: Vec<Vec<Decided>> = gold
                .pages
                .iter()
                .map(|page| {
                    let row = texts.remove(&*page.id);
                    missing += u64::from(row.is_none());
                    let text = row.map(|row| row.text).unwrap_or_default();
                    let kept: Vec<&str> = text.split('\n').collect();
                    let mask = embedding::embedding(&page.lines(), &page.worth(), &kept);
                    mask.into_iter().map(|keep| Decided { keep, by: None }).collect()
                })
                .collect();
            Scored::new(gold, &decided)
        })
        .collect();
    Ok(evaluation(scored, worst, missing))
}

/// # Errors
/// When the run could not read every page that stands in the gold.
fn check_all_were_read(source: &Source, gold: &Gold, read: usize, summary: &Summary) -> Result<()> {
    if read == gold.pages.len() {
        return Ok(());
    }
    let problem = summary.sources.first().and_then(|tally| tally.problems.first());
    let reason = problem.map_or("it changed while it was read".to_owned(), |problem| {
        format!("{}: {}", crate::source::location(source, problem), problem.reason)
    });
    Err(ErrorKind::Input(format!(
        "{}: {} of {} gold pages could not be cleaned: {}",
        visible(&source.name),
        gold.pages.len().abs_diff(read),
        gold.pages.len(),
        visible(&reason)
    ))
    .into())
}

/// What verdicts make of each line of the gold. Gold ends lines at line feeds alone: a line with a carriage return in
/// it stays if all its parts do, and a last line that is empty is none to dehusk.
fn decisions(text: &str, lines: &[Line], verdicts: &[Verdict], empty: Empty) -> Vec<Decided> {
    let whole = empty == Empty::Whole && emptied(lines, verdicts);
    let mut judged = lines.iter().zip(verdicts).peekable();
    let mut end = 0;
    lines_of(text)
        .map(|line| {
            end += line.len() + 1;
            let mut decided: Option<Decided> = None;
            while let Some((_, verdict)) = judged.next_if(|(line, _)| line.start < end) {
                let keep = verdict.keep || whole;
                match &mut decided {
                    Some(decided) => decided.keep &= keep,
                    None => decided = Some(Decided { keep, by: Some((verdict.rule, verdict.score)) }),
                }
            }
            decided.unwrap_or(Decided { keep: false, by: None })
        })
        .collect()
}

/// A gold file with its scores.
struct Scored<'a> {
    gold: &'a Gold,
    pages: Vec<ScoredPage>,
}

/// A page with its score.
struct ScoredPage {
    score: PageScore,
    /// What each line counts as.
    kept: Vec<bool>,
    rules: Vec<Option<(Rule, bool)>>,
    /// Scores of judged lines, and whether they are content.
    odds: Vec<(f32, bool)>,
}

impl<'a> Scored<'a> {
    fn new(gold: &'a Gold, decided: &[Vec<Decided>]) -> Self {
        let recurrence = score::recurrence(&gold.pages);
        let pages = gold
            .pages
            .iter()
            .zip(decided)
            .zip(&recurrence)
            .map(|((page, decided), recurs)| ScoredPage::new(page, decided, recurs))
            .collect();
        Self { gold, pages }
    }
}

impl ScoredPage {
    fn new(page: &GoldPage, decided: &[Decided], recurs: &[bool]) -> Self {
        let lines = page.lines();
        let kept: Vec<&str> = lines.iter().zip(decided).filter(|(_, d)| d.keep).map(|(line, _)| *line).collect();
        let kept = embedding::embedding(&lines, &page.worth(), &kept);
        let judged = decided.iter().zip(&page.labels).filter(|(_, label)| **label != Label::Unjudged);
        let odds = judged
            .filter_map(|(d, label)| Some((d.by?, *label == Label::Content)))
            .filter(|((rule, _), _)| !matches!(rule, Rule::FewPages | Rule::Blank))
            .map(|((_, score), is_content)| (score, is_content));
        Self {
            score: PageScore::new(page, &kept, recurs),
            rules: decided.iter().map(|d| d.by.map(|(rule, _)| (rule, d.keep))).collect(),
            odds: odds.collect(),
            kept,
        }
    }
}

fn evaluation(scored: Vec<Scored<'_>>, worst: usize, missing: u64) -> Evaluation {
    let mut all = Tally::default();
    let mut files = Vec::new();
    let mut sites = Vec::new();
    let mut rules: HashMap<(Rule, bool), RuleFigures> = HashMap::new();
    let mut calibration = Calibration::default();
    for file in &scored {
        let name = || file.gold.name.to_string();
        let mut tally = Tally::default();
        for (page, scored) in file.gold.pages.iter().zip(&file.pages) {
            tally.add(&page.site, &scored.score);
            count_rules(page, scored, &mut rules);
            scored.odds.iter().for_each(|(score, is_content)| calibration.add(*score, *is_content));
        }
        sites.extend(tally.sites().map(|(site, of_site)| SiteFigures {
            file: name(),
            site: site.to_owned(),
            pages: of_site.pages(),
            shares: of_site.shares(),
            chrome: of_site.chrome(),
        }));
        files.push(FileFigures { file: name(), figures: tally.figures() });
        all.merge(tally);
    }
    sites.sort_by(|a, b| {
        let key = |site: &SiteFigures| (site.file.clone(), site.site.clone());
        a.shares.f1.total_cmp(&b.shares.f1).then_with(|| key(a).cmp(&key(b)))
    });
    let mut rules: Vec<RuleFigures> = rules.into_values().collect();
    rules.sort_by_key(|rule| (std::cmp::Reverse(rule.lines), rule.rule, rule.keeps));
    Evaluation {
        files,
        all: all.figures(),
        before: None,
        sites,
        rules,
        calibration: calibration.finish(),
        worst: worst_pages(&scored, worst),
        missing,
    }
}

fn count_rules(page: &GoldPage, scored: &ScoredPage, rules: &mut HashMap<(Rule, bool), RuleFigures>) {
    for ((line, label), decided) in page.lines().into_iter().zip(&page.labels).zip(&scored.rules) {
        let (Some((rule, keeps)), true) = (*decided, *label != Label::Unjudged) else { continue };
        let is_right = keeps == (*label == Label::Content);
        let size = characters(line);
        let none = RuleFigures { rule, keeps, lines: 0, lines_right: 0, characters: 0, characters_right: 0 };
        let figures = rules.entry((rule, keeps)).or_insert(none);
        figures.lines += 1;
        figures.lines_right += u64::from(is_right);
        figures.characters += size;
        figures.characters_right += if is_right { size } else { 0 };
    }
}

/// The pages of the lowest F1; of equal ones, those on which most characters are wrong.
fn worst_pages(scored: &[Scored], worst: usize) -> Vec<WorstPage> {
    let mut pages: Vec<(&Gold, &GoldPage, &ScoredPage)> = scored
        .iter()
        .flat_map(|file| file.gold.pages.iter().zip(&file.pages).map(|(page, scored)| (file.gold, page, scored)))
        .filter(|(.., scored)| scored.score.is_judged() && scored.score.shares().f1 < 1.0)
        .collect();
    pages.sort_by(|(_, _, a), (_, _, b)| {
        let wrong = |page: &ScoredPage| page.score.wrong();
        a.score.shares().f1.total_cmp(&b.score.shares().f1).then_with(|| wrong(b).cmp(&wrong(a)))
    });
    let shown = pages.into_iter().take(worst).map(|(gold, page, scored)| WorstPage {
        file: gold.name.to_string(),
        id: page.id.to_string(),
        url: page.url.to_string(),
        site: page.site.to_string(),
        shares: scored.score.shares(),
        lines: worst_lines(page, scored),
    });
    shown.collect()
}

fn worst_lines(page: &GoldPage, scored: &ScoredPage) -> Vec<WorstLine> {
    let lines = page.lines();
    let mut wrong: Vec<WorstLine> = lines
        .iter()
        .zip(&page.labels)
        .zip(&scored.kept)
        .zip(&scored.rules)
        .zip(1..)
        .filter(|((((_, label), kept), _), _)| match label {
            Label::Content => !**kept,
            Label::Chrome => **kept,
            Label::Unjudged => false,
        })
        .map(|((((line, _), kept), decided), number)| WorstLine {
            line: number,
            kept: *kept,
            characters: characters(line),
            rule: decided.map(|(rule, _)| rule),
            text: (*line).to_owned(),
        })
        .collect();
    wrong.sort_by_key(|line| (std::cmp::Reverse(line.characters), line.line));
    let (went, stayed): (Vec<_>, Vec<_>) = wrong.into_iter().partition(|line| !line.kept);
    let mut shown: Vec<WorstLine> =
        went.into_iter().take(WORST_LINES).chain(stayed.into_iter().take(WORST_LINES)).collect();
    shown.sort_by_key(|line| (std::cmp::Reverse(line.characters), line.line));
    shown
}
