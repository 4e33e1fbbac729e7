//! Which keys can pass a predicate: so that a pull query reads them and not the whole table.

use tidemill_grammar::ast::{Expr as AstExpr, ExprKind, Literal};

use crate::catalog::Source;
use crate::error::Error;
use crate::expr::{ComparisonOp, Expr};
use crate::plan::query::context::Context;
use crate::plan::query::text::{Names, text};
use crate::plan::query::tree::{as_column, for_each};
use crate::plan::{ColumnConstraint, KeyConstraint, Lookup, SourceColumn, TimeRange};
use crate::types::{Schema, SqlType, Value};

/// Beyond so many alternatives a scan costs less than looking each up.
const ALTERNATIVES_MAX: usize = 10_000;

const HELP: &str = ". See https://cnfl.io/queries for more info.\n\
    Add EMIT CHANGES if you intended to issue a push query.\n\
    Pull queries require a WHERE clause that:\n - includes a key equality expression, e.g. `SELECT * FROM X WHERE \
    <key-column> = Y;`.\n - in the case of a multi-column key, is a conjunction of equality expressions that cover all key \
    columns.\nIf more flexible queries are needed, table scans can be enabled by setting \
    ksql.query.pull.table.scan.enabled=true.";

/// Says which keys a predicate lets pass, or that all have to be looked at, if that is allowed.
pub(super) fn lookup(
    predicate: Option<&Expr>,
    source: &Source,
    columns: &[SourceColumn],
    ctx: Context<'_>,
) -> Result<Lookup, Error> {
    let extractor =
        Extractor { schema: &source.schema, columns, is_strict: !ctx.config.pull_table_scan() };
    let found = match predicate {
        Some(predicate) => extractor.alternatives(predicate),
        None => Err("Missing WHERE clause".to_owned()),
    };
    match found {
        Ok(keys) => Ok(Lookup::Keys(keys)),
        Err(_) if ctx.config.pull_table_scan() => Ok(Lookup::Scan),
        Err(reason) => Err(Error::statement(format!("{reason}{HELP}"))),
    }
}

struct Extractor<'a> {
    schema: &'a Schema,
    columns: &'a [SourceColumn],
    /// Whether there is no scan to fall back on, so that ksqlDB's rules for lookups hold.
    is_strict: bool,
}

/// What one comparison says.
#[derive(Clone)]
enum Fact<'a> {
    /// Of a key column.
    Key(usize, ComparisonOp, &'a Value),
    /// Of when the key's window begins.
    WindowStart(ComparisonOp, i64),
    /// Of when it ends.
    WindowEnd(ComparisonOp, i64),
    /// Nothing of the key.
    Other,
}

impl<'a> Extractor<'a> {
    /// Returns one constraint for each alternative; the error says why a scan is needed.
    fn alternatives(&self, predicate: &'a Expr) -> Result<Vec<KeyConstraint>, String> {
        let mut constraints = Vec::new();
        for facts in self.disjuncts(predicate)? {
            constraints.push(self.constraint(&facts, predicate)?);
        }
        Ok(constraints)
    }

    /// Returns the facts of each alternative: the predicate as an OR of ANDs.
    fn disjuncts(&self, expr: &'a Expr) -> Result<Vec<Vec<Fact<'a>>>, String> {
        let too_many = || "WHERE clause has too many alternatives".to_owned();
        match expr {
            Expr::Or(parts) => {
                let mut all = Vec::new();
                for part in parts {
                    all.extend(self.disjuncts(part)?);
                    if ALTERNATIVES_MAX < all.len() {
                        return Err(too_many());
                    }
                }
                Ok(all)
            }
            Expr::And(parts) => {
                let mut all: Vec<Vec<Fact<'a>>> = vec![Vec::new()];
                for part in parts {
                    let more = self.disjuncts(part)?;
                    if ALTERNATIVES_MAX < all.len().saturating_mul(more.len()) {
                        return Err(too_many());
                    }
                    let with = |facts: &Vec<Fact<'a>>| {
                        let facts = facts.clone();
                        let both =
                            move |more: &Vec<Fact<'a>>| [facts.clone(), more.clone()].concat();
                        more.iter().map(both).collect::<Vec<_>>()
                    };
                    all = all.iter().flat_map(with).collect();
                }
                Ok(all)
            }
            Expr::In { operand, list, negated: false } => {
                let equal =
                    |value: &'a Expr| Ok(vec![self.fact(operand, ComparisonOp::Equal, value)?]);
                list.iter().map(equal).collect()
            }
            Expr::Between { operand, low, high, negated: false } => Ok(vec![vec![
                self.fact(operand, ComparisonOp::GreaterThanOrEqual, low)?,
                self.fact(operand, ComparisonOp::LessThanOrEqual, high)?,
            ]]),
            Expr::Comparison { left, op, right } => Ok(vec![vec![self.fact(left, *op, right)?]]),
            _says_nothing_of_keys => Ok(vec![vec![Fact::Other]]),
        }
    }

    fn fact(&self, left: &'a Expr, op: ComparisonOp, right: &'a Expr) -> Result<Fact<'a>, String> {
        let (index, op, value) = match (left, right) {
            (Expr::Column { index, .. }, Expr::Literal { value, .. }) => (*index, op, value),
            (Expr::Literal { value, .. }, Expr::Column { index, .. }) => {
                (*index, flipped(op), value)
            }
            _no_column_and_literal if self.is_strict => return Err(unresolvable(left, right)),
            _no_column_and_literal => return Ok(Fact::Other),
        };
        Ok(match (self.columns.get(index), value) {
            (Some(SourceColumn::Schema(column)), value)
                if *column < self.schema.key_count() && !value.is_null() =>
            {
                Fact::Key(*column, op, value)
            }
            (Some(SourceColumn::WindowStart), Value::Bigint(ms)) => Fact::WindowStart(op, *ms),
            (Some(SourceColumn::WindowEnd), Value::Bigint(ms)) => Fact::WindowEnd(op, *ms),
            (Some(_) | None, _) => Fact::Other,
        })
    }

    fn constraint(&self, facts: &[Fact<'a>], predicate: &Expr) -> Result<KeyConstraint, String> {
        let mut columns = vec![ColumnConstraint::Any; self.schema.key_count()];
        let (mut window_start, mut window_end) = (TimeRange::ALL, TimeRange::ALL);
        for fact in facts {
            match fact {
                Fact::Key(column, ..)
                    if self.is_strict && columns[*column] != ColumnConstraint::Any =>
                {
                    return Err(
                        "A comparison condition on the key column cannot be combined with \
                                other comparisons such as an IN predicate"
                            .to_owned(),
                    );
                }
                Fact::Key(column, op, value) => {
                    let sql_type = &self.schema.columns()[*column].sql_type;
                    narrow(&mut columns[*column], *op, value, sql_type);
                }
                Fact::WindowStart(op, ms) => window_start = window_start.narrowed(*op, *ms),
                Fact::WindowEnd(op, ms) => window_end = window_end.narrowed(*op, *ms),
                Fact::Other => {}
            }
        }
        let is_range =
            |fact: &Fact<'_>| matches!(fact, Fact::Key(_, op, _) if *op != ComparisonOp::Equal);
        if columns.contains(&ColumnConstraint::Any) && facts.iter().any(is_range) {
            return Err("Query requires table scan to be enabled".to_owned());
        }
        let missing = columns.iter().filter(|column| **column == ColumnConstraint::Any).count();
        if missing == columns.len() {
            return Err(format!("WHERE clause missing key column for disjunct: {predicate}"));
        }
        if 0 < missing {
            let keys = self.schema.key().iter().map(|column| format!("`{}`", column.name));
            let keys: Vec<String> = keys.collect();
            return Err(format!(
                "Multi-column sources must specify every key in the WHERE clause. Expected: [{}]",
                keys.join(", ")
            ));
        }
        let is_equal = |column: &ColumnConstraint| matches!(column, ColumnConstraint::Equal(_));
        if 1 < columns.len() && !columns.iter().all(is_equal) {
            return Err("Query requires table scan to be enabled".to_owned());
        }
        Ok(KeyConstraint { columns, window_start, window_end })
    }
}

fn unresolvable(left: &Expr, right: &Expr) -> String {
    let is_column = |expr: &Expr| matches!(expr, Expr::Column { .. });
    if is_column(left) || is_column(right) {
        "A comparison must be between a key column and a resolvable expression".to_owned()
    } else {
        "A comparison must directly reference a key column".to_owned()
    }
}

fn flipped(op: ComparisonOp) -> ComparisonOp {
    match op {
        ComparisonOp::LessThan => ComparisonOp::GreaterThan,
        ComparisonOp::LessThanOrEqual => ComparisonOp::GreaterThanOrEqual,
        ComparisonOp::GreaterThan => ComparisonOp::LessThan,
        ComparisonOp::GreaterThanOrEqual => ComparisonOp::LessThanOrEqual,
        ComparisonOp::Equal
        | ComparisonOp::NotEqual
        | ComparisonOp::IsDistinctFrom
        | ComparisonOp::IsNotDistinctFrom => op,
    }
}

/// Adds what a comparison says of a key column; an equality says it all.
fn narrow(constraint: &mut ColumnConstraint, op: ComparisonOp, value: &Value, sql_type: &SqlType) {
    let bound = |is_closed| Some((value.clone(), is_closed));
    let (new_low, new_high) = match op {
        ComparisonOp::Equal | ComparisonOp::IsNotDistinctFrom => {
            *constraint = ColumnConstraint::Equal(value.clone());
            return;
        }
        ComparisonOp::LessThan => (None, bound(false)),
        ComparisonOp::LessThanOrEqual => (None, bound(true)),
        ComparisonOp::GreaterThan => (bound(false), None),
        ComparisonOp::GreaterThanOrEqual => (bound(true), None),
        ComparisonOp::NotEqual | ComparisonOp::IsDistinctFrom => return,
    };
    // Keys are stored as bytes: only of these types their order is that of the values.
    if !matches!(sql_type, SqlType::Varchar | SqlType::Bytes) {
        return;
    }
    match constraint {
        ColumnConstraint::Equal(_) => {}
        ColumnConstraint::Any => {
            *constraint = ColumnConstraint::Between { low: new_low, high: new_high };
        }
        ColumnConstraint::Between { low, high } => {
            *low = low.take().or(new_low);
            *high = high.take().or(new_high);
        }
    }
}

impl TimeRange {
    /// Returns the part of it for which a comparison holds.
    fn narrowed(self, op: ComparisonOp, ms: i64) -> Self {
        let TimeRange { from_ms, to_ms } = self;
        match op {
            ComparisonOp::Equal | ComparisonOp::IsNotDistinctFrom => {
                TimeRange { from_ms: from_ms.max(ms), to_ms: to_ms.min(ms) }
            }
            ComparisonOp::LessThan => TimeRange { from_ms, to_ms: to_ms.min(ms.saturating_sub(1)) },
            ComparisonOp::LessThanOrEqual => TimeRange { from_ms, to_ms: to_ms.min(ms) },
            ComparisonOp::GreaterThan => {
                TimeRange { from_ms: from_ms.max(ms.saturating_add(1)), to_ms }
            }
            ComparisonOp::GreaterThanOrEqual => TimeRange { from_ms: from_ms.max(ms), to_ms },
            ComparisonOp::NotEqual | ComparisonOp::IsDistinctFrom => self,
        }
    }
}

/// Checks that keys are compared with what can be a key: IN takes no NULL, and no text for a number.
pub(super) fn check_keys(predicate: &AstExpr, schema: &Schema) -> Result<(), Error> {
    let mut wrong = None;
    for_each(predicate, &mut |part| {
        if let ExprKind::In { operand, list, .. } = &*part.kind
            && let Some(key) = as_column(operand)
                .and_then(|column| schema.key().iter().find(|key| *key.name == *column.name))
        {
            let error = list.iter().find_map(|value| {
                let message = key_error(operand, value, key)?;
                Some(Error::statement(message).at(value.position.line, value.position.column))
            });
            wrong = wrong.take().or(error);
        }
        true
    });
    wrong.map_or(Ok(()), Err)
}

fn key_error(operand: &AstExpr, value: &AstExpr, key: &crate::types::Column) -> Option<String> {
    let names = Names::Flat { is_join: false };
    let ExprKind::Literal(literal) = &*value.kind else { return None };
    match literal {
        Literal::Null => {
            Some(format!("Primary key columns can not be NULL: ({} = null)", text(operand, names)))
        }
        Literal::String(written) if key.sql_type.is_numeric() => Some(format!(
            "'{written}' can not be converted to the type of the key column: {} {} KEY",
            key.name, key.sql_type
        )),
        Literal::String(_)
        | Literal::Boolean(_)
        | Literal::Int(_)
        | Literal::Bigint(_)
        | Literal::Decimal(_)
        | Literal::Double(_) => None,
    }
}
