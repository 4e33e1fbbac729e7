//! Messages: what they decode to, and how columns become `.proto` files.

use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;
use expect_test::{Expect, expect};

use crate::formats::{
    FieldNames, Format, FormatKind, Inference, NullableRepresentation, Serde, Side, SideSchemas,
    decoder, encoder, inferred_columns, schema_text,
};
use crate::registry::{SchemaKind, SchemaRegistry};
use crate::types::{SqlType, Value, column_of, value_at};

type Columns = Vec<(Arc<str>, SqlType)>;

/// Registers a file and describes a side that is written with it, its columns inferred.
fn serde(text: &str, full_name: Option<&str>) -> Serde {
    let registry = SchemaRegistry::new();
    let schema = registry.parse(SchemaKind::Protobuf, text, Vec::new()).unwrap();
    registry.register("t-value", schema).unwrap();
    let writer = registry.by_id(1).unwrap();
    let inference = Inference {
        side: Side::Value,
        format: FormatKind::Protobuf,
        is_unwrapped: false,
        full_name,
        names: FieldNames::Upper,
    };
    let columns = inferred_columns(&writer, &inference).unwrap();
    let schemas = Some(SideSchemas { registry, writer });
    let full_name = full_name.map(Into::into);
    Serde { format: Format { schemas, full_name, ..Format::plain(FormatKind::Protobuf) }, columns }
}

fn decode(serde: &Serde, payload: &[u8]) -> Result<Vec<Value>, String> {
    let all: Vec<usize> = (0..serde.columns.len()).collect();
    let decoded = decoder(serde, &all).unwrap().decode(&[Some(payload)]);
    match decoded.failures.first() {
        Some(failure) => Err(failure.reason.clone()),
        None => Ok(decoded.columns.iter().map(|column| value_at(column, 0)).collect()),
    }
}

fn encode(serde: &Serde, row: &[Value]) -> Vec<u8> {
    let column =
        |(value, (_, sql_type)): (&Value, &(Arc<str>, SqlType))| column_of(sql_type, [value]);
    let arrays: Vec<ArrayRef> = row.iter().zip(&serde.columns).map(column).collect();
    let payloads = encoder(serde).unwrap().encode(&arrays, 1, &|_| false).unwrap();
    payloads.get(0).unwrap().to_vec()
}

const ALL: &str = r#"syntax = "proto3"; message M {
    int32 a = 1; optional string b = 2; repeated sint32 c = 3; map<string, bool> d = 4;
    Inner e = 5; google.protobuf.Int64Value f = 6; Suit g = 7; google.type.Date h = 8;
    oneof i { string j = 9; int32 k = 10; }
    message Inner { double x = 1; } enum Suit { SPADES = 0; HEARTS = 4; } }"#;

#[test]
fn what_is_not_there_is_null_or_a_default() {
    let serde = serde(ALL, None);
    let names: Vec<&str> = serde.columns.iter().map(|(name, _)| &**name).collect();
    assert_eq!(names, ["I_0", "A", "B", "C", "D", "E", "F", "G", "H"]);
    let want = [
        Value::Null,
        Value::Int(0),
        Value::Null,
        Value::Array(Vec::new()),
        Value::Map(Vec::new()),
        Value::Null,
        Value::Null,
        Value::from("SPADES"),
        Value::Null,
    ];
    assert_eq!(decode(&serde, &[0, 0, 0, 0, 1, 0]).unwrap(), want);
    assert_eq!(encode(&serde, &want), [0, 0, 0, 0, 1, 0]);
}

#[test]
fn fields_come_in_any_order_and_in_parts() {
    let serde = serde(ALL, None);
    let body = [
        0x2A, 0, // e {}
        0x18, 3, // c: -2, not packed
        0x38, 4, // g = HEARTS
        0x1A, 2, 2, 4, // c: 1, 2, packed
        0x08, 1, 0x08, 5, // a = 1, then 5
        0x12, 1, b'x', // b
        0x22, 5, 0x0A, 1, b'k', 0x10, 1, // d {k: true}
        0x22, 3, 0x0A, 1, b'k', // d {k: false}
        0x32, 0, // f {}
        0x42, 7, 0x08, 0xB2, 0x0F, 0x10, 1, 0x18, 2, // h = 1970-01-02
        0x50, 7, // k
        0x58, 9, // a field that is not known
        0x2A, 9, 9, 0, 0, 0, 0, 0, 0, 0xF8, 0x3F, // e {x: 1.5}
    ];
    let payload = [&[0, 0, 0, 0, 1, 0][..], &body].concat();
    let want = [
        Value::Struct(vec![Value::Null, Value::Int(7)]),
        Value::Int(5),
        Value::from("x"),
        Value::Array(vec![Value::Int(-2), Value::Int(1), Value::Int(2)]),
        Value::Map(vec![(Value::from("k"), Value::Boolean(false))]),
        Value::Struct(vec![Value::Double(1.5)]),
        Value::Bigint(0),
        Value::from("HEARTS"),
        Value::Date(1),
    ];
    assert_eq!(decode(&serde, &payload).unwrap(), want);
    assert_eq!(decode(&serde, &encode(&serde, &want)).unwrap(), want);
}

#[test]
fn damage_is_refused() {
    let serde = serde(ALL, None);
    let check = |body: &[u8], want: &str| {
        let payload = [&[0, 0, 0, 0, 1][..], body].concat();
        assert_eq!(decode(&serde, &payload).unwrap_err(), want);
    };
    check(&[], "the message ends inside a value");
    check(&[0, 0x08], "the message ends inside a value");
    check(&[0, 0x12, 9, 1], "the message ends inside a value");
    check(&[0, 0x0D, 0, 0, 0, 0], "a field is not written as its type is");
    check(&[0, 0x0E], "no type of value is 6");
    check(&[0, 0x12, 1, 0xFF], "a string is not UTF-8");
    check(&[2, 8], "Schema 1 has no message at [4]");
    check(&[0xFE, 0x7F], "no place of a message");
    let groups = [&[0u8][..], &[0x63; 300]].concat();
    check(&groups, "groups are nested more than 100 deep");
}

#[test]
fn a_message_is_chosen_by_its_name() {
    let two = r#"syntax = "proto3"; message One { int32 a = 1; } message Two { string k = 1; }"#;
    let serde = serde(two, Some("Two"));
    assert_eq!(encode(&serde, &[Value::from("x")]), b"\0\0\0\0\x01\x02\x02\x0A\x01x");
    assert_eq!(decode(&serde, b"\0\0\0\0\x01\x02\x02\x0A\x01x").unwrap(), [Value::from("x")]);
}

#[track_caller]
fn check_text(format: &Format, columns: &[(&str, SqlType)], want: Expect) {
    let columns: Columns =
        columns.iter().map(|(name, sql_type)| ((*name).into(), sql_type.clone())).collect();
    want.assert_eq(&schema_text(format, &columns).unwrap_or_else(|error| error.to_string()));
}

#[test]
fn files_are_those_of_connect() {
    let format = Format::plain(FormatKind::Protobuf);
    let inner = SqlType::structure([("F", SqlType::array(SqlType::Time))]);
    check_text(
        &format,
        &[
            ("A", SqlType::Int),
            ("S", inner),
            ("M", SqlType::map(SqlType::Varchar, SqlType::Double)),
            ("D", SqlType::Decimal { precision: 4, scale: 2 }),
        ],
        expect![[r#"
            syntax = "proto3";

            import "confluent/meta.proto";
            import "confluent/type/decimal.proto";
            import "google/type/timeofday.proto";

            message ConnectDefault1 {
              int32 A = 1;
              ConnectDefault2 S = 2;
              map<string, double> M = 3;
              confluent.type.Decimal D = 4 [(confluent.field_meta) = {
                params: [
                  {
                    key: "precision",
                    value: "4"
                  },
                  {
                    key: "scale",
                    value: "2"
                  }
                ]
              }];

              message ConnectDefault2 {
                repeated google.type.TimeOfDay F = 1;
              }
            }
        "#]],
    );
    let named = Format {
        full_name: Some("com.acme.Row".into()),
        nullable: NullableRepresentation::Wrapper,
        ..format.clone()
    };
    check_text(
        &named,
        &[("A", SqlType::Bigint)],
        expect![[r#"
            syntax = "proto3";
            package com.acme;

            import "google/protobuf/wrappers.proto";

            message Row {
              google.protobuf.Int64Value A = 1;
            }
        "#]],
    );
    let nested = SqlType::array(SqlType::array(SqlType::Int));
    check_text(
        &format,
        &[("A", nested)],
        expect!["The 'PROTOBUF' format does not support type 'ARRAY' inside type 'ARRAY'"],
    );
    let map = SqlType::map(SqlType::Int, SqlType::Int);
    check_text(
        &format,
        &[("A", map)],
        expect!["PROTOBUF format only supports MAP types with STRING keys"],
    );
}
