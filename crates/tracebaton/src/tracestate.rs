//! The value of `tracestate`: up to 32 members `key=value`, each written by one tracing system.
//!
//! <https://www.w3.org/TR/trace-context-2/#tracestate-header>
//!
//! [`TraceState`] of the `opentelemetry` crate cannot hold every member that Level 2 allows: it refuses keys with
//! several `@`. A list with such a key travels through a [`Context`] beside the span, as [`WholeState`].

use std::sync::Arc;

use opentelemetry::{
    Context, TraceId,
    trace::{SpanContext, TraceState},
};

/// The most members of a list (section 3.3.1.1).
const MAX_MEMBERS: usize = 32;

/// The longest key and the longest value of a member, in bytes (sections 3.3.1.3.1 and 3.3.1.3.2).
const MAX_KEY_BYTES: usize = 256;
const MAX_VALUE_BYTES: usize = 256;

/// A list with every member at its limits. Only white space can make a valid list longer, and nobody sends that.
const MAX_BYTES: usize = MAX_MEMBERS * (MAX_KEY_BYTES + 1 + MAX_VALUE_BYTES + 1);

/// Reads a list that may be spread over several headers, and writes it in its shortest form. An empty list is an empty
/// text. `None` if any member is not valid: then the whole list is ignored (section 3.3.1.1).
pub(crate) fn normalize<'a>(headers: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let mut list = String::new();
    let mut members = 0;
    for header in headers {
        if header.len() > MAX_BYTES {
            return None;
        }
        let trimmed = header
            .split(',')
            .map(|member| member.trim_matches([' ', '\t']));
        for member in trimmed.filter(|member| !member.is_empty()) {
            members += 1;
            let (key, value) = member.split_once('=')?;
            if members > MAX_MEMBERS || !is_key(key) || !is_value(value) {
                return None;
            }
            if !list.is_empty() {
                list.push(',');
            }
            list.push_str(member);
        }
    }
    Some(list)
}

fn is_key(key: &str) -> bool {
    let starts_well =
        key.starts_with(|first: char| first.is_ascii_lowercase() || first.is_ascii_digit());
    let is_allowed =
        |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'*' | b'/' | b'@');
    starts_well && key.len() <= MAX_KEY_BYTES && key.bytes().all(is_allowed)
}

/// Printable ASCII without `,` and `=`. A value ends with something other than a space; white space around the member
/// is gone by now.
fn is_value(value: &str) -> bool {
    let is_allowed = |byte| matches!(byte, b' '..=b'~' if byte != b',' && byte != b'=');
    !value.is_empty() && value.len() <= MAX_VALUE_BYTES && value.bytes().all(is_allowed)
}

/// A list that [`TraceState`] cannot hold, and the trace that it belongs to.
struct WholeState {
    trace_id: TraceId,
    list: Arc<str>,
}

/// Adds the list, which [`normalize`] has written, to a remote span.
pub(crate) fn attach(cx: Context, span: &SpanContext, list: &str) -> (Context, TraceState) {
    if list.is_empty() {
        return (cx, TraceState::NONE);
    }
    let pairs = list.split(',').filter_map(|member| member.split_once('='));
    match TraceState::from_key_value(pairs) {
        Ok(state) => (cx, state),
        Err(_) => {
            let whole = WholeState {
                trace_id: span.trace_id(),
                list: list.into(),
            };
            (cx.with_value(whole), TraceState::NONE)
        }
    }
}

/// The list that goes out with the span of `cx`; empty if there is none.
///
/// Members that a sampler has added to the span are in front, as the newest (section 3.5). The oldest are left out where the
/// list would be too long.
pub(crate) fn of(cx: &Context, span: &SpanContext) -> String {
    let mut list = span.trace_state().header();
    let whole = cx
        .get::<WholeState>()
        .filter(|whole| whole.trace_id == span.trace_id());
    if let Some(whole) = whole {
        let state = span.trace_state();
        let older = whole.list.split(',').filter(|member| {
            let key = member.split('=').next().unwrap_or_default();
            state.get(key).is_none()
        });
        let newer = list.split(',').filter(|member| !member.is_empty()).count();
        for member in older.take(MAX_MEMBERS.saturating_sub(newer)) {
            if !list.is_empty() {
                list.push(',');
            }
            list.push_str(member);
        }
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(list: &str) -> Option<String> {
        normalize([list])
    }

    #[test]
    fn white_space_and_empty_members_are_left_out() {
        for list in ["foo=1 \t , \t bar=2", "foo=1\t,,bar=2,", " foo=1,bar=2\t"] {
            assert_eq!(normal(list).as_deref(), Some("foo=1,bar=2"), "{list:?}");
        }
        assert_eq!(normal("").as_deref(), Some(""));
        assert_eq!(
            normalize(["foo=1", "", "bar=2"]).as_deref(),
            Some("foo=1,bar=2")
        );
    }

    #[test]
    fn keys_with_several_at_signs_are_valid() {
        for key in ["foo@", "foo@@bar", "foo@bar@baz", "1-_*/", &"z".repeat(256)] {
            let list = format!("{key}=1,bar=2");
            assert_eq!(normal(&list), Some(list.clone()), "{key}");
        }
    }

    #[test]
    fn one_bad_member_makes_the_list_invalid() {
        let long_key = format!("{}=1", "z".repeat(257));
        let long_value = format!("z={}", "v".repeat(257));
        for bad in [
            "foo =1",
            "FOO=1",
            "foo.bar=1",
            "@foo=1",
            "-foo=1",
            "=1",
            "foo",
            "foo=",
            "foo=bar=baz",
            "foo=\u{e4}",
            "foo=\u{7f}",
            &long_key,
            &long_value,
        ] {
            assert_eq!(normal(&format!("bar=2,{bad}")), None, "{bad}");
        }
    }

    #[test]
    fn thirty_two_members_are_valid_and_thirty_three_are_not() {
        let list = |count: usize| {
            let members: Vec<_> = (0..count).map(|index| format!("k{index}=v")).collect();
            members.join(",")
        };
        assert!(normal(&list(32)).is_some());
        assert_eq!(normal(&list(33)), None);
        assert_eq!(normalize([list(16).as_str(), &list(17)]), None);
    }
}
