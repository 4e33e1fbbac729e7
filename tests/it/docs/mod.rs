//! The reference in `docs/sql`: made from what the product says of itself, so that it cannot rot. `UPDATE_GOLDENFILES=1` writes it.

mod functions;
mod options;
mod statements;

use std::path::{Path, PathBuf};

/// Compares a page with what it is to be, or writes it.
fn check(path: &str, expected: &str) {
    let path = folder().join(path);
    if std::env::var_os("UPDATE_GOLDENFILES").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, expected).unwrap();
        return;
    }
    let actual = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        actual == expected,
        "{} is out of date: run this test with UPDATE_GOLDENFILES=1",
        path.display()
    );
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/sql")
}
