//! Makes models of labelled pages, and scores them on pages that they were not made from.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use xxhash_rust::xxh3::xxh3_64;

use super::gold::{self, Gold, GoldPage};
use super::train::Examples;
use super::{Decided, Evaluation, Scored, crawl_of, decisions_on, evaluation};
use crate::chrome::{Model, Sites};
use crate::error::{ErrorKind, Result};
use crate::line::Key;
use crate::pipeline::{self, Context};
use crate::report::Summary;
use crate::source::Source;
use crate::source::paths::Sources;

/// A model, and how good it is.
#[derive(Debug)]
pub struct Made {
    /// The model, made of all pages.
    pub model: Model,
    /// How well pages are judged by models that were not made from them.
    pub evaluation: Evaluation,
    /// How many parts the pages were dealt out to.
    pub parts: usize,
    /// The summaries of the crawls.
    pub summaries: Vec<Summary>,
}

/// Makes a model of `golds`, and scores it on sites that it was not made from: the groups of sites, as `group` names them,
/// are dealt out to `folds` parts, and each part is judged by a model made of the others; the `worst` pages come with
/// their worst lines. See [`train`](mod@super::train).
///
/// # Errors
/// When there is one group alone, since nothing is left to judge the model on; when a signal asks the run to stop; as
/// [`verdicts`](super::verdicts).
pub fn trained(
    context: &Context<'_>,
    golds: &Sources,
    group: impl Fn(&str) -> Box<str> + Sync,
    folds: usize,
    worst: usize,
) -> Result<Made> {
    let golds = gold::read_all(golds, &context.settings.results)?;
    let pages: Vec<&Gold> = golds.iter().map(|(_, gold)| gold).collect();
    let fold = dealt(&pages, &group, folds);
    if fold.len() < 2 {
        let what = "all sites of the gold are of one group; a model is judged on groups that it was not made from, so \
                    training needs two or more (see --group, or --adapt to learn from pages of one site)";
        return Err(ErrorKind::Input(what.to_owned()).into());
    }
    let key = Key::new(context.settings.results.fingerprint_key);
    let examples = context.pool.install(|| Examples::new(&pages, key, &group));
    let of = |group: &str| fold.get(group).copied().unwrap_or_default();
    let is_over = is_over(context);
    let train = |left_out| examples.train(|group| Some(of(group)) != left_out, is_over);
    let judging = Judging { context, with: &Sources::default(), parts: folds.min(fold.len()), worst };
    judging.by_parts(&golds, train, |page| of(&group(&page.site)))
}

/// Adapts the model of the context's settings to `golds`, each a part of a crawl of which `with` holds the other pages, and
/// scores it on pages that it was not adapted to: the labelled pages are dealt out to `folds` parts, by their ids, and
/// each part is judged by a model adapted to the others. See [`Examples::adapt`].
///
/// # Errors
/// When an input of `with` cannot be read; when there is one labelled page alone; when a signal asks the run to stop; as
/// [`verdicts`](super::verdicts).
pub fn adapted(context: &Context<'_>, golds: &Sources, with: &Sources, folds: usize, worst: usize) -> Result<Made> {
    // A model that is adapted without the crawl it is for is worse than none.
    with.check_readable()?;
    let golds = gold::read_all(golds, &context.settings.results)?;
    let parts = parts(golds.iter().map(|(_, gold)| gold), folds);
    if parts.len() < 2 {
        let what = "the gold has fewer than two labelled pages; a model is judged on pages that it was not adapted to, so \
                    label one more";
        return Err(ErrorKind::Input(what.to_owned()).into());
    }
    let part = |page: &GoldPage| parts.get(&*page.id).copied().unwrap_or_default();
    let key = Key::new(context.settings.results.fingerprint_key);
    let mut examples = Examples::default();
    // Sums of floats hang on the order of what is summed up.
    let mut by_name: Vec<&(Source, Gold)> = golds.iter().collect();
    by_name.sort_by_key(|(_, gold)| &gold.name);
    for (source, gold) in by_name {
        let census = pipeline::census(context, &crawl_of(source, with))?;
        examples.append(
            context.pool.install(|| {
                Examples::of_crawl(gold, &Sites::learn(&census), key, |page| part(page).to_string().into())
            }),
        );
        context.check_stop()?;
    }
    let (model, is_over) = (&context.settings.results.model, is_over(context));
    let adapt = |left_out: Option<usize>| {
        let left_out = left_out.map(|part| part.to_string());
        examples.adapt(model, |part| Some(part) != left_out.as_deref(), is_over)
    };
    let judging = Judging { context, with, parts: folds.min(parts.len()), worst };
    let mut made = judging.by_parts(&golds, adapt, part)?;
    made.evaluation.before = Some(judging.by(context, &golds)?.all);
    Ok(made)
}

/// Whether a signal asks the run to stop; a context itself does not go to other threads.
fn is_over<'a>(context: &Context<'a>) -> impl Fn() -> bool + Copy + Sync + use<'a> {
    let stop = context.stop;
    move || stop.load(Ordering::Relaxed) != 0
}

/// How pages are judged by models that were not made from them.
struct Judging<'a> {
    context: &'a Context<'a>,
    /// Further pages of each crawl.
    with: &'a Sources,
    parts: usize,
    worst: usize,
}

impl Judging<'_> {
    /// What `make` makes of all pages, and the figures of each page by what it makes of those that are not of its part:
    /// `make` is given the part to leave out.
    fn by_parts(
        &self,
        golds: &[(Source, Gold)],
        make: impl Fn(Option<usize>) -> Model + Sync,
        part: impl Fn(&GoldPage) -> usize,
    ) -> Result<Made> {
        let pool = &self.context.pool;
        let mut summaries = Vec::new();
        // Of each part, of each file, what becomes of the lines of each page.
        let mut parts: Vec<Vec<Vec<Vec<Decided>>>> = Vec::new();
        for left_out in 0..self.parts {
            let model = pool.install(|| make(Some(left_out)));
            self.context.check_stop()?;
            let mut settings = self.context.settings.clone();
            settings.results.model = Arc::new(model);
            let context = Context { settings: &settings, pool: Arc::clone(pool), ..*self.context };
            let judged: Result<Vec<_>> =
                golds.iter().map(|(source, gold)| decisions_on(&context, source, gold, self.with)).collect();
            let (judged, of_part) = judged?.into_iter().unzip();
            parts.push(judged);
            summaries = of_part;
        }
        let model = pool.install(|| make(None));
        self.context.check_stop()?;
        let scored = golds.iter().enumerate().map(|(file, (_, gold))| {
            let page = |(number, page): (usize, &GoldPage)| {
                let part = parts.get_mut(part(page)).and_then(|part| part.get_mut(file)?.get_mut(number));
                part.map(std::mem::take).unwrap_or_default()
            };
            let decided: Vec<Vec<Decided>> = gold.pages.iter().enumerate().map(page).collect();
            Scored::new(gold, &decided)
        });
        let evaluation = evaluation(scored.collect(), self.worst, 0);
        Ok(Made { model, evaluation, parts: self.parts, summaries })
    }

    /// The figures of pages by the model of a context's settings.
    fn by(&self, context: &Context<'_>, golds: &[(Source, Gold)]) -> Result<Evaluation> {
        let scored: Result<Vec<Scored<'_>>> = golds
            .iter()
            .map(|(source, gold)| Ok(Scored::new(gold, &decisions_on(context, source, gold, self.with)?.0)))
            .collect();
        Ok(evaluation(scored?, 0, 0))
    }
}

/// Deals groups of sites out to parts, file by file and in the order of their names.
fn dealt(golds: &[&Gold], group: impl Fn(&str) -> Box<str>, folds: usize) -> HashMap<Box<str>, usize> {
    let mut dealt = HashMap::new();
    for gold in golds {
        let groups: BTreeSet<Box<str>> = gold.pages.iter().map(|page| group(&page.site)).collect();
        for name in groups {
            let next = dealt.len() % folds.max(1);
            dealt.entry(name).or_insert(next);
        }
    }
    dealt
}

/// Deals labelled pages out to parts, in the order of a hash of their ids: not the order of the file, in which pages that
/// are alike stand together.
fn parts<'a>(golds: impl Iterator<Item = &'a Gold>, folds: usize) -> HashMap<Box<str>, usize> {
    let pages = golds.flat_map(|gold| &gold.pages);
    let labelled = pages.filter(|page| page.is_judged());
    let ids: BTreeSet<(u64, &str)> = labelled.map(|page| (xxh3_64(page.id.as_bytes()), &*page.id)).collect();
    ids.into_iter().enumerate().map(|(at, (_, id))| (id.into(), at % folds.max(1))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::gold::Label;

    fn gold(pages: &[(&str, &str, Label)]) -> Gold {
        let page = |(site, id, label): &(&str, &str, Label)| GoldPage {
            id: (*id).into(),
            url: "".into(),
            site: (*site).into(),
            marks: Vec::new(),
            text: "a line".into(),
            labels: vec![*label],
            record: 1,
        };
        Gold { name: "gold".into(), pages: pages.iter().map(page).collect() }
    }

    #[test]
    fn a_group_is_dealt_to_one_part_whatever_its_sites_and_files() {
        let of = |sites: &[&str]| gold(&sites.iter().map(|site| (*site, "", Label::Content)).collect::<Vec<_>>());
        let (one, other) = (of(&["a-2023", "b-2023", "a-2024", "c-2023"]), of(&["c-2024", "d-2024", "a-2025"]));
        let group = |site: &str| site.split('-').next().unwrap_or_default().into();
        let dealt = dealt(&[&one, &other], group, 2);
        assert_eq!(["a", "b", "c", "d"].map(|name| dealt.get(name).copied()), [Some(0), Some(1), Some(0), Some(1)]);
        assert_eq!(dealt.len(), 4);
    }

    #[test]
    fn labelled_pages_are_dealt_out_evenly_whatever_their_order() {
        let mut pages: Vec<(&str, &str, Label)> =
            ["1", "2", "3", "4", "5", "6", "7"].map(|id| ("s", id, Label::Chrome)).to_vec();
        pages.push(("s", "nobody judged it", Label::Unjudged));
        let dealt = parts(std::iter::once(&gold(&pages)), 3);
        let mut of_part = [0; 3];
        dealt.values().for_each(|part| of_part[*part] += 1);
        assert_eq!((dealt.len(), of_part), (7, [3, 2, 2]));
        pages.reverse();
        assert_eq!(parts(std::iter::once(&gold(&pages)), 3), dealt);
    }
}
