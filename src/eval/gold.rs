//! Gold: pages of which every line is labelled.
//!
//! A gold file is JSON Lines, plain, gzip or Zstandard: `id`, `url`, `site`, `text` and `gold`, which holds a number for
//! each line of the text cut at line feeds: 1 content, 0 chrome, -1 not judged. What HTML told of the lines comes with
//! them where the rows were written with `--annotate`. A wrong label is worse than a missing page, so nothing here is
//! skipped or mended: the first row that is wrong ends the run, with its place. Gold is made by hand, so all of it is held
//! in memory.

use std::collections::{HashMap, HashSet};
use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;

use serde::Deserialize;

use crate::config::Results;
use crate::error::{Error, ErrorKind, Location, Result};
use crate::line::mark::Mark;
use crate::page::{Page, visible};
use crate::source::jsonl::{DEPTH_LIMIT, Fields, Row, is_blank, scan};
use crate::source::paths::{Format, Sources};
use crate::source::stream::Compression;
use crate::source::{Id, Source};

/// What people say of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// It belongs to the page.
    Content,
    /// It belongs to the site.
    Chrome,
    /// Nobody said.
    Unjudged,
}

/// The pages of a gold file.
#[derive(Debug)]
pub struct Gold {
    /// The file as the user named it.
    pub name: Arc<str>,
    /// Its pages, in their order.
    pub pages: Vec<GoldPage>,
}

/// A labelled page.
#[derive(Debug)]
pub struct GoldPage {
    /// Its id, which no other page of the file has.
    pub id: Box<str>,
    /// Its address.
    pub url: Box<str>,
    /// Its site, as `clean` finds it.
    pub site: Box<str>,
    /// Its text.
    pub text: Box<str>,
    /// What HTML told of each line; none where the page was text.
    pub marks: Vec<Mark>,
    /// A label for each line.
    pub labels: Vec<Label>,
    /// Its line in the file, counted from 1.
    pub record: u64,
}

impl GoldPage {
    /// Its lines, without their line feeds.
    pub fn lines(&self) -> Vec<&str> {
        lines_of(&self.text).collect()
    }

    /// The page without its labels.
    pub fn as_page(&self) -> Page<'_> {
        Page { url: &self.url, id: None, site: &self.site, text: &self.text, marks: &self.marks }
    }

    /// Whether a line of it is judged.
    pub fn is_judged(&self) -> bool {
        self.labels.iter().any(|label| *label != Label::Unjudged)
    }

    /// What each line is worth to whoever keeps it: the characters of content, nothing for chrome.
    pub fn worth(&self) -> Vec<u64> {
        let worth = |(line, label)| if label == Label::Content { characters(line) } else { 0 };
        lines_of(&self.text).zip(self.labels.iter().copied()).map(worth).collect()
    }
}

/// The length of a line in characters.
pub fn characters(line: &str) -> u64 {
    line.chars().count() as u64
}

/// The lines of a text as gold counts them: cut at line feeds alone, one more than there are of these.
pub fn lines_of(text: &str) -> std::str::Split<'_, char> {
    text.split('\n')
}

/// What a cleaner kept of a page.
#[derive(Debug)]
pub struct CleanedRow {
    /// The page's id.
    pub id: Box<str>,
    /// The lines that were kept.
    pub text: String,
    /// Its line in the file, counted from 1.
    pub record: u64,
}

/// The labels of a row.
#[derive(Deserialize)]
struct Labels {
    #[serde(default)]
    gold: Option<Vec<i64>>,
}

/// A place in a file as messages name it.
pub fn at(name: &Arc<str>, record: u64) -> Location {
    Location { source: Arc::clone(name), record: Some(record), byte: None }
}

fn wrong(name: &Arc<str>, record: u64, what: impl std::fmt::Display) -> Error {
    ErrorKind::Input(format!("{}: {what}", at(name, record))).into()
}

/// Reads all gold files.
///
/// # Errors
/// As [`read`], and when one of them cannot be opened.
pub fn read_all(golds: &Sources, settings: &Results) -> Result<Vec<(Source, Gold)>> {
    golds.check_readable()?;
    golds.found.iter().map(|source| Ok((source.clone(), read(source, settings)?))).collect()
}

/// Reads a gold file.
///
/// # Errors
/// When it cannot be read or is no JSON Lines; when a row lacks its id, text or gold, when labels and lines differ in
/// number, a label is none, or two pages have one id; when no line of the file is judged.
pub fn read(source: &Source, settings: &Results) -> Result<Gold> {
    let mut pages = Vec::new();
    let mut ids: HashSet<Box<str>> = HashSet::new();
    rows(source, settings, |record, row| {
        let wrong = |what: String| wrong(&source.name, record, what);
        let page = page(record, row, settings).map_err(&wrong)?;
        if !ids.insert(page.id.clone()) {
            return Err(wrong(format!(
                "the id '{}' stands on an earlier line too; make ids unique",
                visible(&page.id)
            )));
        }
        pages.push(page);
        Ok(())
    })?;
    let no_gold = |what: &str| Err(ErrorKind::Input(format!("{}: {what}", visible(&source.name))).into());
    if pages.is_empty() {
        return no_gold("no gold in the file: it holds no page");
    }
    if !pages.iter().any(GoldPage::is_judged) {
        return no_gold("no gold in the file: no line is judged, all labels are -1");
    }
    Ok(Gold { name: Arc::clone(&source.name), pages })
}

/// Reads what a cleaner kept, by id.
///
/// # Errors
/// When it cannot be read or is no JSON Lines; when a row lacks its id or text, or two rows have one id.
pub fn read_cleaned(source: &Source, settings: &Results) -> Result<HashMap<Box<str>, CleanedRow>> {
    let mut all = HashMap::new();
    rows(source, settings, |record, row| {
        let id = id(&row).map_err(|what| wrong(&source.name, record, what))?;
        let cleaned = CleanedRow { id: id.clone(), text: row.text.into_owned(), record };
        match all.insert(id, cleaned) {
            Some(first) => Err(wrong(
                &source.name,
                record,
                format_args!("the id '{}' stands on line {} too; make ids unique", visible(&first.id), first.record),
            )),
            None => Ok(()),
        }
    })?;
    Ok(all)
}

fn id(row: &Row<'_>) -> Result<Box<str>, String> {
    let missing = || "the row has no id; give each page one, or name its field with --id-field".to_owned();
    row.id.as_ref().map(|id: &Id<'_>| id.as_str().into()).ok_or_else(missing)
}

fn page(record: u64, row: Row<'_>, settings: &Results) -> Result<GoldPage, String> {
    let id = id(&row)?;
    let of_page = |what: String| format!("page '{}': {what}", visible(&id));
    let labels = labels(&row).map_err(of_page)?;
    Ok(GoldPage {
        marks: row.marks(),
        url: row.url.as_deref().unwrap_or_default().into(),
        site: row.site_by(settings).into(),
        text: row.text.into(),
        labels,
        record,
        id,
    })
}

fn labels(row: &Row<'_>) -> Result<Vec<Label>, String> {
    let read: Labels = serde_json::from_str(&row.line).map_err(|e| {
        let said = e.to_string();
        // The row is a line of its own: "line 1" would be taken for the file's.
        let what = said.rsplit_once(" at line ").map_or(said.as_str(), |(what, _)| what);
        format!("gold is to be a list of 1, 0 and -1; {} at column {}", visible(what), e.column())
    })?;
    let values = read.gold.ok_or("it has no gold: a list of 1, 0 and -1, one a line of its text")?;
    let lines = lines_of(&row.text).count();
    if values.len() != lines {
        return Err(format!("gold has {} values for {lines} lines; lines end at line feeds alone", values.len()));
    }
    let label = |(value, line): (i64, usize)| match value {
        1 => Ok(Label::Content),
        0 => Ok(Label::Chrome),
        -1 => Ok(Label::Unjudged),
        other => Err(format!("gold says {other} of line {line}; 1 is content, 0 chrome, -1 not judged")),
    };
    values.into_iter().zip(1..).map(label).collect()
}

/// Hands every row of a file to `each`, with its line counted from 1.
fn rows(source: &Source, settings: &Results, mut each: impl FnMut(u64, Row<'_>) -> Result<()>) -> Result<()> {
    if source.format != Format::Jsonl {
        return Err(ErrorKind::Input(format!(
            "{}: this is no JSON Lines, which pages are scored from: one object a line",
            visible(&source.name)
        ))
        .into());
    }
    let fields = Fields::new(&settings.fields).map_err(|e| Error::settings(e.to_string()))?;
    let reading = || Error::reading(std::path::Path::new(&*source.name));
    let mut reader = open(source).map_err(reading())?;
    // A text may be escaped, and labels stand beside it: more than this no page takes that may be read.
    let limit = (settings.max_page as u64).saturating_mul(8);
    let mut line = Vec::new();
    for record in 1.. {
        line.clear();
        if reader.by_ref().take(limit).read_until(b'\n', &mut line).map_err(reading())? == 0 {
            break;
        }
        if line.len() as u64 == limit {
            return Err(wrong(&source.name, record, format_args!("larger than --max-page {}", settings.max_page)));
        }
        let bytes = line.strip_suffix(b"\n").unwrap_or(&line);
        if !is_blank(bytes) {
            let row =
                scan(bytes, &fields, DEPTH_LIMIT).map_err(|e| wrong(&source.name, record, visible(&e.to_string())))?;
            each(record, row)?;
        }
    }
    Ok(())
}

fn open(source: &Source) -> io::Result<Box<dyn BufRead>> {
    let file = source.open().map_err(io::Error::other)?;
    Ok(match source.compression {
        Compression::None => Box::new(BufReader::new(file)),
        Compression::Gzip => Box::new(BufReader::new(flate2::bufread::MultiGzDecoder::new(BufReader::new(file)))),
        Compression::Zstd => Box::new(BufReader::new(zstd::Decoder::new(file)?)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{FieldNames, Options};

    fn read_row(row: &str, site_field: Option<&str>) -> Result<GoldPage, String> {
        let settings = Options { site_field: site_field.map(str::to_owned), ..Options::default() }.settings();
        let results = settings.map_err(|e| e.to_string())?.results;
        let fields = Fields::new(&FieldNames { site: results.fields.site.clone(), ..FieldNames::default() });
        let fields = fields.map_err(|e| e.to_string())?;
        page(1, scan(row.as_bytes(), &fields, DEPTH_LIMIT).map_err(|e| e.to_string())?, &results)
    }

    #[test]
    fn lines_end_at_line_feeds_alone() {
        let page = read_row(r#"{"id":1,"text":"a\r\nb\rc\n","gold":[1,0,-1]}"#, None).expect("three lines");
        assert_eq!(page.lines(), ["a\r", "b\rc", ""]);
        assert_eq!(page.labels, [Label::Content, Label::Chrome, Label::Unjudged]);
        assert_eq!(page.worth(), [2, 0, 0]);
    }

    #[test]
    fn what_html_told_of_the_lines_comes_with_an_annotated_row() {
        let note = r#"{"lines":[{"start":0,"end":1,"evidence":{"html":"li nav"}},{"start":2,"end":3,"evidence":{"html":""}}]}"#;
        let row = format!(r#"{{"id":1,"text":"a\nb","gold":[0,1],"dehusk":{note}}}"#);
        let marks = read_row(&row, None).expect("a page").marks;
        assert_eq!(marks.iter().map(Mark::to_string).collect::<Vec<_>>(), ["li nav", ""]);
    }

    #[test]
    fn the_site_is_the_fields_where_it_was_set_and_else_the_urls() {
        let row = r#"{"id":1,"url":"http://www.x.org/a","site":"s","text":"","gold":[1]}"#;
        let site = |field| read_row(row, field).expect("a page").site;
        assert_eq!([&*site(Some("site")), &*site(None), &*site(Some("none"))], ["s", "x.org", "x.org"]);
    }

    #[test]
    fn labels_are_three_numbers_one_a_line() {
        let wrong = |gold: &str| {
            let row = format!(r#"{{"id":"p","text":"a\nb"{gold}}}"#);
            read_row(&row, None).expect_err("wrong")
        };
        assert_eq!(wrong(r#","gold":[1]"#), "page 'p': gold has 1 values for 2 lines; lines end at line feeds alone");
        assert_eq!(wrong(r#","gold":[1,9]"#), "page 'p': gold says 9 of line 2; 1 is content, 0 chrome, -1 not judged");
        assert!(wrong("").contains("it has no gold") && wrong(r#","gold":null"#).contains("it has no gold"));
        let error = wrong(r#","gold":[1,0.5]"#);
        assert!(
            error.contains("floating point") && error.contains("at column") && !error.contains("line 1"),
            "{error}"
        );
    }
}
