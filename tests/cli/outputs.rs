//! Outputs never get in the way of what is there already, and appear only when they are whole.

use crate::fixture::{Crawl, Place};

fn place() -> Place {
    let place = Place::new();
    place.write("in.jsonl", Crawl::plain(1, 8).jsonl());
    place
}

#[test]
fn an_output_that_exists_is_refused_untouched_and_replaced_by_force() {
    let place = place();
    place.write("out.jsonl", "precious");
    place.write("out/in.jsonl", "precious");
    place.write("dropped.jsonl", "precious");
    let others = [["-o", "out.jsonl"], ["-o", "out"], ["--dropped", "dropped.jsonl"]];
    for ([flag, name], file) in others.into_iter().zip(["out.jsonl", "out/in.jsonl", "dropped.jsonl"]) {
        let run = place.run(&["clean", "in.jsonl", flag, name]);
        run.says(2, &[&format!("error: {file}: exists already; name another output or give --force to replace it")]);
        assert!(run.stdout.is_empty());
        assert_eq!(place.text(file), "precious");
        place.clean(&["in.jsonl", flag, name, "--force"]);
        assert_ne!(place.text(file), "precious");
    }
    assert_eq!(place.names("."), ["dropped.jsonl", "in.jsonl", "out", "out.jsonl"], "nothing else is left");
    assert_eq!(place.names("out"), ["in.jsonl"]);
}

#[test]
fn a_page_of_a_folder_overwrites_no_file() {
    let place = Place::new();
    Crawl::plain(1, 3).folder(&place.path("in"), "txt", crate::fixture::Page::text);
    place.write("out/site0.example/p/001.txt", "precious");
    place.run(&["clean", "in", "-o", "out"]).says(2, &["001.txt: exists already"]);
    assert_eq!(place.names("out/site0.example/p"), ["001.txt"]);
    assert_eq!(place.text("out/site0.example/p/001.txt"), "precious");
    place.clean(&["in", "-o", "out", "--force"]);
    assert_eq!(place.names("out/site0.example/p").len(), 3);
}

#[test]
fn an_output_that_is_an_input_is_refused_under_every_name() {
    let place = place();
    let input = place.read("in.jsonl");
    std::fs::hard_link(place.path("in.jsonl"), place.path("hard.jsonl")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("in.jsonl", place.path("soft.jsonl")).unwrap();
    for name in ["in.jsonl", "./in.jsonl", "hard.jsonl", "soft.jsonl"] {
        if !place.path(name).exists() {
            continue;
        }
        place
            .run(&["clean", "in.jsonl", "-o", name, "--force"])
            .says(2, &["is the input in.jsonl", "inputs are never changed"]);
    }
    place.run(&["clean", "in.jsonl", "-o", ".", "--force"]).says(2, &["is the input in.jsonl"]);
    place
        .run(&["clean", "in.jsonl", "--dropped", "in.jsonl", "--force"])
        .says(2, &["--dropped in.jsonl: is an input or another output"]);
    assert_eq!(place.read("in.jsonl"), input);
}

#[test]
fn two_outputs_are_never_one_file() {
    let place = place();
    for (out, dropped, force) in [
        ("out.jsonl", "out.jsonl", "--force"),
        ("out.jsonl", "./out.jsonl", "--force"),
        ("out", "out/in.jsonl", "--force"),
        ("out.jsonl", "out.jsonl", "-q"),
    ] {
        let run = place.run(&["clean", "in.jsonl", "-o", out, "--dropped", dropped, force]);
        run.says(2, &[&format!("--dropped {dropped}: is an input or another output")]);
        assert!(!place.path("out.jsonl").exists() && !place.path("out/in.jsonl").exists(), "{out} {dropped}");
    }
}

#[test]
fn an_output_inside_an_input_folder_is_refused() {
    let place = Place::new();
    place.write("in/a.txt", "a");
    place.write("crawl/a.jsonl", Crawl::plain(1, 3).jsonl());
    for (input, out) in
        [("in", "in/out"), ("in", "in"), ("in", "./in/../in/out"), ("crawl", "crawl/out"), ("crawl", "crawl/new.jsonl")]
    {
        place.run(&["clean", input, "-o", out]).says(2, &["the output ", " the input "]);
    }
    assert_eq!((place.names("in"), place.names("crawl")), (vec!["a.txt".to_owned()], vec!["a.jsonl".to_owned()]));
}

#[test]
fn inputs_that_would_share_an_output_are_refused() {
    let place = place();
    place.write("in.jsonl.gz", crate::fixture::gz(&Crawl::plain(1, 3).jsonl()));
    place
        .run(&["clean", "in.jsonl", "in.jsonl.gz", "-o", "out", "--compress", "none"])
        .says(2, &["in.jsonl and in.jsonl.gz would both be written to out/in.jsonl"]);
    assert!(!place.path("out").exists());
}

#[test]
fn inputs_of_one_name_in_several_folders_keep_their_folders() {
    let place = Place::new();
    place.write("a/x.jsonl", Crawl::plain(1, 3).jsonl());
    place.write("b/x.jsonl", Crawl::plain(1, 3).jsonl());
    place.clean(&["a/x.jsonl", "b/x.jsonl", "-o", "out"]);
    assert_eq!(
        (place.names("out"), place.names("out/b")),
        (vec!["a".to_owned(), "b".to_owned()], vec!["x.jsonl".to_owned()])
    );
}

#[test]
fn an_output_never_leaves_its_folder() {
    let place = Place::new();
    place.write("deep/a/x.jsonl", Crawl::plain(1, 3).jsonl());
    place.write("deep/x.jsonl", Crawl::plain(1, 3).jsonl());
    place.write("deep/here/in", "");
    let mut command = place.command(&["clean", "-q", "../x.jsonl", "../a/x.jsonl", "-o", "out"]);
    assert!(command.current_dir(place.path("deep/here")).status().unwrap().success());
    assert_eq!(place.names("deep"), ["a", "here", "x.jsonl"]);
    assert_eq!(
        (place.names("deep/here/out"), place.names("deep/here/out/a")),
        (vec!["a".to_owned(), "x.jsonl".to_owned()], vec!["x.jsonl".to_owned()])
    );
}

#[test]
fn a_run_that_reads_no_page_leaves_no_output() {
    let place = Place::new();
    place.write("bad.jsonl", "no JSON\n");
    for out in ["out.jsonl", "out"] {
        place.run(&["clean", "bad.jsonl", "-o", out]).says(2, &["no page could be read", "bad.jsonl:1"]);
    }
    assert!(!place.path("out.jsonl").exists());
    assert!(!place.path("out/bad.jsonl").exists(), "an empty output stands in the folder");
}

#[test]
fn an_input_without_pages_has_an_empty_output_that_can_be_read_again() {
    let place = Place::new();
    for name in ["empty.jsonl", "empty.jsonl.gz", "empty.wet.gz"] {
        let nothing = if name.ends_with("gz") { crate::fixture::gz(b"") } else { Vec::new() };
        place.write(name, nothing);
        place.clean(&[name, "-o", "out"]);
    }
    assert_eq!(place.read("out/empty.jsonl"), b"");
    assert_eq!(crate::fixture::gunzip(&place.read("out/empty.jsonl.gz")), b"");
    place.clean(&["out/empty.jsonl", "out/empty.jsonl.gz"]);
}

#[test]
fn what_is_no_regular_file_is_not_replaced() {
    let place = place();
    std::fs::create_dir(place.path("folder.jsonl")).unwrap();
    place.clean(&["in.jsonl", "-o", "folder.jsonl"]);
    assert_eq!(place.names("folder.jsonl"), ["in.jsonl"], "a folder stays one, whatever its name");
    // A pipe and a socket of the test's own stand for all that is no file. Never try this on a device: a defect would
    // replace it.
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        let made = std::process::Command::new("mkfifo").arg(place.path("pipe.jsonl")).status().unwrap();
        assert!(made.success());
        let _socket = std::os::unix::net::UnixListener::bind(place.path("socket.jsonl")).unwrap();
        for (flag, name) in
            [("-o", "socket.jsonl"), ("--dropped", "socket.jsonl"), ("-o", "pipe.jsonl"), ("--dropped", "pipe.jsonl")]
        {
            let mut child = place.start(&mut place.command(&["clean", "in.jsonl", flag, name, "--force"]));
            assert!(crate::fixture::ends(&mut child), "{flag} {name}: the run waits for the other end");
            let output = child.wait_with_output().unwrap();
            let kind = std::fs::metadata(place.path(name)).unwrap().file_type();
            assert!(kind.is_fifo() || kind.is_socket(), "{flag} replaced {name}");
            let stderr = String::from_utf8(output.stderr).unwrap();
            assert!(
                output.status.code() == Some(2) && stderr.contains(&format!("{name} is no regular file")),
                "{flag} {name}: {stderr}"
            );
        }
    }
}

#[cfg(unix)]
#[test]
fn an_output_has_the_permissions_of_any_new_file() {
    use std::os::unix::fs::PermissionsExt;
    let place = place();
    place.clean(&["in.jsonl", "-o", "out.jsonl"]);
    let mode = |name: &str| std::fs::metadata(place.path(name)).unwrap().permissions().mode();
    assert_eq!(mode("out.jsonl"), mode("in.jsonl"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_named_and_fails_the_run() {
    let place = place();
    place.write("in.wet", Crawl::plain(1, 8).wet());
    place.write("large.jsonl", Crawl::varied(4, 90).jsonl());
    for arguments in [
        &["clean", "in.jsonl"][..],
        &["clean", "large.jsonl"],
        &["clean", "large.jsonl", "--compress", "gz"],
        &["clean", "in.wet", "--compress", "gz"],
        &["clean", "in.wet", "--format", "text"],
        #[cfg(feature = "parquet")]
        &["clean", "in.jsonl", "--format", "parquet"],
        &["generate", "man"],
        &["generate", "bash"],
    ] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = place.command(arguments).stdout(full).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {stderr}");
        assert_eq!(stderr, "error: standard output: No space left on device (os error 28)\n", "{arguments:?}");
    }
}

#[test]
fn a_closed_pipe_is_a_success_without_a_word() {
    let place = Place::new();
    place.write("in.jsonl", Crawl::varied(5, 90).jsonl());
    for further in [
        &[][..],
        &["--compress", "gz"],
        &["--format", "wet"],
        &["--batch", "4K"],
        #[cfg(feature = "parquet")]
        &["--format", "parquet"],
    ] {
        let mut child = place.start(&mut place.command(&[&["clean", "in.jsonl"], further].concat()));
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(
            (output.status.code(), String::from_utf8(output.stderr).unwrap().as_str()),
            (Some(0), ""),
            "{further:?}"
        );
    }
}

#[test]
fn a_locked_output_is_refused_and_free_afterwards() {
    let place = place();
    std::fs::create_dir(place.path("out")).unwrap();
    for out in ["out.jsonl", "out"] {
        let lock = dehusk::sink::file::Lock::take(&place.path(out)).unwrap();
        place
            .run(&["clean", "in.jsonl", "-o", out])
            .says(2, &[&format!("error: {out}: another run of dehusk writes here")]);
        drop(lock);
        place.clean(&["in.jsonl", "-o", out]);
    }
    assert_eq!(place.names("."), ["in.jsonl", "out", "out.jsonl"], "no lock is left");
}
