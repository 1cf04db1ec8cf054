//! Bytes of text a second that become lines and fingerprints, with and without templates. See `texts` for what is read.

mod texts;

use dehusk::line::{Key, Line, Normaliser, Templates};
use divan::Bencher;
use divan::counter::BytesCount;

use self::texts::{names, sets};

fn main() {
    divan::main();
}

fn run(bencher: Bencher, set: &str, templates: Templates) {
    let pages = sets().remove(set).unwrap_or_default();
    let bytes: usize = pages.iter().map(String::len).sum();
    let mut normaliser = Normaliser::new(Key::default()).with_templates(templates);
    let mut lines: Vec<Line> = Vec::new();
    bencher.counter(BytesCount::new(bytes)).bench_local(|| {
        for page in &pages {
            normaliser.page(divan::black_box(page), &mut lines);
            divan::black_box(&lines);
        }
    });
}

#[divan::bench(args = names(), sample_count = 20)]
fn exact(bencher: Bencher, set: &str) {
    run(bencher, set, Templates::Skip);
}

#[divan::bench(args = names(), sample_count = 20)]
fn with_templates(bencher: Bencher, set: &str) {
    run(bencher, set, Templates::Take);
}
