//! ksqlDB's language: text to syntax tree and back. Knows no catalog: what a name means is the engine's to say.

pub mod ast;
