//! The body of any response stays within its limit, whatever codings its header names.
#![no_main]

use std::borrow::Cow;

use dehusk::source::http::{body, media};
use libfuzzer_sys::fuzz_target;

/// The most that a coded body may hold.
const LIMIT: usize = 1 << 20;

fuzz_target!(|payload: &[u8]| {
    let Ok(body) = body(payload, LIMIT) else { return };
    match &body.bytes {
        Cow::Borrowed(bytes) => assert!(bytes.len() <= payload.len()),
        Cow::Owned(bytes) => assert!(bytes.len() <= LIMIT),
    }
    media(body.content_type, &body.bytes);
});
