//! Results as text: tables for people, JSON for programs.

mod bytes;
mod entity;
mod json;
mod layout;
mod record;
mod rows;
mod table;
mod value;

pub(crate) use bytes::{Shown, as_text, decode, show};
pub(crate) use entity::{entity_as_text, topic_as_text};
pub(crate) use json::string_as_json;
pub(crate) use record::{record_as_json, record_as_line};
pub(crate) use rows::{Page, RowPrinter, SAMPLE_ROWS};
