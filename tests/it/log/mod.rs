//! The log: what is appended is read again, in Kafka's format.

mod append_and_read;
mod batches;
mod compaction;
mod consumer_offsets;
mod crash;
mod damage;
mod fixture;
mod inspect;
mod producers;
mod recovery;
mod retention;
