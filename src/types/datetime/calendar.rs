//! The proleptic Gregorian calendar in whole numbers.

/// The milliseconds of a day.
pub(crate) const DAY_MS: i64 = 86_400_000;

/// Returns the days from 1970-01-01 to a date; the month is from 1 to 12.
///
/// Years are counted from March, so that the leap day is the last of a year, in eras of 400 years.
#[inline]
pub(super) fn days_of(year: i64, month: u8, day: u8) -> i64 {
    let month = i64::from(month);
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let months_from_march = if 2 < month { month - 3 } else { month + 9 };
    let day_of_year = (153 * months_from_march + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// A date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Date {
    /// The year; 0 is 1 BC.
    pub(super) year: i64,
    /// From 1 to 12.
    pub(super) month: u8,
    /// From 1.
    pub(super) day: u8,
}

impl Date {
    /// Returns the date so many days after 1970-01-01.
    #[inline]
    pub(super) fn of_days(days: i64) -> Self {
        let days = days + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let months_from_march = (5 * day_of_year + 2) / 153;
        let day = (day_of_year - (153 * months_from_march + 2) / 5 + 1) as u8;
        let month =
            (if months_from_march < 10 { months_from_march + 3 } else { months_from_march - 9 })
                as u8;
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Date { year, month, day }
    }

    /// Returns the days from 1970-01-01.
    pub(super) fn days(self) -> i64 {
        days_of(self.year, self.month, self.day)
    }

    /// Returns the day of the year, from 1.
    pub(super) fn day_of_year(self) -> i64 {
        self.days() - days_of(self.year, 1, 1) + 1
    }

    /// Returns the same date in another month or year, or the last day of that month if it is shorter.
    pub(super) fn clamped(year: i64, month: u8, day: u8) -> Self {
        Date { year, month, day: day.min(month_length(year, month)) }
    }

    /// Returns the year of the week, and the week in it, both from 1, as ISO 8601 counts weeks.
    pub(super) fn week(self) -> (i64, i64) {
        let days = self.days();
        let thursday = days - (day_of_week(days) - 4);
        let year = Date::of_days(thursday).year;
        (year, (thursday - days_of(year, 1, 1)) / 7 + 1)
    }
}

/// Returns the day of the week, Monday being 1.
pub(super) fn day_of_week(days: i64) -> i64 {
    (days + 3).rem_euclid(7) + 1
}

/// Returns the first day, a Monday, of a week of a year as ISO 8601 counts weeks.
pub(super) fn days_of_week(year: i64, week: i64) -> i64 {
    let fourth = days_of(year, 1, 4);
    fourth - (day_of_week(fourth) - 1) + (week - 1) * 7
}

/// Tells whether a year has a 29th of February.
#[inline]
pub(super) fn is_leap_year(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Returns how many days a month has.
#[inline]
pub(super) fn month_length(year: i64, month: u8) -> u8 {
    match month {
        2 => 28 + u8::from(is_leap_year(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_are_inverse() {
        for days in (-800_000..800_000).step_by(13) {
            let date = Date::of_days(days);
            assert_eq!(date.days(), days);
            assert!(date.day <= month_length(date.year, date.month));
        }
        assert_eq!(days_of(1970, 1, 1), 0);
        assert_eq!(days_of(2000, 2, 29), 11_016);
        assert_eq!(Date::of_days(-1), Date { year: 1969, month: 12, day: 31 });
        assert_eq!(day_of_week(0), 4);
    }

    #[test]
    fn weeks_are_those_of_iso_8601() {
        let week = |year, month, day| Date { year, month, day }.week();
        assert_eq!(week(2021, 1, 3), (2020, 53));
        assert_eq!(week(2021, 1, 4), (2021, 1));
        assert_eq!(week(2018, 12, 31), (2019, 1));
        assert_eq!(days_of_week(2020, 53), days_of(2020, 12, 28));
    }
}
