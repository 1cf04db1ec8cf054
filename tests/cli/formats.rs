//! The same pages give the same kept text from every format and compression.

use std::io::Write;

use crate::fixture::{Crawl, Kept, Place, gunzip, gz, html, kept_of_wet, record, response, rows, zst};

/// Cleans a file of these bytes to JSONL.
fn kept(name: &str, bytes: &[u8]) -> Vec<Kept> {
    let place = Place::new();
    place.write(name, bytes);
    place.clean(&[name, "--format", "jsonl"]).kept()
}

fn crawl() -> Crawl {
    Crawl::plain(3, 8)
}

#[test]
fn wet_plain_in_members_in_one_member_with_padding_and_as_zstandard() {
    let crawl = crawl();
    let records = crawl.wet_records();
    let members: Vec<u8> = records.iter().flat_map(|record| gz(record)).collect();
    let frames: Vec<u8> = records.iter().flat_map(|record| zst(record)).collect();
    let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0], b"note".as_slice()].concat();
    for (name, bytes) in [
        ("a.wet", crawl.wet()),
        ("a.warc.wet.gz", members.clone()),
        ("a.wet.gz", gz(&crawl.wet())),
        ("padded.wet.gz", [members, vec![0; 5000]].concat()),
        ("a.wet.zst", zst(&crawl.wet())),
        ("frames.wet.zst", [frames, skippable].concat()),
        ("no-name-helps", crawl.wet()),
        ("wrong-name.jsonl", crawl.wet()),
    ] {
        assert_eq!(kept(name, &bytes), crawl.own(), "{name}");
    }
}

#[test]
fn warc_with_every_content_and_transfer_encoding() {
    let crawl = crawl();
    let brotli = |html: &[u8]| {
        let mut out = Vec::new();
        brotli::CompressorWriter::new(&mut out, 4096, 5, 20).write_all(html).unwrap();
        out
    };
    let deflate = |html: &[u8]| {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(html).unwrap();
        encoder.finish().unwrap()
    };
    let chunked = |body: &[u8]| {
        let chunks =
            body.chunks(100).flat_map(|chunk| [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat());
        chunks.chain(*b"0\r\n\r\n").collect::<Vec<u8>>()
    };
    type Respond = Box<dyn Fn(&str) -> Vec<u8>>;
    let responses: [(&str, Respond); 8] = [
        ("plain", Box::new(|html| response("", html.as_bytes()))),
        ("gzip", Box::new(|html| response("Content-Encoding: gzip\r\n", &gz(html.as_bytes())))),
        ("deflate", Box::new(move |html| response("Content-Encoding: deflate\r\n", &deflate(html.as_bytes())))),
        ("brotli", Box::new(move |html| response("Content-Encoding: br\r\n", &brotli(html.as_bytes())))),
        ("zstd", Box::new(|html| response("Content-Encoding: zstd\r\n", &zst(html.as_bytes())))),
        ("chunked", Box::new(move |html| response("Transfer-Encoding: chunked\r\n", &chunked(html.as_bytes())))),
        (
            "chunked gzip",
            Box::new(move |html| {
                response("Transfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n", &chunked(&gz(html.as_bytes())))
            }),
        ),
        (
            "decoded by the crawler",
            Box::new(|html| response("Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", html.as_bytes())),
        ),
    ];
    for (name, respond) in responses {
        let warc = crawl.warc(respond);
        assert_eq!(kept("a.warc", &warc), crawl.own(), "{name}");
        assert_eq!(kept("a.warc.gz", &gz(&warc)), crawl.own(), "{name} in gzip");
    }
}

#[test]
fn records_without_a_page_are_passed_over_and_named() {
    let place = Place::new();
    let crawl = crawl();
    let others = [
        record("warcinfo", "", "application/warc-fields", b"software: test"),
        record("request", "http://site0.example/", "application/http; msgtype=request", b"GET / HTTP/1.1\r\n\r\n"),
        record("revisit", "http://site0.example/", "application/http", b"HTTP/1.1 200 OK\r\n\r\n"),
        record("metadata", "http://site0.example/", "application/warc-fields", b"outlink: http://x/"),
        record("resource", "metadata://gnu.org/software/wget/warc/wget.log", "text/plain", b"Saving to: a.html"),
        record("resource", "urn:text:http://site0.example/", "text/plain", b"Home"),
        record(
            "response",
            "http://site0.example/moved",
            "application/http",
            b"HTTP/1.1 301 Moved\r\nLocation: /\r\n\r\n<p>moved</p>",
        ),
        record(
            "response",
            "http://site0.example/a.png",
            "application/http",
            b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n\x1a\n\0\0",
        ),
    ];
    place.write("a.warc", [others.concat(), crawl.warc(|html| response("", html.as_bytes()))].concat());
    let run = place.run(&["clean", "a.warc", "--format", "jsonl", "-v"]);
    run.says(
        0,
        &[
            "1 × request record",
            "1 × revisit record",
            "1 × metadata record",
            "2 × resource record of the crawler",
            "redirect",
            "neither HTML nor plain text",
        ],
    );
    assert_eq!(run.kept(), crawl.own());
}

#[test]
fn the_warcinfo_record_stays_in_a_wet_output() {
    let place = Place::new();
    let info = record("warcinfo", "", "application/warc-fields", b"software: test");
    place.write("a.wet", [info.clone(), crawl().wet()].concat());
    let out = place.clean(&["a.wet"]).stdout;
    assert!(out.starts_with(&info));
    assert_eq!(kept_of_wet(&out), crawl().own());
}

#[test]
fn jsonl_plain_and_compressed_with_a_byte_order_mark_and_without_a_last_line_end() {
    let crawl = crawl();
    let jsonl = crawl.jsonl();
    let members: Vec<u8> = jsonl.chunks(777).flat_map(gz).collect();
    let frames: Vec<u8> = jsonl.chunks(777).flat_map(zst).collect();
    for (name, bytes) in [
        ("a.jsonl", jsonl.clone()),
        ("a.jsonl.gz", gz(&jsonl)),
        ("members.jsonl.gz", members),
        ("a.jsonl.zst", zst(&jsonl)),
        ("frames.jsonl.zst", frames),
        ("mark.jsonl", [b"\xef\xbb\xbf", jsonl.as_slice()].concat()),
        ("open.jsonl", jsonl.trim_ascii_end().to_vec()),
        ("crlf.ndjson", String::from_utf8(jsonl.clone()).unwrap().replace('\n', "\r\n").into_bytes()),
        ("nothing-in-the-name", jsonl),
    ] {
        assert_eq!(kept(name, &bytes), crawl.own(), "{name}");
    }
}

#[test]
fn folders_of_text_and_of_html_are_written_as_they_were() {
    let crawl = crawl();
    for (extension, written) in [("txt", "txt"), ("html", "html.txt")] {
        let place = Place::new();
        crawl.folder(&place.path("in"), extension, |page| if extension == "txt" { page.text() } else { html(page) });
        place.clean(&["in", "-o", "out"]);
        for page in &crawl.0 {
            let text = place.text(&format!("out/{}", page.path().replace(".html", &format!(".{written}"))));
            let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
            assert_eq!(lines, page.own, "{}", page.url);
        }
        let urls = place.clean(&["in", "--format", "jsonl"]).urls();
        assert_eq!(urls[0], format!("site0.example/p/000.{extension}"));
    }
}

#[test]
fn a_folder_gives_crawl_files_and_pages_alike_and_leaves_hidden_files() {
    let (place, crawl) = (Place::new(), crawl());
    place.write("in/deep/a.wet.gz", gz(&crawl.wet()));
    place.write("in/b.jsonl", crawl.jsonl());
    place.write("in/.hidden.jsonl", "no JSON");
    place.clean(&["in", "-o", "out"]);
    assert_eq!(kept_of_wet(&gunzip(&place.read("out/deep/a.warc.wet.gz"))), crawl.own());
    assert_eq!(crate::fixture::kept_of_jsonl(&place.read("out/b.jsonl")), crawl.own());
}

#[test]
fn a_mapping_gives_files_their_addresses() {
    let place = Place::new();
    place.write("in/a.txt", "one");
    place.write("in/b.txt", "two");
    place.write("map.tsv", "a.txt\thttps://www.example.org/one\n");
    let run = place.clean(&["in", "--url-map", "map.tsv", "--format", "jsonl"]);
    assert_eq!(run.urls(), ["https://www.example.org/one", "b.txt"]);
    place.write("map.tsv", "no tab");
    place.run(&["clean", "in", "--url-map", "map.tsv"]).says(2, &["map.tsv:1", "a path, a tab and a URL"]);
}

#[test]
fn standard_input_in_each_format() {
    let crawl = crawl();
    let place = Place::new();
    for bytes in [
        crawl.wet(),
        gz(&crawl.wet()),
        crawl.jsonl(),
        zst(&crawl.jsonl()),
        crawl.warc(|html| response("", html.as_bytes())),
    ] {
        let run = place.pipe(&["clean", "-q", "-", "--format", "jsonl"], &bytes);
        assert_eq!((run.code, run.kept()), (Some(0), crawl.own()));
    }
    place.pipe(&["clean", "-"], b"just words").says(2, &["no page could be read", "-: "]);
    place.pipe(&["clean", "-", "-"], b"").says(2, &["standard input (-) can be read only once"]);
}

#[test]
fn standard_input_to_a_folder_has_a_name() {
    let place = Place::new();
    assert_eq!(place.pipe(&["clean", "-q", "-", "-o", "out"], &crawl().jsonl()).code, Some(0));
    assert_eq!(place.names("out"), ["stdin.jsonl"]);
}

#[test]
fn lists_of_files_plain_compressed_and_from_standard_input() {
    let (place, crawl) = (Place::new(), crawl());
    let (first, second) = crawl.0.split_at(10);
    place.write("a.wet.gz", gz(&Crawl(first.to_vec()).wet()));
    place.write("b.wet", Crawl(second.to_vec()).wet());
    let list = b"a.wet.gz\r\n\nb.wet\n";
    place.write("plain.paths", list);
    place.write("wet.paths.gz", gz(list));
    place.write("wet.paths.zst", zst(list));
    for name in ["plain.paths", "wet.paths.gz", "wet.paths.zst"] {
        assert_eq!(place.clean(&["--files-from", name, "--format", "jsonl"]).kept(), crawl.own(), "{name}");
    }
    let run = place.pipe(&["clean", "-q", "--files-from", "-", "--format", "jsonl"], list);
    assert_eq!(run.kept(), crawl.own());
    place.run(&["clean", "--files-from", "missing"]).says(2, &["missing"]);
}

#[test]
fn other_charsets_than_utf_8_are_decoded() {
    let place = Place::new();
    let page = |charset: &str, body: &[u8]| {
        let http = [
            format!("HTTP/1.1 200 OK\r\nContent-Type: text/html; charset={charset}\r\n\r\n<p>").as_bytes(),
            body,
            b"</p>",
        ]
        .concat();
        record("response", &format!("http://x.example/{charset}"), "application/http", &http)
    };
    place.write(
        "a.warc",
        [page("iso-8859-1", b"caf\xe9"), page("shift_jis", b"\x93\xfa\x96\x7b"), page("windows-1251", b"\xcf\xf0\xe8")]
            .concat(),
    );
    let rows = rows(&place.clean(&["a.warc", "--format", "jsonl", "--min-pages", "4"]).stdout);
    let texts: Vec<&str> = rows.iter().map(|row| row["text"].as_str().unwrap().trim()).collect();
    assert_eq!(texts, ["café", "日本", "При"]);
}
