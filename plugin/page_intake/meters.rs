//! The measurements of all pages, aggregated by the SDK.
//!
//! A metric costs memory for as long as the app runs: for its instrument, and for each set of attributes that it
//! was measured with. A page could make up both without end, so each webview has a budget of its own, and
//! what goes beyond it costs no other page anything.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    hash::{BuildHasher, RandomState},
};

use opentelemetry::{
    KeyValue, StringValue,
    metrics::{Counter, Gauge, Histogram, MeterProvider as _, UpDownCounter},
};
use opentelemetry_sdk::metrics::SdkMeterProvider;
use parking_lot::Mutex;

use super::{
    measurement::{InstrumentKey, Measurement},
    wire::PageInstrumentKind,
};
use crate::names::DURATIONS;

/// Instruments that one webview can bring into being. Each takes some 50 KiB of the SDK.
const MAX_INSTRUMENTS: usize = 100;

/// Sets of attributes of one webview, over all instruments.
const MAX_SETS: usize = 1000;

/// Sets of attributes of one webview for one instrument. The SDK has room for 1000 of an instrument, which
/// webviews share.
const MAX_SETS_OF_INSTRUMENT: usize = 100;

/// Bytes of texts in the sets of attributes of one webview: 256 each, which is a long URL.
const MAX_SET_BYTES: usize = 256 * MAX_SETS;

/// Webviews that have a budget, by label. An app that gives every window a label of its own reaches this in
/// the end; the measurements of later windows are counted together.
const MAX_WEBVIEWS: usize = 64;

/// The attribute by which the specification marks a point of what went beyond a limit
/// (<https://opentelemetry.io/docs/specs/otel/metrics/sdk/#overflow-attribute>).
const OVERFLOW: &str = "otel.metric.overflow";

/// Where the measurements of all pages arrive.
pub(crate) struct Meters {
    provider: SdkMeterProvider,
    table: Mutex<Table>,
    hasher: RandomState,
}

impl fmt::Debug for Meters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meters").finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Table {
    instruments: HashMap<InstrumentKey, Instrument>,
    webviews: HashMap<StringValue, Budget>,
}

/// What one webview has used.
#[derive(Default)]
struct Budget {
    instruments: usize,
    /// The hashes of the sets of attributes, by that of their instrument.
    sets: HashMap<u64, HashSet<u64>>,
    /// The bytes of the texts in them.
    bytes: usize,
}

impl Budget {
    /// Whether `attributes`, whose hash is `set`, have been measured before or are within the budget.
    fn admits(&mut self, instrument: u64, set: u64, attributes: &[KeyValue]) -> bool {
        let total: usize = self.sets.values().map(HashSet::len).sum();
        let sets = self.sets.entry(instrument).or_default();
        if sets.contains(&set) {
            return true;
        }
        let texts = attributes
            .iter()
            .map(|one| one.key.as_str().len() + one.value.as_str().len());
        let bytes: usize = texts.sum();
        let fits = total < MAX_SETS
            && sets.len() < MAX_SETS_OF_INSTRUMENT
            && self.bytes + bytes <= MAX_SET_BYTES;
        if fits {
            self.bytes += bytes;
            sets.insert(set);
        }
        fits
    }
}

enum Instrument {
    Counter(Counter<f64>),
    UpDownCounter(UpDownCounter<f64>),
    Histogram(Histogram<f64>),
    Gauge(Gauge<f64>),
}

impl Instrument {
    fn record(&self, value: f64, attributes: &[KeyValue]) {
        match self {
            Self::Counter(counter) => counter.add(value, attributes),
            Self::UpDownCounter(counter) => counter.add(value, attributes),
            Self::Histogram(histogram) => histogram.record(value, attributes),
            Self::Gauge(gauge) => gauge.record(value, attributes),
        }
    }
}

impl Meters {
    pub(crate) fn new(provider: SdkMeterProvider) -> Self {
        Self {
            provider,
            table: Mutex::default(),
            hasher: RandomState::new(),
        }
    }

    /// Adds a measurement of `webview` to its instrument. One with a set of attributes beyond the budget of the
    /// webview goes to the point with `otel.metric.overflow`; one that takes another instrument than its budget
    /// has is not taken, which `false` says.
    pub(super) fn record(&self, webview: &StringValue, measurement: Measurement) -> bool {
        let mut table = self.table.lock();
        let Table {
            instruments,
            webviews,
        } = &mut *table;
        let is_known = webviews.len() < MAX_WEBVIEWS || webviews.contains_key(webview);
        let mut budget = is_known.then(|| webviews.entry(webview.clone()).or_default());
        if !instruments.contains_key(&measurement.instrument) {
            match &mut budget {
                Some(budget) if budget.instruments < MAX_INSTRUMENTS => budget.instruments += 1,
                _ => return false,
            }
            let built = self.build(&measurement);
            instruments.insert(measurement.instrument.clone(), built);
        }
        let mut attributes = measurement.attributes;
        attributes.sort_unstable_by(|one, other| one.key.cmp(&other.key));
        let set = self.hasher.hash_one(&attributes);
        let instrument = self.hasher.hash_one(&measurement.instrument);
        if !budget.is_some_and(|budget| budget.admits(instrument, set, &attributes)) {
            attributes = vec![KeyValue::new(OVERFLOW, true)];
        }
        instruments[&measurement.instrument].record(measurement.value, &attributes);
        true
    }

    fn build(&self, measurement: &Measurement) -> Instrument {
        let Measurement {
            instrument: InstrumentKey { scope, kind, name },
            unit,
            description,
            ..
        } = measurement;
        let meter = self.provider.meter_with_scope(scope.clone());
        let (name, unit, description) = (name.clone(), unit.clone(), description.clone());
        let boundaries = (unit == "s").then(|| DURATIONS.to_vec());
        macro_rules! builder {
            ($builder:ident) => {
                meter
                    .$builder(name)
                    .with_unit(unit)
                    .with_description(description)
            };
        }
        match kind {
            PageInstrumentKind::Counter => Instrument::Counter(builder!(f64_counter).build()),
            PageInstrumentKind::UpDownCounter => {
                Instrument::UpDownCounter(builder!(f64_up_down_counter).build())
            }
            PageInstrumentKind::Histogram => {
                let mut histogram = builder!(f64_histogram);
                histogram.boundaries = boundaries;
                Instrument::Histogram(histogram.build())
            }
            PageInstrumentKind::Gauge => Instrument::Gauge(builder!(f64_gauge).build()),
        }
    }
}
