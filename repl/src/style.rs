//! Colours, where they are wanted.

use std::io::IsTerminal;

use anstyle::{AnsiColor, Style};

/// A word of the language.
pub(crate) const KEYWORD: Style = AnsiColor::Blue.on_default().bold();
/// Text in quotes.
pub(crate) const STRING: Style = AnsiColor::Green.on_default();
/// Digits.
pub(crate) const NUMBER: Style = AnsiColor::Yellow.on_default();
/// A comment, and everything that only helps.
pub(crate) const FAINT: Style = Style::new().dimmed();
/// A function or a type.
pub(crate) const FUNCTION: Style = AnsiColor::Magenta.on_default();
/// A stream, table, column, topic or query that is there.
pub(crate) const NAME: Style = AnsiColor::Cyan.on_default();
/// What went wrong.
pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();
/// The heads of tables, the prompt.
pub(crate) const STRONG: Style = Style::new().bold();

/// Writes text in a style, or plainly.
pub(crate) fn paint(style: Style, text: &str, colours: bool) -> String {
    if colours { format!("{style}{text}{style:#}") } else { text.to_owned() }
}

/// Tells whether stdout is a terminal that takes colours.
pub(crate) fn stdout_takes_colours() -> bool {
    std::io::stdout().is_terminal() && colours_are_wanted()
}

/// Tells whether stderr is a terminal that takes colours.
pub(crate) fn stderr_takes_colours() -> bool {
    std::io::stderr().is_terminal() && colours_are_wanted()
}

/// Returns how many columns a line of stderr may have; none if it is no terminal.
pub(crate) fn stderr_width() -> Option<usize> {
    let size = terminal_size::terminal_size_of(std::io::stderr());
    size.map(|(width, _)| usize::from(width.0)).filter(|width| *width > 0)
}

/// `NO_COLOR` is the convention of no-color.org: set and not empty.
fn colours_are_wanted() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}
