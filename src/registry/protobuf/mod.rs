//! Protobuf schemas: `.proto` files as messages and fields.

mod names;
mod parse;
#[cfg(test)]
mod tests;
mod tokens;

use std::sync::Arc;

/// A message of a schema, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MessageId(pub(super) usize);

/// An enum of a schema, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EnumId(pub(super) usize);

/// A Protobuf schema: a file, and the files it imports.
#[derive(Clone, Debug)]
pub struct ProtoSchema {
    messages: Arc<[Message]>,
    enums: Arc<[ProtoEnum]>,
}

/// A message.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its full name.
    pub name: String,
    /// Its fields, in the order in which they stand in the file.
    pub fields: Vec<Field>,
    /// Where it stands in its file: the place of the outermost message, then that of the one in it, and so on.
    pub path: Vec<usize>,
    /// Whether it stands in the file itself, not in one that is imported.
    pub is_own: bool,
}

/// A field.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its number.
    pub number: u32,
    /// How often it occurs.
    pub label: Label,
    /// Its type.
    pub kind: FieldKind,
    /// The `oneof` it is part of.
    pub oneof: Option<String>,
    /// The digits of a DECIMAL, as its options give them.
    pub digits: Option<(u8, u8)>,
}

/// How often a field occurs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// Once; where it is missing it has its type's default.
    Implicit,
    /// Once or never.
    Optional,
    /// Any number of times.
    Repeated,
}

/// The type of a field.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "named as in Protobuf")]
pub enum FieldKind {
    Scalar(Scalar),
    Enum(EnumId),
    Message(MessageId),
    Known(Known),
    Map(Scalar, Box<FieldKind>),
}

/// A scalar type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in Protobuf")]
pub enum Scalar {
    Double,
    Float,
    Int32,
    Int64,
    Uint32,
    Uint64,
    Sint32,
    Sint64,
    Fixed32,
    Fixed64,
    Sfixed32,
    Sfixed64,
    Bool,
    String,
    Bytes,
}

/// A message that stands for a value, known without its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// `google.protobuf.Timestamp`.
    Timestamp,
    /// `google.type.Date`.
    Date,
    /// `google.type.TimeOfDay`.
    TimeOfDay,
    /// `confluent.type.Decimal`.
    Decimal,
    /// `google.protobuf.Int32Value` and the like.
    Wrapper(Scalar),
}

/// An enum.
#[derive(Clone, Debug)]
pub struct ProtoEnum {
    /// Its full name.
    pub name: String,
    /// Names and numbers, in the order in which they stand in the file.
    pub values: Vec<(String, i32)>,
}

impl ProtoSchema {
    /// Reads a file's text; `imports` are the texts of the files it imports, by their names.
    pub fn parse(text: &str, imports: &[(&str, &str)]) -> Result<Self, String> {
        names::resolve(text, imports)
    }

    /// Returns a message of this schema.
    pub fn message(&self, id: MessageId) -> &Message {
        &self.messages[id.0]
    }

    /// Returns an enum of this schema.
    pub fn enumeration(&self, id: EnumId) -> &ProtoEnum {
        &self.enums[id.0]
    }

    /// Finds a message of the file by its name, with or without the package, or else the first one.
    pub fn find(&self, name: Option<&str>) -> Option<MessageId> {
        let is_it = |message: &Message| match name {
            None => message.is_own && message.path.len() == 1,
            Some(name) => {
                let short = message.name.rsplit('.').next().unwrap_or_default();
                message.name == name || (message.is_own && short == name)
            }
        };
        self.messages.iter().position(is_it).map(MessageId)
    }

    /// Finds a message of the file by its place in it.
    pub fn at_path(&self, path: &[usize]) -> Option<MessageId> {
        let is_it = |message: &Message| message.is_own && message.path == path;
        self.messages.iter().position(is_it).map(MessageId)
    }
}
