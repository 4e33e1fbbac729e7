//! `GEO_DISTANCE(lat1, lon1, lat2, lon2[, unit])`.

use datafusion::arrow::array::ArrayRef;

use crate::functions::{Call, FunctionError, ScalarFunction};

const EARTH_RADIUS_KM: f64 = 6371.0;
const EARTH_RADIUS_MILES: f64 = 3959.0;

/// The distance of two points on the earth, by the haversine formula.
pub(super) fn geo_distance() -> ScalarFunction {
    ScalarFunction::new("geo_distance")
        .summary("Returns the great-circle distance of two points, in degrees of latitude and longitude.")
        .example("GEO_DISTANCE(10.0, 20.0, 10.0, 20.0)", "0.0")
        .overload(
            "(lat1 DOUBLE, lon1 DOUBLE, lat2 DOUBLE, lon2 DOUBLE) DOUBLE",
            "In kilometres.",
            compute,
        )
        .overload(
            "(lat1 DOUBLE, lon1 DOUBLE, lat2 DOUBLE, lon2 DOUBLE, units VARCHAR) DOUBLE",
            "In KM (also if NULL) or MI.",
            compute,
        )
        .sees_nulls()
}

fn compute(call: &mut Call<'_>) -> Result<ArrayRef, FunctionError> {
    let (lat1, lon1) = (call.doubles(0)?, call.doubles(1)?);
    let (lat2, lon2) = (call.doubles(2)?, call.doubles(3)?);
    let units = (4 < call.args.len()).then(|| call.strings(4)).transpose()?;
    call.map_doubles(|row| {
        let from = lat1.get(row).zip(lon1.get(row));
        let Some((from, to)) = from.zip(lat2.get(row).zip(lon2.get(row))) else { return Ok(None) };
        check(from)?;
        check(to)?;
        let radius = radius(units.and_then(|units| units.get(row)).unwrap_or(""))?;
        Ok::<_, String>(Some(central_angle(from, to) * radius))
    })
}

fn check((latitude, longitude): (f64, f64)) -> Result<(), String> {
    if 90.0 < latitude.abs() {
        return Err(
            "valid latitude values for GeoDistance function are in the range of -90 to 90 \
                    decimal degrees"
                .to_owned(),
        );
    }
    if 180.0 < longitude.abs() {
        return Err("valid longitude values for GeoDistance function are in the range of -180 to \
                    +180 decimal degrees"
            .to_owned());
    }
    Ok(())
}

fn radius(unit: &str) -> Result<f64, String> {
    match unit.trim().to_lowercase().as_str() {
        "" | "km" | "kilometer" | "kilometers" | "kilometre" | "kilometres" => Ok(EARTH_RADIUS_KM),
        "mi" | "mile" | "miles" => Ok(EARTH_RADIUS_MILES),
        _ => Err("GeoDistance function units parameter must be one of mi, mile, miles, km, \
                  kilometer, kilometers, kilometre or kilometres. Values are case-insensitive."
            .to_owned()),
    }
}

fn central_angle((lat1, lon1): (f64, f64), (lat2, lon2): (f64, f64)) -> f64 {
    let haversine = |angle: f64| (radians(angle) / 2.0).sin().powi(2);
    let cosine = |angle: f64| radians(angle).cos();
    let a = haversine(lat2 - lat1) + haversine(lon2 - lon1) * cosine(lat1) * cosine(lat2);
    2.0 * a.sqrt().asin()
}

/// Divides first, as Java up to version 8 did: ksqlDB's own results have the last digit that comes of it.
fn radians(degrees: f64) -> f64 {
    degrees / 180.0 * std::f64::consts::PI
}
