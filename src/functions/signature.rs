//! What an overload takes and returns, written as text: `(list ARRAY<T>, f LAMBDA<T, R>) ARRAY<R>`.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::types::{DECIMAL_PRECISION_MAX, SqlType};

/// What an overload takes and returns.
///
/// # Syntax
///
/// ```text
/// (name TYPE, name TYPE...) RETURN
/// ```
///
/// - A type is one of SQL's; `DECIMAL` without a precision takes any; `ANY` takes whatever is given.
/// - A capital letter, with or without a digit (`T`, `K`, `V1`), is any type, the same wherever it stands.
/// - `LAMBDA<T, R>` is a lambda from `T` to `R`; the last type is its result.
/// - `INTERVALUNIT` is a word such as `DAYS`; the kernel sees it as a VARCHAR.
/// - One parameter may be variadic, `TYPE...`: none, one or more arguments, at the end or in the middle.
/// - The return type may be missing where it is computed from the arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct Signature {
    /// What it takes, in order.
    pub params: Vec<Param>,
    /// What it returns; none if that is computed from the arguments.
    pub returns: Option<ParamType>,
}

/// One parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// Its name, for people.
    pub name: Arc<str>,
    /// Its type; of each argument, if it is variadic.
    pub param_type: ParamType,
    /// Whether it takes any number of arguments.
    pub is_variadic: bool,
}

/// The type of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum ParamType {
    /// This type.
    Exactly(SqlType),
    /// A DECIMAL of any precision and scale.
    Decimal,
    /// Any type.
    Any,
    /// Any type, the same wherever the name stands.
    Generic(Arc<str>),
    /// A unit of time.
    IntervalUnit,
    /// An array of these.
    Array(Box<ParamType>),
    /// A map of these.
    Map(Box<ParamType>, Box<ParamType>),
    /// A struct of these fields.
    Struct(Vec<(Arc<str>, ParamType)>),
    /// A lambda: what it takes and what it returns.
    Lambda(Vec<ParamType>, Box<ParamType>),
}

/// Why a signature's text is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("signature '{signature}': {reason}")]
pub struct SignatureError {
    signature: String,
    reason: String,
}

impl Signature {
    /// Returns which parameter is variadic.
    pub fn variadic_index(&self) -> Option<usize> {
        self.params.iter().position(|param| param.is_variadic)
    }

    /// Returns the parameter that takes each of so many arguments; none if it does not take so many.
    pub fn params_for(&self, argument_count: usize) -> Option<Vec<&Param>> {
        let Some(variadic) = self.variadic_index() else {
            return (self.params.len() == argument_count).then(|| self.params.iter().collect());
        };
        let repeated = (argument_count + 1).checked_sub(self.params.len())?;
        let mut params: Vec<&Param> = self.params[..variadic].iter().collect();
        params.extend(std::iter::repeat_n(&self.params[variadic], repeated));
        params.extend(&self.params[variadic + 1..]);
        Some(params)
    }

    /// Tells whether it says what it returns; DECIMAL without a precision and ANY do not.
    pub fn has_return_type(&self) -> bool {
        !matches!(self.returns, None | Some(ParamType::Decimal | ParamType::Any))
    }

    /// Writes the overload as ksqlDB lists alternatives: `explode(ARRAY<T> list)`.
    pub fn call_text(&self, name: &str) -> String {
        let param = |param: &Param| {
            let dots = if param.is_variadic { "..." } else { "" };
            format!("{}{dots} {}", param.param_type, param.name).trim_end().to_owned()
        };
        let params: Vec<String> = self.params.iter().map(param).collect();
        format!("{name}({})", params.join(", "))
    }
}

impl ParamType {
    /// Tells whether a generic type stands in it.
    pub fn has_generics(&self) -> bool {
        match self {
            ParamType::Generic(_) => true,
            ParamType::Exactly(_)
            | ParamType::Decimal
            | ParamType::Any
            | ParamType::IntervalUnit => false,
            ParamType::Array(element) => element.has_generics(),
            ParamType::Map(key, value) => key.has_generics() || value.has_generics(),
            ParamType::Struct(fields) => fields.iter().any(|(_, field)| field.has_generics()),
            ParamType::Lambda(params, returns) => {
                returns.has_generics() || params.iter().any(ParamType::has_generics)
            }
        }
    }
}

/// Written as ksqlDB writes parameters: `INT`, `VARCHAR`, `LAMBDA (T) => R`.
impl fmt::Display for ParamType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ParamType::Exactly(SqlType::Int) => f.write_str("INT"),
            ParamType::Exactly(SqlType::Varchar) => f.write_str("VARCHAR"),
            ParamType::Exactly(sql_type) => write!(f, "{sql_type}"),
            ParamType::Decimal => f.write_str("DECIMAL"),
            ParamType::Any => f.write_str("ANY"),
            ParamType::Generic(name) => f.write_str(name),
            ParamType::IntervalUnit => f.write_str("INTERVALUNIT"),
            ParamType::Array(element) => write!(f, "ARRAY<{element}>"),
            ParamType::Map(key, value) => write!(f, "MAP<{key}, {value}>"),
            ParamType::Struct(fields) => {
                let fields: Vec<String> =
                    fields.iter().map(|(name, field)| format!("{name} {field}")).collect();
                write!(f, "STRUCT<{}>", fields.join(", "))
            }
            ParamType::Lambda(params, returns) => {
                let params: Vec<String> = params.iter().map(ToString::to_string).collect();
                write!(f, "LAMBDA ({}) => {returns}", params.join(", "))
            }
        }
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.call_text(""))?;
        match &self.returns {
            Some(returns) => write!(f, " {returns}"),
            None => Ok(()),
        }
    }
}

impl FromStr for Signature {
    type Err = SignatureError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parser = Parser { rest: text.trim() };
        parser.signature().map_err(|reason| SignatureError { signature: text.to_owned(), reason })
    }
}

/// Reads a signature from left to right.
struct Parser<'a> {
    rest: &'a str,
}

impl<'a> Parser<'a> {
    fn signature(&mut self) -> Result<Signature, String> {
        self.expect("(")?;
        let mut params: Vec<Param> = Vec::new();
        while !self.accept(")") {
            if !params.is_empty() {
                self.expect(",")?;
            }
            let name = self.word()?;
            let param_type = self.param_type()?;
            params.push(Param { name: name.into(), param_type, is_variadic: self.accept("...") });
        }
        if 1 < params.iter().filter(|param| param.is_variadic).count() {
            return Err("only one parameter can be variadic".into());
        }
        let returns = if self.rest.is_empty() { None } else { Some(self.param_type()?) };
        if self.rest.is_empty() {
            Ok(Signature { params, returns })
        } else {
            Err(format!("'{}' is left over", self.rest))
        }
    }

    fn param_type(&mut self) -> Result<ParamType, String> {
        let word = self.word()?;
        Ok(match word.to_ascii_uppercase().as_str() {
            "BOOLEAN" => ParamType::Exactly(SqlType::Boolean),
            "INT" | "INTEGER" => ParamType::Exactly(SqlType::Int),
            "BIGINT" => ParamType::Exactly(SqlType::Bigint),
            "DOUBLE" => ParamType::Exactly(SqlType::Double),
            "VARCHAR" | "STRING" => ParamType::Exactly(SqlType::Varchar),
            "BYTES" => ParamType::Exactly(SqlType::Bytes),
            "DATE" => ParamType::Exactly(SqlType::Date),
            "TIME" => ParamType::Exactly(SqlType::Time),
            "TIMESTAMP" => ParamType::Exactly(SqlType::Timestamp),
            "INTERVALUNIT" => ParamType::IntervalUnit,
            "ANY" => ParamType::Any,
            "DECIMAL" => self.decimal()?,
            "ARRAY" => {
                let [element] = self.fixed_types("ARRAY")?;
                ParamType::Array(Box::new(element))
            }
            "MAP" => {
                let [key, value] = self.fixed_types("MAP")?;
                ParamType::Map(Box::new(key), Box::new(value))
            }
            "STRUCT" => ParamType::Struct(self.fields()?),
            "LAMBDA" => {
                let mut types = self.types()?;
                let returns = types.pop().ok_or("LAMBDA needs a result")?;
                ParamType::Lambda(types, Box::new(returns))
            }
            _ if is_generic(word) => ParamType::Generic(word.into()),
            _ => return Err(format!("'{word}' is not a type")),
        })
    }

    fn decimal(&mut self) -> Result<ParamType, String> {
        if !self.accept("(") {
            return Ok(ParamType::Decimal);
        }
        let number = |word: &str| word.parse::<u8>().map_err(|_| format!("'{word}' is no number"));
        let precision = number(self.word()?)?;
        self.expect(",")?;
        let scale = number(self.word()?)?;
        self.expect(")")?;
        if precision == 0 || DECIMAL_PRECISION_MAX < precision || precision < scale {
            return Err(format!("there is no DECIMAL({precision}, {scale})"));
        }
        Ok(ParamType::Exactly(SqlType::Decimal { precision, scale }))
    }

    fn fixed_types<const N: usize>(&mut self, name: &str) -> Result<[ParamType; N], String> {
        self.types()?.try_into().map_err(|_| format!("{name} needs {N} types"))
    }

    fn types(&mut self) -> Result<Vec<ParamType>, String> {
        self.expect("<")?;
        let mut types = vec![self.param_type()?];
        while self.accept(",") {
            types.push(self.param_type()?);
        }
        self.expect(">")?;
        Ok(types)
    }

    fn fields(&mut self) -> Result<Vec<(Arc<str>, ParamType)>, String> {
        self.expect("<")?;
        let mut fields = Vec::new();
        while !self.accept(">") {
            if !fields.is_empty() {
                self.expect(",")?;
            }
            let name = self.word()?;
            fields.push((name.into(), self.param_type()?));
        }
        Ok(fields)
    }

    fn word(&mut self) -> Result<&'a str, String> {
        let end = self
            .rest
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(self.rest.len());
        if end == 0 {
            return Err(format!("a word is missing before '{}'", self.rest));
        }
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest.trim_start();
        Ok(word)
    }

    fn accept(&mut self, token: &str) -> bool {
        let Some(rest) = self.rest.strip_prefix(token) else { return false };
        self.rest = rest.trim_start();
        true
    }

    fn expect(&mut self, token: &str) -> Result<(), String> {
        if self.accept(token) {
            Ok(())
        } else {
            Err(format!("'{token}' is missing before '{}'", self.rest))
        }
    }
}

fn is_generic(word: &str) -> bool {
    let (letter, digits) = word.split_at(1);
    letter.chars().all(|c| c.is_ascii_uppercase()) && digits.chars().all(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: &str) {
        let got = match text.parse::<Signature>() {
            Ok(signature) => signature.to_string(),
            Err(error) => error.to_string(),
        };
        assert_eq!(got, want);
    }

    #[test]
    fn reads_what_ksqldb_has() {
        check("()BIGINT", "() BIGINT");
        check(
            "(list ARRAY<T>, f LAMBDA<T, R>) ARRAY<R>",
            "(ARRAY<T> list, LAMBDA (T) => R f) ARRAY<R>",
        );
        check("(a DECIMAL, b DECIMAL(4,2)...)", "(DECIMAL a, DECIMAL(4, 2)... b)");
        check(
            "(m MAP<K,V1>) ARRAY<STRUCT<K VARCHAR, V V1>>",
            "(MAP<K, V1> m) ARRAY<STRUCT<K VARCHAR, V V1>>",
        );
        check(
            "(unit INTERVALUNIT, n INTEGER, x ANY) DATE",
            "(INTERVALUNIT unit, INT n, ANY x) DATE",
        );
    }

    #[test]
    fn says_what_is_wrong() {
        check("x", "signature 'x': '(' is missing before 'x'");
        check("(a FOO) INT", "signature '(a FOO) INT': 'FOO' is not a type");
        check("(a INT", "signature '(a INT': ',' is missing before ''");
        check(
            "(a INT...,b INT...) INT",
            "signature '(a INT...,b INT...) INT': only one parameter can be variadic",
        );
        check(
            "(a DECIMAL(3,4)) INT",
            "signature '(a DECIMAL(3,4)) INT': there is no DECIMAL(3, 4)",
        );
        check("(a INT) INT x", "signature '(a INT) INT x': 'x' is left over");
    }

    #[test]
    fn a_variadic_parameter_stretches_in_the_middle() {
        let signature: Signature = "(a INT, b VARCHAR..., c DATE) INT".parse().unwrap();
        let names = |count| {
            let params = signature.params_for(count)?;
            Some(params.iter().map(|p| p.name.to_string()).collect::<String>())
        };
        assert_eq!(names(1), None);
        assert_eq!(names(2).as_deref(), Some("ac"));
        assert_eq!(names(5).as_deref(), Some("abbbc"));
    }
}
