//! Lines in and out, by example.

use crate::formats::{DecodeFailure, Format, FormatKind, Serde, decoder, encoder};
use crate::types::{SqlType, Value, column_of, value_at};

fn serde(types: &[SqlType]) -> Serde {
    let format = Format::plain(FormatKind::Delimited);
    let column =
        |(place, sql_type): (usize, &SqlType)| (format!("C{place}").into(), sql_type.clone());
    Serde { format, columns: types.iter().enumerate().map(column).collect() }
}

#[track_caller]
fn check(types: &[SqlType], payload: &str, want: Result<&[Value], &str>) {
    let wanted: Vec<usize> = (0..types.len()).collect();
    let decoded = decoder(&serde(types), &wanted).unwrap().decode(&[Some(payload.as_bytes())]);
    let got: Vec<Value> = decoded.columns.iter().map(|column| value_at(column, 0)).collect();
    match want {
        Ok(want) => {
            assert_eq!(decoded.failures, []);
            assert_eq!(got, want);
        }
        Err(reason) => {
            assert!(got.iter().all(Value::is_null));
            assert_eq!(decoded.failures, [DecodeFailure { row: 0, reason: reason.to_owned() }]);
        }
    }
}

const TEXT: SqlType = SqlType::Varchar;

#[test]
fn fields_are_split_and_unquoted() {
    let two = [TEXT, TEXT];
    check(&two, "a,b", Ok(&["a".into(), "b".into()]));
    check(&two, "\"foo\",\"bar\"", Ok(&["foo".into(), "bar".into()]));
    check(&two, "\"a,\"\"b\"\"\" ,\"x\ny\"", Ok(&["a,\"b\"".into(), "x\ny".into()]));
    check(&two, "\r\n\na b , c\"d\r\nrest", Ok(&["a b ".into(), " c\"d".into()]));
    check(&two, ",", Ok(&[Value::Null, Value::Null]));
    check(&two, "\"\",b\n", Ok(&[Value::Null, "b".into()]));
    check(&[TEXT], " ", Ok(&[" ".into()]));
}

#[test]
fn lines_that_are_none_fail() {
    let two = [TEXT, TEXT];
    check(&two, "", Err("No fields in record"));
    check(&two, "\n\r\n", Err("No fields in record"));
    check(&two, "a", Err("Unexpected field count, csvFields:1 schemaFields:2"));
    check(&two, "a,b,", Err("Unexpected field count, csvFields:3 schemaFields:2"));
    check(&two, "a,\"b", Err("(startline 1) EOF reached before encapsulated token finished"));
    check(&two, "a,\"b\"c", Err("(line 1) invalid char between encapsulated token and delimiter"));
    check(&two, "a,b\n\"", Err("(startline 2) EOF reached before encapsulated token finished"));
}

#[test]
fn fields_are_of_their_types() {
    check(&[SqlType::Boolean], "TRUE", Ok(&[Value::Boolean(true)]));
    check(&[SqlType::Boolean], "yes", Ok(&[Value::Boolean(false)]));
    check(&[SqlType::Int], "\"-10\"", Ok(&[Value::Int(-10)]));
    check(&[SqlType::Int], "10.0", Err("'10.0' is no INTEGER, column: `C0`"));
    check(&[SqlType::Int], "2147483648", Err("'2147483648' is no INTEGER, column: `C0`"));
    check(&[SqlType::Bigint], "+998877665544332211", Ok(&[Value::Bigint(998_877_665_544_332_211)]));
    check(&[SqlType::Double], " 1.5e1 ", Ok(&[Value::Double(15.0)]));
    check(&[SqlType::Date], "-1", Ok(&[Value::Date(-1)]));
    check(&[SqlType::Time], "10", Ok(&[Value::Time(10)]));
    check(
        &[SqlType::Time],
        "86400000",
        Err(
            "Time values must use number of milliseconds greater than 0 and less than 86400000. column: `C0`",
        ),
    );
    check(&[SqlType::Timestamp], "10", Ok(&[Value::Timestamp(10)]));
    check(&[SqlType::Bytes], "dmFyaWF0aW9ucw==", Ok(&[Value::Bytes(b"variations"[..].into())]));
    check(&[SqlType::Bytes], "?", Err("'?' is no BYTES, column: `C0`"));
}

#[track_caller]
fn check_encoded(values: &[(SqlType, Value)], want: &str) {
    let types: Vec<SqlType> = values.iter().map(|(sql_type, _)| sql_type.clone()).collect();
    let columns: Vec<_> =
        values.iter().map(|(sql_type, value)| column_of(sql_type, [value])).collect();
    let payloads = encoder(&serde(&types)).unwrap().encode(&columns, 1, &|_| false).unwrap();
    assert_eq!(payloads.get(0).map(String::from_utf8_lossy).as_deref(), Some(want));
}

#[test]
fn fields_are_quoted_as_commons_csv_does() {
    let text = |text: &str| (TEXT, Value::from(text));
    let null = || (TEXT, Value::Null);
    check_encoded(&[text("a"), text("b")], "a,b");
    check_encoded(&[text(""), text("")], "\"\",");
    check_encoded(&[null(), null()], ",");
    check_encoded(&[text("-a"), text("-a")], "\"-a\",-a");
    check_encoded(&[text("ä"), text("ä")], "\"ä\",ä");
    check_encoded(&[text("a,b"), text("c\"d")], "\"a,b\",\"c\"\"d\"");
    check_encoded(
        &[text("a "), text(" a"), text("#"), text("a\nb")],
        "\"a \",\" a\",\"#\",\"a\nb\"",
    );
    check_encoded(
        &[(SqlType::Date, Value::Date(-10)), (SqlType::Int, Value::Int(-10))],
        "\"-10\",-10",
    );
    check_encoded(&[(SqlType::Double, Value::Double(1e10))], "1.0E10");
    check_encoded(&[(SqlType::Boolean, Value::Boolean(true))], "true");
}
