//! From sqlparser's trees to ours.

pub(crate) mod chain;
mod expression;
mod literal;
mod types;

use sqlparser::ast as sql;

use crate::ast::Ident;
use crate::lexer::position;

pub(crate) use expression::expression;
pub(crate) use literal::number;
pub(crate) use types::data_type;

/// Converts an identifier; its case was settled when it was read.
pub(crate) fn ident(ident: sql::Ident) -> Ident {
    Ident {
        name: ident.value,
        quoted: ident.quote_style.is_some(),
        position: position(ident.span.start),
    }
}
