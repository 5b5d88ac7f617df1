//! A field that is declared and not given.
use spankit::udf::Udf;

fn main() {
    let _ = Udf { name: "length" };
}
