//! `MAP_VALUES(map)`.

use std::sync::Arc;

use datafusion::arrow::array::{Array, AsArray, ListArray};
use datafusion::arrow::datatypes::DataType;

use crate::functions::scalar::collections::on_maps;
use crate::functions::{FunctionError, ScalarFunction};

/// Returns the values of a map.
pub(super) fn map_values() -> ScalarFunction {
    on_maps("map_values", "Returns the values of a map.")
        .example("MAP_VALUES(MAP('a' := 1))", "[1]")
        .overload("(map MAP<K, V>) ARRAY<V>", "", |call| {
            let map = call.column(0)?;
            let map = map.as_map();
            let DataType::List(field) = call.return_type.arrow() else {
                return Err(FunctionError::InvalidArgument("the result is not an ARRAY".into()));
            };
            let (offsets, values) = (map.offsets().clone(), Arc::clone(map.values()));
            let nulls = map.nulls().cloned();
            Ok(Arc::new(ListArray::new(field, offsets, values, nulls)))
        })
}
