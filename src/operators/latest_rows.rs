//! Groups that keep the last values of several columns: a row each, instead of a state for each column.
//!
//! ```text
//! state := 0x02 row
//! row   := 0x00 sequence (8) cell*      all values came with one row
//!        | 0x01 (sequence (8))* cell*   each value with the sequence number that it came with
//!        | 0x02                         the group is empty
//! cell  := see `formats::row`           where NULLs are ignored, a NULL stands for no value yet, which came with number 0
//! ```

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, StructArray};
use datafusion::arrow::datatypes::Field;

use crate::formats::row::{
    NULL, RowWriter, builders, check_cell, read_columns, read_row, write_row,
};
use crate::functions::aggregate::{Accumulator, GroupedRows, LARGE_RESULTS_MAX, Merge, StateError};
use crate::functions::{ResolvedAggregate, RowFailures};
use crate::types::{ColumnBuilder, SqlType};

/// The accumulator of several functions LATEST_BY_OFFSET, which all ignore NULLs or none: its arguments are those of all of them,
/// and its results are structs of their results.
pub(super) struct LatestRows {
    functions: Vec<ResolvedAggregate>,
    types: Vec<SqlType>,
    ignores_nulls: bool,
    /// The row of each group; no byte if the group is empty.
    rows: Vec<Box<[u8]>>,
    heap_size: usize,
    /// A bit for each group that has had its last row of a batch. All are 0 between batches.
    seen: Vec<u64>,
    buffer: Vec<u8>,
}

const VERSION: u8 = 2;
/// The version of the functions' own states: a state of each, one after the other.
const SEPARATE: u8 = 1;
const ONE_ROW: u8 = 0;
const SEVERAL_ROWS: u8 = 1;
const EMPTY: u8 = 2;
const SEQUENCE: usize = 8;

const CHECKED: &str = "rows are written by this code, or checked when they are loaded";

/// A value of a group and when it came.
#[derive(Clone, Copy)]
struct Latest<'a> {
    sequence: u64,
    cell: &'a [u8],
}

impl LatestRows {
    /// Tells whether two functions can share their rows.
    pub(super) fn are_one(a: &ResolvedAggregate, b: &ResolvedAggregate) -> bool {
        a.last_value.is_some() && a.last_value == b.last_value
    }

    /// Makes the accumulator of functions of which all are one, without groups.
    pub(super) fn new(functions: &[ResolvedAggregate]) -> Self {
        let types: Vec<SqlType> = functions.iter().map(|f| f.return_type.clone()).collect();
        LatestRows {
            functions: functions.to_vec(),
            types,
            ignores_nulls: functions.iter().all(|function| function.last_value == Some(true)),
            rows: Vec::new(),
            heap_size: 0,
            seen: Vec::new(),
            buffer: Vec::new(),
        }
    }

    fn set(&mut self, group: u32, row: &[u8]) {
        let kept = &mut self.rows[group as usize];
        if kept.len() == row.len() {
            kept.copy_from_slice(row);
        } else {
            self.heap_size = self.heap_size + row.len() - kept.len();
            *kept = row.into();
        }
    }

    /// Takes a row into a group.
    fn add(&mut self, group: u32, row: &NewRow<'_>) {
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        row.write(&mut buffer);
        if self.ignores_nulls && row.has_null() && !self.rows[group as usize].is_empty() {
            let merged = self.merged(&self.rows[group as usize], &buffer);
            self.set(group, &merged);
        } else {
            self.set(group, &buffer);
        }
        self.buffer = buffer;
    }

    /// Returns the values of a row that is not empty.
    fn values<'a>(&self, row: &'a [u8]) -> Vec<Latest<'a>> {
        let (mut sequences, mut cells) = split(row, self.types.len());
        let is_one_row = row[0] == ONE_ROW;
        let value = |sql_type| {
            let sequence = sequences.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
            let rest = check_cell(cells, sql_type).expect(CHECKED);
            let cell = &cells[..cells.len() - rest.len()];
            cells = rest;
            if !is_one_row {
                sequences = &sequences[SEQUENCE..];
            }
            Latest { sequence, cell }
        };
        self.types.iter().map(value).collect()
    }

    /// Tells whether a column has no value yet.
    fn is_missing(&self, value: &Latest<'_>) -> bool {
        self.ignores_nulls && value.cell == [NULL]
    }

    /// Returns what two rows come to: of each column the value that came last.
    fn merged(&self, a: &[u8], b: &[u8]) -> Vec<u8> {
        if a.is_empty() || b.is_empty() {
            return [a, b].concat();
        }
        let both = self.values(a).into_iter().zip(self.values(b));
        self.row_of(&both.map(|(a, b)| self.later(a, b)).collect::<Vec<_>>())
    }

    fn later<'a>(&self, a: Latest<'a>, b: Latest<'a>) -> Latest<'a> {
        let is_later = self.is_missing(&a) || a.sequence <= b.sequence;
        if is_later && !self.is_missing(&b) { b } else { a }
    }

    fn row_of(&self, values: &[Latest<'_>]) -> Vec<u8> {
        let mut there = values.iter().filter(|value| !self.is_missing(value));
        let first = there.next().map_or(0, |value| value.sequence);
        let mut row = Vec::new();
        if there.all(|value| value.sequence == first) {
            row.push(ONE_ROW);
            row.extend_from_slice(&first.to_le_bytes());
        } else {
            row.push(SEVERAL_ROWS);
            for value in values {
                let sequence = if self.is_missing(value) { 0 } else { value.sequence };
                row.extend_from_slice(&sequence.to_le_bytes());
            }
        }
        values.iter().for_each(|value| row.extend_from_slice(value.cell));
        row
    }

    /// Returns the results of rows.
    fn results<'a>(&self, rows: impl Iterator<Item = &'a [u8]>) -> ArrayRef {
        let nulls = vec![NULL; self.types.len()];
        let cells = |row: &'a [u8]| match row {
            [] => nulls.as_slice(),
            row => split(row, self.types.len()).1,
        };
        let cells: Vec<&[u8]> = rows.map(cells).collect();
        let columns = read_columns(&mut cells.clone(), &self.types);
        let columns = columns.unwrap_or_else(|_| self.columns_that_fit(&cells));
        let field = |column: &ArrayRef| Field::new("", column.data_type().clone(), true);
        Arc::new(StructArray::new(columns.iter().map(field).collect(), columns, None))
    }

    /// A column of texts ends at 2 GiB; what is beyond is NULL rather than the end of the process.
    fn columns_that_fit(&self, rows: &[&[u8]]) -> Vec<ArrayRef> {
        let mut columns = builders(&self.types);
        let mut left = i32::MAX as usize;
        for row in rows {
            left = left.saturating_sub(row.len());
            if 0 < left {
                read_row(row, &mut columns).expect(CHECKED);
            } else {
                columns.iter_mut().for_each(ColumnBuilder::push_null);
            }
        }
        columns.iter_mut().map(ColumnBuilder::finish).collect()
    }

    /// Checks a stored row, and returns it and what follows it.
    fn take_row<'a>(&self, bytes: &'a [u8]) -> Result<(&'a [u8], &'a [u8]), StateError> {
        let header = match bytes.first() {
            Some(&EMPTY) => return Ok((&[], &bytes[1..])),
            Some(&ONE_ROW) => 1 + SEQUENCE,
            Some(&SEVERAL_ROWS) => 1 + SEQUENCE * self.types.len(),
            _ => return Err(StateError::Damaged("a row of last values is of no known form")),
        };
        let cells = bytes.get(header..);
        let cells = cells.ok_or(StateError::Truncated { needed: header, left: bytes.len() })?;
        let rest = self.types.iter().try_fold(cells, check_cell);
        let rest = rest.map_err(|_| StateError::Damaged("a row of last values"))?;
        Ok((&bytes[..bytes.len() - rest.len()], rest))
    }

    /// Takes the functions' own states off the front, and returns the row that they are.
    fn take_separate(&self, bytes: &mut &[u8]) -> Result<Vec<u8>, StateError> {
        let mut values: Vec<(u64, Vec<u8>)> = Vec::new();
        let mut is_empty = true;
        for function in &self.functions {
            // Each begins with its version, whether there is a value, and when it came.
            let sequence = bytes.get(2..).and_then(|rest| rest.first_chunk());
            let sequence = sequence.map_or(0, |bytes| u64::from_le_bytes(*bytes));
            is_empty &= bytes.get(1) != Some(&1);
            let mut states = function
                .accumulator()
                .map_err(|_| StateError::Damaged("a value of a function that cannot be made"))?;
            states.resize(1);
            states.load(0, bytes)?;
            let mut cell = Vec::new();
            write_row(&[states.evaluate(&[0])], 0, &mut cell);
            values.push((sequence, cell));
        }
        if is_empty {
            return Ok(Vec::new());
        }
        let values = values.iter().map(|(sequence, cell)| Latest { sequence: *sequence, cell });
        Ok(self.row_of(&values.collect::<Vec<_>>()))
    }
}

/// Returns the sequence numbers and the cells of a row that is not empty.
fn split(row: &[u8], column_count: usize) -> (&[u8], &[u8]) {
    let sequences = if row[0] == ONE_ROW { 1 } else { column_count };
    row[1..].split_at(SEQUENCE * sequences)
}

/// A row on its way into a group.
struct NewRow<'a> {
    writer: &'a RowWriter<'a>,
    args: &'a [ArrayRef],
    row: usize,
    sequence: u64,
}

impl NewRow<'_> {
    fn has_null(&self) -> bool {
        self.args.iter().any(|arg| arg.is_null(self.row))
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.push(ONE_ROW);
        out.extend_from_slice(&self.sequence.to_le_bytes());
        self.writer.write(self.row, out);
    }
}

fn new_row<'a>(
    writer: &'a RowWriter<'a>,
    args: &'a [ArrayRef],
    rows: &GroupedRows<'_>,
    update: usize,
) -> NewRow<'a> {
    let row = rows.row(update);
    NewRow { writer, args, row, sequence: rows.first_sequence.wrapping_add(row as u64) }
}

impl Accumulator for LatestRows {
    fn resize(&mut self, group_count: usize) {
        let dropped = self.rows.get(group_count..).unwrap_or_default();
        self.heap_size -= dropped.iter().map(|row| row.len()).sum::<usize>();
        self.rows.resize_with(group_count, Box::default);
        self.seen.resize(group_count.div_ceil(64), 0);
    }

    fn update(&mut self, args: &[ArrayRef], rows: &GroupedRows<'_>, _failures: &mut RowFailures) {
        let writer = RowWriter::new(args);
        if self.ignores_nulls && args.iter().any(|arg| 0 < arg.null_count()) {
            for (update, group) in rows.groups.iter().enumerate() {
                self.add(*group, &new_row(&writer, args, rows, update));
            }
            return;
        }
        // A row replaces the one before it: only the last one of each group need be written.
        for (update, group) in rows.groups.iter().enumerate().rev() {
            let (word, bit) = (*group as usize / 64, 1 << (group % 64));
            if self.seen[word] & bit == 0 {
                self.seen[word] |= bit;
                self.add(*group, &new_row(&writer, args, rows, update));
            }
        }
        rows.groups.iter().for_each(|group| self.seen[*group as usize / 64] = 0);
    }

    fn update_each(
        &mut self,
        args: &[ArrayRef],
        rows: &GroupedRows<'_>,
        _failures: &mut RowFailures,
    ) -> ArrayRef {
        let writer = RowWriter::new(args);
        let (mut bytes, mut ends) = (Vec::new(), Vec::with_capacity(rows.groups.len()));
        for (update, group) in rows.groups.iter().enumerate() {
            self.add(*group, &new_row(&writer, args, rows, update));
            bytes.extend_from_slice(&self.rows[*group as usize]);
            ends.push(bytes.len());
        }
        let starts = std::iter::once(&0).chain(&ends);
        self.results(starts.zip(&ends).map(|(start, end)| &bytes[*start..*end]))
    }

    fn merge(&mut self, into: u32, from: u32) -> Result<(), String> {
        let from_row = std::mem::take(&mut self.rows[from as usize]);
        self.heap_size -= from_row.len();
        let merged = self.merged(&self.rows[into as usize], &from_row);
        self.set(into, &merged);
        Ok(())
    }

    fn merges_exactly(&self) -> bool {
        true
    }

    fn merge_copies(&mut self, merges: &[Merge]) {
        for Merge { into, left, right } in merges {
            let merged = self.merged(&self.rows[*left as usize], &self.rows[*right as usize]);
            self.set(*into, &merged);
        }
    }

    fn reset(&mut self, group: u32) {
        self.set(group, &[]);
    }

    fn evaluate(&self, groups: &[u32]) -> ArrayRef {
        self.results(groups.iter().map(|group| &*self.rows[*group as usize]))
    }

    fn save(&self, group: u32, out: &mut Vec<u8>) {
        out.push(VERSION);
        match &*self.rows[group as usize] {
            [] => out.push(EMPTY),
            row => out.extend_from_slice(row),
        }
    }

    fn load(&mut self, group: u32, bytes: &mut &[u8]) -> Result<(), StateError> {
        match bytes.first() {
            Some(&VERSION) => {
                let (row, rest) = self.take_row(&bytes[1..])?;
                *bytes = rest;
                self.set(group, row);
            }
            Some(&SEPARATE) => {
                let row = self.take_separate(bytes)?;
                self.set(group, &row);
            }
            Some(other) => return Err(StateError::UnknownVersion(*other)),
            None => return Err(StateError::Truncated { needed: 1, left: 0 }),
        }
        Ok(())
    }

    fn results_per_call_max(&self) -> usize {
        LARGE_RESULTS_MAX
    }

    fn memory_size(&self) -> usize {
        let rows = self.rows.capacity() * size_of::<Box<[u8]>>();
        rows + self.seen.capacity() * size_of::<u64>() + self.heap_size
    }
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;

    use super::*;
    use crate::functions::ArgumentType;
    use crate::functions::aggregate::AGGREGATES;
    use crate::types::{Decimal, Value, column_of, value_at};

    const GROUPS: u32 = 5;
    const ALL: [u32; GROUPS as usize] = [0, 1, 2, 3, 4];

    fn types() -> Vec<SqlType> {
        let pair = [("A", SqlType::Bigint), ("B", SqlType::Varchar)];
        vec![
            SqlType::Bigint,
            SqlType::Varchar,
            SqlType::Boolean,
            SqlType::Timestamp,
            SqlType::Decimal { precision: 9, scale: 2 },
            SqlType::array(SqlType::Varchar),
            SqlType::Map(Arc::new(SqlType::Varchar), Arc::new(SqlType::Int)),
            SqlType::structure(pair),
        ]
    }

    fn text(rng: &mut Rng) -> Value {
        let letters = ["a", "é", "\0", "\u{1}", "long enough to matter"];
        let text: String = (0..rng.usize(..4)).map(|_| letters[rng.usize(..5)]).collect();
        Value::from(text.as_str())
    }

    fn value(sql_type: &SqlType, rng: &mut Rng) -> Value {
        match sql_type {
            SqlType::Bigint => Value::Bigint(rng.i64(-3..3)),
            SqlType::Boolean => Value::Boolean(rng.bool()),
            SqlType::Timestamp => Value::Timestamp(rng.i64(..)),
            SqlType::Decimal { scale, .. } => {
                Value::Decimal(Decimal { unscaled: rng.i32(-9..9).into(), scale: *scale })
            }
            SqlType::Array(_) => Value::Array((0..rng.usize(..3)).map(|_| text(rng)).collect()),
            SqlType::Map(..) => Value::Map(vec![(text(rng), Value::Int(rng.i32(..)))]),
            SqlType::Struct(_) => Value::Struct(vec![Value::Bigint(rng.i64(..)), text(rng)]),
            _ => text(rng),
        }
    }

    fn columns(row_count: usize, nulls: f64, rng: &mut Rng) -> Vec<ArrayRef> {
        let column = |sql_type: &SqlType| {
            let cells = (0..row_count).map(|_| match rng.f64() < nulls {
                true => Value::Null,
                false => value(sql_type, rng),
            });
            column_of(sql_type, &cells.collect::<Vec<_>>())
        };
        types().iter().map(column).collect()
    }

    fn functions(ignores_nulls: bool) -> Vec<ResolvedAggregate> {
        let function = AGGREGATES.iter().map(|make| make());
        let function = function.into_iter().find(|f| f.name() == "LATEST_BY_OFFSET").unwrap();
        let resolve = |sql_type: SqlType| {
            let literal = Value::Boolean(ignores_nulls);
            let literal = ArgumentType::Literal(Some(SqlType::Boolean), literal);
            let args = [ArgumentType::Typed(sql_type), literal];
            function.resolve(&args, &|_| String::new()).unwrap()
        };
        types().into_iter().map(resolve).collect()
    }

    /// The functions together, and each on its own.
    struct Both {
        rows: LatestRows,
        alone: Vec<Box<dyn Accumulator>>,
    }

    impl Both {
        fn new(functions: &[ResolvedAggregate]) -> Self {
            assert!(functions.windows(2).all(|pair| LatestRows::are_one(&pair[0], &pair[1])));
            let alone = functions.iter().map(|function| function.accumulator().unwrap());
            let mut both = Both { rows: LatestRows::new(functions), alone: alone.collect() };
            both.each(|states| states.resize(GROUPS as usize));
            both
        }

        fn each(&mut self, mut act: impl FnMut(&mut dyn Accumulator)) {
            act(&mut self.rows);
            self.alone.iter_mut().for_each(|states| act(states.as_mut()));
        }

        fn update(&mut self, columns: &[ArrayRef], rows: &GroupedRows<'_>) {
            self.rows.update(columns, rows, &mut RowFailures::default());
            for (states, column) in self.alone.iter_mut().zip(columns) {
                states.update(&[Arc::clone(column)], rows, &mut RowFailures::default());
            }
        }

        fn update_each(&mut self, columns: &[ArrayRef], rows: &GroupedRows<'_>) {
            let found = self.rows.update_each(columns, rows, &mut RowFailures::default());
            let each = self.alone.iter_mut().zip(columns).map(|(states, column)| {
                states.update_each(&[Arc::clone(column)], rows, &mut RowFailures::default())
            });
            assert_eq!(values(&found), side_by_side(each.collect()));
        }

        fn check(&self) {
            let expected = self.alone.iter().map(|states| states.evaluate(&ALL)).collect();
            assert_eq!(values(&self.rows.evaluate(&ALL)), side_by_side(expected));
            let held: usize = self.rows.rows.iter().map(|row| row.len()).sum();
            assert_eq!(self.rows.heap_size, held);
            assert!(self.rows.seen.iter().all(|word| *word == 0));
        }
    }

    fn values(results: &ArrayRef) -> Vec<Vec<Value>> {
        let row = |row| match value_at(results, row) {
            Value::Struct(values) => values,
            other => panic!("{other:?} are no results of several functions"),
        };
        (0..results.len()).map(row).collect()
    }

    fn side_by_side(columns: Vec<ArrayRef>) -> Vec<Vec<Value>> {
        let row = |row| columns.iter().map(|column| value_at(column, row)).collect();
        (0..columns[0].len()).map(row).collect()
    }

    fn saved(states: &[&dyn Accumulator]) -> Vec<Vec<u8>> {
        let state = |group: &u32| {
            let mut out = Vec::new();
            states.iter().for_each(|states| states.save(*group, &mut out));
            out
        };
        ALL.iter().map(state).collect()
    }

    fn load(into: &mut dyn Accumulator, saved: &[Vec<u8>]) {
        for (group, bytes) in ALL.iter().zip(saved) {
            let mut rest = bytes.as_slice();
            into.load(*group, &mut rest).unwrap();
            assert!(rest.is_empty());
        }
    }

    #[test]
    fn together_they_keep_what_each_keeps_alone() {
        let mut rng = Rng::with_seed(18);
        for case in 0..300 {
            let functions = functions(case % 2 == 0);
            let mut both = Both::new(&functions);
            let mut first_sequence = 0;
            for _ in 0..20 {
                let (group, other) = (rng.u32(..GROUPS), rng.u32(1..GROUPS));
                let other = (group + other) % GROUPS;
                match rng.u8(..10) {
                    0 => both.each(|states| states.merge(group, other).unwrap()),
                    1 => {
                        let into = (0..GROUPS).find(|into| ![group, other].contains(into));
                        let merge = Merge { into: into.unwrap(), left: group, right: other };
                        both.each(|states| states.merge_copies(&[merge]));
                    }
                    2 => both.each(|states| states.reset(group)),
                    3 => {
                        let rows = saved(&[&both.rows]);
                        both.rows = LatestRows::new(&functions);
                        both.rows.resize(GROUPS as usize);
                        load(&mut both.rows, &rows);
                        assert_eq!(saved(&[&both.rows]), rows);
                    }
                    4 => {
                        let alone: Vec<&dyn Accumulator> =
                            both.alone.iter().map(AsRef::as_ref).collect();
                        load(&mut both.rows, &saved(&alone));
                    }
                    kind => {
                        let row_count = rng.usize(1..12);
                        let nulls = [0.0, 0.4, 1.0][rng.usize(..3)];
                        let columns = columns(row_count, nulls, &mut rng);
                        let groups: Vec<u32> = (0..row_count).map(|_| rng.u32(..GROUPS)).collect();
                        let rows = GroupedRows::new(&groups, first_sequence);
                        first_sequence += row_count as u64;
                        match kind {
                            5 => both.update_each(&columns, &rows),
                            _ => both.update(&columns, &rows),
                        }
                    }
                }
                both.check();
            }
        }
    }

    #[test]
    fn damaged_rows_are_refused_or_read() {
        let mut rng = Rng::with_seed(7);
        for case in 0..100 {
            let functions = functions(true);
            let mut both = Both::new(&functions);
            for first in [0, 5] {
                let columns = columns(5, 0.3, &mut rng);
                both.update(&columns, &GroupedRows::new(&ALL, first));
            }
            let row = &saved(&[&both.rows])[0];
            for cut in 0..row.len() {
                assert!(both.rows.load(0, &mut &row[..cut]).is_err(), "case {case}, {cut} bytes");
            }
            for _ in 0..100 {
                let mut row = row.clone();
                let at = rng.usize(..row.len());
                row[at] ^= 1 << rng.u8(..8);
                if both.rows.load(0, &mut row.as_slice()).is_ok() {
                    both.rows.evaluate(&ALL);
                    both.rows.merge(1, 0).unwrap();
                    both.rows.evaluate(&ALL);
                }
            }
        }
    }
}
