//! `dehusk clean`: keeps only each page's unique text.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, ValueEnum};

use super::{Talk, config_file, exit_status, progress, signals, summary};
use crate::config::Options;
use crate::error::Result;
use crate::ordered;
use crate::pipeline::{self, Context};
use crate::sink::plan::OutputFormat;
use crate::sink::{Request, Target};
use crate::source::paths;
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
    /// Files, folders, or - for standard input
    #[arg(value_name = "PATH", required_unless_present = "files_from")]
    paths: Vec<PathBuf>,
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
    /// Read further paths from a file, one a line; may be compressed, may be -
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    files_from: Vec<PathBuf>,
    /// Give URLs to the files of folders: path, tab, URL, one a line
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    url_map: Option<PathBuf>,
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
        let settings = self.options.over(config_file::load(talk.config.as_deref())?).settings()?;
        let stop = signals::watch()?;
        let request = paths::Request {
            paths: self.paths,
            lists: self.files_from,
            url_map: self.url_map,
            temp_dir: settings.running.temp_dir.clone(),
            stop: Arc::clone(&stop),
        };
        let output = Request {
            target: Target::of(self.output.as_deref()),
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
        let sources = paths::resolve(&request)?;
        let pool = ordered::pool(settings.running.threads.get())?;
        let progress = progress::Bar::new(talk);
        let problems = talk.problems();
        let context = Context { problems, settings: &settings, pool, stop: &stop, progress: &|at| progress.show(at) };
        let done = pipeline::clean(&context, &sources, output);
        progress.end();
        let summary = done?;
        summary::problems(&summary);
        if !talk.quiet {
            summary::show(&summary, talk);
        }
        Ok(exit_status(&summary, &settings, talk))
    }
}
