//! What all items of one batch have in common.

use std::sync::Arc;

use opentelemetry::{Array, InstrumentationScope, Key, KeyValue, StringValue, Value};
use serde_json::value::RawValue;

use super::{
    clock::Drift,
    wire::{PageAttributes, PageBatch, PageScope},
};
use crate::names::{WEBVIEW_LABEL, truncate};

/// The longest JSON of a batch's own attributes. They are a few ids, and each of up to 4096 spans gets them.
const MAX_SHARED_BYTES: usize = 4096;

/// The longest name and the longest version of a scope. Longer ones are cut.
const MAX_SCOPE_BYTES: usize = 256;

/// The page that sent a batch, and what the batch says of all its items.
pub(super) struct BatchContext<'a> {
    webview: &'a StringValue,
    pub(super) drift: Drift,
    default_scope: &'a InstrumentationScope,
    /// `None` where the JSON in this place is not a scope.
    scopes: Vec<Option<InstrumentationScope>>,
    shared: Vec<KeyValue>,
    /// Shared attributes that were left out or shortened.
    pub(super) cut_attributes: u32,
}

impl<'a> BatchContext<'a> {
    pub(super) fn new(
        webview: &'a StringValue,
        default_scope: &'a InstrumentationScope,
        drift: Drift,
    ) -> Self {
        Self {
            webview,
            drift,
            default_scope,
            scopes: Vec::new(),
            shared: Vec::new(),
            cut_attributes: 0,
        }
    }

    /// With the scopes and the attributes that `batch` has for its items.
    pub(super) fn of_batch(mut self, batch: &PageBatch<'_>) -> Self {
        let scopes = batch.scopes.iter().flat_map(|scopes| &scopes.items);
        self.scopes = scopes.map(|raw| scope(raw, self.default_scope)).collect();
        if let Some(raw) = batch.attributes {
            match shared(raw) {
                Some(attributes) => {
                    self.cut_attributes = attributes.cut();
                    self.shared = attributes.values.into_iter().map(counted).collect();
                }
                None => self.cut_attributes = 1,
            }
        }
        self
    }

    /// The scope with this index; `None` if the batch has no such scope.
    pub(super) fn scope(&self, index: Option<u32>) -> Option<&InstrumentationScope> {
        match index {
            None => Some(self.default_scope),
            Some(index) => self.scopes.get(index as usize)?.as_ref(),
        }
    }

    /// The attributes of an item: the label of its webview, its own, and those of the batch that it has not.
    pub(super) fn attributes(&self, mut own: Vec<KeyValue>) -> Vec<KeyValue> {
        let is_new = |shared: &&KeyValue| own.iter().all(|one| one.key != shared.key);
        let shared: Vec<_> = self.shared.iter().filter(is_new).cloned().collect();
        own.reserve(1 + shared.len());
        // In front, because a limit cuts what is last.
        own.insert(0, KeyValue::new(WEBVIEW_LABEL, self.webview.clone()));
        own.extend(shared);
        own
    }
}

/// Without a schema URL: which names the attributes of the scope have, only the code that named the scope knows. One without a name is `default`,
/// because OpenTelemetry asks for a tracer that works.
fn scope(raw: &RawValue, default: &InstrumentationScope) -> Option<InstrumentationScope> {
    let PageScope { name, version } = serde_json::from_str(raw.get()).ok()?;
    if name.is_empty() {
        return Some(default.clone());
    }
    let kept = |text: &str| truncate(text, MAX_SCOPE_BYTES).to_owned();
    let scope = InstrumentationScope::builder(kept(&name));
    Some(match version {
        Some(version) => scope.with_version(kept(&version.0)).build(),
        None => scope.build(),
    })
}

fn shared(raw: &RawValue) -> Option<PageAttributes> {
    (raw.get().len() <= MAX_SHARED_BYTES)
        .then(|| serde_json::from_str(raw.get()).ok())
        .flatten()
}

/// The attribute with texts that are counted references, because every item has a copy.
fn counted(pair: KeyValue) -> KeyValue {
    let text = |text: StringValue| StringValue::from(Arc::<str>::from(text.as_str()));
    let value = match pair.value {
        Value::String(one) => Value::String(text(one)),
        Value::Array(Array::String(list)) => {
            Value::Array(Array::String(list.into_iter().map(text).collect()))
        }
        other => other,
    };
    KeyValue::new(Key::from(Arc::<str>::from(pair.key.as_str())), value)
}
