//! What SHOW, DESCRIBE and EXPLAIN find, in the look of ksqlDB's shell.

mod function;
mod query;
mod source;
mod topic;

use tidemill::engine::{Entity, Property, QuerySummary, SourceSummary, TopicSummary};

use crate::render::table::table;

pub(crate) use topic::topic_as_text;

/// Writes what was found; lines fit the width where that can be.
pub(crate) fn entity_as_text(entity: &Entity, width: Option<usize>) -> String {
    match entity {
        Entity::Streams { streams } => sources("Stream Name", streams, width),
        Entity::Tables { tables } => sources("Table Name", tables, width),
        Entity::Topics { topics } => topic_list(topics, width),
        Entity::TopicsExtended { topics } => topic_list_extended(topics, width),
        Entity::Queries { queries } => query_list(queries, width),
        Entity::QueryDescriptions { query_descriptions } => {
            paragraphs(query_descriptions, "query", |it| query::describe(it, width))
        }
        Entity::Functions { functions } => function::list(functions, width),
        Entity::Function(described) => function::describe(described, width),
        Entity::Properties { properties } => property_list(properties, width),
        Entity::Types { types } => {
            let rows = types.iter().map(|(name, sql)| vec![name.clone(), sql.clone()]);
            list(&["Type Name", "Schema"], rows.collect(), width)
        }
        Entity::Variables { variables } => {
            let rows = variables.iter().map(|it| vec![it.name.clone(), it.value.clone()]);
            list(&["Variable Name", "Value"], rows.collect(), width)
        }
        Entity::Source { source_description } => source::describe(source_description, width),
        Entity::Sources { source_descriptions } => {
            paragraphs(source_descriptions, "stream or table", |it| source::describe(it, width))
        }
        Entity::Query { query_description } => query::describe(query_description, width),
    }
}

fn sources(head: &str, sources: &[SourceSummary], width: Option<usize>) -> String {
    let row = |source: &SourceSummary| {
        vec![
            source.name.clone(),
            source.topic.clone(),
            source.key_format.clone(),
            source.value_format.clone(),
            source.is_windowed.to_string(),
        ]
    };
    let heads = [head, "Kafka Topic", "Key Format", "Value Format", "Windowed"];
    list(&heads, sources.iter().map(row).collect(), width)
}

fn topic_list(topics: &[TopicSummary], width: Option<usize>) -> String {
    let row = |topic: &TopicSummary| {
        vec![topic.name.clone(), topic.replica_info.len().to_string(), replicas(topic)]
    };
    let heads = ["Kafka Topic", "Partitions", "Partition Replicas"];
    list(&heads, topics.iter().map(row).collect(), width)
}

fn topic_list_extended(topics: &[TopicSummary], width: Option<usize>) -> String {
    let row = |topic: &TopicSummary| {
        vec![
            topic.name.clone(),
            topic.replica_info.len().to_string(),
            replicas(topic),
            topic.record_count.to_string(),
            bytes(topic.size_bytes),
        ]
    };
    let heads = ["Kafka Topic", "Partitions", "Partition Replicas", "Records", "Size"];
    list(&heads, topics.iter().map(row).collect(), width)
}

/// Writes one number if all partitions have it, otherwise one for each.
fn replicas(topic: &TopicSummary) -> String {
    match topic.replica_info.as_slice() {
        [first, rest @ ..] if rest.iter().all(|count| count == first) => first.to_string(),
        counts => counts.iter().map(u32::to_string).collect::<Vec<_>>().join(","),
    }
}

/// Writes a size with the unit in which it is read most easily.
pub(crate) fn bytes(size: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if size < 1024 {
        return format!("{size} B");
    }
    let mut unit = 0;
    let mut divisor = 1024_u64;
    while unit + 1 < UNITS.len() && size / divisor >= 1024 {
        divisor *= 1024;
        unit += 1;
    }
    let tenths = u128::from(size) * 10 / u128::from(divisor);
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}

fn query_list(queries: &[QuerySummary], width: Option<usize>) -> String {
    let row = |query: &QuerySummary| {
        let state = match &query.error {
            Some(error) => format!("{}: {error}", query.state),
            None => query.state.clone(),
        };
        vec![
            query.id.clone(),
            query.query_type.to_owned(),
            state,
            query.sinks.join(", "),
            query.sink_kafka_topics.join(", "),
            one_line(&query.query_string),
        ]
    };
    let heads =
        ["Query ID", "Query Type", "Status", "Sink Name", "Sink Kafka Topic", "Query String"];
    let hint = "\nFor detailed information on a Query run: EXPLAIN <Query ID>;";
    let listed = list(&heads, queries.iter().map(row).collect(), width);
    if queries.is_empty() { listed } else { listed + hint }
}

fn property_list(properties: &[Property], width: Option<usize>) -> String {
    let row = |property: &Property| {
        vec![
            property.name.clone(),
            property.scope.to_owned(),
            property.value.clone(),
            property.description.clone(),
        ]
    };
    let heads = ["Property", "Set By", "Value", "What It Is"];
    list(&heads, properties.iter().map(row).collect(), width)
}

/// Draws a table; an empty one says so, so that nobody waits for rows.
fn list(heads: &[&str], rows: Vec<Vec<String>>, width: Option<usize>) -> String {
    let drawn = table(heads, &rows, width);
    if rows.is_empty() { format!("{drawn}\n (none)") } else { drawn }
}

fn paragraphs<T>(items: &[T], what: &str, describe: impl Fn(&T) -> String) -> String {
    if items.is_empty() {
        return format!("There is no {what}.");
    }
    items.iter().map(describe).collect::<Vec<_>>().join("\n\n")
}

/// Joins the lines of a statement.
fn one_line(sql: &str) -> String {
    sql.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Underlines a heading.
fn heading(text: &str) -> String {
    format!("{text}\n{}\n", "-".repeat(text.chars().count()))
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeMap;

    use expect_test::{Expect, expect};

    use super::*;

    #[track_caller]
    pub(crate) fn check(entity: &Entity, width: Option<usize>, want: Expect) {
        want.assert_eq(&entity_as_text(entity, width));
    }

    pub(crate) fn query() -> QuerySummary {
        QuerySummary {
            id: "CTAS_BEST_1".to_owned(),
            query_string:
                "CREATE TABLE best AS\n  SELECT item, max(price) FROM bids\n  GROUP BY item;"
                    .to_owned(),
            sinks: vec!["BEST".to_owned()],
            sink_kafka_topics: vec!["best".to_owned()],
            state: "RUNNING".to_owned(),
            query_type: "PERSISTENT",
            error: None,
        }
    }

    #[test]
    fn streams_and_types() {
        let streams = vec![SourceSummary {
            kind: "STREAM",
            name: "BIDS".to_owned(),
            topic: "bids".to_owned(),
            key_format: "KAFKA".to_owned(),
            value_format: "JSON".to_owned(),
            is_windowed: false,
        }];
        check(
            &Entity::Streams { streams },
            Some(100),
            expect![[r"
                 Stream Name | Kafka Topic | Key Format | Value Format | Windowed
                -------------+-------------+------------+--------------+----------
                 BIDS        | bids        | KAFKA      | JSON         | false"]],
        );
        let types = BTreeMap::from([("ADDRESS".to_owned(), "STRUCT<`CITY` STRING>".to_owned())]);
        check(
            &Entity::Types { types },
            Some(100),
            expect![[r"
                 Type Name | Schema
                -----------+-----------------------
                 ADDRESS   | STRUCT<`CITY` STRING>"]],
        );
        check(
            &Entity::Tables { tables: vec![] },
            None,
            expect![[r"
                 Table Name | Kafka Topic | Key Format | Value Format | Windowed
                ------------+-------------+------------+--------------+----------
                 (none)"]],
        );
    }

    #[test]
    fn topics() {
        let topics = vec![TopicSummary {
            name: "bids".to_owned(),
            replica_info: vec![1, 1, 1],
            record_count: 39_244,
            size_bytes: 18_000_000,
        }];
        check(
            &Entity::Topics { topics: topics.clone() },
            None,
            expect![[r"
                 Kafka Topic | Partitions | Partition Replicas
                -------------+------------+--------------------
                 bids        |          3 |                  1"]],
        );
        check(
            &Entity::TopicsExtended { topics },
            None,
            expect![[r"
                 Kafka Topic | Partitions | Partition Replicas | Records | Size
                -------------+------------+--------------------+---------+----------
                 bids        |          3 |                  1 |   39244 | 17.1 MiB"]],
        );
    }

    #[test]
    fn queries() {
        check(
            &Entity::Queries { queries: vec![query()] },
            Some(100),
            expect![[r#"
                 Query ID    | Query Type | Status  | Sink Name | Sink Kafka Topic | Query String
                -------------+------------+---------+-----------+------------------+-----------------------------
                 CTAS_BEST_1 | PERSISTENT | RUNNING | BEST      | best             | CREATE TABLE best AS SELECT
                             |            |         |           |                  | item, max(price) FROM bids
                             |            |         |           |                  | GROUP BY item;
                For detailed information on a Query run: EXPLAIN <Query ID>;"#]],
        );
    }

    #[test]
    fn sizes_have_units() {
        assert_eq!(bytes(1023), "1023 B");
        assert_eq!(bytes(1536), "1.5 KiB");
        assert_eq!(bytes(u64::MAX), "16383.9 PiB");
    }
}
