//! Bytes of any kind, decoded and read as HTML, give lines that say something and a mark for each of them.
#![no_main]

use dehusk::source::charset;
use dehusk::source::html::HtmlText;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let page = HtmlText::of(&charset::decode(bytes, None).text);
    let lines = if page.text.is_empty() { 0 } else { page.text.split('\n').count() };
    assert_eq!(page.marks.len(), lines);
    for (line, _) in page.lines().take(lines) {
        assert!(!line.trim().is_empty(), "a blank line in {:?}", page.text);
    }
});
