//! Protobuf's binary encoding of single values.

/// The value of a field as it is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Wire<'a> {
    Varint(u64),
    Fixed64([u8; 8]),
    Fixed32([u8; 4]),
    Bytes(&'a [u8]),
}

/// So deep may groups be nested.
const GROUP_DEPTH_MAX: usize = 100;
/// So deep may the message stand in its file.
const PATH_MAX: usize = 64;

fn truncated() -> String {
    "the message ends inside a value".to_owned()
}

/// Reads a number off the front of bytes.
#[inline]
pub(super) fn varint(bytes: &mut &[u8]) -> Result<u64, String> {
    let mut value = 0u64;
    for (place, byte) in bytes.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7F) << (7 * place);
        if byte & 0x80 == 0 {
            *bytes = &bytes[place + 1..];
            return Ok(value);
        }
    }
    Err(if bytes.len() < 10 { truncated() } else { "a number has no end".to_owned() })
}

fn take<'a>(bytes: &mut &'a [u8], size: usize) -> Result<&'a [u8], String> {
    let (taken, rest) = bytes.split_at_checked(size).ok_or_else(truncated)?;
    *bytes = rest;
    Ok(taken)
}

/// Reads as many bytes as an array has.
pub(super) fn fixed<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], String> {
    let (taken, rest) = bytes.split_first_chunk::<N>().ok_or_else(truncated)?;
    *bytes = rest;
    Ok(*taken)
}

/// Reads the next field: its number and value. Groups have none and are read over.
pub(super) fn field<'a>(bytes: &mut &'a [u8]) -> Result<Option<(u32, Wire<'a>)>, String> {
    while !bytes.is_empty() {
        let tag = varint(bytes)?;
        let number = u32::try_from(tag >> 3).ok().filter(|number| *number != 0);
        let number = number.ok_or("a field has no number")?;
        match (tag & 7) as u8 {
            3 => skip_group(bytes, number)?,
            kind => return Ok(Some((number, value(bytes, kind)?))),
        }
    }
    Ok(None)
}

fn value<'a>(bytes: &mut &'a [u8], kind: u8) -> Result<Wire<'a>, String> {
    Ok(match kind {
        0 => Wire::Varint(varint(bytes)?),
        1 => Wire::Fixed64(fixed(bytes)?),
        2 => {
            let size = usize::try_from(varint(bytes)?).map_err(|_| truncated())?;
            Wire::Bytes(take(bytes, size)?)
        }
        5 => Wire::Fixed32(fixed(bytes)?),
        other => return Err(format!("no type of value is {other}")),
    })
}

fn skip_group(bytes: &mut &[u8], number: u32) -> Result<(), String> {
    let mut open = vec![number];
    while let Some(last) = open.last().copied() {
        let tag = varint(bytes)?;
        let number = u32::try_from(tag >> 3).map_err(|_| "a field has no number")?;
        match (tag & 7) as u8 {
            3 if open.len() < GROUP_DEPTH_MAX => open.push(number),
            3 => return Err(format!("groups are nested more than {GROUP_DEPTH_MAX} deep")),
            4 if number == last => drop(open.pop()),
            4 => return Err("a group ends that was not begun".to_owned()),
            kind => drop(value(bytes, kind)?),
        }
    }
    Ok(())
}

/// Reads which message of its file a record is.
pub(super) fn path(bytes: &mut &[u8]) -> Result<Vec<usize>, String> {
    let mut number =
        || unzigzag(varint(bytes)?).try_into().map_err(|_| "no place of a message".to_owned());
    let count: usize = number()?;
    match count {
        0 => Ok(vec![0]),
        count if count <= PATH_MAX => (0..count).map(|_| number()).collect(),
        _ => Err("no place of a message".to_owned()),
    }
}

/// Writes which message of its file a record is.
pub(super) fn write_path(path: &[usize], out: &mut Vec<u8>) {
    if path == [0] {
        out.push(0);
        return;
    }
    for number in std::iter::once(path.len()).chain(path.iter().copied()) {
        write_varint(zigzag(number as i64), out);
    }
}

/// Returns the signed number that a zigzag one stands for.
pub(super) fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

/// Returns the zigzag number that stands for a signed one.
pub(super) fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

/// Writes a number.
#[inline]
pub(super) fn write_varint(mut value: u64, out: &mut Vec<u8>) {
    while 0x80 <= value {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Writes bytes after their number.
pub(super) fn write_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    write_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

/// Writes the number of a field and the type of its value.
pub(super) fn write_tag(number: u32, kind: u8, out: &mut Vec<u8>) {
    write_varint(u64::from(number) << 3 | u64::from(kind), out);
}
