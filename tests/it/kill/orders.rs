//! The records that go in, by their number: the same number is always the same record.

use std::fmt::Write as _;

use crate::random::Random;

/// One order.
pub(super) struct Order {
    pub(super) id: u64,
    customer: String,
    region: &'static str,
    amount: u64,
    at: u64,
}

impl Order {
    pub(super) fn new(id: u64) -> Order {
        let mut random = Random::new(id);
        let late = if random.once_in(5) { random.below(120_000) } else { 0 };
        Order {
            id,
            customer: format!("c{}", random.below(40)),
            region: random.choose::<&str>(&["north", "south", "east", "west", "über See"]),
            amount: random.below(100),
            at: 1_700_000_000_000 + id * 200 - late,
        }
    }

    pub(super) fn as_insert(&self) -> String {
        let Order { id, customer, region, amount, at } = self;
        format!(
            "INSERT INTO orders (customer, id, region, amount, ordered_at) VALUES ('{customer}', {id}, '{region}', {amount}, {at});"
        )
    }

    /// Writes the value; the key stands before it, with a colon between.
    pub(super) fn as_line(&self) -> String {
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
