//! `demo`: the main job in front of your eyes. A click in a real window becomes one trace, which
//! arrives at the viewer and is read back from there.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};
use otel_harness::{App, Kind, Span, Trace, Viewer, traces, until};
use serde_json::{Value, json};
use xshell::{Shell, cmd};

use crate::{commands::Commands, setup};

/// What is clicked, and the invokes one click makes.
const SCENARIO: [(&str, &[&str]); 3] = [
    ("send", &["send_message", "list_messages"]),
    ("refresh", &["list_messages"]),
    ("send-fail", &["send_message"]),
];

/// The scope of page spans.
const PAGE: &str = "tauri-plugin-opentelemetry-api";

#[derive(Debug, Default)]
pub struct Options {
    json: bool,
    interactive: bool,
    open: bool,
    screenshot: Option<PathBuf>,
}

impl Options {
    pub fn parse(args: &[&str]) -> Result<Self> {
        let mut options = Self::default();
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            match *arg {
                "--json" => options.json = true,
                "--interactive" => options.interactive = true,
                "--open" => options.open = true,
                "--screenshot" => {
                    let file = args.next().context("--screenshot takes a FILE")?;
                    options.screenshot = Some(PathBuf::from(file));
                }
                other => bail!("demo has no option {other:?}"),
            }
        }
        Ok(options)
    }
}

pub fn run(sh: &Shell, options: &Options) -> Result<()> {
    setup::run(sh)?;
    bundle(sh)?;
    eprintln!("building the messenger and the viewer (a few minutes the first time)");
    let binary = otel_harness::built("messenger")?;
    otel_harness::built("tracepane")?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let viewer = Viewer::start().await?;
        eprintln!(
            "the viewer, for as long as the demo runs: {}",
            viewer.link()
        );
        if options.open {
            open(sh, viewer.link());
        }
        let traces = scenario(&viewer, &binary, options).await?;
        if options.json {
            println!("{:#}", as_json(&traces));
        } else {
            print(&traces);
        }
        check(&traces)?;
        if options.open {
            eprintln!("the viewer runs until Ctrl-C");
            std::future::pending::<()>().await;
        }
        Ok(())
    })
}

/// Opens a link in the browser of the user. Without one the link is there to be copied.
fn open(sh: &Shell, link: &str) {
    // A command that is shown would show the token once more.
    let open = cmd!(sh, "xdg-open {link}").quiet();
    if let Err(error) = open.ignore_stdout().ignore_stderr().run() {
        eprintln!("no browser can be opened ({error}); open the link yourself");
    }
}

/// What npm says goes to standard error, where progress belongs.
pub fn bundle(sh: &Shell) -> Result<()> {
    for workspace in [None, Some("messenger")] {
        let workspace = workspace.iter().flat_map(|name| ["-w", name]);
        let said = cmd!(sh, "npm run --silent build {workspace...}")
            .quiet()
            .read()?;
        eprintln!("{said}");
    }
    Ok(())
}

async fn scenario(viewer: &Viewer, binary: &Path, options: &Options) -> Result<Vec<Trace>> {
    let endpoint = viewer.endpoint();
    let env = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_BSP_SCHEDULE_DELAY", "200"),
    ];
    let display = std::env::var("DISPLAY")
        .ok()
        .filter(|name| !name.is_empty());
    if options.interactive {
        ensure!(
            display.is_some(),
            "--interactive shows the window to you, which takes a display: set DISPLAY"
        );
    }
    let app = App::launch_on(display.as_deref(), binary, &env).await?;

    if options.interactive {
        eprintln!("the window is yours; close it to see its traces");
        while until("the window to be closed", async || {
            app.has_ended().then_some(())
        })
        .await
        .is_err()
        {}
        return Ok(traces(&viewer.spans().await?));
    }
    eprintln!("clicking through the messenger");
    app.type_into("#compose", "Hello from the demo").await?;
    for (button, _) in SCENARIO {
        app.click(&format!("#{button}")).await?;
        app.wait_js(&format!(
            "document.querySelector('#status').textContent.startsWith('{button}: ')"
        ))
        .await?;
    }
    let mut found = Vec::new();
    for (button, invokes) in SCENARIO {
        // Each invoke is a CLIENT and a SERVER, with at least one span of the command inside.
        found.push(viewer.click(button, 1 + invokes.len() * 3).await?);
    }
    if let Some(file) = &options.screenshot {
        fs::write(file, app.screenshot().await?)
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    app.quit().await?;
    Ok(found)
}

/// Fails unless every click is one whole trace.
fn check(traces: &[Trace]) -> Result<()> {
    for trace in traces {
        ensure!(
            trace.is_whole(),
            "a trace has spans without a parent:\n{trace}"
        );
    }
    for (button, invokes) in SCENARIO {
        let clicks: Vec<_> = traces
            .iter()
            .filter(|trace| {
                trace
                    .spans()
                    .iter()
                    .any(|span| span.text("button") == button)
            })
            .collect();
        for trace in clicks {
            whole(trace, button, invokes)
                .with_context(|| format!("the trace of the click on {button}:\n{trace}"))?;
        }
    }
    Ok(())
}

fn whole(trace: &Trace, button: &str, invokes: &[&str]) -> Result<()> {
    let root = trace
        .children("")
        .find(|span| span.scope == PAGE && span.kind == Kind::Internal)
        .context("there is no span of the page at its root")?;
    let clients: Vec<&Span> = trace.children(&root.span_id).collect();
    let names: Vec<&str> = clients.iter().map(|span| span.name.as_str()).collect();
    ensure!(
        names == invokes,
        "expected the invokes {invokes:?}, found {names:?}"
    );
    let failing = button == "send-fail";
    for client in clients {
        let server = trace
            .children(&client.span_id)
            .find(|span| span.kind == Kind::Server && span.name == client.name)
            .with_context(|| format!("the invoke of {} did not reach Rust", client.name))?;
        ensure!(
            client.is_error() == failing && server.is_error() == failing,
            "the outcome of {} is not what it was",
            client.name
        );
        ensure!(
            trace.children(&server.span_id).next().is_some(),
            "the spans inside of {} are missing",
            server.name
        );
    }
    Ok(())
}

fn print(traces: &[Trace]) {
    for trace in traces {
        println!("\n{trace}");
    }
    print!("{}", Commands::of(traces.iter().flat_map(Trace::spans)));
}

fn as_json(traces: &[Trace]) -> Value {
    fn node(trace: &Trace, span: &Span) -> Value {
        let children: Vec<_> = trace
            .children(&span.span_id)
            .map(|child| node(trace, child))
            .collect();
        json!({
            "name": span.name,
            "kind": format!("{:?}", span.kind).to_lowercase(),
            "scope": span.scope,
            "traceId": span.trace_id,
            "spanId": span.span_id,
            "parentSpanId": span.parent_span_id,
            "durationMs": span.millis(),
            "error": span.is_error(),
            "attributes": span.attributes,
            "children": children,
        })
    }
    let trees: Vec<_> = traces
        .iter()
        .flat_map(|trace| trace.children("").map(move |root| node(trace, root)))
        .collect();
    let commands = Commands::of(traces.iter().flat_map(Trace::spans)).as_json();
    json!({ "traces": trees, "commands": commands })
}
