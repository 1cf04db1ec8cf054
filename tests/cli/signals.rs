//! Signals, and runs beside each other.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use crate::fixture::{Crawl, Place};

fn send(signal: &str, child: &Child) {
    let status = Command::new("sh").args(["-c", &format!("kill -{signal} {}", child.id())]).status().unwrap();
    assert!(status.success());
}

/// A folder with an input that keeps a run busy for a while.
fn busy() -> Place {
    let place = Place::new();
    let jsonl = Crawl::varied(6, 90).jsonl();
    place.write("in.jsonl", jsonl.repeat(60));
    place
}

/// Starts a run and returns when it has begun to read.
fn started(place: &Place, out: &str) -> Child {
    let arguments = ["clean", "in.jsonl", "-o", out, "--progress", "json", "-j", "1", "--batch", "4K"];
    let mut child = place.start(&mut place.command(&arguments));
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    stderr.read_line(&mut line).unwrap();
    assert!(line.contains("\"phase\":\"reading\""), "{line}");
    child.stderr = Some(stderr.into_inner());
    child
}

fn rest_of_stderr(child: &mut Child) -> String {
    let mut text = String::new();
    child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    text
}

#[test]
fn a_signal_ends_a_run_and_leaves_no_output() {
    let place = busy();
    for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        for out in ["out.jsonl", "out/"] {
            let mut child = started(&place, out);
            send(signal, &child);
            let said = rest_of_stderr(&mut child);
            assert_eq!(child.wait().unwrap().code(), Some(code), "{signal}: {said}");
            assert!(
                said.contains(&format!("stopped by signal {}; unfinished outputs were removed", code - 128)),
                "{said}"
            );
            assert!(!place.path("out.jsonl").exists());
        }
    }
    assert_eq!(
        (place.names("."), place.names("out")),
        (vec!["in.jsonl".to_owned(), "out".to_owned()], vec![]),
        "nothing is left, hidden or not"
    );
}

#[test]
fn a_signal_ends_a_run_that_waits_for_its_input() {
    let place = Place::new();
    place.write("head.jsonl", Crawl::plain(1, 4).jsonl());
    assert!(Command::new("mkfifo").arg(place.path("slow.jsonl")).status().unwrap().success());
    let mut child =
        place.start(place.command(&["clean", "slow.jsonl", "-o", "out.jsonl", "--temp-dir", "."]).stdin(Stdio::null()));
    // Opening the pipe waits until the run has opened it too; signals are watched by then.
    let mut pipe = std::fs::OpenOptions::new().write(true).open(place.path("slow.jsonl")).unwrap();
    std::io::Write::write_all(&mut pipe, &place.read("head.jsonl")).unwrap();
    send("INT", &child);
    // The writer is still there: only the signal can end the run.
    assert!(crate::fixture::ends(&mut child), "the run waits on for its input");
    drop(pipe);
    assert_eq!(child.wait().unwrap().code(), Some(130), "{}", rest_of_stderr(&mut child));
    assert_eq!(place.names("."), ["head.jsonl", "slow.jsonl"], "nothing is left");
}

#[test]
fn the_second_of_two_runs_on_one_output_is_refused_and_the_first_goes_on() {
    let place = busy();
    for out in ["out.jsonl", "out"] {
        let mut first = started(&place, out);
        send("STOP", &first);
        let refused = place.run(&["clean", "in.jsonl", "-o", out]);
        send("CONT", &first);
        refused.says(2, &["another run of dehusk writes here"]);
        let said = rest_of_stderr(&mut first);
        assert_eq!(first.wait().unwrap().code(), Some(0), "{said}");
    }
    assert_eq!(
        (place.names("."), place.names("out")),
        (["in.jsonl", "out", "out.jsonl"].map(String::from).to_vec(), vec!["in.jsonl".to_owned()])
    );
}

#[test]
fn an_input_that_shrinks_while_it_is_read_fails_the_run() {
    let place = busy();
    let mut child = started(&place, "out.jsonl");
    send("STOP", &child);
    let bytes = place.read("in.jsonl");
    std::fs::OpenOptions::new()
        .write(true)
        .open(place.path("in.jsonl"))
        .unwrap()
        .set_len(bytes.len() as u64 * 9 / 10)
        .unwrap();
    send("CONT", &child);
    let said = rest_of_stderr(&mut child);
    assert_eq!(child.wait().unwrap().code(), Some(2), "{said}");
    assert!(said.contains("in.jsonl: the input changed while it was read"), "{said}");
    assert_eq!(place.names("."), ["in.jsonl"]);
}
