//! Functions of one's own, written in Rust and called in SQL: a scalar, an aggregate and a table function. The engine and the
//! test driver take the same registry.

#![allow(clippy::print_stdout, reason = "an example shows what it finds")]

use std::time::Duration;

use tidemill::engine::{Engine, EngineOptions, Outcome, TestDriver};
use tidemill::error::Result;
use tidemill::functions::aggregate::RowWise;
use tidemill::functions::{
    AggregateFunction, Category, FunctionError, Registry, ScalarFunction, TableFunction,
};
use tidemill::types::Value;

/// For each row, one value. The kernel sees whole columns; rows with a NULL argument are NULL without it.
fn is_card_number() -> ScalarFunction {
    ScalarFunction::new("IS_CARD_NUMBER")
        .category(Category::String)
        .summary("Tests the check digit of a card number.")
        .example("IS_CARD_NUMBER('4539 1488 0343 6467')", "true")
        .overload("(number VARCHAR) BOOLEAN", "", |call| {
            let numbers = call.strings(0)?;
            call.map_booleans(|row| has_check_digit(numbers.at(row)))
        })
}

/// Luhn's formula; an error is reported in the processing log, and the row is NULL.
fn has_check_digit(number: &str) -> Result<bool, String> {
    let digits: Option<Vec<u32>> =
        number.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_digit(10)).collect();
    let digits = digits.ok_or_else(|| format!("'{number}' has other characters than digits"))?;
    let weighted = digits.iter().rev().enumerate().map(|(place, digit)| match place % 2 {
        0 => *digit,
        _ => digit * 2 / 10 + digit * 2 % 10,
    });
    Ok(weighted.sum::<u32>() % 10 == 0)
}

/// For each group, one value: a state, what a row adds to it, and what the state's result is. `remove_row` and `undo` let it
/// aggregate tables, whose rows are replaced and deleted; `merge` lets sessions grow together.
fn weighted_avg() -> AggregateFunction {
    AggregateFunction::new("WEIGHTED_AVG")
        .summary("Returns the average of values, each with a weight.")
        .example("WEIGHTED_AVG(x, w)", "x DOUBLE, w DOUBLE: (1.0, 1.0), (4.0, 2.0)", "3.0")
        .row_wise("(value DOUBLE, weight DOUBLE) DOUBLE", "", || {
            RowWise::new(|_literals| (0.0_f64, 0.0_f64))
                .add_row(|state, args| {
                    weigh(state, args, 1.0);
                    Ok(())
                })
                .remove_row(|state, args| {
                    weigh(state, args, -1.0);
                    Ok(())
                })
                .merge(|state, later| *state = (state.0 + later.0, state.1 + later.1))
                .result(|(sum, weight)| match *weight {
                    0.0 => Value::Null,
                    weight => Value::Double(sum / weight),
                })
        })
        .undo()
}

fn weigh(state: &mut (f64, f64), args: &[Value], sign: f64) {
    if let [Value::Double(value), Value::Double(weight)] = args {
        state.0 += sign * value * weight;
        state.1 += sign * weight;
    }
}

/// For each row, any number of values, each of which becomes a row.
fn words() -> TableFunction {
    TableFunction::new("WORDS")
        .summary("Makes a row of each word.")
        .example("WORDS('ebb and flow')", "ebb, and, flow")
        .row_wise("(text VARCHAR) VARCHAR", "", |args| match args {
            [Value::Varchar(text)] => Ok(text.split_whitespace().map(Value::from).collect()),
            _ => Ok(Vec::new()),
        })
}

/// The functions that come with Tidemill, and these.
fn registry() -> Result<Registry, FunctionError> {
    let mut registry = Registry::built_in();
    registry.register_scalar(is_card_number())?;
    registry.register_aggregate(weighted_avg())?;
    registry.register_table(words())?;
    Ok(registry)
}

const PIPELINE: &str = "
    CREATE STREAM payments (id INT KEY, card VARCHAR, note VARCHAR)
      WITH (kafka_topic = 'payments', value_format = 'json', partitions = 1);
    CREATE STREAM refused AS SELECT id, card FROM payments WHERE NOT IS_CARD_NUMBER(card);
    CREATE STREAM note_words AS SELECT id, WORDS(note) AS word FROM payments;
    CREATE TABLE prices (item VARCHAR PRIMARY KEY, shelf VARCHAR, price DOUBLE, stock DOUBLE)
      WITH (kafka_topic = 'prices', value_format = 'json', partitions = 1);
    CREATE TABLE shelves AS
      SELECT shelf, WEIGHTED_AVG(price, stock) AS price FROM prices GROUP BY shelf;";

fn main() -> Result<()> {
    let registry = registry()?;
    test_the_pipeline(&registry)?;

    let folder = std::env::temp_dir().join(format!("tidemill-functions-{}", std::process::id()));
    let options = EngineOptions::new(&folder).with("auto.offset.reset", "earliest");
    let engine = Engine::open(options.with_registry(registry))?;
    let mut session = engine.session();
    session.execute(PIPELINE)?;
    session.execute(
        "INSERT INTO prices VALUES ('pen', 'office', 2.0, 30.0);
         INSERT INTO prices VALUES ('lamp', 'office', 20.0, 10.0);
         INSERT INTO prices VALUES ('lamp', 'office', 10.0, 10.0);",
    )?;
    engine.wait_until_idle(Duration::from_secs(10))?;
    for outcome in session.execute("SELECT * FROM shelves; DESCRIBE FUNCTION weighted_avg;")? {
        match outcome {
            Outcome::Rows(rows) => {
                for row in rows.collect_rows()? {
                    println!("{:?}", row.values);
                    assert_eq!(row.values[1], Value::Double(4.0));
                }
            }
            Outcome::Entity(function) => println!("{function:?}"),
            Outcome::Done(_) | Outcome::Records(_) => {}
        }
    }
    engine.close()?;
    let _ = std::fs::remove_dir_all(folder);
    Ok(())
}

/// The same statements without a disk, threads or a clock.
fn test_the_pipeline(registry: &Registry) -> Result<()> {
    let mut driver = TestDriver::new().with_registry(registry.clone());
    driver.execute(PIPELINE)?;
    driver.execute(
        "INSERT INTO payments VALUES (1, '4539 1488 0343 6467', 'ebb and flow');
         INSERT INTO payments VALUES (2, '4539 1488 0343 6468', NULL);",
    )?;
    let refused = driver.read_rows("REFUSED")?;
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].values[0], Value::Int(2));
    assert_eq!(driver.read_rows("NOTE_WORDS")?.len(), 3);
    Ok(())
}
