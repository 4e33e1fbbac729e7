//! NEXMark's queries that rank: who comes first, and the first ten.

use datafusion::functions_aggregate::expr_fn::{max, sum};
use datafusion::prelude::{DataFrame, JoinType, ident, lit};

use crate::answer::{Expected, Key, ResultShape, Windows};
use crate::data::Tables;
use crate::error::Result;
use crate::queries::frames::{counted, joined, named, of, ranked, with_windows};
use crate::queries::{Query, Source, table};

pub(super) const QUERIES: &[Query] = &[
    Query {
        name: "q5",
        source: Source::Nexmark,
        reads: &["bid"],
        sql: "CREATE TABLE counts WITH (kafka_topic = 'counts') AS
             SELECT auction, AS_VALUE(auction) AS item, WINDOWSTART AS start, COUNT(*) AS n
             FROM bid WINDOW HOPPING (SIZE 10 SECONDS, ADVANCE BY 2 SECONDS, RETENTION 1 DAY, GRACE PERIOD 10 SECONDS) GROUP BY auction EMIT FINAL;
           CREATE STREAM counted (item BIGINT, start BIGINT, n BIGINT) WITH (kafka_topic = 'counts', value_format = 'json');
           CREATE TABLE out AS SELECT start, AS_VALUE(start) AS begins, TOPK(n, item, 1)[1]->`sort_col` AS n,
             TOPK(n, item, 1)[1]->`col0` AS auction FROM counted GROUP BY start;",
        result: table(Key::None),
        expected: q5,
    },
    Query {
        name: "q6",
        source: Source::NexmarkInOrder,
        reads: &["bid", "auction"],
        sql: "CREATE TABLE out AS SELECT a.seller AS seller,
             REDUCE(LATEST_BY_OFFSET(b.price, 10), CAST(0 AS BIGINT), (s, x) => s + x)
               / ARRAY_LENGTH(LATEST_BY_OFFSET(b.price, 10)) AS price
           FROM bid b JOIN auction a ON b.auction = a.id GROUP BY a.seller;",
        result: table(Key::Bigint("SELLER")),
        expected: q6,
    },
    Query {
        name: "q7",
        source: Source::Nexmark,
        reads: &["bid"],
        sql: "CREATE TABLE out AS SELECT 'all' AS all_bids, TOPK(price, auction, bidder, 1)[1]->`sort_col` AS price,
             TOPK(price, auction, bidder, 1)[1]->`col0` AS auction, TOPK(price, auction, bidder, 1)[1]->`col1` AS bidder
           FROM bid WINDOW TUMBLING (SIZE 10 SECONDS) GROUP BY 'all';",
        result: ResultShape { windows: Windows::Sized(10_000), ..table(Key::None) },
        expected: q7,
    },
    Query {
        name: "q9",
        source: Source::Nexmark,
        reads: &["bid", "auction"],
        sql: "CREATE TABLE out AS SELECT b.auction AS auction, TOPK(b.price, b.bidder, b.dateTime, a.seller, 1)[1]->`sort_col` AS price,
             TOPK(b.price, b.bidder, b.dateTime, a.seller, 1)[1]->`col0` AS bidder,
             TOPK(b.price, b.bidder, b.dateTime, a.seller, 1)[1]->`col1` AS dateTime,
             TOPK(b.price, b.bidder, b.dateTime, a.seller, 1)[1]->`col2` AS seller
           FROM bid b JOIN auction a ON b.auction = a.id
           WHERE b.dateTime BETWEEN a.dateTime AND a.expires GROUP BY b.auction;",
        result: table(Key::Bigint("AUCTION")),
        expected: q9,
    },
    Query {
        name: "q19",
        source: Source::Nexmark,
        reads: &["bid"],
        sql: "CREATE TABLE out AS SELECT auction, TOPK(price, 10) AS price FROM bid GROUP BY auction;",
        result: ResultShape { list: Some("PRICE"), ..table(Key::Bigint("AUCTION")) },
        expected: q19,
    },
];

/// Counts in hopping windows that the last rows close, and of each window the auctions with the most.
fn q5(tables: &Tables) -> Result<Expected> {
    let bids = tables.topic("bid")?.select(named(&["AUCTION", "DATETIME"]))?;
    let windows = with_windows(tables, bids, "DATETIME", (10_000, 2_000))?;
    let by = named(&["AUCTION", "WINDOWSTART", "WINDOWEND"]);
    let counts = windows.aggregate(by, vec![counted().alias("COUNT")])?;
    let counts = super::frames::closed(tables, counts, "bid", "DATETIME", 10_000)?;
    let most =
        counts.clone().aggregate(named(&["WINDOWSTART"]), vec![max(ident("COUNT")).alias("N")])?;
    let most = most.select(vec![ident("WINDOWSTART").alias("BEGINS"), ident("N")])?;
    let on: (&[&str], &[&str]) = (&["WINDOWSTART", "COUNT"], &["BEGINS", "N"]);
    let hot = joined(counts, most.clone(), JoinType::Inner, on)?;
    let hot = hot.select(named(&["BEGINS", "N", "AUCTION"]))?;
    Expected::exact(tables, most)?.and_among(tables, hot)
}

/// The mean of the last ten bids for a seller's auctions.
fn q6(tables: &Tables) -> Result<Expected> {
    let bids = tables.topic("bid")?;
    let auctions = tables.topic("auction")?;
    let joined = joined(bids, auctions, JoinType::Inner, (&["AUCTION"], &["ID"]))?;
    let columns = vec![of("bid", "N"), ident("PRICE"), ident("SELLER")];
    let last =
        ranked(joined.select(columns)?, &["SELLER"], vec![of("bid", "N").sort(false, false)])?;
    let last = last.filter(ident("RANK").lt_eq(lit(10_i64)))?;
    let totals = vec![sum(ident("PRICE")).alias("TOTAL"), counted().alias("COUNT")];
    let totals = last.aggregate(named(&["SELLER"]), totals)?;
    let mean = (ident("TOTAL") / ident("COUNT")).alias("PRICE");
    Expected::exact(tables, totals.select(vec![ident("SELLER"), mean])?)
}

/// The highest bids of each window; of equal ones any.
fn q7(tables: &Tables) -> Result<Expected> {
    let bids = tables.topic("bid")?.select(named(&["AUCTION", "BIDDER", "PRICE", "DATETIME"]))?;
    let bids = with_windows(tables, bids, "DATETIME", (10_000, 10_000))?;
    let by = named(&["WINDOWSTART", "WINDOWEND"]);
    let most = bids.clone().aggregate(by, vec![max(ident("PRICE")).alias("PRICE")])?;
    let highest = most
        .clone()
        .select(vec![ident("WINDOWSTART").alias("START"), ident("PRICE").alias("HIGHEST")])?;
    let on: (&[&str], &[&str]) = (&["WINDOWSTART", "PRICE"], &["START", "HIGHEST"]);
    let winners = joined(bids, highest, JoinType::Inner, on)?;
    let winners = winners.select(named(&["WINDOWSTART", "PRICE", "AUCTION", "BIDDER"]))?;
    Expected::exact(tables, most)?.and_among(tables, winners)
}

/// Bids that may win: those made while their auction was open.
pub(super) fn winning_candidates(tables: &Tables) -> Result<DataFrame> {
    let (bids, auctions) = (tables.topic("bid")?, tables.topic("auction")?);
    let joined = joined(bids, auctions, JoinType::Inner, (&["AUCTION"], &["ID"]))?;
    let is_open = of("bid", "DATETIME").between(of("auction", "DATETIME"), ident("EXPIRES"));
    Ok(joined.filter(is_open)?.select(vec![
        of("bid", "N"),
        ident("AUCTION"),
        ident("BIDDER"),
        ident("PRICE"),
        of("bid", "DATETIME"),
        ident("SELLER"),
        ident("CATEGORY"),
    ])?)
}

/// The highest bid of each auction, of equal ones the first: those of an auction are in order, in one partition.
fn q9(tables: &Tables) -> Result<Expected> {
    let order = vec![ident("PRICE").sort(false, false), of("bid", "N").sort(true, false)];
    let first = ranked(winning_candidates(tables)?, &["AUCTION"], order)?;
    let first = first.filter(ident("RANK").eq(lit(1_i64)))?;
    Expected::exact(
        tables,
        first.select(named(&["AUCTION", "PRICE", "BIDDER", "DATETIME", "SELLER"]))?,
    )
}

fn q19(tables: &Tables) -> Result<Expected> {
    let order = vec![ident("PRICE").sort(false, false)];
    let first = ranked(tables.topic("bid")?, &["AUCTION"], order)?;
    let first = first.filter(ident("RANK").lt_eq(lit(10_i64)))?;
    Expected::exact(tables, first.select(named(&["AUCTION", "RANK", "PRICE"]))?)
}
