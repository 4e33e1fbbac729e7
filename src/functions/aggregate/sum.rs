//! `SUM(number)`.

use std::marker::PhantomData;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, ArrowNativeTypeOp, AsArray};
use datafusion::arrow::datatypes::{
    ArrowNativeType, Decimal128Type, Decimal256Type, DecimalType, i256,
};

use crate::functions::FunctionError;
use crate::functions::aggregate::bytes::take_array;
use crate::functions::aggregate::cell::{Cell, Numbers, NumbersBuilder};
use crate::functions::aggregate::dense::{Dense, Kernel};
use crate::functions::aggregate::{Accumulator, AggregateCall, AggregateFunction, StateError};
use crate::types::{NARROW_DECIMAL_PRECISION, SqlType};

/// Adds numbers up. INT and BIGINT wrap around at their ends, as in Java; a DECIMAL that leaves its precision fails.
pub(super) fn sum() -> AggregateFunction {
    AggregateFunction::new("SUM")
        .summary("Adds the values up; NULLs are left out.")
        .example("SUM(x)", "x INT: (1), (2), (NULL)", "3")
        .example("SUM(x)", "x DECIMAL(4, 2): (0.10), (0.20)", "0.30")
        .overload("(value INT) INT", "", |_| Ok(Dense::boxed(Sum::<i32>::default())))
        .undo()
        .overload("(value BIGINT) BIGINT", "", |_| Ok(Dense::boxed(Sum::<i64>::default())))
        .undo()
        .overload("(value DOUBLE) DOUBLE", "", |_| Ok(Dense::boxed(Sum::<f64>::default())))
        .undo()
        .overload("(value DECIMAL)", "Of the argument's own type.", sum_decimals)
        .returns(|args| Ok(args[0].clone()))
        .undo()
        .intermediate(|call| call.return_type.clone())
}

fn sum_decimals(call: &AggregateCall<'_>) -> Result<Box<dyn Accumulator>, FunctionError> {
    let SqlType::Decimal { precision, scale } = *call.return_type else {
        return Err(FunctionError::InvalidArgument("SUM needs a DECIMAL".into()));
    };
    Ok(if precision <= NARROW_DECIMAL_PRECISION {
        Dense::boxed(DecimalSum::<Decimal128Type>::new(precision, scale))
    } else {
        Dense::boxed(DecimalSum::<Decimal256Type>::new(precision, scale))
    })
}

/// Numbers that can be added up without an error.
pub(super) trait Summand: Cell + Copy + Default {
    /// Adds.
    fn plus(self, other: Self) -> Self;
    /// Subtracts.
    fn minus(self, other: Self) -> Self;
    /// Pushes a sum.
    fn push_sum(self, results: &mut Self::Builder);
    /// Returns the number at a row.
    fn at(column: &Self::Column<'_>, row: usize) -> Option<Self>;
    /// The SQL type of a sum.
    const SQL_TYPE: SqlType;
    /// Whether a sum does not depend on the order of its summands.
    const IS_EXACT: bool;
}

macro_rules! summand {
    ($native:ty, $sql_type:expr, $is_exact:expr, $plus:expr, $minus:expr) => {
        impl Summand for $native {
            const SQL_TYPE: SqlType = $sql_type;
            const IS_EXACT: bool = $is_exact;

            #[inline]
            fn plus(self, other: Self) -> Self {
                $plus(self, other)
            }
            #[inline]
            fn minus(self, other: Self) -> Self {
                $minus(self, other)
            }
            #[inline]
            fn push_sum(self, results: &mut NumbersBuilder<$native>) {
                results.push(Some(self));
            }
            #[inline]
            fn at(column: &Numbers<'_, $native>, row: usize) -> Option<$native> {
                column.get(row)
            }
        }
    };
}

summand!(i32, SqlType::Int, true, i32::wrapping_add, i32::wrapping_sub);
summand!(i64, SqlType::Bigint, true, i64::wrapping_add, i64::wrapping_sub);
summand!(f64, SqlType::Double, false, |a: f64, b: f64| a + b, |a: f64, b: f64| a - b);

#[derive(Default)]
struct Sum<N>(PhantomData<N>);

impl<N: Summand> Kernel for Sum<N> {
    type State = N;
    type Args<'a> = N::Column<'a>;
    type Results = N::Builder;

    fn bind<'a>(&self, args: &'a [ArrayRef]) -> N::Column<'a> {
        N::column(&args[0])
    }

    #[inline]
    fn add(&self, state: &mut N, args: &N::Column<'_>, row: usize, _: u64) -> Result<(), String> {
        if let Some(value) = N::at(args, row) {
            *state = state.plus(value);
        }
        Ok(())
    }

    fn remove(&self, state: &mut N, args: &N::Column<'_>, row: usize) -> Result<(), String> {
        if let Some(value) = N::at(args, row) {
            *state = state.minus(value);
        }
        Ok(())
    }

    fn merge(&self, into: &mut N, from: N) -> Result<(), String> {
        *into = into.plus(from);
        Ok(())
    }

    fn copy(&self, state: &N) -> Option<N> {
        N::IS_EXACT.then_some(*state)
    }

    fn results(&self, capacity: usize) -> N::Builder {
        N::builder(&N::SQL_TYPE, capacity)
    }

    #[inline]
    fn push(&self, state: &N, results: &mut N::Builder) {
        state.push_sum(results);
    }

    fn finish(&self, results: N::Builder) -> ArrayRef {
        N::finish(results, &N::SQL_TYPE)
    }

    fn save(&self, state: &N, out: &mut Vec<u8>) {
        state.save(out);
    }

    fn load(&self, bytes: &mut &[u8]) -> Result<N, StateError> {
        N::load(&N::SQL_TYPE, bytes)
    }
}

/// Sums of one precision and scale, as all their digits.
struct DecimalSum<T: DecimalType> {
    precision: u8,
    scale: i8,
    /// The smallest number that has more digits than the precision.
    limit: T::Native,
}

impl<T: DecimalType> DecimalSum<T> {
    fn new(precision: u8, scale: u8) -> Self {
        let ten = T::Native::usize_as(10);
        // Ten to the power of the largest precision still fits both types.
        let limit = ten.pow_wrapping(u32::from(precision));
        DecimalSum { precision, scale: i8::try_from(scale).unwrap_or(i8::MAX), limit }
    }

    #[inline]
    fn check(&self, sum: Option<T::Native>) -> Result<T::Native, String> {
        match sum {
            Some(sum) if sum.is_lt(self.limit) && sum.is_gt(self.limit.neg_wrapping()) => Ok(sum),
            sum => Err(self.overflow(sum)),
        }
    }

    #[cold]
    fn overflow(&self, sum: Option<T::Native>) -> String {
        let DecimalSum { precision, scale, .. } = self;
        let sum = sum.map_or("The sum".into(), |s| T::format_decimal(s, T::MAX_PRECISION, *scale));
        format!("Numeric field overflow: {sum} does not fit DECIMAL({precision}, {scale})")
    }
}

/// What a decimal's digits are saved as.
trait Digits: Sized {
    fn put(self, out: &mut Vec<u8>);
    fn take(bytes: &mut &[u8]) -> Result<Self, StateError>;
}

impl Digits for i128 {
    fn put(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_le_bytes());
    }
    fn take(bytes: &mut &[u8]) -> Result<Self, StateError> {
        Ok(i128::from_le_bytes(take_array(bytes)?))
    }
}

impl Digits for i256 {
    fn put(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_le_bytes());
    }
    fn take(bytes: &mut &[u8]) -> Result<Self, StateError> {
        Ok(i256::from_le_bytes(take_array(bytes)?))
    }
}

impl<T: DecimalType> Kernel for DecimalSum<T>
where
    T::Native: Digits,
{
    type State = T::Native;
    type Args<'a> = Numbers<'a, T::Native>;
    type Results = NumbersBuilder<T::Native>;

    fn bind<'a>(&self, args: &'a [ArrayRef]) -> Numbers<'a, T::Native> {
        Numbers::new(args[0].as_primitive::<T>())
    }

    #[inline]
    fn add(
        &self,
        state: &mut T::Native,
        args: &Numbers<'_, T::Native>,
        row: usize,
        _: u64,
    ) -> Result<(), String> {
        if let Some(value) = args.get(row) {
            *state = self.check(state.add_checked(value).ok())?;
        }
        Ok(())
    }

    fn remove(
        &self,
        state: &mut T::Native,
        args: &Numbers<'_, T::Native>,
        row: usize,
    ) -> Result<(), String> {
        if let Some(value) = args.get(row) {
            *state = self.check(state.sub_checked(value).ok())?;
        }
        Ok(())
    }

    fn merge(&self, into: &mut T::Native, from: T::Native) -> Result<(), String> {
        *into = self.check(into.add_checked(from).ok())?;
        Ok(())
    }

    fn results(&self, capacity: usize) -> NumbersBuilder<T::Native> {
        NumbersBuilder::new(capacity)
    }

    #[inline]
    fn push(&self, state: &T::Native, results: &mut NumbersBuilder<T::Native>) {
        results.push(Some(*state));
    }

    fn finish(&self, results: NumbersBuilder<T::Native>) -> ArrayRef {
        let data_type = T::TYPE_CONSTRUCTOR(self.precision, self.scale);
        Arc::new(results.finish::<T>().with_data_type(data_type))
    }

    fn save(&self, state: &T::Native, out: &mut Vec<u8>) {
        state.put(out);
    }

    fn load(&self, bytes: &mut &[u8]) -> Result<T::Native, StateError> {
        let sum = T::Native::take(bytes)?;
        self.check(Some(sum)).map_err(|_| StateError::Damaged("a sum has too many digits"))
    }
}
