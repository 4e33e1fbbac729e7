//! Every example in the functions' docs gives the result that stands beside it.

use tidemill::engine::{Engine, EngineOptions, Entity, Outcome, TestDriver};
use tidemill::expr::{ResolveErrorKind, Rows, Scope, ScopeColumn, resolve};
use tidemill::functions::{Description, Example, Registry, RowFailures};
use tidemill::types::{Value, value_at};
use tidemill_grammar::parse_expression;

/// No columns.
struct Nothing;

impl Scope for Nothing {
    fn column(&self, source: Option<&str>, name: &str) -> Result<ScopeColumn, ResolveErrorKind> {
        Err(ResolveErrorKind::UnknownColumn {
            source_name: source.map(str::to_owned),
            name: name.to_owned(),
            nearest: Vec::new(),
        })
    }
}

/// What nobody can say beforehand.
const WITHOUT_EXAMPLES: &[&str] = &["RANDOM"];

fn descriptions() -> Vec<Description> {
    let registry = Registry::built_in();
    registry.names().into_iter().map(|name| registry.describe(name).unwrap()).collect()
}

#[test]
fn examples_give_their_results() {
    let registry = Registry::built_in();
    for function in descriptions() {
        let name = &function.name;
        let is_told = function.examples.is_empty() == WITHOUT_EXAMPLES.contains(&name.as_str());
        assert!(is_told, "{name} has no example");
        for example in &function.examples {
            let found = match () {
                () if registry.aggregate(name).is_some() => aggregated(example),
                () if registry.table(name).is_some() => exploded(example),
                () => text_of(example.expression, &registry),
            };
            assert_eq!(found, example.result, "{} {}", example.expression, example.rows);
        }
    }
}

fn text_of(expression: &str, registry: &Registry) -> String {
    let ast = parse_expression(&format!("CAST({expression} AS VARCHAR)")).unwrap();
    let expr = resolve(&ast, &Nothing, registry).unwrap();
    let mut failures = RowFailures::default();
    let rows = Rows { columns: &[], row_count: 1, now_ms: 0 };
    let result = expr.evaluate(&rows, &mut failures).unwrap().into_array(1);
    assert_eq!(failures.0, []);
    text(&value_at(&result, 0))
}

fn text(value: &Value) -> String {
    match value {
        Value::Varchar(text) => text.to_string(),
        Value::Null => "null".to_owned(),
        other => panic!("CAST to VARCHAR made {other:?}"),
    }
}

/// Aggregates the rows of an example in one group.
fn aggregated(example: &Example) -> String {
    let (columns, rows) = example.rows.split_once(": ").expect("columns, then rows");
    let rows = rows.trim_start_matches('(').trim_end_matches(')').split("), (");
    let mut driver = TestDriver::new();
    let mut script = format!(
        "CREATE STREAM given (k INT KEY, {columns})
           WITH (kafka_topic = 'given', value_format = 'json', partitions = 1);
         CREATE TABLE result AS SELECT k, CAST({} AS VARCHAR) AS text FROM given GROUP BY k;",
        example.expression
    );
    rows.for_each(|row| script.push_str(&format!("INSERT INTO given VALUES (1, {row});")));
    driver.execute(&script).unwrap_or_else(|error| panic!("{}: {error}", example.expression));
    assert_eq!(driver.read_reports(), Vec::<String>::new());
    text(&driver.read_rows("RESULT").unwrap().last().unwrap().values[1])
}

/// Makes the rows of an example of a table function.
fn exploded(example: &Example) -> String {
    let mut driver = TestDriver::new();
    let script = format!(
        "CREATE STREAM given (k INT KEY)
           WITH (kafka_topic = 'given', value_format = 'json', partitions = 1);
         CREATE STREAM result AS SELECT k, CAST({} AS VARCHAR) AS text FROM given;
         INSERT INTO given VALUES (1);",
        example.expression
    );
    driver.execute(&script).unwrap_or_else(|error| panic!("{}: {error}", example.expression));
    let rows = driver.read_rows("RESULT").unwrap();
    rows.iter().map(|row| text(&row.values[1])).collect::<Vec<_>>().join(", ")
}

/// SHOW FUNCTIONS and DESCRIBE FUNCTION tell what the registry tells.
#[test]
fn statements_tell_what_the_registry_tells() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::open(EngineOptions::new(folder.path())).unwrap();
    let mut session = engine.session();
    let mut entity = |sql: &str| match session.execute(sql).unwrap().pop() {
        Some(Outcome::Entity(entity)) => *entity,
        _ => panic!("{sql} tells nothing"),
    };
    let Entity::Functions { functions } = entity("SHOW FUNCTIONS;") else { panic!("no list") };
    let descriptions = descriptions();
    assert_eq!(functions.len(), descriptions.len());
    for (listed, described) in functions.iter().zip(&descriptions) {
        assert_eq!(listed.name, described.name);
        assert_eq!(listed.category, described.category.to_string());
        assert_eq!(listed.summary, *described.summary);
        let sql = format!("DESCRIBE FUNCTION {};", described.name);
        let Entity::Function(function) = entity(&sql) else { panic!("{sql}") };
        let calls: Vec<&str> = function.functions.iter().map(|o| o.signature.as_str()).collect();
        let expected: Vec<&str> = described.overloads.iter().map(|o| o.call.as_str()).collect();
        assert_eq!(calls, expected);
        assert_eq!(function.examples.len(), described.examples.len());
    }
    engine.close().unwrap();
}
