//! Names for columns that the statement does not name: `KSQL_COL_0`, and `F`, `F_1` … for fields of structs.

use std::collections::{BTreeMap, BTreeSet};

use tidemill_grammar::ast::{Expr, ExprKind};

/// What generated names of expressions begin with.
const GENERATED: &str = "KSQL_COL";

/// Gives names that no column of a source has and that were not given before.
#[derive(Clone, Debug)]
pub(super) struct NameGenerator {
    taken: BTreeMap<String, BTreeSet<u64>>,
    next: BTreeMap<String, u64>,
}

impl NameGenerator {
    /// Starts with the columns there are.
    pub(super) fn new<'a>(columns: impl Iterator<Item = &'a str>) -> Self {
        let mut taken: BTreeMap<String, BTreeSet<u64>> = BTreeMap::new();
        for column in columns {
            let (base, number) = split_number(column);
            taken.entry(base.to_owned()).or_default().insert(number);
        }
        NameGenerator { taken, next: BTreeMap::new() }
    }

    /// Returns a name for what an expression computes.
    pub(super) fn name_for(&mut self, expr: &Expr) -> String {
        if let ExprKind::Field { field, .. } = &*expr.kind {
            let (base, _) = split_number(&field.name);
            let number = self.next_number(base);
            return if number == 0 { base.to_owned() } else { format!("{base}_{number}") };
        }
        let number = self.next_number(GENERATED);
        format!("{GENERATED}_{number}")
    }

    fn next_number(&mut self, base: &str) -> u64 {
        let next = self.next.entry(base.to_owned()).or_default();
        let taken = self.taken.get(base);
        while taken.is_some_and(|taken| taken.contains(next)) {
            *next += 1;
        }
        *next += 1;
        *next - 1
    }
}

/// Splits `NAME_26` into `NAME` and 26; a name without a number has 0.
fn split_number(name: &str) -> (&str, u64) {
    let split = name.rsplit_once('_').and_then(|(base, digits)| {
        let is_number = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
        Some((base, digits.parse().ok().filter(|_| is_number)?))
    });
    split.unwrap_or((name, 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(columns: &[&str], exprs: &[&str], want: &[&str]) {
        let mut names = NameGenerator::new(columns.iter().copied());
        let name = |text: &&str| names.name_for(&tidemill_grammar::parse_expression(text).unwrap());
        assert_eq!(exprs.iter().map(name).collect::<Vec<_>>(), want);
    }

    #[test]
    fn expressions_are_numbered() {
        check(&["A"], &["A + 1", "A + 2"], &["KSQL_COL_0", "KSQL_COL_1"]);
        check(
            &["KSQL_COL_0", "KSQL_COL_2"],
            &["1", "2", "3"],
            &["KSQL_COL_1", "KSQL_COL_3", "KSQL_COL_4"],
        );
    }

    #[test]
    fn fields_keep_their_names() {
        check(&["A"], &["A->F", "A->F", "A->G_2"], &["F", "F_1", "G"]);
        check(&["A", "F", "F_1"], &["A->F"], &["F_2"]);
    }
}
