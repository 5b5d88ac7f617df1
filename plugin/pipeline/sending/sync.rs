//! The locks and threads of `queue.rs` and `wake.rs`. `tests/loom` compiles those two files with a module of the same
//! name that has the types of `loom`, which runs them in all orders that threads can take.

pub(crate) use parking_lot::{Condvar, Mutex, MutexGuard};
pub(crate) use std::thread;
