//! Where the cursor stands in a statement, and so what can stand there.

use tidemill_grammar::{TokenKind, is_reserved, tokens};

use crate::shell::complete::starts_with_ignoring_case;
use crate::shell::complete::words;
use crate::shell::names::meant;

/// What can stand somewhere.
#[derive(Debug)]
pub(super) enum Wanted {
    /// One of these words.
    Words(&'static [&'static str]),
    /// Any word of the language.
    Keywords,
    /// A stream or table.
    Sources,
    /// A stream.
    Streams,
    /// A table.
    Tables,
    /// A topic.
    Topics,
    /// A query.
    Queries,
    /// A type made by CREATE TYPE.
    Types,
    /// A function's name.
    Functions,
    /// A function that is called.
    Calls,
    /// A column.
    Columns,
    /// A column of the source that goes by this name.
    ColumnsOf(String),
    /// An option of SET, in quotes.
    Properties,
    /// One of these, in quotes.
    Quoted(&'static [&'static str]),
    /// What HELP knows.
    HelpTopics,
}

/// A source in the statement.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct UsedSource {
    /// Its name.
    pub(super) name: String,
    /// The name it goes by.
    pub(super) alias: Option<String>,
}

/// Where the cursor stands.
pub(super) struct Context<'a> {
    /// Where the word begins that is being typed.
    pub(super) start: usize,
    /// The word as far as it is typed.
    pub(super) prefix: String,
    /// What stands before it in the statement.
    before: Vec<Word<'a>>,
    /// The whole statement.
    statement: Vec<Word<'a>>,
    /// Nothing can be said about what is typed: a number, a comment.
    is_opaque: bool,
}

/// A token of the statement.
#[derive(Clone, Debug)]
struct Word<'a> {
    kind: TokenKind,
    text: &'a str,
    upper: String,
}

impl<'a> Context<'a> {
    /// Looks at a text with the cursor at a byte.
    pub(super) fn new(text: &'a str, cursor: usize) -> Self {
        let parts = tokens(text);
        let is_semicolon = |range: &std::ops::Range<usize>| &text[range.clone()] == ";";
        let begin = parts.iter().rposition(|(_, range)| range.end <= cursor && is_semicolon(range));
        let parts = &parts[begin.map_or(0, |index| index + 1)..];
        let end = parts.iter().position(|(_, range)| cursor <= range.start && is_semicolon(range));
        let parts = &parts[..end.unwrap_or(parts.len())];

        let typed = parts.iter().find(|(kind, range)| {
            range.start < cursor && cursor <= range.end && *kind != TokenKind::Operator
        });
        let start = typed.map_or(cursor, |(_, range)| range.start);
        let is_opaque = typed.is_some_and(|(kind, range)| match kind {
            TokenKind::Number | TokenKind::Comment | TokenKind::Variable => true,
            // Behind the closing quote there is nothing to complete.
            TokenKind::String => range.end - range.start > 1 && text[..cursor].ends_with('\''),
            TokenKind::Keyword | TokenKind::Identifier | TokenKind::Operator => false,
        });
        let word = |(kind, range): &(TokenKind, std::ops::Range<usize>)| {
            let text = &text[range.clone()];
            Word { kind: *kind, text, upper: text.to_uppercase() }
        };
        let spoken = parts.iter().filter(|(kind, _)| *kind != TokenKind::Comment);
        let before = spoken.clone().filter(|(_, range)| range.end <= start);
        Context {
            start,
            prefix: text[start..cursor].to_owned(),
            before: before.map(word).collect(),
            statement: spoken.map(word).collect(),
            is_opaque,
        }
    }

    /// Says what can stand here.
    pub(super) fn wanted(&self) -> Vec<Wanted> {
        if self.is_opaque {
            return Vec::new();
        }
        let upper: Vec<&str> = self.before.iter().map(|word| word.upper.as_str()).collect();
        if self.prefix.starts_with('\'') {
            return in_quotes(&upper);
        }
        if let [.., source, "."] = upper.as_slice()
            && let Some(word) = self.before.iter().rev().nth(1)
        {
            let _ = source;
            return vec![Wanted::ColumnsOf(meant(word.text))];
        }
        words::wanted(&upper)
    }

    /// Returns the sources that the statement names.
    pub(super) fn sources(&self) -> Vec<UsedSource> {
        let mut used = Vec::new();
        for (index, word) in self.statement.iter().enumerate() {
            if !matches!(word.upper.as_str(), "FROM" | "JOIN" | "INTO") {
                continue;
            }
            let mut next = self.statement[index + 1..].iter();
            let Some(name) = next.next().filter(|word| is_name(word)) else { continue };
            let alias = next.find(|word| word.upper != "AS").filter(|word| is_name(word));
            used.push(UsedSource {
                name: meant(name.text),
                alias: alias.map(|word| meant(word.text)),
            });
        }
        used
    }

    /// Keeps the words that go on as the text does, with a blank behind those that end a word.
    pub(super) fn words<'w>(&self, words: impl Iterator<Item = &'w str>) -> Vec<String> {
        let matching = words.filter(|word| starts_with_ignoring_case(word, &self.prefix));
        let blank = |word: &str| if word.ends_with(['(', '<']) { "" } else { " " };
        matching.map(|word| self.in_users_case(word) + blank(word)).collect()
    }

    /// Keeps the functions that go on as the text does.
    pub(super) fn calls(&self, functions: Vec<&str>, end: &str) -> Vec<String> {
        let matching =
            functions.into_iter().filter(|name| starts_with_ignoring_case(name, &self.prefix));
        matching.map(|name| self.in_users_case(name) + end).collect()
    }

    /// Writes a word as the user writes: in small letters if what is typed is, or else the statement's first word.
    pub(super) fn in_users_case(&self, word: &str) -> String {
        let typed = self.prefix.chars().find(|char| char.is_alphabetic());
        let first = self.statement.first().and_then(|word| word.text.chars().next());
        match typed.or(first.filter(|_| self.prefix.is_empty())) {
            Some(char) if char.is_lowercase() => word.to_lowercase(),
            _ => word.to_owned(),
        }
    }
}

fn is_name(word: &Word<'_>) -> bool {
    word.kind == TokenKind::Identifier
        || (word.kind == TokenKind::Keyword && !is_reserved(word.text))
}

/// What can stand in single quotes.
fn in_quotes(before: &[&str]) -> Vec<Wanted> {
    match before {
        ["SET" | "UNSET"] | ["ALTER", "SYSTEM"] => vec![Wanted::Properties],
        ["SET", name, "="] if name.contains("AUTO.OFFSET.RESET") => {
            vec![Wanted::Quoted(&["earliest", "latest"])]
        }
        [.., "KAFKA_TOPIC", "="] => vec![Wanted::Topics],
        [.., "KEY_FORMAT" | "VALUE_FORMAT" | "FORMAT", "="] => {
            vec![Wanted::Quoted(words::FORMATS)]
        }
        [.., "WINDOW_TYPE", "="] => vec![Wanted::Quoted(words::WINDOW_TYPES)],
        [.., "CLEANUP_POLICY", "="] => vec![Wanted::Quoted(&["compact", "delete"])],
        _ => Vec::new(),
    }
}
