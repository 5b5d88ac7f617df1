//! The graph, and a run of it that survives its process.
//!
//! `run.json` has the trace context in which the run was enqueued, and the output of each finished node. When a process is
//! killed, its open spans are lost. So the span `enqueue` ends, and is sent, before the work begins, and it is the parent of
//! the run in every process that works on it.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process,
};

use anyhow::{Context, Result, bail, ensure};
use futures::future::try_join_all;
use petgraph::{
    Direction::Incoming,
    graph::{DiGraph, NodeIndex},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use spankit::{
    Span,
    job::{Enqueue, EnqueueEnd},
    workflow::{Node, NodeEnd, Run},
};
use tokio::task::spawn_blocking;
use tracebaton::{TraceContext, add_link};

use crate::{Article, faults, geometry, query, source, store};

/// The name of a node, and its type.
type Step = (&'static str, &'static str);

const VERSION: &str = "1";

/// A run, as it is in `run.json`.
#[derive(Serialize, Deserialize)]
pub struct RunState {
    /// The id of the process that began it.
    id: String,
    trace: TraceContext,
    /// The output of each finished node.
    done: BTreeMap<String, Vec<Article>>,
    #[serde(skip)]
    is_resumed: bool,
    #[serde(skip)]
    folder: PathBuf,
}

impl RunState {
    /// Resumes the run that is in the folder, or enqueues a new one.
    ///
    /// # Errors
    /// If `run.json` can be neither read nor written.
    pub fn open(folder: &Path) -> Result<Self> {
        if let Ok(text) = fs::read(folder.join("run.json")) {
            let run: Self = serde_json::from_slice(&text).context("run.json is not a run")?;
            return Ok(Self {
                is_resumed: true,
                folder: folder.to_owned(),
                ..run
            });
        }
        let enqueue = Enqueue {
            kind: "articles",
            target: "run",
        }
        .start();
        let run = Self {
            id: process::id().to_string(),
            trace: enqueue.in_scope(TraceContext::current),
            done: BTreeMap::new(),
            is_resumed: false,
            folder: folder.to_owned(),
        };
        run.save()?;
        enqueue.ok(EnqueueEnd { batch_size: 1 });
        Ok(run)
    }

    fn file(&self) -> PathBuf {
        self.folder.join("run.json")
    }

    fn save(&self) -> Result<()> {
        // Under its name only once it is whole.
        let part = self.folder.join("run.json.part");
        fs::write(&part, serde_json::to_vec(self)?)?;
        fs::rename(part, self.file())?;
        Ok(())
    }

    /// Runs the nodes that are not done. Nodes that do not depend on each other run side by side.
    ///
    /// # Errors
    /// Those of the nodes.
    pub async fn finish(mut self) -> Result<()> {
        let mut graph = DiGraph::<Step, ()>::new();
        let read = graph.add_node(("read", "source"));
        let query = graph.add_node(("query", "query"));
        let europe = graph.add_node(("europe", "filter"));
        let america = graph.add_node(("america", "filter"));
        let store = graph.add_node(("store", "sink"));
        graph.extend_with_edges([
            (read, query),
            (query, europe),
            (query, america),
            (europe, store),
            (america, store),
        ]);

        let id = self.id.clone();
        let run = Run::new("articles", &id).is_resumed(self.is_resumed);
        let run = self.trace.clone().run(|| run.start());
        if self.is_resumed {
            add_link(run.span(), &TraceContext::current());
        }
        // Not the spans themselves: none is exported while somebody holds it.
        let mut traces = BTreeMap::new();
        while traces.len() < graph.node_count() {
            let is_ready = |node: &NodeIndex| {
                let mut before = graph.neighbors_directed(*node, Incoming);
                !traces.contains_key(node) && before.all(|earlier| traces.contains_key(&earlier))
            };
            let ready: Vec<_> = graph.node_indices().filter(is_ready).collect();
            ensure!(!ready.is_empty(), "the graph has a cycle");
            let nodes = ready
                .iter()
                .map(|node| self.node(&graph, *node, run.span(), &traces));
            let given = try_join_all(nodes).await?;
            for (node, (trace, output)) in ready.iter().zip(given) {
                traces.insert(*node, trace);
                self.done.insert(graph[*node].0.to_owned(), output);
            }
            self.save()?;
            if !self.is_resumed {
                faults::hold_after(ready.iter().map(|node| graph[*node].0)).await;
            }
        }
        run.ok(());
        fs::remove_file(self.file())?;
        Ok(())
    }

    /// Runs a node as a child of the run, with links to the nodes it depends on. Returns its context and its output.
    async fn node(
        &self,
        graph: &DiGraph<Step, ()>,
        node: NodeIndex,
        run: &Span,
        traces: &BTreeMap<NodeIndex, TraceContext>,
    ) -> Result<(TraceContext, Vec<Article>)> {
        let (name, kind) = graph[node];
        let before: Vec<_> = graph.neighbors_directed(node, Incoming).collect();
        let inputs = before
            .iter()
            .filter_map(|node| self.done.get(graph[*node].0));
        let inputs: Vec<_> = inputs.flatten().cloned().collect();
        let hash = Sha256::digest(serde_json::to_vec(&inputs)?);
        let hash: String = hash
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect();

        let span = Node::new(name, kind, VERSION, &self.id)
            .inputs_hash(&hash)
            .start_below(run);
        for earlier in &before {
            add_link(span.span(), &traces[earlier]);
        }
        let trace = span.in_scope(TraceContext::current);
        let earlier_output = self.done.get(name).cloned();
        let is_cached = earlier_output.is_some();
        let output = span.run(
            async {
                match earlier_output {
                    Some(output) => Ok(output),
                    None => self.step(name, inputs).await,
                }
            },
            |_| NodeEnd { is_cached },
        );
        Ok((trace, output.await?))
    }

    async fn step(&self, name: &str, inputs: Vec<Article>) -> Result<Vec<Article>> {
        let region = match name {
            "read" => {
                source::write(&self.folder).await?;
                return Ok(inputs);
            }
            "query" => return query::articles(&self.folder).await,
            "europe" => geometry::europe(),
            "america" => geometry::america(),
            "store" => {
                store::save(&self.folder, &inputs).await?;
                return Ok(inputs);
            }
            other => bail!("there is no step {other}"),
        };
        let node = Span::current();
        Ok(spawn_blocking(move || geometry::within(&region, &inputs, &node)).await?)
    }
}
