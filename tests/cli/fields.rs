//! Fields of rows: which is the text, which the address; all others pass unchanged. And what makes a site.

use crate::fixture::{Crawl, Place, rows};

#[test]
fn all_bytes_of_a_row_but_its_text_stay() {
    let place = Place::new();
    let own = &Crawl::plain(1, 4).0;
    let row = |i: usize, text: &str| {
        let text = serde_json::to_string(text).unwrap();
        format!(
            "{{ \"n\" : 1.50e+3, \"url\":\"http://a.example/{i}\",\t\"text\" : {text} , \"z\":[1, {{\"text\":\"x\"}}], \"dup\":1, \"dup\":2, \"big\":123456789012345678901234567890, \"esc\":\"\\u00e9\\/\" }}\n"
        )
    };
    let input: String = own.iter().enumerate().map(|(i, page)| row(i, &page.text())).collect();
    let output: String =
        own.iter().enumerate().map(|(i, page)| row(i, &format!("{}\n", page.own.join("\n")))).collect();
    place.write("in.jsonl", input);
    let got = String::from_utf8(place.clean(&["in.jsonl"]).stdout).unwrap();
    assert_eq!(got, output.replace("\\n\"", "\""));
}

#[test]
fn the_usual_names_of_fields_are_found() {
    let place = Place::new();
    let page = &Crawl::plain(1, 4).0;
    for (text, url) in
        [("text", "url"), ("content", "url"), ("raw_content", "url"), ("text", "uri"), ("text", "warc-target-uri")]
    {
        let input: String = page
            .iter()
            .map(|page| format!("{}\n", serde_json::json!({url: page.url, text: page.text(), "k": 1})))
            .collect();
        place.write("in.jsonl", input);
        let rows = rows(&place.clean(&["in.jsonl"]).stdout);
        assert_eq!(rows[0][text], page[0].own.join("\n"), "{text} {url}");
    }
    let nested: String = page
        .iter()
        .map(|page| format!("{}\n", serde_json::json!({"text": page.text(), "metadata": {"url": page.url}})))
        .collect();
    place.write("in.jsonl", nested);
    let run = place.run(&["clean", "in.jsonl"]);
    run.says(0, &["site0.example (4 pages)"]);
}

#[test]
fn fields_can_be_named() {
    let place = Place::new();
    let page = &Crawl::plain(2, 4).0;
    let input: String = page.iter().map(|page| format!("{}\n", serde_json::json!({"text": "not this", "body": {"main": page.text()}, "where": page.url, "key": 7, "tenant": "T"}))).collect();
    place.write("in.jsonl", input);
    let named = ["--text-field", "body.main", "--url-field", "where", "--id-field", "key"];
    let run = place.clean(&[&["in.jsonl"], &named[..]].concat());
    let out = rows(&run.stdout);
    assert_eq!(out[0]["body"]["main"], page[0].own.join("\n"));
    assert_eq!(out[0]["text"], "not this");
    let converted = rows(&place.clean(&[&["in.jsonl", "--format", "wet", "-o", "a.wet"], &named[..]].concat()).stdout);
    assert!(converted.is_empty());
    assert_eq!(crate::fixture::kept_of_wet(&place.read("a.wet")), Crawl::plain(2, 4).own());
    let run = place.run(&[&["clean", "in.jsonl", "--site-field", "tenant"], &named[..]].concat());
    run.says(0, &["8 pages of 1 site", "T (8 pages)"]);
}

#[test]
fn a_field_that_is_nowhere_is_named_with_what_there_is() {
    let place = Place::new();
    place.write("in.jsonl", Crawl::plain(1, 2).jsonl());
    place.run(&["clean", "in.jsonl", "--text-field", "body"]).says(2, &["in.jsonl:1", "body", "`text`, `url`"]);
    place.run(&["clean", "in.jsonl", "--text-field", ""]).says(2, &["--text-field is empty"]);
}

#[test]
fn the_scope_says_which_pages_share_chrome() {
    let place = Place::new();
    let hosts = [
        "http://www.a.example.co.uk/1",
        "http://A.example.co.uk:8080/2",
        "http://b.example.co.uk/1",
        "http://other.example/1",
    ];
    place.write("in.jsonl", hosts.map(|url| format!("{{\"url\":\"{url}\",\"text\":\"{url}\"}}\n")).concat());
    for (scope, sites) in [("host", "of 3 sites"), ("domain", "of 2 sites"), ("all", "of 1 site")] {
        place.run(&["clean", "in.jsonl", "--scope", scope]).says(0, &[sites]);
    }
}

#[test]
fn pages_without_an_address_belong_to_the_site_that_the_row_names() {
    let place = Place::new();
    place.write(
        "in.jsonl",
        ["{\"site\":\"a\",\"text\":\"x\"}\n", "{\"site\":\"b\",\"text\":\"x\"}\n", "{\"text\":\"x\"}\n"].concat(),
    );
    place.run(&["clean", "in.jsonl"]).says(0, &["3 pages of 3 sites"]);
}
