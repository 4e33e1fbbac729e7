//! Why the program, or a statement, did not do what was asked.

use std::error::Error as _;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use tidemill::error::{Error, ErrorKind};
use tidemill_bench::BenchError;

use crate::excerpt::Excerpt;
use crate::style::{self, ERROR, paint};
use crate::wrap::wrap;

/// Why the program, or a statement, did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The program was called with what cannot be.
    #[error("{0}")]
    Usage(String),
    /// A statement failed.
    #[error("{}", error.message())]
    Statement {
        /// Why.
        error: Error,
        /// Where, if that is known.
        excerpt: Option<Box<Excerpt>>,
    },
    /// The engine failed at something that is not a statement.
    #[error("{}", .0.message())]
    Engine(#[from] Error),
    /// A bench did not run, or an answer was wrong.
    #[error("{0}")]
    Bench(BenchError),
    /// A file, or what stands in it.
    #[error("{0}")]
    Input(String),
    /// A file could not be read or written.
    #[error("{doing}: {source}")]
    File {
        /// What was tried.
        doing: String,
        /// Why it failed.
        source: io::Error,
    },
    /// Nobody takes the output any more, or it cannot be written.
    #[error("cannot write the output: {0}")]
    Output(#[from] io::Error),
    /// Ctrl-C.
    #[error("interrupted")]
    Interrupted,
    /// What was wrong has been said.
    #[error("it failed")]
    Reported,
}

impl From<BenchError> for Failure {
    fn from(error: BenchError) -> Self {
        match error {
            BenchError::Usage(text) => Failure::Usage(text),
            error => Failure::Bench(error),
        }
    }
}

impl Failure {
    /// A file that cannot be read.
    pub(crate) fn reading(path: &Path, source: io::Error) -> Self {
        Failure::File { doing: format!("cannot read {}", path.display()), source }
    }

    /// Tells whether the reader of a pipe has gone, which is no error: `tidemill … | head`.
    fn is_closed_pipe(&self) -> bool {
        matches!(self, Failure::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// Tells whether a shell must end with it.
    pub(crate) fn is_fatal(&self) -> bool {
        matches!(self, Failure::Output(_))
    }

    /// Returns the status the program ends with.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            failure if failure.is_closed_pipe() => ExitCode::SUCCESS,
            Failure::Usage(_) => ExitCode::from(2),
            Failure::Interrupted => ExitCode::from(130),
            Failure::Statement { .. }
            | Failure::Engine(_)
            | Failure::Bench(_)
            | Failure::Input(_)
            | Failure::File { .. }
            | Failure::Output(_)
            | Failure::Reported => ExitCode::from(1),
        }
    }

    fn engine_error(&self) -> Option<&Error> {
        match self {
            Failure::Statement { error, .. } | Failure::Engine(error) => Some(error),
            Failure::Usage(_)
            | Failure::Bench(_)
            | Failure::Input(_)
            | Failure::File { .. }
            | Failure::Output(_)
            | Failure::Interrupted
            | Failure::Reported => None,
        }
    }
}

/// Tells the user on stderr.
pub(crate) fn report(failure: &Failure) {
    if failure.is_closed_pipe() || matches!(failure, Failure::Reported) {
        return;
    }
    say(&render_for(failure, style::stderr_takes_colours(), style::stderr_width()));
}

/// Writes to stderr what is no result.
pub(crate) fn say(text: &str) {
    // Nobody is left to be told if stderr is closed; `eprint!` would panic.
    let _ = io::Write::write_all(&mut io::stderr(), text.as_bytes());
}

/// Writes a failure: what, where, why, and what to do.
pub(crate) fn render(failure: &Failure, colours: bool) -> String {
    render_for(failure, colours, None)
}

/// The same for a terminal of some width.
fn render_for(failure: &Failure, colours: bool, width: Option<usize>) -> String {
    const TITLE: &str = "error:";
    let message = wrap(&format!("{TITLE} {failure}"), width);
    let mut text = format!("{}{}\n", paint(ERROR, TITLE, colours), &message[TITLE.len()..]);
    if let Failure::Statement { excerpt: Some(excerpt), .. } = failure {
        text.push_str(&excerpt.render(colours));
    }
    if let Some(error) = failure.engine_error() {
        text.push_str(&wrap(&causes(error), width));
        text.push_str(advice(error.kind()));
    }
    if let Failure::Usage(_) = failure {
        text.push_str("try `tidemill --help`\n");
    }
    text
}

fn causes(error: &Error) -> String {
    let mut text = String::new();
    let mut said = error.message().to_owned();
    let mut cause = error.source();
    while let Some(error) = cause {
        let why = error.to_string();
        // Some errors repeat their cause in their own words.
        if !said.contains(&why) {
            text.push_str(&format!("  because: {why}\n"));
        }
        cause = error.source();
        said = why;
    }
    text
}

/// What the message itself does not say already.
fn advice(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Retry => "it may work later: try again\n",
        ErrorKind::Storage => "look at the disk; nothing acknowledged is lost\n",
        ErrorKind::Syntax
        | ErrorKind::Statement
        | ErrorKind::Input
        | ErrorKind::NotFound
        | ErrorKind::AlreadyExists
        | ErrorKind::Closed => "",
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[track_caller]
    fn check(failure: &Failure, want: Expect) {
        want.assert_eq(&render(failure, false));
    }

    #[test]
    fn a_failure_says_what_where_and_why() {
        let error = Error::new(ErrorKind::Storage, "cannot open the folder d")
            .caused_by(io::Error::other("no space left"));
        check(
            &Failure::Engine(error),
            expect![[r"
                error: cannot open the folder d
                  because: no space left
                look at the disk; nothing acknowledged is lost
            "]],
        );
        let text = "SELECT item,\n  prize FROM bids";
        let error = Error::statement("column PRIZE cannot be resolved").at(2, 3);
        let excerpt = Excerpt::new(Some("report.sql"), text, (2, 3)).map(Box::new);
        check(
            &Failure::Statement { error, excerpt },
            expect![[r"
                error: column PRIZE cannot be resolved
                  --> report.sql:2:3
                2 |   prize FROM bids
                  |   ^^^^^
            "]],
        );
        check(
            &Failure::Usage("no".to_owned()),
            expect![[r"
                error: no
                try `tidemill --help`
            "]],
        );
    }

    #[test]
    fn a_closed_pipe_is_no_error() {
        let failure = Failure::Output(io::ErrorKind::BrokenPipe.into());
        assert_eq!(failure.exit_code(), ExitCode::SUCCESS);
    }
}
