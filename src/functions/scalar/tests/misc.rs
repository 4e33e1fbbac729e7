//! Choices by NULL, and functions of no other package.

use crate::functions::scalar::tests::check;

#[test]
fn null_is_replaced() {
    check("COALESCE", "NULL::INT, NULL, 7, 8", "7");
    check("COALESCE", "NULL::INT", "NULL");
    check("COALESCE", "NULL, 'x'", "'x'");
    check("COALESCE", "NULL::ARRAY<INT>, [10, 20]", "[10, 20]");
    check(
        "COALESCE",
        "1, 'x'",
        "error: Function 'COALESCE' does not accept parameters (INTEGER, STRING).",
    );
    check("IFNULL", "NULL::INT, 10", "10");
    check("IFNULL", "1, 10", "1");
    check("NULLIF", "10, 10", "NULL");
    check("NULLIF", "[1, 2], [1, 3]", "[1, 2]");
    check("NULLIF", "[1, 2], [1, 2]", "NULL");
    check("NULLIF", "'x', NULL", "'x'");
    check("NULLIF", "NULL, 'x'", "NULL");
}

#[test]
fn as_value_is_the_same() {
    check("AS_VALUE", "{'a': 1}", "{'a': 1}");
    check("AS_VALUE", "NULL::INT", "NULL");
}

#[test]
fn distances_have_units() {
    check("GEO_DISTANCE", "37.4439, -122.1663, 51.5257, -0.1122", "8634.659796579544");
    check("GEO_DISTANCE", "51.5257, -0.1122, -33.9323, 18.4197, 'km'", "9673.40421197142");
    check("GEO_DISTANCE", "51.5257, -0.1122, -33.9323, 18.4197, NULL", "9673.40421197142");
    check("GEO_DISTANCE", "1.0, 2.0, 1.0, 2.0, ' Miles '", "0.0");
    check(
        "GEO_DISTANCE",
        "91, 0, 0, 0",
        "error: valid latitude values for GeoDistance function are in the range of -90 to 90 decimal degrees",
    );
    check("GEO_DISTANCE", "1, NULL, 0, 0", "NULL");
}
