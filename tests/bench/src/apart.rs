//! A run in a process of its own: its memory and its time are the engine's alone, and it begins as a user's would.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tidemill::engine::{Engine, EngineOptions};

use crate::error::{BenchError, Result};
use crate::measure::{Figures, Running};

/// What to run: statements on a data folder whose topics are filled, until all is read and committed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Job {
    pub(crate) name: String,
    pub(crate) data_dir: PathBuf,
    pub(crate) properties: Vec<(String, String)>,
    pub(crate) statements: String,
}

/// How long a run may take.
const LONGEST: Duration = Duration::from_secs(3600);

impl Job {
    /// Opens the engine.
    pub(crate) fn open(&self) -> Result<Engine> {
        open(&self.data_dir, &self.properties)
    }

    /// Runs in a process of its own, with some words before its command line.
    pub(crate) fn run(&self, through: Option<&str>) -> Result<Figures> {
        let program = std::env::current_exe()?;
        let mut words: Vec<String> =
            through.unwrap_or_default().split_whitespace().map(str::to_owned).collect();
        words.push(program.display().to_string());
        let mut child = Command::new(&words[0])
            .args(&words[1..])
            .args(["bench", "measure"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(&serde_json::to_vec(self)?)?;
        }
        let output = child.wait_with_output()?;
        if !output.status.success() {
            return Err(BenchError::run(&self.name, format!("its process: {}", output.status)));
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}

/// Opens an engine on a folder.
pub(crate) fn open(data_dir: &Path, properties: &[(String, String)]) -> Result<Engine> {
    let options = properties
        .iter()
        .fold(EngineOptions::new(data_dir), |options, (name, value)| options.with(name, value));
    Ok(Engine::open(options)?)
}

/// Runs the job that comes on stdin, in this process, and writes its figures.
pub(crate) fn measure(out: &mut dyn Write) -> Result<()> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let job: Job = serde_json::from_str(&text)?;
    let opening = Running::start();
    let engine = job.open()?;
    let open_s = opening.elapsed().as_secs_f64();
    let running = Running::start();
    engine.session().execute(&job.statements)?;
    if !engine.wait_until_idle(LONGEST)? {
        return Err(BenchError::run(&job.name, "it did not end"));
    }
    let figures = Figures { open_s, ..running.figures() };
    engine.close()?;
    Ok(serde_json::to_writer(out, &figures)?)
}
