//! The numbers that a line is weighed by: what is known of it, of the lines round it, of its place on the page and of
//! its slot on the site, each about between -3 and 3.
//!
//! [`NAMES`] is the one list of them; the weights name them too. A feature is added in two places: here, and by
//! training the weights anew.

use std::sync::LazyLock;

use super::evidence::LineEvidence;
use super::layout::Layout;
use super::logarithm::{of_each, of_whole};
use super::run::{self, Run};
use super::site::Pooled;
use super::statistics::{RECURS, SHORT, STRONG, log_pages};
use super::topic::Topic;
use super::usual::Usual;
use crate::census::Elsewhere;
use crate::line::mark::{Block, Mark, Regions};

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
    rarity, rarity_of_short, company, unique, unique_of_many, share, everywhere, template_only, exact_rarity, recurring, single_page, elsewhere,
    // What it looks like.
    length, length_squared, very_short, very_long, digits_length, closed, closed_long, sentences, small, small_long, digits, divided, opening, commas,
    // Its like on the page, and titles.
    second, times, times_length, alike, headline, headline_rare, titular, titles_another,
    below_headline, below_headline_template, below_headline_exact, above_headline, no_headline,
    // Where it stands: the body of the page, and the share of the page's prose above it.
    inside, inside_length, inside_rarity, is_above, above, below, before_prose, after_prose, middle, middle_length,
    breaks, breaks_length, above_near_exact,
    page_prose, body_prose, body_prose_length, body_density, page_lines, at_start, at_end,
    // The run of lines that other pages have in a row, by loose and by tight links: on what share of the pages its most
    // common line is, and how long it is if that is of the frame of the site, and if not.
    run_frame, run_framed, run_unframed, run_long, tight_run_frame, tight_run_framed, tight_run_unframed, tight_run_long,
    // How much of the run, by loose and by firm links, is prose; and how long it is if a line of it is on about all pages:
    // whatever hangs on such a line from page to page is rarely text, though it be rare.
    run_prose, run_whole, run_whole_rarity, run_whole_inside,
    firm_run_prose, firm_run_whole, firm_run_whole_rarity, firm_run_whole_inside,
    // How far the next lines of prose are.
    prose_near, prose_far, prose_above, prose_below, template_near_prose,
    // The lines round it.
    prose_2, prose_6, prose_20, recurring_2, recurring_6, recurring_20, short_2, short_6, short_20, titles_6, titles_20,
    alike_6, alike_20, inside_alike_20, length_alike_6, very_long_alike_20,
    prose_short_2, inside_prose_2, inside_short_6, rarity_recurring_6,
    length_before, length_after, closed_before, closed_after, rarity_before, rarity_after, prose_before, prose_after,
    // What it and the lines round it share with the headline, and with the beginning of the text.
    topic_headline_2, topic_headline_6, topic_headline_20, topic_headline_6_prose,
    topic_text, topic_text_length, topic_text_prose,
    // Its slot on the site's other pages.
    slot_prose_share_above, slot_prose_share_below, slot_prose_share, slot_prose_share_least,
    slot_rare_share_above, slot_rare_share_below, slot_rare_share, slot_prose_above, slot_prose_below,
    slot_length_above, slot_length_below, slot_known_above, slot_known_below, slot_prose_share_rarity,
    slot_rare_share_unique,
    // The size of the site.
    pages,
    // What it has of the headline's words, by their worth.
    topic_own, topic_own_length,
    // Other sites of its domain that have it.
    in_domain,
    // Whether it holds a date.
    dated, dated_length,
    // How much of it are words that the prose of the crawl is full of.
    frequent, frequent_length,
    // Where it usually stands, and how far it stands from there.
    usual, usual_inside, usual_below, usual_middle, usual_apart,
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

/// The features of one line.
pub type Features = [f32; COUNT];

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
    /// What each shares with its page.
    pub topics: &'a [Topic],
    /// How much of each are frequent words.
    pub frequent: &'a [f32],
    /// Where each stands on the site's other pages.
    pub usual: &'a [Usual],
    /// Pages of the site.
    pub pages: u64,
}

/// What is summed up over the lines of a page.
#[derive(Clone, Copy)]
enum Sum {
    /// Characters of prose.
    Prose,
    /// Roots of lengths, and those of recurring lines.
    Weight,
    Recurring,
    /// Lines that are short and rare, that are titles of other pages, that have many like them, that recur.
    Short,
    Titles,
    Alike,
    Breaks,
    /// Shares of the headline's long words, by the roots of lengths.
    Headline,
}

/// Each [`Sum`], side by side so that a vector register or two hold them.
type Row = [f32; 8];

/// Sums over the lines of a page up to each, so that those over a window are a difference.
#[derive(Debug, Default)]
struct Sums(Vec<Row>);

impl Sums {
    fn set(&mut self, rows: impl Iterator<Item = Row>) {
        self.0.clear();
        let mut sums = Row::default();
        self.0.push(sums);
        self.0.extend(rows.map(|row| {
            sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
            sums
        }));
    }

    /// The sums over lines `from..to`, as far as the page goes.
    #[inline(always)]
    fn over(&self, from: usize, to: usize) -> Row {
        let last = self.0.len() - 1;
        difference(&self.0[to.min(last)], &self.0[from.min(last)])
    }

    /// The sums over `radius` lines on both sides, without the line itself.
    #[inline(always)]
    fn round(&self, at: usize, radius: usize) -> Row {
        difference(&self.over(at.saturating_sub(radius), at + radius + 1), &self.over(at, at + 1))
    }
}

#[inline(always)]
fn difference(a: &Row, b: &Row) -> Row {
    std::array::from_fn(|at| a[at] - b[at])
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
    /// The runs that each line is of, by loose, by tight and by firm links.
    runs: Vec<[Run; run::LINKS.len()]>,
    /// Link text above each line and at the end, by the roots of lengths, where the page is HTML.
    links: Vec<f32>,
}

/// Share of a site's pages from which a line is of the frame that all pages have.
const FRAME: f32 = 0.5;
/// Share from which about all pages have it: a manual's "See also" stands on seven of ten.
const WHOLE: f32 = 0.85;
/// Lines of a long run, and of one that is more than a pair or two.
const LONG_RUN: u32 = 16;
const FEW: u32 = 4;

/// Lines beyond which prose is out of sight.
const OUT_OF_SIGHT: u8 = 60;

/// e to the power of minus a tenth of a distance in lines: 1 at the place itself, next to nothing beyond a hundred.
fn nearness(distance: usize) -> f32 {
    static TABLE: LazyLock<[f32; 128]> = LazyLock::new(|| std::array::from_fn(|at| libm::expf(at as f32 / -10.0)));
    TABLE.get(distance).copied().unwrap_or_default()
}

/// e to the power of minus a quarter of the lines between: 1 for the next line. Beyond the table, `f32` knows but 0.
fn closeness(distance: usize) -> f32 {
    static TABLE: LazyLock<[f32; 512]> =
        LazyLock::new(|| std::array::from_fn(|at| libm::expf((1.0 - at as f32) / 4.0)));
    TABLE.get(distance).copied().unwrap_or_default()
}

/// What no feature exceeds: a page of a million equal lines has no more say than one of a hundred.
const MOST: f32 = 20.0;

/// Share of a line that is text of links.
fn links(mark: Mark) -> f32 {
    f32::from(mark.link_share) / 100.0
}

fn yes(condition: bool) -> f32 {
    f32::from(u8::from(condition))
}

/// Logarithm of a length, about 0 at that of a long line.
fn length(line: &LineEvidence) -> f32 {
    (line.shape.log_length() - 4.5).clamp(-3.5, 2.2)
}

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
        let set = if page.marks.is_empty() { MARKUP.start } else { COUNT };
        let mut take = |features: &mut Features| {
            features.iter_mut().take(set).for_each(|value| *value = value.clamp(-MOST, MOST));
            take(features);
        };
        // The features of a line are written one by one and read eight at once. A processor waits where that follows
        // closely, so they are read when those of the next line are written.
        let (mut next, mut last) = (&mut [0.0; COUNT], &mut [0.0; COUNT]);
        let known = self.since.iter().zip(&self.round).zip(&self.logarithms).zip(&self.runs);
        for ((at, evidence), (((since, round), logarithms), runs)) in page.lines.iter().enumerate().zip(known) {
            next[..set].fill(0.0);
            let mut line = Line { page, whole: &whole, at, evidence, features: next };
            let logarithms = Logarithms::from(*logarithms);
            line.recurrence(&logarithms);
            line.shape();
            line.titles();
            line.place(&self.sums);
            line.surroundings(*since, round, &logarithms);
            line.runs(*runs);
            line.topic(round);
            line.slots();
            line.frequent();
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

/// Lines on both sides that are looked at together.
const RADII: [usize; 3] = [2, 6, 20];

/// What all lines of a page share.
struct WholePage {
    /// Logarithms of the pages of the site, of the page's prose, that of its body, its density, and the page's lines.
    pages: f32,
    prose: f32,
    body_prose: f32,
    density: f32,
    lines: f32,
    /// Whether HTML says where the page's own text is.
    has_main: bool,
    /// Whether an element is the core of the page.
    has_core: bool,
    /// Share of link text in it.
    core_links: f32,
    /// Whether one line alone is a heading of the first level.
    has_headline: bool,
}

/// What holds the text of a page.
const MAIN: Regions = Regions::MAIN.with(Regions::ARTICLE);

impl WholePage {
    fn of(page: &PageEvidence<'_>) -> Self {
        let layout = page.layout;
        let density = layout.body_prose / layout.body.len().max(1) as f32;
        let of_core = page.lines.iter().zip(page.marks).filter(|(_, mark)| mark.regions.intersects(Regions::CORE));
        let (core, linked) = of_core.fold((0.0, 0.0), |(core, linked), (line, mark)| {
            let length = line.shape.length();
            (core + length, linked + length * links(*mark))
        });
        Self {
            pages: log_pages(page.pages),
            prose: libm::logf(1.0 + layout.prose / 300.0),
            body_prose: libm::logf(1.0 + layout.body_prose / 300.0),
            density: libm::logf(1.0 + density),
            lines: libm::logf(1.0 + page.lines.len() as f32 / 50.0),
            has_main: page.marks.iter().any(|mark| mark.regions.intersects(MAIN)),
            has_core: core > 0.0,
            core_links: linked / core.max(1.0),
            has_headline: page.marks.iter().filter(|mark| mark.block == Block::H1).count() == 1,
        }
    }
}

/// One line of a page, whose features are being made.
struct Line<'a> {
    page: &'a PageEvidence<'a>,
    whole: &'a WholePage,
    at: usize,
    evidence: &'a LineEvidence,
    features: &'a mut Features,
}

/// How many logarithms of a line have to be reckoned.
const LOGARITHMS: usize = 8;

/// The logarithms of a line that have to be reckoned.
struct Logarithms {
    /// Of pages with the line to those with the very line, to those of them with the template, and to its company.
    exactly: f32,
    template: f32,
    company: f32,
    /// Of the prose within each of [`RADII`], and right before and behind the line.
    round: [f32; RADII.len()],
    before: f32,
    after: f32,
}

impl From<[f32; LOGARITHMS]> for Logarithms {
    #[inline(always)]
    fn from([exactly, template, company, near, far, wide, before, after]: [f32; LOGARITHMS]) -> Self {
        Self { exactly, template, company, round: [near, far, wide], before, after }
    }
}

impl Logarithms {
    /// What they are the logarithms of.
    #[inline(always)]
    fn arguments(
        page: &PageEvidence<'_>,
        at: usize,
        line: &LineEvidence,
        sums: &Sums,
        round: &[Row; RADII.len()],
    ) -> [f32; LOGARITHMS] {
        let LineEvidence { on, exactly_on, in_company, .. } = *line;
        let on = on.max(1);
        let share = |part: u32| on as f32 / part.max(1) as f32;
        let prose = |row: &Row| row[Sum::Prose as usize].max(0.0);
        let near = |i: usize| 1.0 + prose(&round[i]) / lines_round(page, at, RADII[i]) / 20.0;
        let [before, after] = [sums.over(at.saturating_sub(4), at), sums.over(at + 1, at + 5)];
        [
            share(exactly_on),
            share(exactly_on.min(on)),
            share(in_company),
            near(0),
            near(1),
            near(2),
            1.0 + prose(&before) / 60.0,
            1.0 + prose(&after) / 60.0,
        ]
    }
}

/// Lines of a page within `radius` on both sides of one.
#[inline(always)]
fn lines_round(page: &PageEvidence<'_>, at: usize, radius: usize) -> f32 {
    let round = (at + radius + 1).min(page.lines.len()) - at.saturating_sub(radius) - 1;
    round.max(1) as f32
}

impl Line<'_> {
    // All of a line is inlined into what was compiled for the processor.

    /// Sets a feature; it may still exceed [`MOST`].
    #[inline(always)]
    fn set(&mut self, feature: F, value: f32) {
        self.features[feature as usize] = value;
    }

    #[inline(always)]
    fn get(&self, feature: F) -> f32 {
        self.features[feature as usize]
    }

    /// Nats of rarity, where there are other pages to be rare on.
    #[inline(always)]
    fn rarity(&self, of: &LineEvidence) -> f32 {
        if self.page.pages > 1 { of.rarity.clamp(-4.0, 1.5) } else { 0.0 }
    }

    /// 1 if few pages have the very line, whatever its template.
    #[inline(always)]
    fn exactly_rare(&self) -> f32 {
        yes(self.evidence.exactly_on as f32 <= (0.3 * self.page.pages as f32).max(1.0))
    }

    #[inline(always)]
    fn recurrence(&mut self, logarithms: &Logarithms) {
        let on = self.evidence.on;
        let elsewhere = self.page.elsewhere.get(self.at).copied().unwrap_or_default();
        self.set(F::elsewhere, of_whole(1 + elsewhere.beyond.min(3) as usize));
        self.set(F::in_domain, of_whole(1 + elsewhere.in_domain.min(3) as usize));
        if self.page.pages < 2 {
            self.set(F::single_page, 1.0);
            return;
        }
        let pages = self.page.pages as f32;
        let rarity = self.rarity(self.evidence);
        self.set(F::rarity, rarity);
        self.set(F::rarity_of_short, rarity * length(self.evidence));
        self.set(F::recurring, yes(rarity < RECURS));
        self.set(F::exact_rarity, (self.evidence.rarity + logarithms.exactly).clamp(-4.0, 1.5));
        self.set(F::share, on as f32 / pages);
        self.set(F::everywhere, yes(on as f32 >= 0.9 * pages && self.page.pages > 2));
        self.set(F::pages, self.whole.pages);
        if on == 1 {
            self.set(F::unique, 1.0);
            self.set(F::unique_of_many, self.whole.pages);
        } else {
            self.set(F::company, logarithms.company);
            self.set(F::template_only, logarithms.template);
        }
    }

    #[inline(always)]
    fn shape(&mut self) {
        let shape = self.evidence.shape;
        let long = length(self.evidence);
        self.set(F::length, long);
        self.set(F::length_squared, long * long);
        self.set(F::very_short, yes(shape.length() < 12.0));
        self.set(F::very_long, (long - 1.0).max(0.0));
        self.set(F::digits_length, shape.digits() * long);
        self.set(F::closed, yes(shape.is_closed()));
        self.set(F::closed_long, yes(shape.is_closed()) * long);
        self.set(F::sentences, shape.sentences() as f32);
        let small = if shape.words() > 2 { shape.small() } else { 0.0 };
        self.set(F::small, small);
        self.set(F::small_long, small * (long + 1.5).clamp(0.0, 3.0));
        self.set(F::digits, shape.digits());
        self.set(F::divided, yes(shape.is_divided()));
        self.set(F::opening, yes(shape.is_opening()));
        self.set(F::commas, 3.0 * shape.commas());
        let dated = yes(shape.is_dated());
        self.set(F::dated, dated);
        self.set(F::dated_length, dated * long);
    }

    #[inline(always)]
    fn titles(&mut self) {
        let LineEvidence { time, times, alike, titular, titles_another, on, .. } = *self.evidence;
        let layout = self.page.layout;
        let log_times = of_whole(times as usize);
        self.set(F::times_length, log_times * length(self.evidence));
        self.set(F::alike, of_whole(alike as usize));
        self.set(F::second, yes(time == 2 && times == 2));
        self.set(F::times, log_times);
        self.set(F::titles_another, yes(titles_another));
        let Some(headline) = layout.headline else {
            self.set(F::no_headline, 1.0);
            self.set(F::titular, yes(titular));
            return;
        };
        self.set(F::titular, yes(titular && self.at != headline));
        if self.at == headline {
            self.set(F::headline, 1.0);
            self.set(F::headline_rare, yes(on as f32 <= 0.3 * self.page.pages as f32));
        } else if self.at < headline {
            self.set(F::above_headline, 1.0);
        } else if self.at < layout.body.start {
            self.set(F::below_headline, 1.0 / (1.0 + (self.at - headline) as f32 / 4.0));
            self.set(F::below_headline_template, self.get(F::template_only));
            self.set(F::below_headline_exact, self.get(F::below_headline) * self.exactly_rare());
        }
    }

    #[inline(always)]
    fn place(&mut self, sums: &Sums) {
        let (layout, whole, at) = (self.page.layout, self.whole, self.at);
        let long = length(self.evidence);
        let inside = yes(layout.body.contains(&at));
        self.set(F::inside, inside);
        self.set(F::inside_length, inside * long);
        self.set(F::inside_rarity, inside * self.get(F::rarity));
        if at < layout.body.start {
            self.set(F::is_above, 1.0);
            let distance = layout.body.start - at;
            self.set(F::above, of_whole(1 + distance));
            self.set(F::above_near_exact, closeness(distance) * self.exactly_rare());
        } else if at >= layout.body.end {
            self.set(F::below, of_whole(2 + at - layout.body.end));
        }
        if at > layout.body.start {
            let breaks = of_whole(1 + sums.over(layout.body.start, at)[Sum::Breaks as usize] as usize);
            self.set(F::breaks, breaks);
            self.set(F::breaks_length, breaks * long);
        }
        let share = (sums.over(0, at)[Sum::Prose as usize] + self.evidence.prose / 2.0) / layout.prose.max(1.0);
        self.set(F::before_prose, yes(share < 0.02));
        self.set(F::after_prose, yes(share > 0.98));
        let middle = share.min(1.0 - share).max(0.0);
        self.set(F::middle, middle);
        self.set(F::middle_length, middle * long);
        self.set(F::page_prose, whole.prose);
        self.set(F::body_prose, whole.body_prose);
        self.set(F::body_prose_length, whole.body_prose * long);
        self.set(F::body_density, inside * whole.density);
        self.set(F::page_lines, whole.lines);
        self.set(F::at_start, nearness(at));
        self.set(F::at_end, nearness(self.page.lines.len() - 1 - at));
    }

    #[inline(always)]
    fn surroundings(&mut self, since: [u8; 2], round: &[Row; RADII.len()], logarithms: &Logarithms) {
        let (at, lines) = (self.at, self.page.lines);
        let [above, below] = [of_whole(since[0].into()), of_whole(since[1].into())];
        self.set(F::prose_above, above);
        self.set(F::prose_below, below);
        self.set(F::prose_near, above.min(below));
        self.set(F::prose_far, above.max(below));
        self.set(F::template_near_prose, self.get(F::template_only) / (1.0 + above.min(below)));
        let near = lines_round(self.page, at, RADII[0]);
        let far = lines_round(self.page, at, RADII[1]);
        let wide = lines_round(self.page, at, RADII[2]);
        let of = |row: usize, sum: Sum| round[row][sum as usize];
        for (row, lines, text, common, few) in [
            (0, near, F::prose_2, F::recurring_2, F::short_2),
            (1, far, F::prose_6, F::recurring_6, F::short_6),
            (2, wide, F::prose_20, F::recurring_20, F::short_20),
        ] {
            self.set(text, logarithms.round[row]);
            self.set(common, of(row, Sum::Recurring) / (of(row, Sum::Weight) + 1.0));
            self.set(few, of(row, Sum::Short) / lines);
        }
        self.set(F::titles_6, of(1, Sum::Titles) / far);
        self.set(F::titles_20, of(2, Sum::Titles) / wide);
        let [alike_6, alike_20] = [of(1, Sum::Alike) / far, of(2, Sum::Alike) / wide];
        self.set(F::alike_6, alike_6);
        self.set(F::alike_20, alike_20);
        self.set(F::inside_alike_20, alike_20 * self.get(F::inside));
        self.set(F::length_alike_6, alike_6 * length(self.evidence));
        self.set(F::very_long_alike_20, alike_20 * self.get(F::very_long));
        self.set(F::prose_short_2, self.get(F::prose_2) * self.get(F::short_2));
        self.set(F::inside_prose_2, self.get(F::inside) * self.get(F::prose_2));
        self.set(F::inside_short_6, self.get(F::inside) * self.get(F::short_6));
        self.set(F::rarity_recurring_6, self.get(F::rarity) * self.get(F::recurring_6));
        let before = at.checked_sub(1).and_then(|before| lines.get(before));
        let neighbours = [
            (before, F::length_before, F::closed_before, F::rarity_before),
            (lines.get(at + 1), F::length_after, F::closed_after, F::rarity_after),
        ];
        for (neighbour, long, full, rare) in neighbours {
            self.set(long, neighbour.map_or(-2.0, length));
            self.set(full, neighbour.map_or(0.0, |line| yes(line.shape.is_closed())));
            self.set(rare, neighbour.map_or(0.0, |line| self.rarity(line)));
        }
        self.set(F::prose_before, logarithms.before);
        self.set(F::prose_after, logarithms.after);
    }

    #[inline(always)]
    fn runs(&mut self, [loose, tight, firm]: [Run; run::LINKS.len()]) {
        if self.page.pages < 2 {
            return;
        }
        self.set(F::run_frame, loose.share);
        self.set(F::tight_run_frame, tight.share);
        if loose.lines < 2 {
            return;
        }
        for (run, framed, unframed, long) in [
            (loose, F::run_framed, F::run_unframed, F::run_long),
            (tight, F::tight_run_framed, F::tight_run_unframed, F::tight_run_long),
        ] {
            self.set(if run.share > FRAME { framed } else { unframed }, run.log_lines);
            self.set(long, yes(run.share > FRAME && run.lines >= LONG_RUN));
        }
        for (run, [prose, whole, rare, within]) in [
            (loose, [F::run_prose, F::run_whole, F::run_whole_rarity, F::run_whole_inside]),
            (firm, [F::firm_run_prose, F::firm_run_whole, F::firm_run_whole_rarity, F::firm_run_whole_inside]),
        ] {
            self.set(prose, run.prose);
            if run.lines > 1 && run.share > WHOLE {
                self.set(whole, run.log_lines);
                self.set(rare, self.evidence.rarity * yes(run.lines >= FEW));
                self.set(within, run.log_lines * self.get(F::inside));
            }
        }
    }

    #[inline(always)]
    fn topic(&mut self, round: &[Row; RADII.len()]) {
        let topic = self.page.topics.get(self.at).copied().unwrap_or_default();
        let long = length(self.evidence);
        let prose = yes(self.evidence.prose > STRONG);
        self.set(F::topic_text, topic.text);
        self.set(F::topic_text_length, topic.text * long);
        self.set(F::topic_text_prose, topic.text * prose);
        let share = |row: &Row| (row[Sum::Headline as usize] / (row[Sum::Weight as usize] + 1.0)).clamp(0.0, 1.0);
        let [near, far, wide] = round;
        self.set(F::topic_headline_2, share(near));
        self.set(F::topic_headline_6, share(far));
        self.set(F::topic_headline_20, share(wide));
        self.set(F::topic_headline_6_prose, share(far) * prose);
        self.set(F::topic_own, topic.own);
        self.set(F::topic_own_length, topic.own * long);
    }

    #[inline(always)]
    fn slots(&mut self) {
        let [above, below] = self.page.pooled.get(self.at).copied().unwrap_or_default();
        let share = |slot: &Pooled| slot.prose_share.sqrt() * slot.sure;
        let [share_above, share_below] = [share(&above), share(&below)];
        let most = share_above.max(share_below);
        let rare = above.rare_share.max(below.rare_share);
        self.set(F::slot_prose_share_above, share_above);
        self.set(F::slot_prose_share_below, share_below);
        self.set(F::slot_prose_share, most);
        self.set(F::slot_prose_share_least, share_above.min(share_below));
        self.set(F::slot_rare_share_above, above.rare_share);
        self.set(F::slot_rare_share_below, below.rare_share);
        self.set(F::slot_rare_share, rare);
        self.set(F::slot_prose_above, above.prose * above.sure);
        self.set(F::slot_prose_below, below.prose * below.sure);
        self.set(F::slot_length_above, (above.log_length - 4.0) * above.sure);
        self.set(F::slot_length_below, (below.log_length - 4.0) * below.sure);
        self.set(F::slot_known_above, above.sure);
        self.set(F::slot_known_below, below.sure);
        self.set(F::slot_prose_share_rarity, most * self.get(F::rarity));
        self.set(F::slot_rare_share_unique, rare * self.get(F::unique));
    }

    #[inline(always)]
    fn usual(&mut self) {
        let Usual { sure, inside, below, middle, apart } = self.page.usual.get(self.at).copied().unwrap_or_default();
        self.set(F::usual, sure);
        self.set(F::usual_inside, inside * sure);
        self.set(F::usual_below, below * sure);
        self.set(F::usual_middle, middle * sure);
        self.set(F::usual_apart, apart * sure);
    }

    #[inline(always)]
    fn frequent(&mut self) {
        let share = self.page.frequent.get(self.at).copied().unwrap_or_default();
        self.set(F::frequent, share);
        self.set(F::frequent_length, share * length(self.evidence));
    }

    #[inline(always)]
    fn markup(&mut self, mark: Mark, sums: &[f32], round: &[Row; RADII.len()]) {
        let Mark { block, regions, .. } = mark;
        let is_main = regions.intersects(MAIN);
        self.set(F::html, 1.0);
        for (feature, region) in [
            (F::html_nav, Regions::NAV),
            (F::html_aside, Regions::ASIDE),
            (F::html_footer, Regions::FOOTER),
            (F::html_main, Regions::MAIN),
            (F::html_article, Regions::ARTICLE),
        ] {
            self.set(feature, yes(regions.intersects(region)));
        }
        // An article may have a header of its own.
        self.set(F::html_header, yes(regions.intersects(Regions::HEADER) && !is_main));
        self.set(F::html_beside_main, yes(self.whole.has_main && !is_main));
        self.set(F::html_headline, yes(block == Block::H1 && self.whole.has_headline));
        // What other elements say, newspapers and manuals disagree on: a paragraph may be a teaser.
        self.set(F::html_preformatted, yes(block == Block::Preformatted));
        self.set(F::html_control, yes(block == Block::Control));
        let is_core = regions.intersects(Regions::CORE);
        for (called, within_core, region) in [
            (F::html_comments, F::html_comments_core, Regions::COMMENTS),
            (F::html_furniture, F::html_furniture_core, Regions::FURNITURE),
            (F::html_sidebar, F::html_sidebar_core, Regions::SIDEBAR),
        ] {
            self.set(called, yes(regions.intersects(region)));
            self.set(within_core, yes(regions.intersects(region) && is_core));
        }
        let share = links(mark);
        self.set(F::html_links, share);
        self.set(F::html_links_length, share * length(self.evidence));
        self.set(F::html_links_item, share * yes(block == Block::ListItem));
        let last = sums.len().saturating_sub(1);
        let above = |line: usize| sums.get(line.min(last)).copied().unwrap_or_default();
        let [_, far, _] = round;
        let of_round = above(self.at + RADII[1] + 1)
            - above(self.at.saturating_sub(RADII[1]))
            - share * self.evidence.shape.length().sqrt();
        let links_round = (of_round / (far[Sum::Weight as usize] + 1.0)).clamp(0.0, 1.0);
        self.set(F::html_links_6, links_round);
        self.core(mark, links_round);
    }

    /// What it tells whether the line stands in the core of the page; `links_round` is the share of link text round it.
    #[inline(always)]
    fn core(&mut self, mark: Mark, links_round: f32) {
        let Mark { block, regions, .. } = mark;
        let is_main = regions.intersects(MAIN);
        let is_core = regions.intersects(Regions::CORE);
        let is_beside = self.whole.has_core && !is_core;
        self.set(F::html_core, yes(is_core));
        self.set(F::html_beside_core, yes(is_beside));
        self.set(F::html_bulk, yes(regions.intersects(Regions::BULK)));
        self.set(F::html_main_beside_core, yes(is_main && is_beside));
        self.set(F::html_paragraph_core, yes(is_core && block == Block::Paragraph));
        self.set(F::html_links_core, links(mark) * yes(is_core));
        self.set(F::html_links_main, links(mark) * yes(is_main && !is_core));
        // Of teasers on a front, the core is full of links, and other pages have them too.
        self.set(F::html_core_shared, yes(is_core && self.evidence.on > 1));
        self.set(F::html_core_links, self.whole.core_links * yes(is_core));
        self.set(F::html_core_links_6, links_round * yes(is_core));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;
    use crate::chrome::evidence::tests::{any_page, of_first};
    use crate::chrome::link::Link;

    /// A page of which only its lines are known, on a site of so many.
    fn page<'a>(lines: &'a [LineEvidence], layout: &'a Layout, pages: u64) -> PageEvidence<'a> {
        PageEvidence {
            lines,
            elsewhere: &[],
            marks: &[],
            layout,
            pooled: &[],
            topics: &[],
            frequent: &[],
            usual: &[],
            pages,
        }
    }

    fn features(lines: &[LineEvidence], elsewhere: &[Elsewhere], pooled: &[[Pooled; 2]], pages: u64) -> Vec<Features> {
        let mut layout = Layout::default();
        layout.find(lines, pages);
        let page = PageEvidence { elsewhere, pooled, ..page(lines, &layout, pages) };
        let mut features = Vec::new();
        Extractor::default().extract(&page, |line| features.push(*line));
        features
    }

    fn any_pooled() -> impl Strategy<Value = Pooled> {
        (0.0..1.0f32, 0.0..1.0f32, 0.0..1.0f32, 0.0..18.0f32, 0..6u8).prop_map(
            |(prose_share, rare_share, prose, log_length, pages)| match pages {
                0 => Pooled::default(),
                pages => Pooled { prose_share, rare_share, prose, log_length, sure: f32::from(pages) / 5.0 },
            },
        )
    }

    /// The features of a page whose lines have these marks.
    fn marked(marks: &[&str]) -> Vec<Features> {
        let lines = vec![of_first(&["A line of some words"])[0]; marks.len()];
        let marks: Vec<Mark> = marks.iter().map(|mark| mark.parse().unwrap()).collect();
        let layout = Layout::default();
        let page = PageEvidence { marks: &marks, ..page(&lines, &layout, 1) };
        let mut features = Vec::new();
        Extractor::default().extract(&page, |line| features.push(*line));
        features
    }

    #[test]
    fn markup_tells_menus_from_the_text_of_the_page() {
        let found = marked(&["li nav header 100%", "h1 header main", "p main 50%", ""]);
        let of = |feature: F| found.iter().map(|line| line[feature as usize]).collect::<Vec<_>>();
        assert_eq!(of(F::html_nav), [1.0, 0.0, 0.0, 0.0]);
        // The header of an article is none of the page.
        assert_eq!(of(F::html_header), [1.0, 0.0, 0.0, 0.0]);
        assert_eq!(of(F::html_main), [0.0, 1.0, 1.0, 0.0]);
        assert_eq!(of(F::html_beside_main), [1.0, 0.0, 0.0, 1.0]);
        assert_eq!(of(F::html_headline), [0.0, 1.0, 0.0, 0.0]);
        assert_eq!(of(F::html_links), [1.0, 0.0, 0.5, 0.0]);
        assert_eq!(of(F::html_links_item), [1.0, 0.0, 0.0, 0.0]);
        for (name, called, within_core) in [
            ("comments", F::html_comments, F::html_comments_core),
            ("furniture", F::html_furniture, F::html_furniture_core),
            ("sidebar", F::html_sidebar, F::html_sidebar_core),
        ] {
            let found = marked(&["p main core", &format!("p main core {name}"), &format!("li {name}")]);
            let of_name = |feature: F| found.iter().map(|line| line[feature as usize]).collect::<Vec<_>>();
            assert_eq!(of_name(called), [0.0, 1.0, 1.0], "{name}");
            assert_eq!(of_name(within_core), [0.0, 1.0, 0.0], "{name}");
        }
        let round = of(F::html_links_6);
        assert!(round[3] > round[0] && round[0] > 0.0, "{round:?}");
        assert!(marked(&["h1", "h1"]).iter().all(|line| line[F::html_headline as usize] == 0.0));
        // Where nothing is marked as the text of the page, no line stands beside it.
        assert!(marked(&["li nav", "p"]).iter().all(|line| line[F::html_beside_main as usize] == 0.0));
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

    #[test]
    fn a_run_counts_by_its_length_and_by_whether_it_hangs_on_the_frame() {
        let of = |on: u32, link: Link| LineEvidence { on, link, ..of_first(&["x", "y"])[0] };
        let page = [of(9, Link::None), of(2, Link::Firm), of(2, Link::Loose), of(1, Link::None), of(3, Link::None)];
        let found = features(&page, &[], &[], 10);
        let values = |feature: F| found.iter().map(|line| line[feature as usize]).collect::<Vec<_>>();
        let [two, three] = [2, 3].map(of_whole);
        assert_eq!(values(F::run_framed), [three, three, three, 0.0, 0.0]);
        assert_eq!(values(F::tight_run_framed), [two, two, 0.0, 0.0, 0.0]);
        assert_eq!(values(F::run_frame), [0.9, 0.9, 0.9, 0.1, 0.3]);
        assert_eq!(values(F::tight_run_frame), [0.9, 0.9, 0.2, 0.1, 0.3]);
        assert_eq!(values(F::firm_run_whole), [two, two, 0.0, 0.0, 0.0]);
        assert_eq!(values(F::firm_run_whole_rarity), [0.0; 5]);
        let of_half = [of(5, Link::None), of(2, Link::Firm)];
        assert!(features(&of_half, &[], &[], 10).iter().all(|line| line[F::firm_run_whole as usize] == 0.0));
        let long = vec![of(10, Link::Firm); LONG_RUN as usize];
        for line in features(&long, &[], &[], 10) {
            assert_eq!((line[F::run_long as usize], line[F::firm_run_whole_rarity as usize]), (1.0, long[0].rarity));
        }
    }

    #[test]
    fn lines_round_a_line_tell_what_is_spoken_of_there() {
        let lines = of_first(&["ferry\nlate\nagain\nbread"]);
        let topics = [1.0, 1.0, 0.0, 0.0].map(|share| Topic { headline: share, ..Topic::default() });
        let (mut layout, mut found) = (Layout::default(), Vec::new());
        layout.find(&lines, 1);
        let page = PageEvidence { topics: &topics, ..page(&lines, &layout, 1) };
        Extractor::default().extract(&page, |line| found.push(line[F::topic_headline_2 as usize]));
        assert!(found[2] > found[3] && found[3] > 0.0, "{found:?}");
    }

    #[test]
    fn where_a_line_usually_stands_counts_as_far_as_it_is_known() {
        let (lines, layout, mut found) = (of_first(&["See also\nferry"]), Layout::default(), Vec::new());
        let usual = [Usual { sure: 0.5, inside: 1.0, middle: 0.4, ..Usual::default() }];
        let page = PageEvidence { usual: &usual, ..page(&lines, &layout, 1) };
        let names = [F::usual, F::usual_inside, F::usual_below, F::usual_middle, F::usual_apart];
        Extractor::default().extract(&page, |line| found.push(names.map(|name| line[name as usize])));
        assert_eq!(found, [[0.5, 0.5, 0.0, 0.2, 0.0], [0.0; 5]]);
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

        #[test]
        fn of_a_lone_page_nothing_recurs((lines, _) in any_page()) {
            let counted: Vec<LineEvidence> = lines.iter().map(|line| LineEvidence { on: 1, exactly_on: 1, in_company: 1, ..*line }).collect();
            for features in features(&counted, &[], &[], 1) {
                for of in [F::rarity, F::recurring, F::share, F::everywhere, F::unique, F::pages, F::company] {
                    prop_assert_eq!(features[of as usize], 0.0);
                }
                prop_assert_eq!(features[F::single_page as usize], 1.0);
            }
        }

        #[test]
        fn windows_are_sums_over_their_lines(
            values in prop::collection::vec(0..100u8, 1..50),
            from in 0..60usize,
            to in 0..60usize,
            radius in 0..30usize,
        ) {
            let mut sums = Sums::default();
            sums.set([[1.0; 8], [2.0; 8]].into_iter());
            sums.set(values.iter().map(|value| std::array::from_fn(|at| f32::from(*value) * at as f32)));
            let naive = |of: &[u8]| of.iter().map(|value| f32::from(*value)).sum::<f32>();
            let (from, to) = (from.min(to), from.max(to));
            let end = values.len();
            prop_assert_eq!(sums.over(from, to)[1], naive(&values[from.min(end)..to.min(end)]));
            for at in 0..end {
                let round = naive(&values[at.saturating_sub(radius)..at]) + naive(&values[at + 1..(at + 1 + radius).min(end)]);
                prop_assert_eq!(sums.round(at, radius), std::array::from_fn(|at| round * at as f32));
            }
        }
    }
}
