//! What a row of JSON Lines is taken for is what a JSON parser reads at the places that writing replaces.
#![no_main]

use dehusk::source::jsonl::{DEPTH_LIMIT, Fields, scan};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|line: &[u8]| {
    let row = match scan(line, &Fields::default(), DEPTH_LIMIT) {
        Ok(row) => row,
        Err(error) => {
            assert!(error.at <= line.len());
            return;
        }
    };
    let text: String = serde_json::from_str(&row.line[row.splice.text.clone()]).expect("the text is a JSON string");
    assert_eq!(text, row.text);
    assert!(row.splice.members_end <= row.line.len());
    if let Some(extra) = row.splice.extra {
        assert!(extra.end <= row.splice.members_end && row.line.get(extra).is_some());
    }
});
