//! `dehusk clean`: keeps only each page's unique text.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::destination::Destination;
use super::input::Input;
use super::report::{self, WantedArgs};
use super::{Talk, exit_status, summary};
use crate::config::Options;
use crate::error::{Error, Result};
use crate::pipeline;
use crate::sink::plan::OutputFormat;
use crate::sink::{Request, Target};
use crate::source::stream::Compression;

/// Keeps only each page's unique text: what its site repeats goes
///
/// Reads WARC, WET, JSONL, Parquet and folders of .txt and .html files, plain or compressed, and writes the pages back
/// in the format they came in, without the lines that their sites repeat.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dehusk clean crawl.warc.wet.gz -o cleaned/
  dehusk clean pages/*.jsonl.zst -o unique.jsonl.zst
  zcat part.jsonl.gz | dehusk clean - > unique.jsonl
  dehusk clean fineweb.parquet --annotate -o marked/
  dehusk clean crawl.warc.gz --duplicates drop --clusters clusters.jsonl -o cleaned/")]
pub struct Clean {
    #[command(flatten)]
    input: Input,
    /// Where the output goes: a folder (one output an input), a file if the name ends as data files do, or - [default: standard output]
    #[arg(long, short, value_name = "OUT", help_heading = "Output")]
    output: Option<PathBuf>,
    /// Write another format than was read
    #[arg(long, value_enum, value_name = "FORMAT", help_heading = "Output")]
    format: Option<OutputFormat>,
    /// Compress the output otherwise than the input was
    #[arg(long, value_enum, value_name = "HOW", help_heading = "Output")]
    compress: Option<Compress>,
    /// Keep all text and mark lines instead, in the field `dehusk` (JSONL and Parquet)
    #[arg(long, help_heading = "Output")]
    annotate: bool,
    /// Write what was dropped, lines and duplicates, with reasons, as JSON Lines
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    dropped: Option<PathBuf>,
    /// Write the clusters of near-duplicates, a row a page, as JSON Lines, or as Parquet if the name ends so
    #[arg(long, value_name = "FILE", help_heading = "Duplicates")]
    clusters: Option<PathBuf>,
    /// Compare with the pages that an earlier run kept, too: the file that it wrote with --save-index
    #[arg(long, value_name = "FILE", help_heading = "Duplicates")]
    index: Option<PathBuf>,
    /// Write what a later run needs to compare its pages with those kept here and before
    #[arg(long, value_name = "FILE", help_heading = "Duplicates")]
    save_index: Option<PathBuf>,
    /// Replace outputs that exist
    #[arg(long, help_heading = "Output")]
    force: bool,
    /// Write a report too: a format of `dehusk report`, = and a file, or standard output; may be given several times
    #[arg(long, value_name = "FORMAT[=FILE]", help_heading = "Report")]
    report: Vec<Destination<report::Format>>,
    #[command(flatten)]
    wanted: WantedArgs,
    #[command(flatten)]
    options: Options,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Compress {
    None,
    Gz,
    Zst,
}

impl Clean {
    /// Runs the command.
    pub fn run(self, talk: &Talk) -> Result<ExitCode> {
        let goes_to_stdout = self.report.iter().filter(|report| report.is_stdout()).count();
        let target = Target::of(self.output.as_deref());
        if goes_to_stdout > usize::from(target != Target::Stdout) {
            return Err(Error::settings(
                "only one thing can go to standard output: name a file for the report, as in --report html=report.html, or for the pages with -o",
            ));
        }
        self.report.iter().try_for_each(|report| report.refuse(self.force))?;
        let crawl = self.input.resolve(self.options, talk)?;
        let output = Request {
            target,
            format: self.format,
            compression: self.compress.map(|how| match how {
                Compress::None => Compression::None,
                Compress::Gz => Compression::Gzip,
                Compress::Zst => Compression::Zstd,
            }),
            force: self.force,
            annotate: self.annotate,
            dropped: self.dropped,
            clusters: self.clusters,
            index: self.index,
            save_index: self.save_index,
        };
        let wanted = (!self.report.is_empty()).then(|| self.wanted.wanted());
        let (summary, report) =
            crawl.run(talk, wanted, |context, sources| pipeline::clean(context, sources, output))?;
        summary::problems(&summary);
        for (destination, report) in self.report.iter().flat_map(|destination| Some((destination, report.as_ref()?))) {
            destination.write(self.force, |format, width| format.of(report, width, self.wanted.sites()))?;
        }
        if !talk.quiet {
            summary::show(&summary, talk);
        }
        Ok(exit_status(&summary, &crawl.settings, talk))
    }
}
