//! The parts of a compiled pattern, and how letters are compiled to them.

use crate::types::datetime::DateTimeError;
use crate::types::datetime::field::Field;
use crate::types::datetime::names::NameStyle;

/// A part of a pattern.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Item {
    /// This text, in any letters.
    Literal(Box<str>),
    /// A number.
    Number(Number),
    /// The last two digits of a year from 2000 to 2099.
    TwoDigitYear(Field),
    /// The first digits of the fraction of a second.
    Fraction(u8),
    /// A name.
    Name(Field, NameStyle),
    /// An offset.
    Offset(OffsetStyle),
    /// `GMT+2`, or in full `GMT+02:00`.
    LocalizedOffset { is_full: bool },
    /// The id of a zone.
    ZoneId,
    /// The name of a zone, short or full.
    ZoneName { is_full: bool },
    /// A part that need not be there.
    Optional(Vec<Item>),
    /// A part filled up with spaces on its left.
    Padded(u8, Box<Item>),
}

/// How a number is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Number {
    pub(super) field: Field,
    /// The fewest digits.
    pub(super) min: u8,
    /// The most digits.
    pub(super) max: u8,
    pub(super) sign: Sign,
    /// How many digits the numbers right behind it need.
    pub(super) reserved: u8,
}

/// When a number has a sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// If it is negative.
    Normal,
    /// Never: it cannot be negative.
    Never,
    /// If it is negative, or has more than the fewest digits.
    ExceedsPad,
}

/// How an offset is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OffsetStyle {
    pub(super) has_colons: bool,
    /// Whether minutes are left out if there are none.
    pub(super) minutes_optional: bool,
    /// Whether seconds are written if there are some.
    pub(super) has_seconds: bool,
    /// What stands for no offset.
    pub(super) zero: &'static str,
}

impl Number {
    fn new(field: Field, count: usize, most: u8) -> Self {
        // The caller has checked the count against the longest run of letters.
        Number { field, min: count as u8, max: most, sign: Sign::Never, reserved: 0 }
    }

    /// Tells whether it always has the same number of digits.
    pub(super) fn is_fixed(&self) -> bool {
        self.min == self.max && self.sign == Sign::Never
    }
}

/// The most digits of a number.
pub(super) const DIGITS_MAX: u8 = 19;

/// Compiles a run of one letter.
pub(super) fn letters(letter: char, count: usize) -> Result<Item, DateTimeError> {
    let too_many = || DateTimeError::LetterCount(letter);
    if usize::from(DIGITS_MAX) < count {
        return Err(too_many());
    }
    Ok(match (letter, count) {
        ('u', _) => year(Field::Year, count),
        ('y', _) => year(Field::YearOfEra, count),
        ('Y', _) => year(Field::WeekYear, count),
        ('M' | 'L', _) => named(Field::Month, count).ok_or_else(too_many)?,
        ('Q' | 'q', _) => named(Field::Quarter, count).ok_or_else(too_many)?,
        ('e' | 'c', _) => named(Field::DayOfWeek, count).ok_or_else(too_many)?,
        ('E', 1..=3) => Item::Name(Field::DayOfWeek, NameStyle::Short),
        ('E', 4..=5) => named(Field::DayOfWeek, count).ok_or_else(too_many)?,
        ('G', 1..=3) => Item::Name(Field::Era, NameStyle::Short),
        ('G', 4..=5) => named(Field::Era, count).ok_or_else(too_many)?,
        ('a', 1) => Item::Name(Field::HalfDay, NameStyle::Short),
        ('D', 1) => free(Field::DayOfYear),
        ('D', 2..=3) => Item::Number(Number::new(Field::DayOfYear, count, 3)),
        ('W', 1) => free(Field::WeekOfMonth),
        ('S', 1..=9) => Item::Fraction(count as u8),
        ('A', _) => Item::Number(Number::new(Field::MilliOfDay, count, DIGITS_MAX)),
        ('n', _) => Item::Number(Number::new(Field::Nano, count, DIGITS_MAX)),
        ('N', _) => Item::Number(Number::new(Field::NanoOfDay, count, DIGITS_MAX)),
        ('V', 2) => Item::ZoneId,
        ('z' | 'v', 1..=4) => Item::ZoneName { is_full: count == 4 },
        ('O', 1 | 4) => Item::LocalizedOffset { is_full: count == 4 },
        ('X' | 'x' | 'Z', 1..=5) => offset(letter, count),
        _ => match two_digits(letter) {
            Some(field) if count == 1 => free(field),
            Some(field) if count == 2 => Item::Number(Number::new(field, 2, 2)),
            Some(_) => return Err(too_many()),
            None if "EGaDWSVvzOXxZ".contains(letter) => return Err(too_many()),
            None => return Err(DateTimeError::UnknownLetter(letter)),
        },
    })
}

/// The fields written with one digit or more, or with exactly two.
fn two_digits(letter: char) -> Option<Field> {
    Some(match letter {
        'd' => Field::DayOfMonth,
        'h' => Field::ClockHourOfHalfDay,
        'H' => Field::Hour,
        'k' => Field::ClockHour,
        'K' => Field::HourOfHalfDay,
        'm' => Field::Minute,
        's' => Field::Second,
        'w' => Field::Week,
        _ => return None,
    })
}

fn year(field: Field, count: usize) -> Item {
    if count == 2 {
        return Item::TwoDigitYear(field);
    }
    let sign = if count < 4 { Sign::Normal } else { Sign::ExceedsPad };
    Item::Number(Number { sign, ..Number::new(field, count, DIGITS_MAX) })
}

/// A number of as many digits as it has.
fn free(field: Field) -> Item {
    Item::Number(Number { sign: Sign::Normal, ..Number::new(field, 1, DIGITS_MAX) })
}

/// A field that one or two letters write as a number and more as a name.
fn named(field: Field, count: usize) -> Option<Item> {
    Some(match count {
        1 => free(field),
        2 => Item::Number(Number::new(field, 2, 2)),
        3 => Item::Name(field, NameStyle::Short),
        4 => Item::Name(field, NameStyle::Full),
        5 => Item::Name(field, NameStyle::Narrow),
        _ => return None,
    })
}

fn offset(letter: char, count: usize) -> Item {
    let (has_colons, minutes_optional, has_seconds) = match (letter, count) {
        ('Z', 1..=3) => (false, false, false),
        ('Z', 4) => return Item::LocalizedOffset { is_full: true },
        ('Z', _) => (true, false, true),
        (_, 1) => (false, true, false),
        (_, 2) => (false, false, false),
        (_, 3) => (true, false, false),
        (_, 4) => (false, false, true),
        _ => (true, false, true),
    };
    let zero = match (letter, count) {
        ('X', _) | ('Z', 5) => "Z",
        ('x', 1) => "+00",
        ('x', 3 | 5) => "+00:00",
        _ => "+0000",
    };
    Item::Offset(OffsetStyle { has_colons, minutes_optional, has_seconds, zero })
}
