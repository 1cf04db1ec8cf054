//! What stays of a page whatever its lines score: something, if the page says anything alone; its headline, once; its
//! byline and dateline.
//!
//! These recur by nature (a headline stands in lists, an author writes often, all pages of a day have its date), so that
//! evidence of recurrence tells against them; but they stand where the page's own text begins.

use std::ops::Range;

use super::Judged;
use super::evidence::LineEvidence;
use super::headline::BESIDE;
use super::layout::Layout;
use super::{Rule, Verdict};

/// Characters of a long line, and of a text that has a headline.
const LENGTH: f32 = 90.0;
/// Characters of long lines that are a text, and next to none of one.
const TEXT: f32 = 600.0;
const NEXT_TO_NONE: f32 = 150.0;
/// Lines below which a page has too few to tell them apart by what stands round them.
pub const FEW_LINES: usize = 8;
/// Share of a site's pages up to which a byline is the page's own.
const FEW: f64 = 0.3;
/// Lines above the body that may be byline and dateline, and how many more a headline above them may add.
const NEAR: usize = 4;
const HEADER: usize = 8;
/// Lines below the headline among which a date is the page's.
const BELOW_HEADLINE: usize = 4;
/// Lines above a dateline that belong to it: a byline, a place.
const ABOVE_DATE: usize = 2;

/// Keeps what the scores of its lines took from a page though it is the page's own, and the headline once.
pub fn rescue(page: &Judged<'_>, verdicts: &mut [Verdict]) {
    keep_something(page.lines, verdicts);
    keep_prose(page.lines, verdicts);
    keep_own_of_few_lines(page.lines, verdicts);
    keep_headline(page, verdicts);
    keep_dateline(page, verdicts);
}

/// Whether a page alone has a line, and this is the first of its like there.
fn is_own(line: &LineEvidence) -> bool {
    line.on < 2 && line.time < 2
}

/// Where nothing else stays of a page, what it alone says does, however little that is.
fn keep_something(lines: &[LineEvidence], verdicts: &mut [Verdict]) {
    if verdicts.iter().any(|verdict| verdict.keep) {
        return;
    }
    for (line, verdict) in lines.iter().zip(verdicts) {
        if is_own(line) {
            *verdict = Verdict { keep: true, rule: Rule::Unique, ..*verdict };
        }
    }
}

/// Where next to none of the long lines that a page alone has stay, and these are a text, they all do: what looks like a
/// list may be the article, and a page is not emptied of its text.
fn keep_prose(lines: &[LineEvidence], verdicts: &mut [Verdict]) {
    let is_long = |line: &LineEvidence| is_own(line) && line.shape.length() >= LENGTH;
    let (mut all, mut stay) = (0.0, 0.0);
    for (line, verdict) in lines.iter().zip(verdicts.iter()).filter(|(line, _)| is_long(line)) {
        all += line.shape.length();
        stay += if verdict.keep { line.shape.length() } else { 0.0 };
    }
    if all < TEXT || stay >= NEXT_TO_NONE {
        return;
    }
    for (_, verdict) in lines.iter().zip(verdicts).filter(|(line, verdict)| is_long(line) && !verdict.keep) {
        *verdict = Verdict { keep: true, rule: Rule::Unique, ..*verdict };
    }
}

/// On a page of few lines, nothing round a line of prose that it alone has tells against it; nor against any other line
/// where hardly one recurs and most stay, as in a text that was cut out of its page before.
fn keep_own_of_few_lines(lines: &[LineEvidence], verdicts: &mut [Verdict]) {
    if lines.len() >= FEW_LINES {
        return;
    }
    let own = lines.iter().filter(|line| is_own(line)).count();
    let stay = lines.iter().zip(verdicts.iter()).filter(|(line, verdict)| is_own(line) && verdict.keep).count();
    let is_cut_out = 4 * own >= 3 * lines.len() && 2 * stay >= own;
    for (line, verdict) in lines.iter().zip(verdicts).filter(|(_, verdict)| !verdict.keep) {
        if is_own(line) && (is_cut_out || line.prose > LENGTH / 2.0) {
            *verdict = Verdict { keep: true, rule: Rule::Unique, ..*verdict };
        }
    }
}

/// Keeps the headline, if it went: once, above the text, and however many lists it stands in.
fn keep_headline(page: &Judged<'_>, verdicts: &mut [Verdict]) {
    let Layout { headline: Some(headline), body_prose, ref body, .. } = *page.layout else { return };
    let Some(template) = page.lines.get(headline).map(|line| line.template) else { return };
    if body_prose < LENGTH {
        return;
    }
    let mut is_kept = false;
    for (i, (line, verdict)) in page.lines.iter().zip(verdicts.iter_mut()).enumerate() {
        let is_copy = line.template == template && !body.contains(&i);
        if verdict.keep && (line.headline || i == headline) {
            if is_copy && i > headline {
                *verdict = Verdict { keep: false, rule: Rule::Repeated, ..*verdict };
            } else {
                is_kept = true;
            }
        }
    }
    if let Some(verdict) = verdicts.get_mut(headline).filter(|_| !is_kept) {
        *verdict = Verdict { keep: true, rule: Rule::Title, ..*verdict };
    }
}

/// Keeps the lines of the header that are the page's own, and the date by the headline.
fn keep_dateline(page: &Judged<'_>, verdicts: &mut [Verdict]) {
    if page.layout.body_prose < LENGTH {
        return;
    }
    let header = Header::of(page);
    for at in header.own_lines().chain(header.date_below()).chain(header.date_above()) {
        if let Some(verdict) = verdicts.get_mut(at).filter(|verdict| !verdict.keep) {
            *verdict = Verdict { keep: true, rule: Rule::Dateline, ..*verdict };
        }
    }
}

/// What stands between headline and body, or right above a body without a headline.
struct Header<'a> {
    page: &'a Judged<'a>,
    /// Its lines. A caption may be the body's first prose: what stands between it and the next is header too.
    lines: Range<usize>,
    /// The end of the stretch in which a date is still the page's: it may stand below a standfirst.
    end: usize,
}

impl<'a> Header<'a> {
    fn of(page: &'a Judged<'a>) -> Self {
        let Layout { headline, ref body, .. } = *page.layout;
        let near = body.start.saturating_sub(NEAR);
        let below = headline.filter(|headline| near <= headline + HEADER).map(|headline| headline + 1);
        let in_body = page.lines.iter().enumerate().skip(body.start + 1).take(HEADER);
        let mut prose = in_body.filter(|(_, line)| line.prose > LENGTH / 2.0).map(|(at, _)| at);
        let last = prose.next().unwrap_or(body.start);
        Self { page, lines: below.unwrap_or(near)..last, end: prose.next().unwrap_or(last) }
    }

    /// A line, if it may be byline or dateline.
    fn short(&self, at: usize) -> Option<&'a LineEvidence> {
        let beside = self.page.marks.get(at).is_some_and(|mark| mark.regions.intersects(BESIDE));
        self.page.lines.get(at).filter(|line| line.shape.length() < LENGTH && !beside)
    }

    /// The lines that are the page's own but for their form: a dateline, whose date alone is new, with what stands right
    /// above it; where the page has a date, a byline that a few pages have. Where it has none, such a line is as often the
    /// way to a chapter of a manual.
    fn own_lines(&self) -> impl Iterator<Item = usize> {
        let few = (FEW * self.page.pages as f64).max(1.0);
        let own = (self.lines.start..self.end).filter_map(move |at| {
            let is_own =
                |line: &&LineEvidence| f64::from(line.exactly_on) <= few && line.times == 1 && !line.titles_another;
            Some((at, self.short(at).filter(is_own)?))
        });
        let date = own.clone().rfind(|(_, line)| line.dated).map(|(at, _)| at);
        let has_date = date.or_else(|| self.date_below()).or_else(|| self.date_above()).is_some();
        let headline = self.page.layout.headline;
        let stay = own.filter(move |(at, line)| {
            let by_date = date.is_some_and(|date| *at <= date && at + ABOVE_DATE >= date);
            let by_headline = headline.is_some_and(|headline| headline < *at) && *at < self.lines.end;
            by_date || by_headline && (line.dated || has_date && line.on > 1)
        });
        stay.map(|(at, _)| at)
    }

    /// A date right below the headline, though other pages are of that day.
    fn date_below(&self) -> Option<usize> {
        let first = self.page.layout.headline? + 1;
        let mut below = first..self.lines.end.min(first + BELOW_HEADLINE);
        below.find(|at| self.short(*at).is_some_and(|line| line.dated && line.times == 1))
    }

    /// A date above it, where the site has its dates there. What most pages have is the date of the crawl.
    fn date_above(&self) -> Option<usize> {
        let is_own = |line: &LineEvidence| u64::from(line.exactly_on) * 2 <= self.page.pages;
        self.page.date_above.filter(|at| self.short(*at).is_some_and(is_own))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chrome::decide::tests::{DECODER, decided, on};
    use crate::chrome::decide::{LengthWeights, decide};
    use crate::chrome::evidence::tests::own;

    #[test]
    fn a_page_that_says_anything_alone_is_not_emptied() {
        let again = LineEvidence { times: 2, time: 2, ..own("x") };
        let first = LineEvidence { time: 1, ..again };
        let found = decided(&[on(3), first, again], &[-9.0; 3], &Layout::default(), 10);
        assert_eq!(found, [(false, Rule::Recurs), (true, Rule::Unique), (false, Rule::Repeated)]);
        // One that says nothing alone is; one of which something stays is left as it is.
        assert_eq!(decided(&[on(3)], &[-9.0], &Layout::default(), 10), [(false, Rule::Recurs)]);
        let found = decided(&[on(3), own("x")], &[9.0, -9.0], &Layout::default(), 10);
        assert_eq!(found.iter().map(|(keep, _)| *keep).collect::<Vec<_>>(), [true, false]);
    }

    #[test]
    fn a_page_is_not_emptied_of_its_text() {
        let text =
            "The boat that brings the islanders of Hale to market came three hours late, and nobody said why it did.";
        let long = LineEvidence { prose: 0.0, ..own(text) };
        let kept = |page: &[LineEvidence], scores: &[f32]| {
            let page = [page, &[on(3); FEW_LINES]].concat();
            // Something stays beside.
            let scores = [scores, &[-90.0; FEW_LINES - 1], &[90.0]].concat();
            let found = decided(&page, &scores, &Layout::default(), 10);
            found.iter().map(|(keep, _)| *keep).take(8).collect::<Vec<_>>()
        };
        let (recurring, short) = (LineEvidence { on: 3, ..long }, own("Ferry"));
        let page = [long, short, long, recurring, long, long, long, long];
        assert_eq!(kept(&page, &[-90.0; 8]), [true, false, true, false, true, true, true, true]);
        // A line or two are no text; and what stays of one may be all that it has.
        assert_eq!(kept(&page[..4], &[-90.0; 4])[..4], [false; 4]);
        assert_eq!(
            kept(&page, &[-90.0, -90.0, 90.0, -90.0, 90.0, -90.0, -90.0, -90.0]),
            [false, false, true, false, true, false, false, false]
        );
    }

    #[test]
    fn prose_that_a_page_of_few_lines_alone_has_stays() {
        let prose = LineEvidence { prose: 200.0, ..own("The ferry was late again, and nobody said why.") };
        let page = [on(3), own("x"), prose, LineEvidence { on: 3, ..prose }];
        let kept = |page: &[LineEvidence]| {
            let found = decided(page, &vec![-9.0; page.len()], &Layout::default(), 10);
            found.iter().map(|(keep, _)| *keep).collect::<Vec<_>>()
        };
        // Beside a line that stays whatever becomes of it.
        let title = |page: &[LineEvidence]| {
            let mut scores = vec![-9.0; page.len()];
            scores[1] = 90.0;
            decided(page, &scores, &Layout::default(), 10)[2].0
        };
        assert_eq!(kept(&page), [false, true, true, false]);
        assert!(title(&page));
        assert!(!title(&[&page[..], &[on(3); 4]].concat()));
        // Where hardly a line recurs and most stay, what it alone has does, prose or not.
        let second = |page: &[LineEvidence], first: f32| {
            decided(page, &[first, -90.0, 90.0, -90.0], &Layout::default(), 10)[1].0
        };
        let cut_out = [own("Two goats"), own("By Ada Brook"), prose, on(3)];
        assert!(second(&cut_out, 90.0) && !second(&[on(3), own("By Ada Brook"), prose, on(3)], 90.0));
    }

    #[test]
    fn the_headline_is_kept_once() {
        let headline = LineEvidence { titular: true, headline: true, ..own("The ferry is late") };
        let page = [on(3), headline, own("x"), own("The ferry was late again.")];
        let layout = Layout { headline: Some(1), body: 3..4, body_prose: 200.0, ..Layout::default() };
        let kept = |page: &[LineEvidence], scores: [f32; 4], layout: &Layout| {
            decided(page, &scores, layout, 10).iter().map(|(keep, _)| *keep).collect::<Vec<_>>()
        };
        let scores = [-9.0, -9.0, -9.0, 9.0];
        assert_eq!(decided(&page, &scores, &layout, 10)[1], (true, Rule::Title));
        assert_eq!(kept(&page, scores, &layout), [false, true, false, true]);
        // However many lists it stands in; but not where it stays elsewhere, nor above no text.
        let mut common = page;
        common[1].on = 10;
        assert_eq!(kept(&common, scores, &layout), [false, true, false, true]);
        let mut twice = page;
        twice[3].headline = true;
        assert_eq!(kept(&twice, scores, &layout), [false, false, false, true]);
        // A copy below the text is none, whether the headline stays by itself or not.
        let below = [&page[..], &[headline]].concat();
        assert_eq!(decided(&below, &[-9.0, -9.0, -9.0, 9.0, 9.0], &layout, 10)[4], (false, Rule::Repeated));
        assert!(decided(&below, &[-9.0, -9.0, -9.0, 9.0, 9.0], &layout, 10)[1].0);
        assert!(decided(&below, &[-9.0, 9.0, -9.0, 9.0, 9.0], &layout, 10)[1].0);
        // Another line that the title makes a headline is no copy.
        let mut other = below;
        other[4].template += 1;
        assert!(decided(&other, &[-9.0, -9.0, -9.0, 9.0, 9.0], &layout, 10)[4].0);
        let short = Layout { body_prose: 50.0, ..layout.clone() };
        assert_eq!(kept(&page, scores, &short), [false, false, false, true]);
    }

    #[test]
    fn a_byline_of_a_few_pages_is_kept_where_the_page_has_a_date() {
        let text = own("The ferry was late again.");
        let kept = |lines: &[LineEvidence]| {
            let layout = Layout {
                headline: Some(1),
                body: lines.len() - 1..lines.len(),
                body_prose: 200.0,
                ..Layout::default()
            };
            let scores = [vec![-9.0; lines.len() - 1], vec![9.0]].concat();
            decided(lines, &scores, &layout, 10)[2].0
        };
        let (byline, date) = (on(3), LineEvidence { dated: true, ..on(9) });
        assert!(kept(&[own("x"), own("y"), byline, own("z"), own("u"), date, text]));
        // Without one it may be the way to a chapter; and what most pages have is none.
        assert!(!kept(&[own("x"), own("y"), byline, own("z"), own("u"), own("v"), text]));
        assert!(!kept(&[own("x"), own("y"), on(4), own("z"), own("u"), date, text]));
    }

    #[test]
    fn a_dateline_is_kept_with_the_byline_above_it() {
        let date = LineEvidence { dated: true, exactly_on: 2, ..on(9) };
        let page = [own("Most read"), own("x"), own("By Ada Brook"), date, own("The ferry was late again.")];
        let layout = Layout { body: 4..5, body_prose: 200.0, ..Layout::default() };
        let found = decided(&page, &[-9.0, -9.0, -9.0, -9.0, 9.0], &layout, 10);
        assert_eq!(found.iter().map(|(keep, _)| *keep).collect::<Vec<_>>(), [false, true, true, true, true]);
        assert_eq!(found[3].1, Rule::Dateline);
        // The same line on most pages is none,
        let mut common = page;
        common[3].exactly_on = 9;
        assert!(!decided(&common, &[-9.0, -9.0, -9.0, -9.0, 9.0], &layout, 10)[3].0);
        // but right below the headline, and not in a menu.
        let headed = Layout { headline: Some(1), ..layout };
        let found = decided(&common, &[-9.0, -9.0, -9.0, -9.0, 9.0], &headed, 10);
        assert_eq!(found[3], (true, Rule::Dateline));
        let marks = ["", "", "", "p aside", "p"].map(|mark| mark.parse().unwrap());
        let headline = LineEvidence { titular: true, headline: true, ..own("The ferry is late") };
        let above = [page[1], date, headline, page[4]];
        let headed_at = Layout { headline: Some(2), body: 3..4, ..headed.clone() };
        let kept_above = |lines: &[LineEvidence], date_above: Option<usize>| {
            let scores = [-9.0, -9.0, -9.0, 9.0];
            let mut verdicts = Vec::new();
            let page = Judged {
                elsewhere: &[],
                marks: &[],
                lines,
                scores: &scores,
                layout: &headed_at,
                pages: 10,
                date_above,
            };
            decide(&page, &LengthWeights::new(DECODER), &mut verdicts);
            verdicts[1].keep
        };
        // Right above the headline it is the item's before, unless the site has its dates there;
        assert!(kept_above(&above, Some(1)) && !kept_above(&above, None));
        // the day of the crawl is on most pages.
        let mut crawled = above;
        crawled[1].exactly_on = 6;
        assert!(!kept_above(&crawled, Some(1)));
        let judged = Judged {
            lines: &common,
            elsewhere: &[],
            marks: &marks,
            scores: &[-9.0, -9.0, -9.0, -9.0, 9.0],
            layout: &headed,
            pages: 10,
            date_above: None,
        };
        let mut verdicts = Vec::new();
        decide(&judged, &LengthWeights::new(DECODER), &mut verdicts);
        assert!(!verdicts[3].keep);
    }

    #[test]
    fn a_dateline_below_a_standfirst_is_kept() {
        let prose = LineEvidence { prose: 200.0, ..own("The ferry was late again, and nobody said why.") };
        let date = LineEvidence { dated: true, ..on(2) };
        let page = [own("Home"), prose, own("By Ada Brook"), date, prose, date];
        let layout = Layout { body: 1..5, body_prose: 400.0, ..Layout::default() };
        let found = decided(&page, &[-9.0, 9.0, -9.0, -9.0, 9.0, -9.0], &layout, 10);
        let kept: Vec<bool> = found.iter().map(|(keep, _)| *keep).collect();
        assert_eq!(kept, [false, true, true, true, true, false]);
    }
}
