//! CASE.

use tidemill_grammar::ast::{self, Position};

use crate::expr::resolve::coerce::{is_null, typed_null};
use crate::expr::resolve::comparison::compare;
use crate::expr::resolve::node::{Resolver, at};
use crate::expr::{ComparisonOp, Expr, ResolveError, ResolveErrorKind};
use crate::types::SqlType;

impl Resolver<'_> {
    /// Resolves CASE; `CASE x WHEN y` asks whether `x = y`. All results have the same type.
    pub(super) fn case(
        &mut self,
        operand: Option<&ast::Expr>,
        branches: &[(ast::Expr, ast::Expr)],
        default: Option<&ast::Expr>,
        position: Position,
    ) -> Result<Expr, ResolveError> {
        let operand = operand.map(|operand| self.node(operand)).transpose()?;
        let mut resolved = Vec::with_capacity(branches.len());
        let mut common = None;
        for (when, then) in branches {
            let condition = self.condition(operand.as_ref(), when)?;
            let result = self.node(then)?;
            at(then.position, check_branch(&mut common, &condition, &result))?;
            resolved.push((condition, result));
        }
        let default = default.map(|default| self.node(default)).transpose()?;
        let common = at(position, result_type(common, default.as_ref()))?;
        let typed = |expr: Expr| if is_null(&expr) { typed_null(&common) } else { expr };
        let branches = resolved.into_iter().map(|(when, then)| (when, typed(then))).collect();
        let default = default.map(|default| Box::new(typed(default)));
        Ok(Expr::Case { branches, default, sql_type: common })
    }

    fn condition(
        &mut self,
        operand: Option<&Expr>,
        when: &ast::Expr,
    ) -> Result<Expr, ResolveError> {
        let resolved = self.node(when)?;
        if let Some(operand) = operand {
            return at(when.position, compare(operand.clone(), ComparisonOp::Equal, resolved));
        }
        if is_null(&resolved) {
            return Ok(typed_null(&SqlType::Boolean));
        }
        if *resolved.sql_type() == SqlType::Boolean {
            return Ok(resolved);
        }
        let reason = format!(
            "WHEN operand type should be boolean.\nType for '{resolved}' is {}",
            resolved.sql_type()
        );
        Err(ResolveError::new(ResolveErrorKind::Mistyped(reason), when.position))
    }
}

/// Checks that a result has the type of those before it.
fn check_branch(
    common: &mut Option<SqlType>,
    condition: &Expr,
    result: &Expr,
) -> Result<(), ResolveErrorKind> {
    if is_null(result) {
        return Ok(());
    }
    let common = common.get_or_insert_with(|| result.sql_type().clone());
    if common == result.sql_type() {
        return Ok(());
    }
    Err(ResolveErrorKind::Mistyped(format!(
        "Invalid Case expression. Type for all 'THEN' clauses should be the same.\n\
         THEN expression 'WHEN {condition} THEN {result}' has type: {}.\n\
         Previous THEN expression(s) type: {common}.",
        result.sql_type()
    )))
}

fn result_type(
    common: Option<SqlType>,
    default: Option<&Expr>,
) -> Result<SqlType, ResolveErrorKind> {
    let default = default.filter(|default| !is_null(default)).map(Expr::sql_type);
    match (common, default) {
        (Some(then), Some(default)) if then != *default => {
            Err(ResolveErrorKind::Mistyped(format!(
                "Invalid Case expression. Type for the default clause should be the same as for 'THEN' clauses.\n\
                 THEN type: {then}.\nDEFAULT type: {default}."
            )))
        }
        (Some(then), _) => Ok(then),
        (None, Some(default)) => Ok(default.clone()),
        (None, None) => Err(ResolveErrorKind::Mistyped(
            "Invalid Case expression. All case branches have NULL type".to_owned(),
        )),
    }
}
