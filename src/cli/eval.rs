//! `dehusk eval`: scores verdicts, or the output of another cleaner, against labelled lines.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, ValueEnum};

use super::summary::problems;
use super::table;
use super::{NOTE, Talk, config_file, eval_text, exit_status, progress, say, signals};
use crate::config::{Options, Settings};
use crate::error::{Error, ErrorKind, Result};
use crate::eval::held_out::{self, Made};
use crate::eval::score::Figures;
use crate::eval::{self, Evaluation};
use crate::ordered;
use crate::page::visible;
use crate::pipeline::Context;
use crate::sink::file::{persist, temporary};
use crate::source::paths::{self, Sources};

/// Scores verdicts against labelled lines
///
/// GOLD is JSON Lines with id, url, site, text and gold: a number for each line of the text, 1 for content, 0 for chrome,
/// -1 where nobody judged. Each GOLD file is cleaned as a crawl of its own, by the same settings as `clean` would, and
/// the verdicts are scored. Pages belong to the site that the field `site` names, unless --scope is given.
#[derive(Debug, Args)]
#[command(after_help = "Measures: P, R and F1 are the share of the characters kept that are content, the share of the
characters of content that were kept, and their harmonic mean, averaged over pages. `site F1` averages sites.
`chrome` is the share of the characters of chrome that went, `recurring` the same of chrome that stands on two
or more pages of its site. `short kept` counts content lines of up to three words that stayed, `titles` content
lines that stayed though other pages have them too.

Examples:
  dehusk eval gold.jsonl.zst
  dehusk eval gold/*.jsonl --format json > figures.json
  dehusk eval gold.jsonl --with crawl.warc.wet.gz
  dehusk eval gold.jsonl --cleaned others-output.jsonl")]
pub struct Eval {
    /// Files of labelled pages, or - for standard input
    #[arg(value_name = "GOLD", required = true)]
    gold: Vec<PathBuf>,
    /// Further pages of the same sites, to learn from and not to score; can be given several times
    #[arg(long, value_name = "PATH", help_heading = "Input")]
    with: Vec<PathBuf>,
    /// Score what another cleaner kept instead: JSON Lines with id and text
    #[arg(long, value_name = "FILE", conflicts_with = "with", help_heading = "Input")]
    cleaned: Option<PathBuf>,
    /// Make a model of the gold and write it here; the figures are those of models that did not see the site they judge
    #[arg(long, value_name = "FILE", conflicts_with = "cleaned", help_heading = "Training")]
    train: Option<PathBuf>,
    /// Learn on from the model that judges (--model, or the one compiled in) and not from nothing: a few labelled pages of
    /// a site are enough for it; name the crawl that they are of, too (--with). The figures are those of models that did not see the
    /// page they judge
    #[arg(long, requires = "train", help_heading = "Training")]
    adapt: bool,
    /// What names the sites that belong together, its first group if it has one: they are never learned from and judged
    /// at once [default: the whole name]
    #[arg(long, value_name = "REGEX", requires = "train", conflicts_with = "adapt", help_heading = "Training")]
    group: Option<String>,
    /// Parts that the groups of sites are dealt out to, or the pages where a model is adapted
    #[arg(long, value_name = "N", default_value_t = 6, requires = "train",
        value_parser = clap::value_parser!(u16).range(2..=100), help_heading = "Training")]
    folds: u16,
    /// How many of the worst sites and pages are shown
    #[arg(long, value_name = "N", default_value_t = 5, help_heading = "Output")]
    worst: usize,
    /// How the figures are written
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "table", help_heading = "Output")]
    format: Format,
    #[command(flatten)]
    options: Options,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// For machines
    Json,
}

impl Eval {
    /// Runs the command.
    pub fn run(self, talk: &Talk) -> Result<ExitCode> {
        let mut options = self.options.clone().over(config_file::load(talk.config.as_deref())?);
        if options.scope.is_none() {
            options.site_field.get_or_insert_with(|| "site".to_owned());
        }
        let settings = options.settings()?;
        let stop = signals::watch()?;
        let resolve = |paths: &[PathBuf]| {
            paths::resolve(&paths::Request {
                paths: paths.to_vec(),
                temp_dir: settings.running.temp_dir.clone(),
                stop: Arc::clone(&stop),
                ..paths::Request::default()
            })
        };
        let named = self.gold.iter().chain(&self.with).chain(&self.cleaned);
        if named.filter(|path| path.as_os_str() == "-").count() > 1 {
            return Err(Error::settings("standard input (-) can be read only once"));
        }
        let golds = resolve(&self.gold)?;
        if let Some(path) = &self.cleaned {
            let evaluation = scored(&golds, resolve(std::slice::from_ref(path))?, &settings, self.worst)?;
            show(&evaluation, self.format, self.worst)?;
            return Ok(ExitCode::SUCCESS);
        }
        let with = resolve(&self.with)?;
        let pool = ordered::pool(settings.running.threads.get())?;
        let progress = progress::Bar::new(talk);
        let context = Context {
            problems: talk.problems(),
            settings: &settings,
            pool,
            stop: &stop,
            report: None,
            progress: &|at| progress.show(at),
        };
        if let Some(path) = &self.train {
            return self.train(&context, &golds, &with, path, talk, &progress);
        }
        let done = eval::verdicts(&context, &golds, &with, self.worst);
        progress.end();
        let (evaluation, summaries) = done?;
        // What was read beside the gold is the same each time.
        let summary = summaries.into_iter().next().unwrap_or_default();
        problems(&summary);
        show(&evaluation, self.format, self.worst)?;
        Ok(exit_status(&summary, &settings, talk))
    }

    /// Makes a model and writes it to `path`.
    fn train(
        &self,
        context: &Context<'_>,
        golds: &Sources,
        with: &Sources,
        path: &Path,
        talk: &Talk,
        progress: &progress::Bar,
    ) -> Result<ExitCode> {
        let group = grouping(self.group.as_deref())?;
        if !self.adapt && !self.with.is_empty() {
            let what = "--with is for pages of the labelled sites, and a model of all sites is learned from labelled pages \
                        alone; leave it out, or adapt a model to these sites (--adapt)";
            return Err(Error::settings(what));
        }
        if path.exists() {
            let shown = path.display().to_string();
            return Err(Error::settings(format!(
                "{}: exists already; name another file for the model",
                visible(&shown)
            )));
        }
        if self.adapt && self.with.is_empty() && !talk.quiet {
            say(format_args!(
                "{NOTE}note:{NOTE:#} the labelled pages are taken for the whole crawl; name the crawl that they are of (--with), or \
                 the model will misjudge it"
            ));
        }
        // Before the training: that it cannot be written is better known now.
        let mut file = temporary(path)?;
        let folds = usize::from(self.folds);
        let made = if self.adapt {
            held_out::adapted(context, golds, with, folds, self.worst)
        } else {
            held_out::trained(context, golds, group, folds, self.worst)
        };
        progress.end();
        let Made { mut model, evaluation, parts, summaries } = made?;
        let from = self.adapt.then(|| std::mem::take(&mut model.about));
        model.about = about(&evaluation, parts, from);
        file.write_all(model.write().as_bytes()).map_err(Error::writing(path))?;
        persist(file, path, false)?;
        // What was read beside the gold is the same each time.
        let summary = summaries.into_iter().next().unwrap_or_default();
        problems(&summary);
        show(&evaluation, self.format, self.worst)?;
        let gain = evaluation.before.map_or(1.0, |before| evaluation.all.shares.f1 - before.shares.f1);
        if gain <= 0.0 && !talk.quiet {
            say(format_args!(
                "{NOTE}note:{NOTE:#} pages that the adapted model had not seen are judged no better than before; label more pages, of \
                 all kinds that the site has"
            ));
        }
        Ok(exit_status(&summary, context.settings, talk))
    }
}

/// What names the group of a site.
fn grouping(pattern: Option<&str>) -> Result<impl Fn(&str) -> Box<str> + Sync + use<>> {
    let pattern = pattern.map(regex::Regex::new).transpose();
    let pattern = pattern.map_err(|e| Error::settings(format!("--group does not compile: {e}")))?;
    Ok(move |site: &str| {
        let found = pattern.as_ref().and_then(|pattern| pattern.captures(site));
        let name = found.and_then(|found| Some(found.get(1).or(found.get(0))?.as_str().to_owned()));
        name.map_or_else(|| site.into(), String::into_boxed_str)
    })
}

/// What a model says of itself, and what the one says that it was adapted `from`.
fn about(evaluation: &Evaluation, parts: usize, from: Option<serde_json::Value>) -> serde_json::Value {
    let rounded = |figure: f64| (figure * 1000.0).round() / 1000.0;
    let files = evaluation.files.iter().map(|file| {
        let name = Path::new(&file.file).file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Figures { pages, sites, shares, site_f1, .. } = &file.figures;
        serde_json::json!({"gold": name, "pages": pages, "sites": sites, "f1": rounded(shares.f1), "site_f1": rounded(*site_f1)})
    });
    let (how, unseen) = if from.is_some() { (" --adapt", "page") } else { ("", "group of sites") };
    let mut about = serde_json::json!({
        "made by": format!("dehusk eval --train{how}, version {}", env!("CARGO_PKG_VERSION")),
        "figures": format!("of models that did not see the {unseen} they judged, {parts} parts"),
        "gold": files.collect::<Vec<_>>(),
    });
    if let Some(from) = from {
        about["adapted from"] = from;
    }
    about
}

fn show(evaluation: &Evaluation, format: Format, worst: usize) -> Result<()> {
    match format {
        Format::Json => table::print(&table::json(evaluation)?),
        Format::Table => table::print(&eval_text::drawn(evaluation, worst, table::width())),
    }
}

/// Scores the one input that `cleaned` is to be.
fn scored(golds: &Sources, cleaned: Sources, settings: &Settings, worst: usize) -> Result<Evaluation> {
    cleaned.check_readable()?;
    match &cleaned.found[..] {
        [source] => eval::cleaned(golds, source, &settings.results, worst),
        _ => Err(ErrorKind::Input("--cleaned is to be one file of JSON Lines, with id and text".to_owned()).into()),
    }
}
