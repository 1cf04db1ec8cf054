//! Bytes a second of the main job, and of the steps that take most of its time.
//!
//! `clean` reads, judges and writes `samples/` in each of its forms, or the file or folder that `DEHUSK_BENCH_INPUT`
//! names; bytes are those of the input as it lies on disk. `html`, `inflate` and `deflate` measure single steps on one
//! thread; bytes are those of the HTML and of the decompressed records.
#![allow(clippy::expect_used)] // a benchmark that cannot run stops

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicUsize;

use dehusk::config::Options;
use dehusk::error::Result;
use dehusk::ordered;
use dehusk::pipeline::{self, Context};
use dehusk::report::Summary;
use dehusk::sink::{Request, Target};
use dehusk::source::gzip::{Deflater, Members};
use dehusk::source::html::Extractor;
use dehusk::source::{charset, paths};
use divan::Bencher;
use divan::counter::BytesCount;

fn main() {
    divan::main();
}

/// The inputs of the main job.
fn inputs() -> Vec<String> {
    if let Ok(input) = std::env::var("DEHUSK_BENCH_INPUT") {
        return vec![input];
    }
    ["wet", "warc", "jsonl", "parquet", "folder"]
        .map(|form| format!("samples/{form}"))
        .into_iter()
        .filter(|path| Path::new(path).exists())
        .collect()
}

fn run(input: &str, output: PathBuf) -> Result<Summary> {
    let settings = Options::default().settings()?;
    let temp_dir = settings.running.temp_dir.clone();
    let sources = paths::resolve(&paths::Request { paths: vec![input.into()], temp_dir, ..Default::default() })?;
    let request = Request {
        target: Target::Folder(output),
        format: None,
        compression: None,
        force: false,
        annotate: false,
        dropped: None,
        clusters: None,
        index: None,
        save_index: None,
    };
    let pool = ordered::pool(settings.running.threads.get())?;
    let context =
        Context { settings: &settings, pool, stop: &AtomicUsize::new(0), problems: 0, report: None, progress: &|_| () };
    pipeline::clean(&context, &sources, request).map(|(summary, _)| summary)
}

#[divan::bench(args = inputs(), sample_count = 10, sample_size = 1)]
fn clean(bencher: Bencher, input: &str) {
    let size: usize = files(Path::new(input)).iter().map(Vec::len).sum();
    bencher
        .counter(BytesCount::new(size))
        .with_inputs(|| tempfile::tempdir().expect("a folder for the output"))
        .bench_values(|folder| {
            run(input, folder.path().join("out")).expect("the input can be cleaned");
            folder
        });
}

/// The content of the files under a path.
fn files(path: &Path) -> Vec<Vec<u8>> {
    let files = ignore::WalkBuilder::new(path).standard_filters(false).build().flatten();
    files.filter_map(|entry| std::fs::read(entry.path()).ok()).collect()
}

#[divan::bench]
fn html(bencher: Bencher) {
    let pages: Vec<String> =
        files(Path::new("samples/folder")).iter().map(|bytes| charset::decode(bytes, None).text.into_owned()).collect();
    let (mut extractor, mut text, mut marks) = (Extractor::default(), String::new(), Vec::new());
    bencher.counter(BytesCount::new(pages.iter().map(String::len).sum::<usize>())).bench_local(|| {
        for page in &pages {
            text.clear();
            marks.clear();
            extractor.extract(divan::black_box(page), &mut text, &mut marks);
            divan::black_box(&text);
        }
    });
}

/// The records of the WET sample, each as it comes out of its gzip member.
fn records() -> Vec<Vec<u8>> {
    let file = std::fs::read("samples/wet/samples.warc.wet.gz").unwrap_or_default();
    let (mut members, mut rest, mut records) = (Members::new(), file.as_slice(), Vec::new());
    while !rest.is_empty() {
        let mut record = Vec::new();
        let taken = members.inflate_member(rest, &mut record, usize::MAX).expect("the sample is whole");
        records.push(record);
        rest = &rest[taken..];
    }
    records
}

fn deflated(records: &[Vec<u8>], level: u8) -> Vec<Vec<u8>> {
    let mut deflater = Deflater::new(level);
    records
        .iter()
        .map(|record| {
            let mut member = Vec::new();
            deflater.deflate_member(record, &mut member);
            member
        })
        .collect()
}

#[divan::bench]
fn inflate(bencher: Bencher) {
    let records = records();
    let compressed = deflated(&records, 6);
    let (mut members, mut out) = (Members::new(), Vec::new());
    bencher.counter(BytesCount::new(records.iter().map(Vec::len).sum::<usize>())).bench_local(|| {
        for member in &compressed {
            out.clear();
            divan::black_box(members.inflate_member(divan::black_box(member), &mut out, usize::MAX))
                .expect("a whole member");
        }
    });
}

#[divan::bench(args = [1, 6])]
fn deflate(bencher: Bencher, level: u8) {
    let records = records();
    bencher
        .counter(BytesCount::new(records.iter().map(Vec::len).sum::<usize>()))
        .bench_local(|| deflated(divan::black_box(&records), level));
}
