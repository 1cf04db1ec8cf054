//! Bytes of text a second that become lines and fingerprints, with and without
//! templates. `LINE_TEXTS` names the folder or file with the texts: each file is
//! one set, of pages between NUL bytes.

use divan::Bencher;
use divan::counter::BytesCount;
use line::line::{Key, Line, Normaliser, Templates};

fn main() {
    divan::main();
}

fn texts() -> Vec<String> {
    let folder = std::env::var("LINE_TEXTS").unwrap_or_else(|_| "samples".into());
    let mut paths: Vec<String> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().to_str()?.to_owned()))
        .filter(|path| path.contains("text."))
        .collect();
    paths.sort();
    paths
}

fn pages(path: &str) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.split('\0').map(str::to_owned).collect()
}

fn run(bencher: Bencher, path: &str, templates: Templates) {
    let pages = pages(path);
    let bytes: usize = pages.iter().map(String::len).sum();
    let mut normaliser = Normaliser::new(Key::default()).with_templates(templates);
    let mut lines: Vec<Line> = Vec::new();
    bencher.counter(BytesCount::new(bytes)).bench_local(|| {
        for page in &pages {
            normaliser.page(divan::black_box(page), &mut lines);
            divan::black_box(&lines);
        }
    });
}

#[divan::bench(args = texts(), sample_count = 20)]
fn exact(bencher: Bencher, path: &str) {
    run(bencher, path, Templates::Skip);
}

#[divan::bench(args = texts(), sample_count = 20)]
fn with_templates(bencher: Bencher, path: &str) {
    run(bencher, path, Templates::Take);
}
