//! What people are told of a function.

use std::fmt;
use std::sync::Arc;

use crate::functions::FunctionError;
use crate::functions::signature::{ParamType, Signature};
use crate::types::SqlType;

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
    /// The rows that an aggregate function is called on: their columns, and the values of each, as in
    /// `x INT, y INT: (1, 2), (3, NULL)`. Empty for other functions.
    pub rows: &'static str,
    /// Its value, as CAST to VARCHAR writes it; of a table function, its values.
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

impl OverloadDescription {
    /// Describes an overload of a function. `returns` computes its return type, if the signature does not say it.
    pub(super) fn new(
        name: &str,
        signature: &Signature,
        summary: &Arc<str>,
        returns: Option<&ReturnTyper>,
    ) -> Self {
        let said = signature.returns.as_ref().map(ToString::to_string);
        let computed = || {
            let args: Option<Vec<SqlType>> =
                signature.params.iter().map(|param| sample(&param.param_type)).collect();
            let returned = returns?(&args?).ok()?;
            Some(general(&returned).to_string())
        };
        OverloadDescription {
            call: signature.call_text(&name.to_uppercase()),
            returns: said.or_else(computed).unwrap_or_default(),
            summary: Arc::clone(summary),
        }
    }
}

type ReturnTyper = Arc<dyn Fn(&[SqlType]) -> Result<SqlType, FunctionError> + Send + Sync>;

/// Returns a type that a parameter takes; none if it takes nearly anything.
fn sample(param_type: &ParamType) -> Option<SqlType> {
    Some(match param_type {
        ParamType::Exactly(sql_type) => sql_type.clone(),
        ParamType::Decimal => SqlType::Decimal { precision: 20, scale: 4 },
        ParamType::IntervalUnit => SqlType::Varchar,
        ParamType::Array(element) => SqlType::array(sample(element)?),
        ParamType::Map(key, value) => SqlType::map(sample(key)?, sample(value)?),
        ParamType::Any | ParamType::Generic(_) | ParamType::Struct(_) | ParamType::Lambda(..) => {
            return None;
        }
    })
}

/// Returns how a type is written; a DECIMAL's digits depend on the arguments.
fn general(sql_type: &SqlType) -> ParamType {
    match sql_type {
        SqlType::Decimal { .. } => ParamType::Decimal,
        SqlType::Array(element) => ParamType::Array(Box::new(general(element))),
        SqlType::Map(key, value) => {
            ParamType::Map(Box::new(general(key)), Box::new(general(value)))
        }
        SqlType::Struct(fields) => ParamType::Struct(
            fields
                .iter()
                .map(|field| (Arc::clone(&field.name), general(&field.sql_type)))
                .collect(),
        ),
        SqlType::Boolean
        | SqlType::Int
        | SqlType::Bigint
        | SqlType::Double
        | SqlType::Varchar
        | SqlType::Bytes
        | SqlType::Date
        | SqlType::Time
        | SqlType::Timestamp => ParamType::Exactly(sql_type.clone()),
    }
}
