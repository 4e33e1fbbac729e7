//! A reader of W3C EBNF, and random sentences of what it read.

use std::collections::{BTreeMap, BTreeSet};
use std::iter::Peekable;
use std::str::Chars;

use tidemill_grammar::is_reserved;

/// One part of a rule.
#[derive(Debug)]
enum Part {
    Text(String),
    Rule(String),
    Class { negated: bool, ranges: Vec<(char, char)> },
    Sequence(Vec<Part>),
    Choice(Vec<Part>),
    Repeat { part: Box<Part>, min: usize, max: usize },
}

/// The rules of a grammar by name.
pub(crate) struct Grammar {
    rules: BTreeMap<String, Part>,
    /// How deep the shallowest sentence of each rule is.
    depths: BTreeMap<String, usize>,
}

/// A sentence as far as it is.
#[derive(Default)]
struct Output {
    text: String,
    /// In a token no space follows a part.
    in_token: bool,
}

/// SplitMix64: the same numbers for the same seed, everywhere.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Random(seed)
    }

    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }
}

impl Grammar {
    pub(crate) fn parse(text: &str) -> Self {
        let mut reader = Reader { chars: text.chars().peekable() };
        let mut rules = BTreeMap::new();
        while let Some((name, part)) = reader.rule() {
            assert!(rules.insert(name.clone(), part).is_none(), "{name} is defined twice");
        }
        let mut grammar = Grammar { rules, depths: BTreeMap::new() };
        grammar.measure();
        grammar
    }

    /// Finds the depth of each rule's shallowest sentence: rules of known rules until nothing changes.
    fn measure(&mut self) {
        loop {
            let found: BTreeMap<_, _> = self
                .rules
                .iter()
                .filter_map(|(name, part)| Some((name.clone(), self.depth(part)? + 1)))
                .collect();
            if found == self.depths {
                return;
            }
            self.depths = found;
        }
    }

    fn depth(&self, part: &Part) -> Option<usize> {
        match part {
            Part::Text(_) | Part::Class { .. } => Some(0),
            Part::Rule(name) => self.depths.get(name).copied(),
            Part::Sequence(parts) => {
                parts.iter().try_fold(0, |deepest, part| Some(self.depth(part)?.max(deepest)))
            }
            Part::Choice(parts) => parts.iter().filter_map(|part| self.depth(part)).min(),
            Part::Repeat { min: 0, .. } => Some(0),
            Part::Repeat { part, .. } => self.depth(part),
        }
    }

    /// Derives a random sentence of `rule`, as deep as `depth` if its shallowest one is not deeper.
    pub(crate) fn derive(&self, rule: &str, depth: usize, random: &mut Random) -> String {
        let mut output = Output::default();
        self.rule(rule, depth, random, &mut output);
        output.text
    }

    fn rule(&self, name: &str, depth: usize, random: &mut Random, output: &mut Output) {
        if !name.chars().all(|char| char.is_ascii_uppercase() || char == '_') {
            return self.part(&self.rules[name], depth, random, output);
        }
        let start = output.text.len();
        output.in_token = true;
        self.part(&self.rules[name], depth, random, output);
        output.in_token = false;
        if name == "WORD" && is_reserved(&output.text[start..]) {
            output.text.push('_');
        }
        output.text.push(' ');
    }

    fn part(&self, part: &Part, depth: usize, random: &mut Random, output: &mut Output) {
        match part {
            Part::Text(text) => {
                output.text.push_str(text);
                if !output.in_token {
                    output.text.push(' ');
                }
            }
            Part::Rule(name) => self.rule(name, depth.saturating_sub(1), random, output),
            Part::Class { negated, ranges } => {
                output.text.push(character(*negated, ranges, random))
            }
            Part::Sequence(parts) => {
                parts.iter().for_each(|part| self.part(part, depth, random, output));
            }
            Part::Choice(parts) => {
                let fitting: Vec<_> = parts.iter().filter(|part| self.fits(part, depth)).collect();
                match fitting.as_slice() {
                    [] => self.part(self.shallowest(parts), depth, random, output),
                    some => self.part(some[random.below(some.len())], depth, random, output),
                }
            }
            Part::Repeat { part, min, max } => {
                let max = if self.fits(part, depth) { (*max).min(min + 2) } else { *min };
                let count = min + random.below(max - min + 1);
                (0..count).for_each(|_| self.part(part, depth, random, output));
            }
        }
    }

    fn fits(&self, part: &Part, depth: usize) -> bool {
        self.depth(part).is_some_and(|needed| needed <= depth)
    }

    fn shallowest<'a>(&self, parts: &'a [Part]) -> &'a Part {
        parts.iter().min_by_key(|part| self.depth(part).unwrap_or(usize::MAX)).unwrap()
    }

    /// Returns the rules that are used and not defined.
    pub(crate) fn undefined(&self) -> Vec<String> {
        let used = self.used();
        used.into_iter().filter(|name| !self.rules.contains_key(name)).collect()
    }

    /// Returns the rules that are defined and not used.
    pub(crate) fn unused(&self) -> Vec<String> {
        let used = self.used();
        self.rules.keys().filter(|name| !used.contains(*name)).cloned().collect()
    }

    fn used(&self) -> BTreeSet<String> {
        let mut used = BTreeSet::new();
        let mut open: Vec<&Part> = self.rules.values().collect();
        while let Some(part) = open.pop() {
            match part {
                Part::Text(_) | Part::Class { .. } => {}
                Part::Rule(name) => drop(used.insert(name.clone())),
                Part::Sequence(parts) | Part::Choice(parts) => open.extend(parts),
                Part::Repeat { part, .. } => open.push(part),
            }
        }
        used
    }
}

fn character(negated: bool, ranges: &[(char, char)], random: &mut Random) -> char {
    const OTHERS: [char; 12] = ['a', 'Z', '7', ' ', '.', '-', ';', '/', '*', 'ü', '`', '\''];
    if negated {
        let allowed = |char: &char| !ranges.iter().any(|(from, to)| (from..=to).contains(&char));
        let allowed: Vec<char> = OTHERS.into_iter().filter(allowed).collect();
        return allowed[random.below(allowed.len())];
    }
    let (from, to) = ranges[random.below(ranges.len())];
    let chars: Vec<char> = (from..=to).collect();
    chars[random.below(chars.len())]
}

/// Reads a grammar's text.
struct Reader<'a> {
    chars: Peekable<Chars<'a>>,
}

impl Reader<'_> {
    fn rule(&mut self) -> Option<(String, Part)> {
        let name = self.name()?;
        for expected in "::=".chars() {
            self.space();
            assert_eq!(self.chars.next(), Some(expected), "in the rule {name}");
        }
        Some((name, self.choice()))
    }

    fn choice(&mut self) -> Part {
        let mut parts = vec![self.sequence()];
        while self.eat('|') {
            parts.push(self.sequence());
        }
        if parts.len() == 1 { parts.remove(0) } else { Part::Choice(parts) }
    }

    fn sequence(&mut self) -> Part {
        let mut parts = Vec::new();
        while let Some(part) = self.item() {
            let (min, max) = match () {
                () if self.eat('?') => (0, 1),
                () if self.eat('*') => (0, usize::MAX),
                () if self.eat('+') => (1, usize::MAX),
                () => (1, 1),
            };
            parts.push(if (min, max) == (1, 1) {
                part
            } else {
                Part::Repeat { part: Box::new(part), min, max }
            });
        }
        Part::Sequence(parts)
    }

    fn item(&mut self) -> Option<Part> {
        self.space();
        let next = *self.chars.peek()?;
        match next {
            quote @ ('\'' | '"') => {
                self.chars.next();
                Some(Part::Text(self.until(quote)))
            }
            '[' => {
                self.chars.next();
                Some(class(&self.until(']')))
            }
            '(' => {
                self.chars.next();
                let part = self.choice();
                assert!(self.eat(')'));
                Some(part)
            }
            char if char.is_alphabetic() && !self.begins_rule() => self.name().map(Part::Rule),
            _ => None,
        }
    }

    /// Tests whether what is next is `Name ::=`.
    fn begins_rule(&self) -> bool {
        let ahead = Reader { chars: self.chars.clone() };
        let rest = { ahead }.after_name();
        rest.starts_with("::=")
    }

    fn after_name(mut self) -> String {
        self.name();
        self.space();
        self.chars.take(3).collect()
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
        self.space();
        self.chars.next_if_eq(&wanted).is_some()
    }

    /// Skips space and comments.
    fn space(&mut self) {
        loop {
            while self.chars.next_if(|char| char.is_whitespace()).is_some() {}
            let mut ahead = self.chars.clone();
            if (ahead.next(), ahead.next()) != (Some('/'), Some('*')) {
                return;
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
    let mut ranges = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(from) = chars.next() {
        let is_range = chars.peek() == Some(&'-') && chars.clone().nth(1).is_some();
        let to = if is_range { chars.nth(1).unwrap() } else { from };
        ranges.push((from, to));
    }
    Part::Class { negated, ranges }
}
