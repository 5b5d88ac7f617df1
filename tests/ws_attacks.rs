//! What must not get through the bridge, each tried against a real app, and each without a trace in it.
//!
//! The app is `examples/messenger`, whose messages would show a command that ran.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use otel_harness::{App, Bridge, DEADLINE, OPEN_BRIDGE, until};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// The origin of the dev server in the configuration of the messenger.
const DEV_SERVER: &str = "http://localhost:5173";

/// What every attack tries to do.
const SEND: &str = r#"{"id":1,"cmd":"send_message","args":{"to":"everybody","text":"attacked"}}"#;

async fn open() -> Result<(App, Bridge)> {
    let app = App::launch("messenger", &OPEN_BRIDGE).await?;
    let bridge = Bridge::of(&app).await?;
    Ok((app, bridge))
}

/// Ends the app, in which no command may have run.
async fn untouched(app: App, bridge: &Bridge) -> Result<()> {
    let output = app.output();
    ensure!(!output.contains("ws bridge: "), "a command ran:\n{output}");
    // The bridge is still there, and so is what it must not have changed.
    let mut client = bridge.connect().await?;
    let messages = client.result("list_messages", json!({})).await?;
    ensure!(messages == json!([]), "{messages}");
    app.quit().await
}

/// The head of a request, with headers in place of those that a page of the app would send.
fn request(bridge: &Bridge, line: &str, headers: &[(&str, &str)]) -> String {
    let host = format!("127.0.0.1:{}", bridge.port);
    let bearer = format!("Bearer {}", bridge.token);
    let mut all = vec![
        ("host", host.as_str()),
        ("origin", DEV_SERVER),
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
    ];
    all.retain(|(name, _)| headers.iter().all(|(other, _)| other != name));
    all.extend(headers.iter().filter(|(_, value)| !value.is_empty()));
    let headers: String = all
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    format!("{line} HTTP/1.1\r\n{headers}connection: close\r\n")
}

fn post(bridge: &Bridge, headers: &[(&str, &str)]) -> String {
    let head = request(bridge, "POST /rpc", headers);
    format!("{head}content-length: {}\r\n\r\n{SEND}", SEND.len())
}

#[tokio::test]
async fn who_has_no_right_gets_no_further_than_the_head() -> Result<()> {
    let (app, bridge) = open().await?;
    let wrong = format!("Bearer {}", "0".repeat(64));
    let in_url = format!("POST /rpc?token={}", bridge.token);
    let wrong_offer = format!("tauri-ws-bridge, token.{}", "0".repeat(64));
    let offer = bridge.offer();
    for (what, header, status) in [
        ("no token", ("authorization", ""), 401),
        ("a wrong token", ("authorization", wrong.as_str()), 401),
        ("another origin", ("origin", "http://example.com"), 403),
        ("another port", ("origin", "http://localhost:5174"), 403),
        ("a null origin", ("origin", "null"), 403),
        ("a foreign host", ("host", "example.com"), 403),
        ("no host", ("host", ""), 403),
        (
            "a form",
            ("content-type", "application/x-www-form-urlencoded"),
            415,
        ),
        ("plain text", ("content-type", "text/plain"), 415),
        ("a long head", ("x-padding", &"x".repeat(20_000)), 431),
    ] {
        let (answered, head, _) = bridge.http(&post(&bridge, &[header])).await?;
        assert_eq!(answered, status, "{what} by HTTP");
        // What a page may read of an answer it is told only if it may ask.
        let may_read = head.contains("access-control-allow-origin");
        assert_eq!(may_read, status != 403 && status != 431, "{what}: {head}");
    }
    let (status, ..) = bridge
        .http(&format!(
            "{}content-length: 0\r\n\r\n",
            request(&bridge, &in_url, &[("authorization", "")])
        ))
        .await?;
    assert_eq!(status, 401, "a token in the URL");

    for (what, headers, status) in [
        ("no token", vec![], 401),
        (
            "a wrong token",
            vec![("sec-websocket-protocol", wrong_offer.as_str())],
            401,
        ),
        (
            "another origin",
            vec![
                ("sec-websocket-protocol", offer.as_str()),
                ("origin", "https://example.com"),
            ],
            403,
        ),
        (
            "a null origin",
            vec![
                ("sec-websocket-protocol", offer.as_str()),
                ("origin", "null"),
            ],
            403,
        ),
        (
            "a foreign host",
            vec![
                ("sec-websocket-protocol", offer.as_str()),
                ("host", "attacker.example:3333"),
            ],
            403,
        ),
    ] {
        let answered = bridge.handshake("/ws", &headers).await?.err();
        let answered = answered.map(|status| status.as_u16());
        assert_eq!(answered, Some(status), "{what} by WebSocket");
    }
    untouched(app, &bridge).await
}

#[tokio::test]
async fn a_form_of_another_site_is_refused_by_its_origin_and_its_lack_of_a_token() -> Result<()> {
    let (app, bridge) = open().await?;
    let form = [
        ("origin", "https://example.com"),
        ("authorization", ""),
        ("content-type", "text/plain"),
    ];
    assert_eq!(bridge.http(&post(&bridge, &form)).await?.0, 403);
    assert_eq!(bridge.http(&post(&bridge, &form[1..])).await?.0, 401);
    let preflight = |origin| request(&bridge, "OPTIONS /rpc", &[("origin", origin)]) + "\r\n";
    let (status, head, _) = bridge.http(&preflight("https://example.com")).await?;
    assert_eq!(status, 403);
    assert!(!head.contains("access-control"), "{head}");
    let (status, head, _) = bridge.http(&preflight(DEV_SERVER)).await?;
    assert_eq!(status, 204);
    assert!(
        head.contains(&format!("access-control-allow-origin: {DEV_SERVER}")),
        "{head}"
    );
    untouched(app, &bridge).await
}

#[tokio::test]
async fn what_is_too_big_is_refused_before_it_is_read() -> Result<()> {
    let (app, bridge) = open().await?;
    // The head of a masked text frame that announces 100 MiB.
    let mut client = bridge.connect().await?;
    let length = (100_u64 * 1024 * 1024).to_be_bytes();
    let head = [&[0x81, 0x80 | 127][..], &length, &[0; 4]].concat();
    client.socket.get_mut().write_all(&head).await?;
    assert_eq!(client.closed().await?, 1009);

    let head = request(&bridge, "POST /rpc", &[]);
    let huge = format!("{head}content-length: 104857600\r\n\r\n");
    assert_eq!(bridge.http(&huge).await?.0, 413);
    untouched(app, &bridge).await
}

#[tokio::test]
async fn who_sends_too_slowly_is_cut_off() -> Result<()> {
    let (app, bridge) = open().await?;
    let cut_off = async |head: String| -> Result<Duration> {
        let mut stream = TcpStream::connect(("127.0.0.1", bridge.port)).await?;
        stream.write_all(head.as_bytes()).await?;
        let start = Instant::now();
        // Whether with a status or without: it ends.
        let _ = timeout(DEADLINE, stream.read_to_end(&mut Vec::new())).await?;
        Ok(start.elapsed())
    };
    let half_a_head = "POST /rpc HTTP/1.1\r\nhost: localhost\r\nx-slow: ".to_owned();
    let half_a_body = request(&bridge, "POST /rpc", &[]) + "content-length: 100\r\n\r\n{";
    let one_and_no_more = "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n".to_owned();
    let (head, body, nothing, more) = tokio::join!(
        cut_off(half_a_head),
        cut_off(half_a_body),
        cut_off(String::new()),
        cut_off(one_and_no_more)
    );
    for elapsed in [head?, body?, nothing?, more?] {
        assert!(elapsed < Duration::from_secs(10), "{elapsed:?}");
    }
    untouched(app, &bridge).await
}

#[tokio::test]
async fn ten_thousand_strangers_keep_nobody_out_who_has_the_token() -> Result<()> {
    let (app, bridge) = open().await?;
    let mut held = VecDeque::new();
    for _ in 0..10_000 {
        held.push_back(TcpStream::connect(("127.0.0.1", bridge.port)).await?);
        // As many as the system lets a process have, and more than the bridge keeps.
        if held.len() > 500 {
            held.pop_front();
        }
    }
    bridge.connect().await?;
    // The first that is still held was cut off long ago.
    let first = held.front_mut().context("connections are held")?;
    let read = timeout(DEADLINE, first.read(&mut [0])).await?;
    ensure!(!matches!(read, Ok(1..)), "{read:?}");
    untouched(app, &bridge).await
}

#[tokio::test]
async fn with_the_token_128_are_served_and_the_next_is_refused() -> Result<()> {
    let (app, bridge) = open().await?;
    let mut held = Vec::new();
    for _ in 0..128 {
        held.push(bridge.connect().await?);
    }
    assert_eq!(bridge.rpc("{}").await?.0, 503);
    held.pop();
    until("the bridge to have room", async || {
        bridge.connect().await.ok()
    })
    .await?;
    drop(held);
    until("the bridge to be empty", async || {
        (bridge.rpc("{}").await.ok()?.0 == 400).then_some(())
    })
    .await?;
    untouched(app, &bridge).await
}

#[tokio::test]
async fn a_foreign_page_does_not_learn_that_the_bridge_is_there() -> Result<()> {
    let (app, bridge) = open().await?;
    let health = |headers: &str| {
        format!("GET /healthz HTTP/1.1\r\nhost: localhost\r\n{headers}connection: close\r\n\r\n")
    };
    // As a page asks for an image: without an origin, but with what it is to the bridge.
    for site in ["cross-site", "same-site"] {
        let (status, _, body) = bridge
            .http(&health(&format!("sec-fetch-site: {site}\r\n")))
            .await?;
        assert_eq!(status, 403, "{site}: {body}");
    }
    for headers in ["", "sec-fetch-site: none\r\n"] {
        assert_eq!(bridge.http(&health(headers)).await?.0, 200, "{headers}");
    }
    untouched(app, &bridge).await
}

#[tokio::test]
async fn what_is_no_frame_is_refused_and_the_connection_goes_on() -> Result<()> {
    let (app, bridge) = open().await?;
    let mut client = bridge.connect().await?;
    let deep = format!(r#"{{"id":1,"cmd":"a","args":{}"#, "[".repeat(500_000));
    for frame in ["", "{}", "[1]", r#"{"id":"1","cmd":"a"}"#, &deep] {
        client.send(frame).await?;
        let refusal = client.receive().await?;
        assert_eq!(refusal["id"], json!(null), "{refusal}");
        refusal["error"].as_str().context("a text")?;
    }
    client.send(vec![1_u8, 2, 3]).await?;
    assert_eq!(client.receive().await?["id"], json!(null));
    for event in ["\"", "a b", "a\u{0}"] {
        client
            .send(json!({ "subscribe": event }).to_string())
            .await?;
        assert_eq!(client.receive().await?["id"], json!(null));
    }
    untouched(app, &bridge).await
}

#[tokio::test]
async fn malformed_text_ends_the_connection() -> Result<()> {
    let (app, bridge) = open().await?;
    let mut client = bridge.connect().await?;
    // A masked text frame of one byte that begins no character.
    let frame = [0x81, 0x80 | 1, 0, 0, 0, 0, 0xff];
    client.socket.get_mut().write_all(&frame).await?;
    assert_eq!(client.closed().await?, 1007);
    untouched(app, &bridge).await
}

#[tokio::test]
async fn a_flood_of_requests_is_answered_or_refused_one_by_one() -> Result<()> {
    let (app, bridge) = open().await?;
    let mut client = bridge.connect().await?;
    const FLOOD: u32 = 2_000;
    for id in 0..FLOOD {
        let args = json!({ "to": "nobody", "text": "x" });
        let frame = json!({ "id": id, "cmd": "send_message", "args": args });
        client.send(frame.to_string()).await?;
    }
    let mut refused = 0;
    let mut seen = vec![false; FLOOD as usize];
    for _ in 0..FLOOD {
        let answer = client.receive().await?;
        let error = answer["error"].as_str().context("nobody can be reached")?;
        refused += u32::from(error.contains("in flight"));
        let id = answer["id"].as_u64().context("an id")? as usize;
        assert!(!std::mem::replace(&mut seen[id], true), "{id} twice");
    }
    assert!(refused > 0 && refused < FLOOD, "{refused} were refused");
    app.quit().await
}

#[tokio::test]
async fn the_token_of_one_run_is_worth_nothing_in_the_next() -> Result<()> {
    let (app, old) = open().await?;
    app.quit().await?;
    let (app, new) = open().await?;
    assert_ne!(old.token, new.token);
    let replay = Bridge {
        token: old.token,
        ..new.clone()
    };
    assert_eq!(replay.rpc(SEND).await?.0, 401);
    let offer = replay.offer();
    let headers = [("sec-websocket-protocol", offer.as_str())];
    let status = replay.handshake("/ws", &headers).await?.err();
    assert_eq!(status.map(|status| status.as_u16()), Some(401));
    untouched(app, &new).await
}
