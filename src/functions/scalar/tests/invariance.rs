//! However the rows are cut into batches, and whether an argument is a constant or a column of one value, a function returns
//! the same; and no input stops it.

use datafusion::arrow::array::{Array, ArrayRef};
use proptest::prelude::{ProptestConfig, any, proptest};

use crate::functions::scalar::tests::literals::{concrete, write_value};
use crate::functions::scalar::{PACKAGES, ScalarFunction};
use crate::functions::{Argument, ArgumentType, ParamType, ResolvedScalar, RowFailures, Signature};
use crate::types::{Decimal, SqlType, Value, column_of, value_at};
use datafusion::arrow::datatypes::i256;

const ROW_COUNT: usize = 12;

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn results_do_not_depend_on_batches(seed in any::<u64>()) {
        let mut random = Random(seed | 1);
        for function in PACKAGES.iter().copied().flatten() {
            let function = function();
            for signature in function.signatures() {
                check(&function, signature, &mut random);
            }
        }
    }
}

fn check(function: &ScalarFunction, signature: &Signature, random: &mut Random) {
    let Some(types) = argument_types(signature, random) else { return };
    let typed: Vec<ArgumentType> = types.iter().cloned().map(ArgumentType::Typed).collect();
    let no_lambda = &mut |_: usize, _: &[SqlType]| panic!("there is no lambda");
    let Ok(resolved) = function.resolve(&typed, no_lambda) else { return };
    if resolved.is_volatile {
        return;
    }
    let columns: Vec<ArrayRef> = types.iter().map(|t| random.column(t)).collect();
    let whole = rows(&resolved, &columns, 0, ROW_COUNT);
    let cut = 1 + random.below(ROW_COUNT - 1);
    let mut parts = rows(&resolved, &columns, 0, cut);
    parts.extend(rows(&resolved, &columns, cut, ROW_COUNT - cut));
    assert_eq!(whole, parts, "{} {signature} cut at {cut}", function.name());
    let one_by_one: Vec<String> =
        (0..ROW_COUNT).flat_map(|row| rows(&resolved, &columns, row, 1)).collect();
    assert_eq!(whole, one_by_one, "{} {signature} row by row", function.name());
    check_constants(&resolved, &types, &columns, random);
}

/// Compares columns of one value with constants, some arguments at a time.
fn check_constants(
    resolved: &ResolvedScalar,
    types: &[SqlType],
    columns: &[ArrayRef],
    random: &mut Random,
) {
    let mut as_columns = Vec::new();
    let mut as_constants = Vec::new();
    for (sql_type, column) in types.iter().zip(columns) {
        if random.below(2) == 0 {
            as_columns.push(Argument::Column(column.clone()));
            as_constants.push(Argument::Column(column.clone()));
            continue;
        }
        let value = value_at(column, random.below(ROW_COUNT));
        as_columns.push(Argument::Column(column_of(sql_type, vec![&value; ROW_COUNT])));
        as_constants.push(Argument::Constant(column_of(sql_type, [&value])));
    }
    let name = &resolved.name;
    assert_eq!(
        evaluate(resolved, &as_columns, ROW_COUNT),
        evaluate(resolved, &as_constants, ROW_COUNT),
        "{name} with constants"
    );
}

fn rows(function: &ResolvedScalar, columns: &[ArrayRef], from: usize, count: usize) -> Vec<String> {
    let args: Vec<Argument> =
        columns.iter().map(|column| Argument::Column(column.slice(from, count))).collect();
    evaluate(function, &args, count)
}

fn evaluate(function: &ResolvedScalar, args: &[Argument], row_count: usize) -> Vec<String> {
    let mut failures = RowFailures::default();
    match function.evaluate(args, row_count, 0, &mut failures) {
        Ok(result) => {
            assert_eq!(result.len(), row_count);
            let mut rows: Vec<String> =
                (0..row_count).map(|row| write_value(&value_at(&result, row))).collect();
            failures.0.into_iter().for_each(|f| rows[f.row] = format!("error: {}", f.reason));
            rows
        }
        Err(error) => vec![error.to_string(); row_count],
    }
}

/// Chooses types for a signature; none if it takes a lambda or a unit of time.
fn argument_types(signature: &Signature, random: &mut Random) -> Option<Vec<SqlType>> {
    let choices = [
        SqlType::Bigint,
        SqlType::Varchar,
        SqlType::Double,
        SqlType::array(SqlType::Int),
        SqlType::map(SqlType::Varchar, SqlType::Int),
        SqlType::structure([("A", SqlType::Int), ("B", SqlType::Boolean)]),
        SqlType::Decimal { precision: 6, scale: 2 },
        SqlType::Timestamp,
    ];
    let generic = choices[random.below(choices.len())].clone();
    let mut types = Vec::new();
    for param in &signature.params {
        if matches!(param.param_type, ParamType::Lambda(..) | ParamType::IntervalUnit) {
            return None;
        }
        let sql_type = concrete(&param.param_type, &|name| match name {
            "K" => SqlType::Varchar,
            _ => generic.clone(),
        });
        let count = if param.is_variadic { random.below(4) } else { 1 };
        types.extend(std::iter::repeat_n(sql_type, count));
    }
    Some(types)
}

/// A sequence of numbers that a seed determines.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    fn column(&mut self, sql_type: &SqlType) -> ArrayRef {
        let values: Vec<Value> = (0..ROW_COUNT).map(|_| self.value(sql_type)).collect();
        column_of(sql_type, &values)
    }

    fn value(&mut self, sql_type: &SqlType) -> Value {
        if self.below(6) == 0 {
            return Value::Null;
        }
        match sql_type {
            SqlType::Boolean => Value::Boolean(self.below(2) == 0),
            SqlType::Int => Value::Int(self.number() as i32),
            SqlType::Bigint => Value::Bigint(self.number()),
            SqlType::Double => Value::Double(self.double()),
            SqlType::Decimal { precision, scale } => {
                let limit = 10i64.pow(u32::from(*precision).min(18));
                let unscaled = i256::from(self.number() % limit);
                Value::Decimal(Decimal { unscaled, scale: *scale })
            }
            SqlType::Varchar => Value::from(self.text()),
            SqlType::Bytes => {
                let length = [0, 1, 4, 8, 16][self.below(5)];
                Value::Bytes((0..length).map(|_| self.next() as u8).collect())
            }
            SqlType::Date => Value::Date(self.number() as i32),
            SqlType::Time => Value::Time(self.below(86_400_000) as i32),
            SqlType::Timestamp => Value::Timestamp(self.number()),
            SqlType::Array(element) => {
                let length = self.below(5);
                Value::Array((0..length).map(|_| self.value(element)).collect())
            }
            SqlType::Map(_, value) => {
                let keys = ["", "a", "é", "𝄞"];
                let entries = keys.iter().filter(|_| self.0 % 3 != 0);
                let entries: Vec<&&str> = entries.collect();
                Value::Map(entries.iter().map(|k| (Value::from(**k), self.value(value))).collect())
            }
            SqlType::Struct(fields) => {
                Value::Struct(fields.iter().map(|field| self.value(&field.sql_type)).collect())
            }
        }
    }

    fn number(&mut self) -> i64 {
        match self.below(8) {
            0 => i64::MAX,
            1 => i64::MIN,
            2 => i64::from(i32::MAX),
            3 => i64::from(i32::MIN),
            4 => self.next().cast_signed(),
            _ => self.below(9) as i64 - 4,
        }
    }

    fn double(&mut self) -> f64 {
        match self.below(8) {
            0 => f64::NAN,
            1 => f64::INFINITY,
            2 => -0.0,
            3 => f64::from_bits(self.next()),
            4 => 1e300,
            _ => self.number() as f64 / 8.0,
        }
    }

    fn text(&mut self) -> &'static str {
        const TEXTS: &[&str] = &[
            "",
            "a",
            "b",
            "ab,cd",
            "a=1,b=2",
            "é𝄞x",
            " A b ",
            "[1, 2]",
            "{\"a\": [null]}",
            "{",
            "$.a",
            "(a|b)*",
            "[",
            "http://a.b:1/c?d=e#f",
            "hex",
            "utf8",
            "base64",
            "6162",
            "$1",
            "\\",
            "%41+",
            "BIG_ENDIAN",
            "asc",
            "\n",
        ];
        TEXTS[self.below(TEXTS.len())]
    }
}
