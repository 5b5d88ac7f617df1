//! No declared field is lost, and no undeclared one appears, whatever the values and the outcome.

use std::{collections::BTreeMap, time::Duration};

use opentelemetry::{Value, trace::TracerProvider};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
use proptest::prelude::*;
use spankit::{Attribute, Bytes, Family, Instrument, Kind, Metric, Ratio, Type, span_family};
use tracing_subscriber::prelude::*;

span_family! {
    /// Has few values.
    pub enum Color { Red = "red", Green = "green" }

    /// Has a field of every type.
    pub span Every("every {color} {count}", producer) {
        text: &str = "start.text",
        owned: String = "start.owned",
        count: u64 = "start.count",
        signed: i64 = "start.signed",
        small: u32 = "start.small",
        ratio: Ratio = "start.ratio",
        flag: bool = "start.flag",
        color: Color = "start.color",
        maybe: Option<&str> = "start.maybe",
        maybe_bytes: Option<Bytes> = "start.maybe_bytes",
    } => EveryEnd {
        text: &str = "end.text",
        bytes: Bytes = "end.bytes",
        wait: Duration = "end.wait",
        real: f64 = "end.real",
        flag: bool = "end.flag",
        color: Color = "end.color",
        maybe: Option<u64> = "end.maybe",
        outcome = "end.outcome",
    }
    metrics by(color) {
        duration: histogram = "every.duration",
        bytes: counter = "every.bytes",
    }
}

span_family! {
    /// Has as many attributes as there can be.
    pub span Full("full", internal) {
        a: u8 = "a", b: u8 = "b", c: u8 = "c", d: u8 = "d", e: u8 = "e", f: u8 = "f", g: u8 = "g", h: u8 = "h", i: u8 = "i",
        j: u8 = "j", k: u8 = "k", l: u8 = "l", m: u8 = "m", n: u8 = "n", o: u8 = "o", p: u8 = "p", q: u8 = "q", r: u8 = "r",
        s: u8 = "s", t: u8 = "t", u: u8 = "u", v: u8 = "v", w: u8 = "w", x: u8 = "x", y: u8 = "y", z: u8 = "z", aa: u8 = "aa",
    } => FullEnd { outcome = "outcome" }
}

/// The attributes of the only span that `work` makes.
fn attributes(work: impl FnOnce()) -> (String, BTreeMap<String, Value>) {
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(exporter.clone())
        .build();
    let layer = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("test"))
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false);
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), work);
    let spans = exporter
        .get_finished_spans()
        .expect("the exporter is alive");
    let [span] = &spans[..] else {
        panic!("{} spans", spans.len());
    };
    let pairs = span.attributes.iter();
    let pairs = pairs.map(|pair| (pair.key.to_string(), pair.value.clone()));
    (span.name.to_string(), pairs.collect())
}

proptest! {
    #[test]
    fn what_arrives_is_what_is_declared(
        text in ".*",
        owned in ".*",
        count: u64,
        signed: i64,
        small: u32,
        flag: bool,
        real in -1e9..1e9,
        red: bool,
        maybe in proptest::option::of(".*"),
        maybe_bytes in proptest::option::of(any::<u64>()),
        outcome in 0..4_u8,
    ) {
        let color = if red { Color::Red } else { Color::Green };
        let (name, found) = attributes(|| {
            let every = Every {
                text: &text,
                owned: owned.clone(),
                count,
                signed,
                small,
                ratio: Ratio(real),
                flag,
                color,
                maybe: maybe.as_deref(),
                maybe_bytes: maybe_bytes.map(Bytes),
            }.start();
            let end = EveryEnd {
                text: &text,
                bytes: Bytes(count),
                wait: Duration::from_secs(small.into()),
                real,
                flag,
                color,
                maybe: maybe_bytes,
            };
            match outcome {
                0 => every.ok(end),
                1 => every.partial(end),
                2 => every.fail_as("asked"),
                _ => drop(every),
            }
        });
        let int = |value: u64| Value::from(i64::try_from(value).unwrap_or(i64::MAX));
        let mut expected = BTreeMap::from([
            ("start.text", Value::from(text.clone())),
            ("start.owned", owned.into()),
            ("start.count", int(count)),
            ("start.signed", signed.into()),
            ("start.small", int(small.into())),
            ("start.ratio", real.into()),
            ("start.flag", flag.into()),
            ("start.color", color.as_str().into()),
        ]);
        expected.extend(maybe.map(|maybe| ("start.maybe", maybe.into())));
        expected.extend(maybe_bytes.map(|bytes| ("start.maybe_bytes", int(bytes))));
        if outcome < 2 {
            expected.extend([
                ("end.text", text.into()),
                ("end.bytes", int(count)),
                ("end.wait", f64::from(small).into()),
                ("end.real", real.into()),
                ("end.flag", flag.into()),
                ("end.color", color.as_str().into()),
            ]);
            expected.extend(maybe_bytes.map(|value| ("end.maybe", int(value))));
        } else {
            let error = if outcome == 2 { "asked" } else { "dropped" };
            expected.insert("error.type", error.into());
        }
        let said = ["success", "partial", "failed", "failed"][usize::from(outcome)];
        expected.insert("end.outcome", said.into());
        let expected: BTreeMap<_, _> =
            expected.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        prop_assert_eq!(found, expected);
        prop_assert_eq!(name, format!("every {color} {count}"));
    }
}

#[test]
fn there_is_room_for_28_attributes_and_those_of_a_failure() {
    let (_, found) = attributes(|| {
        let full = Full {
            a: 1,
            b: 1,
            c: 1,
            d: 1,
            e: 1,
            f: 1,
            g: 1,
            h: 1,
            i: 1,
            j: 1,
            k: 1,
            l: 1,
            m: 1,
            n: 1,
            o: 1,
            p: 1,
            q: 1,
            r: 1,
            s: 1,
            t: 1,
            u: 1,
            v: 1,
            w: 1,
            x: 1,
            y: 1,
            z: 1,
            aa: 1,
        };
        full.start().fail_as("asked");
    });
    assert_eq!(found.len(), 28 + 1, "{found:?}");
}

#[test]
fn a_declaration_is_data() {
    let declared = Every::DECLARATION;
    assert_eq!(
        (declared.name, declared.kind, declared.outcome),
        ("every {color} {count}", Kind::Producer, Some("end.outcome"))
    );
    let find = |name| {
        declared
            .start
            .iter()
            .chain(declared.end)
            .find(|known| known.name == name)
    };
    let attribute = |name, ty, unit, is_optional| Attribute {
        name,
        ty,
        unit,
        is_optional,
    };
    for expected in [
        attribute("start.text", Type::String, None, false),
        attribute("start.color", Type::Members(&["red", "green"]), None, false),
        attribute("start.maybe_bytes", Type::Int, Some("By"), true),
        attribute("end.wait", Type::Double, Some("s"), false),
    ] {
        assert_eq!(find(expected.name), Some(&expected));
    }
    let metric = |name, instrument, unit, of| Metric {
        name,
        instrument,
        unit,
        of,
    };
    let metrics = [
        metric(
            "every.duration",
            Instrument::Histogram,
            Some("s"),
            "duration",
        ),
        metric("every.bytes", Instrument::Counter, Some("By"), "bytes"),
    ];
    assert_eq!(declared.metrics, metrics);
    assert_eq!(declared.dimensions, ["start.color"]);
}
