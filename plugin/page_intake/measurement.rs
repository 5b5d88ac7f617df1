//! A page's measurement, checked.

use opentelemetry::{InstrumentationScope, KeyValue};

use super::{
    batch_context::BatchContext,
    items::PageItem,
    span::MAX_NAME_BYTES,
    wire::{PageInstrumentKind, PageMeasurement},
};
use crate::names::truncate;

/// The longest name and the longest unit of an instrument
/// (<https://opentelemetry.io/docs/specs/otel/metrics/api/#instrument-name-syntax>).
const MAX_INSTRUMENT_NAME: usize = 255;
const MAX_UNIT: usize = 63;

/// One value for an instrument.
#[derive(Debug)]
pub(super) struct Measurement {
    pub(super) instrument: InstrumentKey,
    pub(super) unit: String,
    pub(super) description: String,
    pub(super) value: f64,
    pub(super) attributes: Vec<KeyValue>,
}

/// What makes an instrument another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct InstrumentKey {
    pub(super) scope: InstrumentationScope,
    pub(super) kind: PageInstrumentKind,
    pub(super) name: String,
}

impl<'a> PageItem<'a> for PageMeasurement<'a> {
    type Adopted = Measurement;

    fn cut_attributes(&self) -> u32 {
        self.attributes.cut()
    }

    fn adopt(self, batch: &BatchContext<'_>) -> Option<Measurement> {
        let unit = self.unit.unwrap_or_default();
        let description = self.description.unwrap_or_default();
        let grows_only = self.kind == PageInstrumentKind::Counter;
        let holds = is_instrument_name(&self.name)
            && unit.0.len() <= MAX_UNIT
            && unit.0.is_ascii()
            && self.value.is_finite()
            && !(grows_only && self.value < 0.0);
        if !holds {
            return None;
        }
        Some(Measurement {
            instrument: InstrumentKey {
                scope: batch.scope(self.scope)?.clone(),
                kind: self.kind,
                name: self.name.into_owned(),
            },
            unit: unit.0.into_owned(),
            description: truncate(&description.0, MAX_NAME_BYTES).to_owned(),
            value: self.value,
            attributes: batch.attributes(self.attributes.values),
        })
    }
}

fn is_instrument_name(name: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-/".contains(&byte);
    name.len() <= MAX_INSTRUMENT_NAME
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(is_part)
}
