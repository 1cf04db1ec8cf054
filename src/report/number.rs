//! Numbers as people read them, the same in every form of report and in what commands say.

use super::summary::share;

/// A number of things, with the word for them.
pub fn count(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(n), if n == 1 { one } else { many })
}

/// `1234567` as `1,234,567`.
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `part` of `whole` in hundredths.
pub fn percent(part: u64, whole: u64) -> String {
    hundredths(share(part, whole))
}

/// A share from 0 to 1 in hundredths.
pub fn hundredths(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// A number of bytes in the unit that suits it.
pub fn bytes(n: u64) -> String {
    const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
    let mut value = n as f64;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    let unit = UNITS[unit];
    if unit == "B" || value >= 99.95 { format!("{value:.0} {unit}") } else { format!("{value:.1} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!([0, 999, 1000, 1234567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([count(1, "page", "pages"), count(2000, "page", "pages")], ["1 page", "2,000 pages"]);
    }

    #[test]
    fn shares_are_told_in_hundredths() {
        assert_eq!([percent(1, 3), percent(0, 0), hundredths(1.0)], ["33.3 %", "0.0 %", "100.0 %"]);
    }

    #[test]
    fn bytes_have_a_unit_that_suits_them() {
        assert_eq!([0, 999, 1000, 99_960, 1_234_567_890].map(bytes), ["0 B", "999 B", "1.0 kB", "100 kB", "1.2 GB"]);
    }
}
