//! The physical limits that figures stand beside.

use std::io::Write;

use tidemill::formats::{Format, FormatKind, Serde, decoder};
use tidemill::types::{Column, SqlType};

use crate::measure::{Bench, bid, millions};

/// How fast a file takes appends of 128 KiB through the page cache.
pub(crate) fn file_append(bench: &Bench) -> String {
    let mut file = tempfile::tempfile().unwrap();
    let chunk = vec![7; 128 * 1024];
    let (_, took) = bench.time(|| {
        for _ in 0..4096 {
            file.write_all(&chunk).unwrap();
        }
    });
    format!("file append {:.1} GB/s", 4096.0 * chunk.len() as f64 / took.wall.as_secs_f64() / 1e9)
}

/// How fast the bare decoder reads the same rows, one thread, all columns.
pub(crate) fn json_decode(bench: &Bench) -> String {
    let columns = [
        Column::value("AUCTION", SqlType::Bigint),
        Column::value("BIDDER", SqlType::Bigint),
        Column::value("PRICE", SqlType::Bigint),
        Column::value("CHANNEL", SqlType::Varchar),
        Column::value("URL", SqlType::Varchar),
        Column::value("EXTRA", SqlType::Varchar),
    ];
    let format = Format::plain(FormatKind::Json);
    let mut decoder = decoder(&Serde::new(format, &columns), &[0, 1, 2, 3, 4, 5]).unwrap();
    let rows: Vec<String> = (0..4096).map(|number| bid(number, 1000).1).collect();
    let payloads: Vec<Option<&[u8]>> = rows.iter().map(|row| Some(row.as_bytes())).collect();
    let (_, took) = bench.time(|| {
        for _ in 0..64 {
            assert!(decoder.decode(&payloads).failures.is_empty());
        }
    });
    let rate = 64.0 * 4096.0 / took.wall.as_secs_f64();
    format!("bare decode of all columns {}", millions(rate))
}
