//! Tidemill: a stream processor with a log of its own.
//!
//! The modules are declared in the order of their dependencies, which is also the order to read them in: each uses those above it
//! only, and a test holds them to that. What holds everywhere, and why:
//!
//! - Only `formats` turns bytes into columns or back. What a payload means is decided in one place, and whoever adds a format touches
//!   nothing else.
//! - Only `log` knows how records lie in a file. What is above it works on any log that keeps its promises, be it one on other machines.
//! - `operators`, and `state` above what is committed, read no clock, no random number, no file and no socket. So the same records give
//!   the same answer, on a replay, after a crash and in a test.
//! - Time comes from records. The wall clock decides when to commit and what to retain in the log, never what a query answers.
//! - However records are cut into batches, the same ones come out in the same order, but for updates of a key that are merged.
//! - A task hands its changes of state over together with where it stands and what it has written; all of it is committed, or none.
//! - Topics between the parts of a query, the statements and the processing log are topics as all others are: any client reads them.
//! - RocksDB's types appear in one file of `state`.
//! - No input makes the process panic: text, payload, file or configuration.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test panics"))]

pub mod error;
mod text;
pub mod clock;
pub mod disk;
pub mod config;
pub mod types;
pub mod log;
pub mod registry;
pub mod functions;
pub mod formats;
pub mod expr;
pub mod catalog;
pub mod plan;
pub mod state;
pub mod operators;
pub mod topology;
pub mod runtime;
pub mod query;
pub mod engine;
