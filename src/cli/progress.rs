//! Progress on standard error: a bar on a terminal, lines of JSON for machines.

use std::cell::Cell;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{ProgressWhen, Talk, say};
use crate::pipeline::{Phase, Progress};

/// How often progress is told to machines.
const EVERY: Duration = Duration::from_secs(1);

/// Shows where a run stands.
pub struct Bar {
    bar: ProgressBar,
    json: bool,
    begun: Instant,
    told: Cell<Option<Instant>>,
}

impl Bar {
    /// A bar as the user wants it: none unless standard error is a terminal.
    pub fn new(talk: &Talk) -> Self {
        let shown = match talk.progress {
            ProgressWhen::Always => true,
            ProgressWhen::Never | ProgressWhen::Json => false,
            ProgressWhen::Auto => !talk.quiet && std::io::stderr().is_terminal(),
        };
        let target = if shown { ProgressDrawTarget::stderr_with_hz(8) } else { ProgressDrawTarget::hidden() };
        let style =
            ProgressStyle::with_template("{msg:10} {wide_bar:.green} {percent:>3} %  {bytes_per_sec}  {eta} left");
        let bar = ProgressBar::with_draw_target(Some(1), target)
            .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self { bar, json: talk.progress == ProgressWhen::Json, begun: Instant::now(), told: Cell::new(None) }
    }

    /// Shows where the run stands now.
    pub fn show(&self, at: Progress) {
        let phase = match at.phase {
            Phase::Reading => "reading",
            Phase::Counting => "counting",
            Phase::Comparing => "comparing",
            Phase::Writing => "writing",
        };
        if self.json {
            if self.told.get().is_none_or(|told| told.elapsed() >= EVERY) {
                self.told.set(Some(Instant::now()));
                let seconds = self.begun.elapsed().as_secs_f64();
                say(format_args!(
                    "{}",
                    serde_json::json!({"phase": phase, "done": at.done, "total": at.total, "pages": at.pages, "seconds": (seconds * 1000.0).round() / 1000.0})
                ));
            }
            return;
        }
        self.bar.set_length(at.total.max(1));
        self.bar.set_message(phase);
        self.bar.set_position(at.done);
    }

    /// Takes the bar away.
    pub fn end(&self) {
        self.bar.finish_and_clear();
    }
}
