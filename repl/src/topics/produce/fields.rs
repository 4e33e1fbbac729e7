//! Fields of JSON documents named on the command line.

use serde_json::Value;

/// A field: `a`, `a.b` or `a->b`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FieldPath {
    text: String,
    steps: Vec<String>,
}

impl FieldPath {
    /// Reads a path.
    pub(super) fn new(text: &str) -> Self {
        let separator = if text.contains("->") { "->" } else { "." };
        let steps = text.split(separator).map(str::to_owned).collect();
        FieldPath { text: text.to_owned(), steps }
    }

    /// Finds the field in a document; a name that holds a dot is found too.
    pub(super) fn find<'a>(&self, document: &'a Value) -> Option<&'a Value> {
        let whole = document.get(&self.text);
        whole.or_else(|| self.steps.iter().try_fold(document, |value, step| child(value, step)))
    }

    /// Returns the field as text: strings as they are, all else as JSON; none if it is null or not there.
    pub(super) fn text(&self, document: &Value) -> Option<String> {
        match self.find(document)? {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
                Some(other.to_string())
            }
        }
    }
}

fn child<'a>(value: &'a Value, step: &str) -> Option<&'a Value> {
    match value {
        Value::Array(elements) => elements.get(step.parse::<usize>().ok()?),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            value.get(step)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_fields() {
        let document: Value =
            serde_json::from_str(r#"{"a": {"b": [1, "x"]}, "c.d": 2.50, "n": null}"#)
                .expect("JSON");
        let text = |path: &str| FieldPath::new(path).text(&document);
        assert_eq!(text("a.b.1").as_deref(), Some("x"));
        assert_eq!(text("a->b->0").as_deref(), Some("1"));
        assert_eq!(text("a").as_deref(), Some(r#"{"b":[1,"x"]}"#));
        assert_eq!(text("c.d").as_deref(), Some("2.5"));
        assert_eq!(text("n"), None);
        assert_eq!(text("a.x"), None);
    }
}
