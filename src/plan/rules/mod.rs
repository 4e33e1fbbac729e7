//! Rewrites of a plan that keep its meaning and cost less, in order.

use crate::plan::QueryPlan;

/// A rewrite.
pub struct Rule {
    /// What it is called.
    pub name: &'static str,
    /// Rewrites a plan.
    pub apply: fn(QueryPlan) -> QueryPlan,
}

/// The rewrites, in the order in which they run.
pub const RULES: &[Rule] = &[];

/// Applies all rules.
pub fn rewrite(plan: QueryPlan) -> QueryPlan {
    RULES.iter().fold(plan, |plan, rule| (rule.apply)(plan))
}
