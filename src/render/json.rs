//! The report as a JSON document.

use crate::report::Report;

/// The whole report, over several lines.
pub fn render(report: &Report) -> String {
    // A report is made of texts, numbers and lists: all of these can be written.
    let text = serde_json::to_string_pretty(report).unwrap_or_default();
    text + "\n"
}
