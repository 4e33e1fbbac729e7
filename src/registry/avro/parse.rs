//! The text of an Avro schema as nodes.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::registry::avro::{
    AvroField, AvroKind, AvroLogical, AvroNode, AvroRecord, AvroSchema, NodeId,
};

/// So deep may types be nested.
const DEPTH_MAX: usize = 64;
/// So many types may a schema have.
const NODES_MAX: usize = 20_000;
/// What DECIMALs have where the schema gives no precision, as in Connect.
const DEFAULT_PRECISION: u8 = 64;

/// Reads a schema's text, after those of the schemas it refers to.
pub(super) fn parse(text: &str, used: &[&str]) -> Result<AvroSchema, String> {
    let mut parser = Parser { nodes: Vec::new(), names: HashMap::new() };
    let mut root = NodeId(0);
    for text in used.iter().chain([&text]) {
        root = parser.node(&value_of(text)?, "", 0)?;
    }
    Ok(AvroSchema { nodes: Arc::from(parser.nodes), root })
}

/// A name alone is a schema too, with quotes or, as people write it, without.
fn value_of(text: &str) -> Result<Value, String> {
    let is_word = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    match serde_json::from_str(text) {
        Ok(value) => Ok(value),
        Err(_) if !text.is_empty() && is_word(text) => Ok(Value::String(text.to_owned())),
        Err(error) => Err(error.to_string()),
    }
}

/// Checks that Avro takes a name.
pub fn check_name(name: &str) -> Result<(), String> {
    let Some(first) = name.chars().next() else { return Err("Empty name".to_owned()) };
    if !first.is_ascii_alphabetic() && first != '_' {
        return Err(format!("Illegal initial character: {name}"));
    }
    if name.chars().any(|c| !c.is_ascii_alphanumeric() && c != '_') {
        return Err(format!("Illegal character in: {name}"));
    }
    Ok(())
}

struct Parser {
    nodes: Vec<AvroNode>,
    names: HashMap<String, NodeId>,
}

impl Parser {
    fn add(&mut self, kind: AvroKind) -> Result<NodeId, String> {
        if NODES_MAX <= self.nodes.len() {
            return Err(format!("it has more than {NODES_MAX} types"));
        }
        self.nodes.push(AvroNode { kind, logical: None });
        Ok(NodeId(self.nodes.len() - 1))
    }

    fn node(&mut self, value: &Value, namespace: &str, depth: usize) -> Result<NodeId, String> {
        if DEPTH_MAX <= depth {
            return Err(format!("its types are nested more than {DEPTH_MAX} deep"));
        }
        match value {
            Value::String(name) => self.named(name, namespace),
            Value::Array(branches) => {
                let branches =
                    branches.iter().map(|branch| self.node(branch, namespace, depth + 1));
                let branches: Vec<NodeId> = branches.collect::<Result<_, _>>()?;
                if branches.is_empty() {
                    return Err("a union has no types".to_owned());
                }
                self.add(AvroKind::Union(branches))
            }
            Value::Object(object) => self.object(object, namespace, depth),
            Value::Null | Value::Bool(_) | Value::Number(_) => Err(format!("no type: {value}")),
        }
    }

    fn named(&mut self, name: &str, namespace: &str) -> Result<NodeId, String> {
        if let Some(kind) = primitive(name) {
            return self.add(kind);
        }
        let found = self.names.get(&full_name(name, namespace)).or_else(|| self.names.get(name));
        found.copied().ok_or_else(|| format!("unknown type {name}"))
    }

    fn object(
        &mut self,
        object: &Map<String, Value>,
        namespace: &str,
        depth: usize,
    ) -> Result<NodeId, String> {
        let id = match object.get("type") {
            Some(Value::String(kind)) => match kind.as_str() {
                "record" | "error" => self.record(object, namespace, depth)?,
                "enum" => self.enumeration(object, namespace)?,
                "fixed" => self.fixed(object, namespace)?,
                "array" => {
                    let items = self.node(part(object, "items")?, namespace, depth + 1)?;
                    self.add(AvroKind::Array(items))?
                }
                "map" => {
                    let values = self.node(part(object, "values")?, namespace, depth + 1)?;
                    self.add(AvroKind::Map(values))?
                }
                name => self.named(name, namespace)?,
            },
            Some(inner) => self.node(inner, namespace, depth + 1)?,
            None => return Err("a type is missing".to_owned()),
        };
        let kind = &self.nodes[id.0].kind;
        let is_reference = !matches!(object.get("type"), Some(Value::String(kind)) if is_own(kind));
        if let Some(logical) = logical(object, kind).filter(|_| !is_reference) {
            self.nodes[id.0].logical = Some(logical);
        }
        Ok(id)
    }

    fn define(&mut self, name: &str, kind: AvroKind) -> Result<NodeId, String> {
        let id = self.add(kind)?;
        self.names.insert(name.to_owned(), id);
        Ok(id)
    }

    fn record(
        &mut self,
        object: &Map<String, Value>,
        namespace: &str,
        depth: usize,
    ) -> Result<NodeId, String> {
        let name = definition_name(object, namespace)?;
        let namespace = name.rsplit_once('.').map_or("", |(namespace, _)| namespace).to_owned();
        let internal = object.get("connect.internal.type").and_then(Value::as_str);
        let is_map_entry =
            internal == Some("MapEntry") || name == "io.confluent.connect.avro.MapEntry";
        let record = |fields| AvroRecord { name: name.clone(), fields, is_map_entry };
        let id = self.define(&name, AvroKind::Record(record(Vec::new())))?;
        let Some(Value::Array(described)) = object.get("fields") else {
            return Err(format!("record {name} has no fields"));
        };
        let mut fields: Vec<AvroField> = Vec::new();
        for field in described {
            let field = self.field(field, &namespace, depth)?;
            if fields.iter().any(|known| known.name == field.name) {
                return Err(format!("record {name} has two fields {}", field.name));
            }
            fields.push(field);
        }
        self.nodes[id.0].kind = AvroKind::Record(record(fields));
        Ok(id)
    }

    fn field(&mut self, field: &Value, namespace: &str, depth: usize) -> Result<AvroField, String> {
        let Value::Object(object) = field else { return Err("a field is no object".to_owned()) };
        let name = text(object, "name")?.to_owned();
        check_name(&name)?;
        let aliases = match object.get("aliases") {
            Some(Value::Array(aliases)) => {
                aliases.iter().filter_map(|alias| alias.as_str().map(str::to_owned)).collect()
            }
            _none => Vec::new(),
        };
        let node = self.node(part(object, "type")?, namespace, depth + 1)?;
        Ok(AvroField { name, aliases, node, default: object.get("default").cloned() })
    }

    fn enumeration(
        &mut self,
        object: &Map<String, Value>,
        namespace: &str,
    ) -> Result<NodeId, String> {
        let name = definition_name(object, namespace)?;
        let Some(Value::Array(symbols)) = object.get("symbols") else {
            return Err(format!("enum {name} has no symbols"));
        };
        let symbols: Option<Arc<[String]>> =
            symbols.iter().map(|symbol| symbol.as_str().map(str::to_owned)).collect();
        let symbols = symbols.ok_or_else(|| format!("a symbol of enum {name} is no text"))?;
        let has_default = object.contains_key("default");
        self.define(&name.clone(), AvroKind::Enum { name, symbols, has_default })
    }

    fn fixed(&mut self, object: &Map<String, Value>, namespace: &str) -> Result<NodeId, String> {
        let name = definition_name(object, namespace)?;
        let size = object.get("size").and_then(Value::as_u64);
        let size = size.and_then(|size| usize::try_from(size).ok());
        let size = size.ok_or_else(|| format!("fixed {name} has no size"))?;
        self.define(&name.clone(), AvroKind::Fixed { name, size })
    }
}

/// Tells whether a type is defined where its name stands, not elsewhere.
fn is_own(kind: &str) -> bool {
    matches!(kind, "record" | "error" | "enum" | "fixed" | "array" | "map")
        || primitive(kind).is_some()
}

fn primitive(name: &str) -> Option<AvroKind> {
    Some(match name {
        "null" => AvroKind::Null,
        "boolean" => AvroKind::Boolean,
        "int" => AvroKind::Int,
        "long" => AvroKind::Long,
        "float" => AvroKind::Float,
        "double" => AvroKind::Double,
        "bytes" => AvroKind::Bytes,
        "string" => AvroKind::String,
        _ => return None,
    })
}

fn part<'a>(object: &'a Map<String, Value>, name: &str) -> Result<&'a Value, String> {
    object.get(name).ok_or_else(|| format!("'{name}' is missing"))
}

fn text<'a>(object: &'a Map<String, Value>, name: &str) -> Result<&'a str, String> {
    part(object, name)?.as_str().ok_or_else(|| format!("'{name}' is no text"))
}

/// Returns the full name of a type that is defined here.
fn definition_name(object: &Map<String, Value>, namespace: &str) -> Result<String, String> {
    let name = text(object, "name")?;
    let namespace = object.get("namespace").and_then(Value::as_str).unwrap_or(namespace);
    let name = full_name(name, namespace);
    name.split('.').try_for_each(check_name)?;
    Ok(name)
}

fn full_name(name: &str, namespace: &str) -> String {
    if name.contains('.') || namespace.is_empty() {
        return name.to_owned();
    }
    format!("{namespace}.{name}")
}

fn logical(object: &Map<String, Value>, kind: &AvroKind) -> Option<AvroLogical> {
    let name = object.get("logicalType").and_then(Value::as_str);
    match (name?, kind) {
        ("decimal", AvroKind::Bytes | AvroKind::Fixed { .. }) => decimal(object),
        ("date", AvroKind::Int) => Some(AvroLogical::Date),
        ("time-millis", AvroKind::Int) => Some(AvroLogical::TimeMillis),
        ("time-micros", AvroKind::Long) => Some(AvroLogical::TimeMicros),
        ("timestamp-millis", AvroKind::Long) => Some(AvroLogical::TimestampMillis),
        ("timestamp-micros", AvroKind::Long) => Some(AvroLogical::TimestampMicros),
        _unknown => None,
    }
}

fn decimal(object: &Map<String, Value>) -> Option<AvroLogical> {
    let number = |value: &Value| value.as_u64().and_then(|number| u8::try_from(number).ok());
    let precision = match object.get("precision") {
        Some(precision) => number(precision)?,
        None => DEFAULT_PRECISION,
    };
    let scale = match object.get("scale") {
        Some(scale) => number(scale)?,
        None => 0,
    };
    let is_valid = 0 < precision && precision <= DEFAULT_PRECISION.max(76) && scale <= precision;
    is_valid.then_some(AvroLogical::Decimal { precision, scale })
}
