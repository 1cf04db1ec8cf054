//! `dehusk check`: the gate. Whether a crawl keeps to its limits, and is what the last good one was.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::LazyLock;

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};

use super::destination::{Destination, Drawn};
use super::input::Input;
use super::summary::problems;
use super::{Talk, check_text, report, say};
use crate::config::{Options, limits};
use crate::error::{Error, ErrorKind, Result, shown};
use crate::gate::{self, Baseline, Outcome};
use crate::pipeline;
use crate::render::{CheckForm, github};
use crate::report::number::count;
use crate::report::{Level, Wanted};

/// Checks a crawl against limits and against the last good one
///
/// Judges the crawl as `clean` does and writes no pages. Every site is held to the limits alone. With a baseline, what
/// broke is named: a cookie wall, a login wall, error pages, one page for all URLs, texts that are gone, cut, or full of
/// menus.
#[derive(Debug, Args)]
#[command(after_help = "Exit status: 0 passed, 1 failed, 2 could not check.

Examples:
  dehusk check crawl.jsonl --baseline dehusk-baseline.jsonl --update-baseline
  dehusk check crawl.jsonl --baseline dehusk-baseline.jsonl
  dehusk check crawl.jsonl --max-chrome 10% --max-duplicates 5%")]
pub struct Check {
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    limits: limits::Written,
    /// What the last good crawl was: a file that --update-baseline writes
    #[arg(long, value_name = "FILE", help_heading = "Baseline")]
    baseline: Option<PathBuf>,
    /// Take this crawl for good: write the baseline and accept what fails now
    #[arg(long, requires = "baseline", conflicts_with = "baseline_from", help_heading = "Baseline")]
    update_baseline: bool,
    /// Read the baseline as it is in this commit, branch or tag of its git repository
    #[arg(long, value_name = "REF", requires = "baseline", help_heading = "Baseline")]
    baseline_from: Option<String>,
    /// How the outcome is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "human", help_heading = "Output")]
    format: Format,
    /// Where it is written [default: standard output]
    #[arg(long, short, value_name = "FILE", help_heading = "Output")]
    output: Option<PathBuf>,
    /// Write the outcome to a file too, or, in a format of `dehusk report`, the whole report; may be given several times
    #[arg(long, value_name = "FORMAT=FILE", help_heading = "Output")]
    report: Vec<Destination<Beside>>,
    /// Exit with 0 although the check failed
    #[arg(long, help_heading = "Output")]
    exit_zero: bool,
    #[command(flatten)]
    options: Options,
}

/// How an outcome is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Human,
    /// In a form that some other tool reads.
    Form(CheckForm),
}

impl Format {
    const ALL: [Format; 5] = [
        Format::Human,
        Format::Form(CheckForm::Junit),
        Format::Form(CheckForm::Sarif),
        Format::Form(CheckForm::Github),
        Format::Form(CheckForm::Gitlab),
    ];
}

impl ValueEnum for Format {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        match self {
            Format::Human => Some(PossibleValue::new("human").help("For people: failures first, one a line")),
            Format::Form(form) => form.to_possible_value(),
        }
    }
}

impl Format {
    /// The outcome in this format.
    fn of(self, outcome: &Outcome, talk: &Talk) -> Drawn {
        match self {
            Format::Human => Drawn::Styled(check_text::draw(outcome, talk.verbose > 0)),
            Format::Form(form) => Drawn::Plain(form.render(outcome)),
        }
    }
}

/// What is written beside: the outcome, or the report that it was found in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Beside {
    Outcome(Format),
    Report(report::Format),
}

impl ValueEnum for Beside {
    fn value_variants<'a>() -> &'a [Self] {
        static ALL: LazyLock<Vec<Beside>> = LazyLock::new(|| {
            let outcomes = Format::value_variants().iter().copied().map(Beside::Outcome);
            outcomes.chain(report::Format::value_variants().iter().copied().map(Beside::Report)).collect()
        });
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        match self {
            Beside::Outcome(format) => format.to_possible_value(),
            Beside::Report(format) => format.to_possible_value(),
        }
    }
}

/// Sites of which lines are compared, those with most pages first.
const DETAILED: usize = 2000;

impl Check {
    /// Runs the command.
    pub fn run(mut self, talk: &Talk) -> Result<ExitCode> {
        self.options.check = self.limits;
        if self.report.iter().any(Destination::is_stdout) {
            return Err(Error::settings("--report needs a file here, as in --report junit=junit.xml"));
        }
        let crawl = self.input.resolve(self.options, talk)?;
        let limits = &crawl.settings.check;
        // A baseline that cannot be read is told before an hour of reading, not after.
        let baseline = match &self.baseline {
            Some(path) if !self.update_baseline => {
                let baseline = match &self.baseline_from {
                    Some(revision) => Baseline::load_from(revision, path)?,
                    None => Baseline::load(path)?,
                };
                baseline.check_settings(&crawl.settings.results.digest())?;
                Some(baseline)
            }
            _ => None,
        };
        let wanted = Wanted { min_text: limits.min_text, detailed: DETAILED };
        let (summary, report) = crawl.run(talk, Some(wanted), pipeline::report)?;
        problems(&summary);
        if report.totals.figures.pages == 0 && baseline.is_none() {
            return Err(ErrorKind::NoPages("no page was read: there is nothing to check".to_owned()).into());
        }
        let mut outcome = gate::check(&report, limits, baseline.as_ref());
        if let Some(path) = self.baseline.as_deref().filter(|_| self.update_baseline) {
            let baseline = Baseline::of(&report, outcome.failures());
            baseline.save(path)?;
            if !talk.quiet {
                let sites = count(baseline.sites().count() as u64, "site", "sites");
                let accepted = count(baseline.accepted() as u64, "finding", "findings");
                say(format_args!("wrote {}: {sites}, {accepted} accepted", shown(path)));
            }
            outcome = gate::check(&report, limits, Some(&baseline));
        }
        // What a check says replaces what the last one said.
        let first = Destination { format: self.format, path: self.output };
        first.write(true, |format, _| format.of(&outcome, talk))?;
        for destination in &self.report {
            destination.write(true, |beside, width| match beside {
                Beside::Outcome(format) => format.of(&outcome, talk),
                Beside::Report(format) => format.of(&report, width, report::SITES),
            })?;
        }
        tell_github(&outcome)?;
        Ok(if outcome.passes() || self.exit_zero { ExitCode::SUCCESS } else { ExitCode::from(1) })
    }
}

/// Tells a workflow of GitHub what it may ask for: outputs of the step, and its summary.
fn tell_github(outcome: &Outcome) -> Result<()> {
    let findings = outcome.findings.iter().filter(|finding| finding.level == Level::Error).count();
    let outputs = format!(
        "chrome-share={:.4}\nduplicate-share={:.4}\nfindings={findings}\nnew-findings={}\n",
        outcome.chrome_share,
        outcome.duplicate_share,
        outcome.failures().count()
    );
    append_to("GITHUB_OUTPUT", &outputs)?;
    append_to("GITHUB_STEP_SUMMARY", &github::summary(outcome))
}

/// Appends to the file that a workflow of GitHub names in this variable; elsewhere, to nothing.
fn append_to(variable: &str, text: &str) -> Result<()> {
    let is_workflow = std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true");
    let Some(path) = std::env::var_os(variable).filter(|path| is_workflow && !path.is_empty()) else { return Ok(()) };
    let path = Path::new(&path);
    let file = std::fs::OpenOptions::new().append(true).create(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(Error::writing(path))
}
