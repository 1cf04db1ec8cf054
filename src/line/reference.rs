//! The normal form by its definition: what [`normalise`](super::normalise) makes faster, a character at a time.

use icu_casemap::CaseMapper;
use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::CodePointSetData;
use icu_properties::props::DefaultIgnorableCodePoint;

/// The normal form of `text` before white space is collapsed: invisible characters go, white space and control characters
/// become spaces, then NFKC, full case folding and NFKC again (Unicode's compatibility caseless match, D146).
pub(super) fn reference(text: &str) -> String {
    let nfkc = const { ComposingNormalizerBorrowed::new_nfkc() };
    let visible: String = text
        .chars()
        .filter(|&c| !is_invisible(c))
        .map(|c| if c.is_whitespace() || c.is_control() { ' ' } else { c })
        .collect();
    let composed = nfkc.normalize(&visible);
    let folded = const { CaseMapper::new() }.fold_string(&composed);
    nfkc.normalize(&folded).into_owned()
}

/// Whether a character shows nothing and only steers how others are shown:
/// soft hyphens, joiners, direction marks, variation selectors, byte order
/// marks (Unicode's `Default_Ignorable_Code_Point`).
fn is_invisible(character: char) -> bool {
    const { CodePointSetData::new::<DefaultIgnorableCodePoint>() }.contains(character)
}
