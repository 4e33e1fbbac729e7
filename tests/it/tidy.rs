//! House rules that no lint knows.

use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn all_files() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in ["src", "grammar/src", "repl/src", "tests", "examples"] {
        rust_files(&root().join(folder), &mut found);
    }
    found
}

/// Modules are declared in `lib.rs` in dependency order: each uses only those above it.
#[test]
fn modules_use_only_modules_declared_above_them() {
    let lib = std::fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let order: Vec<&str> = lib
        .lines()
        .filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';'))
        .collect();
    let mut wrong = Vec::new();
    for (place, module) in order.iter().enumerate() {
        let folder = root().join("src").join(module);
        let mut files = vec![root().join("src").join(format!("{module}.rs"))];
        files.retain(|file| file.exists());
        if folder.exists() {
            rust_files(&folder, &mut files);
        }
        for file in files {
            let text = std::fs::read_to_string(&file).unwrap();
            for later in &order[place + 1..] {
                if text.contains(&format!("crate::{later}::")) {
                    wrong.push(format!("{} uses {later}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_says_what_it_is_for() {
    for file in all_files() {
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("//!"), "{} does not begin with //!", file.display());
    }
}

#[test]
fn no_file_is_over_800_lines() {
    for file in all_files() {
        let lines = std::fs::read_to_string(&file).unwrap().lines().count();
        assert!(lines <= 800, "{} has {lines} lines", file.display());
    }
}
