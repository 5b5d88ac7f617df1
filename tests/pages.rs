//! What happens to the spans of a page when the page goes, and when there are several.

mod common;

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use common::{APP, PAGE, telemetry};
use otel_harness::{App, Collector, Kind, Receiver, Source, Status, until};

#[tokio::test]
async fn a_reload_loses_no_finished_span_and_sends_open_ones_as_unfinished() -> Result<()> {
    let collector = Collector::start().await?;
    let app = App::launch("minimal", &telemetry(&collector)).await?;
    for round in 0..5 {
        // Both are made while the page is on its way out: no timer of its outbox gets to run.
        app.js(&format!(
            "const {{ telemetry }} = window.__TAURI__.opentelemetry;
             telemetry.startSpan('open', {{ round: {round} }});
             telemetry.startSpan('finished', {{ round: {round} }}).end();
             location.reload();"
        ))
        .await?;
        for name in ["finished", "open"] {
            let span = collector
                .wait_for(&format!("the span {name} of round {round}"), |spans| {
                    let found = |span: &&otel_harness::Span| {
                        span.name == name && span.attributes.get("round") == Some(&round.into())
                    };
                    spans.iter().find(found).cloned()
                })
                .await?;
            let unfinished = span.attributes.get("span.unfinished");
            assert_eq!(unfinished, (name == "open").then_some(&true.into()));
        }
        app.wait_js("document.readyState === 'complete' && window.__TAURI_OPENTELEMETRY__")
            .await?;
    }
    app.quit().await
}

#[tokio::test]
async fn what_a_page_has_handed_over_arrives_though_its_window_is_closed_at_once() -> Result<()> {
    let collector = Collector::start().await?;
    // Nothing is exported before the exit.
    let env = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint()),
        ("OTEL_BSP_SCHEDULE_DELAY", "600000"),
    ];
    let app = App::launch("minimal", &env).await?;
    app.press("greet").await?;
    // More than fit into one batch.
    app.js_async(
        "const { telemetry } = window.__TAURI__.opentelemetry;
         for (let n = 0; n < 1500; n++) telemetry.startSpan('many', { n }).end();
         await window.__TAURI_OPENTELEMETRY__.flush();",
    )
    .await?;
    app.close_like_a_user("minimal")?;
    app.wait_for_exit().await?;
    collector.click("greet", 3).await?;
    collector
        .wait_for("all of them", |spans| {
            let many = spans.iter().filter(|span| span.name == "many").count();
            (many == 1500).then_some(())
        })
        .await
}

#[tokio::test]
async fn a_window_whose_page_is_stuck_closes_all_the_same() -> Result<()> {
    let collector = Collector::start().await?;
    let app = App::launch("minimal", &telemetry(&collector)).await?;
    app.press("greet").await?;
    let [_, idle] = app.cpu_times()?;
    // Once the driver has its answer.
    app.js("setTimeout(() => { for (;;); }, 50)").await?;
    until("the page to be stuck", async || {
        let [_, page] = app.cpu_times().ok()?;
        (page > idle + Duration::from_millis(300)).then_some(())
    })
    .await?;
    app.close_like_a_user("minimal")?;
    app.wait_for_exit().await
}

#[tokio::test]
async fn two_windows_keep_their_traces_apart() -> Result<()> {
    let collector = Collector::start().await?;
    let app = App::launch("minimal", &telemetry(&collector)).await?;
    app.press("second").await?;
    app.switch_to_other_window().await?;
    app.wait_js("document.querySelector('#enabled')?.textContent === 'on'")
        .await?;
    app.press("slow").await?;

    let trace = collector.click("slow", 4).await?;
    let server = trace
        .root("ui.button_click")
        .has("tauri.webview.label", "second")
        .child("slow")
        .kind(Kind::Client)
        .child("slow")
        .has("tauri.window.label", "second")
        .has("tauri.webview.label", "second");
    server.child("inner");

    // What the page does while it loads belongs to the click that has opened its window.
    let opening = collector.click("second", 5).await?;
    let opened = opening
        .root("ui.button_click")
        .has("tauri.webview.label", "main");
    assert_ne!(opened.trace_id, server.trace_id);
    let command = opened.child("open_second").child("open_second");
    command
        .child("greet")
        .kind(Kind::Client)
        .has("tauri.webview.label", "second");

    // A document that is loaded later has another cause.
    app.reload().await?;
    collector
        .wait_for("the second load", |spans| {
            let roots =
                |span: &&otel_harness::Span| span.name == "greet" && span.parent_span_id.is_empty();
            spans.iter().find(roots).cloned()
        })
        .await?;
    app.quit().await
}

/// The entry point `events` of the npm package, as a script that sets `window.traced`.
async fn events_script() -> Result<String> {
    const ESBUILD: &str = "node_modules/.bin/esbuild";
    let output = tokio::process::Command::new(ESBUILD)
        .args(["dist-js/events.js", "--bundle", "--format=iife"])
        .arg("--global-name=traced")
        .output()
        .await
        .context(ESBUILD)?;
    ensure!(
        output.status.success(),
        "{}; `npm run build` makes dist-js",
        String::from_utf8_lossy(&output.stderr)
    );
    let script = String::from_utf8(output.stdout)?;
    Ok(format!("{script}window.traced = traced;"))
}

#[tokio::test]
async fn an_event_and_the_messages_of_a_channel_continue_the_trace_in_their_handlers() -> Result<()>
{
    let collector = Collector::start().await?;
    let app = App::launch("minimal", &telemetry(&collector)).await?;
    app.js(&events_script().await?).await?;
    let heard = app
        .js_async(
            "const { core, event, opentelemetry: { telemetry } } = window.__TAURI__;
             const { listen, traceChannel } = window.traced;
             const heard = { plainly: [], traced: [], channel: [] };
             const handled = (name, payload) => {
               heard[name].push(payload);
               telemetry.activeSpan()?.startSpan('handled', { payload }).end();
             };
             await event.listen('announced', ({ payload }) => heard.plainly.push(payload));
             await listen('announced', ({ payload }) => handled('traced', payload));
             const channel = new core.Channel((message) => handled('channel', message));
             await telemetry.withSpan('outer', async (span) => {
               await span.invoke('announce');
               await span.invoke('stream_traced', { channel: traceChannel(channel), count: 3 });
             });
             const all = () => heard.traced.length == 2 && heard.plainly.length == 2
               && heard.channel.length == 3;
             while (!all()) await new Promise((resolve) => setTimeout(resolve, 10));
             return heard;",
        )
        .await?;
    assert_eq!(
        heard,
        serde_json::json!({
            "plainly": ["traced", "plain"], "traced": ["traced", "plain"], "channel": [0, 1, 2],
        })
    );
    let trace = collector
        .trace("the handlers", 11, |span| span.name == "outer")
        .await?;
    // In the order in which they began.
    let [announce, stream] = &trace.root("outer").children()[..] else {
        panic!("two invokes, not {trace}");
    };
    announce
        .child("announce")
        .child("process announced")
        .kind(Kind::Consumer)
        .scope(PAGE)
        .child("handled")
        .has("payload", "traced");
    let messages = stream.child("stream_traced").children();
    let mut numbers: Vec<_> = messages
        .into_iter()
        .map(|message| {
            assert_eq!(message.name, "process channel");
            message.child("handled").attributes["payload"].as_u64()
        })
        .collect();
    // Two spans that begin within one tick of the page's clock are in any order.
    numbers.sort();
    assert_eq!(numbers, [Some(1), Some(2)]);
    app.quit().await
}

/// With Tauri's feature `tracing` the app freezes here (<https://github.com/tauri-apps/tauri/issues/9453>).
#[tokio::test]
async fn events_that_several_threads_emit_at_once_freeze_nothing() -> Result<()> {
    let collector = Collector::start().await?;
    for env in [&[][..], &telemetry(&collector)[..]] {
        let app = App::launch("minimal", env).await?;
        let heard = app
            .js_async(
                "const { core: { invoke }, event } = window.__TAURI__;
                 let heard = 0;
                 await event.listen('progress', () => heard++);
                 const commands = ['progress', 'progress_blocking', 'progress', 'progress_blocking'];
                 await Promise.all(commands.map((command) => invoke(command, { steps: 250 })));
                 while (heard < 1000) await new Promise((resolve) => setTimeout(resolve, 10));
                 return heard;",
            )
            .await?;
        assert_eq!(heard, 1_000);
        app.quit().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_click_in_a_page_in_rust_is_one_trace_down_to_the_database() -> Result<()> {
    let collector = Collector::start().await?;
    let app = App::launch("leptos-notes", &telemetry(&collector)).await?;
    app.wait_js("document.querySelector('#text')").await?;
    app.type_into("#text", "milk").await?;
    app.click("#add").await?;
    app.wait_js("document.querySelector('#notes').textContent === 'milk'")
        .await?;
    let trace = collector
        .trace("the click", 4, |span| span.name == "INSERT notes")
        .await?;
    trace
        .root("add")
        .scope("pagespan")
        .has("target", "leptos_notes_ui::notes")
        .ok()
        .child("add_note")
        .kind(Kind::Client)
        .scope(PAGE)
        .child("add_note")
        .kind(Kind::Server)
        .scope(APP)
        .child("INSERT notes")
        .kind(Kind::Client)
        .leaf();

    // An `error!` of the page, by a click without a text.
    app.click("#add").await?;
    let log = collector.log("the note is not added").await?;
    let refused = collector
        .trace("the refused click", 3, |span| span.trace_id == log.trace_id)
        .await?;
    let root = refused.root("add");
    assert_eq!(log.span_id, root.span_id);
    assert_eq!((log.severity, log.scope.as_str()), (17, "pagespan"));
    assert_eq!(log.attributes["error"], "a note has a text");
    assert_eq!(root.status, Status::Error("a note has a text".into()));
    app.quit().await
}

#[tokio::test]
async fn the_short_form_of_log_trace_span_is_a_child_of_the_page_s_span() -> Result<()> {
    let collector = Collector::start().await?;
    let app = App::launch("minimal", &telemetry(&collector)).await?;
    let answer = app
        .js_async(
            "const { telemetry } = window.__TAURI__.opentelemetry;
             return telemetry.withSpan('outer', () => window.__TAURI__.core.invoke(
               'plugin:opentelemetry|log_trace_span',
               { name: 'render', duration: 12, attributes: { rows: 3 } }));",
        )
        .await?;
    assert_eq!(answer, serde_json::json!({ "accepted": 1, "dropped": 0 }));
    let trace = collector
        .trace("the short form", 2, |span| span.name == "render")
        .await?;
    let render = trace
        .root("outer")
        .child("render")
        .scope(PAGE)
        .has("rows", 3);
    assert_eq!(render.millis().round(), 12.0);
    app.quit().await
}

#[tokio::test]
async fn hostile_spans_are_counted_and_the_good_ones_of_the_batch_arrive() -> Result<()> {
    let collector = Collector::start().await?;
    let app = App::launch("minimal", &telemetry(&collector)).await?;
    let answer = app
        .js_async(
            "const good = (name) => ({ traceId: '0af7651916cd43dd8448eb211c80319c',
               spanId: 'b7ad6b716920333' + name.length, name, startTime: 1e12, endTime: 1e12 + 1 });
             const spans = [good('a'), { ...good('xx'), traceId: 'zz' },
               { ...good('xx'), startTime: NaN }, { ...good('xx'), endTime: 1 },
               { ...good('xx'), attributes: { big: 'x'.repeat(1 << 20) } }, 7, null, good('bbb')];
             return window.__TAURI__.core.invoke('plugin:opentelemetry|log_trace_span',
               { spans, dropped: 0 });",
        )
        .await?;
    assert_eq!(answer, serde_json::json!({ "accepted": 2, "dropped": 6 }));
    for name in ["a", "bbb"] {
        collector
            .wait_for(name, |spans| spans.iter().find(|s| s.name == name).cloned())
            .await?;
    }
    app.press("greet").await?;
    app.quit().await
}

#[tokio::test]
async fn a_span_that_the_page_s_own_header_names_is_the_parent() -> Result<()> {
    let collector = Collector::start().await?;
    let app = App::launch("minimal", &telemetry(&collector)).await?;
    app.js_async(
        "const headers = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };
         await window.__TAURI__.core.invoke('greet', { name: 'you' }, { headers });",
    )
    .await?;
    let client = collector
        .wait_for("the CLIENT span", |spans| {
            let found = |span: &&otel_harness::Span| span.parent_span_id == "b7ad6b7169203331";
            spans.iter().find(found).cloned()
        })
        .await?;
    assert_eq!(client.trace_id, "0af7651916cd43dd8448eb211c80319c");
    assert_eq!((client.kind, client.scope.as_str()), (Kind::Client, PAGE));
    let server = collector
        .wait_for("the SERVER span", |spans| {
            spans
                .iter()
                .find(|span| span.parent_span_id == client.span_id)
                .cloned()
        })
        .await?;
    assert_eq!((server.kind, server.scope.as_str()), (Kind::Server, APP));
    app.quit().await
}

#[tokio::test]
async fn what_the_sampler_leaves_out_is_sent_by_nobody() -> Result<()> {
    let receiver = Receiver::start().await?;
    let env = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint()),
        ("OTEL_TRACES_SAMPLER", "always_off"),
    ];
    let app = App::launch("minimal", &env).await?;
    for button in ["greet", "slow", "fail"] {
        app.press(button).await?;
    }
    let flag = app
        .js(
            "const span = window.__TAURI__.opentelemetry.telemetry.startSpan('x');
             return [span.isRecording(), span.traceparent.slice(-2)];",
        )
        .await?;
    assert_eq!(flag, serde_json::json!([false, "00"]));
    // Closing sends whatever there is.
    app.close_like_a_user("minimal")?;
    app.wait_for_exit().await?;
    assert!(receiver.spans().is_empty(), "{:?}", receiver.spans());
    Ok(())
}
