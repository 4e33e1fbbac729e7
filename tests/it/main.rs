//! Integration tests.
#![allow(clippy::unwrap_used, missing_docs, reason = "helpers of tests may fail as tests do")]

mod functions;
mod log;
