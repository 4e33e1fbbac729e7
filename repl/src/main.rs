//! The command line: a shell on an embedded engine, headless runs, and tools for topics.

mod args;
mod errors;
mod excerpt;
mod interpreter;
mod interrupt;
mod logs;
mod output;
mod render;
mod run;
mod settings;
mod shell;
mod style;
mod test;
mod topics;
mod wrap;

use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;

use crate::args::{Arguments, EngineArguments, Subcommand};
use crate::errors::{Failure, report};
use crate::output::Output;
use tidemill::engine::{Engine, EngineOptions};

/// Memory that is freed goes back to the system: a limit that is kept would mean little otherwise.
#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    log_to_stderr();
    raise_open_files();
    match start(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            report(&failure);
            failure.exit_code()
        }
    }
}

/// Lets the process open as many files as it is allowed to: the log and the state stores have many, and most systems begin with 1,024.
fn raise_open_files() {
    // Where it may not be raised it stays, and an error will say so when files run out.
    drop(rlimit::increase_nofile_limit(u64::MAX));
}

fn start(arguments: Arguments) -> Result<(), Failure> {
    arguments.check()?;
    let mut output = Output::stdout();
    match &arguments.subcommand {
        None => shell::start(&arguments, output),
        Some(Subcommand::Run(run)) => run::start(&arguments, run, output),
        Some(Subcommand::Test(tests)) => test::start(tests, &mut output),
        Some(Subcommand::Topic(topic)) => topics::start(&arguments, topic, &mut output),
        Some(Subcommand::Produce(produce)) => topics::produce(&arguments, produce),
        Some(Subcommand::Consume(consume)) => topics::consume(&arguments, consume, &mut output),
        Some(Subcommand::Log(log)) => logs::start(&arguments, log, &mut output),
        Some(Subcommand::Bench(bench)) => Ok(tidemill_bench::run(bench, &mut std::io::stdout())?),
    }
}

/// Opens the engine that the flags name.
fn open(arguments: &EngineArguments) -> Result<Engine, Failure> {
    let mut options = EngineOptions::new(&arguments.data_dir);
    options.properties.clone_from(&arguments.set);
    Ok(Engine::open(options)?)
}

/// Sends the engine's own log to stderr, quiet unless `TIDEMILL_LOG` says otherwise.
fn log_to_stderr() {
    let filter =
        EnvFilter::try_from_env("TIDEMILL_LOG").unwrap_or_else(|_| EnvFilter::new("error"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .init();
}
