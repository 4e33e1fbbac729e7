//! A compiled pattern that finds what Java's `Matcher` finds.

use std::sync::OnceLock;

use fancy_regex::Regex;

use crate::functions::VALUE_BYTES_MAX;
use crate::functions::scalar::regexp::java_syntax::{Translated, translate};

/// What the groups of a pattern match.
pub(super) type Captures<'t> = fancy_regex::Captures<'t, str>;

/// A compiled pattern.
pub(super) struct Pattern {
    translated: Translated,
    plain: Regex,
    exact: OnceLock<Result<Regex, String>>,
}

impl Pattern {
    /// Compiles a pattern in Java's syntax.
    pub(super) fn compile(java: &str) -> Result<Self, String> {
        let invalid =
            |reason: String| format!("Invalid regular expression pattern: {java}: {reason}");
        let translated = translate(java).map_err(invalid)?;
        let plain = Regex::new(&translated.plain).map_err(|error| invalid(error.to_string()))?;
        Ok(Pattern { translated, plain, exact: OnceLock::new() })
    }

    /// Returns how many groups it has, not counting the whole match.
    pub(super) fn group_count(&self) -> usize {
        self.plain.captures_len() - 1
    }

    /// Finds all matches in a text: after an empty one the search goes on one character further, otherwise where the last one
    /// ended, so that an empty match may stand there.
    pub(super) fn find_all<'t>(
        &self,
        text: &'t str,
        mut found: impl FnMut(&Captures<'t>) -> Result<(), String>,
    ) -> Result<(), String> {
        let regex = self.regex_for(text)?;
        let mut from = 0;
        while let Some(captures) = captures_at(regex, text, from)? {
            let (start, end) = span(&captures);
            found(&captures)?;
            from = if start == end { next_character(text, end) } else { end };
            if text.len() < from {
                break;
            }
        }
        Ok(())
    }

    /// Finds the first match in a text.
    pub(super) fn find<'t>(&self, text: &'t str) -> Result<Option<Captures<'t>>, String> {
        captures_at(self.regex_for(text)?, text, 0)
    }

    /// Finds where the first match at or after a place begins and ends.
    pub(super) fn find_from(
        &self,
        text: &str,
        from: usize,
    ) -> Result<Option<(usize, usize)>, String> {
        let captures = captures_at(self.regex_for(text)?, text, from)?;
        Ok(captures.map(|captures| span(&captures)))
    }

    /// Replaces all matches; `$1` and `${name}` in the replacement stand for groups, and `\\` for the character after it.
    pub(super) fn replace_all(&self, text: &str, replacement: &str) -> Result<String, String> {
        let mut out = String::with_capacity(text.len());
        let mut copied = 0;
        self.find_all(text, |captures| {
            let (start, end) = span(captures);
            out.push_str(&text[copied..start]);
            self.expand(captures, replacement, &mut out)?;
            copied = end;
            if VALUE_BYTES_MAX < out.len() {
                return Err(format!("the result is longer than {VALUE_BYTES_MAX} bytes"));
            }
            Ok(())
        })?;
        out.push_str(&text[copied..]);
        Ok(out)
    }

    fn expand(
        &self,
        captures: &Captures<'_>,
        template: &str,
        out: &mut String,
    ) -> Result<(), String> {
        let mut rest = template;
        while let Some(place) = rest.find(['\\', '$']) {
            out.push_str(&rest[..place]);
            let is_group = rest[place..].starts_with('$');
            rest = &rest[place + 1..];
            if is_group {
                rest = self.expand_group(captures, rest, out)?;
            } else {
                let escaped = rest.chars().next().ok_or("character to be escaped is missing")?;
                out.push(escaped);
                rest = &rest[escaped.len_utf8()..];
            }
        }
        out.push_str(rest);
        Ok(())
    }

    /// Writes the group that is named after a `$`, and returns what follows its name.
    fn expand_group<'a>(
        &self,
        captures: &Captures<'_>,
        rest: &'a str,
        out: &mut String,
    ) -> Result<&'a str, String> {
        if let Some((name, rest)) = rest.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
            if !self.plain.capture_names().any(|known| known == Some(name)) {
                return Err(format!("No group with name {{{name}}}"));
            }
            out.push_str(captures.name(name).map_or("", |group| group.as_str()));
            return Ok(rest);
        }
        let digit = |place: usize| rest.as_bytes().get(place).filter(|b| b.is_ascii_digit());
        let first = digit(0).ok_or("Illegal group reference")?;
        let mut number = usize::from(first - b'0');
        if self.group_count() < number {
            return Err(format!("No group {number}"));
        }
        let mut length = 1;
        // As many digits belong to the number as there are groups for.
        while let Some(next) = digit(length) {
            let longer = number * 10 + usize::from(next - b'0');
            if self.group_count() < longer {
                break;
            }
            number = longer;
            length += 1;
        }
        out.push_str(captures.get(number).map_or("", |group| group.as_str()));
        Ok(&rest[length..])
    }

    /// Returns the pattern that treats the end of this text as Java does.
    fn regex_for(&self, text: &str) -> Result<&Regex, String> {
        let ends_line = text.ends_with(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']);
        match &self.translated.exact {
            Some(exact) if ends_line => {
                let compile = || Regex::new(exact).map_err(|error| error.to_string());
                self.exact.get_or_init(compile).as_ref().map_err(Clone::clone)
            }
            Some(_) | None => Ok(&self.plain),
        }
    }
}

/// Returns where the character after the one at a place begins.
pub(super) fn next_character(text: &str, place: usize) -> usize {
    place + text[place..].chars().next().map_or(1, char::len_utf8)
}

/// Returns where the whole match begins and ends.
pub(super) fn span(captures: &Captures<'_>) -> (usize, usize) {
    captures.get(0).map_or((0, 0), |whole| (whole.start(), whole.end()))
}

fn captures_at<'t>(
    regex: &Regex,
    text: &'t str,
    from: usize,
) -> Result<Option<Captures<'t>>, String> {
    regex.captures_from_pos(text, from).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refuse(pattern: &str, text: &str) {
        let found = Pattern::compile(pattern).and_then(|pattern| pattern.find(text).map(|_| ()));
        assert!(found.is_err());
    }

    #[test]
    fn no_pattern_exhausts_the_process() {
        refuse(&"(".repeat(100_000), "a");
        refuse(&format!("{}a{}", "(".repeat(50_000), ")".repeat(50_000)), "a");
        refuse("(((a{1000}){1000}){1000}){1000}", "a");
        refuse(&"[".repeat(100_000), "a");
    }

    #[test]
    fn searching_ends() {
        let pattern = Pattern::compile(r"(?=(a+)+b)\1(a|aa)+\2$").unwrap();
        assert!(!matches!(pattern.find(&"a".repeat(5_000)), Ok(Some(_))));
    }
}
