//! Documents in and out, by example.
