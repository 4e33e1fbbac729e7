//! The `.proto` file of columns, as Connect's converter makes it for ksqlDB.

use std::fmt::Write;
use std::sync::Arc;

use crate::formats::NullableRepresentation;
use crate::types::SqlType;

/// What messages are called where nothing else is said.
const DEFAULT_NAME: &str = "ConnectDefault";

/// Returns the file of columns: one message.
pub(in crate::formats) fn schema_text(
    columns: &[(Arc<str>, SqlType)],
    full_name: Option<&str>,
    nullable: NullableRepresentation,
) -> String {
    let (package, name) = match full_name {
        Some(name) => match name.rsplit_once('.') {
            Some((package, name)) => (package, name),
            None => ("", name),
        },
        None => ("", ""),
    };
    let mut file = File { imports: Vec::new(), message_count: 0, nullable };
    let name = if name.is_empty() { file.next_name() } else { name.to_owned() };
    let fields: Vec<(&str, &SqlType)> = columns.iter().map(|(name, t)| (&**name, t)).collect();
    let mut body = String::new();
    file.message(&name, &fields, "", &mut body);
    let mut text = "syntax = \"proto3\";\n".to_owned();
    if !package.is_empty() {
        text += &format!("package {package};\n");
    }
    text.push('\n');
    for import in &file.imports {
        text += &format!("import \"{import}\";\n");
    }
    if !file.imports.is_empty() {
        text.push('\n');
    }
    text + &body
}

struct File {
    imports: Vec<&'static str>,
    message_count: usize,
    nullable: NullableRepresentation,
}

impl File {
    fn next_name(&mut self) -> String {
        self.message_count += 1;
        format!("{DEFAULT_NAME}{}", self.message_count)
    }

    fn import(&mut self, file: &'static str) {
        if !self.imports.contains(&file) {
            self.imports.push(file);
        }
    }

    fn message(&mut self, name: &str, fields: &[(&str, &SqlType)], indent: &str, out: &mut String) {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{indent}message {name} {{");
        let mut inner = Vec::new();
        for (place, (name, sql_type)) in fields.iter().enumerate() {
            let (before, kind, after) = self.field(sql_type, &mut inner);
            let _ = writeln!(out, "{indent}  {before}{kind} {name} = {}{after};", place + 1);
        }
        for (name, sql_type) in inner {
            let SqlType::Struct(fields) = sql_type else { continue };
            let fields: Vec<_> = fields.iter().map(|f| (&*f.name, &f.sql_type)).collect();
            out.push('\n');
            self.message(&name, &fields, &format!("{indent}  "), out);
        }
        let _ = writeln!(out, "{indent}}}");
    }

    /// Returns what stands before a field's type, the type, and the options after its number.
    fn field<'a>(
        &mut self,
        sql_type: &'a SqlType,
        inner: &mut Vec<(String, &'a SqlType)>,
    ) -> (&'static str, String, String) {
        let options = decimal_options;
        match sql_type {
            SqlType::Array(element) => {
                ("repeated ", self.type_name(element, inner), options(element))
            }
            SqlType::Map(key, value) => {
                let (key, kind) = (self.type_name(key, inner), self.type_name(value, inner));
                ("", format!("map<{key}, {kind}>"), options(value))
            }
            scalar if is_scalar(scalar) && self.nullable == NullableRepresentation::Wrapper => {
                self.import("google/protobuf/wrappers.proto");
                ("", format!("google.protobuf.{}", wrapper(scalar)), String::new())
            }
            scalar if is_scalar(scalar) && self.nullable == NullableRepresentation::Optional => {
                ("optional ", self.type_name(scalar, inner), String::new())
            }
            other => ("", self.type_name(other, inner), options(other)),
        }
    }

    fn type_name<'a>(
        &mut self,
        sql_type: &'a SqlType,
        inner: &mut Vec<(String, &'a SqlType)>,
    ) -> String {
        let mut known = |file, name: &str| {
            self.import(file);
            name.to_owned()
        };
        match sql_type {
            SqlType::Boolean => "bool".to_owned(),
            SqlType::Int => "int32".to_owned(),
            SqlType::Bigint => "int64".to_owned(),
            SqlType::Double => "double".to_owned(),
            SqlType::Varchar => "string".to_owned(),
            SqlType::Bytes => "bytes".to_owned(),
            SqlType::Decimal { .. } => {
                known("confluent/meta.proto", "");
                known("confluent/type/decimal.proto", "confluent.type.Decimal")
            }
            SqlType::Date => known("google/type/date.proto", "google.type.Date"),
            SqlType::Time => known("google/type/timeofday.proto", "google.type.TimeOfDay"),
            SqlType::Timestamp => {
                known("google/protobuf/timestamp.proto", "google.protobuf.Timestamp")
            }
            SqlType::Struct(_) => {
                let name = self.next_name();
                inner.push((name.clone(), sql_type));
                name
            }
            SqlType::Array(element) | SqlType::Map(_, element) => self.type_name(element, inner),
        }
    }
}

fn is_scalar(sql_type: &SqlType) -> bool {
    use SqlType::{Bigint, Boolean, Bytes, Double, Int, Varchar};
    matches!(sql_type, Boolean | Int | Bigint | Double | Varchar | Bytes)
}

fn wrapper(sql_type: &SqlType) -> &'static str {
    match sql_type {
        SqlType::Boolean => "BoolValue",
        SqlType::Int => "Int32Value",
        SqlType::Bigint => "Int64Value",
        SqlType::Double => "DoubleValue",
        SqlType::Bytes => "BytesValue",
        _text => "StringValue",
    }
}

fn decimal_options(sql_type: &SqlType) -> String {
    let SqlType::Decimal { precision, scale } = sql_type else { return String::new() };
    format!(
        " [(confluent.field_meta) = {{\n    params: [\n      {{\n        key: \"precision\",\n        value: \
         \"{precision}\"\n      }},\n      {{\n        key: \"scale\",\n        value: \"{scale}\"\n      }}\n    ]\n  }}]"
    )
}
