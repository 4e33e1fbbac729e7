//! Random schemas, rows and documents: what is written reads back, and how it is cut or spelt does not matter.

use std::fmt::Write;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef};
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::arrow::datatypes::i256;
use proptest::prelude::*;
use serde::de::IgnoredAny;

use super::block::{read_blocks, write_block};
use super::numbers::write_wide_decimal;
use super::row::{EncodedRows, builders, read_columns, read_row};
use super::{
    Decoded, Format, FormatKind, NullableRepresentation, Payloads, Serde, SideSchemas, decoder,
    encoder, json, schema_text, texts,
};
use crate::registry::SchemaRegistry;
use crate::types::{
    Batch, ColumnBuilder, Decimal, SqlType, StructField, Undone, Value, column_of, value_at,
};

/// Random choices out of a seed, so that a failing case is one number.
struct Random(u64);

const NAMES: [&str; 6] =
    ["A", "B1", "camelCase", "LONG_COLUMN_NAME_OF_MANY_BYTES", "ÄÖ", "quo\"te\\"];
const TEXTS: [&str; 10] = [
    "",
    "a",
    "null",
    "with \"quotes\" and \\",
    "ünï😀cödé",
    "line\r\nend",
    "\u{1}\u{1F}\u{7F}",
    "a longer text, so that it takes more than a block of bytes",
    ",;|",
    " blanks ",
];

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize].clone()
    }

    fn long(&mut self) -> i64 {
        let bits = (self.below(1 << 31) << 33) ^ (self.below(1 << 31) << 16) ^ self.below(1 << 31);
        bits.cast_signed() >> self.below(64)
    }

    fn text(&mut self) -> String {
        (0..=self.below(2)).map(|_| self.pick(&TEXTS)).collect()
    }

    fn scalar_type(&mut self) -> SqlType {
        let precision = 1 + self.below(76) as u8;
        let scale = self.below(u64::from(precision) + 1) as u8;
        self.pick(&[
            SqlType::Boolean,
            SqlType::Int,
            SqlType::Bigint,
            SqlType::Double,
            SqlType::Decimal { precision, scale },
            SqlType::Varchar,
            SqlType::Bytes,
            SqlType::Date,
            SqlType::Time,
            SqlType::Timestamp,
        ])
    }

    fn any_type(&mut self, depth: u32) -> SqlType {
        match self.below(if depth == 0 { 1 } else { 6 }) {
            3 => SqlType::array(self.any_type(depth - 1)),
            4 => SqlType::map(SqlType::Varchar, self.any_type(depth - 1)),
            5 => SqlType::structure(self.columns(depth - 1)),
            _ => self.scalar_type(),
        }
    }

    fn columns(&mut self, depth: u32) -> Vec<(Arc<str>, SqlType)> {
        let first = self.below(3) as usize;
        let names = NAMES.iter().skip(first).take(1 + self.below(5) as usize);
        names.map(|name| ((*name).into(), self.any_type(depth))).collect()
    }

    fn value(&mut self, sql_type: &SqlType) -> Value {
        if self.one_in(6) {
            return Value::Null;
        }
        match sql_type {
            SqlType::Boolean => Value::Boolean(self.one_in(2)),
            SqlType::Int => Value::Int(self.long() as i32),
            SqlType::Bigint => Value::Bigint(self.long()),
            SqlType::Double => Value::Double(self.double()),
            SqlType::Decimal { precision, scale } => {
                let count = self.below(u64::from(*precision) + 1);
                let digits: String = (0..count).map(|_| self.pick(&['0', '1', '5', '9'])).collect();
                let unscaled = i256::from_string(&format!("0{digits}")).unwrap();
                let unscaled = if self.one_in(2) { unscaled } else { unscaled.wrapping_neg() };
                Value::Decimal(Decimal { unscaled, scale: *scale })
            }
            SqlType::Varchar => Value::Varchar(self.text().into()),
            SqlType::Bytes => Value::Bytes(self.text().as_bytes().into()),
            SqlType::Date => Value::Date(self.long() as i32),
            SqlType::Time => Value::Time(self.below(86_400_000) as i32),
            SqlType::Timestamp => Value::Timestamp(self.long()),
            SqlType::Array(element) => {
                Value::Array((0..self.below(4)).map(|_| self.value(element)).collect())
            }
            SqlType::Map(_, value) => {
                let keys = TEXTS.iter().skip(self.below(9) as usize).take(self.below(12) as usize);
                Value::Map(keys.map(|key| ((*key).into(), self.value(value))).collect())
            }
            SqlType::Struct(fields) => {
                Value::Struct(fields.iter().map(|field| self.value(&field.sql_type)).collect())
            }
        }
    }

    fn double(&mut self) -> f64 {
        let bits = f64::from_bits((self.long() as u64) ^ (self.below(1 << 31) << 32));
        self.pick(&[bits, 0.0, -0.0, 1.5, -73.985, 1e22, 1e-7, f64::INFINITY, f64::NAN, 1e6 + 0.25])
    }
}

/// Spelling: a value as one of the documents that stand for it.
impl Random {
    fn space(&mut self) -> &'static str {
        self.pick(&["", "", "", "", " ", "\n\t"])
    }

    fn spell(&mut self, sql_type: &SqlType, value: &Value) -> String {
        match (sql_type, value) {
            (_, Value::Null) => "null".to_owned(),
            (_, Value::Boolean(value)) => value.to_string(),
            (_, Value::Int(v) | Value::Date(v) | Value::Time(v)) => self.spell_long(i64::from(*v)),
            (_, Value::Bigint(v) | Value::Timestamp(v)) => self.spell_long(*v),
            (_, Value::Double(value)) => self.spell_double(*value),
            (_, Value::Decimal(value)) => self.spell_decimal(value),
            (_, Value::Varchar(text)) => self.spell_text(text),
            (_, Value::Bytes(bytes)) => {
                let mut text = Vec::new();
                texts::encode_base64(bytes, &mut text);
                self.spell_text(&String::from_utf8(text).unwrap())
            }
            (SqlType::Array(element), Value::Array(values)) => {
                let parts: Vec<String> = values.iter().map(|v| self.spell(element, v)).collect();
                self.spell_list("[", parts, "]")
            }
            (SqlType::Map(_, sql_type), Value::Map(entries)) => {
                let mut parts = Vec::new();
                for (key, value) in entries {
                    let Value::Varchar(key) = key else { unreachable!("keys are text") };
                    if self.one_in(8) {
                        let other = self.value(sql_type);
                        parts.push(self.spell_entry(key, sql_type, &other));
                    }
                    parts.push(self.spell_entry(key, sql_type, value));
                }
                self.spell_list("{", parts, "}")
            }
            (SqlType::Struct(fields), Value::Struct(values)) => {
                let fields: Vec<_> =
                    fields.iter().map(|f| (Arc::clone(&f.name), f.sql_type.clone())).collect();
                self.spell_row(&fields, values)
            }
            (sql_type, value) => unreachable!("{value:?} is no {sql_type}"),
        }
    }

    fn spell_list(&mut self, open: &str, parts: Vec<String>, close: &str) -> String {
        let mut text = format!("{open}{}", self.space());
        for (place, part) in parts.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            let (before, after) = (self.space(), self.space());
            write!(text, "{comma}{before}{part}{after}").unwrap();
        }
        text + close
    }

    fn spell_entry(&mut self, key: &str, sql_type: &SqlType, value: &Value) -> String {
        let (key, value) = (self.spell_text(key), self.spell(sql_type, value));
        format!("{key}{}:{}{value}", self.space(), self.space())
    }

    /// Spells an object: nulls can be missing, other keys can be there, keys can occur twice and in another case.
    fn spell_row(&mut self, columns: &[(Arc<str>, SqlType)], values: &[Value]) -> String {
        let mut parts = Vec::new();
        for ((name, sql_type), value) in columns.iter().zip(values) {
            if self.one_in(9) {
                let junk =
                    self.pick(&["{\"A\":[1,{\"A\":2}]}", "\"\\u00e4\\\"\"", "-1.5e+3", "[[],{}]"]);
                let key =
                    self.pick(&["\"other\"", "\"a longer key than the others are\"", "\"\\t\""]);
                parts.push(format!("{key}:{junk}"));
            }
            if value.is_null() && self.one_in(2) {
                continue;
            }
            let is_twice = self.one_in(12);
            if is_twice {
                parts.push(self.spell_entry(name, &SqlType::Varchar, &"not this one".into()));
            }
            // Of two keys, the one of the column's own name counts.
            let is_upper = !is_twice && **name == *name.to_uppercase();
            let key =
                if is_upper && self.one_in(3) { name.to_lowercase() } else { name.to_string() };
            parts.push(self.spell_entry(&key, sql_type, value));
        }
        self.spell_list("{", parts, "}")
    }

    fn spell_long(&mut self, value: i64) -> String {
        match self.below(8) {
            0 => format!("\"{value}\""),
            1 => format!("{value}.00"),
            2 if value != 0 => format!("{value}0e-1"),
            _ => value.to_string(),
        }
    }

    fn spell_double(&mut self, value: f64) -> String {
        let mut text = Vec::new();
        crate::types::push_double(value, &mut text);
        let text = String::from_utf8(text).unwrap();
        if !value.is_finite() || self.one_in(8) {
            return format!("\"{text}\"");
        }
        if self.one_in(2) { text } else { format!("{value:e}") }
    }

    fn spell_decimal(&mut self, value: &Decimal) -> String {
        let mut text = Vec::new();
        write_wide_decimal(value.unscaled, value.scale, &mut text);
        let text = String::from_utf8(text).unwrap();
        match self.below(6) {
            0 => format!("\"{text}\""),
            1 if text.contains('.') => format!("{text}00"),
            2 => format!("{text}e0"),
            3 => format!("{}e-{}", value.unscaled, value.scale),
            _ => text,
        }
    }

    fn spell_text(&mut self, text: &str) -> String {
        let mut out = String::from("\"");
        for character in text.chars() {
            match character {
                '"' | '\\' => write!(out, "\\{character}").unwrap(),
                '\n' if self.one_in(2) => out.push_str("\\n"),
                '\0'..='\u{1F}' => write!(out, "\\u{:04x}", u32::from(character)).unwrap(),
                _ if self.one_in(30) => {
                    let units = character.encode_utf16(&mut [0; 2]).to_vec();
                    units.iter().for_each(|unit| write!(out, "\\u{unit:04X}").unwrap());
                }
                _ => out.push(character),
            }
        }
        out + "\""
    }
}

fn serde(kind: FormatKind, columns: Vec<(Arc<str>, SqlType)>, unwrapped: bool) -> Serde {
    Serde { format: Format { unwrapped, ..Format::plain(kind) }, columns }
}

fn decode(serde: &Serde, payloads: &[Option<&[u8]>]) -> Decoded {
    let wanted: Vec<usize> = (0..serde.columns.len()).collect();
    decoder(serde, &wanted).unwrap().decode(payloads)
}

fn rows_of(columns: &[ArrayRef], row_count: usize) -> Vec<Vec<Value>> {
    let row = |row| columns.iter().map(|column| value_at(column, row)).collect();
    (0..row_count).map(row).collect()
}

/// Values compare as text here: NaN is what it is.
fn assert_same(got: &[Vec<Value>], want: &[Vec<Value>], context: &str) {
    assert_eq!(format!("{got:?}"), format!("{want:?}"), "{context}");
}

/// Checks that a batch decodes to what its rows decode to one by one.
fn check_cuts(serde: &Serde, payloads: &[Option<&[u8]>]) {
    let whole = decode(serde, payloads);
    let columns = rows_of(&whole.columns, payloads.len());
    let wanted: Vec<usize> = (0..serde.columns.len()).collect();
    let mut same = decoder(serde, &wanted).unwrap();
    for (row, payload) in payloads.iter().enumerate() {
        for alone in [decode(serde, &[*payload]), same.decode(&[*payload])] {
            assert_same(&rows_of(&alone.columns, 1), &columns[row..=row], "cut");
            let reason = alone.failures.first().map(|failure| &failure.reason);
            let failure = whole.failures.iter().find(|failure| failure.row == row);
            assert_eq!(reason, failure.map(|failure| &failure.reason));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_spelling_of_a_row_decodes_to_it(seed: u64) {
        let random = &mut Random(seed);
        let columns = random.columns(2);
        let rows: Vec<Vec<Value>> = (0..1 + random.below(6))
            .map(|_| columns.iter().map(|(_, sql_type)| random.value(sql_type)).collect())
            .collect();
        let documents: Vec<String> = rows.iter().map(|row| random.spell_row(&columns, row)).collect();
        let payloads: Vec<_> = documents.iter().map(|document| Some(document.as_bytes())).collect();
        let serde = serde(FormatKind::Json, columns, false);
        let decoded = decode(&serde, &payloads);
        assert_eq!(decoded.failures, [], "{documents:#?}");
        assert_same(&rows_of(&decoded.columns, rows.len()), &rows, &format!("{documents:#?}"));
        check_cuts(&serde, &payloads);
        let wanted = random.below(serde.columns.len() as u64) as usize;
        let one = decoder(&serde, &[wanted]).unwrap().decode(&payloads);
        assert_eq!(one.columns[0].to_data(), decoded.columns[wanted].to_data());
    }

    #[test]
    fn what_is_written_reads_back(seed: u64) {
        let random = &mut Random(seed);
        let kind = random.pick(&[FormatKind::Json, FormatKind::Delimited, FormatKind::Kafka]);
        let mut columns = random.columns(if kind == FormatKind::Json { 2 } else { 0 });
        if kind == FormatKind::Kafka {
            let sql_type = random.pick(&[SqlType::Int, SqlType::Bigint, SqlType::Double, SqlType::Varchar, SqlType::Bytes]);
            columns = vec![("V".into(), sql_type)];
        } else if kind == FormatKind::Delimited {
            columns.push(("LAST".into(), SqlType::Varchar));
        }
        let unwrapped = columns.len() == 1 && random.one_in(2);
        let mut rows: Vec<Vec<Value>> = (0..random.below(6))
            .map(|_| columns.iter().map(|(_, sql_type)| random.value(sql_type)).collect())
            .collect();
        let arrays: Vec<ArrayRef> = (0..columns.len())
            .map(|place| column_of(&columns[place].1, rows.iter().map(|row| &row[place])))
            .collect();
        let serde = serde(kind, columns, unwrapped);
        let payloads = encoder(&serde).unwrap().encode(&arrays, rows.len(), &|row| row == 3).unwrap();
        assert_eq!(payloads.len(), rows.len());
        for (place, row) in rows.iter_mut().enumerate() {
            let is_lost = |value: &Value| *value == Value::from("") || *value == Value::Bytes([].into());
            for value in row {
                if place == 3 || (kind == FormatKind::Delimited && is_lost(value)) {
                    *value = Value::Null;
                }
            }
        }
        let payloads: Vec<_> = payloads.iter().collect();
        let decoded = decode(&serde, &payloads);
        assert_eq!(decoded.failures, []);
        assert_same(&rows_of(&decoded.columns, rows.len()), &rows, kind.name());
        check_cuts(&serde, &payloads);
    }

    #[test]
    fn stored_rows_read_back_by_row_and_by_column(seed: u64) {
        let mut random = Random(seed);
        let columns = random.columns(2);
        let types = || columns.iter().map(|(_, sql_type)| sql_type);
        let rows: Vec<Vec<Value>> = (0..random.below(5))
            .map(|_| types().map(|sql_type| random.value(sql_type)).collect())
            .collect();
        let arrays: Vec<ArrayRef> = types()
            .enumerate()
            .map(|(at, sql_type)| column_of(sql_type, rows.iter().map(|row| &row[at])))
            .collect();
        let stored = EncodedRows::encode(&arrays, rows.len());
        let mut by_row = builders(types());
        for row in stored.iter() {
            prop_assert_eq!(read_row(row, &mut by_row).unwrap(), &[] as &[u8]);
        }
        let by_row: Vec<ArrayRef> = by_row.iter_mut().map(ColumnBuilder::finish).collect();
        let mut left: Vec<&[u8]> = stored.iter().collect();
        let by_column = read_columns(&mut left, types()).unwrap();
        prop_assert!(left.iter().all(|rest| rest.is_empty()));
        assert_same(&rows_of(&by_row, rows.len()), &rows, "by row");
        assert_same(&rows_of(&by_column, rows.len()), &rows, "by column");
        // Damage is found in both ways or in neither, and what is read for it are columns.
        let whole = stored.iter().next().unwrap_or_default();
        for _ in 0..whole.len().min(20) {
            let at = random.below(whole.len() as u64) as usize;
            let mut bytes = whole.to_vec();
            bytes[at] ^= 1 << random.below(8);
            bytes.truncate(bytes.len() - random.below(2) as usize);
            let mut by_row = builders(types());
            let left_by_row = read_row(&bytes, &mut by_row).map(<[u8]>::len);
            let mut left = [bytes.as_slice()];
            let by_column = read_columns(&mut left, types());
            prop_assert_eq!(left_by_row, by_column.as_ref().map(|_| left[0].len()).map_err(|e| *e));
            if let Ok(by_column) = by_column {
                let by_row: Vec<ArrayRef> = by_row.iter_mut().map(ColumnBuilder::finish).collect();
                assert_same(&rows_of(&by_row, 1), &rows_of(&by_column, 1), "damaged");
            }
        }
    }

    #[test]
    fn blocks_of_rows_read_back(seed: u64) {
        let mut random = Random(seed);
        let columns = random.columns(2);
        let types = || columns.iter().map(|(_, sql_type)| sql_type);
        let rows: Vec<Vec<Value>> = (0..random.below(20))
            .map(|_| types().map(|sql_type| random.value(sql_type)).collect())
            .collect();
        let arrays = types()
            .enumerate()
            .map(|(at, sql_type)| column_of(sql_type, rows.iter().map(|row| &row[at])))
            .collect();
        let marks = |random: &mut Random| rows.iter().map(|_| random.one_in(3)).collect::<BooleanBuffer>();
        let times: Vec<i64> = rows.iter().map(|_| random.below(1000) as i64).collect();
        let mut batch = Batch::new(arrays, times.into());
        // Some blocks have marks, or headers, and some do not.
        let (mut blocks, mut written) = (Vec::new(), Vec::new());
        for _ in 0..=random.below(3) {
            batch.deleted = random.one_in(2).then(|| marks(&mut random));
            batch.undone = random.one_in(3).then(|| Undone { rows: marks(&mut random), replaced: marks(&mut random) });
            let headers: Vec<Value> = rows.iter().map(|_| random.value(&SqlType::headers())).map(|list| match list {
                Value::Null => Value::Array([].into()),
                list => list,
            }).collect();
            batch.headers = random.one_in(3).then(|| column_of(&SqlType::headers(), headers.iter()));
            let some: Vec<u32> = (0..rows.len() as u32).filter(|_| random.one_in(2)).collect();
            let mut bytes = Vec::new();
            write_block(&batch, &some, &mut bytes);
            blocks.push(bytes);
            written.push((batch.clone(), some));
        }
        let read = |blocks: &[Vec<u8>]| {
            let blocks: Vec<&[u8]> = blocks.iter().map(Vec::as_slice).collect();
            read_blocks(&blocks, types())
        };
        let (back, counts) = read(&blocks).unwrap();
        prop_assert_eq!(counts, written.iter().map(|(_, rows)| rows.len()).collect::<Vec<_>>());
        let mut found = rows_of(&back.columns, back.row_count()).into_iter().zip(0..);
        for (batch, some) in &written {
            for row in some {
                let (values, at) = found.next().unwrap();
                assert_same(&[values], &[rows[*row as usize].clone()], "row of a block");
                let row = *row as usize;
                prop_assert_eq!(back.times[at], batch.times[row]);
                prop_assert_eq!(back.is_deleted(at), batch.is_deleted(row));
                prop_assert_eq!(back.is_replaced(at), batch.is_replaced(row));
                let is_undone = |batch: &Batch, row| batch.undone.as_ref().is_some_and(|undone| undone.rows.value(row));
                prop_assert_eq!(is_undone(&back, at), is_undone(batch, row));
                let headers = |batch: &Batch, row| batch.headers.as_ref().map_or(Value::Array([].into()), |list| value_at(list, row));
                prop_assert_eq!(headers(&back, at), headers(batch, row));
            }
        }
        // Damage is an error or other rows, never a panic.
        let block = random.below(blocks.len() as u64) as usize;
        let whole = blocks[block].clone();
        for _ in 0..whole.len().min(20) {
            let at = random.below(whole.len() as u64) as usize;
            blocks[block].clone_from(&whole);
            blocks[block][at] ^= 1 << random.below(8);
            blocks[block].truncate(whole.len() - random.below(2) as usize);
            if let Ok((rows, _)) = read(&blocks) {
                rows_of(&rows.columns, rows.row_count());
            }
        }
    }

    #[test]
    fn damaged_documents_are_taken_as_serde_json_takes_them(seed: u64) {
        let random = &mut Random(seed);
        let columns = random.columns(2);
        let row: Vec<Value> = columns.iter().map(|(_, sql_type)| random.value(sql_type)).collect();
        let whole = random.spell_row(&columns, &row);
        let mut bytes = whole.into_bytes();
        for _ in 0..=random.below(2) {
            let place = random.below(bytes.len() as u64) as usize;
            match random.below(4) {
                0 => bytes.truncate(place.max(1)),
                1 => drop(bytes.remove(place)),
                2 => bytes[place] = random.pick(b"\"\\{}[],:0-.eEu nt\x00\x1F\x80\xC3\xFF"),
                _ => bytes.insert(place, random.pick(b"\"\\{}[],:0-.eEu nt\x00\x1F\x80\xC3\xFF")),
            }
            if bytes.is_empty() {
                bytes.push(b'x');
            }
        }
        let is_utf8 = std::str::from_utf8(&bytes).is_ok();
        let theirs = serde_json::from_slice::<IgnoredAny>(&bytes).is_ok();
        if is_utf8 {
            assert_eq!(json::is_document(&bytes), theirs, "{:?}", String::from_utf8_lossy(&bytes));
        }
        let serde = serde(FormatKind::Json, columns, false);
        let decoded = decode(&serde, &[Some(&bytes)]);
        if is_utf8 && !theirs {
            assert_eq!(decoded.failures.len(), 1, "{:?}", String::from_utf8_lossy(&bytes));
        }
        check_cuts(&serde, &[Some(&bytes), Some(b"{}"), Some(&bytes)]);
    }

    #[test]
    fn any_bytes_decode_or_fail(bytes in prop::collection::vec(any::<u8>(), 0..64), seed: u64) {
        let random = &mut Random(seed);
        let kind = random.pick(&[FormatKind::Json, FormatKind::Delimited, FormatKind::Kafka]);
        let columns = match kind {
            FormatKind::Json => random.columns(2),
            FormatKind::Delimited => random.columns(0),
            _kafka => vec![("V".into(), SqlType::Double)],
        };
        let printable: Vec<u8> = bytes.iter().map(|byte| b" \"\\{}[]:,0123456789.eE-+\nntrue"[*byte as usize % 30]).collect();
        check_cuts(&serde(kind, columns, false), &[Some(&bytes), None, Some(&printable)]);
    }

    #[test]
    fn what_is_written_with_a_schema_reads_back(seed: u64) {
        let random = &mut Random(seed);
        let serde = random.schema_serde();
        let rows: Vec<Vec<Value>> =
            (0..random.below(6)).map(|_| random.schema_row(&serde)).collect();
        let payloads = encoded(&serde, &rows);
        let payloads: Vec<_> = payloads.iter().collect();
        let decoded = decode(&serde, &payloads);
        assert_eq!(decoded.failures, [], "{serde:?}");
        let want: Vec<Vec<Value>> = rows.iter().map(|row| as_read(row, &serde)).collect();
        assert_same(&rows_of(&decoded.columns, rows.len()), &want, &format!("{serde:?}"));
        check_cuts(&serde, &payloads);
        let wanted = random.below(serde.columns.len() as u64) as usize;
        let one = decoder(&serde, &[wanted]).unwrap().decode(&payloads);
        assert_eq!(one.columns[0].to_data(), decoded.columns[wanted].to_data());
    }

    #[test]
    fn damaged_records_with_a_schema_decode_or_fail(seed: u64) {
        let random = &mut Random(seed);
        let serde = random.schema_serde();
        let row = random.schema_row(&serde);
        let payloads = encoded(&serde, &[row]);
        let Some(payload) = payloads.get(0) else { return Ok(()) };
        let mut bytes = payload.to_vec();
        for _ in 0..=random.below(3) {
            if bytes.is_empty() {
                break;
            }
            let place = random.below(bytes.len() as u64) as usize;
            match random.below(4) {
                0 => bytes.truncate(place),
                1 => drop(bytes.remove(place)),
                2 => bytes[place] = random.below(256) as u8,
                _ => bytes.insert(place, random.pick(&[0x80, 0xFF, 0, 1, 2, 0x7F])),
            }
        }
        check_cuts(&serde, &[Some(&bytes), Some(payload), None, Some(&bytes)]);
    }
}

/// Formats with schemas.
impl Random {
    /// Makes columns that a format with schemas takes, and registers their schema.
    fn schema_serde(&mut self) -> Serde {
        let kind = self.pick(&[
            FormatKind::Avro,
            FormatKind::JsonSr,
            FormatKind::Protobuf,
            FormatKind::ProtobufNosr,
        ]);
        let nullable = match kind {
            FormatKind::Protobuf | FormatKind::ProtobufNosr => self.pick(&[
                NullableRepresentation::None,
                NullableRepresentation::Optional,
                NullableRepresentation::Wrapper,
            ]),
            _other => NullableRepresentation::None,
        };
        loop {
            let columns = self.columns(2);
            let unwrapped = kind.wraps_or_not() && columns.len() == 1 && self.one_in(2);
            let format = Format { nullable, unwrapped, ..Format::plain(kind) };
            let Ok(text) = schema_text(&format, &columns) else { continue };
            let Some(language) = kind.schema_kind() else { return Serde { format, columns } };
            let registry = SchemaRegistry::new();
            let schema = registry.parse(language, &text, Vec::new()).unwrap();
            let id = registry.register("t-value", schema).unwrap();
            let writer = registry.by_id(id).unwrap();
            let schemas = Some(SideSchemas { registry, writer });
            return Serde { format: Format { schemas, ..format }, columns };
        }
    }

    fn schema_row(&mut self, serde: &Serde) -> Vec<Value> {
        serde.columns.iter().map(|(_, sql_type)| near_days(self.value(sql_type))).collect()
    }
}

/// Dates are days that have a year, a month and a day.
fn near_days(value: Value) -> Value {
    match value {
        Value::Date(days) => Value::Date(days % 1_000_000),
        Value::Array(values) => Value::Array(values.into_iter().map(near_days).collect()),
        Value::Struct(values) => Value::Struct(values.into_iter().map(near_days).collect()),
        Value::Map(entries) => {
            Value::Map(entries.into_iter().map(|(key, value)| (key, near_days(value))).collect())
        }
        other => other,
    }
}

fn encoded(serde: &Serde, rows: &[Vec<Value>]) -> Payloads {
    let column =
        |place: usize| column_of(&serde.columns[place].1, rows.iter().map(|row| &row[place]));
    let arrays: Vec<ArrayRef> = (0..serde.columns.len()).map(column).collect();
    encoder(serde).unwrap().encode(&arrays, rows.len(), &|_| false).unwrap()
}

/// Returns what a row is after it was written and read: in PROTOBUF nulls are lost where nothing stands for them.
fn as_read(row: &[Value], serde: &Serde) -> Vec<Value> {
    let is_protobuf = matches!(serde.format.kind, FormatKind::Protobuf | FormatKind::ProtobufNosr);
    if !is_protobuf {
        return row.to_vec();
    }
    let has_nulls = serde.format.nullable != NullableRepresentation::None;
    let cell = |(value, (_, sql_type)): (&Value, &(Arc<str>, SqlType))| {
        as_message(value, sql_type, has_nulls, false)
    };
    row.iter().zip(&serde.columns).map(cell).collect()
}

fn as_message(value: &Value, sql_type: &SqlType, has_nulls: bool, in_list: bool) -> Value {
    let zero = |zero: Value| if has_nulls && !in_list { Value::Null } else { zero };
    match (value, sql_type) {
        (Value::Null, SqlType::Boolean) => zero(Value::Boolean(false)),
        (Value::Null, SqlType::Int) => zero(Value::Int(0)),
        (Value::Null, SqlType::Bigint) => zero(Value::Bigint(0)),
        (Value::Null, SqlType::Double) => zero(Value::Double(0.0)),
        (Value::Null, SqlType::Varchar) => zero(Value::from("")),
        (Value::Null, SqlType::Bytes) => zero(Value::Bytes([].into())),
        (Value::Null, SqlType::Array(_)) => Value::Array(Vec::new()),
        (Value::Null, SqlType::Map(_, _)) => Value::Map(Vec::new()),
        (Value::Null, SqlType::Timestamp) if in_list => Value::Timestamp(0),
        (Value::Null, SqlType::Time) if in_list => Value::Time(0),
        (Value::Null, SqlType::Decimal { scale, .. }) if in_list => {
            Value::Decimal(Decimal { unscaled: i256::ZERO, scale: *scale })
        }
        (Value::Null, SqlType::Struct(fields)) if in_list => {
            let field =
                |field: &StructField| as_message(&Value::Null, &field.sql_type, has_nulls, false);
            Value::Struct(fields.iter().map(field).collect())
        }
        (Value::Array(values), SqlType::Array(element)) => {
            let element = |value: &Value| as_message(value, element, has_nulls, true);
            Value::Array(values.iter().map(element).collect())
        }
        (Value::Map(entries), SqlType::Map(_, value_type)) => {
            let entry = |(key, value): &(Value, Value)| {
                (key.clone(), as_message(value, value_type, has_nulls, true))
            };
            Value::Map(entries.iter().map(entry).collect())
        }
        (Value::Struct(values), SqlType::Struct(fields)) => {
            let field = |(value, field): (&Value, &StructField)| {
                as_message(value, &field.sql_type, has_nulls, false)
            };
            Value::Struct(values.iter().zip(fields.iter()).map(field).collect())
        }
        (other, _) => other.clone(),
    }
}
