//! LIKE: `%` is any run of characters, `_` any one.

use std::sync::Arc;

use datafusion::arrow::array::{Array, AsArray, BooleanArray, StringArray};
use datafusion::arrow::buffer::BooleanBuffer;
use memchr::memmem;

use crate::expr::cast::Fail;
use crate::expr::evaluate::Evaluated;
use crate::expr::evaluate::arithmetic::{form, row_count};
use crate::functions::FunctionError;

/// What a LIKE says besides its operands.
pub(super) struct Like {
    /// The character that makes the next one stand for itself.
    pub(super) escape: Option<char>,
    /// NOT LIKE.
    pub(super) negated: bool,
}

impl Like {
    /// Computes LIKE for each row: false, or NOT LIKE true, where an operand is NULL.
    pub(super) fn compute(
        &self,
        operand: &Evaluated,
        pattern: &Evaluated,
        fail: &mut Fail<'_>,
    ) -> Result<Evaluated, FunctionError> {
        let (texts, patterns) = (strings(operand)?, strings(pattern)?);
        let mut compiled: Option<(usize, Result<Pattern, String>)> = None;
        let mut matches = |row: usize| {
            let (t, p) = (operand.row(row), pattern.row(row));
            if texts.is_null(t) || patterns.is_null(p) {
                return false;
            }
            let is_other = |last: usize| last != p && patterns.value(last) != patterns.value(p);
            if compiled.as_ref().is_none_or(|(last, _)| is_other(*last)) {
                compiled = Some((p, Pattern::compile(patterns.value(p), self.escape)));
            }
            match &compiled {
                Some((_, Ok(pattern))) => pattern.matches(texts.value(t)),
                Some((_, Err(reason))) => {
                    fail(row, reason.clone());
                    false
                }
                None => false,
            }
        };
        let rows = row_count(operand, pattern);
        let result = BooleanBuffer::collect_bool(rows, |row| matches(row) != self.negated);
        Ok(form(operand, pattern, Arc::new(BooleanArray::new(result, None))))
    }
}

fn strings(evaluated: &Evaluated) -> Result<&StringArray, FunctionError> {
    evaluated.array().as_string_opt::<i32>().ok_or_else(|| {
        FunctionError::InvalidArgument("an operand of LIKE is not a STRING".to_owned())
    })
}

/// A compiled pattern.
enum Pattern {
    /// The text itself.
    Exactly(String),
    /// Begins, ends or contains: `abc%`, `%abc`, `%abc%`.
    Prefix(String),
    Suffix(String),
    Contains(Box<memmem::Finder<'static>>),
    /// Anything else.
    Parts(Vec<Part>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Any,
    One,
    Char(char),
}

impl Pattern {
    fn compile(source: &str, escape: Option<char>) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut chars = source.chars();
        while let Some(c) = chars.next() {
            parts.push(match c {
                c if Some(c) == escape => match chars.next() {
                    Some(escaped) => Part::Char(escaped),
                    None => {
                        return Err("LIKE pattern must not end with escape character".to_owned());
                    }
                },
                '%' => Part::Any,
                '_' => Part::One,
                c => Part::Char(c),
            });
        }
        Ok(Pattern::simplify(parts))
    }

    fn simplify(mut parts: Vec<Part>) -> Self {
        parts.dedup_by(|next, part| (*next, *part) == (Part::Any, Part::Any));
        let literal = |parts: &[Part]| -> Option<String> {
            let char = |part: &Part| match part {
                Part::Char(c) => Some(*c),
                Part::Any | Part::One => None,
            };
            parts.iter().map(char).collect()
        };
        let inner = parts.strip_prefix(&[Part::Any]).unwrap_or(&parts);
        let begins = inner.len() < parts.len();
        let text = literal(inner.strip_suffix(&[Part::Any]).unwrap_or(inner));
        let ends = inner.last() == Some(&Part::Any);
        match (text, begins, ends) {
            (Some(text), false, false) => Pattern::Exactly(text),
            (Some(text), false, true) => Pattern::Prefix(text),
            (Some(text), true, false) => Pattern::Suffix(text),
            (Some(text), true, true) => {
                Pattern::Contains(Box::new(memmem::Finder::new(text.as_bytes()).into_owned()))
            }
            (None, _, _) => Pattern::Parts(parts),
        }
    }

    fn matches(&self, text: &str) -> bool {
        match self {
            Pattern::Exactly(whole) => text == whole,
            Pattern::Prefix(prefix) => text.starts_with(prefix.as_str()),
            Pattern::Suffix(suffix) => text.ends_with(suffix.as_str()),
            Pattern::Contains(finder) => finder.find(text.as_bytes()).is_some(),
            Pattern::Parts(parts) => matches_parts(parts, text),
        }
    }
}

/// Matches greedily: on a mismatch only the last `%` takes one more character, as earlier ones can gain nothing by it.
fn matches_parts(parts: &[Part], text: &str) -> bool {
    let (mut rest, mut at) = (text.chars(), 0);
    let mut last_any = None;
    loop {
        if parts.get(at) == Some(&Part::Any) {
            at += 1;
            last_any = Some((at, rest.clone()));
            continue;
        }
        let mut after = rest.clone();
        let is_match = match (parts.get(at), after.next()) {
            (None, None) => return true,
            (Some(Part::One), Some(_)) => true,
            (Some(Part::Char(wanted)), Some(c)) => c == *wanted,
            (_, None) => return false,
            (None | Some(Part::Any), Some(_)) => false,
        };
        if is_match {
            (rest, at) = (after, at + 1);
            continue;
        }
        let Some((begin, any_rest)) = &mut last_any else { return false };
        if any_rest.next().is_none() {
            return false;
        }
        (rest, at) = (any_rest.clone(), *begin);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, text: &str, want: bool) {
        let compiled = Pattern::compile(pattern, Some('!')).unwrap();
        assert_eq!(compiled.matches(text), want, "{text} LIKE {pattern}");
    }

    #[test]
    fn matches_patterns() {
        check("", "", true);
        check("", "a", false);
        check("%", "", true);
        check("%%", "abc", true);
        check("abc", "abc", true);
        check("abc", "abcd", false);
        check("ab%", "abc", true);
        check("%bc", "abc", true);
        check("%foo%", "barfoobaz", true);
        check("%foo%", "bar", false);
        check("_", "é", true);
        check("_", "", false);
        check("a_c%e_", "abcdeeef", true);
        check("a%b%c", "axxbyybzzc", true);
        check("a%b%c", "axxbyybzz", false);
        check("%a_", "aab", true);
        check("!%", "%", true);
        check("!%", "x", false);
        check("!!", "!", true);
        check("a%", "a\nb", true);
        check("_%_", "a", false);
    }

    #[test]
    fn a_pattern_does_not_end_in_an_escape() {
        assert!(Pattern::compile("a!", Some('!')).is_err());
        assert!(Pattern::compile("a!", None).is_ok());
    }
}
