//! SHOW FUNCTIONS and DESCRIBE FUNCTION.

use tidemill::engine::{FunctionDescription, FunctionSummary};

use crate::render::entity::list as draw_list;

/// Lists functions with what each does.
pub(super) fn list(functions: &[FunctionSummary], width: Option<usize>) -> String {
    let row = |function: &FunctionSummary| {
        vec![
            function.name.clone(),
            function.kind.to_owned(),
            function.category.clone(),
            function.summary.clone(),
        ]
    };
    let heads = ["Function Name", "Type", "Category", "What It Does"];
    let listed = draw_list(&heads, functions.iter().map(row).collect(), width);
    if functions.is_empty() {
        return listed;
    }
    listed + "\nFor detailed information about a function run: DESCRIBE FUNCTION <Function Name>;"
}

/// Writes a function with its overloads and examples.
pub(super) fn describe(function: &FunctionDescription, width: Option<usize>) -> String {
    let mut text = format!(
        "Name        : {}\nType        : {}\nCategory    : {}\nOverview    : {}\n",
        function.name, function.kind, function.category, function.description
    );
    text.push_str("\nVariations\n");
    for overload in &function.functions {
        text.push_str(&format!(
            "\n\tVariation   : {}\n\tReturns     : {}\n",
            overload.signature, overload.return_type
        ));
        if !overload.description.is_empty() && overload.description != function.description {
            text.push_str(&format!("\tDescription : {}\n", overload.description));
        }
    }
    if !function.examples.is_empty() {
        let rows = function.examples.iter().map(|(call, gives)| vec![call.clone(), gives.clone()]);
        text.push_str(&format!("\n{}", draw_list(&["Example", "Result"], rows.collect(), width)));
    }
    text.trim_end().replace('\t', "    ")
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use tidemill::engine::{Entity, OverloadDescription};

    use super::*;
    use crate::render::entity::tests::check;

    #[test]
    fn functions_say_what_they_do() {
        let functions = vec![FunctionSummary {
            name: "ABS".to_owned(),
            kind: "SCALAR",
            category: "MATHEMATICAL".to_owned(),
            summary: "Returns the size of a number.".to_owned(),
        }];
        check(
            &Entity::Functions { functions },
            None,
            expect![[r"
                 Function Name | Type   | Category     | What It Does
                ---------------+--------+--------------+-------------------------------
                 ABS           | SCALAR | MATHEMATICAL | Returns the size of a number.
                For detailed information about a function run: DESCRIBE FUNCTION <Function Name>;"]],
        );
    }

    #[test]
    fn a_function_has_variations_and_examples() {
        let function = FunctionDescription {
            name: "ABS".to_owned(),
            kind: "SCALAR",
            category: "MATHEMATICAL".to_owned(),
            description: "Returns the size of a number.".to_owned(),
            functions: vec![OverloadDescription {
                signature: "ABS(x INT)".to_owned(),
                return_type: "INT".to_owned(),
                description: String::new(),
            }],
            examples: vec![("ABS(-1)".to_owned(), "1".to_owned())],
        };
        check(
            &Entity::Function(function),
            None,
            expect![[r"
                Name        : ABS
                Type        : SCALAR
                Category    : MATHEMATICAL
                Overview    : Returns the size of a number.

                Variations

                    Variation   : ABS(x INT)
                    Returns     : INT

                 Example | Result
                ---------+--------
                 ABS(-1) |      1"]],
        );
    }
}
