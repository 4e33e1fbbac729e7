//! What people are told of functions is true.

mod examples;
