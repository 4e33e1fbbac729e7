//! What the MASK functions share.

use std::ops::Range;
use std::sync::LazyLock;

use datafusion::arrow::array::ArrayRef;
use regex::Regex;

use crate::functions::scalar::utf16;
use crate::functions::{Call, Category, FunctionError, ScalarFunction, Strings};

/// What each kind of character is replaced by; none leaves it as it is.
#[derive(Clone, Copy)]
struct Masker {
    upper: Option<u16>,
    lower: Option<u16>,
    digit: Option<u16>,
    other: Option<u16>,
}

const DEFAULT: Masker = Masker {
    upper: Some(b'X' as u16),
    lower: Some(b'x' as u16),
    digit: Some(b'n' as u16),
    other: Some(b'-' as u16),
};

/// Makes a function that masks the units of a range, which depends on their number and on the count that the call gives.
pub(super) fn masking(
    name: &'static str,
    summary: &'static str,
    range: fn(usize, usize) -> Range<usize>,
) -> ScalarFunction {
    let kernel = move |call: &mut Call<'_>| masked(call, name, range);
    ScalarFunction::new(name)
        .category(Category::String)
        .summary(summary)
        .overload(
            "(input VARCHAR, numChars INT) VARCHAR",
            "Capitals become X, small letters x, digits n, and all else -.",
            kernel,
        )
        .overload(
            "(input VARCHAR, numChars INT, upper VARCHAR, lower VARCHAR, digit VARCHAR, \
             other VARCHAR) VARCHAR",
            "With other characters; NULL leaves such a character as it is.",
            kernel,
        )
        .sees_nulls()
}

fn masked(
    call: &mut Call<'_>,
    name: &'static str,
    range: fn(usize, usize) -> Range<usize>,
) -> Result<ArrayRef, FunctionError> {
    let (text, count, masks) = (call.strings(0)?, call.ints(1)?, call.strings_from(2)?);
    call.map_strings(|row| {
        let masker = Masker::at(&masks, row)?;
        let Some(count) = count.get(row) else { return Ok(None) };
        let count = usize::try_from(count).map_err(|_| {
            format!("function {name} requires a non-negative number of characters to mask or skip")
        })?;
        let units = text.get(row).map(|text| text.encode_utf16().collect::<Vec<u16>>());
        Ok::<_, String>(units.map(|units| {
            let range = range(units.len(), count);
            masker.mask(units, range)
        }))
    })
}

/// Masks the whole text.
pub(super) fn mask_all(call: &mut Call<'_>) -> Result<ArrayRef, FunctionError> {
    let (text, masks) = (call.strings(0)?, call.strings_from(1)?);
    call.map_strings(|row| {
        let masker = Masker::at(&masks, row)?;
        let units = text.get(row).map(|text| text.encode_utf16().collect::<Vec<u16>>());
        Ok::<_, String>(units.map(|units| {
            let range = 0..units.len();
            masker.mask(units, range)
        }))
    })
}

impl Masker {
    /// Reads the four masks of a row, or takes the usual ones if the call has none.
    fn at(masks: &[Strings<'_>], row: usize) -> Result<Self, String> {
        let [upper, lower, digit, other] = masks else { return Ok(DEFAULT) };
        let mask = |mask: &Strings<'_>| mask.get(row).map(single_unit).transpose();
        Ok(Masker {
            upper: mask(upper)?,
            lower: mask(lower)?,
            digit: mask(digit)?,
            other: mask(other)?,
        })
    }

    fn mask(&self, mut units: Vec<u16>, range: Range<usize>) -> String {
        // A character of two units counts as what it is and as something else, as in ksqlDB.
        for index in range {
            let kind = match char::decode_utf16(units[index..].iter().copied()).next() {
                Some(Ok(c)) => self.mask_of(c),
                Some(Err(_)) | None => self.other,
            };
            units[index] = kind.unwrap_or(units[index]);
        }
        utf16::to_text(&units)
    }

    fn mask_of(&self, c: char) -> Option<u16> {
        match kind(c) {
            Kind::Upper => self.upper,
            Kind::Lower => self.lower,
            Kind::Digit => self.digit,
            Kind::Other => self.other,
        }
    }
}

enum Kind {
    Upper,
    Lower,
    Digit,
    Other,
}

/// Returns the kind by Unicode's general category: Lu, Ll, Nd, or any other.
fn kind(c: char) -> Kind {
    static CATEGORIES: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(\p{Lu})|(\p{Ll})|(\p{Nd})").expect("the pattern is valid"));
    if c.is_ascii() {
        return match c {
            'A'..='Z' => Kind::Upper,
            'a'..='z' => Kind::Lower,
            '0'..='9' => Kind::Digit,
            _ => Kind::Other,
        };
    }
    let mut bytes = [0; 4];
    let Some(found) = CATEGORIES.captures(c.encode_utf8(&mut bytes)) else { return Kind::Other };
    match (found.get(1), found.get(2)) {
        (Some(_), _) => Kind::Upper,
        (None, Some(_)) => Kind::Lower,
        (None, None) => Kind::Digit,
    }
}

fn single_unit(mask: &str) -> Result<u16, String> {
    let mut units = mask.encode_utf16();
    match (units.next(), units.next()) {
        (Some(unit), None) => Ok(unit),
        _ => {
            Err(format!("Invalid mask character. Must be only single character, but was '{mask}'"))
        }
    }
}
