//! One look at 64 bytes of a page: a lower-cased copy, and where its line
//! ends, spaces, digits, punctuation and non-ASCII bytes are, as bit sets.
//!
//! Bit sets let the caller split lines and learn what each line needs without
//! looking at a byte twice (the method of simdjson: Langdale and Lemire,
//! "Parsing gigabytes of JSON per second", 2019). On x86-64 it uses SSE2, which
//! every such processor has, and AVX2 in loops that were compiled for it;
//! elsewhere plain code that compilers vectorise.

pub(super) use super::lanes::BLOCK;

/// What stands where in a block: bit `i` speaks of byte `i`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Marks {
    /// `\n`
    pub newline: u64,
    /// `\r`
    pub carriage: u64,
    /// Spaces and ASCII control characters that end no line.
    pub space: u64,
    /// `0` to `9`
    pub digit: u64,
    /// Bytes of non-ASCII characters.
    pub high: u64,
}

impl Marks {
    /// The marks of the first `len` bytes alone.
    #[inline]
    pub(super) fn first(self, len: usize) -> Self {
        let kept = first_bits(len);
        Marks {
            newline: self.newline & kept,
            carriage: self.carriage & kept,
            space: self.space & kept,
            digit: self.digit & kept,
            high: self.high & kept,
        }
    }
}

/// Where letters, digits and non-ASCII bytes stand in a block of a normal form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Kinds {
    /// `a` to `z`
    pub letter: u64,
    /// `0` to `9`
    pub digit: u64,
    /// Bytes of non-ASCII characters.
    pub high: u64,
}

impl Kinds {
    /// The kinds of the first `len` bytes alone.
    #[inline]
    pub(super) fn first(self, len: usize) -> Self {
        let kept = first_bits(len);
        Kinds { letter: self.letter & kept, digit: self.digit & kept, high: self.high & kept }
    }
}

/// What the bytes of a block look like to [`Shape`](super::Shape).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Looks {
    /// Spaces, tabs and their like.
    pub blank: u64,
    /// `0` to `9`
    pub digit: u64,
    /// `a` to `z`
    pub small: u64,
    /// `A` to `Z`
    pub capital: u64,
    /// `,` and `;`
    pub comma: u64,
    /// `|` and `>`
    pub divider: u64,
    /// What is common in code: dividers, `;`, `=`, `_`, `/`, `\\`, `<`, and brackets but `)`.
    pub code: u64,
    /// `.`, `!` and `?`
    pub stop: u64,
    /// Quotes and brackets that close, and `*`.
    pub closing: u64,
    /// Bytes of non-ASCII characters.
    pub high: u64,
}

/// Which bytes of a block are of words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct WordBytes {
    /// Letters and digits of ASCII, and bytes of non-ASCII characters.
    pub part: u64,
    /// Bytes of non-ASCII characters.
    pub high: u64,
}

impl WordBytes {
    /// Those of the first `len` bytes alone.
    #[inline]
    pub(super) fn first(self, len: usize) -> Self {
        let kept = first_bits(len);
        WordBytes { part: self.part & kept, high: self.high & kept }
    }
}

/// The lowest `len` bits.
#[inline]
pub(super) fn first_bits(len: usize) -> u64 {
    if len < BLOCK { (1 << len) - 1 } else { u64::MAX }
}

#[cfg(not(target_arch = "x86_64"))]
pub(super) use plain::{kinds, looks, scan, word_bytes};

/// Writes `input` in lower case to `lowered`, control characters as spaces (line
/// ends stay), and tells what stands where.
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
#[inline]
pub(super) fn scan(input: &[u8; BLOCK], lowered: &mut [u8; BLOCK]) -> Marks {
    // SAFETY: `sse2::scan` asks for nothing but SSE2, which is part of x86-64.
    unsafe { sse2::scan(input, lowered) }
}

/// Tells which bytes are of which kind.
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
#[inline]
pub(super) fn kinds(input: &[u8; BLOCK]) -> Kinds {
    // SAFETY: `narrow_kinds` asks for nothing but SSE2, which is part of x86-64.
    unsafe { narrow_kinds(input) }
}

/// Tells what the bytes look like.
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
#[inline]
pub(super) fn looks(input: &[u8; BLOCK]) -> Looks {
    // SAFETY: `sse2::looks` asks for nothing but SSE2, which is part of x86-64.
    unsafe { sse2::looks(input) }
}

/// Tells which bytes are of words.
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
#[inline]
pub(super) fn word_bytes(input: &[u8; BLOCK]) -> WordBytes {
    // SAFETY: `narrow_word_bytes` asks for nothing but SSE2, which is part of x86-64.
    unsafe { narrow_word_bytes(input) }
}

#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "sse2")]
fn narrow_word_bytes(input: &[u8; BLOCK]) -> WordBytes {
    use crate::line::lanes::sse2::{LANES, bits, in_range, load, or, splat};
    let mut found = WordBytes::default();
    let (sources, _) = input.as_chunks::<LANES>();
    for (lane, source) in sources.iter().enumerate() {
        let bytes = load(source);
        // Letters differ in one bit by their case.
        let letter = in_range(or(bytes, splat(0x20)), b'a', b'z');
        let shift = LANES * lane;
        // The highest bit of a byte tells, and non-ASCII bytes have it themselves.
        found.part |= bits(or(or(letter, in_range(bytes, b'0', b'9')), bytes)) << shift;
        found.high |= bits(bytes) << shift;
    }
    found
}

#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "sse2")]
fn narrow_kinds(input: &[u8; BLOCK]) -> Kinds {
    use crate::line::lanes::sse2::{LANES, bits, in_range, load};
    let mut kinds = Kinds { letter: 0, digit: 0, high: 0 };
    let (sources, _) = input.as_chunks::<LANES>();
    for (lane, source) in sources.iter().enumerate() {
        let bytes = load(source);
        let shift = LANES * lane;
        kinds.letter |= bits(in_range(bytes, b'a', b'z')) << shift;
        kinds.digit |= bits(in_range(bytes, b'0', b'9')) << shift;
        kinds.high |= bits(bytes) << shift;
    }
    kinds
}

/// The same code for lanes of each width.
#[cfg(target_arch = "x86_64")]
macro_rules! kernels {
    ($lanes:ident, $feature:literal) => {
        pub(super) mod $lanes {
            use super::{BLOCK, Looks, Marks};
            use crate::line::lanes::$lanes::*;

            #[inline]
            #[target_feature(enable = $feature)]
            pub(in super::super) fn scan(input: &[u8; BLOCK], lowered: &mut [u8; BLOCK]) -> Marks {
                let mut marks = Marks { newline: 0, carriage: 0, space: 0, digit: 0, high: 0 };
                let (sources, _) = input.as_chunks::<LANES>();
                let (targets, _) = lowered.as_chunks_mut::<LANES>();
                for (lane, (source, target)) in sources.iter().zip(targets).enumerate() {
                    let bytes = load(source);
                    let newline = is(bytes, b'\n');
                    let carriage = is(bytes, b'\r');
                    let control = or(in_range(bytes, 0, 0x1f), is(bytes, 0x7f));
                    let blank = without(control, or(newline, carriage));
                    let case = and(in_range(bytes, b'A', b'Z'), splat(0x20));
                    let text = or(or(without(bytes, blank), case), and(blank, splat(b' ')));
                    store(text, target);

                    let shift = LANES * lane;
                    marks.newline |= bits(newline) << shift;
                    marks.carriage |= bits(carriage) << shift;
                    marks.space |= bits(is(text, b' ')) << shift;
                    marks.digit |= bits(in_range(bytes, b'0', b'9')) << shift;
                    marks.high |= bits(bytes) << shift;
                }
                marks
            }

            #[inline]
            #[target_feature(enable = $feature)]
            pub(in super::super) fn looks(input: &[u8; BLOCK]) -> Looks {
                let mut looks = Looks::default();
                let (sources, _) = input.as_chunks::<LANES>();
                for (lane, source) in sources.iter().enumerate() {
                    let bytes = load(source);
                    let divider = or(is(bytes, b'|'), is(bytes, b'>'));
                    let square = is(bytes, b']');
                    let brace = is(bytes, b'}');
                    let brackets = or(in_range(bytes, b'[', b']'), in_range(bytes, b'{', b'}'));
                    let others =
                        or(or(is(bytes, b'('), is(bytes, b'/')), or(is(bytes, b'_'), in_range(bytes, b';', b'>')));
                    let quotes = or(is(bytes, b'"'), is(bytes, b'\''));
                    let closing = or(or(quotes, in_range(bytes, b')', b'*')), or(or(square, brace), is(bytes, b'>')));

                    let shift = LANES * lane;
                    looks.blank |= bits(or(is(bytes, b' '), in_range(bytes, b'\t', b'\r'))) << shift;
                    looks.digit |= bits(in_range(bytes, b'0', b'9')) << shift;
                    looks.small |= bits(in_range(bytes, b'a', b'z')) << shift;
                    looks.capital |= bits(in_range(bytes, b'A', b'Z')) << shift;
                    looks.comma |= bits(or(is(bytes, b','), is(bytes, b';'))) << shift;
                    looks.divider |= bits(divider) << shift;
                    looks.code |= bits(or(brackets, others)) << shift;
                    looks.stop |= bits(or(or(is(bytes, b'.'), is(bytes, b'!')), is(bytes, b'?'))) << shift;
                    looks.closing |= bits(closing) << shift;
                    looks.high |= bits(bytes) << shift;
                }
                looks
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
kernels!(sse2, "sse2");
#[cfg(target_arch = "x86_64")]
kernels!(avx2, "avx2");

#[cfg(any(test, not(target_arch = "x86_64")))]
mod plain {
    use super::{BLOCK, Kinds, Looks, Marks, WordBytes};
    use crate::line::lanes::gather;

    /// Writes `input` in lower case to `lowered`, control characters as spaces
    /// (line ends stay), and tells what stands where.
    #[inline]
    pub(in super::super) fn scan(input: &[u8; BLOCK], lowered: &mut [u8; BLOCK]) -> Marks {
        *lowered = input.map(lower);
        Marks {
            newline: gather(input.map(|byte| byte == b'\n')),
            carriage: gather(input.map(|byte| byte == b'\r')),
            space: gather(lowered.map(|byte| byte == b' ')),
            digit: gather(input.map(|byte| byte.is_ascii_digit())),
            high: gather(input.map(|byte| !byte.is_ascii())),
        }
    }

    /// Tells which bytes are of which kind.
    #[inline]
    pub(in super::super) fn kinds(input: &[u8; BLOCK]) -> Kinds {
        Kinds {
            letter: gather(input.map(|byte| byte.is_ascii_lowercase())),
            digit: gather(input.map(|byte| byte.is_ascii_digit())),
            high: gather(input.map(|byte| !byte.is_ascii())),
        }
    }

    /// Tells what the bytes look like.
    #[inline]
    pub(in super::super) fn looks(input: &[u8; BLOCK]) -> Looks {
        let is = |which: fn(u8) -> bool| gather(input.map(which));
        Looks {
            blank: is(|byte| matches!(byte, b' ' | b'\t'..=b'\r')),
            digit: is(|byte| byte.is_ascii_digit()),
            small: is(|byte| byte.is_ascii_lowercase()),
            capital: is(|byte| byte.is_ascii_uppercase()),
            comma: is(|byte| matches!(byte, b',' | b';')),
            divider: is(|byte| matches!(byte, b'|' | b'>')),
            code: is(|byte| b"{}[](<>=_\\/|;".contains(&byte)),
            stop: is(|byte| matches!(byte, b'.' | b'!' | b'?')),
            closing: is(|byte| b"\"')]}>*".contains(&byte)),
            high: is(|byte| !byte.is_ascii()),
        }
    }

    /// Tells which bytes are of words.
    #[inline]
    pub(in super::super) fn word_bytes(input: &[u8; BLOCK]) -> WordBytes {
        WordBytes {
            part: gather(input.map(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii())),
            high: gather(input.map(|byte| !byte.is_ascii())),
        }
    }

    #[inline]
    fn lower(byte: u8) -> u8 {
        let control = byte.is_ascii_control() && byte != b'\n' && byte != b'\r';
        if control { b' ' } else { byte.to_ascii_lowercase() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_byte_is_marked_and_lowered_by_its_kind() {
        for byte in 0..=255_u8 {
            let mut lowered = [0; BLOCK];
            let marks = scan(&[byte; BLOCK], &mut lowered);
            let ends_line = byte == b'\n' || byte == b'\r';
            let space = !ends_line && (byte.is_ascii_control() || byte == b' ');
            let all = |yes: bool| if yes { u64::MAX } else { 0 };
            assert_eq!(marks.newline, all(byte == b'\n'));
            assert_eq!(marks.carriage, all(byte == b'\r'));
            assert_eq!(marks.space, all(space));
            assert_eq!(marks.digit, all(byte.is_ascii_digit()));
            assert_eq!(marks.high, all(byte >= 0x80));
            let expected = if space { b' ' } else { byte.to_ascii_lowercase() };
            assert_eq!(lowered, [expected; BLOCK]);
        }
    }

    #[test]
    fn marks_beyond_the_first_bytes_are_dropped() {
        let mut lowered = [0; BLOCK];
        let marks = scan(&[b'7'; BLOCK], &mut lowered);
        assert_eq!(marks.first(0).digit, 0);
        assert_eq!(marks.first(3).digit, 0b111);
        assert_eq!(marks.first(BLOCK).digit, u64::MAX);
    }

    proptest! {
        #[test]
        fn vector_code_does_what_plain_code_does(input: [[u8; 32]; 2]) {
            let mut block = [0; BLOCK];
            block[..32].copy_from_slice(&input[0]);
            block[32..].copy_from_slice(&input[1]);
            let (mut fast, mut slow) = ([0; BLOCK], [0; BLOCK]);
            prop_assert_eq!(scan(&block, &mut fast), plain::scan(&block, &mut slow));
            prop_assert_eq!(fast, slow);
            prop_assert_eq!(kinds(&block), plain::kinds(&block));
            prop_assert_eq!(looks(&block), plain::looks(&block));
            prop_assert_eq!(word_bytes(&block), plain::word_bytes(&block));
        }

        #[test]
        #[cfg(target_arch = "x86_64")]
        #[allow(unsafe_code)]
        fn wide_lanes_do_what_plain_code_does(input: [[u8; 32]; 2]) {
            prop_assume!(crate::line::lanes::is_wide());
            let mut block = [0; BLOCK];
            block.as_chunks_mut().0.copy_from_slice(&input);
            let (mut fast, mut slow) = ([0; BLOCK], [0; BLOCK]);
            // SAFETY: the processor has AVX2, or the test has ended.
            let (marks, seen) = unsafe { (avx2::scan(&block, &mut fast), avx2::looks(&block)) };
            prop_assert_eq!(marks, plain::scan(&block, &mut slow));
            prop_assert_eq!(fast, slow);
            prop_assert_eq!(seen, plain::looks(&block));
        }
    }
}
