//! What operators compute.

use expect_test::expect;

use super::{check, check_constant};

#[test]
fn arithmetic_widens_numbers() {
    check_constant("1 + 2", expect!["INTEGER: 3"]);
    check_constant("1 + 3000000000", expect!["BIGINT: 3000000001"]);
    check_constant("1 + 1.5", expect!["DECIMAL(12, 1): 2.5"]);
    check_constant("1 + 1.5E0", expect!["DOUBLE: 2.5E0"]);
    check_constant("1.5 + 1E0", expect!["DOUBLE: 2.5E0"]);
    check_constant("'a' + 'b'", expect!["STRING: 'ab'"]);
    check_constant("7 / 2", expect!["INTEGER: 3"]);
    check_constant("-7 % 3", expect!["INTEGER: -1"]);
    check_constant("7.5E0 % 2E0", expect!["DOUBLE: 1.5E0"]);
    check_constant("2 * 3 - 4", expect!["INTEGER: 2"]);
}

#[test]
fn integers_wrap_and_doubles_reach_infinity() {
    check_constant("2147483647 + 1", expect!["INTEGER: -2147483648"]);
    check_constant("-2147483648 - 1", expect!["INTEGER: 2147483647"]);
    check_constant("9223372036854775807 + 1", expect!["BIGINT: -9223372036854775808"]);
    check(
        "A / B",
        "A INT; B INT",
        &["-2147483648; -1", "1; 0", "null; 0"],
        expect!["INTEGER: -2147483648 null (/ by zero) null"],
    );
    check("A % B", "A BIGINT; B BIGINT", &["7; 0", "7; -4"], expect!["BIGINT: null (/ by zero) 3"]);
    check("A % 3", "A BIGINT", &["7", "null", "-7"], expect!["BIGINT: 1 null -1"]);
    check("A / -1", "A INT", &["7", "-2147483648"], expect!["INTEGER: -7 -2147483648"]);
    check("A / 0", "A INT", &["7", "null"], expect!["INTEGER: null (/ by zero) null"]);
    check("A / B", "A DOUBLE; B DOUBLE", &["1; 0", "-1; 0"], expect!["DOUBLE: inf -inf"]);
    check("-A", "A INT", &["-2147483648", "5", "null"], expect!["INTEGER: -2147483648 -5 null"]);
}

#[test]
fn decimals_have_room_for_every_result() {
    let columns = "A DECIMAL(4, 2); B DECIMAL(5, 3)";
    check("A + B", columns, &["10.01; 2.125", "null; 1"], expect!["DECIMAL(6, 3): 12.135 null"]);
    check("A - B", columns, &["10.01; 2.125"], expect!["DECIMAL(6, 3): 7.885"]);
    check("A * B", columns, &["10.01; 2.125"], expect!["DECIMAL(10, 5): 21.27125"]);
    check(
        "A / B",
        columns,
        &["10.01; 2.125", "10.01; 0"],
        expect!["DECIMAL(13, 8): 4.71058824 null (Division by zero)"],
    );
    check(
        "A % B",
        columns,
        &["10.01; 2.125", "10.01; -2.125", "-10.01; 2.125"],
        expect!["DECIMAL(5, 3): 1.510 1.510 -1.510"],
    );
    check("A + 1", columns, &["10.01; 0"], expect!["DECIMAL(13, 2): 11.01"]);
    check("-A", columns, &["10.01; 0"], expect!["DECIMAL(4, 2): -10.01"]);
    let wide = "A DECIMAL(76, 0); B DECIMAL(76, 38)";
    check(
        "A + A",
        wide,
        &["'9999999999999999999999999999999999999999999999999999999999999999999999999999'; 0"],
        expect![
            "DECIMAL(76, 0): null (Numeric field overflow: A field with precision 76 and scale 0 must round to an absolute value less than 10^76. Got 19999999999999999999999999999999999999999999999999999999999999999999999999998)"
        ],
    );
    check("B * B", wide, &["1; 2.5"], expect!["DECIMAL(76, 6): 6.250000"]);
}

#[test]
fn comparisons_with_null_are_false() {
    check(
        "A = B",
        "A INT; B BIGINT",
        &["1; 1", "1; 2", "null; 1", "null; null"],
        expect!["BOOLEAN: true false false false"],
    );
    check(
        "A <> B",
        "A INT; B BIGINT",
        &["1; 1", "1; 2", "null; 1"],
        expect!["BOOLEAN: false true false"],
    );
    check("NOT (A = 1)", "A INT", &["1", "2", "null"], expect!["BOOLEAN: false true true"]);
    check(
        "A IS DISTINCT FROM B",
        "A INT; B INT",
        &["1; 1", "1; 2", "null; 1", "null; null"],
        expect!["BOOLEAN: false true true false"],
    );
    check(
        "A IS NOT DISTINCT FROM B",
        "A INT; B INT",
        &["1; 1", "1; 2", "null; 1", "null; null"],
        expect!["BOOLEAN: true false false true"],
    );
    check("A IS NULL", "A INT", &["1", "null"], expect!["BOOLEAN: false true"]);
    check("NULL IS NULL", "A INT", &["1"], expect!["BOOLEAN: true"]);
    check(
        "A IS NOT NULL AND A > 1",
        "A INT",
        &["1", "2", "null"],
        expect!["BOOLEAN: false true false"],
    );
}

#[test]
fn numbers_of_any_types_are_compared() {
    check(
        "A < B",
        "A DECIMAL(4, 2); B DECIMAL(5, 3)",
        &["10.01; 10.01", "10.01; 10.012"],
        expect!["BOOLEAN: false true"],
    );
    check("A = 1.1", "A DOUBLE", &["1.1", "1.11"], expect!["BOOLEAN: true false"]);
    check(
        "A < B",
        "A DECIMAL(4, 2); B INT",
        &["10.01; 1", "10.01; 12", "null; 12"],
        expect!["BOOLEAN: false true false"],
    );
    check("A = B", "A DOUBLE; B DOUBLE", &["0.0; -0.0"], expect!["BOOLEAN: true"]);
    check("A / A = A / A", "A DOUBLE", &["0", "1"], expect!["BOOLEAN: false true"]);
    check("A / A <> A / A", "A DOUBLE", &["0", "1"], expect!["BOOLEAN: false false"]);
    check("1 / A > 1.5", "A DOUBLE", &["0"], expect!["BOOLEAN: true"]);
}

#[test]
fn texts_dates_and_composites_are_compared() {
    check(
        "A < B",
        "A VARCHAR; B VARCHAR",
        &["'a'; 'b'", "'foo'; 'Foo'"],
        expect!["BOOLEAN: true false"],
    );
    check(
        "A >= '2020-05'",
        "A DATE",
        &["'2020-04-30'", "'2020-05-01'"],
        expect!["BOOLEAN: false true"],
    );
    check(
        "A > '2020-05-01T10:00'",
        "A TIMESTAMP",
        &["'2020-05-01T10:00:00.001'", "'2020-05-01T09'"],
        expect!["BOOLEAN: true false"],
    );
    check(
        "A = B",
        "A DATE; B TIMESTAMP",
        &["'2020-05-01'; '2020-05-01T00:00:00'"],
        expect!["BOOLEAN: true"],
    );
    check("A = '10:00'", "A TIME", &["'10:00:00'", "'10:00:01'"], expect!["BOOLEAN: true false"]);
    check(
        "A = S",
        "A TIME; S VARCHAR",
        &["'10:00:00'; 'x'"],
        expect!["BOOLEAN: null (Failed to parse time 'x': there is no such time)"],
    );
    check(
        "A = ARRAY[1, 2]",
        "A ARRAY<INT>",
        &["ARRAY[1, 2]", "ARRAY[1]", "null"],
        expect!["BOOLEAN: true false false"],
    );
    check(
        "A <> MAP('a' := 1)",
        "A MAP<VARCHAR, INT>",
        &["MAP('a' := 1)", "MAP('b' := 1)"],
        expect!["BOOLEAN: false true"],
    );
    check(
        "A = STRUCT(F := 1)",
        "A STRUCT<F INT>",
        &["STRUCT(F := 1)", "STRUCT(F := 2)"],
        expect!["BOOLEAN: true false"],
    );
    check(
        "A = B",
        "A ARRAY<BIGINT>; B ARRAY<INT>",
        &["ARRAY[1]; ARRAY[1]"],
        expect!["BOOLEAN: true"],
    );
    check("A < B", "A BYTES; B BYTES", &["'AA=='; 'AQ=='"], expect!["BOOLEAN: true"]);
}

#[test]
fn times_in_milliseconds_are_compared_with_text() {
    check(
        "ROWTIME > '2018-01-01T00:00:00.001'",
        "ROWTIME BIGINT",
        &["1514764800001", "1514764800002"],
        expect!["BOOLEAN: false true"],
    );
    check(
        "'2018-01-01' <= WINDOWSTART",
        "WINDOWSTART BIGINT",
        &["1514764800000"],
        expect!["BOOLEAN: true"],
    );
    check(
        "ROWTIME BETWEEN '2018' AND '2019'",
        "ROWTIME BIGINT",
        &["1514764800001", "1"],
        expect!["BOOLEAN: true false"],
    );
    check(
        "ROWTIME > 'x'",
        "ROWTIME BIGINT",
        &[],
        expect![[r#"
            error: Failed to parse timestamp 'x': Text 'x-01-01T00:00:00.000' could not be parsed at index 0
            Required format is: "yyyy-MM-dd'T'HH:mm:ss.SSS", with an optional numeric 4-digit timezone, for example: '2020-05-26T23:59:58.000' or with tz: '2020-05-26T23:59:58.000+0200'. A trailing 'Z' instead of tz indicates the zero UTC offset. Partials are also supported, for example "2020-05-26""#]],
    );
}

#[test]
fn logic_has_three_values() {
    let columns = "A BOOLEAN; B BOOLEAN";
    let rows = [
        "'true'; 'true'",
        "'true'; null",
        "'false'; null",
        "null; 'false'",
        "null; null",
        "null; 'true'",
    ];
    check("A AND B", columns, &rows, expect!["BOOLEAN: true null false false null null"]);
    check("A OR B", columns, &rows, expect!["BOOLEAN: true true null null null true"]);
    check("NOT A", columns, &rows, expect!["BOOLEAN: false false true null null null"]);
    check("A AND NULL", columns, &rows, expect!["BOOLEAN: null null false null null null"]);
    check("NOT false AND NOT false", columns, &["null; null"], expect!["BOOLEAN: true"]);
}

#[test]
fn what_a_row_does_not_reach_does_not_fail() {
    check(
        "A <> 0 AND 1 / A > 0",
        "A INT",
        &["0", "1", "null"],
        expect!["BOOLEAN: false true false"],
    );
    check("A = 0 OR 1 / A > 0", "A INT", &["0", "1", "-1"], expect!["BOOLEAN: true true false"]);
    check("1 / A > 0 AND A <> 0", "A INT", &["0", "1"], expect!["BOOLEAN: null (/ by zero) true"]);
    check(
        "CASE WHEN A = 0 THEN 0 ELSE 1 / A END",
        "A INT",
        &["0", "1", "2"],
        expect!["INTEGER: 0 1 0"],
    );
    check(
        "CASE WHEN A = 0 THEN 0 WHEN 6 / A = 2 THEN 2 END",
        "A INT",
        &["0", "3", "4"],
        expect!["INTEGER: 0 2 null"],
    );
    check(
        "A <> 0 AND (B = 1 OR B / A = 2)",
        "A INT; B INT",
        &["0; 0", "2; 1", "2; 4", "2; 6"],
        expect!["BOOLEAN: false true true false"],
    );
}

#[test]
fn case_takes_the_first_that_holds() {
    check(
        "CASE WHEN A < 2 THEN 'small' WHEN A < 4 THEN null ELSE 'large' END",
        "A DOUBLE",
        &["1", "3", "5", "null"],
        expect!["STRING: 'small' null 'large' 'large'"],
    );
    check(
        "CASE A WHEN 1 THEN 'one' WHEN 2 THEN 'two' END",
        "A INT",
        &["1", "2", "3"],
        expect!["STRING: 'one' 'two' null"],
    );
    check(
        "CASE WHEN B THEN A END",
        "A INT; B BOOLEAN",
        &["1; 'true'", "2; 'false'", "3; null"],
        expect!["INTEGER: 1 null null"],
    );
    check(
        "CASE WHEN A = 1 THEN ARRAY[A] ELSE L END",
        "A INT; L ARRAY<INT>",
        &["1; ARRAY[5]", "2; ARRAY[6, 7]"],
        expect!["ARRAY<INTEGER>: ARRAY[1] ARRAY[6, 7]"],
    );
    check(
        "CASE WHEN A = 1 THEN MAP('a' := A) END",
        "A INT",
        &["1", "2"],
        expect!["MAP<STRING, INTEGER>: MAP('a':=1) null"],
    );
    check("CASE WHEN true THEN 1 ELSE 2 END", "A INT", &["1", "2"], expect!["INTEGER: 1 1"]);
}

#[test]
fn between_includes_its_bounds() {
    check(
        "A BETWEEN 2 AND 4",
        "A INT",
        &["1", "2", "4", "5", "null"],
        expect!["BOOLEAN: false true true false false"],
    );
    check("A NOT BETWEEN 2 AND 4", "A INT", &["1", "2", "5"], expect!["BOOLEAN: true false true"]);
    check(
        "A BETWEEN 'b' AND 'c'",
        "A VARCHAR",
        &["'a'", "'b'", "'ba'", "'c'", "'ca'"],
        expect!["BOOLEAN: false true true true false"],
    );
    check(
        "A BETWEEN B AND C",
        "A INT; B INT; C INT",
        &["1; 0; 2", "2; null; 2", "3; 0; null"],
        expect!["BOOLEAN: true false false"],
    );
    check("A BETWEEN 1 AND 2.5", "A INT", &["2", "3"], expect!["BOOLEAN: true false"]);
    check("A BETWEEN 1 AND 3000000000", "A INT", &["2", "0"], expect!["BOOLEAN: true false"]);
    check(
        "A BETWEEN '2020' AND B",
        "A DATE; B TIMESTAMP",
        &["'2020-01-01'; '2020-01-01T01'"],
        expect!["BOOLEAN: true"],
    );
}

#[test]
fn in_converts_its_list() {
    check(
        "A IN (1, 2.0, '3', B)",
        "A INT; B BIGINT",
        &["1; 0", "2; 0", "3; 0", "7; 7", "8; 0", "null; null"],
        expect!["BOOLEAN: true true true true false false"],
    );
    check("A NOT IN (1, 2)", "A INT", &["1", "3"], expect!["BOOLEAN: false true"]);
    check("A IN (1, NULL)", "A INT", &["1", "2", "null"], expect!["BOOLEAN: true false false"]);
    check("A IN (true, 'no')", "A BOOLEAN", &["'true'", "'false'"], expect!["BOOLEAN: true true"]);
    check(
        "A IN (1, 1.5, 'x')",
        "A VARCHAR",
        &["'1'", "'1.5'", "'x'", "'y'"],
        expect!["BOOLEAN: true true true false"],
    );
    check(
        "A IN (ARRAY[1, 2], ARRAY['3', null])",
        "A ARRAY<BIGINT>",
        &["ARRAY[1, 2]", "ARRAY[3, null]", "ARRAY[3]"],
        expect!["BOOLEAN: true true false"],
    );
    check(
        "A IN (1, 2, 3, 4, 5, 6, 7, 8, 9)",
        "A BIGINT",
        &["9", "10", "null"],
        expect!["BOOLEAN: true false false"],
    );
    check(
        "A IN ('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h')",
        "A VARCHAR",
        &["'h'", "'i'", "null"],
        expect!["BOOLEAN: true false false"],
    );
    check(
        "A IN ('2020-01-01')",
        "A DATE",
        &["'2020-01-01'", "'2020-01-02'"],
        expect!["BOOLEAN: true false"],
    );
    check("1 IN (2, 1)", "", &[""], expect!["BOOLEAN: true"]);
}

#[test]
fn like_matches_the_whole_text() {
    check(
        "A LIKE '%foo%'",
        "A VARCHAR",
        &["'barfoobaz'", "'bar'", "null"],
        expect!["BOOLEAN: true false false"],
    );
    check("A NOT LIKE 'a_c'", "A VARCHAR", &["'abc'", "'abbc'"], expect!["BOOLEAN: false true"]);
    check(
        "A LIKE B ESCAPE '!'",
        "A VARCHAR; B VARCHAR",
        &["'%'; '!%'", "'x'; '!%'", "'x'; '!'"],
        expect!["BOOLEAN: true false null (LIKE pattern must not end with escape character)"],
    );
}

#[test]
fn arrays_count_from_one_and_from_the_end() {
    let rows = ["ARRAY[10, 20, 30]", "ARRAY[10]", "null"];
    check("A[1]", "A ARRAY<INT>", &rows, expect!["INTEGER: 10 10 null"]);
    check("A[3]", "A ARRAY<INT>", &rows, expect!["INTEGER: 30 null null"]);
    check("A[-1]", "A ARRAY<INT>", &rows, expect!["INTEGER: 30 10 null"]);
    check("A[0]", "A ARRAY<INT>", &rows, expect!["INTEGER: null null null"]);
    check("A[-2147483648]", "A ARRAY<INT>", &rows, expect!["INTEGER: null null null"]);
    check(
        "A[B]",
        "A ARRAY<INT>; B BIGINT",
        &["ARRAY[10, 20]; 2", "ARRAY[10, 20]; null"],
        expect!["INTEGER: 20 null"],
    );
    check(
        "A[1][2]",
        "A ARRAY<ARRAY<INT>>",
        &["ARRAY[ARRAY[0, 1], ARRAY[2]]"],
        expect!["INTEGER: 1"],
    );
    check("ARRAY[1, 2][2]", "", &[""], expect!["INTEGER: 2"]);
}

#[test]
fn maps_and_structs_give_their_parts() {
    check(
        "A['a']",
        "A MAP<VARCHAR, INT>",
        &["MAP('a' := 1, 'b' := 2)", "MAP('b' := 2)", "null"],
        expect!["INTEGER: 1 null null"],
    );
    check(
        "A[K]",
        "A MAP<VARCHAR, INT>; K VARCHAR",
        &["MAP('a' := 1); 'a'", "MAP('a' := 1); 'b'", "MAP('a' := 1); null"],
        expect!["INTEGER: 1 null null"],
    );
    check("A[1]", "A MAP<BIGINT, INT>", &["MAP(1 := 5)"], expect!["INTEGER: 5"]);
    check(
        "A->F",
        "A STRUCT<F INT, G VARCHAR>",
        &["STRUCT(F := 1, G := 'x')", "null"],
        expect!["INTEGER: 1 null"],
    );
    check(
        "A->S->F",
        "A STRUCT<S STRUCT<F INT>>",
        &["STRUCT(S := STRUCT(F := 1))"],
        expect!["INTEGER: 1"],
    );
    check("STRUCT(F := 1)->F", "", &[""], expect!["INTEGER: 1"]);
    check("MAP('a' := 1)['a']", "", &[""], expect!["INTEGER: 1"]);
}

#[test]
fn constructors_find_a_common_type() {
    check(
        "ARRAY[A, 2.5, null, '3']",
        "A INT",
        &["1", "null"],
        expect!["ARRAY<DECIMAL(11, 1)>: ARRAY[1.0, 2.5, null, 3.0] ARRAY[null, 2.5, null, 3.0]"],
    );
    check(
        "ARRAY[null, 10, '2e1', A, B]",
        "A INT; B BIGINT",
        &["30; 40"],
        expect!["ARRAY<DECIMAL(19, 0)>: ARRAY[null, 10, 20, 30, 40]"],
    );
    check(
        "ARRAY[null, STRUCT(X := A, Y := B), STRUCT(Y := A, Z := B)]",
        "A INT; B BIGINT",
        &["30; 40"],
        expect![
            "ARRAY<STRUCT<`Y` BIGINT, `Z` BIGINT, `X` INTEGER>>: ARRAY[null, STRUCT(Y:=40, Z:=null, X:=30), STRUCT(Y:=30, Z:=40, X:=null)]"
        ],
    );
    check(
        "MAP(K := A, 'b' := null)",
        "K VARCHAR; A INT",
        &["'a'; 1", "'b'; 1"],
        expect!["MAP<STRING, INTEGER>: MAP('a':=1, 'b':=null) MAP('b':=null)"],
    );
    check(
        "MAP(K := 1, NULL := 2)",
        "K VARCHAR",
        &["'a'"],
        expect!["MAP<STRING, INTEGER>: MAP('a':=1, 'null':=2)"],
    );
    check(
        "MAP(K := 1)",
        "K INT",
        &["1", "null"],
        expect!["MAP<INTEGER, INTEGER>: MAP(1:=1) null (a key of a MAP is NULL)"],
    );
    check(
        "STRUCT(F := A, G := CAST(NULL AS VARCHAR), `h` := 'x')",
        "A INT",
        &["1"],
        expect!["STRUCT<`F` INTEGER, `G` STRING, `h` STRING>: STRUCT(F:=1, G:=null, `h`:='x')"],
    );
}

#[test]
fn casts_convert_scalars() {
    check("CAST(A AS INT)", "A BIGINT", &["5", "2147483648"], expect!["INTEGER: 5 -2147483648"]);
    check(
        "CAST(A AS INT)",
        "A DOUBLE",
        &["1.9", "-1.9", "1E100"],
        expect!["INTEGER: 1 -1 2147483647"],
    );
    check(
        "CAST(A AS BIGINT)",
        "A VARCHAR",
        &["' 5 '", "'x'", "null"],
        expect![[r#"BIGINT: 5 null (For input string: "x") null"#]],
    );
    check(
        "CAST(A AS DECIMAL(2, 1))",
        "A INT",
        &["1", "10"],
        expect![
            "DECIMAL(2, 1): 1.0 null (Numeric field overflow: A field with precision 2 and scale 1 must round to an absolute value less than 10^1. Got 10)"
        ],
    );
    check(
        "CAST(A AS DECIMAL(4, 2))",
        "A DOUBLE",
        &["1.005", "1.125"],
        expect!["DECIMAL(4, 2): 1.01 1.13"],
    );
    check(
        "CAST(A AS DECIMAL(4, 2))",
        "A VARCHAR",
        &["'1.005'", "'1e1'"],
        expect!["DECIMAL(4, 2): 1.01 10.00"],
    );
    check("CAST(A AS VARCHAR)", "A DECIMAL(4, 2)", &["0.5"], expect!["STRING: '0.50'"]);
    check("CAST(A AS INT)", "A DECIMAL(4, 2)", &["10.99"], expect!["INTEGER: 10"]);
    check("CAST(A AS DOUBLE)", "A DECIMAL(4, 2)", &["10.01"], expect!["DOUBLE: 1.001E1"]);
    check("CAST(A AS VARCHAR)", "A DOUBLE", &["1", "1E10"], expect!["STRING: '1.0' '1.0E10'"]);
    check("CAST(A AS VARCHAR)", "A BOOLEAN", &["'yes'", "'no'"], expect!["STRING: 'true' 'false'"]);
    check(
        "CAST(A AS DOUBLE)",
        "A VARCHAR",
        &["'1.5'", "'NaN'"],
        expect![[r#"DOUBLE: 1.5E0 null (For input string: "NaN")"#]],
    );
}

#[test]
fn casts_convert_dates_and_composites() {
    check(
        "CAST(A AS TIMESTAMP)",
        "A VARCHAR",
        &["'2022-04-28T21:44:47.943Z'", "'x'"],
        expect![
            "TIMESTAMP: 2022-04-28T21:44:47.943 null (Failed to parse timestamp 'x': Text 'x-01-01T00:00:00.000' could not be parsed at index 0)"
        ],
    );
    check(
        "CAST(A AS DATE)",
        "A TIMESTAMP",
        &["'2022-04-28T21:44:47.943'"],
        expect!["DATE: 2022-04-28"],
    );
    check(
        "CAST(A AS TIME)",
        "A TIMESTAMP",
        &["'2022-04-28T21:44:47.943'"],
        expect!["TIME: 21:44:47"],
    );
    check(
        "CAST(A AS VARCHAR)",
        "A TIMESTAMP",
        &["'2022-04-28'"],
        expect!["STRING: '2022-04-28T00:00:00.000'"],
    );
    check("DATE '2020-01-02'", "", &[""], expect!["DATE: 2020-01-02"]);
    check(
        "CAST(A AS ARRAY<VARCHAR>)",
        "A ARRAY<BIGINT>",
        &["ARRAY[1, null]", "null"],
        expect!["ARRAY<STRING>: ARRAY['1', null] null"],
    );
    check(
        "CAST(A AS ARRAY<INT>)",
        "A ARRAY<VARCHAR>",
        &["ARRAY['1']", "ARRAY['1', 'x']"],
        expect![[r#"ARRAY<INTEGER>: ARRAY[1] null (For input string: "x")"#]],
    );
    check(
        "CAST(A AS MAP<INT, DOUBLE>)",
        "A MAP<VARCHAR, INT>",
        &["MAP('1' := 2)", "MAP('x' := 2)"],
        expect![[r#"MAP<INTEGER, DOUBLE>: MAP(1:=2E0) null (For input string: "x")"#]],
    );
    check(
        "CAST(A AS STRUCT<F VARCHAR, H INT>)",
        "A STRUCT<F INT, G INT>",
        &["STRUCT(F := 1, G := 2)"],
        expect!["STRUCT<`F` STRING, `H` INTEGER>: STRUCT(F:='1', H:=null)"],
    );
    check(
        "CAST(A AS VARCHAR)",
        "A ARRAY<INT>",
        &["ARRAY[1, null, 3]"],
        expect!["STRING: '[1, null, 3]'"],
    );
    check(
        "CAST(A AS VARCHAR)",
        "A MAP<VARCHAR, INT>",
        &["MAP('this' := 1)"],
        expect!["STRING: '{this=1}'"],
    );
    check(
        "CAST(A AS VARCHAR)",
        "A STRUCT<F INT, G INT, H INT>",
        &["STRUCT(F := 1, G := CAST(NULL AS INT), H := 3)"],
        expect!["STRING: 'Struct{F=1,H=3}'"],
    );
    check("CAST(NULL AS ARRAY<INT>)", "", &[""], expect!["ARRAY<INTEGER>: null"]);
}

#[test]
fn literals_have_types() {
    check_constant("2.345", expect!["DECIMAL(4, 3): 2.345"]);
    check_constant("-0.05", expect!["DECIMAL(3, 2): -0.05"]);
    check_constant("-2147483648", expect!["INTEGER: -2147483648"]);
    check_constant("2147483648", expect!["BIGINT: 2147483648"]);
    check_constant("1E3", expect!["DOUBLE: 1E3"]);
    check_constant("'it''s'", expect!["STRING: 'it''s'"]);
}
