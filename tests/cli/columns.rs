//! Parquet files, written and read by the `parquet` crate itself, not by dehusk.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use crate::fixture::{Crawl, Kept};

/// A file as FineWeb has them: text, id, address and columns that mean nothing to dehusk; several row groups.
pub fn file(crawl: &Crawl) -> Vec<u8> {
    of_texts(crawl, crawl.0.iter().map(|page| Some(page.text())).collect())
}

/// The same with other texts, or none, in the rows.
pub fn of_texts(crawl: &Crawl, texts: Vec<Option<String>>) -> Vec<u8> {
    let pages = &crawl.0;
    let columns: [(&str, ArrayRef); 5] = [
        ("text", Arc::new(StringArray::from(texts))),
        ("id", Arc::new(StringArray::from_iter_values((0..pages.len()).map(|i| format!("<urn:uuid:{i}>"))))),
        ("url", Arc::new(StringArray::from_iter_values(pages.iter().map(|page| &page.url)))),
        ("language_score", Arc::new(Float64Array::from_iter_values((0..pages.len()).map(|i| i as f64 / 7.0)))),
        ("token_count", Arc::new(Int64Array::from_iter((0..pages.len() as i64).map(|i| (i % 3 > 0).then_some(i))))),
    ];
    let rows = RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true))).unwrap();
    let properties =
        WriterProperties::builder().set_compression(Compression::SNAPPY).set_max_row_group_row_count(Some(50)).build();
    let mut writer = ArrowWriter::try_new(Vec::new(), rows.schema(), Some(properties)).unwrap();
    writer.write(&rows).unwrap();
    writer.into_inner().unwrap()
}

/// All rows of a file.
pub fn table(bytes: &[u8]) -> RecordBatch {
    let reader = ParquetRecordBatchReaderBuilder::try_new(Bytes::copy_from_slice(bytes)).unwrap();
    let schema = reader.schema().clone();
    let batches: Vec<RecordBatch> = reader.build().unwrap().map(Result::unwrap).collect();
    arrow_select::concat::concat_batches(&schema, &batches).unwrap()
}

/// A column of strings.
pub fn strings(table: &RecordBatch, name: &str) -> Vec<Option<String>> {
    table.column_by_name(name).unwrap().as_string::<i32>().iter().map(|value| value.map(str::to_owned)).collect()
}

/// The pages of a file.
pub fn kept(bytes: &[u8]) -> Vec<Kept> {
    let table = table(bytes);
    let lines = |text: String| text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect();
    let pages = strings(&table, "url").into_iter().zip(strings(&table, "text"));
    pages.map(|(url, text)| Kept { url: url.unwrap(), lines: lines(text.unwrap()) }).collect()
}
