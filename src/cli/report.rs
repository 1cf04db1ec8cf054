//! `dehusk report`: what each site repeats, and which pages are near-duplicates. And `--report` of other commands.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};

use super::destination::{Destination, Drawn};
use super::input::Input;
use super::summary::problems;
use super::{Talk, exit_status, report_text};
use crate::config::Options;
use crate::error::Result;
use crate::pipeline;
use crate::render::Form;
use crate::report::{Report, Wanted};

/// Tells what each site repeats, and which pages are near-duplicates
///
/// Judges the crawl as `clean` does and writes no pages: sites by their share of chrome, the blocks and lists that they
/// repeat, pages that say the same, pages of which nothing is left.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dehusk report crawl.warc.wet.gz
  dehusk report crawl.warc.wet.gz --format html -o report.html
  dehusk clean crawl.warc.wet.gz -o cleaned/ --report html=report.html --report json=report.json")]
pub struct ReportCommand {
    #[command(flatten)]
    input: Input,
    /// How it is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    format: Format,
    /// Where it is written [default: standard output]
    #[arg(long, short, value_name = "FILE", help_heading = "Output")]
    output: Option<PathBuf>,
    /// Replace the file if it exists
    #[arg(long, help_heading = "Output")]
    force: bool,
    #[command(flatten)]
    wanted: WantedArgs,
    #[command(flatten)]
    options: Options,
}

/// Sites that the format text shows.
pub const SITES: usize = 20;

/// What is wanted of a report.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct WantedArgs {
    /// Tell lines, blocks and examples of so many sites, those with most pages first [default: 500]
    #[arg(long, value_name = "N", help_heading = "Report")]
    detailed_sites: Option<usize>,
    /// Characters of unique text from which a page is not short [default: 140]
    #[arg(long, value_name = "N", help_heading = "Report")]
    min_text: Option<u64>,
    /// Show so many sites in the format text, those with most chrome first, and of a quarter of them what they repeat [default: 20]
    #[arg(long, value_name = "N", help_heading = "Report")]
    sites: Option<usize>,
}

impl WantedArgs {
    pub fn wanted(self) -> Wanted {
        let usual = Wanted::default();
        Wanted {
            detailed: self.detailed_sites.unwrap_or(usual.detailed),
            min_text: self.min_text.unwrap_or(usual.min_text),
        }
    }

    /// Sites that the format text shows.
    pub fn sites(&self) -> usize {
        self.sites.unwrap_or(SITES)
    }
}

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For the terminal.
    Text,
    /// In a form that has nothing to do with terminals.
    Form(Form),
}

impl ValueEnum for Format {
    fn value_variants<'a>() -> &'a [Self] {
        const ALL: [Format; 6] = [
            Format::Text,
            Format::Form(Form::Html),
            Format::Form(Form::Markdown),
            Format::Form(Form::Json),
            Format::Form(Form::Jsonl),
            Format::Form(Form::Csv),
        ];
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        match self {
            Format::Text => Some(PossibleValue::new("text").help("For the terminal")),
            Format::Form(form) => form.to_possible_value(),
        }
    }
}

impl Format {
    /// The report in this format.
    pub fn of(self, report: &Report, width: usize, sites: usize) -> Drawn {
        match self {
            Format::Text => Drawn::Styled(report_text::draw(report, width, sites)),
            Format::Form(form) => Drawn::Plain(form.render(report)),
        }
    }
}

impl ReportCommand {
    /// Runs the command.
    pub fn run(self, talk: &Talk) -> Result<ExitCode> {
        let target = Destination { format: self.format, path: self.output };
        target.refuse(self.force)?;
        let crawl = self.input.resolve(self.options, talk)?;
        let (summary, report) = crawl.run(talk, Some(self.wanted.wanted()), pipeline::report)?;
        problems(&summary);
        target.write(self.force, |format, width| format.of(&report, width, self.wanted.sites()))?;
        Ok(exit_status(&summary, &crawl.settings, talk))
    }
}
