//! What several answers have.

use std::collections::BTreeMap;

use serde::Serialize;

/// Attributes by name.
pub type Attributes = BTreeMap<String, AttributeValue>;

/// The value of an attribute as JSON.
///
/// An integer beyond 2^53, a number that is none (`NaN`, `Infinity`, `-Infinity`) and bytes (base64) are strings.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(untagged)]
pub enum AttributeValue {
    /// Nothing.
    Null,
    /// A truth value.
    Bool(bool),
    /// An integer of at most 2^53 in size.
    Int(i64),
    /// A finite number.
    Double(f64),
    /// A text.
    String(String),
    /// A list.
    Array(Vec<AttributeValue>),
    /// Values by name.
    Map(BTreeMap<String, AttributeValue>),
}

/// Where the next page of a list begins.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct Pagination {
    /// Whether there is a next page.
    pub has_more: bool,
    /// The `offset` of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_offset: Option<u64>,
}

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct ApiError {
    /// What is wrong, and what to do.
    pub error: String,
    /// The parameter that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}
