//! What each character becomes in a normalised line, and what kind it is.
//!
//! Most characters become the same bytes whatever stands beside them. That is
//! worked out once a character, by the same code that normalises a whole line
//! ([`reference()`]), in blocks of 128 characters when a block is first met: a
//! page in Russian costs two blocks, not a table of all of Unicode. A character
//! that may combine with its neighbours is marked so, and its line is
//! normalised as a whole.

use std::collections::HashSet;
use std::ops::BitOr;
use std::sync::{LazyLock, OnceLock};

use icu_normalizer::properties::{
    CanonicalCombiningClassMapBorrowed, CanonicalCompositionBorrowed, CanonicalDecompositionBorrowed, Decomposed,
};
use icu_properties::CodePointMapData;
use icu_properties::props::{GeneralCategory, Script};

use super::reference::reference;

/// What a character becomes: up to six bytes of text in the low bytes, its
/// canonical combining class in the seventh, length and flags in the eighth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Form(u64);

impl BitOr for Form {
    type Output = Self;

    #[inline]
    fn bitor(self, other: Self) -> Self {
        Form(self.0 | other.0)
    }
}

impl Form {
    const LENGTH: u64 = 0b111 << 56;
    const DEPENDS: u64 = 1 << 59;
    const LOOSENS: u64 = 1 << 60;
    const DIGIT: u64 = 1 << 61;
    const MOST_BYTES: usize = 6;

    /// The text, followed by bytes without meaning.
    #[inline]
    pub(super) fn bytes(self) -> [u8; 8] {
        self.0.to_le_bytes()
    }

    /// Length of the text in bytes.
    #[inline]
    pub(super) fn len(self) -> usize {
        ((self.0 & Self::LENGTH) >> 56) as usize
    }

    /// Canonical combining class; 0 for all that is no combining mark.
    #[inline]
    pub(super) fn combining(self) -> u8 {
        (self.0 >> 48) as u8
    }

    /// Whether the text, or one of many taken together with `|`, depends on the
    /// characters beside it.
    #[inline]
    pub(super) fn depends(self) -> bool {
        self.0 & Self::DEPENDS != 0
    }

    /// Whether white space may have to be collapsed behind one of the characters.
    #[inline]
    pub(super) fn loosens(self) -> bool {
        self.0 & Self::LOOSENS != 0
    }

    /// Whether one of the texts holds a decimal digit.
    #[inline]
    pub(super) fn digit(self) -> bool {
        self.0 & Self::DIGIT != 0
    }

    fn of(character: char) -> Self {
        let Some((text, combining)) = lone_text(character) else {
            return Form(Self::DEPENDS);
        };
        let mut bytes = [0; 8];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        let mut form = u64::from_le_bytes(bytes);
        form |= u64::from(combining) << 48 | (text.len() as u64) << 56;
        if text.is_empty() || text.contains(' ') {
            form |= Self::LOOSENS;
        }
        if text.chars().any(|c| Kind::of(c) == Kind::Digit) {
            form |= Self::DIGIT;
        }
        Form(form)
    }
}

/// The normalised text of a character and its combining class, or `None` when
/// they depend on its neighbours or are too long for a [`Form`].
fn lone_text(character: char) -> Option<(String, u8)> {
    let classes = const { CanonicalCombiningClassMapBorrowed::new() };
    let source = character.encode_utf8(&mut [0; 4]).to_owned();
    let text = reference(&source);
    let combining = classes.get_u8(character);
    let inert = |c: char| !COMPOSING.contains(&c);
    let simple = if combining == 0 {
        let decomposed = icu_normalizer::DecomposingNormalizerBorrowed::new_nfkd().normalize(&source);
        let first = decomposed.chars().next();
        first.is_none_or(|c| classes.get_u8(c) == 0 && inert(c))
            && text.chars().all(|c| classes.get_u8(c) == 0 && inert(c))
    } else {
        text == source && inert(character)
    };
    (simple && text.len() <= Form::MOST_BYTES).then_some((text, combining))
}

/// Characters that compose with some character before them: the second halves of
/// canonical decompositions that composition undoes.
static COMPOSING: LazyLock<HashSet<char>> = LazyLock::new(|| {
    let decompositions = const { CanonicalDecompositionBorrowed::new() };
    let compositions = const { CanonicalCompositionBorrowed::new() };
    let second_half = |c| match decompositions.decompose(c) {
        Decomposed::Expansion(first, second) => compositions.compose(first, second).map(|_| second),
        Decomposed::Singleton(_) | Decomposed::Default => None,
    };
    ('\u{80}'..=LAST_COMPOSED).filter_map(second_half).collect()
});

/// The end of the planes that hold composed characters.
const LAST_COMPOSED: char = '\u{1ffff}';

/// What a character is to a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Punctuation, symbols, spaces.
    Other,
    /// A letter or mark of a script that puts spaces between words.
    Letter,
    /// A letter or mark of a script that does not, or (Hangul) glues particles
    /// to words.
    Unspaced,
    /// A decimal digit of any script.
    Digit,
}

impl Kind {
    /// The kind of a character, worked out anew.
    pub(super) fn of(character: char) -> Self {
        let category = CodePointMapData::<GeneralCategory>::new().get(character);
        let mark = matches!(
            category,
            GeneralCategory::NonspacingMark | GeneralCategory::SpacingMark | GeneralCategory::EnclosingMark
        );
        if category == GeneralCategory::DecimalNumber {
            Kind::Digit
        } else if !mark && !character.is_alphabetic() {
            Kind::Other
        } else if has_no_spaces(CodePointMapData::<Script>::new().get(character)) {
            Kind::Unspaced
        } else {
            Kind::Letter
        }
    }
}

fn has_no_spaces(script: Script) -> bool {
    [
        Script::Han,
        Script::Hiragana,
        Script::Katakana,
        Script::Bopomofo,
        Script::Hangul,
        Script::Thai,
        Script::Lao,
        Script::Khmer,
        Script::Myanmar,
        Script::Tibetan,
        Script::Yi,
    ]
    .contains(&script)
}

const BLOCK: usize = 128;
const BLOCKS: usize = (char::MAX as usize + 1) / BLOCK;

struct Block {
    forms: [Form; BLOCK],
    kinds: [Kind; BLOCK],
}

static TABLE: [OnceLock<Box<Block>>; BLOCKS] = [const { OnceLock::new() }; BLOCKS];

#[inline]
fn block(number: usize) -> &'static Block {
    // Decoded bytes cannot give a code past Unicode's last; the rest says so.
    TABLE[number % BLOCKS].get_or_init(|| fill(number % BLOCKS))
}

/// Looks forms up; neighbours in a text are mostly neighbours in the table.
pub(super) struct Forms {
    number: usize,
    block: &'static Block,
}

impl Forms {
    #[inline]
    pub(super) fn new() -> Self {
        Forms { number: 0, block: block(0) }
    }

    /// What the character with this code becomes; codes of no character depend.
    #[inline]
    pub(super) fn get(&mut self, code: u32) -> Form {
        let number = code as usize / BLOCK;
        if number != self.number {
            *self = Forms { number, block: block(number) };
        }
        self.block.forms[code as usize % BLOCK]
    }
}

/// What kind the character with this code is.
#[inline]
pub(super) fn kind(code: u32) -> Kind {
    block(code as usize / BLOCK).kinds[code as usize % BLOCK]
}

#[cold]
fn fill(block: usize) -> Box<Block> {
    let character = |at: usize| char::from_u32((block * BLOCK + at) as u32);
    Box::new(Block {
        forms: std::array::from_fn(|at| character(at).map_or(Form(Form::DEPENDS), Form::of)),
        kinds: std::array::from_fn(|at| character(at).map_or(Kind::Other, Kind::of)),
    })
}

/// The code and the length in bytes of the character that `bytes` (UTF-8, as a
/// little-endian word) begin with.
#[inline]
pub(super) fn decode(bytes: u64) -> (u32, usize) {
    let [first, second, third, fourth, ..] = bytes.to_le_bytes().map(u32::from);
    let tail = |byte: u32| byte & 0x3f;
    match first {
        0..0x80 => (first, 1),
        0x80..0xe0 => ((first & 0x1f) << 6 | tail(second), 2),
        0xe0..0xf0 => ((first & 0x0f) << 12 | tail(second) << 6 | tail(third), 3),
        _ => ((first & 0x07) << 18 | tail(second) << 12 | tail(third) << 6 | tail(fourth), 4),
    }
}
