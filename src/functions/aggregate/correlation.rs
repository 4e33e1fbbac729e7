//! `CORRELATION(x, y)`.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Float64Array};

use crate::functions::aggregate::bytes::{take_f64, take_i64};
use crate::functions::aggregate::cell::{Cell, Numbers};
use crate::functions::aggregate::dense::{Dense, Kernel};
use crate::functions::aggregate::{AggregateFunction, StateError};
use crate::types::SqlType;

/// Returns Pearson's correlation coefficient; NaN below two pairs. A pair with a NULL is left out.
pub(super) fn correlation() -> AggregateFunction {
    AggregateFunction::new("CORRELATION")
        .summary("Returns the Pearson correlation coefficient of two columns; NaN below two pairs.")
        .example("CORRELATION(x, y)", "x DOUBLE, y DOUBLE: (1, 2), (2, 4), (3, 6)", "1.0")
        .overload("(x DOUBLE, y DOUBLE) DOUBLE", "", |_| Ok(Dense::boxed(Correlation)))
        .undo()
        .intermediate(|_| {
            let sums = ["X_SUM", "Y_SUM", "X_SQUARED_SUM", "Y_SQUARED_SUM", "XY_SUM"];
            let sums = sums.map(|name| (name, SqlType::Double)).into_iter();
            SqlType::structure(sums.chain([("COUNT", SqlType::Bigint)]))
        })
}

struct Correlation;

/// The sums of x, y, x², y² and xy.
#[derive(Default)]
struct Sums {
    sums: [f64; 5],
    count: i64,
}

impl Sums {
    /// Adds terms, times 1 or -1.
    fn add(&mut self, terms: [f64; 5], sign: f64) {
        for (sum, term) in self.sums.iter_mut().zip(terms) {
            *sum += sign * term;
        }
    }

    fn coefficient(&self) -> f64 {
        let [x, y, xx, yy, xy] = self.sums;
        let count = self.count as f64;
        let spread_x = count * xx - x * x;
        let spread_y = count * yy - y * y;
        (count * xy - x * y) / (spread_x * spread_y).sqrt()
    }
}

fn terms((xs, ys): &(Numbers<'_, f64>, Numbers<'_, f64>), row: usize) -> Option<[f64; 5]> {
    let (x, y) = (xs.get(row)?, ys.get(row)?);
    Some([x, y, x * x, y * y, x * y])
}

impl Kernel for Correlation {
    type State = Sums;
    type Args<'a> = (Numbers<'a, f64>, Numbers<'a, f64>);
    type Results = Vec<f64>;

    fn bind<'a>(&self, args: &'a [ArrayRef]) -> Self::Args<'a> {
        (f64::column(&args[0]), f64::column(&args[1]))
    }

    fn add(
        &self,
        state: &mut Sums,
        args: &Self::Args<'_>,
        row: usize,
        _: u64,
    ) -> Result<(), String> {
        if let Some(terms) = terms(args, row) {
            state.add(terms, 1.0);
            state.count = state.count.wrapping_add(1);
        }
        Ok(())
    }

    fn remove(&self, state: &mut Sums, args: &Self::Args<'_>, row: usize) -> Result<(), String> {
        if let Some(terms) = terms(args, row) {
            state.add(terms, -1.0);
            state.count = state.count.wrapping_sub(1);
        }
        Ok(())
    }

    fn merge(&self, into: &mut Sums, from: Sums) -> Result<(), String> {
        into.add(from.sums, 1.0);
        into.count = into.count.wrapping_add(from.count);
        Ok(())
    }

    fn results(&self, capacity: usize) -> Vec<f64> {
        Vec::with_capacity(capacity)
    }

    fn push(&self, state: &Sums, results: &mut Vec<f64>) {
        results.push(state.coefficient());
    }

    fn finish(&self, results: Vec<f64>) -> ArrayRef {
        Arc::new(Float64Array::from(results))
    }

    fn save(&self, state: &Sums, out: &mut Vec<u8>) {
        state.sums.iter().for_each(|sum| out.extend_from_slice(&sum.to_le_bytes()));
        out.extend_from_slice(&state.count.to_le_bytes());
    }

    fn load(&self, bytes: &mut &[u8]) -> Result<Sums, StateError> {
        let mut sums = [0.0; 5];
        for sum in &mut sums {
            *sum = take_f64(bytes)?;
        }
        Ok(Sums { sums, count: take_i64(bytes)? })
    }
}
