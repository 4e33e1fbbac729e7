//! Joins of two tables, on their keys and on a foreign key, and aggregates of tables, of joined ones too.

use datafusion::functions::core::expr_fn::coalesce;
use datafusion::functions_aggregate::expr_fn::{avg, count, sum};
use datafusion::logical_expr::JoinType;
use datafusion::prelude::{DataFrame, SessionContext, col, lit};

use super::records::Records;
use super::{AnswerFrom, Question};
use crate::random::Random;

/// A join of `people` and `places`.
struct Join {
    kind: &'static str,
    is_foreign: bool,
    /// `n` of a person must be above it.
    above: Option<i64>,
}

/// Leaves the rows of a table that are there in the end.
fn last(frame: DataFrame, until: &str) -> DataFrame {
    frame.filter(col(until).eq(lit(i64::MAX))).unwrap()
}

impl Join {
    fn new(random: &mut Random) -> Join {
        let is_foreign = random.once_in(2);
        let kinds: &[&'static str] = match is_foreign {
            true => &["JOIN", "LEFT JOIN"],
            false => &["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL OUTER JOIN"],
        };
        let above = random.once_in(2).then(|| random.below(10) as i64);
        Join { kind: random.choose::<&str>(kinds), is_foreign, above }
    }

    fn sql(&self, name: &str) -> String {
        let kind = self.kind;
        let key = match kind {
            "FULL OUTER JOIN" => "ROWKEY",
            "RIGHT JOIN" => "q.k",
            _ => "p.k",
        };
        let on = if self.is_foreign { "p.place" } else { "p.k" };
        let filter = self.above.map(|above| format!(" WHERE p.n > {above}"));
        format!(
            "CREATE TABLE {name} AS SELECT {key} AS k, p.label AS label, p.n AS n, q.area AS area FROM people p {kind} places q ON {on} = q.k{};",
            filter.unwrap_or_default()
        )
    }

    fn expected(&self, records: &Records, context: &SessionContext) -> DataFrame {
        let people = last(records.people(context), "p_until");
        let places = last(records.places(context), "q_until");
        let (kind, key) = match self.kind {
            "FULL OUTER JOIN" => (JoinType::Full, coalesce(vec![col("p_k"), col("q_k")])),
            "RIGHT JOIN" => (JoinType::Right, col("q_k")),
            "LEFT JOIN" => (JoinType::Left, col("p_k")),
            _ => (JoinType::Inner, col("p_k")),
        };
        let on = if self.is_foreign { "p_place" } else { "p_k" };
        let mut joined = people.join(places, kind, &[on], &["q_k"], None).unwrap();
        if let Some(above) = self.above {
            joined = joined.filter(col("p_n").gt(lit(above))).unwrap();
        }
        let columns = vec![
            key.alias("k"),
            col("p_label").alias("label"),
            col("p_n").alias("n"),
            col("q_area").alias("area"),
        ];
        joined.select(columns).unwrap()
    }
}

pub(super) fn join(random: &mut Random, records: &Records, context: &SessionContext) -> Question {
    let join = Join::new(random);
    let expected = join.expected(records, context);
    let from = AnswerFrom::Table("k, label, n, area");
    Question { sql: join.sql("answer"), from, expected }
}

/// Asks for groups of a table. Groups that have lost their last row are left out.
pub(super) fn aggregate(
    random: &mut Random,
    records: &Records,
    context: &SessionContext,
) -> Question {
    let having = random.below(3) as i64;
    let (source, from, frame) = if random.once_in(2) {
        let join = Join::new(random);
        (join.sql("joined"), "joined", join.expected(records, context))
    } else {
        let columns = ["p_label", "p_n", "p_x"].map(|name| col(name).alias(&name[2..]));
        let people = last(records.people(context), "p_until");
        (String::new(), "people", people.select(columns.to_vec()).unwrap())
    };
    let number = if from == "people" { "x" } else { "area" };
    let zero = if from == "people" { lit(0.0) } else { lit(0_i64) };
    let sql = format!(
        "{source} CREATE TABLE answer AS SELECT label AS g, COUNT(*) AS c, COUNT(n) AS cn, SUM(n) AS s, SUM({number}) AS sx, AVG({number}) AS m FROM {from} GROUP BY label HAVING COUNT(*) > {having};"
    );
    let calls = vec![
        count(lit(1)).alias("c"),
        count(col("n")).alias("cn"),
        coalesce(vec![sum(col("n")), lit(0_i64)]).alias("s"),
        coalesce(vec![sum(col(number)), zero]).alias("sx"),
        coalesce(vec![avg(col(number)), lit(0.0)]).alias("m"),
    ];
    let expected = frame
        .filter(col("label").is_not_null())
        .and_then(|frame| frame.aggregate(vec![col("label")], calls))
        .and_then(|frame| frame.filter(col("c").gt(lit(having))))
        .unwrap();
    Question { sql, from: AnswerFrom::Table("g, c, cn, s, sx, m"), expected }
}
