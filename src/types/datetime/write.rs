//! Dates and times, written by the parts of a pattern.

use std::fmt::Write;

use crate::types::datetime::calendar::{DAY_MS, Date, day_of_week};
use crate::types::datetime::field::Field;
use crate::types::datetime::item::{DIGITS_MAX, Item, Number, OffsetStyle, Sign};
use crate::types::datetime::names::NameStyle;
use crate::types::datetime::resolve::SECOND_NS;
use crate::types::datetime::{DateTimeError, Zone};

/// What is written: a date, a time, or both in a zone.
pub(super) struct Moment {
    date: Option<Date>,
    nanos: Option<i64>,
    zone: Option<InZone>,
}

/// A zone at a moment.
struct InZone {
    zone: Zone,
    offset: i32,
    /// The moment in seconds since 1970.
    seconds: i64,
}

impl Moment {
    /// A date.
    pub(super) fn of_date(days: i64) -> Self {
        Moment { date: Some(Date::of_days(days)), nanos: None, zone: None }
    }

    /// A time of day.
    pub(super) fn of_time(ms: i64) -> Self {
        Moment { date: None, nanos: Some(ms * 1_000_000), zone: None }
    }

    /// A moment, in milliseconds since 1970, as it is in a zone.
    pub(super) fn of_timestamp(ms: i64, zone: Zone) -> Self {
        let seconds = ms.div_euclid(1000);
        let offset = zone.offset_at(seconds);
        let local = seconds + i64::from(offset);
        let day = DAY_MS / 1000;
        let nanos = local.rem_euclid(day) * SECOND_NS + ms.rem_euclid(1000) * 1_000_000;
        Moment {
            date: Some(Date::of_days(local.div_euclid(day))),
            nanos: Some(nanos),
            zone: Some(InZone { zone, offset, seconds }),
        }
    }

    /// Returns the value of a field.
    fn get(&self, field: Field) -> Result<i64, DateTimeError> {
        let value = if field.is_of_time() {
            self.nanos.map(|nanos| time_field(nanos, field))
        } else {
            self.date.map(|date| date_field(date, field))
        };
        value.ok_or(DateTimeError::UnsupportedField(field.name()))
    }

    fn in_zone(&self) -> Result<&InZone, DateTimeError> {
        self.zone.as_ref().ok_or(DateTimeError::UnsupportedField("OffsetSeconds"))
    }

    /// Writes all parts.
    pub(super) fn write(&self, items: &[Item], out: &mut String) -> Result<(), DateTimeError> {
        items.iter().try_for_each(|item| self.write_item(item, out))
    }

    fn write_item(&self, item: &Item, out: &mut String) -> Result<(), DateTimeError> {
        match item {
            Item::Literal(text) => out.push_str(text),
            Item::Number(number) => return write_number(number, self.get(number.field)?, out),
            Item::TwoDigitYear(field) => {
                push_digits(self.get(*field)?.unsigned_abs() % 100, 2, out);
            }
            Item::Fraction(width) => {
                let nanos = self.get(Field::Nano)?.unsigned_abs();
                push_digits(nanos / 10_u64.pow(9 - u32::from(*width)), (*width).into(), out);
            }
            Item::Name(field, style) => self.write_name(*field, *style, out)?,
            Item::Offset(style) => write_offset(style, self.in_zone()?.offset, out),
            Item::LocalizedOffset { is_full } => {
                write_localized_offset(*is_full, self.in_zone()?.offset, out);
            }
            Item::ZoneId => push_fmt(out, format_args!("{}", self.in_zone()?.zone)),
            Item::ZoneName { is_full } => {
                let InZone { zone, seconds, .. } = self.in_zone()?;
                let name =
                    if *is_full { zone.full_name(*seconds) } else { zone.short_name(*seconds) };
                out.push_str(&name);
            }
            Item::Optional(items) => {
                let length = out.len();
                // What cannot be written is left out.
                if self.write(items, out).is_err() {
                    out.truncate(length);
                }
            }
            Item::Padded(width, item) => {
                let begin = out.len();
                self.write_item(item, out)?;
                let missing = usize::from(*width).saturating_sub(out[begin..].chars().count());
                out.insert_str(begin, &" ".repeat(missing));
            }
        }
        Ok(())
    }

    fn write_name(
        &self,
        field: Field,
        style: NameStyle,
        out: &mut String,
    ) -> Result<(), DateTimeError> {
        let value = self.get(field)?;
        let Some((names, first)) = field.names(style) else { return Ok(()) };
        if let Some(name) = usize::try_from(value - first).ok().and_then(|index| names.get(index)) {
            out.push_str(field.shown(name, style));
        }
        Ok(())
    }
}

fn time_field(nanos: i64, field: Field) -> i64 {
    let hour = nanos / (3600 * SECOND_NS);
    match field {
        Field::HalfDay => hour / 12,
        Field::HourOfHalfDay => hour % 12,
        Field::ClockHourOfHalfDay => (hour + 11) % 12 + 1,
        Field::ClockHour => (hour + 23) % 24 + 1,
        Field::Minute => nanos / (60 * SECOND_NS) % 60,
        Field::Second => nanos / SECOND_NS % 60,
        Field::Nano => nanos % SECOND_NS,
        Field::MilliOfDay => nanos / 1_000_000,
        Field::NanoOfDay => nanos,
        _ => hour,
    }
}

fn date_field(date: Date, field: Field) -> i64 {
    match field {
        Field::Era => i64::from(0 < date.year),
        Field::YearOfEra => {
            if 0 < date.year {
                date.year
            } else {
                1 - date.year
            }
        }
        Field::Quarter => i64::from((date.month - 1) / 3 + 1),
        Field::Month => date.month.into(),
        Field::DayOfMonth => date.day.into(),
        Field::DayOfYear => date.day_of_year(),
        Field::WeekYear => date.week().0,
        Field::Week => date.week().1,
        Field::WeekOfMonth => {
            let first = Date { day: 1, ..date }.days();
            // The week that has the month's first Thursday is its first.
            let first_monday = first - (day_of_week(first) - 1);
            let skipped = i64::from(4 < day_of_week(first));
            (date.days() - first_monday) / 7 + 1 - skipped
        }
        Field::DayOfWeek => day_of_week(date.days()),
        _ => date.year,
    }
}

fn write_number(number: &Number, value: i64, out: &mut String) -> Result<(), DateTimeError> {
    let digits = value.unsigned_abs();
    let count = digits.checked_ilog10().unwrap_or(0) + 1;
    let too_wide = DateTimeError::TooWide { field: number.field.name(), value };
    if u32::from(number.max) < count || value < 0 && number.sign == Sign::Never {
        return Err(too_wide);
    }
    if value < 0 {
        out.push('-');
    } else if number.sign == Sign::ExceedsPad
        && number.min < DIGITS_MAX
        && u32::from(number.min) < count
    {
        out.push('+');
    }
    push_digits(digits, number.min.into(), out);
    Ok(())
}

fn write_offset(style: &OffsetStyle, offset: i32, out: &mut String) {
    if offset == 0 {
        return out.push_str(style.zero);
    }
    let seconds = offset.unsigned_abs();
    let colon = if style.has_colons { ":" } else { "" };
    push_fmt(out, format_args!("{}{:02}", if offset < 0 { '-' } else { '+' }, seconds / 3600));
    let minutes = seconds / 60 % 60;
    if minutes != 0 || !style.minutes_optional {
        push_fmt(out, format_args!("{colon}{minutes:02}"));
    }
    if style.has_seconds && seconds % 60 != 0 {
        push_fmt(out, format_args!("{colon}{:02}", seconds % 60));
    }
}

fn write_localized_offset(is_full: bool, offset: i32, out: &mut String) {
    out.push_str("GMT");
    let seconds = offset.unsigned_abs();
    if seconds == 0 {
        return;
    }
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    out.push(if offset < 0 { '-' } else { '+' });
    if is_full {
        push_fmt(out, format_args!("{hours:02}:{minutes:02}"));
    } else {
        push_fmt(out, format_args!("{hours}"));
        if minutes != 0 {
            push_fmt(out, format_args!(":{minutes:02}"));
        }
    }
    if seconds % 60 != 0 {
        push_fmt(out, format_args!(":{:02}", seconds % 60));
    }
}

fn push_fmt(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("a string takes all that is written to it");
}

/// Pushes a number with at least so many digits.
pub(super) fn push_digits(mut value: u64, min: usize, out: &mut String) {
    let mut digits = [b'0'; 20];
    let mut begin = digits.len();
    while value != 0 || digits.len() - begin < min {
        begin -= 1;
        digits[begin] = b'0' + (value % 10) as u8;
        value /= 10;
    }
    out.extend(digits[begin..].iter().map(|digit| char::from(*digit)));
}
