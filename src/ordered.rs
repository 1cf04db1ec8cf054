//! The ordered parallel map: read ahead, map on a pool, consume in the order of reading.
//!
//! Everything parallel in the crate goes through [`map`] or, where results are pulled, through [`Queue`]. Both take
//! an explicit pool: rayon's global one hangs after `fork`. The caller's thread reads and consumes, so back-pressure
//! needs no channel: no more than `ahead` items are under way at a time.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc;

use rayon::ThreadPool;

use crate::error::{Error, ErrorKind, Result, guarded};

/// Maps every item of `next` on `pool` and hands the results to `consume` in the order of the items.
///
/// At most `ahead` items are read but not yet consumed. The first error of any of the three ends the map.
pub fn map<T: Send, R: Send>(
    pool: &ThreadPool,
    ahead: usize,
    mut next: impl FnMut() -> Result<Option<T>>,
    work: impl Fn(T) -> R + Sync,
    mut consume: impl FnMut(R) -> Result<()>,
) -> Result<()> {
    let work = &work;
    pool.in_place_scope(|scope| {
        let mut waiting = VecDeque::new();
        let mut more = true;
        loop {
            while more && waiting.len() < ahead.max(1) {
                match next()? {
                    Some(item) => {
                        let (done, result) = mpsc::sync_channel(1);
                        scope.spawn(move |_| {
                            // The receiver is gone only when the map has failed already.
                            let _ = done.send(guarded(|| work(item)));
                        });
                        waiting.push_back(result);
                    }
                    None => more = false,
                }
            }
            match waiting.pop_front() {
                Some(result) => consume(received(result)?)?,
                None => return Ok(()),
            }
        }
    })
}

/// Jobs on a pool whose results are taken in the order in which the jobs were given.
pub struct Queue<R> {
    pool: Arc<ThreadPool>,
    waiting: VecDeque<mpsc::Receiver<Result<R, String>>>,
}

impl<R: Send + 'static> Queue<R> {
    /// An empty queue on `pool`.
    pub fn new(pool: Arc<ThreadPool>) -> Self {
        Self { pool, waiting: VecDeque::new() }
    }

    /// Jobs whose results were not taken yet.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether no job is under way.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Jobs that keep every thread of the pool busy while results are consumed.
    pub fn depth(&self) -> usize {
        self.pool.current_num_threads() + 1
    }

    /// Starts a job.
    pub fn push(&mut self, job: impl FnOnce() -> R + Send + 'static) {
        let (done, result) = mpsc::sync_channel(1);
        self.pool.spawn(move || {
            let _ = done.send(guarded(job));
        });
        self.waiting.push_back(result);
    }

    /// Waits for the oldest job. `None` when there is none.
    pub fn pop(&mut self) -> Option<Result<R>> {
        self.waiting.pop_front().map(received)
    }
}

/// The result of a job, or the panic that ended it.
fn received<R>(result: mpsc::Receiver<Result<R, String>>) -> Result<R> {
    match result.recv() {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(panic)) => Err(Error::from(ErrorKind::Internal(panic))),
        Err(_) => Err(Error::from(ErrorKind::Internal("a worker ended without a result".to_owned()))),
    }
}

/// A pool of `threads` workers.
///
/// # Errors
/// When the system gives no threads.
pub fn pool(threads: usize) -> Result<Arc<ThreadPool>> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|i| format!("dehusk-{i}"))
        .build()
        .map(Arc::new)
        .map_err(|e| Error::settings(format!("--threads {threads}: {e}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_items() -> Result<()> {
        let pool = pool(3)?;
        let mut items = 0..500u64;
        let mut seen = Vec::new();
        map(
            &pool,
            7,
            || Ok(items.next()),
            |n| {
                std::thread::sleep(std::time::Duration::from_micros(n * 7919 % 50));
                n * n
            },
            |n| {
                seen.push(n);
                Ok(())
            },
        )?;
        assert_eq!(seen, (0..500).map(|n| n * n).collect::<Vec<u64>>());
        Ok(())
    }

    #[test]
    fn no_more_than_ahead_items_are_under_way() -> Result<()> {
        use std::cell::Cell;
        let (read, consumed) = (Cell::new(0), Cell::new(0));
        map(
            &*pool(2)?,
            4,
            || {
                read.set(read.get() + 1);
                assert!(read.get() - consumed.get() <= 4);
                Ok((read.get() <= 50).then_some(()))
            },
            |()| (),
            |()| {
                consumed.set(consumed.get() + 1);
                Ok(())
            },
        )
    }

    #[test]
    fn a_panic_and_an_error_end_the_map() -> Result<()> {
        let pool = pool(2)?;
        let mut items = 0..10;
        let failed = map(&pool, 2, || Ok(items.next()), |n| assert!(n < 5, "five"), |()| Ok(()));
        assert!(failed.is_err_and(|e| e.to_string().contains("five")));
        let mut items = 0..10;
        let failed = map(&pool, 2, || Ok(items.next()), |n| n, |_| Err(Error::settings("stop")));
        assert!(failed.is_err_and(|e| e.to_string() == "stop"));
        Ok(())
    }

    #[test]
    fn a_queue_gives_results_in_order() -> Result<()> {
        let mut queue = Queue::new(pool(2)?);
        for n in 0..20 {
            queue.push(move || n);
        }
        assert_eq!(queue.len(), 20);
        for n in 0..20 {
            assert_eq!(queue.pop().transpose()?, Some(n));
        }
        assert!(queue.is_empty() && queue.pop().is_none());
        Ok(())
    }
}
