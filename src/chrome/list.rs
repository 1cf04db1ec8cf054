//! Lists that recur on a site though their lines change: the headlines of the day, the most read, related articles.
//!
//! A line that is new today stands on one page alone, and it goes for its looks and for the lines round it; what a reader
//! wants to see as the reason is the list that it stands in, most of which stood there yesterday. Rows of lines that are
//! neither prose nor of the site's frame are sketched (MinHash: Broder, 1997), and rows of different pages that are alike
//! are one list, from day to day for as long as each day is like another. A list is known by its *members*, the lines
//! that several of its pages have; a row of a page is of the list of which it has most members.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use super::evidence::LineEvidence;
use super::statistics::STRONG;
use super::{Rule, Verdict};
use crate::census::Seed;
use crate::line::Fingerprint;
use crate::similar::{MinHasher, Signature, similarity};

/// Lines that a row has at least, and members of a list among them.
const LEAST_ROW: usize = 3;
const LEAST_MEMBERS: usize = 2;
/// Likeness from which two rows are of one list, and the share of a row that its members must be.
const ALIKE: f64 = 0.3;
/// Share of a site's pages from which a line may be of the frame, and of the pages of the steadiest line round it.
const ANCHOR: f64 = 0.25;
const FIXED: f64 = 0.6;
/// Share of a list's pages from which its members stand, on average, where it is a menu that does not change.
const STEADY: f64 = 0.8;
/// Slots of a row's signature: rows that are alike have one in common, as good as always.
const SLOTS: usize = 32;

/// The lists of a site.
#[derive(Debug, Default)]
pub struct Lists {
    /// The number of the list that a line is a member of; of several, of the one on most pages.
    members: HashMap<Fingerprint, u32, Seed>,
    /// The pages that have each.
    pages: Vec<u32>,
    /// The pages that were looked at.
    of: u32,
}

impl Lists {
    /// Names the list that a line of a page stands in as the reason why it goes, where there is none better, for a site of
    /// `pages` pages: a list of headlines takes a new one with it.
    pub fn tell(&self, evidence: &[LineEvidence], pages: u64, verdicts: &mut [Verdict]) {
        if self.pages.is_empty() || !verdicts.iter().any(is_unsaid) {
            return;
        }
        for row in rows(evidence, pages) {
            let lines = evidence.get(row.clone()).unwrap_or_default();
            let verdicts = verdicts.get_mut(row).unwrap_or_default();
            if !verdicts.iter().any(is_unsaid) {
                continue;
            }
            let Some(on) = self.of_row(lines) else { continue };
            for verdict in verdicts.iter_mut().filter(|verdict| is_unsaid(verdict)) {
                *verdict = Verdict { rule: Rule::Rotating, ..*verdict }.seen(on, self.of.into());
            }
        }
    }

    /// On how many pages the list is of which a row has most members; of equal ones, on most.
    fn of_row(&self, row: &[LineEvidence]) -> Option<u32> {
        let recurring = row.iter().filter(|line| line.on > 1);
        let mut lists: Vec<u32> = recurring.filter_map(|line| self.members.get(&line.template)).copied().collect();
        lists.sort_unstable();
        let on = |list: &u32| self.pages.get(*list as usize).copied().unwrap_or_default();
        let least = ((ALIKE * row.len() as f64).ceil() as usize).max(LEAST_MEMBERS);
        let found = lists.chunk_by(|a, b| a == b).filter(|members| members.len() >= least);
        found.map(|members| (members.len(), members.first().map_or(0, on))).max().map(|(_, on)| on)
    }
}

/// Whether a line goes only for its looks, for other sites, or for where HTML puts it.
fn is_unsaid(verdict: &Verdict) -> bool {
    !verdict.keep && matches!(verdict.rule, Rule::Domain | Rule::Elsewhere | Rule::Markup | Rule::Shape)
}

/// The rows of a page of a site of `pages` pages: lines that are neither prose nor the frame that lists stand in.
fn rows(evidence: &[LineEvidence], pages: u64) -> Vec<Range<usize>> {
    let mut rows = Vec::new();
    // The title line stands above all lists.
    let mut at = 1;
    let below = evidence.get(1..).unwrap_or_default();
    for stretch in below.chunk_by(|a, b| is_prose(a) == is_prose(b)) {
        let most = stretch.iter().map(|line| line.on).max().unwrap_or_default();
        let least = (FIXED * f64::from(most)).max(ANCHOR * pages as f64).max(2.0);
        // A headline may stay for most of a crawl.
        let is_frame = |line: &LineEvidence| f64::from(line.on) >= least && !line.titles_another;
        for row in stretch.chunk_by(|a, b| is_frame(a) == is_frame(b)) {
            if row.len() >= LEAST_ROW && row.first().is_some_and(|line| !is_prose(line) && !is_frame(line)) {
                rows.push(at..at + row.len());
            }
            at += row.len();
        }
    }
    rows
}

fn is_prose(line: &LineEvidence) -> bool {
    line.prose >= STRONG
}

/// Finds the lists of a site, page by page.
#[derive(Debug)]
pub struct Finder {
    hasher: MinHasher,
    rows: Vec<Row>,
    /// For each slot and minimum in it, the last row that has it.
    last: HashMap<(usize, u32), usize, Seed>,
    pages: u32,
}

/// A row of a page that may be of a list.
#[derive(Debug)]
struct Row {
    page: u32,
    lines: Vec<Fingerprint>,
    signature: Signature,
    /// An earlier row that is like it, or its own number.
    like: usize,
}

impl Default for Finder {
    fn default() -> Self {
        let hasher = MinHasher::with_slots(0, SLOTS);
        Self { hasher, rows: Vec::new(), last: HashMap::default(), pages: 0 }
    }
}

impl Finder {
    /// Adds a page of a site of `pages` pages.
    pub fn add(&mut self, evidence: &[LineEvidence], pages: u64) {
        for row in rows(evidence, pages) {
            let lines = evidence.get(row).unwrap_or_default();
            // What other pages have nothing of is of no list.
            if lines.iter().filter(|line| line.on > 1).count() >= LEAST_MEMBERS {
                self.add_row(lines.iter().map(|line| line.template).collect());
            }
        }
        self.pages += 1;
    }

    fn add_row(&mut self, lines: Vec<Fingerprint>) {
        let set: Vec<u32> = lines.iter().map(|line| (line >> 32) as u32).collect();
        let number = self.rows.len();
        self.rows.push(Row { page: self.pages, lines, signature: self.hasher.signature(&set), like: number });
        for slot in 0..SLOTS {
            let Some(minimum) = self.rows[number].signature.slots().get(slot).copied() else { return };
            let Some(before) = self.last.insert((slot, minimum), number) else { continue };
            let (one, other) = (self.first_like(number), self.first_like(before));
            let signature = |row: usize| self.rows[row].signature.slots();
            if one != other && similarity(signature(number), signature(before)) >= ALIKE {
                self.rows[one.max(other)].like = one.min(other);
            }
        }
    }

    /// The first of the rows that are of one list with this one. Shortens the way for the next who asks.
    fn first_like(&mut self, mut row: usize) -> usize {
        while self.rows[row].like != row {
            let like = self.rows[row].like;
            self.rows[row].like = self.rows[like].like;
            row = self.rows[row].like;
        }
        row
    }

    /// The lists that stand on two of the pages or more.
    pub fn lists(mut self) -> Lists {
        let firsts: Vec<usize> = (0..self.rows.len()).map(|row| self.first_like(row)).collect();
        let mut gathered: BTreeMap<usize, Vec<&Row>> = BTreeMap::new();
        firsts.iter().zip(&self.rows).for_each(|(first, row)| gathered.entry(*first).or_default().push(row));
        let pages = |rows: &[&Row]| rows.iter().map(|row| row.page).collect::<HashSet<_>>().len() as u32;
        let mut found: Vec<(u32, Vec<&Row>)> = gathered.into_values().map(|rows| (pages(&rows), rows)).collect();
        found.retain(|(pages, _)| *pages > 1);
        // A line of several is a member of the one on most pages.
        found.sort_by_key(|(pages, _)| std::cmp::Reverse(*pages));
        let mut lists = Lists { of: self.pages, ..Lists::default() };
        for (pages, rows) in found {
            let members = members(&rows);
            let stand: u32 = members.iter().map(|(_, on)| on).sum();
            if f64::from(stand) < STEADY * f64::from(pages) * members.len() as f64 {
                let number = lists.pages.len() as u32;
                lists.pages.push(pages);
                members.iter().for_each(|(line, _)| {
                    lists.members.entry(*line).or_insert(number);
                });
            }
        }
        lists
    }
}

/// The lines that several pages have in these rows, which come page by page, and on how many.
fn members(rows: &[&Row]) -> Vec<(Fingerprint, u32)> {
    let mut on: HashMap<Fingerprint, (u32, u32), Seed> = HashMap::default();
    for row in rows {
        for line in &row.lines {
            let (pages, last) = on.entry(*line).or_insert((0, u32::MAX));
            *pages += u32::from(*last != row.page);
            *last = row.page;
        }
    }
    on.into_iter().map(|(line, (pages, _))| (line, pages)).filter(|(_, pages)| *pages > 1).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::chrome::evidence::tests::of_all;

    /// On how many pages the list is that each line of each page stands in.
    fn listed(pages: &[String]) -> Vec<Vec<u32>> {
        let texts: Vec<&str> = pages.iter().map(String::as_str).collect();
        let evidence = of_all(&texts);
        let of = evidence.len() as u64;
        let mut finder = Finder::default();
        evidence.iter().for_each(|page| finder.add(page, of));
        let lists = finder.lists();
        let on_each = evidence.iter().map(|page| {
            let mut verdicts = vec![Verdict::drop(Rule::Shape, 0, of); page.len()];
            lists.tell(page, of, &mut verdicts);
            assert!(verdicts.iter().all(|verdict| (verdict.rule == Rule::Rotating) == (verdict.on > 0)));
            verdicts.iter().map(|verdict| verdict.on).collect()
        });
        on_each.collect()
    }

    const ARTICLE: &str = "The harbour master of Hale said on the quay that the ferry would be late for a week or two";

    /// A page of a day: a frame, an article, and the headlines of the day and of the three days before.
    fn page(day: usize) -> String {
        let names = [
            "goats", "ferries", "bells", "roofs", "piers", "quays", "boats", "rains", "towns", "walls", "lamps",
            "barrels",
        ];
        let list: Vec<String> = (day..day + 4).map(|n| format!("Of {} and their keepers", names[n])).collect();
        format!(
            "{} | Courier\nStart\n{ARTICLE} of {}.\nMost read\n{}\nImprint",
            names[day],
            names[day],
            list.join("\n")
        )
    }

    #[test]
    fn a_list_is_known_from_day_to_day_though_no_line_of_it_stays() {
        let found = listed(&(0..7).map(page).collect::<Vec<_>>());
        for page in &found {
            assert_eq!(page[1..4], [0; 3], "{page:?}");
            assert_eq!(page[4..8], [7; 4], "{page:?}");
        }
        // The headline of the last day is on one page alone.
        assert_eq!(found[6].len(), 9);
    }

    #[test]
    fn lines_that_stay_or_go_for_a_better_reason_are_let_be() {
        let pages: Vec<String> = (0..7).map(page).collect();
        let evidence = of_all(&pages.iter().map(String::as_str).collect::<Vec<_>>());
        let mut finder = Finder::default();
        evidence.iter().for_each(|page| finder.add(page, 7));
        let mut verdicts = [Verdict::keep(Rule::Unique), Verdict::drop(Rule::Recurs, 4, 7)].repeat(4);
        let before = verdicts.clone();
        finder.lists().tell(&evidence[3], 7, &mut verdicts);
        assert_eq!(verdicts, before);
    }

    #[test]
    fn a_list_moves_to_another_place_and_prose_is_of_none() {
        let mut pages: Vec<String> = (0..8).map(page).collect();
        pages[3] = format!(
            "walls | Courier\nStart\nOf roofs and their keepers\nOf piers and their keepers\nOf quays and their keepers\n{ARTICLE}."
        );
        let found = listed(&pages);
        assert_eq!(found[3][1..], [0, 8, 8, 8, 0]);
    }

    #[test]
    fn a_menu_that_stays_is_no_list() {
        let menu =
            |own: &str| format!("{own} | Courier\nFootball\nRowing\nCycling\nResults of {own}\n{ARTICLE} of {own}.");
        let plain = |own: &str| format!("{own} | Courier\n{ARTICLE} of {own}.");
        let pages = ["goats", "bells", "roofs"].map(menu).into_iter().chain(["quays", "boats"].map(plain));
        assert!(listed(&pages.collect::<Vec<_>>()).concat().iter().all(|on| *on == 0));
    }

    #[test]
    fn rows_that_share_a_line_or_none_are_of_no_list() {
        let pages = ["a one\na two\nshared\na three", "b one\nb two\nshared\nb three", "c one\nc two\nc three"];
        assert!(listed(&pages.map(str::to_owned)).concat().iter().all(|on| *on == 0));
        assert!(listed(&["x\ny\nz".to_owned()]).concat().iter().all(|on| *on == 0));
    }

    proptest! {
        #[test]
        fn lists_stand_on_two_pages_or_more_and_no_more_than_there_are(
            pages in prop::collection::vec(prop::collection::vec("[a-k]", 0..9), 0..9),
        ) {
            let pages: Vec<String> = pages.iter().map(|lines| lines.join("\n")).collect();
            prop_assume!(pages.iter().any(|page| !page.is_empty()));
            let found = listed(&pages);
            let of = found.len() as u32;
            prop_assert!(found.iter().flatten().all(|on| *on == 0 || (2..=of).contains(on)));
        }
    }
}
