//! Joins of two streams: of every kind, near enough before or after, with a grace period and without.

use datafusion::common::ScalarValue;
use datafusion::functions::core::expr_fn::greatest;
use datafusion::functions_aggregate::min_max::max_udaf;
use datafusion::logical_expr::expr::WindowFunction;
use datafusion::logical_expr::{Expr, ExprFunctionExt, JoinType};
use datafusion::prelude::{DataFrame, SessionContext, col, lit};

use super::records::{DISORDER_MS, Records};
use super::{AnswerFrom, Question};
use crate::random::Random;

/// A join, and how much earlier and later a click may be than its event.
struct Shape {
    kind: &'static str,
    before_ms: i64,
    after_ms: i64,
    grace_ms: Option<i64>,
}

pub(super) fn question(
    random: &mut Random,
    records: &Records,
    context: &SessionContext,
) -> Question {
    let shape = Shape::new(random);
    let expected = shape.expected(records, context);
    Question { sql: shape.sql(), from: AnswerFrom::Stream, expected }
}

impl Shape {
    fn new(random: &mut Random) -> Shape {
        let before_ms = random.below(12_000) as i64;
        let after_ms = if random.once_in(2) { before_ms } else { random.below(12_000) as i64 };
        // With this grace period no row is forgotten before all that may meet it have come.
        let grace_ms = DISORDER_MS + random.below(20_000) as i64;
        Shape {
            kind: random.choose::<&str>(&["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL OUTER JOIN"]),
            before_ms,
            after_ms,
            grace_ms: (!random.once_in(3)).then_some(grace_ms),
        }
    }

    fn sql(&self) -> String {
        let Shape { kind, before_ms, after_ms, .. } = self;
        let within = match before_ms == after_ms {
            true => format!("{before_ms} MILLISECONDS"),
            false => format!("({before_ms} MILLISECONDS, {after_ms} MILLISECONDS)"),
        };
        let grace = self.grace_ms.map(|grace| format!(" GRACE PERIOD {grace} MILLISECONDS"));
        let key = match *kind {
            "FULL OUTER JOIN" => "ROWKEY",
            "RIGHT JOIN" => "c.k",
            _ => "e.k",
        };
        format!(
            "CREATE STREAM answer AS SELECT {key} AS k, e.i AS ei, c.i AS ci FROM events e {kind} clicks c WITHIN {within}{} ON e.k = c.k;",
            grace.unwrap_or_default()
        )
    }

    fn expected(&self, records: &Records, context: &SessionContext) -> DataFrame {
        let keyed = |frame: DataFrame, key| frame.filter(col(key).is_not_null()).unwrap();
        let sides = Sides {
            events: keyed(records.events(context), "e_k"),
            clicks: keyed(records.clicks(context), "c_k"),
        };
        let later = greatest(vec![col("e_time"), col("c_time")]);
        let mut answer = sides
            .events
            .clone()
            .join(sides.clicks.clone(), JoinType::Inner, &["e_k"], &["c_k"], Some(self.is_near()))
            .and_then(|frame| frame.select(columns(col("e_k"), col("e_i"), col("c_i"), later)))
            .unwrap();
        let none = || lit(ScalarValue::Int64(None));
        if matches!(self.kind, "LEFT JOIN" | "FULL OUTER JOIN") {
            let alone = self.alone(&sides, ["e", "c"], self.after_ms);
            let columns = columns(col("e_k"), col("e_i"), none(), col("e_time"));
            answer = alone.select(columns).and_then(|alone| answer.union(alone)).unwrap();
        }
        if matches!(self.kind, "RIGHT JOIN" | "FULL OUTER JOIN") {
            let alone = self.alone(&sides, ["c", "e"], self.before_ms);
            let columns = columns(col("c_k"), none(), col("c_i"), col("c_time"));
            answer = alone.select(columns).and_then(|alone| answer.union(alone)).unwrap();
        }
        answer
    }

    fn is_near(&self) -> Expr {
        let (event, click) = (col("e_time"), col("c_time"));
        (event.clone() - lit(self.before_ms))
            .lt_eq(click.clone())
            .and(click.lt_eq(event + lit(self.after_ms)))
    }

    /// Returns the rows of one side that come out without a match: at once, if none of the other side can come any more but
    /// late, or there is no grace period; else when their window is closed.
    fn alone(&self, sides: &Sides, [own, other]: [&str; 2], wait_ms: i64) -> DataFrame {
        let column = |side: &str, name: &str| col(format!("{side}_{name}"));
        let first = column(other, "after").lt(column(own, "after"));
        let met_before = sides.without_match(own, other, self.is_near().and(first));
        let Some(grace_ms) = self.grace_ms else { return met_before };
        let last_match = || column(own, "time") + lit(wait_ms);
        let is_closed = last_match()
            .gt_eq(col("stream_time"))
            .and((last_match() + lit(grace_ms)).lt(col("last")));
        let at_once = sides
            .with_stream_time(met_before, own)
            .filter(last_match().lt(col("stream_time")))
            .unwrap();
        let later = sides
            .with_stream_time(sides.without_match(own, other, self.is_near()), own)
            .filter(is_closed)
            .unwrap();
        at_once.union(later).unwrap()
    }
}

/// Rows that have a key, of both sides.
struct Sides {
    events: DataFrame,
    clicks: DataFrame,
}

impl Sides {
    fn of(&self, side: &str) -> DataFrame {
        if side == "e" { self.events.clone() } else { self.clicks.clone() }
    }

    /// Returns the rows of one side that meet none of the other.
    fn without_match(&self, own: &str, other: &str, condition: Expr) -> DataFrame {
        let (key, other_key) = (format!("{own}_k"), format!("{other}_k"));
        let (rows, others) = (self.of(own), self.of(other));
        rows.join(others, JoinType::LeftAnti, &[&key], &[&other_key], Some(condition)).unwrap()
    }

    /// Adds the stream time of both sides at each row, and the one at the end.
    fn with_stream_time(&self, rows: DataFrame, side: &str) -> DataFrame {
        let times = |side: &str| {
            let columns = ["after", "time"].map(|name| col(format!("{side}_{name}")).alias(name));
            self.of(side).select(columns.to_vec()).unwrap()
        };
        let latest = || Expr::from(WindowFunction::new(max_udaf(), vec![col("time")]));
        let so_far = latest().order_by(vec![col("after").sort(true, true)]).build().unwrap();
        let times = times("e")
            .union(times("c"))
            .and_then(|times| {
                times.window(vec![so_far.alias("stream_time"), latest().alias("last")])
            })
            .unwrap();
        let place = format!("{side}_after");
        rows.join(times, JoinType::Inner, &[&place], &["after"], None).unwrap()
    }
}

fn columns(key: Expr, event: Expr, click: Expr, time: Expr) -> Vec<Expr> {
    vec![key.alias("k"), event.alias("ei"), click.alias("ci"), time.alias("time")]
}
