//! What a check found as SARIF 2.1.0 (OASIS, 2020, with Errata 01), for code scanning and the viewers of editors.
//!
//! Rules are the kinds of findings. A page is a logical location, by its URL, and a physical one by its path alone:
//! GitHub takes no result without a physical location, and no file with the scheme `https` in one.

use serde::Serialize;

use super::check::{self, Standing, by_standing};
use super::json::harmless;
use super::shown::shortened;
use crate::gate::Outcome;
use crate::report::number::count;
use crate::report::{Finding, Kind};

/// Results of a file: GitHub shows as many of a run.
const RESULTS: usize = 5000;
/// Characters of a URL.
const URL: usize = 2000;

/// The outcome as a SARIF file.
pub fn render(outcome: &Outcome) -> String {
    let found = by_standing(outcome);
    let left_out = found.len().saturating_sub(RESULTS) as u64;
    let notifications = (left_out > 0).then(|| Notification {
        level: "note",
        message: Text::new(format!("{} left out, those that matter least", count(left_out, "finding", "findings"))),
    });
    let run = Run {
        tool: Tool { driver: driver() },
        invocations: [Invocation {
            execution_successful: true,
            tool_execution_notifications: notifications.into_iter().collect(),
        }],
        results: found.into_iter().take(RESULTS).map(|(standing, finding)| result(standing, finding)).collect(),
    };
    let log = Log {
        schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        version: "2.1.0",
        runs: [run],
    };
    // A log is made of texts, numbers and lists: all of these can be written.
    harmless(serde_json::to_string_pretty(&log).unwrap_or_default()) + "\n"
}

fn driver() -> Driver {
    Driver { name: "dehusk", semantic_version: env!("CARGO_PKG_VERSION"), rules: Kind::ALL.map(rule) }
}

fn rule(kind: Kind) -> Rule {
    let sentence = format!("{}.", kind.describe());
    Rule {
        id: kind.name(),
        name: pascal_case(kind.name()),
        short_description: Text::new(kind.title()),
        full_description: Text::new(sentence.as_str()),
        help: Text::new(format!(
            "{sentence} `dehusk report` shows what each site repeats, `dehusk explain --page URL` a page line by line."
        )),
        default_configuration: Configuration { level: if kind <= Kind::FewPages { "note" } else { "error" } },
    }
}

/// `chrome-share` as `ChromeShare`.
fn pascal_case(name: &str) -> String {
    let capitalised = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
    };
    name.split('-').map(capitalised).collect()
}

fn result(standing: Standing, finding: &Finding) -> ResultOf {
    let site = check::site(finding);
    let page = finding
        .page
        .as_ref()
        .map(|page| LogicalLocation { fully_qualified_name: shortened(page, URL), kind: "resource" });
    let of_site = LogicalLocation { fully_qualified_name: site.clone(), kind: "module" };
    ResultOf {
        rule_id: finding.kind.name(),
        rule_index: Kind::ALL.iter().position(|kind| *kind == finding.kind).unwrap_or_default(),
        level: match standing {
            Standing::Fails => "error",
            Standing::Allowed => "warning",
            Standing::Known | Standing::Note => "note",
        },
        message: Text::new(format!("{site}: {}", check::message(finding))),
        locations: [Location {
            physical_location: PhysicalLocation {
                artifact_location: ArtifactLocation { uri: check::path(finding) },
                region: Region { start_line: 1 },
            },
            logical_locations: page.into_iter().chain([of_site]).collect(),
        }],
        partial_fingerprints: Fingerprints { identity: check::identity(finding) },
        baseline_state: if finding.is_new() { "new" } else { "unchanged" },
    }
}

/// The parts of the format that are used here, by their names in the standard.
#[derive(Serialize)]
struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    invocations: [Invocation; 1],
    results: Vec<ResultOf>,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    semantic_version: &'static str,
    rules: [Rule; Kind::ALL.len()],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: &'static str,
    name: String,
    short_description: Text,
    full_description: Text,
    help: Text,
    default_configuration: Configuration,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
struct Notification {
    level: &'static str,
    message: Text,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResultOf {
    rule_id: &'static str,
    rule_index: usize,
    level: &'static str,
    message: Text,
    locations: [Location; 1],
    partial_fingerprints: Fingerprints,
    baseline_state: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: PhysicalLocation,
    logical_locations: Vec<LogicalLocation>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: Region,
}

#[derive(Serialize)]
struct ArtifactLocation {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogicalLocation {
    fully_qualified_name: String,
    kind: &'static str,
}

#[derive(Serialize)]
struct Fingerprints {
    #[serde(rename = "dehusk/v1")]
    identity: String,
}

#[derive(Serialize)]
struct Text {
    text: String,
}

impl Text {
    fn new(text: impl Into<String>) -> Self {
        Self { text: text.into() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::check::tests::{HOSTILE, finding, hostile, mixed, outcome};
    use super::*;

    fn run(outcome: &Outcome) -> Value {
        let log: Value = serde_json::from_str(&render(outcome)).unwrap();
        assert_eq!(log["version"], "2.1.0");
        log["runs"][0].clone()
    }

    #[test]
    fn a_finding_is_a_result_of_its_rule() {
        let run = run(&mixed());
        let results = run["results"].as_array().unwrap();
        let all = |key: &str| results.iter().map(|result| result[key].as_str().unwrap()).collect::<Vec<_>>();
        assert_eq!(all("ruleId"), ["missing-pages", "chrome-share", "cookie-wall", "few-pages"]);
        assert_eq!(all("level"), ["error", "error", "note", "note"]);
        assert_eq!(all("baselineState"), ["new", "new", "unchanged", "new"]);
        for result in results {
            let rule = &run["tool"]["driver"]["rules"][result["ruleIndex"].as_u64().unwrap() as usize];
            assert_eq!(rule["id"], result["ruleId"]);
        }
        let at = &results[1]["locations"][0];
        assert_eq!(
            at["physicalLocation"],
            json!({"artifactLocation": {"uri": "a.example/x%3Fy=1"}, "region": {"startLine": 1}})
        );
        assert_eq!(at["logicalLocations"][0]["fullyQualifiedName"], "https://a.example/x?y=1");
        assert_eq!(run["invocations"][0], json!({"executionSuccessful": true}));
    }

    #[test]
    fn rules_are_the_kinds_of_findings() {
        let run = run(&outcome(vec![]));
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        assert_eq!(rules.len(), Kind::ALL.len());
        assert_eq!((&rules[5]["id"], &rules[5]["name"]), (&json!("chrome-share"), &json!("ChromeShare")));
        assert_eq!(rules[5]["defaultConfiguration"]["level"], "error");
        assert_eq!(run["results"], json!([]));
    }

    #[test]
    fn of_too_many_results_those_that_matter_least_are_left_out_and_counted() {
        let known = vec![finding(Kind::EmptyBody, Some("a.example"), 1); 6000];
        let run = run(&outcome([known, vec![finding(Kind::SamePage, None, 0)]].concat()));
        assert_eq!(run["results"].as_array().unwrap().len(), RESULTS);
        assert_eq!(run["results"][0]["ruleId"], "same-page");
        let note = &run["invocations"][0]["toolExecutionNotifications"][0];
        assert_eq!(note["message"]["text"], "1,001 findings left out, those that matter least");
    }

    #[test]
    fn every_text_can_be_read_back_and_every_path_is_one() {
        for text in HOSTILE.into_iter().chain([&*"x".repeat(10_000)]) {
            let json = render(&hostile(text));
            assert!(!json.contains(|c: char| c != '\n' && crate::page::is_hidden(c)), "{json}");
            let run = run(&hostile(text));
            let uri =
                run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap();
            assert!(!uri.is_empty() && uri.is_ascii() && !uri.contains([' ', ':', '<', '"', '\\']), "{uri}");
        }
    }
}
