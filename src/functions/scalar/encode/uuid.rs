//! `UUID()` and `UUID(bytes)`.

use uuid::Uuid;

use crate::functions::{Category, ScalarFunction};

/// A random UUID for each row, or the text of one that is given as bytes.
pub(super) fn uuid() -> ScalarFunction {
    ScalarFunction::new("UUID")
        .category(Category::String)
        .summary("Returns a random UUID of version 4, or the text of one.")
        .volatile()
        .example(
            "UUID(TO_BYTES('237e9877e79b12d4a765321741963000', 'hex'))",
            "237e9877-e79b-12d4-a765-321741963000",
        )
        .overload("() VARCHAR", "A random UUID.", |call| {
            call.map_strings(|_| Uuid::new_v4().to_string())
        })
        .overload(
            "(bytes BYTES) VARCHAR",
            "The UUID of 16 bytes; NULL of any other number.",
            |call| {
                let bytes = call.bytes(0)?;
                call.map_strings(|row| {
                    Uuid::from_slice(bytes.at(row)).ok().map(|uuid| uuid.to_string())
                })
            },
        )
}
