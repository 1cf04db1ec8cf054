//! Help, manual, completions, and what is said of wrong settings. The texts stand in `tests/cmd`; after a change that
//! is meant, `TRYCMD=overwrite cargo test --test cli` writes them anew.

use crate::fixture::{Crawl, Place};

#[test]
fn help_and_usage_errors() {
    trycmd::TestCases::new()
        .register_bin("dehusk", std::path::Path::new(env!("CARGO_BIN_EXE_dehusk")))
        .case("tests/cmd/*.trycmd");
}

#[test]
fn manual_and_completions_are_made_for_all_options() {
    let place = Place::new();
    for (what, sign) in [
        ("bash", "complete -F _dehusk"),
        ("zsh", "#compdef dehusk"),
        ("fish", "complete -c dehusk"),
        ("powershell", "Register-ArgumentCompleter"),
        ("elvish", "edit:completion"),
    ] {
        let run = place.run(&["generate", what]);
        let text = String::from_utf8(run.says(0, &[]).stdout.clone()).unwrap();
        assert!(text.contains(sign) && text.contains("files-from") && text.contains("annotate"), "{what}");
        place.run(&["generate", what, "-o", "completions"]).says(0, &["wrote completions"]);
    }
    assert_eq!(place.names("completions").len(), 5);
    let page = String::from_utf8(place.run(&["generate", "man"]).stdout).unwrap();
    assert!(page.contains(".TH dehusk 1") && page.contains("Exit status"), "{page}");
    place.run(&["generate", "man", "-o", "man"]).says(0, &["wrote manual pages to man"]);
    assert!(place.text("man/dehusk-clean.1").contains("files\\-from"));
}

#[test]
fn a_settings_file_is_found_upwards_named_or_refused() {
    let place = Place::new();
    place.write("deep/in.jsonl", Crawl::plain(1, 4).jsonl());
    let run = |arguments: &[&str]| {
        let output = place.command(arguments).current_dir(place.path("deep")).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    place.write("dehusk.toml", "min-pages = 100\n");
    let (code, said) = run(&["clean", "in.jsonl"]);
    assert_eq!(code, Some(0));
    assert!(said.contains("1 site with too few pages to judge"), "found in the folder above: {said}");
    let (_, said) = run(&["clean", "in.jsonl", "--min-pages", "2"]);
    assert!(!said.contains("too few pages"), "flags win: {said}");
    place.write("deep/dehusk.toml", "");
    assert!(!run(&["clean", "in.jsonl"]).1.contains("too few pages"), "the nearest file counts");
    assert!(run(&["clean", "in.jsonl", "--config", "../dehusk.toml"]).1.contains("too few pages"), "named");
    let (code, said) = run(&["clean", "in.jsonl", "--config", "missing.toml"]);
    assert!(code == Some(2) && said.contains("missing.toml: No such file"), "{said}");
}

#[test]
fn a_wrong_settings_file_stops_before_anything_is_read() {
    let place = Place::new();
    for (text, messages) in [
        ("min-page = 5", &["unknown key 'min-page'; did you mean 'min-pages'?"][..]),
        ("scope = 'planet'", &["planet", "host", "line 1"]),
        ("min-pages = 'many'", &["min-pages", "line 1"]),
        ("min-pages = -1", &["min-pages", "line 1"]),
        ("careful = true\naggressive = true", &["careful and aggressive exclude each other: choose one"]),
        ("model = 'missing.json'", &["missing.json: No such file"]),
        ("batch = '1'", &["--batch must lie between"]),
        ("max-page = 'huge'", &["huge"]),
        ("allow-bad = 'all'", &["'all' is neither a number of records nor a percentage"]),
        ("threads = 0", &["threads"]),
        ("this is no toml", &["line 1"]),
    ] {
        place.write("dehusk.toml", text);
        let run = place.run(&["clean", "missing.jsonl", "-o", "out"]);
        run.says(2, messages).says(2, &["error: "]);
        assert!(!run.stderr.contains("missing.jsonl") && !place.path("out").exists(), "{}", run.stderr);
        assert!(run.stderr.contains("dehusk.toml"), "the file is named: {}", run.stderr);
    }
}

#[test]
fn a_wrong_option_stops_before_anything_is_read() {
    let place = Place::new();
    for (arguments, message) in [
        (["--min-pages", "many"], "--min-pages"),
        (["--careful", "--aggressive"], "cannot be used with"),
        (["--model", "missing.json"], "missing.json: No such file"),
        (["--batch", "1K"], "--batch must lie between 4K and 1G"),
        (["--max-page", "10"], "--max-page must lie between 1K and 1T"),
        (["--max-page", "big"], "'big' is not a size"),
        (["--threads", "0"], "--threads"),
        (["--allow-bad", "101%"], "'101%' is neither a number of records nor a percentage"),
        (["--scope", "planet"], "possible values: host, domain, all"),
        (["--format", "xml"], "possible values: jsonl, wet, parquet, text"),
        (["--url-map", "missing.tsv"], "missing.tsv"),
    ] {
        let run = place.run(&[&["clean", "missing.jsonl", "-o", "out"], &arguments[..]].concat());
        run.says(2, &[message, "error: "]);
        assert!(!run.stderr.contains("missing.jsonl") && !place.path("out").exists(), "{}", run.stderr);
    }
}

#[test]
fn the_version_is_told() {
    let run = Place::new().run(&["--version"]);
    assert_eq!(run.stdout, format!("dehusk {}\n", env!("CARGO_PKG_VERSION")).into_bytes());
}
