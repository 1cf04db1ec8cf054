//! What it costs to find near-duplicates among 10⁴, 10⁵ and 10⁶ pages, and whether what is found is true.
//!
//! The pages are made by perturbing real ones with a seeded generator, so it is known which are alike: exact copies,
//! copies broken into other lines, copies with 1, 2 and 4 % of the words changed, with a sentence put in and another
//! taken out, and with furniture before and after. They are made again whenever they are needed and never held, so
//! that the memory measured is that of the index. Beside the mixed crawl stand the cases that make careless
//! implementations quadratic: equal pages, pages of which any two are alike, and pages that an attacker made to fall
//! into one bucket although no two are alike.
//!
//! Arguments (`cargo bench --bench similar_scale -- 10000 100000`) are numbers of pages; `--special PAGES` sets the size
//! of the other cases, `--threads N` the threads that make sketches, `--write FILE` writes the mixed crawl of the first
//! size as JSONL for other programs and stops. Words come from `samples/`, or from the JSONL file that
//! `DEHUSK_BENCH_INPUT` names. Every case runs in a process of its own; CPU time and memory are those that Linux tells
//! of it, without what making the pages takes. `wrong` counts pages that are less like the page kept for them than the
//! threshold, by the definition of Jaccard similarity; `left` counts pairs at or above it of which both pages stay.
#![allow(clippy::expect_used, clippy::print_stdout)] // a benchmark prints, and one that cannot run stops

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::hint::black_box;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::process::Command;
use std::time::Instant;

use dehusk::similar::{
    About, Bands, Clusters, Index, Kept, Method, MinHasher, Relation, Rules, ShingleStore, Shingler, Sketcher,
    Sketches, store,
};
use rayon::prelude::*;

/// Pages that are sketched before their sketches are added.
const BATCH: usize = 4096;

/// Pages and groups of which the truth is looked at, when there are more.
const CHECKED: usize = 100_000;

/// Numbers that depend on their seed alone.
struct Random(u64);

impl Random {
    fn new(parts: [u64; 3]) -> Self {
        let mut random = Self(0);
        for part in parts {
            random.0 = random.next() ^ part;
        }
        random
    }

    /// The next 64 bits, by splitmix64.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    /// A number below `end`.
    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// A word that stands nowhere else.
    fn word(&mut self) -> String {
        format!("q{:x}", self.next())
    }
}

/// Words of real pages, in their order, lower case and without punctuation: what a word is must not be in doubt here.
struct Words(Vec<Box<str>>);

impl Words {
    fn read() -> Self {
        let path = std::env::var("DEHUSK_BENCH_INPUT").unwrap_or_else(|_| "samples/jsonl/samples.jsonl".into());
        let mut words = Vec::new();
        for row in BufReader::new(std::fs::File::open(path).expect("the file of pages opens")).lines() {
            let row: serde_json::Value = serde_json::from_str(&row.expect("a line")).expect("a line of JSON");
            let text = row["text"].as_str().unwrap_or_default().to_lowercase();
            let found = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
            words.extend(found.map(Box::from));
            if words.len() > 5_000_000 {
                break;
            }
        }
        Self(words)
    }

    fn window(&self, random: &mut Random, length: usize) -> Vec<Cow<'_, str>> {
        let start = random.below(self.0.len() - length);
        self.0[start..start + length].iter().map(|word| Cow::Borrowed(&**word)).collect()
    }
}

/// Which pages a crawl holds.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// Groups of eight, four and two alike and single pages, in no order.
    Mixed,
    /// All equal.
    Equal,
    /// Pairs, half of the pages with a twin each.
    Twins,
    /// Any two are alike, hardly two equal: each has one word of its own.
    Alike,
    /// No two are alike, but all hold the phrases that win one band of the signature.
    Attack,
}

/// A crawl whose pages are made when asked for.
struct Crawl<'a> {
    kind: Kind,
    pages: usize,
    words: &'a Words,
    /// For [`Kind::Attack`].
    phrases: Vec<String>,
}

/// Sizes of the groups in a block of [`Kind::Mixed`]; what is left of it stands alone.
const GROUPS: [usize; 6] = [8, 4, 2, 2, 2, 2];
const BLOCK: usize = 32;
const FURNITURE: &str = "share this page with your friends subscribe to the letter all rights reserved";

impl Crawl<'_> {
    /// The group of a page, and its place in it. Pages of one group lie far apart.
    fn place(&self, page: usize) -> (usize, usize) {
        match self.kind {
            Kind::Mixed => {
                let slot = (page as u64 * stride(self.pages) % self.pages as u64) as usize;
                let (block, mut rest) = (slot / BLOCK, slot % BLOCK);
                for (group, size) in GROUPS.into_iter().enumerate() {
                    if rest < size {
                        return (block * BLOCK + group, rest);
                    }
                    rest -= size;
                }
                (block * BLOCK + GROUPS.len() + rest, 0)
            }
            Kind::Twins => (page % self.pages.div_ceil(2), page / self.pages.div_ceil(2)),
            Kind::Equal | Kind::Alike => (0, page),
            Kind::Attack => (page, 0),
        }
    }

    /// The words of a page in lines, as one text.
    fn text(&self, page: usize) -> String {
        let (group, member) = self.place(page);
        let mut base = Random::new([self.kind as u64, group as u64, 0]);
        let mut own = Random::new([self.kind as u64, group as u64, 1 + member as u64]);
        let length = 100 + base.below(100);
        let mut words = self.words.window(&mut base, length);
        // Real pages repeat each other: with one word in eight of its own, no group is more than .3 like another.
        for word in words.iter_mut().step_by(8) {
            *word = base.word().into();
        }
        let mut line = 12;
        match self.kind {
            Kind::Equal => {}
            Kind::Alike => change(&mut words, 1, &mut own),
            Kind::Attack => words.extend(self.phrases.iter().map(|phrase| Cow::Borrowed(phrase.as_str()))),
            Kind::Mixed | Kind::Twins if member == 0 => {}
            Kind::Mixed | Kind::Twins => match own.below(7) {
                0 => {}
                1 => line = 7,
                2 => change(&mut words, length.div_ceil(100), &mut own),
                3 => change(&mut words, length.div_ceil(50), &mut own),
                4 => change(&mut words, length.div_ceil(25), &mut own),
                5 => {
                    let (out, place) = (own.below(words.len() - 10), own.below(words.len() - 10));
                    words.drain(out..out + 10);
                    let sentence = self.words.window(&mut own, 8);
                    words.splice(place..place, sentence);
                }
                _ => {
                    words.insert(0, FURNITURE.into());
                    words.push(FURNITURE.into());
                }
            },
        }
        let mut text = String::with_capacity(words.len() * 9);
        for (place, word) in words.iter().enumerate() {
            text.push_str(word);
            text.push(if (place + 1) % line == 0 { '\n' } else { ' ' });
        }
        text
    }
}

/// Replaces `count` words, in places that may coincide.
fn change(words: &mut [Cow<str>], count: usize, own: &mut Random) {
    for _ in 0..count {
        let place = own.below(words.len());
        words[place] = own.word().into();
    }
}

/// A step through all of `pages` that visits each once: coprime, and near the golden section.
fn stride(pages: usize) -> u64 {
    let divides = |mut a: u64, mut b: u64| {
        while b > 0 {
            (a, b) = (b, a % b);
        }
        a == 1
    };
    let start = (pages as f64 * 0.618) as u64;
    (start..).find(|&step| divides(step.max(1), pages as u64)).unwrap_or(1).max(1)
}

/// Exact Jaccard similarity of the word 5-shingles of two texts: written out plainly, as a check on the library.
fn jaccard(a: &str, b: &str) -> f64 {
    fn shingles(text: &str) -> HashSet<Vec<&str>> {
        let words: Vec<&str> = text.split_whitespace().collect();
        if words.len() < 5 { HashSet::from([words]) } else { words.windows(5).map(<[&str]>::to_vec).collect() }
    }
    let (a, b) = (shingles(a), shingles(b));
    let shared = a.intersection(&b).count();
    shared as f64 / (a.len() + b.len() - shared) as f64
}

/// Phrases of which each is the least of many in one of the first slots of a signature: pages that hold them all agree
/// in the first band, whatever else they say.
fn phrases(method: Method, threshold: f64) -> Vec<String> {
    let rows = Bands::for_threshold(threshold, method.slots).rows();
    let (mut shingler, hasher) = (Shingler::new(method.seed), MinHasher::with_slots(method.seed, rows));
    let mut least = vec![(u32::MAX, String::new()); rows];
    let (mut random, mut set) = (Random(0), Vec::new());
    for _ in 0..200_000 {
        let phrase: Vec<String> = (0..5).map(|_| random.word()).collect();
        let phrase = phrase.join(" ");
        shingler.set(&phrase, &mut set);
        for (least, slot) in least.iter_mut().zip(hasher.signature(&set).slots()) {
            if *slot < least.0 {
                *least = (*slot, phrase.clone());
            }
        }
    }
    least.into_iter().map(|(_, phrase)| phrase).collect()
}

/// What Linux tells of this process; zeros elsewhere.
#[derive(Clone, Copy)]
struct Used {
    cpu: f64,
    at: Instant,
    resident: f64,
    peak: f64,
}

impl Used {
    fn now() -> Self {
        let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
        let behind_name = stat.rsplit(')').next().unwrap_or_default();
        // utime and stime, in hundredths of a second.
        let ticks: f64 =
            behind_name.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum();
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let bytes = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
            line.split_whitespace().next().and_then(|kilobytes| kilobytes.parse::<f64>().ok()).unwrap_or(0.0) * 1024.0
        };
        Self { cpu: ticks / 100.0, at: Instant::now(), resident: bytes("VmRSS:"), peak: bytes("VmHWM:") }
    }
}

/// Makes all pages, in batches, and hands each batch of `map`ped pages to `each`.
fn batches<T: Send>(
    crawl: &Crawl,
    pool: &rayon::ThreadPool,
    map: impl Fn(&mut Sketcher, &str) -> T + Sync,
    mut each: impl FnMut(Vec<T>),
) {
    for first in (0..crawl.pages).step_by(BATCH) {
        let pages = first..(first + BATCH).min(crawl.pages);
        let of_page = |sketcher: &mut Sketcher, page: usize| map(sketcher, &crawl.text(page));
        each(pool.install(|| pages.into_par_iter().map_init(|| Sketcher::new(Method::default()), of_page).collect()));
    }
}

/// Runs one case and prints its row.
fn measure(kind: Kind, pages: usize, threads: usize) {
    let (method, rules) = (Method::default(), Rules::default());
    let phrases = if kind == Kind::Attack { phrases(method, rules.threshold) } else { Vec::new() };
    let words = Words::read();
    let crawl = Crawl { kind, pages, words: &words, phrases };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads start");

    let begun = Used::now();
    let mut bytes = 0;
    batches(&crawl, &pool, |_, text| black_box(text).len(), |sizes| bytes += sizes.iter().sum::<usize>());
    let made = Used::now();
    let mut sketches = Sketches::new(method, ShingleStore::new(store::HELD, std::env::temp_dir()));
    let mut page = 0;
    batches(
        &crawl,
        &pool,
        |sketcher, text| sketcher.sketch(text),
        |batch| {
            for sketch in batch {
                sketches.add(&About { url: &url(page), ..About::default() }, &sketch).expect("the set is stored");
                page += 1;
            }
        },
    );
    let sketched = Used::now();
    let clusters = sketches.cluster(&rules, Index::new(method)).expect("the sets are read back");
    let clustered = Used::now();

    let making = made.cpu - begun.cpu;
    let (sketching, clustering) = (sketched.cpu - made.cpu - making, clustered.cpu - sketched.cpu);
    let wall = (clustered.at - made.at).as_secs_f64() - (made.at - begun.at).as_secs_f64();
    let per_page = 1e6 / pages as f64;
    let truth = judge(&crawl, &clusters, rules.threshold);
    println!(
        "{:<8} {pages:>9} {:>7.1} {sketching:>8.2} {clustering:>8.2} {:>8.2} {wall:>7.2} {:>7.1} {:>7.0} {:>9.2} {:>8.2} {:>8} {:>6} {:>8} {:>6}",
        format!("{kind:?}").to_lowercase(),
        bytes as f64 / 1e6,
        (sketching + clustering) * per_page,
        bytes as f64 / 1e6 / (sketching + clustering).max(0.01),
        (clustered.peak - made.resident).max(0.0) / pages as f64,
        clusters.work().estimated as f64 / pages as f64,
        clusters.work().compared as f64 / pages as f64,
        truth.dropped,
        truth.wrong,
        truth.pairs,
        truth.left,
    );
}

fn url(page: usize) -> String {
    format!("https://site-{}.example/page/{page}", page % 1000)
}

#[derive(Default)]
struct Truth {
    dropped: usize,
    wrong: usize,
    pairs: usize,
    left: usize,
}

/// Looks at what was found with the texts themselves.
fn judge(crawl: &Crawl, clusters: &Clusters, threshold: f64) -> Truth {
    let mut truth = Truth::default();
    let kept_for = |page: usize| match clusters.standing(page) {
        Some(standing) if standing.relation != Relation::Canonical => match standing.kept {
            Kept::Page(kept) => Some(kept),
            Kept::Earlier(_) => None,
        },
        _ => None,
    };
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for page in 0..crawl.pages {
        let kept = kept_for(page);
        truth.dropped += usize::from(kept.is_some());
        if let Some(kept) = kept
            && page % crawl.pages.div_ceil(CHECKED) == 0
        {
            truth.wrong += usize::from(jaccard(&crawl.text(page), &crawl.text(kept)) < threshold);
        }
        let members = groups.entry(crawl.place(page).0).or_default();
        if members.len() < 8 {
            members.push(page);
        }
    }
    groups.retain(|_, members| members.len() > 1);
    for members in groups.values().take(CHECKED) {
        let texts: Vec<(usize, String)> = members.iter().map(|page| (*page, crawl.text(*page))).collect();
        for (place, (one, text)) in texts.iter().enumerate() {
            for (other, _) in texts[..place].iter().filter(|(_, other)| jaccard(text, other) >= threshold) {
                truth.pairs += 1;
                truth.left += usize::from(kept_for(*one).is_none() && kept_for(*other).is_none());
            }
        }
    }
    truth
}

fn write(path: &str, pages: usize) -> std::io::Result<()> {
    let words = Words::read();
    let crawl = Crawl { kind: Kind::Mixed, pages, words: &words, phrases: Vec::new() };
    let mut out = BufWriter::new(std::fs::File::create(path)?);
    for page in 0..pages {
        let row = serde_json::json!({ "url": url(page), "text": crawl.text(page), "group": crawl.place(page).0 });
        writeln!(out, "{row}")?;
    }
    out.flush()
}

const KINDS: [Kind; 5] = [Kind::Mixed, Kind::Twins, Kind::Equal, Kind::Alike, Kind::Attack];

fn main() {
    let (mut sizes, mut special, mut threads, mut case) = (Vec::new(), 100_000, 2, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().expect("the option has a value");
        match argument.as_str() {
            "--bench" => {}
            "--special" => special = value().parse().expect("a number of pages"),
            "--threads" => threads = value().parse().expect("a number of threads"),
            "--case" => case = value().parse::<usize>().ok(),
            "--write" => {
                return write(&value(), sizes.first().copied().unwrap_or(10_000)).expect("the file is written");
            }
            size => sizes.push(size.parse().expect("a number of pages")),
        }
    }
    if let Some(kind) = case.and_then(|case| KINDS.get(case)) {
        return measure(*kind, special, threads);
    }
    if sizes.is_empty() {
        sizes = vec![10_000, 100_000, 1_000_000];
    }
    println!(
        "{:<8} {:>9} {:>7} {:>8} {:>8} {:>8} {:>7} {:>7} {:>7} {:>9} {:>8} {:>8} {:>6} {:>8} {:>6}",
        "case",
        "pages",
        "MB",
        "sketch s",
        "cluster",
        "us/page",
        "wall s",
        "MB/s",
        "B/page",
        "estimated",
        "compared",
        "dropped",
        "wrong",
        "pairs",
        "left"
    );
    let mixed = sizes.iter().map(|size| (0, *size));
    for (case, pages) in mixed.chain((1..KINDS.len()).map(|case| (case, special))) {
        let own = std::env::current_exe().expect("this program has a path");
        let arguments =
            ["--case", &case.to_string(), "--special", &pages.to_string(), "--threads", &threads.to_string()]
                .map(str::to_owned);
        let status = Command::new(own).args(arguments).status().expect("the case starts");
        assert!(status.success(), "a case failed");
    }
}
