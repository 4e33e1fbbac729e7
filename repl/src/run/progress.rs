//! The line that shows how far the queries of a run are.

use std::cell::Cell;
use std::time::Duration;

use indicatif::{HumanCount, ProgressBar, ProgressStyle};

use tidemill::engine::{Entity, Outcome, QueryDescription};

use crate::interpreter::Interpreter;

/// Shows how far the queries are, on a terminal only.
pub(super) struct ProgressLine {
    bar: ProgressBar,
    /// How many records had been read when the line was last shown, and when that was.
    last: Cell<(u64, Duration)>,
}

/// The figures of all queries together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Totals {
    queries: u64,
    records_in: u64,
    records_out: u64,
    late: u64,
    errors: u64,
    lag: u64,
}

impl ProgressLine {
    /// Begins to measure.
    pub(super) fn start() -> Self {
        // indicatif draws on stderr, and only if that is a terminal.
        let style = ProgressStyle::with_template("{spinner} {msg}");
        let bar =
            ProgressBar::new_spinner().with_style(style.expect("the template is well formed"));
        bar.enable_steady_tick(Duration::from_millis(100));
        ProgressLine { bar, last: Cell::default() }
    }

    /// Shows how far the queries are now.
    pub(super) fn show(&self, interpreter: &mut Interpreter) {
        if self.bar.is_hidden() {
            return;
        }
        let totals = Totals::now(interpreter);
        let (count, since) = self.last.replace((totals.records_in, self.bar.elapsed()));
        let took = self.bar.elapsed().saturating_sub(since);
        self.bar.set_message(totals.line(rate(totals.records_in.saturating_sub(count), took)));
    }

    /// Ends, and leaves a line with what was done in all.
    pub(super) fn finish(&self, interpreter: &mut Interpreter) {
        let totals = Totals::now(interpreter);
        let took = self.bar.elapsed();
        let line = totals.line(rate(totals.records_in, took));
        self.bar.finish_with_message(format!("{line}, {:.1} s", took.as_secs_f64()));
    }
}

fn rate(count: u64, took: Duration) -> u64 {
    let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX).max(1);
    count.saturating_mul(1000) / millis
}

impl Totals {
    fn now(interpreter: &mut Interpreter) -> Self {
        let outcomes = interpreter.execute("SHOW QUERIES EXTENDED;").unwrap_or_default();
        let mut totals = Totals::default();
        for outcome in &outcomes {
            if let Outcome::Entity(entity) = outcome
                && let Entity::QueryDescriptions { query_descriptions } = entity.as_ref()
            {
                query_descriptions.iter().for_each(|query| totals.add(query));
            }
        }
        totals
    }

    fn add(&mut self, query: &QueryDescription) {
        let figure = |name: &str| {
            let found = query.statistics.iter().find(|statistic| statistic.name == name);
            // The figures are counts, and exact as doubles for as long as anyone counts.
            found.map_or(0, |statistic| statistic.value as u64)
        };
        self.queries += 1;
        self.records_in += figure("records-in");
        self.records_out += figure("records-out");
        self.late += figure("late-records");
        self.errors += figure("errors");
        self.lag += figure("lag");
    }

    /// Writes the figures; those that are better zero only if they are not.
    fn line(&self, rate: u64) -> String {
        let queries = if self.queries == 1 { "query" } else { "queries" };
        let mut line = format!(
            "{} {queries}: {} in ({}/s), {} out",
            self.queries,
            HumanCount(self.records_in),
            HumanCount(rate),
            HumanCount(self.records_out)
        );
        for (count, what) in
            [(self.lag, "waiting"), (self.late, "late"), (self.errors, "with errors")]
        {
            if count > 0 {
                line.push_str(&format!(", {} {what}", HumanCount(count)));
            }
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_holds_what_is_not_zero() {
        let totals = Totals {
            queries: 2,
            records_in: 2_400,
            records_out: 60,
            lag: 5,
            errors: 2,
            ..Totals::default()
        };
        assert_eq!(
            totals.line(rate(2_400, Duration::from_secs(2))),
            "2 queries: 2,400 in (1,200/s), 60 out, 5 waiting, 2 with errors"
        );
    }
}
