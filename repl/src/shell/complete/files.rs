//! File names, after RUN SCRIPT and SPOOL.

use std::path::{Path, PathBuf};

/// Completes a file name; none if no file stands here. Returns where it begins and what it can be.
pub(super) fn complete(before: &str) -> Option<(usize, Vec<String>)> {
    let typed =
        after_words(before, &["run", "script"]).or_else(|| after_words(before, &["spool"]))?;
    let typed = typed.trim_start();
    let (quote, path) = match typed.strip_prefix('\'') {
        Some(path) => ("'", path),
        None => ("", typed),
    };
    if path.contains('\'') {
        return None;
    }
    let start = before.len() - typed.len();
    let candidates = matching(path).into_iter().map(|path| format!("{quote}{path}")).collect();
    Some((start, candidates))
}

/// Returns what follows these words, if the text begins with them and a blank.
fn after_words<'a>(text: &'a str, words: &[&str]) -> Option<&'a str> {
    let mut rest = text.trim_start();
    for word in words {
        let head = rest.get(..word.len()).filter(|head| head.eq_ignore_ascii_case(word))?;
        let after = &rest[head.len()..];
        rest = after.trim_start();
        if rest.len() == after.len() {
            return None;
        }
    }
    Some(rest)
}

/// Lists what is in the folder and begins so; folders end with a slash.
fn matching(path: &str) -> Vec<String> {
    let (folder, begin) = match path.rfind('/') {
        Some(slash) => path.split_at(slash + 1),
        None => ("", path),
    };
    let Ok(entries) = std::fs::read_dir(real_folder(folder)) else { return Vec::new() };
    let mut found: Vec<String> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let is_shown = name.starts_with(begin) && (!begin.is_empty() || !name.starts_with('.'));
            let slash = if entry.path().is_dir() { "/" } else { "" };
            is_shown.then(|| format!("{folder}{name}{slash}"))
        })
        .collect();
    found.sort_unstable();
    found
}

fn real_folder(folder: &str) -> PathBuf {
    match (folder.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => Path::new(&home).join(rest),
        _ if folder.is_empty() => PathBuf::from("."),
        _ => PathBuf::from(folder),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_completed_after_run_script() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["a.sql", "ab.sql", "b.sql", ".hidden"] {
            std::fs::write(folder.path().join(name), "").expect("a file");
        }
        std::fs::create_dir(folder.path().join("ac")).expect("a folder");
        let base = folder.path().display();
        let begin = format!("RUN  SCRIPT '{base}/a");
        let (start, found) = complete(&begin).expect("a file stands here");
        assert_eq!(start, 12);
        let want = ["a.sql", "ab.sql", "ac/"].map(|name| format!("'{base}/{name}"));
        assert_eq!(found, want);
        let (_, found) = complete(&format!("spool {base}/")).expect("a file stands here");
        assert_eq!(found.len(), 4);
    }

    #[test]
    fn elsewhere_there_are_no_files() {
        assert_eq!(complete("SELECT a"), None);
        assert_eq!(complete("run scripts"), None);
        assert_eq!(complete("RUN SCRIPT 'a.sql'"), None);
    }
}
