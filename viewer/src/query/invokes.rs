//! The parts of each invoke of a trace.

use std::sync::Arc;

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
    let mut found: Vec<Invoke> = servers
        .filter_map(|index| {
            let command = operations[*index].command.clone()?;
            let server = &places[*index];
            let client = tree.parent[*index]
                .filter(|parent| {
                    operations[*parent].command.as_ref() == Some(&command)
                        && operations[*parent].kind == CLIENT
                })
                .map(|parent| &places[parent]);
            let body = tree.children[*index].first().map(|child| &places[*child]);
            let whole = client.unwrap_or(server);
            let ran = body.unwrap_or(server);
            Some(Invoke {
                command,
                client_span_id: client.map(|client| span_hex(client.id)),
                server_span_id: span_hex(server.id),
                offset: whole.start,
                duration: whole.end - whole.start,
                page: None,
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
