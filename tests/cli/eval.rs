//! `dehusk eval`: what it measures, what it refuses. How the measures are defined is checked on the samples and in the
//! library; here they have values that can be worked out by hand.

use std::process::Command;

use serde_json::{Value, json};

use crate::fixture::{Crawl, Lcg, Page, Place, Run, gz, rows, zst};
use dehusk::chrome::Model;

/// A row of gold: the page's own lines are content, the others chrome.
fn gold_row(page: &Page) -> Value {
    let labels: Vec<i8> = page.lines.iter().map(|line| i8::from(page.own.contains(line))).collect();
    json!({"id": page.url, "url": page.url, "site": "s", "text": page.text(), "gold": labels})
}

fn gold(crawl: &Crawl) -> String {
    crawl.0.iter().map(|page| format!("{}\n", gold_row(page))).collect()
}

fn document(run: &Run) -> Value {
    serde_json::from_slice(&run.says(0, &[]).stdout).unwrap()
}

fn eval(place: &Place, arguments: &[&str]) -> Value {
    document(&place.run(&[&["eval", "--format", "json"], arguments].concat()))
}

/// Three pages: a line that is one word, one of two, one that is not judged.
fn small(place: &Place) {
    let row = |id: u8, text: &str, gold: [i8; 4]| json!({"id": id, "site": "s", "text": text, "gold": gold});
    let pages = [
        row(1, "menu\nsome words\nmenu\n?", [0, 1, 0, -1]),
        row(2, "menu\nother words here and there\nend\n?", [0, 1, 1, -1]),
    ];
    place.write("gold.jsonl", pages.map(|row| format!("{row}\n")).concat());
}

#[test]
fn clear_cases_are_all_right_and_sites_come_from_the_field() {
    let place = Place::new();
    place.write("gold.jsonl", gold(&Crawl::plain(1, 8)));
    let found = eval(&place, &["gold.jsonl"]);
    let all = &found["all"];
    assert_eq!((&all["pages"], &all["f1"], &all["site_f1"]), (&json!(8), &json!(1.0), &json!(1.0)));
    assert_eq!((&all["chrome"], &all["recurring"], &found["worst"]), (&json!(1.0), &json!(1.0), &json!([])));
    assert_eq!(found["sites"][0]["site"], "s");
    // Where the scope is set, it decides.
    assert_eq!(eval(&place, &["gold.jsonl", "--scope", "host"])["sites"][0]["site"], "site0.example");
}

#[test]
fn another_cleaners_output_is_scored_by_characters() {
    let place = Place::new();
    small(&place);
    // Of the first page all content and one of two menus; of the second nothing.
    place.write("cleaned.jsonl", r#"{"id":1,"text":"some words\nmenu"}"#);
    let found = eval(&place, &["gold.jsonl", "--cleaned", "cleaned.jsonl"]);
    let all = &found["all"];
    let near = |name: &str, expected: f64| {
        let found = all[name].as_f64().unwrap();
        assert!((found - expected).abs() < 1e-12, "{name}: {found}");
    };
    near("precision", (10.0 / 14.0 + 0.0) / 2.0);
    near("recall", 0.5);
    near("f1", (2.0 * 10.0 / 24.0 + 0.0) / 2.0);
    near("chrome", 8.0 / 12.0);
    near("recurring", 8.0 / 12.0);
    near("short_kept", 0.5);
    assert_eq!((&found["missing"], &found["rules"], &found["calibration"]), (&json!(1), &json!([]), &Value::Null));
    let worst = &found["worst"][0];
    assert_eq!((&worst["id"], &worst["lines"][0]["text"]), (&json!("2"), &json!("other words here and there")));
    let shown = place.run(&["eval", "gold.jsonl", "--cleaned", "cleaned.jsonl"]);
    let shown = String::from_utf8(shown.says(0, &[]).stdout.clone()).unwrap();
    assert!(shown.contains("1 page of the gold not in the cleaner's output, counted as emptied"), "{shown}");
}

#[test]
fn the_output_of_clean_scores_as_its_verdicts_do() {
    let place = Place::new();
    place.write("gold.jsonl", gold(&Crawl::varied(3, 30)).replace("\\\"A\\\"", "\\\"A\\\"\\r"));
    place.clean(&["gold.jsonl", "--site-field", "site", "--min-pages", "4", "-o", "cleaned.jsonl"]);
    // Twins have one text and two addresses.
    let verdicts = eval(&place, &["gold.jsonl", "--min-pages", "4"]);
    let cleaned = eval(&place, &["gold.jsonl", "--cleaned", "cleaned.jsonl"]);
    assert_eq!(verdicts["all"], cleaned["all"]);
    assert!(verdicts["all"]["f1"].as_f64().unwrap() < 1.0, "the case is hard enough to tell");
}

#[test]
fn pages_that_are_added_teach_and_are_not_scored() {
    let place = Place::new();
    let crawl = Crawl::plain(1, 9);
    let (first, rest) = crawl.0.split_at(1);
    place.write("gold.jsonl", gold(&Crawl(first.to_vec())).replace("\"site\":\"s\",", ""));
    place.write("rest.jsonl", Crawl(rest.to_vec()).jsonl());
    let alone = eval(&place, &["gold.jsonl", "--min-pages", "2"]);
    assert_eq!((&alone["all"]["chrome"], &alone["rules"][0]["rule"]), (&json!(0.0), &json!("few-pages")));
    let taught = eval(&place, &["gold.jsonl", "--min-pages", "2", "--with", "rest.jsonl"]);
    assert_eq!((&taught["all"]["pages"], &taught["all"]["chrome"]), (&json!(1), &json!(1.0)));
}

#[test]
fn each_gold_file_is_a_crawl_of_its_own_however_it_is_packed() {
    let place = Place::new();
    let crawl = gold(&Crawl::varied(2, 20));
    place.write("plain.jsonl", &crawl);
    place.write("packed.jsonl.gz", gz(crawl.as_bytes()));
    place.write("packed.jsonl.zst", zst(crawl.as_bytes()));
    let found = eval(&place, &["plain.jsonl", "packed.jsonl.gz", "packed.jsonl.zst"]);
    let figures = |n: usize| {
        let mut file = found["files"][n].clone();
        file.as_object_mut().unwrap().remove("file");
        file
    };
    assert_eq!((figures(1), figures(2)), (figures(0), figures(0)));
    assert_eq!((&found["all"]["sites"], &found["all"]["pages"]), (&json!(3), &json!(3 * rows(crawl.as_bytes()).len())));
    assert_eq!(
        document(&place.pipe(&["eval", "-", "--format", "json"], crawl.as_bytes()))["files"][0]["f1"],
        figures(0)["f1"]
    );
}

#[test]
fn the_table_fits_the_terminal_and_hides_control_characters() {
    let place = Place::new();
    let gold = gold(&Crawl::varied(3, 30)).replace("Home", "\\u001b[31mHome").replace("site1", "s\\u001b[2Jite1");
    place.write(&format!("{}.jsonl", "long".repeat(30)), gold);
    for columns in [60, 80, 160] {
        let mut command = place.command(&["eval", &format!("{}.jsonl", "long".repeat(30)), "--color", "never"]);
        let output = command.env("COLUMNS", columns.to_string()).output().unwrap();
        let shown = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && shown.contains("Worst pages"), "{shown}");
        assert!(!shown.contains('\u{1b}'), "{shown:?}");
        // The figures take 79 columns whatever the terminal has.
        let widest = shown.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= columns.max(79), "{widest} of {columns}:\n{shown}");
    }
    let coloured = place.run(&["eval", &format!("{}.jsonl", "long".repeat(30)), "--color", "always"]);
    assert!(coloured.stdout.contains(&0x1b));
}

#[test]
fn wrong_gold_ends_the_run_with_its_place() {
    let place = Place::new();
    let good = r#"{"id":"a","url":"u","text":"x\ny","gold":[1,0]}"#;
    for (row, messages) in [
        (r#"{"id":"b","text":"x\ny","gold":[1]}"#, &["gold has 1 values for 2 lines"][..]),
        (r#"{"id":"b","text":"x\ny","gold":[1,2]}"#, &["gold says 2 of line 2"]),
        (r#"{"id":"b","text":"x\ny","gold":[1,"0"]}"#, &["a list of 1, 0 and -1", "column 37"]),
        (r#"{"id":"b","text":"x\ny"}"#, &["page 'b': it has no gold"]),
        (r#"{"text":"x\ny","gold":[1,0]}"#, &["no id", "--id-field"]),
        (r#"{"id":"b","gold":[1,0]}"#, &["text"]),
        (r#"{"id":"a","text":"x\ny","gold":[1,0]}"#, &["the id 'a' stands on an earlier line too"]),
        (r#"{"id":"b\u001b[2J","text":"x\ny"}"#, &["b\\u{1b}[2J"]),
        ("{", &["gold.jsonl:3"]),
    ] {
        place.write("gold.jsonl", format!("{good}\n\n{row}\n"));
        let run = place.run(&["eval", "gold.jsonl"]);
        run.says(2, messages).says(2, &["error: gold.jsonl:3: "]);
        assert!(run.stdout.is_empty());
    }
}

#[test]
fn files_without_gold_are_refused() {
    let place = Place::new();
    place.write("empty.jsonl", "\n\n");
    place.write("unjudged.jsonl", r#"{"id":"a","url":"u","text":"x\ny","gold":[-1,-1]}"#);
    place.write("crawl.warc.wet", Crawl::plain(1, 2).wet());
    for (name, message) in [
        ("empty.jsonl", "empty.jsonl: no gold in the file: it holds no page"),
        ("unjudged.jsonl", "unjudged.jsonl: no gold in the file: no line is judged"),
        ("crawl.warc.wet", "crawl.warc.wet: this is no JSON Lines"),
        ("missing.jsonl", "missing.jsonl: "),
    ] {
        place.run(&["eval", name]).says(2, &["error: ", message]);
    }
    place.run(&["eval", "-", "--with", "-"]).says(2, &["standard input (-) can be read only once"]);
}

#[test]
fn a_cleaners_output_of_other_pages_is_refused() {
    let place = Place::new();
    small(&place);
    for (rows, message) in [
        (
            "{\"id\":1,\"text\":\"\"}\n{\"id\":7,\"text\":\"\"}\n{\"id\":8,\"text\":\"\"}",
            "cleaned.jsonl:2: 2 of 3 ids are not in the gold, '7' is the first",
        ),
        ("{\"id\":1,\"text\":\"\"}\n{\"id\":1,\"text\":\"\"}", "cleaned.jsonl:2: the id '1' stands on line 1 too"),
        ("{\"text\":\"\"}", "cleaned.jsonl:1: the row has no id"),
        ("{\"id\":1}", "cleaned.jsonl:1: "),
    ] {
        place.write("cleaned.jsonl", rows);
        place.run(&["eval", "gold.jsonl", "--cleaned", "cleaned.jsonl"]).says(2, &["error: ", message]);
    }
    place.write("cleaned.jsonl", "{\"id\":1,\"text\":\"\"}");
    let both = place.run(&["eval", "gold.jsonl", "gold.jsonl", "--cleaned", "cleaned.jsonl"]);
    both.says(2, &["the id '1' stands in gold.jsonl too; score one gold file at a time"]);
}

#[test]
fn gold_that_clean_would_skip_is_an_error_and_not_a_smaller_sum() {
    let place = Place::new();
    let crawl = Crawl::plain(1, 3);
    let large = json!({"id": "large", "site": "s", "text": "x".repeat(2000), "gold": [1]});
    place.write("gold.jsonl", format!("{}{large}\n", gold(&crawl)));
    let run = place.run(&["eval", "gold.jsonl", "--max-page", "1K"]);
    run.says(2, &["gold.jsonl: 1 of 4 gold pages could not be cleaned", "larger than --max-page 1024"]);
}

/// Gold of three sites, by the hosts of their pages.
fn gold_of_sites() -> String {
    gold(&Crawl::plain(3, 6)).replace("\"site\":\"s\",", "")
}

#[test]
fn a_model_is_made_of_gold_and_judged_on_sites_that_it_was_not_made_from() {
    let place = Place::new();
    place.write("gold.jsonl", gold_of_sites());
    let arguments = ["gold.jsonl", "--scope", "host", "--folds", "3"];
    let found = eval(&place, &[&arguments[..], &["--train", "model.json"]].concat());
    assert_eq!((&found["all"]["pages"], &found["all"]["sites"]), (&json!(18), &json!(3)));
    assert!(found["all"]["f1"].as_f64().unwrap() > 0.9, "{}", found["all"]);
    let model = Model::load(&place.path("model.json")).unwrap();
    assert_eq!((&model.about["gold"][0]["gold"], &model.about["gold"][0]["pages"]), (&json!("gold.jsonl"), &json!(18)));
    // The same gold makes the same file, which --model reads.
    eval(&place, &[&arguments[..], &["--train", "again.json", "-j", "1"]].concat());
    assert_eq!(place.text("again.json"), place.text("model.json"));
    assert!(
        eval(&place, &["gold.jsonl", "--scope", "host", "--model", "model.json"])["all"]["f1"].as_f64() > Some(0.9)
    );
}

#[test]
fn a_model_is_adapted_to_a_site_by_a_few_of_its_pages() {
    let place = Place::new();
    let (mut crawl, mut rng) = (Crawl::plain(1, 30), Lcg(3));
    for page in &mut crawl.0 {
        let at = page.lines.len() - 1;
        page.lines.splice(at..at, (0..6).map(|_| rng.sentence(5)));
    }
    place.write("crawl.jsonl.gz", gz(&crawl.jsonl()));
    // Six short lines below the text of each page: the list of a shop is content, what others read is not.
    for label in [0, 1] {
        let row = |page: &Page| {
            let mut row = gold_row(page);
            let last = page.lines.len() - 1;
            row["gold"].as_array_mut().unwrap()[last - 6..last].fill(json!(label));
            format!("{row}\n")
        };
        place.write("few.jsonl", crawl.0.iter().take(5).map(row).collect::<String>());
        place.write("others.jsonl", crawl.0.iter().skip(5).map(row).collect::<String>());
        let judged = |arguments: &[&str]| {
            let found =
                eval(&place, &[&["others.jsonl", "--scope", "host", "--with", "few.jsonl"], arguments].concat());
            found["all"]["f1"].as_f64().unwrap()
        };
        let adapt = |model: &str, others: &[&str]| {
            let arguments = ["few.jsonl", "--with", "crawl.jsonl.gz", "--scope", "host", "--train", model, "--adapt"];
            eval(&place, &[&arguments[..], others].concat())
        };
        let [own, again, further] = ["own", "again", "further"].map(|name| format!("{name}{label}.json"));
        let found = adapt(&own, &[]);
        assert!(judged(&["--model", &own]) > 0.999, "{label}: {} before", judged(&[]));
        let of_few = eval(&place, &["few.jsonl", "--with", "crawl.jsonl.gz", "--scope", "host"]);
        assert_eq!((&found["before"], of_few.get("before")), (&of_few["all"], None));
        // The figures are of pages that the model judged by had not seen.
        assert!(found["all"]["f1"].as_f64().unwrap() > 0.999, "{label}: {}", found["all"]);
        let about = Model::load(&place.path(&own)).unwrap().about;
        assert_eq!(about["figures"], "of models that did not see the page they judged, 5 parts");
        assert_eq!((&about["gold"][0]["pages"], &about["adapted from"]), (&json!(5), &Model::built_in().about));
        let turned: String = place.text("few.jsonl").lines().rev().map(|row| format!("{row}\n")).collect();
        place.write("few.jsonl", turned);
        adapt(&again, &["-j", "1", "--reading", "twice"]);
        assert_eq!(place.text(&again), place.text(&own));
        // An adapted model can be adapted further.
        adapt(&further, &["--model", &own]);
        assert!(judged(&["--model", &further]) > 0.999);
    }
}

/// Runs `benches/gold/by_hand.py`: whether it went well, and what it said; nothing where there is no Python.
#[allow(clippy::print_stderr, reason = "what was not tested is said")]
fn by_hand(place: &Place, arguments: &[&str]) -> Option<(bool, String)> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/gold/by_hand.py");
    let done = Command::new("python3").arg(script).args(arguments).current_dir(place.path("")).output();
    let done = done.map_err(|_| eprintln!("no Python: not tested")).ok()?;
    Some((done.status.success(), String::from_utf8(done.stderr).unwrap()))
}

#[test]
fn a_sheet_that_is_mended_by_hand_becomes_gold() {
    let place = Place::new();
    let mut crawl = Crawl::plain(1, 8);
    crawl.0[0].lines.insert(4, "\\ and \r within a line, and a blank one\n".to_owned());
    place.write("crawl.jsonl", crawl.jsonl());
    place.run(&["clean", "-q", "crawl.jsonl", "--annotate", "-o", "marked.jsonl"]).says(0, &[]);
    let Some((went_well, said)) = by_hand(&place, &["sheet", "marked.jsonl", "--pages", "8", "-o", "sheet.txt"]) else {
        return;
    };
    assert!(went_well, "{said}");
    let sheet = place.text("sheet.txt");
    assert!(sheet.contains("- Home A\n") && sheet.contains("- All rights reserved, Example A\n"), "{sheet}");
    // Whoever mends it wants the last line of each page.
    place.write("mended.txt", sheet.replace("- All rights", "+ All rights"));
    assert_eq!(
        by_hand(&place, &["gold", "marked.jsonl", "mended.txt", "-o", "gold.jsonl"]),
        Some((true, String::new()))
    );
    let labels = rows(&place.read("gold.jsonl")).into_iter().map(|row| row["gold"].as_array().unwrap().clone());
    for labels in labels {
        assert_eq!((&labels[0], labels.last()), (&json!(0), Some(&json!(1))));
    }
    // What dehusk said is right but for those lines.
    let found = eval(&place, &["gold.jsonl"]);
    assert_eq!((&found["all"]["pages"], &found["all"]["precision"]), (&json!(8), &json!(1.0)));
    assert!(found["all"]["recall"].as_f64() < Some(1.0), "{}", found["all"]);
    for (from, to, message) in [
        ("- News", "* News", "the mark is '*'; give one of + - ?"),
        ("- News", "- new", "this is not the line that the page has here; change marks alone"),
        ("- News A\n", "", "this is not the line that the page has here; change marks alone"),
        ("= ", "= x", "no page has this id"),
    ] {
        place.write("wrong.txt", sheet.replacen(from, to, 1));
        let (went_well, said) = by_hand(&place, &["gold", "marked.jsonl", "wrong.txt", "-o", "none.jsonl"]).unwrap();
        assert!(!went_well && said.starts_with("wrong.txt:") && said.contains(message), "{from}: {said}");
    }
    assert!(!place.path("none.jsonl").exists());
}

#[test]
fn what_a_model_cannot_be_adapted_to_is_told() {
    let place = Place::new();
    let crawl = Crawl::plain(1, 3);
    place.write("one.jsonl", format!("{}\n", gold_row(&crawl.0[0])));
    place.write("with.jsonl", "not JSON\n");
    let run = place.run(&["eval", "one.jsonl", "--train", "own.json", "--adapt"]);
    run.says(2, &["error: the gold has fewer than two labelled pages", "label one more"]);
    assert!(!place.path("own.json").exists());
    place.write("gold.jsonl", gold(&crawl));
    // All was right before.
    let run = place.run(&["eval", "gold.jsonl", "--train", "useless.json", "--adapt"]);
    let notes = ["note: pages that the adapted model had not seen are judged no better than before", "(--with)"];
    run.says(0, &notes);
    // What cannot be read beside the gold is told, and nothing else is lost.
    let run = place.run(&["eval", "gold.jsonl", "--with", "with.jsonl", "--train", "own.json", "--adapt"]);
    run.says(3, &["with.jsonl:1", "part of the input could not be read"]);
    assert!(place.path("own.json").exists() && !run.stdout.is_empty());
}

#[test]
fn wrong_training_is_refused_before_anything_is_written() {
    let place = Place::new();
    let gold = gold_of_sites();
    place.write("gold.jsonl", &gold);
    for (arguments, messages) in [
        (&["--train", "model.json", "--group", "a(b"][..], &["error: --group does not compile", "unclosed group"][..]),
        (&["--train", "model.json", "--group", "site"], &["error: all sites of the gold are of one group", "--group"]),
        (&["--train", "gold.jsonl"], &["exists already; name another file for the model"]),
        (&["--train", "model.json", "--folds", "1"], &["--folds"]),
        (&["--train", "model.json", "--with", "gold.jsonl"], &["leave it out, or adapt a model", "--adapt"]),
        (&["--adapt"], &["--train"]),
        (&["--train", "model.json", "--adapt", "--group", "x"], &["cannot be used with"]),
        (&["--train", "model.json", "--adapt", "--with", "nowhere"], &["error: nowhere: No such file"]),
        (&["--train", "model.json", "--adapt", "--model", "gold.jsonl"], &["error: gold.jsonl: this is no model"]),
        (&["--group", "x"], &["--train"]),
        (&["--train", "no/such/folder/model.json"], &["error: ", "no/such/folder/model.json"]),
    ] {
        let run = place.run(&[&["eval", "gold.jsonl", "--scope", "host"], arguments].concat());
        run.says(2, messages);
        assert!(run.stdout.is_empty() && !place.path("model.json").exists(), "{arguments:?}");
    }
    assert_eq!(place.text("gold.jsonl"), gold);
}
