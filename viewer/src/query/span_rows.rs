//! The spans of a trace as they are in the store.

use std::sync::Arc;

use opentelemetry_proto::tonic::trace::v1::Span as OtlpSpan;

use super::{
    blob,
    params::{QueryError, hex},
    tree::Place,
};
use crate::{
    intake::{SpanColumns, join_span},
    store::{Operation, Reader, SPAN_BITS, State, number_of},
};

/// The spans of a trace as they are in the store.
pub(super) struct Rows {
    pub(super) trace_id: [u8; 16],
    pub(super) start: i64,
    /// How many traces like this one there were before sampling.
    pub(super) stands_for: f64,
    pub(super) places: Vec<Place>,
    pub(super) operations: Vec<Arc<Operation>>,
    pub(super) status: Vec<i32>,
    pub(super) resources: Vec<i64>,
    pub(super) scopes: Vec<i64>,
    /// Nanoseconds since the Unix epoch.
    pub(super) arrived: Vec<i64>,
    pub(super) rest: Vec<Vec<u8>>,
}

impl Rows {
    pub(super) fn load(reader: &mut Reader, trace_id: [u8; 16]) -> Result<Self, QueryError> {
        let number = number_of(&reader.connection, &trace_id)?;
        let number =
            number.ok_or_else(|| QueryError::Missing(format!("trace {}", hex(&trace_id))))?;
        let stands_for = reader
            .connection
            .prepare_cached("SELECT stands_for FROM traces WHERE id = ?")?
            .query_row([number], |row| row.get(0))?;
        let started = State::load(&reader.connection)?.started;
        let mut own = Self {
            trace_id,
            start: i64::MAX,
            stands_for,
            places: Vec::new(),
            operations: Vec::new(),
            status: Vec::new(),
            resources: Vec::new(),
            scopes: Vec::new(),
            arrived: Vec::new(),
            rest: Vec::new(),
        };
        let mut numbers = Vec::new();
        {
            let mut statement = reader.connection.prepare_cached(
                "SELECT span_id, parent, operation, start, end, status, resource, scope, arrived, rest FROM spans \
                 WHERE id >= ? AND id < ?",
            )?;
            let mut rows = statement.query([number << SPAN_BITS, (number + 1) << SPAN_BITS])?;
            while let Some(row) = rows.next()? {
                let (start, end): (i64, i64) = (row.get(3)?, row.get(4)?);
                own.places.push(Place {
                    id: row.get(0)?,
                    parent: row.get(1)?,
                    start: start as u64,
                    // A clock that was set back must not make a span of negative length.
                    end: (end as u64).max(start as u64),
                });
                own.start = own.start.min(start);
                numbers.push(row.get(2)?);
                own.status.push(row.get(5)?);
                own.resources.push(row.get(6)?);
                own.scopes.push(row.get(7)?);
                let arrived: i64 = row.get(8)?;
                own.arrived
                    .push(arrived.saturating_mul(1_000_000).saturating_add(started));
                own.rest.push(blob(row, 9)?.to_vec());
            }
        }
        for place in &mut own.places {
            // Times of senders without a clock are anywhere.
            place.start = place.start.wrapping_sub(own.start as u64);
            place.end = place.end.wrapping_sub(own.start as u64).max(place.start);
        }
        for number in numbers {
            own.operations.push(reader.operation(number)?);
        }
        Ok(own)
    }

    pub(super) fn duration(&self) -> u64 {
        self.places
            .iter()
            .map(|place| place.end)
            .max()
            .unwrap_or_default()
    }

    pub(super) fn join(&self, index: usize) -> OtlpSpan {
        let (place, operation) = (&self.places[index], &self.operations[index]);
        let time = |offset: u64| self.start.wrapping_add_unsigned(offset);
        let columns = SpanColumns {
            trace_id: &self.trace_id,
            span_id: place.id,
            parent: place.parent,
            name: &operation.name,
            kind: operation.kind,
            start: time(place.start),
            end: time(place.end),
            status: self.status[index],
        };
        join_span(&columns, &self.rest[index])
    }
}
