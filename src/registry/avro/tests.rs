//! What Avro schemas say, and which follow which.

use super::*;

#[track_caller]
fn parse(text: &str) -> AvroSchema {
    AvroSchema::parse(text, &[]).unwrap()
}

#[track_caller]
fn refuses(text: &str, want: &str) {
    let error = AvroSchema::parse(text, &[]).unwrap_err();
    assert!(error.contains(want), "{error}");
}

#[test]
fn a_record_can_hold_itself() {
    let schema = parse(
        r#"{"type": "record", "name": "a.Node", "fields": [
            {"name": "value", "type": "int"}, {"name": "next", "type": ["null", "Node"]}]}"#,
    );
    let AvroKind::Record(record) = &schema.node(schema.root()).kind else { panic!("a record") };
    assert_eq!(record.name, "a.Node");
    assert_eq!(schema.without_null(record.fields[1].node), schema.root());
}

#[test]
fn names_and_references_are_checked() {
    refuses(r#"{"type": "record", "name": "1a", "fields": []}"#, "Illegal initial character: 1a");
    refuses(r#"{"type": "array", "items": "Other"}"#, "unknown type Other");
    refuses(r#"["null", "#, "EOF");
    let other = r#"{"type": "fixed", "name": "Other", "size": 2}"#;
    AvroSchema::parse(r#"{"type": "array", "items": "Other"}"#, &[other]).unwrap();
}

#[test]
fn nesting_is_bounded() {
    let deep = format!("{}\"int\"{}", r#"{"type":"array","items":"#.repeat(70), "}".repeat(70));
    refuses(&deep, "nested more than 64 deep");
}

#[track_caller]
fn check(new: &str, old: &str, want: &str) {
    let got = parse(new).check_reads(&parse(old));
    assert_eq!(got.err().unwrap_or_else(|| "ok".to_owned()), want);
}

fn record(fields: &str) -> String {
    format!(r#"{{"type": "record", "name": "R", "fields": [{fields}]}}"#)
}

#[test]
fn a_new_schema_reads_what_the_old_one_wrote() {
    check("\"long\"", "\"int\"", "ok");
    check("\"int\"", "\"long\"", "int was long");
    check(r#"["null", "int"]"#, "\"int\"", "ok");
    check("\"int\"", r#"["null", "int"]"#, "int was null");
    let (a, b) = (r#"{"name": "A", "type": "int"}"#, r#"{"name": "B", "type": "int"}"#);
    let optional = r#"{"name": "B", "type": ["null", "int"], "default": null}"#;
    check(&record(a), &record(&format!("{a}, {b}")), "ok");
    check(&record(&format!("{a}, {optional}")), &record(a), "ok");
    check(&record(&format!("{a}, {b}")), &record(a), "the new field 'B' of R has no default value");
}

#[test]
fn schemas_that_hold_themselves_compare() {
    let node = record(r#"{"name": "next", "type": ["null", "R"]}"#);
    check(&node, &node, "ok");
}
