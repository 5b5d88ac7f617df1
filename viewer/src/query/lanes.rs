//! The lanes of a trace: page, IPC, core, sidecar, server.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

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

/// What tells lanes apart, in the order in which they are shown.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key<'a> {
    /// The place of the service in the order in which services come up in the tree.
    position: usize,
    kind: LaneKind,
    /// Of a page only.
    window: Option<&'a str>,
    service: &'a str,
}

impl Lanes {
    /// `operations` are those of the spans, by index.
    pub(super) fn new<'a>(operations: &'a [Arc<Operation>], tree: &Tree) -> Self {
        let kinds = Kinds::new(operations, tree);
        let mut positions: HashMap<&str, usize> = HashMap::new();
        for index in &tree.order {
            let next = positions.len();
            positions.entry(&operations[*index].service).or_insert(next);
        }
        let key = |operation: &'a Operation, kind| Key {
            position: positions[operation.service.as_str()],
            kind,
            window: operation
                .window
                .as_deref()
                .filter(|_| kind == LaneKind::Page),
            service: &operation.service,
        };
        let of_spans: Vec<Key<'_>> = operations
            .iter()
            .map(|operation| key(operation, kinds.of(operation)))
            .collect();
        // Where the core answers an invoke there is a lane between it and the page, which has no spans.
        let between = operations
            .iter()
            .filter(|operation| is_invoke(operation))
            .map(|operation| key(operation, LaneKind::Ipc));
        let mut keys: Vec<Key<'_>> = of_spans.iter().copied().chain(between).collect();
        keys.sort_unstable();
        keys.dedup();
        let lane_of = |key| keys.partition_point(|before| before < key) as u32;
        let of_span = of_spans.iter().map(lane_of).collect();
        let pages = keys.iter().filter(|key| key.kind == LaneKind::Page);
        let services: BTreeSet<&str> = pages.map(|key| key.service).collect();
        let lane = |key: &Key<'_>| Lane {
            kind: key.kind,
            label: label(key.kind, key.service, key.window, services.len() > 1),
            service: key.service.to_owned(),
        };
        Self {
            lanes: keys.iter().map(lane).collect(),
            of_span,
        }
    }
}

/// What each service of a trace is, but for its pages.
pub(super) struct Kinds<'a>(HashMap<&'a str, LaneKind>);

impl<'a> Kinds<'a> {
    pub(super) fn new(operations: &'a [Arc<Operation>], tree: &Tree) -> Self {
        let mut kinds: HashMap<&str, LaneKind> = HashMap::new();
        for operation in operations {
            if operation.is_page || is_invoke(operation) {
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
        Self(kinds)
    }

    /// The kind of the lane of a span.
    pub(super) fn of(&self, operation: &Operation) -> LaneKind {
        if operation.is_page {
            LaneKind::Page
        } else {
            self.0[operation.service.as_str()]
        }
    }
}

/// Whether it is a command in the core that answers it.
fn is_invoke(operation: &Operation) -> bool {
    operation.command.is_some() && operation.kind == SERVER
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
