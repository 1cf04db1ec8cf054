//! From a census to verdicts: which lines of a page are the site's, and which the page's own.
//!
//! [`evidence`] is what is known of each line, without the [`copies`] of its page; [`run`](mod@run) of how many
//! lines in a row that other pages have in a row, too, it is; [`layout`] where it stands on its page, [`headline`] under
//! which headline, [`topic`] what it has to do with it, [`site`] what the site's other pages tell, [`usual`] where it
//! stands on them, [`list`] which lists of theirs it stands in, [`statistics`] what kind of site it is; [`known`] holds
//! what of this is known of a page; [`feature`] puts it all in numbers, [`model`] weighs them, [`revision`] corrects the
//! scores that leave doubt, [`scorer`] does both for a page, and [`decide`](decide::decide) is the one function that makes
//! verdicts of it, with what [`rescue`] keeps all the same. [`judge`] takes a page through these. In [`self_training`] a
//! site moves the weights; [`logistic`] and [`minimise`] are how weights are learned, there and from labels.

pub mod copies;
pub mod dateline;
pub mod decide;
pub mod evidence;
pub mod feature;
pub mod headline;
pub mod judge;
pub mod known;
pub mod layout;
pub mod list;
mod logarithm;
pub mod logistic;
pub mod minimise;
pub mod model;
pub mod rescue;
pub mod revision;
pub mod run;
pub mod scorer;
pub mod self_training;
pub mod site;
pub mod statistics;
pub mod topic;
pub mod usual;

use serde::Serialize;

pub use judge::{Judge, Judged, Sites};
pub use model::Model;

/// Why a line stays or goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// It stands on many pages of its site.
    Recurs,
    /// Its template does: the line with its numbers and dates masked.
    Template,
    /// It stands among lines that go.
    Surrounded,
    /// It stands on the page for the second time.
    Repeated,
    /// It is the title of another page, and not of this one: a headline in a list.
    List,
    /// No other page of its site has it, but others have the list that it stands in.
    Rotating,
    /// No other page of its site has it, but other sites of its registrable domain have.
    Domain,
    /// No other page of its site has it, but sites of other domains have.
    Elsewhere,
    /// HTML says that it is one of the readers' comments.
    Comments,
    /// HTML says that it stands beside the text: in a menu, a footer, an aside, or what is called furniture.
    Markup,
    /// It looks like chrome, by its length and punctuation, its place and what the site has in that slot.
    Shape,
    /// It stands on this page alone.
    Unique,
    /// It stands on other pages too, but not on enough of them.
    Rare,
    /// It stands among lines that stay.
    Among,
    /// It is the page's title or a part of it.
    Title,
    /// It is a byline or dateline: between headline and text, and but for its form the page's own.
    Dateline,
    /// The site has too few pages to tell.
    FewPages,
    /// It is blank, and goes where the line before it goes.
    Blank,
    /// The user said that such lines stay.
    KeptByPattern,
    /// The user said that such lines go.
    DroppedByPattern,
}

impl Rule {
    /// The rule as reports name it.
    pub fn name(self) -> &'static str {
        match self {
            Rule::Recurs => "recurs",
            Rule::Template => "template",
            Rule::Surrounded => "surrounded",
            Rule::Repeated => "repeated",
            Rule::List => "list",
            Rule::Rotating => "rotating",
            Rule::Domain => "domain",
            Rule::Elsewhere => "elsewhere",
            Rule::Comments => "comments",
            Rule::Markup => "markup",
            Rule::Shape => "shape",
            Rule::Unique => "unique",
            Rule::Rare => "rare",
            Rule::Among => "among",
            Rule::Title => "title",
            Rule::Dateline => "dateline",
            Rule::FewPages => "few-pages",
            Rule::Blank => "blank",
            Rule::KeptByPattern => "kept-by-pattern",
            Rule::DroppedByPattern => "dropped-by-pattern",
        }
    }

    /// What the rule says of a line, in a few words.
    pub fn describe(self) -> &'static str {
        match self {
            Rule::Recurs => "stands on many pages of its site",
            Rule::Template => "recurs but for its numbers and dates",
            Rule::Surrounded => "stands among lines that go",
            Rule::Repeated => "stands on the page already",
            Rule::List => "is a headline of another page",
            Rule::Rotating => "stands in a list that rotates",
            Rule::Domain => "stands on other sites of its domain",
            Rule::Elsewhere => "stands on other sites",
            Rule::Comments => "stands among comments of readers",
            Rule::Markup => "stands beside the text, as HTML says",
            Rule::Shape => "looks like a menu, a list or a teaser",
            Rule::Unique => "stands on this page alone",
            Rule::Rare => "stands on few other pages",
            Rule::Among => "stands among lines that stay",
            Rule::Title => "is the page's title",
            Rule::Dateline => "is a byline or dateline",
            Rule::FewPages => "too few pages of the site to tell",
            Rule::Blank => "is blank",
            Rule::KeptByPattern => "matches --keep",
            Rule::DroppedByPattern => "matches --drop",
        }
    }
}

/// What is decided on one line, and on what evidence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Verdict {
    /// Whether the line stays.
    pub keep: bool,
    /// Why.
    pub rule: Rule,
    /// Pages of the site that have what the rule speaks of.
    pub on: u32,
    /// Pages of the site, equal ones counted once.
    pub of: u64,
    /// Logarithm of the odds that the line is content, in nats, before the page is divided into runs; 0 where
    /// nothing was judged.
    pub score: f32,
}

impl Verdict {
    /// The line stays.
    pub fn keep(rule: Rule) -> Self {
        Self { keep: true, rule, on: 1, of: 1, score: 0.0 }
    }

    /// The line goes: it stands on `on` of `of` pages.
    pub fn drop(rule: Rule, on: u32, of: u64) -> Self {
        Self { keep: false, rule, on, of, score: 0.0 }
    }

    /// The same verdict with its evidence.
    pub fn seen(self, on: u32, of: u64) -> Self {
        Self { on, of, ..self }
    }
}
