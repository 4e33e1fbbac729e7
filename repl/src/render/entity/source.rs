//! DESCRIBE of a stream or table.

use tidemill::engine::{FieldDescription, QuerySummary, SourceDescription};

use crate::render::entity::{heading, one_line};
use crate::render::table::table;

/// Writes a stream or table with its columns; all else only if EXTENDED was asked for.
pub(super) fn describe(source: &SourceDescription, width: Option<usize>) -> String {
    let columns = fields(&source.fields, source.window_type, width);
    if !source.extended {
        return format!(
            "Name                 : {}\n{columns}\n\
             For runtime statistics and query details run: DESCRIBE {} EXTENDED;",
            source.name, source.name
        );
    }
    let mut text = properties(source);
    text.push_str(&format!("\n{columns}\n"));
    if !source.source_constraints.is_empty() {
        text.push_str(&format!("\n{}", heading("Sources that it is made from")));
        text.push_str(&format!("{}\n", source.source_constraints.join("\n")));
    }
    text.push_str(&queries(
        &format!("Queries that read from this {}", source.kind),
        &source.read_queries,
    ));
    text.push_str(&queries(
        &format!("Queries that write to this {}", source.kind),
        &source.write_queries,
    ));
    if !source.statistics.is_empty() {
        text.push_str(&format!("\n{}", heading("Local runtime statistics")));
        for statistic in &source.statistics {
            text.push_str(&format!("{:<20} : {}\n", statistic.name, statistic.value));
        }
    }
    text.trim_end().to_owned()
}

/// Draws columns as a table, with what each is part of.
pub(super) fn fields(
    fields: &[FieldDescription],
    window_type: Option<&str>,
    width: Option<usize>,
) -> String {
    let row = |field: &FieldDescription| {
        let role = match (field.role, window_type) {
            (Some("KEY"), Some(window)) => format!("  (key) (window: {window})"),
            (Some("KEY"), None) => "  (key)".to_owned(),
            (Some(role), _) => format!("  ({})", role.to_lowercase()),
            (None, _) => String::new(),
        };
        // The name one writes, with the one the API has.
        let schema = if field.schema == "STRING" { "VARCHAR(STRING)" } else { &field.schema };
        vec![field.name.clone(), format!("{schema}{role}")]
    };
    let rows: Vec<Vec<String>> = fields.iter().map(row).collect();
    table(&["Field", "Type"], &rows, width)
}

fn properties(source: &SourceDescription) -> String {
    let timestamp = match source.timestamp.as_str() {
        "" => "Not set - using <ROWTIME>",
        column => column,
    };
    let topic = format!(
        "{} (partitions: {}, replication: {})",
        source.topic, source.partitions, source.replication
    );
    let lines = [
        ("Name", source.name.as_str()),
        ("Type", source.kind),
        ("Timestamp field", timestamp),
        ("Key format", &source.key_format),
        ("Value format", &source.value_format),
        ("Kafka topic", &topic),
        ("Statement", &source.statement),
    ];
    lines.iter().map(|(name, value)| format!("{name:<20} : {value}\n")).collect()
}

fn queries(title: &str, queries: &[QuerySummary]) -> String {
    if queries.is_empty() {
        return String::new();
    }
    let mut text = format!("\n{}", heading(title));
    for query in queries {
        let sql = one_line(&query.query_string);
        text.push_str(&format!("{} ({}) : {sql}\n", query.id, query.state));
    }
    text + "\nFor query topology and execution plan please run: EXPLAIN <QueryId>;\n"
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use tidemill::engine::{Entity, Statistic};

    use super::*;
    use crate::render::entity::tests::{check, query};

    fn field(name: &str, schema: &str, role: Option<&'static str>) -> FieldDescription {
        FieldDescription { name: name.to_owned(), schema: schema.to_owned(), role }
    }

    fn bids(extended: bool) -> Entity {
        let description = SourceDescription {
            name: "BIDS".to_owned(),
            window_type: None,
            read_queries: vec![query()],
            write_queries: vec![],
            fields: vec![
                field("ITEM", "VARCHAR(STRING)", Some("KEY")),
                field("PRICE", "BIGINT", None),
                field("H", "BYTES", Some("HEADER")),
            ],
            kind: "STREAM",
            timestamp: String::new(),
            statistics: vec![Statistic { name: "records-in".to_owned(), value: 7.0 }],
            extended,
            key_format: "KAFKA".to_owned(),
            value_format: "JSON".to_owned(),
            topic: "bids".to_owned(),
            partitions: 3,
            replication: 1,
            statement: "CREATE STREAM bids …;".to_owned(),
            source_constraints: vec![],
        };
        Entity::Source { source_description: Box::new(description) }
    }

    #[test]
    fn describe_shows_the_columns() {
        check(
            &bids(false),
            Some(80),
            expect![[r"
                Name                 : BIDS
                 Field | Type
                -------+------------------------
                 ITEM  | VARCHAR(STRING)  (key)
                 PRICE | BIGINT
                 H     | BYTES  (header)
                For runtime statistics and query details run: DESCRIBE BIDS EXTENDED;"]],
        );
    }

    #[test]
    fn describe_extended_shows_everything() {
        check(
            &bids(true),
            Some(80),
            expect![[r"
                Name                 : BIDS
                Type                 : STREAM
                Timestamp field      : Not set - using <ROWTIME>
                Key format           : KAFKA
                Value format         : JSON
                Kafka topic          : bids (partitions: 3, replication: 1)
                Statement            : CREATE STREAM bids …;

                 Field | Type
                -------+------------------------
                 ITEM  | VARCHAR(STRING)  (key)
                 PRICE | BIGINT
                 H     | BYTES  (header)

                Queries that read from this STREAM
                ----------------------------------
                CTAS_BEST_1 (RUNNING) : CREATE TABLE best AS SELECT item, max(price) FROM bids GROUP BY item;

                For query topology and execution plan please run: EXPLAIN <QueryId>;

                Local runtime statistics
                ------------------------
                records-in           : 7"]],
        );
    }
}
