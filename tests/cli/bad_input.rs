//! Bad records: each is named with its place, costs only itself, and shows in the exit status.

use crate::fixture::{Crawl, Place, gz, record, record_of_length, response, rows};

fn crawl() -> Crawl {
    Crawl::plain(1, 8)
}

#[test]
fn a_wrong_content_length_costs_no_page_and_no_byte() {
    let (place, crawl) = (Place::new(), crawl());
    let text = crawl.0[3].text();
    let lengths = [
        (text.len() - 20).to_string(),
        (text.len() + 50).to_string(),
        (text.len() * 40).to_string(),
        "99999999999999".to_owned(),
        "-5".to_owned(),
        format!("0x{:x}", text.len()),
        "many".to_owned(),
        String::new(),
    ];
    for length in lengths {
        let mut records = crawl.wet_records();
        records[3] = record_of_length("conversion", &crawl.0[3].url, "text/plain", text.as_bytes(), &length);
        let packed: Vec<u8> = records.iter().flat_map(|record| gz(record)).collect();
        for (name, bytes) in [("a.wet", records.concat()), ("a.wet.gz", packed)] {
            place.write(name, bytes);
            let run = place.run(&["clean", name, "--format", "jsonl"]);
            run.says(0, &[&format!("repaired: {name}:4 (byte "), "Content-Length"]);
            assert_eq!(run.kept(), crawl.own(), "{name} '{length}'");
        }
    }
}

#[test]
fn a_page_that_quotes_a_record_stays_one_page() {
    let place = Place::new();
    let quoted = String::from_utf8(record("conversion", "http://evil.example/", "text/plain", b"quoted")).unwrap();
    place.write(
        "a.wet",
        [
            record("conversion", "http://a.example/1", "text/plain", quoted.as_bytes()),
            record("conversion", "http://a.example/2", "text/plain", b"two"),
        ]
        .concat(),
    );
    let run = place.clean(&["a.wet", "--format", "jsonl", "--min-pages", "3"]);
    assert_eq!(run.urls(), ["http://a.example/1", "http://a.example/2"]);
    assert_eq!(rows(&run.stdout)[0]["text"], quoted);
}

#[test]
fn rubbish_before_the_first_record_is_a_gap() {
    let (place, crawl) = (Place::new(), crawl());
    place.write("a.wet", [b"rubbish\r\nmore of it\r\n\r\n".to_vec(), crawl.wet()].concat());
    let run = place.run(&["clean", "a.wet", "--format", "jsonl"]);
    run.says(
        3,
        &["gap: a.wet (byte 0): these bytes are no WARC record", "1 record could not be read", "exit status 3"],
    );
    assert_eq!(run.kept(), crawl.own());
}

#[test]
fn rubbish_behind_a_record_may_be_its_text_and_is_named() {
    let (place, crawl) = (Place::new(), crawl());
    let records = crawl.wet_records();
    place.write(
        "a.wet",
        [records[..3].concat(), b"rubbish\r\nmore of it\r\n\r\n".to_vec(), records[3..].concat()].concat(),
    );
    let run = place.run(&["clean", "a.wet", "--format", "jsonl"]);
    run.says(0, &["repaired: a.wet:3 (byte ", "no record follows where the length says"]);
    let (kept, own) = (run.kept(), crawl.own());
    assert_eq!((&kept[..2], &kept[3..]), (&own[..2], &own[3..]));
    assert!(kept[2].lines.starts_with(&own[2].lines));
}

#[test]
fn invalid_utf_8_is_mended_and_named() {
    let (place, crawl) = (Place::new(), crawl());
    let bad = |text: &[u8]| [text, b"\n", &[0xff, b'x', 0xc3]].concat();
    let mut records = crawl.wet_records();
    records[2] = record("conversion", &crawl.0[2].url, "text/plain", &bad(crawl.0[2].text().as_bytes()));
    place.write("a.wet", records.concat());
    let mut jsonl: Vec<Vec<u8>> = crawl.jsonl().split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    jsonl[2] = [
        format!("{{\"url\":\"{}\",\"text\":\"", crawl.0[2].url).as_bytes(),
        crawl.0[2].text().replace('\n', "\\n").as_bytes(),
        b"\\n\xffx\xc3\"}\n",
    ]
    .concat();
    place.write("a.jsonl", jsonl.concat());
    for (name, word) in [("a.wet", "invalid UTF-8: replaced by U+FFFD"), ("a.jsonl", "mended")] {
        let run = place.run(&["clean", name, "--format", "jsonl", "--min-pages", "1000000"]);
        run.says(0, &[&format!("repaired: {name}:3 (byte "), word]);
        let rows = rows(&run.stdout);
        assert_eq!(rows[2]["text"], format!("{}\n\u{fffd}x\u{fffd}", crawl.0[2].text()), "{name}");
        assert!(
            rows.iter().zip(&crawl.0).enumerate().all(|(i, (row, page))| i == 2 || row["text"] == page.text()),
            "{name}"
        );
    }
}

#[test]
fn a_line_of_a_hundred_megabytes() {
    let (place, crawl) = (Place::new(), crawl());
    let mut line = b"word ".repeat(20 << 20);
    line.truncate(100_000_000);
    let long = record("conversion", "http://site0.example/long", "text/plain", &line);
    place.write("a.wet.gz", gz(&[crawl.wet_records()[..4].concat(), long, crawl.wet_records()[4..].concat()].concat()));
    let run = place.run(&["clean", "a.wet.gz", "--format", "jsonl"]);
    run.says(3, &["skipped: a.wet.gz:5 (byte ", "a record of 100000000 bytes is larger than --max-page 67108864"]);
    assert_eq!(run.kept(), crawl.own());
    let run = place.clean(&["a.wet.gz", "--format", "jsonl", "--max-page", "200M"]);
    assert_eq!(rows(&run.stdout)[4]["text"].as_str().unwrap().len(), line.len());
    assert_eq!(run.urls().len(), 9);
}

#[test]
fn a_json_line_beyond_the_largest_page_is_passed_over() {
    let (place, crawl) = (Place::new(), crawl());
    let long = format!("{{\"url\":\"http://site0.example/long\",\"text\":\"{}\"}}\n", "word ".repeat(2 << 20));
    let jsonl = crawl.jsonl();
    let half = jsonl.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(3).unwrap().0 + 1;
    place.write("a.jsonl", [&jsonl[..half], long.as_bytes(), &jsonl[half..]].concat());
    for batch in ["4K", "1M"] {
        let run = place.run(&["clean", "a.jsonl", "--max-page", "1M", "--batch", batch]);
        run.says(3, &[&format!("skipped: a.jsonl:5 (byte {half}): larger than --max-page 1048576")]);
        assert_eq!(run.kept(), crawl.own());
    }
}

#[test]
fn a_page_of_a_million_lines() {
    let (place, crawl) = (Place::new(), Crawl::plain(1, 19));
    let text: String = (0..1_000_000).map(|i| format!("entry {i:x}\n")).collect();
    place.write(
        "a.wet",
        [crawl.wet(), record("conversion", "http://site0.example/long", "text/plain", text.as_bytes())].concat(),
    );
    let run = place.run(&["clean", "a.wet", "--format", "jsonl"]);
    run.says(0, &["20 pages of 1 site"]);
    assert_eq!(run.kept()[..19], crawl.own()[..]);
    place.clean(&["a.wet", "--format", "jsonl", "--annotate", "-o", "marked.jsonl"]);
    let row = place.read("marked.jsonl").split(|byte| *byte == b'\n').nth(19).unwrap().to_vec();
    let row: serde_json::Value = serde_json::from_slice(&row).unwrap();
    assert_eq!(row["dehusk"]["lines"].as_array().unwrap().len(), 1_000_000);
}

#[test]
fn what_cannot_be_opened_is_named_and_the_others_are_read() {
    let (place, crawl) = (Place::new(), crawl());
    place.write("good.jsonl", crawl.jsonl());
    place.write("unknown.bin", [0, 1, 2, 3]);
    for (bad, reason) in [("missing.jsonl", "No such file"), ("unknown.bin", "not a format that dehusk reads")] {
        let run = place.run(&["clean", bad, "good.jsonl"]);
        run.says(3, &[&format!("skipped: {bad}: "), reason, "1 record could not be read"]);
        assert_eq!(run.kept(), crawl.own());
        place.run(&["clean", bad]).says(2, &["error: no page could be read", bad, reason]);
    }
    place.run(&["clean", "goods.jsonl"]).says(2, &["goods.jsonl: No such file", "did you mean 'good.jsonl'?"]);
}

#[cfg(unix)]
#[test]
fn a_file_without_permission_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let (place, crawl) = (Place::new(), crawl());
    place.write("good.jsonl", crawl.jsonl());
    place.write("closed.jsonl", crawl.jsonl());
    std::fs::set_permissions(place.path("closed.jsonl"), PermissionsExt::from_mode(0o000)).unwrap();
    if std::fs::File::open(place.path("closed.jsonl")).is_ok() {
        return; // root reads everything
    }
    let run = place.run(&["clean", "closed.jsonl", "good.jsonl"]);
    run.says(3, &["skipped: closed.jsonl: Permission denied"]);
    assert_eq!(run.kept(), crawl.own());
}

#[test]
fn rows_that_are_no_pages_are_named_with_line_and_byte() {
    let (place, crawl) = (Place::new(), crawl());
    let jsonl = crawl.jsonl();
    for (bad, reason) in [
        ("{\"url\":\"http://site0.example/x\",\"title\":\"y\"}", "text"),
        ("{\"url\":\"http://site0.example/x\",\"text\":7}", "text"),
        ("{\"text\":\"open", "JSON"),
        ("[1,2]", "object"),
        ("nothing", "JSON"),
        (&"[".repeat(100_000), ""),
        (&format!("{{\"text\":\"x\",\"a\":{}1{}}}", "[".repeat(5000), "]".repeat(5000)), "deep"),
    ] {
        place.write("a.jsonl", [&jsonl, bad.as_bytes(), b"\n", &jsonl].concat());
        let run = place.run(&["clean", "a.jsonl"]);
        run.says(3, &[&format!("skipped: a.jsonl:9 (byte {})", jsonl.len()), reason]);
        assert_eq!(run.kept(), [crawl.own(), crawl.own()].concat(), "{reason}");
    }
}

#[test]
fn the_first_problems_are_shown_and_the_others_counted() {
    let (place, crawl) = (Place::new(), crawl());
    place.write("a.jsonl", [crawl.jsonl(), b"bad\n".repeat(12)].concat());
    let run = place.run(&["clean", "a.jsonl"]);
    run.says(3, &["7 more problems like these", "12 records could not be read", "--allow-bad 12 makes it 0"]);
    assert_eq!(run.stderr.matches("skipped: ").count(), 5);
    assert_eq!(
        place.run(&["clean", "-v", "a.jsonl"]).stderr.matches("skipped: ").count(),
        12,
        "-v shows every problem"
    );
}

#[test]
fn allowed_bad_records_leave_the_status_at_0() {
    let (place, crawl) = (Place::new(), crawl());
    place.write("a.jsonl", [crawl.jsonl(), b"bad\nbad\n".to_vec()].concat());
    for (allowed, code) in [("0", 3), ("1", 3), ("2", 0), ("19%", 3), ("20%", 0), ("100%", 0)] {
        let run = place.run(&["clean", "a.jsonl", "--allow-bad", allowed]);
        run.says(code, &["skipped: a.jsonl:9"]);
        assert_eq!(run.stderr.contains("exit status 3"), code == 3, "{allowed}");
        assert_eq!(run.kept(), crawl.own());
    }
    place.write("dehusk.toml", "allow-bad = '2'");
    place.run(&["clean", "a.jsonl"]).says(0, &[]);
}

#[test]
fn a_page_larger_than_allowed_is_skipped_in_every_format() {
    let (place, crawl) = (Place::new(), crawl());
    let large = "word ".repeat(1000);
    let mut html = crawl.warc(|html| response("", html.as_bytes()));
    html.extend(record(
        "response",
        "http://site0.example/large",
        "application/http",
        &response("Content-Encoding: gzip\r\n", &gz(large.as_bytes())),
    ));
    place.write("a.warc", html);
    place.write(
        "a.wet",
        [crawl.wet(), record("conversion", "http://site0.example/large", "text/plain", large.as_bytes())].concat(),
    );
    place.write("a.jsonl", [crawl.jsonl(), format!("{{\"text\":\"{large}\"}}\n").into_bytes()].concat());
    crawl.folder(&place.path("folder"), "txt", crate::fixture::Page::text);
    place.write("folder/site0.example/z.txt", &large);
    #[cfg(feature = "parquet")]
    {
        let mut crawl = crawl.clone();
        crawl.0.push(crate::fixture::Page {
            url: "http://site0.example/large".into(),
            own: vec![],
            lines: vec![large.clone()],
        });
        place.write("a.parquet", crate::columns::file(&crawl));
    }
    let inputs = ["a.warc", "a.wet", "a.jsonl", "folder", "a.parquet"];
    for input in inputs.into_iter().filter(|input| place.path(input).exists()) {
        let run = place.run(&["clean", input, "--format", "jsonl", "--max-page", "4K"]);
        assert_eq!((run.code, run.urls().len()), (Some(3), 8), "{input}: {}", run.stderr);
        run.says(3, &["skipped: ", "max-page"]);
    }
}

#[test]
fn a_bomb_is_skipped_named_and_costs_no_other_page() {
    let (place, crawl) = (Place::new(), crawl());
    let zeros = vec![b'0'; 200 << 20];
    let bomb = gz(&zeros);
    let warc = |html: &str| response("", html.as_bytes());
    let body = record(
        "response",
        "http://site0.example/bomb",
        "application/http",
        &response("Content-Encoding: gzip\r\n", &bomb),
    );
    place.write("body.warc", [body, crawl.warc(warc)].concat());
    let run = place.run(&["clean", "body.warc", "--format", "jsonl", "--max-page", "1M"]);
    run.says(3, &["skipped: body.warc:1 (byte 0): ", "--max-page"]);
    assert_eq!(run.kept(), crawl.own());

    let member = gz(&record("conversion", "http://site0.example/bomb", "text/plain", &zeros));
    drop(zeros);
    let others: Vec<u8> = crawl.wet_records().iter().flat_map(|record| gz(record)).collect();
    place.write("member.wet.gz", [others.clone(), member, others].concat());
    let run = place.run(&["clean", "member.wet.gz", "--format", "jsonl", "--max-page", "1M"]);
    run.says(3, &["skipped: member.wet.gz:9 (byte ", "a record of 209715200 bytes is larger than --max-page 1048576"]);
    assert_eq!(run.kept(), [crawl.own(), crawl.own()].concat());
}

#[test]
fn control_characters_of_the_input_do_not_reach_the_terminal() {
    let place = Place::new();
    place.write("a.wet", record("conversion", "http://a\u{1b}]0;owned\u{7}.example/", "text/plain", b"text"));
    place.write("b.jsonl", "{\"\u{1b}[31m\":1}\n");
    let run = place.run(&["clean", "a.wet", "b.jsonl", "c\u{1b}[2J.jsonl", "--format", "jsonl"]);
    assert_eq!(run.code, Some(3));
    assert!(!run.stderr.contains(|c: char| c.is_control() && c != '\n'), "{:?}", run.stderr);
    // Refusals name files as well, and colours must not let raw escapes through.
    place.write("in/a\u{1b}[2J.jsonl", "{\"text\":\"x\"}\n");
    place.write("in/a\u{1b}[2J.jsonl.gz", gz(b"{\"text\":\"x\"}\n"));
    let run = place.run(&["clean", "in", "-o", "out", "--compress", "none", "--color", "always"]);
    run.says(2, &["in/a\\u{1b}[2J.jsonl"]);
    assert!(!run.stderr.contains("\u{1b}[2J"), "{:?}", run.stderr);
}
