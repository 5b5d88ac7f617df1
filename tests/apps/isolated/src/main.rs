//! See the library of this package.

fn main() {
    isolated::run();
}
