//! The samples: all forms hold the same text, those of text keep the same of it and so do those of HTML, which have more
//! to be judged by; no line is lost, and what is kept is as good as it was.
//!
//! The figures stand in `samples/expected.json`. When they change for a reason, `DEHUSK_BLESS=1 cargo test --test
//! samples` writes them anew; the difference belongs into the change that made it.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde::Deserialize;
use serde_json::{Map, Value, json};
use tempfile::TempDir;

/// The forms the pages come in, each a folder of `samples/`: as text, and as HTML.
const TEXT: &[&str] = &[
    "wet",
    "jsonl",
    #[cfg(feature = "parquet")]
    "parquet",
];
const HTML: &[&str] = &["warc", "folder"];

fn forms() -> impl Iterator<Item = &'static str> {
    TEXT.iter().chain(HTML).copied()
}

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples")
}

fn form(name: &str) -> PathBuf {
    samples().join(name)
}

/// Runs `dehusk clean` in a folder that holds no settings.
fn clean<'a>(inputs: &[PathBuf], options: impl IntoIterator<Item = &'a str>) -> Output {
    let elsewhere = TempDir::new().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_dehusk"))
        .current_dir(elsewhere.path())
        .args(["clean", "--color", "never"])
        .args(inputs)
        .args(options)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}: {}", output.status, String::from_utf8_lossy(&output.stderr));
    output
}

fn rows<T: for<'de> Deserialize<'de>>(json_lines: &[u8]) -> Vec<T> {
    let lines = std::str::from_utf8(json_lines).unwrap().lines();
    lines.map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

/// What all forms tell of a page. Files of a folder have a path where others have a url.
#[derive(Debug, Deserialize)]
struct Page {
    url: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    language: String,
    dehusk: Option<Marked>,
}

#[derive(Debug, Deserialize)]
struct Marked {
    lines: Vec<Verdict>,
}

/// A verdict as `--annotate` and `--dropped` give it; the latter with the text.
#[derive(Debug, Deserialize, PartialEq)]
struct Verdict {
    start: usize,
    end: usize,
    verdict: String,
    rule: String,
    text: Option<String>,
}

impl Verdict {
    fn keeps(&self) -> bool {
        self.verdict == "keep"
    }
}

impl Page {
    fn path(&self) -> &str {
        self.url.strip_prefix("https://").unwrap_or(&self.url)
    }

    fn verdicts(&self) -> &[Verdict] {
        &self.dehusk.as_ref().unwrap().lines
    }

    fn line(&self, verdict: &Verdict) -> &str {
        &self.text[verdict.start..verdict.end]
    }

    /// What the verdicts leave of the text.
    fn kept(&self) -> String {
        let kept: Vec<_> =
            self.verdicts().iter().filter(|verdict| verdict.keeps()).map(|verdict| self.line(verdict)).collect();
        kept.join("\n")
    }
}

/// A row of the dropped lines.
#[derive(Debug, Deserialize)]
struct Dropped {
    url: String,
    site: String,
    lines: Vec<Verdict>,
}

/// A page with its gold: 1 content, 0 chrome, -1 not judged, a number a line.
#[derive(Debug, Deserialize)]
struct Gold {
    id: String,
    site: String,
    text: String,
    gold: Vec<i8>,
}

fn gold() -> Vec<Gold> {
    rows(&fs::read(samples().join("gold.jsonl")).unwrap())
}

fn input() -> Vec<Page> {
    rows(&fs::read(form("jsonl").join("samples.jsonl")).unwrap())
}

fn annotated(name: &str) -> Vec<Page> {
    rows(&clean(&[form(name)], ["--annotate", "--format", "jsonl"]).stdout)
}

fn texts(pages: &[Page]) -> Vec<(&str, &str)> {
    pages.iter().map(|page| (page.path(), page.text.as_str())).collect()
}

#[test]
fn all_forms_hold_the_same_text() {
    let input = input();
    for name in forms() {
        assert_eq!(texts(&annotated(name)), texts(&input), "{name}");
    }
}

#[test]
fn forms_of_text_keep_the_same_and_so_do_those_of_html() {
    let kept = |form: PathBuf| rows::<Page>(&clean(&[form], ["--format", "jsonl"]).stdout);
    for forms in [TEXT, HTML] {
        let first = kept(form(forms[0]));
        assert!(first.iter().any(|page| !page.text.is_empty()));
        for name in &forms[1..] {
            assert_eq!(texts(&kept(form(name))), texts(&first), "{name}");
        }
    }
    // As text with the notes that the HTML left, it is what the HTML is.
    let scratch = TempDir::new().unwrap();
    let noted = scratch.path().join("noted.jsonl");
    clean(&[form("warc")], ["--annotate", "--format", "jsonl", "-o", noted.to_str().unwrap()]);
    assert_eq!(texts(&kept(noted)), texts(&kept(form("warc"))));
}

#[test]
fn kept_and_dropped_lines_are_those_of_the_input() {
    let input = input();
    let scratch = TempDir::new().unwrap();
    for name in forms() {
        let file = scratch.path().join(name);
        let cleaned: Vec<Page> =
            rows(&clean(&[form(name)], ["--format", "jsonl", "--dropped", file.to_str().unwrap()]).stdout);
        let dropped: Vec<Dropped> = rows(&fs::read(file).unwrap());
        let mut dropped: HashMap<_, _> = dropped.into_iter().map(|row| (row.url, row.lines)).collect();
        let annotated = annotated(name);
        assert_eq!((cleaned.len(), annotated.len()), (input.len(), input.len()), "{name}");
        for ((page, cleaned), whole) in annotated.iter().zip(&cleaned).zip(&input) {
            let marked: Vec<_> = page.verdicts().iter().map(|verdict| page.line(verdict)).collect();
            assert_eq!(marked, whole.text.split('\n').collect::<Vec<_>>(), "{name}: {}", page.url);
            assert_eq!(page.kept(), cleaned.text, "{name}: {}", page.url);
            let gone: Vec<_> = page.verdicts().iter().filter(|verdict| !verdict.keeps()).collect();
            let written = dropped.remove(&page.url).unwrap_or_default();
            assert_eq!(gone.len(), written.len(), "{name}: {}", page.url);
            for (gone, written) in gone.into_iter().zip(&written) {
                assert_eq!(written.text.as_deref(), Some(page.line(gone)), "{name}: {}", page.url);
                assert_eq!((gone.start, gone.end, &gone.rule), (written.start, written.end, &written.rule));
            }
        }
        assert!(dropped.is_empty(), "{name}: pages that were not read: {:?}", dropped.keys());
    }
}

#[test]
fn sites_are_the_same_in_all_forms() {
    let sites: HashMap<_, _> = gold().into_iter().map(|page| (page.id, page.site)).collect();
    let scratch = TempDir::new().unwrap();
    for name in forms() {
        let file = scratch.path().join(name);
        clean(&[form(name)], ["--format", "jsonl", "--dropped", file.to_str().unwrap()]);
        for row in rows::<Dropped>(&fs::read(file).unwrap()) {
            let path = row.url.strip_prefix("https://").unwrap_or(&row.url);
            assert_eq!(sites[path], row.site, "{name}: {path}");
        }
    }
}

/// All files below a folder, by path.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(folder).unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// What a run writes: its outputs and the dropped lines.
fn written(inputs: &[PathBuf], options: &[&str]) -> BTreeMap<PathBuf, Vec<u8>> {
    let scratch = TempDir::new().unwrap();
    let path = |name: &str| scratch.path().join(name).to_str().unwrap().to_owned();
    let (out, dropped) = (path("out"), path("dropped.jsonl"));
    clean(inputs, ["-o", &out, "--dropped", &dropped].into_iter().chain(options.iter().copied()));
    files(scratch.path())
}

#[test]
fn bytes_hang_neither_on_threads_nor_batches_nor_readings() {
    let ways: [&[&str]; 7] = [
        &["-j8"],
        &["-j1", "--batch", "4K"],
        &["-j8", "--batch", "4K"],
        &["-j8", "--batch", "64K"],
        &["-j8", "--batch", "16M"],
        &["-j8", "--batch", "4K", "--reading", "once"],
        &["-j8", "--batch", "4K", "--reading", "twice"],
    ];
    for name in forms() {
        let expected = written(&[form(name)], &["-j1"]);
        assert!(expected.len() > 1, "{name}: {:?}", expected.keys());
        for way in ways {
            assert!(written(&[form(name)], way) == expected, "{name}: other bytes with {way:?}");
        }
    }
}

#[test]
fn bytes_do_not_hang_on_the_order_of_files() {
    let scratch = TempDir::new().unwrap();
    let whole = fs::read_to_string(form("jsonl").join("samples.jsonl")).unwrap();
    let pages: Vec<_> = whole.split_inclusive('\n').collect();
    // Pages of a site go to different files.
    let parts: Vec<_> = (0..3)
        .map(|part| {
            let path = scratch.path().join(format!("part-{part}.jsonl"));
            fs::write(&path, pages.iter().skip(part).step_by(3).copied().collect::<String>()).unwrap();
            path
        })
        .collect();
    let outputs = |order: [usize; 3]| {
        let out = TempDir::new().unwrap();
        clean(&order.map(|part| parts[part].clone()), ["-o", out.path().to_str().unwrap()]);
        files(out.path())
    };
    let expected = outputs([0, 1, 2]);
    assert_eq!(expected.len(), 3);
    assert!(outputs([2, 0, 1]) == expected);
    assert!(outputs([1, 2, 0]) == expected);

    let sorted = |pages: Vec<Page>| {
        let mut pages: Vec<_> = pages.into_iter().map(|page| (page.url, page.text)).collect();
        pages.sort();
        pages
    };
    let in_parts = sorted(rows(&expected.into_values().flatten().collect::<Vec<_>>()));
    let at_once = sorted(rows(&clean(&[form("jsonl")], []).stdout));
    assert_eq!(in_parts, at_once);
}

#[test]
#[cfg(feature = "parquet")]
fn parquet_holds_the_rows_of_the_jsonl() {
    use arrow_array::{Array, StringArray};
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

    const COLUMNS: [&str; 5] = ["id", "url", "text", "timestamp", "language"];
    let file = fs::File::open(form("parquet").join("samples.parquet")).unwrap();
    let mut found = Vec::new();
    for batch in ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap() {
        let batch = batch.unwrap();
        assert_eq!(batch.num_columns(), COLUMNS.len());
        let column = |name| batch.column_by_name(name).unwrap().as_any().downcast_ref::<StringArray>().unwrap();
        let columns = COLUMNS.map(column);
        assert!(columns.iter().all(|column| column.null_count() == 0));
        found.extend((0..batch.num_rows()).map(|row| columns.map(|column| column.value(row).to_owned())));
    }
    let of_jsonl: Vec<Value> = rows(&fs::read(form("jsonl").join("samples.jsonl")).unwrap());
    let of_jsonl: Vec<_> =
        of_jsonl.iter().map(|row| COLUMNS.map(|name| row[name].as_str().unwrap().to_owned())).collect();
    assert_eq!(found, of_jsonl, "samples/make.py writes Parquet only where Python has pyarrow");
}

#[test]
fn gold_has_a_number_for_each_line_of_the_jsonl() {
    let gold = gold();
    let of_gold: Vec<_> = gold.iter().map(|page| (page.id.as_str(), page.text.as_str())).collect();
    assert_eq!(of_gold, texts(&input()));
    for page in &gold {
        assert_eq!(page.text.split('\n').count(), page.gold.len(), "{}", page.id);
    }
}

#[test]
fn documentation_is_in_the_folder_as_it_came() {
    let came = files(&form("docs"));
    let folder = files(&form("folder"));
    let pages: Vec<_> = came.iter().filter(|(path, _)| !path.ends_with("NOTICE")).collect();
    assert_eq!(pages.len(), 17);
    for (path, bytes) in pages {
        assert!(folder.get(path) == Some(bytes), "{}", path.display());
    }
}

/// Content among what is text here, in lines and in characters of the lines that are judged.
fn readme_row(name: &str, pages: &[&Gold]) -> String {
    let (mut lines, mut content, mut characters, mut content_characters) = (0, 0, 0, 0);
    for page in pages {
        for (line, gold) in page.text.split('\n').zip(&page.gold) {
            let length = line.chars().count();
            lines += 1;
            content += usize::from(*gold == 1);
            characters += length * usize::from(*gold >= 0);
            content_characters += length * usize::from(*gold == 1);
        }
    }
    let percent = |part: usize, whole: usize| 100.0 * part as f64 / whole as f64;
    let (of_lines, of_characters) = (percent(content, lines), percent(content_characters, characters));
    format!("| {name} | {} | {lines} | {of_lines:.1}% | {of_characters:.1}% |", pages.len())
}

#[test]
fn the_readme_says_what_the_samples_hold() {
    let readme = fs::read_to_string(samples().join("README.md")).unwrap();
    let gold = gold();
    let sites: HashSet<_> = gold.iter().map(|page| page.site.as_str()).collect();
    assert!(readme.contains(&format!("\n{} pages of three sites", gold.len())));
    assert_eq!(sites.len(), 3);
    for site in sites {
        let row = readme_row(site, &gold.iter().filter(|page| page.site == site).collect::<Vec<_>>());
        assert!(readme.contains(&row), "{row}");
    }
    let row = readme_row("all", &gold.iter().collect::<Vec<_>>());
    assert!(readme.contains(&row), "{row}");
}

/// A share that is 1 where there is nothing to be had.
fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

/// Figures to four digits: more would be noise, fewer would let quality slip.
fn rounded(figure: f64) -> Value {
    json!((figure * 1e4).round() / 1e4)
}

/// Some of the lines, by count or by weight, and how many of them came out as they should.
#[derive(Clone, Copy, Default)]
struct Part {
    right: usize,
    all: usize,
}

impl Part {
    fn add(&mut self, size: usize, is_right: bool) {
        self.all += size;
        self.right += size * usize::from(is_right);
    }

    fn share(self) -> Value {
        rounded(share(self.right, self.all))
    }
}

/// How well some pages were cleaned, and how much went. Lines weigh as much as they have characters, but for the last
/// two figures, which count lines.
#[derive(Default)]
struct Score {
    pages: usize,
    emptied: usize,
    lines: Part,
    bytes: Part,
    dropped: BTreeMap<String, usize>,
    /// Of each page.
    precision_recall_f1: Vec<[f64; 3]>,
    chrome_gone: Part,
    /// Chrome on two or more pages of the site.
    recurring_gone: Part,
    /// Content of up to three words: bylines, headings.
    short_kept: Part,
    /// Content that other pages have too: headlines in lists.
    shared_kept: Part,
}

impl Score {
    fn add(&mut self, page: &Page, gold: &Gold, standing: &Standing) {
        let (mut content, mut kept) = (Part::default(), 0);
        for (verdict, gold_of_line) in page.verdicts().iter().zip(&gold.gold) {
            let line = page.line(verdict);
            let size = line.chars().count();
            let shared = standing.pages(&gold.site, line) > 1;
            self.lines.add(1, verdict.keeps());
            self.bytes.add(line.len(), verdict.keeps());
            if !verdict.keeps() {
                *self.dropped.entry(verdict.rule.clone()).or_default() += 1;
            }
            if *gold_of_line >= 0 && verdict.keeps() {
                kept += size;
            }
            if *gold_of_line == 1 {
                content.add(size, verdict.keeps());
                self.short_kept.add(usize::from(line.split_whitespace().count() <= 3), verdict.keeps());
                self.shared_kept.add(usize::from(shared), verdict.keeps());
            } else if *gold_of_line == 0 {
                self.chrome_gone.add(size, !verdict.keeps());
                self.recurring_gone.add(if shared { size } else { 0 }, !verdict.keeps());
            }
        }
        self.pages += 1;
        self.emptied += usize::from(page.kept().trim().is_empty());
        let precision = if kept == 0 { share(0, content.all) } else { share(content.right, kept) };
        let recall = share(content.right, content.all);
        let f1 = if precision + recall > 0.0 { 2.0 * precision * recall / (precision + recall) } else { 0.0 };
        self.precision_recall_f1.push([precision, recall, f1]);
    }

    fn to_json(&self) -> Value {
        let mean =
            |i: usize| rounded(self.precision_recall_f1.iter().map(|page| page[i]).sum::<f64>() / self.pages as f64);
        json!({
            "pages": self.pages,
            "emptied": self.emptied,
            "lines": self.lines.all,
            "lines kept": self.lines.right,
            "lines dropped": self.dropped,
            "bytes": self.bytes.all,
            "bytes kept": self.bytes.right,
            "precision": mean(0),
            "recall": mean(1),
            "F1": mean(2),
            "chrome gone": self.chrome_gone.share(),
            "recurring chrome gone": self.recurring_gone.share(),
            "short content kept": self.short_kept.share(),
            "shared content kept": self.shared_kept.share(),
        })
    }
}

/// On how many pages of its site a line stands, whatever its case, digits and white space.
struct Standing(HashMap<(String, String), usize>);

impl Standing {
    fn of(gold: &[Gold]) -> Self {
        let mut pages = HashMap::new();
        for page in gold {
            for line in page.text.split('\n').map(Self::key).collect::<HashSet<_>>() {
                *pages.entry((page.site.clone(), line)).or_default() += 1;
            }
        }
        Self(pages)
    }

    fn key(line: &str) -> String {
        let masked = line.to_lowercase().replace(char::is_numeric, "0");
        masked.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn pages(&self, site: &str, line: &str) -> usize {
        self.0[&(site.to_owned(), Self::key(line))]
    }
}

/// The figures of text and of HTML.
fn figures() -> Value {
    json!({"text": figures_of("jsonl"), "html": figures_of("warc")})
}

/// The figures of all pages, of each site, and of the newspaper in each language.
fn figures_of(form: &str) -> Value {
    let gold = gold();
    let languages = input();
    let standing = Standing::of(&gold);
    let mut scores: BTreeMap<String, Score> = BTreeMap::new();
    for ((page, gold), read) in annotated(form).iter().zip(&gold).zip(&languages) {
        let mut groups = vec!["all".to_owned(), gold.site.clone()];
        if gold.site == "portaldercourier.example" {
            groups.push(format!("{}, {}", gold.site, read.language));
        }
        for group in groups {
            scores.entry(group).or_default().add(page, gold, &standing);
        }
    }
    Value::Object(scores.iter().map(|(group, score)| (group.clone(), score.to_json())).collect::<Map<_, _>>())
}

#[test]
fn eval_measures_what_is_measured_here() {
    let elsewhere = TempDir::new().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_dehusk"))
        .current_dir(elsewhere.path())
        .args(["eval", "--format", "json"])
        .arg(samples().join("gold.jsonl"))
        .output()
        .unwrap();
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let (found, expected) = (&found["all"], &figures_of("jsonl")["all"]);
    for (figure, here) in [
        ("pages", "pages"),
        ("precision", "precision"),
        ("recall", "recall"),
        ("f1", "F1"),
        ("chrome", "chrome gone"),
        ("recurring", "recurring chrome gone"),
        ("short_kept", "short content kept"),
        ("titles", "shared content kept"),
    ] {
        let [found, expected] = [&found[figure], &expected[here]].map(|value| value.as_f64().unwrap());
        // Eval gives the benefit of the doubt where equal lines are kept and dropped on one page.
        assert!((found - expected).abs() < 0.0015, "{figure}: {found} against {expected}");
    }
}

/// Where two values differ, a line a figure.
fn differences(at: &str, expected: &Value, found: &Value, out: &mut Vec<String>) {
    if let (Value::Object(expected), Value::Object(found)) = (expected, found) {
        let names: BTreeSet<_> = expected.keys().chain(found.keys()).collect();
        for name in names {
            let value = |of: &Map<String, Value>| of.get(name).cloned().unwrap_or_default();
            differences(&format!("{at} / {name}"), &value(expected), &value(found), out);
        }
        return;
    }
    // Half of the last digit: counts must be equal.
    let is_near = |a: f64, b: f64| (a - b).abs() < 0.000_05;
    let is_same = match (expected.as_f64(), found.as_f64()) {
        (Some(expected), Some(found)) => is_near(expected, found),
        _ => expected == found,
    };
    if !is_same {
        out.push(format!("{}: {expected} expected, {found} found", at.trim_start_matches(" / ")));
    }
}

#[test]
fn figures_are_those_beside_the_samples() {
    let path = samples().join("expected.json");
    let found = figures();
    if std::env::var_os("DEHUSK_BLESS").is_some() {
        fs::write(&path, format!("{found:#}\n")).unwrap();
        return;
    }
    let expected: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let mut differ = Vec::new();
    differences("", &expected, &found, &mut differ);
    assert!(differ.is_empty(), "{}\nIf that is meant: DEHUSK_BLESS=1 cargo test --test samples", differ.join("\n"));
}
