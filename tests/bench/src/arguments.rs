//! Flags of `tidemill bench`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// What to measure.
#[derive(Debug, Subcommand)]
pub enum BenchCommand {
    /// NEXMark's queries, and the plain shapes of queries; every answer is compared with DataFusion's.
    Nexmark(NexmarkArguments),
    /// What a record costs where an aggregate has ten thousand to a hundred million keys.
    Keys(KeysArguments),
    /// How long a record takes through a query, at rates that do not wait for it.
    Latency(LatencyArguments),
    /// Many queries, many partitions, much state.
    #[command(subcommand)]
    Scale(ScaleCommand),
    /// Append to and read of the log alone.
    Log(LogArguments),
    /// Common functions beside DataFusion's nearest, on the same columns.
    Functions(FunctionsArguments),
    /// Writes NEXMark's events as files of JSON lines, for other programs.
    Generate(GenerateArguments),
    /// Runs the job that comes on stdin, and says what it took.
    #[command(hide = true)]
    Measure,
}

/// How the engine is set that is measured.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Engine")]
pub(crate) struct EngineFlags {
    /// How many worker threads run tasks; one per core if left out.
    #[arg(long, value_name = "N")]
    pub(crate) workers: Option<u32>,

    /// How many bytes the engine's stores and caches may take together, e.g. `67108864`.
    #[arg(long, value_name = "BYTES")]
    pub(crate) memory: Option<u64>,

    /// How many partitions the topics have.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) partitions: u32,

    /// Sets any other option, e.g. `--with commit.interval.ms=20`; may be repeated.
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_pair)]
    pub(crate) with: Vec<(String, String)>,
}

impl EngineFlags {
    /// Returns the options, by their names.
    pub(crate) fn properties(&self) -> Vec<(String, String)> {
        let mut properties = vec![("auto.offset.reset".to_owned(), "earliest".to_owned())];
        let workers =
            self.workers.map(|count| ("num.stream.threads".to_owned(), count.to_string()));
        let memory = self.memory.map(|bytes| ("memory.limit".to_owned(), bytes.to_string()));
        properties.extend(workers.into_iter().chain(memory).chain(self.with.iter().cloned()));
        properties
    }
}

fn parse_count(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|count| 0 < *count)
        .ok_or_else(|| "expected a number above 0".to_owned())
}

fn parse_pair(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(name, _)| !name.is_empty());
    let pair = pair.map(|(name, value)| (name.to_owned(), value.to_owned()));
    pair.ok_or_else(|| format!("expected NAME=VALUE, found '{text}'"))
}

/// How often it is measured, and how that is written.
#[derive(Clone, Debug, Args)]
pub(crate) struct RoundFlags {
    /// How often each is measured; what is shown is the median, and the least and the most.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rounds: u32,

    /// How figures are written.
    #[arg(long, value_name = "FORMAT", default_value = "text", ignore_case = true)]
    pub(crate) output: Output,
}

/// How figures are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// A table, for people.
    Text,
    /// A JSON object a line, for programs.
    Json,
}

/// `tidemill bench nexmark`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tidemill bench nexmark                              all of them\n  \
    tidemill bench nexmark q0 q11 --events 5000000\n  \
    tidemill bench nexmark tumbling --rounds 5 --output json\n\n\
    Topics are filled before the clock starts; it stops when all results are committed. Each run has a process of its own.")]
pub struct NexmarkArguments {
    /// The queries: by name (q0), or all whose name begins with a word (tumbling); all if left out.
    #[arg(value_name = "QUERY")]
    pub(crate) queries: Vec<String>,

    /// How many events there are; of fifty one is a person, three are auctions, the others bids.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    pub(crate) events: u64,

    /// How many events there are in a second of event time: it decides how many a window holds.
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) rate: u64,

    #[command(flatten)]
    pub(crate) engine: EngineFlags,

    #[command(flatten)]
    pub(crate) rounds: RoundFlags,

    /// Starts each measured process with these words before it, e.g. `--through 'perf record -g -o perf.data'`.
    #[arg(long, value_name = "COMMAND")]
    pub(crate) through: Option<String>,

    /// Lists the queries with their SQL, and runs none.
    #[arg(long)]
    pub(crate) list: bool,
}

/// `tidemill bench functions`.
#[derive(Debug, Args)]
pub struct FunctionsArguments {
    /// How many rows there are.
    #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = parse_count)]
    pub(crate) rows: usize,

    #[command(flatten)]
    pub(crate) rounds: RoundFlags,
}

/// `tidemill bench generate`.
#[derive(Debug, Args)]
pub struct GenerateArguments {
    /// The folder; it gets a file for each topic and partition, such as `bid-0.jsonl`.
    pub(crate) folder: PathBuf,

    /// How many events there are.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    pub(crate) events: u64,

    /// How many events there are in a second of event time.
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) rate: u64,

    /// How many files each topic has.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) partitions: u32,
}

/// `tidemill bench keys`.
#[derive(Debug, Args)]
pub struct KeysArguments {
    /// How many keys there are; the numbers are measured one after the other.
    #[arg(long, value_name = "N,N,…", value_delimiter = ',', default_values_t = [10_000, 1_000_000, 10_000_000],
        value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) keys: Vec<u64>,

    /// How many records of known keys are measured in a round.
    #[arg(long, value_name = "N", default_value_t = 2_000_000)]
    pub(crate) events: u64,

    #[command(flatten)]
    pub(crate) engine: EngineFlags,

    #[command(flatten)]
    pub(crate) rounds: RoundFlags,

    /// Starts each measured process with these words before it, e.g. `--through 'perf record -g -o perf.data'`.
    #[arg(long, value_name = "COMMAND")]
    pub(crate) through: Option<String>,
}

/// `tidemill bench latency`.
#[derive(Debug, Args)]
pub struct LatencyArguments {
    /// Records per second.
    #[arg(long, value_name = "N,N,…", value_delimiter = ',', default_values_t = [1_000, 10_000, 50_000, 200_000],
        value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) rates: Vec<u64>,

    /// How often the engine commits, in milliseconds.
    #[arg(long, value_name = "MS,MS,…", value_delimiter = ',', default_values_t = [5, 20, 100])]
    pub(crate) commit_intervals: Vec<u64>,

    /// How long each is measured.
    #[arg(long, value_name = "S", default_value_t = 5.0)]
    pub(crate) seconds: f64,

    /// How figures are written.
    #[arg(long, value_name = "FORMAT", default_value = "text", ignore_case = true)]
    pub(crate) output: Output,
}

/// `tidemill bench scale`.
#[derive(Debug, Subcommand)]
pub enum ScaleCommand {
    /// 1 to 1,000 queries that read one topic.
    Queries(ScaleArguments),
    /// 1 to 1,000 partitions, without and with state.
    Partitions(ScaleArguments),
    /// How long an engine takes to open and to answer, with an aggregate of so many keys.
    Restart(RestartArguments),
}

/// How much state there is.
#[derive(Debug, Args)]
pub struct RestartArguments {
    /// The numbers of keys that are measured one after the other.
    #[arg(long, value_name = "N,N,…", value_delimiter = ',', default_value = "0,1000000")]
    pub(crate) counts: Vec<u64>,

    /// How many bytes of text are kept with each key; no two are the same, so that they do not compress.
    #[arg(long, value_name = "BYTES", default_value_t = 0)]
    pub(crate) wide: usize,

    #[command(flatten)]
    pub(crate) engine: EngineFlags,

    #[command(flatten)]
    pub(crate) rounds: RoundFlags,
}

/// How much there is of it.
#[derive(Debug, Args)]
pub struct ScaleArguments {
    /// The numbers (of queries or partitions) that are measured one after the other.
    #[arg(long, value_name = "N,N,…", value_delimiter = ',')]
    pub(crate) counts: Vec<u64>,

    /// How many NEXMark events are read.
    #[arg(long, value_name = "N", default_value_t = 500_000)]
    pub(crate) events: u64,

    #[command(flatten)]
    pub(crate) engine: EngineFlags,

    #[command(flatten)]
    pub(crate) rounds: RoundFlags,
}

/// `tidemill bench log`.
#[derive(Debug, Args)]
pub struct LogArguments {
    /// How many records there are.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    pub(crate) records: u64,

    #[command(flatten)]
    pub(crate) rounds: RoundFlags,
}
