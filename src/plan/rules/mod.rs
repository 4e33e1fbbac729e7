//! Rewrites of a plan that keep its meaning and cost less, in order.

mod prune_columns;
mod push_filters;

use crate::plan::QueryPlan;

/// A rewrite.
#[derive(Clone, Copy)]
pub struct Rule {
    /// What it is called.
    pub name: &'static str,
    /// Rewrites a plan.
    pub apply: fn(QueryPlan) -> QueryPlan,
}

/// The rewrites, in the order in which they run. What is constant was computed when names were resolved.
pub const RULES: &[Rule] = &[
    Rule { name: "push_filters", apply: push_filters::push_filters },
    Rule { name: "prune_columns", apply: prune_columns::prune_columns },
];

/// Applies all rules.
pub(crate) fn rewrite(plan: QueryPlan) -> QueryPlan {
    RULES.iter().fold(plan, |plan, rule| (rule.apply)(plan))
}
