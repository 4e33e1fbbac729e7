//! Record batches: what goes in comes out with every codec, and no bytes whatever do harm.

use expect_test::expect;
use proptest::prelude::*;
use tidemill::log::*;

type Record = (i64, Option<Vec<u8>>, Option<Vec<u8>>, Vec<(Vec<u8>, Option<Vec<u8>>)>);

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![prop::collection::vec(any::<u8>(), 0..300), Just(vec![7; 70_000])]
}

fn record() -> impl Strategy<Value = Record> {
    let header = (prop::collection::vec(any::<u8>(), 0..20), prop::option::of(bytes()));
    let headers = prop::collection::vec(header, 0..3);
    (0..i64::MAX / 2, prop::option::of(bytes()), prop::option::of(bytes()), headers)
}

fn build(codec: Compression, records: &[Record]) -> EncodedBatches {
    let mut builder = RecordBatchBuilder::new(codec);
    for (timestamp, key, value, headers) in records {
        let headers: Vec<_> =
            headers.iter().map(|(key, value)| Header { key, value: value.as_deref() }).collect();
        builder.push(*timestamp, key.as_deref(), value.as_deref(), &headers).unwrap();
    }
    builder.finish()
}

fn decode(bytes: &[u8]) -> Result<Vec<Record>, BatchError> {
    let mut buffer = RecordBuffer::new();
    let mut records = Vec::new();
    for record in BatchView::try_new(bytes)?.records(&mut buffer)? {
        let record = record?;
        let mut headers = Vec::new();
        for header in record.headers.clone() {
            let header = header?;
            headers.push((header.key.to_vec(), header.value.map(<[u8]>::to_vec)));
        }
        let key = record.key.map(<[u8]>::to_vec);
        records.push((record.timestamp, key, record.value.map(<[u8]>::to_vec), headers));
    }
    Ok(records)
}

/// Puts a valid checksum on damaged bytes, so that the decoders behind the checksum see them.
fn reseal(bytes: &mut [u8]) {
    if 61 <= bytes.len() {
        let crc = crc32c::crc32c(&bytes[21..]);
        bytes[17..21].copy_from_slice(&crc.to_be_bytes());
    }
}

fn codec() -> impl Strategy<Value = Compression> {
    prop::sample::select(Compression::ALL.to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_record_comes_back(codec in codec(), records in prop::collection::vec(record(), 1..30)) {
        let built = build(codec, &records);
        prop_assert_eq!(decode(built.bytes()).unwrap(), records.clone());
        let wired = EncodedBatches::try_from_wire(built.bytes()).unwrap();
        prop_assert_eq!(wired.bytes(), built.bytes());
        for other in Compression::ALL {
            let again = built.recompressed(other).unwrap();
            prop_assert_eq!(decode(again.bytes()).unwrap(), records.clone());
        }
    }

    #[test]
    fn any_bytes_are_an_error_or_a_batch(mut bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = EncodedBatches::try_from_wire(&bytes);
        if 17 < bytes.len() {
            bytes[16] = 2;
        }
        reseal(&mut bytes);
        let _ = decode(&bytes);
        let _ = EncodedBatches::try_from_wire(&bytes);
    }

    #[test]
    fn a_damaged_batch_is_an_error_or_a_batch(
        codec in codec(),
        records in prop::collection::vec(record(), 1..5),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = build(codec, &records).bytes().to_vec();
        for (place, value) in &changes {
            let place = place.index(bytes.len());
            bytes[place] = *value;
        }
        let _ = EncodedBatches::try_from_wire(&bytes);
        reseal(&mut bytes);
        let _ = EncodedBatches::try_from_wire(&bytes);
        let _ = decode(&bytes);
        prop_assert!(EncodedBatches::try_from_wire(&bytes[..cut.index(bytes.len())]).map_or(true, |cut| cut.is_empty()));
    }

    #[test]
    fn any_change_under_the_checksum_is_found(
        codec in codec(), records in prop::collection::vec(record(), 1..5),
        place in any::<prop::sample::Index>(), bit in 0..8u8,
    ) {
        let mut bytes = build(codec, &records).bytes().to_vec();
        let place = 17 + place.index(bytes.len() - 17);
        bytes[place] ^= 1u8 << bit;
        prop_assert!(decode(&bytes).is_err());
    }
}

#[test]
fn columns_are_the_same_as_records() {
    let keys = BytesColumn { offsets: &[0, 1, 1, 3], bytes: b"abc", validity: Some(&[0b101]) };
    let values = BytesColumn { offsets: &[0, 2, 2, 4], bytes: b"wxyz", validity: None };
    let mut columns = RecordBatchBuilder::new(Compression::None);
    columns.push_columns(&[5, 3, 9], Some(keys), Some(values)).unwrap();
    let mut rows = RecordBatchBuilder::new(Compression::None);
    rows.push(5, Some(b"a"), Some(b"wx"), &[]).unwrap();
    rows.push(3, None, Some(b""), &[]).unwrap();
    rows.push(9, Some(b"bc"), Some(b"yz"), &[]).unwrap();
    assert_eq!(columns.finish().bytes(), rows.finish().bytes());
}

/// What Kafka 4.1's Java client writes for the two records of [`bytes_are_those_that_kafka_writes`].
const KAFKA: [(Compression, &str); 5] = [
    (
        Compression::None,
        "000000000000000000000049ffffffff029357547f00000000000100000000000003e800000000000003e9ffff\
         ffffffffffffffffffffffff0000000220000000026b0a76616c756502026802780c000202010100",
    ),
    (
        Compression::Gzip,
        "00000000000000000000005dffffffff02caf6d06000010000000100000000000003e800000000000003e9ffff\
         ffffffffffffffffffffffff000000021f8b08000000000000ff5360606060cae62a4bcc294d6562ca60aae0\
         6160626264640000d6d0c14218000000",
    ),
    (
        Compression::Snappy,
        "00000000000000000000005fffffffff02d395013e00020000000100000000000003e800000000000003e9ffff\
         ffffffffffffffffffffffff0000000282534e415050590000000001000000010000001a185c20000000026b0a\
         76616c756502026802780c000202010100",
    ),
    (
        Compression::Lz4,
        "000000000000000000000058ffffffff026e92a83d00030000000100000000000003e800000000000003e9ffff\
         ffffffffffffffffffffffff0000000204224d186040821800008020000000026b0a76616c756502026802780c\
         00020201010000000000",
    ),
    (
        Compression::Zstd,
        "000000000000000000000055ffffffff029058b54500040000000100000000000003e800000000000003e9ffff\
         ffffffffffffffffffffffff0000000228b52ffd0058c0000020000000026b0a76616c756502026802780c0002\
         02010100010000",
    ),
];

fn from_hex(hex: &str) -> Vec<u8> {
    let digits = hex.as_bytes().chunks_exact(2);
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

#[test]
fn bytes_are_those_that_kafka_writes() {
    let mut builder = RecordBatchBuilder::new(Compression::None);
    let headers = [Header { key: b"h", value: Some(b"x") }];
    builder.push(1_000, Some(b"k"), Some(b"value"), &headers).unwrap();
    builder.push(1_001, None, None, &[]).unwrap();
    let ours = builder.finish();
    let mut kafkas = from_hex(KAFKA[0].1);
    // The leader epoch is the log's to fill in; Kafka's client leaves it at -1.
    kafkas[12..16].fill(0);
    assert_eq!(ours.bytes(), kafkas);
    for (codec, hex) in KAFKA {
        let theirs = EncodedBatches::try_from_wire(&from_hex(hex)).unwrap();
        assert_eq!(theirs.headers().next().unwrap().compression(), Ok(codec));
        assert_eq!(decode(theirs.bytes()), decode(ours.bytes()), "{codec:?}");
    }
}

#[track_caller]
fn refused(change: impl FnOnce(&mut Vec<u8>), want: expect_test::Expect) {
    let mut bytes =
        build(Compression::None, &[(5, None, Some(b"value".to_vec()), vec![])]).bytes().to_vec();
    change(&mut bytes);
    reseal(&mut bytes);
    want.assert_eq(&EncodedBatches::try_from_wire(&bytes).unwrap_err().to_string());
}

#[test]
fn refuses_what_only_the_log_may_write() {
    refused(|bytes| bytes[22] |= 0x20, expect!["batch is a control batch"]);
    refused(|bytes| bytes[22] |= 0x08, expect!["batch is of log append time"]);
    refused(|bytes| bytes[22] |= 0x10, expect!["batch is transactional without a producer"]);
    refused(|bytes| bytes[22] |= 0x07, expect!["batch has unknown compression codec 7"]);
    refused(|bytes| bytes[22] |= 0x40, expect!["batch is of unknown attributes"]);
    let producer = |bytes: &mut Vec<u8>| bytes[43..51].copy_from_slice(&5i64.to_be_bytes());
    refused(producer, expect!["batch is of a producer without epoch or sequence"]);
}

#[test]
fn refuses_counts_and_lengths_that_are_not_so() {
    refused(|bytes| bytes[16] = 1, expect!["batch has format version 1, not 2"]);
    refused(|bytes| bytes[60] = 2, expect!["batch has an impossible count or offset 2"]);
    refused(
        |bytes| bytes[57] = 0x7f,
        expect!["batch has an impossible count or offset 2130706433"],
    );
    refused(|bytes| bytes[8] = 0x7f, expect!["batch of 2130706505 bytes has only 73"]);
    refused(
        |bytes| bytes[61] = 0x7e,
        expect!["batch holds a damaged record: record ends too early"],
    );
    refused(|bytes| bytes.truncate(40), expect!["batch of 61 bytes has only 40"]);
}

#[test]
fn refuses_a_decompression_bomb_at_the_limit() {
    let mut zeros = Vec::new();
    for codec in [Compression::Gzip, Compression::Lz4, Compression::Zstd, Compression::Snappy] {
        let mut builder = RecordBatchBuilder::new(codec);
        zeros.resize(100 * 1024 * 1024, 0);
        builder.push(0, None, Some(&zeros), &[]).unwrap();
        assert!(builder.push(0, None, Some(&zeros), &[]).is_err());
        let bytes = builder.finish();
        assert!(EncodedBatches::try_from_wire(bytes.bytes()).is_ok(), "{codec:?}");
    }
}

#[test]
fn reads_snappy_without_frames_too() {
    let plain = build(Compression::None, &[(5, None, Some(b"value".to_vec()), vec![])]);
    let records = snap::raw::Encoder::new().compress_vec(&plain.bytes()[61..]).unwrap();
    let mut bytes = plain.bytes()[..61].to_vec();
    bytes.extend_from_slice(&records);
    bytes[22] = 2;
    let length = bytes.len() as i32 - 12;
    bytes[8..12].copy_from_slice(&length.to_be_bytes());
    reseal(&mut bytes);
    assert_eq!(decode(&bytes).unwrap(), decode(plain.bytes()).unwrap());
}
