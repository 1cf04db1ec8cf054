//! Options, and the settings they become.
//!
//! [`Options`] is what a user says, on the command line or in `dehusk.toml`: every field may be missing.
//! [`Settings`] is what a run uses: nothing is missing, nothing is wrong, and here alone stand the defaults.
//! Settings come in three parts. [`Results`] change what comes out and have a digest, which files made by one run and
//! read by another carry; [`Running`] changes only how fast and with how much memory; [`limits`] are what a crawl is
//! held to.

pub mod limits;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::chrome::Model;
use crate::error::{Error, Result};
use crate::page::{Scope, site_of, visible};
use crate::pattern::{Patterns, Written};
use crate::similar::{Canonical, Method, Rules};

/// Characters of unique text from which a page is not short, where nothing else is said.
pub const MIN_TEXT: u64 = 140;

/// What becomes of a page of which nothing is left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "lowercase")]
pub enum Empty {
    /// Write it with an empty text
    #[default]
    Keep,
    /// Leave it out
    Drop,
    /// Write it as it was read
    Whole,
}

/// What becomes of pages that say what another says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "lowercase")]
pub enum Duplicates {
    /// Write them as any other
    #[default]
    Keep,
    /// Write them with their cluster in the field `dehusk` (JSONL and Parquet)
    Mark,
    /// Leave out all but one page of each cluster
    Drop,
}

/// Which pages are compared with each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "lowercase")]
pub enum DuplicateScope {
    /// All pages of the input
    #[default]
    All,
    /// Pages of one site
    Site,
}

/// How often the input is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "lowercase")]
pub enum Reading {
    /// Pages that were HTML are held while they fit a quarter of the free memory; of text, the last part is held and the
    /// rest is read again
    #[default]
    Auto,
    /// Once: all pages are held in memory
    Once,
    /// Again for each step: once to count, once to write, and once between when duplicates are looked for
    Twice,
}

/// How much may be wrong with the input before the exit status says so.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum AllowBad {
    /// So many records.
    Records(u64),
    /// So many hundredths of all records.
    Percent(f64),
}

impl AllowBad {
    /// Whether `bad` of `all` records are still allowed.
    pub fn allows(self, bad: u64, all: u64) -> bool {
        match self {
            AllowBad::Records(n) => bad <= n,
            AllowBad::Percent(p) => bad as f64 <= all as f64 * p / 100.0,
        }
    }
}

impl FromStr for AllowBad {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        let wrong = || format!("'{s}' is neither a number of records nor a percentage, such as 10 or 0.1%");
        match s.strip_suffix('%') {
            Some(p) => p.parse().ok().filter(|p| (0.0..=100.0).contains(p)).map(AllowBad::Percent).ok_or_else(wrong),
            None => s.parse().map(AllowBad::Records).map_err(|_| wrong()),
        }
    }
}

/// A number of bytes, written with an optional unit: `64K`, `1.5MiB`, `2g` (powers of 1024).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Size(pub u64);

impl FromStr for Size {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        let wrong = || format!("'{s}' is not a size, such as 65536, 64K, 16MiB or 2G");
        let at = s.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(s.len());
        let (number, unit) = s.split_at(at);
        let number: f64 = number.parse().map_err(|_| wrong())?;
        let shift = match unit.trim().to_ascii_lowercase().trim_end_matches('b').trim_end_matches('i') {
            "" => 0,
            "k" => 10,
            "m" => 20,
            "g" => 30,
            "t" => 40,
            _ => return Err(wrong()),
        };
        Ok(Size((number * (1u64 << shift) as f64) as u64))
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Bytes(u64),
            Text(String),
        }
        match Written::deserialize(deserializer)? {
            Written::Bytes(n) => Ok(Size(n)),
            Written::Text(s) => s.parse().map_err(serde::de::Error::custom),
        }
    }
}

/// The names of the fields of a row, in JSONL and Parquet. A name may be dotted (`metadata.url`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FieldNames {
    /// The field that holds the page's text; `None`: the first of the usual names.
    pub text: Option<String>,
    /// The field that holds the page's URL.
    pub url: Option<String>,
    /// The field that holds the page's id.
    pub id: Option<String>,
    /// The field that names the page's site; `None`: the site comes from the URL, or from a field `site` when there is none.
    pub site: Option<String>,
}

/// What a user may say of a run; the same names serve as flags and as keys of `dehusk.toml`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Options {
    /// Which pages share chrome [default: host]
    #[cfg_attr(feature = "cli", arg(long, value_enum, value_name = "SCOPE", help_heading = "Detection"))]
    pub scope: Option<Scope>,
    /// Drop nothing from sites of fewer pages than this [default: 1]
    #[cfg_attr(feature = "cli", arg(long, value_name = "N", help_heading = "Detection"))]
    pub min_pages: Option<u64>,
    /// What becomes of a page of which nothing is left [default: keep]
    #[cfg_attr(feature = "cli", arg(long, value_enum, value_name = "WHAT", help_heading = "Output"))]
    pub empty: Option<Empty>,
    /// What becomes of pages that say nearly the same as another after their chrome is gone [default: keep]
    #[cfg_attr(feature = "cli", arg(long, value_enum, value_name = "WHAT", help_heading = "Duplicates"))]
    pub duplicates: Option<Duplicates>,
    /// How alike two pages must be: the share of their runs of five words that both have, from 0.1 to 1 [default: 0.8]
    #[cfg_attr(feature = "cli", arg(long, value_name = "SHARE", help_heading = "Duplicates"))]
    pub duplicate_threshold: Option<f64>,
    /// Which pages are compared with each other [default: all]
    #[cfg_attr(feature = "cli", arg(long, value_enum, value_name = "SCOPE", help_heading = "Duplicates"))]
    pub duplicate_scope: Option<DuplicateScope>,
    /// Which page of a cluster stays [default: longest]
    #[cfg_attr(feature = "cli", arg(long, value_enum, value_name = "RULE", help_heading = "Duplicates"))]
    pub canonical: Option<Canonical>,
    /// A page is also a duplicate if this share of it, from 0.5 to 1, stands in a longer one [default: it is none]
    #[cfg_attr(feature = "cli", arg(long, value_name = "SHARE", help_heading = "Duplicates"))]
    pub contained: Option<f64>,
    /// Keep lines that match this regular expression, whatever is decided; may be given several times, wins over --drop
    #[cfg_attr(
        feature = "cli",
        arg(long, value_name = "REGEX", allow_hyphen_values = true, help_heading = "Detection")
    )]
    #[serde(default)]
    pub keep: Vec<String>,
    /// Drop lines that match this regular expression; may be given several times
    #[cfg_attr(
        feature = "cli",
        arg(long, value_name = "REGEX", allow_hyphen_values = true, help_heading = "Detection")
    )]
    #[serde(default)]
    pub drop: Vec<String>,
    /// Further patterns of single sites; in `dehusk.toml` alone: `[site."example.org"]`.
    #[cfg_attr(feature = "cli", arg(skip))]
    #[serde(default)]
    pub site: BTreeMap<String, Written>,
    /// Drop less, and only what is sure to be chrome
    #[cfg_attr(feature = "cli", arg(long, conflicts_with = "aggressive", help_heading = "Detection"))]
    #[serde(default)]
    pub careful: bool,
    /// Drop more, and keep only what is sure to be content
    #[cfg_attr(feature = "cli", arg(long, help_heading = "Detection"))]
    #[serde(default)]
    pub aggressive: bool,
    /// Judge by the weights in this file, as `dehusk eval --train` writes it [default: those compiled in]
    #[cfg_attr(feature = "cli", arg(long, value_name = "FILE", help_heading = "Detection"))]
    pub model: Option<PathBuf>,
    /// Key of the fingerprints; another key makes collisions prepared for the default one useless [default: 0]
    #[cfg_attr(feature = "cli", arg(long, value_name = "N", help_heading = "Detection"))]
    pub fingerprint_key: Option<u64>,
    /// Field that holds the text, in JSONL and Parquet [default: text, content, raw_content …]
    #[cfg_attr(feature = "cli", arg(long, value_name = "FIELD", help_heading = "Input"))]
    pub text_field: Option<String>,
    /// Field that holds the URL [default: url, uri, warc-target-uri, metadata.url …]
    #[cfg_attr(feature = "cli", arg(long, value_name = "FIELD", help_heading = "Input"))]
    pub url_field: Option<String>,
    /// Field that holds the id [default: id, doc_id, uuid …]
    #[cfg_attr(feature = "cli", arg(long, value_name = "FIELD", help_heading = "Input"))]
    pub id_field: Option<String>,
    /// Field that names the site [default: from the URL; site, domain or host when there is none]
    #[cfg_attr(feature = "cli", arg(long, value_name = "FIELD", help_heading = "Input"))]
    pub site_field: Option<String>,
    /// Skip pages larger than this, before and after decompression [default: 64M]
    #[cfg_attr(feature = "cli", arg(long, value_name = "SIZE", help_heading = "Input"))]
    pub max_page: Option<Size>,
    /// Exit with 0 although so many records, or so many per cent of them, could not be read [default: 0]
    #[cfg_attr(feature = "cli", arg(long, value_name = "N|P%", help_heading = "Input"))]
    pub allow_bad: Option<String>,
    /// Threads [default: one a core]
    #[cfg_attr(feature = "cli", arg(long, short = 'j', value_name = "N", help_heading = "Running"))]
    pub threads: Option<NonZeroUsize>,
    /// Text that one thread takes at a time [default: 1M]
    #[cfg_attr(feature = "cli", arg(long, value_name = "SIZE", help_heading = "Running"))]
    pub batch: Option<Size>,
    /// Whether pages are held in memory between counting and writing, or read again [default: auto]
    #[cfg_attr(feature = "cli", arg(long, value_enum, value_name = "HOW", help_heading = "Running"))]
    pub reading: Option<Reading>,
    /// Folder for temporary files [default: the system's]
    #[cfg_attr(feature = "cli", arg(long, value_name = "DIR", help_heading = "Running"))]
    pub temp_dir: Option<PathBuf>,
    /// Limits of `dehusk check`, which has flags for them; in `dehusk.toml` a table: `[check]`.
    #[cfg_attr(feature = "cli", arg(skip))]
    #[serde(default)]
    pub check: limits::Written,
}

impl Options {
    /// These options where they are set, else those of `under`. Patterns add up.
    pub fn over(self, under: Options) -> Options {
        Options {
            scope: self.scope.or(under.scope),
            min_pages: self.min_pages.or(under.min_pages),
            empty: self.empty.or(under.empty),
            duplicates: self.duplicates.or(under.duplicates),
            duplicate_threshold: self.duplicate_threshold.or(under.duplicate_threshold),
            duplicate_scope: self.duplicate_scope.or(under.duplicate_scope),
            canonical: self.canonical.or(under.canonical),
            contained: self.contained.or(under.contained),
            keep: [under.keep, self.keep].concat(),
            drop: [under.drop, self.drop].concat(),
            site: if self.site.is_empty() { under.site } else { self.site },
            careful: self.careful || under.careful && !self.aggressive,
            aggressive: self.aggressive || under.aggressive && !self.careful,
            model: self.model.or(under.model),
            fingerprint_key: self.fingerprint_key.or(under.fingerprint_key),
            text_field: self.text_field.or(under.text_field),
            url_field: self.url_field.or(under.url_field),
            id_field: self.id_field.or(under.id_field),
            site_field: self.site_field.or(under.site_field),
            max_page: self.max_page.or(under.max_page),
            allow_bad: self.allow_bad.or(under.allow_bad),
            threads: self.threads.or(under.threads),
            batch: self.batch.or(under.batch),
            reading: self.reading.or(under.reading),
            temp_dir: self.temp_dir.or(under.temp_dir),
            check: self.check.over(under.check),
        }
    }

    /// Checks the options and fills in the defaults.
    ///
    /// # Errors
    /// [`ErrorKind::Settings`](crate::error::ErrorKind::Settings) with what is wrong and what would be right.
    pub fn settings(self) -> Result<Settings> {
        let named = |flag: &str, name: Option<String>| match name {
            Some(name) if name.is_empty() => Err(Error::settings(format!("--{flag} is empty: name a field"))),
            name => Ok(name),
        };
        let max_page = self.max_page.unwrap_or(Size(64 << 20)).0;
        if !(1024..=1 << 40).contains(&max_page) {
            return Err(Error::settings("--max-page must lie between 1K and 1T"));
        }
        let batch = self.batch.unwrap_or(Size(1 << 20)).0;
        if !(4096..=1 << 30).contains(&batch) {
            return Err(Error::settings("--batch must lie between 4K and 1G"));
        }
        let threshold = self.duplicate_threshold.unwrap_or(Rules::default().threshold);
        if !(0.1..=1.0).contains(&threshold) {
            return Err(Error::settings("--duplicate-threshold must lie between 0.1 and 1, such as 0.8"));
        }
        if self.contained.is_some_and(|share| !(0.5..=1.0).contains(&share)) {
            return Err(Error::settings("--contained must lie between 0.5 and 1, such as 0.9"));
        }
        let lenience = match (self.careful, self.aggressive) {
            (true, true) => return Err(Error::settings("careful and aggressive exclude each other: choose one")),
            (true, false) => LEANING,
            (false, true) => -LEANING,
            (false, false) => 0.0,
        };
        let model = match self.model {
            Some(path) => Arc::new(Model::load(&path)?),
            None => Model::built_in(),
        };
        let allow_bad = match self.allow_bad {
            Some(text) => text.parse().map_err(|e| Error::settings(format!("--allow-bad: {e}")))?,
            None => AllowBad::Records(0),
        };
        let scope = self.scope.unwrap_or_default();
        if self.site_field.is_none() {
            self.site.keys().chain(self.check.site.keys()).try_for_each(|site| check_site(site, scope))?;
        }
        Ok(Settings {
            results: Results {
                scope,
                min_pages: self.min_pages.unwrap_or(1),
                lenience,
                model,
                empty: self.empty.unwrap_or_default(),
                duplicates: self.duplicates.unwrap_or_default(),
                duplicate_scope: self.duplicate_scope.unwrap_or_default(),
                similar: Rules {
                    threshold,
                    canonical: self.canonical.unwrap_or_default(),
                    containment: self.contained,
                },
                patterns: Patterns::new(Written { keep: self.keep, drop: self.drop }, self.site)?,
                fingerprint_key: self.fingerprint_key.unwrap_or(0),
                fields: FieldNames {
                    text: named("text-field", self.text_field)?,
                    url: named("url-field", self.url_field)?,
                    id: named("id-field", self.id_field)?,
                    site: named("site-field", self.site_field)?,
                },
                max_page: max_page as usize,
            },
            running: Running {
                threads: self
                    .threads
                    .or_else(|| std::thread::available_parallelism().ok())
                    .unwrap_or(NonZeroUsize::MIN),
                batch: batch as usize,
                reading: self.reading.unwrap_or_default(),
                temp_dir: self.temp_dir.unwrap_or_else(std::env::temp_dir),
                allow_bad,
            },
            check: self.check.limits(allow_bad)?,
        })
    }
}

/// # Errors
/// For a name that no site of a URL can have: what is said of it would silently be used nowhere.
fn check_site(name: &str, scope: Scope) -> Result<()> {
    if !name.starts_with("www.") && !name.contains('/') {
        return Ok(());
    }
    let meant = site_of(name, scope);
    Err(Error::settings(format!(
        "site \"{}\": no site of a URL has this name, a host without www.; write \"{}\", or set site-field as well",
        visible(name),
        visible(&meant)
    )))
}

/// What `--careful` adds to the score of every line, and `--aggressive` takes from it, in nats: e² to one.
const LEANING: f32 = 2.0;

/// A model stands in the settings' digest by its weights.
fn of_model<S: serde::Serializer>(model: &Arc<Model>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&model.write())
}

/// Everything a run needs to know, checked and complete.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What changes the result.
    pub results: Results,
    /// What changes only how the run goes.
    pub running: Running,
    /// What a check holds the result to.
    pub check: limits::Limits,
}

/// The settings that change what comes out.
#[derive(Clone, Debug, Serialize)]
pub struct Results {
    /// Which pages share chrome.
    pub scope: Scope,
    /// Pages a site must have before anything of it is dropped.
    pub min_pages: u64,
    /// Nats that every line is closer to content.
    pub lenience: f32,
    /// What lines are weighed by.
    #[serde(serialize_with = "of_model")]
    pub model: Arc<Model>,
    /// What becomes of emptied pages.
    pub empty: Empty,
    /// What becomes of pages that say what another says.
    pub duplicates: Duplicates,
    /// Which pages are compared with each other.
    pub duplicate_scope: DuplicateScope,
    /// What makes two pages alike, and which of them stays.
    pub similar: Rules,
    /// Lines that stay or go whatever is decided.
    pub patterns: Patterns,
    /// Seed of every fingerprint.
    pub fingerprint_key: u64,
    /// Where a row keeps text, url, id and site.
    pub fields: FieldNames,
    /// Bytes; larger pages are skipped.
    pub max_page: usize,
}

impl Results {
    /// How pages are sketched to be compared.
    pub fn method(&self) -> Method {
        Method {
            seed: self.fingerprint_key,
            by_site: self.duplicate_scope == DuplicateScope::Site,
            ..Method::default()
        }
    }

    /// A digest of these settings and of the version that gives them their meaning: 32 hexadecimal digits.
    pub fn digest(&self) -> String {
        let text = serde_json::to_string(&(env!("CARGO_PKG_VERSION"), self)).unwrap_or_default();
        format!("{:032x}", xxhash_rust::xxh3::xxh3_128(text.as_bytes()))
    }
}

/// The settings that change only time and memory.
#[derive(Clone, Debug)]
pub struct Running {
    /// Worker threads.
    pub threads: NonZeroUsize,
    /// Bytes of text a worker takes at a time.
    pub batch: usize,
    /// How often the input is read.
    pub reading: Reading,
    /// Where standard input is spooled when it must be read twice.
    pub temp_dir: PathBuf,
    /// How much may be unreadable before the exit status says so.
    pub allow_bad: AllowBad,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units_of_1024() {
        for (text, bytes) in [("65536", 65536), ("64K", 65536), ("1.5MiB", 3 << 19), ("2g", 2 << 30), ("7kb", 7168)] {
            assert_eq!(text.parse::<Size>(), Ok(Size(bytes)), "{text}");
        }
        for text in ["", "M", "12q", "-1", "1..2"] {
            assert!(text.parse::<Size>().is_err(), "{text}");
        }
    }

    #[test]
    fn allow_bad_is_a_number_or_a_percentage() {
        assert!("3".parse::<AllowBad>().is_ok_and(|a| a.allows(3, 5) && !a.allows(4, 5)));
        assert!("10%".parse::<AllowBad>().is_ok_and(|a| a.allows(1, 10) && !a.allows(2, 10)));
        assert!("x".parse::<AllowBad>().is_err() && "101%".parse::<AllowBad>().is_err());
    }

    #[test]
    fn the_digest_follows_what_changes_results_and_nothing_else() -> Result<()> {
        let base = Options::default().settings()?.results.digest();
        let scoped = Options { scope: Some(Scope::All), ..Options::default() }.settings()?.results.digest();
        let threaded = Options { threads: NonZeroUsize::new(7), ..Options::default() }.settings()?.results.digest();
        let patterned = Options { keep: vec!["a".into()], ..Options::default() }.settings()?.results.digest();
        let other = Options { drop: vec!["a".into()], ..Options::default() }.settings()?.results.digest();
        assert_ne!(base, scoped);
        assert!(base != patterned && patterned != other);
        assert_eq!(base, threaded);
        Ok(())
    }

    #[test]
    fn senseless_options_are_refused() {
        for options in [
            Options { careful: true, aggressive: true, ..Options::default() },
            Options { model: Some("missing.json".into()), ..Options::default() },
            Options { batch: Some(Size(1)), ..Options::default() },
            Options { max_page: Some(Size(1)), ..Options::default() },
            Options { text_field: Some(String::new()), ..Options::default() },
            Options { drop: vec!["(".into()], ..Options::default() },
            Options { allow_bad: Some("many".into()), ..Options::default() },
            Options { duplicate_threshold: Some(1.5), ..Options::default() },
            Options { duplicate_threshold: Some(f64::NAN), ..Options::default() },
            Options { contained: Some(0.0), ..Options::default() },
            Options { site: BTreeMap::from([("www.a.example".to_owned(), Written::default())]), ..Options::default() },
            Options {
                check: limits::Written { judge_from: Some(0), ..limits::Written::default() },
                ..Options::default()
            },
        ] {
            assert!(options.settings().is_err());
        }
    }

    #[test]
    fn flags_win_over_the_file() -> Result<()> {
        let flags = Options { scope: Some(Scope::All), ..Options::default() };
        let file = Options { scope: Some(Scope::Domain), min_pages: Some(9), ..Options::default() };
        let both = flags.over(file).settings()?.results;
        assert_eq!((both.scope, both.min_pages), (Scope::All, 9));
        Ok(())
    }
}
