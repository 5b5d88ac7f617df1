//! The context in HTTP headers.

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::{
    TraceContext,
    ignored::counted,
    trace_context::{BAGGAGE, TRACEPARENT, TRACESTATE},
};

static TRACEPARENT_HEADER: HeaderName = HeaderName::from_static(TRACEPARENT);
static TRACESTATE_HEADER: HeaderName = HeaderName::from_static(TRACESTATE);
static BAGGAGE_HEADER: HeaderName = HeaderName::from_static(BAGGAGE);

impl TraceContext {
    /// Reads the context that the sender of a request was in.
    pub fn from_headers(headers: &HeaderMap) -> Self {
        Self::from_fields(
            texts(headers, &TRACEPARENT_HEADER),
            texts(headers, &TRACESTATE_HEADER),
            texts(headers, &BAGGAGE_HEADER),
        )
    }

    /// Writes this context into the headers of a request, in place of any that is there.
    pub fn inject_headers(&self, headers: &mut HeaderMap) {
        for (name, value) in self.fields() {
            let value = HeaderValue::try_from(value).expect("the fields are printable ASCII");
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}

/// The values of all headers of a name. One that is not text is an empty value: it still makes a second parent of a first.
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
