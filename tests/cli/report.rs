//! `dehusk report`, and `--report` of `dehusk clean`: what is told, where it goes, and that it is always the same.

use serde_json::{Value, json};

use crate::fixture::{Crawl, Place, gz};

/// The JSON report of a crawl, made in some way.
fn report(place: &Place, arguments: &[&str]) -> Value {
    let run = place.run(&[&["report", "--format", "json"], arguments].concat());
    run.says(0, &[]);
    serde_json::from_slice(&run.stdout).unwrap()
}

fn site<'a>(report: &'a Value, name: &str) -> &'a Value {
    report["sites"].as_array().unwrap().iter().find(|site| site["name"] == name).unwrap()
}

#[test]
fn figures_are_those_of_the_crawl() {
    let place = Place::new();
    let crawl = Crawl::plain(2, 8);
    place.write("a.jsonl", crawl.jsonl());
    let report = report(&place, &["a.jsonl"]);
    let bytes = |lines: &[String]| lines.iter().map(|line| line.len() as u64).sum::<u64>();
    let read: u64 = crawl.0.iter().map(|page| bytes(&page.lines)).sum();
    let own: u64 = crawl.0.iter().map(|page| bytes(&page.own)).sum();
    let totals = &report["totals"];
    assert_eq!((&totals["pages"], &totals["sites"], &totals["emptied"]), (&json!(16), &json!(2), &json!(0)));
    assert_eq!((&totals["read"]["bytes"], &totals["kept"]["bytes"]), (&json!(read), &json!(own)));
    let site = site(&report, "site0.example");
    assert_eq!((&site["pages"], &site["distinct"], &site["duplicates"]), (&json!(8), &json!(8), &json!(0)));
    let recurring = site["details"]["recurring"].as_array().unwrap();
    let texts = |block: &Value| -> Vec<String> {
        block["lines"].as_array().unwrap().iter().map(|line| line["text"].as_str().unwrap().to_owned()).collect()
    };
    let mut blocks: Vec<_> = recurring.iter().map(texts).collect();
    blocks.sort();
    assert_eq!(blocks, [vec!["All rights reserved, Example A"], vec!["Home A", "News A", "Contact us A"]]);
    assert!(recurring.iter().all(|block| block["kind"] == "block" && block["pages"] == 8), "{recurring:?}");
    let positions: Vec<u64> =
        site["details"]["positions"].as_array().unwrap().iter().map(|share| share.as_u64().unwrap()).collect();
    assert_eq!((positions[0], positions[25], positions[49]), (100, 0, 100));
    let example = &site["details"]["examples"][0];
    assert_eq!(example["lines"].as_array().unwrap().len(), 6);
    assert_eq!((&example["lines"][0]["keep"], &example["lines"][4]["keep"]), (&json!(false), &json!(true)));
}

#[test]
fn a_report_is_the_same_in_every_way() {
    let place = Place::new();
    let crawl = Crawl::varied(6, 120);
    place.write("a.jsonl", crawl.jsonl());
    place.write("b.jsonl.gz", gz(&crawl.reversed().jsonl()));
    let stable = |mut report: Value| {
        report["sources"] = Value::Null;
        report
    };
    let first = report(&place, &["a.jsonl", "-j", "1"]);
    assert!(first["clusters"]["clusters"].as_u64().unwrap() > 3, "there are clusters to compare");
    for way in [
        &["a.jsonl", "-j", "8", "--batch", "4K", "--reading", "twice"][..],
        &["a.jsonl", "-j", "2", "--batch", "16M", "--reading", "once"],
    ] {
        assert_eq!(report(&place, way), first, "{way:?}");
    }
    assert_eq!(stable(report(&place, &["b.jsonl.gz"])), stable(first), "the order of pages");
}

#[test]
fn only_the_largest_sites_are_told_in_detail() {
    let place = Place::new();
    place.write("a.jsonl", [Crawl::plain(3, 4).jsonl(), Crawl::plain(1, 9).jsonl()].concat());
    let report = report(&place, &["a.jsonl", "--detailed-sites", "1", "--min-text", "100000"]);
    assert_eq!((&report["totals"]["detailed"], &report["totals"]["short"]), (&json!(1), &json!(21)));
    assert!(site(&report, "site0.example")["details"].is_object());
    assert!(site(&report, "site1.example")["details"].is_null());
}

#[test]
fn one_run_cleans_and_writes_reports() {
    let place = Place::new();
    place.write("a.jsonl", Crawl::plain(2, 5).jsonl());
    let run = place.run(&["clean", "-q", "a.jsonl", "-o", "out.jsonl", "--report", "json=r.json", "--report", "text"]);
    run.says(0, &[]);
    assert!(!run.stdout.is_empty() && place.path("out.jsonl").exists());
    let report: Value = serde_json::from_slice(&place.read("r.json")).unwrap();
    assert_eq!((&report["totals"]["pages"], &report["clusters"]), (&json!(10), &Value::Null));
}

#[test]
fn reports_are_refused_where_they_cannot_go() {
    let place = Place::new();
    place.write("a.jsonl", Crawl::plain(1, 5).jsonl());
    place.write("there.json", "mine");
    place.run(&["clean", "a.jsonl", "--report", "json"]).says(2, &["only one thing can go to standard output"]);
    place
        .run(&["clean", "a.jsonl", "-o", "o.jsonl", "--report", "json", "--report", "text"])
        .says(2, &["only one thing"]);
    place
        .run(&["clean", "a.jsonl", "-o", "o.jsonl", "--report", "json=there.json"])
        .says(2, &["there.json", "--force"]);
    place.run(&["report", "a.jsonl", "--format", "json", "-o", "there.json"]).says(2, &["there.json", "--force"]);
    place.run(&["clean", "a.jsonl", "--report", "cake=x"]).says(2, &["'cake' is no format of a report", "json"]);
    place.run(&["clean", "a.jsonl", "--report", "json="]).says(2, &["names no file"]);
    assert_eq!(place.text("there.json"), "mine");
    assert!(!place.path("o.jsonl").exists());
    place.run(&["report", "a.jsonl", "--format", "json", "-o", "there.json", "--force"]).says(0, &[]);
    assert_ne!(place.text("there.json"), "mine");
}

#[test]
fn pages_without_urls_pages_that_are_blank_and_pages_alone_are_told() {
    let place = Place::new();
    place.write(
        "a.jsonl",
        "{\"text\": \"One line alone.\"}\n{\"text\": \"\"}\n{\"text\": \"  \\n \", \"url\": \"http://x.example/\"}\n",
    );
    let report = report(&place, &["a.jsonl"]);
    let (nameless, blank) = (site(&report, ""), site(&report, "x.example"));
    assert_eq!(
        (&nameless["pages"], &nameless["distinct"], &nameless["few-pages"]),
        (&json!(2), &json!(1), &json!(true))
    );
    assert_eq!((&blank["blank"], &blank["distinct"], &blank["short"]), (&json!(1), &json!(0), &json!(1)));
}
