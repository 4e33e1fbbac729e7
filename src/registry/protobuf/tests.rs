//! What `.proto` files say.

use super::*;

#[track_caller]
fn refuses(text: &str, want: &str) {
    let error = ProtoSchema::parse(text, &[]).unwrap_err();
    assert!(error.contains(want), "{error}");
}

#[test]
fn messages_nest_and_name_each_other() {
    let text = r#"
        syntax = "proto3"; // a comment
        package com.acme;
        import "google/protobuf/timestamp.proto";
        option java_package = "com.acme";
        message Order {
          message Line { string item = 1; Order order = 2; }
          enum State { OPEN = 0; CLOSED = 5 [deprecated = true]; reserved 2; }
          reserved 9, 10 to 12;
          repeated Line lines = 1;
          State state = 2;
          map<string, .com.acme.Order.Line> by_name = 3;
          google.protobuf.Timestamp at = 4;
          optional int32 count = 5;
          oneof payment { string card = 6; bool cash = 7; }
          confluent.type.Decimal price = 8 [(confluent.field_meta) = {
            params: [{ value: "4", key: "precision" }, { key: "scale", value: "2" }] }];
        }
        message Other {}
        service Orders { rpc get(Order) returns (Order) { option x = 1; } }
    "#;
    let schema = ProtoSchema::parse(text, &[]).unwrap();
    let order = schema.message(schema.find(None).unwrap());
    assert_eq!(order.name, "com.acme.Order");
    let line = schema.at_path(&[0, 0]).unwrap();
    assert_eq!(schema.message(line).name, "com.acme.Order.Line");
    let field = |name: &str| order.fields.iter().find(|field| field.name == name).unwrap();
    assert_eq!(field("lines").kind, FieldKind::Message(line));
    assert_eq!(
        field("by_name").kind,
        FieldKind::Map(Scalar::String, FieldKind::Message(line).into())
    );
    assert_eq!(field("at").kind, FieldKind::Known(Known::Timestamp));
    assert_eq!((field("count").label, field("state").label), (Label::Optional, Label::Implicit));
    assert_eq!(field("cash").oneof.as_deref(), Some("payment"));
    assert_eq!(field("price").digits, Some((4, 2)));
    let other = schema.find(Some("Other")).unwrap();
    assert_eq!(schema.message(other).path, [1]);
}

#[test]
fn entries_of_maps_are_maps() {
    let text = r#"syntax = "proto3"; message M { repeated FEntry f = 1;
        message FEntry { option map_entry = true; string key = 1; double value = 2; } }"#;
    let schema = ProtoSchema::parse(text, &[]).unwrap();
    let field = &schema.message(schema.find(None).unwrap()).fields[0];
    let value = FieldKind::Scalar(Scalar::Double);
    assert_eq!(field.kind, FieldKind::Map(Scalar::String, value.into()));
}

#[test]
fn imported_messages_are_found() {
    let text = r#"syntax = "proto3"; import "event.proto"; message Log { Event event = 1; }"#;
    refuses(text, "unknown type Event");
    let event = r#"syntax = "proto3"; message Event { int64 at = 1; }"#;
    let schema = ProtoSchema::parse(text, &[("event.proto", event)]).unwrap();
    assert_eq!(schema.message(schema.find(None).unwrap()).name, "Log");
}

#[test]
fn what_is_no_file_is_refused() {
    refuses("message", "expected a name");
    refuses("message M { int32 a = 0; }", "field a has no number");
    refuses("message M { int32 a = 1; int32 b = 1; }", "two fields 1");
    refuses("syntax = \"proto3\";", "no message");
    refuses("/* message", "a comment has no end");
    refuses(&"message M {".repeat(40), "nested more than 32 deep");
}
