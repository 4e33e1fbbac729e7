//! Tidemill: a stream processor with a log of its own.

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
