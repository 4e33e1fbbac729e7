//! The engine.

pub mod clock;
pub mod disk;
pub mod types;
pub mod log;
