//! A span ends once.
use spankit::udf::{Udf, UdfEnd};

fn main() {
    let udf = Udf { name: "length", version: "1" }.start();
    udf.ok(UdfEnd { rows: 1 });
    udf.fail_as("timeout");
}
