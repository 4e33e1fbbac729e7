//! Parts of URLs.

use crate::functions::scalar::tests::check;

#[test]
fn parts_are_extracted_and_decoded() {
    let url = "'https://u@test.com:8080/a%20b/c?x%20y=1%262&z#f%20g'";
    check("URL_EXTRACT_PROTOCOL", url, "'https'");
    check("URL_EXTRACT_HOST", url, "'test.com'");
    check("URL_EXTRACT_PORT", url, "8080");
    check("URL_EXTRACT_PATH", url, "'/a b/c'");
    check("URL_EXTRACT_QUERY", url, "'x y=1&2&z'");
    check("URL_EXTRACT_FRAGMENT", url, "'f g'");
    check("URL_EXTRACT_PARAMETER", &format!("{url}, 'x y'"), "'1'");
    check("URL_EXTRACT_PARAMETER", &format!("{url}, 'z'"), "''");
    check("URL_EXTRACT_PARAMETER", &format!("{url}, 'q'"), "NULL");
}

#[test]
fn what_is_not_there_is_null() {
    let url = "'http://test.com'";
    check("URL_EXTRACT_PORT", url, "NULL");
    check("URL_EXTRACT_PATH", url, "''");
    check("URL_EXTRACT_QUERY", url, "NULL");
    check("URL_EXTRACT_FRAGMENT", url, "NULL");
    check("URL_EXTRACT_PROTOCOL", "'a/b'", "NULL");
    check("URL_EXTRACT_PATH", "'mailto:a@b.c'", "NULL");
    check(
        "URL_EXTRACT_HOST",
        "'http://a b'",
        "error: URL input has invalid syntax: http://a b: the authority has an illegal character",
    );
    check("URL_EXTRACT_HOST", "NULL", "NULL");
}

#[test]
fn parameters_are_encoded_as_forms_do() {
    check("URL_ENCODE_PARAM", "'a b&é-_.*~'", "'a+b%26%C3%A9-_.*%7E'");
    check("URL_DECODE_PARAM", "'url%20encoded+%C3%A9'", "'url encoded é'");
    check("URL_DECODE_PARAM", "'%FF'", "'\u{FFFD}'");
    check("URL_DECODE_PARAM", "'100%'", "error: '100%' has an escape without two digits");
}
