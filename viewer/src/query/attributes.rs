//! Attributes that items must have, themselves or by their resource.

use std::collections::HashSet;

use opentelemetry_proto::tonic::{common::v1::KeyValue, trace::v1::ResourceSpans};
use prost::Message;

use super::{
    blob,
    params::{Params, QueryError},
};
use crate::{
    intake::{AttributeBits, FoldedBits, as_text, find},
    store::Reader,
};

/// Attributes that items must have, themselves or by their resource.
#[derive(Default)]
pub(super) struct Attributes(Vec<Attribute>);

struct Attribute {
    key: String,
    value: String,
    /// The numbers of the resources that have it.
    resources: HashSet<i64>,
}

impl Attributes {
    pub(super) fn new(reader: &Reader, params: &Params) -> Result<Self, QueryError> {
        let pairs = params.attributes()?.into_iter();
        let mut all: Vec<Attribute> = pairs
            .map(|(key, value)| Attribute {
                key,
                value,
                resources: HashSet::new(),
            })
            .collect();
        if all.is_empty() {
            return Ok(Self(all));
        }
        let mut statement = reader
            .connection
            .prepare_cached("SELECT id, bytes FROM resources")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let id = row.get(0)?;
            let group = ResourceSpans::decode(blob(row, 1)?).unwrap_or_default();
            let own = group.resource.unwrap_or_default().attributes;
            for attribute in all.iter_mut().filter(|attribute| attribute.is_in(&own)) {
                attribute.resources.insert(id);
            }
        }
        Ok(Self(all))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an item with these attributes of its own, and of this resource, has all of them.
    pub(super) fn are_of(&self, own: &[KeyValue], resource: i64) -> bool {
        let mut all = self.0.iter();
        all.all(|attribute| attribute.resources.contains(&resource) || attribute.is_in(own))
    }

    /// The bits of a trace that has all of them.
    pub(super) fn folded_bits(&self) -> FoldedBits {
        let mut bits = AttributeBits::default();
        for attribute in &self.0 {
            bits.add(&attribute.key, &attribute.value);
        }
        bits.folded()
    }

    /// Whether a trace with these bits may have all of them.
    pub(super) fn may_be_in(&self, bits: &AttributeBits) -> bool {
        let mut all = self.0.iter();
        all.all(|attribute| bits.may_have(&attribute.key, &attribute.value))
    }
}

impl Attribute {
    fn is_in(&self, attributes: &[KeyValue]) -> bool {
        find(attributes, &self.key).is_some_and(|value| as_text(value) == self.value)
    }
}
