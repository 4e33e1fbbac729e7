//! The English names of months, days and the like.

/// How long a name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NameStyle {
    /// `Jan`
    Short,
    /// `January`
    Full,
    /// `J`
    Narrow,
}

pub(super) const MONTHS: &[&str] = &[
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

pub(super) const DAYS: &[&str] =
    &["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

pub(super) const HALF_DAYS: &[&str] = &["AM", "PM"];

pub(super) const ERAS: &[&str] = &["BC", "AD"];
pub(super) const FULL_ERAS: &[&str] = &["Before Christ", "Anno Domini"];

pub(super) const QUARTERS: &[&str] = &["Q1", "Q2", "Q3", "Q4"];
pub(super) const FULL_QUARTERS: &[&str] =
    &["1st quarter", "2nd quarter", "3rd quarter", "4th quarter"];
