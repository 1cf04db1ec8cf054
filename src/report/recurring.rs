//! From the dropped lines of some pages of a site to the blocks and lists that they are parts of.
//!
//! Nobody reads a thousand lines that recur; a menu, a footer and two lists of headlines are read. A line that stands on
//! many of the pages, and on as many as the lines round it, is an *anchor*. Anchors that follow each other on most of their
//! pages belong together, as do rows of other lines that stand between the same anchors, or whose lines are alike by
//! MinHash (Broder, 1997) wherever they stand: the same list stands under other headings in other sections, and its
//! lines rotate from day to day. What is the same on nearly all of its pages is a **block**, the rest are **lists**.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::document::RecurringKind;
use crate::census::EDGE;
use crate::line::Fingerprint;
use crate::similar::{MinHasher, similarity};

/// A line of a page that shows, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shown {
    /// The fingerprint of its template.
    pub template: Fingerprint,
    /// Bytes of its text.
    pub bytes: u32,
    /// Whether it stays.
    pub keep: bool,
    /// Whether it is the headline of a page of the site.
    pub is_headline: bool,
}

/// Lines that recur together.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// What it is.
    pub kind: RecurringKind,
    /// Its lines: those of a block as they stand on a page, those of a list from the one on most pages down.
    pub lines: Vec<FoundLine>,
    /// The pages that have it, by their numbers.
    pub pages: Vec<usize>,
    /// How many of its lines stand on these pages.
    pub occurrences: u64,
    /// How many bytes they are.
    pub bytes: u64,
    /// The mean place of its first line on its pages, from 0 to 1.
    pub position: f64,
    /// The anchor that stands above it most often; none for what is made of anchors itself.
    pub heading: Option<Fingerprint>,
}

/// A line of a block or list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundLine {
    /// The fingerprint of its template.
    pub template: Fingerprint,
    /// The pages that have it, by their numbers.
    pub pages: Vec<usize>,
}

/// Share of the pages from which a line is an anchor, and the least number of pages.
const ANCHOR: (f64, usize) = (0.25, 2);
/// How often an anchor may stand on a page on average.
const TIMES: f64 = 1.25;
/// Share of the pages of the steadiest line around it that an anchor must stand on.
const FIXED: f64 = 0.6;
/// Share of the pages of the rarer of two anchors on which they must follow each other to be of one block.
const TOGETHER: f64 = 0.6;
/// Share of its pages on which the lines of a block stand, on average; what changes more is a list.
const STEADY: f64 = 0.8;
/// Likeness from which two rows are of one list, wherever they stand.
const ALIKE: f64 = 0.3;
/// Slots of a row's signature: enough to tell a third from nothing.
const SLOTS: usize = 64;
/// Lines that a row must have to be known again elsewhere.
const LEAST_ROW: usize = 3;
/// Rows of a site that are compared with each other, the longest first: the others are told by their anchors alone.
const COMPARED: usize = 512;

/// Finds what recurs on these pages of a site, those first that take most text. Nothing recurs on a page alone.
pub fn recurring(pages: &[&[Shown]]) -> Vec<Found> {
    let anchors = Anchors::of(pages);
    let mut all = anchors.blocks(pages);
    all.extend(lists(pages, &anchors));
    all.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| first(a).cmp(&first(b))));
    all
}

fn first(found: &Found) -> Option<Fingerprint> {
    found.lines.first().map(|line| line.template)
}

/// The dropped lines that stand on many pages.
struct Anchors {
    /// On how many, and the mean place of their first occurrence on a page.
    lines: HashMap<Fingerprint, (usize, f64)>,
}

impl Anchors {
    fn of(pages: &[&[Shown]]) -> Self {
        let mut lines: HashMap<Fingerprint, (usize, f64)> = HashMap::new();
        let mut times: HashMap<Fingerprint, usize> = HashMap::new();
        for page in pages {
            let mut seen = HashSet::new();
            // A headline may stand in a list for all the days of a crawl and is no anchor for that.
            for (at, line) in page.iter().enumerate().filter(|(_, line)| !line.keep && !line.is_headline) {
                *times.entry(line.template).or_default() += 1;
                if seen.insert(line.template) {
                    let (on, places) = lines.entry(line.template).or_default();
                    *on += 1;
                    *places += place(at, page.len());
                }
            }
        }
        let least = ((ANCHOR.0 * pages.len() as f64).ceil() as usize).max(ANCHOR.1);
        // What stands on a page several times, such as a headline in two lists, marks no place.
        let is_single =
            |line: &Fingerprint, on| times.get(line).is_some_and(|times| *times as f64 <= TIMES * on as f64);
        lines.retain(|line, (on, _)| *on >= least && is_single(line, *on));
        let mut anchors = Self { lines };
        anchors.leave_fixed(pages);
        anchors.lines.values_mut().for_each(|(on, places)| *places /= *on as f64);
        anchors
    }

    /// Takes out the lines that come and go between others that stay: a headline may stand on most pages of a week.
    fn leave_fixed(&mut self, pages: &[&[Shown]]) {
        let mut times: HashMap<Fingerprint, (u64, u64)> = HashMap::new();
        for run in pages.iter().flat_map(|page| page.chunk_by(|a, b| a.keep == b.keep)) {
            let on = |line: &Shown| self.lines.get(&line.template).map_or(0, |(on, _)| *on);
            let most = run.iter().map(on).max().unwrap_or(0);
            for line in run.iter().filter(|line| self.has(line)) {
                let (fixed, all) = times.entry(line.template).or_default();
                *fixed += u64::from(on(line) as f64 >= FIXED * most as f64);
                *all += 1;
            }
        }
        self.lines.retain(|line, _| times.get(line).is_some_and(|(fixed, all)| 2 * fixed >= *all));
    }

    fn has(&self, line: &Shown) -> bool {
        !line.keep && self.lines.contains_key(&line.template)
    }

    /// Anchors that follow each other, as blocks.
    fn blocks(&self, pages: &[&[Shown]]) -> Vec<Found> {
        // On how many pages one anchor directly follows another.
        let mut follows: HashMap<(Fingerprint, Fingerprint), usize> = HashMap::new();
        for page in pages {
            let mut pairs = HashSet::new();
            for pair in page.windows(2) {
                if let [a, b] = pair
                    && self.has(a)
                    && self.has(b)
                    && pairs.insert((a.template, b.template))
                {
                    *follows.entry((a.template, b.template)).or_default() += 1;
                }
            }
        }
        let mut groups = Groups::default();
        for ((a, b), on) in follows {
            let rarer = [a, b].iter().filter_map(|line| Some(self.lines.get(line)?.0)).min().unwrap_or(0);
            if on as f64 >= TOGETHER * rarer as f64 && on >= ANCHOR.1 {
                groups.join(a, b);
            }
        }
        let mut blocks: BTreeMap<Fingerprint, Gathered> = BTreeMap::new();
        for (number, page) in pages.iter().enumerate() {
            for (at, line) in page.iter().enumerate().filter(|(_, line)| self.has(line)) {
                blocks.entry(groups.of(line.template)).or_default().add(number, at, page, line);
            }
        }
        let in_order = |a: &FoundLine, b: &FoundLine| {
            let place = |line: &FoundLine| self.lines.get(&line.template).map_or(1.0, |(_, place)| *place);
            place(a).total_cmp(&place(b)).then(a.template.cmp(&b.template))
        };
        blocks.into_values().map(|block| block.found(in_order)).collect()
    }
}

/// Where the line number `at` of a page of `lines` lines stands, from 0 to 1.
fn place(at: usize, lines: usize) -> f64 {
    at as f64 / lines.max(1) as f64
}

/// Dropped lines that stand in a row between two anchors.
struct Row<'a> {
    page: usize,
    at: usize,
    lines: &'a [Shown],
    /// The anchors above and below; [`EDGE`] where there is none.
    slot: (Fingerprint, Fingerprint),
}

fn lists(pages: &[&[Shown]], anchors: &Anchors) -> Vec<Found> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    for (number, page) in pages.iter().enumerate() {
        rows_of(number, page, anchors, &mut rows);
    }
    let mut groups = Groups::default();
    let mut slots: HashMap<(Fingerprint, Fingerprint), u64> = HashMap::new();
    for (number, row) in (0..).zip(&rows) {
        // A row that no anchor touches is known by its lines alone.
        if row.slot != (EDGE, EDGE) {
            groups.join(number, *slots.entry(row.slot).or_insert(number));
        }
    }
    join_alike(&rows, &mut groups);
    let mut lists: BTreeMap<u64, Gathered> = BTreeMap::new();
    for (number, row) in (0..).zip(&rows) {
        let list = lists.entry(groups.of(number)).or_default();
        *list.above.entry(row.slot.0).or_default() += 1;
        for (at, line) in (row.at..).zip(row.lines) {
            list.add(row.page, at, pages[row.page], line);
        }
    }
    let by_pages = |a: &FoundLine, b: &FoundLine| b.pages.len().cmp(&a.pages.len()).then(a.template.cmp(&b.template));
    let lists = lists.into_values().map(|list| list.found(by_pages));
    // One line on each page is a slot, and what stands on one page does not recur.
    lists.filter(|list| list.pages.len() > 1 && list.occurrences >= 2 * list.pages.len() as u64).collect()
}

/// Cuts the dropped lines of a page into rows.
fn rows_of<'a>(number: usize, page: &'a [Shown], anchors: &Anchors, rows: &mut Vec<Row<'a>>) {
    let mut at = 0;
    while let Some(line) = page.get(at) {
        let is_of_row = |line: &Shown| !line.keep && !anchors.has(line);
        if !is_of_row(line) {
            at += 1;
            continue;
        }
        let rest = page.get(at..).unwrap_or_default();
        let length = rest.iter().take_while(|line| is_of_row(line)).count();
        let anchor = |line: Option<&Shown>| line.filter(|line| anchors.has(line)).map_or(EDGE, |line| line.template);
        let above = anchor(at.checked_sub(1).and_then(|at| page.get(at)));
        let below = anchor(rest.get(length));
        rows.push(Row { page: number, at, lines: rest.get(..length).unwrap_or_default(), slot: (above, below) });
        at += length;
    }
}

/// Joins rows of which the lines are alike, the most alike first. What stands on one page twice is two lists, however
/// alike they are.
fn join_alike(rows: &[Row<'_>], groups: &mut Groups) {
    let hasher = MinHasher::with_slots(0, SLOTS);
    let mut long: Vec<(u64, &Row<'_>)> = (0..).zip(rows).filter(|(_, row)| row.lines.len() >= LEAST_ROW).collect();
    long.sort_by_key(|(number, row)| (std::cmp::Reverse(row.lines.len()), *number));
    long.truncate(COMPARED);
    let signature = |(number, row): (u64, &Row<'_>)| {
        let set: Vec<u32> = row.lines.iter().map(|line| (line.template >> 32) as u32).collect();
        (number, hasher.signature(&set))
    };
    let signatures: Vec<_> = long.into_iter().map(signature).collect();
    let mut pairs: Vec<(f64, u64, u64)> = Vec::new();
    for (i, (one, signature)) in signatures.iter().enumerate() {
        for (other, of_other) in signatures.iter().skip(i + 1) {
            let likeness = similarity(signature.slots(), of_other.slots());
            if likeness >= ALIKE && groups.of(*one) != groups.of(*other) {
                pairs.push((likeness, *one.min(other), *one.max(other)));
            }
        }
    }
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    let mut on: HashMap<u64, HashSet<usize>> = HashMap::new();
    for (number, row) in (0..).zip(rows) {
        on.entry(groups.of(number)).or_default().insert(row.page);
    }
    for (_, one, other) in pairs {
        let (one, other) = (groups.of(one), groups.of(other));
        let stand_apart = on.get(&one).zip(on.get(&other)).is_some_and(|(one, other)| one.is_disjoint(other));
        if one != other && stand_apart {
            let pages = [on.remove(&one), on.remove(&other)].into_iter().flatten().flatten().collect();
            groups.join(one, other);
            on.insert(groups.of(one), pages);
        }
    }
}

/// A block or list in the making.
#[derive(Default)]
struct Gathered {
    lines: HashMap<Fingerprint, Vec<usize>>,
    /// By page, the place of the first line.
    firsts: BTreeMap<usize, f64>,
    occurrences: u64,
    bytes: u64,
    /// How often which anchor stands above.
    above: BTreeMap<Fingerprint, usize>,
}

impl Gathered {
    /// Adds a line; pages come in order.
    fn add(&mut self, page: usize, at: usize, lines: &[Shown], line: &Shown) {
        let pages = self.lines.entry(line.template).or_default();
        if pages.last() != Some(&page) {
            pages.push(page);
        }
        self.firsts.entry(page).or_insert_with(|| place(at, lines.len()));
        self.occurrences += 1;
        self.bytes += u64::from(line.bytes);
    }

    fn found(self, order: impl Fn(&FoundLine, &FoundLine) -> std::cmp::Ordering) -> Found {
        let lines = self.lines.into_iter().map(|(template, pages)| FoundLine { template, pages });
        let mut lines: Vec<FoundLine> = lines.collect();
        lines.sort_by(order);
        let position = self.firsts.values().sum::<f64>() / self.firsts.len().max(1) as f64;
        let (occurrences, bytes) = (self.occurrences, self.bytes);
        let stand: usize = lines.iter().map(|line| line.pages.len()).sum();
        let is_steady = stand as f64 >= STEADY * (lines.len() * self.firsts.len()) as f64;
        let heading = self.above.into_iter().max_by_key(|(line, times)| (*times, *line)).map(|(line, _)| line);
        let heading = heading.filter(|line| *line != EDGE);
        let kind = if is_steady { RecurringKind::Block } else { RecurringKind::List };
        Found { kind, lines, pages: self.firsts.into_keys().collect(), occurrences, bytes, position, heading }
    }
}

/// Things that belong together, by joining two at a time. The least of a group stands for it, so that the order of
/// joining does not matter.
#[derive(Default)]
struct Groups(HashMap<u64, u64>);

impl Groups {
    fn of(&mut self, thing: u64) -> u64 {
        let mut root = thing;
        while let Some(parent) = self.0.get(&root).filter(|parent| **parent != root) {
            root = *parent;
        }
        let mut at = thing;
        while at != root {
            at = self.0.insert(at, root).unwrap_or(root);
        }
        root
    }

    fn join(&mut self, one: u64, other: u64) {
        let (one, other) = (self.of(one), self.of(other));
        self.0.insert(one.max(other), one.min(other));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A page of dropped lines, but for those that begin with a capital letter; a line's fingerprint is its text.
    fn page(text: &str) -> Vec<Shown> {
        let shown = |line: &str| Shown {
            template: line.bytes().fold(7, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3_0b05)),
            bytes: line.len() as u32,
            keep: line.starts_with(char::is_uppercase),
            is_headline: line.starts_with("about"),
        };
        text.split_whitespace().map(shown).collect()
    }

    fn found(pages: &[String]) -> Vec<Found> {
        let pages: Vec<Vec<Shown>> = pages.iter().map(|text| page(text)).collect();
        recurring(&pages.iter().map(Vec::as_slice).collect::<Vec<_>>())
    }

    fn of(line: &str) -> Fingerprint {
        page(line)[0].template
    }

    fn templates(found: &Found) -> Vec<Fingerprint> {
        found.lines.iter().map(|line| line.template).collect()
    }

    #[test]
    fn a_menu_and_a_footer_are_two_blocks() {
        let found = found(&(0..5).map(|n| format!("home news sport Text{n} imprint terms")).collect::<Vec<_>>());
        assert_eq!(found.len(), 2);
        assert_eq!(templates(&found[0]), ["home", "news", "sport"].map(of));
        assert_eq!(templates(&found[1]), ["imprint", "terms"].map(of));
        assert!(found[0].position < 0.01 && found[1].position > 0.5);
        assert_eq!((found[0].kind, found[0].pages.len(), found[0].occurrences), (RecurringKind::Block, 5, 15));
    }

    #[test]
    fn headlines_that_rotate_between_two_headings_are_one_list() {
        let headlines = |day: usize| (day..day + 4).map(|n| format!("headline{n}")).collect::<Vec<_>>().join(" ");
        let pages: Vec<String> = (0..8).map(|day| format!("Text{day} latest {} more", headlines(day))).collect();
        let found = found(&pages);
        let list = found.iter().find(|found| found.kind == RecurringKind::List).expect("a list");
        assert_eq!((list.lines.len(), list.pages.len(), list.occurrences), (11, 8, 32));
        assert!(!templates(list).contains(&of("latest")));
        assert_eq!(list.heading, Some(of("latest")));
        assert_eq!(list.lines[0].pages.len(), 4, "those on most pages come first");
    }

    #[test]
    fn a_headline_that_stays_for_days_is_of_the_list() {
        let pages: Vec<String> =
            (0..6).map(|day| format!("Text{day} latest item{day} about-ferries item{} more", day + 1)).collect();
        let found = found(&pages);
        let list = found.iter().find(|found| templates(found).contains(&of("about-ferries"))).expect("a list");
        assert_eq!((list.kind, list.lines.len()), (RecurringKind::List, 8));
    }

    #[test]
    fn a_list_is_known_again_in_another_place() {
        let list = "a1 a2 a3 a4";
        let pages: Vec<String> = (0..6)
            .map(|n| if n % 2 == 0 { format!("x Text{n} {list} y") } else { format!("x {list}b Text{n} y") })
            .chain((6..30).map(|n| format!("x Text{n} y")))
            .collect();
        let found = found(&pages);
        let lists: Vec<&Found> = found.iter().filter(|found| templates(found).contains(&of("a2"))).collect();
        assert_eq!(lists.len(), 1);
        assert_eq!(lists[0].pages, [0, 1, 2, 3, 4, 5]);
    }

    #[test]
    fn what_stays_or_stands_alone_does_not_recur() {
        assert!(found(&["a b c".to_owned()]).is_empty());
        assert!(found(&["Text1 a b".to_owned(), "Text1 c d".to_owned()]).is_empty());
        assert!(found(&[]).is_empty());
    }

    proptest! {
        #[test]
        fn no_line_is_told_twice_and_none_that_stays(
            pages in prop::collection::vec(prop::collection::vec("[a-e]|[x-z][0-9]|T", 0..12), 0..12),
        ) {
            let pages: Vec<String> = pages.iter().map(|lines| lines.join(" ")).collect();
            let shown: Vec<Vec<Shown>> = pages.iter().map(|text| page(text)).collect();
            let dropped: u64 = shown.iter().flatten().filter(|line| !line.keep).map(|line| u64::from(line.bytes)).sum();
            let found = found(&pages);
            prop_assert!(found.iter().map(|found| found.bytes).sum::<u64>() <= dropped);
            for found in &found {
                prop_assert!((0.0..=1.0).contains(&found.position));
                prop_assert!(found.lines.iter().all(|line| line.template != of("T")));
                prop_assert!(found.occurrences >= found.pages.len() as u64);
            }
        }
    }
}
