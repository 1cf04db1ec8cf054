//! Lines cover their text without gaps, and lines of the same normal form have the same fingerprint.
#![no_main]

use std::collections::HashMap;

use dehusk::line::{Key, Normaliser, normalised};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut lines = Vec::new();
    Normaliser::new(Key::default()).page(text, &mut lines);
    let mut at = 0;
    let mut forms = HashMap::new();
    for line in &lines {
        assert_eq!(line.start, at);
        let shown = &text[line.start..line.end];
        assert!(!shown.contains(['\n', '\r']));
        assert!(matches!(&text[line.end..line.next], "\n" | "\r\n" | "\r" | ""));
        let form = normalised(shown);
        assert_eq!(line.is_blank(), form.is_empty());
        assert_eq!(*forms.entry(form).or_insert(line.exact), line.exact);
        at = line.next;
    }
    assert_eq!(at, text.len());
});
