//! The real binary on a data folder of its own.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::{Map, Value};
use tempfile::TempDir;
use tidemill::clock::{Clock, SystemClock};

/// What no queries of these tests need to come to their end, unless they hang.
const PATIENCE: Duration = Duration::from_secs(300);

/// Returns the binary: the one that `TIDEMILL` names, or the one of this build, which is made if it is not there.
pub(crate) fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| std::env::var_os("TIDEMILL").map_or_else(build, PathBuf::from))
}

/// Returns an example of this build, which is made if it is not there.
pub(crate) fn example(name: &str) -> PathBuf {
    let path = profile_folder().join("examples").join(name);
    if !path.exists() {
        build();
    }
    path
}

/// Returns target/PROFILE: this test is target/PROFILE/deps/it-….
fn profile_folder() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.ancestors().nth(2).expect("a test lies in target/PROFILE/deps").to_owned()
}

/// Builds the binary with the features and the profile that this test was built with.
fn build() -> PathBuf {
    let folder = profile_folder();
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut build = Command::new(cargo);
    build
        .args(["build", "--quiet", "--workspace", "--bins", "--examples", "--target-dir"])
        .arg(folder.parent().expect("a profile lies in a target folder"))
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    if folder.ends_with("release") {
        build.arg("--release");
    }
    let output = build.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    folder.join("tidemill")
}

/// The binary and a data folder, which goes with it.
pub(crate) struct Program {
    folder: TempDir,
}

impl Program {
    /// Makes an empty folder.
    pub(crate) fn new() -> Self {
        Program { folder: tempfile::tempdir().unwrap() }
    }

    /// Returns a place for a file beside the data folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Prepares a call. What the environment says of data folders is not for it.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.args(args).arg("--data-dir").arg(self.path("data"));
        command.env_remove("TIDEMILL_DATA_DIR").stdin(Stdio::null());
        command
    }

    /// Calls it and returns what it wrote.
    #[track_caller]
    pub(crate) fn call(&self, args: &[&str]) -> String {
        finish(args, self.command(args).output().unwrap())
    }

    /// Calls it with text on stdin and returns what it wrote.
    #[track_caller]
    pub(crate) fn call_with(&self, args: &[&str], input: &[u8]) -> String {
        let mut command = self.command(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let output = std::thread::scope(|scope| {
            // A program that fails early reads no further; what it says is the reason.
            scope.spawn(move || drop(stdin.write_all(input)));
            child.wait_with_output().unwrap()
        });
        finish(args, output)
    }

    /// Runs the queries of a file until they have nothing left to do. One that stops with an error is a failure, and so are
    /// queries that do not come to their end.
    #[track_caller]
    pub(crate) fn run(&self, file: &Path) {
        let args = ["run", file.to_str().unwrap(), "--exit-when-idle"];
        let mut command = self.command(&args);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (stdout, stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let clock = SystemClock::new();
        let output = std::thread::scope(|scope| {
            let stdout = scope.spawn(|| bytes_of(stdout));
            let stderr = scope.spawn(|| bytes_of(stderr));
            let mut is_late = false;
            let status = loop {
                if let Some(status) = child.try_wait().unwrap() {
                    break status;
                }
                if PATIENCE <= clock.monotonic() && !is_late {
                    is_late = true;
                    child.kill().unwrap();
                }
                clock.wait(Duration::from_millis(2));
            };
            let (stdout, stderr) = (stdout.join().unwrap(), stderr.join().unwrap());
            (!is_late).then_some(Output { status, stdout, stderr })
        });
        let Some(output) = output else {
            let queries = self.call(&["-e", "SHOW QUERIES EXTENDED;"]);
            panic!("{args:?}: not at the end after {PATIENCE:?}\n{queries}");
        };
        finish(&args, output);
    }

    /// Lets the queries that are there come to an end: what a table is asked for before that may be of any moment.
    #[track_caller]
    pub(crate) fn settle(&self) {
        let nothing = self.path("nothing.sql");
        std::fs::write(&nothing, "").unwrap();
        self.run(&nothing);
    }

    /// Asks for rows: by column name.
    #[track_caller]
    pub(crate) fn rows(&self, sql: &str) -> Vec<Map<String, Value>> {
        objects(&self.call(&["--output", "json", "-e", sql])).collect()
    }

    /// Reads all committed records of a topic.
    #[track_caller]
    pub(crate) fn records(&self, topic: &str) -> Vec<Map<String, Value>> {
        objects(&self.records_as_text(topic)).collect()
    }

    /// Reads all committed records of a topic as JSON, one a line.
    #[track_caller]
    pub(crate) fn records_as_text(&self, topic: &str) -> String {
        self.call(&["consume", topic, "--from", "beginning", "--exit-at-end", "--json"])
    }
}

fn bytes_of(mut from: impl Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    from.read_to_end(&mut bytes).unwrap();
    bytes
}

/// Reads objects, one a line.
pub(crate) fn objects(lines: &str) -> impl Iterator<Item = Map<String, Value>> {
    lines.lines().map(|line| serde_json::from_str(line).expect(line))
}

#[track_caller]
fn finish(args: &[&str], output: Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}: {}\n{said}", output.status);
    String::from_utf8(output.stdout).unwrap()
}
