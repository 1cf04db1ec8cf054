//! What is held between the readings: the end of the input, as much of it as there is room for.
//!
//! Whatever stands before it is read again; what is held need not be inflated, cut and checked once more. HTML is worth
//! a quarter of the free memory, all of it or none: its lines cost much to find. Text costs little to read, so the last
//! pages of it are held, and with the census they take no more than all text does, nor more than that quarter.

use std::collections::VecDeque;
use std::collections::vec_deque;
use std::path::Path;

use super::{Batches, Context, Item};
use crate::config::Reading;
use crate::error::{ErrorKind, Result};
use crate::source::{Batch, Source};

/// The items of the first reading that are held.
pub(super) struct Held {
    /// Items that come before those, and have to be read again.
    passed: usize,
    /// The source of the last of them.
    passed_source: usize,
    items: VecDeque<Item>,
    /// Bytes that `items` take, and that they may take.
    memory: u64,
    limit: u64,
    /// Whether text is held only as far as it is cheap.
    sparing: bool,
    /// Whether half of what room there is for text is left for sketches.
    searches: bool,
    /// Whether there was text that was no HTML; bytes of all text; bytes that the census takes.
    has_text: bool,
    text: u64,
    census: u64,
}

impl Held {
    /// Nothing yet. `searches` says whether near-duplicates are looked for, whose sketches take memory too.
    pub(super) fn new(reading: Reading, searches: bool) -> Self {
        let limit = match reading {
            Reading::Once => u64::MAX,
            Reading::Twice => 0,
            Reading::Auto => free_memory() / 4,
        };
        Self {
            passed: 0,
            passed_source: 0,
            items: VecDeque::new(),
            memory: 0,
            limit,
            sparing: reading == Reading::Auto,
            searches,
            has_text: false,
            text: 0,
            census: 0,
        }
    }

    /// Adds a part of a source; `census` is how many bytes the census takes for it.
    pub(super) fn add(&mut self, source: usize, batch: Batch, census: usize) {
        self.has_text |= !batch.slots.is_empty() && !batch.is_html();
        self.text += batch.text_len() as u64;
        self.census += census as u64;
        self.memory += batch.memory() as u64;
        self.items.push_back(Item::Batch(source, batch));
        if self.memory > self.limit && !self.has_text {
            // All of the HTML or none of it.
            self.limit = 0;
        }
        let room = self.room();
        while self.memory > room {
            let Some(first) = self.items.pop_front() else { break };
            self.pass(&first);
        }
    }

    /// Adds the end of a source.
    pub(super) fn end(&mut self, source: usize) {
        self.items.push_back(Item::End(source, None, None));
    }

    /// Bytes that may be held.
    fn room(&self) -> u64 {
        if !(self.sparing && self.has_text) {
            return self.limit;
        }
        let room = self.text.saturating_sub(self.census);
        self.limit.min(if self.searches { room / 2 } else { room })
    }

    fn pass(&mut self, item: &Item) {
        self.passed += 1;
        self.passed_source = item.source();
        if let Item::Batch(_, batch) = item {
            self.memory -= batch.memory() as u64;
        }
    }

    /// What has to be read again before the items that are held, and these.
    pub(super) fn iter<'a>(
        &'a self,
        sources: &'a [Source],
        context: &Context<'a>,
    ) -> Again<'a, vec_deque::Iter<'a, Item>> {
        Again::new(self.passed, self.passed_source, self.items.iter(), sources, context)
    }

    /// The same, once.
    pub(super) fn into_iter<'a>(
        self,
        sources: &'a [Source],
        context: &Context<'a>,
    ) -> Again<'a, vec_deque::IntoIter<Item>> {
        Again::new(self.passed, self.passed_source, self.items.into_iter(), sources, context)
    }
}

/// An item of a later reading.
// Not `expect`: without Parquet an item is small and there is nothing to allow.
#[allow(clippy::large_enum_variant, reason = "a handful are under way at a time")]
pub(super) enum Turn<H> {
    Read(Item),
    Held(H),
}

/// A later reading.
pub(super) struct Again<'a, I> {
    sources: &'a [Source],
    /// What is read again, until all that was passed is.
    batches: Option<Batches<'a>>,
    passed: usize,
    passed_source: usize,
    held: I,
}

impl<'a, I: Iterator> Again<'a, I> {
    fn new(passed: usize, passed_source: usize, held: I, sources: &'a [Source], context: &Context<'a>) -> Self {
        Self { sources, batches: Some(Batches::new(sources, context)), passed, passed_source, held }
    }

    /// The next item, in the order of the input.
    pub(super) fn next(&mut self) -> Result<Option<Turn<I::Item>>> {
        if let Some(batches) = &mut self.batches {
            if self.passed > 0 {
                self.passed -= 1;
                let item = batches.next()?;
                if self.passed == 0 && item.as_ref().map(Item::source) != Some(self.passed_source) {
                    let name = self.sources.get(self.passed_source).map(|source| source.name.to_string());
                    return Err(ErrorKind::Changed(name.unwrap_or_default()).into());
                }
                return Ok(item.map(Turn::Read));
            }
            self.batches = None;
        }
        Ok(self.held.next().map(Turn::Held))
    }
}

/// Memory that may be taken without harm to others, in bytes.
fn free_memory() -> u64 {
    let meminfo = std::fs::read_to_string(Path::new("/proc/meminfo")).unwrap_or_default();
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"));
    let kib = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
    // Where the system does not tell: what any machine has.
    kib.map_or(1 << 30, |kib| kib << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Text of a megabyte, as a batch.
    fn batch() -> Batch {
        Batch::of_text(&"x".repeat(1 << 20))
    }

    fn held(limit: u64, batches: usize, census: usize) -> (usize, usize) {
        let mut held = Held { limit, ..Held::new(Reading::Auto, false) };
        for _ in 0..batches {
            held.add(0, batch(), census);
        }
        held.end(0);
        (held.passed, held.items.len())
    }

    #[test]
    fn the_end_of_a_text_is_held_as_far_as_it_and_the_census_take_no_more_than_the_text() {
        let half = held(u64::MAX, 8, 1 << 19);
        assert_eq!(half.0 + half.1, 9, "eight parts and the end");
        assert!((3..=5).contains(&half.0), "{half:?}");
        assert_eq!(held(u64::MAX, 8, 2 << 20), (8, 1), "nothing where the census takes all the room");
    }

    #[test]
    fn of_more_text_than_there_is_room_for_the_last_pages_are_held() {
        let (passed, items) = held(3 << 20, 8, 0);
        assert!(passed >= 5 && items >= 2, "{passed} {items}");
    }
}
