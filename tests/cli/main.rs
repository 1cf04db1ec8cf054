//! The command, run as a user runs it: every test starts the built binary in a folder of its own.
//!
//! The inputs are made by [`fixture`], so that each test says in a line what is in them. What the binary prints is
//! pinned only where the wording is part of the promise: messages, exit status, help.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[cfg(feature = "parquet")]
mod columns;
mod fixture;

mod annotate;
mod bad_gzip;
mod bad_input;
mod convert;
mod duplicates;
mod empty;
mod eval;
mod explain;
mod fields;
mod formats;
mod forms;
mod gate;
mod invariance;
mod leaning;
mod messages;
mod outputs;
#[cfg(feature = "parquet")]
mod parquet;
mod patterns;
mod report;
#[cfg(unix)]
mod signals;
mod summary;
