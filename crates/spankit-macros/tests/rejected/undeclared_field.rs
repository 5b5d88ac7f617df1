//! A field that is given and not declared.
use spankit::udf::UdfEnd;

fn main() {
    let _ = UdfEnd { rows: 1, columns: 2 };
}
