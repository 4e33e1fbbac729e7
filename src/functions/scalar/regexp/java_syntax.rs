//! Translates Java's regular expressions to those of the `regex` crates.

/// The end of a text, or what stands before its last line terminator.
pub(super) const JAVA_END: &str = r"(?=(?:\r\n|[\n\r\x{85}\x{2028}\x{2029}])?\z)";
const LINE_TERMINATORS: &str = r"\n\r\x{85}\x{2028}\x{2029}";
const HORIZONTAL: &str = r"\x20\t\xA0\x{1680}\x{180e}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}";
const VERTICAL: &str = r"\n\x0B\f\r\x{85}\x{2028}\x{2029}";

/// A translated pattern.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Translated {
    /// The pattern, where `$` is the very end.
    pub(super) plain: String,
    /// The pattern, where `$` stands before a line terminator at the end too, as in Java; none if that is the same.
    pub(super) exact: Option<String>,
}

/// Translates a pattern, or says what cannot be.
pub(super) fn translate(java: &str) -> Result<Translated, String> {
    let flags = inline_flags(java);
    let translate = |end: &'static str| {
        let mut translator = Translator {
            rest: java,
            out: String::with_capacity(java.len() + 8),
            class_depth: 0,
            dot_is_all: flags.contains('s'),
            end,
        };
        translator.run()?;
        Ok::<_, String>(translator.out)
    };
    let plain = translate("$")?;
    let exact = if flags.contains('m') { plain.clone() } else { translate(JAVA_END)? };
    Ok(Translated { exact: (exact != plain).then_some(exact), plain })
}

/// Returns all flags that are set somewhere inside.
fn inline_flags(java: &str) -> String {
    let groups = java.split("(?").skip(1);
    let set = |group: &str| {
        let end = group.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(group.len());
        group[..end].to_owned()
    };
    groups.map(set).collect()
}

struct Translator<'a> {
    rest: &'a str,
    out: String,
    class_depth: usize,
    dot_is_all: bool,
    end: &'static str,
}

impl Translator<'_> {
    fn run(&mut self) -> Result<(), String> {
        while let Some(c) = self.next() {
            match c {
                '\\' => self.escape()?,
                '[' => {
                    self.class_depth += 1;
                    self.out.push('[');
                }
                ']' if 0 < self.class_depth => {
                    self.class_depth -= 1;
                    self.out.push(']');
                }
                // Set operations in Rust, plain characters in Java.
                '~' | '-' if 0 < self.class_depth && self.rest.starts_with(c) => {
                    self.out.push('\\');
                    self.out.push(c);
                }
                _ if 0 < self.class_depth => self.out.push(c),
                '.' if !self.dot_is_all => self.class("^", LINE_TERMINATORS),
                '$' => self.out.push_str(self.end),
                '(' => self.group(),
                _ => self.out.push(c),
            }
        }
        if self.class_depth == 0 { Ok(()) } else { Err("a class is not closed".into()) }
    }

    fn next(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(c)
    }

    /// Leaves out the flags that Rust does not have, or that mean something else there.
    fn group(&mut self) {
        self.out.push('(');
        let Some(after) = self.rest.strip_prefix('?') else { return };
        let length = after.find(|c: char| !c.is_ascii_alphabetic() && c != '-').unwrap_or(0);
        let (flags, rest) = after.split_at(length);
        if flags.is_empty() || !rest.starts_with([')', ':']) {
            return;
        }
        let kept: String = flags.chars().filter(|flag| !matches!(flag, 'd' | 'u' | 'U')).collect();
        self.rest = rest;
        self.out.push('?');
        if kept.trim_matches('-').is_empty() && rest.starts_with(')') {
            self.out.push(':');
        }
        self.out.push_str(kept.trim_end_matches('-'));
    }

    fn escape(&mut self) -> Result<(), String> {
        let c = self.next().ok_or("it ends with a backslash")?;
        match c {
            'Q' => self.quoted(),
            'd' => self.class("", "0-9"),
            'D' => self.class("^", "0-9"),
            'w' => self.class("", "a-zA-Z_0-9"),
            'W' => self.class("^", "a-zA-Z_0-9"),
            's' => self.class("", r"\x20\t\n\x0B\f\r"),
            'S' => self.class("^", r"\x20\t\n\x0B\f\r"),
            'h' => self.class("", HORIZONTAL),
            'H' => self.class("^", HORIZONTAL),
            'v' => self.class("", VERTICAL),
            'V' => self.class("^", VERTICAL),
            'R' => self.out.push_str(&format!("(?:\\r\\n|[{VERTICAL}])")),
            'Z' => self.out.push_str(JAVA_END),
            'p' | 'P' => self.property(c == 'P')?,
            'u' => self.code_unit()?,
            'x' => self.hexadecimal()?,
            '0' => self.octal()?,
            'c' => {
                let control = self.next().ok_or("\\c needs a character")?;
                self.literal(char::from_u32(u32::from(control) ^ 64).unwrap_or(control));
            }
            'e' => self.literal('\x1B'),
            'a' | 't' | 'n' | 'r' | 'f' | 'b' | 'B' | 'A' | 'G' | 'z' | 'k' | '1'..='9' => {
                self.out.push('\\');
                self.out.push(c);
            }
            c if c.is_ascii_alphanumeric() => return Err(format!("there is no escape \\{c}")),
            c => self.literal(c),
        }
        Ok(())
    }

    fn class(&mut self, sign: &str, members: &str) {
        self.out.push('[');
        self.out.push_str(sign);
        self.out.push_str(members);
        self.out.push(']');
    }

    fn literal(&mut self, c: char) {
        self.out.push_str(&format!("\\x{{{:x}}}", u32::from(c)));
    }

    fn quoted(&mut self) {
        let (text, rest) = self.rest.split_once("\\E").unwrap_or((self.rest, ""));
        self.rest = rest;
        text.chars().for_each(|c| self.literal(c));
    }

    fn take(&mut self, count: usize) -> Option<u32> {
        let code = u32::from_str_radix(self.rest.get(..count)?, 16).ok()?;
        self.rest = &self.rest[count..];
        Some(code)
    }

    fn code_unit(&mut self) -> Result<(), String> {
        let mut code = self.take(4).ok_or("\\u needs four digits")?;
        if (0xD800..0xDC00).contains(&code) && self.rest.starts_with("\\u") {
            self.rest = &self.rest[2..];
            let low = self.take(4).ok_or("\\u needs four digits")?;
            code = 0x10000 + ((code - 0xD800) << 10) + low.wrapping_sub(0xDC00) % 0x400;
        }
        self.literal(char::from_u32(code).ok_or("\\u is half a character")?);
        Ok(())
    }

    fn hexadecimal(&mut self) -> Result<(), String> {
        let braced = self.rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
        let code = match braced {
            Some((digits, rest)) => {
                self.rest = rest;
                u32::from_str_radix(digits, 16).ok()
            }
            None => self.take(2),
        };
        self.literal(code.and_then(char::from_u32).ok_or("\\x needs two digits")?);
        Ok(())
    }

    fn octal(&mut self) -> Result<(), String> {
        let digits = self.rest.bytes().take(3).take_while(|b| (b'0'..=b'7').contains(b)).count();
        let length = if digits == 3 && b'3' < self.rest.as_bytes()[0] { 2 } else { digits };
        let code = u32::from_str_radix(&self.rest[..length], 8).map_err(|_| "\\0 needs a digit")?;
        self.rest = &self.rest[length..];
        self.literal(char::from_u32(code).unwrap_or('\0'));
        Ok(())
    }

    fn property(&mut self, is_negated: bool) -> Result<(), String> {
        let braced = self.rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
        let (name, rest) = match braced {
            Some(found) => found,
            None => {
                let length = self.rest.chars().next().map_or(0, char::len_utf8);
                self.rest.split_at(length)
            }
        };
        self.rest = rest;
        let sign = if is_negated { "^" } else { "" };
        match posix_class(name) {
            Some(members) => self.class(sign, members),
            None => self.class(sign, &format!("\\p{{{}}}", unicode_property(name)?)),
        }
        Ok(())
    }
}

/// Returns the members of the classes that Java limits to ASCII.
fn posix_class(name: &str) -> Option<&'static str> {
    Some(match name {
        "Lower" => "a-z",
        "Upper" => "A-Z",
        "ASCII" => r"\x00-\x7F",
        "Alpha" => "a-zA-Z",
        "Digit" => "0-9",
        "Alnum" => "a-zA-Z0-9",
        "Punct" => r"!-/:-@\[-`{-\x7E",
        "Graph" => r"!-\x7E",
        "Print" => r"\x20-\x7E",
        "Blank" => r"\x20\t",
        "Cntrl" => r"\x00-\x1F\x7F",
        "XDigit" => "0-9a-fA-F",
        "Space" => r"\x20\t\n\x0B\f\r",
        _ => return None,
    })
}

/// Returns Rust's name of a property.
fn unicode_property(name: &str) -> Result<&str, String> {
    let known = match name {
        "javaLowerCase" => "Lowercase",
        "javaUpperCase" => "Uppercase",
        "javaWhitespace" | "IsWhite_Space" => "White_Space",
        "IsPunctuation" => "P",
        "IsControl" => "Cc",
        "IsDigit" => "Nd",
        "IsLetter" => "L",
        _ => name.strip_prefix("Is").unwrap_or(name),
    };
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '=' | '-' | ' ');
    if known.is_empty() || !known.chars().all(is_name) {
        return Err(format!("there is no property '{name}'"));
    }
    Ok(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(java: &str, want: &str) {
        let got = translate(java).map(|translated| translated.plain);
        assert_eq!(got.unwrap_or_else(|reason| format!("error: {reason}")), want);
    }

    #[test]
    fn classes_are_ascii() {
        check(r"\w+\s", r"[a-zA-Z_0-9]+[\x20\t\n\x0B\f\r]");
        check(r"[\d.]", "[[0-9].]");
        check(r"\p{Alpha}\P{Lu}\pN", r"[a-zA-Z][^\p{Lu}][\p{N}]");
        check("a.c", r"a[^\n\r\x{85}\x{2028}\x{2029}]c");
        check("(?s)a.c", "(?s)a.c");
    }

    #[test]
    fn escapes_name_characters() {
        check(r"\Qa.b\E.?".trim_end_matches(".?"), r"\x{61}\x{2e}\x{62}");
        check(r"\u0041\x42\0103\cD", r"\x{41}\x{42}\x{43}\x{4}");
        check(r"\uD83D\uDE00", r"\x{1f600}");
        check(r"\<\.", r"\x{3c}\x{2e}");
        check(r"\y", r"error: there is no escape \y");
        check("[a", "error: a class is not closed");
    }

    #[test]
    fn flags_that_rust_does_not_have_are_left_out() {
        check("(?iu)a", "(?i)a");
        check("(?U)a", "(?:)a");
        check("(?U:a)", "(?:a)");
        check("(?<n>a)(?=b)(?!c)", "(?<n>a)(?=b)(?!c)");
    }

    #[test]
    fn the_end_is_before_a_line_terminator() {
        assert_eq!(translate("a$").unwrap().exact, Some(format!("a{JAVA_END}")));
        assert_eq!(translate("(?m)a$").unwrap().exact, None);
        assert_eq!(translate("[$]").unwrap().exact, None);
    }
}
