//! Which Rust types can be the state of a row-wise aggregate function: they know their bytes.

use std::sync::Arc;

use datafusion::arrow::datatypes::i256;

use crate::functions::aggregate::StateError;
use crate::functions::aggregate::bytes::{
    put_count, put_slice, take_array, take_bool, take_count, take_slice, take_text, take_u8,
};
use crate::functions::aggregate::cell::Cell;
use crate::types::{Decimal, Value};

/// How deep values may be nested in a saved state.
const DEPTH_MAX: usize = 64;

/// A state of a row-wise aggregate function.
pub trait RowState: Sized + Send + 'static {
    /// Appends the state to `out`.
    fn save(&self, out: &mut Vec<u8>);
    /// Takes a state off the front of `bytes`; what [`save`](RowState::save) did not write is refused.
    fn load(bytes: &mut &[u8]) -> Result<Self, StateError>;
    /// Returns how many bytes it holds outside itself, roughly.
    fn heap_size(&self) -> usize {
        0
    }
}

macro_rules! number_state {
    ($($number:ty),*) => {
        $(impl RowState for $number {
            fn save(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }
            fn load(bytes: &mut &[u8]) -> Result<Self, StateError> {
                Ok(<$number>::from_le_bytes(take_array(bytes)?))
            }
        })*
    };
}

number_state!(i32, i64, u64, f64);

impl RowState for bool {
    fn save(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }
    fn load(bytes: &mut &[u8]) -> Result<Self, StateError> {
        take_bool(bytes)
    }
}

impl RowState for String {
    fn save(&self, out: &mut Vec<u8>) {
        put_slice(self.as_bytes(), out);
    }
    fn load(bytes: &mut &[u8]) -> Result<Self, StateError> {
        take_text(bytes).map(str::to_owned)
    }
    fn heap_size(&self) -> usize {
        self.capacity()
    }
}

impl<S: RowState> RowState for Option<S> {
    fn save(&self, out: &mut Vec<u8>) {
        out.push(u8::from(self.is_some()));
        if let Some(state) = self {
            state.save(out);
        }
    }
    fn load(bytes: &mut &[u8]) -> Result<Self, StateError> {
        let is_some = take_bool(bytes)?;
        is_some.then(|| S::load(bytes)).transpose()
    }
    fn heap_size(&self) -> usize {
        self.as_ref().map_or(0, RowState::heap_size)
    }
}

impl<S: RowState> RowState for Vec<S> {
    fn save(&self, out: &mut Vec<u8>) {
        put_count(self.len(), out);
        self.iter().for_each(|state| state.save(out));
    }
    fn load(bytes: &mut &[u8]) -> Result<Self, StateError> {
        (0..take_count(bytes)?).map(|_| S::load(bytes)).collect()
    }
    fn heap_size(&self) -> usize {
        self.capacity() * size_of::<S>() + self.iter().map(RowState::heap_size).sum::<usize>()
    }
}

macro_rules! tuple_state {
    ($($part:ident: $index:tt),*) => {
        impl<$($part: RowState),*> RowState for ($($part,)*) {
            fn save(&self, out: &mut Vec<u8>) {
                $(self.$index.save(out);)*
            }
            fn load(bytes: &mut &[u8]) -> Result<Self, StateError> {
                Ok(($($part::load(bytes)?,)*))
            }
            fn heap_size(&self) -> usize {
                0 $(+ self.$index.heap_size())*
            }
        }
    };
}

tuple_state!(A: 0, B: 1);
tuple_state!(A: 0, B: 1, C: 2);
tuple_state!(A: 0, B: 1, C: 2, D: 3);

/// A value of any type: its bytes begin with what it is.
impl RowState for Value {
    fn save(&self, out: &mut Vec<u8>) {
        match self {
            Value::Null => out.push(0),
            Value::Boolean(v) => out.extend_from_slice(&[1, u8::from(*v)]),
            Value::Int(v) => tagged(2, &v.to_le_bytes(), out),
            Value::Bigint(v) => tagged(3, &v.to_le_bytes(), out),
            Value::Double(v) => tagged(4, &v.to_le_bytes(), out),
            Value::Decimal(v) => {
                tagged(5, &[v.scale], out);
                out.extend_from_slice(&v.unscaled.to_le_bytes());
            }
            Value::Varchar(v) => {
                out.push(6);
                put_slice(v.as_bytes(), out);
            }
            Value::Bytes(v) => {
                out.push(7);
                put_slice(v, out);
            }
            Value::Date(v) => tagged(8, &v.to_le_bytes(), out),
            Value::Time(v) => tagged(9, &v.to_le_bytes(), out),
            Value::Timestamp(v) => tagged(10, &v.to_le_bytes(), out),
            Value::Array(values) => save_values(11, values.iter(), out),
            Value::Map(entries) => save_values(12, entries.iter().flat_map(|(k, v)| [k, v]), out),
            Value::Struct(fields) => save_values(13, fields.iter(), out),
        }
    }

    fn load(bytes: &mut &[u8]) -> Result<Self, StateError> {
        load_value(bytes, DEPTH_MAX)
    }

    fn heap_size(&self) -> usize {
        Cell::heap_size(self)
    }
}

fn tagged(tag: u8, bytes: &[u8], out: &mut Vec<u8>) {
    out.push(tag);
    out.extend_from_slice(bytes);
}

fn save_values<'a>(tag: u8, values: impl Iterator<Item = &'a Value> + Clone, out: &mut Vec<u8>) {
    out.push(tag);
    put_count(values.clone().count(), out);
    values.for_each(|value| RowState::save(value, out));
}

fn load_value(bytes: &mut &[u8], depth: usize) -> Result<Value, StateError> {
    Ok(match take_u8(bytes)? {
        0 => Value::Null,
        1 => Value::Boolean(take_bool(bytes)?),
        2 => Value::Int(RowState::load(bytes)?),
        3 => Value::Bigint(RowState::load(bytes)?),
        4 => Value::Double(RowState::load(bytes)?),
        5 => {
            let scale = take_u8(bytes)?;
            Value::Decimal(Decimal { unscaled: i256::from_le_bytes(take_array(bytes)?), scale })
        }
        6 => Value::Varchar(take_text(bytes)?.into()),
        7 => Value::Bytes(Arc::from(take_slice(bytes)?)),
        8 => Value::Date(RowState::load(bytes)?),
        9 => Value::Time(RowState::load(bytes)?),
        10 => Value::Timestamp(RowState::load(bytes)?),
        11 => Value::Array(load_values(bytes, depth)?),
        12 => Value::Map(pairs(load_values(bytes, depth)?)?),
        13 => Value::Struct(load_values(bytes, depth)?),
        _ => return Err(StateError::Damaged("a value has an unknown type")),
    })
}

fn load_values(bytes: &mut &[u8], depth: usize) -> Result<Vec<Value>, StateError> {
    let depth = depth.checked_sub(1).ok_or(StateError::Damaged("values are nested too deep"))?;
    (0..take_count(bytes)?).map(|_| load_value(bytes, depth)).collect()
}

fn pairs(values: Vec<Value>) -> Result<Vec<(Value, Value)>, StateError> {
    if values.len() % 2 == 1 {
        return Err(StateError::Damaged("the last key of a map has no value"));
    }
    let mut values = values.into_iter();
    let pair = || Some((values.next()?, values.next()?));
    Ok(std::iter::from_fn(pair).collect())
}
