//! EXPLAIN.

use tidemill::engine::QueryDescription;

use crate::render::entity::{heading, source};

/// Writes a query: what it reads and writes, its plan and its operators.
pub(super) fn describe(query: &QueryDescription, width: Option<usize>) -> String {
    let mut text = properties(query);
    if !query.fields.is_empty() {
        text.push_str(&format!("\n{}\n", source::fields(&query.fields, None, width)));
    }
    text.push_str(&section("Sources that this query reads from", &query.sources.join("\n")));
    text.push_str(&section("Sinks that this query writes to", &query.sinks.join("\n")));
    text.push_str(&section("Execution plan", &query.execution_plan));
    text.push_str(&section("Processing topology", &query.topology));
    let statistics: Vec<String> = query
        .statistics
        .iter()
        .map(|statistic| format!("{:<20} : {}", statistic.name, statistic.value))
        .collect();
    text.push_str(&section("Local runtime statistics", &statistics.join("\n")));
    text.trim_end().to_owned()
}

fn properties(query: &QueryDescription) -> String {
    let lines = [
        ("ID", Some(query.id.as_str())),
        ("Query Type", Some(query.query_type)),
        ("SQL", Some(query.statement_text.as_str())),
        ("Status", query.state.as_deref()),
        ("Error", query.error.as_deref()),
    ];
    let said = lines.iter().filter_map(|(name, value)| Some((name, (*value)?)));
    said.filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name:<20} : {value}\n"))
        .collect()
}

fn section(title: &str, body: &str) -> String {
    let body = body.trim_end();
    if body.is_empty() { String::new() } else { format!("\n{}{body}\n", heading(title)) }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use tidemill::engine::{Entity, FieldDescription};

    use super::*;
    use crate::render::entity::tests::check;

    #[test]
    fn explain_shows_plan_and_topology() {
        let description = QueryDescription {
            id: "CTAS_BEST_1".to_owned(),
            statement_text: "CREATE TABLE best AS SELECT …;".to_owned(),
            fields: vec![FieldDescription {
                name: "ITEM".to_owned(),
                schema: "VARCHAR(STRING)".to_owned(),
                role: Some("KEY"),
            }],
            sources: vec!["BIDS".to_owned()],
            sinks: vec!["BEST".to_owned()],
            execution_plan: "Sink: best\n└─ Aggregate: max(price) by item\n".to_owned(),
            topology: "sub-topology 0: bids → aggregate → best".to_owned(),
            state: Some("ERROR".to_owned()),
            query_type: "PERSISTENT",
            error: Some("the disk is full".to_owned()),
            statistics: vec![],
        };
        check(
            &Entity::Query { query_description: Box::new(description) },
            Some(80),
            expect![[r"
                ID                   : CTAS_BEST_1
                Query Type           : PERSISTENT
                SQL                  : CREATE TABLE best AS SELECT …;
                Status               : ERROR
                Error                : the disk is full

                 Field | Type
                -------+------------------------
                 ITEM  | VARCHAR(STRING)  (key)

                Sources that this query reads from
                ----------------------------------
                BIDS

                Sinks that this query writes to
                -------------------------------
                BEST

                Execution plan
                --------------
                Sink: best
                └─ Aggregate: max(price) by item

                Processing topology
                -------------------
                sub-topology 0: bids → aggregate → best"]],
        );
    }
}
