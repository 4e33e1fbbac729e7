//! Statements from a pipe, run as soon as each is whole.

use std::io::BufRead;

use tidemill_grammar::{is_complete, split_statements};

use crate::errors::Failure;
use crate::interpreter::{Flow, Interpreter, Script};
use crate::shell::Command;

/// What errors call the pipe.
const NAME: &str = "stdin";

/// Text that is not whole yet, and how many lines stand before it.
#[derive(Default)]
struct Pending {
    text: String,
    lines_before: u32,
}

/// Runs what the lines say until they end or something fails.
pub(super) fn run_lines(
    interpreter: &mut Interpreter,
    mut lines: impl BufRead,
) -> Result<(), Failure> {
    let mut pending = Pending::default();
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = lines.read_until(b'\n', &mut line);
        let length = read.map_err(|source| Failure::reading(NAME.as_ref(), source))?;
        let text = std::str::from_utf8(&line)
            .map_err(|_| Failure::Input(format!("{NAME} is not UTF-8 text")))?;
        pending.text.push_str(text);
        // What no semicolon ends is ended by the end.
        let is_whole = length == 0 || is_command(&pending.text) || is_complete(&pending.text);
        if is_whole && run(interpreter, &mut pending)? == Flow::Exit {
            break;
        }
        if length == 0 {
            break;
        }
    }
    Ok(interpreter.output.flush()?)
}

fn is_command(text: &str) -> bool {
    Command::parse(text).is_some()
}

fn run(interpreter: &mut Interpreter, pending: &mut Pending) -> Result<Flow, Failure> {
    let Pending { text, lines_before } = std::mem::take(pending);
    let line_count = text.matches('\n').count();
    pending.lines_before =
        lines_before.saturating_add(u32::try_from(line_count).unwrap_or(u32::MAX));
    if let Some(command) = Command::parse(&text) {
        return interpreter.run_command(command.map_err(Failure::Input)?);
    }
    if split_statements(&text).is_empty() {
        return Ok(Flow::GoOn);
    }
    interpreter.run_script(&Script::part(NAME, &text, lines_before))
}
