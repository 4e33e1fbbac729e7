//! `tidemill test`: SQL tests in files.

use std::path::{Path, PathBuf};

use tidemill::engine::{SqlTest, SqlTestFailure};
use tidemill::error::Error;

use crate::args::TestArguments;
use crate::errors::{Failure, report};
use crate::excerpt::Excerpt;
use crate::output::Output;
use crate::style::{ERROR, NAME, paint};

/// A file of tests.
struct TestFile<'a> {
    path: &'a Path,
    text: String,
}

/// How many tests there were, and how many of them failed.
#[derive(Default)]
struct Totals {
    passed: u64,
    failed: u64,
    /// Those that the filter leaves out.
    left_out: u64,
}

/// Runs `tidemill test`.
pub(crate) fn start(arguments: &TestArguments, output: &mut Output) -> Result<(), Failure> {
    let mut totals = Totals::default();
    let mut has_bad_file = false;
    for path in &arguments.files {
        if let Err(failure) = run_file(path, arguments, &mut totals, output) {
            if failure.is_fatal() {
                return Err(failure);
            }
            output.flush()?;
            report(&failure);
            has_bad_file = true;
        }
    }
    output.line(&totals.line())?;
    output.flush()?;
    if totals.failed > 0 || has_bad_file {
        return Err(Failure::Reported);
    }
    match &arguments.filter {
        // A filter that is mistyped must not look like a success.
        Some(filter) if totals.passed == 0 => {
            Err(Failure::Input(format!("no test's file and name contain '{filter}'")))
        }
        _ => Ok(()),
    }
}

fn run_file(
    path: &Path,
    arguments: &TestArguments,
    totals: &mut Totals,
    output: &mut Output,
) -> Result<(), Failure> {
    let text = crate::interpreter::read_script(path)?;
    let file = TestFile { path, text };
    let tests = SqlTest::parse(&file.text).map_err(|error| file.directive_failure(error))?;
    if tests.is_empty() {
        return Err(Failure::Input(format!("there is no test in {}", path.display())));
    }
    for test in tests {
        let name = file.title(test.name());
        if arguments.filter.as_ref().is_some_and(|filter| !name.contains(filter)) {
            totals.left_out += 1;
            continue;
        }
        let folder = path.parent().map(PathBuf::from).unwrap_or_default();
        let variables = arguments.define.iter();
        let test = variables
            .fold(test.in_folder(folder), |test, (name, value)| test.with_variable(name, value));
        match test.run() {
            Ok(()) => {
                totals.passed += 1;
                let mark = paint(NAME, "ok", output.colours());
                output.line(&format!("{mark}      {name}"))?;
            }
            Err(failure) => {
                totals.failed += 1;
                let mark = paint(ERROR, "FAILED", output.colours());
                output.line(&format!("{mark}  {name}"))?;
                output.text(&file.shown(&failure, output.colours()))?;
            }
        }
        output.flush()?;
    }
    Ok(())
}

impl TestFile<'_> {
    fn title(&self, name: Option<&str>) -> String {
        let path = self.path.display();
        name.map_or_else(|| path.to_string(), |name| format!("{path}: {name}"))
    }

    fn excerpt(&self, place: (u32, u32)) -> Option<Excerpt> {
        Excerpt::new(Some(&self.path.display().to_string()), &self.text, place)
    }

    /// What is wrong with the directives, and with no test in particular.
    fn directive_failure(&self, error: Error) -> Failure {
        let excerpt = error.position().and_then(|place| self.excerpt(place));
        Failure::Statement { error, excerpt: excerpt.map(Box::new) }
    }

    /// Shows what failed, where, and how the records differ.
    fn shown(&self, failure: &SqlTestFailure, colours: bool) -> String {
        let excerpt = self.excerpt(failure.position).map(|it| it.render(colours));
        let text =
            format!("{}\n{}{}", failure.message, excerpt.unwrap_or_default(), failure.details());
        text.lines().map(|line| format!("        {line}\n")).collect()
    }
}

impl Totals {
    fn line(&self) -> String {
        let count = self.passed + self.failed;
        let tests = if count == 1 { "test" } else { "tests" };
        let left_out = match self.left_out {
            0 => String::new(),
            count => format!(", {count} left out"),
        };
        format!("{count} {tests}: {} passed, {} failed{left_out}", self.passed, self.failed)
    }
}
