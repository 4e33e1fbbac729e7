//! Documents in and out, by example and against JSONTestSuite.

use std::path::Path;

use super::is_document;
use crate::formats::texts;
use crate::formats::{Decoded, Format, FormatKind, Serde, decoder, encoder};
use crate::types::{SqlType, Value, column_of, value_at};

fn serde(columns: &[(&str, SqlType)], unwrapped: bool) -> Serde {
    let format = Format { unwrapped, ..Format::plain(FormatKind::Json) };
    let columns = columns.iter().map(|(name, sql_type)| ((*name).into(), sql_type.clone()));
    Serde { format, columns: columns.collect() }
}

fn decode(columns: &[(&str, SqlType)], unwrapped: bool, payloads: &[&str]) -> Decoded {
    let payloads: Vec<_> = payloads.iter().map(|payload| payload.as_bytes()).collect();
    decode_bytes(columns, unwrapped, &payloads)
}

fn decode_bytes(columns: &[(&str, SqlType)], unwrapped: bool, payloads: &[&[u8]]) -> Decoded {
    let wanted: Vec<usize> = (0..columns.len()).collect();
    let payloads: Vec<_> = payloads.iter().map(|payload| Some(*payload)).collect();
    decoder(&serde(columns, unwrapped), &wanted).unwrap().decode(&payloads)
}

fn row(decoded: &Decoded, row: usize) -> Vec<Value> {
    decoded.columns.iter().map(|column| value_at(column, row)).collect()
}

/// Decodes a document into one column `V`, twice in a batch, so that the second time its keys are known.
#[track_caller]
fn check(sql_type: &SqlType, json: &str, want: Result<Value, &str>) {
    let document = format!("{{\"V\": {json}}}");
    let decoded = decode(&[("V", sql_type.clone())], false, &[&document, &document]);
    let reasons: Vec<_> = decoded.failures.iter().map(|failure| failure.reason.as_str()).collect();
    match want {
        Ok(want) => {
            assert_eq!(reasons, [""; 0], "{json}");
            assert_eq!(row(&decoded, 0), std::slice::from_ref(&want), "{json}");
            assert_eq!(row(&decoded, 1), [want], "{json}, again");
        }
        Err(want) => {
            assert_eq!(reasons, [want, want], "{json}");
            assert_eq!(row(&decoded, 1), [Value::Null], "{json}");
        }
    }
}

fn wrong(source: &str, required: &str) -> String {
    format!("Can't convert type. sourceType: {source}, requiredType: {required}, path: $.V")
}

#[test]
fn booleans_are_from_booleans() {
    check(&SqlType::Boolean, "true", Ok(Value::Boolean(true)));
    check(&SqlType::Boolean, "null", Ok(Value::Null));
    check(&SqlType::Boolean, "\"true\"", Err(&wrong("TextNode", "BOOLEAN")));
    check(&SqlType::Boolean, "1", Err(&wrong("IntNode", "BOOLEAN")));
}

#[test]
fn whole_numbers_are_from_numbers_and_text() {
    let int = &SqlType::Int;
    check(int, "-12", Ok(Value::Int(-12)));
    check(int, "\"+12\"", Ok(Value::Int(12)));
    check(int, "1.0", Ok(Value::Int(1)));
    check(int, "1.9", Ok(Value::Int(1)));
    check(int, "1e3", Ok(Value::Int(1000)));
    check(int, "2147483648", Err("Numeric value out of range. targetType: INTEGER, path: $.V"));
    check(int, "\"1.0\"", Err("Can't coerce string to type. targetType: INTEGER, path: $.V"));
    check(int, "\"\"", Err("Can't coerce string to type. targetType: INTEGER, path: $.V"));
    check(int, "true", Err(&wrong("BooleanNode", "INTEGER")));
    check(int, "[1]", Err(&wrong("ArrayNode", "INTEGER")));
    let bigint = &SqlType::Bigint;
    check(bigint, "9223372036854775807", Ok(Value::Bigint(i64::MAX)));
    check(bigint, "-9223372036854775808", Ok(Value::Bigint(i64::MIN)));
    check(bigint, "\"-9223372036854775808\"", Ok(Value::Bigint(i64::MIN)));
    check(bigint, "9007199254740993.0", Ok(Value::Bigint(9_007_199_254_740_993)));
    check(
        bigint,
        "9223372036854775808",
        Err("Numeric value out of range. targetType: BIGINT, path: $.V"),
    );
    check(bigint, "{}", Err(&wrong("ObjectNode", "BIGINT")));
}

#[test]
fn doubles_are_from_numbers_and_text() {
    let double = &SqlType::Double;
    check(double, "1", Ok(Value::Double(1.0)));
    check(double, "-73.985", Ok(Value::Double(-73.985)));
    check(double, "1.7976931348623157E308", Ok(Value::Double(f64::MAX)));
    check(double, "1e400", Ok(Value::Double(f64::INFINITY)));
    check(double, "\"-Infinity\"", Ok(Value::Double(f64::NEG_INFINITY)));
    check(double, "\" 1.5 \"", Ok(Value::Double(1.5)));
    check(double, "\"x\"", Err("Can't coerce string to type. targetType: DOUBLE, path: $.V"));
    check(double, "false", Err(&wrong("BooleanNode", "DOUBLE")));
}

#[test]
fn decimals_fit_without_rounding() {
    let decimal = |precision, scale| SqlType::Decimal { precision, scale };
    let value = |unscaled: i128, scale| {
        let unscaled = datafusion::arrow::datatypes::i256::from_i128(unscaled);
        Ok(Value::Decimal(crate::types::Decimal { unscaled, scale }))
    };
    check(&decimal(6, 4), "10.0", value(100_000, 4));
    check(&decimal(4, 2), "\"-1.5\"", value(-150, 2));
    check(&decimal(21, 19), "10.1234512345123451234", value(101_234_512_345_123_451_234, 19));
    check(&decimal(40, 2), "1e3", value(100_000, 2));
    check(
        &decimal(4, 2),
        "1.234",
        Err("Cannot fit decimal '1.234' into DECIMAL(4, 2) without rounding., path: $.V"),
    );
    check(
        &decimal(4, 2),
        "100",
        Err(
            "Numeric field overflow: A field with precision 4 and scale 2 must round to an absolute value \
             less than 10^2. Got 100, path: $.V",
        ),
    );
    check(&decimal(4, 2), "true", Err(&wrong("BooleanNode", "DECIMAL(4, 2)")));
}

#[test]
fn anything_is_text() {
    let text = &SqlType::Varchar;
    check(text, "\"a\\u00e4\\n\"", Ok("aä\n".into()));
    check(
        text,
        "\"a long text that takes more than one block of ünicode\"",
        Ok("a long text that takes more than one block of ünicode".into()),
    );
    check(text, "12", Ok("12".into()));
    check(text, "1.50", Ok("1.50".into()));
    check(text, "false", Ok("false".into()));
    check(text, "{\"a\": [1, null]}", Ok("{\"a\":[1,null]}".into()));
    check(text, "[\"a\", null, {\"b\": \"c\"}]", Ok("[a, null, {\"b\":\"c\"}]".into()));
}

#[test]
fn bytes_and_times_are_what_they_stand_for() {
    check(&SqlType::Bytes, "\"ew==\"", Ok(Value::Bytes(b"{"[..].into())));
    check(&SqlType::Bytes, "\"?\"", Err("Value is not a valid Base64 encoded string, path: $.V"));
    check(&SqlType::Bytes, "1", Err(&wrong("IntNode", "BYTES")));
    check(&SqlType::Date, "-10", Ok(Value::Date(-10)));
    check(&SqlType::Date, "\"10\"", Ok(Value::Date(10)));
    check(&SqlType::Time, "86399999", Ok(Value::Time(86_399_999)));
    check(
        &SqlType::Time,
        "-1",
        Err(
            "Time values must use number of milliseconds greater than 0 and less than 86400000., path: $.V",
        ),
    );
    check(&SqlType::Timestamp, "1442019547000", Ok(Value::Timestamp(1_442_019_547_000)));
}

#[test]
fn nested_types_are_from_arrays_and_objects() {
    let array = SqlType::array(SqlType::Int);
    check(
        &array,
        "[1, null, 3]",
        Ok(Value::Array(vec![Value::Int(1), Value::Null, Value::Int(3)])),
    );
    check(&array, "[ ]", Ok(Value::Array(vec![])));
    check(&array, "1", Err(&wrong("IntNode", "ARRAY<INTEGER>")));
    check(
        &array,
        "[1, \"x\"]",
        Err("Can't coerce string to type. targetType: INTEGER, path: $.V[1]"),
    );

    let map = SqlType::map(SqlType::Varchar, SqlType::Int);
    let entry = |key: &str, value| (Value::from(key), value);
    let want = Value::Map(vec![entry("a", Value::Int(3)), entry("b", Value::Null)]);
    check(&map, "{\"a\": 1, \"b\": null, \"a\": 3}", Ok(want));
    check(
        &map,
        "{\"a\": true}",
        Err(
            "Can't convert type. sourceType: BooleanNode, requiredType: INTEGER, path: $.V.a.value",
        ),
    );

    let fields = SqlType::structure([("F0", SqlType::Int), ("f1", array.clone())]);
    let want = Value::Struct(vec![Value::Int(1), Value::Null]);
    check(&fields, "{\"f0\": 1, \"F1\": [1], \"other\": {\"x\": [{}, \"\\\"\"]}}", Ok(want));
    check(
        &fields,
        "{\"f1\": [null, {}]}",
        Err("Can't convert type. sourceType: ObjectNode, requiredType: INTEGER, path: $.V.f1[1]"),
    );
    check(
        &SqlType::array(fields),
        "[{}, null]",
        Ok(Value::Array(vec![Value::Struct(vec![Value::Null, Value::Null]), Value::Null])),
    );
}

#[test]
fn keys_match_by_name_and_the_last_counts() {
    let columns = [("A", SqlType::Int), ("b", SqlType::Int)];
    let documents = [
        r#"{"A":1,"b":2}"#,
        r#"{"b":2,"a":1}"#,
        r#"{ "a" : 1 , "B" : 2 }"#,
        r#"{"A":1,"a":5,"b":7,"b":2}"#,
        r#"{"a":"x","a":3}"#,
        r#"{"\u0041":1}"#,
        r#"{}"#,
        r#"null"#,
        "\u{FEFF}{\"A\":1}\r\n",
        r#"{"A":1,"x":{"A":2},"b":2}"#,
    ];
    let decoded = decode(&columns, false, &documents);
    assert_eq!(decoded.failures, []);
    let int = |value| Value::Int(value);
    let want = [
        [int(1), int(2)],
        [int(1), int(2)],
        [int(1), Value::Null],
        [int(1), int(2)],
        [int(3), Value::Null],
        [int(1), Value::Null],
        [Value::Null, Value::Null],
        [Value::Null, Value::Null],
        [int(1), Value::Null],
        [int(1), int(2)],
    ];
    for (place, want) in want.iter().enumerate() {
        assert_eq!(row(&decoded, place), want, "{}", documents[place]);
    }
}

#[test]
fn a_failed_row_leaves_the_others() {
    let columns = [("A", SqlType::array(SqlType::Varchar)), ("B", SqlType::Int)];
    let documents = [
        r#"{"A":["x"],"B":1}"#,
        r#"{"A":["y","z"],"B":"no"}"#,
        r#"{"A":["y","z"#,
        r#"{"B":2,"A":[]}"#,
        r#"[]"#,
        r#"{"A":["w"],"B":3} x"#,
        r#""#,
        r#"{"A":["v"],"B":4}"#,
    ];
    let decoded = decode(&columns, false, &documents);
    let failures: Vec<_> = decoded.failures.iter().map(|f| (f.row, f.reason.as_str())).collect();
    let want = [
        (1, "Can't coerce string to type. targetType: INTEGER, path: $.B"),
        (2, "malformed JSON at byte 12: a quote must end the text, but the text ends"),
        (4, "Can't convert type. sourceType: ArrayNode, requiredType: STRUCT, path: $"),
        (5, "malformed JSON at byte 18: nothing can follow the value"),
        (6, "malformed JSON at byte 0: a value is expected, but the text ends"),
    ];
    assert_eq!(failures, want);
    let array = |text: &str| Value::Array(vec![text.into()]);
    assert_eq!(row(&decoded, 0), [array("x"), Value::Int(1)]);
    assert_eq!(row(&decoded, 1), [Value::Null, Value::Null]);
    assert_eq!(row(&decoded, 3), [Value::Array(vec![]), Value::Int(2)]);
    assert_eq!(row(&decoded, 7), [array("v"), Value::Int(4)]);
}

#[test]
fn only_wanted_columns_are_decoded() {
    let serde = serde(&[("A", SqlType::Int), ("B", SqlType::Int), ("C", SqlType::Int)], false);
    let mut decoder = decoder(&serde, &[2, 0, 2]).unwrap();
    let decoded = decoder.decode(&[Some(br#"{"A":1,"B":"no","C":3}"#), None]);
    assert_eq!(decoded.failures, []);
    assert_eq!(row(&decoded, 0), [Value::Int(3), Value::Int(1), Value::Int(3)]);
    assert_eq!(row(&decoded, 1), [Value::Null, Value::Null, Value::Null]);
}

#[test]
fn bare_values_are_one_column() {
    let bare = decode(&[("V", SqlType::Int)], true, &["1", "null", " \"2\" ", "{}", "1 2"]);
    let values: Vec<_> = (0..5).flat_map(|place| row(&bare, place)).collect();
    assert_eq!(values, [Value::Int(1), Value::Null, Value::Int(2), Value::Null, Value::Null]);
    assert_eq!(
        bare.failures[0].reason,
        "Can't convert type. sourceType: ObjectNode, requiredType: INTEGER, path: $"
    );
    assert_eq!(bare.failures[1].row, 4);
}

#[test]
fn a_long_row_makes_no_room_for_many_short_ones() {
    let columns = [("V", SqlType::Varchar)];
    let (long, short) = ("x".repeat(16 << 20), "y".to_owned());
    let serde = serde(&columns, false);
    let mut encode = encoder(&serde).unwrap();
    let mut decode = decoder(&serde, &[0]).unwrap();
    for texts in [vec![long], vec![short; 100_000]] {
        let values: Vec<Value> = texts.iter().map(|text| Value::from(text.as_str())).collect();
        let column = column_of(&SqlType::Varchar, &values);
        let encoded = encode.encode(&[column], values.len(), &|_| false).unwrap();
        let fits = |room: usize| room <= 2 * encoded.bytes.len() + (4 << 20);
        assert!(fits(encoded.bytes.capacity()));
        let decoded = decode.decode(&encoded.iter().collect::<Vec<_>>());
        assert_eq!(row(&decoded, values.len() - 1), values[values.len() - 1..]);
        assert!(fits(decoded.columns[0].get_buffer_memory_size()));
    }
}

#[test]
fn nesting_has_a_limit() {
    let deep = |depth: usize| format!("{{\"x\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    let columns = [("A", SqlType::Varchar)];
    assert_eq!(decode(&columns, false, &[&deep(499)]).failures, []);
    let failures = decode(&columns, false, &[&deep(500)]).failures;
    assert_eq!(
        failures[0].reason,
        "malformed JSON at byte 504: arrays and objects nest deeper than 500 levels"
    );
    let text = decode(&[("X", SqlType::Varchar)], false, &[&deep(499), &deep(100_000)]);
    assert_eq!(text.failures.len(), 1);
}

#[track_caller]
fn check_encoded(columns: &[(&str, SqlType, Value)], unwrapped: bool, want: Option<&str>) {
    let types: Vec<_> =
        columns.iter().map(|(name, sql_type, _)| (*name, sql_type.clone())).collect();
    let arrays: Vec<_> =
        columns.iter().map(|(_, sql_type, value)| column_of(sql_type, [value])).collect();
    let payloads =
        encoder(&serde(&types, unwrapped)).unwrap().encode(&arrays, 1, &|_| false).unwrap();
    assert_eq!(payloads.get(0).map(String::from_utf8_lossy).as_deref(), want);
}

#[test]
fn rows_are_written_as_ksqldb_does() {
    let decimal = |unscaled: i128, scale| {
        let unscaled = datafusion::arrow::datatypes::i256::from_i128(unscaled);
        Value::Decimal(crate::types::Decimal { unscaled, scale })
    };
    let nested = SqlType::structure([("x", SqlType::Boolean), ("Y", SqlType::array(SqlType::Int))]);
    check_encoded(
        &[
            ("A", SqlType::Int, Value::Int(-1)),
            ("b\"", SqlType::Double, Value::Double(1e10)),
            ("C", SqlType::Double, Value::Double(f64::NAN)),
            ("D", SqlType::Decimal { precision: 9, scale: 7 }, decimal(0, 7)),
            ("E", SqlType::Varchar, "a\"\\\u{1}\n\u{1F}ä/".into()),
            ("F", SqlType::Bytes, Value::Bytes(b"{"[..].into())),
            ("G", SqlType::Varchar, Value::Null),
            ("H", SqlType::Timestamp, Value::Timestamp(1_442_019_547_000)),
            (
                "I",
                nested,
                Value::Struct(vec![Value::Null, Value::Array(vec![Value::Int(1), Value::Null])]),
            ),
            (
                "J",
                SqlType::map(SqlType::Varchar, SqlType::Date),
                Value::Map(vec![("k\t".into(), Value::Date(-3)), ("l".into(), Value::Null)]),
            ),
        ],
        false,
        Some(
            "{\"A\":-1,\"b\\\"\":1.0E10,\"C\":\"NaN\",\"D\":0.0000000,\"E\":\"a\\\"\\\\\\u0001\\n\\u001Fä/\",\"F\":\"ew==\",\
             \"G\":null,\"H\":1442019547000,\"I\":{\"x\":null,\"Y\":[1,null]},\"J\":{\"k\\t\":-3,\"l\":null}}",
        ),
    );
    check_encoded(&[], false, Some("{}"));
    check_encoded(&[("V", SqlType::Int, Value::Int(1))], true, Some("1"));
    check_encoded(&[("V", SqlType::Int, Value::Null)], true, None);
    check_encoded(&[("V", SqlType::Int, Value::Null)], false, Some("{\"V\":null}"));
}

/// The manifest of JSONTestSuite: a line per document, with what is expected of it. None where the folder is not there.
fn json_test_suite() -> Option<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/json");
    let bytes = std::fs::read(folder.join("JSONTestSuite_manifest.jsonl.zst")).ok()?;
    String::from_utf8(zstd::decode_all(bytes.as_slice()).unwrap()).ok()
}

#[test]
fn json_test_suite_is_taken_and_refused() {
    let Some(manifest) = json_test_suite() else { return };
    for line in manifest.lines() {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        let (name, expected) = (case["name"].as_str().unwrap(), case["expect"].as_str().unwrap());
        let mut bytes = Vec::new();
        assert!(texts::decode_base64(case["base64"].as_str().unwrap().as_bytes(), &mut bytes));
        // Text that is not UTF-8 is refused where it is taken, so take all of it.
        let decoded = decode_bytes(&[("V", SqlType::Varchar)], true, &[&bytes]);
        match expected {
            "accept" => assert!(decoded.failures.is_empty() && is_document(&bytes), "{name}"),
            "reject" => assert!(!decoded.failures.is_empty(), "{name}"),
            _either => {}
        }
    }
}
