//! A time where bytes are wanted.
use std::time::Duration;

use spankit::storage::ReadEnd;

fn main() {
    let _ = ReadEnd { bytes_in: Duration::from_secs(1), is_cached: None };
}
