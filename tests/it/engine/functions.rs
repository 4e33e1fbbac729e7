//! Functions of one's own, on a real folder, across restarts.

use tidemill::engine::{Engine, EngineOptions, SqlTest};
use tidemill::functions::{Registry, ScalarFunction};
use tidemill::types::Value;

use super::{WAIT, record, rows};

fn registry() -> Registry {
    let mut registry = Registry::built_in();
    let shout = ScalarFunction::new("SHOUT").overload("(text VARCHAR) VARCHAR", "", |call| {
        let texts = call.strings(0)?;
        call.map_strings(|row| format!("{}!", texts.at(row)))
    });
    registry.register_scalar(shout).unwrap();
    registry
}

#[test]
fn a_start_says_which_statement_needs_a_function_that_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let options = EngineOptions::new(folder.path()).with("auto.offset.reset", "earliest");
    let open = || Engine::open(options.clone().with_registry(registry())).unwrap();
    let engine = open();
    let statements = "CREATE STREAM words (id VARCHAR KEY, word VARCHAR)
           WITH (kafka_topic = 'words', value_format = 'json', partitions = 1);
         CREATE TABLE shouted AS
           SELECT id, LATEST_BY_OFFSET(SHOUT(word)) AS word FROM words GROUP BY id;";
    engine.session().execute(statements).unwrap();
    engine.close().unwrap();
    drop(engine);

    let Err(error) = Engine::open(options.clone()) else { panic!("SHOUT is not registered") };
    let text = error.to_string();
    assert!(text.contains("Can't find any functions with the name 'SHOUT'"), "{text}");
    assert!(text.contains("It says: CREATE TABLE shouted AS"), "{text}");
    assert!(text.contains("EngineOptions::with_registry"), "{text}");

    let engine = open();
    engine.produce("words", &[record("1", r#"{"word": "tide"}"#, 1)]).unwrap();
    assert!(engine.wait_until_idle(WAIT).unwrap());
    assert_eq!(rows(&engine, "SELECT word FROM shouted;")[0].values, [Value::from("tide!")]);
    engine.close().unwrap();
}

#[test]
fn sql_tests_call_functions_of_ones_own() {
    let script = "
        CREATE STREAM words (word VARCHAR) WITH (kafka_topic = 'words', value_format = 'json', partitions = 1);
        CREATE STREAM shouted AS SELECT SHOUT(word) AS word FROM words;
        INSERT INTO words VALUES ('tide');
        ASSERT VALUES shouted (word) VALUES ('tide!');";
    for test in SqlTest::parse(script).unwrap() {
        assert!(test.run().is_err());
        test.with_registry(registry()).run().unwrap();
    }
}
