//! What looking at 64 bytes at once is made of: lanes of sixteen bytes, compared, and one bit a byte.
//!
//! SSE2 on x86-64, where every processor has it; elsewhere, and in tests, plain code that compilers vectorise.

/// Bytes in a block.
pub(crate) const BLOCK: usize = 64;

/// Lanes of sixteen bytes.
#[cfg(target_arch = "x86_64")]
pub(crate) mod sse2 {
    pub(crate) use std::arch::x86_64::*;

    /// Sixteen bytes as lanes.
    #[inline]
    #[target_feature(enable = "sse2")]
    pub(crate) fn load(bytes: &[u8; 16]) -> __m128i {
        let both = i128::from_le_bytes(*bytes);
        _mm_set_epi64x((both >> 64) as i64, both as i64)
    }

    /// Lanes as sixteen bytes.
    #[inline]
    #[target_feature(enable = "sse2")]
    pub(crate) fn store(lanes: __m128i, bytes: &mut [u8; 16]) {
        let low = _mm_cvtsi128_si64(lanes);
        let high = _mm_cvtsi128_si64(_mm_unpackhi_epi64(lanes, lanes));
        let both = i128::from(high) << 64 | i128::from(low.cast_unsigned());
        *bytes = both.to_le_bytes();
    }

    /// The highest bit of each byte.
    #[inline]
    #[target_feature(enable = "sse2")]
    pub(crate) fn bits(lanes: __m128i) -> u64 {
        u64::from(_mm_movemask_epi8(lanes).cast_unsigned())
    }

    /// The byte in every lane.
    #[inline]
    #[target_feature(enable = "sse2")]
    pub(crate) fn splat(byte: u8) -> __m128i {
        _mm_set1_epi8(byte.cast_signed())
    }

    /// All ones where the byte is this one.
    #[inline]
    #[target_feature(enable = "sse2")]
    pub(crate) fn is(bytes: __m128i, byte: u8) -> __m128i {
        _mm_cmpeq_epi8(bytes, splat(byte))
    }

    /// All ones where `low <= byte <= high`.
    #[inline]
    #[target_feature(enable = "sse2")]
    pub(crate) fn in_range(bytes: __m128i, low: u8, high: u8) -> __m128i {
        let above = _mm_sub_epi8(bytes, splat(low));
        _mm_cmpeq_epi8(_mm_min_epu8(above, splat(high - low)), above)
    }
}

/// One bit a byte, by a multiplication that moves the low bits of eight bytes next to each other.
#[cfg(any(test, not(target_arch = "x86_64")))]
#[inline]
pub(crate) fn gather(flags: [bool; BLOCK]) -> u64 {
    let bytes = flags.map(u8::from);
    let (words, _) = bytes.as_chunks::<8>();
    words.iter().enumerate().fold(0, |bits, (at, word)| {
        let packed = u64::from_le_bytes(*word).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        bits | packed << (8 * at)
    })
}
