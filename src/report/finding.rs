//! Findings: what a report or a check has to say, one thing each.

use serde::{Deserialize, Serialize};

/// What a finding is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Lines that stand together on many pages of a site.
    RecurringBlock,
    /// Lines that change from page to page in one place.
    RecurringList,
    /// Pages that say nearly the same.
    Cluster,
    /// Pages of which nothing is left.
    Emptied,
    /// A site with too few pages to tell what repeats.
    FewPages,
    /// More of the text is chrome than is allowed.
    ChromeShare,
    /// More of the pages are duplicates than are allowed.
    DuplicateShare,
    /// More of the pages have little unique text than are allowed.
    ShortPages,
    /// More records could not be read than is allowed.
    SkippedRecords,
    /// There are fewer pages than expected.
    MissingPages,
    /// A site has much more chrome than before.
    ChromeGained,
    /// A site has much less chrome than before.
    ChromeLost,
    /// Other lines recur on a site than before.
    NavigationChanged,
    /// A request for consent stands in the place of the text.
    CookieWall,
    /// A request to log in or subscribe stands in the place of the text.
    LoginWall,
    /// A message of an error stands in the place of the text.
    ErrorPage,
    /// One text stands in the place of that of many pages.
    RepeatedText,
    /// Every URL gives the same page.
    SamePage,
    /// The pages have lost their text.
    EmptyBody,
    /// The menus of the site stand in the text.
    MenuInText,
    /// The texts are cut at one length.
    TruncatedText,
}

impl Kind {
    /// All of them: first what reports tell, then what checks find.
    pub const ALL: [Kind; 21] = [
        Kind::RecurringBlock,
        Kind::RecurringList,
        Kind::Cluster,
        Kind::Emptied,
        Kind::FewPages,
        Kind::ChromeShare,
        Kind::DuplicateShare,
        Kind::ShortPages,
        Kind::SkippedRecords,
        Kind::MissingPages,
        Kind::ChromeGained,
        Kind::ChromeLost,
        Kind::NavigationChanged,
        Kind::CookieWall,
        Kind::LoginWall,
        Kind::ErrorPage,
        Kind::RepeatedText,
        Kind::SamePage,
        Kind::EmptyBody,
        Kind::MenuInText,
        Kind::TruncatedText,
    ];

    /// The word that outputs use.
    pub fn name(self) -> &'static str {
        match self {
            Kind::RecurringBlock => "recurring-block",
            Kind::RecurringList => "recurring-list",
            Kind::Cluster => "cluster",
            Kind::Emptied => "emptied",
            Kind::FewPages => "few-pages",
            Kind::ChromeShare => "chrome-share",
            Kind::DuplicateShare => "duplicate-share",
            Kind::ShortPages => "short-pages",
            Kind::SkippedRecords => "skipped-records",
            Kind::MissingPages => "missing-pages",
            Kind::ChromeGained => "chrome-gained",
            Kind::ChromeLost => "chrome-lost",
            Kind::NavigationChanged => "navigation-changed",
            Kind::CookieWall => "cookie-wall",
            Kind::LoginWall => "login-wall",
            Kind::ErrorPage => "error-page",
            Kind::RepeatedText => "repeated-text",
            Kind::SamePage => "same-page",
            Kind::EmptyBody => "empty-body",
            Kind::MenuInText => "menu-in-text",
            Kind::TruncatedText => "truncated-text",
        }
    }

    /// The same for people.
    pub fn title(self) -> &'static str {
        match self {
            Kind::RecurringBlock => "recurring block",
            Kind::RecurringList => "recurring list",
            Kind::Cluster => "near-duplicates",
            Kind::Emptied => "emptied pages",
            Kind::FewPages => "too few pages",
            Kind::ChromeShare => "too much chrome",
            Kind::DuplicateShare => "too many duplicates",
            Kind::ShortPages => "pages with little text",
            Kind::SkippedRecords => "unreadable records",
            Kind::MissingPages => "missing pages",
            Kind::ChromeGained => "more chrome",
            Kind::ChromeLost => "less chrome",
            Kind::NavigationChanged => "navigation changed",
            Kind::CookieWall => "cookie wall",
            Kind::LoginWall => "login wall",
            Kind::ErrorPage => "error page",
            Kind::RepeatedText => "repeated text",
            Kind::SamePage => "same page for every URL",
            Kind::EmptyBody => "empty body",
            Kind::MenuInText => "menu in the text",
            Kind::TruncatedText => "truncated text",
        }
    }

    /// What it means, as a sentence without its stop.
    pub fn describe(self) -> &'static str {
        match self {
            Kind::RecurringBlock => "Lines that stand together on many pages of a site",
            Kind::RecurringList => "Lines that change from page to page in one place",
            Kind::Cluster => "Pages that say nearly the same",
            Kind::Emptied => "Pages of which nothing is left",
            Kind::FewPages => "A site with too few pages to tell what repeats",
            Kind::ChromeShare => "More of the text is chrome than is allowed",
            Kind::DuplicateShare => "More of the pages are duplicates than are allowed",
            Kind::ShortPages => "More of the pages have little unique text than are allowed",
            Kind::SkippedRecords => "More records could not be read than is allowed",
            Kind::MissingPages => "There are fewer pages than expected",
            Kind::ChromeGained => "A site has much more chrome than before",
            Kind::ChromeLost => "A site has much less chrome than before",
            Kind::NavigationChanged => "Other lines recur on a site than before",
            Kind::CookieWall => "A request for consent stands in the place of the text",
            Kind::LoginWall => "A request to log in or subscribe stands in the place of the text",
            Kind::ErrorPage => "A message of an error stands in the place of the text",
            Kind::RepeatedText => "One text stands in the place of that of many pages",
            Kind::SamePage => "Every URL gives the same page",
            Kind::EmptyBody => "The pages have lost their text",
            Kind::MenuInText => "The menus of the site stand in the text",
            Kind::TruncatedText => "The texts are cut at one length",
        }
    }
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// It is worth knowing.
    Note,
    /// It fails a check.
    Error,
}

/// One thing that was found. Texts are as they were read: whoever shows them escapes them.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct Finding {
    /// What it is.
    pub kind: Kind,
    /// How much it matters.
    pub level: Level,
    /// The site; of clusters that of the canonical page; empty for pages without a URL, `None` for all sites together.
    pub site: Option<String>,
    /// Tells it from others of its kind on its site, in every run: hexadecimal digits, or nothing where there is but one.
    pub fingerprint: String,
    /// How many there are of it: 1, or for what may come several times over (pages of a cluster beside the canonical
    /// one, emptied pages) how often it came.
    pub count: u64,
    /// Pages it is found on.
    pub pages: u64,
    /// Of so many that were looked at.
    pub of: u64,
    /// What is to be said, in one line, without the site's name.
    pub message: String,
    /// URL of a page to look at, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// How many of `count` a baseline knows.
    pub known: u64,
}

impl Finding {
    /// Whether there is more of it than a baseline knows.
    pub fn is_new(&self) -> bool {
        self.count > self.known
    }

    /// Whether it fails a check.
    pub fn fails(&self) -> bool {
        self.level == Level::Error && self.is_new()
    }
}
