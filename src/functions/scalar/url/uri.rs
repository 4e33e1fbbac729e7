//! Takes URIs apart, by RFC 2396 as Java's `URI` reads it.

use std::borrow::Cow;

/// The parts of a URI, with their escapes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Uri<'a> {
    /// What stands before the first colon.
    pub(super) scheme: Option<&'a str>,
    /// The host of the authority, if that names a server.
    pub(super) host: Option<&'a str>,
    /// The port of the authority.
    pub(super) port: Option<i32>,
    /// The path; none if the URI is opaque, such as `mailto:a@b`.
    pub(super) path: Option<&'a str>,
    /// What stands after the question mark.
    pub(super) query: Option<&'a str>,
    /// What stands after the number sign.
    pub(super) fragment: Option<&'a str>,
}

impl<'a> Uri<'a> {
    /// Takes a text apart, or says why it is no URI.
    pub(super) fn parse(text: &'a str) -> Result<Self, String> {
        parse(text).map_err(|reason| format!("URL input has invalid syntax: {text}: {reason}"))
    }
}

fn parse(text: &str) -> Result<Uri<'_>, String> {
    let mut uri = Uri::default();
    let (rest, fragment) = cut(text, '#');
    uri.fragment = fragment;
    check(fragment.unwrap_or(""), "$,;:@&=+/?[]", "fragment")?;
    let rest = match rest.find([':', '/', '?']).filter(|end| rest[*end..].starts_with(':')) {
        Some(end) => {
            uri.scheme = Some(checked_scheme(&rest[..end])?);
            &rest[end + 1..]
        }
        None => rest,
    };
    if uri.scheme.is_some() && !rest.starts_with('/') {
        if rest.is_empty() {
            return Err("the part after the scheme is missing".into());
        }
        check(rest, "$,;:@&=+/?[]", "part after the scheme")?;
        return Ok(uri);
    }
    let (rest, query) = cut(rest, '?');
    uri.query = query;
    check(query.unwrap_or(""), "$,;:@&=+/?[]", "query")?;
    let path = match rest.strip_prefix("//") {
        Some(rest) => {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            if authority.is_empty() && path.is_empty() && query.is_none() && fragment.is_none() {
                return Err("the authority is missing".into());
            }
            (uri.host, uri.port) = server(authority)?;
            path
        }
        None => rest,
    };
    check(path, "$,;:@&=+/", "path")?;
    uri.path = Some(path);
    Ok(uri)
}

fn cut(text: &str, separator: char) -> (&str, Option<&str>) {
    text.split_once(separator).map_or((text, None), |(before, after)| (before, Some(after)))
}

fn checked_scheme(scheme: &str) -> Result<&str, String> {
    let starts_well = scheme.starts_with(|c: char| c.is_ascii_alphabetic());
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    if starts_well && scheme.chars().all(is_allowed) {
        Ok(scheme)
    } else {
        Err("the scheme has an illegal character".into())
    }
}

/// Checks that only unreserved, escaped, non-ASCII and these other characters are there.
fn check(part: &str, others: &str, name: &str) -> Result<(), String> {
    let mut rest = part.chars();
    while let Some(c) = rest.next() {
        let is_legal = match c {
            '%' => {
                let digits = rest.as_str().as_bytes();
                let is_digit = |place: usize| digits.get(place).is_some_and(u8::is_ascii_hexdigit);
                is_digit(0) && is_digit(1)
            }
            c if c.is_ascii() => {
                c.is_ascii_alphanumeric() || "_-!.~'()*".contains(c) || others.contains(c)
            }
            c => !c.is_control() && !c.is_whitespace(),
        };
        if !is_legal {
            return Err(format!("the {name} has an illegal character"));
        }
    }
    Ok(())
}

/// Reads `user@host:port`; what is legal, but names no server, has neither host nor port.
fn server(authority: &str) -> Result<(Option<&str>, Option<i32>), String> {
    let address = authority.rsplit_once('@').map_or(authority, |(_, address)| address);
    let (host, port) = match address.strip_prefix('[') {
        Some(_) => {
            let end = address.find(']').ok_or("the address is not closed")?;
            let (host, rest) = address.split_at(end + 1);
            (host, rest.strip_prefix(':'))
        }
        None => cut(address, ':'),
    };
    check(authority, "$,;:@&=+[]", "authority")?;
    let number = port.filter(|port| !port.is_empty()).map(str::parse::<i32>).transpose();
    match number {
        Ok(port) if is_host(host) => Ok((Some(host), port.filter(|port| 0 <= *port))),
        Ok(_) | Err(_) => Ok((None, None)),
    }
}

fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[') {
        let is_address = |c: char| c.is_ascii_hexdigit() || matches!(c, ':' | '.' | '%');
        return address.trim_end_matches(']').chars().all(is_address);
    }
    if host.parse::<std::net::Ipv4Addr>().is_ok() {
        return true;
    }
    let labels: Vec<&str> = host.strip_suffix('.').unwrap_or(host).split('.').collect();
    let is_label = |label: &&str| {
        let is_inner = |c: char| c.is_ascii_alphanumeric() || c == '-';
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(is_inner)
    };
    let top_is_name =
        labels.last().is_some_and(|top| top.starts_with(|c: char| c.is_ascii_alphabetic()));
    top_is_name && labels.iter().all(is_label)
}

/// Replaces escapes by the characters whose UTF-8 bytes they are; bytes that are no character become U+FFFD.
pub(super) fn decode(part: &str) -> Cow<'_, str> {
    if !part.contains('%') {
        return Cow::Borrowed(part);
    }
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        match (first, escaped(after)) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

/// Reads the two digits of an escape.
pub(super) fn escaped(digits: &[u8]) -> Option<u8> {
    let text = std::str::from_utf8(digits.get(..2)?).ok()?;
    let is_digits = text.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_digits.then(|| u8::from_str_radix(text, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: &str) {
        let got = match Uri::parse(text) {
            Ok(uri) => {
                let part =
                    |part: Option<&str>| part.map_or("-".to_owned(), |part| format!("'{part}'"));
                let port = uri.port.map(|port| port.to_string());
                [uri.scheme, uri.host, port.as_deref(), uri.path, uri.query, uri.fragment]
                    .map(part)
                    .join(" ")
            }
            Err(error) => error,
        };
        assert_eq!(got, want);
    }

    #[test]
    fn takes_apart() {
        check("http://a.b/c?d#e", "'http' 'a.b' - '/c' 'd' 'e'");
        check("http://u@a.b:80", "'http' 'a.b' '80' '' - -");
        check("http://a.b?q", "'http' 'a.b' - '' 'q' -");
        check("http://[::1]:8/x", "'http' '[::1]' '8' '/x' - -");
        check("http://1.2.3.4/", "'http' '1.2.3.4' - '/' - -");
        check("http://under_score/x", "'http' - - '/x' - -");
        check("mailto:a@b.c", "'mailto' - - - - -");
        check("a/b?c", "- - - 'a/b' 'c' -");
        check("", "- - - '' - -");
        check("file:///x", "'file' - - '/x' - -");
    }

    #[test]
    fn refuses() {
        check(
            "http://a b",
            "URL input has invalid syntax: http://a b: the authority has an illegal character",
        );
        check("http:", "URL input has invalid syntax: http:: the part after the scheme is missing");
        check("http://", "URL input has invalid syntax: http://: the authority is missing");
        check("a%2", "URL input has invalid syntax: a%2: the path has an illegal character");
        check("1a:b", "URL input has invalid syntax: 1a:b: the scheme has an illegal character");
    }

    #[test]
    fn decodes() {
        assert_eq!(decode("a%20b%C3%A9%FF"), "a bé\u{FFFD}");
    }
}
