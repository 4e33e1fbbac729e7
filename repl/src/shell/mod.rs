//! The shell: a prompt, or statements from flags, files and pipes.

mod commands;
mod complete;
mod continuation;
mod editor;
pub(crate) mod help;
mod help_texts;
mod highlight;
mod history;
mod names;
mod pipe;

use std::io::IsTerminal;

use rustyline::error::ReadlineError;
use tokio::signal::unix::SignalKind;

pub(crate) use commands::Command;
pub(crate) use names::{Names, properties_of};

use crate::args::Arguments;
use crate::errors::{Failure, render, report};
use crate::interpreter::{Flow, Interpreter, Manner, Script};
use crate::interrupt::Interrupts;
use crate::output::Output;
use crate::settings::Settings;
use crate::shell::editor::Editor;
use crate::style::{FAINT, NAME, STRONG, paint};

/// Runs what the flags say, else what stdin says, else what the user says.
pub(crate) fn start(arguments: &Arguments, output: Output) -> Result<(), Failure> {
    let given = !arguments.shell.execute.is_empty() || !arguments.shell.file.is_empty();
    let at_prompt = !given && std::io::stdin().is_terminal();
    let manner = if at_prompt { Manner::Prompt } else { Manner::Batch };
    let interrupts = Interrupts::listen(&[SignalKind::interrupt()])?;
    let engine = crate::open(&arguments.engine)?;
    let settings = Settings::from(&arguments.shell);
    let mut interpreter = Interpreter::new(engine.clone(), settings, output, interrupts, manner);
    let result = interpreter.define(&arguments.shell.define).and_then(|()| {
        if at_prompt {
            converse(&mut interpreter, arguments)
        } else if given {
            run_given(&mut interpreter, arguments)
        } else {
            pipe::run_lines(&mut interpreter, std::io::stdin().lock())
        }
    });
    let closed = engine.close();
    result.and_then(|()| Ok(closed?))
}

/// Runs the files, then the statements: what a file makes can be asked about.
fn run_given(interpreter: &mut Interpreter, arguments: &Arguments) -> Result<(), Failure> {
    for path in &arguments.shell.file {
        interpreter.run_file(path)?;
    }
    for sql in &arguments.shell.execute {
        // One command of the shell needs no semicolon, and its words are not always SQL's tokens.
        if let Some(command) = Command::parse(sql) {
            interpreter.run_command(command.map_err(Failure::Input)?)?;
        } else {
            interpreter.run_script(&Script::typed(sql))?;
        }
    }
    Ok(interpreter.output.flush()?)
}

fn converse(interpreter: &mut Interpreter, arguments: &Arguments) -> Result<(), Failure> {
    let colours = interpreter.output.colours();
    let mut editor = Editor::new(colours)?;
    greet(interpreter, arguments)?;
    loop {
        editor.set_names(interpreter.names());
        let text = match editor.read() {
            Ok(text) => text,
            Err(ReadlineError::Interrupted) => continue,
            Err(ReadlineError::Eof) => break,
            Err(error) => return Err(Failure::Input(format!("cannot read the terminal: {error}"))),
        };
        match answer(interpreter, &mut editor, &text) {
            Ok(Flow::GoOn) => {}
            Ok(Flow::Exit) => break,
            Err(failure) if failure.is_fatal() => return Err(failure),
            Err(failure) => {
                interpreter.output.flush()?;
                interpreter.output.spool_only(&render(&failure, false))?;
                report(&failure);
            }
        }
        interpreter.output.flush()?;
    }
    Ok(interpreter.output.flush()?)
}

/// Does what was typed.
fn answer(interpreter: &mut Interpreter, editor: &mut Editor, text: &str) -> Result<Flow, Failure> {
    if text.trim_matches([' ', '\t', '\n', ';']).is_empty() {
        return Ok(Flow::GoOn);
    }
    let command = Command::parse(text).transpose().map_err(Failure::Input)?;
    let text = match &command {
        Some(Command::Again(again)) => {
            let found = editor.find(again).map_err(Failure::Input)?;
            interpreter.output.line(&found)?;
            interpreter.output.flush()?;
            found
        }
        _ => text.to_owned(),
    };
    editor.remember(&text);
    interpreter.output.spool_only(&format!("tidemill> {text}\n"))?;
    match Command::parse(&text).transpose().map_err(Failure::Input)? {
        Some(Command::History) => {
            let list = editor.list();
            Ok(interpreter.output.text(&list).map(|()| Flow::GoOn)?)
        }
        Some(Command::Clear) => Ok(editor.clear_screen().map(|()| Flow::GoOn)?),
        Some(command) => interpreter.run_command(command),
        None => interpreter.run_script(&Script::typed(&text)),
    }
}

/// Says where one is and what to type next.
fn greet(interpreter: &mut Interpreter, arguments: &Arguments) -> Result<(), Failure> {
    let colours = interpreter.output.colours();
    let folder = arguments.engine.data_dir.display();
    let names = interpreter.engine.catalog_names();
    // The processing log is there from the beginning.
    let own = names.sources.iter().filter(|(name, _)| name != PROCESSING_LOG);
    let source_count = own.count();
    let query_count = interpreter.engine.queries().len();
    let title = paint(STRONG, concat!("Tidemill ", env!("CARGO_PKG_VERSION")), colours);
    let what = match (source_count, query_count) {
        (0, 0) => "nothing in it yet".to_owned(),
        (sources, queries) => format!(
            "{sources} {}, {queries} {}",
            if sources == 1 { "stream or table" } else { "streams and tables" },
            if queries == 1 { "query" } else { "queries" }
        ),
    };
    let output = &mut interpreter.output;
    output.line(&format!("{title} on {folder}: {what}."))?;
    if source_count == 0 {
        output.line("\nStatements end with a semicolon. To try it:\n")?;
        for line in FIRST_STEPS {
            output.line(&format!("  {}", paint(NAME, line, colours)))?;
        }
        output.line("")?;
    }
    let keys = "help: what can be said.  Tab completes.  Ctrl-R searches.  Ctrl-D ends.";
    output.line(&paint(FAINT, keys, colours))?;
    Ok(output.flush()?)
}

/// The stream that the engine makes itself.
const PROCESSING_LOG: &str = "KSQL_PROCESSING_LOG";

/// A stream, a table that a query keeps, a row and the answer, for who has none.
const FIRST_STEPS: [&str; 5] = [
    "CREATE STREAM bids (item VARCHAR KEY, price BIGINT)",
    "  WITH (kafka_topic='bids', value_format='json', partitions=1);",
    "CREATE TABLE best AS SELECT item, max(price) AS price FROM bids GROUP BY item;",
    "INSERT INTO bids VALUES ('pen', 10);",
    "SELECT * FROM best;",
];
