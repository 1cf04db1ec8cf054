//! Every form of a report and of a check is read back by a parser that is not dehusk's, after a crawl whose authors tried
//! to break it.

use std::collections::{BTreeMap, BTreeSet};

use dehusk::gate::{CheckedSite, Outcome};
use dehusk::render::{CheckForm, github};
use dehusk::report::{Finding, Kind, Level};
use quick_xml::events::Event;
use serde::Deserialize;
use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use crate::fixture::{Crawl, Page, Place};

/// What strangers may write into a page.
const HOSTILE: [&str; 15] = [
    "<script>alert(1)</script>",
    "]]></failure></testcase>",
    "</style></details>",
    "\u{1b}[31mred\u{1b}]0;title\u{7}",
    "::error::no",
    "##[error]no",
    "%0A::error::no%0D",
    "=cmd|' /C calc'!A0",
    "\u{202e}gnp.exe",
    "nul \0 \u{fffe} \u{9b}31m",
    "| cell | cell |",
    "`code` ``` code",
    "@octocat #1 https://a.example",
    "日本語の見出し",
    "\"quoted\", 'quoted' \\",
];

/// Hosts that are no good names either.
const HOSTS: [&str; 6] = ["=cmd|' ", "<script>alert(1)<b>", "@octocat", "`x`|y", "\u{202e}-1", "plain.example"];

/// A crawl of pages that share all of [`HOSTILE`], some of which say nearly the same, and one nothing else.
fn hostile() -> Place {
    let mut pages = Vec::new();
    for (site, host) in HOSTS.iter().enumerate() {
        for (n, page) in Crawl::plain(1, 8).0.into_iter().enumerate() {
            let own = if n == 0 { vec![] } else { page.own.clone() };
            let mut lines: Vec<String> = HOSTILE.map(str::to_owned).into();
            lines.extend(own.iter().map(|line| if n < 3 { line.clone() } else { format!("{line} {site}") }));
            lines.push("x".repeat(10_000));
            pages.push(Page { url: format!("http://{host}/{n}?`|<b>"), own, lines });
        }
    }
    let place = Place::new();
    place.write("in.jsonl", [Crawl(pages).jsonl(), b"{bad\x1b[31m\n".to_vec()].concat());
    place
}

/// The report in a form.
fn report(place: &Place, form: &str) -> String {
    let run = place.run(&["report", "in.jsonl", "--format", form, "--min-pages", "3", "--allow-bad", "1"]);
    assert_eq!(run.code, Some(0), "{form}: {}", run.stderr);
    String::from_utf8(run.stdout).unwrap()
}

fn json(place: &Place) -> Value {
    serde_json::from_str(&report(place, "json")).unwrap()
}

fn schema(place: &Place) -> Value {
    serde_json::from_slice(&place.run(&["generate", "schema"]).stdout).unwrap()
}

/// The findings of the hostile crawl as a check would have them: every second one new, the others known.
fn outcome(place: &Place) -> Outcome {
    let report = report(place, "jsonl");
    let rows: Vec<StrictFinding> = report.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let findings = rows.into_iter().enumerate().map(|(n, row)| Finding {
        kind: Kind::ALL[n % Kind::ALL.len()],
        level: Level::Error,
        site: row.site,
        fingerprint: row.fingerprint,
        count: 1,
        pages: row.pages,
        of: row.of,
        message: row.message,
        page: row.page,
        known: n as u64 % 2,
    });
    let site = |name: &str| CheckedSite { name: name.to_owned(), ..CheckedSite::default() };
    Outcome { sites: HOSTS.map(|host| site(host.trim())).into(), findings: findings.collect(), ..Outcome::default() }
}

/// Whether a terminal, an XML parser or a reader's eye would be misled.
fn misleads(c: char) -> bool {
    dehusk::page::is_hidden(c) && c != '\n'
}

#[test]
fn the_json_report_is_what_the_schema_says() {
    let place = hostile();
    let schema = schema(&place);
    let validator = jsonschema::validator_for(&schema).unwrap();
    let samples = concat!(env!("CARGO_MANIFEST_DIR"), "/samples/wet");
    let of_samples = place.run(&["report", samples, "--format", "json"]).stdout;
    for document in [json(&place), serde_json::from_slice(&of_samples).unwrap()] {
        let errors: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:#?}");
        let mut unknown = document.clone();
        unknown["sites"][0]["unknown"] = true.into();
        assert!(!validator.is_valid(&unknown), "a field that nobody named is let through");
        let mut missing = document;
        missing["totals"].as_object_mut().unwrap().remove("pages");
        assert!(!validator.is_valid(&missing), "a field may go unseen");
    }
}

#[test]
fn a_line_of_the_findings_is_what_the_schema_says() {
    let place = hostile();
    let mut schema = schema(&place);
    schema["$ref"] = "#/$defs/Finding".into();
    for key in ["properties", "required", "type", "additionalProperties"] {
        schema.as_object_mut().unwrap().remove(key);
    }
    let validator = jsonschema::validator_for(&schema).unwrap();
    let findings = report(&place, "jsonl");
    assert!(findings.lines().count() >= HOSTS.len());
    for line in findings.lines() {
        validator.validate(&serde_json::from_str(line).unwrap()).unwrap_or_else(|e| panic!("{e}: {line}"));
        serde_json::from_str::<StrictFinding>(line).unwrap();
    }
    assert!(!findings.contains(misleads));
}

#[test]
fn the_json_report_has_these_fields_and_no_other() {
    let place = hostile();
    let text = report(&place, "json");
    assert!(!text.contains(misleads), "a terminal would obey it");
    let strict: StrictReport = serde_json::from_str(&text).unwrap();
    assert_eq!((strict.version, strict.sites.len()), (1, HOSTS.len()));
    let detailed = strict.sites.iter().filter_map(|site| site.details.as_ref());
    let lines: BTreeSet<&str> = detailed
        .flat_map(|details| &details.recurring)
        .flat_map(|recurring| &recurring.lines)
        .map(|line| line.text.as_str())
        .collect();
    let through = HOSTILE.iter().filter(|text| lines.contains(*text)).count();
    assert!(through >= HOSTILE.len() / 2, "only {through} hostile texts came through: {lines:?}");
    assert!(!strict.clusters.unwrap().listed.is_empty());
}

#[test]
fn the_csv_has_a_row_a_site_and_no_formula() {
    let place = hostile();
    let text = report(&place, "csv");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows: Vec<BTreeMap<String, String>> = reader.deserialize().map(|row| row.unwrap()).collect();
    let document = json(&place);
    assert_eq!(rows.len(), HOSTS.len());
    for (row, site) in rows.iter().zip(document["sites"].as_array().unwrap()) {
        assert!(!row["name"].starts_with(['=', '+', '-', '@']), "{row:?}");
        assert_eq!(row["pages"], site["pages"].to_string());
        assert_eq!(row["read-bytes"], site["read"]["bytes"].to_string());
        let cell = |name: &str| row[name].parse::<u64>().unwrap();
        let dropped = row.keys().filter(|name| name.starts_with("dropped-") && name.ends_with("-bytes"));
        assert_eq!(dropped.map(|name| cell(name)).sum::<u64>(), cell("read-bytes") - cell("kept-bytes"));
    }
    assert!(!text.contains(misleads), "{text}");
}

#[test]
fn the_markdown_is_short_and_has_no_html_of_strangers() {
    let place = hostile();
    let text = report(&place, "markdown");
    assert_eq!(text, report(&place, "md"));
    assert!(text.len() < 60_000 && !text.contains(misleads), "{text}");
    let summary = github::summary(&outcome(&place));
    assert!(summary.len() < 60_000 && !summary.contains(misleads), "{summary}");
    for text in [text, summary] {
        let outside = outside_code(&text);
        assert!(!outside.contains("<script") && !outside.contains('@') && !outside.contains("://"), "{outside}");
    }
}

/// Markdown without its blocks and spans of code.
fn outside_code(markdown: &str) -> String {
    let mut fence = String::new();
    let mut out = String::new();
    for line in markdown.lines() {
        let ticks: String = line.chars().take_while(|c| *c == '`').collect();
        if fence.is_empty() && ticks.len() < 3 {
            out.extend(line.split('`').step_by(2));
            out.push('\n');
        } else if fence.is_empty() {
            fence = ticks;
        } else if line == fence {
            fence.clear();
        }
    }
    assert!(fence.is_empty(), "a block of code is not closed");
    out
}

#[test]
fn the_text_is_as_wide_as_the_terminal_and_no_wider() {
    let place = hostile();
    for (columns, color) in [("80", "never"), ("80", "always"), ("160", "never")] {
        let arguments = ["report", "in.jsonl", "--color", color, "--min-pages", "3", "--allow-bad", "1"];
        let output = place.command(&arguments).env("COLUMNS", columns).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(text.contains('\u{1b}'), color == "always");
        let plain = anstream::adapter::strip_str(&text).to_string();
        assert!(!plain.contains(misleads), "{plain}");
        let widths = plain.lines().map(UnicodeWidthStr::width);
        assert_eq!(widths.max().unwrap().to_string(), columns, "{plain}");
    }
}

#[test]
fn sites_shows_as_many_as_it_says() {
    let place = hostile();
    let run = place.run(&["report", "in.jsonl", "--sites", "2", "--allow-bad", "1"]);
    let text = String::from_utf8(run.stdout).unwrap();
    assert!(text.contains("and 4 more sites, see --sites"), "{text}");
    assert_eq!(text.matches(" repeated on ").count(), 1, "{text}");
}

#[test]
fn junit_is_well_formed_xml_with_a_case_a_finding() {
    let place = hostile();
    let outcome = outcome(&place);
    let text = CheckForm::Junit.render(&outcome);
    let mut reader = quick_xml::Reader::from_str(&text);
    let (mut open, mut cases, mut failures) = (Vec::new(), 0, 0);
    loop {
        match reader.read_event().unwrap() {
            Event::Start(tag) => {
                let name = tag.name().as_ref().to_owned();
                cases += usize::from(name == "testcase");
                failures += usize::from(name == "failure");
                open.push(name);
            }
            Event::Empty(tag) => cases += usize::from(tag.name().as_ref() == "testcase"),
            Event::End(tag) => assert_eq!(open.pop().unwrap(), tag.name().as_ref()),
            Event::Eof => break,
            _ => {}
        }
    }
    assert!(open.is_empty());
    let report = quick_junit::Report::deserialize_from_str(&text).unwrap();
    assert_eq!((report.tests, report.failures), (cases, failures));
    assert_eq!(failures, outcome.failures().count());
    // A case for each finding, and one for each suite in which there is none.
    let clean = report.test_suites.iter().filter(|suite| suite.test_cases[0].name.as_str() == "passes").count();
    assert_eq!(report.tests, outcome.findings.len() + clean);
    assert!(!text.contains(misleads));
}

#[test]
fn sarif_has_the_fields_of_the_standard_and_no_other() {
    let place = hostile();
    let outcome = outcome(&place);
    let text = CheckForm::Sarif.render(&outcome);
    let log: sarif::Log = serde_json::from_str(&text).unwrap();
    let run = &log.runs[0];
    assert_eq!((log.version.as_str(), run.results.len()), ("2.1.0", outcome.findings.len()));
    for result in &run.results {
        assert_eq!(run.tool.driver.rules[result.rule_index].id, result.rule_id);
        assert!(["error", "note"].contains(&result.level.as_str()));
        assert!(["new", "unchanged"].contains(&result.baseline_state.as_str()));
        let at = &result.locations[0];
        let uri = &at.physical_location.artifact_location.uri;
        // RFC 3986, a relative reference whose first segment has no colon.
        assert!(uri.bytes().all(|c| c.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=@/%".contains(&c)), "{uri}");
        assert!(!uri.is_empty() && !uri.starts_with('/'), "{uri}");
        assert!(!at.logical_locations.is_empty() && result.message.text.chars().count() < 3000);
        assert_eq!(result.partial_fingerprints["dehusk/v1"].len(), 32);
    }
    assert!(run.results.iter().any(|result| result.message.text.contains(HOSTS[1])));
    assert!(!text.contains(misleads));
}

#[test]
fn github_has_a_command_a_line_and_no_other() {
    let place = hostile();
    let text = CheckForm::Github.render(&outcome(&place));
    let lines: Vec<&str> = text.split_terminator(['\n', '\r']).collect();
    assert_eq!(lines.len(), 11, "{text}");
    for (n, line) in lines.iter().enumerate() {
        let level = if n < 10 { "::error title=" } else { "::notice title=" };
        let (title, _) = line.strip_prefix(level).and_then(|rest| rest.split_once("::")).unwrap();
        assert!(!title.contains([':', ',']) && !line.contains(misleads), "{line}");
    }
}

#[test]
fn gitlab_has_issues_that_differ_by_their_fingerprints() {
    let place = hostile();
    let outcome = outcome(&place);
    let text = CheckForm::Gitlab.render(&outcome);
    let issues: Vec<gitlab::Issue> = serde_json::from_str(&text).unwrap();
    let fingerprints: BTreeSet<&str> = issues.iter().map(|issue| issue.fingerprint.as_str()).collect();
    assert_eq!((issues.len(), fingerprints.len()), (outcome.findings.len(), outcome.findings.len()));
    for issue in &issues {
        assert!(["critical", "major", "info"].contains(&issue.severity.as_str()), "{}", issue.severity);
        assert!(Kind::ALL.iter().any(|kind| kind.name() == issue.check_name));
        assert!(!issue.location.path.starts_with(['.', '/']) && issue.location.lines.begin == 1);
        assert!(!issue.description.is_empty());
    }
    assert!(!text.contains(misleads));
}

/// Declares structs that take these fields and no other. The JSON report is declared a second time by them: a field that
/// comes, goes or is renamed breaks these tests.
macro_rules! strict {
    ($($name:ident { $($field:ident: $type:ty),+ $(,)? })+) => {$(
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case")]
        #[allow(dead_code, reason = "the fields are there to be named")]
        struct $name { $($field: $type),+ }
    )+};
}

strict! {
    StrictReport {
        version: u32, dehusk: String, settings: String, totals: StrictTotals, sources: Vec<StrictSource>,
        sites: Vec<StrictSite>, clusters: Option<StrictClusters>,
    }
    StrictTotals {
        sites: u64, few_pages: u64, detailed: u64, min_text: u64, skipped: u64, pages: u64, distinct: u64, blank: u64,
        emptied: u64, short: u64, duplicates: u64, read: StrictAmount, kept: StrictAmount, duplicate: StrictAmount,
        dropped: BTreeMap<String, StrictAmount>, pages_by_share: [u64; 11],
    }
    StrictAmount { lines: u64, bytes: u64 }
    StrictSource { name: String, pages: u64, skipped: u64, problems: Vec<StrictProblem> }
    StrictProblem { record: Option<u64>, byte: Option<u64>, reason: String }
    StrictSite {
        name: String, few_pages: bool, pages: u64, distinct: u64, blank: u64, emptied: u64, short: u64, duplicates: u64,
        read: StrictAmount, kept: StrictAmount, duplicate: StrictAmount, dropped: BTreeMap<String, StrictAmount>,
        pages_by_share: [u64; 11], read_lengths: StrictLengths, kept_lengths: StrictLengths, open_ends: u64,
        most_equal: u64, most_alike: u64, alike_text: Option<String>, emptied_pages: Vec<String>,
        details: Option<StrictDetails>,
    }
    StrictLengths { deciles: [u64; 9], longest: u64, as_long_as_longest: f64 }
    StrictDetails {
        sampled: u64, recurring: Vec<StrictRecurring>, more_recurring: u64, positions: Vec<u8>,
        repeated: Vec<StrictRepeated>, ends: StrictEnds, examples: Vec<StrictExample>,
    }
    StrictRepeated { fingerprint: String, text: String, pages: u64, own_text: u64 }
    StrictEnds {
        read_alike: f64, read_length: u64, kept_alike: f64, kept_length: u64, kept_open: f64, own: [u64; 9],
    }
    StrictRecurring {
        id: String, kind: String, heading: Option<String>, pages: u64, lines: Vec<StrictMember>, more_lines: u64, lines_a_page: f64, bytes: u64,
        position: f64, example: String,
    }
    StrictMember {
        fingerprint: String, text: String, pages: u64, own_text: u64, first_day: Option<String>, last_day: Option<String>,
    }
    StrictExample { url: String, lines: Vec<StrictLine>, more_lines: u64 }
    StrictLine { text: String, keep: bool, rule: String, pages: u32, of: u64 }
    StrictClusters { clusters: u64, pages: u64, listed: Vec<StrictCluster> }
    StrictCluster {
        id: String, size: u64, canonical: String, is_earlier: bool, pages: Vec<StrictPage>, more_pages: u64,
        compared: Option<StrictCompared>,
    }
    StrictPage { url: String, site: String, relation: String, similarity: f64 }
    StrictCompared { canonical: String, url: String, other: String }
    StrictFinding {
        kind: String, level: String, site: Option<String>, fingerprint: String, count: u64, pages: u64, of: u64,
        message: String, page: Option<String>, known: u64,
    }
}

/// What of SARIF 2.1.0 is used, by section 3 of the standard.
mod sarif {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    macro_rules! strict {
        ($($name:ident { $($(#[$attribute:meta])* $field:ident: $type:ty),+ $(,)? })+) => {$(
            #[derive(Deserialize)]
            #[serde(deny_unknown_fields, rename_all = "camelCase")]
            #[allow(dead_code, reason = "the fields are there to be named")]
            pub struct $name { $($(#[$attribute])* pub $field: $type),+ }
        )+};
    }

    strict! {
        Log { #[serde(rename = "$schema")] schema: String, version: String, runs: Vec<Run> }
        Run { tool: Tool, invocations: Vec<Invocation>, results: Vec<Found> }
        Tool { driver: Driver }
        Driver { name: String, semantic_version: String, rules: Vec<Rule> }
        Rule {
            id: String, name: String, short_description: Text, full_description: Text, help: Text,
            default_configuration: Configuration,
        }
        Configuration { level: String }
        Invocation { execution_successful: bool, #[serde(default)] tool_execution_notifications: Vec<Notification> }
        Notification { level: String, message: Text }
        Found {
            rule_id: String, rule_index: usize, level: String, message: Text, locations: Vec<Location>,
            partial_fingerprints: BTreeMap<String, String>, baseline_state: String,
        }
        Location { physical_location: Physical, logical_locations: Vec<Logical> }
        Physical { artifact_location: Artifact, region: Region }
        Artifact { uri: String }
        Region { start_line: u64 }
        Logical { fully_qualified_name: String, kind: String }
        Text { text: String }
    }
}

/// What GitLab documents of code quality reports.
mod gitlab {
    use serde::Deserialize;

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Issue {
        pub description: String,
        pub check_name: String,
        pub fingerprint: String,
        pub severity: String,
        pub location: Location,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Location {
        pub path: String,
        pub lines: Lines,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Lines {
        pub begin: u64,
    }
}
