//! What people are told of a function.

use std::fmt;
use std::sync::Arc;

/// What a function is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "named as they are shown")]
pub enum Category {
    Aggregate,
    Array,
    Conditional,
    Conversions,
    DateTime,
    Json,
    Lambda,
    Map,
    Mathematical,
    Other,
    RegularExpression,
    String,
    Table,
    Url,
}

/// Written as SHOW FUNCTIONS does.
impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Category::Aggregate => "AGGREGATE",
            Category::Array => "ARRAY",
            Category::Conditional => "CONDITIONAL",
            Category::Conversions => "CONVERSIONS",
            Category::DateTime => "DATE / TIME",
            Category::Json => "JSON",
            Category::Lambda => "LAMBDA",
            Category::Map => "MAP",
            Category::Mathematical => "MATHEMATICAL",
            Category::Other => "OTHER",
            Category::RegularExpression => "REGULAR EXPRESSION",
            Category::String => "STRING",
            Category::Table => "TABLE",
            Category::Url => "URL",
        })
    }
}

/// An expression and what it is; the tests evaluate it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The expression.
    pub expression: &'static str,
    /// Its value, as CAST to VARCHAR writes it.
    pub result: &'static str,
}

/// What DESCRIBE FUNCTION tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// The name, as SHOW FUNCTIONS writes it.
    pub name: String,
    /// What it is about.
    pub category: Category,
    /// What it does.
    pub summary: Arc<str>,
    /// Its overloads, in the order in which they are declared.
    pub overloads: Vec<OverloadDescription>,
    /// Examples.
    pub examples: Vec<Example>,
}

/// One overload, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverloadDescription {
    /// How it is called: `LPAD(VARCHAR input, INT length, VARCHAR padding)`.
    pub call: String,
    /// What it returns, as far as the signature says.
    pub returns: String,
    /// What it does.
    pub summary: Arc<str>,
}
