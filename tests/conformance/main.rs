//! Runs ksqlDB's query-validation cases, where they are present, and tells how many pass.
//!
//! ```text
//! cargo test --release --workspace --test conformance                        all cases
//! cargo test --release --workspace --test conformance -- --filter group-by   cases whose file or name holds that
//! cargo test --release --workspace --test conformance -- --update            lists what passes in passing.txt
//! ```
//!
//! The cases are looked for in `TIDEMILL_QTT_DIR`, else in `../shared/conformance/qtt`. A case that `passing.txt` lists and that does not
//! pass fails the run. Failures are written in full to `qtt-failures.txt` in the target folder.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    missing_docs,
    reason = "a test prints what it finds and stops where it cannot go on"
)]

mod aggregates;
mod compare;
mod corpus;
mod json;
mod post;
mod report;
mod run;
mod scalars;
mod schemas;
mod values;
mod wire;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use corpus::Case;
use report::Report;
use run::Outcome;

const THREADS: usize = 2;
/// As much as a main thread has.
const STACK_BYTES: usize = 8 << 20;

struct Options {
    filter: Option<String>,
    updates: bool,
    lists: bool,
}

fn options() -> Options {
    let mut options = Options { filter: None, updates: false, lists: false };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--filter" => options.filter = args.next(),
            "--update" => options.updates = true,
            "--list" => options.lists = true,
            word if !word.starts_with('-') => options.filter = Some(word.to_owned()),
            _of_other_harnesses => {}
        }
    }
    options
}

fn main() -> ExitCode {
    let options = options();
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let folder = std::env::var_os("TIDEMILL_QTT_DIR")
        .map_or_else(|| root.join("../shared/conformance/qtt"), PathBuf::from);
    if options.lists || !folder.is_dir() {
        println!("{} is not there: the cases are skipped", folder.display());
        println!("qtt: passed 0 of 0 (skipped all: no cases)");
        return ExitCode::SUCCESS;
    }
    compare::check_itself();
    let (mut cases, disabled) = corpus::load(&folder).unwrap();
    if let Some(filter) = &options.filter {
        cases.retain(|case| case.id.contains(filter));
    }
    let report = Report { results: run_all(&cases), disabled };
    let list = root.join("tests/conformance/passing.txt");
    let mut passing = report::read_passing(&list);
    print!("{}", report.tables());
    println!("failures: {}", report.write_failures().unwrap().display());
    if options.updates {
        report.update(&mut passing);
        report::write_passing(&list, &passing).unwrap();
    }
    let broken = report.broken(&passing);
    broken.iter().for_each(|id| println!("no longer passes: {id}"));
    println!("{}", report.closing());
    if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn run_all(cases: &[Case]) -> Vec<(&Case, Outcome)> {
    run::keep_panics();
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::with_capacity(cases.len()));
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            let work = || {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = run::run(case);
                    results.lock().unwrap().push((case, outcome));
                }
            };
            std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, work).unwrap();
        }
    });
    let mut results = results.into_inner().unwrap();
    results.sort_by(|(a, _), (b, _)| a.id.cmp(&b.id));
    results
}
