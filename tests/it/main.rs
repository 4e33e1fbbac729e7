//! Integration tests, in folders by promise.
#![allow(clippy::unwrap_used, missing_docs, reason = "helpers of tests may fail as tests do")]
#![allow(clippy::print_stdout, reason = "what a failing test was at")]
#![allow(
    clippy::explicit_auto_deref,
    reason = "what it proposes for a choice of names does not compile"
)]

mod batch;
mod crash;
mod data;
mod docs;
mod engine;
mod faults;
mod functions;
mod kill;
mod load;
mod log;
mod log_program;
mod memory;
mod program;
mod random;
mod readme;
mod soak;
mod sql;
mod tidy;
mod topologies;
