//! Table functions: one row in, any number of rows out.

use std::sync::Arc;

use crate::functions::{ArgumentType, FunctionError, Signature, resolve_overload};
use crate::types::SqlType;

/// A table function, as far as a query's analysis needs it.
#[derive(Clone, Debug)]
pub struct TableFunction {
    name: &'static str,
    signatures: &'static [&'static str],
}

/// A table function whose overload is known.
#[derive(Clone, Debug)]
pub struct ResolvedTable {
    /// The function's name.
    pub name: Arc<str>,
    /// What type each argument must be cast to.
    pub args: Vec<SqlType>,
    /// The type of its rows.
    pub return_type: SqlType,
}

/// The table functions, in SHOW order.
pub const TABLES: &[TableFunction] = &[
    TableFunction { name: "cube_explode", signatures: &["(columns ARRAY<T>) ARRAY<T>"] },
    TableFunction {
        name: "explode",
        signatures: &["(input ARRAY<DECIMAL>) DECIMAL", "(list ARRAY<T>) T"],
    },
];

impl TableFunction {
    /// Returns its name.
    pub fn name(&self) -> &str {
        self.name
    }

    /// Finds the overload that takes these arguments.
    pub fn resolve(&self, args: &[ArgumentType]) -> Result<ResolvedTable, FunctionError> {
        let parsed = self.signatures.iter().map(|signature| {
            signature.parse::<Signature>().map_err(|error| FunctionError::Definition {
                name: self.name.to_owned(),
                reason: error.to_string(),
            })
        });
        let signatures: Vec<Signature> = parsed.collect::<Result<_, _>>()?;
        let references: Vec<&Signature> = signatures.iter().collect();
        let no_lambda = &mut |_: usize, _: &[SqlType]| {
            Err(FunctionError::InvalidArgument("it takes no lambda".to_owned()))
        };
        let resolved = resolve_overload(self.name, &references, args, no_lambda)?;
        let types: Vec<SqlType> =
            resolved.params.iter().map(|param| param.sql_type().clone()).collect();
        let element = types.first().and_then(|first| match first {
            SqlType::Array(element) => Some(SqlType::clone(element)),
            _not_a_list => None,
        });
        let returns = resolved.return_type.or(element);
        let return_type = returns.ok_or_else(|| FunctionError::Definition {
            name: self.name.to_owned(),
            reason: "it does not say what it returns".to_owned(),
        })?;
        Ok(ResolvedTable { name: self.name.into(), args: types, return_type })
    }
}
