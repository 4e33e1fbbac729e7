//! ksqlDB's language: text to syntax tree and back. Knows no catalog: what a name means is the engine's to say.
//!
//! ```text
//! text ─scan▶ statements ─lexer▶ tokens ─parser▶ sqlparser's trees ─convert▶ ast ─format▶ text
//! ```
//!
//! Invariants: no text makes it panic or overflow a stack (`limits`); a tree written with `Display` parses to an equal tree.

pub mod ast;
mod error;
mod keywords;
pub mod limits;
mod walk;
mod scan;
mod script;
mod tokens;
mod variables;
mod lexer;
mod convert;
mod format;
mod parser;
pub mod ebnf;
pub mod help;

pub use error::{ParseError, ParseErrorKind};
pub use keywords::{KEYWORDS, is_keyword, is_reserved};
pub use parser::{parse_data_type, parse_expression, parse_schema, parse_script, parse_statement};
pub use script::{Directive, StatementText, directives, is_complete, split_statements};
pub use tokens::{TokenKind, tokens};
pub use variables::substitute_variables;
