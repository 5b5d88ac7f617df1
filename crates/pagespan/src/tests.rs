//! The layer on a kernel that remembers what it was told.

mod context;
mod signals;
mod spans;
mod support;
