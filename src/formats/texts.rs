//! Text and bytes as the formats write them.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Java's decoder takes base64 with or without padding, and does not look at bits that stand for nothing.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Appends what base64 stands for; tells whether it is base64.
pub(super) fn decode_base64(text: &[u8], out: &mut Vec<u8>) -> bool {
    BASE64.decode_vec(text, out).is_ok()
}

/// Appends bytes as base64.
pub(super) fn encode_base64(bytes: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + bytes.len().div_ceil(3) * 4, 0);
    let written = BASE64.encode_slice(bytes, &mut out[start..]).unwrap_or(0);
    out.truncate(start + written);
}

/// Appends bytes as text; what is not UTF-8 becomes U+FFFD, as Java decodes text.
pub(super) fn push_lossy(bytes: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(String::from_utf8_lossy(bytes).as_bytes());
}
