//! What is known of near-duplicates as files of their own: the list of clusters, and the index for the next run.
//!
//! The list has a row for each page that is in a cluster of several, by cluster, the page that stays first. Both files
//! are written beside the pages' outputs and get their names after those have theirs.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::ThreadPool;
use tempfile::NamedTempFile;

use super::annotate::rounded;
use super::file::{Pending, parent, persist, temporary};
use super::jsonl::escape_into;
use crate::error::{Error, ErrorKind, Result, shown};
use crate::similar::{Clusters, Content, Index, IndexError, Method, Standing};
use crate::source::stream::Compression;

/// Bytes of rows that are gathered before they are written.
const CHUNK: usize = 1 << 20;

/// A file that is written and waits for its name.
pub struct Finished(Kind);

enum Kind {
    Lines(Pending),
    Other { file: NamedTempFile, path: PathBuf, force: bool },
}

impl Finished {
    /// Puts the file in its place.
    ///
    /// # Errors
    /// When it cannot be written to the end, or something has appeared under its name meanwhile.
    pub fn commit(self) -> Result<()> {
        match self.0 {
            Kind::Lines(file) => file.commit(),
            Kind::Other { file, path, force } => persist(file, &path, force),
        }
    }
}

/// One page of the list.
struct Row<'a> {
    cluster: Content,
    standing: Standing<'a>,
    /// Of the page, if it has one.
    url: Option<&'a str>,
    /// Of a page without a URL.
    id: Option<&'a str>,
    /// URL, or id, of the page that stays.
    canonical: &'a str,
}

fn rows(clusters: &Clusters) -> impl Iterator<Item = Row<'_>> {
    let sketches = clusters.sketches();
    let pages = clusters.clusters().into_iter().flat_map(|cluster| cluster.pages);
    pages.filter_map(move |page| {
        let standing = clusters.standing(page)?;
        let (name, by_id) = (sketches.name(page), sketches.is_known_by_id(page));
        Some(Row {
            cluster: standing.cluster,
            standing,
            url: (!by_id).then_some(name),
            id: by_id.then_some(name),
            canonical: clusters.name(standing.kept),
        })
    })
}

/// Whether a list of this name is written as Parquet.
pub fn is_parquet(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("parquet"))
}

/// Writes the list of clusters: as Parquet if the name ends so, else as JSON Lines, compressed if the name says so.
///
/// # Errors
/// When it cannot be written.
pub fn list(clusters: &Clusters, path: &Path, force: bool, pool: &Arc<ThreadPool>) -> Result<Finished> {
    #[cfg(feature = "parquet")]
    if is_parquet(path) {
        return columns::list(clusters, path, force);
    }
    let mut file = Pending::create(path, Compression::of_name(path), force, pool)?;
    let mut out = Vec::new();
    for row in rows(clusters) {
        row.json(&mut out);
        if out.len() >= CHUNK {
            file.write(&out)?;
            out.clear();
        }
    }
    file.write(&out)?;
    Ok(Finished(Kind::Lines(file)))
}

impl Row<'_> {
    fn json(&self, out: &mut Vec<u8>) {
        let Standing { relation, similarity, is_exact, size, .. } = self.standing;
        // Writing to memory cannot fail.
        let _ = write!(
            out,
            "{{\"cluster\":\"{}\",\"size\":{size},\"relation\":\"{}\",\"similarity\":{},\"exact\":{is_exact}",
            self.cluster,
            relation.name(),
            rounded(similarity)
        );
        for (name, value) in [("url", self.url), ("id", self.id), ("canonical", Some(self.canonical))] {
            if let Some(value) = value {
                let _ = write!(out, ",\"{name}\":\"");
                escape_into(value, out);
                out.push(b'"');
            }
        }
        out.extend_from_slice(b"}\n");
    }
}

/// Writes what a later run can compare its pages with.
///
/// # Errors
/// When it cannot be written.
pub fn index(index: &Index, path: &Path, force: bool) -> Result<Finished> {
    let folder = parent(path);
    std::fs::create_dir_all(folder).map_err(Error::writing(folder))?;
    let file = temporary(path)?;
    index.write(file.as_file()).map_err(Error::writing(path))?;
    Ok(Finished(Kind::Other { file, path: path.to_owned(), force }))
}

/// Reads the index of an earlier run, whose sketches must be made as those of this run.
///
/// # Errors
/// When it cannot be read or used.
pub fn load(path: &Path, method: Method) -> Result<Index> {
    let file = File::open(path).map_err(Error::reading(path))?;
    let index = Index::read(file).and_then(|index| index.check(method).map(|()| index));
    index.map_err(|e| match e {
        IndexError::Io(e) => Error::reading(path)(e),
        e => ErrorKind::Input(format!("{}: {e}", shown(path))).into(),
    })
}

#[cfg(feature = "parquet")]
mod columns {
    use super::*;
    use arrow_array::{ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray};
    use parquet::arrow::ArrowWriter;
    use parquet::basic::Compression as Codec;
    use parquet::file::properties::WriterProperties;

    /// Rows that are put together.
    const ROWS: usize = 64 << 10;

    pub(super) fn list(clusters: &Clusters, path: &Path, force: bool) -> Result<Finished> {
        let failed = |e: parquet::errors::ParquetError| Error::writing(path)(std::io::Error::other(e));
        let folder = parent(path);
        std::fs::create_dir_all(folder).map_err(Error::writing(folder))?;
        let file = temporary(path)?;
        let properties = WriterProperties::builder().set_compression(Codec::SNAPPY).build();
        let schema = batch(&[]).map_err(|e| failed(e.into()))?.schema();
        let mut writer = ArrowWriter::try_new(file.as_file(), schema, Some(properties)).map_err(failed)?;
        let mut rows = rows(clusters);
        loop {
            let some: Vec<Row<'_>> = rows.by_ref().take(ROWS).collect();
            if some.is_empty() {
                break;
            }
            batch(&some).map_err(Into::into).and_then(|batch| writer.write(&batch)).map_err(failed)?;
        }
        writer.close().map_err(failed)?;
        Ok(Finished(Kind::Other { file, path: path.to_owned(), force }))
    }

    fn batch(rows: &[Row<'_>]) -> Result<RecordBatch, arrow_schema::ArrowError> {
        let text =
            |of: fn(&Row<'_>) -> String| -> ArrayRef { Arc::new(StringArray::from_iter_values(rows.iter().map(of))) };
        let size = rows.iter().map(|row| row.standing.size as i64);
        let similarity = rows.iter().map(|row| rounded(row.standing.similarity));
        RecordBatch::try_from_iter_with_nullable([
            ("cluster", text(|row| row.cluster.to_string()), false),
            ("size", Arc::new(Int64Array::from_iter_values(size)) as ArrayRef, false),
            ("relation", text(|row| row.standing.relation.name().to_owned()), false),
            ("similarity", Arc::new(Float64Array::from_iter_values(similarity)), false),
            ("exact", Arc::new(BooleanArray::from_iter(rows.iter().map(|row| Some(row.standing.is_exact)))), false),
            ("url", Arc::new(rows.iter().map(|row| row.url).collect::<StringArray>()), true),
            ("id", Arc::new(rows.iter().map(|row| row.id).collect::<StringArray>()), true),
            ("canonical", text(|row| row.canonical.to_owned()), false),
        ])
    }
}
