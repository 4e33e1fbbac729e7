//! NEXMark's queries that are expressed exactly, and those whose results are one row for a record or a group.
//!
//! The SQL keeps to what the queries mean (github.com/nexmark/nexmark). Query 10 writes files and query 23 joins
//! streams without a window: both are left out.

use datafusion::arrow::datatypes::DataType;
use datafusion::functions_aggregate::expr_fn::{avg, count_distinct, max, min, sum};
use datafusion::logical_expr::when;
use datafusion::prelude::{Expr, JoinType, cast, ident, lit};

use crate::answer::{Expected, Key, Windows};
use crate::data::Tables;
use crate::error::Result;
use crate::queries::frames::{
    by_session, count_if, counted, day, joined, last_of_each, named, of, text_function,
    thousandths, with_windows,
};
use crate::queries::{Query, STREAM, Source, table, windowed};

const BID: &[&str] = &["bid"];

const fn stateless(
    name: &'static str,
    sql: &'static str,
    expected: fn(&Tables) -> Result<Expected>,
) -> Query {
    Query { name, source: Source::Nexmark, reads: BID, sql, result: STREAM, expected }
}

pub(super) const QUERIES: &[Query] = &[
    stateless(
        "q0",
        "CREATE STREAM out AS SELECT auction, bidder, price, channel, url, dateTime, extra FROM bid;",
        q0,
    ),
    stateless(
        "q1",
        "CREATE STREAM out AS SELECT auction, bidder, CAST(price AS DECIMAL(20, 3)) * 0.908 AS price, dateTime, extra FROM bid;",
        q1,
    ),
    stateless("q2", "CREATE STREAM out AS SELECT auction, price FROM bid WHERE auction % 123 = 0;", q2),
    Query {
        name: "q3",
        source: Source::Nexmark,
        reads: &["auction", "person"],
        sql: "CREATE TABLE out AS SELECT a.id AS id, p.name AS name, p.city AS city, p.state AS state
           FROM auction a JOIN person p ON a.seller = p.id
           WHERE a.category = 10 AND p.state IN ('OR', 'ID', 'CA');",
        result: table(Key::Bigint("ID")),
        expected: q3,
    },
    Query {
        name: "q4",
        source: Source::Nexmark,
        reads: &["bid", "auction"],
        sql: "CREATE TABLE highest WITH (key_format = 'json') AS
           SELECT b.auction AS auction, a.category AS category, MAX(b.price) AS price
           FROM bid b JOIN auction a ON b.auction = a.id
           WHERE b.dateTime BETWEEN a.dateTime AND a.expires GROUP BY b.auction, a.category;
         CREATE TABLE out WITH (key_format = 'kafka') AS SELECT category, AVG(price) AS price FROM highest GROUP BY category;",
        result: table(Key::Bigint("CATEGORY")),
        expected: q4,
    },
    Query {
        name: "q8",
        source: Source::Nexmark,
        reads: &["auction", "person"],
        sql: "CREATE TABLE arrived AS SELECT id, COUNT(*) AS n FROM people WINDOW TUMBLING (SIZE 10 SECONDS) GROUP BY id;
         CREATE TABLE selling AS SELECT seller, COUNT(*) AS n FROM auctions WINDOW TUMBLING (SIZE 10 SECONDS) GROUP BY seller;
         CREATE TABLE out AS SELECT p.id AS id, s.n AS n FROM arrived p JOIN selling s ON p.id = s.seller;",
        result: windowed(Key::Bigint("ID"), Windows::Sized(10_000)),
        expected: q8,
    },
    Query {
        name: "q11",
        source: Source::Nexmark,
        reads: BID,
        sql: "CREATE TABLE out AS SELECT bidder, COUNT(*) AS n FROM bid WINDOW SESSION (10 SECONDS) GROUP BY bidder;",
        result: windowed(Key::Bigint("BIDDER"), Windows::Session),
        expected: q11,
    },
    Query {
        name: "q12",
        source: Source::Nexmark,
        reads: BID,
        sql: "CREATE TABLE out AS SELECT bidder, COUNT(*) AS n FROM bid WINDOW TUMBLING (SIZE 10 SECONDS) GROUP BY bidder;",
        result: windowed(Key::Bigint("BIDDER"), Windows::Sized(10_000)),
        expected: q12,
    },
    Query {
        name: "q13",
        source: Source::Nexmark,
        reads: &["bid", "side"],
        sql: "CREATE STREAM out AS SELECT s.k AS k, b.auction AS auction, b.bidder AS bidder, b.price AS price,
             b.dateTime AS dateTime, s.value AS value
           FROM bid b JOIN side s ON b.auction % 10000 = s.k;",
        result: STREAM,
        expected: q13,
    },
    stateless(
        "q14",
        "CREATE STREAM out AS SELECT auction, bidder, price * 0.908 AS price,
             CASE WHEN CAST(FORMAT_TIMESTAMP(FROM_UNIXTIME(dateTime), 'HH') AS INT) BETWEEN 8 AND 18 THEN 'dayTime'
                  WHEN CAST(FORMAT_TIMESTAMP(FROM_UNIXTIME(dateTime), 'HH') AS INT) <= 6
                    OR CAST(FORMAT_TIMESTAMP(FROM_UNIXTIME(dateTime), 'HH') AS INT) >= 20 THEN 'nightTime'
                  ELSE 'otherTime' END AS bidTimeType,
             dateTime, extra, LEN(extra) - LEN(REPLACE(extra, 'c', '')) AS c_counts
           FROM bid WHERE price * 0.908 > 1000000 AND price * 0.908 < 50000000;",
        q14,
    ),
    Query {
        name: "q15",
        source: Source::Nexmark,
        reads: BID,
        sql: "CREATE TABLE out AS SELECT FORMAT_TIMESTAMP(FROM_UNIXTIME(dateTime), 'yyyy-MM-dd') AS day,
             AS_VALUE(FORMAT_TIMESTAMP(FROM_UNIXTIME(dateTime), 'yyyy-MM-dd')) AS date, COUNT(*) AS bids,
             SUM(CASE WHEN price < 10000 THEN 1 ELSE 0 END) AS low,
             SUM(CASE WHEN price >= 10000 AND price < 1000000 THEN 1 ELSE 0 END) AS middle,
             SUM(CASE WHEN price >= 1000000 THEN 1 ELSE 0 END) AS high,
             COUNT_DISTINCT(bidder) AS bidders,
             COUNT_DISTINCT(CASE WHEN price < 10000 THEN bidder END) AS low_bidders,
             COUNT_DISTINCT(CASE WHEN price >= 10000 AND price < 1000000 THEN bidder END) AS middle_bidders,
             COUNT_DISTINCT(CASE WHEN price >= 1000000 THEN bidder END) AS high_bidders,
             COUNT_DISTINCT(auction) AS auctions,
             COUNT_DISTINCT(CASE WHEN price < 10000 THEN auction END) AS low_auctions,
             COUNT_DISTINCT(CASE WHEN price >= 10000 AND price < 1000000 THEN auction END) AS middle_auctions,
             COUNT_DISTINCT(CASE WHEN price >= 1000000 THEN auction END) AS high_auctions
           FROM bid GROUP BY FORMAT_TIMESTAMP(FROM_UNIXTIME(dateTime), 'yyyy-MM-dd');",
        result: table(Key::None),
        expected: q15,
    },
    Query {
        name: "q16",
        source: Source::Nexmark,
        reads: BID,
        sql: "CREATE TABLE out WITH (key_format = 'json') AS SELECT channel,
             FORMAT_TIMESTAMP(FROM_UNIXTIME(dateTime), 'yyyy-MM-dd') AS day, COUNT(*) AS bids,
             SUM(CASE WHEN price < 10000 THEN 1 ELSE 0 END) AS low,
             SUM(CASE WHEN price >= 10000 AND price < 1000000 THEN 1 ELSE 0 END) AS middle,
             SUM(CASE WHEN price >= 1000000 THEN 1 ELSE 0 END) AS high,
             COUNT_DISTINCT(bidder) AS bidders,
             COUNT_DISTINCT(CASE WHEN price < 10000 THEN bidder END) AS low_bidders,
             COUNT_DISTINCT(auction) AS auctions,
             COUNT_DISTINCT(CASE WHEN price >= 1000000 THEN auction END) AS high_auctions
           FROM bid GROUP BY channel, FORMAT_TIMESTAMP(FROM_UNIXTIME(dateTime), 'yyyy-MM-dd');",
        result: table(Key::Json),
        expected: q16,
    },
    Query {
        name: "q17",
        source: Source::Nexmark,
        reads: BID,
        sql: "CREATE TABLE out WITH (key_format = 'json') AS SELECT auction,
             FORMAT_TIMESTAMP(FROM_UNIXTIME(dateTime), 'yyyy-MM-dd') AS day,
             COUNT(*) AS bids, SUM(CASE WHEN price < 10000 THEN 1 ELSE 0 END) AS low,
             SUM(CASE WHEN price >= 10000 AND price < 1000000 THEN 1 ELSE 0 END) AS middle,
             SUM(CASE WHEN price >= 1000000 THEN 1 ELSE 0 END) AS high,
             MIN(price) AS price_min, MAX(price) AS price_max, AVG(price) AS price_mean, SUM(price) AS price_sum
           FROM bid GROUP BY auction, FORMAT_TIMESTAMP(FROM_UNIXTIME(dateTime), 'yyyy-MM-dd');",
        result: table(Key::Json),
        expected: q17,
    },
    Query {
        name: "q18",
        source: Source::Nexmark,
        reads: BID,
        sql: "CREATE TABLE out WITH (key_format = 'json') AS SELECT bidder, auction, LATEST_BY_OFFSET(price) AS price,
             LATEST_BY_OFFSET(channel) AS channel, LATEST_BY_OFFSET(url) AS url, LATEST_BY_OFFSET(dateTime) AS dateTime,
             LATEST_BY_OFFSET(extra) AS extra
           FROM bid GROUP BY bidder, auction;",
        result: table(Key::Json),
        expected: q18,
    },
    Query {
        name: "q20",
        source: Source::Nexmark,
        reads: &["bid", "auction"],
        sql: "CREATE STREAM out AS SELECT b.auction AS auction, b.bidder AS bidder, b.price AS price, b.channel AS channel,
             b.url AS url, b.dateTime AS bid_time, b.extra AS bid_extra, a.itemName AS itemName, a.description AS description,
             a.initialBid AS initialBid, a.reserve AS reserve, a.dateTime AS auction_time, a.expires AS expires,
             a.seller AS seller, a.category AS category, a.extra AS auction_extra
           FROM bid b JOIN auction a ON b.auction = a.id WHERE a.category = 10;",
        result: crate::answer::ResultShape { key: Key::Bigint("AUCTION"), ..STREAM },
        expected: q20,
    },
    stateless(
        "q21",
        "CREATE STREAM out AS SELECT auction, bidder, price, channel,
             CASE WHEN LCASE(channel) = 'apple' THEN '0' WHEN LCASE(channel) = 'google' THEN '1'
                  WHEN LCASE(channel) = 'facebook' THEN '2' WHEN LCASE(channel) = 'baidu' THEN '3'
                  ELSE REGEXP_EXTRACT('(&|^)channel_id=([^&]*)', url, 2) END AS channel_id
           FROM bid WHERE REGEXP_EXTRACT('(&|^)channel_id=([^&]*)', url, 2) IS NOT NULL
             OR LCASE(channel) IN ('apple', 'google', 'facebook', 'baidu');",
        q21,
    ),
    stateless(
        "q22",
        "CREATE STREAM out AS SELECT auction, bidder, price, channel, SPLIT(url, '/')[4] AS dir1, SPLIT(url, '/')[5] AS dir2,
             SPLIT(url, '/')[6] AS dir3 FROM bid;",
        q22,
    ),
];

fn q0(tables: &Tables) -> Result<Expected> {
    let columns = ["AUCTION", "BIDDER", "PRICE", "CHANNEL", "URL", "DATETIME", "EXTRA"];
    Expected::exact(tables, tables.topic("bid")?.select(named(&columns))?)
}

fn q1(tables: &Tables) -> Result<Expected> {
    let price = thousandths(ident("PRICE") * lit(908_i64)).alias("PRICE");
    let mut columns = named(&["AUCTION", "BIDDER", "DATETIME", "EXTRA"]);
    columns.push(price);
    Expected::exact(tables, tables.topic("bid")?.select(columns)?)
}

fn q2(tables: &Tables) -> Result<Expected> {
    let bids = tables.topic("bid")?.filter((ident("AUCTION") % lit(123_i64)).eq(lit(0_i64)))?;
    Expected::exact(tables, bids.select(named(&["AUCTION", "PRICE"]))?)
}

fn q3(tables: &Tables) -> Result<Expected> {
    let (auctions, people) = (tables.topic("auction")?, tables.topic("person")?);
    let states = ["OR", "ID", "CA"].map(lit).to_vec();
    let joined = joined(auctions, people, JoinType::Inner, (&["SELLER"], &["ID"]))?;
    let joined = joined
        .filter(ident("CATEGORY").eq(lit(10_i64)).and(ident("STATE").in_list(states, false)))?;
    let columns = vec![of("auction", "ID"), ident("NAME"), ident("CITY"), ident("STATE")];
    Expected::exact(tables, joined.select(columns)?)
}

fn q4(tables: &Tables) -> Result<Expected> {
    let joined = super::ranks::winning_candidates(tables)?;
    let highest = joined
        .aggregate(named(&["AUCTION", "CATEGORY"]), vec![max(ident("PRICE")).alias("FINAL")])?;
    let mean = avg(ident("FINAL")).alias("PRICE");
    Expected::exact(tables, highest.aggregate(named(&["CATEGORY"]), vec![mean])?)
}

fn q8(tables: &Tables) -> Result<Expected> {
    let tumbling = |topic: &str, key: &str, count: &str| -> Result<_> {
        let rows = tables.topic(topic)?.select(named(&[key, "DATETIME"]))?;
        let rows = with_windows(tables, rows, "DATETIME", (10_000, 10_000))?;
        let by = named(&[key, "WINDOWSTART", "WINDOWEND"]);
        Ok(rows.aggregate(by, vec![counted().alias(count)])?)
    };
    let arrived = tumbling("person", "ID", "M")?;
    let selling = tumbling("auction", "SELLER", "N")?;
    let selling =
        selling.select(vec![ident("SELLER"), ident("WINDOWSTART").alias("S"), ident("N")])?;
    let on: (&[&str], &[&str]) = (&["ID", "WINDOWSTART"], &["SELLER", "S"]);
    let joined = joined(arrived, selling, JoinType::Inner, on)?;
    Expected::exact(tables, joined.select(named(&["ID", "WINDOWSTART", "WINDOWEND", "N"]))?)
}

fn q11(tables: &Tables) -> Result<Expected> {
    let bids = tables.topic("bid")?.select(named(&["BIDDER", "DATETIME"]))?;
    let count = counted().alias("N");
    Expected::exact(tables, by_session(bids, ("BIDDER", "DATETIME"), 10_000, vec![count])?)
}

fn q12(tables: &Tables) -> Result<Expected> {
    let bids = tables.topic("bid")?.select(named(&["BIDDER", "DATETIME"]))?;
    let bids = with_windows(tables, bids, "DATETIME", (10_000, 10_000))?;
    let by = named(&["BIDDER", "WINDOWSTART", "WINDOWEND"]);
    Expected::exact(tables, bids.aggregate(by, vec![counted().alias("N")])?)
}

fn q13(tables: &Tables) -> Result<Expected> {
    let columns = named(&["AUCTION", "BIDDER", "PRICE", "DATETIME"]);
    let bids = tables.topic("bid")?.select(columns)?;
    let bids = bids.with_column("PLACE", ident("AUCTION") % lit(10_000_i64))?;
    let joined = joined(bids, tables.topic("side")?, JoinType::Inner, (&["PLACE"], &["K"]))?;
    let columns = named(&["AUCTION", "BIDDER", "PRICE", "DATETIME", "VALUE"]);
    Expected::exact(tables, joined.select(columns)?)
}

fn q14(tables: &Tables) -> Result<Expected> {
    let price = ident("PRICE") * lit(908_i64);
    let (low, high) = (lit(1_000_000_000_i64), lit(50_000_000_000_i64));
    let bids = tables.topic("bid")?.filter(price.clone().gt(low).and(price.clone().lt(high)))?;
    let hour = ident("DATETIME") / lit(3_600_000_i64) % lit(24_i64);
    let night = hour.clone().lt_eq(lit(6_i64)).or(hour.clone().gt_eq(lit(20_i64)));
    let mut kind = when(hour.between(lit(8_i64), lit(18_i64)), lit("dayTime"));
    let kind = kind.when(night, lit("nightTime")).otherwise(lit("otherTime"))?;
    let count = |text: &str| Some(text.matches('c').count().to_string());
    let count = text_function("count_c", count).call(vec![ident("EXTRA")]);
    let mut columns = named(&["AUCTION", "BIDDER", "DATETIME", "EXTRA"]);
    columns.push(thousandths(price).alias("PRICE"));
    columns.push(kind.alias("BIDTIMETYPE"));
    columns.push(cast(count, DataType::Int64).alias("C_COUNTS"));
    Expected::exact(tables, bids.select(columns)?)
}

fn low() -> Expr {
    ident("PRICE").lt(lit(10_000_i64))
}

fn middle() -> Expr {
    ident("PRICE").gt_eq(lit(10_000_i64)).and(ident("PRICE").lt(lit(1_000_000_i64)))
}

fn high() -> Expr {
    ident("PRICE").gt_eq(lit(1_000_000_i64))
}

fn counts() -> Result<Vec<Expr>> {
    Ok(vec![
        counted().alias("BIDS"),
        count_if(low())?.alias("LOW"),
        count_if(middle())?.alias("MIDDLE"),
        count_if(high())?.alias("HIGH"),
    ])
}

fn distinct(name: &str, condition: Option<Expr>, alias: &str) -> Result<Expr> {
    let counted = match condition {
        Some(condition) => when(condition, ident(name)).end()?,
        None => ident(name),
    };
    Ok(count_distinct(counted).alias(alias))
}

fn q15(tables: &Tables) -> Result<Expected> {
    let mut aggregates = counts()?;
    for (name, aliases) in [
        ("BIDDER", ["BIDDERS", "LOW_BIDDERS", "MIDDLE_BIDDERS", "HIGH_BIDDERS"]),
        ("AUCTION", ["AUCTIONS", "LOW_AUCTIONS", "MIDDLE_AUCTIONS", "HIGH_AUCTIONS"]),
    ] {
        let conditions = [None, Some(low()), Some(middle()), Some(high())];
        for (condition, alias) in conditions.into_iter().zip(aliases) {
            aggregates.push(distinct(name, condition, alias)?);
        }
    }
    let bids = tables.topic("bid")?.with_column("DATE", day(ident("DATETIME")))?;
    // COUNT_DISTINCT estimates from 65,536 on.
    let estimates = [
        "BIDDERS",
        "LOW_BIDDERS",
        "MIDDLE_BIDDERS",
        "HIGH_BIDDERS",
        "AUCTIONS",
        "LOW_AUCTIONS",
        "MIDDLE_AUCTIONS",
        "HIGH_AUCTIONS",
    ];
    let expected = Expected::exact(tables, bids.aggregate(named(&["DATE"]), aggregates)?)?;
    Ok(expected.about(&estimates, 0.02))
}

fn q16(tables: &Tables) -> Result<Expected> {
    let mut aggregates = counts()?;
    aggregates.push(distinct("BIDDER", None, "BIDDERS")?);
    aggregates.push(distinct("BIDDER", Some(low()), "LOW_BIDDERS")?);
    aggregates.push(distinct("AUCTION", None, "AUCTIONS")?);
    aggregates.push(distinct("AUCTION", Some(high()), "HIGH_AUCTIONS")?);
    let bids = tables.topic("bid")?.with_column("DAY", day(ident("DATETIME")))?;
    let estimates = ["BIDDERS", "LOW_BIDDERS", "AUCTIONS", "HIGH_AUCTIONS"];
    let expected =
        Expected::exact(tables, bids.aggregate(named(&["CHANNEL", "DAY"]), aggregates)?)?;
    Ok(expected.about(&estimates, 0.02))
}

fn q17(tables: &Tables) -> Result<Expected> {
    let mut aggregates = counts()?;
    aggregates.push(min(ident("PRICE")).alias("PRICE_MIN"));
    aggregates.push(max(ident("PRICE")).alias("PRICE_MAX"));
    aggregates.push(avg(ident("PRICE")).alias("PRICE_MEAN"));
    aggregates.push(sum(ident("PRICE")).alias("PRICE_SUM"));
    let bids = tables.topic("bid")?.with_column("DAY", day(ident("DATETIME")))?;
    Expected::exact(tables, bids.aggregate(named(&["AUCTION", "DAY"]), aggregates)?)
}

fn q18(tables: &Tables) -> Result<Expected> {
    let last = last_of_each(tables.topic("bid")?, &["BIDDER", "AUCTION"])?;
    let columns = ["AUCTION", "BIDDER", "PRICE", "CHANNEL", "URL", "DATETIME", "EXTRA"];
    Expected::exact(tables, last.select(named(&columns))?)
}

fn q20(tables: &Tables) -> Result<Expected> {
    let auctions = tables.topic("auction")?.filter(ident("CATEGORY").eq(lit(10_i64)))?;
    let bids = tables.topic("bid")?;
    let joined = joined(bids, auctions, JoinType::Inner, (&["AUCTION"], &["ID"]))?;
    let mut columns = named(&["AUCTION", "BIDDER", "PRICE", "CHANNEL", "URL"]);
    columns.push(of("bid", "DATETIME").alias("BID_TIME"));
    columns.push(of("bid", "EXTRA").alias("BID_EXTRA"));
    columns.extend(named(&["ITEMNAME", "DESCRIPTION", "INITIALBID", "RESERVE"]));
    columns.push(of("auction", "DATETIME").alias("AUCTION_TIME"));
    columns.extend(named(&["EXPIRES", "SELLER", "CATEGORY"]));
    columns.push(of("auction", "EXTRA").alias("AUCTION_EXTRA"));
    Expected::exact(tables, joined.select(columns)?)
}

fn q21(tables: &Tables) -> Result<Expected> {
    let known = text_function("known_channel", |channel| {
        let place = ["Apple", "Google", "Facebook", "Baidu"].iter().position(|it| *it == channel);
        place.map(|place| place.to_string())
    });
    let of_url = text_function("channel_of_url", |url| {
        let rest = url.split_once("&channel_id=")?.1;
        rest.split('&').next().map(str::to_owned)
    });
    let (known, of_url) = (known.call(named(&["CHANNEL"])), of_url.call(named(&["URL"])));
    let id = when(known.clone().is_not_null(), known).otherwise(of_url)?;
    let mut columns = named(&["AUCTION", "BIDDER", "PRICE", "CHANNEL"]);
    columns.push(id.alias("CHANNEL_ID"));
    let bids = tables.topic("bid")?.select(columns)?;
    Expected::exact(tables, bids.filter(ident("CHANNEL_ID").is_not_null())?)
}

fn q22(tables: &Tables) -> Result<Expected> {
    let mut columns = named(&["AUCTION", "BIDDER", "PRICE", "CHANNEL"]);
    for (place, alias) in [(3, "DIR1"), (4, "DIR2"), (5, "DIR3")] {
        let part = move |url: &str| url.split('/').nth(place).map(str::to_owned);
        let function = text_function(&format!("part_{place}"), part);
        columns.push(function.call(named(&["URL"])).alias(alias));
    }
    Expected::exact(tables, tables.topic("bid")?.select(columns)?)
}
