//! Golden scripts: lines of shell script, and what each says. `UPDATE_GOLDENFILES=1` writes what comes out.
//!
//! Each script has a folder of its own. Lines of stderr are marked with `!`.

use std::error::Error;
use std::path::{Path, PathBuf};

use crate::place::Place;

struct Sh {
    place: Place,
}

impl goldenscript::Runner for Sh {
    type Command = goldenscript::Command;

    fn run(
        &mut self,
        command: &goldenscript::Command,
        _: &goldenscript::Context,
    ) -> Result<String, Box<dyn Error>> {
        Ok(self.place.say(&command.name))
    }
}

fn scripts() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/scripts");
    let entries = std::fs::read_dir(folder).unwrap();
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

#[test]
fn scripts_say_what_they_should() {
    assert!(!scripts().is_empty());
    for script in scripts() {
        let run = goldenscript::run(&mut Sh { place: Place::new() }, &script);
        run.unwrap_or_else(|error| panic!("{}: {error}", script.display()));
    }
}
