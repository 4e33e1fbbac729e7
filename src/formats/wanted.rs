//! The columns that a decoder is made for, and the rows that go into them one by one.

use std::sync::Arc;

use super::draft::Draft;
use super::{BATCH_BYTES_MAX, DecodeFailure, Decoded, Serde};
use crate::types::SqlType;

/// The columns that a decoder is made for.
pub(super) struct WantedColumns {
    /// Each column once.
    columns: Vec<(Arc<str>, SqlType)>,
    drafts: Vec<Draft>,
    /// For each column that is wanted, which of those decoded it is.
    wanted: Vec<usize>,
}

impl WantedColumns {
    /// Takes some of a side's columns.
    pub(super) fn new(serde: &Serde, wanted: &[usize]) -> Self {
        let mut decoded: Vec<usize> = Vec::new();
        let place = |column: &usize| match decoded.iter().position(|known| known == column) {
            Some(place) => place,
            None => {
                decoded.push(*column);
                decoded.len() - 1
            }
        };
        let wanted = wanted.iter().map(place).collect();
        let columns: Vec<_> = decoded.iter().map(|column| serde.columns[*column].clone()).collect();
        let drafts = columns.iter().map(|(_, sql_type)| Draft::new(sql_type)).collect();
        WantedColumns { columns, drafts, wanted }
    }

    /// Returns the columns that are decoded.
    pub(super) fn columns(&self) -> &[(Arc<str>, SqlType)] {
        &self.columns
    }

    /// Decodes payloads; `read` pushes one cell to each column, or says why it cannot.
    pub(super) fn decode(
        &mut self,
        payloads: &[Option<&[u8]>],
        mut read: impl FnMut(&[u8], &mut [Draft]) -> Result<(), String>,
    ) -> Decoded {
        let mut failures = Vec::new();
        let mut bytes = 0;
        self.drafts.iter_mut().for_each(|column| column.reserve(payloads.len()));
        for (row, payload) in payloads.iter().enumerate() {
            let Some(payload) = payload else {
                self.drafts.iter_mut().for_each(Draft::push_null);
                continue;
            };
            bytes += payload.len();
            let result = if bytes <= BATCH_BYTES_MAX {
                read(payload, &mut self.drafts)
            } else {
                Err(format!("a batch is larger than {BATCH_BYTES_MAX} bytes"))
            };
            if let Err(reason) = result {
                for column in &mut self.drafts {
                    column.truncate(row);
                    column.push_null();
                }
                failures.push(DecodeFailure { row, reason });
            }
        }
        let columns: Vec<_> = self.drafts.iter_mut().map(Draft::finish).collect();
        let columns = self.wanted.iter().map(|place| Arc::clone(&columns[*place])).collect();
        Decoded { columns, failures }
    }
}

/// Finds the field that a column is read from: the one of its name, or else the one that is its name but for case.
pub(super) fn matching<'a>(column: &str, names: impl Iterator<Item = &'a str>) -> Option<usize> {
    let upper = column.to_uppercase();
    let mut found = None;
    for (place, name) in names.enumerate() {
        if name == column {
            return Some(place);
        }
        if found.is_none() && name.to_uppercase() == upper {
            found = Some(place);
        }
    }
    found
}
