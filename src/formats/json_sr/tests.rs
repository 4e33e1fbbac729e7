//! JSON with schemas: frames, and which columns a schema stands for.

use std::sync::Arc;

use expect_test::{Expect, expect};

use crate::formats::{
    FieldNames, Format, FormatKind, Inference, Serde, Side, SideSchemas, decoder, encoder,
    inferred_columns, schema_text,
};
use crate::registry::{RegisteredSchema, SchemaKind, SchemaRegistry};
use crate::types::{SqlType, Value, column_of, value_at};

#[track_caller]
fn check_columns(text: &str, want: Expect) {
    let registry = SchemaRegistry::new();
    let schema = registry.parse(SchemaKind::Json, text, Vec::new()).unwrap();
    let inference = Inference {
        side: Side::Value,
        format: FormatKind::JsonSr,
        is_unwrapped: false,
        full_name: None,
        names: FieldNames::Upper,
    };
    let columns = inferred_columns(&RegisteredSchema { id: 1, schema }, &inference);
    let text = match columns {
        Ok(columns) => {
            let column = |(name, sql_type): &(Arc<str>, SqlType)| format!("{name} {sql_type}");
            columns.iter().map(column).collect::<Vec<_>>().join(", ")
        }
        Err(error) => error.to_string(),
    };
    want.assert_eq(&text);
}

#[test]
fn columns_are_inferred() {
    check_columns(
        r##"{"type": "object", "properties": {
            "b": {"connect.index": 1, "oneOf": [{"type": "null"}, {"type": "integer", "connect.type": "int32"}]},
            "a": {"connect.index": 0, "type": ["null", "string"]},
            "n": {"connect.index": 2, "type": "number"}, "i": {"connect.index": 3, "type": "integer"},
            "l": {"connect.index": 4, "type": "array", "items": {"$ref": "#/definitions/x"}},
            "m": {"connect.index": 5, "type": "object", "additionalProperties": {"type": "boolean"}},
            "y": {"connect.index": 6, "type": "string", "connect.type": "bytes"},
            "t": {"connect.index": 7, "type": "integer", "title": "org.apache.kafka.connect.data.Timestamp"},
            "u": {"connect.index": 8, "oneOf": [{"type": "string"}, {"type": "boolean"}]}},
          "definitions": {"x": {"type": "object", "properties": {"F": {"enum": ["p", "q"]}}}}}"##,
        expect![[
            "A STRING, B INTEGER, N DOUBLE, I BIGINT, L ARRAY<STRUCT<`F` STRING>>, M MAP<STRING, BOOLEAN>, Y BYTES, \
             T TIMESTAMP, U STRUCT<`CONNECT_UNION_FIELD_0` STRING, `CONNECT_UNION_FIELD_1` BOOLEAN>"
        ]],
    );
    check_columns(
        r##"{"type": "object", "properties": {"a": {"$ref": "#"}}}"##,
        expect![[
            "Unable to verify if the schema 1 is usable with ksqlDB: JSON schemas that hold themselves have no SQL type"
        ]],
    );
    check_columns(
        r#"{"type": "integer"}"#,
        expect![[
            "Schema returned from schema registry is anonymous type. To use this schema with ksqlDB, set \
             'WRAP_SINGLE_VALUE=false' in the WITH clause properties."
        ]],
    );
}

#[test]
fn documents_have_the_id_in_front() {
    let columns: Vec<(Arc<str>, SqlType)> = vec![("A".into(), SqlType::Int)];
    let format = Format::plain(FormatKind::JsonSr);
    let text = schema_text(&format, &columns).unwrap();
    assert_eq!(
        text,
        r#"{"type":"object","properties":{"A":{"connect.index":0,"oneOf":[{"type":"null"},{"type":"integer","connect.type":"int32"}]}}}"#
    );
    let registry = SchemaRegistry::new();
    let schema = registry.parse(SchemaKind::Json, &text, Vec::new()).unwrap();
    registry.register("t-value", schema).unwrap();
    let writer = registry.by_id(1).unwrap();
    let schemas = Some(SideSchemas { registry, writer });
    let serde = Serde { format: Format { schemas, ..format }, columns };
    let column = column_of(&SqlType::Int, [&Value::Int(5)]);
    let payloads = encoder(&serde).unwrap().encode(&[column], 1, &|_| false).unwrap();
    assert_eq!(payloads.get(0), Some(&b"\0\0\0\0\x01{\"A\":5}"[..]));
    let mut decoder = decoder(&serde, &[0]).unwrap();
    let decoded = decoder.decode(&[payloads.get(0), Some(b"{}"), None, Some(b"\0\0\0\0\x02{}")]);
    assert_eq!(value_at(&decoded.columns[0], 0), Value::Int(5));
    let failures: Vec<_> = decoded.failures.iter().map(|f| (f.row, f.reason.as_str())).collect();
    assert_eq!(
        failures,
        [
            (1, "the payload is too short for the id of its schema"),
            (3, "Error retrieving JSON schema for id 2: Schema 2 not found")
        ]
    );
}
