//! Regular expressions.

use crate::functions::scalar::tests::check;

#[test]
fn extract_takes_the_first_match() {
    check("REGEXP_EXTRACT", "'(.*) (.*)', 'hello there', 2", "'there'");
    check("REGEXP_EXTRACT", "'t.', 'tide table'", "'ti'");
    check("REGEXP_EXTRACT", "'x', 'abc'", "NULL");
    check("REGEXP_EXTRACT", "'(a)|b', 'b', 1", "NULL");
    check("REGEXP_EXTRACT", "'a', 'a', 3", "NULL");
    check("REGEXP_EXTRACT", "'a', 'a', -1", "error: No group -1");
    check("REGEXP_EXTRACT", "NULL, 'a'", "NULL");
    check("REGEXP_EXTRACT", r"'(\w)\1', 'hello'", "'ll'");
    check("REGEXP_EXTRACT", r"'o(?=t)', 'foot'", "'o'");
    check("REGEXP_EXTRACT", r"'\w+', 'éa'", "'a'");
    check("REGEXP_EXTRACT", "'a$', 'a\n'", "'a'");
    check("REGEXP_EXTRACT", "'a.c', 'a\rc'", "NULL");
}

#[test]
fn extract_all_takes_every_match() {
    check("REGEXP_EXTRACT_ALL", "'test.', 'some_test_string_testabab'", "['test_', 'testa']");
    check("REGEXP_EXTRACT_ALL", "'test.', 'nothing'", "[]");
    check("REGEXP_EXTRACT_ALL", r"'(\w+) (\w*)', 'apurva mehta agavra ', 2", "['mehta', '']");
    check("REGEXP_EXTRACT_ALL", "'a', 'a', 1", "NULL");
    check("REGEXP_EXTRACT_ALL", "'(a)|b', 'ab', 1", "['a', NULL]");
    check("REGEXP_EXTRACT_ALL", "'b*', 'abc'", "['', 'b', '', '']");
}

#[test]
fn replacements_name_groups() {
    check("REGEXP_REPLACE", "'baababaa', '(ab)+', 'xy'", "'baxyaa'");
    check("REGEXP_REPLACE", "'high tide', '(h\\w+) (t\\w+)', '$2-$1'", "'tide-high'");
    check("REGEXP_REPLACE", "'abc', 'b*', '-'", "'-a--c-'");
    check("REGEXP_REPLACE", "'a', '(?<n>a)', '[${n}]'", "'[a]'");
    check("REGEXP_REPLACE", "'a', 'a', '$'", "error: Illegal group reference");
    check("REGEXP_REPLACE", "'a', 'a', '$1'", "error: No group 1");
    check("REGEXP_REPLACE", "'a', '(a)', '$10'", "'a0'");
    check("REGEXP_REPLACE", r"'a', 'a', '\$1'", "'$1'");
    check("REGEXP_REPLACE", "'b', 'a', '$'", "'b'");
    check("REGEXP_REPLACE", "'b', 'a', NULL", "NULL");
}

#[test]
fn splitting_keeps_empty_parts() {
    check("REGEXP_SPLIT_TO_ARRAY", "'aabcda', '(ab|cd)'", "['a', '', 'a']");
    check("REGEXP_SPLIT_TO_ARRAY", "'zxy', '(ab|cd)'", "['zxy']");
    check("REGEXP_SPLIT_TO_ARRAY", "'ab', 'ab'", "['', '']");
    check("REGEXP_SPLIT_TO_ARRAY", "'abc', ''", "['a', 'b', 'c']");
    check("REGEXP_SPLIT_TO_ARRAY", "'', ''", "['']");
    check("REGEXP_SPLIT_TO_ARRAY", "'axbxxc', 'x*'", "['a', '', 'b', '', 'c']");
    check("REGEXP_SPLIT_TO_ARRAY", "'aXbX', '(?=X)'", "['a', 'Xb', 'X']");
}

#[test]
fn a_wrong_pattern_fails_the_row() {
    check(
        "REGEXP_EXTRACT",
        "'[', 'a'",
        "error: Invalid regular expression pattern: [: a class is not closed",
    );
    check(
        "REGEXP_SPLIT_TO_ARRAY",
        r"'a', '\y'",
        r"error: Invalid regular expression pattern: \y: there is no escape \y",
    );
}
