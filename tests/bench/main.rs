//! Benches of the engine: each prints its figure next to its physical limit, measured in the same run.
//!
//! ```sh
//! cargo bench --workspace --bench bench              # all
//! cargo bench --workspace --bench bench -- tumbling  # those whose name contains the word
//! ```
//!
//! `TIDEMILL_BENCH_ROWS` sets how many rows each takes.
#![allow(missing_docs, reason = "a bench has no users but its reader")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints, and stops where it fails"
)]

mod engine;
mod functions;
mod latency;
mod limits;
mod log;
mod measure;
mod nexmark;

use measure::Bench;

fn main() {
    let filter: Vec<String> =
        std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let wanted = |name: &str| filter.is_empty() || filter.iter().any(|word| name.contains(word));
    let bench = Bench::new();
    println!(
        "{:<44} {:>14} {:>16}   limit, measured in this run",
        "bench", "per second", "per CPU-second"
    );
    for (name, run) in BENCHES {
        if wanted(name) {
            run(&bench, name);
        }
    }
    nexmark::run(&bench, &filter);
}

type Run = fn(&Bench, &str);

const BENCHES: &[(&str, Run)] = &[
    ("log append 100 B", log::append_100),
    ("log append 1 KB", log::append_1000),
    ("log read 100 B", log::read_100),
    ("log read 1 KB", log::read_1000),
    ("JSON -> filter, project -> JSON", engine::filter_project),
    ("JSON -> tumbling COUNT, SUM, 10 keys", engine::tumbling_10),
    ("JSON -> tumbling COUNT, SUM, 10 thousand keys", engine::tumbling_10k),
    ("JSON -> stream-table join -> JSON", engine::stream_table_join),
    ("JSON -> stream-stream join -> JSON", engine::stream_stream_join),
    ("JSON -> stream-stream left join, GRACE", engine::stream_stream_left_join),
    ("functions beside DataFusion's", functions::side_by_side),
    ("end-to-end latency", latency::end_to_end),
    ("start-up", latency::start_up),
];
