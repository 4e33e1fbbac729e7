//! Reads and writes the values of the tables.

use datafusion::arrow::datatypes::i256;

use crate::functions::elements::write_plain_decimal;
use crate::functions::{ArgumentType, ParamType, Signature};
use crate::types::{Decimal, SqlType, Value, write_double};

/// Reads a list of literals.
#[track_caller]
pub(super) fn read_arguments(text: &str) -> (Vec<ArgumentType>, Vec<Value>) {
    let mut reader = Reader { rest: text.trim() };
    let (mut types, mut values) = (Vec::new(), Vec::new());
    while !reader.rest.is_empty() {
        if !values.is_empty() {
            assert!(reader.accept(","), "a comma is missing before {}", reader.rest);
        }
        let (value, inferred) = reader.literal();
        let sql_type = if reader.accept("::") { Some(reader.sql_type()) } else { inferred };
        types.push(ArgumentType::Literal(sql_type, value.clone()));
        values.push(value);
    }
    (types, values)
}

/// Reads the name of a type.
#[track_caller]
pub(super) fn sql_type(text: &str) -> SqlType {
    let signature: Signature = format!("() {text}").parse().unwrap();
    concrete(&signature.returns.unwrap(), &|_| panic!("{text} is not a type"))
}

/// Makes a type of a parameter's; `generic` says what a letter stands for.
pub(super) fn concrete(param: &ParamType, generic: &dyn Fn(&str) -> SqlType) -> SqlType {
    match param {
        ParamType::Exactly(sql_type) => sql_type.clone(),
        ParamType::Array(element) => SqlType::array(concrete(element, generic)),
        ParamType::Map(key, value) => {
            SqlType::map(concrete(key, generic), concrete(value, generic))
        }
        ParamType::Struct(fields) => SqlType::structure(
            fields.iter().map(|(name, field)| (name.clone(), concrete(field, generic))),
        ),
        ParamType::Decimal => SqlType::Decimal { precision: 6, scale: 2 },
        ParamType::Generic(name) => generic(name),
        ParamType::Any => generic("ANY"),
        ParamType::IntervalUnit | ParamType::Lambda(..) => panic!("{param} is no type of values"),
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn accept(&mut self, token: &str) -> bool {
        let Some(rest) = self.rest.strip_prefix(token) else { return false };
        self.rest = rest.trim_start();
        true
    }

    fn literal(&mut self) -> (Value, Option<SqlType>) {
        if self.accept("NULL") {
            (Value::Null, None)
        } else if self.accept("true") {
            (Value::Boolean(true), Some(SqlType::Boolean))
        } else if self.accept("false") {
            (Value::Boolean(false), Some(SqlType::Boolean))
        } else if let Some(rest) = self.rest.strip_prefix("x'") {
            self.rest = rest;
            let digits = self.until('\'');
            let byte = |i| u8::from_str_radix(&digits[i..i + 2], 16).unwrap();
            let bytes: Vec<u8> = (0..digits.len()).step_by(2).map(byte).collect();
            (Value::Bytes(bytes.into()), Some(SqlType::Bytes))
        } else if let Some(rest) = self.rest.strip_prefix('\'') {
            self.rest = rest;
            (Value::from(self.until('\'')), Some(SqlType::Varchar))
        } else if self.accept("[") {
            self.array()
        } else if self.accept("{") {
            self.map()
        } else {
            self.number()
        }
    }

    fn until(&mut self, end: char) -> &'a str {
        let (text, rest) = self.rest.split_once(end).unwrap();
        self.rest = rest.trim_start();
        text
    }

    fn array(&mut self) -> (Value, Option<SqlType>) {
        let (mut values, mut element) = (Vec::new(), None);
        while !self.accept("]") {
            if !values.is_empty() {
                assert!(self.accept(","));
            }
            let (value, sql_type) = self.literal();
            values.push(value);
            element = element.or(sql_type);
        }
        (Value::Array(values), element.map(SqlType::array))
    }

    fn map(&mut self) -> (Value, Option<SqlType>) {
        let (mut entries, mut types) = (Vec::new(), (None, None));
        while !self.accept("}") {
            if !entries.is_empty() {
                assert!(self.accept(","));
            }
            let (key, key_type) = self.literal();
            assert!(self.accept(":"));
            let (value, value_type) = self.literal();
            entries.push((key, value));
            types = (types.0.or(key_type), types.1.or(value_type));
        }
        (Value::Map(entries), types.0.zip(types.1).map(|(key, value)| SqlType::map(key, value)))
    }

    fn number(&mut self) -> (Value, Option<SqlType>) {
        let end = self.rest.find([',', ']', '}', ':', ' ']).unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest.trim_start();
        if let Some(text) = text.strip_suffix('L') {
            return (Value::Bigint(text.parse().unwrap()), Some(SqlType::Bigint));
        }
        if let Some(text) = text.strip_suffix('m') {
            return decimal(text);
        }
        match text.parse::<i32>() {
            Ok(number) => (Value::Int(number), Some(SqlType::Int)),
            Err(_) => (Value::Double(text.parse().unwrap()), Some(SqlType::Double)),
        }
    }

    fn sql_type(&mut self) -> SqlType {
        let mut depth = 0;
        let end = self.rest.find(|c: char| {
            depth += i32::from(matches!(c, '<' | '(')) - i32::from(matches!(c, '>' | ')'));
            c == ',' && depth == 0
        });
        let (text, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        sql_type(text)
    }
}

fn decimal(text: &str) -> (Value, Option<SqlType>) {
    let scale = text.split_once('.').map_or(0, |(_, fraction)| fraction.len() as u8);
    let digits: String = text.chars().filter(|c| *c != '.').collect();
    let precision = digits.trim_start_matches('-').len() as u8;
    let unscaled = i256::from_string(&digits).unwrap();
    let sql_type = SqlType::Decimal { precision, scale };
    (Value::Decimal(Decimal { unscaled, scale }), Some(sql_type))
}

/// Widens a value as the analyser does.
pub(super) fn cast(value: &Value, wanted: &SqlType) -> Value {
    let text = || write_value(value);
    match (value, wanted) {
        (Value::Int(number), SqlType::Bigint) => Value::Bigint((*number).into()),
        (Value::Int(_) | Value::Bigint(_) | Value::Decimal(_), SqlType::Double) => {
            Value::Double(text().parse().unwrap())
        }
        (Value::Int(_) | Value::Bigint(_), SqlType::Decimal { .. }) => decimal(&text()).0,
        (value, _) => value.clone(),
    }
}

/// Writes a value as the tables do.
pub(super) fn write_value(value: &Value) -> String {
    let list = |values: &[Value]| values.iter().map(write_value).collect::<Vec<_>>().join(", ");
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Boolean(value) => value.to_string(),
        Value::Int(number) | Value::Date(number) | Value::Time(number) => number.to_string(),
        Value::Bigint(number) | Value::Timestamp(number) => number.to_string(),
        Value::Double(number) => {
            let mut text = String::new();
            write_double(*number, &mut text);
            text
        }
        Value::Decimal(number) => {
            let mut text = String::new();
            write_plain_decimal(*number, &mut text);
            text
        }
        Value::Varchar(text) => format!("'{text}'"),
        Value::Bytes(bytes) => {
            let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("x'{digits}'")
        }
        Value::Array(values) => format!("[{}]", list(values)),
        Value::Map(entries) => {
            let entry = |(k, v): &(Value, Value)| format!("{}: {}", write_value(k), write_value(v));
            format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        Value::Struct(values) => format!("({})", list(values)),
    }
}
