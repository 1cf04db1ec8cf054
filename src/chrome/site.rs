//! What a site's own pages tell about it, without labels: what fills the slots of its template, and what kind of site
//! it is.
//!
//! In a newspaper a short line that stands on one page alone, outside the article, is a teaser; in a manual it is a
//! parameter. The lines cannot tell which: the site can. A slot that holds the prose of the site's other pages holds
//! this page's too, however short its lines; a slot that never does is a list. And the site's statistics say how likely
//! its short lines are content, which moves the weights of all other evidence. Both are learned from a sample of the
//! site's pages, each slot of a page from the *other* pages.

use std::collections::HashMap;

use super::copies::Copies;
use super::dateline::{self, Datelines};
use super::evidence::{Gatherer, LineEvidence};
use super::layout::Layout;
use super::list::{Finder, Lists};
use super::statistics::{Statistics, Sums};
use super::usual::{Places, Usual};
use crate::census::{Census, Seed, SiteCounts};
use crate::line::Fingerprint;

/// What is pooled of a slot.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Slot {
    /// Share of its page's prose.
    prose_share: f32,
    /// Share of its page's rare text, short lines too.
    rare_share: f32,
    /// Prose, in characters.
    prose: f32,
    /// Characters.
    length: f32,
    /// Pages on which the slot is.
    pages: f32,
}

impl Slot {
    fn add(&mut self, other: &Slot, sign: f32) {
        self.prose_share += sign * other.prose_share;
        self.rare_share += sign * other.rare_share;
        self.prose += sign * other.prose;
        self.length += sign * other.length;
        self.pages += sign * other.pages;
    }

    /// What the pages together have in the slot.
    fn pooled(&self) -> Pooled {
        // What is left of a sum when all of it is taken away again may be a rounding error.
        if self.pages < 0.5 {
            return Pooled::default();
        }
        Pooled {
            prose_share: (self.prose_share / self.pages).max(0.0),
            rare_share: (self.rare_share / self.pages).max(0.0),
            prose: ((self.prose + 20.0) / (self.length + 60.0)).clamp(0.0, 1.0),
            sure: self.pages.min(5.0) / 5.0,
        }
    }
}

/// What the other pages of a site have in a slot.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pooled {
    /// Mean share of a page's prose.
    pub prose_share: f32,
    /// Mean share of a page's rare text.
    pub rare_share: f32,
    /// Share of the slot's characters that are prose.
    pub prose: f32,
    /// How sure this is, from 0 (no other page has the slot) to 1 (five or more have it).
    pub sure: f32,
}

/// Slots, and what is pooled of each, by the anchor above and by the anchor below.
type PooledSlots = [HashMap<Fingerprint, (Slot, Pooled), Seed>; 2];

/// The slots of pages, by the anchor above and by the anchor below.
type Slots = [HashMap<Fingerprint, Slot, Seed>; 2];

/// Everything that is known of a site when its pages are judged.
#[derive(Debug)]
pub struct SiteModel {
    counts: SiteCounts,
    copies: Copies,
    /// Learned from the site's sample.
    slots: PooledSlots,
    statistics: Statistics,
    datelines: Datelines,
    lists: Lists,
    places: Places,
}

impl SiteModel {
    /// Learns what a site is like from its pages in the census.
    pub fn learn(counts: SiteCounts, census: &Census) -> Self {
        let mut gatherer = Gatherer::default();
        let (mut evidence, mut layout) = (Vec::new(), Layout::default());
        let mut slots = Slots::default();
        let mut sums = Sums::default();
        let pages: Vec<_> = census.sample(&counts).map(|page| (page.digest, page.lines(), page.titles)).collect();
        let copies = Copies::learn(pages.iter().map(|(digest, lines, titles)| (*digest, &**lines, &**titles)), &counts);
        let (mut finder, mut places, mut dates) = (Finder::default(), Places::default(), dateline::Finder::default());
        for (digest, lines, titles) in pages {
            gatherer.gather(&lines, &titles, &counts, &mut evidence);
            copies.discount(digest, &mut evidence, &counts);
            layout.find(&evidence, counts.pages());
            sums.add(&evidence, &layout);
            finder.add(&evidence, counts.pages());
            places.add(&evidence, &layout);
            dates.add(&evidence, &layout);
            for (all, of_page) in slots.iter_mut().zip(slots_of(&evidence, &layout)) {
                for (anchor, slot) in of_page {
                    all.entry(anchor).or_default().add(&slot, 1.0);
                }
            }
        }
        Self {
            copies,
            slots: pooled(slots),
            statistics: sums.statistics(counts.pages()),
            datelines: dates.datelines(),
            lists: finder.lists(),
            places,
            counts,
        }
    }

    /// How many pages of the site have what.
    pub fn counts(&self) -> &SiteCounts {
        &self.counts
    }

    /// Which of its pages are copies of each other.
    pub fn copies(&self) -> &Copies {
        &self.copies
    }

    /// Where the site has the dates of its articles, if above their headlines.
    pub fn datelines(&self) -> &Datelines {
        &self.datelines
    }

    /// The lists that recur on its pages.
    pub fn lists(&self) -> &Lists {
        &self.lists
    }

    /// What kind of site it is.
    pub fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    /// Puts where each line of a page stands on the site's other pages into `usual`. `digest` tells the page itself.
    pub fn usual(&self, digest: u128, evidence: &[LineEvidence], layout: &Layout, usual: &mut Vec<Usual>) {
        self.places.usual(evidence, layout, self.counts.rank_in_sample(digest).is_some(), usual);
    }

    /// Puts what the site's other pages have in each line's slots, by the anchor above and by the one below, into
    /// `pooled`. `digest` tells the page itself.
    pub fn pool(&self, digest: u128, evidence: &[LineEvidence], layout: &Layout, pooled: &mut Vec<[Pooled; 2]>) {
        let own = self.counts.rank_in_sample(digest).map(|_| slots_of(evidence, layout));
        let of = |side: usize, anchor: Fingerprint| {
            let Some((slot, pooled)) = self.slots[side].get(&anchor) else { return Pooled::default() };
            match own.as_ref().and_then(|own| own[side].get(&anchor)) {
                Some(own) => {
                    let mut others = *slot;
                    others.add(own, -1.0);
                    others.pooled()
                }
                None => *pooled,
            }
        };
        pooled.clear();
        let mut last: Option<([Fingerprint; 2], [Pooled; 2])> = None;
        for &[above, below] in &layout.slots {
            let [was_above, was_below] = last.map_or([None; 2], |(slot, pooled)| {
                [(slot[0] == above).then_some(pooled[0]), (slot[1] == below).then_some(pooled[1])]
            });
            let both = [was_above.unwrap_or_else(|| of(0, above)), was_below.unwrap_or_else(|| of(1, below))];
            last = Some(([above, below], both));
            pooled.push(both);
        }
    }
}

/// Pools each of these slots.
fn pooled(slots: Slots) -> PooledSlots {
    slots.map(|slots| slots.into_iter().map(|(anchor, slot)| (anchor, (slot, slot.pooled()))).collect())
}

/// The slots of one page.
fn slots_of(evidence: &[LineEvidence], layout: &Layout) -> Slots {
    let rare = |line: &LineEvidence| line.shape.length() * line.share;
    let lines = || evidence.iter().zip(&layout.anchors).zip(&layout.slots);
    let all_rare: f32 = lines().filter(|((_, anchor), _)| !**anchor).map(|((line, _), _)| rare(line)).sum();
    let mut slots = Slots::default();
    // There is no slot but behind an anchor, and the first.
    let most = layout.anchors.iter().filter(|anchor| **anchor).count() + 1;
    slots.iter_mut().for_each(|slots| slots.reserve(most));
    for ((line, anchor), names) in lines() {
        for (slots, name) in slots.iter_mut().zip(names) {
            let slot = slots.entry(*name).or_default();
            slot.pages = 1.0;
            if !anchor {
                slot.prose_share += line.prose / (layout.prose + 200.0);
                slot.rare_share += rare(line) / (all_rare + 50.0);
                slot.prose += line.prose;
                slot.length += line.shape.length();
            }
        }
    }
    slots
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;
    use crate::chrome::evidence::tests::census;
    use crate::line::{Key, Normaliser, TitleParts};

    /// What is known of a site of these pages.
    fn learned(pages: &[&str]) -> SiteModel {
        let named: Vec<(&str, &str)> = pages.iter().map(|text| ("s", *text)).collect();
        let census = census(&named);
        let counts = census.sites().remove("s").unwrap();
        SiteModel::learn(counts, &census)
    }

    /// A page as the site shows it: what tells it, evidence, layout.
    fn page(text: &str, site: &SiteModel) -> (u128, Vec<LineEvidence>, Layout) {
        let (mut lines, mut evidence, mut layout) = (Vec::new(), Vec::new(), Layout::default());
        Normaliser::new(Key::default()).page(text, &mut lines);
        let mut titles = TitleParts::new(Key::default());
        let counts = site.counts();
        Gatherer::default().gather(&lines, titles.of(text, &lines), counts, &mut evidence);
        let digest = crate::census::digest(evidence.iter().map(|line| line.template), &mut Vec::new());
        site.copies().discount(digest, &mut evidence, counts);
        layout.find(&evidence, counts.pages());
        (digest, evidence, layout)
    }

    fn pooled(site: &SiteModel, (digest, evidence, layout): &(u128, Vec<LineEvidence>, Layout)) -> Vec<[Pooled; 2]> {
        let mut pooled = vec![[Pooled::default(); 2]];
        site.pool(*digest, evidence, layout, &mut pooled);
        pooled
    }

    fn near(a: &Pooled, b: &Pooled) -> bool {
        let of = |pooled: &Pooled| {
            let Pooled { prose_share, rare_share, prose, sure } = *pooled;
            [prose_share, rare_share, prose, sure]
        };
        of(a).iter().zip(of(b)).all(|(a, b)| (a - b).abs() < 2e-3)
    }

    /// A site whose pages have a menu, an article, and a list of teasers.
    fn newspaper() -> Vec<String> {
        let article = |n: usize| {
            let words = ["rain", "ferry", "goat", "pier", "quay", "roof", "bell", "bridge"];
            format!(
                "On the morning of the {} the {} was seen by all who stood near the {}, and they told of it.",
                words[n % 8],
                words[(n + 3) % 8].repeat(1 + n / 8),
                words[(n * 5 + 1) % 8].repeat(1 + n % 3)
            )
        };
        let page = |n: usize| format!("Start\n{}\nMost read\nTeaser {}\nImprint", article(n), "x".repeat(n + 1));
        (0..12).map(page).collect()
    }

    #[test]
    fn slots_tell_text_from_lists() {
        let pages = newspaper();
        let texts: Vec<&str> = pages.iter().map(String::as_str).collect();
        let site = learned(&texts);
        let found = pooled(&site, &page(texts[0], &site));
        // The article stands between "Start" and "Most read", the teaser between that and "Imprint".
        let [article, teaser] = [found[1][0], found[3][0]];
        assert!(article.prose_share > 0.2 && teaser.prose_share < 0.01, "{article:?} {teaser:?}");
        assert!(article.prose > teaser.prose && article.rare_share > teaser.rare_share, "{article:?} {teaser:?}");
        assert_eq!((article.sure, teaser.sure), (1.0, 1.0));
    }

    #[test]
    fn of_a_slot_that_no_other_page_has_nothing_is_known() {
        let site = learned(&["A lone page\nwith two lines"]);
        let own = page("A lone page\nwith two lines", &site);
        assert_eq!(pooled(&site, &own), [[Pooled::default(); 2]; 2]);
        // To a page that the site was not learned from, it is another page.
        let other = page("Another page", &site);
        assert!((pooled(&site, &other)[0][0].sure - 0.2).abs() < 1e-6);
        let site = learned(&["Start\nx", "Start\ny", "Start\nz"]);
        let found = pooled(&site, &page("Start\nx", &site));
        assert!((found[1][0].sure - 0.4).abs() < 1e-6, "two other pages: {found:?}");
    }

    #[test]
    fn neither_order_nor_twins_that_look_otherwise_change_what_is_learned() {
        let mut pages = newspaper();
        // White space and case of a line do not tell it, yet they change what it looks like.
        pages.push(pages[3].to_uppercase());
        pages.push(pages[4].replace(' ', "     "));
        let texts: Vec<&str> = pages.iter().map(String::as_str).collect();
        let reversed: Vec<&str> = texts.iter().rev().copied().collect();
        let (one, other) = (learned(&texts), learned(&reversed));
        assert_eq!(one.statistics(), other.statistics());
        assert_eq!(one.slots, other.slots);
    }

    #[test]
    fn statistics_tell_a_newspaper_from_a_list() {
        let pages = newspaper();
        let paper = learned(&pages.iter().map(String::as_str).collect::<Vec<_>>());
        let lists: Vec<String> =
            (0..12).map(|n| format!("Start\n{}", "item\n".repeat(n).replace("item", &"ab".repeat(n)))).collect();
        let list = learned(&lists.iter().map(String::as_str).collect::<Vec<_>>());
        for name in ["prose", "length", "covered"] {
            let [paper, list] = [&paper, &list].map(|site| site.statistics().get(name));
            assert!(paper > list, "{name}: {paper:?} {list:?}");
        }
    }

    #[test]
    fn headlines_of_other_pages_and_varying_company_show() {
        let titles = ["The ferry is late", "Two goats on a roof", "Rain until Friday", "A bell for the bridge"];
        let page = |n: usize, listed: bool| {
            let list = |skip: usize| titles.iter().cycle().skip(skip).take(4).copied().collect::<Vec<_>>().join("\n");
            let rest = if listed { list(n) } else { "One\nTwo\nThree\nFour".to_owned() };
            format!("{} | Courier\n{rest}", titles[n])
        };
        let of = |listed: bool| {
            let pages: Vec<String> = (0..4).map(|n| page(n, listed)).collect();
            *learned(&pages.iter().map(String::as_str).collect::<Vec<_>>()).statistics()
        };
        let (listed, plain) = (of(true), of(false));
        assert!(listed.get("linked") > plain.get("linked") && plain.get("linked") == Some(0.0), "{listed:?} {plain:?}");
        assert!(listed.get("varying") > plain.get("varying"), "{listed:?} {plain:?}");
    }

    proptest! {
        #[test]
        fn a_page_learns_from_the_other_pages_alone(
            pages in prop::collection::vec(
                prop::collection::vec("(menu|news|imprint|[a-c]|item [0-9]|[a-c]{90,99}\\.)", 1..7), 1..9,
            ),
        ) {
            let texts: Vec<String> = pages.iter().map(|lines| lines.join("\n")).collect();
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let site = learned(&texts);
            let own = page(texts[0], &site);
            let mut others = Slots::default();
            let mut met = HashSet::from([own.0]);
            for text in &texts {
                let (digest, evidence, layout) = page(text, &site);
                // Pages that say the same are one.
                if met.insert(digest) {
                    for (all, of_page) in others.iter_mut().zip(slots_of(&evidence, &layout)) {
                        of_page.into_iter().for_each(|(anchor, slot)| all.entry(anchor).or_default().add(&slot, 1.0));
                    }
                }
            }
            let found = pooled(&site, &own);
            prop_assert_eq!(found.len(), own.1.len());
            // As a page that is not of the sample, so that nothing is taken out.
            let (_, evidence, layout) = own;
            let alone = pooled(&SiteModel { slots: super::pooled(others), ..site }, &(0, evidence, layout));
            for (found, alone) in found.iter().flatten().zip(alone.iter().flatten()) {
                prop_assert!(near(found, alone), "{found:?} {alone:?}");
            }
        }

        #[test]
        fn what_is_told_of_a_site_stays_in_bounds(
            pages in prop::collection::vec(prop::collection::vec("(menu|[a-c]|item [0-9]|[a-c .]{90,300})?", 0..9), 1..9),
        ) {
            let texts: Vec<String> = pages.iter().map(|lines| lines.join("\n")).collect();
            prop_assume!(texts.iter().any(|text| !text.trim().is_empty()));
            let site = learned(&texts.iter().map(String::as_str).collect::<Vec<_>>());
            for value in site.statistics().values() {
                prop_assert!((0.0..=6.0).contains(value), "{:?}", site.statistics());
            }
            for slots in texts.iter().map(|text| pooled(&site, &page(text, &site))) {
                for slot in slots.iter().flatten() {
                    for share in [slot.prose_share, slot.rare_share, slot.prose, slot.sure] {
                        prop_assert!((0.0..=1.001).contains(&share), "{slot:?}");
                    }
                }
            }
        }
    }
}
