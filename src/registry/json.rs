//! JSON Schema: its text as a tree, with what `$ref` points to.

use serde_json::Value;

/// Reads a text; a schema is an object, or true or false.
pub(super) fn parse(text: &str) -> Result<Value, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    match value {
        Value::Object(_) | Value::Bool(_) => Ok(value),
        Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Err("a schema is an object".to_owned())
        }
    }
}

/// Follows a `$ref` within a document.
pub fn follow<'a>(root: &'a Value, schema: &'a Value) -> Option<&'a Value> {
    const STEPS_MAX: usize = 32;
    let mut schema = schema;
    for _ in 0..STEPS_MAX {
        let Some(pointer) = schema.get("$ref").and_then(Value::as_str) else {
            return Some(schema);
        };
        schema = root.pointer(pointer.strip_prefix('#')?)?;
    }
    None
}
