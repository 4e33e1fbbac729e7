//! `MD5(text)`.

use md5::{Digest, Md5};

use crate::functions::scalar::encode::encoding::hex;
use crate::functions::{Category, ScalarFunction};

/// The MD5 hash of a text's UTF-8 bytes, in hexadecimal digits.
pub(super) fn md5() -> ScalarFunction {
    ScalarFunction::new("md5")
        .category(Category::String)
        .summary("Returns the MD5 hash of a text, in hexadecimal digits.")
        .example("MD5('tide')", "97dc284cf580da5ebef4aa4b47c13dce")
        .overload("(s VARCHAR) VARCHAR", "", |call| {
            let text = call.strings(0)?;
            call.map_strings(|row| hex(&Md5::digest(text.at(row))))
        })
}
