//! Tests of the binary: what it does in a pipe, as a service, and at a terminal.
#![allow(clippy::unwrap_used, missing_docs, reason = "helpers of tests may fail as tests do")]

mod bench;
mod place;
mod scripts;
mod service;
mod shell;
mod terminal;
