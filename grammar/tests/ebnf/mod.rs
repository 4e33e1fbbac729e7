//! Random sentences of a grammar.

use std::collections::{BTreeMap, BTreeSet};

use tidemill_grammar::ebnf::{self, Part};
use tidemill_grammar::is_reserved;

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
        let rules = ebnf::parse(text).expect("the grammar is EBNF");
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
            Part::Text(_) | Part::Class { .. } | Part::Break => Some(0),
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
            Part::Break => {}
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
                Part::Text(_) | Part::Class { .. } | Part::Break => {}
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
