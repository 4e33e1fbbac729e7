//! Cuts a script into tests, by its directives.

use std::collections::BTreeMap;
use std::path::PathBuf;

use tidemill_grammar::ast::Position;
use tidemill_grammar::{Directive, StatementText, directives, split_statements};

use crate::engine::sql_test::error_class::ErrorClass;
use crate::engine::sql_test::{ExpectedError, SqlTest, Step};
use crate::error::{Error, ErrorKind, Result};

const TEST: &str = "test";
const EXPECTED_ERROR: &str = "expected.error";
const EXPECTED_MESSAGE: &str = "expected.message";

/// What stands in a script.
enum Item<'a> {
    Directive(Directive<'a>),
    Statement(StatementText<'a>),
}

impl Item<'_> {
    fn place(&self) -> (u32, u32) {
        match self {
            Item::Directive(directive) => place(directive.position),
            Item::Statement(statement) => place(statement.position),
        }
    }
}

fn place(position: Position) -> (u32, u32) {
    (position.line, position.column)
}

/// Cuts a script into tests.
pub(super) fn tests(script: &str) -> Result<Vec<SqlTest>> {
    let mut items: Vec<Item<'_>> = directives(script).into_iter().map(Item::Directive).collect();
    let has_names =
        items.iter().any(|item| matches!(item, Item::Directive(found) if found.kind == TEST));
    items.extend(split_statements(script).into_iter().map(Item::Statement));
    items.sort_by_key(Item::place);
    let mut tests = Vec::new();
    if !has_names && !items.is_empty() {
        tests.push(test(None));
    }
    for item in items {
        let place = item.place();
        add(item, &mut tests).map_err(|error| error.at(place.0, place.1))?;
    }
    Ok(tests)
}

fn test(name: Option<String>) -> SqlTest {
    SqlTest {
        name,
        steps: Vec::new(),
        expected: None,
        folder: PathBuf::new(),
        variables: BTreeMap::new(),
        registry: None,
    }
}

fn wrong(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Syntax, message)
}

fn add(item: Item<'_>, tests: &mut Vec<SqlTest>) -> Result<()> {
    if let Item::Directive(Directive { kind: TEST, text, .. }) = item {
        if text.is_empty() {
            return Err(wrong("a test needs a name: --@test: name"));
        }
        tests.push(test(Some(text.to_owned())));
        return Ok(());
    }
    let Some(test) = tests.last_mut() else {
        return Err(wrong("this stands before the first --@test, and so in no test"));
    };
    let position = item.place();
    match item {
        Item::Statement(statement) => {
            test.steps.push(Step { text: statement.text.to_owned(), position });
            Ok(())
        }
        Item::Directive(directive) => expect(test, &directive, position),
    }
}

fn expect(test: &mut SqlTest, directive: &Directive<'_>, position: (u32, u32)) -> Result<()> {
    let known = [TEST, EXPECTED_ERROR, EXPECTED_MESSAGE];
    if !known.contains(&directive.kind) {
        let near = crate::text::nearest(directive.kind, known.into_iter());
        let hint = near.map(|near| format!(" Did you mean --@{near}?")).unwrap_or_default();
        return Err(wrong(format!("there is no directive --@{}.{hint}", directive.kind)));
    }
    let any = ExpectedError { class: ErrorClass::any(), message: String::new(), position };
    let expected = test.expected.get_or_insert(any);
    if directive.kind == EXPECTED_ERROR {
        expected.class = ErrorClass::parse(directive.text)?;
    } else {
        directive.text.clone_into(&mut expected.message);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[track_caller]
    fn check(script: &str, want: Expect) {
        let text = match super::tests(script) {
            Ok(tests) => {
                let line = |test: &SqlTest| {
                    let steps: Vec<_> = test.steps.iter().map(|step| step.text.as_str()).collect();
                    let expected = test.expected.as_ref().map(|expected| &expected.message);
                    format!("{:?} {steps:?} {expected:?}\n", test.name)
                };
                tests.iter().map(line).collect()
            }
            Err(error) => format!("{error}\n"),
        };
        want.assert_eq(&text);
    }

    #[test]
    fn directives_begin_tests() {
        check(
            "-- a comment\n--@test: one\nA; B;\n--@test: two\n--@expected.error: KsqlException\n--@expected.message: no\nC;",
            expect![[r#"
                Some("one") ["A", "B"] None
                Some("two") ["C"] Some("no")
            "#]],
        );
        check(
            "A;",
            expect![[r#"
                None ["A"] None
            "#]],
        );
        check("-- nothing", expect![""]);
    }

    #[test]
    fn directives_that_cannot_be_are_refused() {
        check(
            "A;\n--@test: one",
            expect![[r"
                line 1:1: this stands before the first --@test, and so in no test
            "]],
        );
        check(
            "--@test: one\n  --@expected.eror: x",
            expect![[r"
                line 2:3: there is no directive --@expected.eror. Did you mean --@expected.error?
            "]],
        );
        check(
            "--@test:",
            expect![[r"
                line 1:1: a test needs a name: --@test: name
            "]],
        );
        check(
            "--@test: a\n--@expected.error: java.lang.OutOfMemoryError",
            expect![[r"
                line 2:1: no error here is of class java.lang.OutOfMemoryError; those that are: ParseFailedException, KsqlStatementException, KsqlFunctionException, KsqlException, StreamsException, AssertionError, RuntimeException, Exception, Error, Throwable
            "]],
        );
    }
}
