//! Names near one that is unknown: what was meant, most likely.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Names that are offered for one that is unknown.
const OFFERED: usize = 3;
/// Names are compared up to this length in bytes: comparing takes the product of the lengths.
const COMPARED: usize = 300;

/// Likeness (1 less the share of characters to change) from which a name was meant by another.
const MEANT: f64 = 0.6;

/// The names that are nearest to one that was asked for.
pub struct Nearest {
    asked: String,
    /// The likeness of the last of the best, as bits: what is less need not be looked at further.
    least: AtomicU64,
    best: Mutex<Vec<(f64, String)>>,
}

impl Nearest {
    /// Nearest to this one.
    pub fn new(asked: &str) -> Self {
        Self { asked: head(asked).to_owned(), least: AtomicU64::new(0), best: Mutex::default() }
    }

    /// Offers a name, from any thread; what comes out does not hang on the order.
    pub fn offer(&self, name: &str) {
        let likeness = strsim::normalized_levenshtein(&self.asked, head(name));
        // Likeness is not negative, so bits compare as numbers do.
        if likeness.to_bits() < self.least.load(Ordering::Relaxed) {
            return;
        }
        let Ok(mut best) = self.best.lock() else { return };
        if best.iter().any(|(_, known)| known == name) {
            return;
        }
        best.push((likeness, name.to_owned()));
        best.sort_by(|(a, x), (b, y)| b.total_cmp(a).then_with(|| x.cmp(y)));
        best.truncate(OFFERED);
        if let (OFFERED, Some((least, _))) = (best.len(), best.last()) {
            self.least.store(least.to_bits(), Ordering::Relaxed);
        }
    }

    /// Up to three names, the nearest first.
    pub fn names(&self) -> Vec<String> {
        self.found().into_iter().map(|(_, name)| name).collect()
    }

    /// The nearest, if it is so like that it was meant.
    pub fn meant(&self) -> Option<String> {
        self.found().into_iter().next().filter(|(likeness, _)| *likeness >= MEANT).map(|(_, name)| name)
    }

    fn found(&self) -> Vec<(f64, String)> {
        self.best.lock().map(|best| best.clone()).unwrap_or_default()
    }
}

/// The start of a name.
fn head(name: &str) -> &str {
    name.get(..name.floor_char_boundary(COMPARED)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_names_are_the_same_in_any_order() {
        let names = ["http://x/new", "http://x/news/2", "http://x/news/1", "http://y/", "http://x/sport"];
        let nearest = |order: &[usize]| {
            let nearest = Nearest::new("http://x/news/3");
            order.iter().for_each(|i| nearest.offer(names[*i]));
            nearest.names()
        };
        let expected = ["http://x/news/1", "http://x/news/2", "http://x/new"];
        assert_eq!(nearest(&[0, 1, 2, 3, 4, 1]), expected);
        assert_eq!(nearest(&[4, 3, 2, 1, 0]), expected);
    }

    #[test]
    fn what_is_too_unlike_was_not_meant() {
        let meant = |asked: &str| {
            let nearest = Nearest::new(asked);
            ["crawl.jsonl", "notes"].into_iter().for_each(|name| nearest.offer(name));
            nearest.meant()
        };
        assert_eq!((meant("crawl.json").as_deref(), meant("portal.warc")), (Some("crawl.jsonl"), None));
        assert_eq!(Nearest::new("x").meant(), None);
    }
}
