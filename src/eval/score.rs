//! The measures: how much of the content stayed, and how much of the chrome went.
//!
//! A line weighs as much as it has characters, so that a lost paragraph costs more than a lost date. Precision, recall
//! and F1 are taken page by page and averaged, so that pages weigh the same; the site F1 averages the sites' means, so
//! that a site of a thousand pages counts as much as one of ten. Lines without a label count for nothing.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use icu_properties::CodePointMapData;
use icu_properties::props::GeneralCategory;
use serde::Serialize;

use super::gold::{GoldPage, Label, characters};

/// Words of a short line, at most.
const SHORT: usize = 3;

/// The figures of some pages.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figures {
    /// Pages with judged lines.
    pub pages: u64,
    /// Their sites.
    pub sites: u64,
    /// The means over the pages.
    #[serde(flatten)]
    pub shares: Shares,
    /// The mean over the sites of their pages' mean F1.
    pub site_f1: f64,
    /// Share of the characters of chrome that went; nothing where there is no chrome.
    pub chrome: Option<f64>,
    /// The same of chrome that stands on two or more gold pages of its site, case, digits and white space aside.
    pub recurring: Option<f64>,
    /// Share of content lines of up to three words that stayed, by count.
    pub short_kept: Option<f64>,
    /// Share of content lines that stayed though they stand on another gold page of the site too, by count.
    pub titles: Option<f64>,
}

/// What stayed against what should have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Shares {
    /// Share of the characters kept that are content; 1 where nothing was kept and nothing should have been, else 0
    /// where nothing was kept.
    pub precision: f64,
    /// Share of the characters of content that was kept; 1 where there is no content.
    pub recall: f64,
    /// The harmonic mean of both.
    pub f1: f64,
}

/// A part of a whole: characters, or lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Part {
    part: u64,
    whole: u64,
}

impl Part {
    fn add(&mut self, size: u64, is_part: bool) {
        self.whole += size;
        self.part += if is_part { size } else { 0 };
    }

    fn merge(&mut self, other: Part) {
        self.whole += other.whole;
        self.part += other.part;
    }

    fn share(self) -> Option<f64> {
        (self.whole > 0).then(|| self.part as f64 / self.whole as f64)
    }
}

/// What became of a page's lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PageScore {
    /// Characters of content, and those that stayed.
    content: Part,
    /// Characters of chrome, and those that went.
    chrome: Part,
    recurring: Part,
    short: Part,
    shared: Part,
}

impl PageScore {
    /// Scores a page of which the lines marked in `kept` stayed; `recurs` says which stand on another page of the site.
    pub fn new(page: &GoldPage, kept: &[bool], recurs: &[bool]) -> Self {
        let mut score = Self::default();
        for (((line, label), kept), recurs) in page.lines().iter().zip(&page.labels).zip(kept).zip(recurs) {
            let size = characters(line);
            match label {
                Label::Content => {
                    score.content.add(size, *kept);
                    score.short.add(u64::from(is_short(line)), *kept);
                    score.shared.add(u64::from(*recurs), *kept);
                }
                Label::Chrome => {
                    score.chrome.add(size, !kept);
                    score.recurring.add(if *recurs { size } else { 0 }, !kept);
                }
                Label::Unjudged => {}
            }
        }
        score
    }

    /// Whether the page counts: some character of it is judged.
    pub fn is_judged(&self) -> bool {
        self.content.whole + self.chrome.whole > 0
    }

    /// Characters on the wrong side.
    pub fn wrong(&self) -> u64 {
        self.content.whole - self.content.part + self.chrome.whole - self.chrome.part
    }

    /// How well the page was cleaned.
    pub fn shares(&self) -> Shares {
        let kept = self.content.part + self.chrome.whole - self.chrome.part;
        let nothing = if self.content.whole == 0 { 1.0 } else { 0.0 };
        let precision = if kept == 0 { nothing } else { self.content.part as f64 / kept as f64 };
        let recall = self.content.share().unwrap_or(1.0);
        let f1 = if precision + recall > 0.0 { 2.0 * precision * recall / (precision + recall) } else { 0.0 };
        Shares { precision, recall, f1 }
    }

    fn merge(&mut self, other: &PageScore) {
        self.content.merge(other.content);
        self.chrome.merge(other.chrome);
        self.recurring.merge(other.recurring);
        self.short.merge(other.short);
        self.shared.merge(other.shared);
    }
}

/// The pages of a site.
#[derive(Clone, Debug, Default)]
pub struct SiteScore {
    pages: u64,
    sums: Shares,
    lines: PageScore,
}

impl SiteScore {
    fn add(&mut self, page: &PageScore) {
        let Shares { precision, recall, f1 } = page.shares();
        self.pages += 1;
        self.sums.precision += precision;
        self.sums.recall += recall;
        self.sums.f1 += f1;
        self.lines.merge(page);
    }

    /// Pages with judged lines.
    pub fn pages(&self) -> u64 {
        self.pages
    }

    /// The means over the pages.
    pub fn shares(&self) -> Shares {
        self.sums.over(self.pages)
    }

    /// Share of the characters of chrome that went.
    pub fn chrome(&self) -> Option<f64> {
        self.lines.chrome.share()
    }
}

impl Shares {
    fn over(self, n: u64) -> Shares {
        let n = n.max(1) as f64;
        Shares { precision: self.precision / n, recall: self.recall / n, f1: self.f1 / n }
    }
}

/// Scores of pages, by site.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// By gold file and name: a site that two files have is two sites.
    sites: BTreeMap<(usize, Box<str>), SiteScore>,
    files: usize,
}

impl Tally {
    /// Adds a page. One without judged lines counts for nothing.
    pub fn add(&mut self, site: &str, page: &PageScore) {
        if page.is_judged() {
            self.sites.entry((self.files, site.into())).or_default().add(page);
        }
    }

    /// Adds the pages of another gold file.
    pub fn merge(&mut self, other: Tally) {
        for ((file, name), site) in other.sites {
            self.sites.insert((self.files + file, name), site);
        }
        self.files += other.files + 1;
    }

    /// The sites, by name.
    pub fn sites(&self) -> impl Iterator<Item = (&str, &SiteScore)> {
        self.sites.iter().map(|((_, name), site)| (&**name, site))
    }

    /// The figures of all pages.
    pub fn figures(&self) -> Figures {
        let (mut pages, mut sums, mut site_f1) = (0, Shares::default(), 0.0);
        let mut lines = PageScore::default();
        for site in self.sites.values() {
            pages += site.pages;
            sums.precision += site.sums.precision;
            sums.recall += site.sums.recall;
            sums.f1 += site.sums.f1;
            site_f1 += site.shares().f1;
            lines.merge(&site.lines);
        }
        Figures {
            pages,
            sites: self.sites.len() as u64,
            shares: sums.over(pages),
            site_f1: site_f1 / self.sites.len().max(1) as f64,
            chrome: lines.chrome.share(),
            recurring: lines.recurring.share(),
            short_kept: lines.short.share(),
            titles: lines.shared.share(),
        }
    }
}

/// Says of each line of each page whether it stands on another page of the site, case, digits and white space aside.
pub fn recurrence(pages: &[GoldPage]) -> Vec<Vec<bool>> {
    let mut on: HashMap<&str, HashMap<Cow<'_, str>, u32>> = HashMap::new();
    for page in pages {
        let of_site = on.entry(&page.site).or_default();
        for key in page.lines().into_iter().map(key).collect::<HashSet<_>>() {
            *of_site.entry(key).or_default() += 1;
        }
    }
    let recurs = |page: &GoldPage| {
        let of_site = on.get(&*page.site);
        let pages = |line| of_site.and_then(|of_site| of_site.get(&key(line))).copied().unwrap_or(0);
        page.lines().into_iter().map(|line| pages(line) > 1).collect()
    };
    pages.iter().map(recurs).collect()
}

/// What two lines share that recur for each other: lower case, `0` for every digit of any script, single spaces.
fn key(line: &str) -> Cow<'_, str> {
    let categories = CodePointMapData::<GeneralCategory>::new();
    let is_digit =
        |c: char| if c.is_ascii() { c.is_ascii_digit() } else { categories.get(c) == GeneralCategory::DecimalNumber };
    let is_plain = |c: char| !c.is_uppercase() && !is_digit(c) && c != ' ' && !is_space(c);
    let line = trim(line);
    if line.chars().all(is_plain) {
        return Cow::Borrowed(line);
    }
    let mut key = String::with_capacity(line.len());
    for word in line.to_lowercase().split(is_space).filter(|word| !word.is_empty()) {
        if !key.is_empty() {
            key.push(' ');
        }
        key.extend(word.chars().map(|c| if is_digit(c) { '0' } else { c }));
    }
    Cow::Owned(key)
}

/// A line without the white space around it.
pub fn trim(line: &str) -> &str {
    line.trim_matches(is_space)
}

fn is_short(line: &str) -> bool {
    line.split(is_space).filter(|word| !word.is_empty()).nth(SHORT).is_none()
}

/// White space, and the four separators that ASCII has for files, groups, records and units.
fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{1c}'..='\u{1f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(site: &str, lines: &[(&str, Label)]) -> GoldPage {
        GoldPage {
            id: "x".into(),
            url: "".into(),
            site: site.into(),
            marks: Vec::new(),
            text: lines.iter().map(|(line, _)| *line).collect::<Vec<_>>().join("\n").into(),
            labels: lines.iter().map(|(_, label)| *label).collect(),
            record: 1,
        }
    }

    use Label::{Chrome, Content, Unjudged};

    #[test]
    fn lines_weigh_by_their_characters() {
        let page = page("s", &[("äbcdef", Content), ("xy", Content), ("menu", Chrome), ("?????????", Unjudged)]);
        let score = PageScore::new(&page, &[true, false, true, true], &[false; 4]);
        let Shares { precision, recall, f1 } = score.shares();
        assert_eq!((precision, recall), (0.6, 0.75));
        assert!((f1 - 2.0 * 0.6 * 0.75 / 1.35).abs() < 1e-12);
        assert_eq!(score.wrong(), 6);
    }

    #[test]
    fn a_page_of_chrome_alone_is_best_emptied() {
        let page = page("s", &[("menu", Chrome)]);
        assert_eq!(PageScore::new(&page, &[false], &[true]).shares().f1, 1.0);
        let Shares { precision, recall, f1 } = PageScore::new(&page, &[true], &[true]).shares();
        assert_eq!((precision, recall, f1), (0.0, 1.0, 0.0));
    }

    #[test]
    fn pages_weigh_the_same_and_sites_weigh_the_same() {
        let (good, bad) = (page("s", &[("a", Content)]), page("s", &[("aaaaaaaa", Content)]));
        let mut tally = Tally::default();
        for site in ["one", "two", "two", "two"] {
            let is_good = site == "one";
            tally.add(site, &PageScore::new(if is_good { &good } else { &bad }, &[is_good], &[false]));
        }
        tally.add("none", &PageScore::new(&page("none", &[("?", Unjudged)]), &[true], &[false]));
        let figures = tally.figures();
        assert_eq!((figures.pages, figures.sites), (4, 2));
        assert_eq!((figures.shares.f1, figures.site_f1), (0.25, 0.5));
        assert_eq!((figures.chrome, figures.titles), (None, None));
    }

    #[test]
    fn a_site_that_two_files_have_is_two_sites() {
        let mut all = Tally::default();
        for _ in 0..2 {
            let mut file = Tally::default();
            file.add("s", &PageScore::new(&page("s", &[("a", Content)]), &[true], &[false]));
            all.merge(file);
        }
        assert_eq!((all.figures().pages, all.figures().sites), (2, 2));
    }

    #[test]
    fn lines_recur_whatever_their_case_digits_and_spaces() {
        let pages = [
            page("s", &[("12  Comments", Chrome), ("alone", Content), ("alone", Content), ("Ñu", Content)]),
            page("s", &[(" 07 comments\u{a0}", Chrome), ("٣ comments", Chrome), ("ñu", Content)]),
            page("t", &[("alone", Content)]),
        ];
        let expected: [&[bool]; 3] = [&[true, false, false, true], &[true, false, true], &[false]];
        assert_eq!(recurrence(&pages), expected);
        assert_eq!((key("٣²"), key("a\u{1c}b")), ("0²".into(), "a b".into()));
    }

    #[test]
    fn a_short_line_has_three_words_or_fewer() {
        assert!(is_short("") && is_short(" by  Ann Lee ") && !is_short("one two three four"));
    }
}
