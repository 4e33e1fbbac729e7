//! The plain shapes: filter and project, count, windows, at 10, 10 thousand and 10 million keys.

use datafusion::functions_aggregate::expr_fn::sum;
use datafusion::prelude::{DataFrame, Expr, ident, lit};

use crate::answer::{Expected, Key, ResultShape, Windows};
use crate::data::Tables;
use crate::error::Result;
use crate::queries::frames::{by_session, closed, counted, named, with_windows};
use crate::queries::{Query, STREAM, Source, table, windowed};

const K: Key = Key::Bigint("K");
const FEW: Source = Source::Keyed(10);
const SOME: Source = Source::Keyed(10_000);
const MANY: Source = Source::Keyed(10_000_000);

const COUNT: &str =
    "CREATE TABLE out AS SELECT k, COUNT(*) AS n, SUM(v) AS total FROM kv GROUP BY k;";
const TUMBLING: &str = "CREATE TABLE out AS SELECT k, COUNT(*) AS n, SUM(v) AS total
   FROM kv WINDOW TUMBLING (SIZE 10 SECONDS) GROUP BY k;";
const TUMBLING_FINAL: &str = "CREATE TABLE out AS SELECT k, COUNT(*) AS n, SUM(v) AS total
   FROM kv WINDOW TUMBLING (SIZE 10 SECONDS, RETENTION 1 DAY, GRACE PERIOD 1 SECOND) GROUP BY k EMIT FINAL;";
const HOPPING: &str = "CREATE TABLE out AS SELECT k, COUNT(*) AS n, SUM(v) AS total
   FROM kv WINDOW HOPPING (SIZE 10 SECONDS, ADVANCE BY 2 SECONDS) GROUP BY k;";
const HOPPING_60: &str = "CREATE TABLE out AS SELECT k, COUNT(*) AS n, SUM(v) AS total
   FROM kv WINDOW HOPPING (SIZE 60 SECONDS, ADVANCE BY 1 SECOND) GROUP BY k;";
const SESSION: &str = "CREATE TABLE out AS SELECT k, COUNT(*) AS n, SUM(v) AS total
   FROM kv WINDOW SESSION (2 SECONDS) GROUP BY k;";

const TEN: Windows = Windows::Sized(10_000);

pub(super) const QUERIES: &[Query] = &[
    Query {
        name: "filter-project",
        source: Source::Nexmark,
        reads: &["bid"],
        sql: "CREATE STREAM out AS SELECT auction, bidder, price * 2 AS twice, channel FROM bid WHERE price > 100000;",
        result: STREAM,
        expected: filter_project,
    },
    keyed("count-10", FEW, COUNT, (table(K), count)),
    keyed("count-10k", SOME, COUNT, (table(K), count)),
    keyed("count-10m", MANY, COUNT, (table(K), count)),
    keyed("tumbling-10", FEW, TUMBLING, (windowed(K, TEN), tumbling)),
    keyed("tumbling-10k", SOME, TUMBLING, (windowed(K, TEN), tumbling)),
    keyed("tumbling-10m", MANY, TUMBLING, (windowed(K, TEN), tumbling)),
    keyed("tumbling-final-10", FEW, TUMBLING_FINAL, (windowed(K, TEN), tumbling_final)),
    keyed("tumbling-final-10k", SOME, TUMBLING_FINAL, (windowed(K, TEN), tumbling_final)),
    keyed("tumbling-final-10m", MANY, TUMBLING_FINAL, (windowed(K, TEN), tumbling_final)),
    keyed("hopping-10s-2s-10", FEW, HOPPING, (windowed(K, TEN), hopping)),
    keyed("hopping-10s-2s-10k", SOME, HOPPING, (windowed(K, TEN), hopping)),
    keyed("hopping-10s-2s-10m", MANY, HOPPING, (windowed(K, TEN), hopping)),
    keyed("hopping-60s-1s-10", FEW, HOPPING_60, (windowed(K, Windows::Sized(60_000)), hopping_60)),
    keyed(
        "hopping-60s-1s-10k",
        SOME,
        HOPPING_60,
        (windowed(K, Windows::Sized(60_000)), hopping_60),
    ),
    keyed("session-10", FEW, SESSION, (windowed(K, Windows::Session), session)),
    keyed("session-10k", SOME, SESSION, (windowed(K, Windows::Session), session)),
    keyed("session-10m", MANY, SESSION, (windowed(K, Windows::Session), session)),
    auctions(
        "count-by-auction",
        "CREATE TABLE out AS SELECT auction, COUNT(*) AS n, SUM(price) AS total FROM bid GROUP BY auction;",
        (table(Key::Bigint("AUCTION")), count_by_auction),
    ),
    auctions(
        "tumbling-by-auction",
        "CREATE TABLE out AS SELECT auction, COUNT(*) AS n, SUM(price) AS total
           FROM bid WINDOW TUMBLING (SIZE 10 SECONDS) GROUP BY auction;",
        (windowed(Key::Bigint("AUCTION"), TEN), tumbling_by_auction),
    ),
    auctions(
        "hopping-by-auction",
        "CREATE TABLE out AS SELECT auction, COUNT(*) AS n, SUM(price) AS total
           FROM bid WINDOW HOPPING (SIZE 10 SECONDS, ADVANCE BY 2 SECONDS) GROUP BY auction;",
        (windowed(Key::Bigint("AUCTION"), TEN), hopping_by_auction),
    ),
];

type Answer = (ResultShape, fn(&Tables) -> Result<Expected>);

const fn keyed(name: &'static str, source: Source, sql: &'static str, answer: Answer) -> Query {
    let (result, expected) = answer;
    Query { name, source, reads: &["kv"], sql, result, expected }
}

const fn auctions(name: &'static str, sql: &'static str, answer: Answer) -> Query {
    let (result, expected) = answer;
    Query { name, source: Source::Nexmark, reads: &["bid"], sql, result, expected }
}

fn filter_project(tables: &Tables) -> Result<Expected> {
    let bids = tables.topic("bid")?.filter(ident("PRICE").gt(lit(100_000_i64)))?;
    let mut columns = named(&["AUCTION", "BIDDER", "CHANNEL"]);
    columns.push((ident("PRICE") * lit(2_i64)).alias("TWICE"));
    Expected::exact(tables, bids.select(columns)?)
}

fn totals(value: &str) -> Vec<Expr> {
    vec![counted().alias("N"), sum(ident(value)).alias("TOTAL")]
}

fn count(tables: &Tables) -> Result<Expected> {
    Expected::exact(tables, tables.topic("kv")?.aggregate(named(&["K"]), totals("V"))?)
}

/// Counts and sums in windows of a size and an advance.
fn windows(tables: &Tables, window: (i64, i64)) -> Result<DataFrame> {
    let rows = with_windows(tables, tables.topic("kv")?, "TS", window)?;
    Ok(rows.aggregate(named(&["K", "WINDOWSTART", "WINDOWEND"]), totals("V"))?)
}

fn tumbling(tables: &Tables) -> Result<Expected> {
    Expected::exact(tables, windows(tables, (10_000, 10_000))?)
}

fn tumbling_final(tables: &Tables) -> Result<Expected> {
    let windows = closed(tables, windows(tables, (10_000, 10_000))?, "kv", "TS", 1_000)?;
    let columns = named(&["K", "WINDOWSTART", "WINDOWEND", "N", "TOTAL"]);
    Expected::exact(tables, windows.select(columns)?)
}

fn hopping(tables: &Tables) -> Result<Expected> {
    Expected::exact(tables, windows(tables, (10_000, 2_000))?)
}

fn hopping_60(tables: &Tables) -> Result<Expected> {
    Expected::exact(tables, windows(tables, (60_000, 1_000))?)
}

fn session(tables: &Tables) -> Result<Expected> {
    let rows = tables.topic("kv")?.select(named(&["K", "V", "TS"]))?;
    Expected::exact(tables, by_session(rows, ("K", "TS"), 2_000, totals("V"))?)
}

fn count_by_auction(tables: &Tables) -> Result<Expected> {
    let bids = tables.topic("bid")?;
    Expected::exact(tables, bids.aggregate(named(&["AUCTION"]), totals("PRICE"))?)
}

fn windows_by_auction(tables: &Tables, window: (i64, i64)) -> Result<Expected> {
    let bids = tables.topic("bid")?.select(named(&["AUCTION", "PRICE", "DATETIME"]))?;
    let rows = with_windows(tables, bids, "DATETIME", window)?;
    let by = named(&["AUCTION", "WINDOWSTART", "WINDOWEND"]);
    Expected::exact(tables, rows.aggregate(by, totals("PRICE"))?)
}

fn tumbling_by_auction(tables: &Tables) -> Result<Expected> {
    windows_by_auction(tables, (10_000, 10_000))
}

fn hopping_by_auction(tables: &Tables) -> Result<Expected> {
    windows_by_auction(tables, (10_000, 2_000))
}
