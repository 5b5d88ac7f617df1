//! The values of `traceparent` and `tracestate`.
//!
//! The SDK has a parser as well, but it takes what the standard forbids, and every invoke passes here: it was four
//! tenths of the span of one.

use opentelemetry::trace::{SpanContext, TraceFlags, TraceState};

use super::ids::{lower_hex, span_id, trace_id};

/// Where the hyphens of version `00` are, and where it ends.
const HYPHENS: [usize; 3] = [2, 35, 52];
const LENGTH: usize = 55;

/// The span that the two name; `None` if `traceparent` is not what it must be. A `tracestate` that is not is left
/// out (section 3.3).
pub(super) fn parse(traceparent: &str, tracestate: Option<&str>) -> Option<SpanContext> {
    let is_hyphen = |at: usize| traceparent.as_bytes().get(at) == Some(&b'-');
    if !HYPHENS.into_iter().all(is_hyphen) {
        return None;
    }
    let [version] = lower_hex(traceparent.get(..2)?)?;
    let trace_id = trace_id(traceparent.get(3..35)?)?;
    let span_id = span_id(traceparent.get(36..52)?)?;
    let [flags] = lower_hex(traceparent.get(53..LENGTH)?)?;
    // A later version may have more fields behind these (section 3.2.4).
    let ends = traceparent.len() == LENGTH;
    let is_known = match version {
        0 => ends,
        0xff => false,
        _ => ends || is_hyphen(LENGTH),
    };
    let state = tracestate.and_then(|state| state.parse::<TraceState>().ok());
    is_known.then(|| {
        let flags = TraceFlags::new(flags) & TraceFlags::SAMPLED;
        SpanContext::new(trace_id, span_id, flags, true, state.unwrap_or_default())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE_ID: &str = "0af7651916cd43dd8448eb211c80319c";
    const SPAN_ID: &str = "b7ad6b7169203331";

    fn of(version: &str, flags: &str) -> Option<SpanContext> {
        parse(&format!("{version}-{TRACE_ID}-{SPAN_ID}-{flags}"), None)
    }

    #[test]
    fn a_sound_one_is_a_remote_span() {
        let context = parse(
            &format!("00-{TRACE_ID}-{SPAN_ID}-01"),
            Some("vendor=value,other=1"),
        )
        .unwrap();
        assert_eq!(context.trace_id().to_string(), TRACE_ID);
        assert_eq!(context.span_id().to_string(), SPAN_ID);
        assert!(context.is_sampled() && context.is_remote());
        assert_eq!(context.trace_state().header(), "vendor=value,other=1");
    }

    #[test]
    fn of_the_flags_only_that_of_the_sample_is_kept() {
        for (flags, sampled) in [("00", 0), ("01", 1), ("02", 0), ("03", 1), ("ff", 1)] {
            let context = of("00", flags).unwrap();
            assert_eq!(context.trace_flags().to_u8(), sampled, "{flags}");
        }
    }

    #[test]
    fn a_later_version_may_say_more() {
        for flags in ["01", "01-", "01-more"] {
            assert!(of("01", flags).is_some(), "{flags}");
        }
        assert!(of("cc", "01more").is_none());
        assert!(of("ff", "01").is_none());
    }

    #[test]
    fn a_bad_state_costs_the_state_alone() {
        let context = parse(&format!("00-{TRACE_ID}-{SPAN_ID}-01"), Some("no pair")).unwrap();
        assert_eq!(context.trace_state().header(), "");
    }

    #[test]
    fn anything_else_is_nothing() {
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
            assert_eq!(parse(&bad, None), None, "{bad}");
        }
    }
}
