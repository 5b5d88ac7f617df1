//! A trace as a tree, and questions to ask it. A question that has no answer panics with the tree, so
//! that a failing test shows what there was.

use std::{collections::BTreeMap, fmt, ops::Deref};

use crate::span::{Kind, Span, Status};

/// The spans of one trace, by start.
#[derive(Debug, Clone)]
pub struct Trace(Vec<Span>);

/// All traces among `spans`, in the order in which they began.
pub fn traces(spans: &[Span]) -> Vec<Trace> {
    let mut by_id = BTreeMap::<&str, Vec<Span>>::new();
    for span in spans {
        by_id
            .entry(span.trace_id.as_str())
            .or_default()
            .push(span.clone());
    }
    let mut traces: Vec<_> = by_id
        .into_values()
        .map(|mut spans| {
            spans.sort_by_key(|span| (span.start, std::cmp::Reverse(span.end)));
            Trace(spans)
        })
        .collect();
    traces.sort_by_key(|trace| trace.0[0].start);
    traces
}

impl Trace {
    /// All its spans.
    pub fn spans(&self) -> &[Span] {
        &self.0
    }

    /// Whether it has one root, and every other span's parent is among the spans.
    pub fn is_whole(&self) -> bool {
        let roots = self
            .0
            .iter()
            .filter(|span| span.parent_span_id.is_empty())
            .count();
        let known = |id: &str| self.0.iter().any(|span| span.span_id == id);
        roots == 1
            && self
                .0
                .iter()
                .all(|span| span.parent_span_id.is_empty() || known(&span.parent_span_id))
    }

    /// The spans whose parent is `span_id`.
    pub fn children(&self, span_id: &str) -> impl Iterator<Item = &Span> {
        self.0
            .iter()
            .filter(move |span| span.parent_span_id == span_id)
    }

    /// The one root, which has to be called `name`.
    #[track_caller]
    pub fn root(&self, name: &str) -> Node<'_> {
        let roots: Vec<_> = self.children("").collect();
        match roots.as_slice() {
            [root] if root.name == name => Node {
                trace: self,
                span: root,
            },
            _ => panic!("expected the root {name:?} in\n{self}"),
        }
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, span: &Span, depth: usize) -> fmt::Result {
        let label = format!("{}{}", "  ".repeat(depth), span.name);
        let kind = match span.kind {
            Kind::Client => "client",
            Kind::Server => "server",
            Kind::Producer => "producer",
            Kind::Consumer => "consumer",
            Kind::Internal | Kind::Unspecified => "",
        };
        let outcome = match &span.status {
            Status::Error(message) if message.is_empty() => "  error".to_owned(),
            Status::Error(message) => format!("  error: {message}"),
            Status::Ok | Status::Unset => String::new(),
        };
        writeln!(
            f,
            "{label:<44} {:>9.2} ms  {kind:<6}{outcome}",
            span.millis()
        )?;
        self.children(&span.span_id)
            .try_for_each(|child| self.write(f, child, depth + 1))
    }
}

impl fmt::Display for Trace {
    /// One line per span, indented below its parent. Spans whose parent is missing come last.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.children("")
            .try_for_each(|root| self.write(f, root, 0))?;
        let known = |id: &str| self.0.iter().any(|span| span.span_id == id);
        for orphan in &self.0 {
            if !orphan.parent_span_id.is_empty() && !known(&orphan.parent_span_id) {
                writeln!(f, "(the parent {} is missing)", orphan.parent_span_id)?;
                self.write(f, orphan, 1)?;
            }
        }
        Ok(())
    }
}

/// A span in its trace.
#[derive(Clone, Copy)]
pub struct Node<'a> {
    trace: &'a Trace,
    span: &'a Span,
}

impl Deref for Node<'_> {
    type Target = Span;

    fn deref(&self) -> &Span {
        self.span
    }
}

impl<'a> Node<'a> {
    /// The only child, which has to be called `name`.
    #[track_caller]
    pub fn child(self, name: &str) -> Node<'a> {
        let children: Vec<_> = self.trace.children(&self.span.span_id).collect();
        match children.as_slice() {
            [child] if child.name == name => Node {
                trace: self.trace,
                span: child,
            },
            _ => panic!(
                "expected {name:?} as the only child of {:?} in\n{}",
                self.span.name, self.trace
            ),
        }
    }

    /// All children.
    pub fn children(self) -> Vec<Node<'a>> {
        self.trace
            .children(&self.span.span_id)
            .map(|span| Node {
                trace: self.trace,
                span,
            })
            .collect()
    }

    /// The same span, which has to be of this kind.
    #[track_caller]
    pub fn kind(self, kind: Kind) -> Self {
        self.expect(self.span.kind == kind, &format!("{kind:?}"))
    }

    /// The same span, which has to come from this scope.
    #[track_caller]
    pub fn scope(self, scope: &str) -> Self {
        self.expect(self.span.scope == scope, &format!("the scope {scope}"))
    }

    /// The same span, which has to have succeeded.
    #[track_caller]
    pub fn ok(self) -> Self {
        self.expect(!self.span.is_error(), "no error")
    }

    /// The same span, which has to have failed with this `error.type`.
    #[track_caller]
    pub fn error(self, error_type: &str) -> Self {
        let failed = self.span.is_error() && self.span.text("error.type") == error_type;
        self.expect(failed, &format!("an error of the type {error_type}"))
    }

    /// The same span, which has to have this attribute.
    #[track_caller]
    pub fn has(self, key: &str, value: impl Into<serde_json::Value>) -> Self {
        let value = value.into();
        let holds = self.span.attributes.get(key) == Some(&value);
        self.expect(holds, &format!("{key} = {value}"))
    }

    /// The same span, which has to have no children.
    #[track_caller]
    pub fn leaf(self) -> Self {
        let leaf = self.trace.children(&self.span.span_id).next().is_none();
        self.expect(leaf, "no children")
    }

    #[track_caller]
    fn expect(self, holds: bool, expected: &str) -> Self {
        assert!(
            holds,
            "expected {expected} of {:?} ({:?}, {:?}, {}, {:?}) in\n{}",
            self.span.name,
            self.span.kind,
            self.span.status,
            self.span.scope,
            self.span.attributes,
            self.trace
        );
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(id: &str, parent: &str, name: &str) -> Span {
        Span {
            trace_id: "t".into(),
            span_id: id.into(),
            parent_span_id: parent.into(),
            name: name.into(),
            kind: Kind::Internal,
            status: Status::Unset,
            start: 0,
            end: 1_500_000,
            attributes: BTreeMap::new(),
            exact: Vec::new(),
            links: Vec::new(),
            events: vec![],
            scope: "s".into(),
            scope_version: String::new(),
            scope_schema_url: String::new(),
            resource_schema_url: String::new(),
            resource: BTreeMap::new(),
        }
    }

    #[test]
    fn a_trace_with_a_missing_parent_is_not_whole_and_says_which() {
        let trace = &traces(&[span("a", "", "click"), span("c", "b", "lost")])[0];
        assert!(!trace.is_whole());
        assert_eq!(
            trace.to_string(),
            "click                                             1.50 ms        \n\
             (the parent b is missing)\n  \
             lost                                            1.50 ms        \n"
        );
    }

    #[test]
    #[should_panic(expected = "expected \"x\" as the only child of \"click\" in\nclick")]
    fn a_missing_child_shows_the_tree() {
        traces(&[span("a", "", "click"), span("b", "a", "y")])[0]
            .root("click")
            .child("x");
    }

    #[test]
    #[should_panic(expected = "expected an error of the type panic of \"click\"")]
    fn a_success_is_no_error() {
        traces(&[span("a", "", "click")])[0]
            .root("click")
            .error("panic");
    }
}
