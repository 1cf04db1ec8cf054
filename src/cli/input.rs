//! What the commands that read a crawl have in common: where it lies, and what a run over it needs.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use clap::Args;
use rayon::ThreadPool;

use super::{Talk, config_file, progress, signals};
use crate::config::{Options, Settings};
use crate::error::Result;
use crate::ordered;
use crate::pipeline::Context;
use crate::report::Wanted;
use crate::source::paths::{self, Sources};

/// Where the crawl lies.
#[derive(Debug, Args)]
pub struct Input {
    /// Files, folders, or - for standard input
    #[arg(value_name = "PATH", required_unless_present = "files_from")]
    paths: Vec<PathBuf>,
    /// Read further paths from a file, one a line; may be compressed, may be -
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    files_from: Vec<PathBuf>,
    /// Give URLs to the files of folders: path, tab, URL, one a line
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    url_map: Option<PathBuf>,
}

/// A crawl that was found, and what is needed to run over it.
pub struct Crawl {
    pub settings: Settings,
    pub sources: Sources,
    pool: Arc<ThreadPool>,
    stop: Arc<AtomicUsize>,
}

impl Input {
    /// Reads the settings and finds the crawl.
    ///
    /// # Errors
    /// When a setting makes no sense, or a path cannot be resolved.
    pub fn resolve(self, options: Options, talk: &Talk) -> Result<Crawl> {
        let settings = options.over(config_file::load(talk.config.as_deref())?).settings()?;
        let stop = signals::watch()?;
        let sources = paths::resolve(&paths::Request {
            paths: self.paths,
            lists: self.files_from,
            url_map: self.url_map,
            temp_dir: settings.running.temp_dir.clone(),
            stop: Arc::clone(&stop),
        })?;
        let pool = ordered::pool(settings.running.threads.get())?;
        Ok(Crawl { settings, sources, pool, stop })
    }
}

impl Crawl {
    /// Runs `work` over the crawl, and shows where it stands.
    ///
    /// # Errors
    /// Those of `work`.
    pub fn run<T>(
        &self,
        talk: &Talk,
        report: Option<Wanted>,
        work: impl FnOnce(&Context<'_>, &Sources) -> Result<T>,
    ) -> Result<T> {
        let bar = progress::Bar::new(talk);
        let context = Context {
            settings: &self.settings,
            pool: Arc::clone(&self.pool),
            stop: &self.stop,
            problems: talk.problems(),
            report,
            progress: &|at| bar.show(at),
        };
        let done = work(&context, &self.sources);
        bar.end();
        done
    }
}
