//! What moves the weights of features: what kind of site it is, and what kind of line.

use super::{F, Features};
use crate::chrome::statistics::log_pages;

/// The names of what moves the weights, in the order of [`Conditions`]: what kind of site it is, then what kind of line.
pub const CONDITIONS: &[&str] = &[
    "",
    "prior",
    "prior_squared",
    "pages",
    "single",
    "rare_above",
    "recurring_above",
    "rare_inside",
    "recurring_inside",
    "rare_below",
    "recurring_below",
    "short",
    "middling",
    "long",
];

/// How many kinds of lines there are: above, inside and below the body, each rare or recurring, and each short, middling
/// or long.
pub const KINDS: usize = PLACES * LENGTHS;
const PLACES: usize = 6;
const LENGTHS: usize = 3;
/// The `length` up to which a line is short, and middling: some 20 characters, and 65.
const UP_TO: [f32; 2] = [-1.5, -0.3];

/// What moves the weights.
pub type Conditions = [f32; CONDITIONS.len()];

/// What a site moves the weights by: 1 for the weight itself, then `prior`, the odds in nats that short rare text is
/// content there, and the size of the site; no kind of line is set.
pub fn conditions(prior: f32, pages: u64) -> Conditions {
    let single = if pages < 2 { 1.0 } else { 0.0 };
    let mut conditions = [0.0; CONDITIONS.len()];
    let of_site = [1.0, prior / 2.0, prior * prior / 4.0 - 0.5, log_pages(pages) - 2.0, single];
    conditions.iter_mut().zip(of_site).for_each(|(condition, value)| *condition = value);
    conditions
}

/// The condition that the prior of a site is.
pub fn prior(conditions: &Conditions) -> f32 {
    conditions[1]
}

/// The conditions of a site for lines of one kind.
pub fn for_kind(mut conditions: Conditions, kind: usize) -> Conditions {
    for condition in [kind % PLACES, PLACES + kind / PLACES] {
        if let Some(condition) = conditions.get_mut(CONDITIONS.len() - PLACES - LENGTHS + condition) {
            *condition = 1.0;
        }
    }
    conditions
}

/// 0 for short lines, 1 for middling ones, 2 for long ones.
fn length_class(length: f32) -> usize {
    UP_TO.iter().filter(|most| length > **most).count()
}

/// The kind of line that has these features.
pub fn kind(features: &Features) -> usize {
    let is = |feature: F| features[feature as usize] > 0.5;
    let place = if is(F::is_above) {
        0
    } else if is(F::inside) {
        1
    } else {
        2
    };
    length_class(features[F::length as usize]) * PLACES + place * 2 + usize::from(is(F::recurring))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;
    use crate::chrome::evidence::tests::any_page;
    use crate::chrome::feature::line::length;
    use crate::chrome::feature::tests::features;
    use crate::chrome::layout::Layout;
    use crate::chrome::statistics::RECURS;

    #[test]
    fn each_condition_has_a_name_of_its_own() {
        assert_eq!(CONDITIONS.iter().collect::<HashSet<_>>().len(), CONDITIONS.len());
    }

    #[test]
    fn a_site_and_a_kind_of_line_set_the_conditions() {
        let of_site = conditions(0.8, 1);
        assert_eq!(of_site[..2], [1.0, 0.4]);
        let named = |name: &str| CONDITIONS.iter().position(|condition| *condition == name).unwrap();
        assert_eq!((of_site[named("single")], conditions(0.8, 2)[named("single")]), (1.0, 0.0));
        assert!(conditions(0.8, 90)[named("pages")] > conditions(0.8, 9)[named("pages")]);
        // Beyond twenty pages, a site is large.
        assert_eq!(conditions(0.8, 1_000_000), conditions(0.8, 150));
        assert!(of_site[named("rare_above")..].iter().all(|condition| *condition == 0.0));
        for (kind, names) in [
            (0, ["rare_above", "short"]),
            (3, ["recurring_inside", "short"]),
            (6, ["rare_above", "middling"]),
            (KINDS - 1, ["recurring_below", "long"]),
        ] {
            let mut expected = of_site;
            names.iter().for_each(|name| expected[named(name)] = 1.0);
            assert_eq!(for_kind(of_site, kind), expected, "{names:?}");
        }
    }

    proptest! {
        #[test]
        fn the_kind_of_a_line_is_its_place_its_length_and_whether_it_recurs((lines, pages) in any_page()) {
            let mut layout = Layout::default();
            layout.find(&lines, pages);
            for (at, (line, features)) in lines.iter().zip(features(&lines, &[], &[], pages)).enumerate() {
                let place = [at < layout.body.start, layout.body.contains(&at), at >= layout.body.end];
                let place = place.iter().position(|is| *is).unwrap();
                let recurs = usize::from(pages > 1 && line.rarity < RECURS);
                prop_assert_eq!(kind(&features), length_class(length(line)) * PLACES + place * 2 + recurs);
            }
        }
    }
}
