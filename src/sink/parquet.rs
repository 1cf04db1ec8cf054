//! Pages as Parquet: all columns of the input with other text, or five columns of our own.
//!
//! The file keeps the input's schema, codecs and key-value metadata, so whatever read the input reads the
//! output. Its bytes depend on the rows and on where the input's row groups end, and not on how these were cut
//! into slices: the `parquet` crate ends pages between the batches it is given, so rows are gathered into
//! batches of its own first, which end by a rule over the rows alone.

use std::io::Write;
use std::sync::Arc;

use arrow_array::builder::BinaryViewBuilder;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, BinaryViewArray, BooleanArray, RecordBatch, StructArray};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use arrow_select::concat::concat_batches;
use arrow_select::filter::filter_record_batch;
use parquet::arrow::arrow_writer::{ArrowWriter, ArrowWriterOptions};
use parquet::arrow::{ARROW_SCHEMA_META_KEY, encode_arrow_schema, parquet_to_arrow_schema};
use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::errors::ParquetError;
use parquet::file::metadata::{KeyValue, RowGroupMetaData};
use parquet::file::properties::{WriterProperties, WriterPropertiesBuilder};
use parquet::schema::types::{SchemaDescriptor, Type, TypePtr};

use crate::source::parquet::Reader;

/// The column that says what was done to a page, as JSON.
pub const NOTES: &str = "dehusk";

/// Who wrote the file, as its footer says.
const CREATED_BY: &str = concat!("dehusk ", env!("CARGO_PKG_VERSION"));
/// A batch ends after this many rows: what the crate looks at between checks of the page size.
const BATCH_ROWS: usize = 1024;
/// A batch ends with the row that brings its byte strings to this many bytes.
const BATCH_BYTES: u64 = 8 << 20;
/// A row group ends early when this many bytes of it wait in memory.
const GROUP_BYTES: usize = 256 << 20;
/// Rows of a row group when the input has none.
const GROUP_ROWS: usize = 65_536;

/// Why a file cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Writing failed, or the schema has a column that cannot be written.
    #[error(transparent)]
    Parquet(#[from] ParquetError),
    /// A batch does not fit the schema.
    #[error(transparent)]
    Batch(#[from] ArrowError),
    /// The input has a column of that name which holds no text.
    #[error("column {NOTES:?} of the input holds no text, so that notes cannot be written to it")]
    Notes,
}

/// What a written file looks like.
#[derive(Debug, Clone)]
pub struct Layout {
    parquet: TypePtr,
    arrow: SchemaRef,
    key_values: Option<Vec<KeyValue>>,
    /// Codec, and whether values are put into a dictionary, for each leaf column in order.
    columns: Vec<(Compression, bool)>,
}

impl Layout {
    /// The layout of an input. Codec and dictionary of a column are those of its first row group.
    ///
    /// What cannot be kept: compression levels and page sizes, which no footer tells; Bloom filters; and INT96
    /// times, an obsolete type, which become INT64 nanoseconds.
    ///
    /// # Errors
    /// None for a schema that could be read; kept for schemas the crate may learn to read.
    pub fn of(input: &Reader) -> Result<Self, Error> {
        let metadata = input.metadata();
        let schema = metadata.file_metadata().schema_descr();
        let leaf = |index| {
            let chunk = metadata.row_groups().first().map(|group: &RowGroupMetaData| group.column(index));
            chunk.map_or((default_codec(), true), |chunk| {
                (chunk.compression(), chunk.dictionary_page_offset().is_some())
            })
        };
        Ok(Self {
            parquet: Arc::new(writable(schema.root_schema())?),
            arrow: Arc::clone(input.schema()),
            key_values: metadata.file_metadata().key_value_metadata().cloned(),
            columns: (0..schema.num_columns()).map(leaf).collect(),
        })
    }

    /// The layout for pages of any other format: `id`, `url`, `site` and `text`, all of them text, of which only
    /// `text` is never null. Zstandard.
    ///
    /// # Errors
    /// None in practice.
    pub fn of_pages() -> Result<Self, Error> {
        let names = ["id", "url", "site", "text"];
        let leaf = |name| Ok(Arc::new(text_type(name, name != "text")?));
        let leaves = names.map(leaf).into_iter().collect::<Result<Vec<_>, ParquetError>>()?;
        let fields = names.map(|name| Field::new(name, DataType::BinaryView, name != "text"));
        Ok(Self {
            parquet: Arc::new(Type::group_type_builder("schema").with_fields(leaves).build()?),
            arrow: Arc::new(Schema::new(fields.to_vec())),
            key_values: None,
            columns: vec![(default_codec(), true); names.len()],
        })
    }

    /// The schema of the batches to write.
    pub fn schema(&self) -> &SchemaRef {
        &self.arrow
    }

    /// Adds the column [`NOTES`] at the end. An input's column of that name takes its place if it holds text.
    ///
    /// # Errors
    /// [`Error::Notes`] if the input's column holds something else.
    pub fn with_notes(mut self) -> Result<Self, Error> {
        if let Ok(field) = self.arrow.field_with_name(NOTES) {
            let text = *field.data_type() == DataType::BinaryView && field.is_nullable();
            return if text { Ok(self) } else { Err(Error::Notes) };
        }
        // Arrow's own copy of the schema must have the column too, or its readers count past the end.
        self.extend_arrow_copy()?;
        let mut leaves = self.parquet.get_fields().to_vec();
        leaves.push(Arc::new(text_type(NOTES, true)?));
        self.parquet = Arc::new(Type::group_type_builder(self.parquet.name()).with_fields(leaves).build()?);
        let mut fields = self.arrow.fields().to_vec();
        fields.push(Arc::new(Field::new(NOTES, DataType::BinaryView, true)));
        self.arrow = Arc::new(Schema::new(fields));
        self.columns.push((default_codec(), true));
        Ok(self)
    }

    /// Adds the notes to the Arrow schema among the key-value metadata. One that cannot be read is left out:
    /// readers then go by the Parquet schema.
    fn extend_arrow_copy(&mut self) -> Result<(), Error> {
        let Some(pairs) = &mut self.key_values else { return Ok(()) };
        let Some(place) = pairs.iter().position(|pair| pair.key == ARROW_SCHEMA_META_KEY) else { return Ok(()) };
        let copy = pairs.remove(place);
        let descriptor = SchemaDescriptor::new(Arc::clone(&self.parquet));
        // The crate decodes this copy by unchecked rules, hence the guard.
        let decode = || parquet_to_arrow_schema(&descriptor, Some(&vec![copy]));
        if let Ok(Ok(schema)) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(decode)) {
            let mut fields = schema.fields().to_vec();
            fields.push(Arc::new(Field::new(NOTES, DataType::Utf8, true)));
            let extended = Schema::new_with_metadata(fields, schema.metadata().clone());
            let value = encode_arrow_schema(&extended);
            pairs.insert(place, KeyValue::new(ARROW_SCHEMA_META_KEY.to_owned(), value));
        }
        Ok(())
    }

    fn properties(&self, schema: &SchemaDescriptor) -> WriterProperties {
        let builder = WriterProperties::builder()
            .set_created_by(CREATED_BY.to_owned())
            .set_key_value_metadata(self.key_values.clone())
            .set_max_row_group_row_count(None)
            .set_write_batch_size(BATCH_ROWS);
        let leaves = schema.columns().iter().zip(&self.columns);
        let set = |builder: WriterPropertiesBuilder, (leaf, (codec, dictionary)): (_, &(Compression, bool))| {
            let leaf: &parquet::schema::types::ColumnDescPtr = leaf;
            builder
                .set_column_compression(leaf.path().clone(), *codec)
                .set_column_dictionary_enabled(leaf.path().clone(), *dictionary)
        };
        leaves.fold(builder, set).build()
    }
}

/// Writes batches as one Parquet file.
pub struct ParquetSink<W: Write + Send> {
    writer: ArrowWriter<W>,
    schema: SchemaRef,
    /// Rows for the next batch, in order.
    pending: Vec<RecordBatch>,
    pending_rows: usize,
    pending_bytes: u64,
    group_rows: usize,
    most_group_rows: usize,
}

impl<W: Write + Send> ParquetSink<W> {
    /// A file with row groups as the caller ends them.
    ///
    /// # Errors
    /// If the schema cannot be written or `write` fails.
    pub fn new(write: W, layout: &Layout) -> Result<Self, Error> {
        let schema = SchemaDescriptor::new(Arc::clone(&layout.parquet));
        let options = ArrowWriterOptions::new()
            .with_properties(layout.properties(&schema))
            .with_skip_arrow_metadata(true)
            .with_parquet_schema(schema);
        let arrow = Arc::clone(&layout.arrow);
        Ok(Self {
            writer: ArrowWriter::try_new_with_options(write, Arc::clone(&arrow), options)?,
            schema: arrow,
            pending: Vec::new(),
            pending_rows: 0,
            pending_bytes: 0,
            group_rows: 0,
            most_group_rows: usize::MAX,
        })
    }

    /// A file of pages with row groups of 65,536 rows; its layout is [`Layout::of_pages`], with notes or not.
    ///
    /// # Errors
    /// As [`ParquetSink::new`].
    pub fn with_even_groups(write: W, layout: &Layout) -> Result<Self, Error> {
        Ok(Self { most_group_rows: GROUP_ROWS, ..Self::new(write, layout)? })
    }

    /// Adds rows.
    ///
    /// # Errors
    /// If the batch has another schema or writing fails.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), batch.columns().to_vec())?;
        let weights = Weights::of(&batch);
        let mut start = 0;
        for row in 0..batch.num_rows() {
            self.pending_rows += 1;
            self.group_rows += 1;
            self.pending_bytes += weights.row(row);
            let group_full = self.group_rows >= self.most_group_rows;
            if group_full || self.pending_rows >= BATCH_ROWS || self.pending_bytes >= BATCH_BYTES {
                self.pending.push(batch.slice(start, row + 1 - start));
                start = row + 1;
                self.write_pending()?;
                if group_full || self.writer.in_progress_size() >= GROUP_BYTES {
                    self.end_row_group()?;
                }
            }
        }
        if start < batch.num_rows() {
            self.pending.push(batch.slice(start, batch.num_rows() - start));
        }
        Ok(())
    }

    /// Ends the row group, if it has rows. To be called where a row group of the input ends.
    ///
    /// # Errors
    /// If writing fails.
    pub fn end_row_group(&mut self) -> Result<(), Error> {
        self.write_pending()?;
        self.writer.flush()?;
        self.group_rows = 0;
        Ok(())
    }

    /// Writes the footer and gives the writer back.
    ///
    /// # Errors
    /// If writing fails.
    pub fn finish(mut self) -> Result<W, Error> {
        self.end_row_group()?;
        Ok(self.writer.into_inner()?)
    }

    fn write_pending(&mut self) -> Result<(), Error> {
        if !self.pending.is_empty() {
            let batch = concat_batches(&self.schema, &self.pending)?;
            self.pending.clear();
            self.writer.write(&batch)?;
        }
        (self.pending_rows, self.pending_bytes) = (0, 0);
        Ok(())
    }
}

/// The byte strings of a batch outside lists, which are nearly all that a row weighs.
struct Weights<'a>(Vec<&'a BinaryViewArray>);

impl<'a> Weights<'a> {
    fn of(batch: &'a RecordBatch) -> Self {
        let mut strings = Vec::new();
        batch.columns().iter().for_each(|column| collect_strings(column, &mut strings));
        Self(strings)
    }

    fn row(&self, row: usize) -> u64 {
        // A view starts with its length; null views are zero.
        let length = |array: &&BinaryViewArray| array.views().get(row).map_or(0, |&view| u64::from(view as u32));
        self.0.iter().map(length).sum()
    }
}

fn collect_strings<'a>(column: &'a ArrayRef, strings: &mut Vec<&'a BinaryViewArray>) {
    if let Some(array) = column.as_binary_view_opt() {
        strings.push(array);
    } else if let Some(group) = column.as_struct_opt() {
        group.columns().iter().for_each(|column| collect_strings(column, strings));
    }
}

/// The batch with other text in the column at `path` ([`Reader::text_path`]): for each row the pieces to be
/// joined, or `None` for null.
///
/// # Errors
/// If there are not as many texts as rows, or a text is null where the column allows none.
pub fn with_text<'a, P>(
    batch: &RecordBatch,
    path: &[usize],
    texts: impl IntoIterator<Item = Option<P>>,
) -> Result<RecordBatch, Error>
where
    P: IntoIterator<Item = &'a str>,
{
    let text = text_array(texts, batch.num_rows())?;
    let columns = replaced(batch.columns(), path, text)?;
    Ok(RecordBatch::try_new(batch.schema(), columns)?)
}

/// The batch with a column [`NOTES`] of these notes, in place of an earlier one or at the end.
///
/// # Errors
/// If there are not as many notes as rows.
pub fn with_notes<'a>(
    batch: &RecordBatch,
    notes: impl IntoIterator<Item = Option<&'a str>>,
) -> Result<RecordBatch, Error> {
    let notes = text_array(notes.into_iter().map(|note| note.map(Some)), batch.num_rows())?;
    let mut columns = batch.columns().to_vec();
    let mut fields = batch.schema().fields().to_vec();
    match batch.schema().index_of(NOTES).ok().and_then(|place| columns.get_mut(place)) {
        Some(column) => *column = notes,
        None => {
            columns.push(notes);
            fields.push(Arc::new(Field::new(NOTES, DataType::BinaryView, true)));
        }
    }
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
}

/// The rows of the batch that are to be kept.
///
/// # Errors
/// If `keep` has not as many entries as the batch has rows.
pub fn kept(batch: &RecordBatch, keep: Vec<bool>) -> Result<RecordBatch, Error> {
    if keep.len() != batch.num_rows() {
        return Err(wrong_count(keep.len(), batch.num_rows()));
    }
    Ok(filter_record_batch(batch, &BooleanArray::from(keep))?)
}

/// Pages of another format as a batch for [`Layout::of_pages`].
#[derive(Debug, Default)]
pub struct PageBatch {
    id: BinaryViewBuilder,
    url: BinaryViewBuilder,
    site: BinaryViewBuilder,
    text: BinaryViewBuilder,
    scratch: Vec<u8>,
}

impl PageBatch {
    /// Adds a page; its text is the pieces joined.
    ///
    /// # Errors
    /// If a value is longer than 4 GiB.
    pub fn push<'a>(
        &mut self,
        id: Option<&str>,
        url: Option<&str>,
        site: Option<&str>,
        text: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), Error> {
        for (column, value) in [(&mut self.id, id), (&mut self.url, url), (&mut self.site, site)] {
            append(column, value)?;
        }
        join(&mut self.scratch, text);
        append(&mut self.text, Some(&self.scratch))
    }

    /// The pages so far as one batch.
    ///
    /// # Errors
    /// None in practice.
    pub fn finish(&mut self) -> Result<RecordBatch, Error> {
        let columns = [&mut self.id, &mut self.url, &mut self.site, &mut self.text];
        let columns = columns.map(|column| Arc::new(column.finish()) as ArrayRef);
        Ok(RecordBatch::try_new(Arc::clone(Layout::of_pages()?.schema()), columns.to_vec())?)
    }
}

fn text_array<'a, P>(texts: impl IntoIterator<Item = Option<P>>, rows: usize) -> Result<ArrayRef, Error>
where
    P: IntoIterator<Item = &'a str>,
{
    let mut builder = BinaryViewBuilder::with_capacity(rows);
    let mut scratch = Vec::new();
    for pieces in texts {
        let text = pieces.map(|pieces| join(&mut scratch, pieces));
        append(&mut builder, text)?;
    }
    let array = builder.finish();
    if array.len() == rows { Ok(Arc::new(array)) } else { Err(wrong_count(array.len(), rows)) }
}

fn append(column: &mut BinaryViewBuilder, value: Option<impl AsRef<[u8]>>) -> Result<(), Error> {
    match value {
        Some(value) => column.try_append_value(value)?,
        None => column.append_null(),
    }
    Ok(())
}

fn join<'s, 'a>(scratch: &'s mut Vec<u8>, pieces: impl IntoIterator<Item = &'a str>) -> &'s [u8] {
    scratch.clear();
    pieces.into_iter().for_each(|piece| scratch.extend_from_slice(piece.as_bytes()));
    scratch
}

/// `columns` with the one at `path` exchanged, which may lie inside structs.
fn replaced(columns: &[ArrayRef], path: &[usize], with: ArrayRef) -> Result<Vec<ArrayRef>, Error> {
    let missing = || ArrowError::SchemaError("no column at this path".to_owned());
    let (&position, inner) = path.split_first().ok_or_else(missing)?;
    let mut columns = columns.to_vec();
    let column = columns.get_mut(position).ok_or_else(missing)?;
    *column = if inner.is_empty() {
        // A column typed as null, of which every text is null.
        let untyped = *column.data_type() != DataType::BinaryView && with.null_count() == with.len();
        if untyped { Arc::clone(column) } else { with }
    } else {
        let group = column.as_struct_opt().ok_or_else(missing)?;
        let children = replaced(group.columns(), inner, with)?;
        Arc::new(StructArray::try_new(group.fields().clone(), children, group.nulls().cloned())?)
    };
    Ok(columns)
}

fn wrong_count(found: usize, rows: usize) -> Error {
    ArrowError::InvalidArgumentError(format!("{found} values for {rows} rows")).into()
}

fn default_codec() -> Compression {
    Compression::ZSTD(Default::default())
}

fn text_type(name: &str, nullable: bool) -> Result<Type, ParquetError> {
    Type::primitive_type_builder(name, Physical::BYTE_ARRAY)
        .with_repetition(if nullable { Repetition::OPTIONAL } else { Repetition::REQUIRED })
        .with_logical_type(Some(LogicalType::String))
        .build()
}

/// The same type, with INT96 as INT64 nanoseconds: the crate reads INT96 but does not write it.
fn writable(of: &Type) -> Result<Type, ParquetError> {
    let info = of.get_basic_info();
    match of {
        Type::PrimitiveType { physical_type: Physical::INT96, .. } => {
            Type::primitive_type_builder(of.name(), Physical::INT64)
                .with_repetition(info.repetition())
                .with_logical_type(Some(LogicalType::timestamp(false, TimeUnit::NANOS)))
                .build()
        }
        Type::PrimitiveType { .. } => Ok(of.clone()),
        Type::GroupType { fields, .. } => {
            let fields = fields.iter().map(|field| writable(field).map(TypePtr::new));
            let mut group = Type::group_type_builder(of.name())
                .with_fields(fields.collect::<Result<_, _>>()?)
                .with_converted_type(info.converted_type())
                .with_logical_type(info.logical_type_ref().cloned())
                .with_id(info.has_id().then(|| info.id()));
            if info.has_repetition() {
                group = group.with_repetition(info.repetition());
            }
            group.build()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::FieldNames;
    use crate::source::parquet::{Limits, Parquet, Text};
    use arrow_array::types::Int32Type;
    use arrow_array::{Float64Array, Int64Array, ListArray, StringArray};
    use bytes::Bytes;
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

    const ROWS: usize = 2500;

    fn text(row: usize) -> String {
        format!("page {row}\n{}", "a word of it ".repeat(row % 90))
    }

    fn strings(of: impl Fn(usize) -> Option<String>) -> ArrayRef {
        Arc::new(StringArray::from_iter((0..ROWS).map(of)))
    }

    /// A file in the manner of FineWeb, with a list and a nested text besides.
    fn input() -> Bytes {
        let inner = Field::new("body", DataType::Utf8, true);
        let group = StructArray::try_new(
            vec![inner].into(),
            vec![strings(|row| Some(text(row)))],
            Some((0..ROWS).map(|row| row % 5 != 0).collect()),
        );
        let tags = (0..ROWS).map(|row| (row % 4 != 0).then(|| vec![Some(row as i32); row % 3]));
        let columns: [(&str, ArrayRef); 6] = [
            ("text", strings(|row| (row % 7 != 0).then(|| text(row)))),
            ("url", strings(|row| Some(format!("https://site{}.example/{row}", row % 9)))),
            ("language_score", Arc::new(Float64Array::from_iter_values((0..ROWS).map(|row| row as f64 / 7.0)))),
            ("token_count", Arc::new(Int64Array::from_iter_values(0..ROWS as i64))),
            ("tags", Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(tags))),
            ("doc", Arc::new(group.unwrap())),
        ];
        let batch = RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true)));
        let batch = batch.unwrap();
        let pairs = vec![KeyValue::new("huggingface".to_owned(), "{}".to_owned())];
        let properties = WriterProperties::builder()
            .set_max_row_group_row_count(Some(1100))
            .set_data_page_row_count_limit(200)
            .set_compression(Compression::SNAPPY)
            .set_column_dictionary_enabled("text".into(), false)
            .set_key_value_metadata(Some(pairs))
            .build();
        let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.into_inner().unwrap().into()
    }

    fn open(bytes: &Bytes, slice: u64, field: &str) -> Parquet {
        let fields = FieldNames { text: Some(field.to_owned()), ..FieldNames::default() };
        Parquet::new(bytes.clone().into(), &fields, Limits { slice, ..Limits::default() }).unwrap()
    }

    /// The file written again from slices of `slice` bytes, each text put through `change`.
    fn rewrite(bytes: &Bytes, slice: u64, field: &str, notes: bool, change: fn(&str) -> &str) -> Bytes {
        let mut file = open(bytes, slice, field);
        let layout = Layout::of(file.reader()).unwrap();
        let layout = if notes { layout.with_notes().unwrap() } else { layout };
        let mut sink = ParquetSink::new(Vec::new(), &layout).unwrap();
        while let Some(slice) = file.next_slice() {
            let batch = file.reader().read(&slice).unwrap();
            let texts = batch.pages().map(|page| match page.text {
                Text::Valid(text) => Some([change(text)]),
                _ => None,
            });
            let mut rows = with_text(&batch.rows, file.reader().text_path(), texts).unwrap();
            if notes {
                rows = with_notes(&rows, batch.pages().map(|page| (page.row % 2 == 0).then_some("{}"))).unwrap();
            }
            sink.write(&rows).unwrap();
            if slice.last {
                sink.end_row_group().unwrap();
            }
        }
        sink.finish().unwrap().into()
    }

    /// All rows as any Arrow reader sees them.
    fn table(bytes: &Bytes) -> RecordBatch {
        let reader = ParquetRecordBatchReaderBuilder::try_new(bytes.clone()).unwrap();
        let batches = reader.with_batch_size(ROWS).build().unwrap().collect::<Result<Vec<_>, _>>().unwrap();
        concat_batches(&batches.first().unwrap().schema(), &batches).unwrap()
    }

    #[test]
    fn slices_of_any_size_give_the_same_bytes() {
        let input = input();
        let whole = rewrite(&input, 1 << 30, "text", true, |text| text);
        for slice in [1, 30_000, 300_000] {
            assert!(rewrite(&input, slice, "text", true, |text| text) == whole, "slices of {slice} bytes");
        }
    }

    #[test]
    fn rows_types_groups_codecs_and_metadata_pass_unchanged() {
        let input = input();
        let output = rewrite(&input, 50_000, "text", false, |text| text);
        assert_eq!(table(&output), table(&input));
        let [before, after] = [&input, &output].map(|bytes| open(bytes, 1, "text").reader().metadata().clone());
        let (old, new) = (before.file_metadata(), after.file_metadata());
        assert_eq!(new.schema(), old.schema());
        assert_eq!(new.key_value_metadata(), old.key_value_metadata());
        assert_eq!(new.created_by(), Some(CREATED_BY));
        for (old, new) in before.row_groups().iter().zip(after.row_groups()) {
            assert_eq!(new.num_rows(), old.num_rows());
            for (old, new) in old.columns().iter().zip(new.columns()) {
                assert_eq!(new.compression(), old.compression());
                assert_eq!(new.dictionary_page_offset().is_some(), old.dictionary_page_offset().is_some());
            }
        }
    }

    #[test]
    fn only_the_text_changes_and_nulls_stay() {
        let input = input();
        let output = rewrite(&input, 50_000, "text", false, |text| text.split('\n').next().unwrap_or(text));
        let (old, new) = (table(&input), table(&output));
        assert_eq!(new.columns()[1..], old.columns()[1..]);
        let texts = new.column(0).as_string::<i32>();
        assert!(texts.is_null(0) && texts.is_null(7));
        assert_eq!((texts.value(1), texts.value(2498)), ("page 1", "page 2498"));
    }

    #[test]
    fn a_text_inside_a_struct_is_replaced_in_place() {
        let input = input();
        let output = rewrite(&input, 50_000, "doc.body", false, |_| "new");
        let (old, new) = (table(&input), table(&output));
        assert_eq!(new.columns()[..5], old.columns()[..5]);
        let group = new.column(5).as_struct();
        assert!(group.is_null(0) && group.is_valid(1));
        assert_eq!(group.column(0).as_string::<i32>().value(1), "new");
    }

    #[test]
    fn notes_are_a_last_column_and_replace_earlier_notes() {
        let input = input();
        let once = rewrite(&input, 50_000, "text", true, |text| text);
        let rows = table(&once);
        assert_eq!(rows.schema().field(6), &Field::new(NOTES, DataType::Utf8, true));
        let notes = rows.column(6).as_string::<i32>();
        assert!(notes.value(0) == "{}" && notes.is_null(1));
        assert_eq!(rewrite(&once, 50_000, "text", true, |text| text), once);
    }

    #[test]
    fn notes_do_not_overwrite_a_column_of_another_type() {
        let columns: [(&str, ArrayRef); 2] =
            [("text", strings(|_| None)), (NOTES, Arc::new(Int64Array::from_iter_values(0..ROWS as i64)))];
        let batch = RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true)));
        let batch = batch.unwrap();
        let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        let file = open(&writer.into_inner().unwrap().into(), 1, "text");
        assert!(matches!(Layout::of(file.reader()).unwrap().with_notes(), Err(Error::Notes)));
    }

    #[test]
    fn rows_not_kept_are_gone_and_pieces_are_joined() {
        let mut file = open(&input(), 1 << 30, "text");
        let slice = file.next_slice().unwrap();
        let batch = file.reader().read(&slice).unwrap().rows;
        let count = batch.num_rows();
        let texts = (0..count).map(|_| Some(["a", "\n", "b"]));
        let changed = with_text(&batch, file.reader().text_path(), texts).unwrap();
        let few = kept(&changed, (0..count).map(|row| row == 3).collect()).unwrap();
        assert_eq!(few.num_rows(), 1);
        assert_eq!(few.column(0).as_binary_view().value(0), b"a\nb");
        assert_eq!(few.column(1), &batch.column(1).slice(3, 1));
    }

    #[test]
    fn as_many_texts_as_rows_are_demanded() {
        let mut file = open(&input(), 1 << 30, "text");
        let slice = file.next_slice().unwrap();
        let batch = file.reader().read(&slice).unwrap().rows;
        assert!(with_text(&batch, &[0], [Some(["one"])]).is_err());
        assert!(with_notes(&batch, [None]).is_err());
        assert!(kept(&batch, vec![true]).is_err());
    }

    #[test]
    fn pages_of_other_formats_become_even_row_groups() {
        let layout = Layout::of_pages().unwrap().with_notes().unwrap();
        let mut sink = ParquetSink::with_even_groups(Vec::new(), &layout).unwrap();
        let total = GROUP_ROWS + 10;
        let mut pages = PageBatch::default();
        for row in 0..total {
            pages.push(None, Some("http://a.b/"), Some("a.b"), ["row ", &row.to_string()]).unwrap();
            if row % 1000 == 0 || row + 1 == total {
                let batch = pages.finish().unwrap();
                let notes = std::iter::repeat_n(None, batch.num_rows());
                sink.write(&with_notes(&batch, notes).unwrap()).unwrap();
            }
        }
        let bytes = Bytes::from(sink.finish().unwrap());
        let rows = table(&bytes);
        assert_eq!(rows.num_rows(), total);
        assert_eq!(rows.column(3).as_string::<i32>().value(total - 1), format!("row {}", total - 1));
        let metadata = open(&bytes, 1, "text").reader().metadata().clone();
        let groups: Vec<_> = metadata.row_groups().iter().map(|group| group.num_rows()).collect();
        assert_eq!(groups, [GROUP_ROWS as i64, 10]);
    }
}
