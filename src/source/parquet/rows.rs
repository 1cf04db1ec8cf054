//! Rows of a Parquet file as batches of pages.

use super::{Error as ParquetError, Limits, Parquet, Slice, Text};
use crate::config::{Results, Settings};
use crate::error::{Error, ErrorKind, Problem, Result};
use crate::page::site_of;
use crate::source::jsonl::Id;
use crate::source::{Batch, Origin, Slot, Source};

/// The columns of a batch, and what is needed to write them back.
#[derive(Clone, Debug)]
pub struct Table {
    /// All columns.
    pub rows: arrow_array::RecordBatch,
    /// The file they come from.
    pub file: super::Reader,
    /// Whether a row group of the file ends with them.
    pub ends_group: bool,
}

impl Table {
    /// Memory the columns take, in bytes.
    pub fn memory(&self) -> usize {
        self.rows.get_array_memory_size()
    }
}

/// Rows, not yet decoded.
pub struct Raw {
    file: super::Reader,
    /// `None` for a file without rows, whose columns have to be written all the same.
    slice: Option<Slice>,
    /// The number of the first row in the file, counted from 1.
    first: u64,
    progress: u64,
}

/// Cuts a file into slices of rows.
pub struct Reader {
    file: Parquet,
    rows: u64,
    given: bool,
    size: u64,
    all_rows: u64,
}

impl Reader {
    /// Opens a file and reads its footer.
    ///
    /// # Errors
    /// When the file is no Parquet, damaged or encrypted, or has no column of text.
    pub fn open(source: &Source, settings: &Settings) -> Result<Self> {
        let input = |e: ParquetError| Error::from(ErrorKind::Input(e.to_string()));
        let data = source.open()?.try_into().map_err(|e| input(ParquetError::Io(e)))?;
        let file = Parquet::new(data, &settings.results.fields, Limits::default()).map_err(input)?;
        let all_rows = u64::try_from(file.reader().metadata().file_metadata().num_rows()).unwrap_or(0);
        Ok(Self { file, rows: 0, given: false, size: source.size, all_rows })
    }

    /// The next rows. `None` at the end.
    pub fn read(&mut self) -> Option<Raw> {
        let slice = self.file.next_slice();
        if slice.is_none() && std::mem::replace(&mut self.given, true) {
            return None;
        }
        self.given = true;
        let (first, rows) = (self.rows + 1, slice.as_ref().map_or(0, |slice| slice.rows));
        self.rows = self.rows.saturating_add(rows);
        let share = rows as f64 / self.all_rows.max(1) as f64;
        Some(Raw { file: self.file.reader().clone(), slice, first, progress: (self.size as f64 * share) as u64 })
    }
}

impl Raw {
    /// Decodes the rows.
    pub fn parse(self, settings: &Results) -> Batch {
        let mut batch = Batch { progress: self.progress, ..Batch::default() };
        let Some(slice) = self.slice else {
            let rows = arrow_array::RecordBatch::new_empty(self.file.schema().clone());
            batch.table = Some(Table { rows, file: self.file, ends_group: false });
            return batch;
        };
        let decoded = match self.file.read(&slice) {
            Ok(decoded) => decoded,
            Err(e) => {
                batch.problems.push(Problem::skipped(e.to_string()).at_record(self.first));
                return batch;
            }
        };
        for (index, row) in decoded.pages().enumerate() {
            let place = |problem: Problem| problem.at_record(self.first + index as u64);
            let text = match row.text {
                Text::Valid(text) if text.len() > settings.max_page => {
                    batch.problems.push(place(Problem::too_large(settings.max_page)));
                    continue;
                }
                Text::Valid(text) => batch.put(text),
                Text::Repaired { text, .. } => {
                    batch.problems.push(place(Problem::repaired("invalid UTF-8: replaced by U+FFFD")));
                    batch.put(&text)
                }
                Text::Null => {
                    batch.problems.push(place(Problem::skipped("the text is null")));
                    continue;
                }
                Text::OverRatio => {
                    batch.problems.push(place(Problem::skipped(
                        "the rows hold far more text than their bytes can: taken for a bomb",
                    )));
                    continue;
                }
            };
            let url: Box<str> = row.url.as_deref().unwrap_or_default().into();
            let site: Box<str> = match &row.site {
                Some(site) if settings.fields.site.is_some() || url.is_empty() => site.as_ref().into(),
                _ => site_of(&url, settings.scope).into(),
            };
            let id = row.id.map(|id| Id::Text(id.into_owned().into()));
            batch.slots.push(Slot { url, id, site, text, marks: 0..0, origin: Origin::Row(index) });
        }
        batch.table = Some(Table { rows: decoded.rows, file: self.file, ends_group: slice.last });
        batch
    }
}
