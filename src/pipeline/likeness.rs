//! The reading in which near-duplicates are found.
//!
//! Every page is judged as it will be when it is written, and what is left of it is sketched, on all threads; one
//! thread gathers the sketches in the order of the input. Pages are compared without their chrome: shared chrome makes
//! pages alike that have nothing to do with each other.

use std::sync::Arc;

use rayon::ThreadPool;

use super::held::{Held, Turn};
use super::{Context, Item, Judging, Progress};
use crate::census::Log;
use crate::config::{Duplicates, Results, Settings};
use crate::error::{Error, Result, guarded};
use crate::ordered;
use crate::report::summary::Likeness;
use crate::similar::store::HELD;
use crate::similar::{About, Canonical, Clusters, Index, Method, Rules, ShingleStore, Sketch, Sketcher, Sketches};
use crate::sink::Plan;
use crate::sink::clusters::{self, Finished};
use crate::source::{Batch, Source};

/// What is needed to look for near-duplicates.
pub(super) struct Search {
    method: Method,
    rules: Rules,
    /// The pages that were kept before.
    earlier: Index,
}

impl Search {
    /// A search, if anything that was asked for needs one.
    ///
    /// # Errors
    /// When the index of an earlier run cannot be used.
    pub(super) fn prepare(plan: &Plan, settings: &Settings) -> Result<Option<Self>> {
        let results = &settings.results;
        let files = [&plan.clusters, &plan.index, &plan.save_index];
        if results.duplicates == Duplicates::Keep && files.iter().all(|file| file.is_none()) {
            return Ok(None);
        }
        let mut search = Self::new(results);
        if let Some(path) = &plan.index {
            search.earlier = clusters::load(path, search.method)?;
        }
        Ok(Some(search))
    }

    /// A search among the pages of this run.
    pub(super) fn new(results: &Results) -> Self {
        let method = results.method();
        Self { method, rules: results.similar, earlier: Index::new(method) }
    }
}

/// The input, to be read once more.
pub(super) struct Pass<'a> {
    pub context: &'a Context<'a>,
    pub sources: &'a [Source],
    /// What was held of an earlier reading.
    pub held: &'a Held,
    /// The lines of each batch.
    pub logs: &'a [Arc<Log>],
}

/// What the reading found.
pub(super) struct Found {
    pub clusters: Clusters,
    /// Pages of each batch.
    pub pages: Vec<usize>,
}

/// A page, once it is sketched.
struct Seen {
    url: Box<str>,
    site: Box<str>,
    id: Option<Box<str>>,
    date: Option<i64>,
    sketch: Sketch,
}

impl Pass<'_> {
    /// Sketches all pages and finds those that are alike.
    ///
    /// # Errors
    /// When the shingles cannot be stored, or a signal asks the run to stop.
    pub(super) fn search(&self, search: Search, judging: &Judging<'_>, progress: &mut Progress) -> Result<Found> {
        let Search { method, rules, earlier } = search;
        let folder = &self.context.settings.running.temp_dir;
        let mut sketches = Sketches::new(method, ShingleStore::new(HELD, folder));
        let mut pages = Vec::new();
        let mut again = self.held.iter(self.sources, self.context);
        let mut logs = self.logs.iter();
        ordered::map(
            &self.context.pool,
            self.context.ahead(),
            || {
                Ok(again.next()?.map(|turn| {
                    let is_end = matches!(turn, Turn::Read(Item::End(..)) | Turn::Held(Item::End(..)));
                    let log = if is_end { None } else { logs.next() };
                    (turn, log)
                }))
            },
            |(turn, log)| {
                on_batch(turn, self.context.settings, |batch| (sketched(batch, log, judging, method), batch.progress))
            },
            |seen| {
                let Some((seen, done)) = seen else { return Ok(()) };
                pages.push(seen.len());
                for page in &seen {
                    let about = About { url: &page.url, site: &page.site, id: page.id.as_deref(), date: page.date };
                    sketches.add(&about, &page.sketch).map_err(Error::writing(folder))?;
                }
                progress.done = (progress.done + done).min(progress.total);
                (self.context.progress)(*progress);
                self.context.check_stop()
            },
        )?;
        let clusters = sketches.cluster(&rules, earlier).map_err(Error::reading(folder))?;
        Ok(Found { clusters, pages })
    }
}

/// Has `work` done on the batch of an item, if it is one.
fn on_batch<T>(turn: Turn<&Item>, settings: &Settings, work: impl FnOnce(&Batch) -> T) -> Option<T> {
    match turn {
        Turn::Held(Item::Batch(_, batch)) => Some(work(batch)),
        Turn::Read(Item::Batch(_, batch)) => Some(work(&batch)),
        Turn::Read(Item::Raw(_, raw)) => Some(work(&raw.parse(settings))),
        // What is held has been parsed.
        Turn::Held(Item::Raw(..) | Item::End(..)) | Turn::Read(Item::End(..)) => None,
    }
}

/// Judges and sketches the pages of a batch.
fn sketched(batch: &Batch, log: Option<&Arc<Log>>, judging: &Judging<'_>, method: Method) -> Vec<Seen> {
    let no_log = Log::default();
    let log = log.map_or(&no_log, |log| &**log);
    let wants_date = matches!(judging.settings.results.similar.canonical, Canonical::Newest | Canonical::Oldest);
    let mut sketcher = Sketcher::new(method);
    let mut text = String::new();
    let mut seen = Vec::with_capacity(batch.slots.len());
    judging.pages(batch, 0, log, |_, judged| {
        judged.kept_text(&mut text);
        let sketch = guarded(|| sketcher.sketch(&text)).unwrap_or_else(|_| {
            // A page on which dehusk fails resembles no other.
            sketcher = Sketcher::new(method);
            sketcher.sketch("")
        });
        let page = judged.page;
        seen.push(Seen {
            url: page.url.into(),
            site: if method.by_site { page.site.into() } else { Box::default() },
            id: page.id.map(Into::into),
            date: if wants_date { batch.date(judged.slot) } else { None },
            sketch,
        });
    });
    seen
}

/// What was found, in figures.
pub(super) fn figures(found: &Clusters) -> Likeness {
    let clusters = found.clusters();
    let pages = clusters.iter().map(|cluster| cluster.pages.len() as u64).sum();
    Likeness { clusters: clusters.len() as u64, pages, bands: found.bands() }
}

/// The files of their own that the plan asks for.
///
/// # Errors
/// When one cannot be written.
pub(super) fn outputs(found: Clusters, plan: &Plan, pool: &Arc<ThreadPool>) -> Result<Vec<Finished>> {
    let mut outputs = Vec::new();
    if let Some(path) = &plan.clusters {
        outputs.push(clusters::list(&found, path, plan.force, pool)?);
    }
    if let Some(path) = &plan.save_index {
        outputs.push(clusters::index(&found.into_index(), path, plan.force)?);
    }
    Ok(outputs)
}
