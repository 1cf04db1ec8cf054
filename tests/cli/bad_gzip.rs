//! Compressed files that are cut or damaged: never silent, and all pages before the damage are there.

use std::io::Read;

use crate::fixture::{Crawl, Place, gz, zst};

fn crawl() -> Crawl {
    Crawl::plain(2, 5)
}

/// What can be decompressed of a cut gzip file.
fn readable(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let _ = flate2::read::MultiGzDecoder::new(bytes).read_to_end(&mut out);
    out
}

/// Positions spread over a file of `len` bytes.
fn cuts(len: usize) -> impl Iterator<Item = usize> {
    (1..=60).map(move |i| i * (len - 1) / 60)
}

/// Cleans without dropping anything.
fn run(place: &Place, name: &str, bytes: &[u8]) -> crate::fixture::Run {
    place.write(name, bytes);
    place.run(&["clean", name, "--format", "jsonl", "--min-pages", "1000000"])
}

#[test]
fn a_wet_file_cut_anywhere_gives_the_pages_before_the_cut() {
    let (place, crawl) = (Place::new(), crawl());
    let members: Vec<Vec<u8>> = crawl.wet_records().iter().map(|record| gz(record)).collect();
    let ends: Vec<usize> = members
        .iter()
        .scan(0, |end, member| {
            *end += member.len();
            Some(*end)
        })
        .collect();
    let whole = members.concat();
    for cut in
        cuts(whole.len()).chain(ends.iter().flat_map(|end| [end - 1, *end, end + 1])).filter(|cut| *cut < whole.len())
    {
        let before = ends.iter().filter(|end| **end <= cut).count();
        let run = run(&place, "a.wet.gz", &whole[..cut]);
        if ends.contains(&cut) {
            run.says(0, &[]);
            assert_eq!(run.kept().len(), before, "cut at {cut}");
            continue;
        }
        assert!(matches!(run.code, Some(2 | 3)), "cut at {cut}: {}", run.stderr);
        assert!(run.stderr.contains("a.wet.gz"), "cut at {cut}: {}", run.stderr);
        let kept = run.kept();
        assert!((before..=before + 1).contains(&kept.len()), "cut at {cut}: {} of {before} pages", kept.len());
        let texts: Vec<_> = crawl.0.iter().map(|page| page.lines.clone()).collect();
        assert!(kept.iter().take(before).zip(&texts).all(|(page, text)| page.lines == *text), "cut at {cut}");
        assert_eq!(run.code == Some(2), kept.is_empty(), "cut at {cut}: status 2 is for no page at all");
    }
}

#[test]
fn a_jsonl_file_cut_anywhere_gives_the_rows_before_the_cut() {
    let (place, crawl) = (Place::new(), crawl());
    let jsonl = crawl.jsonl();
    let expected = crate::fixture::kept_of_jsonl(&jsonl);
    let whole: Vec<u8> = jsonl.chunks(1500).flat_map(gz).collect();
    let members: Vec<usize> = jsonl
        .chunks(1500)
        .scan(0, |end, chunk| {
            *end += gz(chunk).len();
            Some(*end)
        })
        .collect();
    for cut in cuts(whole.len()) {
        let run = run(&place, "a.jsonl.gz", &whole[..cut]);
        let before = readable(&whole[..cut]).iter().filter(|byte| **byte == b'\n').count();
        let kept = run.kept();
        // A row that lacks only its line end is there as well.
        assert!(
            (before..=before + 1).contains(&kept.len()),
            "cut at {cut}: {} of {before} rows: {}",
            kept.len(),
            run.stderr
        );
        assert_eq!(kept, expected[..kept.len()], "cut at {cut}");
        assert!(run.code != Some(0) || members.contains(&cut), "cut at {cut}: silent");
    }
}

#[test]
fn a_zstandard_file_cut_anywhere_is_reported() {
    let (place, crawl) = (Place::new(), crawl());
    let frames: Vec<Vec<u8>> = crawl.wet_records().iter().map(|record| zst(record)).collect();
    let ends: Vec<usize> = frames
        .iter()
        .scan(0, |end, frame| {
            *end += frame.len();
            Some(*end)
        })
        .collect();
    let whole = frames.concat();
    for cut in cuts(whole.len()) {
        let before = ends.iter().filter(|end| **end <= cut).count();
        let run = run(&place, "a.wet.zst", &whole[..cut]);
        assert!(run.code != Some(0) || ends.contains(&cut), "cut at {cut}: silent");
        let kept = run.kept();
        assert!((before..=before + 1).contains(&kept.len()), "cut at {cut}: {}", run.stderr);
        assert!(kept.iter().take(before).zip(&crawl.0).all(|(got, page)| got.lines == page.lines), "cut at {cut}");
    }
}

#[test]
fn a_damaged_member_costs_no_other_page() {
    let (place, crawl) = (Place::new(), crawl());
    let members: Vec<Vec<u8>> = crawl.wet_records().iter().map(|record| gz(record)).collect();
    for offset in [0, 1, 5, 20, 100, members[4].len() - 6, members[4].len() - 1] {
        let mut members = members.clone();
        members[4][offset] ^= 0xff;
        let run = run(&place, "a.wet.gz", &members.concat());
        let kept = run.kept();
        let others = |url: &String| crawl.0.iter().enumerate().any(|(i, page)| i != 4 && page.url == *url);
        assert_eq!(run.urls().iter().filter(|url| others(url)).count(), 9, "byte {offset}: {}", run.stderr);
        if kept.iter().find(|page| page.url == crawl.0[4].url).is_none_or(|page| page.lines != crawl.0[4].lines) {
            run.says(3, &["a.wet.gz"]);
        }
        // Flags, time and system of a header may change without harm; checksum and length may not.
        assert!(run.code == Some(3) || offset == 5, "byte {offset} was changed silently");
    }
}

#[test]
fn zeros_and_rubbish_between_members_are_named() {
    let (place, crawl) = (Place::new(), crawl());
    let members: Vec<Vec<u8>> = crawl.wet_records().iter().map(|record| gz(record)).collect();
    for (between, word) in [(vec![0; 512], "zero"), (b"rubbish that is no gzip".to_vec(), "no gzip member")] {
        let run = run(&place, "a.wet.gz", &[members[..5].concat(), between, members[5..].concat()].concat());
        run.says(3, &["gap: a.wet.gz (byte ", word]);
        assert_eq!(run.urls().len(), 10);
    }
}

#[test]
fn a_file_that_is_compressed_twice_is_refused_with_the_remedy() {
    let (place, crawl) = (Place::new(), crawl());
    place.write("good.jsonl", crawl.jsonl());
    place.write("twice.jsonl.gz", gz(&gz(&crawl.jsonl())));
    let run = place.run(&["clean", "good.jsonl", "twice.jsonl.gz"]);
    run.says(3, &["twice.jsonl.gz: compressed twice; decompress it once"]);
    assert_eq!(run.kept(), crawl.own());
}
