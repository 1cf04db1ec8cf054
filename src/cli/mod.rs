//! The command line: one file a subcommand. The only place that knows a terminal.

mod check;
mod check_text;
mod clean;
mod config_file;
mod destination;
mod eval;
mod eval_text;
mod explain;
mod generate;
mod input;
mod progress;
mod report;
mod report_text;
mod signals;
mod summary;
mod table;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anstream::ColorChoice;
use anstyle::{AnsiColor, Style};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::config::Settings;
use crate::error::{Error, ErrorKind};
use crate::report::Summary;

/// Emphasis.
const BOLD: Style = Style::new().bold();
/// What went wrong.
const BAD: Style = AnsiColor::Red.on_default().bold();
/// What deserves a look.
const NOTE: Style = AnsiColor::Yellow.on_default();
/// What can be read later.
const DIM: Style = Style::new().dimmed();

/// Reads a crawl dump, learns what each site repeats, and keeps what each page alone says.
#[derive(Debug, Parser)]
#[command(
    name = "dehusk",
    version,
    max_term_width = 100,
    after_help = "Exit status: 0 done, 1 a check failed, 2 could not run, 3 done but part of the input could not be read (see --allow-bad), 130/143 stopped by a signal.\n\nDocumentation: README.md; `dehusk generate man` writes the manual page."
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    talk: Talk,
}

#[derive(Debug, Subcommand)]
enum Command {
    Clean(Box<clean::Clean>),
    Report(Box<report::ReportCommand>),
    Check(Box<check::Check>),
    Explain(Box<explain::Explain>),
    Eval(Box<eval::Eval>),
    Generate(generate::Generate),
}

/// How much is said, and how.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Messages")]
struct Talk {
    /// When to use colour
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value = "auto")]
    color: When,
    /// When to show progress on standard error: auto is on a terminal, json is a line of JSON a second
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value = "auto")]
    progress: ProgressWhen,
    /// Settings file [default: dehusk.toml in this folder or the nearest one above]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Say more: every problem instead of the first few of each input
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    /// Say nothing but errors
    #[arg(long, short, global = true)]
    quiet: bool,
}

impl Talk {
    /// Problems of each input that are shown.
    fn problems(&self) -> usize {
        if self.verbose > 0 { usize::MAX } else { 5 }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum When {
    Auto,
    Always,
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ProgressWhen {
    Auto,
    Always,
    Never,
    Json,
}

/// Runs the command and says how it went.
pub fn main() -> ExitCode {
    // A panic on a page is caught, counted and shown with its place; the hook's own message would say it twice.
    std::panic::set_hook(Box::new(|_| {}));
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => {
            let _ = e.print();
            return ExitCode::from(if e.use_stderr() { 2 } else { 0 });
        }
    };
    match cli.talk.color {
        When::Auto => ColorChoice::Auto,
        When::Always => ColorChoice::Always,
        When::Never => ColorChoice::Never,
    }
    .write_global();
    let ran = crate::error::guarded(|| match cli.command {
        Command::Clean(clean) => clean.run(&cli.talk),
        Command::Report(report) => report.run(&cli.talk),
        Command::Check(check) => check.run(&cli.talk),
        Command::Explain(explain) => explain.run(&cli.talk),
        Command::Eval(eval) => eval.run(&cli.talk),
        Command::Generate(generate) => generate.run(),
    })
    .unwrap_or_else(|panic| Err(ErrorKind::Internal(panic).into()));
    match ran {
        Ok(code) => code,
        Err(e) => failed(&e),
    }
}

/// Shows an error and picks its exit status.
fn failed(error: &Error) -> ExitCode {
    if error.is_broken_pipe() {
        return ExitCode::SUCCESS;
    }
    say(format_args!("{BAD}error:{BAD:#} {error}"));
    ExitCode::from(match error.kind() {
        ErrorKind::Interrupted(signal) => u8::try_from(128 + signal).unwrap_or(2),
        _ => 2,
    })
}

/// The exit status of a run that was finished: not 0 when more could not be read than is allowed, and then it says so.
fn exit_status(summary: &Summary, settings: &Settings, talk: &Talk) -> ExitCode {
    let bad = summary.bad();
    if settings.running.allow_bad.allows(bad, summary.tally.pages + bad) {
        return ExitCode::SUCCESS;
    }
    if !talk.quiet {
        say(format_args!(
            "{NOTE}note:{NOTE:#} exit status 3, because part of the input could not be read; --allow-bad {bad} makes it 0"
        ));
    }
    ExitCode::from(3)
}

/// Says something on standard error. Nothing can be done if nobody listens.
fn say(message: std::fmt::Arguments<'_>) {
    let _ = writeln!(anstream::stderr().lock(), "{message}");
}

/// The command as clap sees it, for help, manual and completions.
fn command() -> clap::Command {
    <Cli as clap::CommandFactory>::command()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_consistent() {
        super::command().debug_assert();
    }
}
