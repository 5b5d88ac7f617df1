//! Side by side with others that want the subscriber, the logger or the panic hook, in real windows.

mod common;

use anyhow::{Context, Result};
use opentelemetry_semantic_conventions::SCHEMA_URL;
use otel_harness::{App, Collector, Kind, Log, Source, until};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
};

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

/// Invokes a command that the app does not survive, once the driver has its answer.
async fn leave(app: &App, command: &str) -> Result<()> {
    let script = format!("setTimeout(() => window.__TAURI__.core.invoke('{command}'), 100)");
    app.js(&script).await?;
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

#[tokio::test]
async fn beside_crabnebula_devtools() -> Result<()> {
    let output = check("devtools", false).await?;
    assert_eq!(output.matches(ADVICE).count(), 1, "{output}");
    Ok(())
}

/// The lines of the next request, which is answered with `well`.
async fn request(listener: TcpListener) -> Result<Vec<String>> {
    let (stream, _) = listener.accept().await?;
    let mut stream = BufReader::new(stream);
    let mut lines = Vec::new();
    while lines.last().is_none_or(|line: &String| !line.is_empty()) {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        lines.push(line.trim_end().to_owned());
    }
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nwell";
    stream.write_all(answer).await?;
    Ok(lines)
}

#[tokio::test]
async fn what_the_http_plugin_fetches_for_a_page_continues_its_trace() -> Result<()> {
    let collector = Collector::start().await?;
    let app = launch(&collector, "http").await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/path", listener.local_addr()?);
    let requested = tokio::spawn(request(listener));
    let fetch = format!("return await (await window.__TAURI__.http.fetch('{url}')).text()");
    assert_eq!(app.js_async(&fetch).await?, "well");
    let lines = requested.await??;
    let trace = collector
        .trace("the fetch", 2, |span| span.name == "plugin:http|fetch")
        .await?;
    let server = trace.root("plugin:http|fetch").child("plugin:http|fetch");
    let parent = format!("traceparent: 00-{}-{}-01", server.trace_id, server.span_id);
    assert!(lines.contains(&parent), "{lines:?} without {parent}");
    app.quit().await
}

#[tokio::test]
async fn records_of_the_log_crate_are_log_records_of_their_trace() -> Result<()> {
    check_records("").await
}

#[tokio::test]
async fn the_log_plugin_can_hand_its_records_on() -> Result<()> {
    check_records("log-target").await
}

#[tokio::test]
async fn the_log_crate_passes_on_no_more_than_is_recorded() -> Result<()> {
    let collector = Collector::start().await?;
    let app = launch(&collector, "").await?;
    let ask = "return await window.__TAURI__.core.invoke('log_level')";
    assert_eq!(app.js_async(ask).await?, "INFO");
    app.quit().await
}

async fn check_records(companion: &str) -> Result<()> {
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
    app.quit().await
}

#[tokio::test]
async fn a_panic_of_a_command_is_a_log_record_of_its_trace() -> Result<()> {
    let collector = Collector::start().await?;
    let app = launch(&collector, "").await?;
    app.js("window.__TAURI__.core.invoke('boom')").await?;
    until("the panic", async || {
        collector
            .logs()
            .into_iter()
            .find(|log| log.event_name == "exception")
    })
    .await
    .map(|log| {
        assert_eq!(log.severity_text, "FATAL");
        assert_eq!(log.attributes["exception.type"], "panic");
        assert_eq!(log.attributes["exception.message"], "as asked");
        assert!(!log.trace_id.is_empty());
    })?;
    assert!(
        app.output().contains("panicked"),
        "the hook before ours still ran"
    );
    app.quit().await
}

#[tokio::test]
async fn the_last_words_of_a_main_thread_that_panics_arrive() -> Result<()> {
    let collector = Collector::start().await?;
    let app = launch(&collector, "").await?;
    leave(&app, "die").await?;
    app.wait_for_exit().await?;
    until("the panic", async || {
        let mut logs = collector.logs().into_iter();
        logs.find(|log| {
            log.event_name == "exception"
                && log.attributes["exception.message"] == "on the main thread"
        })
    })
    .await?;
    Ok(())
}

/// Without the flush they would wait for ten minutes.
const SLOW: [(&str, &str); 2] = [
    ("OTEL_BSP_SCHEDULE_DELAY", "600000"),
    ("OTEL_BLRP_SCHEDULE_DELAY", "600000"),
];

#[tokio::test]
async fn signals_and_restart_send_what_is_queued() -> Result<()> {
    for ending in ["TERM", "INT", "HUP", "restart"] {
        let collector = Collector::start().await?;
        let env = [
            &[("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint())][..],
            &SLOW,
        ]
        .concat();
        let app = App::launch("companions", &env).await?;
        invoke(&app, "greet", "{ name: 'you' }").await?;
        match ending {
            "restart" => leave(&app, "restart").await?,
            signal => {
                until("the plugin to watch for the signal", async || {
                    app.catches(signal).ok()?.then_some(())
                })
                .await?;
                app.signal(signal)?;
            }
        }
        app.wait_for_exit().await?;
        collector
            .wait_for("the span of the app", |spans| {
                let mut spans = spans.iter();
                spans.find(|span| span.kind == Kind::Server).map(drop)
            })
            .await
            .with_context(|| ending.to_owned())?;
    }
    Ok(())
}

#[tokio::test]
async fn an_app_that_handles_sigterm_is_flushed_and_not_ended() -> Result<()> {
    let collector = Collector::start().await?;
    let env = [
        &[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint()),
            ("COMPANION", "handles-sigterm"),
        ][..],
        &SLOW,
    ]
    .concat();
    let app = App::launch("companions", &env).await?;
    invoke(&app, "greet", "{ name: 'you' }").await?;
    // The signals before the plugin watches for them are the app's alone.
    until("the flush", async || {
        app.signal("TERM").ok()?;
        let mut spans = collector.spans().into_iter();
        spans.find(|span| span.kind == Kind::Server).map(drop)
    })
    .await?;
    let ask = "return await window.__TAURI__.core.invoke('asked')";
    let asked = app.js_async(ask).await?;
    assert!(
        asked.as_u64() > Some(0),
        "the app runs on, and its handler was called"
    );
    app.quit().await
}

#[tokio::test]
async fn a_page_that_closes_resources_does_not_end_the_telemetry() -> Result<()> {
    let collector = Collector::start().await?;
    let app = launch(&collector, "").await?;
    app.js_async(
        "for (let rid = 0; rid < 16; rid++) {
           await window.__TAURI__.core.invoke('plugin:resources|close', { rid }).catch(() => {});
         }",
    )
    .await?;
    invoke(&app, "greet", "{ name: 'you' }").await?;
    collector
        .trace("greet", 2, |span| span.name == "greet")
        .await?;
    app.quit().await
}

#[tokio::test]
async fn spans_that_the_app_makes_at_its_exit_arrive() -> Result<()> {
    let collector = Collector::start().await?;
    let app = launch(&collector, "").await?;
    app.press("greet").await?;
    app.close_like_a_user("minimal")?;
    app.wait_for_exit().await?;
    let name = "the app's own exit";
    collector.trace(name, 1, |span| span.name == name).await?;
    Ok(())
}

#[tokio::test]
async fn a_window_that_its_app_keeps_is_asked_to_close_as_often_as_its_user_asks() -> Result<()> {
    let collector = Collector::start().await?;
    let app = launch(&collector, "keeps-its-windows").await?;
    let asked = async || {
        let ask = "return await window.__TAURI__.core.invoke('asked')";
        app.js_async(ask).await.ok()?.as_u64()
    };
    for times in 1..=3 {
        // Something that the page has not handed over yet.
        app.press("greet").await?;
        app.close_like_a_user("minimal")?;
        until("the question", async || {
            (asked().await? >= times).then_some(())
        })
        .await?;
        collector.click("greet", 3).await?;
    }
    assert_eq!(asked().await, Some(3));
    app.quit().await
}

/// A real webview whose policy blocks the `ipc:` scheme goes over to `postMessage`.
#[tokio::test]
async fn a_policy_without_the_scheme_leaves_every_invoke_its_span() -> Result<()> {
    let collector = Collector::start().await?;
    let env = [
        &common::telemetry(&collector)[..],
        &[("CSP", "default-src 'self'")],
    ]
    .concat();
    let app = App::launch("companions", &env).await?;
    for button in ["greet", "slow"] {
        app.press(button).await?;
    }
    let slow = collector
        .wait_for("the invoke", |spans| {
            let is_it =
                |span: &&otel_harness::Span| span.kind == Kind::Server && span.name == "slow";
            spans.iter().find(is_it).cloned()
        })
        .await?;
    let trace = collector
        .trace("the command", 3, |span| span.span_id == slow.span_id)
        .await?;
    let output = app.output();
    let advice = "where a page uses `postMessage`";
    assert_eq!(output.matches(advice).count(), 1, "{output}");
    trace
        .root("slow")
        .kind(Kind::Server)
        .child("run slow")
        .child("inner")
        .leaf();
    app.quit().await
}

/// Tools such as the DevTools of CrabNebula show the calls of an app by these spans.
#[tokio::test]
async fn the_spans_of_an_invoke_that_tauri_makes_are_there_on_and_off() -> Result<()> {
    let collector = Collector::start().await?;
    let on = common::telemetry(&collector);
    for env in [&[][..], &on[..]] {
        let env = [env, &[("COMPANION", "fmt-spans")]].concat();
        let app = App::launch("companions", &env).await?;
        invoke(&app, "greet", "{ name: 'you' }").await?;
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

/// By a signal, and by its user, who asks for it once and tauri twice.
#[tokio::test]
async fn the_exit_does_not_wait_for_a_silent_collector() -> Result<()> {
    exits_in_time(|app| app.signal("TERM")).await?;
    exits_in_time(|app| app.close_like_a_user("minimal")).await
}

/// An app that exits in the face of a collector which accepts and never answers.
async fn exits_in_time(end: impl FnOnce(&App) -> Result<()>) -> Result<()> {
    let silent = otel_harness::Faulty::start(otel_harness::Answer::Never).await?;
    let env = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", silent.endpoint()),
        ("OTEL_BSP_SCHEDULE_DELAY", "20"),
    ];
    let app = App::launch("companions", &env).await?;
    invoke(&app, "greet", "{ name: 'you' }").await?;
    until("a request", async || {
        (silent.requests("traces") > 0).then_some(())
    })
    .await?;
    let start = std::time::Instant::now();
    end(&app)?;
    app.wait_for_exit().await?;
    let took = start.elapsed();
    println!("exit with a silent collector: {took:?}");
    assert!(took < common::outage::EXIT, "{took:?}");
    Ok(())
}

#[tokio::test]
async fn with_instrumentations_a_page_without_code_for_it_tells_its_story() -> Result<()> {
    let collector = Collector::start().await?;
    let app = launch(&collector, "instrumentations").await?;

    let load = collector
        .trace("the load of the page", 3, |span| {
            span.name == "document load"
        })
        .await?;
    load.root("document load").child("greet").child("greet");

    app.js("const button = document.createElement('button');
         button.id = 'plain';
         button.textContent = 'Plain';
         button.onclick = () => {
           console.error('on the console');
           window.__TAURI__.core.invoke('slow', { ms: 1 });
           history.pushState({}, '', '/elsewhere?token=secret');
           throw new TypeError('as asked');
         };
         document.body.append(button);")
        .await?;
    app.click("#plain").await?;
    let trace = collector
        .trace("the click", 5, |span| span.name == "click button Plain")
        .await?;
    let click = trace.root("click button Plain");
    click.child("slow").child("slow").child("run slow");

    let event = async |name: &str, attribute: &str, value: &str| {
        until(name, async || {
            let is_it = |log: &Log| {
                log.event_name == name && log.attributes.get(attribute) == Some(&value.into())
            };
            collector.logs().into_iter().find(is_it)
        })
        .await
    };
    let error = event("exception", "exception.message", "as asked").await?;
    assert_eq!(error.attributes["exception.type"], "TypeError");
    let line = collector.log("on the console").await?;
    let route = event("browser.navigation", "browser.navigation.type", "push").await?;
    for log in [&error, &line, &route] {
        assert_eq!(log.trace_id, click.trace_id, "{log:?}");
        assert_eq!(log.span_id, click.span_id, "{log:?}");
    }
    let timing = "browser.navigation_timing";
    event(timing, &format!("{timing}.type"), "navigate").await?;

    // One session over Rust and the page, with its start.
    let session = &error.attributes["session.id"];
    let id = session.as_str().context("an id")?;
    event("session.start", "session.id", id).await?;
    for span in collector.spans() {
        assert_eq!(span.attributes.get("session.id"), Some(session), "{span:?}");
    }
    // An earlier run of this program may have been killed, which belongs to another session.
    let of_this_run = |log: &Log| log.event_name != "app.crash";
    for log in collector.logs().into_iter().filter(of_this_run) {
        assert_eq!(log.attributes.get("session.id"), Some(session), "{log:?}");
    }

    // What WebKit cannot measure is absent, and nobody is told.
    let noise = app.js("return window.noise").await?;
    assert_eq!(noise, serde_json::json!(["on the console"]));
    let told = format!("{:?} {:?}", collector.logs(), collector.spans());
    assert!(!told.contains("secret"), "{told}");
    app.quit().await
}

#[tokio::test]
async fn a_page_sends_log_records_only_with_the_permission_for_it() -> Result<()> {
    let collector = Collector::start().await?;
    let app = launch(&collector, "").await?;
    let record = "window.__TAURI_OPENTELEMETRY__.emit('logs',
                    { time: Date.now(), severity: 17, body: document.title });
                  window.__TAURI__.opentelemetry.telemetry.startSpan(document.title).end();";
    let titled = |title: &str| format!("document.title = '{title}'; {record}");
    app.js(&titled("with it")).await?;
    collector.log("with it").await?;
    let missing = "opentelemetry:allow-page-logs";
    assert!(!app.output().contains(missing), "{}", app.output());

    app.press("second").await?;
    app.switch_to_other_window().await?;
    app.js(&titled("without it")).await?;
    collector
        .wait_for("the span of the same batch", |spans| {
            spans.iter().find(|span| span.name == "without it").cloned()
        })
        .await?;
    until("the warning", async || {
        let output = app.output();
        (output.contains(missing) && output.contains("second")).then_some(())
    })
    .await?;
    app.quit().await?;
    assert!(collector.logs().iter().all(|log| log.body != "without it"));
    Ok(())
}
