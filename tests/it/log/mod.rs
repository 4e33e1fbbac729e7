//! The log: what is appended is read again, in Kafka's format.

mod append_and_read;
mod crash;
mod fixture;
mod random;
