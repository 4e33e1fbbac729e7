//! A folder of one's own to run the binary in.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use regex::Regex;

/// The binary under test.
pub(crate) const TIDEMILL: &str = env!("CARGO_BIN_EXE_tidemill");

/// A folder to run the binary in: its data folder is `data`, its home is here too.
pub(crate) struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Place { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file.
    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path().join(name), text).unwrap();
    }

    /// Reads a file.
    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).unwrap()
    }

    /// The variables the binary sees: nothing of who runs the tests.
    pub(crate) fn variables(&self) -> Vec<(&'static str, String)> {
        let bin = Path::new(TIDEMILL).parent().unwrap();
        let path = std::env::join_paths([bin.to_owned(), "/usr/bin".into(), "/bin".into()]);
        vec![
            ("PATH", path.unwrap().into_string().unwrap()),
            ("HOME", self.path().display().to_string()),
            ("TIDEMILL_DATA_DIR", "data".to_owned()),
            ("TERM", "xterm-256color".to_owned()),
            ("LANG", "C.UTF-8".to_owned()),
        ]
    }

    fn command(&self, program: impl Into<PathBuf>, arguments: &[&str]) -> Command {
        let mut command = Command::new(program.into());
        command.args(arguments).current_dir(self.path()).stdin(Stdio::null());
        command.env_clear().envs(self.variables());
        command
    }

    /// Prepares a run of the binary.
    pub(crate) fn tidemill(&self, arguments: &[&str]) -> Command {
        self.command(TIDEMILL, arguments)
    }

    /// Runs a line of shell script and writes down what it says: stdout, then stderr with a mark, then the status.
    pub(crate) fn say(&self, line: &str) -> String {
        let Output { status, stdout, stderr } =
            self.command("/bin/sh", &["-c", line]).output().unwrap();
        let mut said = String::from_utf8(stdout).unwrap();
        for line in String::from_utf8(stderr).unwrap().lines() {
            said.push_str(&format!("! {line}\n"));
        }
        match status.code() {
            Some(0) => {}
            Some(code) => said.push_str(&format!("exit status {code}\n")),
            None => said.push_str(&format!("{status}\n")),
        }
        self.masked(&said)
    }

    /// Replaces what differs from run to run.
    pub(crate) fn masked(&self, text: &str) -> String {
        let text = text.replace(&self.path().display().to_string(), "<dir>");
        let masks = [
            (r"\b1[7-9]\d{11}\b", "<now>"),
            (r"\b20[2-9]\d-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*Z?", "<now>"),
            (r"\([\d,]+/s\)", "(<rate>)"),
            (r#"("id":)"[\w-]{22}""#, r#"$1"<id>""#),
            (r"\b[\w-]{22}\b", "<id>"),
            (r", \d+ (milli)?seconds?\b", ", <time>"),
        ];
        masks.iter().fold(text, |text, (pattern, shown)| {
            Regex::new(pattern).unwrap().replace_all(&text, *shown).into_owned()
        })
    }
}
