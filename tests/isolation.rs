//! The isolation pattern: Tauri's own handlers receive the invokes. The spans of the invokes come from `handler`, or from Tauri's own
//! spans, which the program `isolated-traced` has.

mod common;

use anyhow::Result;
use common::{APP, PAGE, telemetry};
use otel_harness::{App, Collector, Kind, Node, Source, Span};

/// Launches a program without `handler`.
async fn launch_without_handler(program: &str, collector: &Collector) -> Result<App> {
    let env = [
        &telemetry(collector)[..],
        &[("HANDLER", "none"), ("OTEL_METRIC_EXPORT_INTERVAL", "100")],
    ]
    .concat();
    App::launch(program, &env).await
}

/// The SERVER span of a command that was invoked once.
async fn server(collector: &Collector, cmd: &str) -> Result<Span> {
    collector
        .wait_for(cmd, |spans| {
            let is_it = |span: &&Span| span.kind == Kind::Server && span.name == cmd;
            spans.iter().find(is_it).cloned()
        })
        .await
}

/// The child of `parent`.
async fn child(collector: &Collector, parent: &Span, name: &str) -> Result<Span> {
    let what = format!("{name} below {}", parent.name);
    collector
        .wait_for(&what, |spans| {
            let is_it = |span: &&Span| span.parent_span_id == parent.span_id && span.name == name;
            spans.iter().find(is_it).cloned()
        })
        .await
}

#[tokio::test]
async fn invokes_are_traced_by_the_handler_and_the_guest_s_invoke() -> Result<()> {
    traced_by_the_handler("isolated", 4, |server| server).await
}

#[tokio::test]
async fn beside_tauri_s_spans_the_handler_makes_no_second_span_of_an_invoke() -> Result<()> {
    traced_by_the_handler("isolated-traced", 5, |server| server.child("run greet")).await
}

/// Invokes an async command and a failing one. The trace of the async command has `spans` spans, and `body` goes from the span of the
/// invoke to the parent of what the command records.
async fn traced_by_the_handler(
    program: &str,
    spans: usize,
    body: impl for<'a> FnOnce(Node<'a>) -> Node<'a>,
) -> Result<()> {
    let collector = Collector::start().await?;
    let app = App::launch(program, &telemetry(&collector)).await?;
    let page = app
        .js_async(
            "const { telemetry } = window.__TAURI__.opentelemetry;
             const greeting = await telemetry.withSpan('outer', (span) =>
               span.invoke('greet', { name: 'you' }));
             const error = await telemetry.withSpan('failing', (span) =>
               span.invoke('fail')).catch(String);
             return { enabled: telemetry.enabled, greeting, error };",
        )
        .await?;
    let expected = serde_json::json!({
        "enabled": true, "greeting": "Hello, you!", "error": "as asked",
    });
    assert_eq!(page, expected);

    let trace = collector
        .trace("the invoke", spans, |span| span.name == "outer")
        .await?;
    let server = trace
        .root("outer")
        .child("greet")
        .kind(Kind::Client)
        .scope(PAGE)
        .child("greet")
        .kind(Kind::Server)
        .scope(APP)
        .ok()
        .has("tauri.invoke.request.size", r#"{"name":"you"}"#.len())
        .has("tauri.webview.label", "main");
    body(server).child("inner").leaf();

    let trace = collector
        .trace("the failing invoke", 3, |span| span.name == "failing")
        .await?;
    let client = trace.root("failing").child("fail").error("error");
    client.child("fail").error("error").leaf();
    app.quit().await
}

#[tokio::test]
async fn without_the_handler_and_tauri_s_spans_the_app_says_what_is_missing() -> Result<()> {
    let collector = Collector::start().await?;
    let app = launch_without_handler("isolated", &collector).await?;
    let answer = app
        .js_async(
            "const { telemetry } = window.__TAURI__.opentelemetry;
             const greeting = await window.__TAURI__.core.invoke('greet', { name: 'you' });
             telemetry.startSpan('last').end();
             return greeting;",
        )
        .await?;
    assert_eq!(answer, "Hello, you!");
    collector
        .wait_for("the last span", |spans| {
            spans.iter().find(|span| span.name == "last").cloned()
        })
        .await?;
    let spans = collector.spans();
    assert!(
        spans.iter().all(|span| span.kind != Kind::Server),
        "{spans:?}"
    );
    let output = app.output();
    let said = "under the isolation pattern Tauri itself receives the invokes: they have no spans";
    assert_eq!(output.matches(said).count(), 1, "{output}");
    app.quit().await
}

#[tokio::test]
async fn without_the_handler_every_invoke_has_a_span_with_its_command() -> Result<()> {
    let collector = Collector::start().await?;
    let app = launch_without_handler("isolated-traced", &collector).await?;
    let answers = app
        .js_async(
            "const { invoke } = window.__TAURI__.core;
             return [
               await invoke('greet', { name: 'you' }),
               await invoke('fail').catch(String),
               await invoke('blocking', { number: 1 }),
               await invoke('plugin:window|title', { label: 'main' }),
               await invoke('by_hand'),
               await invoke('made up').catch(String),
             ];",
        )
        .await?;
    let expected = serde_json::json!([
        "Hello, you!",
        "as asked",
        null,
        "isolated",
        "by hand",
        "Command made up not found"
    ]);
    assert_eq!(answers, expected);

    let greet = server(&collector, "greet").await?;
    assert_eq!(greet.scope, APP);
    let client = collector
        .wait_for("the page's span", |spans| {
            let is_it = |span: &&Span| span.span_id == greet.parent_span_id;
            spans.iter().find(is_it).cloned()
        })
        .await?;
    assert_eq!((client.kind, &*client.scope), (Kind::Client, PAGE));
    assert_eq!(greet.attributes["rpc.method"], "greet");
    assert_eq!(greet.attributes["rpc.system.name"], "tauri");
    let run = child(&collector, &greet, "run greet").await?;
    child(&collector, &run, "inner").await?;

    let blocking = server(&collector, "blocking").await?;
    child(&collector, &blocking, "work").await?;
    server(&collector, "fail").await?;
    let title = server(&collector, "plugin:window|title").await?;
    child(&collector, &title, "run plugin:window|title").await?;
    // Nobody tells whether there is a command of this name, so a page may have made it up.
    for original in ["by_hand", "made up"] {
        collector
            .wait_for(original, |spans| {
                let mut unknown = spans.iter().filter(|span| span.name == "_OTHER");
                unknown
                    .find(|span| span.text("rpc.method_original") == original)
                    .cloned()
            })
            .await?;
    }
    let nameless = collector
        .spans()
        .into_iter()
        .find(|span| span.name == "run");
    assert!(nameless.is_none(), "{nameless:?}");
    let recorded = format!("{:?}", collector.spans());
    assert!(!recorded.contains("Hello"), "no payload is recorded");

    let greet = ("rpc.method", "greet");
    let duration = collector
        .metric("rpc.server.call.duration", |metric| {
            metric.histogram(greet).is_some()
        })
        .await?;
    assert_eq!(duration.histogram(greet).map(|point| point.count), Some(1));
    let output = app.output();
    assert_eq!(
        output
            .matches("under the isolation pattern Tauri itself receives")
            .count(),
        1,
        "{output}"
    );
    app.quit().await
}

#[tokio::test]
async fn every_command_runs_below_the_span_of_its_own_invoke() -> Result<()> {
    const INVOKES: u64 = 200;
    let collector = Collector::start().await?;
    let app = launch_without_handler("isolated-traced", &collector).await?;
    app.js_async(&format!(
        "const {{ invoke }} = window.__TAURI__.core;
         const parent = (number) => {{
           const id = number.toString(16).padStart(16, '0');
           return `00-${{'a'.repeat(16)}}${{id}}-${{id}}-01`;
         }};
         const commands = ['waiting', 'blocking', 'by_hand', 'made up', 'plugin:app|name'];
         const call = (number) => invoke(commands[number % commands.length], {{ number }},
           {{ headers: {{ traceparent: parent(number) }} }}).catch(() => {{}});
         await Promise.all(Array.from({{ length: {INVOKES} }}, (_, n) => call(n + 1)));"
    ))
    .await?;
    for number in 1..=INVOKES {
        let page = format!("{number:016x}");
        let server = collector
            .wait_for(&format!("invoke {number}"), |spans| {
                let client = spans.iter().find(|span| span.parent_span_id == page)?;
                let below = |span: &&Span| span.parent_span_id == client.span_id;
                spans.iter().find(below).cloned()
            })
            .await?;
        assert_eq!(server.trace_id, format!("{}{page}", "a".repeat(16)));
        let (name, inner) = match number % 5 {
            0 => ("waiting", true),
            1 => ("blocking", true),
            4 => ("plugin:app|name", false),
            _ => ("_OTHER", false),
        };
        assert_eq!((&*server.name, server.kind), (name, Kind::Server));
        if inner {
            let work = collector
                .wait_for(&format!("the work of {number}"), |spans| {
                    let mut work = spans.iter().filter(|span| span.name == "work");
                    work.find(|span| span.attributes["number"] == number)
                        .cloned()
                })
                .await?;
            assert_eq!(work.trace_id, server.trace_id);
        }
    }
    app.quit().await
}
