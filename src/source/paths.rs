//! What the user named, as sources: files, lists of files, folders, standard input.
//!
//! The format of a file is what its first bytes say; its name decides only between formats whose bytes say nothing
//! (text, or a damaged start). Pages of a folder are files of their own, told by their names.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use super::stream::Compression;
use crate::error::{Error, ErrorKind, Result, shown};
use crate::nearest::Nearest;
use crate::page::visible;

/// What a source holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// WARC or WET records.
    Warc,
    /// One JSON object a line.
    Jsonl,
    /// Rows in columns.
    Parquet,
    /// Files, each a page of text or HTML.
    Pages,
}

/// Where a source's bytes are.
#[derive(Clone, Debug)]
pub enum Place {
    /// A file.
    File(PathBuf),
    /// Standard input or a pipe, spooled to a file that goes when the source does.
    Spooled(Arc<tempfile::NamedTempFile>),
    /// Files under a folder.
    Folder {
        /// The folder.
        root: PathBuf,
        /// The files, by path, with their sizes in bytes.
        files: Vec<(PathBuf, u64)>,
        /// The URLs of files that have one in the mapping.
        urls: Arc<HashMap<PathBuf, String>>,
    },
}

/// One input.
#[derive(Clone, Debug)]
pub struct Source {
    /// The input as the user named it.
    pub name: Arc<str>,
    /// Its file name, or its path under the folder it was found in: the name of its output.
    pub relative: PathBuf,
    /// Where its bytes are.
    pub place: Place,
    /// What it holds.
    pub format: Format,
    /// How it is compressed.
    pub compression: Compression,
    /// Its size on disk, in bytes.
    pub size: u64,
}

impl Source {
    /// Opens the file.
    ///
    /// # Errors
    /// When the system does not let it.
    pub fn open(&self) -> Result<File> {
        match &self.place {
            Place::File(path) => File::open(path),
            Place::Spooled(file) => file.reopen(),
            Place::Folder { root, .. } => File::open(root),
        }
        .map_err(Error::reading(Path::new(&*self.name)))
    }
}

/// What the user asked to read.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Files, folders, or `-`.
    pub paths: Vec<PathBuf>,
    /// Files that list further paths, one a line; may be compressed, may be `-`.
    pub lists: Vec<PathBuf>,
    /// A file that gives URLs to the files of folders: path, tab, URL, one a line.
    pub url_map: Option<PathBuf>,
    /// Where pipes are spooled.
    pub temp_dir: PathBuf,
    /// The number of the signal that asks to stop waiting for a pipe, or 0.
    pub stop: Arc<AtomicUsize>,
}

/// The sources of a request, and the inputs that cannot be read at all.
#[derive(Debug, Default)]
pub struct Sources {
    /// What can be read, in the order asked for; files of a folder by name.
    pub found: Vec<Source>,
    /// The folders that were searched.
    pub folders: Vec<PathBuf>,
    /// What cannot: its name, and why.
    pub unreadable: Vec<(Arc<str>, String)>,
}

impl Sources {
    /// Bytes of all that can be read.
    pub fn size(&self) -> u64 {
        self.found.iter().map(|source| source.size).sum()
    }

    /// For whoever needs all of them.
    ///
    /// # Errors
    /// When one of the inputs cannot be read at all; the first is named, with the reason.
    pub fn check_readable(&self) -> Result<()> {
        match self.unreadable.first() {
            Some((name, reason)) => Err(ErrorKind::Input(format!("{}: {}", visible(name), visible(reason))).into()),
            None => Ok(()),
        }
    }
}

/// Why there is nothing at a path, and what its folder has of a name like it. Hidden files are left out, as in a folder
/// that is read.
fn absent(path: &Path, error: &io::Error) -> String {
    let nearest = Nearest::new(&path.file_name().unwrap_or_default().to_string_lossy());
    if error.kind() == io::ErrorKind::NotFound {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let names = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.file_name());
        let shown = names.filter(|name| !name.as_encoded_bytes().starts_with(b"."));
        shown.for_each(|name| nearest.offer(&name.to_string_lossy()));
    }
    nearest.meant().map_or_else(
        || error.to_string(),
        |meant| format!("{error}; did you mean '{}'?", path.with_file_name(meant).display()),
    )
}

/// Finds all inputs and looks at the first bytes of each.
///
/// # Errors
/// When a list or mapping cannot be read: then it is unknown what was asked for. An input that cannot be read is no
/// error here, see [`Sources::unreadable`].
pub fn resolve(request: &Request) -> Result<Sources> {
    let mut paths = Vec::new();
    for path in &request.paths {
        paths.push(path.clone());
    }
    for list in &request.lists {
        for line in lines_of(list)? {
            paths.push(PathBuf::from(line));
        }
    }
    if paths.iter().filter(|path| is_stdin(path)).count() + request.lists.iter().filter(|path| is_stdin(path)).count()
        > 1
    {
        return Err(Error::settings("standard input (-) can be read only once"));
    }
    let urls = Arc::new(match &request.url_map {
        Some(path) => url_map(path)?,
        None => HashMap::new(),
    });
    let mut sources = Sources::default();
    for path in paths {
        sources.add(&path, &urls, request);
        match request.stop.load(Ordering::Relaxed) {
            0 => {}
            signal => return Err(ErrorKind::Interrupted(signal as i32).into()),
        }
    }
    Ok(sources)
}

fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// The lines of a list, decompressed.
fn lines_of(list: &Path) -> Result<Vec<String>> {
    let reading = || Error::reading(list);
    let mut bytes = Vec::new();
    if is_stdin(list) {
        io::stdin().lock().read_to_end(&mut bytes).map_err(reading())?;
    } else {
        File::open(list).and_then(|mut file| file.read_to_end(&mut bytes)).map_err(reading())?;
    }
    let reader: Box<dyn BufRead> = match Compression::sniff(&bytes) {
        Compression::None => Box::new(&*bytes),
        Compression::Gzip => Box::new(BufReader::new(flate2::read::MultiGzDecoder::new(&*bytes))),
        Compression::Zstd => Box::new(BufReader::new(zstd::Decoder::new(&*bytes).map_err(reading())?)),
    };
    let mut lines = Vec::new();
    for line in reader.lines() {
        let line = line.map_err(reading())?;
        let line = line.trim_end_matches('\r');
        if !line.is_empty() {
            lines.push(line.to_owned());
        }
    }
    Ok(lines)
}

fn url_map(path: &Path) -> Result<HashMap<PathBuf, String>> {
    let mut urls = HashMap::new();
    for (number, line) in lines_of(path)?.into_iter().enumerate() {
        let Some((file, url)) = line.split_once('\t') else {
            let place = shown(path);
            return Err(Error::settings(format!(
                "{place}:{}: a line of --url-map is a path, a tab and a URL",
                number + 1
            )));
        };
        urls.insert(PathBuf::from(file), url.trim().to_owned());
    }
    Ok(urls)
}

impl Sources {
    fn add(&mut self, path: &Path, urls: &Arc<HashMap<PathBuf, String>>, request: &Request) {
        let name: Arc<str> = path.to_string_lossy().into();
        let added = if is_stdin(path) {
            spool(|| Ok(io::stdin()), request).and_then(|file| {
                let place = Place::Spooled(Arc::new(file));
                file_source(Arc::clone(&name), PathBuf::from("stdin"), place, Named::Asked)
            })
        } else {
            match std::fs::metadata(path) {
                // Once is enough: of a long list that is elsewhere, each folder would be searched for each name.
                Err(e) if self.unreadable.is_empty() => Err(absent(path, &e)),
                Err(e) => Err(e.to_string()),
                Ok(meta) if meta.is_dir() => {
                    self.add_folder(path, urls);
                    return;
                }
                Ok(meta) if !meta.is_file() => {
                    let pipe = path.to_owned();
                    spool(move || File::open(pipe), request).and_then(|file| {
                        file_source(Arc::clone(&name), file_name(path), Place::Spooled(Arc::new(file)), Named::Asked)
                    })
                }
                Ok(_) => file_source(Arc::clone(&name), file_name(path), Place::File(path.to_owned()), Named::Asked),
            }
        };
        match added {
            Ok(source) => self.found.push(source),
            Err(reason) => self.unreadable.push((name, reason)),
        }
    }

    /// Adds what is under a folder: crawl files as sources of their own, pages together as one.
    fn add_folder(&mut self, root: &Path, urls: &Arc<HashMap<PathBuf, String>>) {
        self.folders.push(root.to_owned());
        let mut pages = Vec::new();
        let mut walk = ignore::WalkBuilder::new(root);
        // Hidden files stay out, as with ls; ignore files mean nothing in a crawl.
        walk.standard_filters(false).hidden(true).sort_by_file_path(Path::cmp);
        for entry in walk.build() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(e) => {
                    self.unreadable.push((root.to_string_lossy().into(), e.to_string()));
                    continue;
                }
            };
            let name: Arc<str> = entry.path().to_string_lossy().into();
            let relative = entry.path().strip_prefix(root).unwrap_or(entry.path()).to_owned();
            match entry.file_type() {
                Some(kind) if kind.is_dir() => {}
                Some(kind) if kind.is_file() => {
                    if page_kind(&relative).is_some() {
                        pages.push((relative, entry.metadata().map_or(0, |meta| meta.len())));
                        continue;
                    }
                    match file_source(Arc::clone(&name), relative, Place::File(entry.path().to_owned()), Named::Found) {
                        Ok(source) => self.found.push(source),
                        Err(reason) => self.unreadable.push((name, reason)),
                    }
                }
                _ => self.unreadable.push((
                    name,
                    "not a regular file, and links in folders are not followed; name it itself to read it".to_owned(),
                )),
            }
        }
        if !pages.is_empty() {
            let size = pages.iter().map(|(_, size)| size).sum();
            self.found.push(Source {
                name: root.to_string_lossy().into(),
                relative: PathBuf::new(),
                place: Place::Folder { root: root.to_owned(), files: pages, urls: Arc::clone(urls) },
                format: Format::Pages,
                compression: Compression::None,
                size,
            });
        }
    }
}

fn file_name(path: &Path) -> PathBuf {
    path.file_name().map_or_else(|| PathBuf::from("input"), PathBuf::from)
}

/// Whether a file was named by the user or found in a folder.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Named {
    Asked,
    Found,
}

/// Looks at a file's first bytes.
fn file_source(name: Arc<str>, relative: PathBuf, place: Place, named: Named) -> Result<Source, String> {
    let file = match &place {
        Place::File(path) => File::open(path),
        Place::Spooled(file) => file.reopen(),
        Place::Folder { .. } => unreachable_place(),
    }
    .map_err(|e| e.to_string())?;
    let size = file.metadata().map_err(|e| e.to_string())?.len();
    let mut head = Vec::new();
    file.take(HEAD).read_to_end(&mut head).map_err(|e| e.to_string())?;
    let compression = Compression::sniff(&head);
    let format = sniff(&unpacked(&head, compression), &relative, named)?;
    if format == Format::Pages {
        // A single file that is a page: a folder of one.
        let (root, file) = match &place {
            Place::File(path) => (path.parent().map_or_else(PathBuf::new, PathBuf::from), file_name(path)),
            _ => return Err("standard input holds neither WARC, WET, JSONL nor Parquet".to_owned()),
        };
        let place = Place::Folder { root, files: vec![(file, size)], urls: Arc::default() };
        return Ok(Source { name, relative: PathBuf::new(), place, format, compression: Compression::None, size });
    }
    Ok(Source { name, relative, place, format, compression, size })
}

fn unreachable_place() -> io::Result<File> {
    Err(io::Error::from(io::ErrorKind::IsADirectory))
}

/// Bytes of a file that are looked at to tell its format.
const HEAD: u64 = 64 << 10;

/// The decompressed beginning of a file's head; what there is of it, if it is damaged.
fn unpacked(head: &[u8], compression: Compression) -> Cow<'_, [u8]> {
    let mut out = Vec::new();
    // An error only means that there is less to look at: the reader will meet it again and report it.
    let _ = match compression {
        Compression::None => return Cow::Borrowed(head),
        Compression::Gzip => flate2::read::MultiGzDecoder::new(head).take(HEAD).read_to_end(&mut out),
        Compression::Zstd => zstd::Decoder::new(head).and_then(|decoder| decoder.take(HEAD).read_to_end(&mut out)),
    };
    Cow::Owned(out)
}

/// What a page file is by its name, compression aside.
pub(super) fn page_kind(path: &Path) -> Option<PageKind> {
    match inner_extension(path)?.as_str() {
        "html" | "htm" | "xhtml" => Some(PageKind::Html),
        "txt" | "text" => Some(PageKind::Text),
        _ => None,
    }
}

/// What the file of a page holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PageKind {
    /// Markup.
    Html,
    /// Plain text.
    Text,
}

/// The last extension of a name, in lower case, that tells no compression.
fn inner_extension(path: &Path) -> Option<String> {
    let last = path.extension()?.to_str()?.to_ascii_lowercase();
    if matches!(last.as_str(), "gz" | "zst") {
        return Some(Path::new(path.file_stem()?).extension()?.to_str()?.to_ascii_lowercase());
    }
    Some(last)
}

/// The format of a file by its first (decompressed) bytes, and by its name where those say nothing.
fn sniff(head: &[u8], name: &Path, named: Named) -> Result<Format, String> {
    if Compression::sniff(head) != Compression::None {
        return Err("compressed twice; decompress it once and try again".to_owned());
    }
    if head.starts_with(b"PAR1") || head.starts_with(b"PARE") {
        return Ok(Format::Parquet);
    }
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    if text.starts_with(b"WARC/") {
        return Ok(Format::Warc);
    }
    let page = page_kind(name);
    if text.starts_with(b"{") && page != Some(PageKind::Html) {
        return Ok(Format::Jsonl);
    }
    match inner_extension(name).as_deref() {
        Some("warc" | "wet") => return Ok(Format::Warc),
        Some("jsonl" | "ndjson" | "json") => return Ok(Format::Jsonl),
        Some("parquet") => return Ok(Format::Parquet),
        _ => {}
    }
    if page.is_some() || (named == Named::Asked && text.starts_with(b"<")) {
        return Ok(Format::Pages);
    }
    if head.is_empty() && named == Named::Asked {
        return Ok(Format::Jsonl);
    }
    if text.starts_with(b"filedesc://") {
        return Err("ARC files are not read; convert them to WARC (warcio recompress)".to_owned());
    }
    Err("not a format that dehusk reads: WARC, WET, JSONL, Parquet, .txt or .html".to_owned())
}

/// Copies a pipe to a temporary file, so that it can be read twice.
///
/// The pipe is read by a thread of its own: nothing else can end a read, or the opening of a pipe that nobody writes
/// to, when a signal asks to stop.
fn spool<R: Read>(
    open: impl FnOnce() -> io::Result<R> + Send + 'static,
    request: &Request,
) -> Result<tempfile::NamedTempFile, String> {
    let folder = &request.temp_dir;
    let failed =
        |e: io::Error| format!("cannot be spooled to {}: {e}; name another folder with --temp-dir", shown(folder));
    let mut file = tempfile::Builder::new().prefix("dehusk-").tempfile_in(folder).map_err(failed)?;
    let (send, received) = mpsc::sync_channel::<io::Result<Vec<u8>>>(4);
    std::thread::spawn(move || {
        let mut pipe = match open() {
            Ok(pipe) => pipe,
            Err(e) => return drop(send.send(Err(e))),
        };
        loop {
            let mut bytes = Vec::new();
            let read = pipe.by_ref().take(1 << 16).read_to_end(&mut bytes).map(|_| bytes);
            let ended = !matches!(&read, Ok(bytes) if !bytes.is_empty());
            // Nobody receives any more when the run was told to stop.
            if send.send(read).is_err() || ended {
                return;
            }
        }
    });
    loop {
        match received.recv_timeout(Duration::from_millis(50)) {
            Ok(Ok(bytes)) => file.write_all(&bytes).map_err(failed)?,
            Ok(Err(e)) => return Err(e.to_string()),
            Err(RecvTimeoutError::Timeout) if request.stop.load(Ordering::Relaxed) == 0 => {}
            Err(RecvTimeoutError::Timeout) => return Err("not read to its end".to_owned()),
            Err(RecvTimeoutError::Disconnected) => return Ok(file),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_decide_before_the_name() {
        let sniff = |head: &[u8], name: &str| sniff(head, Path::new(name), Named::Asked);
        assert_eq!(sniff(b"WARC/1.0\r\n", "a.jsonl"), Ok(Format::Warc));
        assert_eq!(sniff(b"\xef\xbb\xbf {\"text\":1}", "a.warc"), Ok(Format::Jsonl));
        assert_eq!(sniff(b"PAR1....", "a.jsonl"), Ok(Format::Parquet));
        assert_eq!(sniff(b"garbage", "a.warc.gz"), Ok(Format::Warc));
        assert_eq!(sniff(b"[1,2]", "a.jsonl"), Ok(Format::Jsonl));
        assert_eq!(sniff(b"<!doctype html>", "a"), Ok(Format::Pages));
        assert!(sniff(b"garbage", "a.bin").is_err_and(|e| e.contains("WARC")));
        assert!(sniff(b"\x1f\x8b\x08", "a.jsonl.gz").is_err_and(|e| e.contains("twice")));
    }

    #[test]
    fn page_files_are_told_by_their_names_compressed_or_not() {
        assert_eq!(page_kind(Path::new("a/b.HTML")), Some(PageKind::Html));
        assert_eq!(page_kind(Path::new("a/b.txt.gz")), Some(PageKind::Text));
        assert_eq!(page_kind(Path::new("a/b.pdf")), None);
        assert_eq!(page_kind(Path::new("txt")), None);
    }

    #[test]
    fn a_list_may_be_compressed_and_names_one_path_a_line() -> Result<(), Box<dyn std::error::Error>> {
        let dir = tempfile::tempdir()?;
        let list = dir.path().join("wet.paths.gz");
        let mut gz = flate2::write::GzEncoder::new(File::create(&list)?, flate2::Compression::fast());
        io::Write::write_all(&mut gz, b"a.wet.gz\r\n\nb.wet.gz\n")?;
        gz.finish()?;
        assert_eq!(lines_of(&list)?, ["a.wet.gz", "b.wet.gz"]);
        Ok(())
    }

    #[test]
    fn of_a_name_that_is_not_there_the_likest_is_told() -> Result<(), Box<dyn std::error::Error>> {
        let dir = tempfile::tempdir()?;
        for name in ["crawl-2.jsonl", "crawl-1.jsonl", ".crawl-3.jsonl", "notes"] {
            std::fs::write(dir.path().join(name), "")?;
        }
        let reasons = |name: &str| {
            let path = dir.path().join(name);
            let request = Request { paths: vec![path.clone(), path], ..Request::default() };
            resolve(&request).map(|sources| [0, 1].map(|at: usize| sources.unreadable[at].1.clone()))
        };
        // Of equally like names the first, whatever the order that the system lists them in; and once.
        let meant = format!("; did you mean '{}'?", dir.path().join("crawl-1.jsonl").display());
        let [first, second] = reasons("crawl-3.jsonl")?;
        assert_eq!(first, second.clone() + &meant);
        for other in ["portal.warc.gz", "notes/crawl-1.jsonl"] {
            assert!(!reasons(other)?.concat().contains("did you mean"), "{other}");
        }
        Ok(())
    }

    #[test]
    fn what_cannot_be_read_is_told_and_the_rest_is_found() -> Result<(), Box<dyn std::error::Error>> {
        let dir = tempfile::tempdir()?;
        std::fs::write(dir.path().join("b.txt"), "text")?;
        std::fs::write(dir.path().join("a.jsonl"), "{}\n")?;
        std::fs::write(dir.path().join("c.bin"), [0, 1, 2])?;
        let request = Request { paths: vec![dir.path().to_owned(), dir.path().join("missing")], ..Request::default() };
        let sources = resolve(&request)?;
        let formats: Vec<Format> = sources.found.iter().map(|source| source.format).collect();
        assert_eq!(formats, [Format::Jsonl, Format::Pages]);
        assert_eq!(sources.unreadable.len(), 2);
        Ok(())
    }
}
