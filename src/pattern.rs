//! Patterns of lines that stay or go whatever is decided: `--keep` and `--drop`.
//!
//! They are for what a user knows and no count can tell: a licence that must stay, a banner that always goes. All
//! patterns of a site are searched for at once, in time linear in the text (crate `regex`), so a pattern from anywhere
//! cannot make a run hang. A line that is to stay and to go stays.

use std::collections::{BTreeMap, HashMap};

use regex::RegexSet;
use serde::{Deserialize, Serialize};

use crate::chrome::{Rule, Verdict};
use crate::error::{Error, Result};
use crate::line::Line;
use crate::page::{Page, visible};

/// Patterns as the user wrote them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Written {
    /// Lines that match one of these stay.
    pub keep: Vec<String>,
    /// Lines that match one of these go.
    pub drop: Vec<String>,
}

impl Written {
    fn is_empty(&self) -> bool {
        self.keep.is_empty() && self.drop.is_empty()
    }

    /// These patterns and others.
    fn and(&self, other: &Written) -> Written {
        Written { keep: [&self.keep[..], &other.keep].concat(), drop: [&self.drop[..], &other.drop].concat() }
    }
}

/// Patterns, ready to be searched for.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Patterns {
    all: Written,
    by_site: BTreeMap<String, Written>,
    /// For sites without patterns of their own.
    #[serde(skip)]
    everywhere: Option<Compiled>,
    /// For the others: theirs and those of all.
    #[serde(skip)]
    there: HashMap<String, Compiled>,
}

#[derive(Clone, Debug)]
struct Compiled {
    keep: RegexSet,
    drop: RegexSet,
}

impl Patterns {
    /// Patterns for all sites, and further ones for sites by name.
    ///
    /// # Errors
    /// [`ErrorKind::Settings`](crate::error::ErrorKind::Settings) when one of them does not compile: which, and where it
    /// is wrong.
    pub fn new(all: Written, by_site: BTreeMap<String, Written>) -> Result<Self> {
        check(&all, "--")?;
        let mut there = HashMap::new();
        for (site, written) in &by_site {
            check(written, &format!("site \"{}\": ", visible(site)))?;
            if !written.is_empty() {
                there.insert(site.clone(), Compiled::new(&all.and(written))?);
            }
        }
        let everywhere = if all.is_empty() { None } else { Some(Compiled::new(&all)?) };
        Ok(Self { all, by_site, everywhere, there })
    }

    /// Changes the verdicts on the lines of `page` that match. Blank lines go where the line before them goes.
    pub fn apply(&self, page: &Page<'_>, lines: &[Line], verdicts: &mut [Verdict]) {
        let of_site = if self.there.is_empty() { None } else { self.there.get(page.site) };
        let Some(patterns) = of_site.or(self.everywhere.as_ref()) else { return };
        let mut keep = true;
        for (line, verdict) in lines.iter().zip(verdicts) {
            let text = page.text.get(line.start..line.end).unwrap_or_default();
            if verdict.rule == Rule::Blank {
                verdict.keep = keep;
            } else if patterns.keep.is_match(text) {
                *verdict = Verdict { keep: true, rule: Rule::KeptByPattern, ..*verdict };
            } else if patterns.drop.is_match(text) {
                *verdict = Verdict { keep: false, rule: Rule::DroppedByPattern, ..*verdict };
            }
            keep = verdict.keep;
        }
    }
}

impl Compiled {
    fn new(written: &Written) -> Result<Self> {
        let set = |name: &str, patterns: &[String]| {
            RegexSet::new(patterns)
                .map_err(|e| Error::settings(format!("--{name}: {e}; give fewer or simpler patterns")))
        };
        Ok(Self { keep: set("keep", &written.keep)?, drop: set("drop", &written.drop)? })
    }
}

/// # Errors
/// For the first pattern that is wrong. `place` stands before the name of its list.
fn check(written: &Written, place: &str) -> Result<()> {
    for (name, patterns) in [("keep", &written.keep), ("drop", &written.drop)] {
        for pattern in patterns {
            if let Some(wrong) = wrong(pattern) {
                return Err(Error::settings(format!("{place}{name} '{}': {wrong}", visible(pattern))));
            }
        }
    }
    Ok(())
}

/// What is wrong with a pattern, and where.
fn wrong(pattern: &str) -> Option<String> {
    if pattern.is_empty() {
        return Some("an empty pattern matches every line".to_owned());
    }
    let (what, at) = match regex_syntax::parse(pattern) {
        Ok(_) => return None,
        Err(regex_syntax::Error::Parse(e)) => (e.kind().to_string(), e.span().start.column),
        Err(regex_syntax::Error::Translate(e)) => (e.kind().to_string(), e.span().start.column),
        Err(e) => return Some(e.to_string()),
    };
    Some(format!("{what}, at column {at}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::Normaliser;

    fn written(keep: &[&str], drop: &[&str]) -> Written {
        let texts = |of: &[&str]| of.iter().map(|text| (*text).to_owned()).collect();
        Written { keep: texts(keep), drop: texts(drop) }
    }

    /// The rules on a page of `site` of which every line, blank ones aside, was to go.
    fn applied(patterns: &Patterns, site: &str, text: &str) -> Vec<(bool, Rule)> {
        let page = Page { url: "", id: None, site, text, marks: &[] };
        let mut lines = Vec::new();
        Normaliser::default().page(text, &mut lines);
        let mut verdicts: Vec<Verdict> = lines
            .iter()
            .map(|line| Verdict::drop(if line.is_blank() { Rule::Blank } else { Rule::Recurs }, 3, 4))
            .collect();
        patterns.apply(&page, &lines, &mut verdicts);
        assert!(verdicts.iter().all(|verdict| (verdict.on, verdict.of) == (3, 4)), "evidence stays");
        verdicts.into_iter().map(|verdict| (verdict.keep, verdict.rule)).collect()
    }

    #[test]
    fn a_line_that_is_to_stay_and_to_go_stays() -> Result<()> {
        let patterns = Patterns::new(written(&["^Licen[cs]e"], &["MIT", "Ad"]), BTreeMap::new())?;
        assert_eq!(
            applied(&patterns, "s", "License: MIT\nMIT\nother"),
            [(true, Rule::KeptByPattern), (false, Rule::DroppedByPattern), (false, Rule::Recurs)]
        );
        Ok(())
    }

    #[test]
    fn a_blank_line_follows_the_line_before() -> Result<()> {
        let patterns = Patterns::new(written(&["a"], &[]), BTreeMap::new())?;
        assert_eq!(
            applied(&patterns, "s", "\na\n\nb\n\n").iter().map(|(keep, _)| *keep).collect::<Vec<_>>(),
            [true, true, true, false, false]
        );
        Ok(())
    }

    #[test]
    fn a_site_has_its_own_patterns_and_those_of_all() -> Result<()> {
        let sites = BTreeMap::from([("one".to_owned(), written(&["b"], &[]))]);
        let patterns = Patterns::new(written(&["a"], &[]), sites)?;
        let keeps = |site| applied(&patterns, site, "a\nb").iter().map(|(keep, _)| *keep).collect::<Vec<_>>();
        assert_eq!((keeps("one"), keeps("two")), (vec![true, true], vec![true, false]));
        Ok(())
    }

    #[test]
    fn a_pattern_that_does_not_compile_is_named_with_its_column() {
        let error = |keep: &str| Patterns::new(written(&[keep], &[]), BTreeMap::new()).expect_err("wrong").to_string();
        assert_eq!(error("ab(c"), "--keep 'ab(c': unclosed group, at column 3");
        assert_eq!(
            error("\u{1b}[z-a]"),
            "--keep '\\u{1b}[z-a]': invalid character class range, the start must be <= the end, at column 3"
        );
        assert_eq!(error(""), "--keep '': an empty pattern matches every line");
        assert!(error("(?:x{900}){900}").starts_with("--keep: "));
        let sites = BTreeMap::from([("x.org".to_owned(), written(&[], &["*"]))]);
        let error = Patterns::new(Written::default(), sites).expect_err("wrong").to_string();
        assert_eq!(error, "site \"x.org\": drop '*': repetition operator missing expression, at column 1");
    }
}
