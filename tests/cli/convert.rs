//! Every format into every other, and the compression of what is written.

use crate::fixture::{Crawl, Kept, Place, gunzip, kept_of_jsonl, kept_of_wet, rows};

/// Inputs of one crawl in the formats that have addresses: `in.jsonl`, `in.wet` and, if built in, `in.parquet`.
fn place(crawl: &Crawl) -> (Place, Vec<&'static str>) {
    let place = Place::new();
    place.write("in.jsonl", crawl.jsonl());
    place.write("in.wet", crawl.wet());
    #[cfg(feature = "parquet")]
    place.write("in.parquet", crate::columns::file(crawl));
    (
        place,
        if cfg!(feature = "parquet") { vec!["in.jsonl", "in.wet", "in.parquet"] } else { vec!["in.jsonl", "in.wet"] },
    )
}

#[test]
fn every_format_converts_into_every_other() {
    let crawl = Crawl::plain(2, 6);
    let (place, inputs) = place(&crawl);
    for input in inputs {
        place.clean(&[input, "--format", "jsonl", "-o", "out.jsonl", "--force"]);
        assert_eq!(kept_of_jsonl(&place.read("out.jsonl")), crawl.own(), "{input} to JSONL");
        place.clean(&[input, "--format", "wet", "-o", "out.wet", "--force"]);
        assert_eq!(kept_of_wet(&place.read("out.wet")), crawl.own(), "{input} to WET");
        #[cfg(feature = "parquet")]
        {
            place.clean(&[input, "--format", "parquet", "-o", "out.parquet", "--force"]);
            assert_eq!(crate::columns::kept(&place.read("out.parquet")), crawl.own(), "{input} to Parquet");
        }
        place.clean(&[input, "--format", "text", "-o", "out.txt", "--force"]);
        assert_eq!(place.text("out.txt"), as_text(&crawl.own()), "{input} to text");
    }
}

/// Pages separated by empty lines.
fn as_text(pages: &[Kept]) -> String {
    pages.iter().map(|page| format!("{}\n\n", page.lines.join("\n"))).collect()
}

#[test]
fn what_is_converted_there_and_back_is_what_it_was() {
    let crawl = Crawl::varied(3, 10);
    let (place, inputs) = place(&crawl);
    let texts = |bytes: &[u8]| -> Vec<(String, String)> {
        rows(bytes)
            .iter()
            .map(|row| (row["url"].as_str().unwrap().into(), row["text"].as_str().unwrap().into()))
            .collect()
    };
    let expected: Vec<_> = crawl.0.iter().map(|page| (page.url.clone(), page.text())).collect();
    // So many pages no site has: nothing is dropped.
    let all = ["--min-pages", "1000000", "--format"];
    for input in inputs {
        place.clean(&[&[input, "-o", "a.wet", "--force"], &all[..], &["wet"]].concat());
        assert_eq!(crate::fixture::wet_texts(&place.read("a.wet")), expected, "{input}");
        let back = place.clean(&[&["a.wet"], &all[..], &["jsonl"]].concat());
        assert_eq!(texts(&back.stdout), expected, "{input}");
    }
}

#[test]
fn the_output_is_compressed_as_the_input_was_as_its_name_says_or_as_asked() {
    let place = Place::new();
    let jsonl = Crawl::plain(1, 4).jsonl();
    place.write("in.jsonl.gz", crate::fixture::gz(&jsonl));
    let plain = place.clean(&["in.jsonl.gz"]).stdout;
    assert_eq!(kept_of_jsonl(&plain), Crawl::plain(1, 4).own(), "standard output is plain");
    let unzst = |bytes: Vec<u8>| zstd::decode_all(&*bytes).unwrap();
    place.clean(&["in.jsonl.gz", "-o", "same"]);
    assert_eq!(gunzip(&place.read("same/in.jsonl.gz")), plain);
    place.clean(&["in.jsonl.gz", "-o", "named.jsonl.zst"]);
    assert_eq!(unzst(place.read("named.jsonl.zst")), plain);
    place.clean(&["in.jsonl.gz", "-o", "asked", "--compress", "zst"]);
    assert_eq!(unzst(place.read("asked/in.jsonl.zst")), plain);
    place.clean(&["in.jsonl.gz", "-o", "asked", "--compress", "none"]);
    assert_eq!(place.read("asked/in.jsonl"), plain);
    assert_eq!(gunzip(&place.clean(&["in.jsonl.gz", "--compress", "gz"]).stdout), plain);
}

#[test]
fn a_wet_output_has_a_gzip_member_a_record() {
    let place = Place::new();
    let crawl = Crawl::plain(1, 5);
    place.write("in.wet", crawl.wet());
    place.clean(&["in.wet", "-o", "out.wet.gz"]);
    let bytes = place.read("out.wet.gz");
    let mut rest = bytes.as_slice();
    let mut members = 0;
    while !rest.is_empty() {
        let mut text = String::new();
        std::io::Read::read_to_string(&mut flate2::bufread::GzDecoder::new(&mut rest), &mut text).unwrap();
        assert!(text.starts_with("WARC/1.0\r\n") && text.ends_with("\r\n\r\n"));
        members += 1;
    }
    assert_eq!(members, crawl.0.len());
}

#[test]
fn a_wet_record_keeps_its_header_but_for_the_length() {
    let place = Place::new();
    place.write("in.wet", Crawl::plain(1, 3).wet());
    let out = String::from_utf8(place.clean(&["in.wet"]).stdout).unwrap();
    let header = out.split("\r\n\r\n").next().unwrap();
    let length = Crawl::plain(1, 3).0[0].own.join("\n").len() + 1;
    assert_eq!(
        header.lines().collect::<Vec<_>>(),
        [
            "WARC/1.0",
            "WARC-Type: conversion",
            "WARC-Target-URI: http://site0.example/p/000.html",
            "WARC-Date: 2024-03-01T12:00:00Z",
            "WARC-Record-ID: <urn:test:http://site0.example/p/000.html>",
            "Content-Type: text/plain",
            &format!("Content-Length: {}", length - 1),
        ]
    );
}

#[test]
fn several_formats_need_a_choice_for_one_output() {
    let (place, _) = place(&Crawl::plain(1, 4));
    place.run(&["clean", "in.jsonl", "in.wet"]).says(2, &["the inputs have several formats", "--format"]);
    let run = place.clean(&["in.jsonl", "in.wet", "--format", "jsonl"]);
    assert_eq!(run.kept().len(), 8);
}
