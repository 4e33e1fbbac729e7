//! Zigzag varints, as records use them, and a cursor over bytes from outside.

/// Why bytes did not decode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VarintError {
    /// The bytes end inside an integer or before the length they announced.
    #[error("record ends too early")]
    Truncated,
    /// The integer does not fit its type.
    #[error("varint is too long")]
    TooLong,
}

/// Appends a zigzag varint of up to 64 bits.
pub(super) fn put_varlong(target: &mut Vec<u8>, value: i64) {
    let mut rest = zigzag(value);
    while 0x80 <= rest {
        target.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    target.push(rest as u8);
}

/// Returns how many bytes a zigzag varint takes.
pub(super) fn varlong_size(value: i64) -> usize {
    let bits = 64 - (zigzag(value) | 1).leading_zeros() as usize;
    bits.div_ceil(7)
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

/// Reads forward through bytes that nobody has checked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Cursor { rest: bytes }
    }

    /// Returns what was not read.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Reads a zigzag varint of up to 64 bits.
    #[inline]
    pub(super) fn varlong(&mut self) -> Result<i64, VarintError> {
        let raw = match self.rest {
            [byte, rest @ ..] if *byte < 0x80 => {
                self.rest = rest;
                u64::from(*byte)
            }
            [low, high, rest @ ..] if *high < 0x80 => {
                self.rest = rest;
                u64::from(*low & 0x7f) | u64::from(*high) << 7
            }
            _ => self.long_varint()?,
        };
        Ok((raw >> 1) as i64 ^ -((raw & 1) as i64))
    }

    /// Reads a zigzag varint of up to 32 bits.
    #[inline]
    pub(super) fn varint(&mut self) -> Result<i32, VarintError> {
        i32::try_from(self.varlong()?).map_err(|_| VarintError::TooLong)
    }

    fn long_varint(&mut self) -> Result<u64, VarintError> {
        let mut value = 0u64;
        for (number, byte) in self.rest.iter().take(10).enumerate() {
            if number == 9 && 1 < *byte {
                return Err(VarintError::TooLong);
            }
            value |= u64::from(byte & 0x7f) << (7 * number);
            if *byte < 0x80 {
                self.rest = &self.rest[number + 1..];
                return Ok(value);
            }
        }
        Err(if self.rest.len() < 10 { VarintError::Truncated } else { VarintError::TooLong })
    }

    /// Reads `len` bytes.
    #[inline]
    pub(super) fn take(&mut self, len: usize) -> Result<&'a [u8], VarintError> {
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(VarintError::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    /// Reads a length and as many bytes; a length of -1 means null.
    #[inline]
    pub(super) fn nullable(&mut self) -> Result<Option<&'a [u8]>, VarintError> {
        let len = self.varint()?;
        if len < 0 {
            return Ok(None);
        }
        self.take(len as usize).map(Some)
    }

    /// Reads one byte.
    #[inline]
    pub(super) fn byte(&mut self) -> Result<u8, VarintError> {
        Ok(self.take(1)?[0])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn small_numbers_take_one_byte() {
        let mut bytes = Vec::new();
        for value in [0, -1, 1, 63, -64] {
            put_varlong(&mut bytes, value);
        }
        assert_eq!(bytes, [0, 1, 2, 126, 127]);
    }

    #[test]
    fn refuses_what_does_not_fit() {
        assert_eq!(Cursor::new(&[0xff; 11]).varlong(), Err(VarintError::TooLong));
        assert_eq!(Cursor::new(&[0xff; 9]).varlong(), Err(VarintError::Truncated));
        let mut bytes = Vec::new();
        put_varlong(&mut bytes, i64::from(i32::MAX) + 1);
        assert_eq!(Cursor::new(&bytes).varint(), Err(VarintError::TooLong));
    }

    proptest! {
        #[test]
        fn every_number_comes_back(value: i64) {
            let mut bytes = Vec::new();
            put_varlong(&mut bytes, value);
            prop_assert_eq!(bytes.len(), varlong_size(value));
            let mut cursor = Cursor::new(&bytes);
            prop_assert_eq!(cursor.varlong(), Ok(value));
            prop_assert!(cursor.is_empty());
            prop_assert_eq!(Cursor::new(&bytes[..bytes.len() - 1]).varlong(), Err(VarintError::Truncated));
        }
    }
}
