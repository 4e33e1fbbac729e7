//! What is behind `tidemill bench`: benches that others can repeat.
//!
//! ```text
//! data ─▶ topics, filled before the clock starts ─▶ a query in a process of its own ─▶ figures
//!   └──▶ the same rows in DataFusion ─▶ the answer ◀─ compared ─ the topic of the results
//! ```
//!
//! A query whose answer is not DataFusion's has no figures: the run fails and shows how they differ.

mod error;
mod arguments;
mod measure;
mod limits;
mod report;
mod data;
mod answer;
mod queries;
mod apart;
mod suite;
mod keys;
mod latency;
mod scale;
mod log;
mod functions;
mod generate;

use std::io::Write;

pub use arguments::BenchCommand;
pub use error::BenchError;

/// Runs a bench, and writes what it finds.
pub fn run(command: &BenchCommand, out: &mut dyn Write) -> Result<(), BenchError> {
    match command {
        BenchCommand::Nexmark(arguments) => suite::run(arguments, out),
        BenchCommand::Keys(arguments) => keys::run(arguments, out),
        BenchCommand::Latency(arguments) => latency::run(arguments, out),
        BenchCommand::Scale(command) => scale::run(command, out),
        BenchCommand::Log(arguments) => log::run(arguments, out),
        BenchCommand::Functions(arguments) => functions::run(arguments, out),
        BenchCommand::Generate(arguments) => generate::run(arguments, out),
        BenchCommand::Measure => apart::measure(out),
    }
}
