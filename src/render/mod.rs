//! Reports in the forms that people and machines read. A renderer draws; it does not count.
//!
//! Each form escapes the texts of strangers as it must: [`visible`](crate::page::visible) takes control characters and
//! bidirectional overrides out of what a terminal shows, and each file here what its form would understand.

pub mod html;
pub mod json;
pub mod number;

use crate::report::Report;

/// The forms of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
pub enum Form {
    /// The whole report as JSON, see `dehusk generate schema`
    Json,
    /// A page for the browser, in one file
    Html,
}

impl Form {
    /// The report in this form.
    pub fn render(self, report: &Report) -> String {
        match self {
            Form::Json => json::render(report),
            Form::Html => html::render(report),
        }
    }
}
