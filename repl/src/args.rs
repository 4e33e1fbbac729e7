//! Flags and subcommands.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand as ClapSubcommand, ValueEnum};
use tidemill_bench::BenchCommand;

use crate::errors::Failure;
use crate::topics::{KeyFormat, StartFrom};

/// What the program was called with.
#[derive(Debug, Parser)]
#[command(
    name = "tidemill",
    version,
    about = "Streams, tables and continuous queries in SQL, over a log of its own.",
    long_about = "Streams, tables and continuous queries in SQL, over a log of its own.\n\n\
        Without a command: a shell on the engine in --data-dir. Type `help` there.",
    after_help = "Examples:\n  \
        tidemill                                     a shell\n  \
        tidemill -e 'SHOW STREAMS;'                  one statement\n  \
        tidemill run app.sql                         the queries of a file, until stopped\n  \
        tidemill produce trips trips.csv --create    a file into a topic\n\n\
        Exit status: 0 all went well, 1 a statement or a file failed, 2 the call was wrong, 130 interrupted."
)]
pub(crate) struct Arguments {
    /// What to do; a shell if left out.
    #[command(subcommand)]
    pub(crate) subcommand: Option<Subcommand>,

    #[command(flatten)]
    pub(crate) shell: ShellArguments,

    #[command(flatten)]
    pub(crate) engine: EngineArguments,
}

/// Where the engine lives and how it is set.
#[derive(Debug, Args)]
#[command(next_help_heading = "Engine")]
pub(crate) struct EngineArguments {
    /// The folder that holds topics, state and the catalog; made if it is not there.
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        default_value = "tidemill-data",
        env = "TIDEMILL_DATA_DIR"
    )]
    pub(crate) data_dir: PathBuf,

    /// Sets an option of the engine, e.g. `--set ksql.streams.auto.offset.reset=earliest`; may be repeated.
    #[arg(long, global = true, value_name = "NAME=VALUE", value_parser = parse_pair)]
    pub(crate) set: Vec<(String, String)>,
}

/// The flags of the shell and of statements given to it.
#[derive(Debug, Default, Args)]
pub(crate) struct ShellArguments {
    /// Runs these statements and ends; may be repeated.
    #[arg(short, long, value_name = "SQL")]
    pub(crate) execute: Vec<String>,

    /// Runs the statements of a file and ends; may be repeated. `-` is stdin.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) file: Vec<PathBuf>,

    /// Defines a variable, for `${NAME}` in statements; may be repeated.
    #[arg(short, long, value_name = "NAME=VALUE", value_parser = parse_pair)]
    pub(crate) define: Vec<(String, String)>,

    /// How results are written.
    #[arg(long, value_name = "FORMAT", ignore_case = true)]
    pub(crate) output: Option<OutputFormat>,

    /// Ends each query after so many rows.
    #[arg(long, value_name = "ROWS")]
    pub(crate) query_row_limit: Option<u64>,

    /// Ends each query after so many milliseconds.
    #[arg(long, value_name = "MS")]
    pub(crate) query_timeout: Option<u64>,
}

/// How results are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// Tables, for people.
    #[default]
    Tabular,
    /// A JSON object a line for each row, for programs.
    Json,
}

/// What to do.
#[derive(Debug, ClapSubcommand)]
pub(crate) enum Subcommand {
    /// Runs the statements of files, then their queries, until stopped.
    Run(RunArguments),
    /// Runs the SQL tests of files.
    Test(TestArguments),
    /// Creates, lists, describes, alters or deletes topics.
    #[command(subcommand)]
    Topic(TopicCommand),
    /// Writes lines of a file, or of stdin, to a topic as records.
    Produce(Box<ProduceArguments>),
    /// Prints the records of a topic.
    Consume(ConsumeArguments),
    /// Verifies, shows or repairs the files of the log, while nothing has them open.
    #[command(subcommand)]
    Log(LogCommand),
    /// Measures the engine, and compares its answers with DataFusion's.
    #[command(subcommand)]
    Bench(BenchCommand),
}

/// `tidemill run`.
#[derive(Debug, Args)]
#[command(
    after_help = "A statement whose stream, table, type or query is there already, made by the same \
    statement, is passed over: the same file can be run again and again.\n\
    SIGINT and SIGTERM commit and stop."
)]
pub(crate) struct RunArguments {
    /// The files, run in this order as one script.
    #[arg(required = true, value_name = "FILE.sql")]
    pub(crate) files: Vec<PathBuf>,

    /// Defines a variable, for `${NAME}` in statements; may be repeated.
    #[arg(short, long, value_name = "NAME=VALUE", value_parser = parse_pair)]
    pub(crate) define: Vec<(String, String)>,

    /// Ends once the queries have read and committed everything there is.
    #[arg(long)]
    pub(crate) exit_when_idle: bool,
}

/// `tidemill test`.
#[derive(Debug, Args)]
#[command(after_help = "A test is a script on an engine of its own, in memory:\n\n  \
    --@test: a bid above nine is high\n  \
    CREATE STREAM bids (item VARCHAR KEY, price INT)\n    \
    WITH (kafka_topic = 'bids', value_format = 'json', partitions = 1);\n  \
    CREATE STREAM high AS SELECT * FROM bids WHERE price > 9;\n  \
    INSERT INTO bids (rowtime, item, price) VALUES (1000, 'pen', 10);\n  \
    ASSERT VALUES high (rowtime, item, price) VALUES (1000, 'pen', 10);\n\n\
    ASSERT VALUES reads the next record of a topic and compares the columns that are listed: ROWTIME, WINDOWSTART\n\
    and WINDOWEND too. ASSERT NULL VALUES t (key) KEY (value) wants a tombstone; ASSERT STREAM s (columns) WITH (…)\n\
    and ASSERT TABLE compare what was made. --@expected.error and --@expected.message say how a test has to fail.")]
pub(crate) struct TestArguments {
    /// The files.
    #[arg(required = true, value_name = "FILE.sql")]
    pub(crate) files: Vec<PathBuf>,

    /// Runs only the tests whose file and name contain this.
    #[arg(long, value_name = "TEXT")]
    pub(crate) filter: Option<String>,

    /// Defines a variable, for `${NAME}` in statements; may be repeated.
    #[arg(short, long, value_name = "NAME=VALUE", value_parser = parse_pair)]
    pub(crate) define: Vec<(String, String)>,
}

/// `tidemill topic …`.
#[derive(Debug, ClapSubcommand)]
pub(crate) enum TopicCommand {
    /// Creates a topic.
    Create {
        /// Its name.
        name: String,
        /// How many partitions it has.
        #[arg(short, long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
        partitions: u32,
        /// Sets an option of the topic, e.g. `-c cleanup.policy=compact`; may be repeated.
        #[arg(short, long, value_name = "NAME=VALUE", value_parser = parse_pair)]
        config: Vec<(String, String)>,
        /// Does nothing if there is a topic of that name.
        #[arg(long)]
        if_not_exists: bool,
    },
    /// Lists the topics.
    List {
        /// Lists those of the engine itself too.
        #[arg(long)]
        all: bool,
        /// How the list is written.
        #[arg(long, value_name = "FORMAT", ignore_case = true, default_value = "tabular")]
        output: OutputFormat,
    },
    /// Shows a topic's partitions and options.
    Describe {
        /// Its name.
        name: String,
        /// Shows the options that were not set too.
        #[arg(long)]
        all: bool,
        /// How it is written.
        #[arg(long, value_name = "FORMAT", ignore_case = true, default_value = "tabular")]
        output: OutputFormat,
    },
    /// Sets options of a topic; they hold from now on, and after a restart.
    Alter {
        /// Its name.
        name: String,
        /// Sets an option, e.g. `-c retention.ms=86400000`; may be repeated.
        #[arg(short, long, value_name = "NAME=VALUE", value_parser = parse_pair,
            required_unless_present = "reset")]
        config: Vec<(String, String)>,
        /// Takes an option back to its default; may be repeated.
        #[arg(long, value_name = "NAME")]
        reset: Vec<String>,
    },
    /// Deletes topics and their records.
    Delete {
        /// Their names.
        #[arg(required = true)]
        names: Vec<String>,
        /// Passes over names that no topic has.
        #[arg(long)]
        if_exists: bool,
    },
}

/// `tidemill log …`.
#[derive(Debug, ClapSubcommand)]
pub(crate) enum LogCommand {
    /// Reads every byte and says what is damaged; changes nothing.
    Verify {
        /// A topic, or a partition such as `orders-0`; all if left out.
        #[arg(value_name = "TOPIC[-PARTITION]")]
        what: Option<String>,
    },
    /// Shows what segments (.log), indexes and producer snapshots hold, as kafka-dump-log does.
    Dump {
        /// The files.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Shows the records of each batch too.
        #[arg(long)]
        records: bool,
    },
    /// Says what is damaged and would be lost; takes it out if told to.
    Repair {
        /// A topic, or a partition such as `orders-0`; all if left out.
        #[arg(value_name = "TOPIC[-PARTITION]")]
        what: Option<String>,
        /// Gives up the records that cannot be read, so that the partition takes records again.
        #[arg(long)]
        accept_loss: bool,
    },
}

/// `tidemill produce`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tidemill produce wiki edits.jsonl --format json --key-field page --create\n  \
    tidemill produce zones zones.csv --format csv --skip-header --key-column 1 --key-format int\n  \
    echo 'pen:{\"price\": 10}' | tidemill produce bids --key-separator :")]
pub(crate) struct ProduceArguments {
    /// The topic.
    pub(crate) topic: String,

    /// The files; stdin if left out.
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,

    /// What the files hold; without it the other flags and the first file's name tell, and if they do not: lines.
    #[arg(long, ignore_case = true)]
    pub(crate) format: Option<InputFormat>,

    /// The character between columns, one character or `\t` (csv: `,`; tsv: tab).
    #[arg(long, value_name = "CHAR", value_parser = parse_delimiter)]
    pub(crate) delimiter: Option<u8>,

    /// Passes over the first line of each file; its names can then be used for columns.
    #[arg(long)]
    pub(crate) skip_header: bool,

    /// The JSON field that becomes the key, e.g. `user` or `properties.id`.
    #[arg(long, value_name = "PATH", group = "key")]
    pub(crate) key_field: Option<String>,

    /// What stands between key and value in a line; a line without it is malformed.
    #[arg(long, value_name = "TEXT", group = "key")]
    pub(crate) key_separator: Option<String>,

    /// The column that becomes the key, by number from 1, or by name with --skip-header. It is taken out of the value.
    #[arg(long, value_name = "COLUMN", group = "key")]
    pub(crate) key_column: Option<String>,

    /// Leaves the key column in the value too.
    #[arg(long, requires = "key_column")]
    pub(crate) keep_key_column: bool,

    /// How keys are written: `int`, `bigint` and `double` are those of KEY_FORMAT='KAFKA'.
    #[arg(long, default_value = "string", ignore_case = true)]
    pub(crate) key_format: KeyFormat,

    /// The JSON field that holds the event time.
    #[arg(long, value_name = "PATH", group = "time")]
    pub(crate) timestamp_field: Option<String>,

    /// The column that holds the event time, by number from 1, or by name with --skip-header.
    #[arg(long, value_name = "COLUMN", group = "time")]
    pub(crate) timestamp_column: Option<String>,

    /// How times are written: `ms`, `s`, `iso`, or a pattern such as `yyyy-MM-dd HH:mm:ss`. Without it numbers are
    /// milliseconds and text is ISO 8601; a time without a zone is UTC.
    #[arg(long, value_name = "PATTERN", requires = "time")]
    pub(crate) timestamp_format: Option<String>,

    /// Adds a header to every record; may be repeated.
    #[arg(short = 'H', long = "header", value_name = "NAME=VALUE", value_parser = parse_pair)]
    pub(crate) headers: Vec<(String, String)>,

    /// Makes a record whose value is this text a tombstone.
    #[arg(long, value_name = "TEXT")]
    pub(crate) null_marker: Option<String>,

    /// Writes to one partition, instead of choosing by key.
    #[arg(long, value_name = "N")]
    pub(crate) partition: Option<u32>,

    /// Creates the topic if it is not there, with so many partitions [1].
    #[arg(long, value_name = "PARTITIONS", num_args = 0..=1, default_missing_value = "1",
        value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) create: Option<u32>,

    /// Counts malformed lines and goes on, instead of ending at the first.
    #[arg(long)]
    pub(crate) skip_bad: bool,

    /// Says nothing but errors.
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

/// What a file of records holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum InputFormat {
    /// Each line is a value, whatever it holds.
    Lines,
    /// Each line is a JSON document.
    Json,
    /// Columns with a comma between them; quoted ones may hold commas and line breaks.
    Csv,
    /// Columns with a tab between them; quotes mean nothing.
    Tsv,
}

/// `tidemill consume`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tidemill consume bids --from beginning --exit-at-end --json\n  \
    tidemill consume bids --from time:2024-05-01T00:00:00Z --key-separator : --count 10")]
pub(crate) struct ConsumeArguments {
    /// The topic.
    pub(crate) topic: String,

    /// Where to begin: `beginning`, `end`, `offset:N` or `time:T` (milliseconds or ISO 8601).
    #[arg(long, default_value = "end", value_name = "PLACE")]
    pub(crate) from: StartFrom,

    /// Goes on where this consumer group stood, and commits what was printed; --from says where to begin in
    /// partitions that it has not read.
    #[arg(long, value_name = "GROUP", conflicts_with = "partition")]
    pub(crate) group: Option<String>,

    /// Reads one partition only.
    #[arg(long, value_name = "N")]
    pub(crate) partition: Option<u32>,

    /// Ends after so many records.
    #[arg(short = 'n', long, value_name = "N")]
    pub(crate) count: Option<u64>,

    /// Ends at the last record there is now.
    #[arg(long)]
    pub(crate) exit_at_end: bool,

    /// Prints a JSON object a line, with key, value, timestamp, partition, offset and headers.
    #[arg(long)]
    pub(crate) json: bool,

    /// Prints the key too, and this text between key and value.
    #[arg(long, value_name = "TEXT", conflicts_with = "json")]
    pub(crate) key_separator: Option<String>,

    /// How keys are written; without it text is text, and what is not is a number or base64.
    #[arg(long, ignore_case = true)]
    pub(crate) key_format: Option<KeyFormat>,

    /// How values are written; without it text is text, and what is not is a number or base64.
    #[arg(long, ignore_case = true)]
    pub(crate) value_format: Option<KeyFormat>,
}

impl Arguments {
    /// Refuses what clap cannot: flags of the shell beside a subcommand.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let Some(flag) = self.shell.first_used() else { return Ok(()) };
        match &self.subcommand {
            None => Ok(()),
            Some(subcommand) => Err(Failure::Usage(format!(
                "{flag} is a flag of the shell; `tidemill {}` does not take it before its name",
                subcommand.name()
            ))),
        }
    }
}

impl ShellArguments {
    fn first_used(&self) -> Option<&'static str> {
        let used = [
            (!self.execute.is_empty(), "--execute"),
            (!self.file.is_empty(), "--file"),
            (!self.define.is_empty(), "--define"),
            (self.output.is_some(), "--output"),
            (self.query_row_limit.is_some(), "--query-row-limit"),
            (self.query_timeout.is_some(), "--query-timeout"),
        ];
        used.into_iter().find(|(is_used, _)| *is_used).map(|(_, flag)| flag)
    }
}

impl Subcommand {
    fn name(&self) -> &'static str {
        match self {
            Subcommand::Run(_) => "run",
            Subcommand::Test(_) => "test",
            Subcommand::Topic(_) => "topic",
            Subcommand::Produce(_) => "produce",
            Subcommand::Consume(_) => "consume",
            Subcommand::Log(_) => "log",
            Subcommand::Bench(_) => "bench",
        }
    }
}

/// Splits `NAME=VALUE` at the first `=`.
pub(crate) fn parse_pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => {
            Ok((name.trim().to_owned(), value.to_owned()))
        }
        _ => Err(format!("expected NAME=VALUE, found '{text}'")),
    }
}

fn parse_delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        b"\\t" => Ok(b'\t'),
        [byte] if byte.is_ascii() && !matches!(byte, b'"' | b'\n' | b'\r') => Ok(*byte),
        _ => Err(format!("expected one ASCII character or \\t, found '{text}'")),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parse(line: &str) -> Result<Arguments, String> {
        let words = line.split_whitespace();
        let arguments = Arguments::try_parse_from(words).map_err(|error| error.to_string())?;
        arguments.check().map_err(|failure| failure.to_string())?;
        Ok(arguments)
    }

    #[track_caller]
    fn refuses(line: &str, want: &str) {
        let error = parse(line).expect_err("the call is wrong");
        assert!(error.contains(want), "{error}");
    }

    #[test]
    fn the_flags_do_not_contradict_each_other() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn nothing_is_the_shell() {
        let arguments = parse("tidemill").expect("the shell");
        assert!(arguments.subcommand.is_none());
        assert_eq!(arguments.engine.data_dir, PathBuf::from("tidemill-data"));
    }

    #[test]
    fn statements_repeat_and_formats_take_any_case() {
        let arguments = parse("tidemill -e a; -e b; --output JSON -d x=1=2").expect("statements");
        assert_eq!(arguments.shell.execute, ["a;", "b;"]);
        assert_eq!(arguments.shell.output, Some(OutputFormat::Json));
        assert_eq!(arguments.shell.define, [("x".to_owned(), "1=2".to_owned())]);
    }

    #[test]
    fn the_data_folder_may_stand_on_either_side_of_the_subcommand() {
        for line in ["tidemill --data-dir d run a.sql", "tidemill run a.sql --data-dir d"] {
            assert_eq!(parse(line).expect(line).engine.data_dir, PathBuf::from("d"));
        }
    }

    #[test]
    fn wrong_calls_are_refused_with_the_right_word() {
        refuses("tidemill --outptu json", "'--output'");
        refuses("tidemill produse t", "'produce'");
        refuses("tidemill --output json run a.sql", "--output is a flag of the shell");
        refuses("tidemill produce t --key-field a --key-column 1", "cannot be used with");
        refuses("tidemill produce t --delimiter ab", "one ASCII character");
        refuses("tidemill -d x", "expected NAME=VALUE, found 'x'");
        refuses("tidemill topic create t -p 0", "0 is not in");
        refuses("tidemill consume t --from middle", "expected beginning, end");
    }
}
