//! What was said before: where it is kept, and how it is found again.

use std::path::PathBuf;

use crate::shell::commands::Again;

/// Returns the file, by the XDG rules; none if the user has no folder of their own.
pub(super) fn file() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let state = set("XDG_STATE_HOME").filter(|path| path.is_absolute());
    let folder = state.or_else(|| Some(set("HOME")?.join(".local").join("state")))?;
    Some(folder.join("tidemill").join("history"))
}

/// Finds what is to be said again.
pub(super) fn find(entries: &[&str], again: &Again) -> Result<String, String> {
    let found = match again {
        Again::Last => entries.last(),
        Again::Number(number) => number.checked_sub(1).and_then(|index| entries.get(index)),
        Again::Prefix(prefix) => entries.iter().rev().find(|entry| entry.starts_with(prefix)),
    };
    match (found, again) {
        (Some(entry), _) => Ok((*entry).to_owned()),
        (None, Again::Last) => Err("nothing was said before".to_owned()),
        (None, Again::Number(number)) => Err(format!("HISTORY has no number {number}")),
        (None, Again::Prefix(prefix)) => Err(format!("nothing said before begins with {prefix}")),
    }
}

/// Lists entries with their numbers, later lines below the first.
pub(super) fn list(entries: &[&str]) -> String {
    let width = entries.len().to_string().len().max(4);
    let below = format!("\n{}", " ".repeat(width + 2));
    let line = |(index, entry): (usize, &&str)| {
        format!("{:>width$}  {}\n", index + 1, entry.replace('\n', &below))
    };
    entries.iter().enumerate().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_found_again() {
        let entries = ["SHOW STREAMS;", "SELECT a\nFROM b;", "SHOW TABLES;"];
        let check = |again: Again, want: Result<&str, &str>| {
            let want = want.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(find(&entries, &again), want);
        };
        check(Again::Last, Ok("SHOW TABLES;"));
        check(Again::Number(1), Ok("SHOW STREAMS;"));
        check(Again::Number(0), Err("HISTORY has no number 0"));
        check(Again::Prefix("SEL".to_owned()), Ok("SELECT a\nFROM b;"));
        check(Again::Prefix("x".to_owned()), Err("nothing said before begins with x"));
        assert_eq!(
            list(&entries),
            "   1  SHOW STREAMS;\n   2  SELECT a\n      FROM b;\n   3  SHOW TABLES;\n"
        );
    }
}
