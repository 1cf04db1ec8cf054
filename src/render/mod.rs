//! Reports in the forms that people and machines read. A renderer draws; it does not count.
//!
//! Each form escapes the texts of strangers as it must: [`visible`](crate::page::visible) takes control characters and
//! bidirectional overrides out of what a terminal shows, and each file here what its form would understand.

mod check;
pub mod csv;
pub mod github;
pub mod gitlab;
pub mod html;
pub mod json;
pub mod jsonl;
pub mod junit;
pub mod markdown;
pub mod sarif;
pub mod shown;

use crate::gate::Outcome;
use crate::report::Report;

/// The forms of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
pub enum Form {
    /// The whole report as JSON, see `dehusk generate schema`
    Json,
    /// A page for the browser, in one file
    Html,
    /// One finding a line, as JSON Lines
    Jsonl,
    /// The sites with all their figures, as CSV
    Csv,
    /// Markdown for a comment on GitHub or the summary of a step, short
    #[cfg_attr(feature = "cli", value(alias = "md"))]
    Markdown,
}

impl Form {
    /// The report in this form.
    pub fn render(self, report: &Report) -> String {
        match self {
            Form::Json => json::render(report),
            Form::Html => html::render(report),
            Form::Jsonl => jsonl::render(report),
            Form::Csv => csv::render(report),
            Form::Markdown => markdown::render(report),
        }
    }
}

/// The forms of what a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
pub enum CheckForm {
    /// JUnit XML, a suite a site
    Junit,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Workflow commands of GitHub Actions, which become annotations
    Github,
    /// A code quality report of GitLab
    Gitlab,
}

impl CheckForm {
    /// The outcome in this form.
    pub fn render(self, outcome: &Outcome) -> String {
        match self {
            CheckForm::Junit => junit::render(outcome),
            CheckForm::Sarif => sarif::render(outcome),
            CheckForm::Github => github::render(outcome),
            CheckForm::Gitlab => gitlab::render(outcome),
        }
    }
}
