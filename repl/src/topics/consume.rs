//! `tidemill consume`: prints the records of a topic.

use tidemill::engine::{ConsumedRecord, Engine, RecordStream};
use tokio::signal::unix::SignalKind;

use crate::args::{Arguments, ConsumeArguments};
use crate::errors::Failure;
use crate::interrupt::{Interrupts, Next};
use crate::output::Output;
use crate::render::{Shown, as_text, decode, record_as_json, show};
use crate::topics::KeyFormat;

/// A group's position is committed after so many records, and at the end.
const COMMIT_EVERY: usize = 1000;

/// Runs `tidemill consume`.
pub(crate) fn consume(
    arguments: &Arguments,
    consume: &ConsumeArguments,
    output: &mut Output,
) -> Result<(), Failure> {
    let interrupts = Interrupts::listen(&[SignalKind::interrupt(), SignalKind::terminate()])?;
    let engine = crate::open(&arguments.engine)?;
    let result = print_records(&engine, consume, &interrupts, output);
    let closed = engine.close();
    result.and_then(|()| Ok(closed?))
}

fn print_records(
    engine: &Engine,
    consume: &ConsumeArguments,
    interrupts: &Interrupts,
    output: &mut Output,
) -> Result<(), Failure> {
    let (start, is_bounded) = (consume.from.0, consume.exit_at_end);
    let mut records = match &consume.group {
        Some(group) => engine.consume_as_group(&consume.topic, group, start, is_bounded)?,
        None if is_bounded => engine.consume_available(&consume.topic, start)?,
        None => engine.consume(&consume.topic, start)?,
    };
    let mut uncommitted = 0;
    let mut left = consume.count.unwrap_or(u64::MAX);
    while left > 0 {
        let next = match interrupts.ready(&mut records) {
            Some(next) => next,
            None => {
                // Whoever reads the pipe gets what there is before it waits for more.
                output.flush()?;
                interrupts.next(&mut records, None)
            }
        };
        // Ctrl-C is how one ends it, so it is no failure.
        let Next::Item(record) = next else { break };
        let record = record?;
        if consume.partition.is_some_and(|partition| partition != record.partition) {
            continue;
        }
        print(consume, &record, output)?;
        left -= 1;
        uncommitted += 1;
        if uncommitted == COMMIT_EVERY {
            output.flush()?;
            commit(engine, consume, &records)?;
            uncommitted = 0;
        }
    }
    output.flush()?;
    commit(engine, consume, &records)
}

/// Commits what was printed, if there is a group: printed first, so that nothing is passed over.
fn commit(
    engine: &Engine,
    consume: &ConsumeArguments,
    records: &RecordStream,
) -> Result<(), Failure> {
    let Some(group) = &consume.group else { return Ok(()) };
    Ok(engine.commit_offsets(group, &consume.topic, &records.positions())?)
}

fn print(
    consume: &ConsumeArguments,
    record: &ConsumedRecord,
    output: &mut Output,
) -> Result<(), Failure> {
    if consume.json {
        let key = shown(record.key.as_deref(), consume.key_format);
        let value = shown(record.value.as_deref(), consume.value_format);
        output.line(&record_as_json(record, &key, &value))?;
    } else {
        if let Some(separator) = &consume.key_separator {
            output.bytes(&plain(
                record.key.as_deref(),
                consume.key_format,
                output.is_terminal(),
            ))?;
            output.text(separator)?;
        }
        output.bytes(&plain(
            record.value.as_deref(),
            consume.value_format,
            output.is_terminal(),
        ))?;
        output.text("\n")?;
    }
    Ok(())
}

fn shown(bytes: Option<&[u8]>, format: Option<KeyFormat>) -> Shown {
    match format {
        Some(format) => decode(bytes, format),
        None => show(bytes),
    }
}

/// Text goes out as it is, so that `produce` could read it again; a terminal is spared control characters.
fn plain(bytes: Option<&[u8]>, format: Option<KeyFormat>, is_terminal: bool) -> Vec<u8> {
    match shown(bytes, format) {
        Shown::Text(text) | Shown::Json(text) if !is_terminal => text.into_bytes(),
        shown => as_text(&shown).into_bytes(),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::args::Subcommand;
    use crate::output::Written;

    #[track_caller]
    fn check(flags: &str, width: Option<usize>, want: &str) {
        let line = format!("tidemill consume bids {flags}");
        let arguments = Arguments::parse_from(line.split_whitespace());
        let Some(Subcommand::Consume(consume)) = arguments.subcommand else {
            panic!("not a consume");
        };
        let record = ConsumedRecord {
            partition: 0,
            offset: 3,
            timestamp_ms: 5,
            key: Some(7_i32.to_be_bytes().to_vec()),
            value: Some(b"a\tb".to_vec()),
            headers: vec![],
        };
        let written = Written::default();
        let mut output = Output::to_writer(written.clone(), width);
        print(&consume, &record, &mut output).expect("memory takes all");
        assert_eq!(written.text(), want);
    }

    #[test]
    fn records_are_lines() {
        check("", None, "a\tb\n");
        check("", Some(80), "a\\tb\n");
        check("--key-separator :", None, "7:a\tb\n");
        check("--key-separator : --key-format string", None, "\0\0\0\u{7}:a\tb\n");
        let json =
            r#"{"partition":0,"offset":3,"timestamp":5,"key":7,"value":"a\tb","headers":[]}"#;
        check("--json", None, &format!("{json}\n"));
    }
}
