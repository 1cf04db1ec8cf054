//! Writing: pages back in the format they came in, or in another.
//!
//! [`plan`] settles before anything is read which file each input goes to, and refuses what would overwrite an input
//! or an older output. Workers turn pages into bytes with a [`Renderer`](render::Renderer); one thread writes them,
//! in the order of the input, to [`Outputs`].

pub mod annotate;
pub mod blocks;
pub mod clusters;
pub mod file;
pub mod jsonl;
#[cfg(feature = "parquet")]
pub mod parquet;
pub mod plan;
pub mod render;
#[cfg(feature = "parquet")]
pub mod rows;
pub mod wet;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::ThreadPool;

use crate::error::{Error, Result};
use crate::source::stream::Compression;
use file::{Lock, Pending, Stdout};
pub use plan::{Form, Plan, Request, Target};
use render::Rendered;

/// The outputs of a run.
pub struct Outputs {
    plan: Plan,
    pool: Arc<ThreadPool>,
    /// What is being written, and for which input it was opened.
    open: Option<(usize, Output)>,
    dropped: Option<Pending>,
    _locks: Vec<Lock>,
}

/// One output.
enum Output {
    Stdout(Stdout),
    File(Pending),
    /// A folder of pages, staged beside its place.
    Files {
        stage: tempfile::TempDir,
        folder: PathBuf,
    },
    #[cfg(feature = "parquet")]
    Parquet(Box<rows::Output>),
}

impl Outputs {
    /// Locks the places that the plan writes to.
    ///
    /// # Errors
    /// When another run writes there, or the folder cannot be made.
    pub fn open(plan: Plan, pool: &Arc<ThreadPool>) -> Result<Self> {
        let mut locks = Vec::new();
        match &plan.target {
            Target::Stdout => {}
            Target::File(path) => {
                let folder = file::parent(path);
                std::fs::create_dir_all(folder).map_err(Error::writing(folder))?;
                locks.push(Lock::take(path)?);
            }
            Target::Folder(path) => {
                std::fs::create_dir_all(path).map_err(Error::writing(path))?;
                locks.push(Lock::take(path)?);
            }
        }
        let dropped = match &plan.dropped {
            Some(path) => {
                let compression = Compression::of_name(path);
                Some(Pending::create(path, compression, plan.force, pool)?)
            }
            None => None,
        };
        Ok(Self { plan, pool: Arc::clone(pool), open: None, dropped, _locks: locks })
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Writes what a worker made of a batch of input `source`.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn write(&mut self, source: usize, rendered: Rendered) -> Result<()> {
        if let (Some(dropped), false) = (&mut self.dropped, rendered.dropped.is_empty()) {
            dropped.write(&rendered.dropped)?;
        }
        self.begin(source)?;
        let Some((_, output)) = &mut self.open else { return Ok(()) };
        match output {
            Output::Stdout(out) if rendered.is_compressed => out.write_compressed(&rendered.bytes),
            Output::Stdout(out) => out.write(&rendered.bytes),
            Output::File(out) if rendered.is_compressed => out.write_compressed(&rendered.bytes),
            Output::File(out) => out.write(&rendered.bytes),
            Output::Files { stage, .. } => {
                for (path, text) in &rendered.files {
                    let path = stage.path().join(path);
                    let folder = file::parent(&path);
                    std::fs::create_dir_all(folder).map_err(Error::writing(folder))?;
                    std::fs::write(&path, text).map_err(Error::writing(&path))?;
                }
                Ok(())
            }
            #[cfg(feature = "parquet")]
            Output::Parquet(out) => match rendered.rows {
                Some(rows) => out.write(rows),
                None => Ok(()),
            },
        }
    }

    /// Notes that input `source` has ended, and finishes its output if it has one of its own.
    ///
    /// # Errors
    /// When the output cannot be finished.
    pub fn end(&mut self, source: usize) -> Result<()> {
        // An input without pages has an output all the same.
        self.begin(source)?;
        if matches!(self.plan.target, Target::Folder(_)) { self.commit() } else { Ok(()) }
    }

    /// Finishes everything.
    ///
    /// # Errors
    /// When an output cannot be finished.
    pub fn finish(mut self) -> Result<()> {
        self.commit()?;
        match self.dropped.take() {
            Some(dropped) => dropped.commit(),
            None => Ok(()),
        }
    }

    /// Opens the output of an input, unless it is the one that is open already.
    fn begin(&mut self, source: usize) -> Result<()> {
        let shared = !matches!(self.plan.target, Target::Folder(_));
        if self.open.as_ref().is_some_and(|(of, _)| shared || *of == source) {
            return Ok(());
        }
        self.commit()?;
        let entry = &self.plan.entries[source];
        let output = match (&self.plan.target, entry.form) {
            #[cfg(feature = "parquet")]
            (target, Form::Parquet) => {
                Output::Parquet(Box::new(rows::Output::create(target, entry, self.plan.force, self.plan.has_notes())?))
            }
            (Target::Stdout, _) => Output::Stdout(Stdout::new(entry.compression, &self.pool)),
            (Target::Folder(folder), Form::Files) => {
                let stage = tempfile::Builder::new()
                    .prefix(".dehusk-")
                    .suffix(".part")
                    .tempdir_in(folder)
                    .map_err(Error::writing(folder))?;
                Output::Files { stage, folder: folder.clone() }
            }
            _ => Output::File(Pending::create(&entry.path, entry.compression, self.plan.force, &self.pool)?),
        };
        self.open = Some((source, output));
        Ok(())
    }

    /// Finishes what is open.
    fn commit(&mut self) -> Result<()> {
        match self.open.take() {
            None => Ok(()),
            Some((_, Output::Stdout(out))) => out.commit(),
            Some((_, Output::File(out))) => out.commit(),
            Some((_, Output::Files { stage, folder })) => move_files(stage.path(), &folder, self.plan.force),
            #[cfg(feature = "parquet")]
            Some((_, Output::Parquet(out))) => out.commit(),
        }
    }
}

/// Moves the files of a staged folder to their place.
fn move_files(stage: &Path, folder: &Path, force: bool) -> Result<()> {
    for entry in ignore::WalkBuilder::new(stage).standard_filters(false).build() {
        let entry = entry.map_err(|e| Error::writing(folder)(std::io::Error::other(e)))?;
        let Ok(relative) = entry.path().strip_prefix(stage) else { continue };
        let place = folder.join(relative);
        if entry.file_type().is_some_and(|kind| kind.is_dir()) {
            std::fs::create_dir_all(&place).map_err(Error::writing(&place))?;
        } else if !force && place.exists() {
            return Err(crate::error::ErrorKind::Exists(place).into());
        } else {
            std::fs::rename(entry.path(), &place).map_err(Error::writing(&place))?;
        }
    }
    Ok(())
}
