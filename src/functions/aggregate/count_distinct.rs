//! `COUNT_DISTINCT(value)`.

use std::collections::BTreeSet;
use std::marker::PhantomData;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Int64Array};
use hashbrown::HashTable;

use crate::functions::FunctionError;
use crate::functions::aggregate::bytes::{put_count, take, take_count, take_u8, take_u64};
use crate::functions::aggregate::cell::{Cell, with_cell};
use crate::functions::aggregate::dense::{Dense, Kernel};
use crate::functions::aggregate::registers::Registers;
use crate::functions::aggregate::{Accumulator, AggregateCall, AggregateFunction, StateError};
use crate::types::SqlType;

/// How many different values are counted exactly: that many take 512 KiB for a group, and 64-bit hashes of that many values
/// differ but for one time in ten thousand million.
const EXACT_MAX: usize = 1 << 16;

/// Counts the different values: exactly up to 65,536 of them, with an error of about 0.4 % above.
pub(super) fn count_distinct() -> AggregateFunction {
    AggregateFunction::new("COUNT_DISTINCT")
        .summary("Counts the different values, exactly up to 65,536, with an error of about 0.4 % above; NULLs are left out.")
        .example("COUNT_DISTINCT(x)", "x VARCHAR: ('a'), ('b'), ('a'), (NULL)", "2")
        .overload("(value ANY) BIGINT", "", accumulator)
        .intermediate(|_| SqlType::array(SqlType::Int))
}

fn accumulator(call: &AggregateCall<'_>) -> Result<Box<dyn Accumulator>, FunctionError> {
    Ok(with_cell!(&call.args[0], C => Dense::boxed(CountDistinct::<C> { cell: PhantomData })))
}

struct CountDistinct<C> {
    cell: PhantomData<C>,
}

/// The hashes of the values, or what is left of them when they are too many.
enum Distinct {
    Exact(HashTable<u64>),
    Estimated(Registers),
}

impl Default for Distinct {
    fn default() -> Self {
        Distinct::Exact(HashTable::new())
    }
}

impl Distinct {
    #[inline]
    fn add(&mut self, hash: u64) {
        match self {
            Distinct::Exact(hashes) => {
                hashes.entry(hash, |kept| *kept == hash, |kept| *kept).or_insert(hash);
                if EXACT_MAX < hashes.len() {
                    self.estimate();
                }
            }
            Distinct::Estimated(registers) => registers.add(hash),
        }
    }

    fn estimate(&mut self) -> &mut Registers {
        if let Distinct::Exact(hashes) = self {
            let mut registers = Registers::default();
            hashes.iter().for_each(|hash| registers.add(*hash));
            *self = Distinct::Estimated(registers);
        }
        match self {
            Distinct::Estimated(registers) => registers,
            Distinct::Exact(_) => unreachable!("it was just replaced"),
        }
    }

    fn count(&self) -> i64 {
        match self {
            Distinct::Exact(hashes) => hashes.len() as i64,
            Distinct::Estimated(registers) => registers.count(),
        }
    }
}

impl<C: Cell> Kernel for CountDistinct<C> {
    type State = Distinct;
    type Args<'a> = C::Column<'a>;
    type Results = Vec<i64>;

    const HAS_HEAP: bool = true;

    fn bind<'a>(&self, args: &'a [ArrayRef]) -> C::Column<'a> {
        C::column(&args[0])
    }

    #[inline]
    fn add(
        &self,
        state: &mut Distinct,
        args: &C::Column<'_>,
        row: usize,
        _: u64,
    ) -> Result<(), String> {
        if let Some(value) = C::get(args, row) {
            state.add(C::hash(value));
        }
        Ok(())
    }

    fn merge(&self, into: &mut Distinct, from: Distinct) -> Result<(), String> {
        match from {
            Distinct::Exact(hashes) => hashes.iter().for_each(|hash| into.add(*hash)),
            Distinct::Estimated(registers) => into.estimate().merge(&registers),
        }
        Ok(())
    }

    fn results(&self, capacity: usize) -> Vec<i64> {
        Vec::with_capacity(capacity)
    }

    fn push(&self, state: &Distinct, results: &mut Vec<i64>) {
        results.push(state.count());
    }

    fn finish(&self, results: Vec<i64>) -> ArrayRef {
        Arc::new(Int64Array::from(results))
    }

    fn save(&self, state: &Distinct, out: &mut Vec<u8>) {
        match state {
            Distinct::Exact(hashes) => {
                out.push(0);
                put_count(hashes.len(), out);
                // Sorted, so that the same values are the same bytes.
                let hashes: BTreeSet<u64> = hashes.iter().copied().collect();
                hashes.iter().for_each(|hash| out.extend_from_slice(&hash.to_le_bytes()));
            }
            Distinct::Estimated(registers) => {
                out.push(1);
                out.extend_from_slice(registers.as_bytes());
            }
        }
    }

    fn load(&self, bytes: &mut &[u8]) -> Result<Distinct, StateError> {
        match take_u8(bytes)? {
            0 => {
                let mut state = Distinct::default();
                for _ in 0..take_count(bytes)? {
                    state.add(take_u64(bytes)?);
                }
                Ok(state)
            }
            1 => {
                let registers = Registers::try_new(take(bytes, Registers::SIZE)?);
                registers.map(Distinct::Estimated).ok_or(StateError::Damaged("a rank is too large"))
            }
            _ => Err(StateError::Damaged("distinct values are kept in an unknown way")),
        }
    }

    fn heap_size(&self, state: &Distinct) -> usize {
        match state {
            Distinct::Exact(hashes) => hashes.capacity() * (size_of::<u64>() + 1),
            Distinct::Estimated(_) => Registers::SIZE,
        }
    }
}
