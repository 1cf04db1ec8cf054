//! Pages of which nothing is left, and pages that had nothing.

use crate::fixture::{Crawl, Page, Place, rows};

/// A crawl with a page of chrome alone and a blank one.
fn crawl() -> Crawl {
    let mut crawl = Crawl::plain(1, 8);
    let husk: Vec<String> = crawl.0[0].lines.iter().filter(|line| !crawl.0[0].own.contains(line)).cloned().collect();
    crawl.0.push(Page { url: "http://site0.example/husk".into(), own: vec![], lines: husk });
    crawl.0.push(Page { url: "http://site0.example/blank".into(), own: vec![], lines: vec![] });
    crawl
}

#[test]
fn an_emptied_page_is_kept_dropped_or_copied_and_counted_in_each_case() {
    let crawl = crawl();
    let place = Place::new();
    place.write("in.jsonl", crawl.jsonl());
    for (what, written, husk) in
        [("keep", 10, Some(String::new())), ("drop", 9, None), ("whole", 10, Some(crawl.0[8].text()))]
    {
        let run = place.run(&["clean", "in.jsonl", "--empty", what]);
        run.says(0, &["10 pages of 1 site", &format!("{written} written"), "1 blank", "1 emptied"]);
        let rows = rows(&run.stdout);
        assert_eq!(rows.len(), written, "{what}");
        let text =
            |url: &str| rows.iter().find(|row| row["url"] == url).map(|row| row["text"].as_str().unwrap().to_owned());
        assert_eq!(text("http://site0.example/husk"), husk, "{what}");
        assert_eq!(text("http://site0.example/blank"), Some(String::new()), "a blank page was not emptied: {what}");
    }
}

#[test]
fn emptied_pages_leave_other_formats_as_well() {
    let crawl = crawl();
    let place = Place::new();
    place.write("in.wet", crawl.wet());
    crawl.folder(&place.path("folder"), "txt", Page::text);
    let drop = ["--empty", "drop"];
    place.clean(&[&["in.wet", "-o", "out.wet"], &drop[..]].concat());
    assert_eq!(crate::fixture::wet_texts(&place.read("out.wet")).len(), 9);
    place.clean(&[&["folder", "-o", "out"], &drop[..]].concat());
    assert!(!place.path("out/site0.example/husk.txt").exists() && place.path("out/site0.example/blank.txt").exists());
    #[cfg(feature = "parquet")]
    {
        place.write("in.parquet", crate::columns::file(&crawl));
        place.clean(&[&["in.parquet", "-o", "out.parquet"], &drop[..]].concat());
        assert_eq!(crate::columns::kept(&place.read("out.parquet")).len(), 9);
    }
}

#[test]
fn a_site_with_too_few_pages_keeps_everything() {
    let place = Place::new();
    let crawl = Crawl::plain(1, 4);
    place.write("in.jsonl", crawl.jsonl());
    let run = place.run(&["clean", "in.jsonl", "--min-pages", "5"]);
    run.says(0, &["1 site with too few pages to judge"]);
    assert_eq!(run.stdout, crawl.jsonl());
}
