//! `AS_MAP(keys, values)`.

use std::collections::HashMap;

use datafusion::arrow::array::{Array, AsArray};

use crate::functions::ScalarFunction;
use crate::functions::scalar::collections::on_maps;

/// A map of keys and values that stand in two arrays.
pub(super) fn as_map() -> ScalarFunction {
    on_maps(
        "AS_MAP",
        "Makes a map of an array of keys and one of values; of equal keys the last counts.",
    )
    .example("AS_MAP(ARRAY['a'], ARRAY[1])", "{a=1}")
    .overload(
        "(keys ARRAY<VARCHAR>, values ARRAY<T>) MAP<VARCHAR, T>",
        "Keys without a value have NULL.",
        |call| {
            let (keys, values) = (call.lists(0)?, call.lists(1)?);
            let texts = keys.elements().as_string::<i32>();
            call.map_maps(&[keys.elements()], &[values.elements()], |row, picked| {
                let begin = picked.len();
                let mut places = HashMap::new();
                let mut values = values.at(row);
                for key in keys.at(row) {
                    if texts.is_null(key) {
                        return Err("the key of a map can't be NULL");
                    }
                    let value = values.next().map(|index| (0, index));
                    let place = *places.entry(texts.value(key)).or_insert(picked.len() - begin);
                    if begin + place < picked.len() {
                        picked[begin + place].1 = value;
                    } else {
                        picked.push(((0, key), value));
                    }
                }
                Ok(())
            })
        },
    )
}
