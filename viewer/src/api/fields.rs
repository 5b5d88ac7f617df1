//! What can be filtered by.

use serde::Serialize;

/// Names of attributes, or values of one.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct FieldsAnswer {
    /// The names or values, the most frequent first, at most 200.
    pub items: Vec<Field>,
}

/// A name, or a value.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct Field {
    /// The name of the attribute, or its value as text.
    pub text: String,
    /// How often it came among the newest 10 000 items.
    pub count: u64,
}
