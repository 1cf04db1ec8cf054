//! What a crawl must keep to: limits for each site and for all sites together.
//!
//! [`Written`] is what a user says, by flags or in the table `[check]` of `dehusk.toml`, where single sites may have
//! others (`[check.site."example.org"]`); every field may be missing. [`Limits`] are what a check uses: nothing is
//! missing, nothing is wrong, and here alone stand the defaults. They are wide: ordinary crawls pass them, whole pages of
//! a news site (of which 50 to 80 % is chrome) as well as archives of texts that are cut out already. What is wrong with
//! a crawl that was right before shows in how it changes ([`gate`](crate::gate)), not in absolute figures.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{AllowBad, MIN_TEXT};
use crate::error::{Error, Result};
use crate::page::visible;

/// A number of hundredths, written `95%` or `95`.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize)]
pub struct Percent(pub f64);

impl Percent {
    /// As a share, from 0 to 1.
    pub fn share(self) -> f64 {
        self.0 / 100.0
    }
}

impl FromStr for Percent {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.strip_suffix('%').unwrap_or(text).trim();
        match number.parse() {
            Ok(number) if (0.0..=100.0).contains(&number) => Ok(Self(number)),
            _ => Err(format!("'{}' is not a percentage from 0% to 100%", visible(text))),
        }
    }
}

/// Pages that there must be, written `200` or, of those of the baseline, `50%`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub enum Expected {
    /// So many pages of all sites together.
    Pages(u64),
    /// So many hundredths of the pages that a site has in the baseline.
    Percent(Percent),
}

impl FromStr for Expected {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.ends_with('%') {
            return text.parse().map(Expected::Percent);
        }
        let wrong =
            |_| format!("'{}' is neither a number of pages nor a percentage, such as 200 or 50%", visible(text));
        text.parse().map(Expected::Pages).map_err(wrong)
    }
}

/// Reads what is written as a text or, in TOML, as a number.
macro_rules! deserialize_from_text {
    ($type:ty) => {
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                #[derive(Deserialize)]
                #[serde(untagged)]
                enum Written {
                    Whole(u64),
                    Number(f64),
                    Text(String),
                }
                let text = match Written::deserialize(deserializer)? {
                    Written::Whole(number) => number.to_string(),
                    Written::Number(number) => number.to_string(),
                    Written::Text(text) => text,
                };
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
deserialize_from_text!(Percent);
deserialize_from_text!(Expected);

/// Limits of a site as the user wrote them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[serde(rename_all = "kebab-case", default)]
pub struct SiteWritten {
    /// Share of a site's text that may be chrome [default: 95%]
    #[cfg_attr(feature = "cli", arg(long, value_name = "P%", help_heading = "Limits of each site"))]
    pub max_chrome: Option<Percent>,
    /// Share of a site's pages that may say what another page says [default: 50%]
    #[cfg_attr(feature = "cli", arg(long, value_name = "P%", help_heading = "Limits of each site"))]
    pub max_duplicates: Option<Percent>,
    /// Share of a site's pages of which nothing may be left [default: 25%]
    #[cfg_attr(feature = "cli", arg(long, value_name = "P%", help_heading = "Limits of each site"))]
    pub max_emptied: Option<Percent>,
    /// Share of a site's pages that may have less unique text than --min-text [default: 60%]
    #[cfg_attr(feature = "cli", arg(long, value_name = "P%", help_heading = "Limits of each site"))]
    pub max_short: Option<Percent>,
    /// Copies that a page may have on its site and elsewhere [default: no limit]
    #[cfg_attr(feature = "cli", arg(long, value_name = "N", help_heading = "Limits of each site"))]
    pub max_copies: Option<u64>,
    /// Hundredths by which a site's share of chrome may rise or fall against the baseline [default: 15]
    #[cfg_attr(feature = "cli", arg(long, value_name = "POINTS", help_heading = "Limits of each site"))]
    pub max_chrome_change: Option<Percent>,
    /// Pages that there must be: so many in all, or of each site so many per cent of those in the baseline [default: 50%]
    #[cfg_attr(feature = "cli", arg(long, value_name = "N|P%", help_heading = "Limits of each site"))]
    pub expect_pages: Option<Expected>,
}

impl SiteWritten {
    /// These limits where they are set, else those of `under`.
    pub fn over(self, under: Self) -> Self {
        Self {
            max_chrome: self.max_chrome.or(under.max_chrome),
            max_duplicates: self.max_duplicates.or(under.max_duplicates),
            max_emptied: self.max_emptied.or(under.max_emptied),
            max_short: self.max_short.or(under.max_short),
            max_copies: self.max_copies.or(under.max_copies),
            max_chrome_change: self.max_chrome_change.or(under.max_chrome_change),
            expect_pages: self.expect_pages.or(under.expect_pages),
        }
    }
}

/// Limits as the user wrote them: the flags of `dehusk check`, and the table `[check]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[serde(rename_all = "kebab-case", default)]
pub struct Written {
    /// Those of each site.
    #[cfg_attr(feature = "cli", command(flatten))]
    #[serde(flatten)]
    pub each: SiteWritten,
    /// Characters of unique text from which a page is not short [default: 140]
    #[cfg_attr(feature = "cli", arg(long, value_name = "N", help_heading = "Limits of each site"))]
    pub min_text: Option<u64>,
    /// Pages from which a site is held to limits; smaller ones count in the totals alone [default: 5]
    #[cfg_attr(feature = "cli", arg(long, value_name = "N", help_heading = "Limits of each site"))]
    pub judge_from: Option<u64>,
    /// Share of all text that may be chrome [default: no limit]
    #[cfg_attr(feature = "cli", arg(long, value_name = "P%", help_heading = "Limits of all sites together"))]
    pub max_total_chrome: Option<Percent>,
    /// Share of all pages that may say what another page says [default: no limit]
    #[cfg_attr(feature = "cli", arg(long, value_name = "P%", help_heading = "Limits of all sites together"))]
    pub max_total_duplicates: Option<Percent>,
    /// Share of all pages of which nothing may be left [default: no limit]
    #[cfg_attr(feature = "cli", arg(long, value_name = "P%", help_heading = "Limits of all sites together"))]
    pub max_total_emptied: Option<Percent>,
    /// Share of all pages that may be short [default: no limit]
    #[cfg_attr(feature = "cli", arg(long, value_name = "P%", help_heading = "Limits of all sites together"))]
    pub max_total_short: Option<Percent>,
    /// Records that may be unreadable: so many, or so many per cent [default: what --allow-bad says, 0 without it]
    #[cfg_attr(feature = "cli", arg(long, value_name = "N|P%", help_heading = "Limits of all sites together"))]
    pub max_skipped: Option<String>,
    /// Findings that may be new and the check still passes [default: 0]
    #[cfg_attr(feature = "cli", arg(long, value_name = "N", help_heading = "Limits of all sites together"))]
    pub max_new: Option<u64>,
    /// Limits of single sites; in `dehusk.toml` alone: `[check.site."example.org"]`.
    #[cfg_attr(feature = "cli", arg(skip))]
    pub site: BTreeMap<String, SiteWritten>,
}

impl Written {
    /// These limits where they are set, else those of `under`. What `under` says of a single site is set again by what
    /// is said here of each.
    pub fn over(self, under: Self) -> Self {
        let mut site = under.site;
        for limits in site.values_mut() {
            *limits = self.each.over(*limits);
        }
        for (name, limits) in self.site {
            let known = site.entry(name).or_default();
            *known = limits.over(*known);
        }
        Self {
            each: self.each.over(under.each),
            min_text: self.min_text.or(under.min_text),
            judge_from: self.judge_from.or(under.judge_from),
            max_total_chrome: self.max_total_chrome.or(under.max_total_chrome),
            max_total_duplicates: self.max_total_duplicates.or(under.max_total_duplicates),
            max_total_emptied: self.max_total_emptied.or(under.max_total_emptied),
            max_total_short: self.max_total_short.or(under.max_total_short),
            max_skipped: self.max_skipped.or(under.max_skipped),
            max_new: self.max_new.or(under.max_new),
            site,
        }
    }

    /// Checks the limits and fills in the defaults; `allow_bad` is what the run allows.
    ///
    /// # Errors
    /// [`ErrorKind::Settings`](crate::error::ErrorKind::Settings) with what is wrong and what would be right.
    pub fn limits(self, allow_bad: AllowBad) -> Result<Limits> {
        let skipped = match self.max_skipped {
            Some(text) => text.parse().map_err(|e| Error::settings(format!("--max-skipped: {e}")))?,
            None => allow_bad,
        };
        let judge_from = self.judge_from.unwrap_or(5);
        if judge_from < 2 {
            return Err(Error::settings("--judge-from must be at least 2: nothing repeats on one page"));
        }
        let mut each = self.each;
        // A number that is not a single site's is one of all sites together.
        let pages = match each.expect_pages {
            Some(Expected::Pages(pages)) => {
                each.expect_pages = None;
                Some(pages)
            }
            _ => None,
        };
        Ok(Limits {
            each: SiteLimits::of(each),
            site: self.site.into_iter().map(|(name, limits)| (name, SiteLimits::of(limits.over(each)))).collect(),
            min_text: self.min_text.unwrap_or(MIN_TEXT),
            judge_from,
            chrome: self.max_total_chrome.map(Percent::share),
            duplicates: self.max_total_duplicates.map(Percent::share),
            emptied: self.max_total_emptied.map(Percent::share),
            short: self.max_total_short.map(Percent::share),
            skipped,
            pages,
            max_new: self.max_new.unwrap_or(0),
        })
    }
}

/// Limits of a site. Shares lie between 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SiteLimits {
    /// See [`SiteWritten`].
    pub chrome: f64,
    /// See [`SiteWritten`].
    pub duplicates: f64,
    /// See [`SiteWritten`].
    pub emptied: f64,
    /// See [`SiteWritten`].
    pub short: f64,
    /// Copies that a page may have; `None`: any number.
    pub copies: Option<u64>,
    /// Change of the share of chrome.
    pub chrome_change: f64,
    /// Pages that the site must have.
    pub pages: Expected,
}

impl SiteLimits {
    fn of(written: SiteWritten) -> Self {
        let share = |limit: Option<Percent>, usual: f64| limit.map_or(usual, Percent::share);
        Self {
            chrome: share(written.max_chrome, 0.95),
            duplicates: share(written.max_duplicates, 0.5),
            emptied: share(written.max_emptied, 0.25),
            short: share(written.max_short, 0.6),
            copies: written.max_copies,
            chrome_change: share(written.max_chrome_change, 0.15),
            pages: written.expect_pages.unwrap_or(Expected::Percent(Percent(50.0))),
        }
    }
}

/// All limits of a check. Shares lie between 0 and 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// Those of sites without limits of their own.
    pub each: SiteLimits,
    /// Those of single sites.
    pub site: BTreeMap<String, SiteLimits>,
    /// Characters of unique text from which a page is not short.
    pub min_text: u64,
    /// Pages from which a site is held to limits.
    pub judge_from: u64,
    /// Share of all text that may be chrome; `None`: all.
    pub chrome: Option<f64>,
    /// Share of all pages that may be duplicates; `None`: all.
    pub duplicates: Option<f64>,
    /// Share of all pages that may be emptied; `None`: all.
    pub emptied: Option<f64>,
    /// Share of all pages that may be short; `None`: all.
    pub short: Option<f64>,
    /// Records that may be unreadable.
    pub skipped: AllowBad,
    /// Pages that there must be in all; `None`: any number.
    pub pages: Option<u64>,
    /// Findings that may be new.
    pub max_new: u64,
}

impl Limits {
    /// The limits of a site.
    pub fn of(&self, site: &str) -> &SiteLimits {
        self.site.get(site).unwrap_or(&self.each)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(written: Written) -> Result<Limits> {
        written.limits(AllowBad::Records(0))
    }

    #[test]
    fn percentages_are_written_with_or_without_their_sign() {
        for (text, number) in [("95%", 95.0), ("0", 0.0), ("12.5 %", 12.5)] {
            assert_eq!(text.parse(), Ok(Percent(number)), "{text}");
        }
        for text in ["", "%", "101%", "-1", "NaN", "many"] {
            assert!(text.parse::<Percent>().is_err(), "{text}");
        }
        assert_eq!(
            ["50%", "50"].map(|text| text.parse().ok()),
            [Some(Expected::Percent(Percent(50.0))), Some(Expected::Pages(50))]
        );
    }

    #[test]
    fn a_site_has_its_own_limits_and_those_of_each_where_it_has_none() -> Result<()> {
        let strict = SiteWritten { max_chrome: Some(Percent(10.0)), ..SiteWritten::default() };
        let each = SiteWritten { max_short: Some(Percent(20.0)), ..SiteWritten::default() };
        let written = Written { each, site: [("a".to_owned(), strict)].into(), ..Written::default() };
        let limits = limits(written)?;
        assert_eq!((limits.of("a").chrome, limits.of("a").short), (0.1, 0.2));
        assert_eq!((limits.of("b").chrome, limits.of("b").short), (0.95, 0.2));
        Ok(())
    }

    #[test]
    fn flags_win_over_the_file_for_single_sites_too() -> Result<()> {
        let of = |percent: f64| SiteWritten { max_chrome: Some(Percent(percent)), ..SiteWritten::default() };
        let file = Written { each: of(50.0), site: [("a".to_owned(), of(10.0))].into(), ..Written::default() };
        let flags = Written { each: of(70.0), ..Written::default() };
        let limits = limits(flags.over(file))?;
        assert_eq!((limits.of("a").chrome, limits.of("b").chrome), (0.7, 0.7));
        Ok(())
    }

    #[test]
    fn senseless_limits_are_refused() {
        for written in [
            Written { judge_from: Some(1), ..Written::default() },
            Written { max_skipped: Some("few".to_owned()), ..Written::default() },
        ] {
            assert!(limits(written).is_err());
        }
    }

    #[test]
    fn unreadable_records_are_allowed_as_the_run_allows_them() -> Result<()> {
        assert_eq!(Written::default().limits(AllowBad::Records(7))?.skipped, AllowBad::Records(7));
        let strict = Written { max_skipped: Some("1%".to_owned()), ..Written::default() };
        assert_eq!(strict.limits(AllowBad::Records(7))?.skipped, AllowBad::Percent(1.0));
        Ok(())
    }
}
