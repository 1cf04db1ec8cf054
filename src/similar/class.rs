//! What each character does to the words around it.
//!
//! UAX #29 needs a state machine of some size, and its implementation a search in a table for every character. Nearly
//! all text is made of a few kinds of characters, for which a few rules do. Which character is of which kind is worked
//! out once, by asking the implementation how the character behaves among others, in blocks of 128 when a block is
//! first met. What is of no kind here is left to the implementation.

use std::sync::OnceLock;

use unicode_segmentation::UnicodeSegmentation;

/// The kinds of characters, as far as words are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Ends a word and is part of none.
    Other,
    /// Joins letters, digits and underscores.
    Letter,
    /// As a letter; what joins two digits is not what joins two letters.
    Digit,
    /// As a letter, but makes no word by itself.
    Underscore,
    /// Joins two letters, or two digits.
    Joiner,
    /// Joins two letters.
    LetterJoiner,
    /// Joins two digits.
    DigitJoiner,
    /// A word of its own, as in the scripts written without spaces.
    Alone,
    /// A word of its own by our rule, though UAX #29 joins it to its like.
    Katakana,
    /// Belongs to the character before it.
    Extend,
    /// The same, but makes a word of what it stands behind.
    Mark,
    /// Anything else.
    Hard,
}

/// A class, and the lower-case form of the character.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub class: Class,
    pub lower: char,
}

const HARD: Entry = Entry { class: Class::Hard, lower: '\0' };

/// Characters in a block of the table.
const BLOCK: usize = 128;

/// The table, for the characters of the first plane.
static BLOCKS: [OnceLock<Box<[Entry; BLOCK]>>; 0x1_0000 / BLOCK] = [const { OnceLock::new() }; 0x1_0000 / BLOCK];

impl Entry {
    /// The entry of a character.
    #[inline]
    pub(super) fn of(c: char) -> Self {
        let code = c as usize;
        match BLOCKS.get(code / BLOCK) {
            Some(block) => block.get_or_init(|| Box::new(filled(code / BLOCK)))[code % BLOCK],
            None => HARD,
        }
    }

    fn worked_out(c: char) -> Self {
        let mut lower = c.to_lowercase();
        match (lower.next(), lower.next()) {
            (Some(lower), None) => Self { class: Class::worked_out(c), lower },
            _ => HARD,
        }
    }
}

#[cold]
fn filled(block: usize) -> [Entry; BLOCK] {
    std::array::from_fn(|at| {
        let code = u32::try_from(block * BLOCK + at).ok();
        code.and_then(char::from_u32).map_or(HARD, Entry::worked_out)
    })
}

impl Class {
    fn worked_out(c: char) -> Self {
        match c {
            'a'..='z' | 'A'..='Z' => return Class::Letter,
            '0'..='9' => return Class::Digit,
            '_' => return Class::Underscore,
            '.' | '\'' => return Class::Joiner,
            ':' => return Class::LetterJoiner,
            ',' | ';' => return Class::DigitJoiner,
            '\0'..='\x7f' => return Class::Other,
            // It joins pictures, too.
            '\u{200d}' => return Class::Hard,
            _ => {}
        }
        // Whether a text with the character in the place of `#` is one segment, for each of these texts.
        let is_one = |text: &str| {
            let text = text.replace('#', c.encode_utf8(&mut [0; 4]));
            text.split_word_bounds().nth(1).is_none()
        };
        let behaves = |one: &[&str], several: &[&str]| {
            one.iter().all(|text| is_one(text)) && !several.iter().any(|text| is_one(text))
        };
        let shows = c.is_alphanumeric();
        if behaves(&[" #", "a#", "a#a", "1#1", "_#_", "a#.a", "a.#a", "ア#ア"], &["#a", "a.#"]) {
            return if shows { Class::Mark } else { Class::Extend };
        }
        let apart = ["a#", "#a", "1#", "#1", "_#", "#_"];
        if shows && is_katakana(c) && behaves(&["ア#", "#ア"], &apart[..4]) {
            Class::Katakana
        } else if shows
            && behaves(&["a#", "#a", "1#", "#1", "_#", "#_", "a:#", "#:a", "##"], &["#'", "1,#", "#\"#", "ア#", "#ア"])
        {
            Class::Letter
        } else if shows && behaves(&[], &apart) && behaves(&[], &["##", "ア#", "#ア", "#.#", "#,#"]) {
            Class::Alone
        } else if !shows && behaves(&["a#a", "1#1"], &apart) && behaves(&[], &["ア#", "#ア", "a##a", "##"]) {
            Class::Joiner
        } else if !shows && behaves(&["a#a"], &apart) && behaves(&[], &["1#1", "ア#", "#ア", "a##a", "##"]) {
            Class::LetterJoiner
        } else if !shows && behaves(&["1#1"], &apart) && behaves(&[], &["a#a", "ア#", "#ア", "1##1", "##"]) {
            Class::DigitJoiner
        } else if !shows && behaves(&[], &apart) && behaves(&[], &["a#a", "1#1", "ア#", "#ア"]) {
            Class::Other
        } else {
            Class::Hard
        }
    }
}

/// Katakana, and the marks that lengthen and repeat it.
pub(super) fn is_katakana(c: char) -> bool {
    matches!(c, '\u{30a0}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{32d0}'..='\u{32fe}' | '\u{3300}'..='\u{3357}' | '\u{ff66}'..='\u{ff9f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_of_the_kind_that_their_script_says() {
        for (characters, class) in [
            ("äßĐжяλب한აⓐ", Class::Letter),
            ("漢字かなไทຍကខ½", Class::Alone),
            ("カタナー", Class::Katakana),
            ("’．", Class::Joiner),
            ("·：", Class::LetterJoiner),
            ("，；", Class::DigitJoiner),
            ("–„“”…。、！（）€\u{a0}\u{3000}\u{2028}", Class::Other),
            ("\u{301}\u{ad}\u{200c}\u{feff}", Class::Extend),
            ("ิ\u{93f}", Class::Mark),
            ("\u{200d}😀\u{1e023}", Class::Hard),
        ] {
            for c in characters.chars() {
                assert_eq!(Entry::of(c).class, class, "{c:?}");
            }
        }
        // Hebrew letters have rules of their own.
        assert_eq!(Entry::of('א').class, Class::Hard);
    }

    #[test]
    fn lower_case_is_one_character_or_left_to_others() {
        assert_eq!((Entry::of('Ж').lower, Entry::of('É').lower, Entry::of('Z').lower), ('ж', 'é', 'z'));
        assert_eq!(Entry::of('İ').class, Class::Hard);
    }
}
