//! The bridge of a real app, spoken to frame by frame.
//!
//! The app is `examples/minimal`, in a window that nobody touches.

mod common;

use anyhow::{Context, Result};
use common::{APP, telemetry};
use otel_harness::{App, Bridge, Collector, Kind, OPEN_BRIDGE, Source, until};
use serde_json::json;

async fn open(env: &[(&str, &str)]) -> Result<(App, Bridge)> {
    let app = App::launch("minimal", &[&OPEN_BRIDGE, env].concat()).await?;
    let bridge = Bridge::of(&app).await?;
    Ok((app, bridge))
}

#[tokio::test]
async fn every_kind_of_command_answers_as_in_the_webview() -> Result<()> {
    let (app, bridge) = open(&[]).await?;
    let mut client = bridge.connect().await?;
    let greeting = client.result("greet", json!({ "name": "you" })).await?;
    assert_eq!(greeting, "Hello, you!");
    let nothing = client.call("slow", json!({ "ms": 1 })).await?;
    assert_eq!(nothing, json!({ "id": 2, "result": null }));
    assert_eq!(client.result("attributed", json!({})).await?, 42);
    let title = client.result("plugin:window|title", json!({})).await?;
    assert_eq!(title, "minimal");

    for (cmd, error) in [
        ("fail", "as asked"),
        ("no_such_command", "Command no_such_command not found"),
        ("boom", "the command panicked or never answered"),
    ] {
        assert_eq!(client.call(cmd, json!({})).await?["error"], error);
    }
    let refused = client
        .call("plugin:window|set_title", json!({ "value": "x" }))
        .await?;
    let refused = refused["error"].as_str().context("an error")?;
    assert!(refused.contains("not allowed"), "{refused}");
    // A missing argument is tauri's own error.
    let missing = client.call("greet", json!({})).await?;
    assert!(
        missing["error"]
            .as_str()
            .context("an error")?
            .contains("name")
    );
    // The panic has not taken anything along.
    client.result("greet", json!({ "name": "you" })).await?;
    app.quit().await
}

#[tokio::test]
async fn answers_come_as_they_are_ready_and_an_id_in_flight_is_taken() -> Result<()> {
    let (app, bridge) = open(&[]).await?;
    let mut client = bridge.connect().await?;
    let slow = r#"{"id":1,"cmd":"slow","args":{"ms":300}}"#;
    client.send(slow).await?;
    client.send(slow).await?;
    client
        .send(r#"{"id":2,"cmd":"greet","args":{"name":"b"}}"#)
        .await?;
    assert_eq!(
        client.receive().await?,
        json!({ "id": null, "error": "the id 1 is in flight" })
    );
    assert_eq!(client.receive().await?["id"], 2);
    assert_eq!(client.receive().await?, json!({ "id": 1, "result": null }));
    // Answered, so free again.
    client.send(slow).await?;
    assert_eq!(client.receive().await?["id"], 1);
    app.quit().await
}

#[tokio::test]
async fn raw_bodies_are_base64_both_ways() -> Result<()> {
    let (app, bridge) = open(&[]).await?;
    let mut client = bridge.connect().await?;
    client
        .send(r#"{"id":1,"cmd":"echo","base64":"AQID"}"#)
        .await?;
    let echo = client.receive().await?;
    assert_eq!(echo, json!({ "id": 1, "base64": "AQID" }));
    app.quit().await
}

#[tokio::test]
async fn events_reach_who_subscribed_and_who_listens() -> Result<()> {
    let (app, bridge) = open(&[]).await?;
    let mut client = bridge.connect().await?;
    client.send(r#"{"subscribe":"ping"}"#).await?;
    assert_eq!(client.receive().await?, json!({ "subscribed": "ping" }));
    let listen = |target| json!({ "event": "pong", "target": target, "handler": 77 });
    let id = client
        .result(
            "plugin:event|listen",
            listen(json!({ "kind": "Window", "label": "main" })),
        )
        .await?;

    let mut other = bridge.connect().await?;
    let emit = json!({ "event": "ping", "payload": { "n": 1 } });
    other.result("plugin:event|emit", emit).await?;
    assert_eq!(
        client.receive().await?,
        json!({ "event": "ping", "payload": { "n": 1 } })
    );
    let emit_to = |label: &str| {
        let target = json!({ "kind": "AnyLabel", "label": label });
        json!({ "target": target, "event": "pong", "payload": label })
    };
    // The first is for nobody, so what comes is the second.
    for label in ["elsewhere", "main"] {
        other.result("plugin:event|emit_to", emit_to(label)).await?;
    }
    assert_eq!(
        client.receive().await?,
        json!({ "event": "pong", "payload": "main", "callback": 77, "eventId": id })
    );

    let unlisten = json!({ "event": "pong", "eventId": id });
    client.result("plugin:event|unlisten", unlisten).await?;
    client.send(r#"{"unsubscribe":"ping"}"#).await?;
    // An answer behind it shows that it has been read.
    client.result("greet", json!({ "name": "you" })).await?;
    other
        .result("plugin:event|emit_to", emit_to("main"))
        .await?;
    other
        .result("plugin:event|emit", json!({ "event": "ping" }))
        .await?;
    // An event would come before this answer.
    client.result("greet", json!({ "name": "you" })).await?;
    app.quit().await
}

#[tokio::test]
async fn a_page_is_asked_before_its_window_closes_for_as_long_as_it_is_there() -> Result<()> {
    let (app, bridge) = open(&[]).await?;
    let mut client = bridge.connect().await?;
    // As `onCloseRequested` does: a listener with another target does not keep a window open.
    let target = json!({ "kind": "Window", "label": "main" });
    let listen = json!({ "event": "tauri://close-requested", "target": target, "handler": 1 });
    client.result("plugin:event|listen", listen).await?;
    app.close_like_a_user("minimal")?;
    let asked = client.receive().await?;
    assert_eq!(asked["event"], "tauri://close-requested");
    assert!(!app.has_ended());
    drop(client);
    until("the window to close", async || {
        // It is gone as soon as one close went through.
        let _ = app.close_like_a_user("minimal");
        app.has_ended().then_some(())
    })
    .await
}

#[tokio::test]
async fn the_messages_of_a_channel_come_numbered() -> Result<()> {
    let (app, bridge) = open(&[]).await?;
    let mut client = bridge.connect().await?;
    let args = json!({ "channel": "__CHANNEL__:9", "count": 3 });
    let id = client.start("stream", args).await?;
    for index in 0..3 {
        assert_eq!(
            client.receive().await?,
            json!({ "channel": 9, "index": index, "message": index })
        );
    }
    assert_eq!(client.receive().await?["id"], id);
    app.quit().await
}

#[tokio::test]
async fn http_takes_the_same_frame_and_says_what_it_is_for() -> Result<()> {
    let (app, bridge) = open(&[]).await?;
    let greet = r#"{"id":1,"cmd":"greet","args":{"name":"you"}}"#;
    let answer = bridge.rpc(greet).await?;
    assert_eq!(answer, (200, json!({ "id": 1, "result": "Hello, you!" })));
    let (status, answer) = bridge.rpc("{}").await?;
    assert_eq!((status, &answer["id"]), (400, &json!(null)));
    let listen = r#"{"id":1,"cmd":"plugin:event|listen","args":{"event":"e","handler":1}}"#;
    let refusal = json!({ "id": null, "error": "events take a WebSocket" });
    assert_eq!(bridge.rpc(listen).await?, (400, refusal));
    let health = "GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    assert_eq!(bridge.http(health).await?.0, 200);
    app.quit().await
}

#[tokio::test]
async fn the_list_of_commands_has_those_of_the_app_and_those_that_plugins_allow() -> Result<()> {
    let (app, bridge) = open(&[]).await?;
    let (status, commands) = bridge.ask("GET /commands", "").await?;
    assert_eq!(status, 200);
    let names = |key: &str| -> Vec<&str> {
        let list = commands[key].as_array().into_iter().flatten();
        list.filter_map(|name| name.as_str()).collect()
    };
    let app_commands = names("app");
    assert_eq!(app_commands.len(), 15, "{app_commands:?}");
    assert!(app_commands.contains(&"greet") && app_commands.contains(&"open_second"));
    let plugins = names("plugins");
    assert!(plugins.contains(&"plugin:window|title"), "{plugins:?}");
    assert!(plugins.contains(&"plugin:opentelemetry|log_trace_span"));
    assert!(!plugins.contains(&"plugin:window|set_title"), "{plugins:?}");
    assert_eq!(bridge.ask("GET /commands?window=x", "").await?.0, 404);
    app.quit().await
}

#[tokio::test]
async fn a_window_that_is_not_there_has_no_bridge() -> Result<()> {
    let (app, bridge) = open(&[]).await?;
    let offer = bridge.offer();
    let headers = [("sec-websocket-protocol", offer.as_str())];
    let refused = bridge.handshake("/ws?window=none", &headers).await?;
    assert_eq!(refused.err().map(|status| status.as_u16()), Some(404));
    app.quit().await
}

#[tokio::test]
async fn a_request_is_a_server_span_below_the_sender_s() -> Result<()> {
    let collector = Collector::start().await?;
    let (app, bridge) = open(&telemetry(&collector)).await?;
    let mut client = bridge.connect().await?;
    let traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let frame = json!({
        "id": 5, "cmd": "slow", "args": { "ms": 1 }, "traceparent": traceparent, "tracestate": "a=b",
    });
    client.send(frame.to_string()).await?;
    client.receive().await?;
    client.call("no_such_command", json!({})).await?;

    let find = |name: &'static str| {
        collector.wait_for(name, move |spans| {
            spans.iter().find(|span| span.name == name).cloned()
        })
    };
    let inner = find("inner").await?;
    let server = find("slow").await?;
    assert_eq!(inner.trace_id, "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(server.parent_span_id, "b7ad6b7169203331");
    assert_eq!((server.kind, server.scope.as_str()), (Kind::Server, APP));
    let expected = json!({
        "rpc.system.name": "tauri",
        "rpc.method": "slow",
        "tauri.invoke.request.size": r#"{"ms":1}"#.len(),
        "tauri.invoke.response.size": "null".len(),
        "tauri.window.label": "main",
        "tauri.webview.label": "main",
        "tauri.ipc.transport": "ws",
        "tauri.ipc.request.id": 5,
    });
    assert_eq!(json!(server.attributes), expected);
    let unknown = find("_OTHER").await?;
    assert_eq!(unknown.text("rpc.method_original"), "no_such_command");
    assert_eq!(unknown.text("error.type"), "not_found");
    app.quit().await
}

#[tokio::test]
async fn the_trace_of_a_message_of_a_channel_comes_ahead_of_it() -> Result<()> {
    let collector = Collector::start().await?;
    let (app, bridge) = open(&telemetry(&collector)).await?;
    let mut client = bridge.connect().await?;
    let args = json!({ "channel": "__CHANNEL__:9", "count": 2 });
    let id = client.start("stream_traced", args).await?;
    let message = |number| json!({ "channel": 9, "index": number, "message": number });
    assert_eq!(client.receive().await?, message(0), "it is sent without");
    let announced = client.receive().await?;
    assert_eq!(client.receive().await?, message(1));
    assert_eq!(client.receive().await?["id"], id);

    let sender = collector
        .wait_for("the span of the command", |spans| {
            let mut named = spans.iter().filter(|span| span.name == "stream_traced");
            named.next().cloned()
        })
        .await?;
    let traceparent = format!("00-{}-{}-01", sender.trace_id, sender.span_id);
    let expected = json!({ "channel": 9, "index": 1, "traceparent": traceparent });
    assert_eq!(announced, json!({ "announced": expected }));
    app.quit().await
}

#[tokio::test]
async fn the_window_is_not_told_of_messages_to_a_page_whose_connection_has_ended() -> Result<()> {
    let collector = Collector::start().await?;
    let (app, bridge) = open(&telemetry(&collector)).await?;
    // Tauri warns of a message whose channel the window does not have.
    app.js("window.announcements = 0; window.warnings = 0;
         addEventListener('opentelemetry:message', () => window.announcements++);
         console.warn = () => window.warnings++;")
        .await?;
    let mut client = bridge.connect().await?;
    let args = json!({ "channel": "__CHANNEL__:9", "count": 20_000 });
    client.start("stream_traced", args).await?;
    client.receive().await?;
    drop(client);

    collector
        .wait_for("the end of the command", |spans| {
            let mut named = spans.iter().filter(|span| span.name == "stream_traced");
            named.next().cloned()
        })
        .await?;
    // What the command has left to the main thread is done before this.
    app.press("greet").await?;
    assert_eq!(app.js("return window.announcements").await?, json!(0));
    // One message may have been on its way when the connection ended, and Tauri tells the window that a channel has ended.
    let warnings = app.js("return window.warnings").await?;
    assert!(
        warnings.as_u64().is_some_and(|warnings| warnings <= 2),
        "{warnings} warnings"
    );
    app.quit().await
}

#[tokio::test]
async fn the_answer_of_a_command_comes_behind_its_messages() -> Result<()> {
    let (app, bridge) = open(&[]).await?;
    let mut client = bridge.connect().await?;
    for channel in 0..100 {
        let args = json!({ "channel": format!("__CHANNEL__:{channel}"), "count": 1 });
        let id = client.start("stream_traced", args).await?;
        let message = json!({ "channel": channel, "index": 0, "message": 0 });
        assert_eq!(client.receive().await?, message);
        assert_eq!(client.receive().await?["id"], id);
    }
    app.quit().await
}

#[tokio::test]
async fn a_burst_of_events_reaches_a_page_whole() -> Result<()> {
    const STEPS: u32 = 10_000;
    let (app, bridge) = open(&[]).await?;
    let mut client = bridge.connect().await?;
    client.send(r#"{"subscribe":"progress"}"#).await?;
    client.receive().await?;
    client.start("progress", json!({ "steps": STEPS })).await?;
    for step in 0..STEPS {
        assert_eq!(
            client.receive().await?,
            json!({ "event": "progress", "payload": step })
        );
    }
    app.quit().await
}

#[tokio::test]
async fn its_commands_stand_beside_those_of_the_webview_in_the_metrics() -> Result<()> {
    let collector = Collector::start().await?;
    let interval = [("OTEL_METRIC_EXPORT_INTERVAL", "100")];
    let (app, bridge) = open(&[&telemetry(&collector)[..], &interval].concat()).await?;
    app.press("greet").await?;
    let mut client = bridge.connect().await?;
    for _ in 0..2 {
        client.result("greet", json!({ "name": "you" })).await?;
    }
    let metric = collector
        .metric("rpc.server.call.duration", |metric| {
            let over_ws = metric.histogram(("tauri.ipc.transport", "ws"));
            over_ws.is_some_and(|point| point.count == 2)
        })
        .await?;
    let greeted = metric.histograms().iter().filter(|point| {
        let mut attributes = point.attributes.iter();
        attributes.any(|pair| pair.key == "rpc.method" && format!("{pair:?}").contains("greet"))
    });
    assert_eq!(greeted.count(), 2, "one point for each wire");
    app.quit().await
}

#[tokio::test]
async fn every_command_has_a_line_without_its_arguments() -> Result<()> {
    let (app, bridge) = open(&[]).await?;
    let mut client = bridge.connect().await?;
    client.call("greet", json!({ "name": "secret" })).await?;
    client.call("fail\nws bridge: \"x\"", json!({})).await?;
    let output = app.output();
    let lines: Vec<_> = output
        .lines()
        .filter(|line| line.contains("ws bridge: "))
        .collect();
    assert_eq!(lines.len(), 2, "{output}");
    assert!(
        lines[0].contains("\"greet\", 17 B, ") && lines[0].ends_with(", ok"),
        "{output}"
    );
    assert!(lines[1].ends_with(", not_found"), "{output}");
    assert!(!output.contains("secret") && !output.contains(&bridge.token));
    app.quit().await
}

#[tokio::test]
async fn nothing_listens_unless_it_is_asked_for_and_the_file_goes_with_the_app() -> Result<()> {
    let app = App::launch("minimal", &[]).await?;
    assert!(!app.output().contains("bridge"), "{}", app.output());
    app.quit().await?;

    let short = ("DEV_WS_BRIDGE_TOKEN", "not-32-characters");
    let app = App::launch("minimal", &[&OPEN_BRIDGE[..], &[short]].concat()).await?;
    let output = app.output();
    assert!(
        output.contains("DEV_WS_BRIDGE_TOKEN must be at least 32"),
        "{output}"
    );
    assert!(!output.contains("listens"), "{output}");
    app.quit().await?;

    let (app, bridge) = open(&[]).await?;
    app.close_like_a_user("minimal")?;
    until("the token file to go", async || {
        (!bridge.file.exists()).then_some(())
    })
    .await?;
    app.wait_for_exit().await
}
