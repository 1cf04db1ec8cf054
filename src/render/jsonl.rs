//! The findings of a report as JSON Lines: one [`Finding`](crate::report::Finding) a line.

use super::json::harmless;
use crate::report::Report;

/// All findings, a line each.
pub fn render(report: &Report) -> String {
    let mut out = String::new();
    for finding in report.findings() {
        // A finding is made of texts and numbers: all of these can be written.
        out += &harmless(serde_json::to_string(&finding).unwrap_or_default());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::report::document::{Figures, Site};

    #[test]
    fn a_finding_is_a_line_whatever_is_in_it() {
        let figures = Figures { pages: 3, emptied: 1, ..Figures::default() };
        let name = "a\nb\u{2028}\u{0}\"".to_owned();
        let site = Site { name, few_pages: true, figures, emptied_pages: vec!["\r\n".into()], ..Site::default() };
        let report = Report { sites: vec![site], ..Report::default() };
        let text = render(&report);
        let read: Vec<Value> = text.split_terminator('\n').map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(Value::from(read.clone()), serde_json::to_value(report.findings()).unwrap());
        assert_eq!(read.len(), 2);
        assert_eq!(render(&Report::default()), "");
    }
}
