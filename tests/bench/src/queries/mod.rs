//! The queries: each in the engine's SQL, and the same question to DataFusion.

mod frames;
mod joins;
mod nexmark;
mod ranks;
mod shapes;

pub(crate) use frames::joined;

use crate::answer::{Expected, Key, ResultShape, Windows};
use crate::data::{DataSet, Keyed, Nexmark, Tables};
use crate::error::Result;

/// What a query reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// NEXMark's events.
    Nexmark,
    /// NEXMark's events in topics of one partition, so that all have one order.
    NexmarkInOrder,
    /// Numbers under so many keys.
    Keyed(u64),
    /// Two streams of numbers under so many keys, and a table.
    Pair(u64),
}

/// How much of it there is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) events: u64,
    pub(crate) rate: u64,
}

/// A query whose answer is known.
pub(crate) struct Query {
    pub(crate) name: &'static str,
    pub(crate) source: Source,
    /// The topics that are read; their records are what is counted.
    pub(crate) reads: &'static [&'static str],
    /// The last statement makes OUT.
    pub(crate) sql: &'static str,
    pub(crate) result: ResultShape,
    pub(crate) expected: fn(&Tables) -> Result<Expected>,
}

impl Source {
    /// Returns the data set.
    pub(crate) fn data(self, size: Size) -> Box<dyn DataSet> {
        let Size { events, rate } = size;
        match self {
            Source::Nexmark | Source::NexmarkInOrder => Box::new(Nexmark { events, rate }),
            Source::Keyed(keys) => {
                Box::new(Keyed { rows: events, rate, keys, is_pair: false, first: 0 })
            }
            Source::Pair(keys) => {
                Box::new(Keyed { rows: events, rate, keys, is_pair: true, first: 0 })
            }
        }
    }

    /// Returns how many partitions its topics have, where so many are wanted.
    pub(crate) fn partitions(self, wanted: u32) -> u32 {
        if self == Source::NexmarkInOrder { 1 } else { wanted }
    }
}

/// Finds a query.
pub(crate) fn named(name: &str) -> Option<&'static Query> {
    all().find(|query| query.name == name)
}

/// Returns columns by their names.
pub(crate) fn columns(names: &[&str]) -> Vec<datafusion::prelude::Expr> {
    frames::named(names)
}

/// Every query, in the order in which they are shown.
pub(crate) fn all() -> impl Iterator<Item = &'static Query> {
    nexmark::QUERIES.iter().chain(ranks::QUERIES).chain(shapes::QUERIES).chain(joins::QUERIES)
}

pub(crate) const STREAM: ResultShape =
    ResultShape { key: Key::None, windows: Windows::None, is_table: false, list: None, sample: 1 };

pub(crate) const fn table(key: Key) -> ResultShape {
    ResultShape { key, windows: Windows::None, is_table: true, list: None, sample: 1 }
}

const fn windowed(key: Key, windows: Windows) -> ResultShape {
    ResultShape { key, windows, is_table: true, list: None, sample: 1 }
}
