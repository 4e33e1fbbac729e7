//! The rules of GROUP BY: what may stand where when rows are aggregated.

use tidemill_grammar::ast::{Expr, ExprKind};

use crate::error::Error;
use crate::plan::query::bind::Selected;
use crate::plan::query::context::Context;
use crate::plan::query::relation::as_window_bound;
use crate::plan::query::text::{Names, text};
use crate::plan::query::tree::{as_column, for_each};

/// The clauses of an aggregation.
#[derive(Clone, Copy)]
pub(super) struct Grouping<'a> {
    /// What is grouped by.
    pub(super) group_by: &'a [Expr],
    /// What is selected, with `*` written out.
    pub(super) selected: &'a [Selected],
    /// HAVING.
    pub(super) having: Option<&'a Expr>,
    /// Whether the query has windows of its own.
    pub(super) is_windowed: bool,
    /// How messages write columns.
    pub(super) names: Names,
}

/// Returns the function's name if an expression calls an aggregate function.
pub(super) fn aggregate_name<'a>(expr: &'a Expr, ctx: Context<'_>) -> Option<&'a str> {
    match &*expr.kind {
        ExprKind::Call { name, .. } if ctx.registry.aggregate(&name.name).is_some() => {
            Some(&name.name)
        }
        _other_kind => None,
    }
}

/// Returns the first call of an aggregate function in an expression.
pub(super) fn find_aggregate<'a>(expr: &'a Expr, ctx: Context<'_>) -> Option<&'a Expr> {
    let mut found = None;
    for_each(expr, &mut |part| {
        if found.is_none() && aggregate_name(part, ctx).is_some() {
            found = Some(part);
        }
        found.is_none()
    });
    found
}

impl<'a> Grouping<'a> {
    /// Returns the calls of aggregate functions, each once, in order; checks that everything else comes from what is grouped by.
    pub(super) fn check(&self, ctx: Context<'_>) -> Result<Vec<&'a Expr>, Error> {
        let mut calls = Vec::new();
        for item in self.selected {
            self.collect(&item.expr, ctx, &mut calls)?;
        }
        for expr in self.group_by {
            self.check_grouping(expr, ctx)?;
        }
        if let Some(having) = self.having {
            self.check_bounds(having)?;
            self.collect(having, ctx, &mut calls)?;
        }
        if calls.is_empty() {
            return Err(Error::statement(
                "GROUP BY requires aggregate functions in either the SELECT or HAVING clause.",
            ));
        }
        self.check_selected(ctx)?;
        self.check_having(ctx)?;
        Ok(calls)
    }

    fn collect(
        &self,
        expr: &'a Expr,
        ctx: Context<'_>,
        calls: &mut Vec<&'a Expr>,
    ) -> Result<(), Error> {
        let Some(name) = aggregate_name(expr, ctx) else {
            return expr.children().into_iter().try_for_each(|part| self.collect(part, ctx, calls));
        };
        for arg in expr.children() {
            if let Some(inner) = find_aggregate(arg, ctx).and_then(|arg| aggregate_name(arg, ctx)) {
                let message = format!("Aggregate functions can not be nested: {name}({inner}())");
                return Err(Error::statement(message).at(arg.position.line, arg.position.column));
            }
            self.check_bounds(arg)?;
        }
        if !calls.contains(&expr) {
            calls.push(expr);
        }
        Ok(())
    }

    fn check_grouping(&self, expr: &Expr, ctx: Context<'_>) -> Result<(), Error> {
        if let Some(call) = find_aggregate(expr, ctx) {
            let name = aggregate_name(call, ctx).unwrap_or_default();
            let message = format!(
                "GROUP BY does not support aggregate functions: {name} is an aggregate function."
            );
            return Err(Error::statement(message).at(call.position.line, call.position.column));
        }
        self.check_bounds(expr)
    }

    /// Checks that an expression does not use the bounds of the query's own windows.
    fn check_bounds(&self, expr: &Expr) -> Result<(), Error> {
        let mut found = None;
        for_each(expr, &mut |part| {
            let is_own = as_column(part).is_some_and(|column| column.source.is_none());
            if found.is_none() && self.is_windowed && is_own {
                found = as_window_bound(part).map(|name| (name, part.position));
            }
            true
        });
        let Some((name, at)) = found else { return Ok(()) };
        let message = format!(
            "Window bounds column {name} can only be used in the SELECT clause of windowed \
             aggregations and can not be passed to aggregate functions.\nSee \
             https://github.com/confluentinc/ksql/issues/4397"
        );
        Err(Error::statement(message).at(at.line, at.column))
    }

    /// Checks that everything that is selected is aggregated or comes from what is grouped by.
    pub(super) fn check_selected(&self, ctx: Context<'_>) -> Result<(), Error> {
        let ungrouped =
            self.selected.iter().filter(|item| !self.unmatched(&item.expr, ctx).is_empty());
        let texts: Vec<String> = ungrouped.map(|item| text(&item.expr, self.names)).collect();
        if texts.is_empty() {
            return Ok(());
        }
        Err(Error::statement(format!(
            "Non-aggregate SELECT expression(s) not part of GROUP BY: {}\nEither add the column(s) \
             to the GROUP BY or remove them from the SELECT.",
            texts.join(", ")
        )))
    }

    fn check_having(&self, ctx: Context<'_>) -> Result<(), Error> {
        let unmatched = self.having.map(|having| self.unmatched(having, ctx)).unwrap_or_default();
        let texts: Vec<String> = unmatched.iter().map(|expr| text(expr, self.names)).collect();
        if texts.is_empty() {
            return Ok(());
        }
        Err(Error::statement(format!(
            "Non-aggregate HAVING expression not part of GROUP BY: {}\nConsider switching the \
             HAVING clause to a WHERE clause before the GROUP BY.",
            texts.join(", ")
        )))
    }

    /// Returns the columns of an expression that are neither grouped by nor aggregated.
    fn unmatched<'e>(&self, expr: &'e Expr, ctx: Context<'_>) -> Vec<&'e Expr> {
        let mut bound: Vec<&str> = Vec::new();
        for_each(expr, &mut |part| {
            if let ExprKind::Lambda { params, .. } = &*part.kind {
                bound.extend(params.iter().map(|param| param.name.as_str()));
            }
            true
        });
        let mut found = Vec::new();
        for_each(expr, &mut |part| {
            if self.group_by.contains(part) || aggregate_name(part, ctx).is_some() {
                return false;
            }
            let Some(column) = as_column(part) else { return true };
            let is_own_bound = self.is_windowed && as_window_bound(part).is_some();
            // A name without a source is a lambda's argument or a unit of time: columns have theirs.
            let is_free = column.source.is_some() || !bound.contains(&column.name);
            if is_free && column.source.is_some() && !is_own_bound {
                found.push(part);
            }
            true
        });
        found
    }
}
