//! Bytes and texts in encodings, hashes, identifiers.

use crate::functions::ScalarFunction;

mod bigint_from_bytes;
mod double_from_bytes;
#[expect(clippy::module_inception, reason = "a file is named as its function")]
mod encode;
mod encoding;
mod from_bytes;
mod int_from_bytes;
mod md5;
mod numbers;
mod to_bytes;
mod uuid;

/// The functions of this package, in SHOW order.
pub(super) const FUNCTIONS: &[fn() -> ScalarFunction] = &[
    bigint_from_bytes::bigint_from_bytes,
    double_from_bytes::double_from_bytes,
    encode::encode,
    from_bytes::from_bytes,
    int_from_bytes::int_from_bytes,
    md5::md5,
    to_bytes::to_bytes,
    uuid::uuid,
];
