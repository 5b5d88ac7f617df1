//! A text is not a metric.
spankit::span_family! {
    pub span A("a", internal) {} => AEnd { text: String = "a.text" }
    metrics { text: counter = "a.texts" }
}

fn main() {}
