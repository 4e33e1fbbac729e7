//! Compaction: of the records of a key the latest stays, in Kafka's way (KIP-58, KIP-98, KIP-280, KIP-534).
//!
//! ```text
//! sealed segments, before the last stable offset        the segment that is written to
//! ├─ cleaned before ─┼─ dirty ──────────────────────┤
//!                    └─▶ KeyMap: key ─▶ latest offset, as many keys as its memory takes
//! └─▶ Cleaner: all of them again, without the records that the map knows later ones of ─▶ BASE.log.cleaned ─▶ Swap
//! ```
//!
//! What goes: records with a later one of their key, aborted records, tombstones and transaction markers whose delete
//! horizon has passed. A tombstone gets its horizon when the records before it are gone; a marker when all batches
//! of its transaction are. What stays: the last batches of producers that are remembered (without their records if
//! need be), the last record of the partition, and the offsets of all that is left.
//!
//! Kafka leaves gaps between the offsets of batches. Here an empty batch stands in each, so that a missing batch is
//! still recognised as damage.

mod cleaner;
mod key_map;
mod swap;
mod transactions;

pub(super) use self::cleaner::{CleanError, Cleaned, Cleaner, Plan, Removed};
pub(super) use self::key_map::KeyMap;
pub(super) use self::swap::{Swap, cleaned_segments, finish_swaps};
pub(super) use self::transactions::Transactions;
