//! How a line hangs on the line above it: whether other pages have the two in a row, and how surely.

/// How a line hangs on the line above it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Link {
    /// No other page has the two in a row.
    #[default]
    None,
    /// Others have.
    Loose,
    /// More than half of the pages that have the rarer of the two have both in a row.
    Tight,
    /// More than nine tenths of them have, and they are five pages or more. Menus hang together so; text does, too, but
    /// on the few pages that are copies of each other.
    Firm,
}

/// Pages on which two lines stand in a row from which their link may be firm.
const FIRM_ON: u32 = 5;

impl Link {
    /// Of lines that stand in a row on `together` pages, the rarer of which `on` pages have.
    fn of(together: u32, on: u32) -> Self {
        match together.min(on) {
            0 | 1 => Link::None,
            both if both >= FIRM_ON && is_nearly(both, on) => Link::Firm,
            both if u64::from(both) * 2 > u64::from(on) => Link::Tight,
            _ => Link::Loose,
        }
    }

    /// What the link of two lines is worth, the rarer of which `on` pages have when copies of their page no longer count.
    pub fn without_copies(self, on: u32) -> Self {
        match on {
            0 | 1 => Link::None,
            2..FIRM_ON => self.min(Link::Tight),
            FIRM_ON.. => self,
        }
    }
}

/// Whether `part` is more than nine tenths of `whole`.
fn is_nearly(part: u32, whole: u32) -> bool {
    u64::from(part) * 10 > u64::from(whole) * 9
}

/// Links the lines of a page, from the first to the last.
#[derive(Debug, Default)]
pub struct Linker {
    /// Pages that have the last two lines in a row, if their link is firm.
    firm_on: Option<u32>,
}

impl Linker {
    /// The link of the next line, which stands below the one before on `together` pages; `on` pages have the rarer of the
    /// two. A line of two menus is rarely beside its neighbours of this one, but it is on as many pages as the lines
    /// above it are beside theirs: that makes its link as firm.
    pub fn next(&mut self, together: u32, on: u32) -> Link {
        let mut link = Link::of(together, on);
        let is_as_before = |before| is_nearly(together, before) && is_nearly(before, together);
        if link > Link::None && self.firm_on.is_some_and(is_as_before) {
            link = Link::Firm;
        }
        self.firm_on = (link == Link::Firm).then_some(together);
        link
    }
}

#[cfg(test)]
mod tests {
    use super::Link::{Firm, Loose, None, Tight};
    use super::*;

    #[test]
    fn a_link_is_the_firmer_the_more_pages_have_both_lines() {
        let links = [(1, 9), (2, 9), (5, 9), (9, 9), (4, 4), (91, 100), (90, 100)];
        assert_eq!(links.map(|(together, on)| Link::of(together, on)), [None, Loose, Tight, Firm, Tight, Firm, Tight]);
        assert_eq!(Link::of(u32::MAX, u32::MAX), Firm);
    }

    #[test]
    fn a_line_of_two_menus_is_firm_where_the_lines_above_it_are() {
        let links = |pairs: &[(u32, u32)]| {
            let mut linker = Linker::default();
            pairs.iter().map(|(together, on)| linker.next(*together, *on)).collect::<Vec<_>>()
        };
        // The third line stands on 300 pages, the fourth on all: where those above it have none, that tells nothing.
        assert_eq!(links(&[(36, 36), (36, 36), (36, 300), (500, 1000)]), [Firm, Firm, Firm, Loose]);
        assert_eq!(links(&[(20, 36), (36, 300)]), [Tight, Loose]);
        assert_eq!(links(&[(36, 36), (1, 300), (36, 300)]), [Firm, None, Loose]);
    }

    #[test]
    fn copies_make_no_link() {
        assert_eq!([1, 2, 5].map(|on| Firm.without_copies(on)), [None, Tight, Firm]);
        assert_eq!([1, 2, 5].map(|on| Loose.without_copies(on)), [None, Loose, Loose]);
    }
}
