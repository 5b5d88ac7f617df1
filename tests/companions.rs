//! Side by side with others that want the subscriber, the logger or the panic hook, in real windows.

mod common;
#[path = "companions/ends.rs"]
mod ends;
#[path = "companions/page.rs"]
mod page;

use anyhow::Result;
use opentelemetry_semantic_conventions::SCHEMA_URL;
use otel_harness::{App, Collector, Source, Span, until};

async fn launch(collector: &Collector, companion: &str) -> Result<App> {
    let env = [
        &common::telemetry(collector)[..],
        &[
            ("COMPANION", companion),
            ("OTEL_METRIC_EXPORT_INTERVAL", "100"),
        ],
    ]
    .concat();
    App::launch("companions", &env).await
}

async fn invoke(app: &App, command: &str, args: &str) -> Result<()> {
    let script = format!("await window.__TAURI__.core.invoke('{command}', {args})");
    app.js_async(&script).await?;
    Ok(())
}

/// Invokes and page spans flow beside `companion`; what the plugin says about it.
async fn check(companion: &str, own_spans: bool) -> Result<String> {
    let collector = Collector::start().await?;
    let app = launch(&collector, companion).await?;
    app.press("slow").await?;
    let trace = collector
        .click("slow", if own_spans { 5 } else { 3 })
        .await?;
    let server = trace.root("ui.button_click").child("slow").child("slow");
    if own_spans {
        server.child("run slow").child("inner").leaf();
        let log = collector.log("slept").await?;
        assert_eq!(log.trace_id, server.trace_id);
    }
    let output = app.output();
    app.quit().await?;
    Ok(output)
}

const ADVICE: &str = "add `.with(tauri_plugin_opentelemetry::layer())` to it";

#[tokio::test]
async fn beside_the_log_plugin_registered_before_or_after() -> Result<()> {
    for companion in ["log", "log-first"] {
        let output = check(companion, true).await?;
        assert!(!output.contains(ADVICE), "{output}");
    }
    Ok(())
}

#[tokio::test]
async fn beside_a_plain_subscriber_one_warning_says_what_is_missing() -> Result<()> {
    for companion in ["fmt", "fmt-in-setup"] {
        let output = check(companion, false).await?;
        assert_eq!(output.matches(ADVICE).count(), 1, "{output}");
        assert!(output.contains("slept"), "the app's own output: {output}");
    }
    Ok(())
}

/// A filter for all layers takes the spans of commands away, from which the plugin knows that there is such a command.
#[tokio::test]
async fn beside_a_filter_for_all_layers_a_warning_says_so_and_a_panic_has_its_command() -> Result<()>
{
    let collector = Collector::start().await?;
    let app = launch(&collector, "filter-for-all").await?;
    let said = "has a filter for all of its layers";
    assert!(app.output().contains(said), "{}", app.output());
    app.js("window.__TAURI__.core.invoke('boom')").await?;
    let panicked = |spans: &[Span]| {
        let mut failed = spans
            .iter()
            .filter(|span| span.text("error.type") == "panic");
        failed.next().map(|span| span.name.clone())
    };
    assert_eq!(collector.wait_for("the panic", panicked).await?, "boom");
    app.quit().await
}

#[tokio::test]
async fn an_event_that_is_emitted_on_another_thread_is_warned_of_once() -> Result<()> {
    let collector = Collector::start().await?;
    let app = launch(&collector, "").await?;
    invoke(&app, "emit", "{}").await?;
    invoke(&app, "emit", "{}").await?;
    let output = app.output();
    let warnings = output.matches("emitted on another thread").count();
    assert_eq!(warnings, 1, "{output}");
    app.quit().await
}

#[tokio::test]
async fn beside_crabnebula_devtools() -> Result<()> {
    let output = check("devtools", false).await?;
    assert_eq!(output.matches(ADVICE).count(), 1, "{output}");
    Ok(())
}

#[tokio::test]
async fn records_of_the_log_crate_are_log_records_of_their_trace() -> Result<()> {
    check_records("").await?;
    Ok(())
}

#[tokio::test]
async fn the_log_plugin_can_hand_its_records_on() -> Result<()> {
    let output = check_records("log-target").await?;
    assert!(
        output.contains("[companions::legacy][WARN] of old"),
        "{output}"
    );
    Ok(())
}

/// `init` of `tracing-subscriber` installs a logger, before the plugin has started.
#[tokio::test]
async fn records_of_the_log_crate_arrive_through_the_subscriber_of_the_app() -> Result<()> {
    let output = check_records("layer").await?;
    assert!(!output.contains("a logger of its own"), "{output}");
    Ok(())
}

#[tokio::test]
async fn the_log_crate_passes_on_no_more_than_is_recorded() -> Result<()> {
    let collector = Collector::start().await?;
    let app = launch(&collector, "").await?;
    let ask = "return await window.__TAURI__.core.invoke('log_level')";
    assert_eq!(app.js_async(ask).await?, "INFO");
    app.quit().await
}

async fn check_records(companion: &str) -> Result<String> {
    let collector = Collector::start().await?;
    let app = launch(&collector, companion).await?;
    invoke(&app, "legacy", "{ message: 'of old' }").await?;
    let log = collector.log("of old").await?;
    assert_eq!((log.severity, &*log.severity_text), (13, "WARN"));
    assert_eq!(log.scope, "companions::legacy");
    assert!(
        !log.attributes.keys().any(|key| key.starts_with("log.")),
        "{log:?}"
    );
    let trace = collector
        .trace("legacy", 2, |span| span.name == "legacy")
        .await?;
    let server = trace.root("legacy").child("legacy");
    assert_eq!(
        (&log.trace_id, &log.span_id),
        (&server.trace_id, &server.span_id)
    );
    let output = app.output();
    app.quit().await?;
    Ok(output)
}

#[tokio::test]
async fn a_panic_of_a_command_is_a_log_record_of_its_trace() -> Result<()> {
    let collector = Collector::start().await?;
    let app = launch(&collector, "").await?;
    app.js("window.__TAURI__.core.invoke('boom')").await?;
    let log = until("the panic", async || {
        collector
            .logs()
            .into_iter()
            .find(|log| log.event_name == "exception")
    })
    .await?;
    assert_eq!(log.severity_text, "ERROR", "the app goes on");
    assert_eq!(log.attributes["exception.type"], "panic");
    assert_eq!(log.attributes["exception.message"], "as asked");
    let command = collector
        .wait_for("the span of the command", |spans| {
            spans.iter().find(|span| span.name == "run boom").cloned()
        })
        .await?;
    assert_eq!(log.trace_id, command.trace_id);
    assert!(
        app.output().contains("panicked"),
        "the hook before ours still ran"
    );
    app.quit().await
}

/// Tools such as the DevTools of CrabNebula show the calls of an app by these spans.
#[tokio::test]
async fn the_spans_of_an_invoke_that_tauri_makes_are_there_on_and_off() -> Result<()> {
    let collector = Collector::start().await?;
    let on = common::telemetry(&collector);
    for env in [&[][..], &on[..]] {
        let is_off = env.is_empty();
        let env = [env, &[("COMPANION", "fmt-spans")]].concat();
        let app = App::launch("companions", &env).await?;
        invoke(&app, "greet", "{ name: 'you' }").await?;
        invoke(&app, "echo", "new Uint8Array([0, 255])").await?;
        let output = app.output();
        for span in [
            "ipc::request{kind=\"custom-protocol\"",
            "ipc::request::handle{cmd=\"greet\"}",
            "ipc::request::respond",
            "ipc::request::response",
        ] {
            let made = |line: &&str| line.contains("tauri::ipc::protocol") && line.contains(span);
            assert!(output.lines().any(|line| made(&line)), "{span} in {output}");
        }
        // While telemetry is on, the spans do not show what an invoke carries.
        for payload in [
            r#"request="{\"name\":\"you\"}""#,
            r#"response="\"Hello, you!\"" mime_type="application/json""#,
            r#"request="[0,255]""#,
            r#"response="[0, 255]" mime_type="application/octet-stream""#,
        ] {
            assert_eq!(output.contains(payload), is_off, "{payload} in {output}");
        }
        app.quit().await?;
    }
    Ok(())
}

/// Tauri's own handler logs the key that it expected, and serialises every payload for its spans. While telemetry is off the
/// handler of the plugin answers all the same.
#[tokio::test]
async fn a_wrong_invoke_key_is_refused_and_the_right_one_logged_nowhere() -> Result<()> {
    let collector = Collector::start().await?;
    let on = common::telemetry(&collector);
    for env in [&[][..], &on[..]] {
        let env = [env, &[("COMPANION", "fmt-spans")]].concat();
        let app = App::launch("companions", &env).await?;
        let script = "const headers = { 'content-type': 'application/json', 'tauri-callback': '0',
               'tauri-error': '0', 'tauri-invoke-key': 'wrong' };
             const url = window.__TAURI_INTERNALS__.convertFileSrc('greet', 'ipc');
             const refused = fetch(url, { method: 'POST', body: '{\"name\":\"x\"}', headers })
               .then(() => 'answered');
             await window.__TAURI__.core.invoke('greet', { name: 'y' });
             return Promise.race([refused, window.__TAURI__.core.invoke('greet', { name: 'z' })]);";
        assert_eq!(app.js_async(script).await?, "Hello, z!");
        let output = app.output();
        assert!(!output.contains("INVOKE_KEY"), "{env:?}: {output}");
        app.quit().await?;
    }
    Ok(())
}

#[tokio::test]
async fn commands_windows_and_the_process_are_measured() -> Result<()> {
    let collector = Collector::start().await?;
    let app = launch(&collector, "").await?;
    for _ in 0..3 {
        invoke(&app, "greet", "{ name: 'you' }").await?;
    }
    app.js("window.__TAURI__.core.invoke('made up').catch(() => {})")
        .await?;
    let greet = ("rpc.method", "greet");
    let duration = collector
        .metric("rpc.server.call.duration", |metric| {
            let greeted = metric.histogram(greet).map(|point| point.count);
            let unknown = metric.histogram(("rpc.method", "_OTHER"));
            greeted == Some(3) && unknown.is_some()
        })
        .await?;
    assert_eq!(duration.unit, "s");
    let unknown = duration
        .histogram(("error.type", "not_found"))
        .expect("it has arrived");
    assert_eq!(unknown.count, 1);
    for (name, bytes) in [
        ("tauri.invoke.request.size", r#"{"name":"you"}"#.len()),
        ("tauri.invoke.response.size", r#""Hello, you!""#.len()),
    ] {
        let size = collector.metric(name, |_| true).await?;
        assert_eq!(size.unit, "By");
        let point = size.histogram(greet).expect("it has arrived");
        assert_eq!(point.sum, Some(3.0 * bytes as f64), "{name}");
    }
    let number = async |name: &str| {
        let metric = collector.metric(name, |_| true).await?;
        anyhow::Ok(metric.number(&[]).expect("it has arrived"))
    };
    assert_eq!(number("tauri.window.count").await?, 1.0);
    assert_eq!(number("tauri.invoke.active").await?, 0.0);
    assert!(number("process.memory.usage").await? > 1e6);
    assert!(number("process.cpu.time").await? > 0.0);
    for (name, unit) in [
        (
            "otel.sdk.exporter.metric_data_point.exported",
            "{data_point}",
        ),
        ("otel.sdk.exporter.span.exported", "{span}"),
        ("otel.sdk.processor.span.processed", "{span}"),
        ("otel.sdk.processor.span.queue.size", "{span}"),
        ("otel.sdk.exporter.log.exported", "{log_record}"),
        ("otel.sdk.processor.log.processed", "{log_record}"),
        ("otel.sdk.processor.log.queue.size", "{log_record}"),
    ] {
        assert_eq!(collector.metric(name, |_| true).await?.unit, unit, "{name}");
    }
    let processed = collector
        .metric("otel.sdk.processor.span.processed", |metric| {
            let of_spans = [("otel.component.type", "batching_span_processor")];
            metric.number(&of_spans).is_some_and(|spans| spans >= 3.0)
        })
        .await?;
    assert_eq!(processed.scope_schema_url, SCHEMA_URL);
    app.quit().await
}
