//! Texts, read by the parts of a pattern into fields.

use crate::types::datetime::Zone;
use crate::types::datetime::field::{FIELD_COUNT, Field};
use crate::types::datetime::item::{Item, Number, OffsetStyle, Sign};
use crate::types::datetime::names::NameStyle;
use crate::types::datetime::zone::OFFSET_SECONDS_MAX;

/// What a text says, field by field.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields {
    values: [i64; FIELD_COUNT],
    set: u32,
    /// The offset from UTC, in seconds.
    pub(super) offset: Option<i32>,
    /// The zone.
    pub(super) zone: Option<Zone>,
}

impl Fields {
    /// Returns the value of a field.
    #[inline]
    pub(super) fn get(&self, field: Field) -> Option<i64> {
        (self.set & 1 << field as u32 != 0).then(|| self.values[field as usize])
    }

    /// Sets a field; fails if it has another value already.
    pub(super) fn set(&mut self, field: Field, value: i64) -> Option<()> {
        match self.get(field) {
            Some(old) => (old == value).then_some(()),
            None => {
                self.set |= 1 << field as u32;
                self.values[field as usize] = value;
                Some(())
            }
        }
    }

    fn set_offset(&mut self, offset: i32) -> Option<()> {
        match self.offset {
            Some(old) => (old == offset).then_some(()),
            None => {
                self.offset = Some(offset);
                Some(())
            }
        }
    }
}

/// Reads a text from left to right.
pub(super) struct Reader<'a> {
    text: &'a str,
    at: usize,
    pub(super) fields: Fields,
}

impl<'a> Reader<'a> {
    /// Begins at the front of a text.
    pub(super) fn new(text: &'a str) -> Self {
        Reader { text, at: 0, fields: Fields::default() }
    }

    /// Returns where it stands, as Java counts characters.
    pub(super) fn index(&self) -> usize {
        self.text[..self.at].encode_utf16().count()
    }

    /// Tells whether all was read.
    pub(super) fn is_at_end(&self) -> bool {
        self.at == self.text.len()
    }

    fn rest(&self) -> &'a [u8] {
        &self.text.as_bytes()[self.at..]
    }

    /// Reads all parts; none if one does not match, and then it stands where that one begins.
    pub(super) fn items(&mut self, items: &[Item]) -> Option<()> {
        items.iter().try_for_each(|item| self.item(item))
    }

    fn item(&mut self, item: &Item) -> Option<()> {
        let begin = self.at;
        let read = match item {
            Item::Literal(text) => self.literal(text),
            Item::Number(number) => self.number(number),
            Item::TwoDigitYear(field) => {
                let year = self.digits(2)?;
                self.fields.set(*field, 2000 + year)
            }
            Item::Fraction(width) => {
                let digits = self.digits(usize::from(*width))?;
                self.fields.set(Field::Nano, digits * 10_i64.pow(9 - u32::from(*width)))
            }
            Item::Name(field, style) => self.name(*field, *style),
            Item::Offset(style) => self.offset(style),
            Item::LocalizedOffset { is_full } => self.localized_offset(*is_full),
            Item::ZoneId | Item::ZoneName { .. } => self.zone(),
            Item::Optional(items) => return self.optional(items),
            Item::Padded(width, item) => self.padded(*width, item),
        };
        if read.is_none() && !matches!(item, Item::Padded(..)) {
            self.at = begin;
        }
        read
    }

    /// What does not match is as if it was not there.
    fn optional(&mut self, items: &[Item]) -> Option<()> {
        let (at, fields) = (self.at, self.fields.clone());
        if self.items(items).is_none() {
            self.at = at;
            self.fields = fields;
        }
        Some(())
    }

    fn literal(&mut self, literal: &str) -> Option<()> {
        let found = self.text[self.at..].get(..literal.len())?;
        let is_it = found == literal || found.to_lowercase() == literal.to_lowercase();
        self.at += literal.len();
        is_it.then_some(())
    }

    /// Reads exactly so many digits.
    fn digits(&mut self, count: usize) -> Option<i64> {
        let digits = self.rest().get(..count)?;
        let value = number_of(digits)?;
        self.at += count;
        Some(value)
    }

    fn number(&mut self, number: &Number) -> Option<()> {
        let sign = self.sign(number)?;
        let (min, mut max) = (usize::from(number.min), usize::from(number.max));
        let reserved = usize::from(number.reserved);
        let is_digit = |b: &&u8| b.is_ascii_digit();
        let run = self.rest().iter().take(max + reserved).take_while(is_digit).count();
        if 0 < reserved {
            max = run.saturating_sub(reserved).max(min);
        }
        let length = run.min(max);
        if length < min || length == 0 {
            return None;
        }
        let value = number_of(&self.rest()[..length])?;
        let is_valid = match (sign, number.sign) {
            (Some(b'-'), _) => value != 0,
            (Some(_), _) => min < length,
            (None, Sign::ExceedsPad) => length <= min,
            (None, Sign::Normal | Sign::Never) => true,
        };
        if !is_valid {
            return None;
        }
        self.at += length;
        self.fields.set(number.field, if sign == Some(b'-') { -value } else { value })
    }

    /// Takes the sign of a number, if it may have one.
    fn sign(&mut self, number: &Number) -> Option<Option<u8>> {
        let sign = match self.rest().first() {
            Some(b'-') if number.sign != Sign::Never => b'-',
            Some(b'+') if number.sign == Sign::ExceedsPad => b'+',
            Some(b'-' | b'+') | None => return None,
            Some(_) => return Some(None),
        };
        self.at += 1;
        Some(Some(sign))
    }

    /// Reads the longest name that fits.
    fn name(&mut self, field: Field, style: NameStyle) -> Option<()> {
        let (names, first) = field.names(style)?;
        let rest = &self.text[self.at..];
        let shown = names.iter().map(|name| field.shown(name, style)).enumerate();
        let fits = |name: &str| {
            rest.get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name))
        };
        let (index, name) = shown.filter(|(_, name)| fits(name)).max_by_key(|(_, n)| n.len())?;
        self.at += name.len();
        self.fields.set(field, first + index as i64)
    }

    fn offset(&mut self, style: &OffsetStyle) -> Option<()> {
        let zero = self.text[self.at..].get(..style.zero.len());
        if zero.is_some_and(|found| found.eq_ignore_ascii_case(style.zero)) {
            self.at += style.zero.len();
            return self.fields.set_offset(0);
        }
        let is_negative = match self.rest().first()? {
            b'+' => false,
            b'-' => true,
            _ => return None,
        };
        self.at += 1;
        let hours = self.digits(2)?;
        let minutes = match self.offset_part(style.has_colons) {
            None if !style.minutes_optional => return None,
            minutes => minutes.unwrap_or(0),
        };
        let seconds =
            if style.has_seconds { self.offset_part(style.has_colons).unwrap_or(0) } else { 0 };
        let offset = i32::try_from(hours * 3600 + minutes * 60 + seconds).ok()?;
        if OFFSET_SECONDS_MAX < offset {
            return None;
        }
        self.fields.set_offset(if is_negative { -offset } else { offset })
    }

    /// Reads the minutes or seconds of an offset.
    fn offset_part(&mut self, has_colon: bool) -> Option<i64> {
        let colon = usize::from(has_colon);
        if has_colon && self.rest().first() != Some(&b':') {
            return None;
        }
        let value = number_of(self.rest().get(colon..colon + 2)?).filter(|value| *value < 60)?;
        self.at += colon + 2;
        Some(value)
    }

    fn localized_offset(&mut self, is_full: bool) -> Option<()> {
        self.literal("GMT")?;
        let is_negative = match self.rest().first() {
            Some(b'+') => false,
            Some(b'-') => true,
            Some(_) | None => return self.fields.set_offset(0),
        };
        self.at += 1;
        let two = self.rest().get(..2).and_then(number_of).is_some();
        let hours = self.digits(if is_full || two { 2 } else { 1 })?;
        let minutes = match self.offset_part(true) {
            None if is_full => return None,
            minutes => minutes.unwrap_or(0),
        };
        let seconds = self.offset_part(true).unwrap_or(0);
        let offset = i32::try_from(hours * 3600 + minutes * 60 + seconds).ok()?;
        if OFFSET_SECONDS_MAX < offset {
            return None;
        }
        self.fields.set_offset(if is_negative { -offset } else { offset })
    }

    fn zone(&mut self) -> Option<()> {
        let (zone, length) = Zone::parse_prefix(&self.text[self.at..])?;
        if self.fields.zone.is_some_and(|old| old != zone) {
            return None;
        }
        self.at += length;
        self.fields.zone = Some(zone);
        Some(())
    }

    /// Reads a part out of a field of a fixed width, behind its spaces.
    fn padded(&mut self, width: u8, item: &Item) -> Option<()> {
        let end = self.at + usize::from(width);
        let field = self.text.get(self.at..end)?;
        let mut inner =
            Reader { text: self.text.get(..end)?, at: self.at, fields: Fields::default() };
        inner.at += field.len() - field.trim_start_matches(' ').len();
        std::mem::swap(&mut inner.fields, &mut self.fields);
        let read = inner.item(item);
        std::mem::swap(&mut inner.fields, &mut self.fields);
        read?;
        if !inner.is_at_end() {
            return None;
        }
        self.at = end;
        Some(())
    }
}

/// Returns the number that digits say; none if there is another character, or if it is too large.
fn number_of(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0_i64, |number, digit| {
        let digit = digit.is_ascii_digit().then(|| i64::from(digit - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}
