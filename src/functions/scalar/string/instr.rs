//! `INSTR(text, part[, position[, occurrence]])`.

use datafusion::arrow::array::ArrayRef;
use memchr::memmem::{Finder, FinderRev};

use crate::functions::scalar::string::textual;
use crate::functions::scalar::utf16;
use crate::functions::{Call, FunctionError, ScalarFunction};

/// Where a text stands in another.
pub(super) fn instr() -> ScalarFunction {
    textual("instr", "Returns where a text stands in another, counted from 1; 0 if it does not.")
        .example("INSTR('CORPORATE FLOOR', 'OR', 3)", "5")
        .example("INSTR('CORPORATE FLOOR', 'OR', -3, 2)", "2")
        .overload("(str VARCHAR, substring VARCHAR) INT", "", find_first)
        .sees_nulls()
        .overload(
            "(str VARCHAR, substring VARCHAR, position INT) INT",
            "From a position on, or, if negative, from that position before the end backwards.",
            find,
        )
        .sees_nulls()
        .overload(
            "(str VARCHAR, substring VARCHAR, position INT, occurrence INT) INT",
            "The place of an occurrence other than the first.",
            find,
        )
        .sees_nulls()
}

/// Finds the first occurrence; what is looked for is mostly the same in all rows.
fn find_first(call: &mut Call<'_>) -> Result<ArrayRef, FunctionError> {
    let (text, part) = (call.strings(0)?, call.strings(1)?);
    let mut finder = call.prepare(1, |part| Ok(Finder::new(part).into_owned()))?;
    call.map_ints(|row| {
        let Some((text, _)) = text.get(row).zip(part.get(row)) else { return Ok(0) };
        // An empty text has no positions, not even for an empty part.
        let found = if text.is_empty() { None } else { finder.at(row)?.find(text.as_bytes()) };
        let position = found.map(|found| utf16::length(&text[..found]) + 1);
        Ok::<_, String>(position.map_or(0, |position| i32::try_from(position).unwrap_or(i32::MAX)))
    })
}

fn find(call: &mut Call<'_>) -> Result<ArrayRef, FunctionError> {
    let (text, part) = (call.strings(0)?, call.strings(1)?);
    let number = |index| (index < call.args.len()).then(|| call.ints(index)).transpose();
    let (position, occurrence) = (number(2)?, number(3)?);
    call.map_ints(|row| {
        let position = position.map_or(Some(1), |numbers| numbers.get(row))?;
        let occurrence = occurrence.map_or(Some(1), |numbers| numbers.get(row))?;
        let (Some(text), Some(part)) = (text.get(row), part.get(row)) else { return Some(0) };
        Some(position_of(text, part, position, occurrence).unwrap_or(0))
    })
}

/// Returns the position in UTF-16 units, as all positions are.
fn position_of(text: &str, part: &str, position: i32, occurrence: i32) -> Option<i32> {
    let skipped = usize::try_from(position.unsigned_abs()).ok()?.checked_sub(1)?;
    let length = utf16::length(text);
    let others = usize::try_from(occurrence).ok()?.checked_sub(1)?;
    if length <= skipped {
        return None;
    }
    let found = if 0 < position {
        nth_from(text, part, utf16::byte_of(text, skipped), others)
    } else {
        nth_before(text, part, utf16::byte_of(text, length - skipped), others)
    };
    i32::try_from(utf16::length(&text[..found?]) + 1).ok()
}

/// Finds the first occurrence that begins at or after a byte, or one of those after it, which may overlap.
fn nth_from(text: &str, part: &str, from: usize, others: usize) -> Option<usize> {
    let finder = Finder::new(part);
    let find = |from: usize| Some(from + finder.find(text.as_bytes().get(from..)?)?);
    let mut found = find(from)?;
    for _ in 0..if part.is_empty() { 0 } else { others } {
        found = find(found + 1)?;
    }
    Some(found)
}

/// Finds the last occurrence that ends at or before a byte, or one of those before it, which may overlap.
fn nth_before(text: &str, part: &str, until: usize, others: usize) -> Option<usize> {
    let finder = FinderRev::new(part);
    let find = |until: usize| finder.rfind(&text.as_bytes()[..until]);
    let mut found = find(until)?;
    for _ in 0..if part.is_empty() { 0 } else { others } {
        found = find((found + part.len()).checked_sub(1)?)?;
    }
    Some(found)
}
