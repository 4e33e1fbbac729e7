//! Which partition a record goes to, as Kafka's Java producer chooses it.

/// Returns the partition of a key: records of one key stay in order.
///
/// # Panics
///
/// If there are no partitions.
pub fn partition_for_key(key: &[u8], partitions: u32) -> u32 {
    let positive = murmur2(key) & 0x7fff_ffff;
    positive % partitions
}

/// Kafka's hash of a key (MurmurHash2, 32 bits, with Kafka's seed).
pub fn murmur2(bytes: &[u8]) -> u32 {
    const M: u32 = 0x5bd1_e995;
    let mut hash = 0x9747_b28c ^ bytes.len() as u32;
    let mut words = bytes.chunks_exact(4);
    for word in words.by_ref() {
        let mut k = u32::from_le_bytes([word[0], word[1], word[2], word[3]]).wrapping_mul(M);
        k = (k ^ (k >> 24)).wrapping_mul(M);
        hash = hash.wrapping_mul(M) ^ k;
    }
    let rest = words.remainder();
    if !rest.is_empty() {
        let last = rest.iter().rev().fold(0, |last, byte| last << 8 | u32::from(*byte));
        hash = (hash ^ last).wrapping_mul(M);
    }
    hash = (hash ^ (hash >> 13)).wrapping_mul(M);
    hash ^ (hash >> 15)
}

/// Chooses a partition for records without a key: the same one until the batch is full (KIP-480).
#[derive(Clone, Debug)]
pub struct StickyPartitioner {
    partitions: u32,
    current: u32,
}

impl StickyPartitioner {
    /// Starts with a partition that `seed` decides, so that many producers do not all begin with the first.
    ///
    /// # Panics
    ///
    /// If there are no partitions.
    pub fn new(partitions: u32, seed: u32) -> Self {
        StickyPartitioner { partitions, current: seed % partitions }
    }

    /// Returns the partition of the current batch.
    pub fn partition(&self) -> u32 {
        self.current
    }

    /// Goes on to another partition, because a batch was sent.
    pub fn next_batch(&mut self) {
        self.current = (self.current + 1) % self.partitions;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values of Kafka's own test of its hash.
    #[test]
    fn hashes_as_kafka_does() {
        let cases: [(&str, i32); 6] = [
            ("21", -973932308),
            ("foobar", -790332482),
            ("a-little-bit-long-string", -985981536),
            ("a-little-bit-longer-string", -1486304829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
            ("abc", 479470107),
        ];
        for (key, hash) in cases {
            assert_eq!(murmur2(key.as_bytes()) as i32, hash, "{key}");
        }
    }

    #[test]
    fn a_key_stays_in_its_partition() {
        assert_eq!(partition_for_key(b"21", 10), (-973932308i32 as u32 & 0x7fff_ffff) % 10);
        assert!((0..1000u32).all(|key| partition_for_key(&key.to_le_bytes(), 3) < 3));
    }

    #[test]
    fn a_keyless_batch_stays_together() {
        let mut sticky = StickyPartitioner::new(3, 5);
        let first = sticky.partition();
        assert_eq!((first, sticky.partition()), (2, 2));
        sticky.next_batch();
        assert_eq!(sticky.partition(), 0);
    }
}
