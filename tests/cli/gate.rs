//! `dehusk check`: scrapers that break are caught and named, the crawl of the next day passes.
//!
//! Two sites, each in two worlds: as whole pages with menus and lists, and as the bodies that a scraper cuts out. The
//! newspaper is that of `samples/`, whose gold says what a scraper would cut out: the good crawl is that of the first
//! four days, the next one that of the last four. The forum is made here, in German.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::{Value, json};

use crate::fixture::{Lcg, Place, Run, rows};

/// A page: its lines, and which of them are its own.
#[derive(Clone)]
struct Page {
    url: String,
    lines: Vec<(String, bool)>,
}

type Crawl = Vec<Page>;

impl Page {
    fn text(&self) -> String {
        join(self.lines.iter().map(|(line, _)| line.as_str()))
    }

    fn of(&self, own: bool) -> Vec<&str> {
        self.lines.iter().filter(|(_, is_own)| *is_own == own).map(|(line, _)| line.as_str()).collect()
    }

    /// The first of its own lines.
    fn title(&self) -> &str {
        self.of(true).first().copied().unwrap_or_default()
    }

    /// As a scraper gives it that finds the body.
    fn body(self) -> Self {
        Self { lines: self.lines.into_iter().filter(|(_, own)| *own).collect(), ..self }
    }
}

fn join<'a>(lines: impl IntoIterator<Item = &'a str>) -> String {
    lines.into_iter().collect::<Vec<_>>().join("\n")
}

/// What scrapers give of a site.
#[derive(Clone, Copy, Debug, PartialEq)]
enum World {
    WholePages,
    Bodies,
}

const WORLDS: [World; 2] = [World::WholePages, World::Bodies];

/// A good crawl, the next one, and the site's name.
struct Site {
    name: &'static str,
    good: Crawl,
    next: Crawl,
}

fn sites(world: World) -> [Site; 2] {
    let sites = [newspaper(), forum()];
    match world {
        World::WholePages => sites,
        World::Bodies => sites.map(|site| {
            let bodies =
                |crawl: Crawl| crawl.into_iter().map(Page::body).filter(|page| !page.lines.is_empty()).collect();
            Site { good: bodies(site.good), next: bodies(site.next), ..site }
        }),
    }
}

fn newspaper() -> Site {
    let sample = |name: &str| std::fs::read(format!("{}/samples/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let string = |row: &Value, field: &str| row[field].as_str().unwrap().to_owned();
    let days: BTreeMap<String, String> = rows(&sample("jsonl/samples.jsonl"))
        .iter()
        .map(|row| (string(row, "id"), string(row, "timestamp")[8..10].to_owned()))
        .collect();
    let gold = rows(&sample("gold.jsonl"));
    let between = |first: &str, last: &str| {
        let is_there = |row: &&Value| {
            let day = &days[row["id"].as_str().unwrap()];
            row["site"] == "portaldercourier.example" && (first..=last).contains(&day.as_str())
        };
        let page = |row: &Value| {
            let own = row["gold"].as_array().unwrap().iter().map(|gold| gold == 1);
            Page { url: string(row, "url"), lines: string(row, "text").lines().map(str::to_owned).zip(own).collect() }
        };
        gold.iter().filter(is_there).map(page).collect()
    };
    Site { name: "portaldercourier.example", good: between("12", "15"), next: between("14", "17") }
}

/// A forum on gardens: threads of several posts between a menu, a list of the newest threads, which is another one every
/// day, and a footer.
fn forum() -> Site {
    const WORDS: [&str; 40] = [
        "der",
        "Garten",
        "Tomaten",
        "habe",
        "ich",
        "gestern",
        "Regen",
        "mit",
        "und",
        "Kompost",
        "Schnecken",
        "nicht",
        "sehr",
        "gut",
        "Beet",
        "unter",
        "dem",
        "Apfelbaum",
        "wächst",
        "aber",
        "Gießkanne",
        "im",
        "Mai",
        "Zwiebeln",
        "pflanzen",
        "wir",
        "haben",
        "schon",
        "Rosen",
        "schneiden",
        "zu",
        "früh",
        "vielleicht",
        "Hecke",
        "Nachbar",
        "meint",
        "Erde",
        "sauer",
        "Kalk",
        "hilft",
    ];
    let mut rng = Lcg(5);
    let mut sentence = |least: u64, end: &str| {
        let words = least + rng.below(2 * least);
        let words: Vec<&str> = (0..words).map(|_| WORDS[rng.below(WORDS.len() as u64) as usize]).collect();
        words.join(" ") + end
    };
    let mut threads: Vec<(String, Vec<String>)> = Vec::new();
    for thread in 0..70 {
        let mut posts = Vec::new();
        for _ in 0..2 + thread % 5 {
            posts.push([sentence(9, "."), sentence(9, "."), sentence(9, ".")].join(" "));
        }
        threads.push((sentence(4, ""), posts));
    }
    let page = |thread: usize, day: usize| {
        let (title, posts) = &threads[thread];
        let mut lines: Vec<(String, bool)> = Vec::new();
        let mut add = |text: &str, own: bool| lines.push((text.to_owned(), own));
        ["Gartenforum Querbeet", "Startseite", "Neue Beiträge", "Mitglieder", "Suche", "Anmelden | Registrieren"]
            .iter()
            .for_each(|line| add(line, false));
        add(title, true);
        for (n, post) in posts.iter().enumerate() {
            add(&format!("Beitrag {} von {}", n + 1, posts.len()), false);
            add(post, true);
            add("Antworten | Zitieren | Melden", false);
        }
        add("Neueste Themen", false);
        (0..8).for_each(|n| add(&threads[(day * 3 + n * 7) % threads.len()].0, false));
        ["Impressum", "Datenschutz", "Nutzungsbedingungen", "© Gartenforum Querbeet"]
            .iter()
            .for_each(|line| add(line, false));
        Page { url: format!("https://forum.example/thema/{thread}"), lines }
    };
    Site {
        name: "forum.example",
        good: (0..40).map(|thread| page(thread, 1)).collect(),
        next: (25..70).map(|thread| page(thread, 2)).collect(),
    }
}

const COOKIES: [&str; 3] = [
    "We value your privacy",
    "We and our partners store information on your device, such as cookies, and use it for advertising.",
    "Accept all",
];
const LOGIN: [&str; 3] = [
    "Weiterlesen mit einem Abo",
    "Dieser Text steht nur Abonnenten offen. Bitte melden Sie sich mit Ihrem Passwort an.",
    "Jetzt anmelden",
];

/// The text of each page when the scraper has failed in this way.
fn broken(failure: &str, world: World, crawl: &Crawl, whole: &Crawl) -> Vec<String> {
    let each = |text: &dyn Fn(&Page) -> String| crawl.iter().map(text).collect::<Vec<_>>();
    let half = |text: &dyn Fn(&Page) -> String| {
        crawl.iter().enumerate().map(|(n, page)| if n % 2 == 0 { page.text() } else { text(page) }).collect::<Vec<_>>()
    };
    let titled = |page: &Page, lines: &[&str]| join([&[page.title()], lines].concat());
    let chrome = |page: &Page| whole.iter().find(|other| other.url == page.url).unwrap().of(false).join("\n");
    match failure {
        "cookie wall" => half(&|_| join(COOKIES)),
        "cookie wall under the title" => half(&|page| titled(page, &COOKIES)),
        "cookie wall with a number" => half(&|page| titled(page, &[&COOKIES[..], &[&page.url]].concat())),
        "cookie wall on all pages" => each(&|page| titled(page, &COOKIES)),
        "login wall" => each(&|_| join(LOGIN)),
        "login wall under the title" => half(&|page| titled(page, &LOGIN)),
        "error page" => half(&|_| "403 Forbidden\nYou have no permission to access this resource.".to_owned()),
        "menu in the text" => each(&|page| chrome(page) + "\n" + &page.text()),
        "empty body" if world == World::Bodies => each(&|page| page.title().to_owned()),
        "empty body" => each(&|page| join(page.of(false))),
        "empty body, nothing at all" => each(&|_| String::new()),
        "same page for every URL" => each(&|_| crawl[crawl.len() / 2].text()),
        "truncated text" => each(&|page| page.text().chars().take(200).collect()),
        _ => panic!("{failure}"),
    }
}

fn jsonl<'a>(pages: impl Iterator<Item = (&'a Page, String)>) -> String {
    pages.map(|(page, text)| format!("{}\n", json!({"url": page.url, "text": text}))).collect()
}

fn texts(crawl: &Crawl) -> String {
    jsonl(crawl.iter().map(|page| (page, page.text())))
}

/// A folder with the good crawl of a site and its baseline.
fn place(site: &Site) -> Place {
    let place = Place::new();
    place.write("good.jsonl", texts(&site.good));
    place.check(&["good.jsonl", "--update-baseline"]).ends(0);
    place
}

impl Place {
    fn check(&self, arguments: &[&str]) -> Run {
        self.run(&[&["check", "--baseline", "baseline.jsonl"], arguments].concat())
    }
}

impl Run {
    #[track_caller]
    fn ends(&self, code: i32) -> String {
        let out = String::from_utf8(self.stdout.clone()).unwrap();
        assert_eq!(self.code, Some(code), "{out}{}", self.stderr);
        out
    }

    /// The lines of what fails.
    #[track_caller]
    fn failures(&self) -> Vec<String> {
        let is_other =
            |line: &str| ["note: ", "stale: ", "passed: ", "failed: "].iter().any(|start| line.starts_with(start));
        self.ends(1).lines().filter(|line| !is_other(line)).map(str::to_owned).collect()
    }
}

#[test]
fn every_failure_of_a_scraper_is_named_in_one_line() {
    for world in WORLDS {
        for (site, whole) in sites(world).iter().zip(sites(World::WholePages)) {
            let place = place(site);
            for failure in [
                "cookie wall",
                "cookie wall under the title",
                "cookie wall with a number",
                "cookie wall on all pages",
                "login wall",
                "login wall under the title",
                "error page",
                "menu in the text",
                "empty body",
                "empty body, nothing at all",
                "same page for every URL",
                "truncated text",
            ] {
                let texts = broken(failure, world, &site.next, &whole.next);
                place.write("next.jsonl", jsonl(site.next.iter().zip(texts)));
                let failures = place.check(&["next.jsonl"]).failures();
                let name = failure.split([',']).next().unwrap();
                let name = name
                    .split(" under")
                    .next()
                    .unwrap()
                    .split(" with")
                    .next()
                    .unwrap()
                    .split(" on all")
                    .next()
                    .unwrap();
                assert!(
                    failures.len() == 1 && failures[0].starts_with(&format!("{}: {name}: ", site.name)),
                    "{world:?}, {failure}: {failures:#?}"
                );
            }
        }
    }
}

#[test]
fn the_next_day_passes_with_all_that_happens_on_a_site() {
    for world in WORLDS {
        for site in sites(world) {
            let place = place(&site);
            let mut emptied = site.next.clone();
            emptied[3].lines.clear();
            let fewer =
                site.next.iter().enumerate().filter(|(n, _)| n % 10 != 5).map(|(_, page)| page.clone()).collect();
            let with = |line: &str, at: fn(usize) -> usize| {
                let mut crawl = site.next.clone();
                if world == World::WholePages {
                    crawl.iter_mut().for_each(|page| page.lines.insert(at(page.lines.len()), (line.to_owned(), false)));
                }
                crawl
            };
            for (what, crawl) in [
                ("the next day", site.next.clone()),
                ("the same again", site.good.clone()),
                ("a page without text", emptied),
                ("a tenth fewer pages", fewer),
                ("an entry of the menu", with("Podcasts", |_| 3)),
                ("a link at the foot", with("Accessibility", |lines| lines)),
            ] {
                place.write("next.jsonl", texts(&crawl));
                let out = place.check(&["next.jsonl"]).ends(0);
                assert!(out.lines().last().is_some_and(|line| line.starts_with("passed: ")), "{what}: {out}");
                let is_known = out.lines().all(|line| {
                    line.starts_with("passed: ")
                        || line.contains(": navigation changed: ") && line.starts_with("note: ")
                });
                assert!(is_known, "{world:?}, {what}: {out}");
            }
        }
    }
}

#[test]
fn what_is_sure_is_named_without_a_baseline() {
    for (failure, world) in [
        ("cookie wall", World::Bodies),
        ("login wall", World::Bodies),
        ("same page for every URL", World::WholePages),
        ("empty body, nothing at all", World::Bodies),
        ("truncated text", World::Bodies),
    ] {
        let [site, _] = sites(world);
        let place = Place::new();
        place.write("next.jsonl", jsonl(site.next.iter().zip(broken(failure, world, &site.next, &site.next))));
        let failures = place.run(&["check", "next.jsonl"]).failures();
        let name = failure.split(',').next().unwrap();
        assert!(failures.len() == 1 && failures[0].contains(&format!(": {name}: ")), "{failure}: {failures:?}");
    }
    for world in WORLDS {
        for site in sites(world) {
            let place = Place::new();
            place.write("good.jsonl", texts(&site.good));
            place.run(&["check", "good.jsonl"]).ends(0);
        }
    }
}

#[test]
fn a_limit_on_one_site_is_not_bought_by_another() {
    let [paper, _] = sites(World::WholePages);
    let [_, forum] = sites(World::Bodies);
    let place = Place::new();
    place.write("in.jsonl", texts(&paper.good) + &texts(&forum.good));
    place.run(&["check", "in.jsonl", "--max-total-chrome", "60%"]).ends(0);
    let failures = place.run(&["check", "in.jsonl", "--max-chrome", "50%"]).failures();
    assert!(
        failures.len() == 1 && failures[0].starts_with("portaldercourier.example: too much chrome: "),
        "{failures:?}"
    );
    place.write(
        "dehusk.toml",
        "[check]\nmax-chrome = '50%'\n[check.site.'portaldercourier.example']\nmax-chrome = '90%'\n",
    );
    place.run(&["check", "in.jsonl"]).ends(0);
    let failures = place.run(&["check", "in.jsonl", "--max-total-chrome", "1%"]).failures();
    assert!(failures.len() == 1 && failures[0].starts_with("(all sites): too much chrome: "), "{failures:?}");
    place.run(&["check", "in.jsonl", "--max-total-chrome", "1%", "--max-new", "1"]).ends(0);
    let out = place.run(&["check", "in.jsonl", "--max-total-chrome", "1%", "--exit-zero"]).ends(0);
    assert!(out.contains("failed: 1 finding"), "{out}");
}

#[test]
fn what_is_accepted_passes_until_there_is_more_of_it() {
    let [_, forum] = sites(World::Bodies);
    let place = Place::new();
    let copies = |n: usize| {
        let copy = |at: usize| Page { url: format!("https://forum.example/copy{at}"), ..forum.good[0].clone() };
        texts(&forum.good.iter().cloned().chain((0..n).map(copy)).collect())
    };
    let check = |n: usize, flags: &[&str]| {
        place.write("in.jsonl", copies(n));
        place.check(&[&["in.jsonl", "--max-copies", "0"], flags].concat())
    };
    check(1, &["--update-baseline"]).says(0, &["wrote baseline.jsonl: 1 site, 1 finding accepted"]).ends(0);
    assert!(check(1, &[]).ends(0).contains("1 finding accepted by the baseline"));
    let failures = check(2, &[]).failures();
    assert!(failures.len() == 1 && failures[0].contains(": near-duplicates: 2 copies of "), "{failures:?}");
    let out = check(0, &[]).ends(0);
    assert!(out.contains(r#"stale: {"site":"forum.example","accepted":"cluster","#), "{out}");
    // The same crawl gives the same file.
    let before = place.text("baseline.jsonl");
    check(1, &["--update-baseline"]).ends(0);
    assert_eq!(place.text("baseline.jsonl"), before);
}

#[test]
fn pages_and_sites_that_are_missing_are_told() {
    let [paper, forum] = sites(World::Bodies);
    let place = Place::new();
    place.write("in.jsonl", texts(&paper.good) + &texts(&forum.good));
    place.check(&["in.jsonl", "--update-baseline"]).ends(0);
    place.write("in.jsonl", texts(&paper.good[..9].to_vec()));
    let failures = place.check(&["in.jsonl"]).failures();
    let names =
        ["forum.example: missing pages: 0 pages, 40 before", "portaldercourier.example: missing pages: 9 pages"];
    assert!(
        failures.len() == 2 && failures.iter().zip(names).all(|(line, name)| line.starts_with(name)),
        "{failures:?}"
    );
    place.check(&["in.jsonl", "--expect-pages", "0%"]).ends(0);
    let failures = place.run(&["check", "in.jsonl", "--expect-pages", "10"]).failures();
    assert!(failures[0].starts_with("(all sites): missing pages: 9 pages"), "{failures:?}");
}

#[test]
fn records_that_cannot_be_read_are_counted() {
    let [paper, _] = sites(World::Bodies);
    let place = Place::new();
    place.write("in.jsonl", texts(&paper.good) + "{\"url\": \n");
    let failures = place.run(&["check", "in.jsonl"]).failures();
    assert!(failures.len() == 1 && failures[0].starts_with("(all sites): unreadable records: 1 of "), "{failures:?}");
    for flags in [["--max-skipped", "1"], ["--max-skipped", "10%"], ["--allow-bad", "1"]] {
        place.run(&[&["check", "in.jsonl"], &flags[..]].concat()).ends(0);
    }
}

#[test]
fn what_cannot_be_checked_is_told_with_the_remedy() {
    let [paper, _] = sites(World::Bodies);
    let place = Place::new();
    place.write("in.jsonl", texts(&paper.good));
    place.check(&["in.jsonl"]).says(2, &["baseline.jsonl: there is no such baseline", "--update-baseline"]);
    place.check(&["in.jsonl", "--update-baseline"]).ends(0);
    place.check(&["in.jsonl", "--scope", "all"]).says(2, &["made with other settings", "--update-baseline"]);
    place.write("baseline.jsonl", &place.read("baseline.jsonl")[..300]);
    place.check(&["in.jsonl"]).says(2, &["baseline.jsonl, line "]);
    place.write("empty.jsonl", "");
    place.run(&["check", "empty.jsonl"]).says(2, &["nothing to check"]);
    for (flags, said) in [
        (["--max-chrome", "all"], "'all' is not a percentage"),
        (["--expect-pages", "many"], "neither a number of pages nor a percentage"),
        (["--max-skipped", "few"], "--max-skipped: 'few'"),
        (["--judge-from", "1"], "--judge-from must be at least 2"),
        (["--report", "human"], "--report needs a file here"),
        (["--report", "cake=x"], "'cake' is no format of a report"),
    ] {
        place.run(&[&["check", "in.jsonl"], &flags[..]].concat()).says(2, &[said]);
    }
    place.write("dehusk.toml", "[check]\nmax-chrom = '50%'\n");
    place.run(&["check", "in.jsonl"]).says(2, &["unknown key 'max-chrom' in [check]; did you mean 'max-chrome'?"]);
}

#[test]
fn a_baseline_can_be_taken_from_a_commit() {
    let [_, forum] = sites(World::Bodies);
    let place = place(&forum);
    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "commit.gpgsign=false"];
        let ran = Command::new("git").args(identity).args(arguments).current_dir(place.path(".")).output().unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    };
    place
        .check(&["good.jsonl", "--baseline-from", "HEAD"])
        .says(2, &["--baseline-from HEAD: git has no baseline.jsonl"]);
    git(&["init", "-q"]);
    git(&["add", "baseline.jsonl"]);
    git(&["commit", "-q", "-m", "baseline"]);
    place.write("baseline.jsonl", "changed");
    place.check(&["good.jsonl", "--baseline-from", "HEAD"]).ends(0);
    place
        .check(&["good.jsonl", "--baseline-from", "v9"])
        .says(2, &["--baseline-from v9: git has no baseline.jsonl there"]);
    place.check(&["good.jsonl", "--baseline-from=--output=x"]).says(2, &["names no commit"]);
    place.check(&["good.jsonl"]).says(2, &["line 1: no baseline of dehusk"]);
}

#[test]
fn one_run_writes_every_form_of_outcome_and_report() {
    let [paper, _] = sites(World::WholePages);
    let place = place(&paper);
    let forms = [
        ("human", paper.name),
        ("junit", "<?xml"),
        ("sarif", "{"),
        ("github", "::error "),
        ("gitlab", "["),
        ("text", ""),
        ("html", "<!DOCTYPE html>"),
        ("markdown", "#"),
        ("json", "{"),
        ("jsonl", "{"),
        ("csv", "name,"),
    ];
    let mut arguments = vec!["check".to_owned(), "good.jsonl".to_owned(), "--max-chrome=10%".to_owned()];
    arguments.extend(forms.iter().map(|(form, _)| format!("--report={form}=out.{form}")));
    // What stood there is replaced.
    for _ in 0..2 {
        place.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).says(1, &[]);
    }
    for (form, begins) in forms {
        let text = place.text(&format!("out.{form}"));
        assert!(text.len() > 80 && text.starts_with(begins), "{form}: {text:.80}");
    }
    place.run(&["check", "good.jsonl", "--report", "junit"]).says(2, &["--report needs a file here"]);
}

#[test]
fn a_workflow_of_github_is_given_its_outputs() {
    let [_, forum] = sites(World::Bodies);
    let place = place(&forum);
    let ran = place
        .command(&["check", "good.jsonl", "--max-chrome", "1%"])
        .envs([("GITHUB_ACTIONS", "true"), ("GITHUB_OUTPUT", "outputs"), ("GITHUB_STEP_SUMMARY", "summary.md")])
        .output()
        .unwrap();
    assert_eq!(ran.status.code(), Some(0), "{}", String::from_utf8_lossy(&ran.stdout));
    let outputs = place.text("outputs");
    let (chrome, others) = outputs.split_once('\n').unwrap();
    let share: f64 = chrome.strip_prefix("chrome-share=").unwrap().parse().unwrap();
    assert!(share < 0.01, "next to nothing of the bodies is chrome: {share}");
    assert_eq!(others, "duplicate-share=0.0000\nfindings=0\nnew-findings=0\n");
    assert!(place.text("summary.md").contains("dehusk check passes"), "{}", place.text("summary.md"));
}

#[test]
fn texts_of_strangers_reach_no_terminal() {
    let place = Place::new();
    let text = "You must log in \u{1b}[31m to see this page of ours.\n".to_owned() + &"Please log in now. ".repeat(9);
    let row = |n: usize| format!("{}\n", json!({"url": format!("http://a\u{1b}.example/{n}"), "text": text}));
    place.write("in.jsonl", (0..20).map(row).collect::<String>());
    let failures = place.run(&["check", "in.jsonl"]).failures();
    assert!(
        failures.len() == 1 && failures[0].contains("login wall") && !failures[0].contains('\u{1b}'),
        "{failures:?}"
    );
}
