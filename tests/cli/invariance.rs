//! The same bytes come out whatever the threads, the size of batches, the number of readings and the order of files.

use std::collections::BTreeMap;
use std::path::Path;

use crate::fixture::{Crawl, Place, gz, html, response, zst};

/// All files under a folder with their bytes.
fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let (path, name) = {
            let entry = entry.unwrap();
            (entry.path(), entry.file_name().into_string().unwrap())
        };
        if path.is_dir() {
            files.extend(tree(&path).into_iter().map(|(under, bytes)| (format!("{name}/{under}"), bytes)));
        } else {
            files.insert(name, std::fs::read(path).unwrap());
        }
    }
    files
}

/// Cleans `input` in each way, and compares all that was written.
fn same_in_every_way(place: &Place, input: &str, further: &[&str]) {
    let ways: [&[&str]; 7] = [
        &["-j", "1"],
        &["-j", "8"],
        &["-j", "3", "--batch", "4K"],
        &["-j", "8", "--batch", "64K", "--reading", "once"],
        &["-j", "2", "--batch", "64K", "--reading", "twice"],
        &["-j", "1", "--batch", "16M", "--reading", "once"],
        &["-j", "8", "--batch", "4K", "--reading", "twice"],
    ];
    let trees = ways.map(|way| {
        let out = tempfile::tempdir().unwrap();
        let folder = out.path().join("out");
        let dropped = out.path().join("dropped.jsonl.gz");
        let run = place.run(
            &[
                &["clean", "-q", input, "-o", folder.to_str().unwrap(), "--dropped", dropped.to_str().unwrap()],
                way,
                further,
            ]
            .concat(),
        );
        run.says(0, &[]);
        tree(out.path())
    });
    assert!(trees[0].values().map(Vec::len).sum::<usize>() > 20_000, "{input}: something was written");
    for (way, tree) in ways.iter().zip(&trees).skip(1) {
        assert_eq!(tree.keys().collect::<Vec<_>>(), trees[0].keys().collect::<Vec<_>>(), "{input} {way:?}");
        for (name, bytes) in tree {
            assert!(*bytes == trees[0][name], "{input} {way:?}: {name} differs");
        }
    }
}

/// Some hundred pages of several sites.
fn crawl() -> Crawl {
    Crawl::varied(7, 90)
}

#[test]
fn jsonl_in_every_compression() {
    let (place, jsonl) = (Place::new(), crawl().jsonl());
    place.write("a.jsonl", &jsonl);
    place.write("a.jsonl.gz", gz(&jsonl));
    place.write("members.jsonl.gz", jsonl.chunks(5000).flat_map(gz).collect::<Vec<_>>());
    place.write("a.jsonl.zst", zst(&jsonl));
    for input in ["a.jsonl", "a.jsonl.gz", "members.jsonl.gz", "a.jsonl.zst"] {
        same_in_every_way(&place, input, &[]);
    }
    same_in_every_way(&place, "a.jsonl", &["--annotate"]);
    same_in_every_way(&place, "a.jsonl", &["--duplicates", "drop"]);
    same_in_every_way(&place, "a.jsonl", &["--duplicates", "mark", "--contained", "0.8", "--canonical", "newest"]);
}

#[test]
fn wet_and_warc_in_every_compression() {
    let (place, crawl) = (Place::new(), crawl());
    let records = crawl.wet_records();
    place.write("a.wet", crawl.wet());
    place.write("a.wet.gz", records.iter().flat_map(|record| gz(record)).collect::<Vec<_>>());
    place.write("one.wet.gz", gz(&crawl.wet()));
    place.write("a.wet.zst", records.iter().flat_map(|record| zst(record)).collect::<Vec<_>>());
    place.write("a.warc.gz", gz(&crawl.warc(|html| response("Content-Encoding: gzip\r\n", &gz(html.as_bytes())))));
    for input in ["a.wet", "a.wet.gz", "one.wet.gz", "a.wet.zst", "a.warc.gz"] {
        same_in_every_way(&place, input, &[]);
    }
}

#[cfg(feature = "parquet")]
#[test]
fn parquet() {
    let place = Place::new();
    place.write("a.parquet", crate::columns::file(&crawl()));
    same_in_every_way(&place, "a.parquet", &[]);
    same_in_every_way(&place, "a.parquet", &["--annotate"]);
    same_in_every_way(&place, "a.parquet", &["--duplicates", "drop", "--canonical", "oldest"]);
}

#[test]
fn folders_of_text_and_html() {
    let (place, crawl) = (Place::new(), crawl());
    crawl.folder(&place.path("text"), "txt", crate::fixture::Page::text);
    crawl.folder(&place.path("html"), "html", html);
    same_in_every_way(&place, "text", &[]);
    same_in_every_way(&place, "html", &[]);
    same_in_every_way(&place, "html", &["--duplicates", "drop"]);
}

#[test]
fn every_conversion() {
    let place = Place::new();
    place.write("a.jsonl", crawl().jsonl());
    place.write("a.wet", crawl().wet());
    for (input, format) in [("a.jsonl", "wet"), ("a.jsonl", "text"), ("a.wet", "jsonl")] {
        same_in_every_way(&place, input, &["--format", format]);
        same_in_every_way(&place, input, &["--format", format, "--compress", "gz", "--empty", "drop"]);
    }
    #[cfg(feature = "parquet")]
    same_in_every_way(&place, "a.jsonl", &["--format", "parquet"]);
}

#[test]
fn damaged_input() {
    let (place, crawl) = (Place::new(), crawl());
    let mut packed: Vec<u8> = crawl.wet_records().iter().flat_map(|record| gz(record)).collect();
    for at in [3000, 20_000, 40_001, 77_777] {
        packed[at] ^= 0x55;
    }
    packed.truncate(packed.len() - 30);
    place.write("a.wet.gz", packed);
    same_in_every_way(&place, "a.wet.gz", &["--allow-bad", "100%"]);
}

#[test]
fn the_order_of_files_and_how_pages_are_spread_over_them() {
    let (place, crawl) = (Place::new(), crawl());
    for (name, pages) in ["a.wet.gz", "b.wet.gz", "c.wet.gz"].iter().zip(crawl.0.chunks(crawl.0.len() / 3 + 1)) {
        place.write(name, gz(&Crawl(pages.to_vec()).wet()));
    }
    place.write("all.wet", crawl.wet());
    place.write("reversed.wet", crawl.reversed().wet());
    for (order, out) in
        [(["a.wet.gz", "b.wet.gz", "c.wet.gz"], "first"), (["c.wet.gz", "a.wet.gz", "b.wet.gz"], "second")]
    {
        place.clean(&[&order[..], &["-o", out]].concat());
    }
    assert!(tree(&place.path("first")) == tree(&place.path("second")));
    let spread = place.clean(&["a.wet.gz", "b.wet.gz", "c.wet.gz"]).stdout;
    assert!(spread == place.clean(&["all.wet"]).stdout);
    let mut texts = crate::fixture::wet_texts(&place.clean(&["reversed.wet"]).stdout);
    texts.reverse();
    assert_eq!(texts, crate::fixture::wet_texts(&spread), "the order of pages within a file");
}
