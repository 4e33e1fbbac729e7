//! Statements, without the semicolon.

use std::fmt;

use crate::ast::{
    ConnectorKind, CreateAsSelect, CreateSource, Expr, Ident, Properties, QueryAction, QueryRef,
    Show, SourceKind, Statement,
};
use crate::format::expression::value;
use crate::format::query::clause;
use crate::format::types::Field;
use crate::format::{Quoted, list, optional};

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Statement::Query(query) => write!(f, "{query}"),
            Statement::CreateSource(_)
            | Statement::CreateAsSelect(_)
            | Statement::CreateType { .. }
            | Statement::CreateConnector { .. }
            | Statement::InsertInto { .. }
            | Statement::InsertValues { .. }
            | Statement::AlterSource { .. } => define(f, self),
            Statement::DropSource { .. }
            | Statement::DropType { .. }
            | Statement::DropConnector { .. } => drop_statement(f, self),
            Statement::Show(_)
            | Statement::Describe { .. }
            | Statement::DescribeAll { .. }
            | Statement::DescribeFunction { .. }
            | Statement::DescribeConnector { .. }
            | Statement::ExplainStatement(_)
            | Statement::ExplainQuery(_)
            | Statement::Print { .. } => look(f, self),
            Statement::SetProperty { .. }
            | Statement::UnsetProperty { .. }
            | Statement::AlterSystem { .. }
            | Statement::Define { .. }
            | Statement::Undefine { .. }
            | Statement::RunScript { .. }
            | Statement::ControlQuery { .. } => session(f, self),
            Statement::AssertTopic { .. }
            | Statement::AssertSchema { .. }
            | Statement::AssertValues { .. }
            | Statement::AssertNullValues { .. }
            | Statement::AssertSource(_) => assert(f, self),
        }
    }
}

fn define(f: &mut fmt::Formatter<'_>, statement: &Statement) -> fmt::Result {
    match statement {
        Statement::CreateSource(source) => {
            f.write_str("CREATE")?;
            optional(f, source.or_replace, "OR REPLACE")?;
            optional(f, source.is_source, "SOURCE")?;
            write!(f, " {source}")
        }
        Statement::CreateAsSelect(created) => write!(f, "{created}"),
        Statement::CreateType { if_not_exists, name, data_type } => {
            f.write_str("CREATE TYPE")?;
            optional(f, *if_not_exists, "IF NOT EXISTS")?;
            write!(f, " {name} AS {data_type}")
        }
        Statement::CreateConnector { kind, if_not_exists, name, properties } => {
            write!(f, "CREATE {kind} CONNECTOR")?;
            optional(f, *if_not_exists, "IF NOT EXISTS")?;
            write!(f, " {name} WITH {properties}")
        }
        Statement::InsertInto { target, properties, query } => {
            write!(f, "INSERT INTO {target}{} {query}", With(properties))
        }
        Statement::InsertValues { target, columns, values } => {
            write!(f, "INSERT INTO {target}{} VALUES {}", Columns(columns), Values(values))
        }
        Statement::AlterSource { kind, name, columns } => {
            write!(f, "ALTER {kind} {name} ")?;
            list(f, columns.iter().map(|column| format!("ADD COLUMN {}", Field(column))))
        }
        _ => Ok(()),
    }
}

fn drop_statement(f: &mut fmt::Formatter<'_>, statement: &Statement) -> fmt::Result {
    match statement {
        Statement::DropSource { kind, if_exists, name, delete_topic } => {
            write!(f, "DROP {kind}{} {name}", IfExists(*if_exists))?;
            optional(f, *delete_topic, "DELETE TOPIC")
        }
        Statement::DropType { if_exists, name } => {
            write!(f, "DROP TYPE{} {name}", IfExists(*if_exists))
        }
        Statement::DropConnector { if_exists, name } => {
            write!(f, "DROP CONNECTOR{} {name}", IfExists(*if_exists))
        }
        _ => Ok(()),
    }
}

fn look(f: &mut fmt::Formatter<'_>, statement: &Statement) -> fmt::Result {
    match statement {
        Statement::Show(show) => write!(f, "SHOW {show}"),
        Statement::Describe { name, extended } => {
            write!(f, "DESCRIBE {name}")?;
            optional(f, *extended, "EXTENDED")
        }
        Statement::DescribeAll { kind, extended } => {
            f.write_str(match kind {
                SourceKind::Stream => "DESCRIBE STREAMS",
                SourceKind::Table => "DESCRIBE TABLES",
            })?;
            optional(f, *extended, "EXTENDED")
        }
        Statement::DescribeFunction { name } => write!(f, "DESCRIBE FUNCTION {name}"),
        Statement::DescribeConnector { name } => write!(f, "DESCRIBE CONNECTOR {name}"),
        Statement::ExplainStatement(explained) => write!(f, "EXPLAIN {explained}"),
        Statement::ExplainQuery(query) => write!(f, "EXPLAIN {query}"),
        Statement::Print { topic, from_beginning, interval, limit } => {
            write!(f, "PRINT {topic}")?;
            optional(f, *from_beginning, "FROM BEGINNING")?;
            clause(f, "INTERVAL", *interval)?;
            clause(f, "LIMIT", *limit)
        }
        _ => Ok(()),
    }
}

fn session(f: &mut fmt::Formatter<'_>, statement: &Statement) -> fmt::Result {
    match statement {
        Statement::SetProperty { name, value } => {
            write!(f, "SET {} = {}", Quoted(name), Quoted(value))
        }
        Statement::UnsetProperty { name } => write!(f, "UNSET {}", Quoted(name)),
        Statement::AlterSystem { name, value } => {
            write!(f, "ALTER SYSTEM {} = {}", Quoted(name), Quoted(value))
        }
        Statement::Define { name, value } => write!(f, "DEFINE {name} = {}", Quoted(value)),
        Statement::Undefine { name } => write!(f, "UNDEFINE {name}"),
        Statement::RunScript { path } => write!(f, "RUN SCRIPT {}", Quoted(path)),
        Statement::ControlQuery { action, query } => write!(f, "{action} {query}"),
        _ => Ok(()),
    }
}

fn assert(f: &mut fmt::Formatter<'_>, statement: &Statement) -> fmt::Result {
    let not = |exists: bool| if exists { "" } else { " NOT EXISTS" };
    match statement {
        Statement::AssertTopic { exists, topic, properties, timeout } => {
            write!(f, "ASSERT{} TOPIC {topic}{}", not(*exists), With(properties))?;
            clause(f, "TIMEOUT", *timeout)
        }
        Statement::AssertSchema { exists, subject, id, timeout } => {
            write!(f, "ASSERT{} SCHEMA", not(*exists))?;
            clause(f, "SUBJECT", subject.as_ref())?;
            clause(f, "ID", *id)?;
            clause(f, "TIMEOUT", *timeout)
        }
        Statement::AssertValues { target, columns, values } => {
            write!(f, "ASSERT VALUES {target}{} VALUES {}", Columns(columns), Values(values))
        }
        Statement::AssertNullValues { target, columns, values } => {
            write!(f, "ASSERT NULL VALUES {target}{} KEY {}", Columns(columns), Values(values))
        }
        Statement::AssertSource(source) => write!(f, "ASSERT {source}"),
        _ => Ok(()),
    }
}

/// ` IF EXISTS`, or nothing.
struct IfExists(bool);

impl fmt::Display for IfExists {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        optional(f, self.0, "IF EXISTS")
    }
}

/// ` WITH (…)`, or nothing if there are no properties.
struct With<'a>(&'a Properties);

impl fmt::Display for With<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.0.is_empty() { Ok(()) } else { write!(f, " WITH {}", self.0) }
    }
}

/// ` (column, …)`, or nothing if there are none.
struct Columns<'a>(&'a [Ident]);

impl fmt::Display for Columns<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return Ok(());
        }
        f.write_str(" (")?;
        list(f, self.0)?;
        f.write_str(")")
    }
}

/// `(value, …)`.
struct Values<'a>(&'a [Expr]);

impl fmt::Display for Values<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(")?;
        list(f, self.0.iter().map(value))?;
        f.write_str(")")
    }
}

/// Writes what follows `CREATE [OR REPLACE] [SOURCE]`.
impl fmt::Display for CreateSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind)?;
        optional(f, self.if_not_exists, "IF NOT EXISTS")?;
        write!(f, " {}", self.name)?;
        if !self.elements.is_empty() {
            f.write_str(" (")?;
            list(f, &self.elements)?;
            f.write_str(")")?;
        }
        write!(f, "{}", With(&self.properties))
    }
}

impl fmt::Display for CreateAsSelect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CREATE")?;
        optional(f, self.or_replace, "OR REPLACE")?;
        write!(f, " {}", self.kind)?;
        optional(f, self.if_not_exists, "IF NOT EXISTS")?;
        write!(f, " {}{} AS {}", self.name, With(&self.properties), self.query)
    }
}

impl fmt::Display for Show {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (words, extended) = match self {
            Show::Topics { all: true, extended } => ("ALL TOPICS", *extended),
            Show::Topics { all: false, extended } => ("TOPICS", *extended),
            Show::Streams { extended } => ("STREAMS", *extended),
            Show::Tables { extended } => ("TABLES", *extended),
            Show::Queries { extended } => ("QUERIES", *extended),
            Show::Functions => ("FUNCTIONS", false),
            Show::Properties => ("PROPERTIES", false),
            Show::Variables => ("VARIABLES", false),
            Show::Types => ("TYPES", false),
            Show::Connectors { kind: None } => ("CONNECTORS", false),
            Show::Connectors { kind: Some(ConnectorKind::Source) } => ("SOURCE CONNECTORS", false),
            Show::Connectors { kind: Some(ConnectorKind::Sink) } => ("SINK CONNECTORS", false),
            Show::ConnectorPlugins => ("CONNECTOR PLUGINS", false),
        };
        f.write_str(words)?;
        optional(f, extended, "EXTENDED")
    }
}

impl fmt::Display for ConnectorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ConnectorKind::Source => "SOURCE",
            ConnectorKind::Sink => "SINK",
        })
    }
}

impl fmt::Display for QueryAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            QueryAction::Terminate => "TERMINATE",
            QueryAction::Pause => "PAUSE",
            QueryAction::Resume => "RESUME",
        })
    }
}

impl fmt::Display for QueryRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            QueryRef::Id(id) => write!(f, "{id}"),
            QueryRef::All => f.write_str("ALL"),
        }
    }
}
