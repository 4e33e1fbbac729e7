//! The bytes of a simulated file: what a reader sees, and what a power loss would leave.

use std::collections::BTreeMap;

use super::random::Random;

/// The unit that a disk writes whole or not at all.
const SECTOR: usize = 512;

/// The bytes of a file.
///
/// Only what differs from the last sync is kept twice, so that a file that is appended to costs its bytes once.
#[derive(Clone, Debug, Default)]
pub(super) struct Contents {
    live: Vec<u8>,
    durable_len: usize,
    /// The synced bytes of the sectors that were overwritten or cut off since.
    overwritten: BTreeMap<usize, Vec<u8>>,
    /// A sync failed: the kernel has dropped its memory of what is dirty, so no later sync helps.
    poisoned: bool,
}

impl Contents {
    pub(super) fn len(&self) -> u64 {
        self.live.len() as u64
    }

    pub(super) fn read(&self, buffer: &mut [u8], position: usize) -> usize {
        let from = position.min(self.live.len());
        let len = buffer.len().min(self.live.len() - from);
        buffer[..len].copy_from_slice(&self.live[from..from + len]);
        len
    }

    pub(super) fn write(&mut self, bytes: &[u8], position: usize) {
        let end = position + bytes.len();
        self.keep_synced(position, end);
        if self.live.len() == position {
            self.live.extend_from_slice(bytes);
            return;
        }
        if self.live.len() < end {
            self.live.resize(end, 0);
        }
        self.live[position..end].copy_from_slice(bytes);
    }

    /// Cuts or grows the file and returns how many bytes that freed.
    pub(super) fn truncate(&mut self, len: usize) -> u64 {
        let freed = self.live.len().saturating_sub(len);
        self.keep_synced(len, self.durable_len);
        self.live.resize(len, 0);
        freed as u64
    }

    pub(super) fn sync(&mut self) {
        if !self.poisoned {
            self.overwritten.clear();
            self.durable_len = self.live.len();
        }
    }

    pub(super) fn poison(&mut self) {
        self.poisoned = true;
    }

    /// Remembers the synced bytes of the sectors from `from` to `end`, before they change.
    fn keep_synced(&mut self, from: usize, end: usize) {
        let end = end.min(self.durable_len);
        if end <= from {
            return;
        }
        for sector in from / SECTOR..end.div_ceil(SECTOR) {
            let bytes = &self.live;
            self.overwritten.entry(sector).or_insert_with(|| slice(bytes, sector).to_vec());
        }
    }

    /// Returns what may be found after a power loss.
    pub(super) fn after_power_loss(&self, random: &mut Random, reorders: bool) -> Contents {
        let survives = Survival::choose(random, reorders);
        let len = match survives {
            Survival::Nothing => self.durable_len,
            _ if self.live.len() <= self.durable_len => {
                if random.coin() {
                    self.live.len()
                } else {
                    self.durable_len
                }
            }
            _ => self.durable_len + random.up_to(self.live.len() - self.durable_len),
        };
        let mut bytes = vec![0; len];
        for (sector, target) in bytes.chunks_mut(SECTOR).enumerate() {
            let is_kept = match survives {
                Survival::Nothing => false,
                Survival::UpToTheEnd => true,
                Survival::SomeSectors => random.coin(),
            };
            let source =
                if is_kept { slice(&self.live, sector) } else { self.durable_sector(sector) };
            let len = source.len().min(target.len());
            target[..len].copy_from_slice(&source[..len]);
        }
        Contents { durable_len: bytes.len(), live: bytes, ..Contents::default() }
    }

    /// Returns the synced bytes of a sector.
    fn durable_sector(&self, sector: usize) -> &[u8] {
        let bytes = match self.overwritten.get(&sector) {
            Some(bytes) => bytes.as_slice(),
            None => slice(&self.live, sector),
        };
        let len = self.durable_len.saturating_sub(sector * SECTOR).min(bytes.len());
        &bytes[..len]
    }
}

/// What of the unsynced bytes reaches the disk.
#[derive(Clone, Copy)]
enum Survival {
    Nothing,
    /// All before the end of the file, which is anywhere.
    UpToTheEnd,
    /// Any sectors.
    SomeSectors,
}

impl Survival {
    fn choose(random: &mut Random, reorders: bool) -> Survival {
        match random.up_to(if reorders { 3 } else { 1 }) {
            0 => Survival::Nothing,
            1 => Survival::UpToTheEnd,
            _ => Survival::SomeSectors,
        }
    }
}

fn slice(bytes: &[u8], sector: usize) -> &[u8] {
    let from = (sector * SECTOR).min(bytes.len());
    &bytes[from..(from + SECTOR).min(bytes.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crashed(contents: &Contents, seed: u64) -> Vec<u8> {
        contents.after_power_loss(&mut Random::new(seed), true).live
    }

    #[test]
    fn synced_bytes_survive_and_others_may_not() {
        let mut contents = Contents::default();
        contents.write(&[1; 1_000], 0);
        contents.sync();
        contents.write(&[2; 3_000], 1_000);
        let outcomes: Vec<_> = (0..64).map(|seed| crashed(&contents, seed)).collect();
        assert!(outcomes.iter().all(|bytes| bytes[..1_000] == [1; 1_000]));
        assert!(outcomes.iter().any(|bytes| bytes.len() == 1_000));
        let is_torn = |bytes: &Vec<u8>| bytes[1_000..].windows(2).any(|pair| pair == [0, 2]);
        assert!(outcomes.iter().any(is_torn));
    }

    #[test]
    fn an_unsynced_overwrite_or_cut_may_be_undone() {
        let mut contents = Contents::default();
        contents.write(&[1; 2_000], 0);
        contents.sync();
        contents.write(&[2; 600], 100);
        contents.truncate(900);
        let outcomes: Vec<_> = (0..64).map(|seed| crashed(&contents, seed)).collect();
        assert!(outcomes.contains(&vec![1; 2_000]));
        assert!(outcomes.iter().any(|bytes| bytes.len() == 900 && bytes[100..700] == [2; 600]));
        assert!(outcomes.iter().all(|bytes| bytes[..100] == [1; 100]));
    }

    #[test]
    fn nothing_unsynced_survives_a_failed_sync() {
        let mut contents = Contents::default();
        contents.write(&[1; 10], 0);
        contents.poison();
        contents.sync();
        assert!((0..64).any(|seed| crashed(&contents, seed).is_empty()));
    }
}
