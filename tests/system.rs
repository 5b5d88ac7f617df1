//! The messenger as a system of processes: what happens when one of them is killed, each of them without telemetry, and
//! what its server sends on. The one trace over all of them is checked by `cargo xtask scenario messaging`.

#![cfg(target_os = "linux")]

mod common;
#[path = "system/trace_context.rs"]
mod trace_context;

use std::{collections::HashMap, path::Path, process::Stdio};

use anyhow::{Context, Result, ensure};
use common::telemetry;
use otel_harness::{Collector, Kind, Messenger, Source, python};
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, process::Command};

const TRACE_ID: &str = "0af7651916cd43dd8448eb211c80319c";

/// Whether a trace shows the whole way of a message, from the sender to the acknowledgement of its receiver.
fn is_delivered(trace: &otel_harness::Trace) -> bool {
    let acknowledged = |span: &otel_harness::Span| span.name == "acknowledge message";
    trace.is_whole() && trace.spans().iter().any(acknowledged)
}

#[tokio::test]
async fn a_server_that_is_killed_fails_spans_and_nothing_else() -> Result<()> {
    let collector = Collector::start().await?;
    let mut messenger = Messenger::start(&telemetry(&collector)).await?;
    let app = messenger.desktop("desktop-1").await?;
    app.introduce("alice").await?;
    app.type_into("#peer", "alice").await?;
    app.type_into("#compose", "before").await?;
    assert_eq!(app.act("send").await?, "done");
    app.shows("before").await?;
    // A server that is killed takes the spans with it that it has not exported.
    collector
        .wait_for("the trace of the first message", |spans| {
            otel_harness::traces(spans)
                .iter()
                .any(is_delivered)
                .then_some(())
        })
        .await?;

    messenger.kill_server().await?;
    app.type_into("#compose", "meanwhile").await?;
    let said = app.act("send").await?;
    assert!(said.starts_with("the server: "), "{said}");
    // It was not sent, and is in its place for another attempt.
    assert_eq!(app.act("search").await?, "done");
    let failed = collector
        .trace("the message that was not sent", 8, |span| {
            span.name == "POST" && span.is_error()
        })
        .await?;
    for name in ["ui.button_click", "send_message", "send message", "POST"] {
        let mut spans = failed.spans().iter().filter(|span| span.name == name);
        assert!(spans.any(|span| span.is_error()), "{name} in\n{failed}");
    }

    messenger.resume().await?;
    assert_eq!(app.act("send").await?, "done");
    app.shows("meanwhile").await?;
    collector
        .wait_for("the traces of both messages that were sent", |spans| {
            let traces = otel_harness::traces(spans);
            (traces.iter().filter(|trace| is_delivered(trace)).count() == 2).then_some(())
        })
        .await?;
    app.quit().await
}

#[tokio::test]
async fn each_request_of_the_server_has_a_span_and_each_statement() -> Result<()> {
    let collector = Collector::start().await?;
    let messenger = Messenger::start(&telemetry(&collector)).await?;
    let app = messenger.desktop("desktop-1").await?;
    app.introduce("alice").await?;
    let trace = collector
        .trace("the registration", 8, |span| span.name == "INSERT accounts")
        .await?;
    let statement = (trace.spans().iter())
        .find(|span| span.name == "INSERT accounts")
        .context("a statement")?;
    assert_eq!(statement.kind, Kind::Client);
    assert_eq!(statement.text("db.system.name"), "sqlite");
    assert_eq!(statement.text("db.operation.name"), "INSERT");
    assert_eq!(statement.text("db.collection.name"), "accounts");
    let server = (trace.spans().iter())
        .find(|span| span.span_id == statement.parent_span_id)
        .context("a request")?;
    assert_eq!(server.kind, Kind::Server);
    assert_eq!(server.text("http.route"), "/accounts");
    assert_eq!(server.service(), "messenger-server");
    app.quit().await
}

/// The snippet of the documentation, in a process with this environment; what it then prints.
async fn snippet(then: &str, env: &[(&str, &str)]) -> Result<String> {
    let docs = include_str!("../docs/propagation.md");
    let (_, snippet) = docs.split_once("```python\n").context("a snippet")?;
    let (snippet, _) = snippet.split_once("```").context("its end")?;
    let output = Command::new(python()?)
        .args(["-c", &format!("{snippet}\n{then}")])
        .envs(env.iter().copied())
        .stderr(Stdio::inherit())
        .output()
        .await?;
    ensure!(output.status.success(), "{snippet}");
    Ok(String::from_utf8(output.stdout)?)
}

#[tokio::test]
async fn the_snippet_for_python_continues_the_trace_of_its_parent() -> Result<()> {
    let then = "from opentelemetry import baggage, trace\n\
        print(f'{trace.get_current_span().get_span_context().trace_id:032x}', baggage.get_baggage('user'))";
    let parent = format!("00-{TRACE_ID}-b7ad6b7169203331-01");
    let env = [("TRACEPARENT", parent.as_str()), ("BAGGAGE", "user=1")];
    let printed = snippet(then, &env).await?;
    assert_eq!(printed.trim(), format!("{TRACE_ID} 1"));
    Ok(())
}

/// What the sidecar answers to `input`, and what it writes to its standard error.
async fn sidecar(
    python: &Path,
    options: &[&str],
    verb: &str,
    input: &Value,
    env: &[(&str, &str)],
) -> Result<(Value, String)> {
    let mut child = Command::new(python)
        .args(options)
        .args(["examples/messenger/sidecar/sidecar.py", verb])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .envs(env.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let mut stdin = child.stdin.take().context("a pipe")?;
    stdin.write_all(input.to_string().as_bytes()).await?;
    drop(stdin);
    let output = child.wait_with_output().await?;
    let said = String::from_utf8(output.stderr)?;
    ensure!(output.status.success(), "{said}");
    Ok((serde_json::from_slice(&output.stdout)?, said))
}

#[tokio::test]
async fn the_sidecar_runs_without_opentelemetry() -> Result<()> {
    let endpoint = [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")];
    // Without the folder of installed packages.
    let bare = ["-S"];
    let text = json!({ "text": "hello" });
    let (packed, said) = sidecar(&python()?, &bare, "pack", &text, &endpoint).await?;
    assert!(said.contains("not traced: "), "{said}");
    let (unpacked, _) = sidecar(&python()?, &bare, "unpack", &packed, &endpoint).await?;
    assert_eq!(unpacked, text);
    Ok(())
}

#[tokio::test]
async fn the_sidecar_imports_nothing_while_it_is_off() -> Result<()> {
    let listing = ["-X", "importtime"];
    let text = json!({ "text": "hello" });
    let off = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9"),
        ("OTEL_SDK_DISABLED", "true"),
    ];
    let (_, imported) = sidecar(&python()?, &listing, "pack", &text, &off).await?;
    assert!(imported.contains("zlib"), "{imported}");
    assert!(!imported.contains("opentelemetry"), "{imported}");
    Ok(())
}

#[tokio::test]
async fn every_process_is_off_without_an_endpoint() -> Result<()> {
    let messenger = Messenger::start(&[]).await?;
    let app = messenger.desktop("desktop-1").await?;
    app.introduce("alice").await?;
    app.type_into("#peer", "alice").await?;
    app.type_into("#compose", "hello").await?;
    assert_eq!(app.act("send-file").await?, "done");
    app.shows("hello").await?;
    let mut files = Vec::new();
    for entry in std::fs::read_dir(messenger.folder().join("alice"))? {
        files.push(std::fs::read(entry?.path())?);
    }
    let [file] = &files[..] else {
        anyhow::bail!("{} files", files.len());
    };
    let envelope: HashMap<String, Value> = serde_json::from_slice(file)?;
    assert!(!envelope.contains_key("traceparent"), "{envelope:?}");
    for threads in [messenger.server_threads()?, app.threads()?] {
        let ours = threads
            .iter()
            .find(|name| name.starts_with("OpenTelemetry"));
        assert_eq!(ours, None, "among {threads:?}");
    }
    assert_eq!(messenger.cli("alice").await?, "");
    app.quit().await
}
