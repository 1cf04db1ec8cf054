//! Parquet files as pages: one row is one page.
//!
//! [`Parquet`] reads the footer and cuts the row groups into [`Slice`]s; a [`Reader`] decodes a slice on any
//! thread. All columns are read, as their physical type: strings of every kind arrive as bytes and are
//! checked row by row, so that one bad row costs one row, and what a column means is kept in the footer,
//! which the writer copies. Byte strings are views into their page, so a dictionary value repeated a million
//! times takes no room.
//!
//! The `parquet` crate trusts its input: it allocates what headers claim and panics on some damage. Claims are
//! checked first (`claims`, `pages`, `delta`, `levels`), and a panic is caught and reported as damage. A process with
//! `panic = "abort"` loses that last guard.

mod claims;
mod delta;
mod levels;
mod pages;
pub mod rows;

use std::any::Any;
use std::borrow::Cow;
use std::collections::VecDeque;
use std::io;
use std::ops::Range;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef, BinaryViewArray, RecordBatch};
use arrow_schema::{DataType, Field, FieldRef, Fields as ArrowFields, Schema, SchemaRef};
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, RowSelection, RowSelector};
use parquet::arrow::{FieldLevels, ProjectionMask, parquet_to_arrow_field_levels, parquet_to_arrow_schema};
use parquet::basic::{ConvertedType, LogicalType, Repetition, Type as Physical};
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData};
use parquet::file::reader::Length;
use parquet::schema::types::{SchemaDescriptor, Type, TypePtr};

use crate::config::FieldNames;
pub use pages::Data;
use pages::{Budget, Claims, Group};

/// Names looked for when no column is named; the first that holds text is taken. Case does not matter.
const TEXT: &[&str] =
    &["text", "content", "raw_content", "page_content", "body", "document", "doc.text", "document.text"];
const URL: &[&str] = &[
    "url",
    "uri",
    "source_url",
    "warc-target-uri",
    "warc_target_uri",
    "target_uri",
    "metadata.url",
    "meta.url",
    "metadata.uri",
    "metadata.warc-target-uri",
    "metadata.warc_url",
];
const ID: &[&str] = &["id", "_id", "doc_id", "docid", "document_id", "warc-record-id", "warc_record_id", "metadata.id"];
const SITE: &[&str] = &["site", "domain", "host", "hostname", "url_host_name", "metadata.domain", "meta.domain"];

/// Largest footer in bytes; a file of a thousand row groups has one of about a megabyte.
const MAX_FOOTER: u64 = 64 << 20;
/// Most rows of a slice: more would make the pages of a slice unbounded where values repeat.
const MAX_ROWS: u64 = 32_768;
/// What a row takes in each column at the least, in bytes.
const MIN_CELL: u64 = 16;
/// Rows that a row group may have whatever its size, and per compressed byte.
const FREE_ROWS: u64 = 1 << 20;
const ROWS_PER_BYTE: u64 = 64;
/// Text that a file may hold whatever its size, before [`Limits::ratio`] counts.
const FREE_TEXT: u64 = 16 << 20;
/// Widest fixed-size column in bytes.
const MAX_WIDTH: u64 = 16 << 20;
/// Columns listed in an error.
const LISTED: usize = 40;

/// How much one slice may take.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Decoded bytes wanted in a slice; a slice is never smaller than a row, and seldom than a page. 16 MiB.
    pub slice: u64,
    /// Largest page, in bytes decoded. 256 MiB.
    pub page: u64,
    /// Most bytes that the pages of a slice may decode to, over all columns. 512 MiB.
    pub memory: u64,
    /// Most bytes of text for a byte of the file, above 16 MiB. 1000.
    pub ratio: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { slice: 16 << 20, page: 256 << 20, memory: 512 << 20, ratio: 1000 }
    }
}

/// Why a file or some of its rows cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read at all.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The file is no Parquet, or its footer is damaged, encrypted or beyond the limits.
    #[error("{0}")]
    Footer(String),
    /// A column is missing or holds no text.
    #[error("{0}")]
    Column(String),
    /// Rows are lost; the others can still be read.
    #[error("row group {row_group}, rows {}..{}: {why}", rows.start, rows.end)]
    Rows {
        /// Row group, counted from 0.
        row_group: usize,
        /// Rows in the row group, counted from 0.
        rows: Range<u64>,
        /// What was found.
        why: String,
    },
}

/// Some consecutive rows of one row group: the unit of work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice {
    /// Row group, counted from 0.
    pub row_group: usize,
    /// First row in the row group, counted from 0.
    pub first_row: u64,
    /// Number of rows.
    pub rows: u64,
    /// Whether the row group ends with this slice.
    pub last: bool,
}

impl Slice {
    fn error(&self, why: String) -> Error {
        let rows = self.first_row..self.first_row.saturating_add(self.rows);
        Error::Rows { row_group: self.row_group, rows, why }
    }
}

/// A Parquet file, cut into slices in order.
#[derive(Debug)]
pub struct Parquet {
    reader: Reader,
    next_group: usize,
    planned: VecDeque<Slice>,
}

impl Parquet {
    /// Opens the file at `path`. See [`Parquet::new`].
    pub fn open(path: &Path, fields: &FieldNames, limits: Limits) -> Result<Self, Error> {
        Self::new(std::fs::File::open(path)?.try_into()?, fields, limits)
    }

    /// Reads the footer of `data` and finds the columns; no page is read.
    ///
    /// # Errors
    /// [`Error::Footer`] if there is no sound footer, [`Error::Column`] if the text column or a named column
    /// is missing or of the wrong type.
    pub fn new(data: Data, fields: &FieldNames, limits: Limits) -> Result<Self, Error> {
        let footer = read_footer(&data)?;
        let (metadata, levels, schema) = guarded(|| {
            let metadata = ParquetMetaDataReader::decode_metadata(&footer)?;
            let (levels, schema) = physical_levels(metadata.file_metadata().schema_descr())?;
            Ok((metadata, levels, schema))
        })
        .map_err(|why| Error::Footer(format!("damaged or unsupported Parquet footer: {why}")))?;
        let columns = Columns::find(metadata.file_metadata().schema_descr(), fields)?;
        let file = FileParts { data, metadata: Arc::new(metadata), levels, schema, columns, limits };
        Ok(Self { reader: Reader(Arc::new(file)), next_group: 0, planned: VecDeque::new() })
    }

    /// The part that decodes slices, to be cloned into threads.
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// The next slice in order. Only page headers are read, and of one column only.
    ///
    /// Slices end where a page of the largest column ends, so that few pages are decoded twice. A damaged row
    /// group is one slice; reading it gives the error.
    pub fn next_slice(&mut self) -> Option<Slice> {
        while self.planned.is_empty() {
            if self.next_group >= self.reader.0.metadata.num_row_groups() {
                return None;
            }
            self.planned = self.reader.0.plan(self.next_group);
            self.next_group += 1;
        }
        self.planned.pop_front()
    }
}

/// Decodes slices. Cheap to clone, and one clone or many can be used from any threads. Damage costs the slice
/// in which it lies.
#[derive(Debug, Clone)]
pub struct Reader(Arc<FileParts>);

impl Reader {
    /// Decodes all columns of the rows of `slice`.
    ///
    /// # Errors
    /// [`Error::Rows`] with the slice's rows if a page is damaged, beyond the limits or makes the decoder panic.
    pub fn read(&self, slice: &Slice) -> Result<Batch, Error> {
        let file = &self.0;
        file.check_group(slice.row_group).map_err(|why| slice.error(why))?;
        let rows = guarded(|| file.decode(slice)).map_err(|why| slice.error(why))?;
        if rows.num_rows() as u64 != slice.rows {
            return Err(slice.error(format!("only {} rows could be read", rows.num_rows())));
        }
        Ok(Batch { slice: slice.clone(), rows, text_allowed: file.text_allowed(slice), file: Arc::clone(file) })
    }

    /// The footer as the file has it.
    pub fn metadata(&self) -> &ParquetMetaData {
        &self.0.metadata
    }

    /// The physical types of all columns, as they stand in every [`Batch`].
    pub fn schema(&self) -> &SchemaRef {
        &self.0.schema
    }

    /// The position of the text column: of a field, of a field in that struct, and so on.
    pub fn text_path(&self) -> &[usize] {
        &self.0.columns.text.path
    }
}

/// What all threads share.
#[derive(Debug)]
struct FileParts {
    data: Data,
    metadata: Arc<ParquetMetaData>,
    levels: FieldLevels,
    schema: SchemaRef,
    columns: Columns,
    limits: Limits,
}

impl FileParts {
    /// Refuses a row group whose claims do not agree with each other or with the file.
    fn check_group(&self, index: usize) -> Result<(), String> {
        let group = self.metadata.row_group(index);
        let rows = u64::try_from(group.num_rows()).map_err(|_| "negative number of rows")?;
        for chunk in group.columns() {
            Claims::new(&self.data, chunk).map_err(|error| error.to_string())?;
            let column = chunk.column_descr();
            if column.max_rep_level() == 0 && chunk.num_values() != group.num_rows() {
                return Err(format!("column {:?} has not as many values as rows", column.path().string()));
            }
            if chunk.uncompressed_size() < 0 {
                return Err(format!("column {:?} has a negative size", column.path().string()));
            }
            if u64::try_from(column.type_length()).is_ok_and(|width| width > MAX_WIDTH) {
                return Err(format!("column {:?} is too wide", column.path().string()));
            }
        }
        let bytes = compressed(group);
        if rows > FREE_ROWS.max(bytes.saturating_mul(ROWS_PER_BYTE)) {
            return Err(format!("{rows} rows claimed in {bytes} bytes"));
        }
        Ok(())
    }

    /// Cuts a row group into slices.
    fn plan(&self, index: usize) -> VecDeque<Slice> {
        let group = self.metadata.row_group(index);
        let rows = u64::try_from(group.num_rows()).unwrap_or(0);
        let mut plan = Plan { row_group: index, rows, at: 0, slices: VecDeque::new() };
        if self.check_group(index).is_err() {
            // One slice, so that the error is met once.
            plan.slices.push_back(Slice { row_group: index, first_row: 0, rows, last: true });
            return plan.slices;
        }
        let size = uncompressed(group).max(rows.saturating_mul(self.row_floor()));
        let most = (self.limits.slice / self.row_floor()).clamp(1, MAX_ROWS);
        if size > self.limits.slice {
            self.plan_by_pages(group, size, most, &mut plan);
            // Rows that the page headers do not account for: evenly.
            let row = (size / rows.max(1)).max(1);
            let even = (self.limits.slice / row).clamp(1, most);
            plan.cut_rest(even);
        } else {
            plan.cut_rest(most);
        }
        plan.slices
    }

    /// Cuts where pages of the largest column without lists end.
    fn plan_by_pages(&self, group: &RowGroupMetaData, size: u64, most: u64, plan: &mut Plan) {
        let flat = group.columns().iter().filter(|chunk| chunk.column_descr().max_rep_level() == 0);
        let Some(lead) = flat.max_by_key(|chunk| chunk.uncompressed_size()) else { return };
        let Ok(mut headers) = Claims::new(&self.data, lead) else { return };
        let mut pages = Vec::new();
        while let Ok(Some((page, _))) = headers.next() {
            if page.kind == claims::Kind::Data {
                pages.push(page);
            }
        }
        // A page stands for its share of the row group: other columns and dictionaries weigh in.
        let total = pages.iter().map(|page| u128::from(page.uncompressed)).sum::<u128>().max(1);
        let share = |page: &claims::Page| (u128::from(size) * u128::from(page.uncompressed) / total) as u64;
        let (mut rows, mut bytes) = (0_u64, 0_u64);
        for page in pages {
            let size = share(&page);
            if rows > 0 && (bytes.saturating_add(size) > self.limits.slice || rows + page.values > most) {
                plan.cut(rows);
                (rows, bytes) = (0, 0);
            }
            rows += page.values;
            bytes = bytes.saturating_add(size);
            while rows > most {
                plan.cut(most);
                rows -= most;
            }
            if plan.at >= plan.rows {
                return;
            }
        }
        plan.cut(rows);
    }

    /// The least that a row takes, in bytes.
    fn row_floor(&self) -> u64 {
        let columns = self.metadata.file_metadata().schema_descr().columns();
        let cell = |width: i32| MIN_CELL.max(u64::try_from(width).unwrap_or(0));
        columns.iter().map(|column| cell(column.type_length())).sum::<u64>().max(MIN_CELL)
    }

    fn decode(&self, slice: &Slice) -> parquet::errors::Result<RecordBatch> {
        let (first, rows) = (usize::try_from(slice.first_row)?, usize::try_from(slice.rows)?);
        let group = Group {
            data: self.data.clone(),
            metadata: Arc::clone(&self.metadata),
            index: slice.row_group,
            first_row: slice.first_row,
            budget: Budget::new(self.limits.memory, self.limits.page),
        };
        let selection = RowSelection::from(vec![RowSelector::skip(first), RowSelector::select(rows)]);
        let mut batches =
            ParquetRecordBatchReader::try_new_with_row_groups(&self.levels, &group, rows, Some(selection))?;
        match batches.next() {
            Some(batch) => Ok(RecordBatch::try_new(Arc::clone(&self.schema), batch?.columns().to_vec())?),
            None => Ok(RecordBatch::new_empty(Arc::clone(&self.schema))),
        }
    }

    /// The bytes of text that a slice may hold: its share of the row group times the ratio.
    fn text_allowed(&self, slice: &Slice) -> u64 {
        let group = self.metadata.row_group(slice.row_group);
        let rows = u128::try_from(group.num_rows()).unwrap_or(0).max(1);
        let share = u128::from(compressed(group)) * u128::from(slice.rows) / rows;
        let scaled = u64::try_from(share).unwrap_or(u64::MAX).saturating_mul(self.limits.ratio);
        scaled.saturating_add(FREE_TEXT / self.metadata.num_row_groups().max(1) as u64)
    }
}

/// Slices of one row group in the making.
struct Plan {
    row_group: usize,
    rows: u64,
    at: u64,
    slices: VecDeque<Slice>,
}

impl Plan {
    /// Adds a slice of up to `rows` rows.
    fn cut(&mut self, rows: u64) {
        let rows = rows.min(self.rows - self.at);
        if rows == 0 {
            return;
        }
        let first_row = self.at;
        self.at += rows;
        self.slices.push_back(Slice { row_group: self.row_group, first_row, rows, last: self.at == self.rows });
    }

    /// Adds slices of `rows` rows to the end.
    fn cut_rest(&mut self, rows: u64) {
        while self.at < self.rows {
            self.cut(rows);
        }
    }
}

/// The decoded rows of a slice.
#[derive(Debug, Clone)]
pub struct Batch {
    /// Where the rows stand.
    pub slice: Slice,
    /// All columns.
    pub rows: RecordBatch,
    text_allowed: u64,
    file: Arc<FileParts>,
}

/// One row, seen as a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row<'a> {
    /// The row in its row group, counted from 0.
    pub row: u64,
    /// The text, or why there is none.
    pub text: Text<'a>,
    /// The address; bytes that are no UTF-8 are replaced.
    pub url: Option<Cow<'a, str>>,
    /// The identifier; an integer stands in decimals.
    pub id: Option<Cow<'a, str>>,
    /// The site.
    pub site: Option<Cow<'a, str>>,
}

/// The text of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Text<'a> {
    /// As it stands in the file.
    Valid(&'a str),
    /// Not valid UTF-8 at byte `at`; bad bytes are replaced with U+FFFD in `text`.
    Repaired {
        /// The repaired text.
        text: String,
        /// The first bad byte.
        at: usize,
    },
    /// Null: to be counted as skipped.
    Null,
    /// The slice holds more text than [`Limits::ratio`] allows for its bytes: to be counted as skipped.
    OverRatio,
}

impl Batch {
    /// The rows in order.
    pub fn pages(&self) -> impl Iterator<Item = Row<'_>> {
        let columns = &self.file.columns;
        let text = columns.text.cells(&self.rows);
        let [url, id, site] = [&columns.url, &columns.id, &columns.site].map(|column| match column {
            Some(column) => column.cells(&self.rows),
            None => Cells::none(),
        });
        let mut left = self.text_allowed;
        (0..self.rows.num_rows()).map(move |index| {
            let row = self.slice.first_row + index as u64;
            let size = [&text, &url, &id, &site].map(|cells| cells.size(index)).iter().sum();
            let Some(rest) = left.checked_sub(size) else {
                return Row { row, text: Text::OverRatio, url: None, id: None, site: None };
            };
            left = rest;
            Row { row, text: text.text(index), url: url.show(index), id: id.show(index), site: site.show(index) }
        })
    }
}

/// The cells of one column in a batch.
struct Cells<'a> {
    /// The arrays from the outermost struct to the column itself: a cell is null where any of them is.
    nesting: Vec<&'a ArrayRef>,
    leaf: Leaf<'a>,
}

enum Leaf<'a> {
    Bytes(&'a BinaryViewArray),
    Int32(&'a [i32]),
    Int64(&'a [i64]),
    /// As 64 bits, of which an unsigned column has the same.
    Unsigned(&'a [i64]),
    None,
}

impl<'a> Cells<'a> {
    fn none() -> Self {
        Self { nesting: Vec::new(), leaf: Leaf::None }
    }

    fn is_null(&self, index: usize) -> bool {
        self.nesting.iter().any(|array| array.is_null(index))
    }

    fn bytes(&self, index: usize) -> Option<&'a [u8]> {
        match self.leaf {
            Leaf::Bytes(array) if !self.is_null(index) => Some(array.value(index)),
            _ => None,
        }
    }

    fn size(&self, index: usize) -> u64 {
        self.bytes(index).map_or(0, |bytes| bytes.len() as u64)
    }

    fn text(&self, index: usize) -> Text<'a> {
        match self.bytes(index).map(|bytes| (bytes, simdutf8::compat::from_utf8(bytes))) {
            None => Text::Null,
            Some((_, Ok(text))) => Text::Valid(text),
            Some((bytes, Err(error))) => {
                Text::Repaired { text: String::from_utf8_lossy(bytes).into_owned(), at: error.valid_up_to() }
            }
        }
    }

    fn show(&self, index: usize) -> Option<Cow<'a, str>> {
        if self.is_null(index) {
            return None;
        }
        match self.leaf {
            Leaf::Bytes(array) => Some(String::from_utf8_lossy(array.value(index))),
            Leaf::Int32(values) => values.get(index).map(|value| value.to_string().into()),
            Leaf::Int64(values) => values.get(index).map(|value| value.to_string().into()),
            Leaf::Unsigned(values) => values.get(index).map(|&value| (value as u64).to_string().into()),
            Leaf::None => None,
        }
    }
}

/// Where the columns of a page stand.
#[derive(Debug)]
struct Columns {
    text: Column,
    url: Option<Column>,
    id: Option<Column>,
    site: Option<Column>,
}

impl Columns {
    fn find(schema: &SchemaDescriptor, fields: &FieldNames) -> Result<Self, Error> {
        let find = |named: &Option<String>, usual, option, integers| {
            let search = Search { schema, option, integers };
            match named {
                Some(name) => search.named(name).map(Some),
                None => Ok(search.usual(usual)),
            }
        };
        let text = match find(&fields.text, TEXT, "--text-field", false)? {
            Some(text) => text,
            None => return Err(Search { schema, option: "--text-field", integers: false }.no_text()),
        };
        Ok(Self {
            text,
            url: find(&fields.url, URL, "--url-field", false)?,
            id: find(&fields.id, ID, "--id-field", true)?,
            site: find(&fields.site, SITE, "--site-field", false)?,
        })
    }
}

/// The place of one column.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Column {
    /// Position of the field, of the field in that struct, and so on.
    path: Vec<usize>,
    unsigned: bool,
}

impl Column {
    fn cells<'a>(&self, rows: &'a RecordBatch) -> Cells<'a> {
        let mut nesting = Vec::with_capacity(self.path.len());
        let mut columns = rows.columns();
        for &position in &self.path {
            let Some(array) = columns.get(position) else { return Cells::none() };
            nesting.push(array);
            columns = array.as_struct_opt().map_or(&[], |group| group.columns());
        }
        let leaf = nesting.last().map_or(Leaf::None, |array| self.leaf(array));
        Cells { nesting, leaf }
    }

    fn leaf<'a>(&self, array: &'a ArrayRef) -> Leaf<'a> {
        if let Some(bytes) = array.as_binary_view_opt() {
            Leaf::Bytes(bytes)
        } else if let Some(values) = array.as_primitive_opt::<Int32Type>() {
            Leaf::Int32(values.values())
        } else if let Some(values) = array.as_primitive_opt::<Int64Type>() {
            if self.unsigned { Leaf::Unsigned(values.values()) } else { Leaf::Int64(values.values()) }
        } else {
            Leaf::None
        }
    }
}

/// A search for one column.
struct Search<'a> {
    schema: &'a SchemaDescriptor,
    /// The option that names the column.
    option: &'static str,
    /// Whether integers will do.
    integers: bool,
}

impl Search<'_> {
    /// The column that the user named.
    fn named(&self, name: &str) -> Result<Column, Error> {
        match find(self.schema.root_schema(), name) {
            Some((found, path)) if self.fits(found) => Ok(Column { path, unsigned: is_unsigned(found) }),
            Some((found, _)) => Err(self.wrong_type(name, found)),
            None => Err(Error::Column(format!("{} {name:?}: no such column; {}", self.option, self.listed()))),
        }
    }

    /// The first of the usual names that fits.
    fn usual(&self, names: &[&str]) -> Option<Column> {
        let root = self.schema.root_schema();
        let mut found = names.iter().filter_map(|name| find(root, name));
        let (found, path) = found.find(|(found, _)| self.fits(found))?;
        Some(Column { path, unsigned: is_unsigned(found) })
    }

    fn no_text(&self) -> Error {
        let root = self.schema.root_schema();
        match TEXT.iter().find_map(|&name| Some((name, find(root, name)?.0))) {
            Some((name, found)) => self.wrong_type(name, found),
            None => Error::Column(format!("no text column; name it with {}; {}", self.option, self.listed())),
        }
    }

    fn wrong_type(&self, name: &str, found: &Type) -> Error {
        let kind = describe(found);
        Error::Column(format!("column {name:?} holds {kind}, no text; see {}; {}", self.option, self.listed()))
    }

    fn fits(&self, found: &Type) -> bool {
        if !found.is_primitive() || found.get_basic_info().repetition() == Repetition::REPEATED {
            return false;
        }
        if matches!(found.get_basic_info().logical_type_ref(), Some(LogicalType::Unknown)) {
            // Writers call a column so in which they saw nothing but nulls.
            return true;
        }
        match found.get_physical_type() {
            Physical::BYTE_ARRAY => found.get_basic_info().converted_type() != ConvertedType::DECIMAL,
            Physical::INT32 | Physical::INT64 => self.integers,
            _ => false,
        }
    }

    fn listed(&self) -> String {
        let columns = self.schema.columns();
        let names = columns.iter().take(LISTED).map(|column| format!("{:?}", column.path().string()));
        let names = names.collect::<Vec<_>>().join(", ");
        match columns.len().saturating_sub(LISTED) {
            0 => format!("columns: {names}"),
            more => format!("columns: {names} and {more} more"),
        }
    }
}

/// Finds `name` in a group, either as a field's whole name or, at a dot, inside a struct.
fn find<'a>(group: &'a Type, name: &str) -> Option<(&'a Type, Vec<usize>)> {
    group.get_fields().iter().enumerate().find_map(|(position, field)| {
        let (head, rest) = name.split_at_checked(field.name().len())?;
        if !head.eq_ignore_ascii_case(field.name()) {
            return None;
        }
        if rest.is_empty() {
            return Some((&**field, vec![position]));
        }
        if !is_struct(field) {
            return None;
        }
        let (found, mut path) = find(field, rest.strip_prefix('.')?)?;
        path.insert(0, position);
        Some((found, path))
    })
}

fn is_struct(field: &Type) -> bool {
    let info = field.get_basic_info();
    field.is_group() && !is_list_or_map(field) && info.repetition() != Repetition::REPEATED
}

fn is_list_or_map(group: &Type) -> bool {
    let info = group.get_basic_info();
    let logical = matches!(info.logical_type_ref(), Some(LogicalType::List | LogicalType::Map));
    let converted = [ConvertedType::LIST, ConvertedType::MAP, ConvertedType::MAP_KEY_VALUE];
    logical || converted.contains(&info.converted_type())
}

fn is_unsigned(found: &Type) -> bool {
    matches!(found.get_basic_info().converted_type(), ConvertedType::UINT_32 | ConvertedType::UINT_64)
}

/// The type of a column in a word or two.
fn describe(found: &Type) -> String {
    let info = found.get_basic_info();
    match found {
        Type::GroupType { .. } if is_list_or_map(found) => "a list or map".to_owned(),
        Type::GroupType { .. } => "a struct".to_owned(),
        _ if info.repetition() == Repetition::REPEATED => "a list".to_owned(),
        _ if info.converted_type() != ConvertedType::NONE => info.converted_type().to_string(),
        _ => found.get_physical_type().to_string(),
    }
}

/// Reads and checks the footer, without its last 8 bytes.
fn read_footer(data: &Data) -> Result<bytes::Bytes, Error> {
    let refuse = |why: &str| Err(Error::Footer(why.to_owned()));
    let length = data.len();
    let Some(place) = length.checked_sub(8) else { return refuse("no Parquet file: shorter than 12 bytes") };
    let tail = data.window(place, 8)?;
    match tail.get(4..) {
        Some(b"PAR1") => {}
        Some(b"PARE") => return refuse("the Parquet file is encrypted"),
        _ => return refuse("no Parquet file, or cut: it does not end in PAR1"),
    }
    let size = tail.first_chunk().map_or(0, |size| u64::from(u32::from_le_bytes(*size)));
    let start = match place.checked_sub(size) {
        Some(start) if start >= 4 => start,
        _ => return refuse("damaged Parquet footer: longer than the file"),
    };
    if size > MAX_FOOTER {
        return refuse("Parquet footer of more than 64 MiB");
    }
    let footer = data.window(start, usize::try_from(size).unwrap_or(0))?;
    match claims::check_footer(&footer) {
        Ok(()) => Ok(footer),
        Err(claims::Refusal::Short) => refuse("damaged Parquet footer: it ends inside a value"),
        Err(claims::Refusal::Bad(why)) => refuse(&format!("damaged or hostile Parquet footer: {why}")),
    }
}

/// How the columns are decoded: each as its physical type, byte strings as views.
fn physical_levels(schema: &SchemaDescriptor) -> parquet::errors::Result<(FieldLevels, SchemaRef)> {
    let physical = SchemaDescriptor::new(Arc::new(physical_type(schema.root_schema())?));
    let plain = parquet_to_arrow_schema(&physical, None)?;
    let viewed: ArrowFields = plain.fields().iter().map(with_views).collect();
    let levels = parquet_to_arrow_field_levels(&physical, ProjectionMask::all(), Some(&viewed))?;
    Ok((levels, Arc::new(Schema::new(viewed))))
}

/// The same type without what its bytes mean; only lists and maps stay what they are.
fn physical_type(of: &Type) -> parquet::errors::Result<Type> {
    let info = of.get_basic_info();
    match of {
        Type::PrimitiveType { physical_type, type_length, .. } => {
            Type::primitive_type_builder(of.name(), *physical_type)
                .with_repetition(info.repetition())
                .with_length(*type_length)
                .build()
        }
        Type::GroupType { fields, .. } => {
            let fields = fields.iter().map(|field| physical_type(field).map(TypePtr::new));
            let mut group = Type::group_type_builder(of.name()).with_fields(fields.collect::<Result<_, _>>()?);
            if info.has_repetition() {
                group = group.with_repetition(info.repetition());
            }
            if is_list_or_map(of) {
                group = group
                    .with_converted_type(info.converted_type())
                    .with_logical_type(info.logical_type_ref().cloned());
            }
            group.build()
        }
    }
}

/// The same field with views for byte strings, at any depth.
fn with_views(field: &FieldRef) -> FieldRef {
    let viewed = match field.data_type() {
        DataType::Binary => DataType::BinaryView,
        DataType::List(item) => DataType::List(with_views(item)),
        DataType::Map(entries, sorted) => DataType::Map(with_views(entries), *sorted),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(with_views).collect()),
        other => other.clone(),
    };
    Arc::new(Field::clone(field).with_data_type(viewed))
}

/// Compressed bytes of a row group, as far as they are not negative.
fn compressed(group: &RowGroupMetaData) -> u64 {
    let sizes = group.columns().iter().map(|chunk| u64::try_from(chunk.compressed_size()).unwrap_or(0));
    sizes.fold(0, u64::saturating_add)
}

fn uncompressed(group: &RowGroupMetaData) -> u64 {
    let sizes = group.columns().iter().map(|chunk| u64::try_from(chunk.uncompressed_size()).unwrap_or(0));
    sizes.fold(0, u64::saturating_add)
}

/// Runs code of the `parquet` crate and turns its errors and panics into words.
fn guarded<T>(work: impl FnOnce() -> parquet::errors::Result<T>) -> Result<T, String> {
    match panic::catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(without_prefixes(&error.to_string()).to_owned()),
        Err(payload) => Err(format!("damaged data made the decoder panic: {}", panic_message(&*payload))),
    }
}

/// The crates wrap an error in each other's and their own types; the innermost words say it all.
fn without_prefixes(mut words: &str) -> &str {
    const PREFIXES: [&str; 5] = ["External: ", "Parquet argument error: ", "Parquet error: ", "EOF: ", "Arrow: "];
    while let Some(inner) = PREFIXES.iter().find_map(|prefix| words.strip_prefix(prefix)) {
        words = inner;
    }
    words
}

fn panic_message(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::types::Int32Type;
    use arrow_array::{
        DictionaryArray, Int32Array, Int64Array, LargeStringArray, ListArray, StringArray, StringViewArray,
        StructArray, UInt64Array,
    };
    use bytes::Bytes;
    use parquet::arrow::ArrowWriter;
    use parquet::basic::{Compression, Encoding};
    use parquet::file::properties::{WriterProperties, WriterVersion};
    use proptest::prelude::*;

    /// A file of these columns.
    fn file_with(columns: &[(&str, ArrayRef)], properties: WriterProperties) -> Bytes {
        let columns = columns.iter().map(|(name, column)| (*name, Arc::clone(column), column.is_nullable()));
        let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
        let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.into_inner().unwrap().into()
    }

    fn file(columns: &[(&str, ArrayRef)]) -> Bytes {
        file_with(columns, WriterProperties::default())
    }

    fn open(bytes: &Bytes, fields: &FieldNames) -> Result<Parquet, Error> {
        Parquet::new(bytes.clone().into(), fields, Limits::default())
    }

    /// The rows as text, url, id and site, each shown.
    fn rows(bytes: &Bytes, fields: &FieldNames) -> Vec<String> {
        let mut file = open(bytes, fields).unwrap();
        let mut shown = Vec::new();
        while let Some(slice) = file.next_slice() {
            for row in file.reader().read(&slice).unwrap().pages() {
                let text = match row.text {
                    Text::Valid(text) => text.to_owned(),
                    other => format!("{other:?}"),
                };
                let cell = |cell: Option<Cow<'_, str>>| cell.map_or("-".to_owned(), Cow::into_owned);
                shown.push(format!("{text} {} {} {}", cell(row.url), cell(row.id), cell(row.site)));
            }
        }
        shown
    }

    fn why(bytes: &Bytes, fields: &FieldNames) -> String {
        open(bytes, fields).map(drop).unwrap_err().to_string()
    }

    /// The error of the only slice.
    fn lost(bytes: &Bytes, limits: Limits) -> String {
        let mut file = Parquet::new(bytes.clone().into(), &FieldNames::default(), limits).unwrap();
        let slice = file.next_slice().unwrap();
        file.reader().read(&slice).map(drop).unwrap_err().to_string()
    }

    fn strings(values: &[&str]) -> ArrayRef {
        Arc::new(StringArray::from(values.to_vec()))
    }

    fn numbered(count: usize) -> ArrayRef {
        Arc::new(StringArray::from_iter_values((0..count).map(|row| format!("row {row} {}", "word ".repeat(row % 50)))))
    }

    fn text_field(name: &str) -> FieldNames {
        FieldNames { text: Some(name.to_owned()), ..FieldNames::default() }
    }

    #[test]
    fn text_of_every_string_type_is_read() {
        let values = ["one", "a text longer than twelve bytes"];
        let types: [ArrayRef; 5] = [
            strings(&values),
            Arc::new(LargeStringArray::from(values.to_vec())),
            Arc::new(StringViewArray::from(values.to_vec())),
            Arc::new(DictionaryArray::<Int32Type>::from_iter(values)),
            Arc::new(BinaryViewArray::from_iter_values(values)),
        ];
        for column in types {
            let shown = rows(&file(&[("text", column)]), &FieldNames::default());
            assert_eq!(shown, ["one - - -", "a text longer than twelve bytes - - -"]);
        }
    }

    #[test]
    fn bytes_that_are_no_utf8_are_repaired_and_told() {
        let column: ArrayRef = Arc::new(BinaryViewArray::from_iter_values([&b"fine"[..], b"ab\xffc"]));
        let shown = rows(&file(&[("text", column)]), &FieldNames::default());
        assert_eq!(shown, ["fine - - -", "Repaired { text: \"ab\u{fffd}c\", at: 2 } - - -"]);
    }

    #[test]
    fn a_null_text_is_told_and_the_row_kept() {
        let column: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), None]));
        let shown = rows(&file(&[("text", column), ("url", strings(&["u", "v"]))]), &FieldNames::default());
        assert_eq!(shown, ["a u - -", "Null v - -"]);
    }

    #[test]
    fn usual_names_are_found_in_any_case_and_inside_structs() {
        let url = Arc::new(Field::new("URL", DataType::Utf8, false));
        let metadata: ArrayRef = Arc::new(StructArray::from(vec![(url, strings(&["http://a.b/"]))]));
        let columns = [
            ("Raw_Content", strings(&["text"])),
            ("metadata", metadata),
            ("id", Arc::new(Int64Array::from(vec![-7])) as ArrayRef),
            ("domain", strings(&["a.b"])),
        ];
        assert_eq!(rows(&file(&columns), &FieldNames::default()), ["text http://a.b/ -7 a.b"]);
    }

    #[test]
    fn unsigned_identifiers_stay_positive() {
        let id: ArrayRef = Arc::new(UInt64Array::from(vec![u64::MAX]));
        let shown = rows(&file(&[("text", strings(&["t"])), ("id", id)]), &FieldNames::default());
        assert_eq!(shown, ["t - 18446744073709551615 -"]);
    }

    #[test]
    fn a_usual_name_of_the_wrong_type_gives_way_to_the_next() {
        let number: ArrayRef = Arc::new(Int32Array::from(vec![1]));
        let shown = rows(&file(&[("text", number), ("content", strings(&["t"]))]), &FieldNames::default());
        assert_eq!(shown, ["t - - -"]);
    }

    #[test]
    fn a_missing_text_column_lists_the_columns_and_names_the_option() {
        let bytes = file(&[("title", strings(&["t"])), ("url", strings(&["u"]))]);
        let expected = r#"no text column; name it with --text-field; columns: "title", "url""#;
        assert_eq!(why(&bytes, &FieldNames::default()), expected);
        let expected = r#"--text-field "story": no such column; columns: "title", "url""#;
        assert_eq!(why(&bytes, &text_field("story")), expected);
    }

    #[test]
    fn a_column_of_the_wrong_type_is_named_with_its_type() {
        let list = ListArray::from_iter_primitive::<Int32Type, _, _>([Some([Some(1)])]);
        let number: ArrayRef = Arc::new(Int32Array::from(vec![1]));
        let bytes = file(&[("text", number), ("tags", Arc::new(list))]);
        assert!(why(&bytes, &FieldNames::default()).starts_with(r#"column "text" holds INT32, no text;"#));
        assert!(why(&bytes, &text_field("tags")).starts_with(r#"column "tags" holds a list or map, no text;"#));
    }

    #[test]
    fn a_column_of_nulls_without_a_type_is_a_text_column() {
        let bytes = file(&[("text", arrow_array::new_null_array(&DataType::Null, 2))]);
        assert_eq!(rows(&bytes, &FieldNames::default()), ["Null - - -", "Null - - -"]);
    }

    #[test]
    fn a_file_without_rows_has_no_slices() {
        let bytes = file(&[("text", strings(&[]))]);
        assert_eq!(open(&bytes, &FieldNames::default()).unwrap().next_slice(), None);
    }

    #[test]
    fn an_encrypted_file_is_refused_as_such() {
        let mut bytes = file(&[("text", strings(&["t"]))]).to_vec();
        let magic = bytes.len() - 1;
        bytes[magic] = b'E';
        assert_eq!(why(&bytes.into(), &FieldNames::default()), "the Parquet file is encrypted");
    }

    #[test]
    fn a_file_cut_anywhere_is_refused() {
        let whole = file(&[("text", strings(&["a text of some length"]))]);
        for end in 0..whole.len() {
            assert!(open(&whole.slice(..end), &FieldNames::default()).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn slices_of_any_size_give_each_row_once_in_order() {
        let properties = WriterProperties::builder()
            .set_max_row_group_row_count(Some(700))
            .set_data_page_row_count_limit(64)
            .set_write_batch_size(16)
            .build();
        let bytes = file_with(&[("text", numbered(2000)), ("url", numbered(2000))], properties);
        let expected: Vec<String> = (0..2000).map(|row| format!("row {row} {}", "word ".repeat(row % 50))).collect();
        for size in [1, 3000, 20_000, 1 << 30] {
            let limits = Limits { slice: size, ..Limits::default() };
            let mut file = Parquet::new(bytes.clone().into(), &FieldNames::default(), limits).unwrap();
            let mut found = Vec::new();
            let mut groups = 0;
            while let Some(slice) = file.next_slice() {
                let batch = file.reader().read(&slice).unwrap();
                found.extend(batch.pages().map(|row| match row.text {
                    Text::Valid(text) => text.to_owned(),
                    other => format!("{other:?}"),
                }));
                groups += usize::from(slice.last);
            }
            assert_eq!(found, expected, "slices of {size} bytes");
            assert_eq!(groups, 3);
        }
    }

    #[test]
    fn threads_read_slices_of_one_open_file() {
        let properties = WriterProperties::builder().set_data_page_row_count_limit(50).set_write_batch_size(10).build();
        let bytes = file_with(&[("text", numbered(2000))], properties);
        let disk = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(disk.path(), &bytes).unwrap();
        let limits = Limits { slice: 5000, ..Limits::default() };
        let mut file = Parquet::open(disk.path(), &FieldNames::default(), limits).unwrap();
        let slices: Vec<_> = std::iter::from_fn(|| file.next_slice()).collect();
        let reader = file.reader();
        let counts = std::thread::scope(|scope| {
            let read = |slice| move || reader.read(slice).unwrap().pages().count();
            let threads: Vec<_> = slices.iter().map(|slice| scope.spawn(read(slice))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>()
        });
        assert!(slices.len() > 20);
        assert_eq!(counts, 2000);
    }

    #[test]
    fn text_beyond_the_ratio_is_told_row_by_row() {
        let value = "x".repeat(1 << 20);
        let column: ArrayRef = Arc::new(DictionaryArray::<Int32Type>::from_iter(std::iter::repeat_n(&*value, 64)));
        let bytes = file(&[("text", column)]);
        let over = rows(&bytes, &FieldNames::default()).iter().filter(|row| row.starts_with("OverRatio")).count();
        // A megabyte compressed to nothing and 16 MiB free: without a codec the page itself adds 1000 MiB.
        assert_eq!(over, 0);
        let compressed = WriterProperties::builder().set_compression(Compression::ZSTD(Default::default())).build();
        let column: ArrayRef = Arc::new(DictionaryArray::<Int32Type>::from_iter(std::iter::repeat_n(&*value, 64)));
        let over = rows(&file_with(&[("text", column)], compressed), &FieldNames::default());
        let over = over.iter().filter(|row| row.starts_with("OverRatio")).count();
        assert_eq!(over, 48);
    }

    #[test]
    fn a_list_beyond_the_memory_of_a_slice_is_refused() {
        let list = ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(0); 100_000])]);
        let bytes = file(&[("text", strings(&["t"])), ("list", Arc::new(list))]);
        let limits = Limits { memory: 1_000_000, ..Limits::default() };
        let expected = "row group 0, rows 0..1: rows decode to more memory than a slice may take";
        assert_eq!(lost(&bytes, limits), expected);
    }

    #[test]
    fn lists_before_a_slice_take_no_memory() {
        let lists = (0..2000).map(|row| Some((0..50).map(move |entry| Some(row * entry))));
        let list = ListArray::from_iter_primitive::<Int32Type, _, _>(lists);
        for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
            let properties = WriterProperties::builder()
                .set_writer_version(version)
                .set_dictionary_enabled(false)
                .set_data_page_row_count_limit(50)
                .set_write_batch_size(10)
                .build();
            let bytes = file_with(&[("text", numbered(2000)), ("list", Arc::new(list.clone()))], properties);
            let limits = Limits { slice: 40_000, memory: 600_000, ..Limits::default() };
            let mut file = Parquet::new(bytes.into(), &FieldNames::default(), limits).unwrap();
            let mut count = 0;
            while let Some(slice) = file.next_slice() {
                count += file.reader().read(&slice).unwrap().rows.num_rows();
            }
            assert_eq!(count, 2000);
        }
    }

    #[test]
    fn lists_of_more_entries_than_bytes_allow_are_refused() {
        let list = ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(0); 2_000_000])]);
        let bytes = file(&[("text", strings(&["t"])), ("list", Arc::new(list))]);
        let expected = "row group 0, rows 0..1: lists claim more entries than they have bytes for";
        assert_eq!(lost(&bytes, Limits::default()), expected);
    }

    #[test]
    fn delta_encoded_repeats_count_as_memory() {
        let properties =
            WriterProperties::builder().set_dictionary_enabled(false).set_encoding(Encoding::DELTA_BYTE_ARRAY).build();
        let value = "y".repeat(10_000);
        let bytes = file_with(&[("text", strings(&[&*value; 500]))], properties);
        assert!(bytes.len() < 30_000);
        assert_eq!(rows(&bytes, &FieldNames::default()).len(), 500);
        let limits = Limits { memory: 4_000_000, ..Limits::default() };
        let expected = "row group 0, rows 0..500: rows decode to more memory than a slice may take";
        assert_eq!(lost(&bytes, limits), expected);
    }

    #[test]
    fn a_page_above_the_limit_is_refused() {
        let bytes = file(&[("text", strings(&[&"z".repeat(5000)]))]);
        let error = lost(&bytes, Limits { page: 4000, ..Limits::default() });
        assert!(error.contains("above the limit of 4000 bytes"), "{error}");
    }

    #[test]
    fn a_gzip_page_that_inflates_beyond_its_claim_is_refused() {
        let properties = WriterProperties::builder()
            .set_compression(Compression::GZIP(Default::default()))
            .set_dictionary_enabled(false)
            .build();
        let bytes = file_with(&[("text", strings(&[&"z".repeat(60_000)]))], properties);
        let limits = Limits { page: 100_000, ..Limits::default() };
        let mut sound = Parquet::new(bytes.clone().into(), &FieldNames::default(), limits.clone()).unwrap();
        let slice = sound.next_slice().unwrap();
        assert!(sound.reader().read(&slice).is_ok());
        // The page header opens with its kind and its uncompressed size: now 20,000.
        let header = [0x15, 0, 0x15];
        let place = bytes.windows(3).position(|bytes| bytes == header).unwrap() + header.len();
        let mut bytes = bytes.to_vec();
        bytes[place..place + 3].copy_from_slice(&[0xc0, 0xb8, 0x02]);
        let expected = "row group 0, rows 0..1: page is larger than its header says";
        assert_eq!(lost(&bytes.into(), limits), expected);
    }

    /// A file with strings in each encoding, a list, a struct and numbers.
    fn varied(codec: Compression, delta: bool) -> Bytes {
        let text = numbered(300);
        let list = ListArray::from_iter_primitive::<Int32Type, _, _>((0..300).map(|row| Some(vec![Some(row); 3])));
        let inner = Arc::new(Field::new("x", DataType::Utf8, false));
        let group: ArrayRef = Arc::new(StructArray::from(vec![(inner, Arc::clone(&text))]));
        let number: ArrayRef = Arc::new(Int64Array::from_iter_values(0..300));
        let encoding = if delta { Encoding::DELTA_BYTE_ARRAY } else { Encoding::PLAIN };
        let properties = WriterProperties::builder()
            .set_compression(codec)
            .set_max_row_group_row_count(Some(100))
            .set_column_dictionary_enabled("text".into(), !delta)
            .set_column_encoding("text".into(), encoding)
            .build();
        file_with(&[("text", text), ("group", group), ("list", Arc::new(list)), ("id", number)], properties)
    }

    proptest! {
        #[test]
        fn damage_is_an_error_and_loses_no_row_unseen(
            codec in prop::sample::select(vec![
                Compression::UNCOMPRESSED,
                Compression::SNAPPY,
                Compression::GZIP(Default::default()),
                Compression::ZSTD(Default::default()),
            ]),
            delta: bool,
            flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), any::<bool>()), 1..8),
        ) {
            let mut bytes = varied(codec, delta).to_vec();
            for (place, value, in_footer) in flips {
                let from = if in_footer { bytes.len() * 3 / 4 } else { 0 };
                let place = from + place.index(bytes.len() - from);
                bytes[place] = value;
            }
            let limits = Limits { slice: 20_000, ..Limits::default() };
            let Ok(mut file) = Parquet::new(Bytes::from(bytes).into(), &FieldNames::default(), limits) else {
                return Ok(());
            };
            let mut next = (0, 0);
            while let Some(slice) = file.next_slice() {
                // Slices follow on each other, and a slice gives all of its rows or an error.
                prop_assert!((slice.row_group, slice.first_row) >= next);
                next = (slice.row_group, slice.first_row + slice.rows);
                if let Ok(batch) = file.reader().read(&slice) {
                    prop_assert_eq!(batch.pages().count() as u64, slice.rows);
                }
            }
        }
    }
}
