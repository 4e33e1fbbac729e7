//! Shows what a statement gives back: a line, a list, rows or records as they come.

use std::collections::VecDeque;

use futures::Stream;
use tidemill::engine::{Entity, Outcome, RecordStream, Row, RowStream, rows_of};
use tidemill::error::Result as EngineResult;
use tokio::time::Instant;

use crate::args::OutputFormat;
use crate::errors::{Failure, say};
use crate::interpreter::{Interpreter, Manner};
use crate::interrupt::Next;
use crate::render::{
    Page, RowPrinter, SAMPLE_ROWS, entity_as_text, record_as_json, record_as_line, show,
    string_as_json,
};
use crate::shell::properties_of;
use crate::style::{FAINT, paint};
use crate::wrap::wrap;

/// Why no more rows come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// There are no more.
    Complete,
    /// As many came as were asked for.
    Limit,
    /// The time was up.
    TimedOut,
    /// Ctrl-C.
    Interrupted,
}

/// A stream, and how far it may go.
struct Feed<S> {
    stream: S,
    left: u64,
    deadline: Option<Instant>,
    end: Option<End>,
}

impl Interpreter {
    /// Shows what a statement gave back.
    pub(super) fn show(&mut self, outcome: Outcome) -> Result<(), Failure> {
        match outcome {
            Outcome::Done(message) => self.show_message(&message)?,
            Outcome::Entity(entity) => self.show_entity(&entity)?,
            Outcome::Rows(rows) => self.show_rows(rows)?,
            Outcome::Records(records) => self.show_records(records)?,
        }
        Ok(self.output.flush()?)
    }

    fn show_message(&mut self, message: &str) -> Result<(), Failure> {
        if self.manner == Manner::Quiet || message.is_empty() {
            return Ok(());
        }
        if !self.output.is_terminal() {
            // A pipe gets results alone: whoever reads it wants no "Created" between them.
            say(&format!("{message}\n"));
            return Ok(());
        }
        let text = match self.settings.format {
            OutputFormat::Tabular => wrap(message, self.output.width()),
            OutputFormat::Json => {
                let message = string_as_json(message);
                format!(r#"{{"@type":"currentStatus","status":"SUCCESS","message":{message}}}"#)
            }
        };
        Ok(self.output.line(&text)?)
    }

    fn show_entity(&mut self, entity: &Entity) -> Result<(), Failure> {
        let text = match self.settings.format {
            OutputFormat::Tabular => entity_as_text(entity, self.output.width()),
            OutputFormat::Json if self.output.is_terminal() => {
                serde_json::to_string_pretty(entity).expect("an entity has string keys only")
            }
            OutputFormat::Json => {
                serde_json::to_string(entity).expect("an entity has string keys only")
            }
        };
        Ok(self.output.line(&text)?)
    }

    fn show_rows(&mut self, rows: RowStream) -> Result<(), Failure> {
        let (schema, is_push) = (std::sync::Arc::clone(rows.schema()), rows.is_push());
        let page = Page { width: self.output.width(), colours: self.output.colours() };
        let mut feed = self.feed(rows);
        let mut ready = VecDeque::new();
        let mut printer = if is_push {
            self.hint_at_offset_reset()?;
            RowPrinter::for_coming(&schema, &self.settings, page)
        } else {
            while ready.len() < SAMPLE_ROWS
                && let Some(batch) = self.next_of(&mut feed)?
            {
                ready.extend(rows_of(&batch));
            }
            RowPrinter::for_sample(&schema, &self.settings, page, ready.make_contiguous())
        };
        self.output.text(&printer.head())?;
        self.print_rows(&mut printer, &mut feed, ready.into())?;
        while let Some(batch) = self.next_of(&mut feed)? {
            self.print_rows(&mut printer, &mut feed, rows_of(&batch).collect())?;
        }
        self.foot(&feed, "row", printer.row_count())
    }

    /// Prints rows, at most as many as may still come.
    fn print_rows(
        &mut self,
        printer: &mut RowPrinter,
        feed: &mut Feed<RowStream>,
        rows: Vec<Row>,
    ) -> Result<(), Failure> {
        for row in rows {
            if !feed.take_one() {
                break;
            }
            self.output.text(&printer.row(&row))?;
        }
        Ok(self.output.flush()?)
    }

    fn show_records(&mut self, records: RecordStream) -> Result<(), Failure> {
        let mut feed = self.feed(records);
        let mut count = 0;
        while let Some(record) = self.next_of(&mut feed)? {
            if !feed.take_one() {
                break;
            }
            let text = match self.settings.format {
                OutputFormat::Tabular => record_as_line(&record),
                OutputFormat::Json => {
                    let (key, value) = (show(record.key.as_deref()), show(record.value.as_deref()));
                    record_as_json(&record, &key, &value)
                }
            };
            self.output.line(&text)?;
            self.output.flush()?;
            count += 1;
        }
        self.foot(&feed, "record", count)
    }

    fn feed<S>(&self, stream: S) -> Feed<S> {
        if self.manner == Manner::Prompt {
            // What was pressed before is not meant for this query. Elsewhere a signal ends the program whenever it comes.
            self.interrupts.arm();
        }
        Feed {
            stream,
            left: self.settings.row_limit.unwrap_or(u64::MAX),
            deadline: self.settings.timeout.map(|timeout| Instant::now() + timeout),
            end: None,
        }
    }

    /// Waits for more; none at the end, which the feed then knows the reason of.
    fn next_of<S, T>(&self, feed: &mut Feed<S>) -> Result<Option<T>, Failure>
    where
        S: Stream<Item = EngineResult<T>> + Unpin,
    {
        if feed.end.is_some() {
            return Ok(None);
        }
        let end = match self.interrupts.next(&mut feed.stream, feed.deadline) {
            Next::Item(item) => return Ok(Some(item?)),
            Next::Ended => End::Complete,
            Next::Interrupted => End::Interrupted,
            Next::TimedOut => End::TimedOut,
        };
        feed.end = Some(end);
        Ok(None)
    }

    /// Says how many came and why no more do.
    fn foot<S>(&mut self, feed: &Feed<S>, what: &str, count: u64) -> Result<(), Failure> {
        let end = feed.end.unwrap_or(End::Complete);
        if self.output.is_terminal() && self.settings.format == OutputFormat::Tabular {
            let reason = match end {
                End::Complete => "",
                End::Limit => "limit reached, ",
                End::TimedOut => "time is up, ",
                End::Interrupted => "query terminated, ",
            };
            let plural = if count == 1 { "" } else { "s" };
            let text = format!("({reason}{count} {what}{plural})");
            let text = paint(FAINT, &text, self.output.colours());
            // The terminal has written ^C at the beginning of this line.
            let gap = if end == End::Interrupted { "\n" } else { "" };
            self.output.line(&format!("{gap}{text}"))?;
        }
        match (end, self.manner) {
            (End::Interrupted, Manner::Batch | Manner::Quiet) => Err(Failure::Interrupted),
            (End::Interrupted, Manner::Prompt)
            | (End::Complete | End::Limit | End::TimedOut, _) => Ok(()),
        }
    }

    /// Says why a push query shows nothing at first, which surprises everyone once.
    fn hint_at_offset_reset(&mut self) -> Result<(), Failure> {
        let is_wanted = self.manner == Manner::Prompt
            && self.output.is_terminal()
            && self.settings.format == OutputFormat::Tabular;
        if !is_wanted || self.reads_from_the_beginning() {
            return Ok(());
        }
        let text = "Rows from now on, until Ctrl-C. \
            For those before: SET 'auto.offset.reset' = 'earliest';";
        let text = paint(FAINT, &wrap(text, self.output.width()), self.output.colours());
        self.output.line(&text)?;
        Ok(self.output.flush()?)
    }

    fn reads_from_the_beginning(&mut self) -> bool {
        let outcomes = self.execute("SHOW PROPERTIES;").unwrap_or_default();
        properties_of(&outcomes).any(|property| {
            property.name.ends_with("auto.offset.reset") && property.value == "earliest"
        })
    }
}

impl<S> Feed<S> {
    /// Counts one; false if no more may come.
    fn take_one(&mut self) -> bool {
        let Some(left) = self.left.checked_sub(1) else {
            self.end = Some(End::Limit);
            return false;
        };
        self.left = left;
        if left == 0 {
            self.end = Some(End::Limit);
        }
        true
    }
}
