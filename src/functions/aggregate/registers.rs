//! An estimate of how many different hashes there were: HyperLogLog with 2^16 registers.

/// For each of 2^16 classes of hashes, how rare the rarest was.
///
/// The estimate is Ertl's ("New cardinality estimation algorithms for HyperLogLog sketches", 2017), which needs no tables of
/// corrections and holds for any number. Its standard error is 1.04 / sqrt(2^16), 0.4 %.
pub(super) struct Registers {
    ranks: Box<[u8]>,
}

/// How many bits of a hash choose its class.
const CLASS_BITS: u32 = 16;
/// The largest rank: the other bits are all 0.
const RANK_MAX: u8 = 64 - CLASS_BITS as u8 + 1;

impl Default for Registers {
    fn default() -> Self {
        Registers { ranks: vec![0; Self::SIZE].into_boxed_slice() }
    }
}

impl Registers {
    /// How many bytes they are.
    pub(super) const SIZE: usize = 1 << CLASS_BITS;

    /// Takes registers as they were saved; none if they never could be.
    pub(super) fn try_new(ranks: &[u8]) -> Option<Self> {
        let is_valid = ranks.len() == Self::SIZE && ranks.iter().all(|rank| *rank <= RANK_MAX);
        is_valid.then(|| Registers { ranks: ranks.into() })
    }

    /// Returns them as bytes.
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.ranks
    }

    /// Adds a hash.
    pub(super) fn add(&mut self, hash: u64) {
        let class = (hash >> (64 - CLASS_BITS)) as usize;
        let rest = hash << CLASS_BITS | 1 << (CLASS_BITS - 1);
        let rank = rest.leading_zeros() as u8 + 1;
        self.ranks[class] = self.ranks[class].max(rank);
    }

    /// Adds all hashes that others have seen.
    pub(super) fn merge(&mut self, other: &Registers) {
        for (rank, other) in self.ranks.iter_mut().zip(&other.ranks) {
            *rank = (*rank).max(*other);
        }
    }

    /// Estimates how many different hashes were added.
    pub(super) fn count(&self) -> i64 {
        let mut counts = [0_u32; RANK_MAX as usize + 1];
        self.ranks.iter().for_each(|rank| counts[usize::from(*rank)] += 1);
        let share = |rank: usize| f64::from(counts[rank]) / Self::SIZE as f64;
        let last = usize::from(RANK_MAX);
        let mut sum = tau(1.0 - share(last));
        for rank in (1..last).rev() {
            sum = 0.5 * (sum + share(rank));
        }
        sum += sigma(share(0));
        let estimate = Self::SIZE as f64 / (2.0 * std::f64::consts::LN_2 * sum);
        estimate.round() as i64
    }
}

/// What registers that no hash has reached add.
fn sigma(share: f64) -> f64 {
    if 1.0 <= share {
        return f64::INFINITY;
    }
    let (mut power, mut weight, mut sum) = (share, 1.0, share);
    loop {
        power *= power;
        let next = sum + power * weight;
        if next <= sum {
            return sum;
        }
        sum = next;
        weight *= 2.0;
    }
}

/// What registers that can rise no more add.
fn tau(share: f64) -> f64 {
    if share <= 0.0 || 1.0 <= share {
        return 0.0;
    }
    let (mut power, mut weight, mut sum) = (share, 1.0, 1.0 - share);
    loop {
        power = power.sqrt();
        weight *= 0.5;
        let next = sum - (1.0 - power).powi(2) * weight;
        if sum <= next {
            return sum / 3.0;
        }
        sum = next;
    }
}
