//! `TOPKDISTINCT(value, k)`.

use crate::functions::aggregate::AggregateFunction;
use crate::functions::aggregate::extreme::ORDERED_TYPES;
use crate::functions::aggregate::topk::values;
use crate::types::SqlType;

/// Keeps the K largest different values in descending order.
pub(super) fn topkdistinct() -> AggregateFunction {
    let function = AggregateFunction::new("TOPKDISTINCT")
        .summary("Returns the K largest values, the largest first, each once.")
        .example("TOPKDISTINCT(x, 2)", "x INT: (1), (3), (2), (3)", "[3, 2]");
    ORDERED_TYPES.iter().fold(function, |function, sql_type| {
        function
            .overload(&format!("(value {sql_type}, k INT)"), "", values::<true>)
            .literals(1)
            .returns(|args| Ok(SqlType::array(args[0].clone())))
    })
}
