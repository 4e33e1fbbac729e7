//! Shows how far a produce is.

use std::time::Duration;

use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};

use crate::args::ProduceArguments;
use crate::errors::say;

/// Shows how far a produce is, on a terminal as it goes and elsewhere at its end.
pub(super) struct Progress {
    bar: ProgressBar,
    is_quiet: bool,
    record_count: u64,
    byte_count: u64,
    bad_count: u64,
    /// What the files before this one held.
    bytes_before: u64,
    file: String,
    position: u64,
}

impl Progress {
    /// Begins; the bar has an end if all sizes are known.
    pub(super) fn start(flags: &ProduceArguments) -> Self {
        let sizes: Option<u64> = flags
            .files
            .iter()
            .map(|path| {
                let file = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
                Some(file.len())
            })
            .sum();
        // indicatif draws on stderr, and only if that is a terminal.
        let bar = match sizes.filter(|size| *size > 0) {
            _ if flags.quiet => ProgressBar::hidden(),
            Some(size) => ProgressBar::new(size).with_style(style(WITH_END)),
            None => ProgressBar::new_spinner().with_style(style(WITHOUT_END)),
        };
        bar.enable_steady_tick(Duration::from_millis(100));
        Progress {
            bar,
            is_quiet: flags.quiet,
            record_count: 0,
            byte_count: 0,
            bad_count: 0,
            bytes_before: 0,
            file: String::new(),
            position: 0,
        }
    }

    /// Counts what was written.
    pub(super) fn count(&mut self, records: u64, bytes: u64) {
        self.record_count += records;
        self.byte_count += bytes;
        self.bar.set_message(self.rate());
        self.bar.set_position(self.bytes_before + self.position);
    }

    /// Counts a line that was passed over.
    pub(super) fn count_bad(&mut self) {
        self.bad_count += 1;
    }

    /// Remembers how far a file was read.
    pub(super) fn set_position(&mut self, file: &str, position: u64) {
        if self.file != file {
            self.bytes_before += self.position;
            file.clone_into(&mut self.file);
        }
        self.position = position;
    }

    /// Ends, and says what was done.
    pub(super) fn finish(&self, topic: &str, is_done: bool) {
        self.bar.finish_and_clear();
        // Of a failure that came before the first record only the error matters.
        if self.is_quiet || (!is_done && self.record_count == 0) {
            return;
        }
        let bad = match self.bad_count {
            0 => String::new(),
            count => format!(", {} malformed passed over", HumanCount(count)),
        };
        say(&format!("{} into {topic}{bad}\n", self.rate()));
    }

    fn rate(&self) -> String {
        let millis = u64::try_from(self.bar.elapsed().as_millis()).unwrap_or(u64::MAX).max(1);
        let rate = self.record_count.saturating_mul(1000) / millis;
        let records = if self.record_count == 1 { "record" } else { "records" };
        format!(
            "{} {records}, {} ({}/s)",
            HumanCount(self.record_count),
            HumanBytes(self.byte_count),
            HumanCount(rate)
        )
    }
}

const WITH_END: &str = "{bar:30} {percent}%  {msg}  {eta} left";
const WITHOUT_END: &str = "{spinner} {msg}";

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the templates are well formed")
}
