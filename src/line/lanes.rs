//! What looking at 64 bytes at once is made of: lanes of sixteen or thirty-two bytes, compared, and one bit a byte.
//!
//! SSE2 on x86-64, where every processor has it, and AVX2 where a loop over a page has seen that there is; elsewhere,
//! and in tests, plain code that compilers vectorise.

/// Bytes in a block.
pub(crate) const BLOCK: usize = 64;

/// Lanes of sixteen bytes.
#[cfg(target_arch = "x86_64")]
pub(crate) mod sse2 {
    pub(crate) use std::arch::x86_64::*;

    /// Lanes that are worked on together.
    pub(crate) const LANES: usize = 16;

    /// Sixteen bytes as lanes.
    #[inline]
    #[target_feature(enable = "sse2")]
    pub(crate) fn load(bytes: &[u8; LANES]) -> __m128i {
        let both = i128::from_le_bytes(*bytes);
        _mm_set_epi64x((both >> 64) as i64, both as i64)
    }

    /// Lanes as sixteen bytes.
    #[inline]
    #[target_feature(enable = "sse2")]
    pub(crate) fn store(lanes: __m128i, bytes: &mut [u8; LANES]) {
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

    /// The bits of either.
    #[inline]
    #[target_feature(enable = "sse2")]
    pub(crate) fn or(a: __m128i, b: __m128i) -> __m128i {
        _mm_or_si128(a, b)
    }

    /// The bits of both.
    #[inline]
    #[target_feature(enable = "sse2")]
    pub(crate) fn and(a: __m128i, b: __m128i) -> __m128i {
        _mm_and_si128(a, b)
    }

    /// The bits of `lanes` that are not in `mask`.
    #[inline]
    #[target_feature(enable = "sse2")]
    pub(crate) fn without(lanes: __m128i, mask: __m128i) -> __m128i {
        _mm_andnot_si128(mask, lanes)
    }
}

/// Lanes of thirty-two bytes, for processors that have them: [`is_wide`].
#[cfg(target_arch = "x86_64")]
pub(crate) mod avx2 {
    use std::arch::x86_64::*;

    use super::sse2;

    /// Lanes that are worked on together.
    pub(crate) const LANES: usize = 32;

    /// Thirty-two bytes as lanes.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub(crate) fn load(bytes: &[u8; LANES]) -> __m256i {
        match bytes.as_chunks().0 {
            [low, high] => _mm256_set_m128i(sse2::load(high), sse2::load(low)),
            _ => _mm256_setzero_si256(),
        }
    }

    /// Lanes as thirty-two bytes.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub(crate) fn store(lanes: __m256i, bytes: &mut [u8; LANES]) {
        if let [low, high] = bytes.as_chunks_mut().0 {
            sse2::store(_mm256_castsi256_si128(lanes), low);
            sse2::store(_mm256_extracti128_si256::<1>(lanes), high);
        }
    }

    /// The highest bit of each byte.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub(crate) fn bits(lanes: __m256i) -> u64 {
        u64::from(_mm256_movemask_epi8(lanes).cast_unsigned())
    }

    /// The byte in every lane.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub(crate) fn splat(byte: u8) -> __m256i {
        _mm256_set1_epi8(byte.cast_signed())
    }

    /// All ones where the byte is this one.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub(crate) fn is(bytes: __m256i, byte: u8) -> __m256i {
        _mm256_cmpeq_epi8(bytes, splat(byte))
    }

    /// All ones where `low <= byte <= high`.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub(crate) fn in_range(bytes: __m256i, low: u8, high: u8) -> __m256i {
        let above = _mm256_sub_epi8(bytes, splat(low));
        _mm256_cmpeq_epi8(_mm256_min_epu8(above, splat(high - low)), above)
    }

    /// The bits of either.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub(crate) fn or(a: __m256i, b: __m256i) -> __m256i {
        _mm256_or_si256(a, b)
    }

    /// The bits of both.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub(crate) fn and(a: __m256i, b: __m256i) -> __m256i {
        _mm256_and_si256(a, b)
    }

    /// The bits of `lanes` that are not in `mask`.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub(crate) fn without(lanes: __m256i, mask: __m256i) -> __m256i {
        _mm256_andnot_si256(mask, lanes)
    }
}

/// Whether the processor has all that code marked `avx2,bmi1,bmi2,lzcnt,popcnt` asks for.
#[cfg(target_arch = "x86_64")]
#[inline]
pub(crate) fn is_wide() -> bool {
    use std::arch::is_x86_feature_detected as has;
    has!("avx2") && has!("bmi1") && has!("bmi2") && has!("lzcnt") && has!("popcnt")
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
