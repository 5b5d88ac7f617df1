//! The value of `traceparent`: `00-<trace id>-<parent id>-<flags>`.
//!
//! <https://www.w3.org/TR/trace-context-2/#traceparent-header>

use opentelemetry::{
    Context, SpanId, TraceFlags, TraceId,
    trace::{SpanContext, TraceState},
};

use crate::hex;

/// Positions of the hyphens in version `00`, and its length.
const HYPHENS: [usize; 3] = [2, 35, 52];
const LENGTH: usize = 55;

/// The version that sets no rule for what follows, and is therefore not allowed (section 3.2.2.1).
const INVALID_VERSION: u8 = 0xff;

/// `sampled` and the random trace id flag of Level 2 (section 3.2.2.5). A receiver passes on no others (section 3.2.4).
const KNOWN_FLAGS: TraceFlags = TraceFlags::new(0x01 | 0x02);

/// The trace id is random (section 3.2.2.5.2).
const RANDOM: TraceFlags = TraceFlags::new(0x02);

/// A trace whose id is random. It travels through a [`Context`] beside the span, because the SDK takes the flag from
/// spans that are not sampled.
struct RandomTrace(TraceId);

/// Adds to a context that the trace id of a remote span is random, if it is.
pub(crate) fn attach(cx: Context, span: &SpanContext) -> Context {
    if span.trace_flags() & RANDOM == RANDOM {
        cx.with_value(RandomTrace(span.trace_id()))
    } else {
        cx
    }
}

/// The span of `cx` as it goes out: with the flag that its trace came with.
pub(crate) fn of(cx: &Context, span: &SpanContext) -> SpanContext {
    match cx.get::<RandomTrace>() {
        Some(RandomTrace(trace_id)) if *trace_id == span.trace_id() => SpanContext::new(
            span.trace_id(),
            span.span_id(),
            span.trace_flags() | RANDOM,
            span.is_remote(),
            span.trace_state().clone(),
        ),
        _ => span.clone(),
    }
}

/// Reads the remote span that `text` names, without a trace state. `None` if `text` is not valid.
pub(crate) fn parse(text: &str) -> Option<SpanContext> {
    let bytes = text.as_bytes();
    let is_hyphen = |at: usize| bytes.get(at) == Some(&b'-');
    if !HYPHENS.into_iter().all(is_hyphen) {
        return None;
    }
    let [version] = hex::decode(bytes.get(..2)?)?;
    let trace_id = TraceId::from_bytes(hex::decode(bytes.get(3..35)?)?);
    let span_id = SpanId::from_bytes(hex::decode(bytes.get(36..52)?)?);
    let [flags] = hex::decode(bytes.get(53..LENGTH)?)?;
    let ends = bytes.len() == LENGTH;
    let has_valid_length = match version {
        0 => ends,
        INVALID_VERSION => false,
        // A later version may add fields behind a further hyphen (section 3.2.4).
        _ => ends || is_hyphen(LENGTH),
    };
    let flags = TraceFlags::new(flags) & KNOWN_FLAGS;
    let context = SpanContext::new(trace_id, span_id, flags, true, TraceState::NONE);
    (has_valid_length && context.is_valid()).then_some(context)
}

/// Writes version `00` of a valid span context.
pub(crate) fn format(context: &SpanContext) -> String {
    let mut text = String::with_capacity(LENGTH);
    text.push_str("00-");
    hex::encode(&context.trace_id().to_bytes(), &mut text);
    text.push('-');
    hex::encode(&context.span_id().to_bytes(), &mut text);
    text.push('-');
    hex::encode(&[(context.trace_flags() & KNOWN_FLAGS).to_u8()], &mut text);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE_ID: &str = "0af7651916cd43dd8448eb211c80319c";
    const SPAN_ID: &str = "b7ad6b7169203331";

    fn with(version: &str, flags: &str) -> Option<SpanContext> {
        parse(&format!("{version}-{TRACE_ID}-{SPAN_ID}-{flags}"))
    }

    #[test]
    fn a_valid_value_is_a_remote_span() {
        let context = with("00", "01").unwrap();
        assert_eq!(context.trace_id().to_string(), TRACE_ID);
        assert_eq!(context.span_id().to_string(), SPAN_ID);
        assert!(context.is_sampled() && context.is_remote());
    }

    #[test]
    fn sampled_and_random_are_passed_on_and_no_other_flag() {
        for (flags, kept) in [
            ("00", "00"),
            ("01", "01"),
            ("02", "02"),
            ("ff", "03"),
            ("04", "00"),
        ] {
            let text = format(&with("00", flags).unwrap());
            assert_eq!(text, format!("00-{TRACE_ID}-{SPAN_ID}-{kept}"));
        }
    }

    #[test]
    fn a_later_version_may_have_more_fields() {
        for flags in ["01", "01-", "01-more"] {
            assert!(with("01", flags).is_some(), "{flags}");
        }
        assert!(with("cc", "01more").is_none());
        assert!(with("ff", "01").is_none());
    }

    #[test]
    fn anything_else_is_refused() {
        let zeros = |digits| "0".repeat(digits);
        for bad in [
            String::new(),
            "00".to_owned(),
            format!("00-{TRACE_ID}-{SPAN_ID}"),
            format!("00-{TRACE_ID}-{SPAN_ID}-0"),
            format!("00-{TRACE_ID}-{SPAN_ID}-1g"),
            format!("00-{TRACE_ID}-{SPAN_ID}-01-"),
            format!("00-{TRACE_ID}-{SPAN_ID}-01-more"),
            format!(" 00-{TRACE_ID}-{SPAN_ID}-01"),
            format!("0-{TRACE_ID}-{SPAN_ID}-001"),
            format!("+0-{TRACE_ID}-{SPAN_ID}-01"),
            format!("00_{TRACE_ID}_{SPAN_ID}_01"),
            format!("00-{}-{SPAN_ID}-01", zeros(32)),
            format!("00-{TRACE_ID}-{}-01", zeros(16)),
            format!("00-{}-{SPAN_ID}-01", TRACE_ID.to_uppercase()),
            format!("00-{TRACE_ID}0-{}-01", &SPAN_ID[1..]),
            "\u{e4}".repeat(40),
        ] {
            assert_eq!(parse(&bad), None, "{bad}");
        }
    }
}
