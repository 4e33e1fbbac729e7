//! A script and where its statements stand.

use std::io::{self, Read};
use std::path::Path;

use tidemill::error::{Error, ErrorKind};
use tidemill_grammar::{ParseError, StatementText};

use crate::errors::Failure;
use crate::excerpt::Excerpt;

/// Statements, and where they come from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Script<'a> {
    /// The file; none if the user sees the text anyway.
    name: Option<&'a str>,
    /// The statements.
    pub(crate) text: &'a str,
    /// How many lines of the file stand before them.
    lines_before: u32,
}

impl<'a> Script<'a> {
    /// The statements of a file.
    pub(crate) fn new(name: &'a str, text: &'a str) -> Self {
        Script { name: Some(name), text, lines_before: 0 }
    }

    /// What was typed at the prompt.
    pub(crate) fn typed(text: &'a str) -> Self {
        Script { name: None, text, lines_before: 0 }
    }

    /// A part of a file, so many lines below its beginning.
    pub(crate) fn part(name: &'a str, text: &'a str, lines_before: u32) -> Self {
        Script { name: Some(name), text, lines_before }
    }

    /// The failure of one of its statements.
    pub(crate) fn failure(&self, statement: &StatementText<'_>, error: Error) -> Failure {
        let place = error.position().unwrap_or((1, 1));
        // What has just been typed need not be shown again, if the whole of it is meant.
        let is_whole = place == (1, 1) && statement.range.start == 0;
        let is_known = self.name.is_some() || !is_whole;
        let excerpt = is_known.then(|| self.excerpt(statement, place)).flatten();
        Failure::Statement { error, excerpt: excerpt.map(Box::new) }
    }

    /// The failure of text that is not a statement.
    pub(crate) fn syntax_failure(
        &self,
        statement: &StatementText<'_>,
        error: &ParseError,
    ) -> Failure {
        let (line, column) = (error.position.line, error.position.column);
        let text = error.to_string();
        let place = format!("{}: ", error.position);
        let message = text.strip_prefix(&place).unwrap_or(&text);
        self.failure(statement, Error::new(ErrorKind::Syntax, message).at(line, column))
    }

    /// Shows a place that is counted from the beginning of a statement.
    fn excerpt(
        &self,
        statement: &StatementText<'_>,
        (line, column): (u32, u32),
    ) -> Option<Excerpt> {
        let start = statement.position;
        let column = if line == 1 { column + start.column - 1 } else { column };
        let place = (line + start.line - 1, column);
        Some(Excerpt::new(self.name, self.text, place)?.below(self.lines_before))
    }
}

/// Reads a script; `-` is stdin.
pub(crate) fn read(path: &Path) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let result = if path.as_os_str() == "-" {
        io::stdin().read_to_end(&mut bytes).map(|_| ())
    } else {
        std::fs::read(path).map(|read| bytes = read)
    };
    result.map_err(|source| Failure::reading(path, source))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| Failure::Input(format!("{} is not UTF-8 text", path.display())))?;
    // A byte order mark is no part of the first statement.
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use tidemill_grammar::split_statements;

    use super::*;
    use crate::errors::render;

    #[test]
    fn places_are_counted_from_the_beginning_of_the_file() {
        let text = "SHOW STREAMS; SELECT a,\n b FROM c;";
        let statement = &split_statements(text)[1];
        let script = Script::part("stdin", text, 10);
        let first = script.failure(statement, Error::statement("no A").at(1, 8));
        let second = script.failure(statement, Error::statement("no B").at(2, 2));
        expect![[r"
            error: no A
               --> stdin:11:22
            11 | SHOW STREAMS; SELECT a,
               |                      ^
            error: no B
               --> stdin:12:2
            12 |  b FROM c;
               |  ^
        "]]
        .assert_eq(&(render(&first, false) + &render(&second, false)));
    }
}
