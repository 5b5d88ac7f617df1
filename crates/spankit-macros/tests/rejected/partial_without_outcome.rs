//! A family that declares no outcome has no partial one.
use spankit::udf::{Udf, UdfEnd};

fn main() {
    Udf { name: "length", version: "1" }.start().partial(UdfEnd { rows: 1 });
}
