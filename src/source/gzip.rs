//! Gzip members, one at a time.
//!
//! A `.warc.gz` is a row of gzip members (RFC 1952), as a rule one a record. Knowing where each
//! ends gives every record its offset, and lets a reader go on behind a damaged one. libdeflate
//! decodes a whole member at once, faster than a streaming zlib ([`Members`]); for what
//! it cannot do (members larger than memory allows, the readable part of a damaged one) there is
//! [`Stream`] on zlib-rs. [`Deflater`] writes members, the same bytes for the same input.
//!
//! The one `unsafe` of the crate is here: libdeflater's safe interface does not say how many
//! compressed bytes a member took.
#![allow(unsafe_code)]

use std::alloc::{Layout, handle_alloc_error};
use std::fmt;
use std::ptr::NonNull;

use flate2::{Decompress, FlushDecompress, Status};
use libdeflate_sys as sys;
use memchr::memmem;

const MAGIC: &[u8] = &[0x1f, 0x8b, 8];

/// Room that a member gets at the first try: most records of a crawl are smaller.
const FIRST_ROOM: usize = 64 << 10;

/// Compressed bytes that [`next_member`] reads at most. A member needs some 300 bytes for
/// its code tables; a bound keeps a search through many false candidates linear.
pub const PROBE: usize = 4 << 10;

/// Why a member could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberError {
    /// The input ends before the member does.
    Truncated,
    /// The member contradicts itself.
    Damaged(Damage),
    /// The content is larger than the limit.
    TooLarge {
        /// The limit that was passed, in bytes.
        limit: usize,
    },
    /// The input does not begin with a gzip header.
    NotGzip,
}

/// What is wrong with a damaged member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// The header or the compressed data breaks the format.
    Data,
    /// The content does not have the checksum of the trailer.
    Checksum,
    /// The content does not have the length of the trailer.
    Length,
}

impl fmt::Display for MemberError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated => f.write_str("gzip member is cut off"),
            Self::Damaged(Damage::Data) => f.write_str("compressed data is damaged"),
            Self::Damaged(Damage::Checksum) => f.write_str("checksum of the gzip member is wrong"),
            Self::Damaged(Damage::Length) => f.write_str("length of the gzip member is wrong"),
            Self::TooLarge { limit } => write!(f, "content is larger than {limit} bytes"),
            Self::NotGzip => f.write_str("not a gzip member"),
        }
    }
}

impl std::error::Error for MemberError {}

/// Decodes members that lie whole in memory. One for each thread; reuse it and the output.
#[derive(Debug, Default)]
pub struct Members {
    decoder: Libdeflate,
}

impl Members {
    /// A decoder with nothing read.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends the content of the member at the start of `input` to `out`, at most `limit` bytes,
    /// and returns how many bytes of `input` the member took. What follows it is not looked at.
    ///
    /// The capacity `out` has left over is used before it grows, so a buffer that is cleared and
    /// used again soon fits every member at the first try.
    ///
    /// # Errors
    ///
    /// Every [`MemberError`]; `out` is then as it was, and [`rescue`] can fetch the part before
    /// the damage. [`MemberError::Truncated`] means that `input` ends too early, be it that the
    /// file does or that the caller should read on and try again with twice as much.
    pub fn inflate_member(&mut self, input: &[u8], out: &mut Vec<u8>, limit: usize) -> Result<usize, MemberError> {
        if !input.starts_with(MAGIC) {
            let cut = MAGIC.starts_with(input);
            return Err(if cut { MemberError::Truncated } else { MemberError::NotGzip });
        }
        let mut room = FIRST_ROOM.max(out.capacity() - out.len()).min(limit);
        loop {
            out.reserve(room);
            match self.decoder.append_member(input, out, room) {
                Attempt::Done(consumed) => return Ok(consumed),
                Attempt::Full if room >= limit => return Err(MemberError::TooLarge { limit }),
                // Every try begins anew: growing fast keeps the tries few.
                Attempt::Full => room = room.saturating_mul(4).min(limit),
                Attempt::Bad => return second_opinion(input, out, limit),
            }
        }
    }
}

/// libdeflate calls cut and damaged members alike "bad data"; zlib tells what is wrong.
#[cold]
fn second_opinion(input: &[u8], out: &mut Vec<u8>, limit: usize) -> Result<usize, MemberError> {
    let before = out.len();
    Stream::gzip().read(input, out, limit).inspect_err(|_| out.truncate(before))
}

/// Appends what can be decoded of the damaged, cut or overlong member at the start of `input`, at
/// most `limit` bytes, and returns how many bytes that were. They are not covered by a checksum.
pub fn rescue(input: &[u8], out: &mut Vec<u8>, limit: usize) -> usize {
    let before = out.len();
    // The error is known to the caller already: it is the reason for the rescue.
    let _ = Stream::gzip().read(input, out, limit);
    out.len() - before
}

/// Decodes piece by piece, in some 50 KiB of memory whatever the size of the content.
#[derive(Debug)]
pub struct Stream {
    inner: Decompress,
}

/// What one [`Stream::step`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Bytes of the input that were read.
    pub consumed: usize,
    /// Whether the member (or zlib or deflate stream) ended, its checksum being right.
    pub done: bool,
}

impl Stream {
    /// For one gzip member.
    pub fn gzip() -> Self {
        Self { inner: Decompress::new_gzip(15) }
    }

    /// For one zlib stream (RFC 1950).
    pub fn zlib() -> Self {
        Self { inner: Decompress::new(true) }
    }

    /// For one bare deflate stream (RFC 1951).
    pub fn raw() -> Self {
        Self { inner: Decompress::new(false) }
    }

    /// Decodes the next piece of `input` into the capacity that `out` has left over. When nothing
    /// was consumed or appended, and it is not done, then input or capacity has run out.
    ///
    /// # Errors
    ///
    /// [`MemberError::Damaged`]; what was decoded before the damage is in `out`.
    pub fn step(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<Step, MemberError> {
        let before = self.inner.total_in();
        let status = self
            .inner
            .decompress_vec(input, out, FlushDecompress::None)
            .map_err(|error| MemberError::Damaged(damage(error.message())))?;
        let consumed = usize::try_from(self.inner.total_in() - before).unwrap_or(input.len());
        Ok(Step { consumed, done: status == Status::StreamEnd })
    }

    /// Appends the rest of the content to `out`, at most `limit` bytes, and returns how many bytes
    /// of `input` that took.
    ///
    /// # Errors
    ///
    /// [`MemberError::Truncated`], `Damaged` or `TooLarge`; what was decoded before is in `out`.
    pub fn read(mut self, input: &[u8], out: &mut Vec<u8>, limit: usize) -> Result<usize, MemberError> {
        let start = out.len();
        let mut rest = input;
        loop {
            out.reserve(FIRST_ROOM);
            let before = out.len();
            let step = self.step(rest, out);
            if out.len() - start > limit {
                out.truncate(start + limit);
                return Err(MemberError::TooLarge { limit });
            }
            let Step { consumed, done } = step?;
            rest = rest.get(consumed..).unwrap_or_default();
            if done {
                return Ok(input.len() - rest.len());
            }
            if consumed == 0 && out.len() == before {
                return Err(MemberError::Truncated);
            }
        }
    }
}

/// zlib gives its reasons as text only.
fn damage(message: Option<&str>) -> Damage {
    match message {
        Some("incorrect data check") => Damage::Checksum,
        Some("incorrect length check") => Damage::Length,
        _ => Damage::Data,
    }
}

/// The next offset at or after `from` where a gzip member may begin: method deflate, no reserved
/// flag, and a hint and system byte that compressors do write. By chance this fits once in 200 GB,
/// but pages may hold gzip data themselves: confirm it with [`next_member`].
///
/// A header that the end of `bytes` cuts off is believed from its third byte on; keep the last two
/// bytes when more is to come.
pub fn gzip_member_start(bytes: &[u8], from: usize) -> Option<usize> {
    let found = bytes.get(from..)?;
    memmem::find_iter(found, MAGIC).map(|at| from + at).find(|&at| bytes.get(at..).is_some_and(is_plausible_header))
}

/// Judges the bytes behind the magic number, as far as they are there.
fn is_plausible_header(header: &[u8]) -> bool {
    let flags = header.get(3).is_none_or(|flags| flags & 0xe0 == 0);
    let hint = header.get(8).is_none_or(|hint| matches!(hint, 0 | 2 | 4));
    let system = header.get(9).is_none_or(|system| *system <= 13 || *system == 255);
    flags && hint && system
}

/// The next offset at or after `from` where a gzip member begins by all that its first kilobytes tell: see
/// [`gzip_member_start`] for the header; the data behind it must inflate as far as it is looked at.
pub fn next_member(bytes: &[u8], from: usize) -> Option<usize> {
    let mut from = from;
    let mut out = Vec::new();
    while let Some(at) = gzip_member_start(bytes, from) {
        let rest = bytes.get(at..).unwrap_or_default();
        out.clear();
        out.reserve(PROBE);
        if Stream::gzip().step(rest.get(..PROBE).unwrap_or(rest), &mut out).is_ok() {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

/// How many zero bytes `bytes` begins with. At the end of a file they are padding, as tapes and
/// block devices add; between members they may be a lost block of the disk, so name the gap.
pub fn padding(bytes: &[u8]) -> usize {
    bytes.iter().position(|&b| b != 0).unwrap_or(bytes.len())
}

/// Writes gzip members: no name, no time, so that equal content gives equal bytes.
pub struct Deflater {
    compressor: libdeflater::Compressor,
}

impl fmt::Debug for Deflater {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Deflater")
    }
}

impl Deflater {
    /// A writer of the given level: 0 stores, 1 is fast, 6 is usual, 12 is the most and also what
    /// higher figures mean.
    pub fn new(level: u8) -> Self {
        let level = libdeflater::CompressionLvl::new(level.min(12).into()).unwrap_or_default();
        Self { compressor: libdeflater::Compressor::new(level) }
    }

    /// Appends `data` to `out` as one gzip member.
    pub fn deflate_member(&mut self, data: &[u8], out: &mut Vec<u8>) {
        let start = out.len();
        let mut room = self.compressor.gzip_compress_bound(data.len());
        // libdeflate's bound always suffices; should it not, then more room is the remedy.
        loop {
            out.resize(start + room, 0);
            let target = out.get_mut(start..).unwrap_or_default();
            if let Ok(written) = self.compressor.gzip_compress(data, target) {
                out.truncate(start + written);
                return;
            }
            room *= 2;
        }
    }
}

/// How one try of libdeflate went.
enum Attempt {
    /// Appended; so many bytes of the input were read.
    Done(usize),
    /// The content needs more room.
    Full,
    /// Cut or damaged.
    Bad,
}

/// A libdeflate decompressor, owned.
#[derive(Debug)]
struct Libdeflate(NonNull<sys::libdeflate_decompressor>);

// SAFETY: the decompressor is plain memory owned by this value alone, bound to no thread.
unsafe impl Send for Libdeflate {}

impl Default for Libdeflate {
    fn default() -> Self {
        // SAFETY: takes no argument; null says that there is no memory.
        let decoder = unsafe { sys::libdeflate_alloc_decompressor() };
        NonNull::new(decoder).map_or_else(|| handle_alloc_error(Layout::new::<[u64; 2048]>()), Self)
    }
}

impl Drop for Libdeflate {
    fn drop(&mut self) {
        // SAFETY: made by `libdeflate_alloc_decompressor`, freed once.
        unsafe { sys::libdeflate_free_decompressor(self.0.as_ptr()) }
    }
}

impl Libdeflate {
    /// Decodes the member at the start of `input` into at most `room` bytes of the capacity that
    /// `out` has left over, without zeroing them first.
    fn append_member(&mut self, input: &[u8], out: &mut Vec<u8>, room: usize) -> Attempt {
        let before = out.len();
        let spare = out.spare_capacity_mut();
        let room = room.min(spare.len());
        let (mut consumed, mut written) = (0, 0);
        // SAFETY: input and spare are valid for the lengths given, which libdeflate never passes,
        // and it reads nothing from spare that it has not written. It wants no alignment.
        let result = unsafe {
            sys::libdeflate_gzip_decompress_ex(
                self.0.as_ptr(),
                input.as_ptr().cast(),
                input.len(),
                spare.as_mut_ptr().cast(),
                room,
                &raw mut consumed,
                &raw mut written,
            )
        };
        match result {
            sys::libdeflate_result_LIBDEFLATE_SUCCESS => {
                // SAFETY: on success the first `written` bytes, at most `room`, are initialised.
                unsafe { out.set_len(before + written) };
                Attempt::Done(consumed)
            }
            sys::libdeflate_result_LIBDEFLATE_INSUFFICIENT_SPACE => Attempt::Full,
            _ => Attempt::Bad,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMIT: usize = 1 << 20;

    fn member(data: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        Deflater::new(6).deflate_member(data, &mut out);
        out
    }

    /// Text that does not compress to nothing, so that cuts and flips hit real data.
    fn prose(words: u32) -> Vec<u8> {
        (0..words).flat_map(|n| format!("w{} ", n.wrapping_mul(2_654_435_761)).into_bytes()).collect()
    }

    fn inflate(input: &[u8]) -> Result<(Vec<u8>, usize), MemberError> {
        let mut out = Vec::new();
        let consumed = Members::new().inflate_member(input, &mut out, LIMIT)?;
        Ok((out, consumed))
    }

    #[test]
    fn a_member_says_where_it_ends() {
        let first = member(b"first");
        let row = [first.clone(), member(b"second"), b"junk".to_vec()].concat();
        assert_eq!(inflate(&row), Ok((b"first".to_vec(), first.len())));
    }

    #[test]
    fn output_is_appended_and_capacity_used_again() {
        let mut members = Members::new();
        let mut out = b"kept ".to_vec();
        members.inflate_member(&member(b"new"), &mut out, LIMIT).unwrap();
        assert_eq!(out, b"kept new");
        let capacity = out.capacity();
        out.clear();
        members.inflate_member(&member(b"again"), &mut out, LIMIT).unwrap();
        assert_eq!((out.as_slice(), out.capacity()), (b"again".as_slice(), capacity));
    }

    #[test]
    fn output_grows_to_what_the_member_needs() {
        let text = prose(60_000);
        assert!(text.len() > 4 * FIRST_ROOM);
        assert_eq!(inflate(&member(&text)).unwrap().0, text);
    }

    #[test]
    fn an_empty_member_is_no_error() {
        let empty = member(b"");
        assert_eq!(inflate(&empty), Ok((Vec::new(), empty.len())));
        assert_eq!(Members::new().inflate_member(&empty, &mut Vec::new(), 0), Ok(empty.len()));
    }

    #[test]
    fn the_limit_is_exact() {
        for size in [100, FIRST_ROOM, 3 * FIRST_ROOM] {
            let packed = member(&vec![b'a'; size]);
            let mut out = b"kept".to_vec();
            let mut members = Members::new();
            let short = members.inflate_member(&packed, &mut out, size - 1);
            assert_eq!(short, Err(MemberError::TooLarge { limit: size - 1 }));
            assert_eq!(out, b"kept");
            assert_eq!(members.inflate_member(&packed, &mut out, size), Ok(packed.len()));
            assert_eq!(out.len(), 4 + size);
        }
    }

    #[test]
    fn a_member_cut_anywhere_is_truncated() {
        let packed = member(&prose(300));
        for cut in 0..packed.len() {
            assert_eq!(inflate(&packed[..cut]), Err(MemberError::Truncated), "cut at {cut}");
        }
    }

    #[test]
    fn the_trailer_is_checked() {
        let packed = member(b"some content");
        let flipped = |from_end: usize| {
            let mut packed = packed.clone();
            let at = packed.len() - from_end;
            packed[at] ^= 1;
            inflate(&packed)
        };
        assert_eq!(flipped(8), Err(MemberError::Damaged(Damage::Checksum)));
        assert_eq!(flipped(4), Err(MemberError::Damaged(Damage::Length)));
    }

    #[test]
    fn other_bytes_are_not_gzip() {
        assert_eq!(inflate(b"WARC/1.0\r\n"), Err(MemberError::NotGzip));
        assert_eq!(inflate(&[0x1f, 0x8b, 7]), Err(MemberError::NotGzip));
    }

    #[test]
    fn optional_header_fields_are_passed_over() {
        let plain = member(b"WARC/1.0");
        let mut packed = vec![0x1f, 0x8b, 8, 0b1_1100, 0, 0, 0, 0, 0, 3];
        packed.extend(b"\x04\x00abcdname\0comment\0");
        packed.extend(&plain[10..]);
        assert_eq!(inflate(&packed), Ok((b"WARC/1.0".to_vec(), packed.len())));
    }

    #[test]
    fn what_stands_before_the_damage_is_rescued() {
        let text = prose(5_000);
        let packed = member(&text);
        let mut broken = packed.clone();
        let middle = broken.len() / 2;
        broken[middle..middle + 40].fill(0xff);
        for input in [&broken[..], &packed[..middle]] {
            let mut out = b"kept".to_vec();
            let rescued = rescue(input, &mut out, LIMIT);
            assert_eq!(out.len(), 4 + rescued);
            let agree = out[4..].iter().zip(&text).take_while(|(a, b)| a == b).count();
            assert!(agree > text.len() / 3, "{agree} of {}", text.len());
        }
    }

    #[test]
    fn rescue_keeps_to_the_limit() {
        let mut out = Vec::new();
        assert_eq!(rescue(&member(&prose(5_000)), &mut out, 1_000), 1_000);
    }

    #[test]
    fn a_wrong_checksum_costs_no_content() {
        let mut packed = member(b"all of it");
        let at = packed.len() - 8;
        packed[at] ^= 1;
        let mut out = Vec::new();
        assert_eq!(rescue(&packed, &mut out, LIMIT), 9);
        assert_eq!(out, b"all of it");
    }

    #[test]
    fn a_stream_reads_a_member_in_pieces() {
        let text = prose(20_000);
        let packed = [member(&text), b"next".to_vec()].concat();
        let (mut stream, mut out, mut at) = (Stream::gzip(), Vec::with_capacity(1000), 0);
        let mut all = Vec::new();
        loop {
            let end = packed.len().min(at + 7);
            let step = stream.step(&packed[at..end], &mut out).unwrap();
            at += step.consumed;
            all.append(&mut out);
            out.reserve_exact(1000);
            if step.done {
                break;
            }
        }
        assert_eq!((all, at), (text, packed.len() - 4));
    }

    #[test]
    fn member_starts_are_found_behind_damage() {
        let row = [b"damage \x1f\x8b".to_vec(), member(b"WARC/1.0")].concat();
        assert_eq!(gzip_member_start(&row, 0), Some(9));
        assert_eq!(gzip_member_start(&row, 9), Some(9));
        assert_eq!(gzip_member_start(&row, 10), None);
        assert_eq!(gzip_member_start(&row, 1_000), None);
    }

    #[test]
    fn implausible_headers_are_passed_over() {
        for (at, value) in [(3, 0x20), (8, 1), (9, 14)] {
            let mut packed = member(b"x");
            packed[at] = value;
            assert_eq!(gzip_member_start(&packed, 0), None, "byte {at} = {value}");
        }
    }

    #[test]
    fn a_cut_header_may_be_one() {
        assert_eq!(gzip_member_start(b"ab\x1f\x8b\x08\x00", 0), Some(2));
        assert_eq!(gzip_member_start(b"ab\x1f\x8b", 0), None);
    }

    #[test]
    fn the_content_tells_true_starts_from_false_ones() {
        let packed = member(&prose(2_000));
        let false_start = [&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3], &[0xff; 40][..]].concat();
        let bytes = [b"ab".as_slice(), &false_start, &packed].concat();
        assert_eq!(gzip_member_start(&bytes, 0), Some(2));
        assert_eq!(next_member(&bytes, 0), Some(2 + false_start.len()));
        assert_eq!(next_member(&bytes, 3 + false_start.len()), None);
    }

    #[test]
    fn padding_counts_leading_zeros() {
        assert_eq!(padding(&[0, 0, 0, 1, 0]), 3);
        assert_eq!(padding(&[0; 5]), 5);
        assert_eq!(padding(b"x"), 0);
    }

    #[test]
    fn members_carry_no_time_and_equal_content_gives_equal_bytes() {
        let text = prose(100);
        let packed = member(&text);
        assert_eq!(packed[4..8], [0; 4]);
        let mut deflater = Deflater::new(6);
        let mut out = Vec::new();
        deflater.deflate_member(b"something else", &mut out);
        let at = out.len();
        deflater.deflate_member(&text, &mut out);
        assert_eq!(out[at..], packed);
    }

    proptest! {
        #[test]
        fn content_survives_at_every_level(
            data in proptest::collection::vec(any::<u8>(), 0..3_000), level in 0_u8..15,
        ) {
            let mut packed = Vec::new();
            Deflater::new(level).deflate_member(&data, &mut packed);
            let end = packed.len();
            packed.extend(b"\x1f\x8b next");
            prop_assert_eq!(inflate(&packed), Ok((data, end)));
            prop_assert_eq!(gzip_member_start(&packed, 0), Some(0));
        }

        #[test]
        fn damage_never_panics_nor_passes_unseen(
            words in 1_u32..200, at in any::<prop::sample::Index>(), bit in 0_u8..8,
        ) {
            let text = prose(words);
            let mut packed = member(&text);
            let at = at.index(packed.len());
            packed[at] ^= 1 << bit;
            // The time and the two bytes after it are free; all else is covered.
            match inflate(&packed) {
                Ok((out, _)) => prop_assert_eq!(out, text),
                Err(_) => prop_assert!(rescue(&packed, &mut Vec::new(), LIMIT) <= LIMIT),
            }
            next_member(&packed, 0);
        }

        #[test]
        fn random_bytes_behind_a_header_never_panic(
            data in proptest::collection::vec(any::<u8>(), 0..300), flags in any::<u8>(),
        ) {
            let packed = [&[0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 3], &data[..]].concat();
            let _ = inflate(&packed);
            rescue(&packed, &mut Vec::new(), LIMIT);
            next_member(&packed, 0);
        }
    }
}
