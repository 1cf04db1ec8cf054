//! Where a line stands on the other pages of its site: a heading that recurs stands amid their text as well, a menu round
//! it, and a headline in a list stands elsewhere than above its own article. Learned from the site's sample.

use std::collections::HashMap;

use super::evidence::LineEvidence;
use super::layout::Layout;
use crate::census::Seed;
use crate::line::Fingerprint;

/// Times that a line must stand elsewhere for its place to be sure.
const SURE: f32 = 4.0;

/// Where a line stands, or the sum over its places: see [`Usual`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Place {
    times: f32,
    /// Share of the page's prose above it.
    above_share: f32,
    middle: f32,
}

impl Place {
    fn add(&mut self, other: &Self, sign: f32) {
        self.times += sign * other.times;
        self.above_share += sign * other.above_share;
        self.middle += sign * other.middle;
    }

    /// The mean place, for a line that stands here itself.
    fn mean(&self, here: &Self) -> Usual {
        // What is left of a sum when all of it is taken away again may be a rounding error.
        if self.times < 0.5 {
            return Usual::default();
        }
        let mean = |sum: f32| (sum / self.times).clamp(0.0, 1.0);
        Usual {
            sure: (self.times / SURE).min(1.0),
            middle: mean(self.middle),
            apart: (mean(self.above_share) - here.above_share).abs(),
        }
    }
}

/// Where a line stands on the site's other pages, on average; all 0 if on none of those that are known.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usual {
    /// How sure this is, from 0 (it stands on no other page) to 1 (it stands there four times or more).
    pub sure: f32,
    /// How far amid the prose of the page: from 0, where no prose stands above or below it, to ½.
    pub middle: f32,
    /// How far from there it stands here, as a share of the page's prose.
    pub apart: f32,
}

/// Where the lines of a site stand that recur, by their templates.
#[derive(Debug, Default)]
pub struct Places(HashMap<Fingerprint, Place, Seed>);

impl Places {
    /// Adds a page of the site.
    pub fn add(&mut self, evidence: &[LineEvidence], layout: &Layout) {
        for (line, place) in places(evidence, layout).filter(|(line, _)| line.on > 1) {
            self.0.entry(line.template).or_default().add(&place, 1.0);
        }
    }

    /// Puts where each line of a page stands on the other pages into `usual`; `is_known` says that the page was added.
    pub fn usual(&self, evidence: &[LineEvidence], layout: &Layout, is_known: bool, usual: &mut Vec<Usual>) {
        usual.clear();
        if self.0.is_empty() {
            return;
        }
        let mut own = Self::default();
        if is_known {
            own.0.reserve(evidence.iter().filter(|line| line.on > 1).count());
            own.add(evidence, layout);
        }
        usual.extend(places(evidence, layout).map(|(line, here)| {
            // Most lines are of this page alone, and need not be looked up.
            let all = if line.on > 1 { self.0.get(&line.template) } else { None };
            let Some(mut others) = all.copied() else { return Usual::default() };
            if let Some(own) = own.0.get(&line.template) {
                others.add(own, -1.0);
            }
            others.mean(&here)
        }));
    }
}

/// The lines of a page with their places.
fn places<'a>(
    evidence: &'a [LineEvidence],
    layout: &'a Layout,
) -> impl Iterator<Item = (&'a LineEvidence, Place)> + use<'a> {
    let mut above = 0.0;
    evidence.iter().map(move |line| {
        let share = ((above + line.prose / 2.0) / layout.prose.max(1.0)).clamp(0.0, 1.0);
        above += line.prose;
        (line, Place { times: 1.0, above_share: share, middle: share.min(1.0 - share) })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chrome::evidence::tests::of_all;

    /// Where the lines of each page usually stand, by what the others tell.
    fn usual(pages: &[&str]) -> Vec<Vec<Usual>> {
        let evidence = of_all(pages);
        let of = evidence.len() as u64;
        let layouts = evidence.iter().map(|page| {
            let mut layout = Layout::default();
            layout.find(page, of);
            layout
        });
        let layouts: Vec<Layout> = layouts.collect();
        let mut places = Places::default();
        evidence.iter().zip(&layouts).for_each(|(page, layout)| places.add(page, layout));
        let mut found = Vec::new();
        let of_each = evidence.iter().zip(&layouts).map(|(page, layout)| {
            places.usual(page, layout, true, &mut found);
            found.clone()
        });
        of_each.collect()
    }

    const TEXTS: [&str; 3] = [
        "On the morning of the regatta the ferry was late again, and the baker waited on the quay with all his rolls.",
        "A grey heron has taken to sleeping on the old pier, to the delight of the harbour master and of his children.",
        "It rained until Friday; then the river stood a hand below the lower bridge, and fell, and the goats came home.",
    ];

    #[test]
    fn a_heading_stands_amid_the_text_and_a_menu_beside_it() {
        let page = |n: usize| format!("Menu\n{}\nSee also\n{}\nImprint", TEXTS[n], TEXTS[(n + 1) % 3].to_uppercase());
        let pages: Vec<String> = (0..3).map(page).collect();
        let found = usual(&pages.iter().map(String::as_str).collect::<Vec<_>>());
        let [menu, _, heading, _, imprint] = found[0][..] else { panic!("{found:?}") };
        assert!(menu.middle < 0.01 && imprint.middle < 0.01, "{menu:?} {imprint:?}");
        assert!(heading.middle > 0.3, "{heading:?}");
        assert!([menu, heading, imprint].iter().all(|line| line.sure == 0.5 && line.apart < 0.1), "{found:?}");
    }

    #[test]
    fn of_what_no_other_page_has_nothing_is_known() {
        let found = usual(&[TEXTS[0], TEXTS[1]]);
        assert!(found.iter().flatten().all(|line| *line == Usual::default()));
        // What stands twice on one page stands on no other.
        let found = usual(&["x\nx", "y"]);
        assert!(found.iter().flatten().all(|line| *line == Usual::default()));
    }

    #[test]
    fn a_line_may_stand_far_from_where_it_usually_does() {
        let pages = [0, 1, 2].map(|n| match n {
            0 => format!("{}\nHarbour", TEXTS[n]),
            _ => format!("Harbour\n{}", TEXTS[n]),
        });
        let found = usual(&pages.each_ref().map(String::as_str));
        assert!(found[0][1].apart > 0.9, "{found:?}");
    }
}
