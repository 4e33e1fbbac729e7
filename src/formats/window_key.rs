//! Windows behind keys, as Kafka's windowed serdes write them.
//!
//! ```text
//! time window    := key start(8)          big-endian milliseconds
//! session window := key end(8) start(8)
//! ```

/// Appends the window of a tumbling or hopping key.
pub fn append_time_window(start: i64, key: &mut Vec<u8>) {
    key.extend_from_slice(&start.to_be_bytes());
}

/// Appends the window of a session key.
pub fn append_session_window(start: i64, end: i64, key: &mut Vec<u8>) {
    key.extend_from_slice(&end.to_be_bytes());
    key.extend_from_slice(&start.to_be_bytes());
}

/// Splits the key of a tumbling or hopping window into key and start; None if it is too short.
pub fn split_time_window(key: &[u8]) -> Option<(&[u8], i64)> {
    let (key, start) = key.split_last_chunk::<8>()?;
    Some((key, i64::from_be_bytes(*start)))
}

/// Splits the key of a session into key, start and end; None if it is too short.
pub fn split_session_window(key: &[u8]) -> Option<(&[u8], i64, i64)> {
    let (key, start) = split_time_window(key)?;
    let (key, end) = split_time_window(key)?;
    Some((key, start, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_appended_splits_off() {
        let mut key = b"pen".to_vec();
        append_time_window(60_000, &mut key);
        assert_eq!(key, b"pen\0\0\0\0\0\0\xEA\x60");
        assert_eq!(split_time_window(&key), Some((&b"pen"[..], 60_000)));

        let mut key = b"pen".to_vec();
        append_session_window(-1, 2, &mut key);
        assert_eq!(&key[3..11], 2i64.to_be_bytes());
        assert_eq!(split_session_window(&key), Some((&b"pen"[..], -1, 2)));
    }

    #[test]
    fn refuses_what_is_too_short() {
        assert_eq!(split_time_window(b"1234567"), None);
        assert_eq!(split_session_window(b"123456789012345"), None);
    }
}
