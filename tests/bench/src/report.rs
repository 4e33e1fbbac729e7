//! Figures of several rounds, as a table or as JSON.

use std::io::Write;

use serde::Serialize;

use crate::arguments::Output;
use crate::error::Result;
use crate::limits::Limits;
use crate::measure::Figures;

/// What was measured of one thing.
#[derive(Clone, Debug)]
pub(crate) struct Measured {
    pub(crate) name: String,
    /// How many records were read.
    pub(crate) rows: u64,
    /// How many rows the answer has.
    pub(crate) results: u64,
    pub(crate) rounds: Vec<Figures>,
}

/// The middle of several numbers, and how far they spread.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

impl Spread {
    /// Finds them; all are 0 of none.
    pub(crate) fn of(numbers: impl IntoIterator<Item = f64>) -> Spread {
        let mut numbers: Vec<f64> = numbers.into_iter().collect();
        numbers.sort_by(f64::total_cmp);
        let count = numbers.len();
        let at = |place: usize| numbers.get(place).copied().unwrap_or(0.0);
        let median = (at(count.saturating_sub(1) / 2) + at(count / 2)) / 2.0;
        Spread { median, min: at(0), max: at(count.saturating_sub(1)) }
    }

    fn millions(&self) -> String {
        let [median, min, max] = [self.median, self.min, self.max].map(|it| it / 1e6);
        format!("{median:.2} ({min:.2}–{max:.2})")
    }
}

#[derive(Serialize)]
struct Line<'a> {
    name: &'a str,
    rows: u64,
    results: u64,
    rows_per_s: Spread,
    rows_per_cpu_s: Spread,
    rss_bytes_max: f64,
    written_bytes: f64,
    rounds: &'a [Figures],
}

impl Measured {
    fn line(&self) -> Line<'_> {
        let rate = |time: fn(&Figures) -> f64| {
            Spread::of(self.rounds.iter().map(|round| self.rows as f64 / time(round).max(1e-9)))
        };
        Line {
            name: &self.name,
            rows: self.rows,
            results: self.results,
            rows_per_s: rate(|round| round.wall_s),
            // CPU time is told in hundredths of a second.
            rows_per_cpu_s: rate(|round| round.cpu_s.max(0.01)),
            rss_bytes_max: Spread::of(self.rounds.iter().map(|r| r.rss_bytes_max as f64)).median,
            written_bytes: Spread::of(self.rounds.iter().map(|r| r.written_bytes as f64)).median,
            rounds: &self.rounds,
        }
    }
}

/// Writes what was measured, and the limits beside it.
pub(crate) fn write(
    out: &mut dyn Write,
    output: Output,
    measured: &[Measured],
    limits: &Limits,
) -> Result<()> {
    if output == Output::Json {
        for one in measured {
            writeln!(out, "{}", serde_json::to_string(&one.line())?)?;
        }
        writeln!(out, "{}", serde_json::json!({ "limits": limits }))?;
        return Ok(());
    }
    let head = [
        "",
        "million rows",
        "results",
        "million rows/s",
        "per CPU-second",
        "peak MiB",
        "written MiB",
    ];
    let mut rows = vec![head.map(str::to_owned)];
    for one in measured {
        let line = one.line();
        rows.push([
            one.name.clone(),
            format!("{:.3}", one.rows as f64 / 1e6),
            one.results.to_string(),
            line.rows_per_s.millions(),
            line.rows_per_cpu_s.millions(),
            format!("{:.0}", line.rss_bytes_max / f64::from(1 << 20)),
            format!("{:.0}", line.written_bytes / f64::from(1 << 20)),
        ]);
    }
    write_table(out, &rows)?;
    Ok(writeln!(out, "{}", limits.line())?)
}

/// Writes rows as a table whose columns are as wide as they have to be; all but the first are aligned to the right.
pub(crate) fn write_table<const N: usize>(out: &mut dyn Write, rows: &[[String; N]]) -> Result<()> {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: [usize; N] = std::array::from_fn(|column| width(column).unwrap_or(0));
    for row in rows {
        let mut line = String::new();
        for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
            let cell =
                if column == 0 { format!("{cell:<width$}") } else { format!("  {cell:>width$}") };
            line.push_str(&cell);
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// Writes rows as JSON objects, a line each; the first row has the names.
pub(crate) fn write_lines<const N: usize>(out: &mut dyn Write, rows: &[[String; N]]) -> Result<()> {
    let Some((names, rows)) = rows.split_first() else { return Ok(()) };
    for row in rows {
        let pairs = names.iter().zip(row).map(|(name, cell)| {
            let number = cell.parse::<f64>().ok().map(serde_json::Value::from);
            (name.clone(), number.unwrap_or_else(|| serde_json::Value::from(cell.as_str())))
        });
        let object: serde_json::Map<_, _> = pairs.collect();
        writeln!(out, "{}", serde_json::Value::Object(object))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_count_is_between_the_middle_two() {
        let spread = Spread::of([4.0, 1.0, 2.0, 3.0]);
        assert_eq!(spread, Spread { median: 2.5, min: 1.0, max: 4.0 });
        assert_eq!(Spread::of([7.0]), Spread { median: 7.0, min: 7.0, max: 7.0 });
    }
}
