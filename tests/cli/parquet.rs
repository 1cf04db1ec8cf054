//! Parquet in and out.

use crate::columns::{file, kept, of_texts, strings, table};
use crate::fixture::{Crawl, Place};

#[test]
fn a_file_comes_back_with_all_other_columns() {
    let (place, crawl) = (Place::new(), Crawl::plain(3, 60));
    let input = file(&crawl);
    place.write("a.parquet", &input);
    place.clean(&["a.parquet", "-o", "out"]);
    let output = place.read("out/a.parquet");
    assert_eq!(kept(&output), crawl.own());
    let (before, after) = (table(&input), table(&output));
    assert_eq!(after.schema().fields(), before.schema().fields());
    for name in ["id", "url", "language_score", "token_count"] {
        assert_eq!(after.column_by_name(name), before.column_by_name(name), "{name}");
    }
}

#[test]
fn a_row_without_text_is_named_and_the_others_are_there() {
    let (place, crawl) = (Place::new(), Crawl::plain(1, 8));
    let mut texts: Vec<Option<String>> = crawl.0.iter().map(|page| Some(page.text())).collect();
    texts[2] = None;
    place.write("a.parquet", of_texts(&crawl, texts));
    place.run(&["clean", "a.parquet", "-o", "b.parquet"]).says(3, &["a.parquet:3", "text"]);
    let mut expected = crawl.own();
    expected.remove(2);
    assert_eq!(kept(&place.read("b.parquet")), expected);
}

#[test]
fn marks_are_a_column_of_json() {
    let (place, crawl) = (Place::new(), Crawl::plain(1, 8));
    place.write("a.parquet", file(&crawl));
    place.clean(&["a.parquet", "-o", "b.parquet", "--annotate"]);
    let output = table(&place.read("b.parquet"));
    assert_eq!(strings(&output, "text"), crawl.0.iter().map(|page| Some(page.text())).collect::<Vec<_>>());
    for note in strings(&output, "dehusk") {
        let note: serde_json::Value = serde_json::from_str(&note.unwrap()).unwrap();
        assert_eq!(note["lines"].as_array().unwrap().len(), 6);
    }
}

#[test]
fn a_damaged_file_is_named_and_leaves_the_other_files() {
    let (place, crawl) = (Place::new(), Crawl::plain(1, 8));
    let bytes = file(&crawl);
    place.write("good.jsonl", crawl.jsonl());
    for (name, damaged) in [
        ("cut", bytes[..bytes.len() - 9].to_vec()),
        ("half", bytes[..bytes.len() / 2].to_vec()),
        ("head", b"PAR1".to_vec()),
    ] {
        place.write("bad.parquet", damaged);
        let run = place.run(&["clean", "bad.parquet", "good.jsonl", "--format", "jsonl"]);
        run.says(3, &["bad.parquet"]);
        assert_eq!(run.kept(), crawl.own(), "{name}");
    }
}

#[test]
fn parquet_from_standard_input_and_to_standard_output() {
    let (place, crawl) = (Place::new(), Crawl::plain(1, 8));
    let run = place.pipe(&["clean", "-q", "-"], &file(&crawl));
    assert_eq!((run.code, kept(&run.stdout)), (Some(0), crawl.own()));
}

#[test]
fn a_parquet_file_without_a_text_column_names_those_it_has() {
    let place = Place::new();
    place.write("a.parquet", file(&Crawl::plain(1, 3)));
    place.run(&["clean", "a.parquet", "--text-field", "body"]).says(2, &["a.parquet", "body", "text"]);
}
