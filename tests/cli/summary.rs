//! What a run says: the summary, colours, silence, progress.

use snapbox::{assert_data_eq, str};

use crate::fixture::{Crawl, Page, Place, response};

/// Two sites, a lone page, a page that stands twice, one of chrome alone, a blank one.
fn place() -> Place {
    let mut crawl = Crawl::plain(2, 8);
    crawl.0.push(Page { url: "http://alone.example/".into(), ..crawl.0[0].clone() });
    crawl.0.push(Page { url: "http://site0.example/twin".into(), ..crawl.0[0].clone() });
    crawl.0.push(Page { url: "http://site0.example/husk".into(), own: vec![], lines: crawl.0[0].lines[..3].to_vec() });
    crawl.0.push(Page { url: "http://site0.example/blank".into(), own: vec![], lines: vec![] });
    let place = Place::new();
    place.write("in.jsonl", crawl.jsonl());
    place
}

#[test]
fn the_summary_tells_pages_text_rules_and_sites() {
    let run = place().run(&["clean", "in.jsonl", "--min-pages", "2"]);
    assert_eq!(run.code, Some(0));
    assert_data_eq!(
        run.summary(),
        str![[r#"
20 pages of 3 sites, 20 written, 1 like others line for line, 1 blank, 1 emptied, 1 site with too few pages to judge
8.5 kB of text kept, 942 B dropped (10.0 %)
   10.0 %  recurs                71 lines  stands on many pages of its site
  most chrome   10.7 %  site0.example (11 pages)
  least chrome  10.4 %  site1.example (8 pages)
[time and memory]
"#]]
    );
}

#[test]
fn the_summary_tells_what_was_wrong_and_what_was_passed_over() {
    let place = place();
    let info = crate::fixture::record("warcinfo", "", "application/warc-fields", b"software: test");
    place.write("in.warc", [info, Crawl::plain(1, 5).warc(|html| response("", html.as_bytes()))].concat());
    place.write("bad.jsonl", "bad\n");
    let run = place.run(&["clean", "in.warc", "bad.jsonl", "missing", "--format", "jsonl"]);
    assert_eq!(run.code, Some(3));
    assert_data_eq!(
        run.summary(),
        str![[r#"
skipped: bad.jsonl:1 (byte 0): column 1: not JSON: a row begins with `{`; this looks like plain text, CSV or another format
skipped: missing: No such file or directory (os error 2)
5 pages of 1 site, 5 written
2.4 kB of text kept, 270 B dropped (10.3 %)
   10.3 %  recurs                20 lines  stands on many pages of its site
  most chrome   10.3 %  site0.example (5 pages)
2 records could not be read
[time and memory]
note: exit status 3, because part of the input could not be read; --allow-bad 2 makes it 0
"#]]
    );
}

#[test]
fn colours_are_used_when_asked_for_and_never_in_a_file() {
    let place = place();
    let coloured = place.run(&["clean", "in.jsonl", "missing", "--color", "always"]);
    assert!(
        coloured.stderr.contains("\u{1b}[1m20 pages\u{1b}[0m") && coloured.stderr.contains("\u{1b}[31m"),
        "{:?}",
        coloured.stderr
    );
    for when in ["auto", "never"] {
        let plain = place.run(&["clean", "in.jsonl", "missing", "--color", when]);
        assert!(!plain.stderr.contains('\u{1b}'), "{:?}", plain.stderr);
        assert_eq!(plain.stdout, coloured.stdout);
    }
}

#[test]
fn quiet_says_nothing_but_errors() {
    let place = place();
    assert_eq!(place.run(&["clean", "-q", "in.jsonl"]).stderr, "");
    place.run(&["clean", "-q", "missing"]).says(2, &["error: no page could be read"]);
    let run = place.run(&["clean", "-q", "in.jsonl", "missing"]);
    run.says(3, &["missing"]);
    assert!(!run.stderr.contains("pages of"), "{}", run.stderr);
}

#[test]
fn progress_for_machines_is_a_line_of_json() {
    let place = place();
    let run = place.run(&["clean", "-q", "in.jsonl", "--progress", "json"]);
    let size = place.read("in.jsonl").len();
    let lines: Vec<serde_json::Value> = run.stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(!lines.is_empty());
    for line in &lines {
        assert!(line["done"].as_u64() <= line["total"].as_u64() && line["total"] == 2 * size, "{line}");
        assert!(["reading", "counting", "writing"].contains(&line["phase"].as_str().unwrap()));
        assert!(line["pages"].is_u64() && line["seconds"].is_number(), "{line}");
    }
}

#[test]
fn without_a_terminal_there_is_no_bar() {
    assert_eq!(place().run(&["clean", "-q", "in.jsonl", "--progress", "auto"]).stderr, "");
}
