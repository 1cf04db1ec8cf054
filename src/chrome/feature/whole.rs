//! What the features of all lines of a page share.

use std::sync::LazyLock;

use super::PageEvidence;
use crate::chrome::logarithm::OfWhole;
use crate::chrome::statistics::log_pages;
use crate::line::mark::{Block, Mark, Regions};

/// What holds the text of a page.
pub const MAIN: Regions = Regions::MAIN.with(Regions::ARTICLE);

/// Share of a line that is text of links.
pub fn links(mark: Mark) -> f32 {
    f32::from(mark.link_share) / 100.0
}

/// Distances in lines whose nearness is looked up: beyond, it is next to nothing.
const NEAR: usize = 128;

/// e to the power of minus a tenth of a distance in lines.
static NEARNESS: LazyLock<[f32; NEAR]> = LazyLock::new(|| std::array::from_fn(|at| libm::expf(at as f32 / -10.0)));

/// What all lines of a page share.
#[derive(Clone, Copy)]
pub struct WholePage {
    /// Logarithms of the pages of the site, of the page's prose, that of its body, its density, and the page's lines.
    pub pages: f32,
    pub prose: f32,
    pub body_prose: f32,
    pub density: f32,
    pub lines: f32,
    /// Whether HTML says where the page's own text is.
    pub has_main: bool,
    /// Whether an element is the core of the page.
    pub has_core: bool,
    /// Share of link text in it.
    pub core_links: f32,
    /// Whether one line alone is a heading of the first level.
    pub has_headline: bool,
    /// Logarithms of numbers of lines.
    pub logarithm: OfWhole,
    nearness: &'static [f32; NEAR],
}

impl WholePage {
    pub fn of(page: &PageEvidence<'_>) -> Self {
        let layout = page.layout;
        let density = layout.body_prose / layout.body.len().max(1) as f32;
        let of_core = page.lines.iter().zip(page.marks).filter(|(_, mark)| mark.regions.intersects(Regions::CORE));
        let (core, linked) = of_core.fold((0.0, 0.0), |(core, linked), (line, mark)| {
            let length = line.shape.length();
            (core + length, linked + length * links(*mark))
        });
        Self {
            pages: log_pages(page.pages),
            prose: libm::logf(1.0 + layout.prose / 300.0),
            body_prose: libm::logf(1.0 + layout.body_prose / 300.0),
            density: libm::logf(1.0 + density),
            lines: libm::logf(1.0 + page.lines.len() as f32 / 50.0),
            has_main: page.marks.iter().any(|mark| mark.regions.intersects(MAIN)),
            has_core: core > 0.0,
            core_links: linked / core.max(1.0),
            has_headline: page.marks.iter().filter(|mark| mark.block == Block::H1).count() == 1,
            logarithm: OfWhole::new(),
            nearness: &NEARNESS,
        }
    }

    /// How near something at this distance in lines is: 1 at the place itself, 0 beyond a hundred.
    #[inline(always)]
    pub fn nearness(&self, distance: usize) -> f32 {
        self.nearness.get(distance).copied().unwrap_or_default()
    }
}
