//! JSON as these files have it: comments are allowed, numbers keep their digits, objects keep their order.

use std::fmt;

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    /// As it was written.
    Number(String),
    /// A number that is no text in its format.
    Double(f64),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Parses a text of one value.
    pub(crate) fn parse(text: &str) -> Result<Json, String> {
        let mut reader = Reader { text, at: 0 };
        let value = reader.value()?;
        reader.skip();
        if reader.at == text.len() { Ok(value) } else { Err(reader.wrong("nothing more")) }
    }

    /// Returns the field of an object, null if it is not there.
    pub(crate) fn get(&self, name: &str) -> &Json {
        self.find(name).unwrap_or(&Json::Null)
    }

    /// Returns the field of an object.
    pub(crate) fn find(&self, name: &str) -> Option<&Json> {
        let Json::Object(fields) = self else { return None };
        fields.iter().find(|(field, _)| field == name).map(|(_, value)| value)
    }

    /// Returns the elements of a list; none of anything else.
    pub(crate) fn items(&self) -> &[Json] {
        match self {
            Json::List(items) => items,
            _ => &[],
        }
    }

    /// Returns the fields of an object; none of anything else.
    pub(crate) fn fields(&self) -> &[(String, Json)] {
        match self {
            Json::Object(fields) => fields,
            _ => &[],
        }
    }

    /// Returns a text.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Json::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns a whole number.
    pub(crate) fn integer(&self) -> Option<i64> {
        match self {
            Json::Number(digits) => digits.parse().ok(),
            _ => None,
        }
    }

    /// Returns a scalar as it is written, without quotes.
    pub(crate) fn plain(&self) -> String {
        match self {
            Json::Text(text) => text.clone(),
            other => other.to_string(),
        }
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Json::Null => f.write_str("null"),
            Json::Bool(value) => write!(f, "{value}"),
            Json::Number(digits) => f.write_str(digits),
            Json::Double(value) => write!(f, "{value:?}"),
            Json::Text(text) => write_text(text, f),
            Json::List(items) => {
                f.write_str("[")?;
                for (i, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if i == 0 { "" } else { "," })?;
                }
                f.write_str("]")
            }
            Json::Object(fields) => {
                f.write_str("{")?;
                for (i, (name, value)) in fields.iter().enumerate() {
                    f.write_str(if i == 0 { "" } else { "," })?;
                    write_text(name, f)?;
                    write!(f, ":{value}")?;
                }
                f.write_str("}")
            }
        }
    }
}

fn write_text(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("\"")?;
    for c in text.chars() {
        match c {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            c if c < ' ' => write!(f, "\\u{:04x}", u32::from(c))?,
            c => write!(f, "{c}")?,
        }
    }
    f.write_str("\"")
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn wrong(&self, wanted: &str) -> String {
        let line = self.text[..self.at].matches('\n').count() + 1;
        format!("line {line}: {wanted} was expected")
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn skip(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            let end = if trimmed.starts_with("//") {
                trimmed.find('\n').unwrap_or(trimmed.len())
            } else if trimmed.starts_with("/*") {
                trimmed.find("*/").map_or(trimmed.len(), |end| end + 2)
            } else {
                0
            };
            self.at += rest.len() - trimmed.len() + end;
            if end == 0 {
                return;
            }
        }
    }

    fn accept(&mut self, token: &str) -> bool {
        self.skip();
        let is_there = self.rest().starts_with(token);
        if is_there {
            self.at += token.len();
        }
        is_there
    }

    fn value(&mut self) -> Result<Json, String> {
        if self.accept("{") {
            return self.object();
        }
        if self.accept("[") {
            return self.list();
        }
        for (word, value) in
            [("null", Json::Null), ("true", Json::Bool(true)), ("false", Json::Bool(false))]
        {
            if self.accept(word) {
                return Ok(value);
            }
        }
        if self.rest().starts_with('"') {
            return self.string().map(Json::Text);
        }
        let is_digit = |c: char| c.is_ascii_digit() || "+-.eE".contains(c);
        let end = self.rest().find(|c| !is_digit(c)).unwrap_or(self.rest().len());
        if end == 0 {
            return Err(self.wrong("a value"));
        }
        let digits = self.rest()[..end].to_owned();
        self.at += end;
        Ok(Json::Number(digits))
    }

    fn object(&mut self) -> Result<Json, String> {
        let mut fields = Vec::new();
        while !self.accept("}") {
            self.skip();
            let name = self.string()?;
            if !self.accept(":") {
                return Err(self.wrong("':'"));
            }
            fields.push((name, self.value()?));
            self.accept(",");
        }
        Ok(Json::Object(fields))
    }

    fn list(&mut self) -> Result<Json, String> {
        let mut items = Vec::new();
        while !self.accept("]") {
            items.push(self.value()?);
            self.accept(",");
        }
        Ok(Json::List(items))
    }

    fn string(&mut self) -> Result<String, String> {
        if !self.accept("\"") {
            return Err(self.wrong("a text"));
        }
        let mut out = String::new();
        loop {
            let c = self.next_char()?;
            match c {
                '"' => return Ok(out),
                '\\' => out.push(self.escape()?),
                c => out.push(c),
            }
        }
    }

    fn next_char(&mut self) -> Result<char, String> {
        let c = self.rest().chars().next().ok_or_else(|| self.wrong("the end of a text"))?;
        self.at += c.len_utf8();
        Ok(c)
    }

    fn escape(&mut self) -> Result<char, String> {
        Ok(match self.next_char()? {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'u' => {
                let high = self.unit()?;
                let units = if (0xD800..0xDC00).contains(&high) && self.rest().starts_with("\\u") {
                    self.at += 2;
                    vec![high, self.unit()?]
                } else {
                    vec![high]
                };
                let decoded = char::decode_utf16(units).next();
                decoded.and_then(Result::ok).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            c => c,
        })
    }

    fn unit(&mut self) -> Result<u16, String> {
        let digits = self.rest().get(..4).ok_or_else(|| self.wrong("four hex digits"))?;
        let unit = u16::from_str_radix(digits, 16).map_err(|_| self.wrong("four hex digits"))?;
        self.at += 4;
        Ok(unit)
    }
}
