//! `dehusk explain`: the verdicts of `clean`, told for one page or one line.

use serde_json::{Value, json};

use crate::fixture::{self, Crawl, Place, Run, rows};

fn document(run: &Run) -> Value {
    serde_json::from_slice(&run.says(0, &[]).stdout).unwrap()
}

fn shown(run: &Run) -> String {
    String::from_utf8(run.says(0, &[]).stdout.clone()).unwrap()
}

fn crawl(place: &Place) -> Crawl {
    let crawl = Crawl::varied(3, 20);
    place.write("in.jsonl", crawl.jsonl());
    crawl
}

#[test]
fn a_page_is_explained_as_it_is_annotated() {
    let place = Place::new();
    crawl(&place);
    for row in rows(&place.clean(&["in.jsonl", "--annotate"]).stdout).iter().step_by(7) {
        let url = row["url"].as_str().unwrap();
        let found = document(&place.run(&["explain", "in.jsonl", "--page", url, "--format", "json"]));
        assert_eq!(found["url"], url);
        let lines = found["lines"].as_array().unwrap();
        assert_eq!(lines.len(), row["dehusk"]["lines"].as_array().unwrap().len());
        for (line, annotated) in lines.iter().zip(row["dehusk"]["lines"].as_array().unwrap()) {
            for key in ["start", "end", "verdict", "rule", "evidence"] {
                assert_eq!(line[key], annotated[key], "{key} of {line}");
            }
            let span = |key: &str| usize::try_from(line[key].as_u64().unwrap()).unwrap();
            assert_eq!(line["text"], row["text"].as_str().unwrap()[span("start")..span("end")]);
        }
    }
}

#[test]
fn a_line_of_html_is_shown_with_its_markup() {
    let place = Place::new();
    let page = "<title>T</title><nav><a href=/>Home</a></nav><main><p>A text that says something.</main>";
    let crawl = Crawl::plain(1, 3);
    place.write("in.warc", crawl.warc(|_| fixture::response("Content-Type: text/html\r\n", page.as_bytes())));
    let shown = shown(&place.run(&["explain", "in.warc", "--page", &crawl.0[0].url]));
    let line = |text: &str| shown.lines().find(|line| line.ends_with(text)).unwrap_or_default().to_owned();
    assert!(line("Home").contains("  nav 100%  "), "{shown}");
    assert!(line("something.").contains("  p main "), "{shown}");
    assert!(shown.contains("score  html"), "{shown}");
}

#[test]
fn a_line_that_other_hosts_of_the_domain_have_goes_by_that() {
    let place = Place::new();
    let words = ["quay", "weir", "lock", "pier", "dune", "reef", "cove", "mole", "buoy"];
    let text = |host: usize| {
        let word = |n: usize| words[n % words.len()];
        let sentence =
            |n| format!("The {} by the {} is too old to be of use to anybody but them.\n", word(n), word(n + host + 1));
        let own: String = (0..9).map(sentence).collect();
        format!("Of the {}\nStart page\nAll our hosts\nSign in\n{own}Imprint and contact\n", word(host))
    };
    let row =
        |host: usize| json!({"url": format!("https://h{host}.example.org/"), "text": text(host)}).to_string() + "\n";
    place.write("in.jsonl", (0..6).map(row).collect::<String>());
    let found = document(&place.run(&["explain", "in.jsonl", "--page", "https://h3.example.org/", "--format", "json"]));
    let rules: Vec<&str> =
        found["lines"].as_array().unwrap().iter().map(|line| line["rule"].as_str().unwrap()).collect();
    assert_eq!([rules[1], rules[13]], ["domain"; 2], "{rules:?}");
    assert_eq!(rules[4..13], ["unique"; 9], "{rules:?}");
}

#[test]
fn examples_are_other_pages_that_have_the_line() {
    let place = Place::new();
    let crawl = Crawl::plain(2, 9);
    place.write("in.jsonl", crawl.jsonl());
    let page = &crawl.0[1];
    let ask = |which: &str| {
        document(&place.run(&["explain", "in.jsonl", "--page", &page.url, "--examples", which, "--format", "json"]))
    };
    let lines = ask("dropped")["lines"].as_array().unwrap().clone();
    assert_eq!(lines[0]["examples"], json!([crawl.0[0].url, crawl.0[2].url, crawl.0[3].url]));
    assert_eq!((&lines[3]["verdict"], lines[3].get("examples")), (&json!("keep"), None));
    assert!(ask("none")["lines"].as_array().unwrap().iter().all(|line| line.get("examples").is_none()));
    let text = shown(&place.run(&["explain", "in.jsonl", "--page", &page.url, "--examples", "all"]));
    assert!(text.contains(&format!("Home A\n    {}\n", crawl.0[0].url)), "{text}");
}

#[test]
fn kept_and_dropped_lines_are_told_apart_without_colour() {
    let place = Place::new();
    let crawl = Crawl::plain(1, 9);
    place.write("in.jsonl", crawl.jsonl());
    let arguments = ["explain", "in.jsonl", "--page", &crawl.0[0].url, "--color"];
    let plain = shown(&place.run(&[&arguments[..], &["never"]].concat()));
    let marks: Vec<char> = plain.lines().skip(5).map(|line| line.chars().next().unwrap()).collect();
    assert_eq!(marks, ['-', '-', '-', '+', '+', '-'], "{plain}");
    assert!(plain.contains("2 of 6 lines kept") && plain.contains("9 of 9"), "{plain}");
    let coloured = shown(&place.run(&[&arguments[..], &["always"]].concat()));
    assert!(coloured.contains("\u{1b}[9m") || coloured.contains("\u{1b}[2m\u{1b}[9m"), "{coloured:?}");
}

#[test]
fn a_line_is_told_with_its_template_its_rules_and_examples() {
    let place = Place::new();
    let page = |n: u64, line: &str| json!({"url": format!("http://x.example/{n}"), "text": format!("{line}\nA sentence of page {n} that is long enough to stay, {}.", "abcdefgh".repeat(n as usize))});
    let pages: Vec<String> =
        (1..9).map(|n| format!("{}\n", page(n, if n < 4 { "Menu 1" } else { "menu 2" }))).collect();
    place.write("in.jsonl", pages.concat());
    let arguments = ["explain", "in.jsonl", "--site", "x.example", "--line", "MENU  2"];
    let found = document(&place.run(&[&arguments[..], &["--format", "json"]].concat()));
    assert_eq!((&found["pages"], &found["exact"], &found["template"]), (&json!(8), &json!(5), &json!(8)));
    assert_eq!(found["decided"], json!([{"verdict": "drop", "rule": "template", "lines": 8}]));
    assert_eq!(found["examples"][0], "http://x.example/4", "pages with the very line come first");
    let text = shown(&place.run(&arguments));
    assert!(text.contains("5   62.5 %  have this very line") && text.contains("http://x.example/6"), "{text}");
}

#[test]
fn unknown_names_get_the_nearest_known_ones() {
    let place = Place::new();
    let crawl = crawl(&place);
    let url = &crawl.0[5].url;
    let pages = crawl.0.len();
    place
        .run(&["explain", "in.jsonl", "--page", &format!("{url}x")])
        .says(2, &[&format!("among {pages} pages; the nearest are\n  {url}\n")]);
    place
        .run(&["explain", "in.jsonl", "--line", "Home", "--site", "site9.example"])
        .says(2, &["no site 'site9.example' among 3 sites; the nearest are\n  site0.example"]);
    place
        .run(&["explain", "in.jsonl", "--line", "No such line", "--site", "site1.example"])
        .says(2, &["has the line 'No such line'"]);
    place.run(&["explain", "in.jsonl", "--line", " ", "--site", "site1.example"]).says(2, &["--line is blank"]);
    place.run(&["explain", "in.jsonl", "--line", "a\nb", "--site", "x"]).says(2, &["--line is to be one line"]);
    place.run(&["explain", "in.jsonl", "--line", "Home"]).says(2, &["--site"]);
    place.run(&["explain", "in.jsonl"]).says(2, &["--page"]);
    place.run(&["explain", "missing.jsonl", "--page", "x"]).says(2, &["missing.jsonl"]);
}

#[test]
fn control_characters_of_pages_are_escaped() {
    let place = Place::new();
    place.write("in.jsonl", r#"{"url":"http://x/\u001b[2J","text":"a\u001b[31m\nb"}"#);
    let run = place.run(&["explain", "in.jsonl", "--page", "http://x/\u{1b}[2J", "--color", "never"]);
    assert!(!shown(&run).contains('\u{1b}') && shown(&run).contains("a\\u{1b}[31m"), "{}", shown(&run));
    let missing = place.run(&["explain", "in.jsonl", "--page", "http://x/\u{1b}[3J", "--color", "never"]);
    assert!(!missing.says(2, &["http://x/\\u{1b}[2J"]).stderr.contains('\u{1b}'));
}
