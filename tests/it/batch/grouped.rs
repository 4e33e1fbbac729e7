//! Aggregates of a stream, joined with a table or not, in windows of every kind.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Int64Array, RecordBatch};
use datafusion::functions::core::expr_fn::coalesce;
use datafusion::functions_aggregate::expr_fn::{avg, count, max, min, sum};
use datafusion::functions_aggregate::min_max::max_udaf;
use datafusion::functions_aggregate::sum::sum_udaf;
use datafusion::functions_window::expr_fn::lag;
use datafusion::logical_expr::expr::WindowFunction;
use datafusion::logical_expr::{Expr, ExprFunctionExt, JoinType, SortExpr};
use datafusion::prelude::{DataFrame, SessionContext, col, lit, when};

use super::records::{DISORDER_MS, Records};
use super::{AnswerFrom, Question};
use crate::random::Random;

/// What is grouped by what, and which groups count.
struct Shape {
    join: Option<JoinType>,
    /// `n` must be above it.
    above: Option<i64>,
    group_by: &'static str,
    windows: Option<Windows>,
    /// A group must have more rows.
    having: Option<i64>,
}

#[derive(Clone, Copy)]
struct Windows {
    kind: Kind,
    grace_ms: i64,
    is_final: bool,
}

#[derive(Clone, Copy)]
enum Kind {
    /// Tumbling if the advance is the size, else hopping.
    Time {
        size_ms: i64,
        advance_ms: i64,
    },
    Session {
        gap_ms: i64,
    },
}

pub(super) fn question(
    random: &mut Random,
    records: &Records,
    context: &SessionContext,
) -> Question {
    let shape = Shape::new(random);
    let from = match shape.windows {
        None => AnswerFrom::Table("g, c, cn, s, lo, hi, m, sx"),
        Some(Windows { is_final: false, .. }) => {
            AnswerFrom::Table("windowstart, windowend, g, c, cn, s, lo, hi, m, sx")
        }
        Some(_) => AnswerFrom::Final,
    };
    Question { sql: shape.sql(), from, expected: shape.expected(records, context) }
}

impl Windows {
    fn new(random: &mut Random) -> Windows {
        let is_final = random.once_in(3);
        if random.once_in(3) {
            // What is late for a session depends on the other sessions: here nothing is.
            let grace_ms = DISORDER_MS + random.below(9_000) as i64;
            let gap_ms = 100 + random.below(3_000) as i64;
            return Windows { kind: Kind::Session { gap_ms }, grace_ms, is_final };
        }
        let advance_ms = 1000 * (1 + random.below(15) as i64);
        let overlap = if random.once_in(2) { 1 } else { 1 + random.below(4) as i64 };
        let extra = if overlap == 1 { 0 } else { random.below(advance_ms as u64) as i64 };
        let kind = Kind::Time { size_ms: advance_ms * overlap + extra, advance_ms };
        Windows { kind, grace_ms: random.below(25_000) as i64, is_final }
    }

    fn sql(self) -> String {
        let kind = match self.kind {
            Kind::Time { size_ms, advance_ms } if size_ms == advance_ms => {
                format!("TUMBLING (SIZE {size_ms} MILLISECONDS")
            }
            Kind::Time { size_ms, advance_ms } => {
                format!(
                    "HOPPING (SIZE {size_ms} MILLISECONDS, ADVANCE BY {advance_ms} MILLISECONDS"
                )
            }
            Kind::Session { gap_ms } => format!("SESSION ({gap_ms} MILLISECONDS"),
        };
        let grace = self.grace_ms;
        format!(" WINDOW {kind}, RETENTION 4000 DAYS, GRACE PERIOD {grace} MILLISECONDS)")
    }

    /// Puts each row into its windows, as columns `start` and `end`, and leaves out what is late.
    fn assign(self, frame: DataFrame, group: &str, context: &SessionContext) -> DataFrame {
        let (size_ms, advance_ms) = match self.kind {
            Kind::Time { size_ms, advance_ms } => (size_ms, advance_ms),
            Kind::Session { gap_ms } => return sessions(frame, group, gap_ms),
        };
        let hop_count = (size_ms + advance_ms - 1) / advance_ms;
        let hops: ArrayRef = Arc::new(Int64Array::from_iter_values(0..hop_count));
        let hops = RecordBatch::try_from_iter([("hop", hops)]);
        let hops = context.read_batch(hops.unwrap()).unwrap();
        let time = || col("e_time");
        let start = time() - time() % lit(advance_ms) - col("hop") * lit(advance_ms);
        let closes = col("end") + lit(self.grace_ms);
        frame
            .join(hops, JoinType::Inner, &[], &[], Some(lit(true)))
            .and_then(|frame| frame.with_column("start", start))
            .and_then(|frame| frame.with_column("end", col("start") + lit(size_ms)))
            .and_then(|frame| frame.filter(time().lt(col("end"))))
            .and_then(|frame| frame.filter(col("stream_time").lt(closes)))
            .unwrap()
    }

    /// Returns what must hold for a window to have come out by the end.
    fn is_closed(self) -> Expr {
        let closed = col("last") - lit(self.grace_ms);
        match self.kind {
            Kind::Time { .. } => col("window_end").lt_eq(closed),
            Kind::Session { gap_ms } => col("window_end").lt(closed - lit(gap_ms)),
        }
    }
}

/// Gaps and islands: a row begins a session if the one before it is further away than the gap.
fn sessions(frame: DataFrame, group: &str, gap_ms: i64) -> DataFrame {
    let by = || vec![col(group)];
    let in_time = || vec![ascending("e_time"), ascending("e_after")];
    let over = |function: Expr| function.partition_by(by()).order_by(in_time()).build().unwrap();
    let previous = over(lag(col("e_time"), Some(1), None)).alias("previous");
    let is_near = (col("e_time") - col("previous")).lt_eq(lit(gap_ms));
    let begins = when(is_near, lit(0_i64)).otherwise(lit(1_i64)).unwrap();
    let number = WindowFunction::new(sum_udaf(), vec![col("begins")]);
    frame
        .window(vec![previous])
        .and_then(|frame| frame.with_column("begins", begins))
        .and_then(|frame| frame.window(vec![over(number.into()).alias("session")]))
        .and_then(|frame| frame.with_column("start", col("e_time")))
        .and_then(|frame| frame.with_column("end", col("e_time")))
        .unwrap()
}

fn ascending(column: &str) -> SortExpr {
    col(column).sort(true, true)
}

/// Adds the stream time at each row, and the one at the end.
fn with_stream_time(frame: DataFrame) -> DataFrame {
    let latest = || Expr::from(WindowFunction::new(max_udaf(), vec![col("e_time")]));
    let so_far = latest().order_by(vec![ascending("e_after")]).build().unwrap();
    let frame = frame.window(vec![so_far.alias("stream_time"), latest().alias("last")]);
    frame.unwrap()
}

impl Shape {
    fn new(random: &mut Random) -> Shape {
        let join = *random.choose(&[None, None, Some(JoinType::Inner), Some(JoinType::Left)]);
        let groups: &[&'static str] =
            if join.is_some() { &["p_label", "e_d", "e_k"] } else { &["e_d", "e_k"] };
        Shape {
            join,
            above: random.once_in(2).then(|| random.below(10) as i64),
            group_by: random.choose::<&str>(groups),
            windows: (!random.once_in(4)).then(|| Windows::new(random)),
            having: random.once_in(3).then(|| random.below(4) as i64),
        }
    }

    fn sql(&self) -> String {
        let from = match self.join {
            None => "events e".to_owned(),
            Some(kind) => {
                let kind = if kind == JoinType::Left { "LEFT JOIN" } else { "JOIN" };
                format!("events e {kind} people p ON e.k = p.k")
            }
        };
        let group = self.group_by.replace('_', ".");
        let window = self.windows.map(Windows::sql).unwrap_or_default();
        let filter = self.above.map(|above| format!(" WHERE e.n > {above}")).unwrap_or_default();
        let having = self.having.map(|count| format!(" HAVING COUNT(*) > {count}"));
        let is_final = self.windows.is_some_and(|windows| windows.is_final);
        format!(
            "CREATE TABLE answer AS SELECT {group} AS g, COUNT(*) AS c, COUNT(e.n) AS cn, SUM(e.n) AS s, MIN(e.n) AS lo, MAX(e.n) AS hi, AVG(e.x) AS m, SUM(e.x) AS sx FROM {from}{window}{filter} GROUP BY {group}{}{};",
            having.unwrap_or_default(),
            if is_final { " EMIT FINAL" } else { "" },
        )
    }

    fn expected(&self, records: &Records, context: &SessionContext) -> DataFrame {
        let mut frame = records.events(context);
        if let Some(kind) = self.join {
            let is_there =
                col("p_after").lt(col("e_after")).and(col("e_after").lt_eq(col("p_until")));
            let people = records.people(context);
            frame = frame.join(people, kind, &["e_k"], &["p_k"], Some(is_there)).unwrap();
        }
        if let Some(above) = self.above {
            frame = frame.filter(col("e_n").gt(lit(above))).unwrap();
        }
        // Only rows that have a group move its stream time.
        frame = frame.filter(col(self.group_by).is_not_null()).unwrap();
        let Some(windows) = self.windows else {
            let frame = frame.aggregate(vec![col(self.group_by)], calls()).unwrap();
            return self.having(frame);
        };
        let frame = windows.assign(with_stream_time(frame), self.group_by, context);
        let window = match windows.kind {
            Kind::Time { .. } => col("start"),
            Kind::Session { .. } => col("session"),
        };
        let bounds = vec![
            min(col("start")).alias("window_start"),
            max(col("end")).alias("window_end"),
            max(col("last")).alias("last"),
        ];
        let calls = [bounds, calls()].concat();
        let frame = frame.aggregate(vec![window, col(self.group_by)], calls).unwrap();
        let mut frame = self.having(frame);
        if windows.is_final {
            frame = frame.filter(windows.is_closed()).unwrap();
        }
        let columns = ["window_start", "window_end", self.group_by];
        let columns = columns.into_iter().chain(["c", "cn", "s", "lo", "hi", "m", "sx"]);
        frame.select(columns.map(col).collect::<Vec<_>>()).unwrap()
    }

    fn having(&self, frame: DataFrame) -> DataFrame {
        match self.having {
            Some(count) => frame.filter(col("c").gt(lit(count))).unwrap(),
            None => frame,
        }
    }
}

fn calls() -> Vec<Expr> {
    vec![
        count(lit(1)).alias("c"),
        count(col("e_n")).alias("cn"),
        // The sum and the mean of no numbers are zero in ksqlDB.
        coalesce(vec![sum(col("e_n")), lit(0_i64)]).alias("s"),
        min(col("e_n")).alias("lo"),
        max(col("e_n")).alias("hi"),
        coalesce(vec![avg(col("e_x")), lit(0.0)]).alias("m"),
        coalesce(vec![sum(col("e_x")), lit(0.0)]).alias("sx"),
    ]
}
