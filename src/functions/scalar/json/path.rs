//! The paths of EXTRACTJSONFIELD: `$.name`, `$[0]`, `$["name"]`.

/// Cuts a path into names and numbers.
pub(super) fn tokens(path: &str) -> Result<Vec<String>, String> {
    cut(path).ok_or_else(|| format!("Invalid JSON path: '{path}'"))
}

fn cut(path: &str) -> Option<Vec<String>> {
    let mut rest = path.trim_start().strip_prefix('$')?.trim_start();
    let mut tokens = Vec::new();
    while !rest.is_empty() {
        let token;
        if let Some(after) = rest.strip_prefix('.') {
            (token, rest) = unquoted(after.trim_start())?;
        } else {
            let after = rest.strip_prefix('[')?.trim_start();
            (token, rest) = match after.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"')?,
                None => unquoted(after)?,
            };
            rest = rest.trim_start().strip_prefix(']')?;
        }
        tokens.push(token.to_owned());
        rest = rest.trim_start();
    }
    Some(tokens)
}

/// Takes a name without quotation marks, which can't be empty.
fn unquoted(text: &str) -> Option<(&str, &str)> {
    let ends = |c: char| c.is_whitespace() || ".[]\"'*?()".contains(c);
    let (name, rest) = text.split_at(text.find(ends).unwrap_or(text.len()));
    (!name.is_empty()).then_some((name, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, want: &str) {
        assert_eq!(tokens(path).map_or_else(|error| error, |tokens| tokens.join("|")), want);
    }

    #[test]
    fn cuts_into_names_and_numbers() {
        check("$", "");
        check("$.logs[0].cloud.@type", "logs|0|cloud|@type");
        check("$[\"a b\"][ 1 ]", "a b|1");
        check("$.a-b_c", "a-b_c");
    }

    #[test]
    fn refuses() {
        for path in ["", "a", "$a", "$.", "$..a", "$[*]", "$[0", "$.a[?(@.b)]", "$['a']"] {
            check(path, &format!("Invalid JSON path: '{path}'"));
        }
    }
}
