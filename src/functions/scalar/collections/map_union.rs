//! `MAP_UNION(map, map)`.

use std::collections::HashMap;

use datafusion::arrow::array::AsArray;

use crate::functions::ScalarFunction;
use crate::functions::scalar::collections::on_maps;

/// The entries of two maps.
pub(super) fn map_union() -> ScalarFunction {
    on_maps(
        "map_union",
        "Returns the entries of two maps; where both have a key, the second counts.",
    )
    .example("MAP_UNION(MAP('a' := 1), MAP('a' := 2))", "{a=2}")
    .overload(
        "(map1 MAP<VARCHAR, T>, map2 MAP<VARCHAR, T>) MAP<VARCHAR, T>",
        "A NULL map has no entries; NULL if both are.",
        |call| {
            let maps = [call.maps(0)?, call.maps(1)?];
            let keys = maps.map(|map| map.keys().as_string::<i32>());
            let (key_sources, value_sources) =
                (maps.map(|map| map.keys()), maps.map(|map| map.values()));
            call.map_maps(&key_sources, &value_sources, |row, picked| {
                let begin = picked.len();
                let mut places = HashMap::new();
                let ranges = maps.map(|map| map.get(row));
                for (source, range) in ranges.iter().enumerate() {
                    for index in range.clone().unwrap_or(0..0) {
                        let place = *places
                            .entry(keys[source].value(index))
                            .or_insert(picked.len() - begin);
                        if begin + place < picked.len() {
                            picked[begin + place].1 = Some((source, index));
                        } else {
                            picked.push(((source, index), Some((source, index))));
                        }
                    }
                }
                ranges.iter().any(Option::is_some).then_some(())
            })
        },
    )
    .sees_nulls()
}
