//! The scalar and table functions that some cases bring along, registered as a user registers functions.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tidemill::functions::{Call, FunctionError, Registry, ScalarFunction, TableFunction};
use tidemill::types::{ColumnBuilder, SqlType, Value};

use datafusion::arrow::array::ArrayRef;

/// Adds all of them.
pub(crate) fn register(registry: &mut Registry) -> Result<(), FunctionError> {
    for function in [
        test_udf(),
        bad_udf(),
        when("WHENCONDITION", "BOOLEAN"),
        when("WHENRESULT", "INT"),
        to_struct(),
    ] {
        registry.register_scalar(function)?;
    }
    registry.register_table(test_udtf())?;
    registry.register_table(throwing_udtf())
}

/// Computes a column from one value per row.
fn rows(
    call: &mut Call<'_>,
    compute: impl Fn(usize) -> Result<Value, String>,
) -> Result<ArrayRef, FunctionError> {
    let mut builder = ColumnBuilder::new(call.return_type);
    for row in 0..call.row_count {
        let value = if call.is_computed(row) { compute(row) } else { Ok(Value::Null) };
        match value {
            Ok(value) if !value.is_null() => builder.push(&value),
            Ok(_) => builder.push_null(),
            Err(reason) => {
                call.failures.push(row, reason);
                builder.push_null();
            }
        }
    }
    Ok(builder.finish())
}

fn test_udf() -> ScalarFunction {
    let says =
        |text: &'static str| move |call: &mut Call<'_>| rows(call, |_| Ok(Value::from(text)));
    ScalarFunction::new("test_udf")
        .overload("(arg1 INT, arg2 VARCHAR) VARCHAR", "", says("doStuffIntString"))
        .sees_nulls()
        .overload("(arg1 BIGINT, arg2 VARCHAR) VARCHAR", "", says("doStuffLongString"))
        .sees_nulls()
        .overload(
            "(arg1 BIGINT, arg2 BIGINT, arg3 VARCHAR) VARCHAR",
            "",
            says("doStuffLongLongString"),
        )
        .sees_nulls()
        .overload("(longs BIGINT...) VARCHAR", "", says("doStuffLongVarargs"))
        .sees_nulls()
        .overload("(struct STRUCT<A VARCHAR>) VARCHAR", "", |call| {
            let (struct_column, _) = call.structs(0)?;
            let field = Arc::clone(struct_column.column(0));
            rows(call, |row| Ok(tidemill::types::value_at(&field, row)))
        })
        .overload("() STRUCT<A VARCHAR>", "", |call| {
            rows(call, |_| Ok(Value::Struct(vec![Value::from("foo")])))
        })
}

fn bad_udf() -> ScalarFunction {
    let calls = AtomicUsize::new(0);
    ScalarFunction::new("bad_udf")
        .volatile()
        .overload("(arg1 INT) VARCHAR", "", |call| rows(call, |_| Err("boom!".to_owned())))
        .overload("(arg1 BOOLEAN) INT", "", |call| {
            let throws = call.booleans(0)?;
            rows(call, |row| match throws.at(row) {
                true => Err("You asked me to throw...".to_owned()),
                false => Ok(Value::Int(0)),
            })
        })
        .overload("(arg1 VARCHAR) VARCHAR", "", move |call| {
            let texts = call.strings(0)?;
            rows(call, |row| match calls.fetch_add(1, Ordering::Relaxed) % 2 {
                0 => Ok(Value::Null),
                _ => Ok(Value::from(texts.at(row))),
            })
        })
}

fn when(name: &'static str, returns: &str) -> ScalarFunction {
    let is_boolean = returns == "BOOLEAN";
    let signature = format!("(ret {returns}, should_be_evaluated BOOLEAN) {returns}");
    ScalarFunction::new(name).overload(&signature, "", move |call| {
        let ok = call.booleans(1)?;
        let value: Box<dyn Fn(usize) -> Value> = if is_boolean {
            let values = call.booleans(0)?;
            Box::new(move |row| Value::Boolean(values.at(row)))
        } else {
            let values = call.ints(0)?;
            Box::new(move |row| Value::Int(values.at(row)))
        };
        rows(call, |row| match ok.at(row) {
            true => Ok(value(row)),
            false => Err("it is not to be evaluated".to_owned()),
        })
    })
}

fn to_struct() -> ScalarFunction {
    ScalarFunction::new("tostruct").overload("(value VARCHAR) STRUCT<A VARCHAR>", "", |call| {
        let texts = call.strings(0)?;
        rows(call, |row| Ok(Value::Struct(vec![Value::from(texts.at(row))])))
    })
}

fn test_udtf() -> TableFunction {
    let mut function = TableFunction::new("test_udtf");
    for one in ["VARCHAR", "STRUCT<A VARCHAR>"] {
        function = function.row_wise(&format!("(arg {one}) {one}"), "", |args| Ok(args.to_vec()));
    }
    // Java's primitives are never null.
    for one in ["INT", "BIGINT", "DOUBLE", "BOOLEAN"] {
        function = function.row_wise(&format!("(arg {one}) {one}"), "", |args| match &args[0] {
            Value::Null => Err("the argument is null".to_owned()),
            _ => Ok(args.to_vec()),
        });
    }
    function = function
        .row_wise("(arg DECIMAL)", "", |args| Ok(args.to_vec()))
        .returns(|_| Ok(SqlType::Decimal { precision: 30, scale: 10 }));
    let types =
        ["INT", "BIGINT", "DOUBLE", "BOOLEAN", "VARCHAR", "DECIMAL(30, 10)", "STRUCT<A VARCHAR>"];
    let params = |wrap: &dyn Fn(&str) -> String| {
        let param = |(i, one): (usize, &&str)| format!("p{i} {}", wrap(one));
        types.iter().enumerate().map(param).collect::<Vec<_>>().join(", ")
    };
    let plain = params(&|one| one.to_owned());
    let lists = params(&|one| format!("ARRAY<{one}>"));
    function
        .row_wise(&format!("({plain}) VARCHAR"), "", |args| {
            Ok(args.iter().map(|arg| Value::from(java_text(arg).as_str())).collect())
        })
        .row_wise(&format!("({lists}) VARCHAR"), "", |args| {
            let first = |arg: &Value| match arg {
                Value::Array(items) => items.first().cloned().unwrap_or(Value::Null),
                _ => Value::Null,
            };
            Ok(args.iter().map(|arg| Value::from(java_text(&first(arg)).as_str())).collect())
        })
        .map_overloads(&params)
}

/// Writes parameters, each by what its name comes to.
type Params<'a> = dyn Fn(&dyn Fn(&str) -> String) -> String + 'a;

trait MapOverloads {
    fn map_overloads(self, params: &Params<'_>) -> Self;
}

impl MapOverloads for TableFunction {
    /// Maps of texts, and maps of whole numbers, to each type.
    fn map_overloads(self, params: &Params<'_>) -> Self {
        let mut function = self;
        for key in ["VARCHAR", "BIGINT"] {
            let maps = params(&|one| format!("MAP<{key}, {one}>"));
            function = function.row_wise(&format!("({maps}) VARCHAR"), "", |args| {
                let first = |arg: &Value| match arg {
                    Value::Map(entries) => {
                        entries.first().map_or(Value::Null, |(_, value)| value.clone())
                    }
                    _ => Value::Null,
                };
                Ok(args.iter().map(|arg| Value::from(java_text(&first(arg)).as_str())).collect())
            });
        }
        function
    }
}

/// Writes a value as Java's `String.valueOf`.
fn java_text(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Boolean(value) => value.to_string(),
        Value::Int(value) | Value::Date(value) | Value::Time(value) => value.to_string(),
        Value::Bigint(value) | Value::Timestamp(value) => value.to_string(),
        Value::Double(value) => {
            let mut text = String::new();
            tidemill::types::write_double(*value, &mut text);
            text
        }
        Value::Decimal(value) => {
            let digits = value.unscaled.to_string();
            let (sign, digits) = match digits.strip_prefix('-') {
                Some(digits) => ("-", digits.to_owned()),
                None => ("", digits),
            };
            let scale = usize::from(value.scale);
            let digits = format!("{digits:0>width$}", width = scale + 1);
            let (whole, fraction) = digits.split_at(digits.len() - scale);
            let point = if scale == 0 { "" } else { "." };
            format!("{sign}{whole}{point}{fraction}")
        }
        Value::Varchar(value) => value.to_string(),
        Value::Struct(fields) => {
            let fields: Vec<String> = fields.iter().map(java_text).collect();
            format!("Struct{{A={}}}", fields.join(","))
        }
        Value::Bytes(_) | Value::Array(_) | Value::Map(_) => format!("{value:?}"),
    }
}

fn throwing_udtf() -> TableFunction {
    TableFunction::new("throwing_udtf").row_wise("(should_throw BOOLEAN) BOOLEAN", "", |args| {
        match &args[0] {
            Value::Boolean(true) => Err("You asked me to throw...".to_owned()),
            value => Ok(vec![value.clone()]),
        }
    })
}
