//! Time zones: fixed offsets and those of the tz database, by the names that Java's `ZoneId` takes.

use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

use chrono::{DateTime, MappedLocalTime, NaiveDateTime, Offset, TimeZone};
use chrono_tz::{OffsetComponents, OffsetName, TZ_VARIANTS, Tz};

use crate::types::datetime::DateTimeError;

/// The largest offset from UTC, in seconds.
pub(super) const OFFSET_SECONDS_MAX: i32 = 18 * 3600;

/// A time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    /// Always so many seconds ahead of UTC.
    Fixed(i32),
    /// A zone of the tz database.
    Named(Tz),
}

impl Zone {
    /// Coordinated Universal Time, the zone of all texts that name none.
    pub const UTC: Zone = Zone::Fixed(0);

    /// Finds a zone by name: `Europe/London`, `UTC`, `Z`, `+02:00`, `GMT-3`, or one of Java's old short names such as `PST`.
    pub fn parse(name: &str) -> Result<Self, DateTimeError> {
        if name == "Z" {
            return Ok(Zone::UTC);
        }
        if name.starts_with(['+', '-']) {
            return parse_offset(name).map(Zone::Fixed);
        }
        for prefix in ["UTC", "GMT", "UT"] {
            match name.strip_prefix(prefix) {
                Some("") => return Ok(Zone::UTC),
                Some(rest) if rest.starts_with(['+', '-']) => {
                    return parse_offset(rest).map(Zone::Fixed);
                }
                Some(_) | None => {}
            }
        }
        let short = SHORT_IDS.iter().find(|(short, _)| *short == name);
        let full = short.map_or(name, |(_, full)| full);
        full.parse()
            .map(|tz: Tz| tz.into())
            .map_err(|_| DateTimeError::UnknownZone(name.to_owned()))
    }

    /// Finds the longest name of a zone at the beginning of a text, in any letters, and returns how long it is.
    pub(super) fn parse_prefix(text: &str) -> Option<(Self, usize)> {
        let is_part =
            |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-' | '+' | ':');
        let run = text.find(|c| !is_part(c)).unwrap_or(text.len()).min(NAME_LENGTH_MAX);
        (1..=run).rev().find_map(|length| {
            let name = text[..length].to_ascii_lowercase();
            if let Some(zone) = NAMES.get(name.as_str()) {
                return Some((*zone, length));
            }
            let is_offset = name.starts_with(['+', '-', 'u', 'g']) && !name.ends_with([':', '/']);
            let zone = if is_offset {
                Zone::parse(&name.to_ascii_uppercase()).ok()?
            } else {
                return None;
            };
            Some((zone, length))
        })
    }

    /// Returns how many milliseconds the zone is ahead of UTC at a moment, given in milliseconds since 1970.
    pub fn offset_ms(self, ms: i64) -> i64 {
        i64::from(self.offset_at(ms.div_euclid(1000))) * 1000
    }

    /// Returns how many seconds the zone is ahead of UTC at a moment, given in seconds.
    #[inline]
    pub(super) fn offset_at(self, seconds: i64) -> i32 {
        match self {
            Zone::Fixed(offset) => offset,
            Zone::Named(tz) => tz.offset_from_utc_datetime(&naive(seconds)).fix().local_minus_utc(),
        }
    }

    /// Returns the offset at a local time, given in seconds. A time that comes twice is the first one; a time that is left
    /// out has the offset from before, as in Java.
    #[inline]
    pub(super) fn offset_at_local(self, seconds: i64) -> i32 {
        match self {
            Zone::Fixed(offset) => offset,
            Zone::Named(tz) => match tz.offset_from_local_datetime(&naive(seconds)) {
                MappedLocalTime::Single(offset) | MappedLocalTime::Ambiguous(offset, _) => {
                    offset.fix().local_minus_utc()
                }
                // No zone changes twice in a day.
                MappedLocalTime::None => self.offset_at(seconds - 86_400),
            },
        }
    }

    /// Returns the short name at a moment: `PDT`, `UTC`, `+02:00`.
    pub(super) fn short_name(self, seconds: i64) -> String {
        match self {
            Zone::Fixed(_) => self.to_string(),
            Zone::Named(tz) => {
                let offset = tz.offset_from_utc_datetime(&naive(seconds));
                offset.abbreviation().unwrap_or(tz.name()).to_owned()
            }
        }
    }

    /// Returns the full name at a moment: `Pacific Daylight Time`.
    pub(super) fn full_name(self, seconds: i64) -> String {
        let short = self.short_name(seconds);
        let is_summer = match self {
            Zone::Fixed(_) => false,
            Zone::Named(tz) => !tz.offset_from_utc_datetime(&naive(seconds)).dst_offset().is_zero(),
        };
        let found = ABBREVIATIONS.iter().find(|(name, _, zone)| {
            *name == short
                && (*zone == "UTC"
                    || Zone::parse(zone) == Ok(self)
                    || is_alike(self, zone, seconds))
        });
        match found {
            Some((_, full, _)) => (*full).to_owned(),
            None if is_summer => format!("{self} Summer Time"),
            None => format!("{self} Time"),
        }
    }
}

impl From<Tz> for Zone {
    fn from(tz: Tz) -> Self {
        if matches!(tz, Tz::UTC | Tz::Etc__UTC | Tz::GMT) { Zone::UTC } else { Zone::Named(tz) }
    }
}

/// Tells whether two zones have the same offset half a year round, and so most likely the same names.
fn is_alike(zone: Zone, other: &str, seconds: i64) -> bool {
    const HALF_A_YEAR: i64 = 183 * 86_400;
    Zone::parse(other).is_ok_and(|other| {
        [seconds, seconds + HALF_A_YEAR]
            .iter()
            .all(|at| zone.offset_at(*at) == other.offset_at(*at))
    })
}

/// Written as Java writes zones: `Europe/London`, `Z`, `+02:00`.
impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Zone::Named(tz) => f.write_str(tz.name()),
            Zone::Fixed(0) => f.write_str("Z"),
            Zone::Fixed(offset) => {
                let sign = if *offset < 0 { '-' } else { '+' };
                let seconds = offset.unsigned_abs();
                write!(f, "{sign}{:02}:{:02}", seconds / 3600, seconds / 60 % 60)?;
                if seconds % 60 == 0 { Ok(()) } else { write!(f, ":{:02}", seconds % 60) }
            }
        }
    }
}

/// Chrono ends about 262,000 years from now; further away the last offset stays.
fn naive(seconds: i64) -> NaiveDateTime {
    let end = if seconds < 0 { NaiveDateTime::MIN } else { NaiveDateTime::MAX };
    DateTime::from_timestamp(seconds, 0).map_or(end, |at| at.naive_utc())
}

/// Reads an offset: `+h`, `+hh`, `+hh:mm`, `+hhmm`, `+hh:mm:ss` or `+hhmmss`.
fn parse_offset(text: &str) -> Result<i32, DateTimeError> {
    let invalid = || DateTimeError::InvalidOffset(text.to_owned());
    let (sign, digits) = text.split_at_checked(1).ok_or_else(invalid)?;
    let parts: Vec<&str> = match digits.len() {
        1 | 2 => vec![digits],
        4 | 6 if digits.bytes().all(|b| b.is_ascii_digit()) => {
            (0..digits.len()).step_by(2).map(|at| &digits[at..at + 2]).collect()
        }
        5 | 8 => digits.split(':').collect(),
        _ => return Err(invalid()),
    };
    let mut numbers = [0; 3];
    for (number, part) in numbers.iter_mut().zip(&parts) {
        let is_number =
            part.bytes().all(|b| b.is_ascii_digit()) && (part.len() == 2 || parts.len() == 1);
        *number = part.parse().ok().filter(|_| is_number).ok_or_else(invalid)?;
    }
    let [hours, minutes, seconds] = numbers;
    let offset = hours * 3600 + minutes * 60 + seconds;
    if 3 < parts.len() || 59 < minutes || 59 < seconds || OFFSET_SECONDS_MAX < offset {
        return Err(invalid());
    }
    Ok(if sign == "-" { -offset } else { offset })
}

/// The longest name that is looked for.
const NAME_LENGTH_MAX: usize = 40;

/// All names that a text may have for a zone, in small letters.
static NAMES: LazyLock<HashMap<String, Zone>> = LazyLock::new(|| {
    let mut names: HashMap<String, Zone> =
        TZ_VARIANTS.iter().map(|tz| (tz.name().to_ascii_lowercase(), Zone::Named(*tz))).collect();
    let utc = ["z", "utc", "gmt", "ut"];
    names.extend(utc.map(|name| (name.to_owned(), Zone::UTC)));
    for (short, full, zone) in ABBREVIATIONS {
        let Ok(zone) = Zone::parse(zone) else { continue };
        names.insert(short.to_ascii_lowercase(), zone);
        names.insert(full.to_ascii_lowercase(), zone);
    }
    names
});

/// Java's old short names that the tz database does not have.
const SHORT_IDS: &[(&str, &str)] = &[
    ("ACT", "Australia/Darwin"),
    ("AET", "Australia/Sydney"),
    ("AGT", "America/Argentina/Buenos_Aires"),
    ("ART", "Africa/Cairo"),
    ("AST", "America/Anchorage"),
    ("BET", "America/Sao_Paulo"),
    ("BST", "Asia/Dhaka"),
    ("CAT", "Africa/Harare"),
    ("CNT", "America/St_Johns"),
    ("CST", "America/Chicago"),
    ("CTT", "Asia/Shanghai"),
    ("EAT", "Africa/Addis_Ababa"),
    ("ECT", "Europe/Paris"),
    ("IET", "America/Indiana/Indianapolis"),
    ("IST", "Asia/Kolkata"),
    ("JST", "Asia/Tokyo"),
    ("MIT", "Pacific/Apia"),
    ("NET", "Asia/Yerevan"),
    ("NST", "Pacific/Auckland"),
    ("PLT", "Asia/Karachi"),
    ("PNT", "America/Phoenix"),
    ("PRT", "America/Puerto_Rico"),
    ("PST", "America/Los_Angeles"),
    ("SST", "Pacific/Guadalcanal"),
    ("VST", "Asia/Ho_Chi_Minh"),
];

/// The abbreviations of the commonest zones: short name, full name, the zone that a text with it means.
const ABBREVIATIONS: &[(&str, &str, &str)] = &[
    ("UTC", "Coordinated Universal Time", "UTC"),
    ("GMT", "Greenwich Mean Time", "Europe/London"),
    ("BST", "British Summer Time", "Europe/London"),
    ("WET", "Western European Standard Time", "Europe/Lisbon"),
    ("WEST", "Western European Summer Time", "Europe/Lisbon"),
    ("CET", "Central European Standard Time", "Europe/Paris"),
    ("CEST", "Central European Summer Time", "Europe/Paris"),
    ("EET", "Eastern European Standard Time", "Europe/Bucharest"),
    ("EEST", "Eastern European Summer Time", "Europe/Bucharest"),
    ("MSK", "Moscow Standard Time", "Europe/Moscow"),
    ("PST", "Pacific Standard Time", "America/Los_Angeles"),
    ("PDT", "Pacific Daylight Time", "America/Los_Angeles"),
    ("MST", "Mountain Standard Time", "America/Denver"),
    ("MDT", "Mountain Daylight Time", "America/Denver"),
    ("CST", "Central Standard Time", "America/Chicago"),
    ("CDT", "Central Daylight Time", "America/Chicago"),
    ("EST", "Eastern Standard Time", "America/New_York"),
    ("EDT", "Eastern Daylight Time", "America/New_York"),
    ("AKST", "Alaska Standard Time", "America/Anchorage"),
    ("AKDT", "Alaska Daylight Time", "America/Anchorage"),
    ("HST", "Hawaii-Aleutian Standard Time", "Pacific/Honolulu"),
    ("IST", "India Standard Time", "Asia/Kolkata"),
    ("JST", "Japan Standard Time", "Asia/Tokyo"),
    ("KST", "Korean Standard Time", "Asia/Seoul"),
    ("HKT", "Hong Kong Standard Time", "Asia/Hong_Kong"),
    ("AEST", "Australian Eastern Standard Time", "Australia/Sydney"),
    ("AEDT", "Australian Eastern Daylight Time", "Australia/Sydney"),
    ("ACST", "Australian Central Standard Time", "Australia/Adelaide"),
    ("ACDT", "Australian Central Daylight Time", "Australia/Adelaide"),
    ("AWST", "Australian Western Standard Time", "Australia/Perth"),
    ("NZST", "New Zealand Standard Time", "Pacific/Auckland"),
    ("NZDT", "New Zealand Daylight Time", "Pacific/Auckland"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, want: &str) {
        let got = Zone::parse(name).map_or_else(|error| error.to_string(), |zone| zone.to_string());
        assert_eq!(got, want);
    }

    #[test]
    fn takes_what_java_takes() {
        check("Z", "Z");
        check("UTC", "Z");
        check("GMT+2", "+02:00");
        check("UTC-03:30", "-03:30");
        check("+0445", "+04:45");
        check("-18:00", "-18:00");
        check("+01:02:03", "+01:02:03");
        check("Europe/London", "Europe/London");
        check("PST", "America/Los_Angeles");
        check("Nowhere", "Unknown time-zone ID: Nowhere");
        for wrong in ["+", "+19", "+1:30", "+12:3x", "+123", "-é", "+18:01", "+0x:00"] {
            check(wrong, &format!("Invalid ID for ZoneOffset, invalid format: {wrong}"));
        }
    }

    #[test]
    fn local_times_that_come_twice_or_never() {
        let paris = Zone::parse("Europe/Paris").unwrap();
        // 2021-03-28 02:30 was left out: it is taken with the offset before, so as 03:30.
        assert_eq!(paris.offset_at_local(1_616_898_600), 3600);
        // 2021-10-31 02:30 came twice: the first time is meant.
        assert_eq!(paris.offset_at_local(1_635_647_400), 7200);
        assert_eq!(paris.offset_at(i64::MIN), paris.offset_at(i64::MIN / 1000));
    }

    #[test]
    fn finds_names_in_texts() {
        let prefix = |text: &str| {
            Zone::parse_prefix(text)
                .map(|(zone, length)| format!("{zone} {length}"))
                .unwrap_or_default()
        };
        assert_eq!(prefix("pst 2020"), "America/Los_Angeles 3");
        assert_eq!(prefix("europe/london]"), "Europe/London 13");
        assert_eq!(prefix("gmt+02:00"), "+02:00 9");
        assert_eq!(prefix("+05:30x"), "+05:30 6");
        assert_eq!(prefix("nowhere"), "");
        assert_eq!(prefix("é"), "");
    }
}
