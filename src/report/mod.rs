//! What a run found, counted once for every way of showing it.
//!
//! [`summary`] is what every run tells: figures, and the ledger. [`gather`] notes more of the pages while they are judged,
//! of which [`build`] makes the [`document`]: the report that all renderers draw. [`recurring`] puts single lines together
//! to the blocks and lists that people know, [`findings`] says one [`finding`] of all that
//! at a time.

pub mod build;
pub mod document;
pub mod finding;
pub mod findings;
pub mod gather;
pub mod lengths;
pub mod number;
pub mod recurring;
pub mod summary;

pub use document::Report;
pub use finding::{Finding, Kind, Level};
pub use gather::Wanted;
pub use summary::Summary;
