//! Patterns whose texts all have the same layout, such as `yyyy-MM-dd HH:mm:ss`: read without looking at parts.

use crate::types::datetime::Zone;
use crate::types::datetime::calendar::{DAY_MS, days_of, month_length};
use crate::types::datetime::field::Field;
use crate::types::datetime::item::{Item, OffsetStyle};

/// The layout of a text whose parts stand at fixed places, but for an offset at the end.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layout {
    /// The bytes of the text, 0 where a digit stands.
    template: Box<[u8]>,
    year: usize,
    month: usize,
    day: usize,
    hour: Option<usize>,
    minute: Option<usize>,
    second: Option<usize>,
    /// Where the fraction stands, and how many digits it has.
    fraction: Option<(usize, usize)>,
    offset: Option<OffsetStyle>,
}

impl Layout {
    /// Finds the layout of a pattern, none if its texts have no fixed one.
    pub(super) fn of(items: &[Item]) -> Option<Self> {
        let mut template = Vec::new();
        let mut places = [None; crate::types::datetime::field::FIELD_COUNT];
        let mut fraction = None;
        let mut offset = None;
        for item in items {
            if offset.is_some() {
                return None;
            }
            let (field, width) = match item {
                Item::Literal(text) if text.is_ascii() && !text.contains('\0') => {
                    template.extend_from_slice(text.as_bytes());
                    continue;
                }
                Item::Offset(style) => {
                    offset = Some(*style);
                    continue;
                }
                Item::Number(number) if number.is_fixed() && number.max == 2 => (number.field, 2),
                Item::Number(number) if number.min == 4 => (number.field, 4),
                Item::Fraction(width) => (Field::Nano, usize::from(*width)),
                _ => return None,
            };
            if places[field as usize].replace(template.len()).is_some() {
                return None;
            }
            if field == Field::Nano {
                fraction = Some((template.len(), width));
            }
            template.extend(std::iter::repeat_n(0, width));
        }
        let place = |field: Field| places[field as usize];
        let year = place(Field::YearOfEra).xor(place(Field::Year));
        let layout = Layout {
            template: template.into(),
            year: year?,
            month: place(Field::Month)?,
            day: place(Field::DayOfMonth)?,
            hour: place(Field::Hour),
            minute: place(Field::Minute),
            second: place(Field::Second),
            fraction,
            offset,
        };
        // Fields that it does not know would be lost.
        let known = 3
            + [layout.hour, layout.minute, layout.second].iter().flatten().count()
            + usize::from(fraction.is_some());
        (known == places.iter().flatten().count()).then_some(layout)
    }

    /// Reads a moment, in milliseconds since 1970. None sends the text the long way, which finds out what is wrong with it,
    /// or that nothing is.
    #[inline]
    pub(super) fn timestamp(&self, text: &str, zone: Zone) -> Option<i64> {
        let text = text.as_bytes();
        let (text, tail) = text.split_at_checked(self.template.len())?;
        let fits = |(byte, template): (&u8, &u8)| match template {
            0 => byte.is_ascii_digit(),
            template => byte == template,
        };
        if !text.iter().zip(&self.template).all(fits) {
            return None;
        }
        let offset = match &self.offset {
            Some(style) => Some(offset(style, tail)?),
            None if tail.is_empty() => None,
            None => return None,
        };
        let days = self.days(text)?;
        let (seconds, millis) = self.time(text)?;
        let seconds = days * (DAY_MS / 1000) + seconds;
        let offset = offset.unwrap_or_else(|| zone.offset_at_local(seconds));
        Some((seconds - i64::from(offset)) * 1000 + millis)
    }

    #[inline]
    fn days(&self, text: &[u8]) -> Option<i64> {
        let year = two(text, self.year) * 100 + two(text, self.year + 2);
        let (month, day) = (two(text, self.month), two(text, self.day));
        if year < 1 || month < 1 || 12 < month || day < 1 {
            return None;
        }
        let length = month_length(year, month as u8);
        (day <= i64::from(length)).then(|| days_of(year, month as u8, day as u8))
    }

    /// Returns the seconds of the day and the milliseconds of the second.
    #[inline]
    fn time(&self, text: &[u8]) -> Option<(i64, i64)> {
        let part = |place: Option<usize>| place.map_or(0, |place| two(text, place));
        let (hour, minute, second) = (part(self.hour), part(self.minute), part(self.second));
        if 23 < hour || 59 < minute || 59 < second {
            return None;
        }
        let millis = self.fraction.map_or(0, |(place, width)| {
            let digit = |index: usize| {
                if index < width { i64::from(text[place + index] - b'0') } else { 0 }
            };
            digit(0) * 100 + digit(1) * 10 + digit(2)
        });
        Some((hour * 3600 + minute * 60 + second, millis))
    }
}

/// Reads the commonest offsets: what stands for none, and hours with minutes.
#[inline]
fn offset(style: &OffsetStyle, text: &[u8]) -> Option<i32> {
    if text == style.zero.as_bytes() {
        return Some(0);
    }
    let colon = usize::from(style.has_colons);
    let (sign, digits) = text.split_first()?;
    if digits.len() != 4 + colon || style.has_colons && digits[2] != b':' {
        return None;
    }
    let digit = |index: usize| digits[index].is_ascii_digit();
    if ![0, 1, 2 + colon, 3 + colon].iter().all(|index| digit(*index)) {
        return None;
    }
    let (hours, minutes) = (two(digits, 0), two(digits, 2 + colon));
    if 17 < hours || 59 < minutes {
        return None;
    }
    let seconds = (hours * 3600 + minutes * 60) as i32;
    match sign {
        b'+' => Some(seconds),
        b'-' => Some(-seconds),
        _ => None,
    }
}

/// Returns the number that two digits say.
#[inline]
fn two(text: &[u8], place: usize) -> i64 {
    i64::from(text[place] - b'0') * 10 + i64::from(text[place + 1] - b'0')
}
