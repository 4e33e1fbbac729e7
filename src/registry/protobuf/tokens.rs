//! The text of a `.proto` file as words, numbers, texts and signs.

/// A part of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A name, with its dots, or a number.
    Word(String),
    /// A text, its quotes taken off.
    Text(String),
    /// Anything else.
    Sign(char),
}

/// So many parts may a file have.
const TOKENS_MAX: usize = 200_000;

/// Cuts a text into its parts; comments are left out.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut out = Vec::new();
    let mut rest = text;
    loop {
        rest = skip(rest)?;
        let Some(first) = rest.chars().next() else { return Ok(out) };
        if TOKENS_MAX <= out.len() {
            return Err(format!("it has more than {TOKENS_MAX} words"));
        }
        if first == '"' || first == '\'' {
            let (text, after) = quoted(&rest[1..], first)?;
            out.push(Token::Text(text));
            rest = after;
        } else if is_word(first) {
            let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            out.push(Token::Word(rest[..end].to_owned()));
            rest = &rest[end..];
        } else {
            out.push(Token::Sign(first));
            rest = &rest[first.len_utf8()..];
        }
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '+' | '-')
}

fn skip(text: &str) -> Result<&str, String> {
    let mut rest = text.trim_start();
    loop {
        if let Some(comment) = rest.strip_prefix("//") {
            rest = comment.find('\n').map_or("", |end| &comment[end..]);
        } else if let Some(comment) = rest.strip_prefix("/*") {
            let end = comment.find("*/").ok_or("a comment has no end")?;
            rest = &comment[end + 2..];
        } else {
            return Ok(rest);
        }
        rest = rest.trim_start();
    }
}

fn quoted(text: &str, quote: char) -> Result<(String, &str), String> {
    let mut out = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => out.extend(chars.next().map(|(_, escaped)| escaped)),
            c if c == quote => return Ok((out, &text[at + 1..])),
            c => out.push(c),
        }
    }
    Err("a text has no end".to_owned())
}
