//! Footnote markers: what encyclopedias and papers set behind a sentence, so that it does not end in its full stop.

/// Bytes that a marker has between its brackets, at most.
const LONGEST: usize = 20;

/// Whether a character is a marker by itself: a superscript digit or a dagger.
pub fn is_sign(c: char) -> bool {
    matches!(c, '¹' | '²' | '³' | '⁰' | '⁴'..='⁹' | '†' | '‡')
}

/// Bytes of the marker in brackets that a text begins with, if it does: `[5]`, `[nb 2]`, `[citation needed]`.
pub fn at_start(text: &str) -> Option<usize> {
    let inner = text.strip_prefix('[')?;
    let end = inner.find(['[', ']']).filter(|end| (1..=LONGEST).contains(end))?;
    inner.get(end..)?.starts_with(']').then_some(end + 2)
}

/// The text before the marker in brackets that it ends in, if it does; white space between them goes, too.
pub fn strip(text: &str) -> Option<&str> {
    let start = text.strip_suffix(']')?.rfind(['[', ']'])?;
    at_start(text.get(start..)?)?;
    text.get(..start).map(str::trim_end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_is_short_and_in_brackets() {
        for (text, length) in [("[5]", 3), ("[nb 2] Then", 6), ("[citation needed]", 17), ("[注釈 1]", 10)] {
            assert_eq!(at_start(text), Some(length), "{text}");
        }
        for text in ["", "5", "[]", "[", "[5", " [5]", "[[5]]", "[what is too long for a marker]"] {
            assert_eq!(at_start(text), None, "{text}");
        }
    }

    #[test]
    fn the_marker_at_the_end_goes_and_no_other() {
        for (text, before) in [("It rained.[5]", "It rained."), ("It.[5] [6]", "It.[5]"), ("[5]", "")] {
            assert_eq!(strip(text), Some(before), "{text}");
        }
        for text in ["", "]", "It rained.", "x[]", "]]", "[5] It rained", "[a[5]]"] {
            assert_eq!(strip(text), None, "{text}");
        }
    }
}
