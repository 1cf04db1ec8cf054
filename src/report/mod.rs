//! What a run found, counted once for every way of showing it.

pub mod summary;

pub use summary::Summary;
