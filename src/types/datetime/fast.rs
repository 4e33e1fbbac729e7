//! Patterns whose texts all have the same layout, such as `yyyy-MM-dd HH:mm:ss`: read without looking at parts.

use crate::types::datetime::Zone;
use crate::types::datetime::calendar::{DAY_MS, days_of, month_length};
use crate::types::datetime::field::{FIELD_COUNT, Field};
use crate::types::datetime::item::{Item, Number, OffsetStyle};
use crate::types::datetime::names::NameStyle;

/// The layout of a text whose parts stand at fixed places, but for an offset at the end.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layout {
    /// What each byte of the text may be.
    template: Box<[ByteRange]>,
    year: Year,
    month: Month,
    day: usize,
    hour: Option<usize>,
    minute: Option<usize>,
    second: Option<usize>,
    /// Where the fraction stands, and how many digits it has.
    fraction: Option<(usize, usize)>,
    offset: Option<OffsetStyle>,
}

/// Where the year stands.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Year {
    FourDigits(usize),
    TwoDigits(usize),
}

/// Where the month stands.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Month {
    Digits(usize),
    /// Three letters.
    Name(usize),
}

/// Bytes from `first` on.
#[derive(Clone, Copy, Debug, PartialEq)]
struct ByteRange {
    first: u8,
    /// How many more than one.
    more: u8,
}

const DIGIT: ByteRange = ByteRange { first: b'0', more: 9 };
/// All letters, and what stands between `Z` and `a`, which is no name of a month.
const LETTER: ByteRange = ByteRange { first: b'A', more: b'z' - b'A' };

/// What was found of a layout so far.
#[derive(Default)]
struct Parts {
    template: Vec<ByteRange>,
    year: Option<Year>,
    month: Option<Month>,
    /// Where numbers of two digits stand.
    numbers: [Option<usize>; FIELD_COUNT],
    fraction: Option<(usize, usize)>,
    offset: Option<OffsetStyle>,
}

impl Parts {
    /// Adds a part; none if it has no fixed place, or if its field is there already.
    fn push(&mut self, item: &Item) -> Option<()> {
        if self.offset.is_some() {
            return None;
        }
        let place = self.template.len();
        match item {
            Item::Literal(text) if text.is_ascii() => {
                let byte = |first| ByteRange { first, more: 0 };
                self.template.extend(text.bytes().map(byte));
                Some(())
            }
            Item::Offset(style) => replace(&mut self.offset, *style),
            Item::TwoDigitYear(Field::Year | Field::YearOfEra) => {
                self.template.extend([DIGIT; 2]);
                replace(&mut self.year, Year::TwoDigits(place))
            }
            Item::Name(Field::Month, NameStyle::Short) => {
                self.template.extend([LETTER; 3]);
                replace(&mut self.month, Month::Name(place))
            }
            Item::Fraction(width) => {
                let width = usize::from(*width);
                self.template.extend(std::iter::repeat_n(DIGIT, width));
                replace(&mut self.fraction, (place, width))
            }
            Item::Number(number) => self.number(number, place),
            Item::Literal(_)
            | Item::TwoDigitYear(_)
            | Item::Name(..)
            | Item::LocalizedOffset { .. }
            | Item::ZoneId
            | Item::ZoneName { .. }
            | Item::Optional(_)
            | Item::Padded(..) => None,
        }
    }

    fn number(&mut self, number: &Number, place: usize) -> Option<()> {
        self.template.extend(std::iter::repeat_n(DIGIT, number.min.into()));
        let field = number.field;
        let is_two_digits = number.is_fixed() && number.max == 2;
        if matches!(field, Field::Year | Field::YearOfEra) && number.min == 4 {
            replace(&mut self.year, Year::FourDigits(place))
        } else if field == Field::Month && is_two_digits {
            replace(&mut self.month, Month::Digits(place))
        } else if TWO_DIGITS.contains(&field) && is_two_digits {
            replace(&mut self.numbers[field as usize], place)
        } else {
            None
        }
    }
}

/// The numbers that a layout knows.
const TWO_DIGITS: &[Field] = &[Field::DayOfMonth, Field::Hour, Field::Minute, Field::Second];

/// Sets what is not set yet.
fn replace<T>(option: &mut Option<T>, value: T) -> Option<()> {
    option.replace(value).is_none().then_some(())
}

impl Layout {
    /// Finds the layout of a pattern, none if its texts have no fixed one or do not say the whole date.
    pub(super) fn of(items: &[Item]) -> Option<Self> {
        let mut parts = Parts::default();
        items.iter().try_for_each(|item| parts.push(item))?;
        let number = |field: Field| parts.numbers[field as usize];
        Some(Layout {
            year: parts.year?,
            month: parts.month?,
            day: number(Field::DayOfMonth)?,
            hour: number(Field::Hour),
            minute: number(Field::Minute),
            second: number(Field::Second),
            fraction: parts.fraction,
            offset: parts.offset,
            template: parts.template.into(),
        })
    }

    /// Reads a moment, in milliseconds since 1970. None sends the text the long way, which finds out what is wrong with it,
    /// or that nothing is.
    #[inline]
    pub(super) fn timestamp(&self, text: &str, zone: Zone) -> Option<i64> {
        let (text, tail) = text.as_bytes().split_at_checked(self.template.len())?;
        // Without a branch, so that many bytes are looked at in one step.
        let misses = |(byte, range): (&u8, &ByteRange)| range.more < byte.wrapping_sub(range.first);
        if text.iter().zip(&self.template).fold(false, |missed, at| missed | misses(at)) {
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
        let year = match self.year {
            Year::FourDigits(place) => two(text, place) * 100 + two(text, place + 2),
            Year::TwoDigits(place) => 2000 + two(text, place),
        };
        let month = match self.month {
            Month::Digits(place) => two(text, place),
            Month::Name(place) => month_of(&text[place..place + 3])?,
        };
        let day = two(text, self.day);
        if year < 1 || !(1..=12).contains(&month) || day < 1 {
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

/// Finds a month by its first three letters.
#[inline]
fn month_of(letters: &[u8]) -> Option<i64> {
    let lower = [letters[0] | 0x20, letters[1] | 0x20, letters[2] | 0x20];
    Some(match &lower {
        b"jan" => 1,
        b"feb" => 2,
        b"mar" => 3,
        b"apr" => 4,
        b"may" => 5,
        b"jun" => 6,
        b"jul" => 7,
        b"aug" => 8,
        b"sep" => 9,
        b"oct" => 10,
        b"nov" => 11,
        b"dec" => 12,
        _ => return None,
    })
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
