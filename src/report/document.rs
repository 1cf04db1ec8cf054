//! The report: what each site repeats, and which pages are near-duplicates, as one document.
//!
//! Serialised, it is the JSON report, whose schema `dehusk generate schema` writes; all other forms are drawn from it and
//! count nothing themselves. It holds nothing that differs between two runs over the same input with the same settings:
//! no times, no memory, no order that hangs on threads or files.
//!
//! Figures are of all pages. What is told of lines (recurring blocks and lists, positions, examples) is of a sample of
//! the pages of the larger sites, which the [`Details`] say.

use std::collections::BTreeMap;

use serde::Serialize;

use super::summary::{Amount, share};
use crate::chrome::Rule;
use crate::similar::Relation;

/// The version of the document: it grows when a field changes its meaning or goes.
pub const VERSION: u32 = 1;

/// What a run found.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct Report {
    /// The version of this form of report.
    pub version: u32,
    /// The version of dehusk that wrote it.
    pub dehusk: String,
    /// A digest of all settings that change results: reports of equal digests compare.
    pub settings: String,
    /// All sites together.
    pub totals: Totals,
    /// The inputs, in the order in which they were read.
    pub sources: Vec<Source>,
    /// The sites, by name.
    pub sites: Vec<Site>,
    /// Near-duplicates, if they were looked for.
    pub clusters: Option<Clusters>,
}

/// Figures of pages and their text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct Figures {
    /// Pages read.
    pub pages: u64,
    /// Pages that differ from each other, numbers and dates aside; blank ones do not count.
    pub distinct: u64,
    /// Pages that had no text when they were read.
    pub blank: u64,
    /// Pages of which nothing was left.
    pub emptied: u64,
    /// Pages with fewer characters of unique text than [`Totals::min_text`], blank and emptied ones included.
    pub short: u64,
    /// Pages whose text was left out, or would be, because another page says the same; 0 if nobody looked for them.
    pub duplicates: u64,
    /// Text read.
    pub read: Amount,
    /// Text that is left when chrome is gone, that of duplicates included.
    pub kept: Amount,
    /// Text of duplicates, as far as it was kept: a part of `kept`.
    pub duplicate: Amount,
    /// Text dropped, by rule.
    pub dropped: BTreeMap<Rule, Amount>,
    /// Pages by the share of their text that was dropped: less than a tenth, less than two tenths …, all but less than a
    /// tenth, all. Blank pages are not among them.
    pub pages_by_share: [u64; 11],
}

impl Figures {
    /// Bytes of the text that are chrome.
    pub fn chrome_bytes(&self) -> u64 {
        self.read.bytes.saturating_sub(self.kept.bytes)
    }

    /// Share of the text that is chrome, from 0 to 1.
    pub fn chrome_share(&self) -> f64 {
        share(self.chrome_bytes(), self.read.bytes)
    }

    /// Share of the pages that are duplicates of others, from 0 to 1.
    pub fn duplicate_share(&self) -> f64 {
        share(self.duplicates, self.pages)
    }

    /// Share of the text that is neither chrome nor a duplicate's, from 0 to 1.
    pub fn unique_share(&self) -> f64 {
        share(self.kept.bytes.saturating_sub(self.duplicate.bytes), self.read.bytes)
    }

    /// Adds the figures of other pages.
    pub fn add(&mut self, other: &Figures) {
        self.pages += other.pages;
        self.distinct += other.distinct;
        self.blank += other.blank;
        self.emptied += other.emptied;
        self.short += other.short;
        self.duplicates += other.duplicates;
        self.read.add(other.read);
        self.kept.add(other.kept);
        self.duplicate.add(other.duplicate);
        for (rule, amount) in &other.dropped {
            self.dropped.entry(*rule).or_default().add(*amount);
        }
        for (all, pages) in self.pages_by_share.iter_mut().zip(other.pages_by_share) {
            *all += pages;
        }
    }
}

/// All sites together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct Totals {
    /// Sites.
    pub sites: u64,
    /// Sites with too few pages to tell what repeats.
    pub few_pages: u64,
    /// Sites of which lines, blocks and examples are told; the others have figures alone.
    pub detailed: u64,
    /// Pages with fewer characters of unique text than this are called short.
    pub min_text: u64,
    /// Records that could not be read.
    pub skipped: u64,
    /// The pages of all sites.
    #[serde(flatten)]
    pub figures: Figures,
}

/// An input.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct Source {
    /// As the user named it.
    pub name: String,
    /// Pages found.
    pub pages: u64,
    /// Records that could not be read.
    pub skipped: u64,
    /// The first problems.
    pub problems: Vec<SourceProblem>,
}

/// Something wrong with an input.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct SourceProblem {
    /// Number of the record, from 1 on, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<u64>,
    /// Byte offset of the record, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub byte: Option<u64>,
    /// What is wrong.
    pub reason: String,
}

/// A site.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct Site {
    /// Its name; empty for pages without a URL.
    pub name: String,
    /// Whether it has too few pages to tell what repeats.
    pub few_pages: bool,
    /// Its pages.
    #[serde(flatten)]
    pub figures: Figures,
    /// Characters of text a page had when it was read.
    pub read_lengths: Lengths,
    /// Characters of text that were left of a page.
    pub kept_lengths: Lengths,
    /// Pages whose text ends without closing punctuation.
    pub open_ends: u64,
    /// The largest number of pages that are the same line for line, numbers and dates aside; 1 where all differ.
    pub most_equal: u64,
    /// The most pages of this site that are in one cluster of near-duplicates; 0 if there is none.
    pub most_alike: u64,
    /// How the text of these pages begins, when chrome is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alike_text: Option<String>,
    /// URLs of emptied pages, or ids where there is no URL: the first of them in alphabetical order.
    pub emptied_pages: Vec<String>,
    /// Its lines, for the larger sites.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<Details>,
}

/// Lengths of pages, in characters. All are 0 where there is no page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct Lengths {
    /// The lengths that one, two … nine tenths of the pages stay below, each to an eighth.
    pub deciles: [u64; 9],
    /// The longest.
    pub longest: u64,
    /// Share of the pages that are about as long as the longest one: by less than an eighth shorter.
    pub as_long_as_longest: f64,
}

impl Lengths {
    /// The length that a tenth of the pages stays below.
    pub fn tenth(&self) -> u64 {
        self.deciles[0]
    }

    /// The median.
    pub fn median(&self) -> u64 {
        self.deciles[4]
    }

    /// The length that nine tenths of the pages stay below.
    pub fn nine_tenths(&self) -> u64 {
        self.deciles[8]
    }
}

/// What is told of the lines of a site: of a sample of its pages, chosen by their text alone.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct Details {
    /// Pages of the sample.
    pub sampled: u64,
    /// Recurring blocks and lists, those first that take most text.
    pub recurring: Vec<Recurring>,
    /// Blocks and lists that are not told, since there are too many.
    pub more_recurring: u64,
    /// Share of the text that was dropped, in hundredths, along the pages: the first number is of the first fiftieth of
    /// every page, the last of the last.
    pub positions: Vec<u8>,
    /// Lines that are left although they stand on many of the sampled pages, those on most of them first.
    pub repeated: Vec<Repeated>,
    /// How the sampled pages end, and how many of them are of one length.
    pub ends: Ends,
    /// Some pages, whole.
    pub examples: Vec<ExamplePage>,
}

/// A line that is left of many pages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct Repeated {
    /// Its fingerprint, numbers and dates aside: 16 hexadecimal digits.
    pub fingerprint: String,
    /// Its text on one of the pages, cut if it is long.
    pub text: String,
    /// Sampled pages of which it is left.
    pub pages: u64,
    /// As in [`Member::own_text`].
    pub own_text: u64,
}

/// What texts that were cut at one length have in common.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct Ends {
    /// Share of the sampled pages that are equally long when they are read, to a twentieth; with or without their first
    /// line, whichever is more.
    pub read_alike: f64,
    /// The longest of them, in characters.
    pub read_length: u64,
    /// The same of what is left of the pages.
    pub kept_alike: f64,
    /// The longest of them, in characters.
    pub kept_length: u64,
    /// Share of the sampled pages of which something is left whose last line left has no closing punctuation.
    pub kept_open: f64,
    /// Characters that are left of a sampled page, without what is left of many: what one, two … nine tenths stay below.
    pub own: [u64; 9],
}

/// What recurs on a site.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum RecurringKind {
    /// Lines that stand together, the same on each page: a menu, a footer, a cookie notice.
    #[default]
    Block,
    /// Lines that change from page to page in one place: a list of headlines, of related pages, of comments.
    List,
}

/// Lines of a site that recur together.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct Recurring {
    /// Tells it from others: 16 hexadecimal digits, the same in every run in which it begins with the same line.
    pub id: String,
    /// What it is.
    pub kind: RecurringKind,
    /// The line under which it stands, as a list does under "Most read".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heading: Option<String>,
    /// Sampled pages that have it.
    pub pages: u64,
    /// Its lines: those of a block as they stand on a page, those of a list from the one on most pages down.
    pub lines: Vec<Member>,
    /// Lines that are not told, since there are too many.
    pub more_lines: u64,
    /// How many of its lines a page has on average.
    pub lines_a_page: f64,
    /// Bytes of the sampled pages that it takes.
    pub bytes: u64,
    /// Where it stands: the mean of its first line's place, from 0 (top of the page) to 1 (end).
    pub position: f64,
    /// URL of a page that has it.
    pub example: String,
}

/// A line of a block or list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct Member {
    /// Its fingerprint, numbers and dates aside: 16 hexadecimal digits.
    pub fingerprint: String,
    /// Its text on one of the pages, cut if it is long.
    pub text: String,
    /// Sampled pages that have it.
    pub pages: u64,
    /// Characters that are left of these pages, without what is left of many ([`Details::repeated`]): the median.
    pub own_text: u64,
    /// The first day on which it stood there (`2014-05-12`), where pages have dates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_day: Option<String>,
    /// The last day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_day: Option<String>,
}

/// A page shown whole.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct ExamplePage {
    /// Its URL, or its id where it has none.
    pub url: String,
    /// Its lines, blank ones left out, long ones cut.
    pub lines: Vec<ExampleLine>,
    /// Lines that are not told, since there are too many.
    pub more_lines: u64,
}

/// A line of a page and what was decided on it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct ExampleLine {
    /// Its text.
    pub text: String,
    /// Whether it stays.
    pub keep: bool,
    /// Why.
    pub rule: Rule,
    /// Pages of the site that have what the rule speaks of.
    pub pages: u32,
    /// Of so many that differ from each other.
    pub of: u64,
}

/// Near-duplicates.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct Clusters {
    /// Clusters of more than one page.
    pub clusters: u64,
    /// Pages in them.
    pub pages: u64,
    /// The largest of them.
    pub listed: Vec<Cluster>,
}

/// Pages that say the same.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct Cluster {
    /// Tells it from others: the hash of its canonical text, in hexadecimal digits.
    pub id: String,
    /// Pages of this run.
    pub size: u64,
    /// The page that stays: its URL, or its id where it has none.
    pub canonical: String,
    /// Whether that is a page of an earlier run.
    pub is_earlier: bool,
    /// Pages, the canonical one first, then the most similar.
    pub pages: Vec<ClusterPage>,
    /// Pages that are not told, since there are too many.
    pub more_pages: u64,
    /// What is left of the canonical page and of the page that differs most from it, cut if it is long; none where all
    /// say the same, or the texts are not at hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compared: Option<Compared>,
}

/// A page of a cluster.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct ClusterPage {
    /// Its URL, or its id where it has none.
    pub url: String,
    /// Its site; empty where it is not known.
    pub site: String,
    /// How it stands to the canonical page.
    pub relation: Relation,
    /// The Jaccard similarity to it, from 0 to 1; for a contained page the share that lies in it.
    pub similarity: f64,
}

/// Two texts to be laid side by side.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct Compared {
    /// What is left of the canonical page.
    pub canonical: String,
    /// The URL of the other page.
    pub url: String,
    /// What is left of it.
    pub other: String,
}

impl Report {
    /// A site by its name.
    pub fn site(&self, name: &str) -> Option<&Site> {
        let at = self.sites.binary_search_by(|site| site.name.as_str().cmp(name)).ok()?;
        self.sites.get(at)
    }

    /// The sites whose chrome takes most bytes first; those of equal bytes by their name.
    pub fn by_chrome_bytes(&self) -> Vec<&Site> {
        let mut sites: Vec<&Site> = self.sites.iter().collect();
        sites.sort_by(|a, b| b.figures.chrome_bytes().cmp(&a.figures.chrome_bytes()).then_with(|| a.name.cmp(&b.name)));
        sites
    }

    /// The sites with most chrome first; those of equal shares by their name.
    pub fn by_chrome(&self) -> Vec<&Site> {
        let mut sites: Vec<&Site> = self.sites.iter().collect();
        let share = |site: &Site| site.figures.chrome_share();
        sites.sort_by(|a, b| share(b).total_cmp(&share(a)).then_with(|| a.name.cmp(&b.name)));
        sites
    }
}
