//! The calendar that the program holds is the one that its example makes.

#[allow(dead_code)]
#[path = "../examples/calendar_names.rs"]
mod example;

#[test]
fn calendar_txt_is_what_the_example_prints() {
    let names: Vec<_> = example::names().into_iter().collect();
    let held: Vec<_> = include_str!("../src/line/calendar.txt").lines().collect();
    assert_eq!(names, held, "run: cargo run --example calendar_names > src/line/calendar.txt");
}
