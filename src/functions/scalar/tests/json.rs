//! JSON.

use crate::functions::scalar::tests::check;

#[test]
fn a_path_leads_to_a_value() {
    check("EXTRACTJSONFIELD", r#"'{"log": {"cloud": "gcp", "n": 1.50}}', '$.log.cloud'"#, "'gcp'");
    check(
        "EXTRACTJSONFIELD",
        r#"'{"log": {"cloud": "gcp", "n": 1.50}}', '$.log'"#,
        r#"'{"cloud":"gcp","n":1.50}'"#,
    );
    check("EXTRACTJSONFIELD", r#"'{"@type": "VAL"}}', '$.@type'"#, "'VAL'");
    check("EXTRACTJSONFIELD", "'[1, [2, 3]]', '$[1][0]'", "'2'");
    check("EXTRACTJSONFIELD", "'[1]', '$[1]'", "NULL");
    check("EXTRACTJSONFIELD", "'[1]', '$.a'", "NULL");
    check("EXTRACTJSONFIELD", r#"'{"a": null}', '$.a'"#, "'null'");
    check("EXTRACTJSONFIELD", r#"'{"a": null}', '$.a.b'"#, "NULL");
    check("EXTRACTJSONFIELD", "'', '$.a'", "NULL");
    check("EXTRACTJSONFIELD", "'{', '$.a'", "error: Invalid JSON format:{: a text is missing");
    check("EXTRACTJSONFIELD", "'{}', 'a'", "error: Invalid JSON path: 'a'");
    check("EXTRACTJSONFIELD", "NULL::VARCHAR, '$'", "NULL");
}

#[test]
fn is_json_string_takes_any_value() {
    for json in ["'[1, 2, 3]'", "'{}'", "'1'", "'\"abc\"'", "'null'"] {
        check("IS_JSON_STRING", json, "true");
    }
    for text in ["''", "'abc'", "NULL"] {
        check("IS_JSON_STRING", text, "false");
    }
}

#[test]
fn arrays_are_searched() {
    check("JSON_ARRAY_CONTAINS", "'[1, 2, 3]', 3", "true");
    check("JSON_ARRAY_CONTAINS", "'[1, 2, 3]', 3L", "true");
    check("JSON_ARRAY_CONTAINS", "'[1, 2.0, 3]', 2", "false");
    check("JSON_ARRAY_CONTAINS", "'[1, 2.0, 3]', 2.0", "true");
    check("JSON_ARRAY_CONTAINS", "'[1, 2]', 2.0", "false");
    check("JSON_ARRAY_CONTAINS", "'[[1], {\"a\": 1}]', 1", "false");
    check("JSON_ARRAY_CONTAINS", "'[true]', true", "true");
    check("JSON_ARRAY_CONTAINS", "'[\"Pink\", null]', 'Pink'", "true");
    check("JSON_ARRAY_CONTAINS", "'[\"Pink\", null]', NULL", "true");
    check("JSON_ARRAY_CONTAINS", "'[\"Pink\"]', NULL", "false");
    check("JSON_ARRAY_CONTAINS", "'{}', 1", "false");
    check("JSON_ARRAY_CONTAINS", "'[1, x', 1", "true");
    check("JSON_ARRAY_CONTAINS", "NULL::VARCHAR, 1", "NULL");
}

#[test]
fn arrays_are_counted() {
    check("JSON_ARRAY_LENGTH", "'[1, [1, [2]], 3]'", "3");
    check("JSON_ARRAY_LENGTH", "'[]'", "0");
    check("JSON_ARRAY_LENGTH", "'{}'", "NULL");
    check("JSON_ARRAY_LENGTH", "'123'", "NULL");
    check(
        "JSON_ARRAY_LENGTH",
        "'abc'",
        "error: Invalid JSON format:abc: a value begins with an unknown character",
    );
}

#[test]
fn objects_or_arrays_are_joined() {
    check("JSON_CONCAT", r#"'{"a": 1}', '{"b": 2}'"#, r#"'{"a":1,"b":2}'"#);
    check("JSON_CONCAT", r#"'{"a": {"5": 6}}', '{"a": {"3": 4}}'"#, r#"'{"a":{"3":4}}'"#);
    check("JSON_CONCAT", "'[1, [2]]', '[[[3]], [[[4]]]]'", "'[1,[2],[[3]],[[[4]]]]'");
    check("JSON_CONCAT", "'null', 'null'", "'[null,null]'");
    check("JSON_CONCAT", r#"'[1, 2]', '{"a": 1}', '4'"#, r#"'[1,2,{"a":1},4]'"#);
    check("JSON_CONCAT", "'1e3'", "'1000'");
    check("JSON_CONCAT", "'1', '', '2'", "NULL");
    check("JSON_CONCAT", "NULL, '[1]'", "NULL");
}

#[test]
fn objects_are_taken_apart() {
    check("JSON_ITEMS", r#"'[{"type": "A"}, {"n": 1.0}]'"#, r#"['{"type":"A"}', '{"n":1.0}']"#);
    check("JSON_ITEMS", "'[]'", "[]");
    check("JSON_ITEMS", "'[1]'", "NULL");
    check("JSON_ITEMS", "'{}'", "error: Invalid JSON format:{}");
    check("JSON_KEYS", r#"'{"a": "abc", "b": {"c": "a"}, "d": 1}'"#, "['a', 'b', 'd']");
    check("JSON_KEYS", "'[]'", "NULL");
    check("JSON_KEYS", "''", "NULL");
    check(
        "JSON_RECORDS",
        r#"'{"a": "abc", "b": {"c": "a"}, "d": 1}'"#,
        r#"{'a': 'abc', 'b': '{"c":"a"}', 'd': '1'}"#,
    );
    check("JSON_RECORDS", "'{}'", "{}");
    check("JSON_RECORDS", "'123'", "NULL");
}

#[test]
fn values_are_written() {
    check("TO_JSON_STRING", "'a\"b'", r#"'"a\"b"'"#);
    check("TO_JSON_STRING", "123L", "'123'");
    check("TO_JSON_STRING", "1e10", "'1.0E10'");
    check("TO_JSON_STRING", "NaN", "'\"NaN\"'");
    check("TO_JSON_STRING", "0.00000001m", "'0.00000001'");
    check("TO_JSON_STRING", "true", "'true'");
    check("TO_JSON_STRING", "x'21'", "'\"IQ==\"'");
    check("TO_JSON_STRING", "NULL", "'null'");
    check("TO_JSON_STRING", "[1, NULL]", "'[1,null]'");
    check("TO_JSON_STRING", "{'d': [4], 'c': [2]}", r#"'{"c":[2],"d":[4]}'"#);
}
