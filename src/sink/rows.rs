//! Parquet outputs: the rows of a batch with their new texts, and the file they go to.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use arrow_array::RecordBatch;
use tempfile::NamedTempFile;

use super::file::{persist, temporary};
use super::parquet::{self, Layout, PageBatch, ParquetSink};
use super::plan::{Entry, Target};
use crate::error::{Error, ErrorKind, Result};
use crate::page::Page;
use crate::source::parquet::rows::Table;
use crate::source::{Origin, Slot};

/// Pages that are to be rows.
#[derive(Default)]
pub struct Rows {
    /// The rows of the input that are kept, and their texts, ascending.
    kept: Vec<(usize, String)>,
    /// Pages of other formats.
    pages: PageBatch,
    /// One a page, when lines are marked.
    notes: Vec<Option<String>>,
    failed: Option<parquet::Error>,
}

/// Rows ready to be written.
pub struct Ready {
    rows: Result<RecordBatch, parquet::Error>,
    table: Option<Table>,
}

impl Rows {
    /// Adds a page with the text that is to be written.
    pub fn add(&mut self, slot: &Slot, page: &Page<'_>, pieces: &[&str], note: Option<String>) {
        self.notes.push(note);
        if let Origin::Row(row) = slot.origin {
            self.kept.push((row, pieces.concat()));
        } else if let Err(e) = self.pages.push(page.id, Some(page.url), Some(page.site), pieces.iter().copied()) {
            self.failed.get_or_insert(e);
        }
    }

    /// Puts the rows together: those of `table` with their new texts, or new ones.
    pub fn finish(mut self, table: Option<Table>, annotate: bool) -> Ready {
        let rows = match (self.failed.take(), &table) {
            (Some(e), _) => Err(e),
            (None, Some(table)) => self.of_table(table, annotate),
            (None, None) => self.pages.finish().and_then(|rows| self.noted(rows, annotate)),
        };
        Ready { rows, table }
    }

    fn of_table(&self, table: &Table, annotate: bool) -> Result<RecordBatch, parquet::Error> {
        let mut keep = vec![false; table.rows.num_rows()];
        for (row, _) in &self.kept {
            if let Some(keep) = keep.get_mut(*row) {
                *keep = true;
            }
        }
        let rows = parquet::kept(&table.rows, keep)?;
        let texts = self.kept.iter().map(|(_, text)| Some([text.as_str()]));
        let rows = parquet::with_text(&rows, table.file.text_path(), texts)?;
        self.noted(rows, annotate)
    }

    fn noted(&self, rows: RecordBatch, annotate: bool) -> Result<RecordBatch, parquet::Error> {
        if annotate { parquet::with_notes(&rows, self.notes.iter().map(Option::as_deref)) } else { Ok(rows) }
    }
}

/// A Parquet output. Its columns are known when the first rows come.
pub struct Output {
    path: PathBuf,
    force: bool,
    annotate: bool,
    failure: Failure,
    destination: Option<Destination>,
    sink: Option<ParquetSink<Destination>>,
}

/// Where the bytes go.
enum Place {
    File(NamedTempFile),
    Stdout(io::Stdout),
}

/// A place that remembers its first failure: the Parquet writer tells only that there was one.
struct Destination {
    place: Place,
    failure: Failure,
}

/// The first failure to write.
type Failure = Arc<Mutex<Option<io::Error>>>;

impl Destination {
    fn noted<T>(&self, done: io::Result<T>) -> io::Result<T> {
        done.map_err(|e| {
            let told = io::Error::new(e.kind(), e.to_string());
            if let Ok(mut failure) = self.failure.lock() {
                failure.get_or_insert(e);
            }
            told
        })
    }
}

impl Write for Destination {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let done = match &mut self.place {
            Place::File(file) => file.write(bytes),
            Place::Stdout(out) => out.write(bytes),
        };
        self.noted(done)
    }

    fn flush(&mut self) -> io::Result<()> {
        let done = match &mut self.place {
            Place::File(file) => file.flush(),
            Place::Stdout(out) => out.flush(),
        };
        self.noted(done)
    }
}

impl Output {
    /// Starts to write.
    ///
    /// # Errors
    /// When the folder cannot be written to.
    pub fn create(target: &Target, entry: &Entry, force: bool, annotate: bool) -> Result<Self> {
        let place = match target {
            Target::Stdout => Place::Stdout(io::stdout()),
            Target::File(_) | Target::Folder(_) => {
                let folder = super::file::parent(&entry.path);
                std::fs::create_dir_all(folder).map_err(Error::writing(folder))?;
                Place::File(temporary(&entry.path)?)
            }
        };
        let failure = Failure::default();
        let destination = Some(Destination { place, failure: Arc::clone(&failure) });
        Ok(Self { path: entry.path.clone(), force, annotate, failure, destination, sink: None })
    }

    /// Adds rows.
    ///
    /// # Errors
    /// When the output cannot be written, or the rows have other columns than those before.
    pub fn write(&mut self, ready: Ready) -> Result<()> {
        let ends_group = ready.table.as_ref().is_some_and(|table| table.ends_group);
        let rows = ready.rows.map_err(|e| self.failed(e))?;
        let Some(mut sink) = self.open(ready.table.as_ref())? else { return Ok(()) };
        let written = sink.write(&rows).and_then(|()| if ends_group { sink.end_row_group() } else { Ok(()) });
        self.sink = Some(sink);
        written.map_err(|e| self.failed(e))
    }

    /// The sink, made for the columns of `table` or for pages of other formats.
    fn open(&mut self, table: Option<&Table>) -> Result<Option<ParquetSink<Destination>>> {
        if let Some(sink) = self.sink.take() {
            return Ok(Some(sink));
        }
        let Some(destination) = self.destination.take() else { return Ok(None) };
        let layout = match table {
            Some(table) => Layout::of(&table.file),
            None => Layout::of_pages(),
        };
        let layout = layout.and_then(|layout| if self.annotate { layout.with_notes() } else { Ok(layout) });
        let sink = layout.and_then(|layout| match table {
            Some(_) => ParquetSink::new(destination, &layout),
            None => ParquetSink::with_even_groups(destination, &layout),
        });
        sink.map(Some).map_err(|e| self.failed(e))
    }

    /// Puts the finished file in its place.
    ///
    /// # Errors
    /// When it cannot be written to the end.
    pub fn commit(mut self) -> Result<()> {
        let Some(sink) = self.open(None)? else { return Ok(()) };
        match sink.finish().map_err(|e| self.failed(e))?.place {
            Place::File(file) => persist(file, &self.path, self.force),
            Place::Stdout(mut out) => out.flush().map_err(|e| ErrorKind::Stdout(e).into()),
        }
    }

    fn failed(&self, error: parquet::Error) -> Error {
        let noted = self.failure.lock().ok().and_then(|mut failure| failure.take());
        let source = noted.unwrap_or_else(|| io::Error::other(error));
        if self.path == Path::new("") { ErrorKind::Stdout(source).into() } else { Error::writing(&self.path)(source) }
    }
}
