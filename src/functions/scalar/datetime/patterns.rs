//! What the functions with a pattern share.

use crate::functions::{Call, FunctionError, Prepared};
use crate::types::datetime::{DateTimeError, DateTimePattern, Zone};

/// Compiles the patterns of an argument, each once for as long as it stays the same.
pub(super) fn patterns<'a>(
    call: &Call<'a>,
    index: usize,
) -> Result<
    Prepared<'a, DateTimePattern, impl FnMut(&str) -> Result<DateTimePattern, String> + use<>>,
    FunctionError,
> {
    call.prepare(index, |text| DateTimePattern::compile(text).map_err(|error| error.to_string()))
}

/// Finds the zones of an argument, each once for as long as it stays the same.
pub(super) fn zones<'a>(
    call: &Call<'a>,
    index: usize,
) -> Result<Prepared<'a, Zone, impl FnMut(&str) -> Result<Zone, String> + use<>>, FunctionError> {
    call.prepare(index, |text| Zone::parse(text).map_err(|error| error.to_string()))
}

/// Reads timestamps of the arguments `(text, pattern)` or `(text, pattern, zone)`, in milliseconds.
pub(super) fn read_timestamps<'a>(
    call: &Call<'a>,
) -> Result<impl FnMut(usize) -> Result<i64, String> + use<'a>, FunctionError> {
    let (texts, formats) = (call.strings(0)?, call.strings(1)?);
    let mut patterns = patterns(call, 1)?;
    let has_zone = 2 < call.args.len();
    let zone_index = if has_zone { 2 } else { 1 };
    let zone_names = call.strings(zone_index)?;
    let mut zones = zones(call, zone_index)?;
    Ok(move |row| {
        let mut read = || {
            let zone = if has_zone { *zones.at(row)? } else { Zone::UTC };
            let pattern = patterns.at(row)?;
            pattern.parse_timestamp(texts.at(row), zone).map_err(|error| error.to_string())
        };
        read().map_err(|reason| {
            let zone = if has_zone {
                format!(" at timezone '{}'", zone_names.at(row))
            } else {
                String::new()
            };
            let (text, format) = (texts.at(row), formats.at(row));
            format!("Failed to parse timestamp '{text}'{zone} with formatter '{format}': {reason}")
        })
    })
}

/// Reads dates or times of the arguments `(text, pattern)`; `kind` is what they are called in errors.
pub(super) fn read_texts<'a>(
    call: &Call<'a>,
    kind: &'static str,
    parse: fn(&DateTimePattern, &str) -> Result<i32, DateTimeError>,
) -> Result<impl FnMut(usize) -> Result<i32, String> + use<'a>, FunctionError> {
    let (texts, formats) = (call.strings(0)?, call.strings(1)?);
    let mut patterns = patterns(call, 1)?;
    Ok(move |row| {
        let text = texts.at(row);
        let parsed = patterns.at(row).and_then(|p| parse(p, text).map_err(|e| e.to_string()));
        parsed.map_err(|reason| {
            format!(
                "Failed to parse {kind} '{text}' with formatter '{}': {reason}",
                formats.at(row)
            )
        })
    })
}

/// Writes timestamps in milliseconds by the arguments `(…, pattern)` or `(…, pattern, zone)`.
pub(super) fn write_timestamps<'a, M: Fn(usize) -> i64>(
    call: &Call<'a>,
    millis: M,
) -> Result<impl FnMut(usize, &mut String) -> Result<(), String> + use<'a, M>, FunctionError> {
    let formats = call.strings(1)?;
    let mut patterns = patterns(call, 1)?;
    let has_zone = 2 < call.args.len();
    let zone_index = if has_zone { 2 } else { 1 };
    let zone_names = call.strings(zone_index)?;
    let mut zones = zones(call, zone_index)?;
    Ok(move |row, out: &mut String| {
        let ms = millis(row);
        let mut write = || {
            let zone = if has_zone { *zones.at(row)? } else { Zone::UTC };
            patterns.at(row)?.write_timestamp(ms, zone, out).map_err(|error| error.to_string())
        };
        write().map_err(|reason| {
            let zone = if has_zone {
                format!(" at timeZone '{}'", zone_names.at(row))
            } else {
                String::new()
            };
            format!(
                "Failed to format timestamp {ms}{zone} with formatter '{}': {reason}",
                formats.at(row)
            )
        })
    })
}

/// Writes dates or times by the arguments `(…, pattern)`; `kind` is what they are called in errors.
pub(super) fn write_texts<'a, V: Fn(usize) -> i32>(
    call: &Call<'a>,
    kind: &'static str,
    value: V,
    write: fn(&DateTimePattern, i32, &mut String) -> Result<(), DateTimeError>,
) -> Result<impl FnMut(usize, &mut String) -> Result<(), String> + use<'a, V>, FunctionError> {
    let formats = call.strings(1)?;
    let mut patterns = patterns(call, 1)?;
    Ok(move |row, out: &mut String| {
        let value = value(row);
        let written =
            patterns.at(row).and_then(|p| write(p, value, out).map_err(|error| error.to_string()));
        written.map_err(|reason| {
            format!(
                "Failed to format {kind} {value} with formatter '{}': {reason}",
                formats.at(row)
            )
        })
    })
}
