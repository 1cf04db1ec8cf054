//! What is known of each line of a page before anything is decided: how often it stands on the site, in what company,
//! what it looks like, and what it has to do with titles.

use std::hash::BuildHasher;
use std::sync::LazyLock;

use crate::census::{EDGE, Seed, SiteCounts};
use crate::line::{Fingerprint, Line, Shape};

/// What is known of one line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LineEvidence {
    /// The line's template: what it is counted by.
    pub template: Fingerprint,
    /// Pages of the site that have the line, this one included; for a line with numbers or dates, its template.
    pub on: u32,
    /// Pages that have the very line.
    pub exactly_on: u32,
    /// Pages on which the line stands beside the rarer of its two neighbours here; start and end of a page are
    /// neighbours too. Between 1 and `on`.
    pub in_company: u32,
    /// Whether other pages have it right below the line above it.
    pub linked: bool,
    /// What the line looks like.
    pub shape: Shape,
    /// How often it stands on the page.
    pub times: u32,
    /// Which of these this is, from 1.
    pub time: u32,
    /// How many lines of the page have its template: many where each item of a list, or each comment, has its furniture.
    pub alike: u32,
    /// Whether it is the page's title or a part of it, standing below the title line.
    pub titular: bool,
    /// Whether it may be the headline: titular, and no section or site is called so, which other pages would have in
    /// their titles too.
    pub headline: bool,
    /// Whether it is the title of another page, or a part of it, and not of this one.
    pub titles_another: bool,
    /// Whether it holds a date, and numbers are a good part of it.
    pub dated: bool,
    /// How much rarer the line is than content of a site of this size may be, in nats: negative if it recurs more.
    pub rarity: f32,
    /// The same as a share: 1 for a line that is as rare as content, less for one that recurs more.
    pub share: f32,
    /// Characters of prose in the line: few in a short one, in one without a full stop, in one that recurs.
    pub prose: f32,
}

/// Pages beside its own that a content line is expected on, for a site of two pages.
const EXPECTED: f64 = 0.1;
/// How that grows with the number of pages.
const GROWTH: f64 = 2.0 / 3.0;
/// Share of a site's pages up to which a line is a headline although other pages have that title.
const HEADLINE: f64 = 0.3;
/// Share of digits above which a line with a date is a date.
const DATED: f32 = 0.1;
/// Length at which a line begins to be prose, in characters, and how slowly.
const PROSE: f32 = 70.0;
const PROSE_SLOPE: f32 = 15.0;
/// What a line of prose is worth without a full stop.
const UNPUNCTUATED: f32 = 0.35;

/// Natural logarithm of the number of pages on which a content line of a site of `pages` pages may stand:
/// `1 + 0.1·(pages-1)^⅔`. A fixed number throws away documentation, whose content recurs by nature; a fixed share
/// keeps the menus of sections.
pub fn expected(pages: u64) -> f64 {
    libm::log(1.0 + EXPECTED * libm::pow(pages.saturating_sub(1) as f64, GROWTH))
}

impl LineEvidence {
    /// Takes `copies` pages out of the line's counts, on a site where content stands on as many pages as [`expected`] says
    /// without them. The line above it is on `on_above` pages without its own.
    pub fn discount(&mut self, copies: u32, on_above: u32, expected: f64) {
        let without = |count: u32| count.saturating_sub(copies).max(1);
        self.on = without(self.on);
        self.exactly_on = without(self.exactly_on).min(self.on);
        self.in_company = without(self.in_company).min(self.on);
        self.linked &= self.on.min(on_above) > 1;
        self.rarity = rarity(self.on, self.in_company, expected);
        self.share = as_share(self.rarity);
        self.prose = prose(self.shape) * self.share;
    }
}

/// Gathers evidence, page by page. Keeps its buffers.
#[derive(Debug, Default)]
pub struct Gatherer {
    /// The lines that show.
    shown: Vec<Line>,
    /// A number for each line of the page and for each template; equal ones share it.
    numbers: Numbers,
    /// What was counted, by number.
    counts: Vec<Counts>,
    /// For each shown line, its number and that of its template.
    numbered: Vec<[u32; 2]>,
    /// For each shown line, pages that have its template, pages that have it beside the line before it (and, one more,
    /// beside the end of the page), and pages that have the line as their title.
    on: Vec<u32>,
    pairs: Vec<u32>,
    titled: Vec<u32>,
    rarities: Rarities,
}

/// How often a line stands on the page, how often it was met so far, and how many other lines have it as template.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    times: u32,
    met: u32,
    alike: u32,
}

impl Gatherer {
    /// Puts the evidence on the lines of a page into `evidence`, one a line that is not blank. `titles` are those of
    /// the page.
    pub fn gather(
        &mut self,
        lines: &[Line],
        titles: &[Fingerprint],
        site: &SiteCounts,
        evidence: &mut Vec<LineEvidence>,
    ) {
        evidence.clear();
        self.number(lines);
        self.look_up(site);
        let expected = expected(site.pages());
        let most_of_headline = (HEADLINE * site.pages() as f64).max(1.0);
        let Self { shown, counts, numbered, on, pairs, titled, rarities, .. } = self;
        let before_and_behind = pairs.windows(2);
        let known = shown.iter().zip(numbered).zip(on.iter()).zip(titled).zip(before_and_behind);
        let mut on_above = u32::MAX;
        evidence.extend(known.enumerate().map(|(at, ((((line, numbered), on), titled), pairs))| {
            let [before, behind] = [pairs[0], pairs[1]];
            let (on, titled) = (*on, *titled);
            let in_company = before.min(behind).min(on);
            let [number, template] = *numbered;
            let alike = counts[template as usize].alike;
            let Counts { times, met, .. } = &mut counts[number as usize];
            *met += 1;
            let own = titles.contains(&line.exact);
            let titular = own && at > 0;
            let exactly_on = if line.exact == line.template || on < 2 { on } else { site.line(line) };
            let is_rare = f64::from(exactly_on) <= most_of_headline;
            let (rarity, share) = rarities.of(on, in_company, expected);
            let linked = before.min(on).min(on_above) > 1;
            on_above = on;
            LineEvidence {
                template: line.template,
                on,
                exactly_on,
                in_company,
                linked,
                shape: line.shape,
                times: *times,
                time: *met,
                alike: alike.max(*times),
                titular,
                headline: titular && (titled < 2 || is_rare),
                dated: line.shape.is_dated() && line.shape.digits() > DATED,
                titles_another: !own && titled > 0,
                rarity,
                share,
                prose: prose(line.shape) * share,
            }
        }));
    }

    /// Counts the lines and the templates of the page.
    fn number(&mut self, lines: &[Line]) {
        self.shown.clear();
        self.shown.extend(lines.iter().filter(|line| !line.is_blank()));
        self.numbers.begin(2 * self.shown.len());
        self.counts.clear();
        self.numbered.clear();
        for line in &self.shown {
            let mut numbered = [0; 2];
            // Most lines are their own template.
            let different = if line.exact == line.template { 1 } else { 2 };
            for (at, fingerprint) in [line.exact, line.template].into_iter().enumerate().take(different) {
                let number = self.numbers.of(fingerprint);
                if number as usize == self.counts.len() {
                    self.counts.push(Counts::default());
                }
                let counts = &mut self.counts[number as usize];
                *(if at == 0 { &mut counts.times } else { &mut counts.alike }) += 1;
                numbered[at..].fill(number);
            }
            self.numbered.push(numbered);
        }
    }

    /// Looks up what the site has of the lines, one kind after the other: so a processor waits for many tables at once.
    fn look_up(&mut self, site: &SiteCounts) {
        self.on.clear();
        self.on.extend(self.shown.iter().map(|line| site.template(line.template)));
        self.titled.clear();
        self.titled.extend(self.shown.iter().map(|line| site.titled(line)));
        self.pairs.clear();
        let (mut before, mut recurs_before) = (EDGE, true);
        let ends =
            self.shown.iter().map(|line| line.template).zip(self.on.iter().map(|on| *on > 1)).chain([(EDGE, true)]);
        self.pairs.extend(ends.map(|(line, recurs)| {
            // Of a line that stands on one page alone, no pair stands on more.
            let pair = if recurs && recurs_before { site.pair(before, line) } else { 1 };
            (before, recurs_before) = (line, recurs);
            pair
        }));
    }
}

/// Numbers the fingerprints of a page in the order in which they come: a hash table with open addressing that is as large
/// as the page asks for, so that it is quickly emptied for the next.
#[derive(Debug, Default)]
struct Numbers {
    seed: Seed,
    /// For each place, a number and one more; 0 if it is free. At most half of the places are taken.
    places: Vec<u32>,
    /// The fingerprints, by number.
    known: Vec<Fingerprint>,
}

impl Numbers {
    /// Forgets what is known, for at most so many fingerprints.
    fn begin(&mut self, most: usize) {
        self.known.clear();
        self.places.clear();
        self.places.resize((2 * most + 1).next_power_of_two(), 0);
    }

    fn of(&mut self, fingerprint: Fingerprint) -> u32 {
        let last = self.places.len() - 1;
        let mut at = self.seed.hash_one(fingerprint) as usize & last;
        loop {
            match self.places[at].checked_sub(1) {
                None => {
                    self.known.push(fingerprint);
                    self.places[at] = self.known.len() as u32;
                    return self.places[at] - 1;
                }
                Some(number) if self.known[number as usize] == fingerprint => return number,
                Some(_) => at = (at + 1) & last,
            }
        }
    }
}

/// Rarities of lines, each with its share, on sites that are asked for one after the other: few counts differ on a
/// site, and a logarithm is the dearest part of the evidence.
#[derive(Debug, Default)]
struct Rarities {
    /// What was reckoned last of the counts that share a place.
    known: Vec<Known>,
}

/// Counts, what is expected, and the rarity and share that they make.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    counts: [u32; 2],
    expected: f64,
    found: (f32, f32),
}

impl Rarities {
    /// How many are known at a time.
    const PLACES: usize = 1 << 10;

    fn of(&mut self, on: u32, in_company: u32, expected: f64) -> (f32, f32) {
        if self.known.is_empty() {
            // No line stands on no page.
            self.known.resize(Self::PLACES, Known::default());
        }
        let counts = [on, in_company];
        let known = &mut self.known[(on.wrapping_mul(37) ^ in_company) as usize % Self::PLACES];
        if known.counts != counts || known.expected != expected {
            let rarity = rarity(on, in_company, expected);
            *known = Known { counts, expected, found: (rarity, as_share(rarity)) };
        }
        known.found
    }
}

/// See [`LineEvidence::rarity`].
fn rarity(on: u32, in_company: u32, expected: f64) -> f32 {
    if on == 1 {
        // Most lines stand alone.
        return expected as f32;
    }
    (expected - libm::log(f64::from(on) * f64::from(in_company)) / 2.0) as f32
}

/// Characters of prose in a line of this shape, wherever it stands.
pub fn prose(shape: Shape) -> f32 {
    let punctuated = if shape.is_closed() || shape.sentences() > 0 { 1.0 } else { UNPUNCTUATED };
    PROSE_OF_LENGTH[usize::from(shape.length_class())] * punctuated
}

/// Characters of prose in a punctuated line, by the class of its length.
static PROSE_OF_LENGTH: LazyLock<[f32; 256]> = LazyLock::new(|| {
    std::array::from_fn(|class| {
        let length = Shape::length_of_class(class as u8);
        length / (1.0 + libm::expf((PROSE - length) / PROSE_SLOPE))
    })
});

/// See [`LineEvidence::share`].
fn as_share(rarity: f32) -> f32 {
    if rarity >= 0.0 { 1.0 } else { libm::expf(rarity) }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::census::{Census, Log};
    use crate::line::{Key, Normaliser, TitleParts};
    use crate::page::Page;

    /// The census of pages with these sites and texts.
    pub fn census(pages: &[(&str, &str)]) -> Census {
        let (mut census, mut log, mut lines) = (Census::default(), Log::default(), Vec::new());
        let (mut normaliser, mut titles) = (Normaliser::new(Key::default()), TitleParts::new(Key::default()));
        for (site, text) in pages {
            normaliser.page(text, &mut lines);
            log.add(&Page { site, text, ..Page::default() }, &lines, titles.of(text, &lines));
        }
        census.add(log);
        census
    }

    /// The evidence on the lines of each of these pages, all of one site.
    pub fn of_all(pages: &[&str]) -> Vec<Vec<LineEvidence>> {
        let named: Vec<(&str, &str)> = pages.iter().map(|text| ("s", *text)).collect();
        let counts = census(&named).sites().remove("s").unwrap();
        let (mut normaliser, mut titles) = (Normaliser::new(Key::default()), TitleParts::new(Key::default()));
        let (mut lines, mut gatherer) = (Vec::new(), Gatherer::default());
        let of_page = |page: &&str| {
            let mut evidence = Vec::new();
            normaliser.page(page, &mut lines);
            gatherer.gather(&lines, titles.of(page, &lines), &counts, &mut evidence);
            evidence
        };
        pages.iter().map(of_page).collect()
    }

    /// The evidence on the lines of the first of these pages.
    pub fn of_first(pages: &[&str]) -> Vec<LineEvidence> {
        of_all(pages).swap_remove(0)
    }

    /// Evidence as there may be on any line of a site of `pages` pages.
    pub fn any_line(pages: u32) -> impl Strategy<Value = LineEvidence> {
        let text = prop_oneof!["[ -~]{1,40}", "[a-z ]{80,300}\\.", "[雨。a1| ]{1,30}", "x{2000,2001}"];
        let counts = (1..=pages, 0.0..1.0f64, 0.0..1.0f64).prop_map(|(on, exactly, company)| {
            let part = |share: f64| ((share * f64::from(on)) as u32).clamp(1, on);
            (on, part(exactly), part(company))
        });
        let times =
            prop_oneof![4 => 1..4u32, 1 => 1..1_000_000u32].prop_flat_map(|times| (Just(times), 1..=times, 0..9u32));
        let template = prop_oneof![1..9u64, any::<u64>().prop_map(|template| template.max(9))];
        (template, counts, text, times, any::<[bool; 2]>()).prop_map(
            move |(template, (on, exactly_on, in_company), text, (times, time, others), [titular, titles_another])| {
                let shape = Shape::of(&text);
                let rarity = rarity(on, in_company, expected(u64::from(pages)));
                LineEvidence {
                    template,
                    on,
                    exactly_on,
                    in_company,
                    linked: on * others / 9 > 1,
                    shape,
                    times,
                    time,
                    alike: times + others,
                    titular,
                    headline: titular,
                    titles_another: titles_another && !titular,
                    dated: exactly_on < on,
                    rarity,
                    share: as_share(rarity),
                    prose: prose(shape) * libm::expf(rarity.min(0.0)),
                }
            },
        )
    }

    /// A line that one page has.
    pub fn own(text: &str) -> LineEvidence {
        LineEvidence {
            template: 9,
            on: 1,
            exactly_on: 1,
            in_company: 1,
            linked: false,
            shape: Shape::of(text),
            times: 1,
            time: 1,
            alike: 1,
            titular: false,
            headline: false,
            titles_another: false,
            dated: false,
            rarity: 0.0,
            share: 1.0,
            prose: 0.0,
        }
    }

    /// Evidence on the lines of a page, and the number of pages of its site.
    pub fn any_page() -> impl Strategy<Value = (Vec<LineEvidence>, u64)> {
        prop_oneof![Just(1u32), 2..200u32, Just(2_000_000)]
            .prop_flat_map(|pages| (prop::collection::vec(any_line(pages), 0..60), Just(u64::from(pages))))
    }

    #[test]
    fn a_line_with_numbers_is_counted_by_its_template_and_by_itself() {
        let found = of_first(&["Page 1 of 9\na", "Page 2 of 9\nb", "page 1 OF 9\nc"]);
        assert_eq!((found[0].on, found[0].exactly_on), (3, 2));
        assert_eq!((found[1].on, found[1].exactly_on), (1, 1));
    }

    #[test]
    fn company_is_that_of_the_rarer_neighbour() {
        // "menu" stands first on all pages, before "news" on two of the three.
        let found = of_first(&["menu\nnews\na", "menu\nnews\nb", "menu\nc\nnews"]);
        assert_eq!((found[0].on, found[0].in_company), (3, 2));
        assert_eq!((found[1].on, found[1].in_company), (3, 1));
        assert_eq!((found[2].on, found[2].in_company), (1, 1));
    }

    #[test]
    fn lines_are_linked_where_other_pages_have_both_in_a_row() {
        let page = "menu\nnews\na\nfooter\nhelp";
        let links = |others: &[&str]| {
            let pages: Vec<&str> = [page].into_iter().chain(others.iter().copied()).collect();
            of_first(&pages).iter().map(|line| line.linked).collect::<Vec<_>>()
        };
        assert_eq!(links(&["menu\nnews\nb\nhelp\nfooter", "c\nfooter\nhelp"]), [true, true, false, false, true]);
        assert_eq!(links(&["help\nb\nfooter\nc", "help\nd\nfooter\ne"]), [false; 5]);
        assert_eq!(links(&[]), [false; 5]);
    }

    #[test]
    fn lines_of_a_page_are_counted_by_themselves_and_by_their_template() {
        let found = of_first(&["Reply 1\nLike\n\nReply 2\nlike\nLike\nend"]);
        let counts: Vec<_> = found.iter().map(|line| (line.time, line.times, line.alike)).collect();
        assert_eq!(counts, [(1, 1, 2), (1, 3, 3), (1, 1, 2), (2, 3, 3), (3, 3, 3), (1, 1, 1)]);
    }

    #[test]
    fn a_title_is_the_pages_own_or_anothers_and_never_the_line_it_comes_from() {
        let found = of_first(&[
            "The ferry is late | Courier of Portalder\nthe ferry is late\nTwo goats on a roof\nCourier of Portalder",
            "Two goats on a roof | Courier of Portalder\nx",
        ]);
        let titles: Vec<_> = found.iter().map(|line| (line.titular, line.titles_another)).collect();
        assert_eq!(titles, [(false, false), (true, false), (false, true), (true, false)]);
    }

    #[test]
    fn a_site_is_expected_to_have_content_on_few_of_its_pages() {
        assert_eq!((expected(0), expected(1)), (0.0, 0.0));
        for pages in [2, 10, 1000, 1_000_000] {
            let on = libm::exp(expected(pages));
            assert!(on > libm::exp(expected(pages - 1)) && on < 1.0 + 0.11 * pages as f64, "{pages} {on}");
        }
    }

    #[test]
    fn a_line_is_rarer_the_fewer_pages_have_it_and_its_company() {
        let rarity_on = |pages: std::ops::Range<u32>| {
            let texts: Vec<String> = (0..20)
                .map(|n| format!("{}end {}", if pages.contains(&n) { "menu\n" } else { "" }, "x".repeat(n as usize)))
                .collect();
            of_first(&texts.iter().map(String::as_str).collect::<Vec<_>>())[0].rarity
        };
        let [one, two, ten, all] = [1, 2, 10, 20].map(|n| rarity_on(0..n));
        assert!(one > two && two > ten && ten > all && one > 0.0 && ten < 0.0, "{one} {two} {ten} {all}");
        assert_eq!(one, expected(20) as f32);
    }

    #[test]
    fn prose_is_long_punctuated_and_rare() {
        let of = |line: &str| prose(Shape::of(line));
        let (long, length) = (
            "The rain in the hills fell for a week, and then the river came down on the town with all it had found.",
            102.0,
        );
        assert!(of(long) > 0.85 * length && of(long) < 1.05 * length, "{}", of(long));
        assert!(of(long.trim_end_matches('.')) < 0.5 * of(long));
        assert!(of("Read more.") < 1.0 && of("") == 0.0, "{}", of("Read more."));
        let pages: Vec<String> = (0..10).map(|n| format!("Home\n{long}\nImprint\n{}", "x".repeat(n + 1))).collect();
        let everywhere = of_first(&pages.iter().map(String::as_str).collect::<Vec<_>>())[1].prose;
        assert!(everywhere < 0.3 * length, "{everywhere}");
    }

    #[test]
    fn equal_fingerprints_share_a_number_and_others_have_the_next() {
        let mut numbers = Numbers::default();
        for page in [&[7u64, 0, 7, u64::MAX, 0, 1][..], &[1, 7], &[]] {
            numbers.begin(page.len());
            let found: Vec<u32> = page.iter().map(|fingerprint| numbers.of(*fingerprint)).collect();
            let distinct: Vec<u64> = page.iter().fold(Vec::new(), |mut distinct, fingerprint| {
                if !distinct.contains(fingerprint) {
                    distinct.push(*fingerprint);
                }
                distinct
            });
            let place = |of: &u64| distinct.iter().position(|fingerprint| fingerprint == of).unwrap() as u32;
            assert_eq!(found, page.iter().map(place).collect::<Vec<_>>());
        }
    }

    proptest! {
        #[test]
        fn a_rarity_that_is_looked_up_is_that_of_its_counts_and_site(
            asked in prop::collection::vec((1..9_000u32, 1..9_000u32, 1..4u64), 1..400),
        ) {
            let mut rarities = Rarities::default();
            for (on, in_company, pages) in asked.iter().chain(&asked) {
                let expected = expected(pages * 1000);
                let reckoned = rarity(*on, *in_company, expected);
                prop_assert_eq!(rarities.of(*on, *in_company, expected), (reckoned, as_share(reckoned)));
            }
        }

        #[test]
        fn counts_keep_their_order(
            pages in prop::collection::vec(prop::collection::vec("(menu|news|item [0-9]|a|b)?", 1..6), 1..8),
        ) {
            let texts: Vec<String> = pages.iter().map(|lines| lines.join("\n")).collect();
            prop_assume!(pages.iter().flatten().any(|line| !line.is_empty()));
            prop_assume!(pages[0].iter().any(|line| !line.is_empty()));
            let found = of_first(&texts.iter().map(String::as_str).collect::<Vec<_>>());
            prop_assert_eq!(found.len(), pages[0].iter().filter(|line| !line.is_empty()).count());
            for line in found {
                prop_assert!(1 <= line.exactly_on && line.exactly_on <= line.on && line.on as usize <= pages.len());
                prop_assert!(1 <= line.in_company && line.in_company <= line.on);
                prop_assert!(1 <= line.time && line.time <= line.times && line.times <= line.alike);
                prop_assert!(line.rarity.is_finite() && line.prose >= 0.0 && line.prose <= line.shape.length());
            }
        }
    }
}
