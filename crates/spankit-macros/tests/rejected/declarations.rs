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
spankit::span_family! {
    pub span A("a", internal) {
        a: u8 = "a", b: u8 = "b", c: u8 = "c", d: u8 = "d", e: u8 = "e", f: u8 = "f", g: u8 = "g",
        h: u8 = "h", i: u8 = "i", j: u8 = "j", k: u8 = "k", l: u8 = "l", m: u8 = "m", n: u8 = "n",
        o: u8 = "o", p: u8 = "p", q: u8 = "q", r: u8 = "r", s: u8 = "s", t: u8 = "t", u: u8 = "u",
        v: u8 = "v", w: u8 = "w", x: u8 = "x", y: u8 = "y", z: u8 = "z", aa: u8 = "aa", bb: u8 = "bb",
    } => B { outcome = "outcome" }
}

fn main() {}
