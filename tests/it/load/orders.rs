//! The records that go in, by their number: the same number is always the same record.

use std::fmt::Write as _;

use crate::random::Random;

const REGIONS: [&str; 5] = ["north", "south", "east", "west", "über See"];

/// How much later the orders of the next phase are: longer than any window is open.
const PHASE_MS: u64 = 2 * 24 * 60 * 60 * 1000;
/// How many orders of a phase may be on their way at once before the first of them is late for a join.
pub(crate) const PHASE_ORDERS_MAX: u64 = 12 * 60 * 60 * 5 - 1000;

/// One order.
pub(crate) struct Order {
    customer: String,
    id: u64,
    region: &'static str,
    amount: u64,
    at: u64,
}

impl Order {
    /// Makes an order, of the phase that it belongs to by the first orders of each.
    pub(crate) fn new(id: u64, phases: &[u64]) -> Order {
        let phase = phases.iter().filter(|first| **first <= id).count() as u64;
        let mut random = Random::new(id);
        let late = if random.once_in(5) { random.below(120_000) } else { 0 };
        Order {
            id,
            customer: format!("c{}", random.below(40)),
            region: random.choose::<&str>(&REGIONS),
            amount: random.below(100),
            at: 1_700_000_000_000 + phase * PHASE_MS + id * 200 - late,
        }
    }

    pub(crate) fn as_insert(&self) -> String {
        let Order { id, customer, region, amount, at } = self;
        format!(
            "INSERT INTO orders (customer, id, region, amount, ordered_at) VALUES ('{customer}', {id}, '{region}', {amount}, {at});"
        )
    }

    /// Writes the value; the key stands before it, with a colon between.
    pub(crate) fn as_line(&self) -> String {
        let Order { id, customer, region, amount, at } = self;
        format!(
            r#"{customer}:{{"ID":{id},"REGION":"{region}","AMOUNT":{amount},"ORDERED_AT":{at}}}"#
        )
    }
}

/// The customers as they are in a phase: some are new, some have changed, some are gone.
pub(super) fn customers(phase: u64) -> String {
    let mut lines = String::new();
    for number in 0..40 {
        let mut random = Random::new(phase * 100 + number);
        match random.below(4) {
            0 => continue,
            1 => writeln!(lines, "c{number}:gone").unwrap(),
            _ => writeln!(
                lines,
                r#"c{number}:{{"NAME":"name {}","PHASE":{phase}}}"#,
                random.below(12)
            )
            .unwrap(),
        }
    }
    lines
}

/// The regions as they are in a phase.
pub(super) fn regions(phase: u64) -> String {
    let mut lines = String::new();
    for (number, region) in (0..).zip(REGIONS) {
        match Random::new(phase * 10 + number).below(3) {
            0 => writeln!(lines, "{region}:gone").unwrap(),
            _ => writeln!(lines, r#"{region}:{{"TITLE":"{region} {phase}"}}"#).unwrap(),
        }
    }
    lines
}
