//! What a trace has to be like.

use std::ops::ControlFlow;

use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;

use super::{
    attributes::Attributes,
    blob,
    params::{Params, Period, QueryError},
};
use crate::{
    intake::{AttributeBits, FoldedBits},
    store::{Block, Entry, Operation, Reader, SPAN_BITS, decode_facets, entries},
};

/// What a trace has to be like.
pub(super) struct Filter {
    pub(super) period: Period,
    min_duration: i64,
    max_duration: i64,
    error: Option<bool>,
    /// For each of service, command and window that is asked for: the operations that have it.
    facets: Vec<Operations>,
    /// The operations whose name has the text that is searched for.
    named: Option<Operations>,
    attributes: Attributes,
    /// The bits of the attributes.
    bits: FoldedBits,
}

impl Filter {
    /// All traces that start in a period.
    pub(super) fn of_period(period: Period) -> Self {
        Self {
            period,
            min_duration: 0,
            max_duration: i64::MAX,
            error: None,
            facets: Vec::new(),
            named: None,
            attributes: Attributes::default(),
            bits: FoldedBits::default(),
        }
    }

    pub(super) fn new(reader: &mut Reader, params: &Params) -> Result<Self, QueryError> {
        let nanos = |duration: u64| i64::try_from(duration).unwrap_or(i64::MAX);
        let attributes = Attributes::new(reader, params)?;
        let mut filter = Self {
            min_duration: params.duration("minDuration")?.map_or(0, nanos),
            max_duration: params.duration("maxDuration")?.map_or(i64::MAX, nanos),
            error: params.flag("error")?,
            bits: attributes.folded_bits(),
            attributes,
            ..Self::of_period(params.period()?)
        };
        let operations = reader.operations()?;
        if let Some(service) = params.text("service") {
            let has = Operations::new(operations, |own| own.service == service);
            filter.facets.push(has);
        }
        if let Some(command) = params.text("command") {
            let has = Operations::new(operations, |own| own.command.as_deref() == Some(command));
            filter.facets.push(has);
        }
        if let Some(window) = params.text("window") {
            let has = Operations::new(operations, |own| own.window.as_deref() == Some(window));
            filter.facets.push(has);
        }
        filter.named = params.text("search").map(|search| {
            let search = search.to_lowercase();
            Operations::new(operations, |own| own.name.to_lowercase().contains(&search))
        });
        Ok(filter)
    }

    /// The blocks that may have a trace of the period, in the order of arrival.
    pub(super) fn blocks(&self, reader: &Reader) -> Result<Vec<Block>, QueryError> {
        let mut blocks = Block::all(&reader.connection)?;
        blocks.retain(|block| block.last >= self.period.start && block.first < self.period.end);
        Ok(blocks)
    }

    /// Calls `visit` with the traces of a block that pass, by number, until it breaks.
    pub(super) fn visit(
        &self,
        reader: &Reader,
        block: &Block,
        mut visit: impl FnMut(&Entry<'_>) -> Result<ControlFlow<()>, QueryError>,
    ) -> Result<ControlFlow<()>, QueryError> {
        if block.longest < self.min_duration {
            return Ok(ControlFlow::Continue(()));
        }
        let mut statement = reader
            .connection
            .prepare_cached("SELECT entries FROM blocks WHERE id = ?")?;
        let mut rows = statement.query([block.id])?;
        let Some(row) = rows.next()? else {
            return Ok(ControlFlow::Continue(()));
        };
        for entry in entries(block.id, blob(row, 0)?) {
            if self.passes(reader, &entry)? && visit(&entry)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn passes(&self, reader: &Reader, entry: &Entry<'_>) -> Result<bool, QueryError> {
        let is_cheap_to_tell = self.period.contains(entry.start)
            && (self.min_duration..=self.max_duration).contains(&entry.duration)
            && self.error.is_none_or(|error| error == (entry.errors > 0))
            && self
                .named
                .as_ref()
                .is_none_or(|named| named.has(entry.operation))
            && entry.bits.may_have(&self.bits);
        let has = |wanted: &Operations| decode_facets(entry.facets).any(|facet| wanted.has(facet));
        Ok(is_cheap_to_tell
            && self.facets.iter().all(has)
            && (self.attributes.is_empty() || self.has_attributes(reader, entry.number)?))
    }

    fn has_attributes(&self, reader: &Reader, trace: i64) -> Result<bool, QueryError> {
        let may_have = {
            let mut statement = reader
                .connection
                .prepare_cached("SELECT attribute_bits FROM traces WHERE id = ?")?;
            let mut rows = statement.query([trace])?;
            let row = rows.next()?;
            let bits = row.map(|row| blob(row, 0).map(AttributeBits::decode));
            let bits = bits.transpose()?.unwrap_or_default();
            self.attributes.may_be_in(&bits)
        };
        Ok(may_have && has_span_with(reader, trace, &self.attributes)?)
    }
}

/// Some of the operations of a run: whether each is one of them, by its number.
struct Operations(Vec<bool>);

impl Operations {
    fn new(all: &[std::sync::Arc<Operation>], is: impl Fn(&Operation) -> bool) -> Self {
        // Numbers begin at one and have no holes.
        let known = all.iter().map(|operation| is(operation));
        Self([false].into_iter().chain(known).collect())
    }

    fn has(&self, number: i64) -> bool {
        self.0.get(number as usize).copied().unwrap_or_default()
    }
}

/// Whether one span of the trace has all of the attributes, itself or by its resource.
fn has_span_with(reader: &Reader, trace: i64, wanted: &Attributes) -> Result<bool, QueryError> {
    let mut statement = reader
        .connection
        .prepare_cached("SELECT rest, resource FROM spans WHERE id >= ? AND id < ?")?;
    let mut rows = statement.query([trace << SPAN_BITS, (trace + 1) << SPAN_BITS])?;
    while let Some(row) = rows.next()? {
        let span = Span::decode(blob(row, 0)?).unwrap_or_default();
        if wanted.are_of(&span.attributes, row.get(1)?) {
            return Ok(true);
        }
    }
    Ok(false)
}
