//! From trees to text that parses to the same tree.

mod expression;
mod query;
mod statement;
mod types;

use std::fmt;

use crate::ast::{Ident, Literal};
use crate::keywords::is_reserved;

/// Writes items with `, ` between them.
pub(crate) fn list<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    items: impl IntoIterator<Item = T>,
) -> fmt::Result {
    for (index, item) in items.into_iter().enumerate() {
        if 0 < index {
            f.write_str(", ")?;
        }
        write!(f, "{item}")?;
    }
    Ok(())
}

/// Writes ` words` if `is_there`.
pub(crate) fn optional(f: &mut fmt::Formatter<'_>, is_there: bool, words: &str) -> fmt::Result {
    if is_there { write!(f, " {words}") } else { Ok(()) }
}

/// Text that is written in single quotes.
pub(crate) struct Quoted<'a>(pub(crate) &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}'", self.0.replace('\'', "''"))
    }
}

/// Writes the name, in backticks if it was quoted or has to be.
impl fmt::Display for Ident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.quoted || !is_plain(&self.name) {
            return write!(f, "`{}`", self.name.replace('`', "``"));
        }
        f.write_str(&self.name)
    }
}

/// Tests whether a name means itself without quotes.
fn is_plain(name: &str) -> bool {
    name.starts_with(|char: char| char.is_ascii_uppercase() || char == '_')
        && name.chars().all(|char| matches!(char, 'A'..='Z' | '0'..='9' | '_' | '@'))
        && !is_reserved(name)
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Literal::Null => f.write_str("NULL"),
            Literal::Boolean(true) => f.write_str("TRUE"),
            Literal::Boolean(false) => f.write_str("FALSE"),
            Literal::Int(value) => write!(f, "{value}"),
            Literal::Bigint(value) => write!(f, "{value}"),
            Literal::Decimal(digits) => f.write_str(digits),
            // The exponent is what makes it a DOUBLE.
            Literal::Double(value) => write!(f, "{value:E}"),
            Literal::String(text) => write!(f, "{}", Quoted(text)),
        }
    }
}
