//! What a check found for GitHub Actions: workflow commands, which become annotations, and the summary of a step.
//!
//! GitHub shows ten annotations of a level a step: so many findings are annotated, and a notice tells of all. Texts are
//! escaped as the toolkit of GitHub's own actions does it (`@actions/core`, `command.ts`).

use std::fmt::Write;

use super::check::{self, Standing, by_standing};
use super::markdown::{Sheet, Table, code, folded, more};
use super::shown::shortened;
use crate::gate::Outcome;
use crate::report::Finding;
use crate::report::number::{count, grouped, hundredths};

/// Annotations of a level that GitHub shows of a step.
const ANNOTATIONS: usize = 10;
/// Characters of an annotation's text, and of the site, message and page in a table.
const TEXT: usize = 1000;
const CELL: usize = 200;
/// Findings of a table.
const ROWS: usize = 50;

/// The outcome as workflow commands.
pub fn render(outcome: &Outcome) -> String {
    let found = by_standing(outcome);
    let mut out = String::new();
    let annotated: Vec<_> =
        found.iter().filter(|(standing, _)| matches!(standing, Standing::Fails | Standing::Allowed)).collect();
    for (standing, finding) in annotated.iter().take(ANNOTATIONS) {
        let level = if *standing == Standing::Fails { "error" } else { "warning" };
        let page = finding.page.as_ref().map(|page| format!(" ({})", shortened(page, TEXT))).unwrap_or_default();
        let text = format!("{}: {}{page}", check::site(finding), check::message(finding));
        command(&mut out, level, &format!("dehusk: {}", finding.kind.title()), &text);
    }
    let left_out = if annotated.len() > ANNOTATIONS { " The first ten findings are annotated." } else { "" };
    command(&mut out, "notice", "dehusk check", &format!("{}{left_out}", totals(outcome, &found)));
    out
}

/// A command: a line of its own, whatever the texts are.
fn command(out: &mut String, level: &str, title: &str, text: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "::{level} title={}::{}", escaped_property(title), escaped_data(text));
}

/// `escapeData` of the toolkit.
fn escaped_data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// `escapeProperty` of the toolkit.
fn escaped_property(text: &str) -> String {
    escaped_data(text).replace(':', "%3A").replace(',', "%2C")
}

/// The outcome in a sentence.
fn totals(outcome: &Outcome, found: &[(Standing, &Finding)]) -> String {
    let of = |wanted: Standing| found.iter().filter(|(standing, _)| *standing == wanted).count() as u64;
    let mut out = match of(Standing::Fails) {
        0 => "The check passes".to_owned(),
        failures => format!("The check fails: {}", count(failures, "finding", "findings")),
    };
    for standing in [Standing::Allowed, Standing::Known, Standing::Note] {
        if of(standing) > 0 {
            let _ = write!(out, "; {} {}", grouped(of(standing)), standing.describe());
        }
    }
    if !outcome.stale.is_empty() {
        let _ = write!(out, "; {} of the baseline not found any more", grouped(outcome.stale.len() as u64));
    }
    let (pages, sites) = (count(outcome.pages, "page", "pages"), count(outcome.sites.len() as u64, "site", "sites"));
    let _ = write!(
        out,
        ". {pages} of {sites}, {} chrome, {} duplicates.",
        hundredths(outcome.chrome_share),
        hundredths(outcome.duplicate_share)
    );
    out
}

/// The outcome as Markdown, for the summary of a step or a comment on a pull request.
pub fn summary(outcome: &Outcome) -> String {
    let found = by_standing(outcome);
    let of = |wanted: &[Standing]| found.iter().copied().filter(|found| wanted.contains(&found.0)).collect::<Vec<_>>();
    let mut sheet = Sheet::default();
    let verdict = if outcome.passes() { "passes" } else { "fails" };
    sheet.add(&format!("### dehusk check {verdict}\n\n{}\n\n", totals(outcome, &found)), "the figures");
    let new = of(&[Standing::Fails, Standing::Allowed]);
    if !new.is_empty() {
        sheet.add(&table(&new), "findings");
    }
    for standing in [Standing::Known, Standing::Note] {
        let others = of(&[standing]);
        if !others.is_empty() {
            let title = format!("{} {}", count(others.len() as u64, "finding", "findings"), standing.describe());
            sheet.add(&folded(&title, &table(&others)), "findings that do not fail the check");
        }
    }
    sheet.finish("`dehusk check --format sarif` tells all.")
}

fn table(found: &[(Standing, &Finding)]) -> String {
    let mut rows = Table::of_texts(&["Site", "Finding", "What", "Page"]);
    for (_, finding) in found.iter().take(ROWS) {
        rows.row(&[
            code(&check::site(finding), CELL),
            finding.kind.title().to_owned(),
            code(&finding.message, CELL),
            finding.page.as_ref().map(|page| code(page, CELL)).unwrap_or_default(),
        ]);
    }
    let mut out = rows.finish();
    more(&mut out, found.len(), ROWS, "finding", "findings");
    out
}

#[cfg(test)]
mod tests {
    use super::super::check::tests::{HOSTILE, finding, hostile, mixed, outcome};
    use super::*;
    use crate::report::Kind;

    #[test]
    fn what_fails_is_an_error_and_a_notice_tells_of_all() {
        assert_eq!(
            render(&mixed()),
            "::error title=dehusk%3A missing pages::(all sites): 61.2 %25 of the text is chrome, 50 %25 are allowed\n\
             ::error title=dehusk%3A too much chrome::a.example: 61.2 %25 of the text is chrome, 50 %25 are allowed \
             (https://a.example/x?y=1)\n\
             ::notice title=dehusk check::The check fails: 2 findings; 1 known to the baseline; 1 worth knowing. \
             8 pages of 2 sites, 50.0 %25 chrome, 0.0 %25 duplicates.\n"
        );
        assert_eq!(
            render(&outcome(vec![])),
            "::notice title=dehusk check::The check passes. 8 pages of 2 sites, 50.0 %25 chrome, 0.0 %25 duplicates.\n"
        );
        assert!(render(&Outcome { max_new: 2, ..mixed() }).starts_with("::warning title="));
    }

    #[test]
    fn no_more_are_annotated_than_are_shown() {
        let text = render(&outcome(vec![finding(Kind::EmptyBody, Some("a.example"), 0); 1234]));
        assert_eq!(text.lines().filter(|line| line.starts_with("::error ")).count(), 10);
        assert!(text.contains("The check fails: 1,234 findings. 8 pages"), "{text}");
        assert!(text.ends_with(" The first ten findings are annotated.\n"), "{text}");
    }

    #[test]
    fn no_text_is_a_command_of_its_own() {
        for text in HOSTILE.into_iter().chain([&*"x".repeat(10_000)]) {
            let commands = render(&hostile(text));
            let lines: Vec<&str> = commands.split(['\n', '\r']).collect();
            assert_eq!(lines.len(), 3, "{commands:?}");
            assert!(lines[0].starts_with("::error title=dehusk%3A error page::"), "{commands:?}");
            assert!(!commands.contains("%0A::") && !commands.contains('\u{1b}'), "{commands:?}");
        }
    }

    #[test]
    fn texts_are_escaped_as_the_toolkit_does() {
        assert_eq!(escaped_data("50% a:b,c\r\n%0A"), "50%25 a:b,c%0D%0A%250A");
        assert_eq!(escaped_property("50% a:b,c\r\n"), "50%25 a%3Ab%2Cc%0D%0A");
    }

    #[test]
    fn the_summary_tells_what_failed_in_a_table() {
        let text = summary(&mixed());
        assert!(text.starts_with("### dehusk check fails\n"), "{text}");
        assert!(text.contains("| `a.example` | too much chrome | `61.2 % of the text is chrome, 50 % are allowed` |"));
        assert!(text.contains("<details><summary>1 finding known to the baseline</summary>"), "{text}");
        assert!(summary(&outcome(vec![])).starts_with("### dehusk check passes\n"));
        let many = summary(&outcome(vec![finding(Kind::EmptyBody, Some(&"|".repeat(999)), 0); 999]));
        assert!(many.len() <= 60_000, "{}", many.len());
    }

    #[test]
    fn the_summary_has_as_many_cells_whatever_the_texts() {
        for text in HOSTILE {
            let markdown = summary(&hostile(text));
            let rows: Vec<&str> = markdown.lines().filter(|line| line.starts_with('|')).collect();
            assert_eq!(rows.len(), 6, "{markdown}");
            assert!(rows.iter().all(|row| row.matches('|').count() == 5), "{markdown}");
            let outside_code: String = markdown.split('`').step_by(2).collect();
            assert!(!outside_code.contains("<script") && !markdown.contains(['\u{1b}', '\u{202e}']), "{markdown}");
        }
    }
}
