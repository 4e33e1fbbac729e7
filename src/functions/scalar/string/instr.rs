//! `INSTR(text, part[, position[, occurrence]])`.

use crate::functions::scalar::string::textual;
use crate::functions::scalar::utf16;
use crate::functions::{Call, FunctionError, ScalarFunction};
use datafusion::arrow::array::ArrayRef;

/// Where a text stands in another.
pub(super) fn instr() -> ScalarFunction {
    textual("instr", "Returns where a text stands in another, counted from 1; 0 if it does not.")
        .example("INSTR('CORPORATE FLOOR', 'OR', 3)", "5")
        .example("INSTR('CORPORATE FLOOR', 'OR', -3, 2)", "2")
        .overload("(str VARCHAR, substring VARCHAR) INT", "", find)
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

fn find(call: &mut Call<'_>) -> Result<ArrayRef, FunctionError> {
    let (text, part) = (call.strings(0)?, call.strings(1)?);
    let number = |index| (index < call.args.len()).then(|| call.ints(index)).transpose();
    let (position, occurrence) = (number(2)?, number(3)?);
    call.map_ints(|row| {
        let position = position.map_or(Some(1), |numbers| numbers.get(row))?;
        let occurrence = occurrence.map_or(Some(1), |numbers| numbers.get(row))?;
        let (Some(text), Some(part)) = (text.get(row), part.get(row)) else { return Some(0) };
        let units = |text: &str| text.encode_utf16().collect::<Vec<u16>>();
        Some(find_units(units(text), units(part), position, occurrence).unwrap_or(0))
    })
}

fn find_units(mut text: Vec<u16>, mut part: Vec<u16>, position: i32, nth: i32) -> Option<i32> {
    let start = usize::try_from(position.unsigned_abs()).ok()?.checked_sub(1)?;
    if text.len() <= start {
        return None;
    }
    if position < 0 {
        text.reverse();
        part.reverse();
    }
    let mut found = utf16::find(&text, &part, start)?;
    if !part.is_empty() {
        for _ in 1..nth {
            found = utf16::find(&text, &part, found + 1)?;
        }
    }
    let index =
        if position < 0 { (text.len() + 1).checked_sub(found + part.len())? } else { found + 1 };
    (0 < nth).then(|| i32::try_from(index).ok()).flatten()
}
