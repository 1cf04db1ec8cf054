//! Broken inputs of the project's own making: seeded mutations of small crawls in every format.
//!
//! Each case goes through the binary. Whatever the bytes: no panic, an honest exit status, an output that can be
//! parsed, and as many pages in it as the summary says. A ledger that does not add up would show as an internal error.

#![cfg(feature = "cli")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    dead_code,
    reason = "a test that cannot go on has failed"
)]

#[cfg(feature = "parquet")]
#[path = "cli/columns.rs"]
mod columns;
#[path = "cli/fixture.rs"]
mod fixture;

use fixture::{Crawl, Lcg, Place, gz, response, rows, zst};

/// Cases a format; `DEHUSK_HOSTILE_CASES` sets another number for a longer search.
const CASES: u64 = 20;

/// Changes a file in one to four places.
fn mutate(bytes: &[u8], rng: &mut Lcg) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..1 + rng.below(4) {
        if bytes.is_empty() {
            break;
        }
        let len = bytes.len() as u64;
        let at = rng.below(len) as usize;
        let end = (at + 1 + rng.below(200) as usize).min(bytes.len());
        match rng.below(8) {
            0 => bytes[at] ^= 1 << rng.below(8),
            1 => bytes[at..end].fill(0),
            2 => bytes[at..end].iter_mut().for_each(|byte| *byte = rng.below(256) as u8),
            3 => bytes.truncate(at),
            4 => drop(bytes.drain(at..end)),
            // Splice: a stretch from elsewhere, over what is there or between.
            5 => {
                let from = rng.below(len) as usize;
                let stretch = bytes[from..(from + end - at).min(bytes.len())].to_vec();
                bytes.splice(at..end, stretch);
            }
            6 => {
                let stretch = bytes[at..end].to_vec();
                bytes.splice(at..at, stretch);
            }
            // Numbers and marks that readers trust.
            _ => {
                const TRUSTED: [&[u8]; 12] = [
                    b"-1",
                    b"99999999999999999999",
                    b"\r\n\r\n",
                    b"WARC/1.0\r\n",
                    b"\xff\xfe",
                    b"\"",
                    b"\\u",
                    b"{",
                    b"\x1f\x8b\x08\x00",
                    b"\x28\xb5\x2f\xfd",
                    b"PAR1",
                    b"\x7f\xff\xff\xff",
                ];
                let with = TRUSTED[rng.below(TRUSTED.len() as u64) as usize];
                let end = (at + with.len()).min(bytes.len());
                bytes.splice(at..end, with.iter().copied());
            }
        }
    }
    bytes
}

/// Cleans mutations of `bytes` under the name `name`.
fn survives(name: &str, bytes: &[u8]) {
    let cases = std::env::var("DEHUSK_HOSTILE_CASES").map_or(CASES, |cases| cases.parse().unwrap());
    let place = Place::new();
    let mut damaged = 0;
    for case in 0..cases {
        let seed = case * 1_000_003 + name.len() as u64;
        let mut rng = Lcg(seed);
        place.write(name, mutate(bytes, &mut rng));
        let batch = ["4K", "1M"][rng.below(2) as usize];
        let run = place.run(&[
            "clean",
            name,
            "-o",
            "out.jsonl",
            "--format",
            "jsonl",
            "--force",
            "--batch",
            batch,
            "--max-page",
            "1M",
        ]);
        let shown = format!("{name}, seed {seed}: {}", run.stderr);
        for word in ["panic", "internal error", "please report", "overflow", "out of range"] {
            assert!(!run.stderr.contains(word), "{shown}");
        }
        damaged += u32::from(run.code != Some(0) || run.stderr.contains("repaired: "));
        match run.code {
            Some(0 | 3) => {
                let written = run.stderr.lines().find_map(|line| {
                    line.split(" sites, ")
                        .nth(1)
                        .or(line.split(" site, ").nth(1))?
                        .split(" written")
                        .next()?
                        .parse::<usize>()
                        .ok()
                });
                assert_eq!(written, Some(rows(&place.read("out.jsonl")).len()), "{shown}");
            }
            Some(2) => assert!(
                run.stderr.contains("error: no page could be read") || run.stderr.contains("not a format"),
                "{shown}"
            ),
            code => panic!("{code:?} {shown}"),
        }
    }
    assert!(damaged > 0, "{name}: no case did any harm");
}

fn crawl() -> Crawl {
    Crawl::varied(3, 12)
}

#[test]
fn wet() {
    survives("a.wet", &crawl().wet());
}

#[test]
fn wet_gz() {
    survives("a.wet.gz", &crawl().wet_records().iter().flat_map(|record| gz(record)).collect::<Vec<_>>());
}

#[test]
fn wet_zst() {
    survives("a.wet.zst", &crawl().wet_records().iter().flat_map(|record| zst(record)).collect::<Vec<_>>());
}

#[test]
fn warc() {
    survives("a.warc", &crawl().warc(|html| response("Content-Encoding: gzip\r\n", &gz(html.as_bytes()))));
}

#[test]
fn warc_gz() {
    let warc = crawl().warc(|html| {
        response("Transfer-Encoding: chunked\r\n", format!("{:x}\r\n{html}\r\n0\r\n\r\n", html.len()).as_bytes())
    });
    survives("a.warc.gz", &warc.chunks(3000).flat_map(gz).collect::<Vec<_>>());
}

#[test]
fn jsonl() {
    survives("a.jsonl", &crawl().jsonl());
}

#[test]
fn jsonl_gz() {
    survives("a.jsonl.gz", &gz(&crawl().jsonl()));
}

#[test]
fn jsonl_zst() {
    survives("a.jsonl.zst", &crawl().jsonl().chunks(2000).flat_map(zst).collect::<Vec<_>>());
}

#[cfg(feature = "parquet")]
#[test]
fn parquet_columns() {
    survives("a.parquet", &columns::file(&crawl()));
}
