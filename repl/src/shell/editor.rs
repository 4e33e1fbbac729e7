//! Reads statements from the terminal: editing, history, completion, colours.

use std::borrow::Cow;
use std::io;
use std::path::PathBuf;

use rustyline::completion::{Completer, Pair};
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::history::DefaultHistory;
use rustyline::{
    Cmd, ColorMode, CompletionType, ConditionalEventHandler, Config, Context, Event, EventContext,
    EventHandler, Helper, Hinter, KeyCode, KeyEvent, Modifiers, RepeatCount, Validator,
};

use crate::errors::Failure;
use crate::shell::commands::{Again, is_finished};
use crate::shell::complete::complete;
use crate::shell::continuation::{self, CONTINUATION, PROMPT};
use crate::shell::highlight::highlight;
use crate::shell::history;
use crate::shell::names::Names;
use crate::style::{FAINT, STRONG, paint};

/// How many things said before are kept.
const HISTORY_SIZE: usize = 10_000;

/// Reads statements from the terminal.
pub(super) struct Editor {
    lines: rustyline::Editor<Assistant, DefaultHistory>,
    history_file: Option<PathBuf>,
    prompt: (String, String),
}

/// What helps while one types.
#[derive(Helper, Hinter, Validator)]
struct Assistant {
    names: Names,
    colours: bool,
}

/// Enter: ends what is whole, breaks the line of what is not.
struct EnterKey;

impl Editor {
    /// Opens the terminal and the history.
    pub(super) fn new(colours: bool) -> Result<Self, Failure> {
        let colour_mode = if colours { ColorMode::Enabled } else { ColorMode::Disabled };
        let config = Config::builder()
            .completion_type(CompletionType::List)
            .completion_prompt_limit(200)
            .color_mode(colour_mode)
            .history_ignore_space(true)
            .max_history_size(HISTORY_SIZE)
            .map_err(terminal_failure)?
            .build();
        let mut lines = rustyline::Editor::with_config(config).map_err(terminal_failure)?;
        lines.set_helper(Some(Assistant { names: Names::default(), colours }));
        // Text that is pasted breaks lines with Ctrl-J, where the terminal does not mark it as pasted.
        for key in [KeyEvent(KeyCode::Enter, Modifiers::NONE), KeyEvent::ctrl('J')] {
            lines.bind_sequence(key, EventHandler::Conditional(Box::new(EnterKey)));
        }
        let history_file = history::file();
        if let Some(path) = &history_file {
            // At the first start there is none.
            let _ = lines.load_history(path);
        }
        let prompt = (PROMPT.to_owned(), paint(STRONG, PROMPT, colours));
        Ok(Editor { lines, history_file, prompt })
    }

    /// Replaces the names that are completed and coloured.
    pub(super) fn set_names(&mut self, names: Names) {
        if let Some(assistant) = self.lines.helper_mut() {
            assistant.names = names;
        }
    }

    /// Reads a command or whole statements.
    pub(super) fn read(&mut self) -> Result<String, ReadlineError> {
        self.lines.readline(&self.prompt).map(|text| continuation::strip(&text))
    }

    /// Keeps what was said.
    pub(super) fn remember(&mut self, text: &str) {
        let entry = continuation::indent(text.trim_end());
        // A history that cannot be written must not keep anyone from working.
        if matches!(self.lines.add_history_entry(entry), Ok(true)) {
            let _ = self.save();
        }
    }

    fn save(&mut self) -> Result<(), ReadlineError> {
        let Some(path) = &self.history_file else { return Ok(()) };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        self.lines.append_history(path)
    }

    /// Finds what is to be said again.
    pub(super) fn find(&self, again: &Again) -> Result<String, String> {
        let entries = self.entries();
        history::find(&entries.iter().map(String::as_str).collect::<Vec<_>>(), again)
    }

    /// Lists what was said, with numbers.
    pub(super) fn list(&self) -> String {
        let entries = self.entries();
        history::list(&entries.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn entries(&self) -> Vec<String> {
        self.lines.history().iter().map(|entry| continuation::strip(entry)).collect()
    }

    /// Empties the screen.
    pub(super) fn clear_screen(&mut self) -> io::Result<()> {
        self.lines.clear_screen().map_err(io::Error::other)
    }
}

fn terminal_failure(error: ReadlineError) -> Failure {
    Failure::Input(format!("cannot use the terminal: {error}"))
}

impl Completer for Assistant {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        pos: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        let completion = complete(line, pos, &self.names);
        let pair = |text: String| Pair { display: text.trim_end().to_owned(), replacement: text };
        Ok((completion.start, completion.candidates.into_iter().map(pair).collect()))
    }
}

impl Highlighter for Assistant {
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        if !self.colours {
            return Cow::Owned(continuation::show(line, CONTINUATION));
        }
        let prompt = paint(FAINT, CONTINUATION, true);
        Cow::Owned(continuation::show(&highlight(line, &self.names), &prompt))
    }

    fn highlight_char(&self, _: &str, _: usize, kind: CmdKind) -> bool {
        kind != CmdKind::MoveCursor
    }
}

impl ConditionalEventHandler for EnterKey {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, ctx: &EventContext) -> Option<Cmd> {
        if is_finished(ctx.line()) {
            return Some(Cmd::AcceptLine);
        }
        Some(Cmd::Insert(1, continuation::line_break(&ctx.line()[..ctx.pos()])))
    }
}
