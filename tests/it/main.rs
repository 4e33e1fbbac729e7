//! Integration tests, in folders by promise.
#![allow(clippy::unwrap_used, missing_docs, reason = "helpers of tests may fail as tests do")]

mod docs;
mod engine;
mod functions;
mod log;
mod sql;
mod tidy;
