//! Changing the front of checksummed bytes without reading the rest again.
//!
//! A CRC is linear: two messages that differ only in front have checksums that differ by the difference's own
//! remainder, moved on by as many zero bytes as follow it. Moving on by `n` bytes is one multiplication with
//! `x^8n` modulo the polynomial.

/// CRC-32C's polynomial, lowest power in the highest bit.
const POLYNOMIAL: u32 = 0x82f6_3b78;

/// `x^(2^n)` modulo the polynomial.
const POWERS: [u32; 32] = powers();

/// Returns the checksum of bytes that begin with `new` instead of `old`, before the `rest` bytes that stay.
pub(super) fn patched(checksum: u32, old: &[u8], new: &[u8], rest: usize) -> u32 {
    debug_assert_eq!(old.len(), new.len());
    checksum ^ moved_on(crc32c::crc32c(old) ^ crc32c::crc32c(new), rest)
}

/// Returns a remainder after `len` zero bytes more.
fn moved_on(remainder: u32, len: usize) -> u32 {
    let (mut power, mut product, mut left) = (3, remainder, len);
    while left != 0 {
        if left & 1 == 1 {
            product = multiply(POWERS[power & 31], product);
        }
        left >>= 1;
        power += 1;
    }
    product
}

const fn powers() -> [u32; 32] {
    let mut powers = [1 << 30; 32];
    let mut n = 1;
    while n < 32 {
        powers[n] = multiply(powers[n - 1], powers[n - 1]);
        n += 1;
    }
    powers
}

/// Multiplies two polynomials modulo the polynomial.
const fn multiply(a: u32, b: u32) -> u32 {
    let (mut product, mut shifted, mut bit) = (0, b, 1 << 31);
    while bit != 0 {
        if a & bit != 0 {
            product ^= shifted;
        }
        shifted = if shifted & 1 == 1 { (shifted >> 1) ^ POLYNOMIAL } else { shifted >> 1 };
        bit >>= 1;
    }
    product
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn patched_equals_computed_anew(
            old in proptest::array::uniform32(any::<u8>()),
            new in proptest::array::uniform32(any::<u8>()),
            rest in proptest::collection::vec(any::<u8>(), 0..5000),
        ) {
            let whole = |front: &[u8]| crc32c::crc32c(&[front, &rest].concat());
            prop_assert_eq!(patched(whole(&old), &old, &new, rest.len()), whole(&new));
        }
    }
}
