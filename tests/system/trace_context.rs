//! W3C Trace Context, Level 2, in a real service: what the server sends on for what it received. There is a case for each of
//! the 41 of [W3C's validation suite](https://github.com/w3c/trace-context/tree/main/test) under the same name, written
//! from the specification at the strictest level.

#[path = "trace_context/service.rs"]
mod service;

use std::collections::HashSet;

use anyhow::{Context, Result, ensure};

use self::service::{SentOn, Service};

const TRACE: &str = "12345678901234567890123456789012";
const SPAN: &str = "1234567890123456";

/// What the server is expected to send on for a request.
enum Expected {
    /// The trace goes on, with this state.
    Continued(String),
    /// A new trace begins, without a state.
    New,
}

use Expected::New;

fn continued(state: impl Into<String>) -> Expected {
    Expected::Continued(state.into())
}

/// A request, as lines of headers.
type Request = Vec<String>;

fn parent(value: impl AsRef<str>) -> Request {
    vec![format!("traceparent:{}", value.as_ref())]
}

/// A request with a sound parent that was not sampled, and these lines of state.
fn state<const LINES: usize>(lines: [&str; LINES]) -> Request {
    let mut request = parent(format!("00-{TRACE}-{SPAN}-00"));
    request.extend(lines.map(|line| format!("tracestate:{line}")));
    request
}

fn members(count: usize) -> String {
    let members: Vec<_> = (1..=count)
        .map(|index| format!("m{index}={index}"))
        .collect();
    members.join(",")
}

/// The cases about one request.
fn cases() -> Vec<(&'static str, Vec<(Request, Expected)>)> {
    let sound = format!("00-{TRACE}-{SPAN}-01");
    let other = format!("00-{}1-{SPAN}-01", &TRACE[1..]);
    let refused = |values: &[String]| values.iter().map(|value| (parent(value), New)).collect();
    let with = |version: &str, flags: &str| format!("{version}-{TRACE}-{SPAN}-{flags}");
    let of = |trace: &str, span: &str| format!("00-{trace}-{span}-01");
    let named = |name: &str| vec![format!("{name}: {sound}")];
    let state_named = |name: &str| {
        let mut request = state([]);
        request.push(format!("{name}: foo=1"));
        request
    };
    let key = "abcdefghijklmnopqrstuvwxyz0123456789_-*/";
    let value: String = (' '..='~')
        .filter(|character| !",=".contains(*character))
        .collect();
    let long = |key: String| {
        (
            state(["foo=1", &format!("{key}=1")]),
            continued(format!("foo=1,{key}=1")),
        )
    };
    vec![
        (
            "both_traceparent_and_tracestate_missing",
            vec![(vec![], New)],
        ),
        (
            "traceparent_included_tracestate_missing",
            vec![(parent(&sound), continued(""))],
        ),
        (
            "traceparent_duplicated",
            vec![([parent(other), parent(&sound)].concat(), New)],
        ),
        (
            "traceparent_header_name",
            vec![(named("trace-parent"), New), (named("trace.parent"), New)],
        ),
        (
            "traceparent_header_name_valid_casing",
            ["TraceParent", "TrAcEpArEnT", "TRACEPARENT"]
                .map(|name| (named(name), continued("")))
                .into(),
        ),
        (
            "traceparent_version_0x00",
            refused(&[with("00", "01."), with("00", "01-more")]),
        ),
        (
            "traceparent_version_0xcc",
            vec![
                (parent(with("cc", "01")), continued("")),
                (parent(with("cc", "01-more")), continued("")),
                (parent(with("cc", "01.more")), New),
            ],
        ),
        ("traceparent_version_0xff", refused(&[with("ff", "01")])),
        (
            "traceparent_version_illegal_characters",
            refused(&[with(".0", "01"), with("0.", "01")]),
        ),
        (
            "traceparent_version_too_long",
            refused(&[with("000", "01"), with("0000", "01")]),
        ),
        ("traceparent_version_too_short", refused(&[with("0", "01")])),
        (
            "traceparent_trace_id_all_zero",
            refused(&[of(&"0".repeat(32), SPAN)]),
        ),
        (
            "traceparent_trace_id_illegal_characters",
            refused(&[
                of(&format!(".{}", &TRACE[1..]), SPAN),
                of(&format!("{}.", &TRACE[1..]), SPAN),
            ]),
        ),
        (
            "traceparent_trace_id_too_long",
            refused(&[of(&format!("{TRACE}3"), SPAN)]),
        ),
        (
            "traceparent_trace_id_too_short",
            refused(&[of(&TRACE[1..], SPAN)]),
        ),
        (
            "traceparent_parent_id_all_zero",
            refused(&[of(TRACE, &"0".repeat(16))]),
        ),
        (
            "traceparent_parent_id_illegal_characters",
            refused(&[
                of(TRACE, &format!(".{}", &SPAN[1..])),
                of(TRACE, &format!("{}.", &SPAN[1..])),
            ]),
        ),
        (
            "traceparent_parent_id_too_long",
            refused(&[of(TRACE, &format!("{SPAN}7"))]),
        ),
        (
            "traceparent_parent_id_too_short",
            refused(&[of(TRACE, &SPAN[1..])]),
        ),
        (
            "traceparent_trace_flags_illegal_characters",
            refused(&[with("00", ".0"), with("00", "0.")]),
        ),
        (
            "traceparent_trace_flags_too_long",
            refused(&[with("00", "001")]),
        ),
        (
            "traceparent_trace_flags_too_short",
            refused(&[with("00", "1")]),
        ),
        (
            "traceparent_ows_handling",
            [(" ", ""), ("\t", ""), ("", " "), ("", "\t"), ("\t ", " \t")]
                .map(|(before, after)| (parent(format!("{before}{sound}{after}")), continued("")))
                .into(),
        ),
        (
            "tracestate_included_traceparent_missing",
            ["foo=1", "foo=1,bar=2"]
                .map(|list| (vec![format!("tracestate: {list}")], New))
                .into(),
        ),
        (
            "tracestate_included_traceparent_included",
            vec![(state(["foo=1,bar=2"]), continued("foo=1,bar=2"))],
        ),
        (
            "tracestate_header_name",
            ["trace-state", "trace.state"]
                .map(|name| (state_named(name), continued("")))
                .into(),
        ),
        (
            "tracestate_header_name_valid_casing",
            ["TraceState", "TrAcEsTaTe", "TRACESTATE"]
                .map(|name| (state_named(name), continued("foo=1")))
                .into(),
        ),
        (
            "tracestate_empty_header",
            vec![
                (state([""]), continued("")),
                (state(["foo=1", ""]), continued("foo=1")),
                (state(["", "foo=1"]), continued("foo=1")),
            ],
        ),
        (
            "tracestate_multiple_headers_different_keys",
            vec![(
                state(["foo=1,bar=2", "baz=3", "one=4,two=5"]),
                continued("foo=1,bar=2,baz=3,one=4,two=5"),
            )],
        ),
        (
            // They may be kept or reduced to one; tracebaton keeps them, as it keeps everything that is valid.
            "tracestate_duplicated_keys",
            vec![
                (state(["foo=1,foo=1"]), continued("foo=1,foo=1")),
                (state(["foo=1,foo=2"]), continued("foo=1,foo=2")),
                (state(["foo=1", "foo=1"]), continued("foo=1,foo=1")),
                (state(["foo=1", "foo=2"]), continued("foo=1,foo=2")),
            ],
        ),
        (
            "tracestate_all_allowed_characters",
            [key.to_owned(), format!("{key}@{key}")]
                .map(|key| format!("{key}={value}"))
                .map(|member| (state([&member]), continued(member)))
                .into(),
        ),
        (
            "tracestate_ows_handling",
            vec![
                (
                    state(["foo=1 \t , \t bar=2, \t baz=3"]),
                    continued("foo=1,bar=2,baz=3"),
                ),
                (
                    state(["foo=1\t \t,\t \tbar=2,\t \tbaz=3"]),
                    continued("foo=1,bar=2,baz=3"),
                ),
                (state([" foo=1"]), continued("foo=1")),
                (state(["\tfoo=1"]), continued("foo=1")),
                (state(["foo=1 "]), continued("foo=1")),
                (state(["foo=1\t"]), continued("foo=1")),
                (state(["\t foo=1 \t"]), continued("foo=1")),
            ],
        ),
        (
            "tracestate_key_illegal_characters",
            ["foo =1", "FOO=1", "foo.bar=1"]
                .map(|list| (state([list]), continued("")))
                .into(),
        ),
        (
            "tracestate_key_illegal_vendor_format",
            vec![
                (state(["@foo=1,bar=2"]), continued("")),
                (state(["foo@=1,bar=2"]), continued("foo@=1,bar=2")),
                (state(["foo@@bar=1,bar=2"]), continued("foo@@bar=1,bar=2")),
                (
                    state(["foo@bar@baz=1,bar=2"]),
                    continued("foo@bar@baz=1,bar=2"),
                ),
            ],
        ),
        (
            "tracestate_member_count_limit",
            vec![
                (
                    state([&members(20), "x=1,y=2"]),
                    continued(format!("{},x=1,y=2", members(20))),
                ),
                (state([&members(32)]), continued(members(32))),
                (state([&members(33)]), continued("")),
                (state([&members(32), "x=1"]), continued("")),
            ],
        ),
        (
            "tracestate_key_length_limit",
            vec![
                long("z".repeat(256)),
                long(format!("{}@{}", "t".repeat(241), "v".repeat(14))),
                long(format!("{}@v", "t".repeat(242))),
                long(format!("t@{}", "v".repeat(15))),
                (
                    state(["foo=1", &format!("{}=1", "z".repeat(257))]),
                    continued(""),
                ),
            ],
        ),
        (
            "tracestate_value_illegal_characters",
            ["foo=bar=baz", "foo=,bar=3"]
                .map(|list| (state([list]), continued("")))
                .into(),
        ),
    ]
}

#[tokio::test]
async fn the_server_sends_on_what_w3c_trace_context_asks_for() -> Result<()> {
    let service = Service::start().await?;
    let cases = cases();
    assert_eq!(cases.len() + 4, 41, "and four about more than a state");
    for (name, requests) in cases {
        for (request, expected) in requests {
            let sent = service
                .sends_on(&request, 1)
                .await?
                .pop()
                .context("a call")?;
            let is_right = match &expected {
                Expected::Continued(state) => {
                    sent.trace_id == TRACE && sent.span_id != SPAN && sent.state == *state
                }
                // The end of the trace id is the same in all that are not sound.
                New => !sent.trace_id.ends_with(&TRACE[4..28]) && sent.state.is_empty(),
            };
            let SentOn {
                trace_id, state, ..
            } = sent;
            ensure!(
                is_right,
                "{name}: {trace_id} and {state:?} for {request:#?}"
            );
        }
    }

    // test_multiple_requests_with_valid_traceparent, _without_traceparent, _with_illegal_traceparent
    let illegal = format!("00-{}-{SPAN}-01", "0".repeat(32));
    for (request, trace) in [
        (parent(format!("00-{TRACE}-{SPAN}-01")), Some(TRACE)),
        (vec![], None),
        (parent(illegal), None),
    ] {
        let sent = service.sends_on(&request, 3).await?;
        let traces: HashSet<_> = sent.iter().map(|sent| sent.trace_id.as_str()).collect();
        let spans: HashSet<_> = sent.iter().map(|sent| sent.span_id.as_str()).collect();
        assert_eq!((traces.len(), spans.len()), (1, 3), "{request:?}");
        assert!(
            trace.is_none_or(|trace| traces.contains(trace)),
            "{request:?}"
        );
        assert!(!traces.contains(&*"0".repeat(32)));
    }

    // test_propagates_random_flag
    for flags in [0b00, 0b01, 0b10, 0b11] {
        let request = parent(format!("00-{TRACE}-{SPAN}-{flags:02x}"));
        let sent = service
            .sends_on(&request, 1)
            .await?
            .pop()
            .context("a call")?;
        assert_eq!(sent.flags, flags);
    }
    Ok(())
}
