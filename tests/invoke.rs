//! Every kind of invoke in a real window, as the spans that arrive at a real Collector.
//!
//! The page is `examples/minimal`: a click is a page span around one invoke.

mod common;

use anyhow::Result;
use common::{APP, PAGE, telemetry};
use opentelemetry_semantic_conventions::SCHEMA_URL;
use otel_harness::{App, Collector, Kind, Node, Source, Span, Trace, until};

/// Clicks a button and returns its trace.
async fn clicked(button: &str, spans: usize) -> Result<Trace> {
    let collector = Collector::start().await?;
    let app = App::launch("minimal", &telemetry(&collector)).await?;
    app.press(button).await?;
    let trace = collector.click(button, spans).await?;
    app.quit().await?;
    Ok(trace)
}

/// The three spans that every invoke has: the click, the page's CLIENT span, the app's SERVER span.
#[track_caller]
fn invoke<'a>(trace: &'a Trace, cmd: &str) -> (Node<'a>, Node<'a>) {
    let click = trace
        .root("ui.button_click")
        .kind(Kind::Internal)
        .scope(PAGE);
    let client = click.child(cmd).kind(Kind::Client).scope(PAGE);
    let server = client.child(cmd).kind(Kind::Server).scope(APP);
    for span in [client, server] {
        span.has("rpc.system.name", "tauri").has("rpc.method", cmd);
    }
    server
        .has("tauri.window.label", "main")
        .has("tauri.webview.label", "main");
    (client, server)
}

#[tokio::test]
async fn a_command_is_a_span_below_the_span_of_the_page() -> Result<()> {
    let trace = clicked("greet", 3).await?;
    let (client, server) = invoke(&trace, "greet");
    client.ok();
    server
        .ok()
        .has("tauri.invoke.request.size", r#"{"name":"you"}"#.len())
        .has("tauri.invoke.response.size", r#""Hello, you!""#.len())
        .leaf();

    let clicked = trace.root("ui.button_click");
    for span in trace.spans() {
        assert_eq!(span.resource["service.name"], "minimal");
        assert_eq!(span.resource["service.version"], "0.1.0");
        assert_eq!(span.resource["telemetry.distro.name"], APP);
        assert!(span.start <= span.end);
    }
    assert_eq!(clicked.scope_version, env!("CARGO_PKG_VERSION"));
    assert_eq!(server.scope_version, env!("CARGO_PKG_VERSION"));
    for span in [clicked, server] {
        assert_eq!(span.scope_schema_url, SCHEMA_URL);
        assert_eq!(span.resource_schema_url, SCHEMA_URL);
    }
    let recorded = format!("{:?}", trace.spans());
    assert!(!recorded.contains("Hello"), "no payload is recorded");
    Ok(())
}

#[tokio::test]
async fn an_async_command_keeps_its_invoke_across_await() -> Result<()> {
    let trace = clicked("slow", 4).await?;
    let (_, server) = invoke(&trace, "slow");
    let inner = server.ok().child("inner").leaf();
    assert!(inner.millis() >= 20.0);
    Ok(())
}

#[tokio::test]
async fn a_blocking_function_declared_async_keeps_its_invoke() -> Result<()> {
    let trace = clicked("attributed", 4).await?;
    let (_, server) = invoke(&trace, "attributed");
    server.ok().child("compute").leaf();
    Ok(())
}

#[tokio::test]
async fn a_task_in_the_span_of_the_command_is_its_child() -> Result<()> {
    let trace = clicked("spawned", 5).await?;
    let (_, server) = invoke(&trace, "spawned");
    server.ok().child("spawned").child("inner").leaf();
    Ok(())
}

#[tokio::test]
async fn a_task_that_is_handed_the_trace_is_a_child_of_the_invoke() -> Result<()> {
    let trace = clicked("detached", 4).await?;
    let (_, server) = invoke(&trace, "detached");
    let inner = server.ok().child("inner").leaf();
    assert!(inner.end > server.end, "it goes on after the answer");
    Ok(())
}

#[tokio::test]
async fn an_error_is_an_error_on_both_sides_and_its_value_is_not_recorded() -> Result<()> {
    let collector = Collector::start().await?;
    let app = App::launch("minimal", &telemetry(&collector)).await?;
    // The rejection goes through the span of the page as well.
    app.js_async(
        "const { telemetry } = window.__TAURI__.opentelemetry;
         await telemetry.withSpan('failing', (span) => span.invoke('fail')).catch(() => {});",
    )
    .await?;
    let trace = collector
        .trace("the failure", 3, |span| span.name == "failing")
        .await?;
    let client = trace.root("failing").child("fail").kind(Kind::Client);
    client.error("error").child("fail").error("error").leaf();
    app.quit().await?;
    let exported = format!("{:?} {:?}", collector.spans(), collector.logs());
    assert!(!exported.contains("as asked"), "{exported}");
    Ok(())
}

#[tokio::test]
async fn a_panic_ends_the_span_as_an_error_and_the_page_s_is_sent_unfinished() -> Result<()> {
    let collector = Collector::start().await?;
    let app = App::launch("minimal", &telemetry(&collector)).await?;
    app.click("#boom").await?;
    collector
        .wait_for("the span of the panic", |spans| {
            spans
                .iter()
                .find(|span| span.text("error.type") == "panic")
                .cloned()
        })
        .await?;
    // The promise of the page never settles, so its spans are open until the page goes.
    app.reload().await?;
    let trace = collector.click("boom", 3).await?;
    let (client, server) = invoke(&trace, "boom");
    trace.root("ui.button_click").has("span.unfinished", true);
    client.has("span.unfinished", true);
    server.error("panic");
    let log = until("the panic as a log record", async || {
        let mut logs = collector.logs().into_iter();
        logs.find(|log| log.event_name == "exception")
    })
    .await?;
    assert_eq!(log.span_id, server.span_id);
    app.quit().await
}

#[tokio::test]
async fn a_command_of_tauri_itself_is_a_span() -> Result<()> {
    let trace = clicked("window-title", 3).await?;
    let (_, server) = invoke(&trace, "plugin:window|title");
    server.ok();
    Ok(())
}

#[tokio::test]
async fn a_command_that_does_not_exist_is_a_failed_span() -> Result<()> {
    let trace = clicked("unknown", 3).await?;
    not_called(&trace, "no_such_command", "not_found");
    Ok(())
}

/// Tauri's refusal repeats the whole name, and the plugin keeps only the beginning of it.
#[tokio::test]
async fn a_name_that_is_too_long_for_a_command_is_not_the_name_of_a_method() -> Result<()> {
    let collector = Collector::start().await?;
    let app = App::launch("minimal", &telemetry(&collector)).await?;
    app.js("window.__TAURI__.core.invoke('x'.repeat(300)).catch(() => {})")
        .await?;
    let server = |spans: &[Span]| {
        let mut servers = spans.iter().filter(|span| span.kind == Kind::Server);
        servers.next().cloned()
    };
    let server = collector.wait_for("the invoke", server).await?;
    let names = (server.name.as_str(), server.text("rpc.method"));
    assert_eq!(names, ("_OTHER", "_OTHER"));
    app.quit().await
}

#[tokio::test]
async fn a_refusal_by_the_access_control_list_is_a_failed_span() -> Result<()> {
    let trace = clicked("refused", 3).await?;
    not_called(&trace, "plugin:window|set_title", "not_allowed");
    Ok(())
}

/// What tauri has never called may be a name that the page made up: it is not the name of a span or a method.
#[track_caller]
fn not_called(trace: &Trace, cmd: &str, error_type: &str) {
    let client = trace.root("ui.button_click").child(cmd).error("error");
    let server = client.child("_OTHER").kind(Kind::Server);
    server
        .error(error_type)
        .has("rpc.method", "_OTHER")
        .has("rpc.method_original", cmd)
        .leaf();
    let methods = server.exact.iter().filter(|pair| pair.key == "rpc.method");
    assert_eq!(methods.count(), 1);
}

#[tokio::test]
async fn raw_bytes_both_ways_are_measured() -> Result<()> {
    let trace = clicked("echo", 3).await?;
    let (_, server) = invoke(&trace, "echo");
    server
        .ok()
        .has("tauri.invoke.request.size", 3)
        .has("tauri.invoke.response.size", 3);
    Ok(())
}

#[tokio::test]
async fn a_channel_is_one_span_and_its_fetches_none() -> Result<()> {
    let trace = clicked("stream", 3).await?;
    let (_, server) = invoke(&trace, "stream");
    server.ok().leaf();
    Ok(())
}

#[tokio::test]
async fn the_plugin_s_own_commands_are_not_traced() -> Result<()> {
    let collector = Collector::start().await?;
    let app = App::launch("minimal", &telemetry(&collector)).await?;
    for button in ["greet", "fail"] {
        app.press(button).await?;
        collector.click(button, 3).await?;
    }
    let own = collector
        .spans()
        .into_iter()
        .find(|span| span.name.contains("opentelemetry") || span.name.contains("CHANNEL"));
    assert!(own.is_none(), "{own:?}");
    app.quit().await
}

#[tokio::test]
async fn a_hundred_invokes_in_flight_keep_their_own_parents() -> Result<()> {
    let collector = Collector::start().await?;
    let app = App::launch("minimal", &telemetry(&collector)).await?;
    app.js_async(
        "const { telemetry } = window.__TAURI__.opentelemetry;
         const call = (n) => telemetry.withSpan(`parent ${n}`, (span) =>
           span.invoke('slow', { ms: n % 7 }));
         await Promise.all(Array.from({ length: 100 }, (_, n) => call(n)));",
    )
    .await?;
    for n in 0..100 {
        let parent = format!("parent {n}");
        let trace = collector
            .trace(&parent, 4, |span| span.name == parent)
            .await?;
        let inner = trace
            .root(&parent)
            .child("slow")
            .child("slow")
            .child("inner");
        inner.has("ms", n % 7).leaf();
    }
    app.quit().await
}

#[tokio::test]
async fn rules_leave_commands_out_with_all_they_cause() -> Result<()> {
    let collector = Collector::start().await?;
    // The configuration file of the example has a rule: `unlisted_*` is never recorded.
    let app = App::launch("minimal", &telemetry(&collector)).await?;
    app.js_async(
        "const { telemetry } = window.__TAURI__.opentelemetry;
         await telemetry.withSpan('with a rule', async (span) => {
           await span.invoke('unlisted_command').catch(() => {});
           await span.invoke('greet', { name: 'you' });
         });",
    )
    .await?;
    let trace = collector
        .trace("the rule", 3, |span| span.name == "with a rule")
        .await?;
    trace.root("with a rule").child("greet").child("greet");
    app.quit().await
}
