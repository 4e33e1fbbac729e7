//! Which message or enum a name in a `.proto` file stands for.

use std::collections::HashMap;
use std::sync::Arc;

use crate::registry::protobuf::parse::{File, RawEnum, RawField, RawMessage, parse};
use crate::registry::protobuf::{
    EnumId, Field, FieldKind, Known, Label, Message, MessageId, ProtoEnum, ProtoSchema, Scalar,
};

/// Reads a file and those it imports, and finds the types of all fields.
pub(super) fn resolve(text: &str, imports: &[(&str, &str)]) -> Result<ProtoSchema, String> {
    let mut names = Names::default();
    let own = parse(text)?;
    let mut raw = Vec::new();
    names.file(&own, true, &mut raw)?;
    let imported: Vec<File> = imports
        .iter()
        .map(|(name, text)| parse(text).map_err(|error| format!("{name}: {error}")))
        .collect::<Result<_, _>>()?;
    for file in &imported {
        names.file(file, false, &mut raw)?;
    }
    for (place, (raw, is_proto2)) in raw.iter().enumerate() {
        let scope = names.messages[place].name.clone();
        let fields = raw.fields.iter().map(|field| names.field(field, &scope, *is_proto2));
        let fields = fields.collect::<Result<Vec<_>, _>>()?;
        check_numbers(&scope, &fields)?;
        names.messages[place].fields = fields;
    }
    names.entries_as_maps(&raw);
    if names.messages.iter().all(|message| !message.is_own) {
        return Err("the file has no message".to_owned());
    }
    Ok(ProtoSchema { messages: Arc::from(names.messages), enums: Arc::from(names.enums) })
}

fn check_numbers(message: &str, fields: &[Field]) -> Result<(), String> {
    let mut numbers: Vec<u32> = fields.iter().map(|field| field.number).collect();
    numbers.sort_unstable();
    match numbers.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(format!("message {message} has two fields {}", pair[0])),
        None => Ok(()),
    }
}

#[derive(Clone, Copy)]
enum Named {
    Message(usize),
    Enum(usize),
}

#[derive(Default)]
struct Names {
    messages: Vec<Message>,
    enums: Vec<ProtoEnum>,
    by_name: HashMap<String, Named>,
}

impl Names {
    /// Notes the names of all types of a file.
    fn file<'a>(
        &mut self,
        file: &'a File,
        is_own: bool,
        raw: &mut Vec<(&'a RawMessage, bool)>,
    ) -> Result<(), String> {
        for found in &file.enums {
            self.enumeration(found, &file.package);
        }
        for (place, message) in file.messages.iter().enumerate() {
            let at = Place { scope: file.package.clone(), path: vec![place], is_own };
            self.message(message, &at, file.is_proto2, raw);
        }
        Ok(())
    }

    fn message<'a>(
        &mut self,
        message: &'a RawMessage,
        at: &Place,
        is_proto2: bool,
        raw: &mut Vec<(&'a RawMessage, bool)>,
    ) {
        let name = joined(&at.scope, &message.name);
        self.by_name.insert(name.clone(), Named::Message(self.messages.len()));
        self.messages.push(Message {
            name: name.clone(),
            fields: Vec::new(),
            path: at.path.clone(),
            is_own: at.is_own,
        });
        raw.push((message, is_proto2));
        for found in &message.enums {
            self.enumeration(found, &name);
        }
        for (place, inner) in message.messages.iter().enumerate() {
            let mut path = at.path.clone();
            path.push(place);
            let at = Place { scope: name.clone(), path, is_own: at.is_own };
            self.message(inner, &at, is_proto2, raw);
        }
    }

    fn enumeration(&mut self, found: &RawEnum, scope: &str) {
        let name = joined(scope, &found.name);
        self.by_name.insert(name.clone(), Named::Enum(self.enums.len()));
        self.enums.push(ProtoEnum { name, values: found.values.clone() });
    }

    fn field(&self, raw: &RawField, scope: &str, is_proto2: bool) -> Result<Field, String> {
        let kind = self.kind(&raw.type_name, scope)?;
        let kind = match &raw.key {
            Some(key) => {
                let key = scalar(key).ok_or_else(|| format!("a map has keys of type {key}"))?;
                FieldKind::Map(key, Box::new(kind))
            }
            None => kind,
        };
        let implicit = if is_proto2 { Label::Optional } else { Label::Implicit };
        let label = match (raw.label, &raw.oneof) {
            (Some(label), _) => label,
            (None, Some(_)) => Label::Optional,
            (None, None) => implicit,
        };
        Ok(Field {
            name: raw.name.clone(),
            number: raw.number,
            label,
            kind,
            oneof: raw.oneof.clone(),
            digits: raw.digits,
        })
    }

    fn kind(&self, name: &str, scope: &str) -> Result<FieldKind, String> {
        if let Some(scalar) = scalar(name) {
            return Ok(FieldKind::Scalar(scalar));
        }
        let named = |found: Named| match found {
            Named::Message(place) => FieldKind::Message(MessageId(place)),
            Named::Enum(place) => FieldKind::Enum(EnumId(place)),
        };
        if let Some(name) = name.strip_prefix('.') {
            let found = self.by_name.get(name).map(|found| named(*found));
            return found.or_else(|| known(name)).ok_or_else(|| format!("unknown type {name}"));
        }
        // The innermost scope counts first.
        let mut scope = scope;
        loop {
            if let Some(found) = self.by_name.get(&joined(scope, name)) {
                return Ok(named(*found));
            }
            match scope.rsplit_once('.') {
                Some((outer, _)) => scope = outer,
                None if !scope.is_empty() => scope = "",
                None => break,
            }
        }
        known(name).ok_or_else(|| format!("unknown type {name}"))
    }

    /// Turns fields that repeat a map's entry into maps, which is what they stand for.
    fn entries_as_maps(&mut self, raw: &[(&RawMessage, bool)]) {
        for place in 0..self.messages.len() {
            for field in 0..self.messages[place].fields.len() {
                let FieldKind::Message(MessageId(entry)) = self.messages[place].fields[field].kind
                else {
                    continue;
                };
                let part = |number: u32| {
                    let fields = &self.messages[entry].fields;
                    fields.iter().find(|field| field.number == number).map(|f| f.kind.clone())
                };
                let parts = raw[entry].0.is_map_entry.then(|| (part(1), part(2)));
                if let Some((Some(FieldKind::Scalar(key)), Some(value))) = parts {
                    self.messages[place].fields[field].kind = FieldKind::Map(key, Box::new(value));
                }
            }
        }
    }
}

/// Where a message stands.
struct Place {
    scope: String,
    path: Vec<usize>,
    is_own: bool,
}

fn joined(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
}

fn scalar(name: &str) -> Option<Scalar> {
    Some(match name {
        "double" => Scalar::Double,
        "float" => Scalar::Float,
        "int32" => Scalar::Int32,
        "int64" => Scalar::Int64,
        "uint32" => Scalar::Uint32,
        "uint64" => Scalar::Uint64,
        "sint32" => Scalar::Sint32,
        "sint64" => Scalar::Sint64,
        "fixed32" => Scalar::Fixed32,
        "fixed64" => Scalar::Fixed64,
        "sfixed32" => Scalar::Sfixed32,
        "sfixed64" => Scalar::Sfixed64,
        "bool" => Scalar::Bool,
        "string" => Scalar::String,
        "bytes" => Scalar::Bytes,
        _ => return None,
    })
}

fn known(name: &str) -> Option<FieldKind> {
    let known = match name {
        "google.protobuf.Timestamp" => Known::Timestamp,
        "google.type.Date" => Known::Date,
        "google.type.TimeOfDay" => Known::TimeOfDay,
        "confluent.type.Decimal" => Known::Decimal,
        "google.protobuf.DoubleValue" => Known::Wrapper(Scalar::Double),
        "google.protobuf.FloatValue" => Known::Wrapper(Scalar::Float),
        "google.protobuf.Int32Value" => Known::Wrapper(Scalar::Int32),
        "google.protobuf.Int64Value" => Known::Wrapper(Scalar::Int64),
        "google.protobuf.UInt32Value" => Known::Wrapper(Scalar::Uint32),
        "google.protobuf.UInt64Value" => Known::Wrapper(Scalar::Uint64),
        "google.protobuf.BoolValue" => Known::Wrapper(Scalar::Bool),
        "google.protobuf.StringValue" => Known::Wrapper(Scalar::String),
        "google.protobuf.BytesValue" => Known::Wrapper(Scalar::Bytes),
        _ => return None,
    };
    Some(FieldKind::Known(known))
}
