//! A WARC file of any bytes gives the same pages in small and in large blocks, and every byte of it is accounted for.
#![no_main]

use std::io::Cursor;
use std::sync::{Arc, LazyLock};

use dehusk::config::{Options, Settings};
use dehusk::ordered;
use dehusk::source::stream::{Compression, Stream};
use dehusk::source::warc::{Reader, header};
use libfuzzer_sys::fuzz_target;

/// Records larger than this are skipped: small, so that the cap is met too.
const MAX_PAGE: usize = 64 << 10;

static SETTINGS: LazyLock<Settings> = LazyLock::new(|| Options::default().settings().expect("defaults are valid"));

fn pages(data: &[u8], block: usize) -> Vec<(String, String)> {
    let pool = ordered::pool(1).expect("a thread");
    let compression = Compression::sniff(data);
    let stream = Stream::new(Box::new(Cursor::new(data.to_vec())), compression, block, MAX_PAGE, &Arc::clone(&pool));
    let mut reader = Reader::new(stream, MAX_PAGE);
    let mut pages = Vec::new();
    while let Some(raw) = reader.read().expect("memory can be read") {
        let batch = raw.parse(&SETTINGS.results);
        for slot in &batch.slots {
            let page = batch.page(slot);
            pages.push((page.url.to_owned(), page.text.to_owned()));
        }
    }
    assert_eq!(reader.ledger().total(), data.len() as u64);
    pages
}

fuzz_target!(|data: &[u8]| {
    assert_eq!(pages(data, 512), pages(data, 1 << 20));
    if let Ok(header) = header::parse(data, data.len()) {
        assert!(header.start <= header.len && header.len <= data.len());
    }
    if let Some(at) = header::find_record(data, 0) {
        assert!(data[at..].starts_with(b"WARC/"));
    }
});
