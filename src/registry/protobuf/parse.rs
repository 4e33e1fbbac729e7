//! The grammar of `.proto` files: messages, enums and fields; services, options and extensions are skipped.

use crate::registry::protobuf::Label;
use crate::registry::protobuf::tokens::{Token, tokens};

/// A file, its names as they are written.
#[derive(Debug, Default)]
pub(super) struct File {
    pub(super) package: String,
    pub(super) is_proto2: bool,
    pub(super) messages: Vec<RawMessage>,
    pub(super) enums: Vec<RawEnum>,
}

/// A message, the names of types as they are written.
#[derive(Debug, Default)]
pub(super) struct RawMessage {
    pub(super) name: String,
    pub(super) fields: Vec<RawField>,
    pub(super) messages: Vec<RawMessage>,
    pub(super) enums: Vec<RawEnum>,
    /// Whether it is the entry of a map field.
    pub(super) is_map_entry: bool,
}

#[derive(Debug)]
pub(super) struct RawField {
    pub(super) name: String,
    pub(super) number: u32,
    pub(super) label: Option<Label>,
    pub(super) type_name: String,
    /// The key's type, if it is a map.
    pub(super) key: Option<String>,
    pub(super) oneof: Option<String>,
    pub(super) digits: Option<(u8, u8)>,
}

#[derive(Debug)]
pub(super) struct RawEnum {
    pub(super) name: String,
    pub(super) values: Vec<(String, i32)>,
}

/// So deep may messages be nested.
const DEPTH_MAX: usize = 32;

/// Reads a file.
pub(super) fn parse(text: &str) -> Result<File, String> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0 };
    let mut file = File { is_proto2: true, ..File::default() };
    while let Some(token) = parser.next() {
        match &token {
            Token::Word(word) => match word.as_str() {
                "syntax" | "edition" => {
                    parser.sign('=')?;
                    file.is_proto2 = parser.text()? == "proto2";
                    parser.sign(';')?;
                }
                "package" => {
                    file.package = parser.word()?;
                    parser.sign(';')?;
                }
                "message" => file.messages.push(parser.message(0)?),
                "enum" => file.enums.push(parser.enumeration()?),
                "import" | "option" => parser.skip_statement()?,
                "service" | "extend" => parser.skip_block()?,
                _ => return Err(format!("unexpected {word}")),
            },
            Token::Sign(';') => {}
            Token::Sign(sign) => return Err(format!("unexpected {sign}")),
            Token::Text(text) => return Err(format!("unexpected \"{text}\"")),
        }
    }
    Ok(file)
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn word(&mut self) -> Result<String, String> {
        match self.next() {
            Some(Token::Word(word)) => Ok(word),
            other => Err(format!("expected a name, found {other:?}")),
        }
    }

    fn text(&mut self) -> Result<String, String> {
        match self.next() {
            Some(Token::Text(text)) => Ok(text),
            other => Err(format!("expected a text, found {other:?}")),
        }
    }

    fn sign(&mut self, sign: char) -> Result<(), String> {
        match self.next() {
            Some(Token::Sign(found)) if found == sign => Ok(()),
            other => Err(format!("expected {sign}, found {other:?}")),
        }
    }

    fn is_at(&self, sign: char) -> bool {
        self.tokens.get(self.at) == Some(&Token::Sign(sign))
    }

    fn skips(&mut self, sign: char) -> bool {
        let is_there = self.is_at(sign);
        self.at += usize::from(is_there);
        is_there
    }

    /// Skips up to the semicolon of a statement; braces in it belong to it.
    fn skip_statement(&mut self) -> Result<(), String> {
        let mut depth = 0usize;
        loop {
            match self.next() {
                Some(Token::Sign('{')) => depth += 1,
                Some(Token::Sign('}')) => depth = depth.saturating_sub(1),
                Some(Token::Sign(';')) if depth == 0 => return Ok(()),
                Some(_) => {}
                None => return Err("the file ends inside a statement".to_owned()),
            }
        }
    }

    /// Skips up to the end of the next block.
    fn skip_block(&mut self) -> Result<(), String> {
        let mut depth = 0usize;
        loop {
            match self.next() {
                Some(Token::Sign('{')) => depth += 1,
                Some(Token::Sign('}')) if depth <= 1 => return Ok(()),
                Some(Token::Sign('}')) => depth -= 1,
                Some(_) => {}
                None => return Err("the file ends inside a block".to_owned()),
            }
        }
    }

    fn message(&mut self, depth: usize) -> Result<RawMessage, String> {
        if DEPTH_MAX <= depth {
            return Err(format!("messages are nested more than {DEPTH_MAX} deep"));
        }
        let mut message = RawMessage { name: self.word()?, ..RawMessage::default() };
        self.sign('{')?;
        while !self.skips('}') {
            if self.skips(';') {
                continue;
            }
            let word = self.word()?;
            match word.as_str() {
                "message" if !self.is_type_of_field() => {
                    message.messages.push(self.message(depth + 1)?);
                }
                "enum" if !self.is_type_of_field() => message.enums.push(self.enumeration()?),
                "oneof" if !self.is_type_of_field() => self.oneof(&mut message)?,
                "option" => {
                    let from = self.at;
                    self.skip_statement()?;
                    let is_word = |token: &Token, word: &str| *token == Token::Word(word.into());
                    let option = &self.tokens[from..self.at];
                    message.is_map_entry |= option.iter().any(|t| is_word(t, "map_entry"))
                        && option.iter().any(|t| is_word(t, "true"));
                }
                "reserved" | "extensions" => self.skip_statement()?,
                "extend" => self.skip_block()?,
                _ => {
                    let field = self.field(word, None)?;
                    message.fields.push(field);
                }
            }
        }
        Ok(message)
    }

    /// Tells whether the word before was the type of a field, and no keyword: a name and a number follow.
    fn is_type_of_field(&self) -> bool {
        self.tokens.get(self.at + 1) == Some(&Token::Sign('='))
    }

    fn oneof(&mut self, message: &mut RawMessage) -> Result<(), String> {
        let name = self.word()?;
        self.sign('{')?;
        while !self.skips('}') {
            if self.skips(';') {
                continue;
            }
            let word = self.word()?;
            if word == "option" {
                self.skip_statement()?;
                continue;
            }
            message.fields.push(self.field(word, Some(&name))?);
        }
        Ok(())
    }

    fn field(&mut self, first: String, oneof: Option<&str>) -> Result<RawField, String> {
        let label = match first.as_str() {
            "repeated" => Some(Label::Repeated),
            "optional" | "required" => Some(Label::Optional),
            _ => None,
        };
        let mut type_name = if label.is_some() { self.word()? } else { first };
        let mut key = None;
        if type_name == "map" && self.skips('<') {
            key = Some(self.word()?);
            self.sign(',')?;
            type_name = self.word()?;
            self.sign('>')?;
        }
        let name = self.word()?;
        self.sign('=')?;
        let number = self.word()?;
        let number = number.parse::<u32>().ok().filter(|n| (1..=0x1FFF_FFFF).contains(n));
        let number = number.ok_or_else(|| format!("field {name} has no number"))?;
        let digits = self.options()?;
        self.sign(';')?;
        let oneof = oneof.map(str::to_owned);
        Ok(RawField { name, number, label, type_name, key, oneof, digits })
    }

    /// Reads the options of a field; what counts are the digits of a DECIMAL.
    fn options(&mut self) -> Result<Option<(u8, u8)>, String> {
        if !self.skips('[') {
            return Ok(None);
        }
        let from = self.at;
        let mut depth = 1usize;
        while 0 < depth {
            match self.next() {
                Some(Token::Sign('[')) => depth += 1,
                Some(Token::Sign(']')) => depth -= 1,
                Some(_) => {}
                None => return Err("the file ends inside options".to_owned()),
            }
        }
        Ok(digits(&self.tokens[from..self.at]))
    }

    fn enumeration(&mut self) -> Result<RawEnum, String> {
        let name = self.word()?;
        let mut values = Vec::new();
        self.sign('{')?;
        while !self.skips('}') {
            if self.skips(';') {
                continue;
            }
            let word = self.word()?;
            if word == "option" || word == "reserved" {
                self.skip_statement()?;
                continue;
            }
            self.sign('=')?;
            let number = self.word()?;
            let number = number.parse().map_err(|_| format!("{word} of {name} has no number"))?;
            self.options()?;
            self.sign(';')?;
            values.push((word, number));
        }
        if values.is_empty() {
            return Err(format!("enum {name} has no values"));
        }
        Ok(RawEnum { name, values })
    }
}

/// Finds precision and scale in `(confluent.field_meta) = { params: [{ key: "precision", value: "4" }, …] }`.
fn digits(options: &[Token]) -> Option<(u8, u8)> {
    let param = |name: &str| {
        let at = options.iter().position(|token| *token == Token::Text(name.to_owned()))?;
        let blocks = |token: &Token| matches!(token, Token::Sign('{' | '}'));
        let start = options[..at].iter().rposition(blocks).map_or(0, |place| place + 1);
        let end = options[at..].iter().position(blocks).map_or(options.len(), |place| at + place);
        options[start..end].iter().find_map(|token| match token {
            Token::Text(text) => text.parse::<u8>().ok(),
            Token::Word(_) | Token::Sign(_) => None,
        })
    };
    Some((param("precision").unwrap_or(64), param("scale")?))
}
