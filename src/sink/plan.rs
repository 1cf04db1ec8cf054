//! Where each input's output goes, settled before anything is read.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

use super::clusters::is_parquet;
use crate::error::{Error, ErrorKind, Result, shown};
use crate::page::visible;
use crate::source::paths::Sources;
use crate::source::stream::Compression;
use crate::source::{Format, Place, Source};

/// Formats that pages can be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
pub enum OutputFormat {
    /// One JSON object a line
    Jsonl,
    /// WARC conversion records, as Common Crawl's WET files hold them
    Wet,
    /// Rows in columns
    Parquet,
    /// The text alone, pages separated by empty lines
    Text,
}

/// What an output holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One JSON object a line.
    Jsonl,
    /// WARC conversion records.
    Wet,
    /// Rows in columns.
    Parquet,
    /// Text, pages separated by empty lines.
    Text,
    /// A file a page.
    Files,
}

impl Form {
    /// The ending of a file name.
    fn extension(self) -> &'static str {
        match self {
            Form::Jsonl => ".jsonl",
            Form::Wet => ".warc.wet",
            Form::Parquet => ".parquet",
            Form::Text => ".txt",
            Form::Files => "",
        }
    }
}

/// Where the output goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Standard output.
    Stdout,
    /// One file.
    File(PathBuf),
    /// A folder, one output an input.
    Folder(PathBuf),
}

impl Target {
    /// What the user means by `-o PATH`: `-` is standard output; a name that ends as data files do is a file, unless a
    /// folder stands there; everything else is a folder.
    pub fn of(path: Option<&Path>) -> Self {
        let Some(path) = path else { return Target::Stdout };
        if path.as_os_str() == "-" {
            return Target::Stdout;
        }
        let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
        let is_data = [".jsonl", ".ndjson", ".json", ".wet", ".warc", ".parquet", ".txt", ".gz", ".zst"]
            .iter()
            .any(|end| name.ends_with(end));
        let is_folder = path.is_dir() || !is_data && !path.exists();
        if is_folder { Target::Folder(path.to_owned()) } else { Target::File(path.to_owned()) }
    }
}

/// What the user asked to write.
#[derive(Clone, Debug)]
pub struct Request {
    /// Where to.
    pub target: Target,
    /// In what format; `None`: as read.
    pub format: Option<OutputFormat>,
    /// How compressed; `None`: as read, and not at all when the format changes or standard output is written to.
    pub compression: Option<Compression>,
    /// Whether older outputs are replaced.
    pub force: bool,
    /// Whether lines are marked rather than dropped.
    pub annotate: bool,
    /// Where dropped lines go.
    pub dropped: Option<PathBuf>,
    /// Where the clusters of near-duplicates go.
    pub clusters: Option<PathBuf>,
    /// The index of an earlier run, whose pages count as kept already.
    pub index: Option<PathBuf>,
    /// Where the index of this run goes.
    pub save_index: Option<PathBuf>,
}

/// Where one input goes.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The file; the folder for [`Form::Files`]; nothing for standard output.
    pub path: PathBuf,
    /// The format.
    pub form: Form,
    /// The compression.
    pub compression: Compression,
}

/// Where everything goes.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Where to.
    pub target: Target,
    /// One entry an input, in their order.
    pub entries: Vec<Entry>,
    /// Whether older outputs are replaced.
    pub force: bool,
    /// Whether lines are marked rather than dropped.
    pub annotate: bool,
    /// Whether pages are marked with their cluster.
    pub mark: bool,
    /// Where dropped lines go.
    pub dropped: Option<PathBuf>,
    /// Where the clusters of near-duplicates go.
    pub clusters: Option<PathBuf>,
    /// The index of an earlier run.
    pub index: Option<PathBuf>,
    /// Where the index of this run goes.
    pub save_index: Option<PathBuf>,
}

impl Compression {
    /// What a file name says.
    pub fn of_name(path: &Path) -> Self {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("gz") => Self::Gzip,
            Some("zst") => Self::Zstd,
            _ => Self::None,
        }
    }
}

/// Settles where each of `sources` goes; `mark`: pages are marked with their cluster.
///
/// # Errors
/// When outputs would collide with each other, with an input or with an older output, or when formats do not fit.
pub fn plan(inputs: &Sources, request: Request, mark: bool) -> Result<Plan> {
    let sources = &inputs.found[..];
    if let Target::File(path) | Target::Folder(path) = &request.target
        && let Some(input) = sources.iter().find(|source| is_same(source, path))
    {
        return Err(Error::settings(format!(
            "the output {} is the input {}; inputs are never changed, name another output",
            shown(path),
            visible(&input.name)
        )));
    }
    let names = names(sources);
    let mut entries = Vec::new();
    for (source, name) in sources.iter().zip(names) {
        entries.push(entry(source, &name, &request)?);
    }
    let Request { target, force, annotate, dropped, clusters, index, save_index, .. } = request;
    let plan = Plan { target, entries, force, annotate, mark, dropped, clusters, index, save_index };
    plan.check_formats()?;
    plan.check_folders(&inputs.folders)?;
    plan.check_places(sources)?;
    Ok(plan)
}

fn entry(source: &Source, name: &Path, request: &Request) -> Result<Entry> {
    let form = match (request.format, source.format) {
        (Some(OutputFormat::Jsonl), _) | (None, Format::Jsonl) => Form::Jsonl,
        (Some(OutputFormat::Wet), _) | (None, Format::Warc) => Form::Wet,
        (Some(OutputFormat::Parquet), _) | (None, Format::Parquet) => Form::Parquet,
        (Some(OutputFormat::Text), _) => Form::Text,
        (None, Format::Pages) if matches!(request.target, Target::Folder(_)) => Form::Files,
        (None, Format::Pages) => Form::Text,
    };
    if form == Form::Parquet && cfg!(not(feature = "parquet")) {
        return Err(no_parquet());
    }
    let compression = match (request.compression, &request.target) {
        _ if form == Form::Parquet || form == Form::Files => Compression::None,
        (Some(compression), _) => compression,
        (None, Target::File(path)) => Compression::of_name(path),
        (None, Target::Stdout) => Compression::None,
        (None, Target::Folder(_)) if request.format.is_some() => Compression::None,
        (None, Target::Folder(_)) => source.compression,
    };
    let path = match &request.target {
        Target::Stdout => PathBuf::new(),
        Target::File(path) => path.clone(),
        Target::Folder(folder) if form == Form::Files => folder.clone(),
        Target::Folder(folder) => folder.join(output_name(name, form, compression)),
    };
    Ok(Entry { path, form, compression })
}

fn no_parquet() -> Error {
    Error::settings("this build of dehusk writes no Parquet; build it with the feature 'parquet'")
}

/// The name of an output: the input's, with the endings that fit what it holds.
fn output_name(name: &Path, form: Form, compression: Compression) -> PathBuf {
    let file = name.file_name().map(|file| file.to_string_lossy().into_owned()).unwrap_or_default();
    let mut stem = file.as_str();
    for endings in [[".gz", ".zst", ""], [".wet", ".jsonl", ".parquet"], [".warc", ".ndjson", ".json"]] {
        stem = endings.iter().filter(|end| !end.is_empty()).find_map(|end| stem.strip_suffix(end)).unwrap_or(stem);
    }
    // What the user calls .json stays so.
    let own = [".ndjson", ".json"].into_iter().find(|end| {
        form == Form::Jsonl
            && (file.ends_with(&format!("{end}.gz")) || file.ends_with(&format!("{end}.zst")) || file.ends_with(end))
    });
    name.with_file_name(format!("{stem}{}{}", own.unwrap_or(form.extension()), compression.extension()))
}

/// A name for each input that no other has: the file name, or the whole path where file names are not enough.
fn names(sources: &[Source]) -> Vec<PathBuf> {
    let mut count: HashMap<&Path, usize> = HashMap::new();
    for source in sources {
        *count.entry(&source.relative).or_default() += 1;
    }
    sources
        .iter()
        .map(|source| {
            if source.format == Format::Pages && source.relative.as_os_str().is_empty() {
                let name = Path::new(&*source.name).file_name();
                return name.map_or_else(|| PathBuf::from("pages"), PathBuf::from);
            }
            if count.get(source.relative.as_path()).is_none_or(|n| *n < 2) {
                return source.relative.clone();
            }
            // Only plain parts: an output never leaves its folder.
            Path::new(&*source.name).components().filter(|part| matches!(part, Component::Normal(_))).collect()
        })
        .collect()
}

/// Whether a path is an input, under whatever name.
fn is_same(source: &Source, path: &Path) -> bool {
    // Looking closer means opening, which waits for the other end of a pipe.
    if !std::fs::metadata(path).is_ok_and(|meta| meta.is_file() || meta.is_dir()) {
        return false;
    }
    match &source.place {
        Place::File(input) => same_file::is_same_file(input, path).unwrap_or(false),
        Place::Folder { root, .. } => same_file::is_same_file(root, path).unwrap_or(false),
        Place::Spooled(_) => false,
    }
}

impl Plan {
    /// Whether pages get the field `dehusk`.
    pub fn has_notes(&self) -> bool {
        self.annotate || self.mark
    }

    fn check_formats(&self) -> Result<()> {
        let Some(first) = self.entries.first() else { return Ok(()) };
        if !matches!(self.target, Target::Folder(_)) && self.entries.iter().any(|entry| entry.form != first.form) {
            return Err(Error::settings(
                "the inputs have several formats, but one output has only one: choose it with --format, or write to a folder with -o DIR",
            ));
        }
        if self.has_notes() && self.entries.iter().any(|entry| !matches!(entry.form, Form::Jsonl | Form::Parquet)) {
            let what = if self.annotate { "--annotate" } else { "--duplicates mark" };
            return Err(Error::settings(format!(
                "{what} needs a format with fields: add --format jsonl or --format parquet"
            )));
        }
        Ok(())
    }

    /// An output in an input folder would be read by the next run.
    fn check_folders(&self, folders: &[PathBuf]) -> Result<()> {
        let output = match &self.target {
            Target::Folder(path) | Target::File(path) => path,
            Target::Stdout => return Ok(()),
        };
        match folders.iter().find(|folder| is_inside(output, folder)) {
            Some(folder) => Err(Error::settings(format!(
                "the output {} lies in the input folder {}; name one outside",
                shown(output),
                shown(folder)
            ))),
            None => Ok(()),
        }
    }

    fn check_places(&self, sources: &[Source]) -> Result<()> {
        let mut seen: HashMap<PathBuf, usize> = HashMap::new();
        for (number, (entry, source)) in self.entries.iter().zip(sources).enumerate() {
            if entry.form == Form::Files {
                self.check_files(source, &entry.path)?;
                continue;
            }
            if matches!(self.target, Target::Folder(_))
                && let Some(other) = seen.insert(entry.path.clone(), number)
            {
                let (one, two) = (visible(&sources[other].name), visible(&source.name));
                if one == two {
                    return Err(Error::settings(format!(
                        "{one} is named twice; name it once, or write to one file with -o FILE"
                    )));
                }
                return Err(Error::settings(format!(
                    "{one} and {two} would both be written to {}; write them to one file with -o FILE, or in two runs",
                    shown(&entry.path)
                )));
            }
            if let Some(input) = sources.iter().find(|source| is_same(source, &entry.path)) {
                return Err(Error::settings(format!(
                    "the output {} is the input {}; inputs are never changed, name another output",
                    shown(&entry.path),
                    visible(&input.name)
                )));
            }
            if self.target == Target::Stdout {
                continue;
            }
            check_free(&entry.path, self.force)?;
        }
        let further =
            [("--dropped", &self.dropped), ("--clusters", &self.clusters), ("--save-index", &self.save_index)];
        let mut taken = Vec::new();
        for (flag, path) in further {
            let Some(path) = path else { continue };
            if flag == "--clusters" && is_parquet(path) && cfg!(not(feature = "parquet")) {
                return Err(no_parquet());
            }
            self.check_further(flag, path, sources, &taken)?;
            taken.push(absolute(path));
        }
        Ok(())
    }

    /// A further output is neither an input nor another output, and replaces nothing unasked.
    fn check_further(&self, flag: &str, path: &Path, sources: &[Source], taken: &[PathBuf]) -> Result<()> {
        let place = absolute(path);
        let is_output =
            self.target != Target::Stdout && self.entries.iter().any(|entry| absolute(&entry.path) == place);
        // An index may replace the one it grew out of.
        let is_index = flag != "--save-index" && self.index.as_ref().is_some_and(|index| absolute(index) == place);
        if is_output || is_index || taken.contains(&place) || sources.iter().any(|source| is_same(source, path)) {
            return Err(Error::settings(format!("{flag} {}: is an input or another output", shown(path))));
        }
        check_free(path, self.force)
    }

    /// No page of a folder may overwrite a file.
    fn check_files(&self, source: &Source, folder: &Path) -> Result<()> {
        let Place::Folder { files, .. } = &source.place else { return Ok(()) };
        if self.force {
            return Ok(());
        }
        match files.iter().map(|(path, _)| folder.join(page_name(path))).find(|place| place.exists()) {
            Some(place) => Err(ErrorKind::Exists(place).into()),
            None => Ok(()),
        }
    }
}

/// Whether a file may be put in a place: nothing is there, or a file that may be replaced.
fn check_free(path: &Path, force: bool) -> Result<()> {
    match std::fs::metadata(path) {
        Ok(meta) if !meta.is_file() => {
            let place = shown(path);
            Err(Error::settings(format!(
                "{place} is no regular file, so no output can be put in its place; redirect standard output to it instead"
            )))
        }
        Ok(_) if !force => Err(ErrorKind::Exists(path.to_owned()).into()),
        _ => Ok(()),
    }
}

/// A path that may not exist yet, without `.`, `..` and links in the folders that do.
fn absolute(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let existing = path.ancestors().find_map(|folder| Some((folder, folder.canonicalize().ok()?)));
    match existing {
        Some((folder, real)) => real.join(path.strip_prefix(folder).unwrap_or(&path)),
        None => path,
    }
}

/// Whether `path`, which may not exist yet, lies in `folder`.
fn is_inside(path: &Path, folder: &Path) -> bool {
    folder.canonicalize().is_ok_and(|folder| absolute(path).starts_with(folder))
}

/// The file a page of a folder is written to: text stays where it was, and the text of `a.html` goes to `a.html.txt`.
pub fn page_name(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    if let Some(extension @ ("gz" | "zst")) = path.extension().and_then(|extension| extension.to_str()) {
        let bare = name.to_string_lossy().len() - extension.len() - 1;
        name = path.to_string_lossy().get(..bare).unwrap_or_default().into();
    }
    let is_text = matches!(Path::new(&name).extension().and_then(|extension| extension.to_str()), Some("txt" | "text"));
    if !is_text {
        name.push(".txt");
    }
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_is_named_after_its_input_and_what_it_holds() {
        for (name, form, compression, output) in [
            ("a.warc.wet.gz", Form::Wet, Compression::Gzip, "a.warc.wet.gz"),
            ("a.warc.gz", Form::Wet, Compression::Gzip, "a.warc.wet.gz"),
            ("d/a.jsonl.zst", Form::Jsonl, Compression::Zstd, "d/a.jsonl.zst"),
            ("a.json.gz", Form::Jsonl, Compression::Gzip, "a.json.gz"),
            ("a.jsonl.gz", Form::Parquet, Compression::None, "a.parquet"),
            ("a.parquet", Form::Jsonl, Compression::None, "a.jsonl"),
            ("stdin", Form::Jsonl, Compression::None, "stdin.jsonl"),
        ] {
            assert_eq!(output_name(Path::new(name), form, compression), Path::new(output), "{name}");
        }
    }

    #[test]
    fn a_page_of_a_folder_becomes_text() {
        for (name, output) in
            [("a/b.txt", "a/b.txt"), ("a/b.html", "a/b.html.txt"), ("b.txt.gz", "b.txt"), ("b.html.gz", "b.html.txt")]
        {
            assert_eq!(page_name(Path::new(name)), Path::new(output));
        }
    }

    #[test]
    fn a_name_that_ends_as_data_files_do_is_a_file() {
        assert_eq!(Target::of(None), Target::Stdout);
        assert_eq!(Target::of(Some(Path::new("-"))), Target::Stdout);
        assert_eq!(Target::of(Some(Path::new("x/out.jsonl.gz"))), Target::File("x/out.jsonl.gz".into()));
        assert_eq!(Target::of(Some(Path::new("x/out"))), Target::Folder("x/out".into()));
    }

    #[test]
    fn a_folder_is_inside_itself_and_inside_its_parents() -> std::io::Result<()> {
        let dir = tempfile::tempdir()?;
        assert!(is_inside(&dir.path().join("new/folder"), dir.path()));
        assert!(is_inside(dir.path(), dir.path()));
        assert!(!is_inside(dir.path(), &dir.path().join("new")));
        Ok(())
    }
}
