//! dehusk reads a crawl dump, learns what each site repeats, and keeps what each page alone says.
//!
//! ```text
//! paths ─► source ─► pages ─► lines ─► census ─► counts ─► verdicts ─► kept text ─► sink
//!                     reading 1                    reading 2
//! ```
//!
//! - [`source`] opens inputs (WARC, WET, JSONL, Parquet, folders) and cuts them into batches of [`page::Page`]s;
//! - [`mod@line`] splits pages, normalises lines and takes their fingerprints;
//! - [`census`] counts, a site at a time, on how many pages each line stands;
//! - [`chrome`] makes verdicts of that: which lines are the site's, and which the page's own;
//! - [`similar`] finds pages of which the same text is left, and says which of them stays;
//! - [`pattern`] holds what the user knows better;
//! - [`sink`] writes pages back in the format they came in;
//! - [`pipeline`] runs all of it in parallel, in the order of the input;
//! - [`explain`] tells why a line stays or goes;
//! - [`eval`] scores verdicts against labelled pages;
//! - [`report`] holds what a run found, counted once for every way of showing it;
//! - [`gate`] says whether that passes the limits that are set;
//! - [`render`] draws both.
//!
//! The same input and settings give the same bytes, whatever the threads, the size of batches or the order of files.
//!
//! ```
//! use dehusk::census::{Census, Log};
//! use dehusk::chrome::{Judge, Model, Sites};
//! use dehusk::line::{Key, Normaliser, TitleParts};
//! use dehusk::page::Page;
//!
//! let own = [
//!     "A grey heron has taken to sleeping on the old pier, to the delight of the harbour master.",
//!     "The evening ferry was late again, and the baker waited on the quay with two hundred rolls.",
//!     "It rained until Friday; then the river stood a hand below the lower bridge, and fell.",
//!     "The library opens on Sundays from May, as it did before the roof came down in the storm.",
//!     "Two goats were found on the roof of the school, and nobody knows how they came there.",
//! ];
//! let pages = own.map(|own| format!("Home | News\n{own}"));
//! let (mut census, mut log, mut lines) = (Census::default(), Log::default(), Vec::new());
//! let (mut normaliser, mut titles) = (Normaliser::new(Key::default()), TitleParts::new(Key::default()));
//! for text in &pages {
//!     normaliser.page(text, &mut lines);
//!     log.add(&Page { site: "example.org", text, ..Page::default() }, &lines, titles.of(text, &lines));
//! }
//! census.add(log);
//!
//! let mut sites = Sites::learn(&census);
//! sites.self_train(&census, &Model::built_in(), 1);
//! let page = Page { url: "https://example.org/1", id: None, site: "example.org", text: &pages[0], marks: &[] };
//! normaliser.page(page.text, &mut lines);
//! let mut verdicts = Vec::new();
//! Judge::new(&sites, Key::default()).page(&page, &lines, &mut verdicts);
//! assert_eq!(verdicts.iter().map(|verdict| verdict.keep).collect::<Vec<_>>(), [false, true]);
//! ```

pub mod census;
pub mod chrome;
#[cfg(feature = "cli")]
pub mod cli;
pub mod config;
pub mod error;
pub mod eval;
pub mod explain;
pub mod gate;
pub mod line;
mod nearest;
pub mod ordered;
pub mod page;
pub mod pattern;
pub mod pipeline;
pub mod render;
pub mod report;
pub mod similar;
pub mod sink;
pub mod source;

/// The examples of the README are run with those of the documentation.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
