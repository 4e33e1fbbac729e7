//! Tidemill: a stream processor with a log of its own.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test panics"))]

pub mod error;
mod text;
// clock, disk, log: see the log branch
pub mod config;
pub mod types;
pub mod functions;
pub mod formats;
pub mod expr;
pub mod catalog;
pub mod plan;
pub mod engine;
