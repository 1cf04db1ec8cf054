//! The runs: reading the census, judging, writing.
//!
//! Reading 1 logs every page in the [`Census`]; then every site is counted; reading 2 gives every page its verdicts
//! and writes it. If near-duplicates are looked for, there is a reading between, which compares what the verdicts
//! leave of the pages (`likeness`). What fits in memory is held between the readings (`held`), the rest is read again.
//! How much that is, how many threads there are and how large batches are changes no byte of the output.

mod held;
mod likeness;
mod workers;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use rayon::ThreadPool;

use crate::census::{Census, Log};
use crate::chrome::{Rule, Sites, Verdict};
use crate::config::{Duplicates, Settings};
use crate::error::{Error, ErrorKind, Problem, Result, guarded};
use crate::line::{Key, Line, Normaliser, TitleParts, spans};
use crate::ordered;
use crate::page::Page;
use crate::report::build::Run;
use crate::report::gather::{Gathered, Gathering};
use crate::report::summary::{SourceTally, Summary, Tally};
use crate::report::{Report, Wanted};
use crate::similar::{Clusters, Relation};
use crate::sink::annotate::Place;
use crate::sink::clusters::Finished;
use crate::sink::render::{Judged, Rendered, Renderer};
use crate::sink::{Outputs, Plan, Request, plan};
use crate::source::paths::Sources;
use crate::source::stream::Ledger;
use crate::source::{Batch, Raw, Reader, Source};
use held::{Held, Turn};
use likeness::Search;
use workers::{Worker, Workers};

/// Where a run stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of input done, over all readings.
    pub done: u64,
    /// Bytes of input in all readings.
    pub total: u64,
    /// Pages read.
    pub pages: u64,
    /// What the run does.
    pub phase: Phase,
}

/// What a run does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Taking the census.
    #[default]
    Reading,
    /// Counting sites.
    Counting,
    /// Looking for near-duplicates.
    Comparing,
    /// Judging pages and writing them.
    Writing,
}

/// What a run needs besides its input.
#[derive(Clone)]
pub struct Context<'a> {
    /// The settings.
    pub settings: &'a Settings,
    /// The threads.
    pub pool: Arc<ThreadPool>,
    /// The number of the signal that asks the run to stop, or 0.
    pub stop: &'a AtomicUsize,
    /// Problems of each input that are kept with their text; the others are counted.
    pub problems: usize,
    /// What is wanted of a report, if one is.
    pub report: Option<Wanted>,
    /// Called after every batch.
    pub progress: &'a dyn Fn(Progress),
}

impl Context<'_> {
    /// Items that may be under way: enough to keep all threads busy while one result is consumed.
    fn ahead(&self) -> usize {
        self.pool.current_num_threads() * 2 + 1
    }

    /// # Errors
    /// [`ErrorKind::Interrupted`] when a signal asked the run to stop.
    pub(crate) fn check_stop(&self) -> Result<()> {
        match self.stop.load(Ordering::Relaxed) {
            0 => Ok(()),
            signal => Err(ErrorKind::Interrupted(signal as i32).into()),
        }
    }
}

/// Keeps only what each page alone says, and writes it as `request` asks. There is a report if the context wants one.
///
/// # Errors
/// When outputs are in the way or cannot be written, when no page can be read, when a signal asks the run to stop.
/// What is wrong with single records or inputs is no error: it stands in the [`Summary`].
pub fn clean(context: &Context<'_>, sources: &Sources, request: Request) -> Result<(Summary, Option<Report>)> {
    let begun = Instant::now();
    let plan = plan::plan(sources, request, context.settings.results.duplicates == Duplicates::Mark)?;
    let search = Search::prepare(&plan, context.settings)?;
    let mut outputs = Outputs::open(plan, &context.pool)?;
    let plan = outputs.plan().clone();
    let Ran { mut summary, clusters, report } = run(
        context,
        sources,
        search,
        |judging, part, log| judging.rendered(&plan, part, log),
        |source, rendered| match rendered {
            Some(rendered) => outputs.write(source, rendered),
            None => outputs.end(source),
        },
    )?;
    let further = match clusters {
        Some(clusters) => likeness::outputs(clusters, &plan, &context.pool)?,
        None => Vec::new(),
    };
    outputs.finish()?;
    further.into_iter().try_for_each(Finished::commit)?;
    summary.elapsed = begun.elapsed();
    summary.peak_memory = peak_memory();
    Ok((summary, report))
}

/// Judges every page as [`clean`] does, writes nothing and reports. Near-duplicates are looked for whatever the settings
/// say becomes of them.
///
/// # Errors
/// As [`clean`], but for outputs.
pub fn report(context: &Context<'_>, sources: &Sources) -> Result<(Summary, Report)> {
    let begun = Instant::now();
    let context = &Context { report: context.report.or_else(|| Some(Wanted::default())), ..context.clone() };
    let look =
        |judging: &Judging<'_>, part: Part, log: &Log| (judging.pages(&part.batch, part.first, log, |_, _| ()), ());
    let search = Search::new(&context.settings.results);
    let Ran { mut summary, report, .. } = run(context, sources, Some(search), look, |_, _| Ok(()))?;
    summary.elapsed = begun.elapsed();
    summary.peak_memory = peak_memory();
    Ok((summary, report.unwrap_or_default()))
}

/// Judges every page as [`clean`] does and writes nothing. `see` looks at a page on any thread; `take` is given what it
/// saw, with the number of the page's source, in the order of the input.
///
/// # Errors
/// As [`clean`], but for outputs; and what `take` returns.
pub fn judge<T: Send>(
    context: &Context<'_>,
    sources: &Sources,
    see: impl Fn(usize, &Judged<'_>) -> Option<T> + Sync,
    mut take: impl FnMut(usize, T) -> Result<()>,
) -> Result<Summary> {
    let begun = Instant::now();
    let look = |judging: &Judging<'_>, part: Part, log: &Log| {
        let mut seen = Vec::new();
        let counted = judging.pages(&part.batch, part.first, log, |_, page| seen.extend(see(part.source, page)));
        (counted, seen)
    };
    let Ran { mut summary, .. } = run(context, sources, None, look, |source, seen| {
        seen.into_iter().flatten().try_for_each(|seen| take(source, seen))
    })?;
    summary.elapsed = begun.elapsed();
    Ok(summary)
}

/// Takes the census of every page, and judges nothing. Pages that cannot be read are left out.
///
/// # Errors
/// When a signal asks the run to stop.
pub fn census(context: &Context<'_>, sources: &Sources) -> Result<Census> {
    let mut progress = Progress { total: sources.size(), ..Progress::default() };
    Ok(FirstReading::of(context, sources, false, &mut progress)?.census)
}

/// Reads every page once more, and judges nothing. `see` looks at a page on any thread, with a normaliser and room for
/// lines should it want them; `take` is given what it saw, in the order of the input.
///
/// # Errors
/// When a signal asks the run to stop.
pub fn read<T: Send>(
    context: &Context<'_>,
    sources: &Sources,
    see: impl Fn(&Page<'_>, &mut Normaliser, &mut Vec<Line>) -> Option<T> + Sync,
    mut take: impl FnMut(T),
) -> Result<()> {
    let mut batches = Batches::new(&sources.found, context);
    ordered::map(
        &context.pool,
        context.ahead(),
        || batches.next(),
        |item| {
            let batch = match item {
                Item::Raw(_, raw) => raw.parse(context.settings),
                Item::Batch(_, batch) => batch,
                Item::End(..) => return Vec::new(),
            };
            let mut normaliser = Normaliser::new(Key::new(context.settings.results.fingerprint_key));
            let mut lines = Vec::new();
            let mut seen = Vec::new();
            for slot in &batch.slots {
                // What dehusk fails on has been told before.
                let page = batch.page(slot);
                seen.extend(guarded(|| see(&page, &mut normaliser, &mut lines)).ok().flatten());
            }
            seen
        },
        |seen| {
            seen.into_iter().for_each(&mut take);
            context.check_stop()
        },
    )
}

/// Takes the census, looks for near-duplicates if there is a `search`, then lets `work` judge each batch, whose lines are
/// in the log. `consume` is given what `work` made, in the order of the input, and nothing when a source has ended.
fn run<R: Send>(
    context: &Context<'_>,
    sources: &Sources,
    search: Option<Search>,
    work: impl Fn(&Judging<'_>, Part, &Log) -> (Counted, R) + Sync,
    mut consume: impl FnMut(usize, Option<R>) -> Result<()>,
) -> Result<Ran> {
    let total = sources.size();
    let readings = if search.is_some() { 3 } else { 2 };
    let mut progress = Progress { total: total * readings, ..Progress::default() };
    let reading = FirstReading::of(context, sources, search.is_some(), &mut progress)?;
    let FirstReading { census, held, mut tallies, .. } = reading;
    tallies.extend(sources.unreadable.iter().map(|(name, reason)| unreadable(name, reason)));
    if progress.pages == 0 && tallies.iter().any(|source| source.bad() > 0) {
        return Err(no_pages(&tallies));
    }
    progress = Progress { done: total, phase: Phase::Counting, ..progress };
    (context.progress)(progress);

    let results = &context.settings.results;
    let sites = context.pool.install(|| {
        let mut sites = Sites::learn(&census);
        sites.self_train(&census, &results.model, results.min_pages);
        sites
    });
    // The lines need not be normalised again: the second reading cuts the input into the same batches.
    let logs: Vec<Arc<Log>> = census.into_logs().into_iter().map(Arc::new).collect();
    context.check_stop()?;

    let workers = Workers::new(&sites, results);
    let judging = Judging { workers: &workers, settings: context.settings, clusters: None, gathering: None };
    let (mut clusters, mut pages) = (None, Vec::new());
    if let Some(search) = search {
        progress.phase = Phase::Comparing;
        let pass = likeness::Pass { context, sources: &sources.found, held: &held, logs: &logs };
        let found = pass.search(search, &judging, &mut progress)?;
        (clusters, pages) = (Some(found.clusters), found.pages);
    }
    progress = Progress { done: total * (readings - 1), phase: Phase::Writing, ..progress };
    let gathering = context.report.map(|wanted| Gathering::new(wanted, &sites, clusters.as_ref()));
    let judging = Judging { clusters: clusters.as_ref(), gathering: gathering.as_ref(), ..judging };
    let (mut logs, mut pages) = (logs.into_iter(), pages.into_iter());
    let mut first = 0;
    let mut counted = Counted::default();
    let mut again = held.into_iter(&sources.found, context);
    ordered::map(
        &context.pool,
        context.ahead(),
        || {
            Ok(again.next()?.map(|(Turn::Read(item) | Turn::Held(item))| {
                let begins = first;
                let is_end = matches!(item, Item::End(..));
                // How many pages a part holds is known only when it has been read before.
                let expected = if is_end { None } else { pages.next() };
                first += expected.unwrap_or(0);
                let log = if is_end { None } else { logs.next() };
                (item, begins, expected, log.unwrap_or_default())
            }))
        },
        |(item, first, expected, log)| judging.done(item, first, expected, &log, &work),
        |done| {
            if done.has_changed {
                let name = sources.found.get(done.source).map(|source| source.name.to_string());
                return Err(ErrorKind::Changed(name.unwrap_or_default()).into());
            }
            progress.done = (progress.done + done.progress).min(progress.total);
            counted.add(done.counted);
            consume(done.source, done.made)?;
            (context.progress)(progress);
            context.check_stop()
        },
    )?;

    let Counted { tally, gathered } = counted;
    let likeness = clusters.as_ref().map(likeness::figures);
    let report = context.report.map(|wanted| {
        let run = Run {
            wanted,
            results: &context.settings.results,
            sources: &tallies,
            sites: &sites,
            clusters: clusters.as_ref().zip(likeness),
        };
        context.pool.install(|| run.report(gathered))
    });
    let summary = Summary {
        sources: tallies,
        tally,
        distinct: sites.iter().map(|(_, site)| site.counts().pages()).sum(),
        small_sites: sites.iter().filter(|(_, site)| site.counts().pages() < context.settings.results.min_pages).count()
            as u64,
        empty: context.settings.results.empty,
        likeness,
        ..Summary::default()
    };
    summary.check()?;
    Ok(Ran { summary, clusters, report })
}

/// What came of a run.
struct Ran {
    summary: Summary,
    clusters: Option<Clusters>,
    report: Option<Report>,
}

/// What was counted and gathered of some pages.
#[derive(Default)]
struct Counted {
    tally: Tally,
    gathered: Gathered,
}

impl Counted {
    fn add(&mut self, other: Counted) {
        self.tally.add(other.tally);
        self.gathered.add(other.gathered);
    }
}

/// An input that could not be opened at all.
fn unreadable(name: &Arc<str>, reason: &str) -> SourceTally {
    let mut tally = SourceTally { name: Arc::clone(name), ..SourceTally::default() };
    tally.add_problems(vec![Problem::skipped(reason)], 1);
    tally
}

/// Why there was nothing to do.
fn no_pages(tallies: &[SourceTally]) -> Error {
    let lines = tallies.iter().filter_map(|source| {
        let problem = source.problems.first()?;
        let at =
            crate::error::Location { source: Arc::clone(&source.name), record: problem.record, byte: problem.byte };
        Some(format!("{at}: {}", crate::page::visible(&problem.reason)))
    });
    let reasons: Vec<String> = lines.take(5).collect();
    ErrorKind::NoPages(format!("no page could be read\n  {}", reasons.join("\n  "))).into()
}

/// The most memory the process took, in bytes.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string(Path::new("/proc/self/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib << 10)
}

/// What is read of the sources, in their order.
enum Item {
    /// A part of a source.
    Raw(usize, Box<Raw>),
    /// A part that was held from the first reading.
    Batch(usize, Batch),
    /// A source has ended: what was read of it, or why nothing could be.
    End(usize, Option<Ledger>, Option<Error>),
}

impl Item {
    /// The number of its source.
    fn source(&self) -> usize {
        match self {
            Self::Raw(source, _) | Self::Batch(source, _) | Self::End(source, ..) => *source,
        }
    }
}

/// Reads one source after the other.
struct Batches<'a> {
    sources: &'a [Source],
    settings: &'a Settings,
    pool: Arc<ThreadPool>,
    at: usize,
    reader: Option<Reader>,
}

impl<'a> Batches<'a> {
    fn new(sources: &'a [Source], context: &Context<'a>) -> Self {
        Self { sources, settings: context.settings, pool: Arc::clone(&context.pool), at: 0, reader: None }
    }

    fn next(&mut self) -> Result<Option<Item>> {
        let Some(source) = self.sources.get(self.at) else { return Ok(None) };
        let reader = match &mut self.reader {
            Some(reader) => reader,
            None => match Reader::open(source, self.settings, &self.pool) {
                Ok(reader) => self.reader.insert(reader),
                Err(e) => return Ok(Some(self.end(None, Some(e)))),
            },
        };
        match reader.read(source) {
            Ok(Some(raw)) => Ok(Some(Item::Raw(self.at, Box::new(raw)))),
            Ok(None) => {
                let ledger = reader.ledger();
                Ok(Some(self.end(ledger, None)))
            }
            Err(e) => Ok(Some(self.end(None, Some(e)))),
        }
    }

    fn end(&mut self, ledger: Option<Ledger>, error: Option<Error>) -> Item {
        let item = Item::End(self.at, ledger, error);
        self.at += 1;
        self.reader = None;
        item
    }
}

/// What the first reading makes of an item.
enum Logged {
    Batch(usize, Box<Batch>, Log),
    End(usize, Option<Ledger>, Option<Error>),
}

impl Logged {
    fn progress(&self) -> u64 {
        match self {
            Self::Batch(_, batch, _) => batch.progress,
            Self::End(..) => 0,
        }
    }

    fn pages(&self) -> u64 {
        match self {
            Self::Batch(_, batch, _) => batch.slots.len() as u64,
            Self::End(..) => 0,
        }
    }
}

/// Finds the pages of an item and logs their lines.
fn logged(item: Item, settings: &Settings) -> Logged {
    let (source, mut batch) = match item {
        Item::End(source, ledger, error) => return Logged::End(source, ledger, error),
        Item::Raw(source, raw) => (source, raw.parse(settings)),
        Item::Batch(source, batch) => (source, batch),
    };
    let mut log = Log::default();
    let key = Key::new(settings.results.fingerprint_key);
    let (mut normaliser, mut titles) = (Normaliser::new(key), TitleParts::new(key));
    let mut lines = Vec::new();
    let mut failed = Vec::new();
    for slot in &batch.slots {
        let page = batch.page(slot);
        if let Err(panic) = guarded(|| normaliser.page(page.text, &mut lines)) {
            lines.clear();
            failed.push(Problem::repaired(format!(
                "dehusk failed on {} ({panic}); it is kept whole, please report it",
                page.url
            )));
        }
        log.add(&page, &lines, titles.of(page.text, &lines));
    }
    batch.problems.append(&mut failed);
    batch.shrink();
    Logged::Batch(source, Box::new(batch), log)
}

/// What is gathered in the first reading.
struct FirstReading {
    census: Census,
    tallies: Vec<SourceTally>,
    /// See [`Context::problems`].
    problems: usize,
    held: Held,
}

impl FirstReading {
    fn new(sources: &[Source], context: &Context<'_>, searches: bool) -> Self {
        let tally = |source: &Source| SourceTally {
            name: Arc::clone(&source.name),
            size: source.size,
            ..SourceTally::default()
        };
        Self {
            census: Census::default(),
            tallies: sources.iter().map(tally).collect(),
            problems: context.problems,
            held: Held::new(context.settings.running.reading, searches),
        }
    }

    /// Reads the sources.
    fn of(context: &Context<'_>, sources: &Sources, searches: bool, progress: &mut Progress) -> Result<Self> {
        let mut reading = Self::new(&sources.found, context, searches);
        let mut batches = Batches::new(&sources.found, context);
        ordered::map(
            &context.pool,
            context.ahead(),
            || batches.next(),
            |item| logged(item, context.settings),
            |logged| {
                progress.done += logged.progress();
                progress.pages += logged.pages();
                reading.add(logged);
                (context.progress)(*progress);
                context.check_stop()
            },
        )?;
        Ok(reading)
    }

    fn add(&mut self, logged: Logged) {
        match logged {
            Logged::Batch(source, mut batch, log) => {
                let memory = log.memory();
                self.census.add(log);
                if let Some(tally) = self.tallies.get_mut(source) {
                    tally.pages += batch.slots.len() as u64;
                    tally.add_problems(std::mem::take(&mut batch.problems), self.problems);
                    for (what, n) in std::mem::take(&mut batch.other) {
                        *tally.other.entry(what).or_default() += n;
                    }
                }
                self.held.add(source, *batch, memory);
            }
            Logged::End(source, ledger, error) => {
                if let Some(tally) = self.tallies.get_mut(source) {
                    tally.ledger = ledger;
                    tally.add_problems(
                        error.map(|e| Problem::skipped(e.to_string())).into_iter().collect(),
                        self.problems,
                    );
                }
                self.held.end(source);
            }
        }
    }
}

/// What the second reading makes of an item.
struct Done<R> {
    source: usize,
    /// Whether there are not as many pages as in an earlier reading.
    has_changed: bool,
    counted: Counted,
    progress: u64,
    /// `None` when the source has ended.
    made: Option<R>,
}

/// A part of the input.
struct Part {
    source: usize,
    /// The number of its first page among all, as far as near-duplicates are looked for.
    first: usize,
    batch: Batch,
}

/// Judges pages by what the census counted.
#[derive(Clone, Copy)]
struct Judging<'a> {
    workers: &'a Workers<'a>,
    settings: &'a Settings,
    /// Near-duplicates, once they are known.
    clusters: Option<&'a Clusters>,
    /// What is gathered for a report.
    gathering: Option<&'a Gathering<'a>>,
}

impl<'a> Judging<'a> {
    /// Has `work` done on an item, whose lines are in `log`.
    fn done<R>(
        &self,
        item: Item,
        first: usize,
        expected: Option<usize>,
        log: &Log,
        work: impl Fn(&Self, Part, &Log) -> (Counted, R),
    ) -> Done<R> {
        let (source, batch) = match item {
            Item::End(source, ..) => {
                return Done { source, has_changed: false, counted: Counted::default(), progress: 0, made: None };
            }
            Item::Raw(source, raw) => (source, raw.parse(self.settings)),
            Item::Batch(source, batch) => (source, batch),
        };
        let progress = batch.progress;
        let has_changed = expected.is_some_and(|pages| pages != batch.slots.len());
        let (counted, made) = work(self, Part { source, first, batch }, log);
        Done { source, has_changed, counted, progress, made: Some(made) }
    }

    /// Judges the pages of a batch and turns them into output.
    fn rendered(&self, plan: &Plan, part: Part, log: &Log) -> (Counted, Rendered) {
        let Part { source, first, batch } = part;
        let mut renderer = Renderer::new(plan, source, self.settings.results.empty);
        let mut verbatim = batch.verbatim.iter().peekable();
        let counted = self.pages(&batch, first, log, |number, judged| {
            while let Some((_, span)) = verbatim.next_if(|(before, _)| *before <= number) {
                renderer.verbatim(&batch, span);
            }
            renderer.page(judged);
        });
        for (_, span) in verbatim {
            renderer.verbatim(&batch, span);
        }
        (counted, renderer.finish(batch))
    }

    /// Judges the pages of a batch, of which the first is number `first` of all, and hands each, with its number in the
    /// batch, to `see`.
    fn pages(&self, batch: &Batch, first: usize, log: &Log, see: impl FnMut(usize, &Judged<'_>)) -> Counted {
        let largest = batch.slots.iter().map(|slot| batch.page(slot).text.len()).max().unwrap_or(0);
        self.workers.with_one(largest, |worker| self.pages_by(worker, batch, first, log, see))
    }

    /// [`Self::pages`], by a worker.
    fn pages_by(
        &self,
        worker: &mut Worker<'a>,
        batch: &Batch,
        first: usize,
        log: &Log,
        mut see: impl FnMut(usize, &Judged<'_>),
    ) -> Counted {
        let results = &self.settings.results;
        let mut counted = Counted::default();
        let tally = &mut counted.tally;
        for (number, slot) in batch.slots.iter().enumerate() {
            let page = batch.page(slot);
            let judged = guarded(|| {
                let Worker { normaliser, judge, lines, verdicts } = &mut *worker;
                if !log.lines(number, page.text, lines) {
                    normaliser.page(page.text, lines);
                }
                judge.page(&page, lines, verdicts);
                results.patterns.apply(&page, lines, verdicts);
            });
            if judged.is_err() {
                *worker = self.workers.fresh();
                keep_whole(page.text, &mut worker.lines, &mut worker.verdicts);
            }
            let Worker { lines, verdicts, .. } = &*worker;
            let place = self.clusters.and_then(|clusters| {
                let standing = clusters.standing(first + number)?;
                *tally.clustered.entry(standing.relation).or_default() += 1;
                Some(Place { clusters, standing })
            });
            let relation = place.map(|place| place.standing.relation);
            let left_out =
                relation.filter(|relation| results.duplicates == Duplicates::Drop && *relation != Relation::Canonical);
            tally.add_page(&page, lines, verdicts, results.empty, left_out);
            let is_left_out = left_out.is_some();
            let judged = Judged { batch, slot, page, lines, verdicts, place, is_left_out };
            if let Some(gathering) = self.gathering {
                gathering.page(first + number, &judged, &mut counted.gathered);
            }
            see(number, &judged);
        }
        counted
    }
}

/// The lines and verdicts of a page on which dehusk failed: all stay.
fn keep_whole(text: &str, lines: &mut Vec<Line>, verdicts: &mut Vec<Verdict>) {
    lines.clear();
    lines.extend(spans(text).map(|span| Line {
        start: span.start,
        end: span.end,
        next: span.next,
        exact: 1,
        template: 1,
        shape: Default::default(),
    }));
    verdicts.clear();
    verdicts.extend(lines.iter().map(|_| Verdict::keep(Rule::FewPages)));
}
