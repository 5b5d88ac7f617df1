//! Declarations that make no sense.
spankit::span_family! { pub span A("a {missing}", internal) { field: u64 = "a.field" } }
spankit::span_family! { pub span A("a {field}", internal) { field: Option<u64> = "a.field" } }
spankit::span_family! { pub span A("a {field", internal) { field: u64 = "a.field" } }
spankit::span_family! { pub span A("a", remote) {} }
spankit::span_family! { pub span A("a", internal) { field: u64 = "Field" } }
spankit::span_family! { pub span A("a", internal) { field: u64 = "error.type" } }
spankit::span_family! { pub span A("a", internal) { field: u64 = "a.field" } => B { field: u64 = "a.field" } }
spankit::span_family! { pub span A("a", internal) { start: u64 = "a.field" } }
spankit::span_family! { pub span A("a", internal) {} metrics by(field) {} }
spankit::span_family! { pub span A("a", internal) {} metrics { field: counter = "a.fields" } }
spankit::span_family! { pub span A("a", internal) {} metrics { duration: gauge = "a.duration" } }
spankit::span_family! { pub struct A {} }

fn main() {}
