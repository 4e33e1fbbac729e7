//! Fields, made into dates and times by the rules of Java's "smart" resolving.

use crate::types::datetime::calendar::{DAY_MS, Date, day_of_week, days_of, days_of_week};
use crate::types::datetime::field::Field;
use crate::types::datetime::read::Fields;
use crate::types::datetime::{DateTimeError, Zone};

/// The nanoseconds of a second.
pub(super) const SECOND_NS: i64 = 1_000_000_000;

type Resolved<T> = Result<T, String>;

/// A time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Time {
    /// Since midnight.
    pub(super) nanos: i64,
    /// Whether it is 24:00, which is midnight of the next day.
    pub(super) is_end_of_day: bool,
}

impl Fields {
    fn checked(&self, field: Field) -> Resolved<Option<i64>> {
        let Some(value) = self.get(field) else { return Ok(None) };
        let (min, max) = field.range();
        if value < min || max < value {
            return Err(format!(
                "Invalid value for {} (valid values {min} - {max}): {value}",
                field.name()
            ));
        }
        Ok(Some(value))
    }

    /// Returns the year, out of the year of the era if need be.
    fn year(&self) -> Resolved<Option<i64>> {
        let year = self.checked(Field::Year)?;
        let Some(year_of_era) = self.checked(Field::YearOfEra)? else { return Ok(year) };
        let is_before = match self.checked(Field::Era)? {
            Some(era) => era == 0,
            None => year.is_some_and(|year| year <= 0),
        };
        let from_era = if is_before { 1 - year_of_era } else { year_of_era };
        match year {
            Some(year) if year != from_era => Err(conflict(Field::Year, year, from_era)),
            _ => Ok(Some(from_era)),
        }
    }

    /// Returns the date in days since 1970-01-01, none if the fields do not say it in full.
    pub(super) fn date(&self) -> Resolved<Option<i64>> {
        let Some(days) = self.date_unchecked()? else { return Ok(None) };
        let date = Date::of_days(days);
        let (week_year, week) = date.week();
        let derived = [
            (Field::Month, i64::from(date.month)),
            (Field::DayOfYear, date.day_of_year()),
            (Field::DayOfWeek, day_of_week(days)),
            (Field::Quarter, i64::from((date.month - 1) / 3 + 1)),
            (Field::WeekYear, week_year),
            (Field::Week, week),
        ];
        for (field, value) in derived {
            if let Some(given) = self.checked(field)?.filter(|given| *given != value) {
                return Err(conflict(field, given, value));
            }
        }
        Ok(Some(days))
    }

    fn date_unchecked(&self) -> Resolved<Option<i64>> {
        let year = self.year()?;
        let month = self.checked(Field::Month)?;
        let day = self.checked(Field::DayOfMonth)?;
        if let (Some(year), Some(month), Some(day)) = (year, month, day) {
            // A 31st of a shorter month is its last day.
            return Ok(Some(Date::clamped(year, month as u8, day as u8).days()));
        }
        let day_of_year = self.checked(Field::DayOfYear)?;
        if let (Some(year), Some(day)) = (year, day_of_year) {
            if days_of(year + 1, 1, 1) - days_of(year, 1, 1) < day {
                return Err(format!("Invalid date 'DayOfYear 366' as '{year}' is not a leap year"));
            }
            return Ok(Some(days_of(year, 1, 1) + day - 1));
        }
        let week = (self.checked(Field::WeekYear)?, self.checked(Field::Week)?);
        match (week, self.checked(Field::DayOfWeek)?) {
            ((Some(year), Some(week)), Some(day)) => Ok(Some(days_of_week(year, week) + day - 1)),
            _ => Ok(None),
        }
    }

    /// Returns the hour, none if the fields do not say it in full.
    fn hour(&self) -> Resolved<Option<i64>> {
        let clock_hour = self.checked(Field::ClockHour)?.map(|hour| hour % 24);
        let hour_of_half_day = self.hour_of_half_day()?;
        let from_halves = match (self.checked(Field::HalfDay)?, hour_of_half_day) {
            (Some(half), Some(hour)) => Some(half * 12 + hour),
            _ => None,
        };
        let hours = [self.checked(Field::Hour)?, clock_hour, from_halves];
        let mut hours = hours.into_iter().flatten();
        let Some(hour) = hours.next() else { return Ok(None) };
        match hours.find(|other| *other != hour) {
            Some(other) => Err(conflict(Field::Hour, hour, other)),
            None => Ok(Some(hour)),
        }
    }

    fn hour_of_half_day(&self) -> Resolved<Option<i64>> {
        let clock_hour = self.checked(Field::ClockHourOfHalfDay)?.map(|hour| hour % 12);
        Ok(self.checked(Field::HourOfHalfDay)?.or(clock_hour))
    }

    /// Returns the time of day, none if the fields do not say it: the hour at least must be there, and minutes if seconds are.
    pub(super) fn time(&self) -> Resolved<Option<Time>> {
        if let Some(nanos) = self.nanos_of_day()? {
            return Ok(Some(Time { nanos, is_end_of_day: false }));
        }
        let (minute, second) = (self.checked(Field::Minute)?, self.checked(Field::Second)?);
        let nano = self.checked(Field::Nano)?;
        let is_gap = minute.is_none() && (second.is_some() || nano.is_some())
            || second.is_none() && nano.is_some();
        match self.hour()? {
            Some(hour) if !is_gap => self.time_at(hour).map(Some),
            _ => Ok(None),
        }
    }

    fn nanos_of_day(&self) -> Resolved<Option<i64>> {
        let millis = self.checked(Field::MilliOfDay)?.map(|millis| millis * 1_000_000);
        Ok(self.checked(Field::NanoOfDay)?.or(millis))
    }

    /// Returns the time at an hour, what is not said being 0.
    fn time_at(&self, hour: i64) -> Resolved<Time> {
        let minute = self.checked(Field::Minute)?.unwrap_or(0);
        let second = self.checked(Field::Second)?.unwrap_or(0);
        let nano = self.checked(Field::Nano)?.unwrap_or(0);
        let is_end_of_day = hour == 24;
        if is_end_of_day && (minute, second, nano) != (0, 0, 0) {
            return Err("Invalid value for HourOfDay (valid values 0 - 23): 24".to_owned());
        }
        let seconds = hour % 24 * 3600 + minute * 60 + second;
        Ok(Time { nanos: seconds * SECOND_NS + nano, is_end_of_day })
    }

    /// Returns the moment in milliseconds since 1970. What is not said is as at 1970-01-01 00:00 in the zone, which is the
    /// text's own or else the given one.
    pub(super) fn timestamp(&self, zone: Zone) -> Resolved<Result<i64, DateTimeError>> {
        let time = match self.nanos_of_day()? {
            Some(nanos) => Time { nanos, is_end_of_day: false },
            None => {
                let halves = self.checked(Field::HalfDay)?.unwrap_or(0) * 12
                    + self.hour_of_half_day()?.unwrap_or(0);
                self.time_at(self.hour()?.unwrap_or(halves))?
            }
        };
        let days = match self.date()? {
            Some(days) => days,
            None => self.date_with_defaults()?,
        };
        let days = days + i64::from(time.is_end_of_day);
        let seconds = days * (DAY_MS / 1000) + time.nanos.div_euclid(SECOND_NS);
        let offset = match (self.zone, self.offset) {
            (Some(zone), _) => zone.offset_at_local(seconds),
            (None, Some(offset)) => offset,
            (None, None) => zone.offset_at_local(seconds),
        };
        let millis = (seconds - i64::from(offset)).checked_mul(1000);
        let millis = millis.and_then(|ms| ms.checked_add(time.nanos % SECOND_NS / 1_000_000));
        Ok(millis.ok_or(DateTimeError::OutOfRange))
    }

    /// Returns the date that some fields make out of 1970-01-01.
    fn date_with_defaults(&self) -> Resolved<i64> {
        let mut date = Date { year: 1970, month: 1, day: 1 };
        if let Some(day) = self.checked(Field::DayOfWeek)? {
            date = Date::of_days(day - day_of_week(0));
        }
        if let Some(day) = self.checked(Field::DayOfMonth)? {
            date = Date::clamped(date.year, date.month, day as u8);
        }
        if let Some(day) = self.checked(Field::DayOfYear)? {
            if day == 366 {
                return Err("Leap day cannot be parsed without supplying the year field".into());
            }
            date = Date::of_days(days_of(date.year, 1, 1) + day - 1);
        }
        if let Some(month) = self.checked(Field::Month)? {
            date = Date::clamped(date.year, month as u8, date.day);
        }
        if let Some(year) = self.year()? {
            date = Date::clamped(year, date.month, date.day);
        }
        Ok(date.days())
    }
}

fn conflict(field: Field, given: i64, derived: i64) -> String {
    let name = field.name();
    format!("Conflict found: Field {name} {given} differs from {name} {derived}")
}
