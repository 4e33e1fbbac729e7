//! Tests of the functions on dates and times.

use datafusion::arrow::array::ArrayRef;

use super::FUNCTIONS;
use crate::functions::{Argument, ArgumentType, RowFailures};
use crate::types::{SqlType, Value, column_of, value_at};

const NOW_MS: i64 = 1_589_234_313_000;

/// Checks a function of one row: the value, or why it fails. `unit` is a word such as DAYS before the arguments.
#[track_caller]
fn check(name: &str, unit: Option<&str>, args: &[Value], want: Result<Value, &str>) {
    let make = FUNCTIONS.iter().find(|make| make().name().eq_ignore_ascii_case(name));
    let function = make.unwrap_or_else(|| panic!("there is no {name}"))();
    let types: Vec<SqlType> = args.iter().map(type_of).collect();
    let mut given: Vec<ArgumentType> = unit.iter().map(|_| ArgumentType::IntervalUnit).collect();
    given.extend(types.iter().cloned().map(ArgumentType::Typed));
    let no_lambda = &mut |_: usize, _: &[SqlType]| panic!("there is no lambda");
    let resolved = function.resolve(&given, no_lambda).unwrap();
    let mut columns: Vec<Argument> = unit
        .iter()
        .map(|unit| Argument::Constant(column_of(&SqlType::Varchar, &[Value::from(*unit)])))
        .collect();
    columns.extend(args.iter().zip(&types).map(|(value, sql_type)| {
        Argument::Column(column_of(sql_type, std::slice::from_ref(value)))
    }));
    let mut failures = RowFailures::default();
    let result: ArrayRef = resolved.evaluate(&columns, 1, NOW_MS, &mut failures).unwrap();
    let got = match failures.0.first() {
        Some(failure) => Err(failure.reason.as_str()),
        None => Ok(value_at(&result, 0)),
    };
    assert_eq!(got, want);
}

fn type_of(value: &Value) -> SqlType {
    match value {
        Value::Int(_) => SqlType::Int,
        Value::Bigint(_) => SqlType::Bigint,
        Value::Date(_) => SqlType::Date,
        Value::Time(_) => SqlType::Time,
        Value::Timestamp(_) => SqlType::Timestamp,
        _ => SqlType::Varchar,
    }
}

fn text(text: &str) -> Value {
    Value::from(text)
}

#[test]
fn reads_and_writes_by_patterns() {
    let format = || text("yyyy-MM-dd'T'HH:mm:ssX");
    let args = [text("2018-05-11T21:58:33Z"), format()];
    check("STRINGTOTIMESTAMP", None, &args, Ok(Value::Bigint(1_526_075_913_000)));
    check("PARSE_TIMESTAMP", None, &args, Ok(Value::Timestamp(1_526_075_913_000)));
    let args = [text("2018-05-11 14:58"), text("yyyy-MM-dd HH:mm"), text("America/Los_Angeles")];
    check("PARSE_TIMESTAMP", None, &args, Ok(Value::Timestamp(1_526_075_880_000)));
    let zone = [text("yyyy-MM-dd HH:mm:ss zzz"), text("Europe/London")];
    let args = |value: Value| [&[value], zone.as_slice()].concat();
    let london = || Ok(text("2018-05-11 22:58:33 BST"));
    check("TIMESTAMPTOSTRING", None, &args(Value::Bigint(1_526_075_913_000)), london());
    check("FORMAT_TIMESTAMP", None, &args(Value::Timestamp(1_526_075_913_000)), london());
    let args = [text("11/05/2019"), text("dd/MM/yyyy")];
    check("STRINGTODATE", None, &args, Ok(Value::Int(18_027)));
    check("PARSE_DATE", None, &args, Ok(Value::Date(18_027)));
    check("FORMAT_DATE", None, &[Value::Date(18_027), text("dd/MM/yyyy")], Ok(text("11/05/2019")));
    check("DATETOSTRING", None, &[Value::Int(18_027), text("dd/MM/yyyy")], Ok(text("11/05/2019")));
    check("PARSE_TIME", None, &[text("11/05/19"), text("HH/mm/ss")], Ok(Value::Time(39_919_000)));
    check("FORMAT_TIME", None, &[Value::Time(39_919_000), text("HH/mm/ss")], Ok(text("11/05/19")));
}

#[test]
fn says_what_was_wrong() {
    let args = [text("x"), text("yyyy")];
    let reason = "Failed to parse timestamp 'x' with formatter 'yyyy': Text 'x' could not be parsed at index 0";
    check("PARSE_TIMESTAMP", None, &args, Err(reason));
    let args = [text("2020"), text("yyyy"), text("Nowhere")];
    let reason = "Failed to parse timestamp '2020' at timezone 'Nowhere' with formatter 'yyyy': Unknown time-zone ID: Nowhere";
    check("PARSE_TIMESTAMP", None, &args, Err(reason));
    let reason = "Failed to format date 0 with formatter 'HH': Unsupported field: HourOfDay";
    check("FORMAT_DATE", None, &[Value::Date(0), text("HH")], Err(reason));
    let reason = "Failed to parse date '1' with formatter 'b': Unknown pattern letter: b";
    check("PARSE_DATE", None, &[text("1"), text("b")], Err(reason));
}

#[test]
fn adds_and_subtracts_durations() {
    let ten = Value::Int(10);
    check("DATEADD", Some("DAYS"), &[ten.clone(), Value::Date(10)], Ok(Value::Date(20)));
    check("DATEADD", Some("HOUR"), &[ten.clone(), Value::Date(10)], Ok(Value::Date(10)));
    check("DATESUB", Some("DAY"), &[ten.clone(), Value::Date(5)], Ok(Value::Date(-5)));
    check(
        "TIMEADD",
        Some("HOURS"),
        &[ten.clone(), Value::Time(72_000_000)],
        Ok(Value::Time(21_600_000)),
    );
    check("TIMESUB", Some("SECONDS"), &[ten.clone(), Value::Time(0)], Ok(Value::Time(86_390_000)));
    let add = |unit: &str, want| {
        check("TIMESTAMPADD", Some(unit), &[Value::Int(-5), Value::Timestamp(2)], want);
    };
    add("milliseconds", Ok(Value::Timestamp(-3)));
    add("MINUTE", Ok(Value::Timestamp(-299_998)));
    add("FORTNIGHTS", Err("'FORTNIGHTS' is not a unit of time"));
    let end = Value::Timestamp(i64::MAX);
    check("TIMESTAMPADD", Some("DAYS"), &[ten.clone(), end], Err("the timestamp is out of range"));
    check(
        "TIMESTAMPSUB",
        Some("DAYS"),
        &[ten, Value::Timestamp(864_000_000)],
        Ok(Value::Timestamp(0)),
    );
    let most = Value::Int(i32::MAX);
    check("DATEADD", Some("DAYS"), &[most, Value::Date(1)], Err("the date is out of range"));
}

#[test]
fn converts() {
    let args = |from: &str, to: &str| [Value::Timestamp(NOW_MS), text(from), text(to)];
    let three_hours_later = || Ok(Value::Timestamp(NOW_MS + 3 * 3_600_000));
    check("CONVERT_TZ", None, &args("+0200", "+0500"), three_hours_later());
    check(
        "CONVERT_TZ",
        None,
        &args("America/Los_Angeles", "America/New_York"),
        three_hours_later(),
    );
    check("CONVERT_TZ", None, &args("x", "UTC"), Err("Invalid time zone: Unknown time-zone ID: x"));
    check("FROM_DAYS", None, &[Value::Int(50)], Ok(Value::Date(50)));
    check("FROM_UNIXTIME", None, &[Value::Bigint(100)], Ok(Value::Timestamp(100)));
    check("UNIX_DATE", None, &[], Ok(Value::Int(18_393)));
    check("UNIX_DATE", None, &[Value::Date(7)], Ok(Value::Int(7)));
    check("UNIX_TIMESTAMP", None, &[], Ok(Value::Bigint(NOW_MS)));
    check("UNIX_TIMESTAMP", None, &[Value::Timestamp(7)], Ok(Value::Bigint(7)));
    check("PARSE_DATE", None, &[Value::Null, text("b")], Ok(Value::Null));
}
