//! The numbers that a line is weighed by: what is known of it, of the lines round it, of its place on the page and of
//! its slot on the site, each about between -3 and 3.
//!
//! [`NAMES`] is the one list of them; the weights name them too. A feature is added in two places, here and where the
//! others of its group are set (`line`, `markup`), and by training the weights anew. `condition` is what moves the
//! weights, `window` sums up what is round a line.

mod condition;
mod line;
mod markup;
mod whole;
mod window;

pub use condition::{CONDITIONS, Conditions, KINDS, conditions, for_kind, kind, prior};

use self::line::{LOGARITHMS, Line, Logarithms, yes};
use self::whole::{WholePage, links};
use self::window::{RADII, Row, Sum, Sums};
use super::evidence::LineEvidence;
use super::layout::Layout;
use super::logarithm::of_each;
use super::run::{self, Run};
use super::site::Pooled;
use super::statistics::{RECURS, SHORT, STRONG};
use super::topic::Topic;
use super::usual::Usual;
use crate::census::Elsewhere;
use crate::line::mark::Mark;

/// Declares the features: an index for each, and its name.
macro_rules! features {
    ($($name:ident),* $(,)?) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
        #[derive(Clone, Copy)]
        enum F { $($name),* }
        /// The names of the features, in their order.
        pub const NAMES: &[&str] = &[$(stringify!($name)),*];
    };
}

features! {
    // How often the line stands on the site.
    rarity, rarity_of_short, company, unique, share, recurring, elsewhere, in_domain,
    // What it looks like.
    length, very_long, closed, closed_long, small, small_long, divided, opening, commas, dated,
    // Its like on the page, and titles.
    second, times, alike, headline, headline_rare, titular, below_headline, below_headline_exact, above_headline,
    no_headline,
    // Where it stands: the body of the page, and the share of the page's prose above it.
    inside, inside_length, inside_rarity, is_above, above, below, before_prose, middle, breaks,
    page_prose, body_prose, body_prose_length, body_density, page_lines, at_start, at_end,
    // The run of lines that other pages have in a row, too: on what share of the pages its most common line is, how long
    // it is if that is of the frame of the site, and if not, and how much of it is prose; and how long it is if a line of
    // it is on about all pages: whatever hangs on such a line from page to page is rarely text, though it be rare.
    run_frame, run_framed, run_unframed, run_prose, run_whole, run_whole_inside,
    // How far the next lines of prose are.
    prose_near, prose_far, prose_above,
    // The lines round it.
    prose_2, prose_6, prose_20, recurring_2, recurring_6, short_2, short_6, titles_20, alike_6, inside_prose_2,
    length_before, length_after, closed_before, closed_after, prose_before, prose_after,
    // What the lines round it share with the headline, and it with the beginning of the text.
    topic_headline_2, topic_headline_20, topic_text, topic_text_length,
    // Its slot on the site's other pages.
    slot_prose_share_above, slot_prose_share_below, slot_prose_share, slot_rare_share_above,
    slot_prose_above, slot_prose_below, slot_known_above, slot_known_below,
    // Where it usually stands, and how far it stands from there.
    usual, usual_middle, usual_apart,
    // The size of the site.
    pages,
    // Whether the page is HTML, and what that says of the line: the landmarks round it, its element, its share of link
    // text and that of the lines round it, whether it stands in the element that holds the page's text, and whether in
    // what is called comments, furniture or a sidebar.
    html, html_nav, html_aside, html_header, html_footer, html_main, html_article, html_beside_main,
    html_headline, html_preformatted, html_control,
    html_links, html_links_length, html_links_item, html_links_6,
    html_core, html_beside_core, html_bulk, html_main_beside_core, html_paragraph_core, html_links_core, html_links_main,
    html_core_shared, html_core_links_6, html_core_links,
    html_comments, html_comments_core, html_furniture, html_furniture_core,
    html_sidebar, html_sidebar_core,
}

/// How many features there are.
pub const COUNT: usize = NAMES.len();

/// Those that HTML alone sets: the last. The first of them says whether the page is HTML; of text, all are 0.
pub const MARKUP: std::ops::Range<usize> = F::html as usize..COUNT;

/// Those that only the text of a page sets: what a line shares with it.
pub const OF_TEXT: std::ops::Range<usize> = F::topic_headline_2 as usize..F::topic_text_length as usize + 1;

/// Those that pages of other sites set.
pub const OF_OTHER_SITES: [usize; 2] = [F::elsewhere as usize, F::in_domain as usize];

/// The features of one line.
pub type Features = [f32; COUNT];

/// Whether they are of a line of text: [`MARKUP`] is 0 then.
#[inline(always)]
pub fn is_of_text(features: &Features) -> bool {
    features[MARKUP.start] == 0.0
}

/// Those that say anything: of a line of text all but [`MARKUP`].
#[inline(always)]
pub fn used(features: &Features) -> &[f32] {
    if is_of_text(features) { &features[..MARKUP.start] } else { features }
}

/// What the features of a page's lines are made of.
pub struct PageEvidence<'a> {
    /// See [`LineEvidence`].
    pub lines: &'a [LineEvidence],
    /// How many other sites have each line.
    pub elsewhere: &'a [Elsewhere],
    /// What HTML says of each; none where the page is no HTML.
    pub marks: &'a [Mark],
    /// Where the lines stand.
    pub layout: &'a Layout,
    /// What the site's other pages have in each line's slots.
    pub pooled: &'a [[Pooled; 2]],
    /// What each shares with its page; none where the text is not there.
    pub topics: &'a [Topic],
    /// Where each stands on the site's other pages.
    pub usual: &'a [Usual],
    /// Pages of the site.
    pub pages: u64,
}

/// Makes the features of pages. Keeps its buffers.
#[derive(Debug, Default)]
pub struct Extractor {
    sums: Sums,
    /// Sums over the lines round each line, by [`RADII`].
    round: Vec<[Row; RADII.len()]>,
    /// See [`Logarithms`], of each line.
    logarithms: Vec<[f32; LOGARITHMS]>,
    /// Lines since the last line of prose above each line, and to the next below it.
    since: Vec<[u8; 2]>,
    /// The run that each line is of.
    runs: Vec<Run>,
    /// Link text above each line and at the end, by the roots of lengths, where the page is HTML.
    links: Vec<f32>,
}

/// Lines beyond which prose is out of sight.
const OUT_OF_SIGHT: u8 = 60;

/// What no feature exceeds: a page of a million equal lines has no more say than one of a hundred.
const MOST: f32 = 20.0;

impl Extractor {
    /// Hands the features of each line of `page` to `take`.
    pub fn extract(&mut self, page: &PageEvidence<'_>, take: impl FnMut(&Features)) {
        self.measure(page);
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") {
            #[allow(unsafe_code)]
            // SAFETY: the processor has AVX2, which is all that `extract_avx2` asks for.
            return unsafe { self.extract_avx2(page, take) };
        }
        self.extract_plain(page, take);
    }

    /// [`Self::extract_plain`], compiled for AVX2: a row of sums fits a register, and so do all logarithms of a line.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    fn extract_avx2(&mut self, page: &PageEvidence<'_>, take: impl FnMut(&Features)) {
        self.extract_plain(page, take);
    }

    #[inline(always)]
    fn extract_plain(&mut self, page: &PageEvidence<'_>, mut take: impl FnMut(&Features)) {
        self.look_round(page);
        let whole = WholePage::of(page);
        // The features of a line are written one by one and read eight at once. A processor waits where that follows
        // closely, so they are read when those of the next line are written.
        let (mut next, mut last) = (&mut [0.0; COUNT], &mut [0.0; COUNT]);
        let known = self.since.iter().zip(&self.round).zip(&self.logarithms).zip(&self.runs);
        for ((at, evidence), (((since, round), logarithms), of_run)) in page.lines.iter().enumerate().zip(known) {
            *next = [0.0; COUNT];
            let long = line::length(evidence);
            let mut line = Line { page, whole, at, evidence: *evidence, long, features: next };
            let logarithms = Logarithms::from(*logarithms);
            line.recurrence(&logarithms);
            line.shape();
            line.titles();
            line.place(&self.sums);
            line.surroundings(*since, round, &logarithms);
            line.run(*of_run);
            line.topic(round);
            line.slots();
            line.usual();
            if let Some(mark) = page.marks.get(at) {
                line.markup(*mark, &self.links, round);
            }
            if at > 0 {
                take(last);
            }
            std::mem::swap(&mut next, &mut last);
        }
        if !page.lines.is_empty() {
            take(last);
        }
    }

    /// Sums up what is round each line, and takes the logarithms of all lines together.
    #[inline(always)]
    fn look_round(&mut self, page: &PageEvidence<'_>) {
        self.round.clear();
        self.logarithms.clear();
        for (at, line) in page.lines.iter().enumerate() {
            let [near, far, wide] = RADII;
            // Not `map`, which is a call.
            let round = [self.sums.round(at, near), self.sums.round(at, far), self.sums.round(at, wide)];
            self.logarithms.push(Logarithms::arguments(page, at, line, &self.sums, &round));
            self.round.push(round);
        }
        of_each(self.logarithms.as_flattened_mut());
    }

    fn measure(&mut self, page: &PageEvidence<'_>) {
        let lines = page.lines;
        let topics = page.topics.iter().copied().chain(std::iter::repeat(Topic::default()));
        self.sums.set(lines.iter().zip(topics).map(|(line, topic)| {
            let recurs = yes(page.pages > 1 && line.rarity < RECURS);
            let weight = line.shape.length().sqrt();
            let mut row = Row::default();
            row[Sum::Prose as usize] = line.prose;
            row[Sum::Weight as usize] = weight;
            row[Sum::Recurring as usize] = recurs * weight;
            row[Sum::Short as usize] = yes(line.prose < SHORT && line.rarity >= RECURS);
            row[Sum::Titles as usize] = yes(line.titles_another);
            row[Sum::Alike as usize] = yes(line.alike > 2);
            row[Sum::Breaks as usize] = recurs;
            row[Sum::Headline as usize] = topic.headline * weight;
            row
        }));
        run::find(lines, page.pages, &mut self.runs);
        self.links.clear();
        if !page.marks.is_empty() {
            let mut sum = 0.0;
            self.links.push(sum);
            self.links.extend(lines.iter().zip(page.marks).map(|(line, mark)| {
                sum += links(*mark) * line.shape.length().sqrt();
                sum
            }));
        }
        self.since.clear();
        self.since.resize(lines.len(), [OUT_OF_SIGHT; 2]);
        let is_prose = |line: &LineEvidence| line.prose > STRONG;
        let mut last = OUT_OF_SIGHT;
        for (line, since) in lines.iter().zip(&mut self.since) {
            since[0] = last;
            last = if is_prose(line) { 1 } else { (last + 1).min(OUT_OF_SIGHT) };
        }
        last = OUT_OF_SIGHT;
        for (line, since) in lines.iter().zip(&mut self.since).rev() {
            since[1] = last;
            last = if is_prose(line) { 1 } else { (last + 1).min(OUT_OF_SIGHT) };
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;
    use crate::chrome::evidence::tests::{any_page, of_first};

    /// A page of which only its lines are known, on a site of so many.
    pub fn page<'a>(lines: &'a [LineEvidence], layout: &'a Layout, pages: u64) -> PageEvidence<'a> {
        PageEvidence { lines, elsewhere: &[], marks: &[], layout, pooled: &[], topics: &[], usual: &[], pages }
    }

    pub fn features(
        lines: &[LineEvidence],
        elsewhere: &[Elsewhere],
        pooled: &[[Pooled; 2]],
        pages: u64,
    ) -> Vec<Features> {
        let mut layout = Layout::default();
        layout.find(lines, pages);
        let page = PageEvidence { elsewhere, pooled, ..page(lines, &layout, pages) };
        let mut features = Vec::new();
        Extractor::default().extract(&page, |line| features.push(*line));
        features
    }

    fn any_pooled() -> impl Strategy<Value = Pooled> {
        (0.0..1.0f32, 0.0..1.0f32, 0.0..1.0f32, 0..6u8).prop_map(
            |(prose_share, rare_share, prose, pages)| match pages {
                0 => Pooled::default(),
                pages => Pooled { prose_share, rare_share, prose, sure: f32::from(pages) / 5.0 },
            },
        )
    }

    #[test]
    fn text_has_no_features_of_markup() {
        let text = features(&[of_first(&["A line of some words"])[0]; 3], &[], &[], 1);
        let is_markup = |name: &str| name.starts_with("html");
        assert!(NAMES.iter().filter(|name| is_markup(name)).count() > 10);
        for line in &text {
            assert!(NAMES.iter().zip(line).all(|(name, value)| !is_markup(name) || *value == 0.0));
        }
    }

    #[test]
    fn each_feature_has_a_name_of_its_own() {
        assert_eq!(NAMES.iter().collect::<HashSet<_>>().len(), COUNT);
    }

    #[test]
    fn a_page_without_lines_has_no_features() {
        assert!(features(&[], &[], &[], 1).is_empty());
    }

    proptest! {
        #[test]
        fn vector_code_does_what_plain_code_does((lines, pages) in any_page()) {
            let mut layout = Layout::default();
            layout.find(&lines, pages);
            let page = page(&lines, &layout, pages);
            let (mut extractor, mut plain) = (Extractor::default(), Vec::new());
            extractor.measure(&page);
            extractor.extract_plain(&page, |line| plain.push(*line));
            prop_assert_eq!(features(&lines, &[], &[], pages), plain);
        }

        #[test]
        fn every_feature_is_a_number_near_nothing(
            (lines, pages) in any_page(),
            elsewhere in prop::collection::vec(any::<(u32, u32)>(), 0..60),
            pooled in prop::collection::vec(any::<()>(), 60).prop_flat_map(|all| {
                all.into_iter().map(|()| [any_pooled(), any_pooled()]).collect::<Vec<_>>()
            }),
        ) {
            let elsewhere: Vec<Elsewhere> =
                elsewhere.into_iter().map(|(in_domain, beyond)| Elsewhere { in_domain, beyond }).collect();
            let found = features(&lines, &elsewhere, &pooled, pages);
            prop_assert_eq!(found.len(), lines.len());
            for line in &found {
                for (value, name) in line.iter().zip(NAMES) {
                    prop_assert!(value.abs() <= 20.0, "{name}: {value}");
                }
            }
        }

        #[test]
        fn of_a_lone_page_nothing_recurs((lines, _) in any_page()) {
            let counted: Vec<LineEvidence> = lines.iter().map(|line| LineEvidence { on: 1, exactly_on: 1, in_company: 1, ..*line }).collect();
            for features in features(&counted, &[], &[], 1) {
                for of in [F::rarity, F::recurring, F::share, F::unique, F::pages, F::company] {
                    prop_assert_eq!(features[of as usize], 0.0);
                }
            }
        }
    }
}
