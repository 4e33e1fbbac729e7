//! Typed views of a call's arguments: a column and a constant read alike, row by row, without copies.

use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayAccessor, ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array,
    Decimal256Array, Float64Array, Int32Array, Int64Array, ListArray, MapArray, StringArray,
    StructArray, Time32MillisecondArray, TimestampMillisecondArray, UInt32Array,
};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::i256;

use crate::functions::{Argument, Call, FunctionError, LambdaBody};
use crate::types::Decimal;

/// The rows of an argument.
#[derive(Clone, Copy)]
pub struct Values<A> {
    array: A,
    is_constant: bool,
}

/// The rows of a BOOLEAN argument.
pub type Booleans<'a> = Values<&'a BooleanArray>;
/// The rows of an INT argument.
pub type Ints<'a> = Values<&'a Int32Array>;
/// The rows of a BIGINT argument.
pub type Bigints<'a> = Values<&'a Int64Array>;
/// The rows of a DOUBLE argument.
pub type Doubles<'a> = Values<&'a Float64Array>;
/// The rows of a VARCHAR argument.
pub type Strings<'a> = Values<&'a StringArray>;
/// The rows of a BYTES argument.
pub type Bytes<'a> = Values<&'a BinaryArray>;
/// The rows of a DATE argument, in days.
pub type Dates<'a> = Values<&'a Date32Array>;
/// The rows of a TIME argument, in milliseconds.
pub type Times<'a> = Values<&'a Time32MillisecondArray>;
/// The rows of a TIMESTAMP argument, in milliseconds.
pub type Timestamps<'a> = Values<&'a TimestampMillisecondArray>;

impl<A: ArrayAccessor> Values<A> {
    /// Returns the value at a row; of a row that is NULL, any value.
    #[inline]
    pub fn at(&self, row: usize) -> A::Item {
        self.array.value(if self.is_constant { 0 } else { row })
    }

    /// Returns the value at a row, none if it is NULL.
    #[inline]
    pub fn get(&self, row: usize) -> Option<A::Item> {
        let index = if self.is_constant { 0 } else { row };
        self.array.is_valid(index).then(|| self.array.value(index))
    }
}

/// The rows of a DECIMAL argument.
#[derive(Clone, Copy)]
pub struct Decimals<'a> {
    values: DecimalValues<'a>,
    scale: u8,
}

#[derive(Clone, Copy)]
enum DecimalValues<'a> {
    Narrow(Values<&'a Decimal128Array>),
    Wide(Values<&'a Decimal256Array>),
}

impl Decimals<'_> {
    /// Returns the value at a row; of a row that is NULL, any value.
    pub fn at(&self, row: usize) -> Decimal {
        let unscaled = match &self.values {
            DecimalValues::Narrow(values) => i256::from_i128(values.at(row)),
            DecimalValues::Wide(values) => values.at(row),
        };
        Decimal { unscaled, scale: self.scale }
    }

    /// Returns the value at a row, none if it is NULL.
    pub fn get(&self, row: usize) -> Option<Decimal> {
        let unscaled = match &self.values {
            DecimalValues::Narrow(values) => values.get(row).map(i256::from_i128),
            DecimalValues::Wide(values) => values.get(row),
        };
        unscaled.map(|unscaled| Decimal { unscaled, scale: self.scale })
    }
}

/// The rows of an ARRAY argument: each is a range of the elements of all rows.
#[derive(Clone, Copy)]
pub struct Lists<'a> {
    array: &'a ListArray,
    is_constant: bool,
}

impl<'a> Lists<'a> {
    /// Returns the elements of all rows.
    pub fn elements(&self) -> &'a ArrayRef {
        self.array.values()
    }

    /// Returns where the elements of a row stand; of a row that is NULL, any range.
    pub fn at(&self, row: usize) -> Range<usize> {
        range(self.array.value_offsets(), if self.is_constant { 0 } else { row })
    }

    /// Returns where the elements of a row stand, none if it is NULL.
    pub fn get(&self, row: usize) -> Option<Range<usize>> {
        self.array.is_valid(if self.is_constant { 0 } else { row }).then(|| self.at(row))
    }
}

/// The rows of a MAP argument: each is a range of the entries of all rows.
#[derive(Clone, Copy)]
pub struct Maps<'a> {
    array: &'a MapArray,
    is_constant: bool,
}

impl<'a> Maps<'a> {
    /// Returns the keys of all rows.
    pub fn keys(&self) -> &'a ArrayRef {
        self.array.keys()
    }

    /// Returns the values of all rows.
    pub fn values(&self) -> &'a ArrayRef {
        self.array.values()
    }

    /// Returns where the entries of a row stand; of a row that is NULL, any range.
    pub fn at(&self, row: usize) -> Range<usize> {
        range(self.array.value_offsets(), if self.is_constant { 0 } else { row })
    }

    /// Returns where the entries of a row stand, none if it is NULL.
    pub fn get(&self, row: usize) -> Option<Range<usize>> {
        self.array.is_valid(if self.is_constant { 0 } else { row }).then(|| self.at(row))
    }
}

fn range(offsets: &[i32], row: usize) -> Range<usize> {
    // Arrow's offsets are never negative.
    offsets[row].unsigned_abs() as usize..offsets[row + 1].unsigned_abs() as usize
}

/// Something made of a text, such as a compiled pattern. It is made once for as long as the text stays the same, which for
/// a constant argument is once per batch.
pub struct Prepared<'a, T, F> {
    texts: Strings<'a>,
    make: F,
    last: Option<(&'a str, Result<T, String>)>,
}

impl<'a, T, F: FnMut(&str) -> Result<T, String>> Prepared<'a, T, F> {
    /// Returns what was made of the text at a row, which must not be NULL.
    pub fn at(&mut self, row: usize) -> Result<&T, String> {
        let text = self.texts.at(row);
        if self.last.as_ref().is_none_or(|(last, _)| *last != text) {
            self.last = Some((text, (self.make)(text)));
        }
        match &self.last {
            Some((_, Ok(made))) => Ok(made),
            Some((_, Err(reason))) => Err(reason.clone()),
            None => unreachable!("it was just made"),
        }
    }
}

impl<'a> Call<'a> {
    /// Returns the array of an argument, and whether its only row stands for all.
    pub fn array(&self, index: usize) -> Result<(&'a ArrayRef, bool), FunctionError> {
        match self.args.get(index) {
            Some(Argument::Column(array)) => Ok((array, false)),
            Some(Argument::Constant(array)) => Ok((array, true)),
            Some(Argument::Lambda(_)) | None => Err(mismatch(index, "a value")),
        }
    }

    /// Returns an argument with one value for each row, repeated if it is constant.
    pub fn column(&self, index: usize) -> Result<ArrayRef, FunctionError> {
        let (array, is_constant) = self.array(index)?;
        if is_constant { repeat(array, self.row_count) } else { Ok(Arc::clone(array)) }
    }

    /// Returns a lambda argument.
    pub fn lambda(&self, index: usize) -> Result<&'a dyn LambdaBody, FunctionError> {
        match self.args.get(index) {
            Some(Argument::Lambda(body)) => Ok(body.as_ref()),
            Some(Argument::Column(_) | Argument::Constant(_)) | None => {
                Err(mismatch(index, "a lambda"))
            }
        }
    }

    fn values<T: Array + 'static>(
        &self,
        index: usize,
        name: &str,
    ) -> Result<Values<&'a T>, FunctionError> {
        let (array, is_constant) = self.array(index)?;
        let array = array.as_any().downcast_ref::<T>().ok_or_else(|| mismatch(index, name))?;
        Ok(Values { array, is_constant })
    }

    /// Reads a BOOLEAN argument.
    pub fn booleans(&self, index: usize) -> Result<Booleans<'a>, FunctionError> {
        self.values(index, "BOOLEAN")
    }

    /// Reads an INT argument.
    pub fn ints(&self, index: usize) -> Result<Ints<'a>, FunctionError> {
        self.values(index, "INTEGER")
    }

    /// Reads a BIGINT argument.
    pub fn bigints(&self, index: usize) -> Result<Bigints<'a>, FunctionError> {
        self.values(index, "BIGINT")
    }

    /// Reads a DOUBLE argument.
    pub fn doubles(&self, index: usize) -> Result<Doubles<'a>, FunctionError> {
        self.values(index, "DOUBLE")
    }

    /// Reads a VARCHAR argument.
    pub fn strings(&self, index: usize) -> Result<Strings<'a>, FunctionError> {
        self.values(index, "STRING")
    }

    /// Reads all VARCHAR arguments from an index on.
    pub fn strings_from(&self, index: usize) -> Result<Vec<Strings<'a>>, FunctionError> {
        (index..self.args.len()).map(|index| self.strings(index)).collect()
    }

    /// Reads a BYTES argument.
    pub fn bytes(&self, index: usize) -> Result<Bytes<'a>, FunctionError> {
        self.values(index, "BYTES")
    }

    /// Reads all BYTES arguments from an index on.
    pub fn bytes_from(&self, index: usize) -> Result<Vec<Bytes<'a>>, FunctionError> {
        (index..self.args.len()).map(|index| self.bytes(index)).collect()
    }

    /// Reads a DATE argument.
    pub fn dates(&self, index: usize) -> Result<Dates<'a>, FunctionError> {
        self.values(index, "DATE")
    }

    /// Reads a TIME argument.
    pub fn times(&self, index: usize) -> Result<Times<'a>, FunctionError> {
        self.values(index, "TIME")
    }

    /// Reads a TIMESTAMP argument.
    pub fn timestamps(&self, index: usize) -> Result<Timestamps<'a>, FunctionError> {
        self.values(index, "TIMESTAMP")
    }

    /// Reads a DECIMAL argument.
    pub fn decimals(&self, index: usize) -> Result<Decimals<'a>, FunctionError> {
        if let Ok(values) = self.values::<Decimal128Array>(index, "DECIMAL") {
            let scale = values.array.scale().unsigned_abs();
            return Ok(Decimals { values: DecimalValues::Narrow(values), scale });
        }
        let values = self.values::<Decimal256Array>(index, "DECIMAL")?;
        let scale = values.array.scale().unsigned_abs();
        Ok(Decimals { values: DecimalValues::Wide(values), scale })
    }

    /// Reads an ARRAY argument.
    pub fn lists(&self, index: usize) -> Result<Lists<'a>, FunctionError> {
        let Values { array, is_constant } = self.values::<ListArray>(index, "ARRAY")?;
        Ok(Lists { array, is_constant })
    }

    /// Reads a MAP argument.
    pub fn maps(&self, index: usize) -> Result<Maps<'a>, FunctionError> {
        let Values { array, is_constant } = self.values::<MapArray>(index, "MAP")?;
        Ok(Maps { array, is_constant })
    }

    /// Returns a STRUCT argument, and whether its only row stands for all.
    pub fn structs(&self, index: usize) -> Result<(&'a StructArray, bool), FunctionError> {
        let Values { array, is_constant } = self.values::<StructArray>(index, "STRUCT")?;
        Ok((array, is_constant))
    }

    /// Reads a VARCHAR argument of which something is made, such as a compiled pattern.
    pub fn prepare<T, F: FnMut(&str) -> Result<T, String>>(
        &self,
        index: usize,
        make: F,
    ) -> Result<Prepared<'a, T, F>, FunctionError> {
        Ok(Prepared { texts: self.strings(index)?, make, last: None })
    }
}

fn mismatch(index: usize, wanted: &str) -> FunctionError {
    FunctionError::InvalidArgument(format!("argument {} is not {wanted}", index + 1))
}

/// Returns an array's only row as often as asked.
pub(super) fn repeat(array: &ArrayRef, row_count: usize) -> Result<ArrayRef, FunctionError> {
    let rows = UInt32Array::from(vec![0; row_count]);
    take(array, &rows, None).map_err(|error| FunctionError::InvalidArgument(error.to_string()))
}
