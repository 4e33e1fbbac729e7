//! Statements that belong in SQL tests.

use crate::help::{Chapter, Example, Syntax, Topic};

macro_rules! pipeline {
    () => {
        "CREATE STREAM bids (item VARCHAR KEY, price INT)\n  \
            WITH (kafka_topic = 'bids', value_format = 'json', partitions = 1);\n\
         CREATE TABLE best AS\n  SELECT item, MAX(price) AS price FROM bids GROUP BY item;\n"
    };
}

/// The topics of this chapter.
pub(super) const TOPICS: &[Topic] = &[
    Topic {
        names: &["assert values"],
        chapter: Chapter::Test,
        purpose: "Compares the next record of a stream or table with values.",
        syntax: Syntax::Statements(&["AssertValues"]),
        description: "Each record is compared once, in the order in which it came. Columns that are not listed are not compared; \
            ROWTIME, WINDOWSTART and WINDOWEND can be listed too.",
        properties: &[],
        examples: &[Example {
            given: "",
            sql: concat!(
                "--@test: the highest price counts\n",
                pipeline!(),
                "INSERT INTO bids VALUES ('pen', 10);\nINSERT INTO bids VALUES ('pen', 5);\n\
                 ASSERT VALUES best (item, price) VALUES ('pen', 10);\n\
                 ASSERT VALUES best (item, price) VALUES ('pen', 5);"
            ),
        }],
    },
    Topic {
        names: &["assert null values"],
        chapter: Chapter::Test,
        purpose: "Checks that the next record of a table deletes a row.",
        syntax: Syntax::Statements(&["AssertNullValues"]),
        description: "",
        properties: &[],
        examples: &[Example {
            given: "",
            sql: concat!(
                "--@test: what is not dear leaves the table\n",
                "CREATE TABLE prices (item VARCHAR PRIMARY KEY, price INT)\n  \
                   WITH (kafka_topic = 'prices', value_format = 'json', partitions = 1);\n\
                 CREATE TABLE dear AS SELECT * FROM prices WHERE price > 9;\n\
                 INSERT INTO prices VALUES ('pen', 10);\nINSERT INTO prices VALUES ('pen', 5);\n\
                 ASSERT VALUES dear (item, price) VALUES ('pen', 10);\n\
                 ASSERT NULL VALUES dear (item) KEY ('pen');"
            ),
        }],
    },
    Topic {
        names: &["assert stream"],
        chapter: Chapter::Test,
        purpose: "Checks that there is such a stream.",
        syntax: Syntax::Statements(&["AssertStream"]),
        description: "Its columns and the properties that are given must be those.",
        properties: &[],
        examples: &[Example {
            given: "",
            sql: concat!(
                "--@test: bids have a price\n",
                pipeline!(),
                "ASSERT STREAM bids (item VARCHAR KEY, price INT) WITH (kafka_topic = 'bids', value_format = 'json');"
            ),
        }],
    },
    Topic {
        names: &["assert table"],
        chapter: Chapter::Test,
        purpose: "Checks that there is such a table.",
        syntax: Syntax::Statements(&["AssertTable"]),
        description: "Its columns and the properties that are given must be those.",
        properties: &[],
        examples: &[Example {
            given: "",
            sql: concat!(
                "--@test: the best price is a BIGINT\n",
                pipeline!(),
                "ASSERT TABLE best (item VARCHAR PRIMARY KEY, price BIGINT) WITH (kafka_topic = 'BEST', value_format = 'json');"
            ),
        }],
    },
];
