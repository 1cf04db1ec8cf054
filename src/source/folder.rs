//! Files of a folder, each a page.
//!
//! The path under the folder is the page's URL unless a mapping gives another, and its first part is the site, as in
//! the mirrors that `wget` makes. Files that lie in the folder itself belong to one site, named after the folder.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::paths::{PageKind, page_kind};
use super::stream::Compression;
use super::{Batch, Origin, Place, Slot, Source, charset};
use crate::config::Results;
use crate::error::{Problem, guarded};
use crate::page::{Scope, site_of};

/// Files to read together.
pub struct Raw {
    root: PathBuf,
    files: Vec<(PathBuf, u64)>,
    /// The number of the first file, counted from 1.
    first: u64,
    urls: Arc<HashMap<PathBuf, String>>,
}

/// Cuts a list of files into batches.
pub struct Reader {
    root: PathBuf,
    files: std::vec::IntoIter<(PathBuf, u64)>,
    urls: Arc<HashMap<PathBuf, String>>,
    number: u64,
    batch: u64,
}

impl Reader {
    /// Reads the files of `source` in batches of about `batch` bytes.
    pub fn new(source: &Source, batch: usize) -> Self {
        let (root, files, urls) = match &source.place {
            Place::Folder { root, files, urls } => (root.clone(), files.clone(), Arc::clone(urls)),
            Place::File(_) | Place::Spooled(_) => Default::default(),
        };
        Self { root, files: files.into_iter(), urls, number: 1, batch: batch as u64 }
    }

    /// The next files. `None` at the end.
    pub fn read(&mut self) -> Option<Raw> {
        let mut files = Vec::new();
        let mut size = 0;
        while size < self.batch {
            let Some((path, bytes)) = self.files.next() else { break };
            // A file costs something even when it is empty.
            size += bytes + 256;
            files.push((path, bytes));
        }
        if files.is_empty() {
            return None;
        }
        let first = self.number;
        self.number += files.len() as u64;
        Some(Raw { root: self.root.clone(), files, first, urls: Arc::clone(&self.urls) })
    }
}

impl Raw {
    /// Reads the files.
    pub fn parse(self, settings: &Results) -> Batch {
        let mut batch = Batch::default();
        for (number, (path, size)) in (self.first..).zip(&self.files) {
            batch.progress += size;
            let shown = path.to_string_lossy();
            let place = |problem: Problem| problem.at_record(number);
            match guarded(|| self.add(&mut batch, path, settings)) {
                Ok(Ok(None)) => {}
                Ok(Ok(Some(problem))) => {
                    batch.problems.push(place(Problem { reason: format!("{shown}: {}", problem.reason), ..problem }))
                }
                Ok(Err(e)) => batch.problems.push(place(Problem::skipped(format!("{shown}: {e}")))),
                Err(panic) => batch.problems.push(place(Problem::skipped(format!(
                    "{shown}: dehusk failed on this file ({panic}); please report it"
                )))),
            }
        }
        batch
    }

    /// Adds the page of one file.
    fn add(&self, batch: &mut Batch, path: &Path, settings: &Results) -> io::Result<Option<Problem>> {
        let limit = settings.max_page;
        let (bytes, cut) = read(&self.root.join(path), limit)?;
        if bytes.len() > limit {
            return Ok(Some(Problem::too_large(limit)));
        }
        let marks = batch.marks.len();
        let text = match page_kind(path) {
            Some(PageKind::Html) => batch.put_html(&bytes, None),
            _ if looks_binary(&bytes) => return Ok(Some(Problem::skipped("binary, not text"))),
            _ => batch.put(&charset::decode_text(&bytes).text),
        };
        let url: Box<str> = match self.urls.get(path) {
            Some(url) => url.as_str().into(),
            None => url_of(path).into(),
        };
        batch.slots.push(Slot {
            site: self.site(&url, path, settings.scope).into(),
            url,
            id: None,
            text,
            marks: marks..batch.marks.len(),
            origin: Origin::File(path.to_owned()),
        });
        Ok(cut.map(Problem::repaired))
    }

    fn site(&self, url: &str, path: &Path, scope: Scope) -> String {
        let lone = path.components().count() < 2 && !self.urls.contains_key(path);
        if lone && scope != Scope::All {
            return self.root.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        }
        site_of(url, scope).into_owned()
    }
}

/// The path as a URL without a scheme: parts joined by `/`.
fn url_of(path: &Path) -> String {
    let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}

/// A file, decompressed, up to one byte more than `limit`; and what was wrong with its compression.
fn read(path: &Path, limit: usize) -> io::Result<(Vec<u8>, Option<String>)> {
    let limit = limit as u64 + 1;
    let mut bytes = Vec::new();
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    let mut out = Vec::new();
    let read = match Compression::sniff(&bytes) {
        Compression::None => return Ok((bytes, None)),
        Compression::Gzip => flate2::read::MultiGzDecoder::new(&*bytes).take(limit).read_to_end(&mut out),
        Compression::Zstd => zstd::Decoder::new(&*bytes).and_then(|decoder| decoder.take(limit).read_to_end(&mut out)),
    };
    let cut = read.err().map(|e| format!("decompressed only in part: {e}"));
    Ok((out, cut))
}

/// Whether bytes are no text: NULs near the start, unless a byte order mark says UTF-16.
fn looks_binary(bytes: &[u8]) -> bool {
    let utf16 = matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]);
    !utf16 && bytes.iter().take(8192).any(|byte| *byte == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_the_url_and_its_first_part_the_site() {
        let raw = Raw { root: PathBuf::from("x/mirror"), files: vec![], first: 1, urls: Arc::default() };
        let path = Path::new("www.example.org/a/b.html");
        assert_eq!(url_of(path), "www.example.org/a/b.html");
        assert_eq!(raw.site(&url_of(path), path, Scope::Host), "example.org");
        assert_eq!(raw.site("b.html", Path::new("b.html"), Scope::Host), "mirror");
    }

    #[test]
    fn nul_bytes_make_a_file_binary_unless_it_is_utf16() {
        assert!(looks_binary(b"ab\0c"));
        assert!(!looks_binary(b"\xff\xfea\0"));
        assert!(!looks_binary(b"text"));
    }
}
