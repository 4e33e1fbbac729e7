//! Dates, times and timestamps.
//!
//! Patterns are those of Java's `DateTimeFormatter`; what names no zone is in UTC.

use crate::functions::{Category, ScalarFunction};

mod patterns;
mod units;

mod convert_tz;
mod dateadd;
mod datesub;
mod datetostring;
mod format_date;
mod format_time;
mod format_timestamp;
mod from_days;
mod from_unixtime;
mod parse_date;
mod parse_time;
mod parse_timestamp;
mod stringtodate;
mod stringtotimestamp;
mod timeadd;
mod timestampadd;
mod timestampsub;
mod timestamptostring;
mod timesub;
mod unix_date;
mod unix_timestamp;

#[cfg(test)]
mod tests;

/// The functions of this package, in SHOW order.
pub(super) const FUNCTIONS: &[fn() -> ScalarFunction] = &[
    convert_tz::convert_tz,
    dateadd::dateadd,
    datesub::datesub,
    datetostring::datetostring,
    format_date::format_date,
    format_time::format_time,
    format_timestamp::format_timestamp,
    from_days::from_days,
    from_unixtime::from_unixtime,
    parse_date::parse_date,
    parse_time::parse_time,
    parse_timestamp::parse_timestamp,
    stringtodate::stringtodate,
    stringtotimestamp::stringtotimestamp,
    timeadd::timeadd,
    timestampadd::timestampadd,
    timestampsub::timestampsub,
    timestamptostring::timestamptostring,
    timesub::timesub,
    unix_date::unix_date,
    unix_timestamp::unix_timestamp,
];

/// Begins a function on dates and times.
fn temporal(name: &'static str, summary: &'static str) -> ScalarFunction {
    ScalarFunction::new(name).category(Category::DateTime).summary(summary)
}
