//! The HTML report in a browser: `browser/drive.py` opens it in a headless Chromium and sorts, filters, opens.
//!
//! Where there is no Chromium or no Python the test says so and passes. `DEHUSK_CHROMIUM` names another than the usual
//! ones; then it must be there.

#![cfg(all(feature = "cli", unix))]
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test that cannot go on has failed")]

use std::path::Path;
use std::process::{Command, Stdio};

/// What pages may try to do to whoever shows them.
const HOSTILE: [&str; 10] = [
    "<script>window.broken = 1</script>",
    "</script><script>window.broken = 2</script>",
    "</style><img src=x onerror='window.broken = 3'>",
    "\"><svg onload='window.broken = 4'>",
    "<!-- <script>",
    "\u{1b}[31mred\u{1b}[0m \u{1b}]0;title\u{7}",
    "\u{202e}from right to left",
    "NUL\0NUL\u{2028}line",
    "javascript:window.broken=5",
    "مرحبا بالعالم <b>",
];

/// A program that answers `--version`.
fn runs(program: &str) -> bool {
    let quiet = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    quiet.is_ok_and(|status| status.success())
}

fn chromium() -> Option<String> {
    if let Ok(named) = std::env::var("DEHUSK_CHROMIUM") {
        return Some(named);
    }
    let usual = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    usual.into_iter().find(|program| runs(program)).map(str::to_owned)
}

/// Writes the report on `input`.
fn report(input: &Path, output: &Path) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dehusk"));
    command.args(["report", "--format", "html", "--quiet", "-o"]).arg(output).arg(input);
    assert!(command.status().unwrap().success());
}

/// Pages full of [`HOSTILE`] texts, long words and odd URLs.
fn hostile_crawl() -> String {
    let word = "w".repeat(5000);
    let mut crawl = String::new();
    for site in ["evil.example".to_owned(), "<script>alert(1)<".to_owned(), format!("{}.example", "x".repeat(2000))] {
        for page in 0..12 {
            let text = format!("{}\n{word}\nThis page is number {page} and says so in a sentence.", HOSTILE.join("\n"));
            let url = match page {
                3 => format!("http://{site}/{}", "p".repeat(2000)),
                5 => format!("javascript:window.broken=6//{site}"),
                _ => format!("http://{site}/{page}\"onmouseover='window.broken=7'"),
            };
            crawl += &serde_json::json!({ "url": url, "text": text }).to_string();
            crawl.push('\n');
        }
    }
    crawl
}

#[test]
fn the_html_report_works_in_a_browser() {
    let Some(chromium) = chromium().filter(|_| runs("python3")) else {
        eprintln!("skipped: no chromium, or no python3");
        return;
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap();
    let [samples, crawl, hostile] =
        ["samples.html", "hostile.jsonl", "hostile.html"].map(|name| folder.path().join(name));
    report(&root.join("samples/wet"), &samples);
    std::fs::write(&crawl, hostile_crawl()).unwrap();
    report(&crawl, &hostile);
    let mut drive = Command::new("python3");
    drive.arg(root.join("tests/browser/drive.py")).arg(chromium).args([samples, hostile]);
    let output = drive.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
