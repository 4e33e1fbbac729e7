//! Streams and tables of a random script, and random expressions over their columns.

use std::collections::BTreeSet;

use crate::random::Random;

/// What kind of values a column has, as far as the scripts tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Int,
    Bigint,
    Double,
    Text,
    Truth,
    Ints,
    /// Only passed on.
    Other,
    /// Read from a record's headers, and only passed on.
    Header,
}

impl Kind {
    pub(super) fn is_number(self) -> bool {
        matches!(self, Kind::Int | Kind::Bigint | Kind::Double)
    }

    /// Tells whether the kind can be grouped by, joined on or made a key.
    pub(super) fn can_be_key(self) -> bool {
        matches!(self, Kind::Int | Kind::Bigint | Kind::Text)
    }
}

/// A column.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) is_key: bool,
}

/// A stream or table.
#[derive(Clone, Debug)]
pub(super) struct Relation {
    pub(super) name: String,
    pub(super) is_table: bool,
    pub(super) is_windowed: bool,
    pub(super) columns: Vec<Column>,
    /// The topics it comes from in the end. Two relations that share one come in an order among each other that nothing
    /// but the cut of the batches decides, so that they are not joined.
    pub(super) origins: BTreeSet<&'static str>,
}

impl Relation {
    pub(super) fn keys(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| column.is_key)
    }

    /// Chooses a column of some kind, if there is one.
    pub(super) fn any(
        &self,
        random: &mut Random,
        fits: impl Fn(&Column) -> bool,
    ) -> Option<&Column> {
        let fitting: Vec<_> = self.columns.iter().filter(|column| fits(column)).collect();
        (!fitting.is_empty()).then(|| *random.choose(&fitting))
    }

    fn of_kind(&self, random: &mut Random, kind: Kind) -> Option<String> {
        self.any(random, |column| column.kind == kind).map(|column| column.name.clone())
    }

    /// Makes an expression whose value is of that kind.
    pub(super) fn expr(&self, random: &mut Random, kind: Kind, depth: u32) -> String {
        let column = self.of_kind(random, kind);
        if let Some(column) = column
            && (depth == 0 || random.once_in(2))
        {
            return column;
        }
        if depth == 0 {
            return literal(random, kind);
        }
        let sub = |random: &mut Random, kind| self.expr(random, kind, depth - 1);
        match kind {
            Kind::Int => match random.below(5) {
                0 => format!("LEN({})", sub(random, Kind::Text)),
                1 => format!("({} % 7)", sub(random, Kind::Int)),
                2 => format!("ABS({})", sub(random, Kind::Int)),
                3 => format!("({} / {})", sub(random, Kind::Int), sub(random, Kind::Int)),
                _ => self.case(random, Kind::Int, depth),
            },
            Kind::Bigint => match random.below(3) {
                0 => format!("CAST({} AS BIGINT)", sub(random, Kind::Int)),
                1 => format!("({} - {})", sub(random, Kind::Bigint), sub(random, Kind::Int)),
                _ => format!("COALESCE({}, {})", sub(random, Kind::Bigint), random.below(9)),
            },
            Kind::Double => match random.below(3) {
                0 => format!("({} * 0.5e0)", sub(random, Kind::Double)),
                1 => format!("CAST({} AS DOUBLE)", sub(random, Kind::Int)),
                _ => format!("ROUND({}, 1)", sub(random, Kind::Double)),
            },
            Kind::Text => match random.below(4) {
                0 => format!("UCASE({})", sub(random, Kind::Text)),
                1 => format!("({} + '-' + {})", sub(random, Kind::Text), sub(random, Kind::Text)),
                2 => format!("CAST({} AS VARCHAR)", sub(random, Kind::Int)),
                _ => format!("SUBSTRING({}, 1, 2)", sub(random, Kind::Text)),
            },
            Kind::Truth => self.predicate(random, depth),
            Kind::Ints | Kind::Other | Kind::Header => literal(random, kind),
        }
    }

    fn case(&self, random: &mut Random, kind: Kind, depth: u32) -> String {
        let when = self.predicate(random, depth - 1);
        let then = self.expr(random, kind, depth - 1);
        format!("CASE WHEN {when} THEN {then} ELSE {} END", literal(random, kind))
    }

    /// Makes a condition.
    pub(super) fn predicate(&self, random: &mut Random, depth: u32) -> String {
        let next = depth.saturating_sub(1);
        match random.below(if depth == 0 { 5 } else { 7 }) {
            0 => format!("{} > {}", self.expr(random, Kind::Int, next), random.below(20)),
            1 => format!("{} <= {}", self.expr(random, Kind::Double, next), random.below(20)),
            2 => format!("{} LIKE 'a%'", self.expr(random, Kind::Text, next)),
            3 => match self.any(random, |_| true) {
                Some(column) => format!("{} IS NOT NULL", column.name),
                None => "true".to_owned(),
            },
            4 => format!("{} IN (1, 2, 3, 5, 8, 13)", self.expr(random, Kind::Int, next)),
            5 => {
                format!("({} OR {})", self.predicate(random, next), self.predicate(random, next))
            }
            _ => format!(
                "({} AND NOT {})",
                self.predicate(random, next),
                self.predicate(random, next)
            ),
        }
    }
}

fn literal(random: &mut Random, kind: Kind) -> String {
    match kind {
        Kind::Int => random.below(20).to_string(),
        Kind::Bigint => format!("CAST({} AS BIGINT)", random.below(20)),
        Kind::Double => format!("{}.5e0", random.below(20)),
        Kind::Text => format!("'{}'", random.choose(&["a", "ab", "b", "x y"])),
        Kind::Truth => "true".to_owned(),
        Kind::Ints => "ARRAY[1, 2]".to_owned(),
        Kind::Other | Kind::Header => "MAP('a' := 1)".to_owned(),
    }
}
