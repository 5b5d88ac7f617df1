//! A number where bytes are wanted.
use spankit::storage::ReadEnd;

fn main() {
    let _ = ReadEnd { bytes_in: 10, is_cached: None };
}
