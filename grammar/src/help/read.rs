//! Statements that give rows.

use crate::help::{Chapter, Example, Syntax, Topic};

/// The topics of this chapter.
pub(super) const TOPICS: &[Topic] = &[
    Topic {
        names: &["select", "query"],
        chapter: Chapter::Read,
        purpose: "Reads: with EMIT a push query, whose rows keep coming; without, a pull query, which ends with what is there.",
        syntax: Syntax::Statements(&["Query"]),
        description: "A push query begins with new rows, or with all there are if 'auto.offset.reset' is 'earliest'. EMIT CHANGES \
            gives every change, EMIT FINAL the result of a window once, when it is closed. LIMIT ends it.\n\n\
            A pull query reads the rows that a CREATE TABLE … AS SELECT or a SOURCE TABLE keeps. It takes WHERE and LIMIT, but \
            no joins and no grouping. WHERE on the key, WINDOWSTART or WINDOWEND looks rows up; other conditions read them all. How joins and windows are written is told under JOIN and WINDOW.",
        properties: &[],
        examples: &[
            Example {
                given: bids!(),
                sql: "SET 'auto.offset.reset' = 'earliest';\n\
                    SELECT item, price * 2 AS twice FROM bids WHERE price > 9 EMIT CHANGES LIMIT 2;",
            },
            Example {
                given: concat!(
                    bids!(),
                    "SET 'auto.offset.reset' = 'earliest';\n\
                    CREATE TABLE best AS\n  SELECT item, MAX(price) AS price FROM bids GROUP BY item;"
                ),
                sql: "SELECT * FROM best WHERE item = 'pen';",
            },
        ],
    },
    Topic {
        names: &["window", "grace", "grace period"],
        chapter: Chapter::Read,
        purpose: "Groups rows by event time.",
        syntax: Syntax::Parts(&["Tumbling", "Hopping", "SessionWindow"]),
        description: "Units are MILLISECONDS, SECONDS, MINUTES, HOURS and DAYS. TUMBLING windows stand one after the other, HOPPING \
            ones begin every ADVANCE BY, and a SESSION ends when a key has had no row for so long. WINDOWSTART and WINDOWEND are \
            the bounds.\n\n\
            A row that comes after its window has closed is left out, counted and reported. A window closes when the stream's time \
            has passed its end by the GRACE PERIOD. RETENTION says for how long pull queries find it.",
        properties: &[],
        examples: &[Example {
            given: concat!(
                bids!(),
                "SET 'auto.offset.reset' = 'earliest';\n\
                CREATE TABLE per_second AS\n  SELECT item, COUNT(*) AS bids FROM bids\n  \
                WINDOW TUMBLING (SIZE 2 SECONDS, GRACE PERIOD 10 SECONDS) GROUP BY item;"
            ),
            sql: "SELECT * FROM per_second WHERE item = 'pen';",
        }],
    },
    Topic {
        names: &["join", "within"],
        chapter: Chapter::Read,
        purpose: "Brings rows together that belong together.",
        syntax: Syntax::Parts(&["Join"]),
        description: "Two streams are joined WITHIN a time of each other; what has no match comes out of an outer join when the GRACE \
            PERIOD is over. A stream is joined with a table on the table's key: each row with what the table says then. Two tables \
            are joined on their keys, or a column of the left with the key of the right.",
        properties: &[],
        examples: &[Example {
            given: concat!(
                bids!(),
                "CREATE TABLE items (id VARCHAR PRIMARY KEY, name VARCHAR)\n  \
                WITH (kafka_topic = 'items', value_format = 'json', partitions = 1);\n\
                INSERT INTO items (id, name, rowtime) VALUES ('pen', 'A red pen', 0);"
            ),
            sql: "SET 'auto.offset.reset' = 'earliest';\n\
                SELECT b.item, i.name, b.price FROM bids b\n  \
                LEFT JOIN items i ON b.item = i.id EMIT CHANGES LIMIT 3;",
        }],
    },
    Topic {
        names: &["expressions", "expression", "case", "cast", "lambda"],
        chapter: Chapter::Read,
        purpose: "What can be computed.",
        syntax: Syntax::Text(
            "+ - * / %   ||   = <> < <= > >=   AND OR NOT\n\
            x [NOT] BETWEEN a AND b   x [NOT] IN (a, …)   x [NOT] LIKE 'pattern'   x IS [NOT] NULL\n\
            x IS [NOT] DISTINCT FROM y\n\
            CASE WHEN condition THEN x … [ELSE y] END\n\
            CAST(x AS type)\n\
            struct->field   array[1]   map['key']\n\
            ARRAY[x, …]   MAP(key := value, …)   STRUCT(name := x, …)\n\
            function(array, x => expression)   function(map, (k, v) => expression)",
        ),
        description: "SHOW FUNCTIONS lists the functions.",
        properties: &[],
        examples: &[Example {
            given: bids!(),
            sql: "SET 'auto.offset.reset' = 'earliest';\n\
                SELECT CASE WHEN price > 9 THEN 'high' ELSE 'low' END AS kind,\n  \
                TRANSFORM(ARRAY[1, 2], x => x * price) AS more FROM bids EMIT CHANGES LIMIT 2;",
        }],
    },
    Topic {
        names: &["print"],
        chapter: Chapter::Read,
        purpose: "Shows the records of a topic as they come.",
        syntax: Syntax::Statements(&["Print"]),
        description: "FROM BEGINNING begins with the oldest record, INTERVAL or SAMPLE n shows each n-th, and LIMIT n ends after n. \
            The formats are guessed from the records.",
        properties: &[],
        examples: &[Example { given: bids!(), sql: "PRINT bids FROM BEGINNING LIMIT 2;" }],
    },
];
