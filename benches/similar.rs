//! What finding near-duplicates costs: bytes of text a second that become shingles, nanoseconds a shingle that MinHash
//! takes beside two other sketches, and a table of their errors against theory.
//!
//! The two others are one-permutation hashing with optimal densification (Shrivastava, ICML 2017) and fast similarity
//! sketching (Dahlgaard and others, FOCS 2017). Texts are those of `samples/`, or the file that `DEHUSK_BENCH_TEXT`
//! names.

use dehusk::similar::minhash::deviation;
use dehusk::similar::{MinHasher, Shingler, Sketcher, similarity};
use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};

const SLOTS: usize = 128;
const SIZES: [usize; 5] = [5, 20, 100, 500, 5000];

#[allow(clippy::print_stdout, reason = "the table is what it is run for")]
fn main() {
    println!("error of 128 slots as a multiple of √(J(1−J)/k), two sets with half of their union in common");
    println!("{:>10} {:>10} {:>16} {:>10}", "elements", "classical", "one permutation", "fast");
    for size in SIZES {
        let [classical, one, fast] = [sketch_classical, sketch_one_permutation, sketch_fast].map(|by| error(size, by));
        println!("{size:>10} {classical:>10.2} {one:>16.2} {fast:>10.2}");
    }
    divan::main();
}

fn mixed(n: u64) -> u64 {
    let n = (n ^ n >> 32).wrapping_mul(0xd6e8_feb8_6659_fd93);
    let n = (n ^ n >> 32).wrapping_mul(0xd6e8_feb8_6659_fd93);
    n ^ n >> 32
}

fn set(from: usize, size: usize) -> Vec<u32> {
    (from..from + size).map(|n| (mixed(n as u64 + 1) >> 32) as u32).collect()
}

/// Root of the mean squared error of a sketch over many pairs, in units of theory's.
fn error(size: usize, sketch: fn(&[u32]) -> Vec<u64>) -> f64 {
    let pairs = if size < 1000 { 2000 } else { 300 };
    let common = size * 2 / 3;
    let truth = common as f64 / (2 * size - common) as f64;
    let squares: f64 = (0..pairs)
        .map(|pair| {
            let from = pair * 3 * size;
            let (one, other) = (sketch(&set(from, size)), sketch(&set(from + size - common, size)));
            let equal = one.iter().zip(&other).filter(|(a, b)| a == b).count();
            (equal as f64 / SLOTS as f64 - truth).powi(2)
        })
        .sum();
    (squares / pairs as f64).sqrt() / deviation(truth, SLOTS)
}

thread_local! {
    static HASHER: MinHasher = MinHasher::with_slots(1, SLOTS);
}

fn sketch_classical(set: &[u32]) -> Vec<u64> {
    HASHER.with(|hasher| hasher.signature(set).slots().iter().map(|slot| u64::from(*slot)).collect())
}

/// Every element falls into one bin; empty bins borrow from bins that chance picks.
fn sketch_one_permutation(set: &[u32]) -> Vec<u64> {
    let mut bins = vec![u64::MAX; SLOTS];
    for element in set {
        let hash = mixed(u64::from(*element));
        let bin = ((u128::from(hash) * SLOTS as u128) >> 64) as usize;
        bins[bin] = bins[bin].min(hash.wrapping_mul(SLOTS as u64));
    }
    let filled = bins.clone();
    if set.is_empty() {
        return filled;
    }
    for (number, bin) in bins.iter_mut().enumerate() {
        let mut attempt = 0;
        while *bin == u64::MAX {
            attempt += 1;
            *bin = filled[mixed((number as u64) << 32 | attempt) as usize % SLOTS];
        }
    }
    bins
}

/// Rounds of one hash each until every bin is filled: first into random bins, then into one bin after the other.
fn sketch_fast(set: &[u32]) -> Vec<u64> {
    let mut bins = vec![u64::MAX; SLOTS];
    let mut empty = SLOTS;
    for round in 0..2 * SLOTS as u64 {
        for element in set {
            let hash = mixed(u64::from(*element) << 32 | (round + 1));
            let bin = if round < SLOTS as u64 { hash as usize % SLOTS } else { round as usize - SLOTS };
            empty -= usize::from(bins[bin] == u64::MAX);
            bins[bin] = bins[bin].min(round << 32 | hash >> 32);
        }
        if empty == 0 {
            break;
        }
    }
    bins
}

#[divan::bench(args = SIZES)]
fn classical(bencher: Bencher, size: usize) {
    let (set, hasher) = (set(0, size), MinHasher::with_slots(1, SLOTS));
    bencher.counter(ItemsCount::new(size)).bench_local(|| hasher.signature(divan::black_box(&set)));
}

#[divan::bench(args = SIZES)]
fn one_permutation(bencher: Bencher, size: usize) {
    let set = set(0, size);
    bencher.counter(ItemsCount::new(size)).bench_local(|| sketch_one_permutation(divan::black_box(&set)));
}

#[divan::bench(args = SIZES)]
fn fast_similarity(bencher: Bencher, size: usize) {
    let set = set(0, size);
    bencher.counter(ItemsCount::new(size)).bench_local(|| sketch_fast(divan::black_box(&set)));
}

#[divan::bench]
fn comparing_two_signatures(bencher: Bencher) {
    let hasher = MinHasher::with_slots(1, SLOTS);
    let (one, other) = (hasher.signature(&set(0, 500)), hasher.signature(&set(100, 500)));
    bencher.bench_local(|| similarity(divan::black_box(one.slots()), divan::black_box(other.slots())));
}

/// Texts of some scripts, a megabyte each.
fn texts(script: &str) -> Vec<String> {
    let text = match script {
        "samples" => match std::env::var_os("DEHUSK_BENCH_TEXT") {
            Some(path) => std::fs::read_to_string(path).unwrap_or_default(),
            None => samples(),
        },
        "German" => "Überall in Österreich fährt die Fähre später, und der Bäcker wartet am Kai auf sie. ".to_owned(),
        "Russian" => "Вечерний паром опять опоздал, и пекарь ждал на набережной с двумя сотнями булок. ".to_owned(),
        "Chinese" => "晚上的渡船又迟到了，面包师带着两百个面包卷在码头上等着。".to_owned(),
        _ => "เรือข้ามฟากตอนเย็นมาสายอีกแล้ว และคนทำขนมปังรออยู่ที่ท่าเรือ ".to_owned(),
    };
    // Pages of some thousand bytes, as crawls have them.
    let page = text.repeat((4000 / text.len().max(1)).max(1));
    vec![page; (1_000_000 / text.len().max(4000)).max(1)]
}

fn samples() -> String {
    let rows = std::fs::read_to_string("samples/jsonl/samples.jsonl").unwrap_or_default();
    let text_of = |row: &str| {
        let row: serde_json::Value = serde_json::from_str(row).unwrap_or_default();
        row["text"].as_str().unwrap_or_default().to_owned()
    };
    rows.lines().map(text_of).collect::<Vec<_>>().join("\n")
}

const SCRIPTS: [&str; 5] = ["samples", "German", "Russian", "Chinese", "Thai"];

#[divan::bench(args = SCRIPTS, sample_count = 20)]
fn shingling(bencher: Bencher, script: &str) {
    let texts = texts(script);
    let (mut shingler, mut hashes) = (Shingler::new(0), Vec::new());
    let bytes: usize = texts.iter().map(String::len).sum();
    bencher.counter(BytesCount::new(bytes)).bench_local(|| {
        for text in &texts {
            shingler.hashes(divan::black_box(text), &mut hashes);
            divan::black_box(&hashes);
        }
    });
}

/// All that a page costs: shingles, sorted, signature, hash of the text.
#[divan::bench(args = SCRIPTS, sample_count = 20)]
fn sketching(bencher: Bencher, script: &str) {
    let texts = texts(script);
    let mut sketcher = Sketcher::new(dehusk::similar::Method::default());
    let bytes: usize = texts.iter().map(String::len).sum();
    bencher.counter(BytesCount::new(bytes)).bench_local(|| {
        for text in &texts {
            divan::black_box(sketcher.sketch(divan::black_box(text)));
        }
    });
}
