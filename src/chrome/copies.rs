//! Which pages of a site are copies of a page, or hold it, or are held by it.
//!
//! A chapter that also stands in the manual on one page is content on both; an article stands in full on the page of its
//! month. Its lines recur, and yet are no chrome: such pages say nothing about each other's lines, so a line is counted
//! without them. Pages are compared by the prose that few pages of the site have, in the sample of the site, by
//! containment: the copy of a page may hold ten times its text. The prose of a list of the day's teasers may be most of
//! what pages have, which are no copies for that: they begin differently below their headlines.

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
    /// The rare prose of each page.
    prose: Vec<Prose>,
    /// Where each rare line stands that more than one of them have; empty if none of these is prose.
    on: HashMap<Fingerprint, On, Seed>,
    /// Pages up to which prose is rare.
    rare: u32,
    /// Share of a page's rare prose that makes the other a copy.
    share: f32,
}

/// The pages that a line stands on, and those of them that it is of the opening of.
#[derive(Clone, Copy, Debug, Default)]
struct On {
    pages: Pages,
    opens: Pages,
}

/// The rare prose of a page, in characters, as its lines are met one after the other. Its opening is what it begins with:
/// below its headline, or, where that is not known, at its top.
#[derive(Clone, Copy, Debug, Default)]
struct Prose {
    all: f32,
    opening: f32,
    /// The line that the opening begins from.
    from: usize,
}

impl Prose {
    /// Of a page that has its headline in this line.
    fn below(headline: Option<usize>) -> Self {
        Self { from: headline.unwrap_or_default(), ..Self::default() }
    }

    /// Meets the next line of prose; whether it is of the opening.
    fn meet(&mut self, at: usize, prose: f32) -> bool {
        self.all += prose;
        let opens = at >= self.from && self.opening < OPENING;
        self.opening += if opens { prose } else { 0.0 };
        opens
    }
}

/// The prose that two pages have both, and how much of it is of the opening of either.
#[derive(Clone, Copy, Debug, Default)]
struct Shared {
    prose: f32,
    of_openings: [f32; 2],
}

impl Shared {
    /// Whether so much is shared of pages of this prose that they are copies. A page without an opening begins like all.
    fn makes_copies(&self, pages: [Prose; 2], share: f32) -> bool {
        let lesser = pages[0].all.min(pages[1].all);
        let mut openings = self.of_openings.iter().zip(pages);
        lesser >= LEAST
            && self.prose >= share * lesser
            && openings.any(|(shared, page)| *shared >= SHARE_OF_OPENING * page.opening)
    }
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
/// Characters of rare prose that are an opening, and the share of it that a copy has.
const OPENING: f32 = 300.0;
const SHARE_OF_OPENING: f32 = 0.25;

impl Copies {
    /// Notes where the prose of the pages of a site's sample stands: what tells each page, its lines, and its titles.
    pub fn learn<'a>(pages: impl Iterator<Item = (u128, &'a [Line], &'a [Fingerprint])>, site: &SiteCounts) -> Self {
        let all = site.pages();
        let rare = ((RARE.0 * all as f64) as u64).clamp(2, RARE.1) as u32;
        let share = if all < FEW { SHARE_OF_FEW } else { SHARE };
        let mut copies = Self { rare, share, ..Self::default() };
        let mut pages: Vec<(u128, &[Line], &[Fingerprint])> = pages.take(Pages::BITS as usize).collect();
        pages.sort_unstable_by_key(|(digest, ..)| *digest);
        let mut told = false;
        for (bit, (digest, lines, titles)) in (0..).zip(pages) {
            let lines = || lines.iter().filter(|line| !line.is_blank()).enumerate();
            let is_headline = |(at, line): &(usize, &Line)| {
                *at > 0 && titles.contains(&line.exact) && site.template(line.template) <= rare
            };
            let mut of_page = Prose::below(lines().find(is_headline).map(|(at, _)| at));
            for (at, line) in lines() {
                let on = site.template(line.template);
                if on > rare {
                    continue;
                }
                let prose = prose(line.shape);
                let tells = prose >= TELLING;
                let opens = tells && of_page.meet(at, prose);
                if on > 1 {
                    told |= tells;
                    let on = copies.on.entry(line.template).or_default();
                    on.pages |= 1 << bit;
                    on.opens |= Pages::from(opens) << bit;
                }
            }
            copies.digests.push(digest);
            copies.prose.push(of_page);
        }
        if told {
            copies.on.retain(|_, on| on.pages.count_ones() > 1);
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
            let on = self.on.get(&line.template).map_or(0, |on| (on.pages & copies).count_ones());
            line.discount(on, on_above, expected);
            on_above = line.on;
        }
    }

    /// The copies of a page.
    fn of(&self, digest: u128, evidence: &[LineEvidence]) -> Pages {
        let own = self.digests.binary_search(&digest).map_or(0, |at| 1 << at);
        // By page.
        let mut shared = [Shared::default(); Pages::BITS as usize];
        let is_headline = |line: &LineEvidence| line.titular && line.on <= self.rare;
        let (mut any, mut of_page) = (0, Prose::below(evidence.iter().position(is_headline)));
        for (at, line) in evidence.iter().enumerate().filter(|(_, line)| line.on <= self.rare && line.time == 1) {
            let prose = prose(line.shape);
            if prose < TELLING {
                continue;
            }
            let opens = of_page.meet(at, prose);
            let on = if line.on > 1 { self.on.get(&line.template).copied().unwrap_or_default() } else { On::default() };
            any |= on.pages & !own;
            for other in bits(on.pages & !own) {
                let shared = &mut shared[other];
                shared.prose += prose;
                shared.of_openings[0] += if opens { prose } else { 0.0 };
                shared.of_openings[1] += if on.opens >> other & 1 == 1 { prose } else { 0.0 };
            }
        }
        let is_copy = |other: &usize| {
            self.prose.get(*other).is_some_and(|its| shared[*other].makes_copies([of_page, *its], self.share))
        };
        bits(any).filter(is_copy).fold(0, |copies, other| copies | 1 << other)
    }
}

/// The places of the bits that are set.
fn bits(mut set: Pages) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let at = (set != 0).then(|| set.trailing_zeros() as usize)?;
        set &= set - 1;
        Some(at)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::census::digest;
    use crate::chrome::evidence::{Gatherer, tests::census};
    use crate::line::{Key, Normaliser, TitleParts};

    /// The evidence on the lines of each of these pages of one site, without and with its copies discounted.
    fn evidence(texts: &[String]) -> Vec<[Vec<LineEvidence>; 2]> {
        let pages: Vec<(&str, &str)> = texts.iter().map(|text| ("s", &**text)).collect();
        let census = census(&pages);
        let site = census.sites().remove("s").unwrap();
        let sample: Vec<_> = census.sample(&site).map(|page| (page.digest, page.lines(), page.titles)).collect();
        let pages = sample.iter().map(|(digest, lines, titles)| (*digest, &**lines, &**titles));
        let copies = Copies::learn(pages, &site);
        let of = |text: &String| {
            let (mut lines, mut plain) = (Vec::new(), Vec::new());
            Normaliser::new(Key::default()).page(text, &mut lines);
            let mut titles = TitleParts::new(Key::default());
            Gatherer::default().gather(&lines, titles.of(text, &lines), &site, &mut plain);
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

    /// An article of its own on each page, with the teasers of the day below it, which three pages in ten have.
    fn with_teasers(page: impl Fn(usize, &str) -> String) -> Vec<String> {
        let teasers: String = (800..812).map(|n| paragraph(n) + "\n").collect();
        (0..10).map(|n| page(n, if n < 3 { &teasers } else { "" })).collect()
    }

    #[test]
    fn pages_that_share_the_teasers_of_a_day_are_no_copies() {
        let headline = |n: usize| format!("Of {} on the quay", "goat".repeat(n + 1));
        for pages in [
            with_teasers(|n, teasers| format!("Home\n{}\n{teasers}", chapter(n))),
            // The headline tells where a page begins, also below teasers.
            with_teasers(|n, teasers| format!("{0}\nHome\n{teasers}\n{0}\n{1}", headline(n), chapter(n))),
        ] {
            for [plain, discounted] in evidence(&pages) {
                assert_eq!(plain, discounted);
            }
        }
        // Without it, what stands at the top is the beginning.
        let pages = with_teasers(|n, teasers| format!("{}\nHome\n{teasers}\n{}", headline(n), chapter(n)));
        let found = evidence(&pages);
        assert!(found[..3].iter().all(|[plain, discounted]| plain[2].on == 3 && discounted[2].on == 1));
        assert!(found[3..].iter().all(|[plain, discounted]| plain == discounted));
    }

    #[test]
    fn a_copy_may_begin_otherwise_if_the_other_begins_as_it_goes_on() {
        // The article of a month's page, which begins with another article.
        let mut pages: Vec<String> = (0..10).map(|n| format!("Home\n{}", chapter(n))).collect();
        pages.push(format!("Home\n{}\n{}\n{}", chapter(20), chapter(3), chapter(21)));
        let found = evidence(&pages);
        assert!(found.iter().enumerate().all(|(n, [plain, discounted])| (plain != discounted) == (n == 3 || n == 10)));
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
