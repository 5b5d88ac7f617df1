//! Names of attributes and their values, from the newest items.

use std::collections::HashMap;

use opentelemetry_proto::tonic::{
    common::v1::{KeyValue, KeyValueList},
    logs::v1::LogRecord,
    trace::v1::Span,
};
use prost::Message;

use super::{
    blob,
    params::{Params, QueryError},
};
use crate::{
    api::{Field, FieldsAnswer},
    intake::as_text,
    store::Reader,
};

/// Items that are read.
const MAX_ITEMS: i64 = 10_000;

/// Names or values that are told.
const MAX_FIELDS: usize = 200;

/// The longest value that is told whole.
const MAX_VALUE_BYTES: usize = 200;

/// Reads the attributes out of an encoded item.
type ReadAttributes = fn(&[u8]) -> Vec<KeyValue>;

/// The names of the attributes of a signal; with `name`, the values of one.
pub(crate) fn fields(reader: &mut Reader, params: &Params) -> Result<FieldsAnswer, QueryError> {
    let (sql, read): (_, ReadAttributes) = match params.text("signal") {
        None | Some("traces") => ("SELECT rest FROM spans ORDER BY id DESC LIMIT ?", |bytes| {
            Span::decode(bytes).unwrap_or_default().attributes
        }),
        Some("logs") => ("SELECT rest FROM logs ORDER BY id DESC LIMIT ?", |bytes| {
            LogRecord::decode(bytes).unwrap_or_default().attributes
        }),
        Some("metrics") => (
            "SELECT attributes FROM series ORDER BY id DESC LIMIT ?",
            |bytes| KeyValueList::decode(bytes).unwrap_or_default().values,
        ),
        Some(other) => {
            return Err(QueryError::field(
                "signal",
                format!("{other:?} is none of traces, logs and metrics"),
            ));
        }
    };
    let (name, search) = (
        params.text("name"),
        params.text("search").map(str::to_lowercase),
    );
    let mut counts: HashMap<String, u64> = HashMap::new();
    let mut statement = reader.connection.prepare_cached(sql)?;
    let mut rows = statement.query([MAX_ITEMS])?;
    while let Some(row) = rows.next()? {
        for pair in read(blob(row, 0)?) {
            let text = match name {
                None => pair.key,
                Some(name) if name == pair.key => {
                    let value = pair.value.and_then(|any| any.value);
                    let text = value.map(|value| as_text(&value)).unwrap_or_default();
                    crate::intake::truncate(&text, MAX_VALUE_BYTES).to_owned()
                }
                Some(_) => continue,
            };
            if search
                .as_ref()
                .is_none_or(|search| text.to_lowercase().contains(search))
            {
                *counts.entry(text).or_default() += 1;
            }
        }
    }
    let mut items: Vec<Field> = counts
        .into_iter()
        .map(|(text, count)| Field { text, count })
        .collect();
    items.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.text.cmp(&b.text)));
    items.truncate(MAX_FIELDS);
    Ok(FieldsAnswer { items })
}
