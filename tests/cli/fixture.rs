//! Crawls that are made here, and runs of the binary over them.
//!
//! A [`Crawl`] is a list of pages that can be written in each format dehusk reads. What belongs to the page and what
//! to its site is known, because both are put together here. A [`Place`] is a temporary folder with the binary.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use snapbox::filter::{Filter, FilterNewlines};

/// One page: its address, the lines that are its own, and all lines with the site's around them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    pub url: String,
    pub own: Vec<String>,
    pub lines: Vec<String>,
}

impl Page {
    pub fn text(&self) -> String {
        self.lines.join("\n")
    }

    /// The path in a folder that mirrors the crawl.
    pub fn path(&self) -> &str {
        self.url.strip_prefix("http://").unwrap()
    }
}

/// Pages in the order of the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crawl(pub Vec<Page>);

/// A generator of figures that are the same everywhere and always (constants by Knuth).
pub struct Lcg(pub u64);

impl Lcg {
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len() as u64) as usize]
    }

    /// A sentence that no other page has: of `words` random syllables.
    pub fn sentence(&mut self, words: u64) -> String {
        const SYLLABLES: [&str; 24] = [
            "ka", "lor", "min", "tesh", "vo", "ru", "pan", "dil", "sen", "gor", "ü", "fa", "blen", "ost", "qui", "har",
            "né", "wu", "zim", "ta", "crom", "eth", "ix", "本",
        ];
        let words: Vec<String> =
            (0..words).map(|_| (0..1 + self.below(3)).map(|_| self.pick(&SYLLABLES)).collect()).collect();
        format!("{}.", words.join(" "))
    }
}

impl Crawl {
    /// Clear cases only: on each of `sites` sites `pages` pages with a menu, two paragraphs of their own, a footer.
    pub fn plain(sites: u64, pages: u64) -> Self {
        let mut rng = Lcg(7);
        let mut all = Vec::new();
        for site in 0..sites {
            for page in 0..pages {
                let own = vec![rng.sentence(30), rng.sentence(40)];
                let mut lines: Vec<String> =
                    ["Home", "News", "Contact us"].map(|line| format!("{line} {}", letter(site))).into();
                lines.extend(own.iter().cloned());
                lines.push(format!("All rights reserved, Example {}", letter(site)));
                all.push(Page { url: format!("http://site{site}.example/p/{page:03}.html"), own, lines });
            }
        }
        Self(all)
    }

    /// What makes decisions hard: rotating headline lists, counters, dates, blank lines, repeats, quotes, tabs, pages
    /// that stand twice, sites of one page, short and long ones.
    pub fn varied(sites: u64, pages: u64) -> Self {
        let mut rng = Lcg(11);
        let mut all: Vec<Page> = Vec::new();
        for site in 0..sites {
            let headlines: Vec<String> = (0..20).map(|_| rng.sentence(7)).collect();
            let pages = if site == 0 { 1 } else { pages / 2 + rng.below(pages) };
            for page in 0..pages {
                let url =
                    format!("http://site{site}.example/{}/{page:03}.html", ["news", "sport"][rng.below(2) as usize]);
                if page > 2 && rng.below(12) == 0 {
                    let twin = all.last().unwrap().clone();
                    all.push(Page { url, ..twin });
                    continue;
                }
                let mut lines = vec![format!("{} | Example \"{}\"", rng.sentence(6), letter(site))];
                lines.extend(["Home", "News\tSport", "Contact"].map(String::from));
                lines.push(format!("{} March 2024, {} comments", 1 + rng.below(28), rng.below(100)));
                let own: Vec<String> = (0..rng.below(6))
                    .map(|_| {
                        let words = 3 + rng.below(60);
                        rng.sentence(words)
                    })
                    .collect();
                for line in &own {
                    lines.extend([line.clone(), String::new()]);
                }
                let first = rng.below(15) as usize;
                lines.extend(headlines[first..first + 5].iter().cloned());
                lines.extend(["Home", "© Example \\ Imprint"].map(String::from));
                all.push(Page { url, own, lines });
            }
        }
        Self(all)
    }

    /// The same pages, last first.
    pub fn reversed(&self) -> Self {
        Self(self.0.iter().rev().cloned().collect())
    }

    /// What should be left: address and own lines.
    pub fn own(&self) -> Vec<Kept> {
        self.0.iter().map(|page| Kept { url: page.url.clone(), lines: page.own.clone() }).collect()
    }

    /// One JSON object a line.
    pub fn jsonl(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for page in &self.0 {
            writeln!(out, "{}", serde_json::json!({"url": page.url, "text": page.text()})).unwrap();
        }
        out
    }

    /// WET records, one an item.
    pub fn wet_records(&self) -> Vec<Vec<u8>> {
        self.0.iter().map(|page| record("conversion", &page.url, "text/plain", page.text().as_bytes())).collect()
    }

    /// A WET file.
    pub fn wet(&self) -> Vec<u8> {
        self.wet_records().concat()
    }

    /// A WARC file of HTML pages, each HTTP response made by `respond`.
    pub fn warc(&self, respond: impl Fn(&str) -> Vec<u8>) -> Vec<u8> {
        let records = self
            .0
            .iter()
            .map(|page| record("response", &page.url, "application/http; msgtype=response", &respond(&html(page))));
        records.collect::<Vec<_>>().concat()
    }

    /// Files under `folder`, one a page, each made by `content`; `extension` replaces that of the addresses.
    pub fn folder(&self, folder: &Path, extension: &str, content: impl Fn(&Page) -> String) {
        for page in &self.0 {
            let path = folder.join(page.path()).with_extension(extension);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content(page)).unwrap();
        }
    }
}

fn letter(n: u64) -> char {
    char::from(b'A' + n as u8)
}

/// A page as HTML: a paragraph a line.
pub fn html(page: &Page) -> String {
    let lines: String =
        page.lines.iter().map(|line| format!("<p>{}</p>\n", line.replace('&', "&amp;").replace('<', "&lt;"))).collect();
    format!("<!doctype html><html><head><meta charset=utf-8></head><body>{lines}</body></html>")
}

/// A WARC record.
pub fn record(kind: &str, url: &str, content_type: &str, content: &[u8]) -> Vec<u8> {
    record_of_length(kind, url, content_type, content, &content.len().to_string())
}

/// A WARC record that may lie about its length.
pub fn record_of_length(kind: &str, url: &str, content_type: &str, content: &[u8], length: &str) -> Vec<u8> {
    let header = format!(
        "WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {url}\r\nWARC-Date: 2024-03-01T12:00:00Z\r\nWARC-Record-ID: <urn:test:{url}>\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n"
    );
    [header.as_bytes(), content, b"\r\n\r\n"].concat()
}

/// An HTTP response with further header lines.
pub fn response(fields: &str, body: &[u8]) -> Vec<u8> {
    [format!("HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n{fields}\r\n").as_bytes(), body].concat()
}

/// One gzip member.
pub fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// One Zstandard frame.
pub fn zst(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

/// Decompresses all members.
pub fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::MultiGzDecoder::new(bytes), &mut out).unwrap();
    out
}

/// What is left of a page: its lines, blank ones aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub url: String,
    pub lines: Vec<String>,
}

impl Kept {
    fn new(url: &str, text: &str) -> Self {
        Self {
            url: url.to_owned(),
            lines: text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect(),
        }
    }
}

/// The objects of a JSONL output.
pub fn rows(jsonl: &[u8]) -> Vec<Value> {
    jsonl
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect()
}

/// The pages of a JSONL output.
pub fn kept_of_jsonl(jsonl: &[u8]) -> Vec<Kept> {
    rows(jsonl).iter().map(|row| Kept::new(row["url"].as_str().unwrap(), row["text"].as_str().unwrap())).collect()
}

/// The pages of a WET output, read as strictly as the standard says.
pub fn kept_of_wet(wet: &[u8]) -> Vec<Kept> {
    wet_texts(wet).iter().map(|(url, text)| Kept::new(url, text)).collect()
}

/// Addresses and texts of a WET output.
pub fn wet_texts(wet: &[u8]) -> Vec<(String, String)> {
    let mut rest = std::str::from_utf8(wet).unwrap();
    let mut pages = Vec::new();
    while !rest.is_empty() {
        let (header, after) = rest.split_once("\r\n\r\n").unwrap();
        let field = |name: &str| header.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        let length: usize = field("Content-Length").unwrap().parse().unwrap();
        if field("WARC-Type") == Some("conversion") {
            pages.push((field("WARC-Target-URI").unwrap().to_owned(), after[..length].to_owned()));
        }
        rest = after[length..].strip_prefix("\r\n\r\n").unwrap();
    }
    pages
}

/// A temporary folder in which the binary runs.
pub struct Place(tempfile::TempDir);

impl Place {
    pub fn new() -> Self {
        Self(tempfile::Builder::new().prefix("cli-").tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    pub fn text(&self, name: &str) -> String {
        String::from_utf8(self.read(name)).unwrap()
    }

    /// All names in a folder, hidden ones too, in order.
    pub fn names(&self, folder: &str) -> Vec<String> {
        let mut names: Vec<_> = std::fs::read_dir(self.path(folder))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// The binary, ready to start here: not on a terminal, with no settings from outside.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dehusk"));
        command.args(arguments).current_dir(self.0.path()).stdin(Stdio::null());
        for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS"] {
            command.env_remove(name);
        }
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Run {
        let output = self.command(arguments).output().unwrap();
        Run { code: output.status.code(), stdout: output.stdout, stderr: String::from_utf8(output.stderr).unwrap() }
    }

    /// Runs with `input` as standard input.
    pub fn pipe(&self, arguments: &[&str], input: &[u8]) -> Run {
        let mut child = self.start(self.command(arguments).stdin(Stdio::piped()));
        let mut stdin = child.stdin.take().unwrap();
        std::thread::scope(|scope| {
            // The run may end before it has read everything.
            scope.spawn(move || drop(stdin.write_all(input)));
            let output = child.wait_with_output().unwrap();
            Run { code: output.status.code(), stdout: output.stdout, stderr: String::from_utf8(output.stderr).unwrap() }
        })
    }

    /// Starts a command whose output is caught.
    pub fn start(&self, command: &mut Command) -> Child {
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Runs `clean` with `arguments`, quietly, and demands that it succeeds.
    pub fn clean(&self, arguments: &[&str]) -> Run {
        let run = self.run(&[&["clean", "-q"], arguments].concat());
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{arguments:?}");
        run
    }
}

/// Whether a run ends by itself within ten seconds; kills it else.
pub fn ends(child: &mut Child) -> bool {
    let deadline = Instant::now() + Duration::from_secs(10);
    while Instant::now() < deadline {
        if child.try_wait().unwrap().is_some() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    false
}

/// How a run ended.
#[derive(Debug)]
pub struct Run {
    pub code: Option<i32>,
    pub stdout: Vec<u8>,
    pub stderr: String,
}

impl Run {
    /// Demands the exit status and that standard error holds all of `messages`.
    #[track_caller]
    pub fn says(&self, code: i32, messages: &[&str]) -> &Self {
        assert_eq!(self.code, Some(code), "{}", self.stderr);
        for message in messages {
            assert!(self.stderr.contains(message), "no '{message}' in:\n{}", self.stderr);
        }
        self
    }

    pub fn kept(&self) -> Vec<Kept> {
        kept_of_jsonl(&self.stdout)
    }

    /// Addresses of the pages in a JSONL output.
    pub fn urls(&self) -> Vec<String> {
        self.kept().into_iter().map(|page| page.url).collect()
    }

    /// Standard error without what changes from run to run: its last line tells times and memory.
    pub fn summary(&self) -> String {
        let lines: Vec<String> = self
            .stderr
            .lines()
            .map(
                |line| {
                    if line.contains(" of text a second") { "[time and memory]".to_owned() } else { line.to_owned() }
                },
            )
            .collect();
        FilterNewlines.filter(snapbox::Data::text(lines.join("\n"))).to_string()
    }
}
