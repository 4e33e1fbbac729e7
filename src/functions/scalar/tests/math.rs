//! Numbers.

use crate::functions::scalar::tests::check;

#[test]
fn abs_keeps_the_type() {
    check("ABS", "-3", "3");
    check("ABS", "-3L", "3");
    check("ABS", "-3.5", "3.5");
    check("ABS", "-3.50m", "3.50");
    check("ABS", "-2147483648", "-2147483648");
    check("ABS", "NULL::INT", "NULL");
    check("ABS", "'x'", "error: Function 'Abs' does not accept parameters (STRING).");
    check(
        "ABS",
        "NULL",
        "error: Function 'Abs' cannot be resolved due to ambiguous method parameters (null).",
    );
}

#[test]
fn ceil_and_floor_keep_the_type() {
    check("CEIL", "7", "7");
    check("CEIL", "1.1", "2.0");
    check("CEIL", "-1.7", "-1.0");
    check("CEIL", "1.1m", "2.0");
    check("CEIL", "-1.7m", "-1.0");
    check("CEIL", "9.9m", "error: Numeric field overflow");
    check("FLOOR", "7L", "7");
    check("FLOOR", "-1.1", "-2.0");
    check("FLOOR", "1.7m", "1.0");
    check("FLOOR", "-1.1m", "-2.0");
    check("FLOOR", "NaN", "NaN");
}

#[test]
fn round_goes_up_from_the_middle() {
    check("ROUND", "3", "3");
    check("ROUND", "1.5", "2");
    check("ROUND", "-1.5", "-1");
    check("ROUND", "-1.7", "-2");
    check("ROUND", "0.49999999999999994", "0");
    check("ROUND", "NaN", "0");
    check("ROUND", "1e300", "9223372036854775807");
    check("ROUND", "-1e300", "-9223372036854775808");
    check("ROUND", "1.234567, 2", "1.23");
    check("ROUND", "12345.678, -1", "12350.0");
    check("ROUND", "-12345.678, -2", "-12300.0");
    check("ROUND", "-1.1, -1", "0.0");
    check("ROUND", "Infinity, 1", "error: Infinite or NaN");
    check("ROUND", "12345678987654321.2345678987654321m", "12345678987654321");
    check("ROUND", "12345678987654321.2345678987654321m, 10", "12345678987654321.2345678988000000");
    check("ROUND", "12345678987654321.2345678987654321m, -2", "12345678987654300.0000000000000000");
    check("ROUND", "-1.5m", "-1");
    check("ROUND", "9.5m", "error: Numeric field overflow");
    check("ROUND", "1.5, NULL::INT", "NULL");
}

#[test]
fn trunc_leaves_digits_out() {
    check("TRUNC", "-7", "-7");
    check("TRUNC", "2147483648L", "2147483648");
    check("TRUNC", "-1.7", "-1");
    check("TRUNC", "12345.678, 2", "12345.67");
    check("TRUNC", "12345.678, -1", "12340.0");
    check("TRUNC", "-1.7, -1", "0.0");
    check("TRUNC", "12345.6780000m", "12345");
    check("TRUNC", "-12345.6780000m, 1", "-12345.6000000");
    check("TRUNC", "1.2340000m, 10", "1.2340000");
}

#[test]
fn sign_is_a_whole_number() {
    check("SIGN", "-7", "-1");
    check("SIGN", "0L", "0");
    check("SIGN", "0.1", "1");
    check("SIGN", "-0.0", "0");
    check("SIGN", "NaN", "0");
    check("SIGN", "-0.5m", "-1");
}

#[test]
fn logarithms_and_powers() {
    check("LN", "-1", "NaN");
    check("LN", "0", "-Infinity");
    check("LN", "2L", "0.6931471805599453");
    check("LN", "3.0", "1.0986122886681098");
    check("LOG", "13", "2.5649493574615367");
    check("LOG", "0.0", "-Infinity");
    check("LOG", "15, 13", "0.9471572411831843");
    check("LOG", "15, 0", "-Infinity");
    check("LOG", "15, -13", "NaN");
    check("LOG", "-15, 13", "NaN");
    check("LOG", "0, 13", "NaN");
    check("LOG", "1, 13", "NaN");
    check("EXP", "1", "2.718281828459045");
    check("SQRT", "16", "4.0");
    check("SQRT", "-1.0", "NaN");
    check("CBRT", "-8", "-2.0");
    check("CBRT", "3L", "1.4422495703074083");
    check("POWER", "2, 10", "1024.0");
    check("POWER", "15.0, 4.0", "50625.0");
    check("POWER", "10, 400", "Infinity");
    check("POWER", "1, NaN", "NaN");
    check("POWER", "-1, Infinity", "NaN");
    check("POWER", "NaN, 0", "1.0");
}

#[test]
fn angles() {
    check("SIN", "0", "0.0");
    check("COS", "0", "1.0");
    check("TAN", "0", "0.0");
    check("COT", "0", "Infinity");
    check("ASIN", "2", "NaN");
    check("ACOS", "-1.1", "NaN");
    check("ATAN", "1", "0.7853981633974483");
    check("ATAN2", "0, -3", "3.141592653589793");
    check("ATAN2", "-2, 0", "-1.5707963267948966");
    check("SINH", "0", "0.0");
    check("COSH", "0", "1.0");
    check("TANH", "0", "0.0");
    check("DEGREES", "2", "114.59155902616465");
    check("RADIANS", "180", "3.141592653589793");
    check("PI", "", "3.141592653589793");
    check("SIN", "NULL", "NULL");
}

#[test]
fn greatest_and_least_pass_over_null() {
    check("GREATEST", "4, 7, 2", "7");
    check("GREATEST", "9223372036854775807L, -9223372036854775808L, NULL", "9223372036854775807");
    check("GREATEST", "123456.789m, -987654.321m, NULL", "123456.789");
    check("GREATEST", "1.5m, 1.25m", "1.50");
    check("GREATEST", "-1, 1L, 55555.5m, NULL::DOUBLE", "55555.5");
    check("GREATEST", "NULL::INT, NULL::INT", "NULL");
    check("GREATEST", "1.0, NaN", "NaN");
    check("LEAST", "'apple', 'banana', 'aardvark', NULL, 'hello'", "'aardvark'");
    check("LEAST", "x'01', x'ff'", "x'ff'");
    check("LEAST", "-0.0, 0.0", "-0.0");
    check(
        "LEAST",
        "1, 2L",
        "error: Function 'least' cannot be resolved due to ambiguous method parameters (INTEGER, BIGINT).",
    );
    check("LEAST", "", "error: Function 'least' does not accept parameters ().");
    check(
        "LEAST",
        "NULL, NULL, NULL, NULL",
        "error: Function 'least' cannot be resolved due to ambiguous method parameters (null, null, null, null).",
    );
}
