//! The bridge of an app without windows to see, over a real socket.

use anyhow::{Context, Result};
use otel_harness::{Bridge, until};
use serde_json::json;
use tauri::{
    App, WebviewUrl, WebviewWindow, WebviewWindowBuilder, test,
    utils::config::AppDirectoriesOverride,
};
use tempfile::TempDir;

use super::*;
use crate::config::{OtlpOptions, Settings as TelemetrySettings};

/// An app whose commands answer with as many characters as their argument `size` says, and its open bridge.
struct Open {
    bridge: WsBridge,
    client: Bridge,
    _window: WebviewWindow<test::MockRuntime>,
    app: App<test::MockRuntime>,
    _folder: TempDir,
}

/// An app that keeps its token file in `folder`.
fn app(folder: &TempDir, pattern: PatternKind) -> App<test::MockRuntime> {
    let mut context = test::mock_context(test::noop_assets());
    let config = &mut context.config_mut().app;
    config.security.pattern = pattern;
    let root = folder.path().to_owned();
    config.app_directories_override = Some(AppDirectoriesOverride::Root(root));
    let builder = test::mock_builder().invoke_handler(|invoke| {
        let size = match invoke.message.payload() {
            tauri::ipc::InvokeBody::Json(args) => args["size"].as_u64().unwrap_or_default(),
            tauri::ipc::InvokeBody::Raw(_) => 0,
        };
        invoke.resolver.resolve("x".repeat(size as usize));
        true
    });
    builder.build(context).expect("a mock app")
}

fn start(
    app: &App<test::MockRuntime>,
    env: &[(&str, &str)],
    telemetry: Option<(&Arc<Telemetry>, &Config)>,
) -> Option<WsBridge> {
    let env = |name: &str| {
        let open = [("DEV_WS_BRIDGE", "1"), ("DEV_WS_BRIDGE_PORT", "0")];
        let mut all = env.iter().chain(&open);
        let value = all.find(|(key, _)| *key == name);
        value.map(|(_, value)| (*value).to_owned())
    };
    WsBridge::start(app.handle(), &env, false, &Arc::default(), telemetry)
}

fn open(env: &[(&str, &str)], telemetry: Option<(&Arc<Telemetry>, &Config)>) -> Result<Open> {
    let folder = tempfile::tempdir()?;
    let app = app(&folder, PatternKind::Brownfield);
    let window = WebviewWindowBuilder::new(&app, "main", WebviewUrl::default()).build()?;
    let bridge = start(&app, env, telemetry).context("the bridge is open")?;
    let file = bridge.file.path().to_owned();
    let content: serde_json::Value = serde_json::from_slice(&std::fs::read(&file)?)?;
    let token = content["token"].as_str().context("a token")?.to_owned();
    Ok(Open {
        client: Bridge {
            port: bridge.port,
            token,
            file,
        },
        bridge,
        _window: window,
        app,
        _folder: folder,
    })
}

#[test]
fn nothing_but_this_machine_can_connect() {
    let address = listen(0).unwrap().local_addr().unwrap();
    assert!(address.ip().is_loopback(), "{address}");
}

#[test]
fn it_stays_closed_where_messages_are_checked_and_where_the_token_would_be_published() {
    let folder = tempfile::tempdir().unwrap();
    let isolated = app(&folder, PatternKind::Isolation { dir: ".".into() });
    assert!(start(&isolated, &[], None).is_none());
    let plain = app(&folder, PatternKind::Brownfield);
    let published = [("VITE_WS_BRIDGE_TOKEN", "0123456789abcdef0123456789abcdef")];
    assert!(start(&plain, &published, None).is_none());
    assert!(start(&plain, &[], None).is_some());
}

#[tokio::test]
async fn a_window_that_may_not_listen_subscribes_to_nothing() -> Result<()> {
    let open = open(&[], None)?;
    let mut client = open.client.connect().await?;
    client.send(r#"{"subscribe":"ping"}"#).await?;
    let refusal = client.receive().await?;
    assert_eq!(refusal["id"], json!(null), "{refusal}");
    let text = refusal["error"].as_str().context("a reason")?;
    assert!(text.contains("plugin:event|listen"), "{text}");
    tauri::Emitter::emit(open.app.handle(), "ping", 1)?;
    // The event would come before this answer.
    client.result("a", json!({})).await?;
    Ok(())
}

#[tokio::test]
async fn a_page_is_told_all_but_the_invoke_key() -> Result<()> {
    let settings = TelemetrySettings {
        otlp: OtlpOptions::new().endpoint("http://127.0.0.1:9"),
        ..TelemetrySettings::default()
    };
    let decision = Config::resolve(&|_| None, settings, TelemetrySettings::default());
    let mut config = decision.config.context("it is on")?;
    config.spool.max_bytes = 0;
    let folder = tempfile::tempdir()?;
    let identity = crate::pipeline::AppIdentity {
        name: "test".to_owned(),
        version: String::new(),
        identifier: String::new(),
        home_folder: None,
        log_folder: Some(folder.path().to_owned()),
        config_folder: Some(folder.path().to_owned()),
        data_folder: Some(folder.path().to_owned()),
    };
    let telemetry = Telemetry::start(&config, &identity, None)?;
    let open = open(&[], Some((&telemetry, &config)))?;
    let (status, session) = open.client.ask("GET /session", "").await?;
    assert_eq!(status, 200, "{session}");
    assert_eq!(session["telemetry"]["invokeKey"], "", "{session}");
    assert!(!session.to_string().contains(open.app.handle().invoke_key()));
    Ok(())
}

#[tokio::test]
async fn a_frame_has_the_size_that_was_set() -> Result<()> {
    let open = open(&[("DEV_WS_BRIDGE_MAX_FRAME", "200")], None)?;
    let frame = |padding: usize| {
        json!({ "id": 1, "cmd": "a", "args": { "padding": "x".repeat(padding) } }).to_string()
    };
    assert_eq!(open.client.rpc(&frame(100)).await?.0, 200);
    assert_eq!(open.client.rpc(&frame(200)).await?.0, 413);
    let mut client = open.client.connect().await?;
    client.send(frame(100)).await?;
    assert_eq!(client.receive().await?["id"], 1);
    client.send(frame(200)).await?;
    assert_eq!(client.closed().await?, 1009);
    Ok(())
}

#[tokio::test]
async fn who_has_the_token_gets_in_whatever_strangers_hold() -> Result<()> {
    let open = open(&[], None)?;
    let mut held = Vec::new();
    for _ in 0..500 {
        held.push(tokio::net::TcpStream::connect(("127.0.0.1", open.client.port)).await?);
    }
    let mut client = open.client.connect().await?;
    assert_eq!(client.result("a", json!({})).await?, "");
    drop(held);
    Ok(())
}

#[tokio::test]
async fn there_are_128_connections_and_the_next_is_told_so() -> Result<()> {
    let open = open(&[], None)?;
    let mut held = Vec::new();
    for _ in 0..seats::MAX_GUESTS {
        held.push(open.client.connect().await?);
    }
    let offer = open.client.offer();
    let headers = [("sec-websocket-protocol", offer.as_str())];
    let refused = open.client.handshake("/ws", &headers).await?.err();
    assert_eq!(refused.map(|status| status.as_u16()), Some(503));
    held.pop();
    until("the bridge to have room", async || {
        open.client.connect().await.ok()
    })
    .await?;
    Ok(())
}

#[tokio::test]
async fn who_takes_no_answer_is_cut_off() -> Result<()> {
    use tokio::io::AsyncWriteExt;

    let open = open(&[], None)?;
    let Bridge { port, token, .. } = &open.client;
    // More than the buffers of the system take: 4 MiB to send, and less to receive while nobody reads.
    let body = json!({ "id": 1, "cmd": "a", "args": { "size": 16 * 1024 * 1024 } }).to_string();
    let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", *port)).await?;
    let request = format!(
        "POST /rpc HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await?;
    let free = || open.bridge.seats.free();
    until("the request to be taken", async || {
        (free() < seats::MAX_GUESTS).then_some(())
    })
    .await?;
    until("the connection to be cut off", async || {
        (free() == seats::MAX_GUESTS).then_some(())
    })
    .await
}
