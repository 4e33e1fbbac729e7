//! Dates and times as texts: Java's patterns, zones, and the forms that CAST takes.
//!
//! ```text
//! pattern -compile-> items
//! text -read by items-> fields -resolve-> timestamp, date or time -write by items-> text
//!      └─ fast: patterns with a fixed layout skip the fields
//! ```

mod error;
pub(crate) mod calendar;
mod names;
mod field;
mod item;
mod compile;
mod zone;
mod read;
mod resolve;
mod write;
mod fast;
mod pattern;
pub mod iso;

#[cfg(test)]
mod tests;

pub use error::DateTimeError;
pub use pattern::DateTimePattern;
pub use zone::Zone;
