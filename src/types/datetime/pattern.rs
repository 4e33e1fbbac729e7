//! Date and time patterns as Java's `DateTimeFormatter` takes them.

use crate::types::datetime::compile::compile;
use crate::types::datetime::fast::Layout;
use crate::types::datetime::item::Item;
use crate::types::datetime::read::{Fields, Reader};
use crate::types::datetime::write::Moment;
use crate::types::datetime::{DateTimeError, Zone};

/// A pattern, compiled: reads and writes timestamps, dates and times.
///
/// ```
/// use tidemill::types::datetime::{DateTimePattern, Zone};
///
/// let pattern = DateTimePattern::compile("yyyy-MM-dd'T'HH:mm:ssX")?;
/// let ms = pattern.parse_timestamp("2018-05-11T21:58:33Z", Zone::UTC)?;
/// assert_eq!(ms, 1_526_075_913_000);
/// assert_eq!(pattern.format_timestamp(ms, Zone::parse("+02:00")?)?, "2018-05-11T23:58:33+02");
/// # Ok::<(), tidemill::types::datetime::DateTimeError>(())
/// ```
///
/// | letters | |
/// |---|---|
/// | `G` `u` `y` `Y` | era, year, year of the era, year of the ISO week |
/// | `M` `L` `Q` `q` | month, quarter: 1 or 2 letters a number, 3 `Jan`, 4 `January`, 5 `J` |
/// | `d` `D` `w` `W` | day of the month and of the year, ISO week of the year and of the month |
/// | `E` `e` `c` | day of the week, Monday being 1: `E` always a name |
/// | `a` `h` `K` | AM or PM, hour from 1 to 12, hour from 0 to 11 |
/// | `H` `k` `m` `s` | hour from 0 to 23, hour from 1 to 24, minute, second |
/// | `S` `n` `A` `N` | fraction of the second, its nanoseconds, milliseconds and nanoseconds of the day |
/// | `X` `x` `Z` `O` | offset: with `Z` for none, without, as `+0000`, as `GMT+8` |
/// | `VV` `z` `v` | id of a zone, its name |
/// | `p` `'…'` `[…]` | pads what follows, literal text, a part that need not be there |
///
/// Letters are read in any case. Names are English; weeks are ISO 8601's.
#[derive(Clone, Debug)]
pub struct DateTimePattern {
    items: Vec<Item>,
    layout: Option<Layout>,
}

impl DateTimePattern {
    /// Compiles a pattern.
    pub fn compile(pattern: &str) -> Result<Self, DateTimeError> {
        let items = compile(pattern)?;
        let layout = Layout::of(&items);
        Ok(DateTimePattern { items, layout })
    }

    /// Reads a moment, in milliseconds since 1970. What the text does not say is as at 1970-01-01 00:00:00; `zone` is that
    /// of a text that names none.
    #[inline]
    pub fn parse_timestamp(&self, text: &str, zone: impl Into<Zone>) -> Result<i64, DateTimeError> {
        let zone = zone.into();
        match self.layout.as_ref().and_then(|layout| layout.timestamp(text, zone)) {
            Some(ms) => Ok(ms),
            None => self.parse_timestamp_by_items(text, zone),
        }
    }

    fn parse_timestamp_by_items(&self, text: &str, zone: Zone) -> Result<i64, DateTimeError> {
        let fields = self.read(text)?;
        fields.timestamp(zone).map_err(|reason| unresolved(text, reason))?
    }

    /// Reads a date, in days since 1970-01-01; the text must say all of it, and no time.
    pub fn parse_date(&self, text: &str) -> Result<i32, DateTimeError> {
        let fields = self.read(text)?;
        if self.has(true) {
            return Err(unresolved(text, "Date format contains time field.".to_owned()));
        }
        date_of(&fields, text)
    }

    /// Reads a date, in days since 1970-01-01, and leaves out the time if there is one.
    pub fn parse_date_of_timestamp(&self, text: &str) -> Result<i32, DateTimeError> {
        let fields = self.read(text)?;
        date_of(&fields, text)
    }

    /// Reads a time of day, in milliseconds; the text must say the hour at least, and no date.
    pub fn parse_time(&self, text: &str) -> Result<i32, DateTimeError> {
        let fields = self.read(text)?;
        if self.has(false) {
            return Err(unresolved(text, "Time format contains date field.".to_owned()));
        }
        let time = fields.time().map_err(|reason| unresolved(text, reason))?;
        let time = time.ok_or_else(|| unresolved(text, "it is not a whole time".to_owned()))?;
        i32::try_from(time.nanos / 1_000_000).map_err(|_| DateTimeError::OutOfRange)
    }

    /// Writes a moment, in milliseconds since 1970, as it is in a zone.
    pub fn format_timestamp(&self, ms: i64, zone: Zone) -> Result<String, DateTimeError> {
        let mut out = String::new();
        self.write_timestamp(ms, zone, &mut out)?;
        Ok(out)
    }

    /// Appends a moment, in milliseconds since 1970, as it is in a zone.
    pub fn write_timestamp(
        &self,
        ms: i64,
        zone: Zone,
        out: &mut String,
    ) -> Result<(), DateTimeError> {
        Moment::of_timestamp(ms, zone).write(&self.items, out)
    }

    /// Appends a date, given in days since 1970-01-01; the pattern must have no time.
    pub fn write_date(&self, days: i32, out: &mut String) -> Result<(), DateTimeError> {
        Moment::of_date(days.into()).write(&self.items, out)
    }

    /// Appends a time of day, given in milliseconds; the pattern must have no date.
    pub fn write_time(&self, ms: i32, out: &mut String) -> Result<(), DateTimeError> {
        Moment::of_time(ms.into()).write(&self.items, out)
    }

    fn read(&self, text: &str) -> Result<Fields, DateTimeError> {
        let mut reader = Reader::new(text);
        if reader.items(&self.items).is_none() {
            return Err(DateTimeError::Unmatched { text: text.to_owned(), index: reader.index() });
        }
        if !reader.is_at_end() {
            return Err(DateTimeError::LeftOver { text: text.to_owned(), index: reader.index() });
        }
        Ok(reader.fields)
    }

    /// Tells whether the pattern has a field of a time, or of a date.
    fn has(&self, of_time: bool) -> bool {
        any_field(&self.items, of_time)
    }
}

fn any_field(items: &[Item], of_time: bool) -> bool {
    items.iter().any(|item| match item {
        Item::Number(number) => number.field.is_of_time() == of_time,
        Item::TwoDigitYear(_) => !of_time,
        Item::Fraction(_) => of_time,
        Item::Name(field, _) => field.is_of_time() == of_time,
        Item::Optional(items) => any_field(items, of_time),
        Item::Padded(_, item) => any_field(std::slice::from_ref(item), of_time),
        Item::Literal(_)
        | Item::Offset(_)
        | Item::LocalizedOffset { .. }
        | Item::ZoneId
        | Item::ZoneName { .. } => false,
    })
}

fn date_of(fields: &Fields, text: &str) -> Result<i32, DateTimeError> {
    let days = fields.date().map_err(|reason| unresolved(text, reason))?;
    let days = days.ok_or_else(|| unresolved(text, "it is not a whole date".to_owned()))?;
    let excess = fields.time().ok().flatten().is_some_and(|time| time.is_end_of_day);
    i32::try_from(days + i64::from(excess)).map_err(|_| DateTimeError::OutOfRange)
}

fn unresolved(text: &str, reason: String) -> DateTimeError {
    DateTimeError::Unresolved { text: text.to_owned(), reason }
}
