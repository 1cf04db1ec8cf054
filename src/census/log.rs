//! The log of a batch: its pages as the fingerprints of their lines.

use std::collections::HashMap;

use crate::line::{Fingerprint, Line, Shape};
use crate::page::Page;

/// The lines of the pages of one batch, as fingerprints.
#[derive(Debug, Default)]
pub struct Log {
    /// Sites of this log, in the order in which they came.
    pub(super) names: Vec<Box<str>>,
    /// Where each of them stands in `names`; empty once the log is in a census.
    pub(super) numbers: HashMap<Box<str>, u32>,
    pub(super) pages: Vec<PageEnd>,
    /// The templates of the lines of all pages.
    pub(super) templates: Vec<Fingerprint>,
    /// The shapes of the lines of all pages.
    shapes: Vec<Shape>,
    /// Lines that differ from their template: position, and fingerprint.
    pub(super) exacts: Vec<(u32, Fingerprint)>,
    /// The titles of the pages, in the pages' order: number of the page, and fingerprint of the title or a part of it.
    titles: Vec<(u32, Fingerprint)>,
}

/// A page's site, and where its part of the log ends.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PageEnd {
    pub(super) site: u32,
    templates: u32,
    exacts: u32,
    pub(super) is_html: bool,
}

impl Log {
    /// Adds a page by its lines, and by its title and the parts of it. Blank lines are logged as 0 and count for nothing.
    pub fn add(&mut self, page: &Page<'_>, lines: &[Line], titles: &[Fingerprint]) {
        let site = match self.numbers.get(page.site) {
            Some(number) => *number,
            None => {
                let number = self.names.len() as u32;
                self.names.push(page.site.into());
                self.numbers.insert(page.site.into(), number);
                number
            }
        };
        for line in lines {
            if line.exact != line.template {
                self.exacts.push((self.templates.len() as u32, line.exact));
            }
            self.templates.push(line.template);
            self.shapes.push(line.shape);
        }
        let number = self.pages.len() as u32;
        self.titles.extend(titles.iter().map(|title| (number, *title)));
        self.pages.push(PageEnd {
            site,
            templates: self.templates.len() as u32,
            exacts: self.exacts.len() as u32,
            is_html: !page.marks.is_empty(),
        });
    }

    /// Finds the lines of page number `page` of this log in its `text` again, without normalising it. Returns whether
    /// the text has as many lines as were logged; if not, it is another text and `lines` is of no use.
    pub fn lines(&self, page: usize, text: &str, lines: &mut Vec<Line>) -> bool {
        lines.clear();
        if page >= self.pages.len() {
            return false;
        }
        let logged = self.page(page as u32);
        lines.extend(crate::line::spans(text).zip(logged.lines()).map(|(span, line)| Line {
            start: span.start,
            end: span.end,
            next: span.next,
            ..line
        }));
        lines.len() == logged.templates.len() && lines.last().map_or(0, |line| line.next) == text.len()
    }

    /// The lines of a page.
    pub(super) fn page(&self, page: u32) -> PageLog<'_> {
        let page = page as usize;
        let start = page.checked_sub(1).map_or_else(PageEnd::default, |before| self.pages[before]);
        let end = self.pages[page];
        let of_page = start.templates as usize..end.templates as usize;
        PageLog {
            first: start.templates,
            templates: &self.templates[of_page.clone()],
            shapes: &self.shapes[of_page],
            is_html: end.is_html,
            exacts: &self.exacts[start.exacts as usize..end.exacts as usize],
        }
    }

    /// The titles of a page, each once.
    pub(super) fn titles(&self, page: u32) -> Vec<Fingerprint> {
        let start = self.titles.partition_point(|(of, _)| *of < page);
        let titles = self.titles[start..].iter().take_while(move |(of, _)| *of == page);
        let mut titles: Vec<Fingerprint> = titles.map(|(_, title)| *title).collect();
        titles.sort_unstable();
        titles.dedup();
        titles
    }

    /// Memory taken, in bytes.
    pub fn memory(&self) -> usize {
        self.templates.capacity() * 8
            + self.shapes.capacity() * 4
            + (self.exacts.capacity() + self.titles.capacity()) * 16
            + self.pages.capacity() * size_of::<PageEnd>()
    }
}

/// One page of a log.
#[derive(Clone, Copy)]
pub(super) struct PageLog<'a> {
    /// Position of its first line in the log.
    first: u32,
    templates: &'a [Fingerprint],
    pub(super) shapes: &'a [Shape],
    pub(super) is_html: bool,
    pub(super) exacts: &'a [(u32, Fingerprint)],
}

impl<'a> PageLog<'a> {
    /// The lines, without their places in the text.
    pub(super) fn lines(self) -> impl Iterator<Item = Line> + use<'a> {
        let mut exacts = self.exacts.iter().peekable();
        self.templates.iter().zip(self.shapes).zip(self.first..).map(move |((template, shape), at)| {
            let exact = exacts.next_if(|(of, _)| *of == at).map_or(*template, |(_, exact)| *exact);
            Line { start: 0, end: 0, next: 0, exact, template: *template, shape: *shape }
        })
    }

    /// The templates of the lines that show.
    pub(super) fn shown(&self) -> impl Iterator<Item = Fingerprint> {
        self.templates.iter().copied().filter(|template| *template != 0)
    }
}
