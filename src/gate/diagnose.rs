//! What went wrong on a site: the one cause, not its consequences.
//!
//! A scraper that breaks leaves its mark on what recurs, on lengths and on likeness. A wall is a text that many pages have
//! and had not before, and these pages lost their own; a selector that misses the body leaves the menus and takes the
//! text; one that takes too much adds to what recurs and leaves the text; texts that are cut pile up at one length.
//! Words only choose between the names of walls (`words`). Where there is no baseline, only what is sure
//! is said.

use std::collections::HashSet;

use super::baseline::Known;
use super::profile::{Line, Profile, below, fixed};
use super::words;
use crate::config::limits::SiteLimits;
use crate::page::head;
use crate::report::Kind;
use crate::report::document::{RecurringKind, Site};
use crate::report::summary::share;

/// What went wrong on a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// What it is.
    pub kind: Kind,
    /// Pages that have it, as far as that is known.
    pub pages: u64,
    /// What is to be said, without the name of the kind.
    pub message: String,
    /// A page that has it.
    pub page: Option<String>,
}

/// Share of the pages that a text must be on to stand in the place of theirs, and by how much more than before.
const REPEATED: (f64, f64) = (0.2, 0.15);
/// The least number of such pages.
const LEAST_PAGES: u64 = 4;
/// The same where nothing is known of the site.
const SURE_PAGES: u64 = 10;
/// The share of the pages from which it is nearly all of them.
const NEARLY_ALL: f64 = 0.8;
/// A page has lost its text if less than this share of the median before is left of it.
const LOST: u64 = 4;
/// Characters of unique text that the median page must have had, so that the loss of it shows.
const LEAST_TEXT: u64 = 60;
/// The least number of sampled pages that have a wall, if they differ in something.
const LEAST_WALLS: u64 = 3;
/// Share of the pages that must have lost their text: with a wall in its place, and without.
const LOSERS: (f64, f64) = (0.15, 0.2);
/// Characters up to which a text may be a wall: longer ones are articles in which the words stand by chance.
const LONGEST_WALL: usize = 1500;
/// Share of the pages that must be of one length to be cut, and by how much more than before.
const ALIKE: (f64, f64) = (0.5, 0.3);
/// Hundredths by which the share of chrome of a site of one page may change; of four pages it is half of that.
const FEW_PAGES: f64 = 50.0;
/// Characters that the median page must have left to be cut, if lengths differ: titles are shorter.
const LEAST_CUT: u64 = 120;
/// Characters of a text that are quoted.
const QUOTED: usize = 70;
/// Characters of text that is not known from which it says anything.
const LEAST_NEW: usize = 20;

/// What went wrong on a site that was as the baseline says.
pub fn changed(site: &Site, now: &Profile, was: &Known, limits: &SiteLimits) -> Option<Diagnosis> {
    let change = Change { site, now, was, limits };
    change
        .repeated()
        .or_else(|| change.wall())
        .or_else(|| change.truncated())
        .or_else(|| change.emptied())
        .or_else(|| change.gained())
        .or_else(|| change.lost_chrome())
}

/// What is wrong with a site for sure, whatever it was before.
pub fn sure(site: &Site) -> Option<Diagnosis> {
    let pages = site.figures.pages;
    let most = site.most_equal.max(site.most_alike);
    let repeated = share(most, pages);
    if most >= SURE_PAGES && repeated >= 0.3 {
        let text = repeated_text(site, &HashSet::new());
        let kind = kind_of(site, &text, repeated);
        if kind != Kind::RepeatedText {
            return Some(repetition(kind, site, most, &text));
        }
    }
    let empty = site.figures.blank + site.figures.emptied;
    if empty >= SURE_PAGES && share(empty, pages) >= NEARLY_ALL {
        return Some(Diagnosis {
            kind: Kind::EmptyBody,
            pages: empty,
            message: format!("nothing is left of {empty} of {pages} pages"),
            page: site.emptied_pages.first().cloned(),
        });
    }
    let details = site.details.as_ref()?;
    let ends = details.ends;
    if details.sampled >= 20 && ends.read_alike >= 0.9 && ends.read_length >= LEAST_TEXT && ends.kept_open >= 0.9 {
        let message = format!(
            "{} of the pages end after {} characters, in the middle of a text",
            percent(ends.read_alike),
            ends.read_length
        );
        return Some(Diagnosis { kind: Kind::TruncatedText, pages: part(pages, ends.read_alike), message, page: None });
    }
    None
}

/// A site and what it was.
struct Change<'a> {
    site: &'a Site,
    now: &'a Profile,
    was: &'a Known,
    limits: &'a SiteLimits,
}

impl Change<'_> {
    /// Share of the pages that lost most of their text.
    fn lost(&self) -> f64 {
        self.fell(&self.now.kept)
    }

    /// How much larger the share of pages is that have a small part of the text that the median page had, if these are the
    /// deciles now.
    fn fell(&self, now: &[u64; 9]) -> f64 {
        let was = &self.was.profile;
        let least = (was.kept_median() / LOST).max(1);
        if was.kept_median() < LEAST_TEXT { 0.0 } else { below(now, least) - below(&was.kept, least) }
    }

    /// How the text of the median page changed.
    fn kept(&self) -> String {
        let (was, now) = (self.was.profile.kept_median(), self.now.kept_median());
        format!("the median page keeps {now} characters, {was} before")
    }

    /// Whether a line recurred before, on at least a third of the pages it is on now.
    fn is_known(&self, fingerprint: &str, tenths: f64) -> bool {
        self.was.lines.get(fingerprint).is_some_and(|line| (line.tenths + 1) as f64 * 3.0 > tenths)
    }

    /// One page, or nearly, for many URLs.
    fn repeated(&self) -> Option<Diagnosis> {
        let site = self.site;
        let most = site.most_equal.max(site.most_alike);
        let now = share(most, site.figures.pages);
        let before = self.was.profile.alike as f64 / 100.0;
        if most < LEAST_PAGES || now < REPEATED.0 || now < before + REPEATED.1 {
            return None;
        }
        let known: HashSet<&str> = self.was.lines.values().map(|line| line.text.as_str()).collect();
        let text = repeated_text(site, &known);
        let is_whole = now >= NEARLY_ALL && self.now.read_median() * 5 >= self.was.profile.read_median() * 4;
        if text.chars().count() < LEAST_NEW && !is_whole {
            // Only what recurs anyway is left of these pages.
            return None;
        }
        let mut kind = kind_of(site, &text, now);
        if kind == Kind::RepeatedText {
            // Of some pages the words that tell may have gone as chrome.
            kind = kind_of(site, &joined(&self.new_texts()), now);
        }
        // What these pages have in common may be what is left of all.
        if kind == Kind::RepeatedText && self.lost() >= now * 2.0 {
            return None;
        }
        Some(repetition(kind, site, most, &text))
    }

    /// Lines that many pages have and had not before, where little is left of these pages besides.
    fn new_texts(&self) -> Vec<NewText<'_>> {
        let Some(details) = &self.site.details else { return Vec::new() };
        let most_left = self.was.profile.kept_median() * 2 / 5;
        let is_new = |fingerprint: &str, pages: u64, own: u64| {
            let on = share(pages, details.sampled);
            pages >= LEAST_WALLS && on >= LOSERS.0 && own <= most_left && !self.is_known(fingerprint, on * 10.0)
        };
        let mut new = Vec::new();
        for found in &details.recurring {
            let lines = || found.lines.iter().filter(|line| is_new(&line.fingerprint, line.pages, line.own_text));
            // Where most lines of a list are known, the others may be new entries of it.
            let is_entry = found.kind == RecurringKind::List && lines().count() * 2 < found.lines.len();
            let page = Some(found.example.as_str());
            new.extend(lines().map(|line| NewText { text: &line.text, pages: line.pages, is_entry, page }));
        }
        let left = details.repeated.iter().filter(|line| is_new(&line.fingerprint, line.pages, line.own_text));
        new.extend(left.map(|line| NewText { text: &line.text, pages: line.pages, is_entry: false, page: None }));
        new
    }

    /// A text in the place of that of many pages which differ in something, as in their titles.
    fn wall(&self) -> Option<Diagnosis> {
        let details = self.site.details.as_ref()?;
        if self.lost().max(self.fell(&details.ends.own)) < LOSERS.0 {
            return None;
        }
        let new = self.new_texts();
        let line = new.iter().filter(|new| is_prose(new.text)).max_by_key(|new| (!new.is_entry, new.pages))?;
        let kind = words::kind_of(&joined(&new));
        if kind == Kind::RepeatedText && line.is_entry {
            return None;
        }
        let pages = part(self.site.figures.pages, share(line.pages, details.sampled));
        let said = quoted(line.text);
        let message = format!("about {pages} of {} pages say {said}; {}", self.site.figures.pages, self.kept());
        Some(Diagnosis { kind, pages, message, page: line.page.map(str::to_owned) })
    }

    /// Texts that were cut at one length.
    fn truncated(&self) -> Option<Diagnosis> {
        let ends = self.site.details.as_ref()?.ends;
        let was = &self.was.profile;
        let rose = |now: f64, before: u64| now >= ALIKE.0 && now >= before as f64 / 100.0 + ALIKE.1;
        let open_before = was.open as f64 / 100.0;
        let is_open = ends.kept_open >= 0.6 && (ends.kept_open >= open_before + 0.2 || ends.kept_open >= 0.9);
        let is_cut = self.is_end_gone().unwrap_or(is_open);
        let (alike, length, before) =
            if rose(ends.read_alike, was.read_alike) && ends.read_length * 5 < was.read[8] * 4 && is_cut {
                (ends.read_alike, ends.read_length, was.read_median())
            } else if rose(ends.kept_alike, was.kept_alike)
                && ends.kept_length * 5 < was.kept[8] * 4
                && ends.kept_length >= LEAST_TEXT
                && is_open
            {
                (ends.kept_alike, ends.kept_length, was.kept_median())
            } else {
                return self.squeezed();
            };
        let message = format!(
            "{} of the pages end after {length} characters, in the middle of a text; the median page had {before}",
            percent(alike)
        );
        Some(Diagnosis { kind: Kind::TruncatedText, pages: part(self.site.figures.pages, alike), message, page: None })
    }

    /// Texts that were cut, but of which other things are left besides: the long ones are short now too, most of them are
    /// about as long as the others, and they end in the middle.
    fn squeezed(&self) -> Option<Diagnosis> {
        let ends = self.site.details.as_ref()?.ends;
        let was = &self.was.profile;
        let (low, median, high) = (ends.own[1], ends.own[4], ends.own[7]);
        let is_open = ends.kept_open >= 0.5 && ends.kept_open >= was.open as f64 / 100.0 + 0.2;
        if !is_open || high * 2 > was.kept_median() || high * 5 > low * 8 || median < LEAST_CUT {
            return None;
        }
        let message = format!(
            "most pages end in the middle of a text, after {median} characters of their own; the median page had {}",
            was.kept_median()
        );
        Some(Diagnosis { kind: Kind::TruncatedText, pages: part(self.now.pages, ends.kept_open), message, page: None })
    }

    /// Whether the lines that stood at the end of most pages are gone; `None` if there were none.
    fn is_end_gone(&self) -> Option<bool> {
        let at_end = |line: &&Line| line.tenths >= 5 && line.place >= 6;
        let now: HashSet<&str> = fixed(self.site, 2).map(|(fingerprint, _)| fingerprint).collect();
        let all = self.was.lines.values().filter(at_end).count();
        let left =
            self.was.lines.iter().filter(|(fingerprint, line)| at_end(line) && now.contains(fingerprint.as_str()));
        (all >= 2).then(|| left.count() * 10 <= all * 3)
    }

    /// Pages without their text.
    fn emptied(&self) -> Option<Diagnosis> {
        let lost = self.lost();
        let empty = self.now.empty.saturating_sub(self.was.profile.empty) as f64 / 100.0;
        let worst = lost.max(empty);
        if worst < LOSERS.1 {
            return None;
        }
        let pages = part(self.site.figures.pages, worst);
        let message = format!("about {pages} of {} pages lost their text: {}", self.site.figures.pages, self.kept());
        Some(Diagnosis { kind: Kind::EmptyBody, pages, message, page: self.site.emptied_pages.first().cloned() })
    }

    /// More of the text recurs.
    fn gained(&self) -> Option<Diagnosis> {
        let (now, was) = (self.now, &self.was.profile);
        let rose = now.chrome.saturating_sub(was.chrome);
        let new: Vec<&str> = self.new_fixed();
        let keeps_text = now.kept_median() * 5 >= was.kept_median() * 3;
        let grew = now.read_median() * 100 >= was.read_median() * 108;
        let is_much = rose as f64 > self.chrome_change();
        let is_clean_no_more = was.chrome <= 10 && (rose >= 3 && new.len() >= 5 || rose >= 1 && new.len() >= 8);
        // A page that is whole already may be given twice.
        let chrome = |profile: &Profile| profile.read_median().saturating_sub(profile.kept_median());
        let is_doubled = rose as f64 * 4.0 >= 10.0 + FEW_PAGES / (now.pages.min(was.pages).max(1) as f64).sqrt()
            && chrome(now) * 5 >= chrome(was) * 7
            && now.read_median() * 4 >= was.read_median() * 5;
        if !(is_much || is_clean_no_more || is_doubled && keeps_text) {
            return None;
        }
        let (chrome, before) = (now.chrome, was.chrome);
        let said = new.iter().max_by_key(|line| line.len()).map(|line| format!(", such as {}", quoted(line)));
        let lines = format!("{} new lines recur on most pages{}", new.len(), said.unwrap_or_default());
        let kind = if keeps_text && (grew || !is_much) { Kind::MenuInText } else { Kind::ChromeGained };
        let message = format!("{chrome} % of the text is chrome, {before} % before; {lines}; {}", self.kept());
        Some(Diagnosis { kind, pages: now.pages, message, page: None })
    }

    /// Less of the text recurs.
    fn lost_chrome(&self) -> Option<Diagnosis> {
        let (now, before) = (self.now.chrome, self.was.profile.chrome);
        if before.saturating_sub(now) as f64 <= self.chrome_change() {
            return None;
        }
        let message = format!("{now} % of the text is chrome, {before} % before; {}", self.kept());
        Some(Diagnosis { kind: Kind::ChromeLost, pages: self.now.pages, message, page: None })
    }

    /// Hundredths by which the share of chrome may change. What is learned from few pages is less sure, by the square root
    /// of their number as all errors of sampling are.
    fn chrome_change(&self) -> f64 {
        let pages = self.now.pages.min(self.was.profile.pages).max(1) as f64;
        self.limits.chrome_change * 100.0 + FEW_PAGES / pages.sqrt()
    }

    /// Lines that are on half of the pages or more, and did not recur before.
    fn new_fixed(&self) -> Vec<&str> {
        fixed(self.site, 5).filter(|(line, _)| !self.was.lines.contains_key(*line)).map(|(_, text)| text).collect()
    }
}

/// A line that many pages have and had not before.
struct NewText<'a> {
    text: &'a str,
    /// Sampled pages that have it.
    pages: u64,
    /// Whether it may be a new entry of a list that is known.
    is_entry: bool,
    /// One of the pages.
    page: Option<&'a str>,
}

fn joined(new: &[NewText<'_>]) -> String {
    new.iter().map(|new| new.text).collect::<Vec<_>>().join("\n")
}

/// The lines that recur on most pages now and did not before, and those that did and are gone.
pub fn navigation(site: &Site, was: &Known) -> (usize, usize) {
    let now: HashSet<&str> = fixed(site, 1).map(|(line, _)| line).collect();
    let listed = super::profile::lines(site);
    let new = fixed(site, 5).filter(|(line, _)| !was.lines.contains_key(*line)).count();
    let gone = was
        .lines
        .iter()
        .filter(|(line, was)| was.tenths >= 5 && !now.contains(line.as_str()) && !listed.contains_key(line.as_str()));
    (new, gone.count())
}

fn repetition(kind: Kind, site: &Site, pages: u64, text: &str) -> Diagnosis {
    let said = text.lines().find(|line| is_prose(line)).or_else(|| text.lines().next());
    let said = said.map(|line| format!(": {}", quoted(line))).unwrap_or_default();
    let message = format!("{pages} of {} pages are the same{said}", site.figures.pages);
    Diagnosis { kind, pages, message, page: None }
}

/// What pages that are alike say, without the lines that are known to recur.
fn repeated_text(site: &Site, known: &HashSet<&str>) -> String {
    let is_new = |line: &str| {
        let end = line.char_indices().nth(60).map_or(line.len(), |(at, _)| at);
        !line.is_empty() && !known.contains(line.get(..end).unwrap_or(line))
    };
    let lines: Vec<&str> = match (&site.details, &site.alike_text) {
        // Where the pages are all but one page, nothing recurs, and all of it is left.
        (Some(details), _) if site.figures.distinct <= 2 => {
            details.examples.iter().take(1).flat_map(|page| &page.lines).map(|line| line.text.as_str()).collect()
        }
        (_, Some(text)) => text.lines().collect(),
        _ => Vec::new(),
    };
    lines.into_iter().map(str::trim).filter(|line| is_new(line)).collect::<Vec<_>>().join("\n")
}

/// What a text is that stands on this share of the pages.
fn kind_of(site: &Site, text: &str, on: f64) -> Kind {
    let is_long = text.chars().count() > LONGEST_WALL
        || site.figures.distinct > 2 && on > 0.5 && site.kept_lengths.median() > LONGEST_WALL as u64;
    match if is_long { Kind::RepeatedText } else { words::kind_of(text) } {
        Kind::RepeatedText if on >= NEARLY_ALL => Kind::SamePage,
        kind => kind,
    }
}

/// Whether a line says something as a sentence does, and is no headline or entry of a menu.
fn is_prose(line: &str) -> bool {
    let line = line.trim();
    let length = line.chars().count();
    if line.contains(['。', '、', '，']) {
        return length >= 8;
    }
    let is_closed = line.ends_with(['.', '!', '؟', '।']) && !line.ends_with("...");
    is_closed && length >= LEAST_NEW || length >= 60 && line.contains(". ") && !line.contains("...")
}

/// A text in quotes, cut.
fn quoted(text: &str) -> String {
    format!("“{}”", head(text.trim(), QUOTED))
}

/// So many of the pages.
fn part(pages: u64, share: f64) -> u64 {
    (pages as f64 * share).round() as u64
}

fn percent(share: f64) -> String {
    let percent = (share * 100.0).round();
    // What is little is not nothing: a limit may be 0.
    if percent == 0.0 && share > 0.0 { "under 1 %".to_owned() } else { format!("{percent:.0} %") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::limits::Written;
    use crate::report::document::{Details, Ends, Figures, Member, Recurring};

    #[test]
    fn a_little_is_not_nothing() {
        assert_eq!([0.0, 0.001, 0.012, 1.0].map(percent), ["0 %", "under 1 %", "1 %", "100 %"]);
    }

    /// A site of forty pages with a median of 2000 characters, which keeps nine lines.
    fn good() -> Site {
        let member = |n: usize| Member {
            fingerprint: format!("{n:016x}"),
            text: format!("Entry {n}"),
            pages: 40,
            own_text: 2000,
            ..Member::default()
        };
        let block = |lines: std::ops::Range<usize>, position: f64| Recurring {
            pages: 40,
            lines: lines.map(member).collect(),
            position,
            ..Recurring::default()
        };
        let details = Details {
            sampled: 40,
            recurring: vec![block(0..5, 0.0), block(5..9, 0.9)],
            ends: Ends { own: [2000; 9], kept_open: 0.1, ..Ends::default() },
            ..Details::default()
        };
        let figures = Figures { pages: 40, distinct: 40, ..Figures::default() };
        let mut site = Site { figures, most_equal: 1, details: Some(details), ..Site::default() };
        (site.read_lengths.deciles, site.kept_lengths.deciles) = ([2400; 9], [2000; 9]);
        site
    }

    fn found(site: &Site) -> Option<Kind> {
        let good = good();
        let was = Known { profile: Profile::of(&good), lines: super::super::profile::lines(&good) };
        let limits = Written::default().limits(crate::config::AllowBad::Records(0)).ok()?;
        changed(site, &Profile::of(site), &was, &limits.each).map(|diagnosis| diagnosis.kind)
    }

    fn with(change: impl FnOnce(&mut Site, &mut Details)) -> Option<Kind> {
        let mut site = good();
        let mut details = site.details.take().unwrap_or_default();
        change(&mut site, &mut details);
        site.details = Some(details);
        found(&site)
    }

    #[test]
    fn nothing_is_wrong_with_a_site_that_is_as_it_was() {
        assert_eq!(found(&good()), None);
    }

    #[test]
    fn a_text_that_came_where_others_went_is_a_wall_and_the_words_name_it() {
        let wall = |text: &str| {
            with(|site, details| {
                let line = Member { text: text.to_owned(), pages: 20, own_text: 60, ..Member::default() };
                details.recurring.push(Recurring { pages: 20, lines: vec![line], ..Recurring::default() });
                site.kept_lengths.deciles = [60, 60, 60, 60, 60, 2000, 2000, 2000, 2000];
            })
        };
        assert_eq!(wall("This site uses cookies to make it better."), Some(Kind::CookieWall));
        assert_eq!(wall("Please subscribe to read on."), Some(Kind::LoginWall));
        assert_eq!(wall("The shutters are down until tomorrow."), Some(Kind::RepeatedText));
        assert_eq!(wall("Two goats on the roof of the school"), Some(Kind::EmptyBody), "a headline is no wall");
    }

    #[test]
    fn a_new_text_beside_that_of_the_pages_is_no_wall() {
        let banner = with(|_, details| {
            let text = "This site uses cookies to make it better.".to_owned();
            let line = Member { text, pages: 40, own_text: 2000, ..Member::default() };
            details.recurring.push(Recurring { pages: 40, lines: vec![line], ..Recurring::default() });
        });
        assert_eq!(banner, None);
    }

    #[test]
    fn pages_of_one_length_are_cut_if_their_end_is_gone_and_empty_if_it_is_there() {
        let short = |site: &mut Site, details: &mut Details| {
            (site.read_lengths.deciles, site.kept_lengths.deciles) = ([200; 9], [30; 9]);
            details.ends = Ends { read_alike: 1.0, read_length: 200, kept_open: 1.0, own: [30; 9], ..Ends::default() };
        };
        assert_eq!(with(short), Some(Kind::EmptyBody));
        let cut = with(|site, details| {
            short(site, details);
            details.recurring.truncate(1);
        });
        assert_eq!(cut, Some(Kind::TruncatedText));
    }

    #[test]
    fn pages_that_are_all_the_same_are_one_page() {
        let same = |text: &str| {
            with(|site, _| {
                site.most_alike = 40;
                site.alike_text = Some(text.to_owned());
                site.kept_lengths.deciles = [text.len() as u64; 9];
            })
        };
        assert_eq!(same("The ferry was late again, and it rained."), Some(Kind::SamePage));
        assert_eq!(same("403 Forbidden\nAccess denied to all."), Some(Kind::ErrorPage));
    }

    #[test]
    fn sentences_are_prose_and_headlines_are_not() {
        for text in ["You may accept or manage your choices below.", "当サイトはクッキーを、使用しています"]
        {
            assert!(is_prose(text), "{text}");
        }
        for text in ["Read more", "Two goats on the roof of the school in Marrick", "Wall St. cheers ruling", "More..."]
        {
            assert!(!is_prose(text), "{text}");
        }
    }
}
