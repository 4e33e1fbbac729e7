//! Numbers out of bytes.

use crate::functions::{Call, Category, FunctionError, ScalarFunction};

/// Begins a function that makes a number of bytes.
pub(super) fn from_bytes(name: &'static str, summary: &'static str) -> ScalarFunction {
    ScalarFunction::new(name).category(Category::Conversions).summary(summary)
}

/// Reads the bytes of a row, first the most significant one.
pub(super) fn big_endian<'a, const N: usize>(
    call: &Call<'a>,
) -> Result<impl Fn(usize) -> Result<[u8; N], String> + use<'a, N>, FunctionError> {
    let bytes = call.bytes(0)?;
    let order = (1 < call.args.len()).then(|| call.strings(1)).transpose()?;
    Ok(move |row| {
        let bytes = bytes.at(row);
        let mut exact: [u8; N] = bytes.try_into().map_err(|_| {
            format!("Number of bytes must be equal to {N}, but found {}", bytes.len())
        })?;
        if order.map_or(Ok(false), |order| is_little_endian(order.at(row)))? {
            exact.reverse();
        }
        Ok(exact)
    })
}

fn is_little_endian(order: &str) -> Result<bool, String> {
    match order.to_ascii_uppercase().as_str() {
        "BIG_ENDIAN" => Ok(false),
        "LITTLE_ENDIAN" => Ok(true),
        _ => Err(format!(
            "Byte order must be BIG_ENDIAN or LITTLE_ENDIAN. Unknown byte order '{order}'."
        )),
    }
}
