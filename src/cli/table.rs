//! Tables on standard output: as wide as the terminal, numbers to the right, text cut to fit.

use std::fmt::Display;
use std::io::Write;

use anstyle::Style;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::error::{ErrorKind, Result};
use crate::page::visible;

/// The width where there is no terminal, and the least and greatest that are used.
const WIDTHS: (usize, usize, usize) = (100, 60, 200);

/// The width of what is written to a file.
pub const FILE_WIDTH: usize = 120;

/// Columns that may be filled: of the terminal, or what `COLUMNS` says.
pub fn width() -> usize {
    let (usual, least, most) = WIDTHS;
    let said = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let terminal = || terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| usize::from(width.0));
    said.or_else(terminal).unwrap_or(usual).clamp(least, most)
}

/// Untrusted text on one line: escaped, cut with an ellipsis to at most `width` columns.
pub fn cut(text: &str, width: usize) -> String {
    // What is cut away need not be escaped: no character takes less than a quarter of a column.
    let head: String = text.chars().take(width.saturating_mul(4) + 1).collect();
    let shown = visible(&head);
    if shown.width() <= width && head.len() == text.len() {
        return shown.into_owned();
    }
    let mut room = width.saturating_sub(1);
    let fits = |c: &char| match room.checked_sub(c.width().unwrap_or(0)) {
        Some(left) => {
            room = left;
            true
        }
        None => false,
    };
    let mut out: String = shown.chars().take_while(fits).collect();
    out.push('…');
    out
}

/// [`cut`], and filled with spaces on the right.
pub fn left(text: &str, width: usize) -> String {
    let mut out = cut(text, width);
    out.extend(std::iter::repeat_n(' ', width.saturating_sub(out.width())));
    out
}

/// A share with three digits, `.902`; a dash where there is none.
pub fn share(share: Option<f64>) -> String {
    match share.map(|share| format!("{share:.3}")) {
        Some(text) => text.strip_prefix('0').map_or(text.clone(), str::to_owned),
        None => "–".to_owned(),
    }
}

/// `text` in a style.
pub fn styled(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}

/// Writes to standard output; styles go where they are not wanted.
///
/// # Errors
/// When it cannot be written.
pub fn print(text: &str) -> Result<()> {
    let mut out = anstream::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|e| ErrorKind::Stdout(e).into())
}

/// Writes to standard output as it is.
///
/// # Errors
/// When it cannot be written.
pub fn print_bytes(bytes: &[u8]) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).map_err(|e| ErrorKind::Stdout(e).into())
}

/// A document as JSON, over several lines.
///
/// # Errors
/// When it cannot be written as JSON, which is a defect of dehusk.
pub fn json(document: &impl serde::Serialize) -> Result<String> {
    let text = serde_json::to_string_pretty(document).map_err(|e| ErrorKind::Internal(e.to_string()))?;
    Ok(format!("{text}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_by_the_columns_it_takes() {
        assert_eq!([cut("abcdef", 6), cut("abcdef", 5)], ["abcdef", "abcd…"]);
        assert_eq!([cut("日本語", 6), cut("日本語", 5)], ["日本語", "日本…"]);
        assert_eq!(left("日本", 5), "日本 ");
        assert_eq!(cut("a\u{1b}[31m", 9), "a\\u{1b}[…");
        assert_eq!(cut(&"x".repeat(1 << 20), 3), "xx…");
        assert_eq!(cut(&"e\u{301}".repeat(9), 9).width(), 9);
    }

    #[test]
    fn shares_have_three_digits() {
        assert_eq!([0.9016, 0.0, 0.9996].map(|s| share(Some(s))), [".902", ".000", "1.000"]);
        assert_eq!(share(None), "–");
    }
}
