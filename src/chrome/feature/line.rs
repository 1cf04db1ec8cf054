//! The features of one line: how often it stands on the site, what it looks like, what stands round it.

use super::whole::WholePage;
use super::window::{RADII, Row, Sum, Sums, lines_round};
use super::{F, Features, MOST, PageEvidence};
use crate::chrome::evidence::LineEvidence;
use crate::chrome::run::Run;
use crate::chrome::site::Pooled;
use crate::chrome::statistics::RECURS;
use crate::chrome::usual::Usual;

/// Share of a site's pages from which a line is of the frame that all pages have.
const FRAME: f32 = 0.5;
/// Share from which about all pages have it: a manual's "See also" stands on seven of ten.
const WHOLE: f32 = 0.85;

/// 1 or 0.
pub fn yes(condition: bool) -> f32 {
    f32::from(u8::from(condition))
}

/// Logarithm of a length, about 0 at that of a long line.
pub fn length(line: &LineEvidence) -> f32 {
    (line.shape.log_length() - 4.5).clamp(-3.5, 2.2)
}

/// One line of a page, whose features are being made. What they are made of is copied, so that a compiler knows that no
/// feature changes it.
pub struct Line<'a> {
    pub page: &'a PageEvidence<'a>,
    pub whole: WholePage,
    pub at: usize,
    pub evidence: LineEvidence,
    /// See [`length`].
    pub long: f32,
    pub features: &'a mut Features,
}

/// How many logarithms of a line have to be reckoned.
pub const LOGARITHMS: usize = 6;

/// The logarithms of a line that have to be reckoned.
pub struct Logarithms {
    /// Of pages with the line to its company.
    company: f32,
    /// Of the prose within each of [`RADII`], and right before and behind the line.
    round: [f32; RADII.len()],
    before: f32,
    after: f32,
}

impl From<[f32; LOGARITHMS]> for Logarithms {
    #[inline(always)]
    fn from([company, near, far, wide, before, after]: [f32; LOGARITHMS]) -> Self {
        Self { company, round: [near, far, wide], before, after }
    }
}

impl Logarithms {
    /// What they are the logarithms of.
    #[inline(always)]
    pub fn arguments(
        page: &PageEvidence<'_>,
        at: usize,
        line: &LineEvidence,
        sums: &Sums,
        round: &[Row; RADII.len()],
    ) -> [f32; LOGARITHMS] {
        let LineEvidence { on, in_company, .. } = *line;
        let prose = |row: &Row| row[Sum::Prose as usize].max(0.0);
        let near = |i: usize| 1.0 + prose(&round[i]) / lines_round(page.lines.len(), at, RADII[i]) / 20.0;
        let [before, after] = [sums.over(at.saturating_sub(4), at), sums.over(at + 1, at + 5)];
        [
            on.max(1) as f32 / in_company.max(1) as f32,
            near(0),
            near(1),
            near(2),
            1.0 + prose(&before) / 60.0,
            1.0 + prose(&after) / 60.0,
        ]
    }
}

impl Line<'_> {
    // All of a line is inlined into what was compiled for the processor.

    /// Sets a feature, which is never more than [`MOST`](super::MOST).
    #[inline(always)]
    pub fn set(&mut self, feature: F, value: f32) {
        self.features[feature as usize] = value;
    }

    #[inline(always)]
    pub fn get(&self, feature: F) -> f32 {
        self.features[feature as usize]
    }

    /// 1 if few pages have the very line, whatever its template.
    #[inline(always)]
    fn exactly_rare(&self) -> f32 {
        yes(self.evidence.exactly_on as f32 <= (0.3 * self.page.pages as f32).max(1.0))
    }

    #[inline(always)]
    pub fn recurrence(&mut self, logarithms: &Logarithms) {
        let on = self.evidence.on;
        let elsewhere = self.page.elsewhere.get(self.at).copied().unwrap_or_default();
        self.set(F::elsewhere, self.whole.logarithm.of(1 + elsewhere.beyond.min(3) as usize));
        self.set(F::in_domain, self.whole.logarithm.of(1 + elsewhere.in_domain.min(3) as usize));
        if self.page.pages < 2 {
            return;
        }
        let pages = self.page.pages as f32;
        let rarity = self.evidence.rarity.clamp(-4.0, 1.5);
        self.set(F::rarity, rarity);
        self.set(F::rarity_of_short, rarity * self.long);
        self.set(F::recurring, yes(rarity < RECURS));
        self.set(F::share, on as f32 / pages);
        self.set(F::pages, self.whole.pages);
        if on == 1 {
            self.set(F::unique, 1.0);
        } else {
            self.set(F::company, logarithms.company);
        }
    }

    #[inline(always)]
    pub fn shape(&mut self) {
        let (shape, long) = (self.evidence.shape, self.long);
        self.set(F::length, long);
        self.set(F::very_long, (long - 1.0).max(0.0));
        self.set(F::closed, yes(shape.is_closed()));
        self.set(F::closed_long, yes(shape.is_closed()) * long);
        let small = if shape.words() > 2 { shape.small() } else { 0.0 };
        self.set(F::small, small);
        self.set(F::small_long, small * (long + 1.5).clamp(0.0, 3.0));
        self.set(F::divided, yes(shape.is_divided()));
        self.set(F::opening, yes(shape.is_opening()));
        self.set(F::commas, 3.0 * shape.commas());
        self.set(F::dated, yes(shape.is_dated()));
    }

    #[inline(always)]
    pub fn titles(&mut self) {
        let LineEvidence { time, times, alike, titular, on, .. } = self.evidence;
        let layout = self.page.layout;
        self.set(F::alike, self.whole.logarithm.of(alike as usize));
        self.set(F::second, yes(time == 2 && times == 2));
        self.set(F::times, self.whole.logarithm.of(times as usize));
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
            self.set(F::below_headline_exact, self.get(F::below_headline) * self.exactly_rare());
        }
    }

    #[inline(always)]
    pub fn place(&mut self, sums: &Sums) {
        let (layout, whole, at) = (self.page.layout, self.whole, self.at);
        let inside = yes(layout.body.contains(&at));
        self.set(F::inside, inside);
        self.set(F::inside_length, inside * self.long);
        self.set(F::inside_rarity, inside * self.get(F::rarity));
        if at < layout.body.start {
            self.set(F::is_above, 1.0);
            self.set(F::above, self.whole.logarithm.of(1 + layout.body.start - at));
        } else if at >= layout.body.end {
            self.set(F::below, self.whole.logarithm.of(2 + at - layout.body.end));
        }
        if at > layout.body.start {
            let breaks = self.whole.logarithm.of(1 + sums.over(layout.body.start, at)[Sum::Breaks as usize] as usize);
            self.set(F::breaks, breaks);
        }
        let share = (sums.over(0, at)[Sum::Prose as usize] + self.evidence.prose / 2.0) / layout.prose.max(1.0);
        self.set(F::before_prose, yes(share < 0.02));
        let middle = share.min(1.0 - share).max(0.0);
        self.set(F::middle, middle);
        self.set(F::page_prose, whole.prose);
        self.set(F::body_prose, whole.body_prose);
        self.set(F::body_prose_length, (whole.body_prose * self.long).clamp(-MOST, MOST));
        self.set(F::body_density, inside * whole.density);
        self.set(F::page_lines, whole.lines);
        self.set(F::at_start, whole.nearness(at));
        self.set(F::at_end, whole.nearness(self.page.lines.len() - 1 - at));
    }

    #[inline(always)]
    pub fn surroundings(&mut self, since: [u8; 2], round: &[Row; RADII.len()], logarithms: &Logarithms) {
        let (at, lines) = (self.at, self.page.lines);
        let [above, below] = [self.whole.logarithm.of(since[0].into()), self.whole.logarithm.of(since[1].into())];
        self.set(F::prose_above, above);
        self.set(F::prose_near, above.min(below));
        self.set(F::prose_far, above.max(below));
        let near = lines_round(lines.len(), at, RADII[0]);
        let far = lines_round(lines.len(), at, RADII[1]);
        let wide = lines_round(lines.len(), at, RADII[2]);
        let of = |row: usize, sum: Sum| round[row][sum as usize];
        for (feature, prose) in [F::prose_2, F::prose_6, F::prose_20].into_iter().zip(logarithms.round) {
            self.set(feature, prose);
        }
        for (row, lines, common, few) in [(0, near, F::recurring_2, F::short_2), (1, far, F::recurring_6, F::short_6)] {
            self.set(common, of(row, Sum::Recurring) / (of(row, Sum::Weight) + 1.0));
            self.set(few, of(row, Sum::Short) / lines);
        }
        self.set(F::titles_20, of(2, Sum::Titles) / wide);
        self.set(F::alike_6, of(1, Sum::Alike) / far);
        self.set(F::inside_prose_2, self.get(F::inside) * self.get(F::prose_2));
        let before = at.checked_sub(1).and_then(|before| lines.get(before));
        let neighbours =
            [(before, F::length_before, F::closed_before), (lines.get(at + 1), F::length_after, F::closed_after)];
        for (neighbour, long, full) in neighbours {
            self.set(long, neighbour.map_or(-2.0, length));
            self.set(full, neighbour.map_or(0.0, |line| yes(line.shape.is_closed())));
        }
        self.set(F::prose_before, logarithms.before);
        self.set(F::prose_after, logarithms.after);
    }

    #[inline(always)]
    pub fn run(&mut self, run: Run) {
        if self.page.pages < 2 {
            return;
        }
        self.set(F::run_frame, run.share);
        if run.lines < 2 {
            return;
        }
        self.set(if run.share > FRAME { F::run_framed } else { F::run_unframed }, run.log_lines);
        self.set(F::run_prose, run.prose);
        if run.share > WHOLE {
            self.set(F::run_whole, run.log_lines);
            self.set(F::run_whole_inside, run.log_lines * self.get(F::inside));
        }
    }

    #[inline(always)]
    pub fn topic(&mut self, round: &[Row; RADII.len()]) {
        let topic = self.page.topics.get(self.at).copied().unwrap_or_default();
        self.set(F::topic_text, topic.text);
        self.set(F::topic_text_length, topic.text * self.long);
        let share = |row: &Row| (row[Sum::Headline as usize] / (row[Sum::Weight as usize] + 1.0)).clamp(0.0, 1.0);
        let [near, _, wide] = round;
        self.set(F::topic_headline_2, share(near));
        self.set(F::topic_headline_20, share(wide));
    }

    #[inline(always)]
    pub fn slots(&mut self) {
        let [above, below] = self.page.pooled.get(self.at).copied().unwrap_or_default();
        let share = |slot: &Pooled| slot.prose_share.sqrt() * slot.sure;
        let [share_above, share_below] = [share(&above), share(&below)];
        let most = share_above.max(share_below);
        self.set(F::slot_prose_share_above, share_above);
        self.set(F::slot_prose_share_below, share_below);
        self.set(F::slot_prose_share, most);
        self.set(F::slot_rare_share_above, above.rare_share);
        self.set(F::slot_prose_above, above.prose * above.sure);
        self.set(F::slot_prose_below, below.prose * below.sure);
        self.set(F::slot_known_above, above.sure);
        self.set(F::slot_known_below, below.sure);
    }

    #[inline(always)]
    pub fn usual(&mut self) {
        let Usual { sure, middle, apart } = self.page.usual.get(self.at).copied().unwrap_or_default();
        self.set(F::usual, sure);
        self.set(F::usual_middle, middle * sure);
        self.set(F::usual_apart, apart * sure);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chrome::evidence::tests::of_first;
    use crate::chrome::feature::Extractor;
    use crate::chrome::feature::tests::{features, page};
    use crate::chrome::layout::Layout;
    use crate::chrome::logarithm::of_whole;
    use crate::chrome::topic::Topic;

    #[test]
    fn a_run_counts_by_its_length_and_by_whether_it_hangs_on_the_frame() {
        let of = |on: u32, linked: bool| LineEvidence { on, linked, ..of_first(&["x", "y"])[0] };
        let values = |page: &[LineEvidence], feature: F| -> Vec<f32> {
            features(page, &[], &[], 10).iter().map(|line| line[feature as usize]).collect()
        };
        let page = [of(9, false), of(2, true), of(1, false), of(3, false), of(2, true)];
        let two = of_whole(2);
        assert_eq!(values(&page, F::run_frame), [0.9, 0.9, 0.1, 0.3, 0.3]);
        assert_eq!(values(&page, F::run_framed), [two, two, 0.0, 0.0, 0.0]);
        assert_eq!(values(&page, F::run_unframed), [0.0, 0.0, 0.0, two, two]);
        assert_eq!(values(&page, F::run_whole), [two, two, 0.0, 0.0, 0.0]);
        // A run of the frame may still not be on about all pages.
        let of_half = [of(6, false), of(2, true)];
        assert_eq!((values(&of_half, F::run_framed), values(&of_half, F::run_whole)), (vec![two; 2], vec![0.0; 2]));
    }

    #[test]
    fn no_text_is_so_long_that_a_feature_exceeds() {
        let lines = of_first(&[&"A long line. ".repeat(900)]);
        let layout = Layout { body: 0..10_000_000, body_prose: 1e10, prose: 1e10, ..Layout::default() };
        let mut found = Vec::new();
        Extractor::default().extract(&page(&lines, &layout, 1), |line| found.push(*line));
        assert_eq!(found[0][F::body_prose_length as usize], MOST);
        assert!(found[0].iter().all(|value| value.abs() <= MOST), "{found:?}");
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
    fn of_a_page_whose_text_is_not_there_lines_share_what_most_do() {
        let lines = of_first(&["ferry\nlate"]);
        let found: Vec<f32> = features(&lines, &[], &[], 3).iter().map(|line| line[F::topic_text as usize]).collect();
        // Nothing would be what lines of another page's text share.
        assert_eq!(found, [Topic::default().text; 2]);
        assert!(found[0] > 0.0);
    }

    #[test]
    fn where_a_line_usually_stands_counts_as_far_as_it_is_known() {
        let (lines, layout, mut found) = (of_first(&["See also\nferry"]), Layout::default(), Vec::new());
        let usual = [Usual { sure: 0.5, middle: 0.4, apart: 1.0 }];
        let page = PageEvidence { usual: &usual, ..page(&lines, &layout, 1) };
        let names = [F::usual, F::usual_middle, F::usual_apart];
        Extractor::default().extract(&page, |line| found.push(names.map(|name| line[name as usize])));
        assert_eq!(found, [[0.5, 0.2, 0.5], [0.0; 3]]);
    }
}
