//! `--keep` and `--drop`: lines that stay or go whatever is decided.

use serde_json::json;

use crate::fixture::{Crawl, Place, rows};

fn crawl(place: &Place) -> Crawl {
    let crawl = Crawl::plain(2, 9);
    place.write("in.jsonl", crawl.jsonl());
    crawl
}

/// The texts that are left of the first page of each site.
fn kept(place: &Place, arguments: &[&str]) -> [Vec<String>; 2] {
    let rows = place.clean(&[&["in.jsonl"], arguments].concat()).kept();
    [0, 9].map(|page| rows[page].lines.clone())
}

#[test]
fn flags_protect_and_force_lines_and_protecting_wins() {
    let place = Place::new();
    let crawl = crawl(&place);
    let own = |page: usize| crawl.0[page].own.clone();
    let with_home = |page: usize, home: &str| [vec![home.to_owned()], own(page)].concat();
    assert_eq!(kept(&place, &["--keep", "^Home"]), [with_home(0, "Home A"), with_home(9, "Home B")]);
    assert_eq!(kept(&place, &["--keep", "Home A", "--keep", "Home B", "--drop", "Home"])[1], with_home(9, "Home B"));
    assert_eq!(kept(&place, &["--drop", "."]), [vec![], vec![] as Vec<String>]);
    let rows = rows(&place.clean(&["in.jsonl", "--annotate", "--keep", "^Home", "--drop", r"\.$"]).stdout);
    let rules = |i: usize| rows[0]["dehusk"]["lines"][i]["rule"].clone();
    assert_eq!(
        [rules(0), rules(1), rules(3)],
        ["kept-by-pattern", "recurs", "dropped-by-pattern"].map(|rule| json!(rule))
    );
}

#[test]
fn the_settings_file_has_patterns_for_all_sites_and_for_one() {
    let place = Place::new();
    let crawl = crawl(&place);
    place.write("dehusk.toml", "drop = [\"^All rights\"]\n[site.\"site1.example\"]\nkeep = ['^Home']\n");
    let [first, second] = kept(&place, &[]);
    assert_eq!(first, crawl.0[0].own);
    assert_eq!(second, [vec!["Home B".to_owned()], crawl.0[9].own.clone()].concat());
    // Flags add to the file.
    assert_eq!(kept(&place, &["--keep", "^News"])[1].len(), 4);
}

#[test]
fn eval_and_explain_know_them_too() {
    let place = Place::new();
    let crawl = crawl(&place);
    let url = crawl.0[0].url.as_str();
    let run = place.run(&["explain", "in.jsonl", "--page", url, "--keep", "^Home", "--color", "never"]);
    assert!(String::from_utf8_lossy(&run.says(0, &[]).stdout).contains("+ kept-by-pattern 9 of 9"), "{}", run.stderr);
    let page = &crawl.0[0];
    let gold: Vec<u8> = page.lines.iter().map(|line| u8::from(page.own.contains(line))).collect();
    let row = json!({"id": 1, "site": "site0.example", "text": page.text(), "gold": gold});
    place.write("gold.jsonl", row.to_string());
    let run = place.run(&["eval", "gold.jsonl", "--drop", "^(Home|News|Contact|All)", "--format", "json"]);
    let found: serde_json::Value = serde_json::from_slice(&run.says(0, &[]).stdout).unwrap();
    assert_eq!((&found["all"]["f1"], &found["rules"][0]["rule"]), (&json!(1.0), &json!("dropped-by-pattern")));
}

#[test]
fn a_pattern_that_does_not_compile_stops_the_run() {
    let place = Place::new();
    let run = place.run(&["clean", "missing.jsonl", "--drop", "a(b"]);
    run.says(2, &["error: --drop 'a(b': unclosed group, at column 2"]);
    place.write("dehusk.toml", "[site.\"x.org\"]\nkeep = ['ok', '[']\n");
    let run = place.run(&["clean", "missing.jsonl"]);
    run.says(2, &["dehusk.toml: site \"x.org\": keep '[': unclosed character class, at column 1"]);
    assert!(!run.stderr.contains("missing.jsonl"));
}

#[test]
fn a_site_that_no_page_can_be_of_stops_the_run() {
    let place = Place::new();
    crawl(&place);
    for table in ["site", "check.site"] {
        place.write("dehusk.toml", format!("[{table}.\"www.x.org\"]\n"));
        let run = place.run(&["clean", "in.jsonl"]);
        run.says(2, &["site \"www.x.org\": no site of a URL has this name", "write \"x.org\""]);
        place.write("dehusk.toml", format!("site-field = 'url'\n[{table}.\"www.x.org\"]\n"));
        place.run(&["clean", "in.jsonl"]).says(0, &[]);
    }
}
