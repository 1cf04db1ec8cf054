//! A member that was written is read back, whatever follows it; one that was not costs neither memory nor the output.
#![no_main]

use dehusk::source::gzip::{Deflater, Members, next_member, rescue};
use libfuzzer_sys::fuzz_target;

/// The most that a member may hold.
const LIMIT: usize = 1 << 20;

fuzz_target!(|data: &[u8]| {
    let mut members = Members::new();
    let mut out = b"before".to_vec();

    let mut written = Vec::new();
    Deflater::new(1).deflate_member(data, &mut written);
    let length = written.len();
    written.extend_from_slice(data);
    assert_eq!(members.inflate_member(&written, &mut out, LIMIT.max(data.len())), Ok(length));
    assert_eq!(&out[6..], data);
    assert_eq!(next_member(&written, 0), Some(0));

    out.truncate(6);
    match members.inflate_member(data, &mut out, LIMIT) {
        Ok(taken) => assert!(taken <= data.len() && out.len() <= 6 + LIMIT),
        Err(_) => assert_eq!(out, b"before"),
    }
    out.truncate(6);
    let rescued = rescue(data, &mut out, LIMIT);
    assert!(rescued <= LIMIT && out.len() == 6 + rescued);
});
