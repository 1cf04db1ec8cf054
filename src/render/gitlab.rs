//! What a check found as a code quality report of GitLab, which merge requests show: an array of issues.
//!
//! GitLab compares the reports of two branches by the fingerprints of their issues, so what the baseline knows stands in
//! it too, as information.

use serde::Serialize;

use super::check::{self, Standing, by_standing};
use super::json::harmless;
use crate::gate::Outcome;
use crate::report::{Finding, Kind};

/// An issue, as GitLab documents it.
#[derive(Serialize)]
struct Issue {
    description: String,
    check_name: &'static str,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u64,
}

/// The outcome as a code quality report.
pub fn render(outcome: &Outcome) -> String {
    let issues: Vec<Issue> =
        by_standing(outcome).into_iter().map(|(standing, finding)| issue(standing, finding)).collect();
    // Issues are made of texts and numbers: all of these can be written.
    harmless(serde_json::to_string_pretty(&issues).unwrap_or_default()) + "\n"
}

fn issue(standing: Standing, finding: &Finding) -> Issue {
    let what = format!("{}: {}: {}", check::site(finding), finding.kind.title(), check::message(finding));
    let description = match standing {
        Standing::Fails => what,
        other => format!("{what} ({})", other.describe()),
    };
    Issue {
        description,
        check_name: finding.kind.name(),
        fingerprint: check::identity(finding),
        severity: severity(standing, finding.kind),
        location: Location { path: check::path(finding), lines: Lines { begin: 1 } },
    }
}

/// What stands in the place of the text is worse than too much of something.
fn severity(standing: Standing, kind: Kind) -> &'static str {
    match (standing, kind) {
        (Standing::Known | Standing::Note, _) => "info",
        (Standing::Allowed, _) => "minor",
        (
            Standing::Fails,
            Kind::MissingPages
            | Kind::CookieWall
            | Kind::LoginWall
            | Kind::ErrorPage
            | Kind::RepeatedText
            | Kind::SamePage
            | Kind::EmptyBody
            | Kind::TruncatedText,
        ) => "critical",
        (Standing::Fails, _) => "major",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::{Value, json};

    use super::super::check::tests::{HOSTILE, hostile, mixed, outcome};
    use super::*;

    fn read(outcome: &Outcome) -> Vec<Value> {
        serde_json::from_str(&render(outcome)).unwrap()
    }

    #[test]
    fn a_finding_is_an_issue_at_the_path_of_its_page() {
        let issues = read(&mixed());
        let severities: Vec<_> = issues.iter().map(|issue| issue["severity"].as_str().unwrap()).collect();
        assert_eq!(severities, ["critical", "major", "info", "info"]);
        let location = json!({"path": "a.example/x%3Fy=1", "lines": {"begin": 1}});
        assert_eq!((&issues[1]["location"], &issues[1]["check_name"]), (&location, &json!("chrome-share")));
        assert_eq!(
            issues[0]["description"],
            "(all sites): missing pages: 61.2 % of the text is chrome, 50 % are allowed"
        );
        assert_eq!(read(&Outcome { max_new: 9, ..mixed() })[0]["severity"], "minor");
        assert_eq!(render(&outcome(vec![])), "[]\n");
    }

    #[test]
    fn fingerprints_tell_issues_apart() {
        let fingerprints: BTreeSet<String> =
            read(&mixed()).iter().map(|issue| issue["fingerprint"].to_string()).collect();
        assert_eq!(fingerprints.len(), 4);
    }

    #[test]
    fn every_text_can_be_read_back_and_shown() {
        for text in HOSTILE.into_iter().chain([&*"x".repeat(10_000)]) {
            let json = render(&hostile(text));
            assert_eq!(read(&hostile(text)).len(), 2);
            assert!(json.len() < 10_000 && !json.contains(|c: char| c != '\n' && crate::page::is_hidden(c)), "{json}");
            assert!(!json.contains("\"path\": \"./") && !json.contains("\"path\": \"\""), "{json}");
        }
    }
}
