//! The id of a record's schema in front of it, as Confluent's serializers write it.
//!
//! ```text
//! payload := 0x00 id(4, big-endian) body
//! ```

const MAGIC: u8 = 0;

/// Splits a payload into the id of its schema and the rest.
pub(super) fn split(payload: &[u8]) -> Result<(u32, &[u8]), String> {
    match payload.split_first_chunk::<5>() {
        Some(([MAGIC, id @ ..], body)) => Ok((u32::from_be_bytes(*id), body)),
        Some(_) => Err("Unknown magic byte!".to_owned()),
        None => Err("the payload is too short for the id of its schema".to_owned()),
    }
}

/// Writes the id of a schema.
pub(super) fn write(id: u32, out: &mut Vec<u8>) {
    out.push(MAGIC);
    out.extend_from_slice(&id.to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_stands_in_front() {
        let mut out = Vec::new();
        write(258, &mut out);
        out.push(7);
        assert_eq!(out, [0, 0, 0, 1, 2, 7]);
        assert_eq!(split(&out), Ok((258, &[7][..])));
        assert_eq!(split(&[1, 0, 0, 0, 1]), Err("Unknown magic byte!".to_owned()));
        assert!(split(&[0, 0, 0, 1]).is_err());
    }
}
