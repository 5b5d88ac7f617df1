//! The parts of each invoke of a trace.

use std::{collections::HashMap, sync::Arc};

use super::{
    CLIENT, SERVER,
    params::span_hex,
    tree::{Place, Tree},
};
use crate::{api::Invoke, store::Operation};

/// The invokes by start.
pub(super) fn invokes(places: &[Place], operations: &[Arc<Operation>], tree: &Tree) -> Vec<Invoke> {
    let servers = tree
        .order
        .iter()
        .filter(|index| operations[**index].kind == SERVER);
    let mut begins = Begins {
        places,
        operations,
        tree,
        ends: HashMap::new(),
    };
    let mut found: Vec<Invoke> = servers
        .filter_map(|index| {
            let command = operations[*index].command.clone()?;
            let server = &places[*index];
            let client = tree.parent[*index].filter(|parent| {
                operations[*parent].command.as_ref() == Some(&command)
                    && operations[*parent].kind == CLIENT
            });
            let begun = client.and_then(|client| begins.of(client));
            let client = client.map(|client| &places[client]);
            // A synchronous command runs in the span of its invoke: its children are then parts of it.
            let name = format!("run {command}");
            let mut children = tree.children[*index].iter();
            let body = children
                .find(|child| operations[**child].name == name)
                .map(|child| &places[*child]);
            let whole = client.unwrap_or(server);
            let start = begun.unwrap_or(whole.start);
            let ran = body.unwrap_or(server);
            Some(Invoke {
                command,
                client_span_id: client.map(|client| span_hex(client.id)),
                server_span_id: span_hex(server.id),
                offset: start,
                duration: whole.end - start,
                page: begun.map(|start| whole.start - start),
                ipc: client.map(|client| server.start.saturating_sub(client.start)),
                queue: body.map(|body| body.start.saturating_sub(server.start)),
                body: Some(ran.end - ran.start),
                return_: (client.is_some() || body.is_some())
                    .then(|| whole.end.saturating_sub(ran.end)),
            })
        })
        .collect();
    found.sort_by_key(|invoke| invoke.offset);
    found
}

/// When the page began what led to a call: when its span around the call began, or when it had the answer to the call before in that
/// span.
struct Begins<'a> {
    places: &'a [Place],
    operations: &'a [Arc<Operation>],
    tree: &'a Tree,
    /// By a span of the page: the ends of its children, sorted.
    ends: HashMap<usize, Vec<u64>>,
}

impl Begins<'_> {
    fn of(&mut self, client: usize) -> Option<u64> {
        let around = self.tree.parent[client].filter(|parent| self.operations[*parent].is_page)?;
        let start = self.places[client].start;
        let ends = self.ends.entry(around).or_insert_with(|| {
            let children = self.tree.children[around].iter();
            let mut ends: Vec<u64> = children.map(|child| self.places[*child].end).collect();
            ends.sort_unstable();
            ends
        });
        let before = ends.partition_point(|end| *end <= start);
        let answered = before.checked_sub(1).map_or(0, |last| ends[last]);
        let begun = answered.max(self.places[around].start);
        // The clock of the page may have been set back.
        (begun <= start).then_some(begun)
    }
}
