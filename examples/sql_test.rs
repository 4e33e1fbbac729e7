//! Runs SQL tests from a Rust program, as `tidemill test` does: here those of the enrichment pipeline.

#![allow(clippy::print_stdout, reason = "an example shows what it finds")]

use std::error::Error;
use std::path::Path;

use tidemill::engine::SqlTest;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/enrichment");
    let script = std::fs::read_to_string(folder.join("tests.sql"))?;
    for test in SqlTest::parse(&script)? {
        // RUN SCRIPT finds the pipeline there.
        let test = test.in_folder(&folder);
        test.run()?;
        println!("ok: {}", test.name().unwrap_or("tests.sql"));
    }
    Ok(())
}
