//! `tidemill run`: the queries of files, until stopped.

mod progress;
pub(crate) mod restart;

use std::time::Duration;

use tidemill::engine::Engine;
use tokio::signal::unix::SignalKind;

use crate::args::{Arguments, RunArguments};
use crate::errors::Failure;
use crate::interpreter::{Interpreter, Manner};
use crate::interrupt::Interrupts;
use crate::output::Output;
use crate::run::progress::ProgressLine;
use crate::settings::Settings;

/// How often the progress line changes, and how often the end is looked for.
const TICK: Duration = Duration::from_millis(500);

/// Runs `tidemill run`.
pub(crate) fn start(
    arguments: &Arguments,
    run: &RunArguments,
    output: Output,
) -> Result<(), Failure> {
    let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
    let interrupts = Interrupts::listen(&kinds)?;
    let engine = crate::open(&arguments.engine)?;
    let manner = if output.is_terminal() { Manner::Batch } else { Manner::Quiet };
    let mut interpreter =
        Interpreter::new(engine.clone(), Settings::default(), output, interrupts, manner);
    let result =
        run_files(&mut interpreter, run).and_then(|()| keep_running(&mut interpreter, run));
    let closed = engine.close();
    match result {
        // A service that is told to stop has done what it should.
        Ok(()) | Err(Failure::Interrupted) => Ok(closed?),
        Err(failure) => Err(failure),
    }
}

fn run_files(interpreter: &mut Interpreter, run: &RunArguments) -> Result<(), Failure> {
    interpreter.define(&run.define)?;
    interpreter.pass_over_what_is_there();
    for path in &run.files {
        interpreter.run_file(path)?;
    }
    Ok(interpreter.output.flush()?)
}

/// Waits for a signal, or for the queries to have nothing left to do.
fn keep_running(interpreter: &mut Interpreter, run: &RunArguments) -> Result<(), Failure> {
    let engine = interpreter.engine.clone();
    if engine.queries().is_empty() {
        // Nothing would ever happen.
        return Ok(());
    }
    let line = ProgressLine::start();
    loop {
        let is_done = run.exit_when_idle && engine.wait_until_idle(TICK)?;
        let wait = if run.exit_when_idle { Duration::ZERO } else { TICK };
        if is_done || interpreter.interrupts().pause(wait) {
            break;
        }
        line.show(interpreter);
    }
    line.finish(interpreter);
    failed_queries(&engine)
}

/// A query that stopped with an error is a failure of the run.
fn failed_queries(engine: &Engine) -> Result<(), Failure> {
    let failed = engine.queries().into_iter().filter(|query| query.state == "ERROR");
    let said: Vec<String> = failed
        .map(|query| {
            let reason = query.error.as_deref().unwrap_or("no reason is known");
            format!("query {} stopped: {reason}", query.id)
        })
        .collect();
    if said.is_empty() { Ok(()) } else { Err(Failure::Input(said.join("\n"))) }
}
