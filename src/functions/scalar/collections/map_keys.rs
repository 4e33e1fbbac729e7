//! `MAP_KEYS(map)`.

use std::sync::Arc;

use datafusion::arrow::array::{Array, AsArray, ListArray};
use datafusion::arrow::datatypes::DataType;

use crate::functions::scalar::collections::on_maps;
use crate::functions::{FunctionError, ScalarFunction};

/// Returns the keys of a map.
pub(super) fn map_keys() -> ScalarFunction {
    on_maps("map_keys", "Returns the keys of a map.")
        .example("MAP_KEYS(MAP('a' := 1))", "[a]")
        .overload("(map MAP<K, V>) ARRAY<K>", "", |call| {
            let map = call.column(0)?;
            let map = map.as_map();
            let DataType::List(field) = call.return_type.arrow() else {
                return Err(FunctionError::InvalidArgument("the result is not an ARRAY".into()));
            };
            let (offsets, keys) = (map.offsets().clone(), Arc::clone(map.keys()));
            let nulls = map.nulls().cloned();
            Ok(Arc::new(ListArray::new(field, offsets, keys, nulls)))
        })
}
