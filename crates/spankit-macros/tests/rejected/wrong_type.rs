//! A text where a number is wanted.
use spankit::job::Job;

fn main() {
    let _ = Job::new("index", "articles", "first");
}
