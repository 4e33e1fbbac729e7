//! ARRAY, MAP and STRUCT constructors.

use std::sync::Arc;

use tidemill_grammar::ast::{self, Ident, Position};

use crate::expr::resolve::coerce::{coerce_list, is_null};
use crate::expr::resolve::node::{Resolver, at};
use crate::expr::resolve::types::duplicate_field;
use crate::expr::{Expr, ResolveError, ResolveErrorKind};
use crate::types::{SqlType, StructField};

const WORKAROUND: &str =
    "(see https://github.com/confluentinc/ksql/issues/4239). As a workaround, you may cast a NULL";

impl Resolver<'_> {
    /// Resolves `ARRAY[…]`.
    pub(super) fn array(
        &mut self,
        elements: &[ast::Expr],
        position: Position,
    ) -> Result<Expr, ResolveError> {
        if elements.is_empty() {
            return Err(mistyped(
                position,
                "Array constructor cannot be empty. Please supply at least one element \
                 (see https://github.com/confluentinc/ksql/issues/4239)."
                    .to_owned(),
            ));
        }
        let elements = self.nodes(elements)?;
        let (common, elements) = self.coerce(elements, position)?;
        let common = common.ok_or_else(|| {
            let reason = format!(
                "Cannot construct an array with all NULL elements {WORKAROUND} value to the desired type."
            );
            mistyped(position, reason)
        })?;
        Ok(Expr::Array { elements, sql_type: SqlType::array(common) })
    }

    /// Resolves `MAP(…)`.
    pub(super) fn map(
        &mut self,
        entries: &[(ast::Expr, ast::Expr)],
        position: Position,
    ) -> Result<Expr, ResolveError> {
        if entries.is_empty() {
            return Err(mistyped(
                position,
                "Map constructor cannot be empty. Please supply at least one key value pair \
                 (see https://github.com/confluentinc/ksql/issues/4239)."
                    .to_owned(),
            ));
        }
        let all_null = |what: &str, one: &str| {
            let reason = format!(
                "Cannot construct a map with all NULL {what} {WORKAROUND} {one} to the desired type."
            );
            mistyped(position, reason)
        };
        let keys: Vec<Expr> =
            entries.iter().map(|(key, _)| self.node(key)).collect::<Result<_, _>>()?;
        let (key_type, keys) = self.coerce(keys, position)?;
        let key_type = key_type.ok_or_else(|| all_null("keys", "key"))?;
        let values: Vec<Expr> =
            entries.iter().map(|(_, value)| self.node(value)).collect::<Result<_, _>>()?;
        let (value_type, values) = self.coerce(values, position)?;
        let value_type = value_type.ok_or_else(|| all_null("values", "value"))?;
        let entries = keys.into_iter().zip(values).collect();
        Ok(Expr::Map { entries, sql_type: SqlType::map(key_type, value_type) })
    }

    /// Resolves `STRUCT(…)`.
    pub(super) fn structure(
        &mut self,
        fields: &[(Ident, ast::Expr)],
        position: Position,
    ) -> Result<Expr, ResolveError> {
        let mut types: Vec<StructField> = Vec::with_capacity(fields.len());
        let mut values = Vec::with_capacity(fields.len());
        for (name, value) in fields {
            if types.iter().any(|field| field.name.as_ref() == name.name) {
                return Err(ResolveError::new(duplicate_field(&name.name), name.position));
            }
            let value = self.node(value)?;
            if is_null(&value) {
                return Err(ResolveError::new(ResolveErrorKind::UntypedNull, position));
            }
            let (name, sql_type) = (Arc::from(name.name.as_str()), value.sql_type().clone());
            types.push(StructField { name, sql_type });
            values.push(value);
        }
        Ok(Expr::Struct { fields: values, sql_type: SqlType::Struct(types.into()) })
    }

    fn coerce(
        &self,
        exprs: Vec<Expr>,
        position: Position,
    ) -> Result<(Option<SqlType>, Vec<Expr>), ResolveError> {
        at(position, coerce_list(exprs).map_err(ResolveErrorKind::from))
    }
}

fn mistyped(position: Position, reason: String) -> ResolveError {
    ResolveError::new(ResolveErrorKind::Mistyped(reason), position)
}
