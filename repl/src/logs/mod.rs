//! `tidemill log`: looks at the files of the log, and repairs them, while no engine has them open.

use std::path::Path;

use tidemill::disk::RealDisk;
use tidemill::log::{LogError, inspect};

use crate::args::{Arguments, LogCommand};
use crate::errors::Failure;
use crate::output::Output;

/// Runs `tidemill log …`.
pub(crate) fn start(
    arguments: &Arguments,
    command: &LogCommand,
    output: &mut Output,
) -> Result<(), Failure> {
    let folder = arguments.engine.data_dir.join("log");
    match command {
        LogCommand::Verify { what } => {
            let reports = failing(inspect::verify(&RealDisk, &folder, what.as_deref()))?;
            for report in &reports {
                output.line(&report.to_string())?;
            }
            output.flush()?;
            let damaged = reports.iter().filter(|report| !report.damages.is_empty()).count();
            if 0 < damaged {
                let help = "`tidemill log repair` takes out what is lost";
                let all = reports.len();
                return Err(Failure::Input(format!(
                    "damaged partitions: {damaged} of {all}; {help}"
                )));
            }
        }
        LogCommand::Dump { files, records } => {
            let mut are_valid = true;
            for file in files {
                are_valid &= dump(file, *records, output)?;
            }
            output.flush()?;
            if !are_valid {
                return Err(Failure::Input("not all of it could be read".to_owned()));
            }
        }
        LogCommand::Repair { what, accept_loss } => {
            repair(&folder, what.as_deref(), *accept_loss, output)?;
        }
    }
    Ok(output.flush()?)
}

fn dump(file: &Path, with_records: bool, output: &mut Output) -> Result<bool, Failure> {
    output.line(&format!("Dumping {}", file.display()))?;
    let mut written = Ok(());
    let is_valid = inspect::dump(&RealDisk, file, with_records, &mut |line| {
        written = output.line(&line);
        written.is_ok()
    });
    written?;
    failing(is_valid)
}

fn repair(
    folder: &Path,
    what: Option<&str>,
    accept_loss: bool,
    output: &mut Output,
) -> Result<(), Failure> {
    if accept_loss {
        let repaired = failing(inspect::repair(&RealDisk, folder, what))?;
        for report in &repaired {
            output.line(&format!("{}: repaired", report.partition))?;
            for damage in &report.damages {
                output.line(&format!("  lost: {damage}"))?;
            }
        }
        if repaired.is_empty() {
            output.line("nothing to repair")?;
        }
        return Ok(());
    }
    let reports = failing(inspect::verify(&RealDisk, folder, what))?;
    let damaged: Vec<_> = reports.iter().filter(|it| !it.damages.is_empty()).collect();
    for report in &damaged {
        output.line(&format!("{}: would be repaired", report.partition))?;
        for damage in &report.damages {
            output.line(&format!("  would be lost: {damage}"))?;
        }
    }
    if damaged.is_empty() {
        output.line("nothing to repair")?;
        return Ok(());
    }
    output.flush()?;
    Err(Failure::Input("nothing was changed; --accept-loss repairs".to_owned()))
}

fn failing<T>(result: Result<T, LogError>) -> Result<T, Failure> {
    result.map_err(|error| Failure::Engine(error.into()))
}
