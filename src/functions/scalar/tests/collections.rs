//! Arrays and maps.

use crate::functions::scalar::tests::check;

#[test]
fn arrays_are_appended() {
    check("ARRAY_CONCAT", "[1, 2, NULL], [2]", "[1, 2, NULL, 2]");
    check("ARRAY_CONCAT", "NULL::ARRAY<INT>, [2]", "[2]");
    check("ARRAY_CONCAT", "[1], NULL", "[1]");
    check("ARRAY_CONCAT", "NULL::ARRAY<INT>, NULL", "NULL");
    check("ARRAY_CONCAT", "['a'], ['b']", "['a', 'b']");
}

#[test]
fn arrays_are_searched() {
    check("ARRAY_CONTAINS", "[1, 2, 3], 3", "true");
    check("ARRAY_CONTAINS", "[1, 2, 3], 4", "false");
    check("ARRAY_CONTAINS", "[1, NULL], NULL", "true");
    check("ARRAY_CONTAINS", "[1], NULL", "false");
    check("ARRAY_CONTAINS", "NULL::ARRAY<INT>, 1", "false");
    check("ARRAY_CONTAINS", "[NaN, 0.0], NaN", "true");
    check("ARRAY_CONTAINS", "[0.0], -0.0", "false");
    check("ARRAY_CONTAINS", "[{'a': 1, 'b': 2}], {'b': 2, 'a': 1}", "true");
    check(
        "ARRAY_CONTAINS",
        "[1L], 1",
        "error: Function 'ARRAY_CONTAINS' does not accept parameters (ARRAY<BIGINT>, INTEGER).",
    );
}

#[test]
fn arrays_are_sets() {
    check("ARRAY_DISTINCT", "[1, 1, NULL, 3, NULL, 1]", "[1, NULL, 3]");
    check("ARRAY_DISTINCT", "[['a'], ['b'], ['a']]", "[['a'], ['b']]");
    check("ARRAY_DISTINCT", "[{'a': 1, 'b': 2}, {'b': 2, 'a': 1}]", "[{'a': 1, 'b': 2}]");
    check("ARRAY_EXCEPT", "['apple', 'apple', NULL, 'cherry'], ['cherry']", "['apple', NULL]");
    check("ARRAY_INTERSECT", "[1, 2, 3, 1, 2], [2, 1]", "[1, 2]");
    check("ARRAY_UNION", "[1, 2, 1], [4, 1, NULL]", "[1, 2, 4, NULL]");
    check("ARRAY_UNION", "[1], NULL", "NULL");
    check("ARRAY_REMOVE", "[1, 2, 3, 2, 1], 2", "[1, 3, 1]");
    check("ARRAY_REMOVE", "['Foo', NULL], NULL", "['Foo']");
    check("ARRAY_REMOVE", "[['a'], ['b']], ['a']", "[['b']]");
    check("ARRAY_REMOVE", "NULL::ARRAY<INT>, 1", "NULL");
}

#[test]
fn arrays_have_extremes_and_an_order() {
    check("ARRAY_MAX", "[-1, 2, NULL, 0]", "2");
    check("ARRAY_MAX", "['Foo', 'Bar', NULL, 'baz']", "'baz'");
    check("ARRAY_MAX", "[false, NULL, true]", "true");
    check("ARRAY_MIN", "['foo', 'Food', NULL, 'F']", "'F'");
    check("ARRAY_MIN", "[1.0m, -9.9m]", "-9.9");
    check("ARRAY_MIN", "[]::ARRAY<INT>", "NULL");
    check("ARRAY_MIN", "[NULL]::ARRAY<INT>", "NULL");
    check("ARRAY_SORT", "['Foo', 'Bar', NULL, 'baz']", "['Bar', 'Foo', 'baz', NULL]");
    check("ARRAY_SORT", "[0.1, NULL, -12345.678], 'desc'", "[0.1, -12345.678, NULL]");
    check("ARRAY_SORT", "[2, 1], 'ASCENDING'", "[1, 2]");
    check("ARRAY_SORT", "[2, 1], 'up'", "NULL");
    check("ARRAY_SORT", "NULL::ARRAY<INT>", "NULL");
}

#[test]
fn arrays_are_written() {
    check("ARRAY_JOIN", "[true, NULL, false]", "'true,null,false'");
    check("ARRAY_JOIN", "[1, 23, -42], ' '", "'1 23 -42'");
    check("ARRAY_JOIN", "[1.23, 1e10], NULL", "'1.231.0E10'");
    check("ARRAY_JOIN", "[123.45m, 987.65m], '#'", "'123.45#987.65'");
    check("ARRAY_JOIN", "[]::ARRAY<INT>", "''");
    check("ARRAY_JOIN", "[[1]]", "error: elements of List(Int32) can't be joined");
    check("ARRAY_LENGTH", "[1, NULL]", "2");
    check("ARRAY_LENGTH", "NULL::ARRAY<INT>", "NULL");
}

#[test]
fn series_go_up_or_down() {
    check("GENERATE_SERIES", "0, 3", "[0, 1, 2, 3]");
    check("GENERATE_SERIES", "4, 3", "[4, 3]");
    check("GENERATE_SERIES", "5L, 5L", "[5]");
    check("GENERATE_SERIES", "-2, 1, 2", "[-2, 0]");
    check("GENERATE_SERIES", "9, 0, -3", "[9, 6, 3, 0]");
    check("GENERATE_SERIES", "0, 1, 0", "error: GENERATE_SERIES step cannot be zero");
    check("GENERATE_SERIES", "0, 1, -1", "error: GENERATE_SERIES step has wrong sign");
    check(
        "GENERATE_SERIES",
        "-9223372036854775808L, 9223372036854775807L",
        "error: GENERATE_SERIES has more than 1048576 elements",
    );
    check(
        "GENERATE_SERIES",
        "-2147483648, 2147483647, 2147483647",
        "[-2147483648, -1, 2147483646]",
    );
}

#[test]
fn slices_include_both_ends() {
    check("SLICE", "['a', 'b', 'c', 'd'], 2, 3", "['b', 'c']");
    check("SLICE", "[1, 2, 3], NULL, 2", "[1, 2]");
    check("SLICE", "[1, 2, 3], 2, NULL", "[2, 3]");
    check("SLICE", "[1, 2, 3], 3, 2", "[]");
    check("SLICE", "[1, 2, 3], 0, 2", "NULL");
    check("SLICE", "[1, 2, 3], 1, 4", "NULL");
    check("SLICE", "[1, 2, 3], 3, 1", "error: fromIndex(2) > toIndex(1)");
    check("SLICE", "NULL::ARRAY<INT>, 1, 1", "NULL");
}

#[test]
fn maps_are_made_and_taken_apart() {
    check("AS_MAP", "['a', 'b', 'a'], [1, 2, 3]", "{'a': 3, 'b': 2}");
    check("AS_MAP", "['a', 'b'], [1]", "{'a': 1, 'b': NULL}");
    check("AS_MAP", "[NULL, 'b'], [1]", "error: the key of a map can't be NULL");
    check("MAP_KEYS", "{'a': 1, 'b': NULL}", "['a', 'b']");
    check("MAP_VALUES", "{'a': 1, 'b': NULL}", "[1, NULL]");
    check("MAP_VALUES", "NULL::MAP<VARCHAR, INT>", "NULL");
    check("MAP_UNION", "{'a': 1, 'b': 2}, {'b': NULL, 'c': 3}", "{'a': 1, 'b': NULL, 'c': 3}");
    check("MAP_UNION", "NULL::MAP<VARCHAR, INT>, {'c': 3}", "{'c': 3}");
    check("MAP_UNION", "NULL::MAP<VARCHAR, INT>, NULL", "NULL");
    check("ENTRIES", "{'b': 1, 'a': 2}, true", "[('a', 2), ('b', 1)]");
    check("ENTRIES", "{'b': 1, 'a': 2}, false", "[('b', 1), ('a', 2)]");
    check("ENTRIES", "NULL::MAP<VARCHAR, INT>, true", "NULL");
}
