//! The parser takes every sentence that the grammar file derives, and what it writes back parses to the same tree.
#![allow(clippy::unwrap_used, clippy::print_stderr, missing_docs, reason = "tests")]

mod ebnf;

use std::env;

use ebnf::{Grammar, Random};
use tidemill_grammar::ebnf::GRAMMAR;
use tidemill_grammar::parse_statement;

/// How many sentences one run derives.
const SENTENCES: u64 = 4_000;

#[test]
fn every_sentence_of_the_grammar_parses_and_is_written_back() {
    let grammar = Grammar::parse(GRAMMAR);
    // A failing run is repeated with `TIDEMILL_SEED=…`.
    let seed = env::var("TIDEMILL_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    for number in 0..SENTENCES {
        let seed = seed + number;
        let depth = 6 + (number % 14) as usize;
        let sentence = grammar.derive("Statement", depth, &mut Random::new(seed));
        check(seed, &sentence);
    }
}

#[track_caller]
fn check(seed: u64, sentence: &str) {
    let parsed = parse_statement(sentence)
        .unwrap_or_else(|error| panic!("seed {seed}: {error}\n{sentence}"))
        .statement;
    let written = parsed.to_string();
    let again = parse_statement(&written)
        .unwrap_or_else(|error| panic!("seed {seed}: {error}\n{sentence}\n{written}"))
        .statement;
    assert_eq!(parsed, again, "seed {seed}:\n{sentence}\n{written}");
    assert_eq!(written, again.to_string(), "seed {seed}:\n{sentence}");
}

#[test]
fn every_rule_is_used_and_defined() {
    let grammar = Grammar::parse(GRAMMAR);
    assert_eq!(grammar.undefined(), Vec::<String>::new());
    assert_eq!(grammar.unused(), ["Script"]);
}
