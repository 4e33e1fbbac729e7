//! The encodings of ENCODE, TO_BYTES and FROM_BYTES.

use std::fmt::Write;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// How bytes are written as text, or text as bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Two digits for each byte.
    Hex,
    /// UTF-8.
    Utf8,
    /// ASCII.
    Ascii,
    /// Base 64.
    Base64,
}

/// Java's decoder takes base 64 with or without the padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

impl Encoding {
    /// Finds an encoding by its name, in any letters.
    pub(super) fn find(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "hex" => Some(Encoding::Hex),
            "utf8" => Some(Encoding::Utf8),
            "ascii" => Some(Encoding::Ascii),
            "base64" => Some(Encoding::Base64),
            _ => None,
        }
    }

    /// Finds an encoding by its name, or says which there are.
    pub(super) fn named(name: &str) -> Result<Self, String> {
        Encoding::find(name).ok_or_else(|| {
            format!(
                "Unknown encoding type '{name}'. \
                 Supported formats are 'hex', 'utf8', 'ascii', and 'base64'."
            )
        })
    }

    /// Writes bytes as text; hexadecimal digits are small. Bytes that are no text become U+FFFD.
    pub(super) fn to_text(self, bytes: &[u8]) -> String {
        match self {
            Encoding::Hex => hex(bytes),
            Encoding::Utf8 => String::from_utf8_lossy(bytes).into_owned(),
            Encoding::Ascii => {
                let character =
                    |byte: &u8| if byte.is_ascii() { char::from(*byte) } else { '\u{FFFD}' };
                bytes.iter().map(character).collect()
            }
            Encoding::Base64 => BASE64.encode(bytes),
        }
    }

    /// Reads text as bytes; characters that ASCII does not have become question marks.
    pub(super) fn to_bytes(self, text: &str) -> Result<Vec<u8>, String> {
        match self {
            Encoding::Hex => from_hex(text),
            Encoding::Utf8 => Ok(text.as_bytes().to_vec()),
            Encoding::Ascii => Ok(text
                .chars()
                .map(|c| u8::try_from(c).ok().filter(u8::is_ascii).unwrap_or(b'?'))
                .collect()),
            Encoding::Base64 => BASE64.decode(text).map_err(|error| error.to_string()),
        }
    }
}

/// Writes bytes as small hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        write!(out, "{byte:02x}").expect("a string takes all that is written");
        out
    })
}

fn from_hex(text: &str) -> Result<Vec<u8>, String> {
    if !text.len().is_multiple_of(2) {
        return Err("Odd number of characters.".to_owned());
    }
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pair = |(index, pair): (usize, &[u8])| match (digit(pair[0]), digit(pair[1])) {
        (Some(high), Some(low)) => Ok((high * 16 + low) as u8),
        _ => Err(format!("Illegal hexadecimal character at index {}", index * 2)),
    };
    text.as_bytes().chunks(2).enumerate().map(pair).collect()
}

/// Reads base 64 as ENCODE does: in either alphabet, up to the padding, without what does not belong to it.
pub(super) fn from_any_base64(text: &str) -> Result<Vec<u8>, String> {
    let digits = text.bytes().take_while(|byte| *byte != b'=').filter_map(|byte| match byte {
        b'-' => Some(b'+'),
        b'_' => Some(b'/'),
        b'+' | b'/' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => Some(byte),
        _ => None,
    });
    let mut digits: Vec<u8> = digits.collect();
    if digits.len() % 4 == 1 {
        digits.pop();
    }
    BASE64.decode(digits).map_err(|error| error.to_string())
}
