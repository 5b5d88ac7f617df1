//! The context in HTTP headers.

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::{TraceContext, ignored::counted, trace_context::FIELDS};

/// The names of all fields, parsed once.
static HEADERS: [HeaderName; 3] = [
    HeaderName::from_static(FIELDS[0]),
    HeaderName::from_static(FIELDS[1]),
    HeaderName::from_static(FIELDS[2]),
];

impl TraceContext {
    /// Reads the context that the sender of a request was in.
    pub fn from_headers(headers: &HeaderMap) -> Self {
        let [traceparent, tracestate, baggage] = HEADERS.each_ref();
        Self::from_fields(
            texts(headers, traceparent),
            texts(headers, tracestate),
            texts(headers, baggage),
        )
    }

    /// Writes this context into the headers of a request, in place of any that is there. An empty one changes nothing.
    #[inline]
    pub fn inject_headers(&self, headers: &mut HeaderMap) {
        if !self.is_empty() {
            self.write_headers(headers);
        }
    }

    fn write_headers(&self, headers: &mut HeaderMap) {
        if self.span_context().is_some() {
            // The state of another parent.
            headers.remove(&HEADERS[1]);
        }
        headers.remove(&HEADERS[2]);
        for (name, value) in HEADERS.iter().zip(self.values()) {
            if let Some(value) = value {
                let value = HeaderValue::try_from(value).expect("the fields are printable ASCII");
                headers.insert(name, value);
            }
        }
    }
}

/// The values of all headers with this name. A value that is not text is read as an empty text: then two `traceparent` headers
/// are still two, and both are rejected.
fn texts<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let values = headers.get_all(name).into_iter();
    values.map(|value| counted(value.to_str().ok()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    fn headers(list: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = list.iter().map(|(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        });
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name, value);
        }
        headers
    }

    #[test]
    fn several_state_headers_are_one_list() {
        let received = headers(&[
            ("traceparent", PARENT),
            ("tracestate", "foo=1,bar=2"),
            ("tracestate", ""),
            ("tracestate", "baz@@x=3"),
        ]);
        let mut sent = HeaderMap::new();
        TraceContext::from_headers(&received).inject_headers(&mut sent);
        assert_eq!(sent["traceparent"], PARENT);
        assert_eq!(sent["tracestate"], "foo=1,bar=2,baz@@x=3");
    }

    #[test]
    fn the_state_of_another_parent_does_not_stay() {
        let mut sent = headers(&[("tracestate", "foo=1")]);
        TraceContext::default().inject_headers(&mut sent);
        assert_eq!(sent["tracestate"], "foo=1");
        TraceContext::from_headers(&headers(&[("traceparent", PARENT)])).inject_headers(&mut sent);
        assert_eq!(sent["traceparent"], PARENT);
        assert!(!sent.contains_key("tracestate"));
    }

    #[test]
    fn baggage_of_another_request_does_not_stay() {
        let mut sent = headers(&[("baggage", "user=1")]);
        TraceContext::from_headers(&headers(&[("traceparent", PARENT)])).inject_headers(&mut sent);
        assert!(!sent.contains_key("baggage"));
    }

    #[test]
    fn two_parents_are_none() {
        let received = headers(&[("traceparent", PARENT), ("traceparent", PARENT)]);
        assert!(TraceContext::from_headers(&received).is_empty());
    }

    #[test]
    fn a_state_without_a_parent_is_ignored() {
        let received = headers(&[("tracestate", "foo=1")]);
        assert!(TraceContext::from_headers(&received).is_empty());
    }
}
