//! `--careful`, `--aggressive` and `--model`: how much is dropped, and by which weights.

use dehusk::chrome::Model;
use dehusk::chrome::feature::NAMES;

use crate::fixture::{Crawl, Lcg, Page, Place, Run, rows};

/// A model by which a line is the likelier content the longer it is, whatever surrounds it.
fn by_length() -> Model {
    let mut model = Model::empty();
    let length = NAMES.iter().position(|name| *name == "length").unwrap();
    model.weights[length][0] = 2.0;
    (model.decoder.switch, model.decoder.length_power) = (0.0, 0.0);
    model
}

/// A model that takes every line for content or for chrome.
fn biased(bias: f32) -> Model {
    let mut model = Model::empty();
    model.bias[0] = bias;
    model
}

/// Whether each line of each page stays, by page and by its place on the page.
fn kept(run: &Run) -> Vec<bool> {
    let lines = |row: &serde_json::Value| row["dehusk"]["lines"].as_array().cloned().unwrap_or_default();
    rows(&run.stdout).iter().flat_map(lines).map(|line| line["verdict"] == "keep").collect()
}

/// Pages of sentences of one to forty words, each on one page alone: the longest stay whatever is leant to.
fn place() -> Place {
    let mut rng = Lcg(5);
    let page = |n: u64| {
        let mut lines: Vec<String> = (1..40).step_by(3).map(|words| rng.sentence(words)).collect();
        lines.push(rng.sentence(60));
        Page { url: format!("http://s.example/{n}"), own: vec![], lines }
    };
    let place = Place::new();
    place.write("in.jsonl", Crawl((0..6).map(page).collect()).jsonl());
    place.write("length.json", by_length().write());
    place
}

#[test]
fn careful_keeps_more_and_aggressive_less() {
    let place = place();
    let with = |flags: &[&str]| kept(&place.clean(&[&["in.jsonl", "--annotate"], flags].concat()));
    let model = ["--model", "length.json"];
    let [careful, usual, aggressive] =
        [&["--careful"][..], &[], &["--aggressive"]].map(|flags| with(&[&model[..], flags].concat()));
    let stay = |kept: &[bool]| kept.iter().filter(|kept| **kept).count();
    assert!(stay(&careful) > stay(&usual) && stay(&usual) > stay(&aggressive) && stay(&aggressive) > 0);
    // What stays is kept by the more careful too.
    assert!(careful.iter().zip(&usual).all(|(careful, usual)| *careful || !usual));
    assert!(usual.iter().zip(&aggressive).all(|(usual, aggressive)| *usual || !aggressive));
    // By the weights compiled in as well, where decisions are hard.
    place.write("in.jsonl", Crawl::varied(3, 20).jsonl());
    let [careful, usual, aggressive] = [&["--careful"][..], &[], &["--aggressive"]].map(|flags| stay(&with(flags)));
    assert!(careful >= usual && usual >= aggressive && careful > aggressive, "{careful} {usual} {aggressive}");
}

#[test]
fn a_settings_file_leans_and_a_flag_leans_the_other_way() {
    let place = place();
    let with = |flags: &[&str]| place.clean(&[&["in.jsonl", "--model", "length.json"], flags].concat()).stdout;
    let [careful, aggressive] = [["--careful"], ["--aggressive"]].map(|flag| with(&flag));
    place.write("dehusk.toml", "careful = true\n");
    assert!(with(&[]) == careful && with(&["--aggressive"]) == aggressive);
}

#[test]
fn lines_are_judged_by_the_model_that_is_named() {
    let place = Place::new();
    // Of two pages, no line goes for standing on both.
    let crawl = Crawl::plain(1, 2);
    place.write("in.jsonl", crawl.jsonl());
    place.write("content.json", biased(5.0).write());
    place.write("chrome.json", biased(-5.0).write());
    assert_eq!(place.clean(&["in.jsonl", "--model", "content.json"]).stdout, crawl.jsonl());
    // What a page alone says stays, where nothing else would.
    assert_eq!(place.clean(&["in.jsonl", "--model", "chrome.json"]).kept(), crawl.own());
    place.write("dehusk.toml", "model = 'content.json'\n");
    assert_eq!(place.clean(&["in.jsonl"]).stdout, crawl.jsonl());
    assert_eq!(place.clean(&["in.jsonl", "--model", "chrome.json"]).kept(), crawl.own(), "flags win");
}

#[test]
fn a_file_that_is_no_model_of_this_version_is_refused_with_a_remedy() {
    let place = Place::new();
    place.write("in.jsonl", Crawl::plain(1, 4).jsonl());
    let good = by_length().write();
    for (text, what) in [
        (String::new(), "this is no model"),
        ("{\"version\": 1}".to_owned(), "this is no model"),
        (good.replacen("\"rarity\"", "\"rareness\"", 1), "lacks the feature 'rarity'"),
        (good.replacen("\"version\": ", "\"version\": 9", 1), "model of version 9"),
        (good.replacen("\"bias\": [", "\"bias\": [0, ", 1), "'bias' has"),
    ] {
        place.write("model.json", text);
        let run = place.run(&["clean", "in.jsonl", "--model", "model.json", "-o", "out.jsonl"]);
        run.says(2, &["error: model.json: ", what, "`dehusk eval --train` makes a model for this version"]);
        assert!(run.stdout.is_empty() && !place.path("out.jsonl").exists());
    }
    place.run(&["clean", "in.jsonl", "--model", "missing.json"]).says(2, &["missing.json: No such file"]);
}
