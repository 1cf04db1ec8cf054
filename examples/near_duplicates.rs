//! Finds the near-duplicates among pages, with nothing but the library.
//!
//! `near_duplicates PAGES.jsonl [THRESHOLD]` reads pages (`text`, `url`), one JSON object a line, and writes a line of
//! JSON a cluster: the numbers of its pages, from 0 on in the order of the file, the one that stays first. With
//! `--pairs` it writes each pair that is as similar as the threshold instead, and its exact similarity.
#![allow(clippy::print_stderr)] // printing is what it is for

use std::borrow::Cow;
use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};

use dehusk::similar::{
    About, Bands, Index, LshIndex, Method, Rules, ShingleStore, Sketch, Sketcher, Sketches, jaccard,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow, default)]
    url: Cow<'a, str>,
    #[serde(borrow)]
    text: Cow<'a, str>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let (options, arguments): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|argument| argument.starts_with("--"));
    let [path, rest @ ..] = arguments.as_slice() else {
        return Err("usage: near_duplicates PAGES.jsonl [THRESHOLD] [--pairs]".into());
    };
    let threshold = rest.first().map_or(Ok(Rules::default().threshold), |threshold| threshold.parse())?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    if options.iter().any(|option| option == "--pairs") {
        pairs(path, threshold, &mut out)?;
    } else {
        clusters(path, threshold, &mut out)?;
    }
    Ok(out.flush()?)
}

/// Hands each page and its sketch to `each`.
fn sketch(path: &str, mut each: impl FnMut(&Page, Sketch) -> std::io::Result<()>) -> std::io::Result<()> {
    let mut sketcher = Sketcher::new(Method::default());
    let mut file = BufReader::with_capacity(1 << 20, File::open(path)?);
    let mut line = String::new();
    while file.read_line(&mut line)? > 0 {
        let page: Page = serde_json::from_str(&line)?;
        each(&page, sketcher.sketch(&page.text))?;
        line.clear();
    }
    Ok(())
}

/// The clusters: each page in them was compared with the one that stays for it.
fn clusters(path: &str, threshold: f64, out: &mut impl Write) -> std::io::Result<()> {
    let method = Method::default();
    let store = ShingleStore::new(dehusk::similar::store::HELD, std::env::temp_dir());
    let mut sketches = Sketches::new(method, store);
    sketch(path, |page, sketch| sketches.add(&About { url: &page.url, ..About::default() }, &sketch))?;
    let found = sketches.cluster(&Rules { threshold, ..Rules::default() }, Index::new(method))?;
    eprintln!("{}", found.bands());
    for cluster in found.clusters() {
        writeln!(out, "{:?}", cluster.pages)?;
    }
    Ok(())
}

/// All pairs: an index of all pages, asked for each of them.
fn pairs(path: &str, threshold: f64, out: &mut impl Write) -> std::io::Result<()> {
    let bands = Bands::for_threshold(threshold, Method::default().slots);
    let mut index = LshIndex::new(bands);
    let (mut sets, mut keys, mut found): (Vec<Vec<u32>>, _, _) = (Vec::new(), Vec::new(), Vec::new());
    sketch(path, |_, sketch| {
        let number = sets.len();
        bands.keys(Method::default().seed, sketch.signature.slots(), &mut keys);
        index.candidates(&keys, &mut found);
        for other in &found {
            let similarity = sets.get(*other as usize).map_or(0.0, |set| jaccard(set, &sketch.shingles));
            if similarity >= threshold {
                writeln!(out, "[{other}, {number}, {similarity:.4}]")?;
            }
        }
        index.insert(number as u32, &keys);
        sets.push(sketch.shingles);
        Ok(())
    })
}
