//! Golden scripts: statements and records in, records and plans out. `UPDATE_GOLDENFILES=1` writes what comes out.

mod coalesce;
mod driver;
mod model;
mod partitions;

use std::path::{Path, PathBuf};

use driver::ScriptDriver;

fn scripts() -> Vec<PathBuf> {
    let mut found = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/sql/scripts"), &mut found);
    found.sort();
    found
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { collect(&path, found) } else { found.push(path) }
    }
}

#[test]
fn scripts_give_what_they_say() {
    assert!(!scripts().is_empty());
    for script in scripts() {
        println!("{}", script.display());
        goldenscript::run(&mut ScriptDriver::new(1, false), &script).unwrap();
    }
}

/// However records are cut into batches, and whatever is forgotten between them, the same comes out.
#[test]
fn scripts_give_the_same_in_any_batch_and_after_restarts() {
    for script in scripts() {
        let expected = std::fs::read_to_string(&script).unwrap();
        let ways = [
            ("batches of 7", ScriptDriver::new(7, false)),
            ("batches of 1000", ScriptDriver::new(1000, false)),
            ("restarts", ScriptDriver::new(1, true)),
            ("batches of 3, restarts", ScriptDriver::new(3, true)),
            ("scarce memory", ScriptDriver::new(1, false).with_scarce_memory()),
            ("batches of 3, scarce memory", ScriptDriver::new(3, false).with_scarce_memory()),
        ];
        for (way, mut driver) in ways {
            let actual = goldenscript::generate(&mut driver, &expected).unwrap();
            assert_eq!(actual, expected, "{}: {way}", script.display());
        }
    }
}
