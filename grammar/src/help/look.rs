//! Statements that show what there is.

use crate::help::{Chapter, Example, Syntax, Topic};

macro_rules! best {
    () => {
        concat!(
            bids!(),
            "CREATE TABLE best AS\n  SELECT item, MAX(price) AS price FROM bids GROUP BY item;"
        )
    };
}

/// The topics of this chapter.
pub(super) const TOPICS: &[Topic] = &[
    Topic {
        names: &["show streams", "list streams"],
        chapter: Chapter::Look,
        purpose: "Lists the streams.",
        syntax: Syntax::Statements(&["ShowStreams"]),
        description: "EXTENDED describes each of them.",
        properties: &[],
        examples: &[Example { given: bids!(), sql: "SHOW STREAMS;" }],
    },
    Topic {
        names: &["show tables", "list tables"],
        chapter: Chapter::Look,
        purpose: "Lists the tables.",
        syntax: Syntax::Statements(&["ShowTables"]),
        description: "EXTENDED describes each of them.",
        properties: &[],
        examples: &[Example { given: best!(), sql: "SHOW TABLES;" }],
    },
    Topic {
        names: &["show topics", "list topics"],
        chapter: Chapter::Look,
        purpose: "Lists the topics; with ALL, those of the engine itself too.",
        syntax: Syntax::Statements(&["ShowTopics"]),
        description: "EXTENDED also shows how many consumer groups read each topic.",
        properties: &[],
        examples: &[Example { given: bids!(), sql: "SHOW TOPICS;" }],
    },
    Topic {
        names: &["show queries", "list queries"],
        chapter: Chapter::Look,
        purpose: "Lists the queries that run.",
        syntax: Syntax::Statements(&["ShowQueries"]),
        description: "EXTENDED describes each of them, as EXPLAIN does.",
        properties: &[],
        examples: &[Example { given: best!(), sql: "SHOW QUERIES;" }],
    },
    Topic {
        names: &["show functions", "list functions"],
        chapter: Chapter::Look,
        purpose: "Lists the functions.",
        syntax: Syntax::Statements(&["ShowFunctions"]),
        description: "Those that a program registers are among them. DESCRIBE FUNCTION tells more of one.",
        properties: &[],
        examples: &[Example { given: "", sql: "SHOW FUNCTIONS;" }],
    },
    Topic {
        names: &["show types", "list types"],
        chapter: Chapter::Look,
        purpose: "Lists the types made by CREATE TYPE.",
        syntax: Syntax::Statements(&["ShowTypes"]),
        description: "",
        properties: &[],
        examples: &[Example {
            given: "CREATE TYPE address AS STRUCT<street VARCHAR, city VARCHAR>;",
            sql: "SHOW TYPES;",
        }],
    },
    Topic {
        names: &["show properties", "list properties"],
        chapter: Chapter::Look,
        purpose: "Lists the options, their values and who set them.",
        syntax: Syntax::Statements(&["ShowProperties"]),
        description: "An option has its default, or a value of the engine's, or one of this session's, which SET gave.",
        properties: &[],
        examples: &[Example { given: "", sql: "SHOW PROPERTIES;" }],
    },
    Topic {
        names: &["show variables", "list variables"],
        chapter: Chapter::Look,
        purpose: "Lists the variables.",
        syntax: Syntax::Statements(&["ShowVariables"]),
        description: "",
        properties: &[],
        examples: &[Example { given: "", sql: "DEFINE goods = 'bids';\nSHOW VARIABLES;" }],
    },
    Topic {
        names: &["show connectors", "list connectors"],
        chapter: Chapter::Look,
        purpose: "Connectors run in Kafka Connect, which Tidemill is not.",
        syntax: Syntax::Statements(&["ShowConnectors"]),
        description: "The statement is understood and refused. Run Kafka Connect beside Tidemill, against the same log.",
        properties: &[],
        examples: &[Example { given: "", sql: "SHOW CONNECTORS;" }],
    },
    Topic {
        names: &["describe"],
        chapter: Chapter::Look,
        purpose: "Shows the columns of a stream or table; EXTENDED shows its queries and figures too.",
        syntax: Syntax::Statements(&["DescribeSource", "DescribeSources"]),
        description: "STREAMS and TABLES describe all of them.",
        properties: &[],
        examples: &[Example { given: best!(), sql: "DESCRIBE best;" }],
    },
    Topic {
        names: &["describe function"],
        chapter: Chapter::Look,
        purpose: "Shows what a function takes and gives.",
        syntax: Syntax::Statements(&["DescribeFunction"]),
        description: "",
        properties: &[],
        examples: &[Example { given: "", sql: "DESCRIBE FUNCTION substring;" }],
    },
    Topic {
        names: &["describe connector"],
        chapter: Chapter::Look,
        purpose: "Connectors run in Kafka Connect, which Tidemill is not.",
        syntax: Syntax::Statements(&["DescribeConnector"]),
        description: "The statement is understood and refused. Run Kafka Connect beside Tidemill, against the same log.",
        properties: &[],
        examples: &[Example { given: "", sql: "DESCRIBE CONNECTOR clicks;" }],
    },
    Topic {
        names: &["explain"],
        chapter: Chapter::Look,
        purpose: "Shows how a query is carried out.",
        syntax: Syntax::Statements(&["Explain"]),
        description: "The name is the id of a persistent query. A statement that is explained is not carried out.",
        properties: &[],
        examples: &[Example {
            given: bids!(),
            sql: "EXPLAIN SELECT item, COUNT(*) FROM bids WHERE price > 5 GROUP BY item EMIT CHANGES;",
        }],
    },
    Topic {
        names: &["assert topic", "assert"],
        chapter: Chapter::Look,
        purpose: "Fails if a topic is not there, or not within a time.",
        syntax: Syntax::Statements(&["AssertTopic"]),
        description: "WITH compares PARTITIONS and REPLICAS. NOT EXISTS fails if the topic is there.",
        properties: &[],
        examples: &[
            Example {
                given: bids!(),
                sql: "ASSERT TOPIC bids WITH (PARTITIONS = 1) TIMEOUT 5 SECONDS;",
            },
            Example { given: "", sql: "ASSERT TOPIC bids;" },
        ],
    },
    Topic {
        names: &["assert schema"],
        chapter: Chapter::Look,
        purpose: "Fails if the schema registry does not have a schema.",
        syntax: Syntax::Statements(&["AssertSchema"]),
        description: "A topic's schemas are registered under its name with -key or -value behind it.",
        properties: &[],
        examples: &[
            Example {
                given: "CREATE STREAM bids (price INT)\n  WITH (kafka_topic = 'bids', value_format = 'avro', partitions = 1);",
                sql: "ASSERT SCHEMA SUBJECT 'bids-value' ID 1;",
            },
            Example { given: "", sql: "ASSERT SCHEMA SUBJECT 'bids-key';" },
        ],
    },
];
