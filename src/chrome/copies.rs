//! Which pages of a site are copies of a page, or hold it, or are held by it.
//!
//! A chapter that also stands in the manual on one page is content on both; an article stands in full on the page of its
//! month. Its lines recur, and yet are no chrome: such pages say nothing about each other's lines, so a line is counted
//! without them. Pages are compared by the prose that few pages of the site have, in the sample of the site, by
//! containment: the copy of a page may hold ten times its text.

use std::collections::HashMap;

use super::evidence::{LineEvidence, expected, prose};
use crate::census::{Seed, SiteCounts};
use crate::line::{Fingerprint, Line};

/// The pages of a site's sample, a bit each.
type Pages = u128;

/// Where the rare prose of a site's sample stands.
#[derive(Debug, Default)]
pub struct Copies {
    /// What tells the pages apart, in ascending order; the place of a page is its bit.
    digests: Vec<u128>,
    /// The rare prose of each page, in characters.
    prose: Vec<f32>,
    /// The pages of each rare line that stands on more than one of them; empty if none of these is prose.
    on: HashMap<Fingerprint, Pages, Seed>,
    /// Pages up to which prose is rare.
    rare: u32,
    /// Share of a page's rare prose that makes the other a copy.
    share: f32,
}

/// Characters of prose from which a line tells a copy.
const TELLING: f32 = 30.0;
/// Share of a site's pages, and number of pages, up to which prose is rare.
const RARE: (f64, u64) = (0.3, 40);
/// Share of the rare prose of the lesser of two pages from which they are copies; on a site of few pages that is
/// the prose of its chrome just as well, and they must have most in common.
const SHARE: f32 = 0.5;
const SHARE_OF_FEW: f32 = 0.8;
const FEW: u64 = 6;
/// Rare prose that a page must have to be compared, in characters.
const LEAST: f32 = 300.0;

impl Copies {
    /// Notes where the prose of the pages of a site's sample stands.
    pub fn learn<'a>(pages: impl Iterator<Item = (u128, &'a [Line])>, site: &SiteCounts) -> Self {
        let all = site.pages();
        let rare = ((RARE.0 * all as f64) as u64).clamp(2, RARE.1) as u32;
        let share = if all < FEW { SHARE_OF_FEW } else { SHARE };
        let mut copies = Self { rare, share, ..Self::default() };
        let mut pages: Vec<(u128, &[Line])> = pages.take(Pages::BITS as usize).collect();
        pages.sort_unstable_by_key(|(digest, _)| *digest);
        let mut told = false;
        for (bit, (digest, lines)) in (0..).zip(pages) {
            let mut sum = 0.0;
            for line in lines.iter().filter(|line| !line.is_blank()) {
                let on = site.template(line.template);
                if on > rare {
                    continue;
                }
                let prose = prose(line.shape);
                sum += if prose < TELLING { 0.0 } else { prose };
                if on > 1 {
                    told |= prose >= TELLING;
                    *copies.on.entry(line.template).or_default() |= 1 << bit;
                }
            }
            copies.digests.push(digest);
            copies.prose.push(sum);
        }
        if told {
            copies.on.retain(|_, pages| pages.count_ones() > 1);
        } else {
            copies.on = HashMap::default();
        }
        copies
    }

    /// Takes the copies of a page out of its lines' counts. `digest` tells the page itself, which may be of the sample
    /// or not.
    pub fn discount(&self, digest: u128, evidence: &mut [LineEvidence], site: &SiteCounts) {
        if self.on.is_empty() {
            return;
        }
        let copies = self.of(digest, evidence);
        if copies == 0 {
            return;
        }
        let expected = expected(site.pages() - u64::from(copies.count_ones()).min(site.pages() - 1));
        // Above the first line stands the edge of the page, which all pages have.
        let mut on_above = u32::MAX;
        for line in evidence {
            let on = self.on.get(&line.template).map_or(0, |on| (on & copies).count_ones());
            line.discount(on, on_above, expected);
            on_above = line.on;
        }
    }

    /// The copies of a page.
    fn of(&self, digest: u128, evidence: &[LineEvidence]) -> Pages {
        let own = self.digests.binary_search(&digest).map_or(0, |at| 1 << at);
        let mut shared = [0.0f32; Pages::BITS as usize];
        let (mut all, mut any) = (0.0, 0);
        for line in evidence.iter().filter(|line| line.on <= self.rare && line.time == 1) {
            let prose = prose(line.shape);
            if prose < TELLING {
                continue;
            }
            all += prose;
            let mut on = if line.on > 1 { self.on.get(&line.template).copied().unwrap_or_default() & !own } else { 0 };
            any |= on;
            while on != 0 {
                shared[on.trailing_zeros() as usize] += prose;
                on &= on - 1;
            }
        }
        let mut copies = 0;
        while any != 0 {
            let at = any.trailing_zeros() as usize;
            let lesser = self.prose.get(at).map_or(all, |prose| prose.min(all));
            if lesser >= LEAST && shared[at] >= self.share * lesser {
                copies |= 1 << at;
            }
            any &= any - 1;
        }
        copies
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::census::digest;
    use crate::chrome::evidence::{Gatherer, tests::census};
    use crate::line::{Key, Normaliser};

    /// The evidence on the lines of each of these pages of one site, without and with its copies discounted.
    fn evidence(texts: &[String]) -> Vec<[Vec<LineEvidence>; 2]> {
        let pages: Vec<(&str, &str)> = texts.iter().map(|text| ("s", &**text)).collect();
        let census = census(&pages);
        let site = census.sites().remove("s").unwrap();
        let sample: Vec<_> = census.sample(&site).map(|page| (page.digest, page.lines())).collect();
        let copies = Copies::learn(sample.iter().map(|(digest, lines)| (*digest, &**lines)), &site);
        let of = |text: &String| {
            let (mut lines, mut plain) = (Vec::new(), Vec::new());
            Normaliser::new(Key::default()).page(text, &mut lines);
            Gatherer::default().gather(&lines, &[], &site, &mut plain);
            let mut discounted = plain.clone();
            let digest = digest(plain.iter().map(|line| line.template), &mut Vec::new());
            copies.discount(digest, &mut discounted, &site);
            [plain, discounted]
        };
        texts.iter().map(of).collect()
    }

    /// A paragraph that no other number makes.
    fn paragraph(n: usize) -> String {
        let word = |at: usize| char::from(b'a' + ((n >> (2 * at)) % 4) as u8).to_string().repeat(9);
        format!(
            "{} and then it rained on all of them for a week or two, and nobody minded it.",
            (0..6).map(word).collect::<Vec<_>>().join(" ")
        )
    }

    fn chapter(n: usize) -> String {
        (n * 6..n * 6 + 6).map(paragraph).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_chapter_counts_without_the_book_and_the_book_without_its_chapters() {
        let mut pages: Vec<String> = (0..10).map(|n| format!("Home\n{}\nx{n}", chapter(n))).collect();
        pages.push(format!("Home\n{}", (0..10).map(chapter).collect::<Vec<_>>().join("\n")));
        for [plain, discounted] in evidence(&pages) {
            // The first paragraph of a chapter keeps other company in the book.
            assert_eq!((plain[2].on, discounted[2].on), (2, 1));
            assert!(plain[2].rarity < 0.0 && discounted[2].rarity >= 0.0 && discounted[2].prose > plain[2].prose);
            // The menu stands on the other pages still.
            assert!(discounted[0].rarity < 0.0 || discounted.len() > 50);
        }
    }

    #[test]
    fn pages_that_share_their_menu_alone_are_no_copies() {
        let menu: String = (900..903).map(|n| paragraph(n) + "\n").collect();
        let pages: Vec<String> = (0..10).map(|n| format!("{menu}{}", chapter(n))).collect();
        for [plain, discounted] in evidence(&pages) {
            assert_eq!(plain, discounted);
        }
        // On a site of two pages, a third of the prose may be the chrome's.
        for [plain, discounted] in evidence(&pages[..2]) {
            assert_eq!(plain, discounted);
        }
    }

    proptest! {
        #[test]
        fn counts_only_fall_and_keep_their_order(
            pages in prop::collection::vec(prop::collection::vec(0..12usize, 1..9), 1..9),
        ) {
            let texts: Vec<String> =
                pages.iter().map(|page| page.iter().map(|n| paragraph(*n)).collect::<Vec<_>>().join("\n")).collect();
            for [plain, discounted] in evidence(&texts) {
                for (plain, line) in plain.iter().zip(&discounted) {
                    prop_assert!(line.on <= plain.on && 1 <= line.in_company && line.in_company <= line.on);
                    prop_assert!(line.exactly_on <= line.on.max(plain.exactly_on) && line.rarity.is_finite());
                }
                for pair in discounted.windows(2) {
                    prop_assert!(pair[0].on.min(pair[1].on) > 1 || !pair[1].linked);
                }
            }
        }
    }
}
