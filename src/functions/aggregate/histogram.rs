//! `HISTOGRAM(text)`.

use datafusion::arrow::array::{ArrayRef, StringArray};

use crate::functions::aggregate::cell::Cell;
use crate::functions::aggregate::counted::Counted;
use crate::functions::aggregate::dense::{Dense, Kernel};
use crate::functions::aggregate::{AggregateFunction, StateError};
use crate::types::{ColumnBuilder, SqlType};

/// How many different texts are counted; more are left out, as in ksqlDB.
const ENTRIES_MAX: usize = 1000;

/// Counts how often each text occurs. NULL is left out: it cannot be the key of a map.
pub(super) fn histogram() -> AggregateFunction {
    AggregateFunction::new("HISTOGRAM")
        .summary(
            "Returns a map of each text to how often it occurs, of the first 1000 different texts.",
        )
        .example("HISTOGRAM(x)", "x VARCHAR: ('a'), ('b'), ('a')", "{a=2, b=1}")
        .overload("(value VARCHAR) MAP<VARCHAR, BIGINT>", "", |_| Ok(Dense::boxed(Histogram)))
        .undo()
}

struct Histogram;

fn map_type() -> SqlType {
    SqlType::map(SqlType::Varchar, SqlType::Bigint)
}

impl Kernel for Histogram {
    type State = Counted<String>;
    type Args<'a> = &'a StringArray;
    type Results = ColumnBuilder;

    const HAS_HEAP: bool = true;

    fn bind<'a>(&self, args: &'a [ArrayRef]) -> &'a StringArray {
        String::column(&args[0])
    }

    fn add(
        &self,
        state: &mut Counted<String>,
        args: &&StringArray,
        row: usize,
        _: u64,
    ) -> Result<(), String> {
        match String::get(args, row) {
            Some(text) => state.add(Some(text), 1, ENTRIES_MAX),
            None => Ok(()),
        }
    }

    fn remove(
        &self,
        state: &mut Counted<String>,
        args: &&StringArray,
        row: usize,
    ) -> Result<(), String> {
        if let Some(text) = String::get(args, row) {
            state.remove(Some(text));
        }
        Ok(())
    }

    fn merge(&self, into: &mut Counted<String>, from: Counted<String>) -> Result<(), String> {
        from.iter()
            .try_for_each(|(text, count)| into.add(text.map(String::as_str), count, ENTRIES_MAX))
    }

    fn results(&self, _: usize) -> ColumnBuilder {
        ColumnBuilder::new(&map_type())
    }

    fn push(&self, state: &Counted<String>, results: &mut ColumnBuilder) {
        let ColumnBuilder::Map(builder) = results else { unreachable!("it was made for a map") };
        let (ColumnBuilder::Varchar(keys), ColumnBuilder::Bigint(values)) =
            (builder.key.as_mut(), builder.value.as_mut())
        else {
            unreachable!("it was made for texts and counts")
        };
        // A column of texts ends at 2 GiB.
        let fits = keys.values_slice().len() + state.heap_size() <= i32::MAX as usize;
        for (text, count) in state.iter().filter(|_| fits) {
            if let Some(text) = text {
                keys.append_value(text);
                values.append_value(count);
            }
        }
        builder.finish_row(fits);
    }

    fn finish(&self, mut results: ColumnBuilder) -> ArrayRef {
        results.finish()
    }

    fn save(&self, state: &Counted<String>, out: &mut Vec<u8>) {
        state.save(out);
    }

    fn load(&self, bytes: &mut &[u8]) -> Result<Counted<String>, StateError> {
        Counted::load(&SqlType::Varchar, bytes)
    }

    fn heap_size(&self, state: &Counted<String>) -> usize {
        state.heap_size()
    }
}
