//! Texts and messages that many rows share, as numbers.

use std::collections::HashMap;

use rusqlite::{Connection, params};

use super::Error;
use crate::intake::{Batch, EncodedResource, Group, SpanRow};

/// The most different operations of a run. Spans with a name beyond are counted under [`OTHER`], and keep their name.
const MAX_OPERATIONS: usize = 50_000;

/// The most resources, scopes, and series of a run; more than any development session has. Rows of further ones are
/// refused.
const MAX_SHARED: usize = 100_000;

/// The name of the operation of spans beyond the limit, as the semantic conventions have it.
const OTHER: &str = "_OTHER";

/// The numbers that are known.
#[derive(Default)]
pub(super) struct Interned {
    resources: HashMap<Vec<u8>, i64>,
    scopes: HashMap<Vec<u8>, i64>,
    operations: HashMap<Vec<u8>, i64>,
    /// By the number of an operation less one: the first operation with the same service, command and window.
    facets: Vec<i64>,
    first_of_facet: HashMap<Vec<u8>, i64>,
    metrics: HashMap<Vec<u8>, i64>,
    series: HashMap<Vec<u8>, i64>,
    key: Vec<u8>,
}

/// The numbers of a group.
#[derive(Clone, Copy)]
pub(super) struct GroupIds {
    pub(super) resource: i64,
    pub(super) scope: i64,
}

/// The numbers of the operation of a span.
#[derive(Clone, Copy)]
pub(super) struct OperationIds {
    pub(super) id: i64,
    /// The first operation with the same service, command and window.
    pub(super) facet: i64,
    /// Whether the operation has another name than the span.
    pub(super) is_other: bool,
}

impl Interned {
    /// Reads what a file has.
    pub(super) fn load(connection: &Connection) -> Result<Self, Error> {
        let mut own = Self::default();
        let mut statement = connection.prepare("SELECT id, bytes FROM resources")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            own.resources.insert(row.get(1)?, row.get(0)?);
        }
        let mut statement = connection.prepare("SELECT id, bytes FROM scopes")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            own.scopes.insert(row.get(1)?, row.get(0)?);
        }
        let mut statement = connection.prepare(
            "SELECT id, service, kind, name, command, window, page FROM operations ORDER BY id",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (service, name): (String, String) = (row.get(1)?, row.get(3)?);
            let (command, window): (Option<String>, Option<String>) = (row.get(4)?, row.get(5)?);
            let page = row.get(6)?;
            own.facet_key(&service, command.as_deref(), window.as_deref(), page);
            own.add_operation(row.get(0)?, row.get(2)?, &name);
        }
        let mut statement = connection.prepare("SELECT id, bytes FROM metrics")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            own.metrics.insert(row.get(1)?, row.get(0)?);
        }
        let mut statement =
            connection.prepare("SELECT id, metric, resource, scope, attributes FROM series")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let attributes: Vec<u8> = row.get(4)?;
            let key = series_key(row.get(1)?, row.get(2)?, row.get(3)?, &attributes);
            own.series.insert(key, row.get(0)?);
        }
        Ok(own)
    }

    /// The numbers of the groups of a batch; `None` for those of which there are too many.
    pub(super) fn groups(
        &mut self,
        connection: &Connection,
        batch: &Batch,
    ) -> Result<Vec<Option<GroupIds>>, Error> {
        let resources = batch.resources.iter();
        let resources = resources
            .map(|resource| self.resource(connection, resource))
            .collect::<Result<Vec<_>, _>>()?;
        let groups = batch.groups.iter();
        groups
            .map(|group| {
                let Some(resource) = resources[group.resource] else {
                    return Ok(None);
                };
                let scope = self.scope(connection, group)?;
                Ok(scope.map(|scope| GroupIds { resource, scope }))
            })
            .collect()
    }

    fn resource(
        &mut self,
        connection: &Connection,
        EncodedResource { service, bytes, .. }: &EncodedResource,
    ) -> Result<Option<i64>, Error> {
        let insert = "INSERT INTO resources (service, bytes) VALUES (?, ?)";
        intern(&mut self.resources, connection, insert, service, bytes)
    }

    fn scope(&mut self, connection: &Connection, group: &Group) -> Result<Option<i64>, Error> {
        let insert = "INSERT INTO scopes (name, bytes) VALUES (?, ?)";
        let (name, bytes) = (&group.scope_name, &group.scope);
        intern(&mut self.scopes, connection, insert, name, bytes)
    }

    /// The operation of a span.
    pub(super) fn operation(
        &mut self,
        connection: &Connection,
        batch: &Batch,
        span: &SpanRow,
    ) -> Result<OperationIds, Error> {
        let service = &batch.resource(span.group).service;
        self.operation_key(service, span, &span.name);
        if let Some(id) = self.operations.get(&self.key) {
            return Ok(OperationIds {
                id: *id,
                facet: self.facet(*id),
                is_other: false,
            });
        }
        let is_other = self.operations.len() >= MAX_OPERATIONS;
        let name = if is_other { OTHER } else { &span.name };
        if is_other {
            self.operation_key(service, span, name);
            if let Some(id) = self.operations.get(&self.key) {
                return Ok(OperationIds {
                    id: *id,
                    facet: self.facet(*id),
                    is_other,
                });
            }
        }
        connection
            .prepare_cached("INSERT INTO operations (service, kind, name, command, window, page) VALUES (?, ?, ?, ?, ?, ?)")?
            .execute(params![service, span.kind, name, span.command, span.window, span.is_page])?;
        let id = connection.last_insert_rowid();
        self.facet_key(
            service,
            span.command.as_deref(),
            span.window.as_deref(),
            span.is_page,
        );
        self.add_operation(id, span.kind, name);
        Ok(OperationIds {
            id,
            facet: self.facet(id),
            is_other,
        })
    }

    fn operation_key(&mut self, service: &str, span: &SpanRow, name: &str) {
        self.facet_key(
            service,
            span.command.as_deref(),
            span.window.as_deref(),
            span.is_page,
        );
        self.key.extend_from_slice(&span.kind.to_le_bytes());
        self.key.extend_from_slice(name.as_bytes());
    }

    fn facet(&self, operation: i64) -> i64 {
        self.facets
            .get(operation as usize - 1)
            .copied()
            .unwrap_or(operation)
    }

    /// The number of the series of a data point; `None` when there are too many.
    pub(super) fn series(
        &mut self,
        connection: &Connection,
        ids: GroupIds,
        point: &crate::intake::PointRow,
    ) -> Result<Option<i64>, Error> {
        let metric = match self.metrics.get(&point.metric.bytes) {
            Some(id) => *id,
            None if self.metrics.len() >= MAX_SHARED => return Ok(None),
            None => {
                connection
                    .prepare_cached("INSERT INTO metrics (name, kind, bytes) VALUES (?, ?, ?)")?
                    .execute(params![
                        point.metric.name,
                        point.metric.kind as i64,
                        point.metric.bytes
                    ])?;
                let id = connection.last_insert_rowid();
                self.metrics.insert(point.metric.bytes.clone(), id);
                id
            }
        };
        let key = series_key(metric, ids.resource, ids.scope, &point.attributes);
        if let Some(id) = self.series.get(&key) {
            return Ok(Some(*id));
        }
        if self.series.len() >= MAX_SHARED {
            return Ok(None);
        }
        connection
            .prepare_cached(
                "INSERT INTO series (metric, resource, scope, attributes) VALUES (?, ?, ?, ?)",
            )?
            .execute(params![metric, ids.resource, ids.scope, point.attributes])?;
        let id = connection.last_insert_rowid();
        self.series.insert(key, id);
        Ok(Some(id))
    }

    /// Begins the key of an operation with what a facet is.
    fn facet_key(
        &mut self,
        service: &str,
        command: Option<&str>,
        window: Option<&str>,
        page: bool,
    ) {
        self.key.clear();
        for text in [
            service,
            command.unwrap_or("\u{0}"),
            window.unwrap_or("\u{0}"),
        ] {
            self.key
                .extend_from_slice(&(text.len() as u32).to_le_bytes());
            self.key.extend_from_slice(text.as_bytes());
        }
        self.key.push(page.into());
    }

    /// Adds an operation whose facet is in the key.
    fn add_operation(&mut self, id: i64, kind: i32, name: &str) {
        let first = *self.first_of_facet.entry(self.key.clone()).or_insert(id);
        // Numbers begin at one and have no holes: operations are never removed.
        self.facets.push(first);
        self.key.extend_from_slice(&kind.to_le_bytes());
        self.key.extend_from_slice(name.as_bytes());
        self.operations.insert(self.key.clone(), id);
    }
}

/// The number of the resource or scope with these bytes, which `insert` adds with its name if it is new. `None` if there are too many.
fn intern(
    known: &mut HashMap<Vec<u8>, i64>,
    connection: &Connection,
    insert: &str,
    name: &str,
    bytes: &[u8],
) -> Result<Option<i64>, Error> {
    if let Some(id) = known.get(bytes) {
        return Ok(Some(*id));
    }
    if known.len() >= MAX_SHARED {
        return Ok(None);
    }
    connection
        .prepare_cached(insert)?
        .execute(params![name, bytes])?;
    let id = connection.last_insert_rowid();
    known.insert(bytes.to_vec(), id);
    Ok(Some(id))
}

fn series_key(metric: i64, resource: i64, scope: i64, attributes: &[u8]) -> Vec<u8> {
    let mut key = Vec::with_capacity(24 + attributes.len());
    for id in [metric, resource, scope] {
        key.extend_from_slice(&id.to_le_bytes());
    }
    key.extend_from_slice(attributes);
    key
}
