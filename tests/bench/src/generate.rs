//! `tidemill bench generate`.

use std::io::Write;

use crate::arguments::GenerateArguments;
use crate::data::{Nexmark, write_files};
use crate::error::Result;

/// Writes NEXMark's events as files of JSON lines.
pub(crate) fn run(arguments: &GenerateArguments, out: &mut dyn Write) -> Result<()> {
    let data = Nexmark { events: arguments.events, rate: arguments.rate };
    write_files(&data, &arguments.folder, arguments.partitions)?;
    Ok(writeln!(out, "wrote {} events to {}", arguments.events, arguments.folder.display())?)
}
