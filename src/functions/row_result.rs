//! What a kernel computes for one row.

use std::borrow::Cow;

use crate::types::Decimal;

/// What a kernel computes for a row: a value, NULL (`None`), or why the row fails.
pub trait RowResult {
    /// The value's type.
    type Value;
    /// Returns the value, NULL, or why the row fails.
    fn into_row(self) -> Result<Option<Self::Value>, String>;
}

macro_rules! plain_row_results {
    ($($value:ty),*) => {
        $(impl RowResult for $value {
            type Value = Self;
            fn into_row(self) -> Result<Option<Self>, String> {
                Ok(Some(self))
            }
        })*
    };
}

plain_row_results!(bool, i32, i64, f64, String, Vec<u8>, Decimal, ());

impl<'a> RowResult for &'a str {
    type Value = &'a str;
    fn into_row(self) -> Result<Option<&'a str>, String> {
        Ok(Some(self))
    }
}

impl<'a> RowResult for &'a [u8] {
    type Value = &'a [u8];
    fn into_row(self) -> Result<Option<&'a [u8]>, String> {
        Ok(Some(self))
    }
}

impl<'a, T: ToOwned + ?Sized> RowResult for Cow<'a, T> {
    type Value = Cow<'a, T>;
    fn into_row(self) -> Result<Option<Self::Value>, String> {
        Ok(Some(self))
    }
}

impl<T> RowResult for Option<T> {
    type Value = T;
    fn into_row(self) -> Result<Option<T>, String> {
        Ok(self)
    }
}

impl<R: RowResult, E: ToString> RowResult for Result<R, E> {
    type Value = R::Value;
    fn into_row(self) -> Result<Option<R::Value>, String> {
        match self {
            Ok(row) => row.into_row(),
            Err(reason) => Err(reason.to_string()),
        }
    }
}

/// An array, by its number, and a row in it.
pub type Pick = (usize, usize);

impl RowResult for Pick {
    type Value = Pick;
    fn into_row(self) -> Result<Option<Pick>, String> {
        Ok(Some(self))
    }
}
