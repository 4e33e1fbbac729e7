//! Records in Avro: what they decode to, and what they are refused for.

use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;

use crate::formats::{
    Decoded, FieldNames, Format, FormatKind, Inference, Serde, Side, SideSchemas, decoder, encoder,
    inferred_columns, schema_text,
};
use crate::registry::{RegisteredSchema, SchemaKind, SchemaRegistry};
use crate::types::{Decimal, SqlType, Value, column_of, value_at};

type Columns = Vec<(Arc<str>, SqlType)>;

fn columns(columns: &[(&str, SqlType)]) -> Columns {
    columns.iter().map(|(name, sql_type)| ((*name).into(), sql_type.clone())).collect()
}

/// Registers a schema and describes a side that is written with it.
fn serde(text: &str, columns: Columns, unwrapped: bool) -> Serde {
    let registry = SchemaRegistry::new();
    let schema = registry.parse(SchemaKind::Avro, text, Vec::new()).unwrap();
    let id = registry.register("t-value", schema).unwrap();
    let writer = registry.by_id(id).unwrap();
    let schemas = Some(SideSchemas { registry, writer });
    Serde { format: Format { unwrapped, schemas, ..Format::plain(FormatKind::Avro) }, columns }
}

fn decode(serde: &Serde, payload: &[u8]) -> Decoded {
    let all: Vec<usize> = (0..serde.columns.len()).collect();
    decoder(serde, &all).unwrap().decode(&[Some(payload)])
}

/// Checks what a payload, its frame left out, decodes to.
#[track_caller]
fn check(serde: &Serde, body: &[u8], want: Result<&[Value], &str>) {
    let payload = [&[0, 0, 0, 0, 1][..], body].concat();
    let decoded = decode(serde, &payload);
    match want {
        Ok(want) => {
            assert_eq!(decoded.failures, []);
            let got: Vec<Value> = decoded.columns.iter().map(|c| value_at(c, 0)).collect();
            assert_eq!(got, want);
        }
        Err(want) => assert_eq!(decoded.failures[0].reason, want),
    }
}

fn record(fields: &str) -> String {
    format!(r#"{{"type": "record", "name": "R", "fields": [{fields}]}}"#)
}

const TWO: &str = r#"{"name": "id", "type": "long"}, {"name": "Name", "type": ["null", "string"]}"#;

#[test]
fn fields_are_found_whatever_their_case() {
    let serde = serde(
        &record(TWO),
        columns(&[("NAME", SqlType::Varchar), ("ID", SqlType::Bigint), ("X", SqlType::Int)]),
        false,
    );
    let pen = [Value::from("pen"), Value::Bigint(-2), Value::Null];
    check(&serde, &[3, 2, 6, b'p', b'e', b'n'], Ok(&pen));
    check(&serde, &[3, 0], Ok(&[Value::Null, Value::Bigint(-2), Value::Null]));
    check(&serde, &[3, 4], Err("a union has no branch 2"));
    check(&serde, &[3, 2, 6, b'p'], Err("the record ends inside a value"));
    check(&serde, &[3, 0, 0], Err("1 bytes are left after the record"));
    check(&serde, &[3, 2, 2, 0xFF], Err("a string is not UTF-8"));
    check(&serde, &[0xFF; 10], Err("a number has no end"));
}

#[test]
fn frames_are_checked() {
    let serde = serde(&record(TWO), columns(&[("ID", SqlType::Bigint)]), false);
    let reason = |payload: &[u8]| decode(&serde, payload).failures[0].reason.clone();
    assert_eq!(reason(&[1, 0, 0, 0, 1, 3, 0]), "Unknown magic byte!");
    assert_eq!(
        reason(&[0, 0, 0, 0, 9, 3, 0]),
        "Error retrieving Avro schema for id 9: Schema 9 not found"
    );
}

#[test]
fn numbers_widen_and_become_text_but_do_not_narrow() {
    let field = |kind: &str| record(&format!(r#"{{"name": "A", "type": "{kind}"}}"#));
    let one = |kind: &str, sql_type| serde(&field(kind), columns(&[("A", sql_type)]), false);
    check(&one("int", SqlType::Bigint), &[14], Ok(&[Value::Bigint(7)]));
    check(&one("long", SqlType::Varchar), &[13], Ok(&[Value::from("-7")]));
    check(&one("boolean", SqlType::Varchar), &[1], Ok(&[Value::from("true")]));
    let float = 1.5f32.to_le_bytes();
    check(&one("float", SqlType::Double), &float, Ok(&[Value::Double(1.5)]));
    let wrong = "Cannot deserialize type long as type INTEGER";
    check(&one("long", SqlType::Int), &[14], Err(wrong));
}

#[test]
fn bare_values_are_one_column() {
    let list = SqlType::array(SqlType::Varchar);
    let serde =
        serde(r#"{"type": "array", "items": ["null", "int"]}"#, columns(&[("A", list)]), true);
    // Two blocks: one with its size, one without.
    let body = [1, 4, 2, 2, 2, 0, 0];
    let want = Value::Array(vec![Value::from("1"), Value::Null]);
    check(&serde, &body, Ok(&[want]));
    check(
        &serde,
        &[0xFE, 0xFF, 0xFF, 0xFF, 0x0F],
        Err("an array has more elements than the record has bytes"),
    );
}

#[test]
fn enums_unions_and_decimals_have_their_columns() {
    let text = record(
        r#"{"name": "E", "type": {"type": "enum", "name": "E", "symbols": ["X", "Y"]}},
           {"name": "U", "type": ["null", "int", "string"]},
           {"name": "D", "type": {"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2}},
           {"name": "T", "type": {"type": "long", "logicalType": "timestamp-millis"}},
           {"name": "F", "type": {"type": "fixed", "name": "F", "size": 2}},
           {"name": "M", "type": {"type": "map", "values": "double"}}"#,
    );
    let union = SqlType::structure([("INT", SqlType::Int), ("STRING", SqlType::Varchar)]);
    let want = columns(&[
        ("E", SqlType::Varchar),
        ("U", union),
        ("D", SqlType::Decimal { precision: 4, scale: 2 }),
        ("T", SqlType::Timestamp),
        ("F", SqlType::Bytes),
        ("M", SqlType::map(SqlType::Varchar, SqlType::Double)),
    ]);
    assert_eq!(inferred(&text, false, FieldNames::Upper).unwrap(), want);
    let serde = serde(&text, want, false);
    let body = [2, 4, 2, b'a', 4, 0x03, 0xE9, 20, 7, 8, 0];
    let decimal = Decimal { unscaled: 1001.into(), scale: 2 };
    check(
        &serde,
        &body,
        Ok(&[
            Value::from("Y"),
            Value::Struct(vec![Value::Null, Value::from("a")]),
            Value::Decimal(decimal),
            Value::Timestamp(10),
            Value::Bytes([7, 8].into()),
            Value::Map(Vec::new()),
        ]),
    );
}

fn inferred(text: &str, is_unwrapped: bool, names: FieldNames) -> Result<Columns, String> {
    let registry = SchemaRegistry::new();
    let schema = registry.parse(SchemaKind::Avro, text, Vec::new()).unwrap();
    let schema = RegisteredSchema { id: 1, schema };
    let inference = Inference {
        side: Side::Value,
        format: FormatKind::Avro,
        is_unwrapped,
        full_name: None,
        names,
    };
    inferred_columns(&schema, &inference).map_err(|error| error.to_string())
}

#[test]
fn columns_are_inferred() {
    let (id, name) = (SqlType::Bigint, SqlType::Varchar);
    let upper = columns(&[("ID", id.clone()), ("NAME", name.clone())]);
    assert_eq!(inferred(&record(TWO), false, FieldNames::Upper).unwrap(), upper);
    let as_they_are = columns(&[("id", id), ("Name", name)]);
    assert_eq!(inferred(&record(TWO), false, FieldNames::AsTheyAre).unwrap(), as_they_are);
    assert_eq!(
        inferred("\"int\"", true, FieldNames::Upper).unwrap(),
        columns(&[("ROWVAL", SqlType::Int)])
    );
    let error = inferred("\"int\"", false, FieldNames::Upper).unwrap_err();
    assert!(error.starts_with("Schema returned from schema registry is anonymous type."));
    let node = record(r#"{"name": "next", "type": ["null", "R"]}"#);
    let error = inferred(&node, false, FieldNames::Upper).unwrap_err();
    assert!(error.contains("hold themselves"), "{error}");
}

#[test]
fn types_that_are_used_again_and_again_are_counted() {
    let mut text = r#"{"type": "record", "name": "R0", "fields": []}"#.to_owned();
    for level in 1..20 {
        let last = level - 1;
        text = format!(
            r#"{{"type": "record", "name": "R{level}", "fields": [{{"name": "a", "type": {text}}}, {{"name": "b", "type": "R{last}"}}]}}"#
        );
    }
    let error = inferred(&text, false, FieldNames::Upper).unwrap_err();
    assert!(error.ends_with("it comes to more than 10000 types"), "{error}");
}

#[test]
fn what_holds_itself_is_skipped_up_to_a_depth() {
    let text = record(r#"{"name": "A", "type": "int"}, {"name": "next", "type": ["null", "R"]}"#);
    let serde = serde(&text, columns(&[("A", SqlType::Int)]), false);
    check(&serde, &[2, 2, 4, 0], Ok(&[Value::Int(1)]));
    let deep = [2u8, 2].repeat(2000);
    check(&serde, &deep, Err("values are nested more than 100 deep"));
}

/// Encodes one row.
fn encode(serde: &Serde, row: &[Value]) -> Result<Vec<u8>, String> {
    let column =
        |(value, (_, sql_type)): (&Value, &(Arc<str>, SqlType))| column_of(sql_type, [value]);
    let arrays: Vec<ArrayRef> = row.iter().zip(&serde.columns).map(column).collect();
    let mut encoder = encoder(serde).map_err(|error| error.to_string())?;
    let payloads = encoder.encode(&arrays, 1, &|_| false).map_err(|error| error.to_string())?;
    Ok(payloads.get(0).unwrap()[5..].to_vec())
}

#[test]
fn other_schemas_are_written_as_they_say() {
    let text = record(
        r#"{"name": "b", "type": "long"}, {"name": "c", "type": "int", "default": 100},
           {"name": "a", "type": ["null", "string"]}, {"name": "d", "type": ["null", "int"], "default": null}"#,
    );
    let serde = serde(&text, columns(&[("A", SqlType::Varchar), ("B", SqlType::Int)]), false);
    assert_eq!(
        encode(&serde, &[Value::from("x"), Value::Int(3)]),
        Ok(vec![6, 0xC8, 1, 2, 2, b'x', 0])
    );
    assert_eq!(encode(&serde, &[Value::Null, Value::Int(3)]), Ok(vec![6, 0xC8, 1, 0, 0]));
    assert_eq!(
        encode(&serde, &[Value::Null, Value::Null]),
        Err("row 0: field b: null used for required field".to_owned())
    );
}

#[test]
fn a_schema_that_does_not_fit_is_refused() {
    let text = record(r#"{"name": "A", "type": "string"}"#);
    let serde = serde(&text, columns(&[("A", SqlType::Int)]), false);
    assert_eq!(
        encode(&serde, &[Value::Int(1)]),
        Err("Schema 1 cannot be written: field A: the Avro type string holds no INTEGER".to_owned())
    );
}

#[test]
fn no_column_is_lost() {
    let text = record(r#"{"name": "A", "type": "int"}"#);
    let serde = serde(&text, columns(&[("A", SqlType::Int), ("B", SqlType::Int)]), false);
    assert_eq!(
        encode(&serde, &[Value::Int(1), Value::Int(2)]),
        Err("Schema 1 cannot be written: it has no field for `B`".to_owned())
    );
}

#[test]
fn schemas_are_those_of_connect() {
    let format = Format::plain(FormatKind::Avro);
    let columns = columns(&[
        ("A", SqlType::Int),
        ("D", SqlType::Decimal { precision: 4, scale: 2 }),
        ("M", SqlType::map(SqlType::Varchar, SqlType::Date)),
    ]);
    let text = schema_text(&format, &columns).unwrap();
    let want = r#"{"type":"record","name":"KsqlDataSourceSchema","namespace":"io.confluent.ksql.avro_schemas","fields":[{"name":"A","type":["null","int"],"default":null},{"name":"D","type":["null",{"type":"bytes","scale":2,"precision":4,"connect.version":1,"connect.parameters":{"scale":"2","connect.decimal.precision":"4"},"connect.name":"org.apache.kafka.connect.data.Decimal","logicalType":"decimal"}],"default":null},{"name":"M","type":["null",{"type":"array","items":{"type":"record","name":"KsqlDataSourceSchema_M","namespace":"io.confluent.ksql.avro_schemas","fields":[{"name":"key","type":["null","string"],"default":null},{"name":"value","type":["null",{"type":"int","connect.version":1,"connect.name":"org.apache.kafka.connect.data.Date","logicalType":"date"}],"default":null}],"connect.internal.type":"MapEntry"},"connect.name":"io.confluent.ksql.avro_schemas.KsqlDataSourceSchema_M","connect.internal.type":"MapEntry"}],"default":null}],"connect.name":"io.confluent.ksql.avro_schemas.KsqlDataSourceSchema"}"#;
    assert_eq!(text, want);
    let named = Format { full_name: Some("com.acme.Row".into()), ..format };
    let text = schema_text(&named, &columns[..1]).unwrap();
    assert!(text.contains(r#""name":"Row","namespace":"com.acme""#), "{text}");
}
