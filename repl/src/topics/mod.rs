//! `tidemill topic`, `produce` and `consume`: the log without SQL.

mod consume;
mod key;
mod manage;
mod produce;
mod start_from;

pub(crate) use consume::consume;
pub(crate) use key::KeyFormat;
pub(crate) use manage::start;
pub(crate) use produce::produce;
pub(crate) use start_from::StartFrom;
