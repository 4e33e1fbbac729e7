//! What SHOW, DESCRIBE and EXPLAIN find, with the fields that ksqlDB's HTTP API gives them.

use std::collections::BTreeMap;

use serde::Serialize;

/// What SHOW, DESCRIBE and EXPLAIN find; serializes to the entity of that name in ksqlDB's HTTP API.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "@type", rename_all_fields = "camelCase")]
#[expect(missing_docs, reason = "the fields are the API's; their types say what they hold")]
pub enum Entity {
    /// SHOW STREAMS.
    #[serde(rename = "streams")]
    Streams { streams: Vec<SourceSummary> },
    /// SHOW TABLES.
    #[serde(rename = "tables")]
    Tables { tables: Vec<SourceSummary> },
    /// SHOW TOPICS.
    #[serde(rename = "kafka_topics")]
    Topics { topics: Vec<TopicSummary> },
    /// SHOW TOPICS EXTENDED.
    #[serde(rename = "kafka_topics_extended")]
    TopicsExtended { topics: Vec<TopicSummary> },
    /// SHOW QUERIES.
    #[serde(rename = "queries")]
    Queries { queries: Vec<QuerySummary> },
    /// SHOW QUERIES EXTENDED.
    #[serde(rename = "query_descriptions")]
    QueryDescriptions { query_descriptions: Vec<QueryDescription> },
    /// SHOW FUNCTIONS.
    #[serde(rename = "function_names")]
    Functions { functions: Vec<FunctionSummary> },
    /// DESCRIBE FUNCTION.
    #[serde(rename = "describe_function")]
    Function(FunctionDescription),
    /// SHOW PROPERTIES.
    #[serde(rename = "properties")]
    Properties { properties: Vec<Property> },
    /// SHOW TYPES.
    #[serde(rename = "type_list")]
    Types { types: BTreeMap<String, String> },
    /// SHOW VARIABLES.
    #[serde(rename = "variables")]
    Variables { variables: Vec<Variable> },
    /// DESCRIBE.
    #[serde(rename = "sourceDescription")]
    Source { source_description: Box<SourceDescription> },
    /// DESCRIBE STREAMS, DESCRIBE TABLES, SHOW STREAMS EXTENDED, SHOW TABLES EXTENDED.
    #[serde(rename = "source_descriptions")]
    Sources { source_descriptions: Vec<SourceDescription> },
    /// EXPLAIN.
    #[serde(rename = "queryDescription")]
    Query { query_description: Box<QueryDescription> },
}

/// A stream or table in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "named as in the API")]
pub struct SourceSummary {
    /// `STREAM` or `TABLE`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub name: String,
    pub topic: String,
    pub key_format: String,
    pub value_format: String,
    pub is_windowed: bool,
}

/// A topic in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "named as in the API")]
pub struct TopicSummary {
    pub name: String,
    /// How many replicas each partition has.
    pub replica_info: Vec<u32>,
    /// How many records it holds.
    pub record_count: u64,
}

/// A query in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "named as in the API")]
pub struct QuerySummary {
    pub id: String,
    pub query_string: String,
    pub sinks: Vec<String>,
    pub sink_kafka_topics: Vec<String>,
    /// `RUNNING`, `PAUSED`, `ERROR`.
    pub state: String,
    /// `PERSISTENT` or `PUSH`.
    pub query_type: &'static str,
    /// Why it is in the state ERROR.
    pub error: Option<String>,
}

/// A column or field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "named as in the API")]
pub struct FieldDescription {
    pub name: String,
    /// The type as SQL.
    pub schema: String,
    /// `KEY` or `HEADER`, if it is one.
    #[serde(rename = "type")]
    pub role: Option<&'static str>,
}

/// A stream or table in full.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "named as in the API")]
pub struct SourceDescription {
    pub name: String,
    pub window_type: Option<&'static str>,
    pub read_queries: Vec<QuerySummary>,
    pub write_queries: Vec<QuerySummary>,
    pub fields: Vec<FieldDescription>,
    /// `STREAM` or `TABLE`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The column that gives the event time, or empty.
    pub timestamp: String,
    pub statistics: Vec<Statistic>,
    pub extended: bool,
    pub key_format: String,
    pub value_format: String,
    pub topic: String,
    pub partitions: u32,
    pub replication: u32,
    pub statement: String,
    /// The tables and streams that it is made from.
    pub source_constraints: Vec<String>,
}

/// A figure of a source or query.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "named as in the API")]
pub struct Statistic {
    /// E.g. `records-in`.
    pub name: String,
    pub value: f64,
}

/// A query in full.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "named as in the API")]
pub struct QueryDescription {
    pub id: String,
    pub statement_text: String,
    pub fields: Vec<FieldDescription>,
    pub sources: Vec<String>,
    pub sinks: Vec<String>,
    /// The logical plan, one node a line.
    pub execution_plan: String,
    /// The operators by sub-topology.
    pub topology: String,
    pub state: Option<String>,
    pub query_type: &'static str,
    pub error: Option<String>,
    pub statistics: Vec<Statistic>,
}

/// A function in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "named as in the API")]
pub struct FunctionSummary {
    pub name: String,
    /// `SCALAR`, `AGGREGATE` or `TABLE`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub category: String,
    /// What it does, in a sentence.
    pub summary: String,
}

/// A function in full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "named as in the API")]
pub struct FunctionDescription {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub category: String,
    pub description: String,
    /// Each overload: its signature and what it does.
    pub functions: Vec<OverloadDescription>,
    /// Calls and what they give.
    pub examples: Vec<(String, String)>,
}

/// An overload of a function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "named as in the API")]
pub struct OverloadDescription {
    pub signature: String,
    pub return_type: String,
    pub description: String,
}

/// An option and its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "named as in the API")]
pub struct Property {
    pub name: String,
    /// `ENGINE`, `SESSION` or `DEFAULT`: who set it.
    pub scope: &'static str,
    pub value: String,
    pub description: String,
}

/// A variable of the session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "named as in the API")]
pub struct Variable {
    pub name: String,
    pub value: String,
}
