//! The physical limits that figures stand beside, measured in the same run.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use serde::Serialize;
use tidemill::formats::{Format, FormatKind, Serde, decoder};
use tidemill::types::{Column, SqlType};

use crate::data::{DataSet, Nexmark};
use crate::error::{BenchError, Result};
use crate::measure::{Running, load_average};

/// What this machine can do at most, now.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Limits {
    /// Bids that the bare decoder reads in a second, one thread, all columns.
    pub(crate) decoded_rows_per_s: f64,
    /// Bytes that a file takes in a second, in writes of 128 KiB, in the page cache.
    pub(crate) appended_bytes_per_s: f64,
    /// Bytes read from the page cache in a second.
    pub(crate) read_bytes_per_s: f64,
    /// How long a write of 4 KiB and its fsync take, half of the time.
    pub(crate) fsync_s: f64,
    /// The load average of the minute before.
    pub(crate) load: f64,
}

impl Limits {
    /// Measures them, with files in a folder.
    pub(crate) fn measure(folder: &Path) -> Result<Limits> {
        let load = load_average();
        let (appended_bytes_per_s, read_bytes_per_s) = file_rates(folder)?;
        Ok(Limits {
            decoded_rows_per_s: decode_rate()?,
            appended_bytes_per_s,
            read_bytes_per_s,
            fsync_s: fsync_time(folder)?,
            load,
        })
    }

    /// Returns a line about them.
    pub(crate) fn line(&self) -> String {
        format!(
            "limits now: bare decode of a bid's columns {:.2} M/s a core; file append {:.1} GB/s, read {:.1} GB/s; fsync {:.0} µs; load {:.1}",
            self.decoded_rows_per_s / 1e6,
            self.appended_bytes_per_s / 1e9,
            self.read_bytes_per_s / 1e9,
            self.fsync_s * 1e6,
            self.load
        )
    }
}

fn file_rates(folder: &Path) -> Result<(f64, f64)> {
    const WRITES: usize = 2048;
    let mut file = tempfile::tempfile_in(folder)?;
    let mut chunk = vec![7; 128 * 1024];
    let bytes = (WRITES * chunk.len()) as f64;
    let running = Running::start();
    for _ in 0..WRITES {
        file.write_all(&chunk)?;
    }
    let appended = bytes / running.elapsed().as_secs_f64();
    file.seek(SeekFrom::Start(0))?;
    let running = Running::start();
    for _ in 0..WRITES {
        file.read_exact(&mut chunk)?;
    }
    Ok((appended, bytes / running.elapsed().as_secs_f64()))
}

fn fsync_time(folder: &Path) -> Result<f64> {
    let mut file: File = tempfile::tempfile_in(folder)?;
    let page = [7; 4096];
    let mut times = Vec::new();
    for _ in 0..64 {
        let running = Running::start();
        file.write_all(&page)?;
        file.sync_data()?;
        times.push(running.elapsed());
    }
    times.sort();
    Ok(times[times.len() / 2].as_secs_f64())
}

fn decode_rate() -> Result<f64> {
    let text = ["AUCTION", "BIDDER", "PRICE", "CHANNEL", "URL", "DATETIME", "EXTRA"];
    let columns: Vec<Column> = text
        .iter()
        .map(|name| match *name {
            "CHANNEL" | "URL" | "EXTRA" => Column::value(*name, SqlType::Varchar),
            _ => Column::value(*name, SqlType::Bigint),
        })
        .collect();
    let data = Nexmark { events: 4096, rate: 10_000 };
    let bids = data.topics().iter().position(|topic| topic.name == "bid");
    let mut rows = Vec::new();
    data.rows(&mut |topic, cells| {
        if Some(topic) == bids {
            let mut row = String::new();
            data.topics()[topic].write_json(cells, &mut row);
            rows.push(row);
        }
        Ok(())
    })?;
    let payloads: Vec<Option<&[u8]>> = rows.iter().map(|row| Some(row.as_bytes())).collect();
    let format = Format::plain(FormatKind::Json);
    let places: Vec<usize> = (0..columns.len()).collect();
    let mut decoder = decoder(&Serde::new(format, &columns), &places)
        .map_err(|error| BenchError::run("limits", error.to_string()))?;
    let running = Running::start();
    for _ in 0..64 {
        decoder.decode(&payloads);
    }
    Ok((64 * payloads.len()) as f64 / running.elapsed().as_secs_f64())
}
