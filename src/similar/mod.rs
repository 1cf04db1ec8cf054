//! Near-duplicate texts: which pages say the same, nearly the same, or part of what another says.
//!
//! ```text
//! text ─► shingles ─► signature ─► bands ─► candidates ─► verified pairs ─► clusters
//!         Shingler    MinHasher    Bands    LshIndex      jaccard           Sketches::cluster
//! ```
//!
//! Each step can be used alone. The whole of it takes two calls a page and one at the end:
//!
//! ```
//! use dehusk::similar::{About, Index, Method, Relation, Rules, ShingleStore, Sketcher, Sketches};
//!
//! let method = Method::default();
//! let mut sketcher = Sketcher::new(method); // one a thread
//! let mut sketches = Sketches::new(method, ShingleStore::in_memory());
//! for (url, text) in [
//!     ("/1", "A grey heron has taken to sleeping on the old pier, to the delight of the harbour master and his dog."),
//!     ("/2", "The evening ferry was late again, and the baker waited on the quay with two hundred rolls."),
//!     ("/3", "A grey heron has taken to sleeping on the old pier, to the delight of the harbour master and his dog!"),
//! ] {
//!     sketches.add(&About { url, ..About::default() }, &sketcher.sketch(text))?;
//! }
//! let clusters = sketches.cluster(&Rules::default(), Index::new(method))?;
//! let found = clusters.clusters();
//! assert_eq!(found.len(), 1);
//! assert_eq!(clusters.standing(1), None);
//! let relations = found[0].pages.iter().filter_map(|page| Some(clusters.standing(*page)?.relation));
//! assert_eq!(relations.collect::<Vec<_>>(), [Relation::Canonical, Relation::Near]);
//! # Ok::<(), std::io::Error>(())
//! ```

mod class;
pub mod cluster;
pub mod collection;
pub mod containment;
pub mod index;
pub mod lsh;
pub mod minhash;
mod scan;
pub mod shingle;
pub mod sketch;
pub mod store;

pub use cluster::{Canonical, Cluster, Clusters, Kept, Relation, Rules, Standing};
pub use collection::{About, Sketches};
pub use containment::{ContainmentIndex, containment, jaccard};
pub use index::{Index, IndexError};
pub use lsh::{Bands, LshIndex};
pub use minhash::{MinHasher, Signature, similarity};
pub use shingle::Shingler;
pub use sketch::{Content, Method, Sketch, Sketcher};
pub use store::ShingleStore;

/// Number `number` of the constants that a seed stands for (SplitMix64: Steele, Lea and Flood, "Fast splittable
/// pseudorandom number generators", 2014).
const fn split_mix(seed: u64, number: u64) -> u64 {
    let state = seed.wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}
