//! The sites of a report as CSV (RFC 4180, with LF): a row a site, all figures of it.
//!
//! Columns have the names of the JSON report, those of nested figures joined by a hyphen, and are the same in every
//! report. A spreadsheet takes a cell that begins with `=` for a formula, and sites are named by strangers: such text
//! gets an apostrophe in front, as OWASP recommends ("CSV Injection").

use std::borrow::Cow;

use crate::chrome::Rule;
use crate::page::visible;
use crate::report::Report;
use crate::report::document::Site;
use crate::report::summary::Amount;

/// The rules by which text is dropped.
const DROPPING: [Rule; 13] = [
    Rule::Recurs,
    Rule::Template,
    Rule::Surrounded,
    Rule::Repeated,
    Rule::List,
    Rule::Rotating,
    Rule::Domain,
    Rule::Elsewhere,
    Rule::Comments,
    Rule::Markup,
    Rule::Shape,
    Rule::Blank,
    Rule::DroppedByPattern,
];

/// The sites, by name.
pub fn render(report: &Report) -> String {
    let mut out = csv::Writer::from_writer(Vec::new());
    let headers = columns(&Site::default()).into_iter().map(|(name, _)| name);
    // Rows are as long as the header, and memory takes them all.
    let _ = out.write_record(headers);
    for site in &report.sites {
        let _ = out.write_record(columns(site).into_iter().map(|(_, cell)| cell));
    }
    String::from_utf8(out.into_inner().unwrap_or_default()).unwrap_or_default()
}

/// Names of the columns, and the cells of a site.
fn columns(site: &Site) -> Vec<(String, String)> {
    let figures = &site.figures;
    let mut columns = vec![("name".to_owned(), guarded(&visible(&site.name)).into_owned())];
    let mut cell = |name: &str, cell: &dyn ToString| columns.push((name.to_owned(), cell.to_string()));
    cell("few-pages", &site.few_pages);
    cell("pages", &figures.pages);
    cell("distinct", &figures.distinct);
    cell("blank", &figures.blank);
    cell("emptied", &figures.emptied);
    cell("short", &figures.short);
    cell("duplicates", &figures.duplicates);
    cell("chrome-share", &rounded(figures.chrome_share()));
    cell("duplicate-share", &rounded(figures.duplicate_share()));
    cell("unique-share", &rounded(figures.unique_share()));
    let mut amount = |name: &str, amount: Amount| {
        cell(&format!("{name}-lines"), &amount.lines);
        cell(&format!("{name}-bytes"), &amount.bytes);
    };
    amount("read", figures.read);
    amount("kept", figures.kept);
    amount("duplicate", figures.duplicate);
    for rule in DROPPING {
        amount(&format!("dropped-{}", rule.name()), figures.dropped.get(&rule).copied().unwrap_or_default());
    }
    for (tenth, pages) in figures.pages_by_share.iter().enumerate() {
        cell(&format!("pages-by-share-{tenth}"), pages);
    }
    for (name, lengths) in [("read-lengths", site.read_lengths), ("kept-lengths", site.kept_lengths)] {
        cell(&format!("{name}-tenth"), &lengths.tenth());
        cell(&format!("{name}-median"), &lengths.median());
        cell(&format!("{name}-nine-tenths"), &lengths.nine_tenths());
        cell(&format!("{name}-longest"), &lengths.longest);
        cell(&format!("{name}-as-long-as-longest"), &rounded(lengths.as_long_as_longest));
    }
    cell("open-ends", &site.open_ends);
    cell("most-equal", &site.most_equal);
    cell("most-alike", &site.most_alike);
    columns
}

/// A share with four digits.
fn rounded(share: f64) -> String {
    format!("{share:.4}")
}

/// Text that no spreadsheet takes for a formula.
fn guarded(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::report::document::Figures;

    fn rows(report: &Report) -> Vec<BTreeMap<String, String>> {
        let text = render(report);
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        reader.deserialize().map(|row| row.unwrap()).collect()
    }

    fn named(name: &str) -> Site {
        Site { name: name.to_owned(), ..Site::default() }
    }

    #[test]
    fn a_site_is_a_row_and_no_sites_are_a_header() {
        let mut site = named("example.org");
        site.figures.pages = 7;
        site.figures.pages_by_share[10] = 3;
        site.figures.read = Amount { lines: 4, bytes: 300 };
        site.figures.kept = Amount { lines: 3, bytes: 200 };
        site.figures.dropped.insert(Rule::Shape, Amount { lines: 1, bytes: 100 });
        let read = rows(&Report { sites: vec![site, named("")], ..Report::default() });
        assert_eq!(read.len(), 2);
        let cell = |name: &str| read[0][name].as_str();
        assert_eq!([cell("name"), cell("pages"), cell("few-pages")], ["example.org", "7", "false"]);
        assert_eq!([cell("chrome-share"), cell("dropped-shape-bytes")], ["0.3333", "100"]);
        assert_eq!([cell("pages-by-share-10"), cell("dropped-list-lines")], ["3", "0"]);
        assert_eq!(read[1]["name"], "");
        assert_eq!(render(&Report::default()).lines().count(), 1);
    }

    #[test]
    fn no_name_is_a_formula_or_breaks_a_row() {
        for name in ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1"] {
            let read = rows(&Report { sites: vec![named(name)], ..Report::default() });
            let cell = &read[0]["name"];
            assert!(cell.starts_with(['\'', '\\']), "{cell:?}");
            assert!(cell.ends_with(&name[name.len() - 1..]), "{cell:?}");
        }
        for (name, cell) in [("a,b\"c", "a,b\"c"), ("a\nb\u{0}\u{202e}", "a\\nb\\u{0}\\u{202e}"), ("é=1", "é=1")] {
            assert_eq!(rows(&Report { sites: vec![named(name)], ..Report::default() })[0]["name"], cell);
        }
    }

    #[test]
    fn every_figure_of_the_document_has_a_column() {
        let header = render(&Report::default());
        let columns: Vec<&str> = header.trim_end().split(',').collect();
        let figures = serde_json::to_value(Figures::default()).unwrap();
        for name in figures.as_object().unwrap().keys() {
            let has = |column: &&str| *column == name || column.starts_with(&format!("{name}-"));
            assert!(columns.iter().any(has), "{name}");
        }
    }
}
