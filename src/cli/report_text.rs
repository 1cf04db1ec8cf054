//! The report for the terminal.

use std::fmt::Write;

use super::BOLD;
use super::summary::count;
use crate::report::Report;

/// The report, as wide as `width` columns.
pub fn draw(report: &Report, _width: usize) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{BOLD}{}{BOLD:#}", count(report.totals.sites, "site", "sites"));
    out
}
