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
//! - [`pattern`] holds what the user knows better;
//! - [`sink`] writes pages back in the format they came in;
//! - [`pipeline`] runs all of it in parallel, in the order of the input;
//! - [`explain`] tells why a line stays or goes;
//! - [`eval`] scores verdicts against labelled pages;
//! - [`report`] holds what a run found, counted once for every way of showing it.
//!
//! The same input and settings give the same bytes, whatever the threads, the size of batches or the order of files.
//!
//! ```
//! use dehusk::census::{Census, Log};
//! use dehusk::chrome::Judge;
//! use dehusk::line::{Key, Normaliser};
//! use dehusk::page::Page;
//!
//! let pages = ["Home | News\nA heron on the pier", "Home | News\nThe ferry is late", "Home | News\nRain until Friday"];
//! let (mut census, mut log, mut lines) = (Census::default(), Log::default(), Vec::new());
//! let mut normaliser = Normaliser::new(Key::default());
//! for text in pages {
//!     normaliser.page(text, &mut lines);
//!     log.add("example.org", &lines);
//! }
//! census.add(log);
//!
//! let sites = census.sites();
//! let page = Page { url: "https://example.org/1", id: None, site: "example.org", text: pages[0], marks: &[] };
//! normaliser.page(page.text, &mut lines);
//! let mut verdicts = Vec::new();
//! Judge::new(2, Key::default()).page(&page, &lines, sites.get(page.site), &mut verdicts);
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
pub mod line;
pub mod ordered;
pub mod page;
pub mod pattern;
pub mod pipeline;
pub mod report;
pub mod sink;
pub mod source;
