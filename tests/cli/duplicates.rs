//! Near-duplicate pages: joined when what is left of them is alike, dropped, marked, listed, found again in later runs.

use serde_json::Value;

use crate::fixture::{Crawl, Page, Place, rows};

const FIRST: &str = "http://site0.example/p/000.html";
const EQUAL: &str = "http://site1.example/copied/from/elsewhere.html";
const NEAR: &str = "http://site2.example/edited.html";

/// Three sites of ten pages, and a page of the first that stands on the second too, and with another last word on the
/// third: the chrome around it is that of each site.
fn crawl() -> Crawl {
    let mut crawl = Crawl::plain(3, 10);
    let edited = |line: &String| format!("{} x.", line.rsplit_once(' ').unwrap().0);
    for (site, url) in [(1, EQUAL), (2, NEAR)] {
        let mut own = crawl.0[0].own.clone();
        if site == 2 {
            own[1] = edited(&own[1]);
        }
        let mut lines = crawl.0[site * 10].lines.clone();
        lines[3..5].clone_from_slice(&own);
        crawl.0.push(Page { url: url.into(), own, lines });
    }
    crawl
}

fn place() -> Place {
    let place = Place::new();
    place.write("in.jsonl", crawl().jsonl());
    place
}

/// The list of clusters as address, relation, canonical address, whatever the ids.
fn listed(list: &[u8]) -> Vec<(String, String, String)> {
    let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    rows(list).iter().map(|row| (text(row, "url"), text(row, "relation"), text(row, "canonical"))).collect()
}

fn row(url: &str, relation: &str, canonical: &str) -> (String, String, String) {
    (url.into(), relation.into(), canonical.into())
}

#[test]
fn one_page_of_each_cluster_stays_and_the_ledger_tells_of_the_others() {
    let run = place().run(&["clean", "in.jsonl", "--duplicates", "drop"]);
    run.says(0, &["32 pages of 3 sites, 30 written", "1 cluster of 3 pages (1 equal, 1 near), 2 left out"]);
    let expected: Vec<String> =
        crawl().0.iter().map(|page| page.url.clone()).filter(|url| url != EQUAL && url != NEAR).collect();
    assert_eq!(run.urls(), expected);
}

#[test]
fn duplicates_are_not_looked_for_unless_asked() {
    let place = place();
    let plain = place.run(&["clean", "in.jsonl"]);
    assert!(!plain.stderr.contains("cluster"));
    let kept = place.run(&["clean", "in.jsonl", "--duplicates", "keep", "--clusters", "list.jsonl"]);
    kept.says(0, &["32 written", "1 cluster of 3 pages"]);
    assert_eq!(plain.stdout, kept.stdout);
}

#[test]
fn marked_pages_carry_their_cluster_and_others_null() {
    let place = place();
    let plain = rows(&place.clean(&["in.jsonl"]).stdout);
    let marked = rows(&place.clean(&["in.jsonl", "--duplicates", "mark"]).stdout);
    assert_eq!(marked.len(), 32);
    for (plain, marked) in plain.iter().zip(&marked) {
        assert_eq!((&plain["url"], &plain["text"]), (&marked["url"], &marked["text"]));
        let cluster = &marked["dehusk"]["cluster"];
        match marked["url"].as_str().unwrap() {
            FIRST | EQUAL | NEAR => {
                assert_eq!((&cluster["size"], &cluster["canonical"]), (&3.into(), &FIRST.into()));
                assert_eq!(cluster["id"].as_str().map(str::len), Some(32));
            }
            _ => assert!(cluster.is_null() && marked["dehusk"].as_object().unwrap().contains_key("cluster")),
        }
    }
    let relation = |url: &str| {
        let row = marked.iter().find(|row| row["url"] == url).unwrap();
        (row["dehusk"]["cluster"]["relation"].clone(), row["dehusk"]["cluster"]["similarity"].as_f64().unwrap())
    };
    assert_eq!((relation(FIRST), relation(EQUAL)), (("canonical".into(), 1.0), ("equal".into(), 1.0)));
    let (near, similarity) = relation(NEAR);
    assert!(near == "near" && (0.9..1.0).contains(&similarity), "{near} {similarity}");
}

#[test]
fn marks_stand_beside_annotated_lines() {
    let place = place();
    let both = rows(&place.clean(&["in.jsonl", "--duplicates", "mark", "--annotate"]).stdout);
    let lines = rows(&place.clean(&["in.jsonl", "--annotate"]).stdout);
    assert_eq!(both[0]["dehusk"]["cluster"]["relation"], "canonical");
    assert!(both.iter().zip(&lines).all(|(both, lines)| both["dehusk"]["lines"] == lines["dehusk"]["lines"]));
    assert!(lines[0]["dehusk"].get("cluster").is_none());
}

#[test]
fn a_format_without_fields_cannot_be_marked_but_loses_duplicates() {
    let place = place();
    for format in ["wet", "text"] {
        place
            .run(&["clean", "in.jsonl", "--duplicates", "mark", "--format", format])
            .says(2, &["--duplicates mark needs a format with fields: add --format jsonl or --format parquet"]);
    }
    let wet = place.clean(&["in.jsonl", "--duplicates", "drop", "--format", "wet"]).stdout;
    assert_eq!(crate::fixture::kept_of_wet(&wet).len(), 30);
    crawl().folder(&place.path("pages"), "txt", Page::text);
    place.clean(&["pages", "--duplicates", "drop", "-o", "out"]);
    assert!(place.path("out/site0.example/p/000.txt").exists());
    assert!(!place.path("out/site1.example/copied/from/elsewhere.txt").exists());
}

#[cfg(feature = "parquet")]
#[test]
fn parquet_is_marked_and_loses_duplicates_as_others_do() {
    use crate::columns::{file, kept, strings, table};
    let place = Place::new();
    place.write("in.parquet", file(&crawl()));
    place.clean(&["in.parquet", "--duplicates", "drop", "-o", "dropped.parquet"]);
    assert_eq!(kept(&place.read("dropped.parquet")).len(), 30);
    place.clean(&["in.parquet", "--duplicates", "mark", "--clusters", "list.parquet", "-o", "marked.parquet"]);
    let marked = table(&place.read("marked.parquet"));
    assert_eq!((marked.num_rows(), marked.schema().fields().len()), (32, 6));
    let list = table(&place.read("list.parquet"));
    let column = |name: &str| strings(&list, name).into_iter().flatten().collect::<Vec<_>>();
    assert_eq!(column("url"), [FIRST, EQUAL, NEAR]);
    assert_eq!(column("relation"), ["canonical", "equal", "near"]);
    assert_eq!((column("canonical").len(), column("id").len()), (3, 0));
}

#[test]
fn the_list_of_clusters_names_page_relation_and_canonical_page() {
    let place = place();
    place.clean(&["in.jsonl", "--clusters", "new/list.jsonl.gz"]);
    let list = crate::fixture::gunzip(&place.read("new/list.jsonl.gz"));
    let expected = [row(FIRST, "canonical", FIRST), row(EQUAL, "equal", FIRST), row(NEAR, "near", FIRST)];
    assert_eq!(listed(&list), expected);
    let rows = rows(&list);
    assert!(rows.iter().all(|row| row["size"] == 3 && row["exact"] == true && row["cluster"] == rows[0]["cluster"]));
}

#[test]
fn pages_without_an_address_are_named_by_their_id() {
    let place = Place::new();
    let text = crawl().0[0].own.join("\n");
    let row = |id: &str| format!("{}\n", serde_json::json!({"id": id, "text": text}));
    place.write("in.jsonl", row("b\"\u{1b}") + &row("a"));
    place.clean(&["in.jsonl", "--clusters", "list.jsonl"]);
    let rows = rows(&place.read("list.jsonl"));
    let names: Vec<_> =
        rows.iter().map(|row| (row["id"].as_str().unwrap(), row["canonical"].as_str().unwrap())).collect();
    assert!(names.contains(&("b\"\u{1b}", names[0].0)) && names.contains(&("a", names[0].0)), "{names:?}");
    assert!(rows.iter().all(|row| row.get("url").is_none()));
}

#[test]
fn clusters_are_the_same_whatever_the_order_of_pages_and_the_way_of_reading() {
    let place = place();
    place.write("varied.jsonl", Crawl::varied(7, 90).jsonl());
    place.write("reversed.jsonl", Crawl::varied(7, 90).reversed().jsonl());
    place.clean(&["in.jsonl", "varied.jsonl", "--clusters", "list.jsonl", "--save-index", "index"]);
    let ways: [&[&str]; 4] = [
        &["in.jsonl", "reversed.jsonl", "-j", "1"],
        &["varied.jsonl", "in.jsonl", "-j", "8", "--batch", "4K"],
        &["reversed.jsonl", "in.jsonl", "-j", "3", "--batch", "64K", "--reading", "once"],
        &["varied.jsonl", "in.jsonl", "-j", "2", "--batch", "4K", "--reading", "twice"],
    ];
    assert!(listed(&place.read("list.jsonl")).len() > 20);
    for way in ways {
        place.clean(&[way, &["--clusters", "other.jsonl", "--save-index", "other", "--force"]].concat());
        assert_eq!(place.text("other.jsonl"), place.text("list.jsonl"), "{way:?}");
        assert!(place.read("other") == place.read("index"), "{way:?}");
    }
}

#[test]
fn a_pipe_can_be_read_as_often_as_needed() {
    let run = Place::new().pipe(&["clean", "-q", "-", "--duplicates", "drop"], &crawl().jsonl());
    assert_eq!(run.urls().len(), 30);
}

#[test]
fn threshold_and_scope_decide_what_is_joined() {
    let place = place();
    let written =
        |further: &[&str]| place.clean(&[&["in.jsonl", "--duplicates", "drop"], further].concat()).urls().len();
    assert_eq!(written(&["--duplicate-threshold", "1"]), 31);
    assert_eq!(written(&["--duplicate-threshold", "0.5"]), 30);
    assert_eq!(written(&["--duplicate-scope", "site"]), 32);
    assert_eq!(written(&["--duplicate-scope", "site", "--scope", "all"]), 30);
    for (flag, value) in [("--duplicate-threshold", "0"), ("--duplicate-threshold", "80"), ("--contained", "0.1")] {
        place.run(&["clean", "in.jsonl", flag, value]).says(2, &[flag, "must lie between"]);
    }
}

#[test]
fn settings_may_stand_in_the_file() {
    let place = place();
    place.write("dehusk.toml", "duplicates = \"drop\"\nduplicate-threshold = 1.0\ncanonical = \"shortest-url\"\n");
    assert_eq!(place.clean(&["in.jsonl"]).urls().len(), 31);
    assert_eq!(place.clean(&["in.jsonl", "--duplicates", "keep"]).urls().len(), 32);
}

#[test]
fn the_rule_says_which_page_stays() {
    let place = Place::new();
    let [long, middle, short] = ["one two", "one", ""].map(|end| format!("{} {end}", crawl().0[0].own.join("\n")));
    let row = |url: &str, date: Option<&str>, text: &str| {
        format!("{}\n", serde_json::json!({"url": url, "date": date, "text": text}))
    };
    place.write(
        "in.jsonl",
        row("http://a.example/long", None, &long)
            + &row("http://b.example/new", Some("2024-05-01T00:00:00Z"), &middle)
            + &row("http://c.example/older", Some("2023-01-01"), &short)
            + &row("http://d.example/", Some("2024-01-01"), &short),
    );
    for (rule, kept) in [
        ("longest", "http://a.example/long"),
        ("newest", "http://b.example/new"),
        ("oldest", "http://c.example/older"),
        ("shortest-url", "http://d.example/"),
    ] {
        assert_eq!(place.clean(&["in.jsonl", "--duplicates", "drop", "--canonical", rule]).urls(), [kept], "{rule}");
    }
}

#[test]
fn a_warc_record_tells_its_date() {
    let place = Place::new();
    let text = crawl().0[0].own.join("\n");
    let record = |url: &str, date: &str| {
        let record = crate::fixture::record("conversion", url, "text/plain", text.as_bytes());
        String::from_utf8(record).unwrap().replace("2024-03-01T12:00:00Z", date)
    };
    place.write(
        "in.wet",
        record("http://a.example/", "2020-01-01T00:00:00Z") + &record("http://b.example/", "2021-01-01T00:00:00Z"),
    );
    for (rule, kept) in [("newest", "http://b.example/"), ("oldest", "http://a.example/")] {
        let run = place.clean(&["in.wet", "--format", "jsonl", "--duplicates", "drop", "--canonical", rule]);
        assert_eq!(run.urls(), [kept]);
    }
}

#[test]
fn a_page_that_stands_in_a_longer_one_is_a_duplicate_only_if_asked() {
    let mut crawl = Crawl::plain(2, 10);
    let own: Vec<String> = crawl.0[..4].iter().flat_map(|page| page.own.clone()).collect();
    let mut lines = crawl.0[10].lines.clone();
    lines.splice(3..5, own.iter().cloned());
    crawl.0.push(Page { url: "http://site1.example/digest".into(), own, lines });
    let place = Place::new();
    place.write("in.jsonl", crawl.jsonl());
    assert_eq!(place.clean(&["in.jsonl", "--duplicates", "drop"]).urls().len(), 21);
    let run =
        place.run(&["clean", "in.jsonl", "--duplicates", "drop", "--contained", "0.9", "--clusters", "list.jsonl"]);
    run.says(0, &["17 written", "1 cluster of 5 pages (4 contained), 4 left out"]);
    assert!(run.urls().contains(&"http://site1.example/digest".to_owned()));
    let list = listed(&place.read("list.jsonl"));
    assert_eq!(list[0].1, "canonical");
    assert!(list[1..].iter().all(|(_, relation, kept)| relation == "contained" && kept.ends_with("/digest")));
}

#[test]
fn pages_of_which_nothing_is_left_resemble_nothing() {
    let mut crawl = Crawl::plain(1, 8);
    let husk: Vec<String> = crawl.0[0].lines.iter().filter(|line| !crawl.0[0].own.contains(line)).cloned().collect();
    for number in 0..3 {
        crawl.0.push(Page { url: format!("http://site0.example/husk{number}"), own: vec![], lines: husk.clone() });
        crawl.0.push(Page { url: format!("http://site0.example/blank{number}"), own: vec![], lines: vec![] });
    }
    let place = Place::new();
    place.write("in.jsonl", crawl.jsonl());
    for (empty, written) in [("keep", 14), ("drop", 11), ("whole", 14)] {
        let run = place.run(&["clean", "in.jsonl", "--duplicates", "drop", "--empty", empty]);
        run.says(0, &["0 clusters of 0 pages", &format!("{written} written"), "3 blank", "3 emptied"]);
    }
}

#[test]
fn what_was_left_out_can_be_written_with_its_text_and_the_page_that_stays() {
    let place = place();
    place.clean(&["in.jsonl", "--duplicates", "drop", "--dropped", "dropped.jsonl"]);
    let dropped = rows(&place.read("dropped.jsonl"));
    let of = |url: &str| dropped.iter().find(|row| row["url"] == url).unwrap();
    let page = crawl().0.into_iter().find(|page| page.url == NEAR).unwrap();
    let near = of(NEAR);
    assert_eq!(near["duplicate"]["canonical"], FIRST);
    assert_eq!(near["text"].as_str().unwrap().trim_end(), page.own.join("\n"));
    assert_eq!(near["lines"].as_array().unwrap().len(), page.lines.len() - page.own.len());
    assert!(of(FIRST).get("duplicate").is_none() && of(FIRST).get("text").is_none());
}

#[test]
fn further_outputs_are_refused_where_something_stands_and_where_others_go() {
    let place = place();
    place.write("there", "precious");
    for flag in ["--clusters", "--save-index"] {
        place.run(&["clean", "in.jsonl", flag, "there"]).says(2, &["there: exists already", "--force"]);
        place
            .run(&["clean", "in.jsonl", flag, "in.jsonl", "--force"])
            .says(2, &[flag, "is an input or another output"]);
        place.run(&["clean", "in.jsonl", "-o", "o.jsonl", flag, "./o.jsonl"]).says(2, &[flag, "another output"]);
    }
    place
        .run(&["clean", "in.jsonl", "--clusters", "x", "--save-index", "x"])
        .says(2, &["--save-index x", "another output"]);
    assert_eq!(place.text("there"), "precious");
    assert_eq!(place.names("."), ["in.jsonl", "there"], "nothing else is left");
}

#[test]
fn what_an_earlier_run_kept_is_left_out_of_the_next() {
    let place = place();
    let mut later = crawl();
    later.0.insert(0, Crawl::plain(4, 10).0.remove(30));
    place.write("later.jsonl", later.jsonl());
    place.clean(&["in.jsonl", "--duplicates", "drop", "--save-index", "index", "-o", "first.jsonl"]);
    let run =
        place.run(&["clean", "later.jsonl", "--duplicates", "drop", "--index", "index", "--clusters", "list.jsonl"]);
    run.says(0, &["33 pages of 4 sites, 1 written", "30 clusters of 32 pages (31 equal, 1 near), 32 left out"]);
    assert_eq!(run.urls(), [later.0[0].url.clone()]);
    let list = rows(&place.read("list.jsonl"));
    let near = list.iter().find(|row| row["url"] == NEAR).unwrap();
    assert_eq!((&near["canonical"], &near["size"], &near["exact"]), (&FIRST.into(), &4.into(), &false.into()));
    assert!(list.iter().filter(|row| row["url"] != NEAR).all(|row| row["exact"] == true && row["similarity"] == 1));
    // An index grows in its place, if that is asked for.
    let before = place.read("index");
    place.run(&["clean", "in.jsonl", "--index", "index", "--save-index", "index"]).says(2, &["index: exists already"]);
    place.clean(&["in.jsonl", "--index", "index", "--save-index", "index", "--force"]);
    assert!(place.read("index") == before, "nothing new was kept");
    place.clean(&["later.jsonl", "--index", "index", "--save-index", "index", "--force"]);
    assert!(place.read("index").len() > before.len(), "one page more was kept");
}

#[test]
fn an_index_that_does_not_fit_or_is_damaged_is_refused_with_a_remedy() {
    let place = place();
    place.clean(&["in.jsonl", "--save-index", "index"]);
    let index = place.read("index");
    place.write("cut", &index[..index.len() / 2]);
    place.write(
        "flipped",
        index.iter().enumerate().map(|(at, byte)| if at == 999 { !byte } else { *byte }).collect::<Vec<u8>>(),
    );
    for (arguments, message) in [
        (vec!["--index", "missing"], "missing: "),
        (vec!["--index", "in.jsonl"], "in.jsonl: no index of dehusk"),
        (vec!["--index", "cut"], "cut: cut short: it ends at byte"),
        (vec!["--index", "flipped"], "make it again with --save-index"),
        (vec!["--index", "index", "--fingerprint-key", "7"], "make it again with the settings of this run"),
        (vec!["--index", "index", "--duplicate-scope", "site"], "pages compared within their site"),
    ] {
        let run = place.run(&[&["clean", "in.jsonl", "-o", "out.jsonl"], &arguments[..]].concat());
        run.says(2, &["error: ", message]);
        assert!(!place.path("out.jsonl").exists());
    }
}

#[test]
fn thousands_of_pages_alike_are_one_cluster() {
    let place = Place::new();
    let own = crawl().0[0].own.join("\n");
    let row = |n: usize| {
        let text = if n.is_multiple_of(2) { own.clone() } else { format!("{own} {n}") };
        format!("{}\n", serde_json::json!({"url": format!("http://site{n}.example/"), "text": text}))
    };
    place.write("in.jsonl", (0..6000).map(row).collect::<String>());
    place
        .run(&["clean", "in.jsonl", "--duplicates", "drop"])
        .says(0, &["1 written", "1 cluster of 6,000 pages (5,999 near), 5,999 left out"]);
}

#[test]
fn the_article_that_stands_twice_in_the_newspaper_is_joined_and_nothing_else() {
    let samples = concat!(env!("CARGO_MANIFEST_DIR"), "/samples/jsonl/samples.jsonl");
    let place = Place::new();
    place.clean(&[samples, "--clusters", "list.jsonl"]);
    let paper = "https://www.portaldercourier.example";
    let article = "2014/05/13/yard-wins-pilot-boat-order.html";
    let urls = ["business", "news"].map(|section| format!("{paper}/{section}/{article}"));
    assert_eq!(
        listed(&place.read("list.jsonl")),
        [row(&urls[0], "canonical", &urls[0]), row(&urls[1], "near", &urls[0])]
    );
}
