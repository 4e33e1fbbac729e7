//! `ENTRIES(map, sorted)`.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, StructArray};
use datafusion::arrow::datatypes::DataType;

use crate::functions::elements::compare_texts;
use crate::functions::scalar::collections::on_maps;
use crate::functions::{Call, FunctionError, Maps, ScalarFunction};

/// The entries of a map as an array of structs.
pub(super) fn entries() -> ScalarFunction {
    on_maps("ENTRIES", "Returns the entries of a map as structs of a key K and a value V.")
        .example("ENTRIES(MAP('a' := 1), TRUE)", "[Struct{K=a,V=1}]")
        .overload(
            "(map MAP<VARCHAR, V>, sorted BOOLEAN) ARRAY<STRUCT<K VARCHAR, V V>>",
            "In the order of the keys, if asked for.",
            |call| {
                let (map, sorted) = (call.maps(0)?, call.booleans(1)?);
                let (structs, keys) = (structs(call, map)?, map.keys().as_string::<i32>());
                call.map_arrays(&[&structs], |row, picked| {
                    let mut entries: Vec<usize> = map.at(row).collect();
                    if sorted.at(row) {
                        entries.sort_by(|a, b| compare_texts(keys.value(*a), keys.value(*b)));
                    }
                    picked.extend(entries.into_iter().map(|index| Some((0, index))));
                })
            },
        )
}

fn structs(call: &Call<'_>, map: Maps<'_>) -> Result<ArrayRef, FunctionError> {
    let DataType::List(field) = call.return_type.arrow() else {
        return Err(FunctionError::InvalidArgument("the result is not an ARRAY".into()));
    };
    let DataType::Struct(fields) = field.data_type() else {
        return Err(FunctionError::InvalidArgument("the elements are no STRUCTs".into()));
    };
    let columns = vec![Arc::clone(map.keys()), Arc::clone(map.values())];
    let structs = StructArray::try_new(fields.clone(), columns, None);
    structs
        .map(|structs| -> ArrayRef { Arc::new(structs) })
        .map_err(|error| FunctionError::InvalidArgument(error.to_string()))
}
