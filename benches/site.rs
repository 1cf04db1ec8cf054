//! Time a site costs, beside what its pages cost: to learn what it repeats, and to move the weights by which it is judged.
//! And the time in which all its pages are judged, to compare. See `texts` for what is read.

mod texts;

use dehusk::census::{Census, Log};
use dehusk::chrome::{Judge, Model, Sites};
use dehusk::line::{Key, Normaliser, TitleParts};
use dehusk::page::Page;
use divan::Bencher;
use divan::counter::ItemsCount;

use self::texts::{names, sets};

fn main() {
    divan::main();
}

/// The pages of a set, and their census as pages of one site.
fn read(set: &str) -> (Vec<String>, Census) {
    let pages = sets().remove(set).unwrap_or_default();
    let (mut normaliser, mut titles) = (Normaliser::new(Key::default()), TitleParts::new(Key::default()));
    let (mut census, mut log, mut lines) = (Census::default(), Log::default(), Vec::new());
    for text in &pages {
        normaliser.page(text, &mut lines);
        let page = Page { site: set, text, ..Page::default() };
        log.add(&page, &lines, titles.of(text, &lines));
    }
    census.add(log);
    (pages, census)
}

#[divan::bench(args = names(), sample_count = 50)]
fn learn(bencher: Bencher, set: &str) {
    let (_, census) = read(set);
    bencher.bench_local(|| Sites::learn(divan::black_box(&census)));
}

#[divan::bench(args = names(), sample_count = 50)]
fn self_train(bencher: Bencher, set: &str) {
    let (_, census) = read(set);
    let (mut sites, model) = (Sites::learn(&census), Model::built_in());
    bencher.bench_local(|| sites.self_train(divan::black_box(&census), &model, 1));
}

#[divan::bench(args = names(), sample_count = 50)]
fn judge(bencher: Bencher, set: &str) {
    let (pages, census) = read(set);
    let mut sites = Sites::learn(&census);
    sites.self_train(&census, &Model::built_in(), 1);
    let (mut normaliser, mut judge) = (Normaliser::new(Key::default()), Judge::new(&sites, Key::default()));
    let lines = pages.iter().map(|text| {
        let mut lines = Vec::new();
        normaliser.page(text, &mut lines);
        lines
    });
    let (lines, mut verdicts): (Vec<_>, _) = (lines.collect(), Vec::new());
    bencher.counter(ItemsCount::new(pages.len())).bench_local(|| {
        for (text, lines) in pages.iter().zip(&lines) {
            judge.page(&Page { site: set, text, ..Page::default() }, lines, &mut verdicts);
            divan::black_box(&verdicts);
        }
    });
}
