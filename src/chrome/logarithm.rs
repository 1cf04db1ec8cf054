//! Natural logarithms by the handful: those of libm, bit for bit, without the branches that keep loops of it from being
//! vectorised.
//!
//! Most features of a line are logarithms, of small whole numbers, which are looked up, or of a few sums and ratios,
//! which are taken together.

use std::sync::LazyLock;

/// Whole numbers whose logarithms are looked up.
const KNOWN: usize = 1 << 12;

static WHOLE: LazyLock<[f32; KNOWN]> = LazyLock::new(|| std::array::from_fn(|number| libm::logf(number as f32)));

/// The logarithms of whole numbers. To get at those that are looked up costs something, so it is done once for many.
#[derive(Clone, Copy, Debug)]
pub struct OfWhole(&'static [f32; KNOWN]);

impl OfWhole {
    pub fn new() -> Self {
        Self(&WHOLE)
    }

    /// The logarithm of a whole number.
    #[inline(always)]
    pub fn of(self, number: usize) -> f32 {
        self.0.get(number).copied().unwrap_or_else(|| libm::logf(number as f32))
    }
}

/// The logarithm of a whole number.
#[inline]
pub fn of_whole(number: usize) -> f32 {
    OfWhole::new().of(number)
}

/// Puts logarithms in the place of numbers, each of which must be normal, positive and finite: of others they are
/// something else.
#[inline(always)]
pub fn of_each(numbers: &mut [f32]) {
    numbers.iter_mut().for_each(|number| *number = of(*number));
}

/// The method of FreeBSD's msun, which libm follows: `2^k · (1 + f)`, with `1 + f` between √½ and √2, and
/// `ln(1 + f) = f - f²/2 + s·(f²/2 + r)`, `s = f / (2 + f)`, by a polynomial `r` in `s²`.
#[inline(always)]
fn of(number: f32) -> f32 {
    const LN2: [f32; 2] = [6.931_381e-1, 9.058_001e-6];
    const R: [f32; 4] = [0.666_666_6, 0.400_009_72, 0.284_987_87, 0.242_790_79];
    const ONE: u32 = 0x3f80_0000;
    const ROOT_OF_HALF: u32 = 0x3f35_04f3;
    const MANTISSA: u32 = 0x007f_ffff;
    let bits = number.to_bits().wrapping_add(ONE - ROOT_OF_HALF);
    let k = ((bits >> 23) as i32 - 127) as f32;
    let f = f32::from_bits((bits & MANTISSA) + ROOT_OF_HALF) - 1.0;
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let r = z * (R[0] + w * R[2]) + w * (R[1] + w * R[3]);
    let half = 0.5 * f * f;
    s * (half + r) + k * LN2[1] - half + f + k * LN2[0]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn whole_numbers_have_the_logarithms_of_libm() {
        for number in [0, 1, 2, 60, KNOWN - 1, KNOWN, 1 << 40] {
            assert_eq!(of_whole(number).to_bits(), libm::logf(number as f32).to_bits(), "{number}");
        }
    }

    #[test]
    fn every_mantissa_has_the_logarithm_of_libm() {
        for exponent in [1, 126, 127, 128, 140, 254_u32] {
            for mantissa in (0..1 << 23).step_by(7) {
                let number = f32::from_bits(exponent << 23 | mantissa);
                assert_eq!(of(number).to_bits(), libm::logf(number).to_bits(), "{number}");
            }
        }
    }

    proptest! {
        #[test]
        fn normal_numbers_have_the_logarithms_of_libm(bits in 0x0080_0000..0x7f80_0000_u32) {
            let number = f32::from_bits(bits);
            let mut numbers = [number, 1.0];
            of_each(&mut numbers);
            prop_assert_eq!(numbers.map(f32::to_bits), [libm::logf(number).to_bits(), 0]);
        }
    }
}
