//! The lanes of a trace: page, IPC, core, sidecar, server.

use std::{collections::HashMap, sync::Arc};

use super::{CONSUMER, SERVER, tree::Tree};
use crate::{
    api::{Lane, LaneKind},
    store::Operation,
};

/// The lanes, and for each span the index of its own.
pub(super) struct Lanes {
    pub(super) lanes: Vec<Lane>,
    pub(super) of_span: Vec<u32>,
}

impl Lanes {
    /// `operations` are those of the spans, by index; `services` too.
    pub(super) fn new(operations: &[Arc<Operation>], tree: &Tree) -> Self {
        let mut kinds: HashMap<&str, LaneKind> = HashMap::new();
        for operation in operations {
            if operation.is_page || (operation.command.is_some() && operation.kind == SERVER) {
                kinds.insert(&operation.service, LaneKind::Core);
            }
        }
        for (index, operation) in operations.iter().enumerate() {
            let parent = tree.parent[index].map(|parent| &operations[parent]);
            let is_entry = parent.is_none_or(|parent| parent.service != operation.service);
            // What is reached by a request is a server; what merely continues a trace was started by the app.
            let is_server = parent.is_none() || matches!(operation.kind, SERVER | CONSUMER);
            let kind = kinds.entry(&operation.service).or_insert(LaneKind::Sidecar);
            if is_entry && is_server && *kind == LaneKind::Sidecar {
                *kind = LaneKind::Server;
            }
        }
        let pages: std::collections::HashSet<&str> = operations
            .iter()
            .filter(|operation| operation.is_page)
            .map(|operation| operation.service.as_str())
            .collect();
        let mut lanes: Vec<(usize, Lane)> = Vec::new();
        let mut services: Vec<&str> = Vec::new();
        let mut known: HashMap<(&str, Option<&str>, LaneKindKey), usize> = HashMap::new();
        let mut of_span = vec![0; operations.len()];
        for index in &tree.order {
            let operation = &*operations[*index];
            let service = operation.service.as_str();
            let position = services
                .iter()
                .position(|known| *known == service)
                .unwrap_or_else(|| {
                    services.push(service);
                    services.len() - 1
                });
            let kind = if operation.is_page {
                LaneKind::Page
            } else {
                kinds[service]
            };
            let window = operation.window.as_deref().filter(|_| operation.is_page);
            let key = (service, window, rank(kind));
            let lane = *known.entry(key).or_insert_with(|| {
                let label = label(kind, service, window, pages.len() > 1);
                lanes.push((
                    position,
                    Lane {
                        kind,
                        label,
                        service: service.to_owned(),
                    },
                ));
                lanes.len() - 1
            });
            of_span[*index] = lane as u32;
            let is_invoke = operation.command.is_some() && operation.kind == SERVER;
            if is_invoke {
                known
                    .entry((service, None, rank(LaneKind::Ipc)))
                    .or_insert_with(|| {
                        let label = "ipc".to_owned();
                        lanes.push((
                            position,
                            Lane {
                                kind: LaneKind::Ipc,
                                label,
                                service: service.to_owned(),
                            },
                        ));
                        lanes.len() - 1
                    });
            }
        }
        let mut order: Vec<usize> = (0..lanes.len()).collect();
        order.sort_by_key(|index| (lanes[*index].0, rank(lanes[*index].1.kind), *index));
        let mut place = vec![0; lanes.len()];
        order
            .iter()
            .enumerate()
            .for_each(|(to, from)| place[*from] = to as u32);
        of_span
            .iter_mut()
            .for_each(|lane| *lane = place[*lane as usize]);
        let lanes = order
            .into_iter()
            .map(|index| lanes[index].1.clone())
            .collect();
        Self { lanes, of_span }
    }
}

type LaneKindKey = u8;

/// The order of lanes within a service.
fn rank(kind: LaneKind) -> LaneKindKey {
    match kind {
        LaneKind::Page => 0,
        LaneKind::Ipc => 1,
        LaneKind::Core => 2,
        LaneKind::Sidecar => 3,
        LaneKind::Server => 4,
    }
}

pub(super) fn label(
    kind: LaneKind,
    service: &str,
    window: Option<&str>,
    says_service: bool,
) -> String {
    match kind {
        LaneKind::Page if says_service => format!("page · {} ({service})", window.unwrap_or("?")),
        LaneKind::Page => format!("page · {}", window.unwrap_or("?")),
        LaneKind::Ipc => "ipc".to_owned(),
        LaneKind::Core => format!("core · {service}"),
        LaneKind::Sidecar => format!("sidecar · {service}"),
        LaneKind::Server => format!("server · {service}"),
    }
}
