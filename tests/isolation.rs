//! The isolation pattern: tauri's own scheme handler stays, and the fallback traces.

mod common;

use anyhow::Result;
use common::{APP, PAGE, telemetry};
use otel_harness::{App, Collector, Kind, Source};

#[tokio::test]
async fn invokes_are_traced_by_the_handler_and_the_guest_s_invoke() -> Result<()> {
    let collector = Collector::start().await?;
    let app = App::launch("isolated", &telemetry(&collector)).await?;
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
        .trace("the invoke", 5, |span| span.name == "outer")
        .await?;
    trace
        .root("outer")
        .child("greet")
        .kind(Kind::Client)
        .scope(PAGE)
        .child("greet")
        .kind(Kind::Server)
        .scope(APP)
        .ok()
        .has("tauri.invoke.request.size", r#"{"name":"you"}"#.len())
        .has("tauri.webview.label", "main")
        .child("run greet")
        .child("inner")
        .leaf();

    let trace = collector
        .trace("the failing invoke", 3, |span| span.name == "failing")
        .await?;
    let client = trace.root("failing").child("fail").error("error");
    client.child("fail").error("error").leaf();
    app.quit().await
}
