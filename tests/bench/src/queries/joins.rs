//! Joins: of streams, of a stream with a table, of tables by key and by foreign key.

use datafusion::prelude::{DataFrame, Expr, JoinType, ident, lit};

use crate::answer::{Expected, Key, ResultShape};
use crate::data::Tables;
use crate::error::Result;
use crate::queries::frames::{joined, last_of_each, of};
use crate::queries::{Query, STREAM, Source, table};

const PAIR: Source = Source::Pair(10_000);
const K: Key = Key::Bigint("K");
const KEYED_STREAM: ResultShape = ResultShape { key: K, ..STREAM };

pub(super) const QUERIES: &[Query] = &[
    Query {
        name: "join-streams",
        source: PAIR,
        reads: &["kv", "kw"],
        sql: "CREATE STREAM out AS SELECT a.k AS k, a.v AS v, b.v AS w, b.r AS r
           FROM kv a JOIN kw b WITHIN 1 SECOND ON a.k = b.k;",
        result: KEYED_STREAM,
        expected: join_streams,
    },
    Query {
        name: "join-streams-left",
        source: PAIR,
        reads: &["kv", "kw"],
        sql: "CREATE STREAM out AS SELECT a.k AS k, a.v AS v, b.v AS w, b.r AS r
           FROM kv a LEFT JOIN kw b WITHIN 1 SECOND GRACE PERIOD 1 SECOND ON a.k = b.k;",
        result: KEYED_STREAM,
        expected: join_streams_left,
    },
    Query {
        name: "join-stream-table",
        source: PAIR,
        reads: &["kv", "names"],
        sql: "CREATE STREAM out AS SELECT a.k AS k, a.v AS v, t.name AS name FROM kv a JOIN names t ON a.k = t.k;",
        result: KEYED_STREAM,
        expected: join_stream_table,
    },
    Query {
        name: "join-tables",
        source: PAIR,
        reads: &["kv", "kw"],
        sql: "CREATE TABLE out AS SELECT a.k AS k, a.v AS v, b.v AS w FROM kv_table a JOIN kw_table b ON a.k = b.k;",
        result: table(K),
        expected: join_tables,
    },
    Query {
        name: "join-foreign-key",
        source: PAIR,
        reads: &["kv", "names"],
        sql: "CREATE TABLE out AS SELECT a.k AS k, a.v AS v, t.name AS name FROM kv_table a JOIN names t ON a.r = t.k;",
        result: table(K),
        expected: join_foreign_key,
    },
];

fn within_a_second() -> Expr {
    (of("kv", "TS") - of("kw", "TS")).between(lit(-1000_i64), lit(1000_i64))
}

fn streams(tables: &Tables, join: JoinType) -> Result<Expected> {
    let on = of("kv", "K").eq(of("kw", "K")).and(within_a_second());
    let joined = tables.topic("kv")?.join_on(tables.topic("kw")?, join, [on])?;
    let columns = vec![
        of("kv", "K").alias("K"),
        of("kv", "V").alias("V"),
        of("kw", "V").alias("W"),
        of("kw", "R").alias("R"),
    ];
    Expected::exact(tables, joined.select(columns)?)
}

fn join_streams(tables: &Tables) -> Result<Expected> {
    streams(tables, JoinType::Inner)
}

/// The last rows of both streams close all windows before them, and meet each other.
fn join_streams_left(tables: &Tables) -> Result<Expected> {
    streams(tables, JoinType::Left)
}

fn join_stream_table(tables: &Tables) -> Result<Expected> {
    let (rows, names) = (tables.topic("kv")?, tables.topic("names")?);
    let joined = joined(rows, names, JoinType::Inner, (&["K"], &["K"]))?;
    Expected::exact(tables, joined.select(vec![of("kv", "K"), ident("V"), ident("NAME")])?)
}

fn last(tables: &Tables, topic: &str) -> Result<DataFrame> {
    last_of_each(tables.topic(topic)?, &["K"])
}

fn join_tables(tables: &Tables) -> Result<Expected> {
    let left = last(tables, "kv")?.select(vec![ident("K"), ident("V")])?;
    let right = last(tables, "kw")?.select(vec![ident("K").alias("J"), ident("V").alias("W")])?;
    let joined = joined(left, right, JoinType::Inner, (&["K"], &["J"]))?;
    Expected::exact(tables, joined.select(vec![ident("K"), ident("V"), ident("W")])?)
}

fn join_foreign_key(tables: &Tables) -> Result<Expected> {
    let left = last(tables, "kv")?.select(vec![ident("K"), ident("V"), ident("R")])?;
    let names = tables.topic("names")?.select(vec![ident("K").alias("J"), ident("NAME")])?;
    let joined = joined(left, names, JoinType::Inner, (&["R"], &["J"]))?;
    Expected::exact(tables, joined.select(vec![ident("K"), ident("V"), ident("NAME")])?)
}
