//! `test pipeline`: builds `examples/pipeline` with RocksDB, starts a run by a click in a real window, kills the process of the run, and
//! checks that the next process finishes the run in the same trace. Then an API in Python reads what was stored.
//!
//! The dependencies, DataFusion and RocksDB above all, are built in a folder of the cache, for all checkouts. From nothing that takes some
//! 20 minutes of one core.

use std::{
    collections::BTreeSet,
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use otel_harness::{App, Collector, Kind, Node, Source, Span, cache, free_port, http, until};
use serde_json::Value;
use tokio::process::Command;
use xshell::{Shell, cmd};

use crate::{backends, setup};

const MANIFEST: &str = "examples/pipeline/Cargo.toml";

/// The bindings of RocksDB are generated from its headers.
const PACKAGES: [(&str, &[&str]); 1] = [(
    "libclang-dev",
    &[
        "/usr/lib/x86_64-linux-gnu/libclang.so.1",
        "/usr/lib/llvm-14/lib/libclang.so",
        "/usr/lib/llvm-18/lib/libclang.so",
    ],
)];

/// The packages of PyPI that the API in Python needs.
const PYTHON_PACKAGES: [&str; 5] = [
    "fastapi==0.165.0",
    "uvicorn==0.54.0",
    "opentelemetry-sdk==1.45.2",
    "opentelemetry-exporter-otlp-proto-http==1.45.2",
    "opentelemetry-instrumentation-fastapi==0.66b2",
];

const PYTHON: &str = "python-fastapi-0.165.0/bin/python";

/// The trace id and the span id of the caller of the API in Python.
const CALLER: (&str, &str) = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331");

pub fn run(sh: &Shell) -> Result<()> {
    setup::packages(sh, &PACKAGES)?;
    backends::provide(sh, |program| program == cache::collector())?;
    let python = cache::dir().join(PYTHON);
    backends::venv(sh, &python, &PYTHON_PACKAGES)?;
    let target = cache::dir().join("pipeline");
    // Clippy as the compiler of the workspace: `cargo clippy` would check all dependencies beside the build of them.
    let _compiler = sh.push_env("RUSTC_WORKSPACE_WRAPPER", "clippy-driver");
    let _deny = sh.push_env("CLIPPY_ARGS", "-Dwarnings");
    let cargo = |command: &str, args: &[&str]| {
        cmd!(
            sh,
            "cargo {command} --locked --manifest-path {MANIFEST} --target-dir {target} {args...}"
        )
        .run()
    };
    cargo("test", &["-p", "article-store"])?;
    // The whole workspace, so that its dependencies have the same features in both commands.
    let all = [
        "--workspace",
        "--features=pipeline/rocksdb,article-store-python/rocksdb",
    ];
    cargo("test", &[&all[..], &["--lib"]].concat())?;
    cargo("build", &all)?;
    let built = target.join("debug");
    let desktop =
        otel_harness::build("pipeline-desktop", &["--features", "tauri/custom-protocol"])?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let folder = tempfile::tempdir()?;
        let program = built.join("pipeline");
        resumed(&desktop, &program, folder.path()).await?;
        from_python(&python, &built, folder.path()).await?;
        unfinished(&program).await?;
        failed(&program).await?;
        whole(&desktop, &program).await
    })
}

/// A click starts a run, whose process is killed in the middle of its work. A second click resumes the run.
async fn resumed(desktop: &Path, program: &Path, folder: &Path) -> Result<()> {
    let collector = Collector::start().await?;
    let env = [
        ("PIPELINE_HOLD_AFTER", "query"),
        ("PIPELINE_FAILED_ATTEMPTS", "1"),
    ];
    let app = launch(desktop, program, folder, &collector, &env).await?;
    app.click("#run").await?;
    let process = until("the node query to be done", async || {
        let run = fs::read(folder.join("run.json")).ok()?;
        let run: Value = serde_json::from_slice(&run).ok()?;
        run["done"].get("query")?;
        Some(run["id"].as_str()?.to_owned())
    });
    let process = process.await?;
    Command::new("kill").args(["-9", &process]).status().await?;
    logged(&app, "error: the pipeline ended with signal: 9").await?;
    app.click("#run").await?;
    logged(&app, "ok: night-trains").await?;

    let trace = collector
        .trace("the click that starts the run", 17, |span| {
            span.name == "run articles"
        })
        .await?;
    println!("{trace}");
    let killed = process_of(trace.root("ui.button_click"))
        .error("signal 9")
        .has("process.pid", process.parse::<i64>()?);
    let run = killed
        .child("enqueue articles")
        .kind(Kind::Producer)
        .child("run articles")
        .has("workflow.run.id", process)
        .has("workflow.run.is_resumed", true)
        .ok();
    check_nodes(run)?;

    let second = collector
        .trace("the click that resumes the run", 4, |span| {
            span.name == "pipeline" && span.trace_id != run.trace_id
        })
        .await?;
    let resumer = process_of(second.root("ui.button_click")).ok().leaf();
    let link = (resumer.trace_id.clone(), resumer.span_id.clone());
    ensure!(run.links == [link], "the run links to {:?}", run.links);

    let enqueue = only(only(run, "node store"), "enqueue index");
    check_attempts(&collector, enqueue).await?;
    app.quit().await
}

async fn launch(
    desktop: &Path,
    program: &Path,
    folder: &Path,
    collector: &Collector,
    env: &[(&str, &str)],
) -> Result<App> {
    // A process that is killed sends what it has flushed, and what its timer has sent before.
    let without_timer = folder.join("pipeline");
    let script = format!(
        "#!/bin/sh\nOTEL_BSP_SCHEDULE_DELAY=600000 exec '{}' \"$@\"\n",
        program.display()
    );
    fs::write(&without_timer, script)?;
    fs::set_permissions(&without_timer, Permissions::from_mode(0o755))?;
    let [program, folder] = [without_timer.as_path(), folder].map(Path::to_string_lossy);
    let mut all = vec![
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint()),
        ("PIPELINE_PROGRAM", &program),
        ("PIPELINE_FOLDER", &folder),
    ];
    all.extend(env);
    App::launch_on(None, desktop, &all).await
}

/// Waits for a line that the page writes.
async fn logged(app: &App, line: &str) -> Result<()> {
    let text = "document.querySelector('#log').textContent";
    app.wait_js(&format!("{text}.includes('{line}')")).await
}

/// The span of the process that a click starts.
fn process_of(click: Node<'_>) -> Node<'_> {
    click
        .child("run_pipeline")
        .kind(Kind::Client)
        .child("run_pipeline")
        .kind(Kind::Server)
        .child("pipeline")
}

fn only<'a>(parent: Node<'a>, name: &str) -> Node<'a> {
    let children = parent.children().into_iter();
    let named: Vec<_> = children.filter(|child| child.name == name).collect();
    assert_eq!(named.len(), 1, "{name} in {:?}", names(parent));
    named[0]
}

fn names(parent: Node<'_>) -> BTreeSet<String> {
    let children = parent.children().into_iter();
    children.map(|child| child.name.clone()).collect()
}

/// The nodes are siblings, and link to those that they depend on.
fn check_nodes(run: Node<'_>) -> Result<()> {
    const NODES: [(&str, bool, &[&str]); 5] = [
        ("node read", true, &[]),
        ("node query", true, &["node read"]),
        ("node europe", false, &["node query"]),
        ("node america", false, &["node query"]),
        ("node store", false, &["node europe", "node america"]),
    ];
    ensure!(run.children().len() == NODES.len(), "{:?}", names(run));
    for (name, is_cached, before) in NODES {
        let node = only(run, name)
            .has("workflow.node.is_cached", is_cached)
            .ok();
        let linked: BTreeSet<_> = node.links.iter().map(|(_, id)| id.clone()).collect();
        let before = before
            .iter()
            .map(|before| only(run, before).span_id.clone());
        ensure!(linked == before.collect(), "{name} has other links");
        if is_cached {
            node.leaf();
        }
    }
    for (node, matches) in [("node europe", 3), ("node america", 2)] {
        only(run, node)
            .child("geo within")
            .has("geo.candidates", matches)
            .has("geo.matches", matches);
    }
    let store = only(run, "node store");
    let expected = [
        "put articles",
        "enqueue index",
        "scan articles",
        "get articles",
    ];
    let expected: BTreeSet<_> = expected.map(str::to_owned).into();
    ensure!(names(store) == expected, "{:?}", names(store));
    only(store, "put articles")
        .kind(Kind::Client)
        .has("db.system.name", "rocksdb")
        .has("db.operation.batch.size", 5)
        .has("db.response.affected_rows", 5);
    only(store, "scan articles").has("db.response.returned_rows", 5);
    only(store, "get articles").has("db.response.returned_rows", 1);
    Ok(())
}

/// The first attempt of the job fails, and the second does the work. Each is a trace of its own, with a link to the span that enqueued the job.
async fn check_attempts(collector: &Collector, enqueue: Node<'_>) -> Result<()> {
    let enqueued = (enqueue.trace_id.clone(), enqueue.span_id.clone());
    for (attempt, status, spans) in [(1, "failed", 1), (2, "success", 2)] {
        let trace = collector
            .trace("an attempt of the job", spans, |span| {
                span.name == "job index" && span.attributes["job.attempt"] == attempt
            })
            .await?;
        let job = trace
            .root("job index")
            .kind(Kind::Consumer)
            .has("job.status", status);
        ensure!(
            job.links == std::slice::from_ref(&enqueued),
            "attempt {attempt} links to {:?}",
            job.links
        );
        if status == "success" {
            job.has("job.batch_size", 5)
                .ok()
                .child("put words")
                .has("db.collection.name", "words");
        } else {
            job.leaf();
        }
    }
    Ok(())
}

/// A request of an API in Python reads the store, and the span of the database is a child of that of the request.
async fn from_python(python: &Path, built: &Path, folder: &Path) -> Result<()> {
    let collector = Collector::start().await?;
    let modules = tempfile::tempdir()?;
    fs::copy(
        built.join("libarticle_store_python.so"),
        modules.path().join("article_store.so"),
    )?;
    let port = free_port()?;
    let server = PathBuf::from(MANIFEST)
        .with_file_name("python")
        .join("server.py");
    let mut server = Command::new(python)
        .arg(server)
        .arg(folder)
        .arg(port.to_string())
        .env("PYTHONPATH", modules.path())
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint())
        .env("OTEL_SERVICE_NAME", "articles-api")
        .kill_on_drop(true)
        .spawn()?;
    let (trace_id, parent) = CALLER;
    let traceparent = format!("traceparent: 00-{trace_id}-{parent}-01\r\n");
    let answer = until("the API to answer", async || {
        http::get(port, "/articles/1", &traceparent).await.ok()
    });
    ensure!(
        answer.await? == r#"{"slug":"night-trains"}"#,
        "another article"
    );
    let pid = server.id().context("the API has ended")?.to_string();
    Command::new("kill").arg(pid).status().await?;
    server.wait().await?;

    let (request, get) = collector
        .wait_for("the request and its read of the database", |spans| {
            let named = |name| spans.iter().find(|span| span.name == name).cloned();
            Some((named("GET /articles/{key}")?, named("get articles")?))
        })
        .await?;
    ensure!(
        (&*request.trace_id, &*request.parent_span_id, request.kind)
            == (trace_id, parent, Kind::Server),
        "the request continues another trace: {request:#?}"
    );
    ensure!(
        (&get.trace_id, &get.parent_span_id, get.kind)
            == (&request.trace_id, &request.span_id, Kind::Client),
        "the parent of the database is another one: {get:#?}"
    );
    ensure!(get.text("db.system.name") == "rocksdb", "{get:#?}");
    ensure!(get.service() == "articles-api", "{get:#?}");
    Ok(())
}

/// A node that is done is sent while its run goes on, also if others link to it.
async fn unfinished(program: &Path) -> Result<()> {
    let collector = Collector::start().await?;
    let folder = tempfile::tempdir()?;
    let mut held = Command::new(program)
        .arg(folder.path())
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint())
        .env("OTEL_BSP_SCHEDULE_DELAY", "10")
        .env("PIPELINE_HOLD_AFTER", "query")
        .kill_on_drop(true)
        .spawn()?;
    collector
        .wait_for("the nodes of a run that goes on", |spans| {
            let is_sent = |name| spans.iter().any(|span| span.name == name);
            (is_sent("node read") && is_sent("node query")).then_some(())
        })
        .await?;
    held.kill().await?;
    Ok(())
}

/// A run ends with an error if its job fails in every attempt.
async fn failed(program: &Path) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut run = Command::new(program)
        .arg(folder.path())
        .env("PIPELINE_FAILED_ATTEMPTS", "3")
        .kill_on_drop(true)
        .spawn()?;
    let ended = until("the run to end", async || run.try_wait().ok().flatten());
    ensure!(!ended.await?.success(), "the failure is lost");
    Ok(())
}

/// A run that nobody kills, with the spans of existing crates in the middle.
async fn whole(desktop: &Path, program: &Path) -> Result<()> {
    let collector = Collector::start().await?;
    let folder = tempfile::tempdir()?;
    let app = launch(desktop, program, folder.path(), &collector, &[]).await?;
    app.click("#run").await?;
    logged(&app, "ok: night-trains").await?;
    let trace = collector
        .trace("the click", 24, |span| span.name == "run articles")
        .await?;
    println!("{trace}");
    process_of(trace.root("ui.button_click")).ok();
    let spans = trace.spans();
    for expected in ["query articles", "udf slug", "geo within", "get articles"] {
        ensure!(
            spans.iter().any(|span| span.name == expected),
            "there is no {expected}"
        );
    }
    for (prefix, crate_name) in [
        ("object_store.", "instrumented-object-store"),
        ("DataSourceExec", "datafusion-tracing"),
    ] {
        let found = spans.iter().any(|span| span.name.starts_with(prefix));
        ensure!(found, "{crate_name} made no span in the trace");
    }
    // DataFusion spawns tasks for both.
    for (name, operator) in [
        ("udf slug", "ProjectionExec"),
        ("object_store.get_opts", "DataSourceExec"),
    ] {
        let is_below = |span: &Span| {
            let parent = spans
                .iter()
                .find(|parent| parent.span_id == span.parent_span_id);
            span.name == name && parent.is_some_and(|parent| parent.name == operator)
        };
        ensure!(spans.iter().any(is_below), "no {name} is below {operator}");
    }
    // A preview would have the data of the articles among the attributes.
    let attributes = spans.iter().flat_map(|span| span.attributes.values());
    for value in attributes {
        ensure!(
            !value.to_string().to_lowercase().contains("tidal"),
            "the data of an article is an attribute: {value}"
        );
    }
    collector
        .trace("the job", 2, |span| span.name == "job index")
        .await?;
    let all = collector.spans();
    let others = all.iter().filter(|span| span.trace_id != spans[0].trace_id);
    let others: BTreeSet<_> = others.map(|span| &*span.name).collect();
    ensure!(
        others == BTreeSet::from(["job index", "put words"]),
        "outside of the trace are {others:?}"
    );
    app.quit().await
}
