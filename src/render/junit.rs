//! What a check found as JUnit XML, which every CI service shows: a suite a site, a case a finding.
//!
//! What fails the check is a failed case; what the baseline knows, what is allowed and what is only worth knowing are
//! passed cases that say so. A site of which nothing was found has one passed case. There are no times and no unique
//! ids: the same crawl gives the same file.

use std::collections::BTreeMap;
use std::fmt::Write;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::check::{self, Standing, by_standing};
use super::shown;
use crate::gate::Outcome;
use crate::report::Finding;

/// Characters of a page's URL.
const URL: usize = 2000;

/// The outcome as a JUnit file.
pub fn render(outcome: &Outcome) -> String {
    let mut suites: BTreeMap<Option<&str>, Vec<TestCase>> = BTreeMap::from([(None, Vec::new())]);
    for site in &outcome.sites {
        suites.entry(Some(&site.name)).or_default();
    }
    for (standing, finding) in by_standing(outcome) {
        suites.entry(finding.site.as_deref()).or_default().push(case(standing, finding));
    }
    let mut report = Report::new("dehusk check");
    for (site, mut cases) in suites {
        let name = legal(&shown::shortened(shown::site_of(site), URL));
        if cases.is_empty() {
            let mut case = TestCase::new("passes", TestCaseStatus::success());
            case.set_classname(&name);
            cases.push(case);
        }
        let mut suite = TestSuite::new(&name);
        suite.add_test_cases(cases);
        report.add_test_suite(suite);
    }
    // Memory takes it all.
    report.to_string().unwrap_or_default()
}

fn case(standing: Standing, finding: &Finding) -> TestCase {
    let (kind, message) = (finding.kind, legal(&check::message(finding)));
    let name = match finding.fingerprint.as_str() {
        "" => kind.title().to_owned(),
        fingerprint => format!("{} {}", kind.title(), legal(&shown::shortened(fingerprint, URL))),
    };
    let mut text = format!("{message}\n{}: {}.", kind.title(), kind.describe());
    if let Some(page) = &finding.page {
        // Writing to a string cannot fail.
        let _ = write!(text, "\nPage: {}", legal(&shown::shortened(page, URL)));
    }
    let mut status = TestCaseStatus::success();
    if standing == Standing::Fails {
        status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_type(kind.name()).set_message(&message).set_description(&text);
    }
    let mut case = TestCase::new(name, status);
    case.set_classname(legal(&check::site(finding)));
    if standing != Standing::Fails {
        case.set_system_out(format!("{}: {text}", standing.describe()));
    }
    case
}

/// Text without the characters that XML 1.0 has no way to write; control characters are escaped already.
fn legal(text: &str) -> String {
    text.replace('\u{fffe}', "\\u{fffe}").replace('\u{ffff}', "\\u{ffff}")
}

#[cfg(test)]
mod tests {
    use super::super::check::tests::{HOSTILE, hostile, mixed, outcome};
    use super::*;

    fn read(outcome: &Outcome) -> Report {
        Report::deserialize_from_str(&render(outcome)).unwrap()
    }

    /// Names of the suites and of their cases, with what failed.
    fn cases(outcome: &Outcome) -> Vec<(String, String, bool)> {
        let mut cases = Vec::new();
        for suite in read(outcome).test_suites {
            for case in suite.test_cases {
                let failed = matches!(case.status, TestCaseStatus::NonSuccess { .. });
                cases.push((suite.name.to_string(), case.name.to_string(), failed));
            }
        }
        cases
    }

    fn owned(cases: &[(&str, &str, bool)]) -> Vec<(String, String, bool)> {
        cases.iter().map(|(suite, case, failed)| (suite.to_string(), case.to_string(), *failed)).collect()
    }

    #[test]
    fn a_finding_is_a_case_and_a_clean_site_has_one_that_passed() {
        let expected = [
            ("(all sites)", "missing pages", true),
            ("a.example", "too much chrome", true),
            ("a.example", "cookie wall", false),
            ("a.example", "too few pages", false),
            ("b.example", "passes", false),
        ];
        assert_eq!(cases(&mixed()), owned(&expected));
        let clean = [("(all sites)", "passes", false), ("a.example", "passes", false), ("b.example", "passes", false)];
        assert_eq!(cases(&outcome(vec![])), owned(&clean));
        let report = read(&mixed());
        assert_eq!((report.tests, report.failures, report.errors), (5, 2, 0));
    }

    #[test]
    fn what_the_check_allows_does_not_fail() {
        let allowed = Outcome { max_new: 2, ..mixed() };
        assert_eq!(read(&allowed).failures, 0);
        assert!(render(&allowed).contains("no more than the check allows"));
    }

    #[test]
    fn a_failure_has_type_message_and_page() {
        let text = render(&mixed());
        let failure = r#"<failure message="61.2 % of the text is chrome, 50 % are allowed" type="chrome-share">"#;
        assert!(text.contains(failure) && text.contains("Page: https://a.example/x?y=1"), "{text}");
        for unstable in ["timestamp", "uuid", "time="] {
            assert!(!text.contains(unstable), "{text}");
        }
    }

    #[test]
    fn no_text_breaks_the_file_or_is_lost() {
        for text in HOSTILE.into_iter().chain([&*"x".repeat(10_000)]) {
            let outcome = hostile(text);
            let report = read(&outcome);
            assert_eq!((report.tests, report.failures), (5, 1), "{text:?}");
            let suite = report.test_suites.iter().find(|suite| suite.test_cases.len() == 2).unwrap();
            assert_eq!(suite.name.as_str(), legal(&shown::shortened(shown::site(text), URL)), "{text:?}");
            let xml = render(&outcome);
            assert!(
                !xml.contains(|c: char| (c < ' ' && c != '\n') || matches!(c, '\u{fffe}' | '\u{ffff}' | '\u{202e}'))
            );
        }
    }
}
