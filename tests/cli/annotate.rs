//! `--annotate` and `--dropped`: kept and dropped lines together are the input.

use serde_json::Value;

use crate::fixture::{self, Crawl, Place, rows};

/// The lines of an annotation: start, end, and whether kept.
fn lines(row: &Value) -> Vec<(usize, usize, bool)> {
    let number = |line: &Value, name: &str| usize::try_from(line[name].as_u64().unwrap()).unwrap();
    let lines = row["dehusk"]["lines"].as_array().unwrap();
    lines.iter().map(|line| (number(line, "start"), number(line, "end"), line["verdict"] == "keep")).collect()
}

/// Texts with every line end and some oddities, on one site.
fn odd_texts() -> Vec<String> {
    let crawl = Crawl::varied(2, 12);
    let mut texts: Vec<String> = crawl.0.iter().map(|page| page.text()).collect();
    texts.push(texts[3].replace('\n', "\r\n"));
    texts.push(texts[4].replace('\n', "\r"));
    texts.extend(
        ["", "\n", "\n\n\r\n", "no end", "  spaces \n\t\n", "a\u{2028}b\u{85}c\nd", "\u{feff}mark\n"].map(String::from),
    );
    texts
}

fn input(texts: &[String]) -> String {
    texts
        .iter()
        .enumerate()
        .map(|(i, text)| format!("{}\n", serde_json::json!({"url": format!("http://x.example/{i}"), "text": text})))
        .collect()
}

/// Pages of HTML with the landmarks of one, in a WARC.
fn warc() -> Vec<u8> {
    let number = std::cell::Cell::new(0);
    Crawl::varied(2, 12).warc(|_| {
        number.set(number.get() + 1);
        let name = ["Quay", "Weir", "Lock"][number.get() % 3].repeat(number.get());
        let text = format!("The page on {name} has a text of its own, which is long enough to be told from a menu.");
        let page = format!(
            "<title>{name}</title><nav><ul><li><a href=/>Home</a><li><a href=/news>News</a></ul></nav>\
             <main><h1>Of {name}</h1><p>{text}</p></main><footer>Imprint</footer>"
        );
        fixture::response("Content-Type: text/html\r\n", page.as_bytes())
    })
}

#[test]
fn what_html_said_of_a_line_is_noted_and_counts_when_the_note_is_read() {
    let place = Place::new();
    place.write("in.warc", warc());
    place.clean(&["in.warc", "--annotate", "--format", "jsonl", "-o", "marked.jsonl"]).says(0, &[]);
    let marked = rows(&place.read("marked.jsonl"));
    let html = |row: &Value| {
        let lines = row["dehusk"]["lines"].as_array().unwrap();
        lines.iter().map(|line| line["evidence"]["html"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(html(&marked[0]), ["title", "li nav 100%", "li nav 100%", "h1 main", "p main", "footer"]);
    // Read again, the note makes the text be judged as the HTML was.
    let again = rows(&place.clean(&["marked.jsonl", "--annotate"]).stdout);
    let notes = |rows: &[Value]| rows.iter().map(|row| row["dehusk"].clone()).collect::<Vec<_>>();
    assert_eq!(notes(&again), notes(&marked));
    place.write("in.jsonl", input(&odd_texts()));
    let of_text = rows(&place.clean(&["in.jsonl", "--annotate"]).stdout);
    assert!(
        of_text
            .iter()
            .flat_map(|row| row["dehusk"]["lines"].as_array().unwrap())
            .all(|line| line["evidence"].get("html").is_none())
    );
}

#[test]
fn annotated_lines_cover_the_text_byte_for_byte_and_the_text_is_unchanged() {
    let (place, texts) = (Place::new(), odd_texts());
    place.write("in.jsonl", input(&texts));
    let rows = rows(&place.clean(&["in.jsonl", "--annotate"]).stdout);
    assert_eq!(rows.len(), texts.len());
    for (row, text) in rows.iter().zip(&texts) {
        assert_eq!(row["text"], text.as_str());
        let mut at = 0;
        for (start, end, _) in lines(row) {
            assert!(
                matches!(&text[at..start], "" | "\n" | "\r" | "\r\n"),
                "{:?} before {start} of {text:?}",
                &text[at..start]
            );
            assert!(start == 0 || start > at, "a line end stands between two lines");
            assert!(!text[start..end].contains(['\n', '\r']), "{text:?}");
            at = end;
        }
        assert!(matches!(&text[at..], "" | "\n" | "\r" | "\r\n"), "{:?} is left of {text:?}", &text[at..]);
    }
}

#[test]
fn the_cleaned_text_is_the_kept_lines_of_the_annotation_byte_for_byte() {
    let (place, texts) = (Place::new(), odd_texts());
    place.write("in.jsonl", input(&texts));
    let marked = rows(&place.clean(&["in.jsonl", "--annotate"]).stdout);
    let cleaned = rows(&place.clean(&["in.jsonl"]).stdout);
    let mut dropped = 0;
    for ((marked, cleaned), text) in marked.iter().zip(&cleaned).zip(&texts) {
        let lines = lines(marked);
        dropped += lines.iter().filter(|line| !line.2).count();
        let ends = lines.iter().skip(1).map(|line| line.0).chain([text.len()]);
        let kept: String =
            lines.iter().zip(ends).filter(|(line, _)| line.2).map(|(line, end)| &text[line.0..end]).collect();
        // A text that ended without a line end still does; a page of which nothing shows is empty.
        let open = !text.ends_with(['\n', '\r']);
        let kept =
            if open { kept.strip_suffix("\r\n").or(kept.strip_suffix(['\n', '\r'])).unwrap_or(&kept) } else { &kept };
        let emptied = kept.trim().is_empty() && !text.trim().is_empty();
        assert_eq!(cleaned["text"], if emptied { "" } else { kept }, "{text:?}");
    }
    assert!(dropped > 20, "the crawl has chrome");
}

#[test]
fn each_verdict_names_its_rule_and_evidence() {
    let place = Place::new();
    place.write("in.jsonl", Crawl::plain(1, 10).jsonl());
    let row = rows(&place.clean(&["in.jsonl", "--annotate"]).stdout).remove(0);
    let menu = &row["dehusk"]["lines"][0];
    assert_eq!(
        *menu,
        serde_json::json!({"start": 0, "end": 6, "verdict": "drop", "rule": "recurs", "evidence": {"pages": 10, "of": 10}})
    );
    assert_eq!(row["dehusk"]["lines"][3]["rule"], "unique");
}

#[test]
fn an_older_annotation_is_replaced() {
    let place = Place::new();
    place.write("in.jsonl", Crawl::plain(1, 6).jsonl());
    place.clean(&["in.jsonl", "--annotate", "-o", "once.jsonl"]);
    place.clean(&["once.jsonl", "--annotate", "-o", "twice.jsonl"]);
    assert_eq!(place.text("once.jsonl"), place.text("twice.jsonl"));
}

#[test]
fn annotating_needs_a_format_with_fields() {
    let place = Place::new();
    place.write("in.wet", Crawl::plain(1, 6).wet());
    place.run(&["clean", "in.wet", "--annotate"]).says(2, &["--annotate needs a format with fields", "--format jsonl"]);
    let rows = rows(&place.clean(&["in.wet", "--annotate", "--format", "jsonl"]).stdout);
    assert_eq!(lines(&rows[0]).len(), 6);
}

#[test]
fn dropped_lines_and_the_output_are_the_input_line_for_line() {
    let place = Place::new();
    let crawl = Crawl::varied(4, 20);
    place.write("in.jsonl", crawl.jsonl());
    let kept = rows(&place.clean(&["in.jsonl", "--dropped", "dropped.jsonl"]).stdout);
    let mut dropped = rows(&place.read("dropped.jsonl")).into_iter().peekable();
    for (page, kept) in crawl.0.iter().zip(&kept) {
        let text = page.text();
        // What was dropped, put back at its place, must give the page.
        let gone: Vec<(usize, usize)> = match dropped.next_if(|row| row["url"] == page.url.as_str()) {
            Some(row) => {
                let lines = row["lines"].as_array().unwrap().clone();
                let at = |line: &Value, name: &str| usize::try_from(line[name].as_u64().unwrap()).unwrap();
                lines.iter().for_each(|line| assert_eq!(line["text"], text[at(line, "start")..at(line, "end")]));
                lines.iter().map(|line| (at(line, "start"), at(line, "end"))).collect()
            }
            None => Vec::new(),
        };
        let mut left = Vec::new();
        let mut at = 0;
        for line in &page.lines {
            if !gone.contains(&(at, at + line.len())) {
                left.push(line.as_str());
            }
            at += line.len() + 1;
        }
        let shown = left.iter().any(|line| !line.trim().is_empty());
        assert_eq!(kept["text"].as_str().unwrap(), if shown { left.join("\n") } else { String::new() }, "{}", page.url);
    }
    assert_eq!(dropped.next(), None, "every row belongs to a page");
}

#[test]
fn the_file_of_dropped_lines_is_compressed_as_its_name_says() {
    let place = Place::new();
    place.write("in.jsonl", Crawl::plain(1, 6).jsonl());
    place.clean(&["in.jsonl", "--dropped", "plain.jsonl", "-o", "a.jsonl"]);
    place.clean(&["in.jsonl", "--dropped", "packed.jsonl.gz", "-o", "b.jsonl"]);
    assert_eq!(crate::fixture::gunzip(&place.read("packed.jsonl.gz")), place.read("plain.jsonl"));
    assert_eq!(rows(&place.read("plain.jsonl")).len(), 6);
}
