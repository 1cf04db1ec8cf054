//! Judges that go from batch to batch with the buffers that they have grown, which would be grown anew for each.

use std::sync::{Arc, Mutex, PoisonError};

use crate::chrome::{Judge, Sites, Verdict};
use crate::config::Results;
use crate::line::{Key, Line, Normaliser};

/// A judge, and what it is handed and hands back.
pub(super) struct Worker<'a> {
    pub normaliser: Normaliser,
    pub judge: Judge<'a>,
    pub lines: Vec<Line>,
    pub verdicts: Vec<Verdict>,
}

/// The pool of them: as many as batches are judged at once.
pub(super) struct Workers<'a> {
    sites: &'a Sites,
    results: &'a Results,
    idle: Mutex<Vec<Worker<'a>>>,
}

/// Bytes of a page above which buffers are given back: a line may be a byte, and what is known of it some thousand.
const KEPT_BYTES: usize = 1 << 20;

impl<'a> Workers<'a> {
    pub fn new(sites: &'a Sites, results: &'a Results) -> Self {
        Self { sites, results, idle: Mutex::default() }
    }

    /// A worker that has done nothing yet.
    pub fn fresh(&self) -> Worker<'a> {
        let Self { sites, results, .. } = self;
        let key = Key::new(results.fingerprint_key);
        let judge = Judge::new(sites, key)
            .with_min_pages(results.min_pages)
            .with_lenience(results.lenience)
            .with_model(Arc::clone(&results.model));
        Worker { normaliser: Normaliser::new(key), judge, lines: Vec::new(), verdicts: Vec::new() }
    }

    /// Has `work` done by a worker, on pages of which the largest has so many bytes.
    pub fn with_one<R>(&self, largest: usize, work: impl FnOnce(&mut Worker<'a>) -> R) -> R {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = idle().pop();
        let mut worker = taken.unwrap_or_else(|| self.fresh());
        let done = work(&mut worker);
        if largest <= KEPT_BYTES {
            idle().push(worker);
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Options;

    #[test]
    fn a_worker_serves_again_unless_a_page_of_its_was_large() {
        let (sites, settings) = (Sites::default(), Options::default().settings().unwrap());
        let workers = Workers::new(&sites, &settings.results);
        let room = |largest: usize, lines: usize| {
            workers.with_one(largest, |worker| {
                let found = worker.lines.capacity();
                worker.lines.reserve(lines);
                found
            })
        };
        assert_eq!(room(KEPT_BYTES, 9), 0);
        assert!(room(KEPT_BYTES + 1, 0) >= 9);
        assert_eq!(room(0, 0), 0);
    }
}
