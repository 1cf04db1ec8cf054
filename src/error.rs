//! What can go wrong, and where.
//!
//! Two kinds of trouble are kept apart. An [`Error`] ends the run: a setting that makes no sense, an output that
//! exists, a disk that is full. A [`Problem`] belongs to one place of one input: the record is skipped or repaired,
//! counted and shown, and the run goes on.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The result of everything that can end a run.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error that ends the run. Small (one pointer): see [`Error::kind`].
#[derive(Debug)]
pub struct Error(Box<ErrorKind>);

/// What ended the run. Every message names the place and the remedy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A setting, flag or configuration file that makes no sense. Nothing was read.
    #[error("{0}")]
    Settings(String),
    /// An input could not be opened or read.
    #[error("{}: {source}", shown(path))]
    Read {
        /// The input.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// An output could not be written.
    #[error("{}: {source}; no output was left under that name", shown(path))]
    Write {
        /// The output, or its temporary name.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Standard output could not be written.
    #[error("standard output: {0}")]
    Stdout(io::Error),
    /// An output exists already.
    #[error("{}: exists already; name another output or give --force to replace it", shown(.0))]
    Exists(PathBuf),
    /// Another run writes to the same output.
    #[error("{}: another run of dehusk writes here; wait for it, or name another output", shown(.0))]
    Locked(PathBuf),
    /// An input that is not what it seemed to be.
    #[error("{0}")]
    Input(String),
    /// Nothing could be read as a page.
    #[error("{0}")]
    NoPages(String),
    /// The two readings of an input did not agree.
    #[error("{0}: the input changed while it was read; run again when nothing writes to it")]
    Changed(String),
    /// The pages of a run do not add up, or a worker failed outside any page.
    #[error("internal error: {0}; please report this with the input")]
    Internal(String),
    /// A signal asked the run to stop: its number.
    #[error("stopped by signal {0}; unfinished outputs were removed")]
    Interrupted(i32),
}

impl Error {
    /// What went wrong.
    pub fn kind(&self) -> &ErrorKind {
        &self.0
    }

    /// Whether the reader of standard output has gone away, which is no failure of the run.
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self.kind(), ErrorKind::Stdout(source) if source.kind() == io::ErrorKind::BrokenPipe)
    }

    /// A setting that makes no sense; `message` says what would.
    pub fn settings(message: impl Into<String>) -> Self {
        ErrorKind::Settings(message.into()).into()
    }

    /// Returns a closure that says which input could not be read.
    pub fn reading(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| ErrorKind::Read { path, source }.into()
    }

    /// Returns a closure that says which output could not be written.
    pub fn writing(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| ErrorKind::Write { path, source }.into()
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self(Box::new(kind))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self.kind() {
            ErrorKind::Read { source, .. } | ErrorKind::Write { source, .. } | ErrorKind::Stdout(source) => {
                Some(source)
            }
            _ => None,
        }
    }
}

/// A path as a message may show it: without control characters, which would reach the terminal.
pub(crate) fn shown(path: &Path) -> String {
    crate::page::visible(&path.to_string_lossy()).into_owned()
}

/// A place in an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The input as the user named it; `-` is standard input.
    pub source: Arc<str>,
    /// The record, line or row, counted from 1, where that is known.
    pub record: Option<u64>,
    /// The byte offset in the file as it stands on disk; in a compressed file, of the member or frame that holds the place.
    pub byte: Option<u64>,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::page::visible(&self.source))?;
        if let Some(record) = self.record {
            write!(f, ":{record}")?;
        }
        if let Some(byte) = self.byte {
            write!(f, " (byte {byte})")?;
        }
        Ok(())
    }
}

/// What was done about a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// The record is not among the pages.
    Skipped,
    /// The page is there, but not every byte of it is as it was.
    Repaired,
    /// Bytes of the file that belong to no record.
    Gap,
}

impl Action {
    /// The word that messages and reports use.
    pub fn word(self) -> &'static str {
        match self {
            Action::Skipped => "skipped",
            Action::Repaired => "repaired",
            Action::Gap => "gap",
        }
    }
}

/// Trouble at one place of an input that did not end the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The record, line or row, counted from 1, where that is known.
    pub record: Option<u64>,
    /// The byte offset in the file, as in [`Location::byte`].
    pub byte: Option<u64>,
    /// What was done.
    pub action: Action,
    /// What was wrong and, where there is one, the remedy. May quote the input: escape it when shown.
    pub reason: String,
}

impl Problem {
    /// A record that was left out.
    pub fn skipped(reason: impl Into<String>) -> Self {
        Self::new(Action::Skipped, reason)
    }

    /// A page over the limit of so many bytes.
    pub fn too_large(limit: usize) -> Self {
        Self::skipped(format!("larger than --max-page {limit}"))
    }

    /// A page that was mended.
    pub fn repaired(reason: impl Into<String>) -> Self {
        Self::new(Action::Repaired, reason)
    }

    /// Bytes that belong to no record.
    pub fn gap(reason: impl Into<String>) -> Self {
        Self::new(Action::Gap, reason)
    }

    fn new(action: Action, reason: impl Into<String>) -> Self {
        Self { record: None, byte: None, action, reason: reason.into() }
    }

    /// The same problem at this record, counted from 1.
    pub fn at_record(mut self, record: u64) -> Self {
        self.record = Some(record);
        self
    }

    /// The same problem at this byte of the file.
    pub fn at_byte(mut self, byte: u64) -> Self {
        self.byte = Some(byte);
        self
    }
}

/// Runs `work` and turns a panic into its message, so that one poisoned page costs one page.
pub fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).map_err(|panic| {
        panic
            .downcast_ref::<&str>()
            .map(|s| (*s).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "unknown panic".to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_pointer() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }

    #[test]
    fn a_location_names_source_record_and_byte_and_hides_control_characters() {
        let at = Location { source: "a\u{1b}[31m.wet.gz".into(), record: Some(3), byte: Some(99) };
        assert_eq!(at.to_string(), "a\\u{1b}[31m.wet.gz:3 (byte 99)");
    }

    #[test]
    fn a_panic_becomes_its_message() {
        assert_eq!(guarded(|| 1), Ok(1));
        assert_eq!(guarded(|| -> u8 { panic!("no {}", "way") }), Err("no way".to_owned()));
    }
}
