//! Every example in the functions' docs gives the result that stands beside it.

use tidemill::expr::{ResolveErrorKind, Rows, Scope, ScopeColumn, resolve};
use tidemill::functions::{Registry, RowFailures};
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

#[test]
fn examples_give_their_results() {
    let registry = Registry::built_in();
    for name in registry.names() {
        if registry.scalar(name).is_none() {
            continue;
        }
        for example in registry.describe(name).unwrap().examples {
            assert_eq!(
                text_of(example.expression, &registry),
                example.result,
                "{}",
                example.expression
            );
        }
    }
}

fn text_of(expression: &str, registry: &Registry) -> String {
    let ast = parse_expression(&format!("CAST({expression} AS VARCHAR)")).unwrap();
    let expr = resolve(&ast, &Nothing, registry).unwrap();
    let mut failures = RowFailures::default();
    let rows = Rows { columns: &[], row_count: 1, now_ms: 0 };
    let result = expr.evaluate(&rows, &mut failures).unwrap().into_array(1).unwrap();
    assert_eq!(failures.0, []);
    match value_at(&result, 0) {
        Value::Varchar(text) => text.to_string(),
        other => panic!("CAST to VARCHAR made {other:?}"),
    }
}
