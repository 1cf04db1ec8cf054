//! The baseline: what is known of the last good crawl, and what was accepted of it, as a file.
//!
//! JSON Lines, so that it lies well in a repository: a header, then one entry a line in a fixed order. Of each site
//! there are the findings that were accepted, with how often they came (one more is new), its figures, and a line for
//! each line that recurs on it. The header has the digest of the settings, without which fingerprints mean nothing. The
//! file may come from anywhere: what it says is checked, and what is wrong is told with its line number.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::path::Path;
use std::process::Command;

use serde::{Deserialize, Serialize};

use super::profile::{Line, Lines, MOST_LINES, Profile, lines};
use crate::error::{Error, Result, shown};
use crate::page::visible;
use crate::report::{Finding, Kind, Report};
use crate::sink::file::{parent, persist, temporary};

/// The version of the file.
const VERSION: u64 = 1;
/// What is wrong with a row of other fields.
const NO_ENTRY: &str = "neither an accepted finding, nor the profile of a site, nor a line of it";
/// Bytes up to which a file is read.
const LARGEST: u64 = 512 << 20;

/// What is known of the last good crawl.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    settings: String,
    dehusk: String,
    sites: BTreeMap<String, Known>,
    /// How often each finding was accepted.
    accepted: BTreeMap<Key, u64>,
}

/// What is known of a site.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Its figures.
    pub profile: Profile,
    /// The lines that recur on it.
    pub lines: Lines,
}

/// Tells a finding from others. Those of all sites together come first.
type Key = (Option<String>, Kind, String);

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Header {
    dehusk_baseline: u64,
    dehusk: String,
    settings: String,
}

/// An entry.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Entry {
    Accepted(Accepted),
    Figures(Figures),
    Recurs(Recurs),
}

/// A finding that was accepted.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Accepted {
    /// `None`: all sites together.
    site: Option<String>,
    accepted: Kind,
    fingerprint: String,
    count: u64,
}

/// The figures of a site.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Figures {
    site: String,
    profile: Profile,
}

/// A line that recurs on a site.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Recurs {
    site: String,
    line: String,
    tenths: u64,
    place: u64,
    text: String,
}

impl Entry {
    fn accepted((site, kind, fingerprint): &Key, count: u64) -> Self {
        Self::Accepted(Accepted { site: site.clone(), accepted: *kind, fingerprint: fingerprint.clone(), count })
    }

    fn write(&self) -> String {
        // Made of texts and numbers: it can be written.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl Baseline {
    /// Takes a crawl for good: `findings` are what fails of it without a baseline.
    pub fn of<'a>(report: &Report, findings: impl Iterator<Item = &'a Finding>) -> Self {
        let known = |site| Known { profile: Profile::of(site), lines: lines(site) };
        Self {
            settings: report.settings.clone(),
            dehusk: report.dehusk.clone(),
            sites: report.sites.iter().map(|site| (site.name.clone(), known(site))).collect(),
            accepted: findings.map(|finding| (key(finding), finding.count)).collect(),
        }
    }

    /// What is known of a site.
    pub fn site(&self, name: &str) -> Option<&Known> {
        self.sites.get(name)
    }

    /// The sites that are known, by name.
    pub fn sites(&self) -> impl Iterator<Item = (&str, &Known)> {
        self.sites.iter().map(|(name, known)| (name.as_str(), known))
    }

    /// Findings that were accepted.
    pub fn accepted(&self) -> usize {
        self.accepted.len()
    }

    /// Checks that it was made with the settings whose digest this is.
    ///
    /// # Errors
    /// When it was not: its fingerprints and figures do not compare.
    pub fn check_settings(&self, settings: &str) -> Result<()> {
        if self.settings == settings {
            return Ok(());
        }
        let version = env!("CARGO_PKG_VERSION");
        let why = if self.dehusk == version {
            "other settings (scope, detection, duplicates, fields)".to_owned()
        } else {
            format!("dehusk {}, and this is {version}", visible(&self.dehusk))
        };
        Err(Error::settings(format!(
            "the baseline was made with {why}: they do not compare. Make it anew from a good crawl with --update-baseline"
        )))
    }

    /// Notes on findings how many of them were accepted.
    pub fn apply(&self, findings: &mut [Finding]) {
        for finding in findings {
            finding.known = self.accepted.get(&key(finding)).copied().unwrap_or(0);
        }
    }

    /// What was accepted and was not found, as it stands in the file; sites that are `diagnosed` aside, of which only the
    /// cause of all findings is told.
    pub fn stale(&self, findings: &[Finding], diagnosed: &BTreeSet<&str>) -> Vec<String> {
        let found: BTreeSet<Key> = findings.iter().map(key).collect();
        let is_stale =
            |key: &Key| !found.contains(key) && !key.0.as_deref().is_some_and(|site| diagnosed.contains(site));
        self.accepted.iter().filter(|(key, _)| is_stale(key)).map(|(key, n)| Entry::accepted(key, *n).write()).collect()
    }

    /// The file.
    pub fn write(&self) -> String {
        let header = Header { dehusk_baseline: VERSION, dehusk: self.dehusk.clone(), settings: self.settings.clone() };
        let mut rows: BTreeMap<Option<&str>, Vec<Entry>> = BTreeMap::new();
        for (key, count) in &self.accepted {
            rows.entry(key.0.as_deref()).or_default().push(Entry::accepted(key, *count));
        }
        for (name, known) in &self.sites {
            let of_site = rows.entry(Some(name)).or_default();
            of_site.push(Entry::Figures(Figures { site: name.clone(), profile: known.profile }));
            of_site.extend(known.lines.iter().map(|(line, Line { tenths, place, text })| {
                let (line, text) = (line.clone(), text.clone());
                Entry::Recurs(Recurs { site: name.clone(), line, tenths: *tenths, place: *place, text })
            }));
        }
        let mut out = serde_json::to_string(&header).unwrap_or_default() + "\n";
        for entry in rows.into_values().flatten() {
            out.extend([entry.write().as_str(), "\n"]);
        }
        out
    }

    /// Reads what [`write`](Self::write) wrote; `name` is where it came from.
    ///
    /// # Errors
    /// When it is no baseline, or damaged: with the number of the line.
    pub fn read(text: &[u8], name: &str) -> Result<Self> {
        let wrong = |line: usize, why: &dyn std::fmt::Display| {
            let why = why.to_string();
            Error::settings(format!(
                "{name}, line {line}: {}. Mend it, or make it anew from a good crawl with --update-baseline",
                visible(&why)
            ))
        };
        let text = std::str::from_utf8(text).map_err(|e| {
            let before = text.get(..e.valid_up_to()).unwrap_or_default();
            wrong(before.iter().filter(|byte| **byte == b'\n').count() + 1, &"not UTF-8")
        })?;
        let mut rows = (1..).zip(text.lines());
        let header = rows.next().map_or("", |(_, row)| row);
        let header: Header =
            serde_json::from_str(header).map_err(|e| wrong(1, &format!("no baseline of dehusk: {e}")))?;
        if header.dehusk_baseline != VERSION {
            return Err(wrong(1, &format!("version {} of the form is not known", header.dehusk_baseline)));
        }
        let mut baseline = Self { settings: header.settings, dehusk: header.dehusk, ..Self::default() };
        for (number, row) in rows {
            let entry = serde_json::from_str(row).map_err(|e| match e.classify() {
                serde_json::error::Category::Data => wrong(number, &NO_ENTRY),
                _ => wrong(number, &e),
            })?;
            baseline.add(entry).map_err(|why| wrong(number, &why))?;
        }
        if !text.ends_with('\n') {
            return Err(wrong(text.lines().count(), &"it is cut short"));
        }
        Ok(baseline)
    }

    fn add(&mut self, entry: Entry) -> Result<(), &'static str> {
        let is_twice = match entry {
            Entry::Accepted(Accepted { site, accepted, fingerprint, count }) => {
                self.accepted.insert((site, accepted, fingerprint), count).is_some()
            }
            Entry::Figures(Figures { site, profile }) => {
                self.sites.insert(site, Known { profile, lines: Lines::new() }).is_some()
            }
            Entry::Recurs(Recurs { site, line, tenths, place, text }) => {
                if line.len() != 16 || !line.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                    return Err("a line is named by 16 hexadecimal digits");
                }
                if tenths > 10 || place > 10 {
                    return Err("tenths and place lie between 0 and 10");
                }
                let known =
                    self.sites.get_mut(&site).ok_or("a line of a site whose profile does not stand before it")?;
                if known.lines.len() >= MOST_LINES {
                    return Err("more lines of a site than there can be");
                }
                known.lines.insert(line, Line { tenths, place, text }).is_some()
            }
        };
        if is_twice { Err("it stands here twice") } else { Ok(()) }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// When it is not there, which is told with the remedy, or as [`read`](Self::read).
    pub fn load(path: &Path) -> Result<Self> {
        let missing = |e: std::io::Error| match e.kind() {
            std::io::ErrorKind::NotFound => Error::settings(format!(
                "{}: there is no such baseline; make it from a good crawl with --update-baseline",
                shown(path)
            )),
            _ => Error::reading(path)(e),
        };
        let file = std::fs::File::open(path).map_err(missing)?;
        let mut text = Vec::new();
        file.take(LARGEST + 1).read_to_end(&mut text).map_err(Error::reading(path))?;
        if text.len() as u64 > LARGEST {
            return Err(Error::settings(format!("{}: too large for a baseline", shown(path))));
        }
        Self::read(&text, &shown(path))
    }

    /// Reads the file as it is in a commit of the repository it lies in.
    ///
    /// # Errors
    /// When there is no git, no repository, no such commit or no such file in it, or as [`read`](Self::read).
    pub fn load_from(revision: &str, path: &Path) -> Result<Self> {
        let odd = |c: char| c == ':' || c.is_whitespace() || c.is_control();
        if revision.is_empty() || revision.starts_with('-') || revision.contains(odd) {
            return Err(Error::settings(format!("--baseline-from: '{}' names no commit", visible(revision))));
        }
        let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        let object = format!("{revision}:./{name}");
        let ran = Command::new("git")
            .arg("-C")
            .arg(parent(path))
            .args(["show", "--no-textconv", &object])
            .output()
            .map_err(|e| Error::settings(format!("--baseline-from: git could not be run: {e}")))?;
        if !ran.status.success() {
            let said = String::from_utf8_lossy(&ran.stderr);
            let said = said.lines().next().unwrap_or("it did not say why").trim_start_matches("fatal: ").to_owned();
            return Err(Error::settings(format!(
                "--baseline-from {revision}: git has no {} there: {}",
                shown(path),
                visible(&said)
            )));
        }
        Self::read(&ran.stdout, &format!("{} of {revision}", shown(path)))
    }

    /// Writes the file, in the place of an older one.
    ///
    /// # Errors
    /// When it cannot be written; the older one then stays as it is.
    pub fn save(&self, path: &Path) -> Result<()> {
        let mut file = temporary(path)?;
        file.write_all(self.write().as_bytes()).map_err(Error::writing(path))?;
        persist(file, path, true)
    }
}

fn key(finding: &Finding) -> Key {
    (finding.site.clone(), finding.kind, finding.fingerprint.clone())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::report::Level;
    use crate::report::document::{Details, Member, Recurring, Site};

    fn finding(site: Option<&str>, kind: Kind, fingerprint: &str, count: u64) -> Finding {
        Finding {
            kind,
            level: Level::Error,
            site: site.map(str::to_owned),
            fingerprint: fingerprint.to_owned(),
            count,
            pages: 1,
            of: 1,
            message: String::new(),
            page: None,
            known: 0,
        }
    }

    fn baseline() -> Baseline {
        let line = |n: u64| Member {
            fingerprint: format!("{n:016x}"),
            text: "a\"\n".to_owned(),
            pages: n,
            ..Member::default()
        };
        let recurring = Recurring { lines: (1..5).map(line).collect(), ..Recurring::default() };
        let details = Details { sampled: 10, recurring: vec![recurring], ..Details::default() };
        let site = |name: &str| Site { name: name.to_owned(), details: Some(details.clone()), ..Site::default() };
        let report =
            Report { settings: "digest".to_owned(), sites: vec![site("b.example"), site("c")], ..Report::default() };
        let accepted = [
            finding(Some("c"), Kind::Cluster, "0a", 3),
            finding(Some("a.example"), Kind::MissingPages, "", 5),
            finding(None, Kind::SkippedRecords, "", 2),
        ];
        Baseline::of(&report, accepted.iter())
    }

    #[test]
    fn what_is_read_is_what_was_written() -> Result<()> {
        let baseline = baseline();
        let text = baseline.write();
        assert_eq!(Baseline::read(text.as_bytes(), "b")?, baseline);
        assert_eq!(text.lines().count(), 1 + 3 + 2 * (1 + 4));
        Ok(())
    }

    #[test]
    fn entries_stand_one_a_line_those_of_a_site_together() {
        let text = baseline().write();
        let sites: Vec<&str> = text.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
        let mut sorted = sites.clone();
        sorted.sort_by_key(|site| (*site != r#"{"site":null"#, site.to_string()));
        assert_eq!(sites, sorted);
    }

    #[test]
    fn one_more_than_was_accepted_is_new() {
        let mut findings = [3, 4].map(|copies| finding(Some("c"), Kind::Cluster, "0a", copies));
        baseline().apply(&mut findings);
        assert_eq!(findings.map(|finding| finding.fails()), [false, true]);
    }

    #[test]
    fn what_was_accepted_and_is_gone_is_stale_unless_its_site_has_a_cause_of_its_own() {
        let found = [finding(None, Kind::SkippedRecords, "", 1)];
        let stale = baseline().stale(&found, &BTreeSet::from(["a.example"]));
        assert_eq!(stale, [r#"{"site":"c","accepted":"cluster","fingerprint":"0a","count":3}"#]);
        assert!(baseline().write().contains(&stale[0]));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let text = baseline().write();
        let header = text.lines().next().unwrap_or_default();
        let with = |lines: &str| format!("{header}\n{lines}\n");
        let profile = text.lines().find(|line| line.contains("profile")).unwrap_or_default();
        for (text, said) in [
            (String::new(), "line 1: no baseline"),
            ("{}\n".to_owned(), "line 1: no baseline"),
            (header.replace(":1,", ":2,") + "\n", "line 1: version 2"),
            (with("{\"site\":\"a\"}"), "line 2: neither"),
            (with("{\"site\":\"a\",\"colour\":1}"), "line 2: neither"),
            (with("{\"site\":\"a\",\"accepted\":\"colour\",\"fingerprint\":\"\",\"count\":1}"), "line 2: neither"),
            (
                with("{\"site\":\"a\",\"line\":\"0000000000000001\",\"tenths\":1,\"place\":1,\"text\":\"\"}"),
                "line 2: a line of a site",
            ),
            (with(&[profile, profile].join("\n")), "line 3: it stands here twice"),
            (with("{\"site\":\"b\\u001b\""), "line 2: EOF"),
            (text.trim_end().to_owned(), "cut short"),
        ] {
            let error = Baseline::read(text.as_bytes(), "b").map_err(|e| e.to_string());
            assert!(error.as_ref().is_err_and(|e| e.contains(said) && e.contains("--update-baseline")), "{error:?}");
        }
        assert!(Baseline::read(b"{\n\n\xff", "b").is_err_and(|e| e.to_string().contains("line 3: not UTF-8")));
    }

    #[test]
    fn a_baseline_of_other_settings_does_not_compare() {
        let baseline = baseline();
        assert!(baseline.check_settings("digest").is_ok());
        let error = baseline.check_settings("other").map_err(|e| e.to_string());
        assert!(error.is_err_and(|e| e.contains("--update-baseline")));
    }

    #[test]
    fn a_commit_is_never_an_option_of_git() {
        for revision in ["--output=x", "", "a b", "HEAD:x"] {
            let refused = Baseline::load_from(revision, Path::new("b.jsonl")).map_err(|e| e.to_string());
            assert!(refused.is_err_and(|e| e.contains("names no commit")), "{revision}");
        }
    }

    proptest! {
        #[test]
        fn a_damaged_file_is_an_error_and_no_panic(at in 0..2000_usize, byte in any::<u8>(), cut in 0..2000_usize) {
            let mut text = baseline().write().into_bytes();
            if let Some(changed) = text.get_mut(at) {
                *changed = byte;
            }
            text.truncate(cut);
            drop(Baseline::read(&text, "b"));
        }
    }
}
