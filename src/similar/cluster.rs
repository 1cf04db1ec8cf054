//! Clusters: which pages say the same, and which one of them stays.
//!
//! Pages of equal text are one. Texts are ranked by the rule that says which page stays, and taken in that order: each
//! joins the canonical text it is most similar to, if that is similar enough, or becomes canonical itself. So every
//! member was compared with the text that is kept for it, there are no chains of pages that resemble their
//! neighbours only, nothing depends on the order in which pages came, and only canonical texts are looked among,
//! which makes a hundred thousand alike cost a hundred thousand look-ups.
//!
//! Candidates that the [`LshIndex`] finds are sorted by their signatures, and those that come near the threshold or
//! pass it are compared by their sets of shingles: a text joins nothing on the word of a signature, which whoever
//! knows the seed could forge. Only canonical texts of an earlier [`Index`] have no sets and are taken at their
//! signature's word, which the [`Standing`] says.

use std::cmp::{Ordering, Reverse};
use std::collections::HashMap;
use std::io;

use serde::{Deserialize, Serialize};

use super::collection::{NO_TEXT, Sketches, TextFacts};
use super::containment::{ContainmentIndex, containment, jaccard};
use super::index::Index;
use super::lsh::{Bands, LshIndex};
use super::minhash::{deviation, similarity};
use super::sketch::Content;

/// Candidates of one text that are compared by their sets, the most promising first. More than this are candidates
/// only where somebody means harm.
const COMPARED: usize = 16;

/// How many standard deviations of the estimate below the threshold a pair may lie and is still compared by its sets.
const DEVIATIONS: f64 = 4.0;

/// Texts in which one text may lie that are remembered.
const CONTAINERS: usize = 4;

/// Which page of a cluster stays. What is left equal is decided by the hash of the text, and between pages of the same
/// text by the shorter URL, then by the URL, then by the id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "kebab-case")]
pub enum Canonical {
    /// The page with the longest text
    #[default]
    Longest,
    /// The page fetched last; pages without a date come last
    Newest,
    /// The page fetched first; pages without a date come last
    Oldest,
    /// The page with the shortest URL
    ShortestUrl,
}

/// What makes a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Rules {
    /// The least Jaccard similarity of a page to the canonical one.
    pub threshold: f64,
    /// Which page is canonical.
    pub canonical: Canonical,
    /// The least share of a page that must lie in a canonical one for it to be a member too; `None`: it is none.
    pub containment: Option<f64>,
}

impl Default for Rules {
    fn default() -> Self {
        Self { threshold: 0.8, canonical: Canonical::default(), containment: None }
    }
}

/// How a page stands to the canonical page of its cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Relation {
    /// It is the canonical page.
    Canonical,
    /// Its text is the same, byte for byte.
    Equal,
    /// Its text is similar.
    Near,
    /// Its text lies in the other.
    Contained,
}

impl Relation {
    /// The word that outputs use.
    pub fn name(self) -> &'static str {
        match self {
            Relation::Canonical => "canonical",
            Relation::Equal => "equal",
            Relation::Near => "near",
            Relation::Contained => "contained",
        }
    }
}

/// The canonical page of a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept<'a> {
    /// A page of this run: its number.
    Page(usize),
    /// A page of an earlier run: its URL, or its id where it had none.
    Earlier(&'a str),
}

/// The place of a page in a cluster.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Standing<'a> {
    /// The cluster: the hash of its canonical text, whichever pages there are.
    pub cluster: Content,
    /// How the page stands to the canonical one.
    pub relation: Relation,
    /// The Jaccard similarity to the canonical text; for [`Relation::Contained`] the share that lies in it.
    pub similarity: f64,
    /// Whether that is exact, or estimated by signatures.
    pub is_exact: bool,
    /// The canonical page.
    pub kept: Kept<'a>,
    /// Pages in the cluster, one of an earlier run included.
    pub size: usize,
}

/// Pages that say the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Cluster<'a> {
    /// See [`Standing::cluster`].
    pub id: Content,
    /// The canonical page.
    pub kept: Kept<'a>,
    /// The pages of this run, the canonical one first, then the most similar; with equal similarity by URL.
    pub pages: Vec<usize>,
}

/// What was done to find the clusters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Pairs that shared a band, of which the signatures were compared.
    pub estimated: u64,
    /// Pairs of which the sets were compared.
    pub compared: u64,
}

/// What became of a text.
#[derive(Clone, Copy, Debug)]
struct Fate {
    /// The number of the canonical item it belongs to, see [`Clustering`].
    item: u32,
    similarity: f64,
    relation: Relation,
    is_exact: bool,
}

/// The clusters of a collection of pages.
#[derive(Debug)]
pub struct Clusters {
    sketches: Sketches,
    earlier: Index,
    /// By text.
    fates: Vec<Fate>,
    /// The best page of each text.
    best: Vec<u32>,
    /// The texts in their rank.
    ranked: Vec<u32>,
    /// Pages of this run by the item that they belong to.
    sizes: Vec<u32>,
    bands: Bands,
    work: Work,
}

impl Sketches {
    /// Finds the clusters, among these pages and with those of `earlier`, whose texts all stay what they were:
    /// canonical.
    ///
    /// # Errors
    /// When sets of shingles cannot be read back.
    pub fn cluster(mut self, rules: &Rules, earlier: Index) -> io::Result<Clusters> {
        let best = self.best_pages(rules.canonical);
        let ranked = self.ranked(rules.canonical, &best);
        let bands = Bands::for_threshold(rules.threshold, self.method.slots);
        let mut clustering = Clustering {
            sketches: &self,
            earlier: &earlier,
            ranked: &ranked,
            rules,
            bands,
            index: LshIndex::new(bands),
            fates: vec![None; self.texts.len()],
            work: Work::default(),
        };
        clustering.equal_to_earlier();
        clustering.near()?;
        if let Some(share) = rules.containment {
            clustering.contained(share)?;
        }
        let (fates, work) = (clustering.fates, clustering.work);
        let alone = |text: usize| Fate::canonical(text as u32);
        let fates: Vec<Fate> =
            fates.into_iter().enumerate().map(|(text, fate)| fate.unwrap_or_else(|| alone(text))).collect();
        let mut sizes = vec![0; earlier.len() + ranked.len()];
        for page in &self.pages {
            if let Some(fate) = fates.get(page.text as usize)
                && let Some(size) = sizes.get_mut(fate.item as usize)
            {
                *size += 1;
            }
        }
        self.numbers = HashMap::new();
        Ok(Clusters { sketches: self, earlier, fates, best, ranked, sizes, bands, work })
    }

    /// The page of each text that stays if any does.
    fn best_pages(&self, rule: Canonical) -> Vec<u32> {
        let mut best = vec![u32::MAX; self.texts.len()];
        for (number, page) in (0..).zip(&self.pages) {
            if let Some(best) = best.get_mut(page.text as usize)
                && (*best == u32::MAX || self.order_of_pages(rule, number, *best).is_lt())
            {
                *best = number;
            }
        }
        best
    }

    fn order_of_pages(&self, rule: Canonical, one: u32, other: u32) -> Ordering {
        let key = |page: u32| {
            let url = self.url(page as usize);
            (self.date_rank(rule, page), url.len(), url, self.pages.get(page as usize).map(|page| page.id), page)
        };
        key(one).cmp(&key(other))
    }

    /// What the date of a page is worth, the least first.
    fn date_rank(&self, rule: Canonical, page: u32) -> i64 {
        let date = self.pages.get(page as usize).and_then(|page| page.date);
        match (rule, date) {
            (Canonical::Newest, Some(date)) => date.saturating_neg().min(i64::MAX - 1),
            (Canonical::Oldest, Some(date)) => date.min(i64::MAX - 1),
            (Canonical::Newest | Canonical::Oldest, None) => i64::MAX,
            (Canonical::Longest | Canonical::ShortestUrl, _) => 0,
        }
    }

    /// The texts, those first that rather stay.
    fn ranked(&self, rule: Canonical, best: &[u32]) -> Vec<u32> {
        let mut ranked: Vec<u32> = (0..self.texts.len() as u32).collect();
        ranked.sort_by_cached_key(|text| {
            let facts = self.texts.get(*text as usize);
            let page = best.get(*text as usize).copied().unwrap_or(u32::MAX);
            let first = match rule {
                Canonical::Longest => Reverse(facts.map_or(0, |facts| facts.length)),
                Canonical::ShortestUrl => Reverse(u64::MAX - self.url(page as usize).len() as u64),
                Canonical::Newest | Canonical::Oldest => Reverse(0),
            };
            (self.date_rank(rule, page), first, facts.map(|facts| (facts.content, facts.scope)))
        });
        ranked
    }
}

impl Fate {
    fn canonical(item: u32) -> Self {
        Self { item, similarity: 1.0, relation: Relation::Canonical, is_exact: true }
    }
}

/// Clusters in the making. An item is a canonical text: first come those of the earlier index, then the texts of this
/// run by their rank.
struct Clustering<'a> {
    sketches: &'a Sketches,
    earlier: &'a Index,
    ranked: &'a [u32],
    rules: &'a Rules,
    bands: Bands,
    index: LshIndex,
    /// By text; `None` while it is not known.
    fates: Vec<Option<Fate>>,
    work: Work,
}

/// A canonical text that is similar enough.
#[derive(Clone, Copy)]
struct Match {
    item: u32,
    similarity: f64,
    is_exact: bool,
}

impl Clustering<'_> {
    /// Texts that an earlier run has kept.
    fn equal_to_earlier(&mut self) {
        for item in 0..self.earlier.len() {
            let Some(facts) = self.earlier.text(item) else { continue };
            if let Some(text) = self.sketches.numbers.get(&(facts.content, facts.scope)).copied()
                && let Some(fate) = self.fates.get_mut(text as usize)
            {
                let equal = Fate { relation: Relation::Equal, ..Fate::canonical(item as u32) };
                // Should the index hold a text twice, the first counts.
                fate.get_or_insert(equal);
            }
        }
    }

    /// Finds texts that are similar to a canonical one, and makes the others canonical.
    fn near(&mut self) -> io::Result<()> {
        let mut keys = Vec::new();
        for item in 0..self.earlier.len() {
            let scope = self.earlier.text(item).map_or(0, |facts| facts.scope);
            self.bands.keys(self.sketches.method.seed ^ scope, self.earlier.signature(item), &mut keys);
            self.index.insert(item as u32, &keys);
        }
        let mut candidates = Vec::new();
        for (item, text) in (self.earlier.len() as u32..).zip(self.ranked) {
            if self.fates.get(*text as usize).is_some_and(Option::is_some) {
                continue;
            }
            let Some(facts) = self.sketches.texts.get(*text as usize).copied() else { continue };
            self.bands.keys(self.sketches.method.seed ^ facts.scope, self.sketches.signature(*text), &mut keys);
            self.index.candidates(&keys, &mut candidates);
            let found = self.best_match(*text, facts, &candidates)?;
            let fate = match found {
                Some(Match { item, similarity, is_exact }) => {
                    Fate { item, similarity, relation: Relation::Near, is_exact }
                }
                None => {
                    self.index.insert(item, &keys);
                    Fate::canonical(item)
                }
            };
            if let Some(of_text) = self.fates.get_mut(*text as usize) {
                *of_text = Some(fate);
            }
        }
        Ok(())
    }

    /// The candidate that a text is most similar to, if that is similar enough; of equals the one that ranks first.
    fn best_match(&mut self, text: u32, facts: TextFacts, candidates: &[u32]) -> io::Result<Option<Match>> {
        if candidates.is_empty() {
            return Ok(None);
        }
        let threshold = self.rules.threshold;
        let deviation = deviation(threshold, self.sketches.method.slots);
        let signature = self.sketches.signature(text);
        let mut estimates: Vec<(f64, u32)> = candidates
            .iter()
            .filter(|item| self.facts(**item).is_some_and(|other| other.scope == facts.scope))
            .map(|item| (similarity(signature, self.signature(*item)), *item))
            .filter(|(estimate, _)| *estimate >= threshold - DEVIATIONS * deviation)
            .collect();
        self.work.estimated += candidates.len() as u64;
        estimates.sort_unstable_by(|(one, a), (other, b)| other.total_cmp(one).then(a.cmp(b)));

        let own = if estimates.is_empty() { None } else { Some(self.sketches.shingles.get(text as usize)?) };
        let mut best: Option<Match> = None;
        let mut compared = 0;
        for (estimate, item) in estimates {
            // What is so much less similar by its signature is not more similar in truth.
            if compared == COMPARED || best.is_some_and(|best| estimate + 2.0 * deviation < best.similarity) {
                break;
            }
            let found = match (self.text_of(item), &own) {
                (Some(other), Some(own)) => {
                    compared += 1;
                    let other = self.sketches.shingles.get(other as usize)?;
                    Match { item, similarity: jaccard(own, &other), is_exact: true }
                }
                _ => Match { item, similarity: estimate, is_exact: false },
            };
            let better = best.is_none_or(|best| {
                found.similarity > best.similarity || found.similarity == best.similarity && found.item < best.item
            });
            if found.similarity >= threshold && better {
                best = Some(found);
            }
        }
        self.work.compared += compared as u64;
        Ok(best)
    }

    /// Finds canonical texts that lie in another canonical one, and moves all of their cluster there if all of it does.
    fn contained(&mut self, share: f64) -> io::Result<()> {
        let mut clusters: HashMap<u32, Vec<u32>> = HashMap::new();
        for (text, fate) in (0..).zip(&self.fates) {
            if let Some(fate) = fate.filter(|fate| self.text_of(fate.item).is_some()) {
                clusters.entry(fate.item).or_default().push(text);
            }
        }
        // The largest first: what lies in a text that lies in another is looked for in the other.
        let mut items: Vec<u32> = clusters.keys().copied().collect();
        items.sort_unstable_by_key(|item| (Reverse(self.size(*item)), *item));
        let containers = self.containers(&items, share)?;
        let mut moved = vec![false; self.earlier.len() + self.ranked.len()];
        for item in &items {
            let mut whole = None;
            for container in containers.get(item).into_iter().flatten() {
                let is_root = moved.get(*container as usize) == Some(&false);
                if is_root && let Some(shares) = self.all_inside(clusters.get(item), *container, share)? {
                    whole = Some((*container, shares));
                    break;
                }
            }
            let Some((container, shares)) = whole else { continue };
            if let Some(moved) = moved.get_mut(*item as usize) {
                *moved = true;
            }
            for (text, share) in shares {
                let relation = Relation::Contained;
                let fate = Fate { item: container, similarity: share, relation, is_exact: true };
                if let Some(of_text) = self.fates.get_mut(text as usize) {
                    *of_text = Some(fate);
                }
            }
        }
        Ok(())
    }

    /// For each item, the larger ones in which it lies with `share` at least, those first in which most of it lies.
    fn containers(&mut self, items: &[u32], share: f64) -> io::Result<HashMap<u32, Vec<u32>>> {
        let mut index = ContainmentIndex::new(share);
        for item in items {
            index.insert(*item, &self.set(*item)?);
        }
        let mut found: HashMap<u32, Vec<(Reverse<u64>, u32)>> = HashMap::new();
        let (mut candidates, mut compared) = (Vec::new(), 0);
        for container in items {
            let large = self.set(*container)?;
            index.candidates(&large, &mut candidates);
            let scope = self.facts(*container).map(|facts| facts.scope);
            for item in &candidates {
                if self.size(*item) >= large.len() || self.facts(*item).map(|facts| facts.scope) != scope {
                    continue;
                }
                compared += 1;
                let inside = containment(&self.set(*item)?, &large);
                if inside >= share {
                    let best = found.entry(*item).or_default();
                    best.push((Reverse(inside.to_bits()), *container));
                    best.sort_unstable();
                    best.truncate(CONTAINERS);
                }
            }
        }
        self.work.compared += compared;
        let items = |found: Vec<(Reverse<u64>, u32)>| found.into_iter().map(|(_, item)| item).collect();
        Ok(found.into_iter().map(|(item, containers)| (item, items(containers))).collect())
    }

    /// The share of each of these texts that lies in an item, if that is enough for all of them.
    fn all_inside(&self, texts: Option<&Vec<u32>>, container: u32, share: f64) -> io::Result<Option<Vec<(u32, f64)>>> {
        let large = self.set(container)?;
        let mut shares = Vec::new();
        for text in texts.into_iter().flatten() {
            let inside = containment(&self.sketches.shingles.get(*text as usize)?, &large);
            if inside < share {
                return Ok(None);
            }
            shares.push((*text, inside));
        }
        Ok(Some(shares))
    }

    /// The text of an item of this run.
    fn text_of(&self, item: u32) -> Option<u32> {
        self.ranked.get((item as usize).checked_sub(self.earlier.len())?).copied()
    }

    fn facts(&self, item: u32) -> Option<TextFacts> {
        match self.text_of(item) {
            Some(text) => self.sketches.texts.get(text as usize).copied(),
            None => self.earlier.text(item as usize),
        }
    }

    fn signature(&self, item: u32) -> &[u32] {
        match self.text_of(item) {
            Some(text) => self.sketches.signature(text),
            None => self.earlier.signature(item as usize),
        }
    }

    fn set(&self, item: u32) -> io::Result<std::borrow::Cow<'_, [u32]>> {
        match self.text_of(item) {
            Some(text) => self.sketches.shingles.get(text as usize),
            None => Ok((&[]).into()),
        }
    }

    fn size(&self, item: u32) -> usize {
        self.text_of(item).map_or(0, |text| self.sketches.shingles.size(text as usize))
    }
}

impl Clusters {
    /// The pages.
    pub fn sketches(&self) -> &Sketches {
        &self.sketches
    }

    /// How candidates were found.
    pub fn bands(&self) -> Bands {
        self.bands
    }

    /// What was done to find the clusters.
    pub fn work(&self) -> Work {
        self.work
    }

    /// The place of a page in its cluster; `None` when it is alone, or blank.
    pub fn standing(&self, page: usize) -> Option<Standing<'_>> {
        let text = self.sketches.pages.get(page)?.text;
        let fate = *self.fates.get(text as usize)?;
        let size = self.size(fate.item);
        if size < 2 {
            return None;
        }
        let relation = match fate.relation {
            Relation::Canonical if self.best.get(text as usize) != Some(&(page as u32)) => Relation::Equal,
            relation => relation,
        };
        Some(Standing {
            cluster: self.id(fate.item)?,
            relation,
            similarity: fate.similarity,
            is_exact: fate.is_exact,
            kept: self.kept(fate.item)?,
            size,
        })
    }

    /// The URL of a canonical page, or its id where it has none.
    pub fn name<'a>(&'a self, kept: Kept<'a>) -> &'a str {
        match kept {
            Kept::Page(page) => self.sketches.name(page),
            Kept::Earlier(name) => name,
        }
    }

    /// All clusters of more than one page, by their ids.
    pub fn clusters(&self) -> Vec<Cluster<'_>> {
        let mut pages: Vec<(Content, u32, usize)> = Vec::new();
        for (number, page) in self.sketches.pages.iter().enumerate() {
            let Some(fate) = self.fates.get(page.text as usize).filter(|_| page.text != NO_TEXT) else { continue };
            if self.size(fate.item) > 1
                && let Some(id) = self.id(fate.item)
            {
                pages.push((id, fate.item, number));
            }
        }
        pages.sort_by(|one, other| {
            one.0.cmp(&other.0).then(one.1.cmp(&other.1)).then_with(|| self.order_of_members(one.2, other.2))
        });
        let clusters = pages.chunk_by(|one, other| one.1 == other.1);
        let cluster = |pages: &[(Content, u32, usize)]| {
            let (id, item, _) = *pages.first()?;
            Some(Cluster { id, kept: self.kept(item)?, pages: pages.iter().map(|(.., page)| *page).collect() })
        };
        clusters.filter_map(cluster).collect()
    }

    /// What a later run compares its pages with: the texts that stay, and those that stayed earlier.
    pub fn into_index(self) -> Index {
        let mut index = self.earlier;
        for (place, text) in self.ranked.iter().enumerate() {
            let item = (self.sizes.len() - self.ranked.len() + place) as u32;
            let stays = self.fates.get(*text as usize).is_some_and(|fate| fate.item == item);
            if let (true, Some(facts), Some(page)) =
                (stays, self.sketches.texts.get(*text as usize), self.best.get(*text as usize))
            {
                index.push(*facts, self.sketches.name(*page as usize), self.sketches.signature(*text));
            }
        }
        index
    }

    /// The canonical page first, then the most similar.
    fn order_of_members(&self, one: usize, other: usize) -> Ordering {
        let key = |page: usize| {
            let standing = self.standing(page);
            let similarity = standing.map_or(0, |standing| standing.similarity.to_bits());
            let id = self.sketches.pages.get(page).map(|page| page.id);
            (standing.map(|standing| standing.relation), Reverse(similarity), self.sketches.url(page), id, page)
        };
        key(one).cmp(&key(other))
    }

    /// Pages in the cluster of an item.
    fn size(&self, item: u32) -> usize {
        let pages = self.sizes.get(item as usize).copied().unwrap_or(0) as usize;
        pages + usize::from((item as usize) < self.earlier.len())
    }

    fn kept(&self, item: u32) -> Option<Kept<'_>> {
        match (item as usize).checked_sub(self.earlier.len()) {
            None => Some(Kept::Earlier(self.earlier.url(item as usize))),
            Some(place) => Some(Kept::Page(*self.best.get(*self.ranked.get(place)? as usize)? as usize)),
        }
    }

    fn id(&self, item: u32) -> Option<Content> {
        let facts = match (item as usize).checked_sub(self.earlier.len()) {
            None => self.earlier.text(item as usize)?,
            Some(place) => *self.sketches.texts.get(*self.ranked.get(place)? as usize)?,
        };
        // Equal texts of two sites are two clusters.
        let scope = u128::from(facts.scope);
        Some(Content((u128::from_be_bytes(facts.content.0) ^ scope).to_be_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::similar::{About, Method, ShingleStore, Sketch, Sketcher};
    use proptest::prelude::*;

    /// A page as the tests write it: URL, text, date.
    type Written = (String, String, Option<i64>);

    fn sketches(pages: &[Written], method: Method) -> io::Result<Sketches> {
        let mut sketcher = Sketcher::new(method);
        let mut sketches = Sketches::new(method, ShingleStore::in_memory());
        for (url, text, date) in pages {
            let site = url.split('/').next().unwrap_or_default();
            sketches.add(&About { url, site, date: *date, id: None }, &sketcher.sketch(text))?;
        }
        Ok(sketches)
    }

    fn cluster(pages: &[Written], rules: &Rules) -> io::Result<Clusters> {
        let method = Method::default();
        sketches(pages, method)?.cluster(rules, Index::new(method))
    }

    fn page(url: &str, text: &str) -> Written {
        (url.to_owned(), text.to_owned(), None)
    }

    /// So many words that no other `topic` has, of which those in `changed` are others.
    fn text(topic: usize, words: usize, changed: &[usize]) -> String {
        let word = |n: usize| if changed.contains(&n) { format!("x{topic}y{n} ") } else { format!("t{topic}w{n} ") };
        (0..words).map(word).collect()
    }

    /// What a cluster is, without the numbers of its pages.
    fn described(clusters: &Clusters) -> Vec<String> {
        let of_page = |page: &usize| {
            let standing = clusters.standing(*page);
            standing.map(|s| {
                format!("{} {} {:?} {:.9}", clusters.sketches().url(*page), s.cluster, s.relation, s.similarity)
            })
        };
        let of_cluster = |cluster: &Cluster<'_>| {
            let pages: Vec<String> = cluster.pages.iter().filter_map(of_page).collect();
            format!("{}: {}", cluster.id, pages.join(", "))
        };
        clusters.clusters().iter().map(of_cluster).collect()
    }

    fn relations(clusters: &Clusters) -> Vec<Option<(Relation, usize)>> {
        let of_page = |page| {
            clusters.standing(page).map(|standing| match standing.kept {
                Kept::Page(kept) => (standing.relation, kept),
                Kept::Earlier(_) => (standing.relation, usize::MAX),
            })
        };
        (0..clusters.sketches().len()).map(of_page).collect()
    }

    #[test]
    fn equal_near_and_other_pages_are_told_apart() -> io::Result<()> {
        let whole = text(1, 200, &[]);
        let pages = [
            page("a/longer/url", &whole),
            page("a/url", &whole),
            page("b/near", &text(1, 199, &[77])),
            page("c/other", &text(2, 200, &[])),
            page("d/blank", " "),
            page("e/blank", ""),
        ];
        let clusters = cluster(&pages, &Rules::default())?;
        let near = Some((Relation::Near, 1));
        let expected = [Some((Relation::Equal, 1)), Some((Relation::Canonical, 1)), near, None, None, None];
        assert_eq!(relations(&clusters), expected);
        let standing = clusters.standing(2);
        assert!(
            standing.is_some_and(|s| s.is_exact && s.size == 3 && (0.9..0.96).contains(&s.similarity)),
            "{standing:?}"
        );
        Ok(())
    }

    #[test]
    fn pages_that_resemble_their_neighbours_only_are_no_chain() -> io::Result<()> {
        // Each differs from the one before in eight words of 300, the first from the last in all of them.
        let changed: Vec<usize> = (0..300).collect();
        let pages: Vec<Written> =
            (0..30).map(|n| page(&format!("p/{n:02}"), &text(1, 300, &changed[..n * 10]))).collect();
        let clusters = cluster(&pages, &Rules { threshold: 0.7, ..Rules::default() })?;
        let found = clusters.clusters();
        assert!(found.len() > 3, "{}", found.len());
        for standing in (0..pages.len()).filter_map(|page| clusters.standing(page)) {
            assert!(standing.similarity >= 0.7);
        }
        Ok(())
    }

    #[test]
    fn the_rule_says_which_page_stays() -> io::Result<()> {
        let dated = |url: &str, words, date| (url.to_owned(), text(1, words, &[]), date);
        let pages = [
            dated("a/1", 300, None),
            dated("a/22", 299, Some(50)),
            dated("a/333", 298, Some(-9)),
            dated("b", 297, Some(7)),
        ];
        for (canonical, kept) in
            [(Canonical::Longest, 0), (Canonical::Newest, 1), (Canonical::Oldest, 2), (Canonical::ShortestUrl, 3)]
        {
            let clusters = cluster(&pages, &Rules { canonical, ..Rules::default() })?;
            assert_eq!(
                clusters.clusters().first().map(|cluster| cluster.kept),
                Some(Kept::Page(kept)),
                "{canonical:?}"
            );
        }
        Ok(())
    }

    #[test]
    fn pages_of_two_sites_are_joined_only_if_asked() -> io::Result<()> {
        let whole = text(1, 100, &[]);
        let pages = [page("a/1", &whole), page("b/1", &whole), page("b/2", &text(1, 100, &[99])), page("b/3", &whole)];
        for (by_site, joined) in [(false, 4), (true, 3)] {
            let method = Method { by_site, ..Method::default() };
            let clusters = sketches(&pages, method)?.cluster(&Rules::default(), Index::new(method))?;
            assert_eq!(clusters.clusters().iter().map(|cluster| cluster.pages.len()).collect::<Vec<_>>(), [joined]);
        }
        Ok(())
    }

    #[test]
    fn a_page_that_lies_in_another_is_a_member_if_asked_and_its_cluster_follows_whole() -> io::Result<()> {
        let archive = text(1, 100, &[]) + &text(2, 100, &[]) + &text(3, 100, &[]);
        let pages = [
            page("archive", &archive),
            page("one", &text(1, 100, &[])),
            // Near the page before, but not in the archive as far as is asked.
            page("two", &text(2, 100, &[])),
            page("two/comments", &(text(2, 100, &[]) + "a few words more")),
            page("short", "t3w1 t3w2 t3w3"),
        ];
        assert!(relations(&cluster(&pages, &Rules::default())?)[1].is_none());
        let clusters = cluster(&pages, &Rules { containment: Some(0.97), ..Rules::default() })?;
        let two = [Some((Relation::Near, 3)), Some((Relation::Canonical, 3))];
        assert_eq!(
            relations(&clusters),
            [Some((Relation::Canonical, 0)), Some((Relation::Contained, 0)), two[0], two[1], None]
        );
        let clusters = cluster(&pages, &Rules { containment: Some(0.9), ..Rules::default() })?;
        assert_eq!(relations(&clusters)[2..4], [Some((Relation::Contained, 0)); 2]);
        Ok(())
    }

    #[test]
    fn what_an_earlier_run_kept_is_not_kept_again() -> io::Result<()> {
        let method = Method::default();
        let first = [page("old/1", &text(1, 200, &[])), page("old/2", &text(2, 200, &[]))];
        let index = cluster(&first, &Rules::default())?.into_index();
        let second = [
            page("new/1", &text(1, 200, &[])),
            page("new/2", &text(2, 200, &[50])),
            page("new/3", &text(3, 200, &[])),
            page("new/4", &text(1, 200, &[])),
        ];
        let clusters = sketches(&second, method)?.cluster(&Rules::default(), index)?;
        let standing = |page| clusters.standing(page).map(|s| (s.relation, s.kept, s.is_exact, s.size));
        assert_eq!(standing(0), Some((Relation::Equal, Kept::Earlier("old/1"), true, 3)));
        assert_eq!(standing(1), Some((Relation::Near, Kept::Earlier("old/2"), false, 2)));
        assert_eq!(standing(2), None);
        assert_eq!(clusters.clusters().iter().map(|cluster| cluster.pages.len()).sum::<usize>(), 3);
        assert_eq!(clusters.into_index().len(), 3);
        Ok(())
    }

    #[test]
    fn many_pages_in_one_bucket_cost_linear_work() -> io::Result<()> {
        // An attacker's pages: not alike, but the first band of their signatures is.
        let method = Method::default();
        let work = |pages: u64| {
            let mut sketches = Sketches::new(method, ShingleStore::in_memory());
            for number in 0..pages {
                let slots = (0..method.slots as u64)
                    .map(|slot| if slot < 6 { 7 } else { super::super::split_mix(number, slot) as u32 });
                let sketch = Sketch {
                    content: Some(Content::of(&number.to_string())),
                    length: 1,
                    shingles: vec![number as u32],
                    signature: slots.collect::<Vec<u32>>().into(),
                };
                sketches.add(&About::default(), &sketch)?;
            }
            let clusters = sketches.cluster(&Rules::default(), Index::new(method))?;
            assert!(clusters.clusters().is_empty());
            Ok::<u64, io::Error>(clusters.work().estimated)
        };
        let (one, two) = (work(2000)?, work(4000)?);
        assert!(one <= 2000 * super::super::lsh::BUCKET as u64 && two <= 4000 * super::super::lsh::BUCKET as u64);
        assert!(one > 2000, "the attack has no effect");
        Ok(())
    }

    #[test]
    fn many_equal_pages_and_many_pages_alike_cost_a_look_each() -> io::Result<()> {
        let pages: Vec<Written> = (0..3000).map(|n| page(&n.to_string(), &text(1, 60, &[n % 60]))).collect();
        let clusters = cluster(&pages, &Rules { threshold: 0.7, ..Rules::default() })?;
        assert!(clusters.clusters().iter().map(|cluster| cluster.pages.len()).sum::<usize>() > 2900);
        assert!(clusters.work().compared <= 60 * COMPARED as u64, "{:?}", clusters.work());
        Ok(())
    }

    /// The clusters by their definition: every canonical text compared with every text.
    fn naive(pages: &[Written], rules: &Rules) -> Vec<Option<(Relation, usize)>> {
        let mut sketcher = Sketcher::new(Method::default());
        let sketches: Vec<Sketch> = pages.iter().map(|(_, text, _)| sketcher.sketch(text)).collect();
        let mut order: Vec<usize> = (0..pages.len()).filter(|page| sketches[*page].content.is_some()).collect();
        order.sort_by_key(|page| {
            let (url, ..) = &pages[*page];
            (Reverse(sketches[*page].length), sketches[*page].content, url.len(), url)
        });
        let mut kept: Vec<usize> = Vec::new();
        let mut fates: Vec<Option<(Relation, usize)>> = vec![None; pages.len()];
        for page in order {
            let equal = kept.iter().find(|kept| sketches[**kept].content == sketches[page].content);
            let twin = fates
                .iter()
                .enumerate()
                .find(|(other, fate)| fate.is_some() && sketches[*other].content == sketches[page].content);
            let mut best: Option<(f64, usize)> = None;
            for other in &kept {
                let similarity = jaccard(&sketches[page].shingles, &sketches[*other].shingles);
                if similarity >= rules.threshold && best.is_none_or(|(best, _)| similarity > best) {
                    best = Some((similarity, *other));
                }
            }
            fates[page] = match (equal, twin, best) {
                (Some(equal), ..) => Some((Relation::Equal, *equal)),
                (None, Some((_, fate)), _) => *fate,
                (None, None, Some((_, best))) => Some((Relation::Near, best)),
                (None, None, None) => {
                    kept.push(page);
                    Some((Relation::Canonical, page))
                }
            };
        }
        for page in kept {
            if fates.iter().flatten().filter(|(_, kept)| *kept == page).count() == 1 {
                fates[page] = None;
            }
        }
        fates
    }

    prop_compose! {
        /// Pages of a few topics, of which words were changed here and there.
        fn pages()(seeds in prop::collection::vec((0_usize..4, 20_usize..60, prop::collection::vec(0_usize..60, 0..4), 0_u8..3), 0..25)) -> Vec<Written> {
            seeds.into_iter().enumerate().map(|(number, (topic, words, changed, site))| {
                let date = (number % 3 > 0).then_some(words as i64);
                (format!("{site}/{number}"), text(topic, words, &changed), date)
            }).collect()
        }
    }

    proptest! {
        #[test]
        fn clusters_are_those_of_the_definition(pages in pages(), threshold in 0.3..0.95_f64) {
            let rules = Rules { threshold, ..Rules::default() };
            let clusters = cluster(&pages, &rules)?;
            let (found, expected) = (relations(&clusters), naive(&pages, &rules));
            // Bands find nearly every pair at the threshold, not every one.
            let other = found.iter().zip(&expected).filter(|(found, expected)| found != expected).count();
            prop_assert!(other * 5 <= pages.len() || other <= 4, "{found:?}\n{expected:?}");
        }

        #[test]
        fn clusters_do_not_depend_on_the_order_of_pages(
            pages in pages(), canonical in prop::sample::select(vec![Canonical::Longest, Canonical::Newest, Canonical::Oldest, Canonical::ShortestUrl]),
            containment in prop::option::of(0.7..1.0_f64), rotate in 0_usize..25
        ) {
            let rules = Rules { threshold: 0.6, canonical, containment };
            let mut other = pages.clone();
            other.reverse();
            other.rotate_left(rotate.min(pages.len()));
            prop_assert_eq!(described(&cluster(&pages, &rules)?), described(&cluster(&other, &rules)?));
        }

        #[test]
        fn every_member_is_as_similar_to_the_canonical_page_as_is_said(pages in pages(), threshold in 0.3..0.95_f64) {
            let clusters = cluster(&pages, &Rules { threshold, ..Rules::default() })?;
            let mut sketcher = Sketcher::new(Method::default());
            for (page, (_, text, _)) in pages.iter().enumerate() {
                let Some(standing) = clusters.standing(page) else { continue };
                let Kept::Page(kept) = standing.kept else { continue };
                let truth = jaccard(&sketcher.sketch(text).shingles, &sketcher.sketch(&pages[kept].1).shingles);
                prop_assert!(truth >= threshold && truth == standing.similarity && standing.is_exact);
            }
        }
    }
}
