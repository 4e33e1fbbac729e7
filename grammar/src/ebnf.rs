//! The grammar file, read: its rules as trees. HELP shows rules of it, and the tests derive sentences from it.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::str::Chars;

/// The text of the grammar.
pub const GRAMMAR: &str = include_str!("../tidemill.ebnf");

/// One part of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// This text.
    Text(String),
    /// What a rule of that name derives.
    Rule(String),
    /// One character.
    Class {
        /// Whether it is none of these instead of one of them.
        negated: bool,
        /// From the first to the last, each.
        ranges: Vec<(char, char)>,
    },
    /// One after the other.
    Sequence(Vec<Part>),
    /// Either of them.
    Choice(Vec<Part>),
    /// As often as said.
    Repeat {
        /// What is repeated.
        part: Box<Part>,
        /// How often at least.
        min: usize,
        /// How often at most.
        max: usize,
    },
    /// Nothing: the rule goes on in another line.
    Break,
}

/// Reads the rules of a grammar, in their order; none if its text is not W3C EBNF, as far as it is used here, or if a rule is
/// there twice.
pub fn parse(text: &str) -> Option<BTreeMap<String, Part>> {
    let mut reader = Reader { chars: text.chars().peekable() };
    let mut rules = BTreeMap::new();
    while let Some(name) = reader.name() {
        for expected in "::=".chars() {
            if !reader.eat(expected) {
                return None;
            }
        }
        let part = reader.choice()?;
        if rules.insert(name, part).is_some() {
            return None;
        }
    }
    reader.chars.next().is_none().then_some(rules)
}

/// Reads a grammar's text.
struct Reader<'a> {
    chars: Peekable<Chars<'a>>,
}

impl Reader<'_> {
    fn choice(&mut self) -> Option<Part> {
        let mut parts = vec![self.sequence()?];
        while self.eat('|') {
            parts.push(self.sequence()?);
        }
        Some(if parts.len() == 1 { parts.remove(0) } else { Part::Choice(parts) })
    }

    fn sequence(&mut self) -> Option<Part> {
        let mut parts = Vec::new();
        loop {
            let breaks = self.space() && !parts.is_empty();
            if !self.is_at_item() {
                return Some(Part::Sequence(parts));
            }
            if breaks {
                parts.push(Part::Break);
            }
            let part = self.item()?;
            let (min, max) = match () {
                () if self.eat('?') => (0, 1),
                () if self.eat('*') => (0, usize::MAX),
                () if self.eat('+') => (1, usize::MAX),
                () => (1, 1),
            };
            parts.push(match (min, max) {
                (1, 1) => part,
                (min, max) => Part::Repeat { part: Box::new(part), min, max },
            });
        }
    }

    fn is_at_item(&mut self) -> bool {
        match self.chars.peek() {
            Some('\'' | '"' | '[' | '(') => true,
            Some(char) => char.is_alphabetic() && !self.begins_rule(),
            None => false,
        }
    }

    fn item(&mut self) -> Option<Part> {
        let next = *self.chars.peek()?;
        if next.is_alphabetic() {
            return self.name().map(Part::Rule);
        }
        self.chars.next();
        match next {
            '[' => Some(class(&self.until(']'))),
            '(' => {
                let part = self.choice()?;
                self.eat(')').then_some(part)
            }
            quote => Some(Part::Text(self.until(quote))),
        }
    }

    /// Tests whether what is next is `Name ::=`.
    fn begins_rule(&self) -> bool {
        let mut ahead = Reader { chars: self.chars.clone() };
        ahead.name();
        ahead.space();
        ahead.chars.take(3).eq("::=".chars())
    }

    fn name(&mut self) -> Option<String> {
        self.space();
        let mut name = String::new();
        while let Some(char) = self.chars.next_if(|char| char.is_alphanumeric() || *char == '_') {
            name.push(char);
        }
        (!name.is_empty()).then_some(name)
    }

    fn until(&mut self, end: char) -> String {
        self.chars.by_ref().take_while(|char| *char != end).collect()
    }

    fn eat(&mut self, wanted: char) -> bool {
        // What is asked for next may begin a line, which the caller is to know.
        let before = self.chars.clone();
        self.space();
        let is_there = self.chars.next_if_eq(&wanted).is_some();
        if !is_there {
            self.chars = before;
        }
        is_there
    }

    /// Skips space and comments; tells whether a line ended.
    fn space(&mut self) -> bool {
        let mut ended = false;
        loop {
            while let Some(char) = self.chars.next_if(|char| char.is_whitespace()) {
                ended |= char == '\n';
            }
            let mut ahead = self.chars.clone();
            if (ahead.next(), ahead.next()) != (Some('/'), Some('*')) {
                return ended;
            }
            let mut before = ' ';
            for char in self.chars.by_ref() {
                if (before, char) == ('*', '/') {
                    break;
                }
                before = char;
            }
        }
    }
}

fn class(text: &str) -> Part {
    let (negated, text) = match text.strip_prefix('^') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let chars: Vec<char> = text.chars().collect();
    let mut ranges = Vec::new();
    let mut at = 0;
    while let Some(from) = chars.get(at) {
        let to = chars.get(at + 2).filter(|_| chars.get(at + 1) == Some(&'-'));
        at += if to.is_some() { 3 } else { 1 };
        ranges.push((*from, *to.unwrap_or(from)));
    }
    Part::Class { negated, ranges }
}
