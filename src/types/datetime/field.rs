//! The fields of which dates and times are made.

use crate::types::datetime::names::{
    DAYS, ERAS, FULL_ERAS, FULL_QUARTERS, HALF_DAYS, MONTHS, NameStyle, QUARTERS,
};

/// A field of a date or a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Field {
    Era,
    Year,
    YearOfEra,
    Quarter,
    Month,
    DayOfMonth,
    DayOfYear,
    WeekYear,
    Week,
    WeekOfMonth,
    DayOfWeek,
    HalfDay,
    HourOfHalfDay,
    ClockHourOfHalfDay,
    Hour,
    ClockHour,
    Minute,
    Second,
    Nano,
    MilliOfDay,
    NanoOfDay,
}

/// How many fields there are.
pub(super) const FIELD_COUNT: usize = Field::NanoOfDay as usize + 1;

impl Field {
    /// Returns the name that Java has for it, for errors.
    pub(super) fn name(self) -> &'static str {
        match self {
            Field::Era => "Era",
            Field::Year => "Year",
            Field::YearOfEra => "YearOfEra",
            Field::Quarter => "QuarterOfYear",
            Field::Month => "MonthOfYear",
            Field::DayOfMonth => "DayOfMonth",
            Field::DayOfYear => "DayOfYear",
            Field::WeekYear => "WeekBasedYear",
            Field::Week => "WeekOfWeekBasedYear",
            Field::WeekOfMonth => "WeekOfMonth",
            Field::DayOfWeek => "DayOfWeek",
            Field::HalfDay => "AmPmOfDay",
            Field::HourOfHalfDay => "HourOfAmPm",
            Field::ClockHourOfHalfDay => "ClockHourOfAmPm",
            Field::Hour => "HourOfDay",
            Field::ClockHour => "ClockHourOfDay",
            Field::Minute => "MinuteOfHour",
            Field::Second => "SecondOfMinute",
            Field::Nano => "NanoOfSecond",
            Field::MilliOfDay => "MilliOfDay",
            Field::NanoOfDay => "NanoOfDay",
        }
    }

    /// Returns the smallest and the largest value.
    pub(super) fn range(self) -> (i64, i64) {
        match self {
            Field::Era | Field::HalfDay => (0, 1),
            Field::Year | Field::WeekYear => (-999_999_999, 999_999_999),
            Field::YearOfEra => (1, 999_999_999),
            Field::Quarter => (1, 4),
            Field::Month => (1, 12),
            Field::DayOfMonth => (1, 31),
            Field::DayOfYear => (1, 366),
            Field::Week => (1, 53),
            Field::WeekOfMonth => (0, 6),
            Field::DayOfWeek => (1, 7),
            Field::HourOfHalfDay => (0, 11),
            // Java takes 0 too, unless it is told to be strict.
            Field::ClockHourOfHalfDay => (0, 12),
            // 24:00 is the end of the day.
            Field::Hour | Field::ClockHour => (0, 24),
            Field::Minute | Field::Second => (0, 59),
            Field::Nano => (0, 999_999_999),
            Field::MilliOfDay => (0, 86_399_999),
            Field::NanoOfDay => (0, 86_399_999_999_999),
        }
    }

    /// Tells whether it is part of a time rather than of a date.
    pub(super) fn is_of_time(self) -> bool {
        Field::HalfDay as u8 <= self as u8
    }

    /// Returns its names and the value of the first one; none if it has no names.
    pub(super) fn names(self, style: NameStyle) -> Option<(&'static [&'static str], i64)> {
        let is_full = style == NameStyle::Full;
        match self {
            Field::Month => Some((MONTHS, 1)),
            Field::DayOfWeek => Some((DAYS, 1)),
            Field::HalfDay => Some((HALF_DAYS, 0)),
            Field::Era => Some((if is_full { FULL_ERAS } else { ERAS }, 0)),
            Field::Quarter => Some((if is_full { FULL_QUARTERS } else { QUARTERS }, 1)),
            Field::Year
            | Field::YearOfEra
            | Field::DayOfMonth
            | Field::DayOfYear
            | Field::WeekYear
            | Field::Week
            | Field::WeekOfMonth
            | Field::HourOfHalfDay
            | Field::ClockHourOfHalfDay
            | Field::Hour
            | Field::ClockHour
            | Field::Minute
            | Field::Second
            | Field::Nano
            | Field::MilliOfDay
            | Field::NanoOfDay => None,
        }
    }

    /// Returns the part of a name that a style shows.
    pub(super) fn shown(self, name: &'static str, style: NameStyle) -> &'static str {
        let is_cut = matches!(self, Field::Month | Field::DayOfWeek);
        match style {
            NameStyle::Short if is_cut => &name[..3],
            NameStyle::Narrow if self == Field::Quarter => &name[1..],
            NameStyle::Narrow => &name[..1],
            NameStyle::Short | NameStyle::Full => name,
        }
    }
}
