//! Nothing leaves an app that asks for consent before it is granted, and nothing after it is denied.

use std::path::Path;

use anyhow::{Context, Result};
use otel_harness::{Answer, App, Death, Emitter, Faulty, Home, Receiver, Source, until};
use serde_json::json;

use super::files;

const ASKS: (&str, &str) = ("EMITTER_ASKS_FOR_CONSENT", "1");

/// The files of the app with their content: all but what the harness writes.
fn files_of_app(home: &Path) -> Result<Vec<(String, String)>> {
    let mut files = files(home)?;
    files.retain(|(path, _)| !path.ends_with("/stderr"));
    Ok(files)
}

/// Whether requests are kept on disk.
fn keeps(home: &Path) -> Result<bool> {
    let is_spool = |path: &str| path.ends_with(".part") || path.ends_with(".spool");
    Ok(files_of_app(home)?.iter().any(|(path, _)| is_spool(path)))
}

/// An emitter that exports everything everywhere, and asks first.
fn start(home: Home, endpoint: &str) -> Result<Emitter> {
    Emitter::start_in(
        home,
        &[
            ASKS,
            ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
            ("OTEL_TRACES_EXPORTER", "otlp,file,console"),
            ("OTEL_LOGS_EXPORTER", "otlp,file,console"),
            ("OTEL_METRICS_EXPORTER", "otlp,file,console"),
            ("OTEL_BSP_SCHEDULE_DELAY", "1"),
            ("EMITTER_LOG_FILE", "json"),
        ],
    )
}

#[tokio::test]
async fn a_child_process_sends_nothing_without_consent() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut emitter = start(Home::new()?, receiver.endpoint())?;
    assert_eq!(emitter.tell("child").await?, json!("true"), "pending");
    emitter.tell("choose granted").await?;
    assert_eq!(emitter.tell("child").await?, json!(""));
    emitter.tell("choose denied").await?;
    assert_eq!(emitter.tell("child").await?, json!("true"));
    emitter.exit().await?;
    Ok(())
}

#[tokio::test]
async fn before_the_grant_sockets_and_files_see_nothing_and_then_all_of_it() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut emitter = start(Home::new()?, receiver.endpoint())?;
    assert_eq!(emitter.tell("consent").await?, json!("pending"));
    emitter.tell("reveal mail to alice@example.com").await?;
    // It would export everything if it could.
    assert_eq!(emitter.tell("flush").await?, json!(false));
    let preview = emitter.tell("preview").await?;
    let preview = preview.as_str().context("a text")?;
    assert!(preview.contains("reveal mail to [email]"), "{preview}");
    assert!(!preview.contains("alice@example.com"), "{preview}");
    assert_eq!(receiver.requests(), 0);
    assert_eq!(files_of_app(emitter.home())?, []);

    assert_eq!(emitter.tell("choose granted").await?, json!(true));
    until("what was recorded before", async || {
        let spans = receiver.spans();
        let logs = receiver.logs();
        let found = spans.iter().any(|span| span.name.contains("[email]")) && !logs.is_empty();
        found.then_some(())
    })
    .await?;
    let files = files_of_app(emitter.home())?;
    let is_choice = |path: &str| path.ends_with("/telemetry-consent.json");
    assert!(files.iter().any(|(path, _)| is_choice(path)), "{files:?}");

    let (_, home) = emitter.exit().await?;
    let mut next = start(home, receiver.endpoint())?;
    assert_eq!(next.tell("consent").await?, json!("granted"));
    next.exit().await?;
    Ok(())
}

#[tokio::test]
async fn a_denial_deletes_what_is_queued_and_what_is_kept_and_nothing_comes_after_it() -> Result<()>
{
    let broken = Faulty::start(Answer::Status(503, "")).await?;
    let mut emitter = start(Home::new()?, broken.endpoint())?;
    emitter.tell("choose granted").await?;
    emitter.tell("everything").await?;
    emitter.tell("flush").await?;
    assert!(keeps(emitter.home())?, "what the collector does not take");

    assert_eq!(emitter.tell("choose denied").await?, json!(true));
    assert!(!keeps(emitter.home())?);
    let requests = || ["traces", "metrics", "logs"].map(|signal| broken.requests(signal));
    let (sent, written) = (requests(), files_of_app(emitter.home())?);
    emitter.tell("everything").await?;
    assert_eq!(emitter.tell("flush").await?, json!(true), "nothing waits");
    assert_eq!(emitter.tell("preview").await?, json!(""));
    assert_eq!(requests(), sent);
    assert_eq!(files_of_app(emitter.home())?, written);

    let (_, home) = emitter.exit().await?;
    assert!(!keeps(home.path())?);
    let receiver = Receiver::start().await?;
    let mut next = start(home, receiver.endpoint())?;
    assert_eq!(next.tell("consent").await?, json!("denied"));
    next.tell("everything").await?;
    next.tell("flush").await?;
    let (_, home) = next.exit().await?;
    assert_eq!(receiver.requests(), 0);
    assert!(!keeps(home.path())?);
    Ok(())
}

#[tokio::test]
async fn what_is_pending_at_the_end_of_the_app_is_deleted() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut emitter = start(Home::new()?, receiver.endpoint())?;
    emitter.tell("everything").await?;
    let (_, home) = emitter.exit().await?;
    assert_eq!(receiver.requests(), 0);
    assert_eq!(files_of_app(home.path())?, []);
    Ok(())
}

#[tokio::test]
async fn a_grant_after_a_denial_takes_effect_without_a_restart() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut emitter = start(Home::new()?, receiver.endpoint())?;
    emitter.tell("choose denied").await?;
    emitter.tell("spans 3").await?;
    emitter.tell("choose granted").await?;
    emitter.tell("nested").await?;
    emitter.tell("flush").await?;
    let spans = receiver.spans();
    assert!(spans.iter().any(|span| span.name == "outer"));
    assert!(
        !spans.iter().any(|span| span.name.starts_with("span ")),
        "{spans:?}"
    );
    emitter.exit().await?;
    Ok(())
}

#[tokio::test]
async fn each_purpose_has_a_consent_of_its_own() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut emitter = start(Home::new()?, receiver.endpoint())?;
    emitter.tell("choose granted crashes").await?;
    emitter.tell("choose denied usage").await?;
    emitter.tell("everything").await?;
    let home = emitter.die(Death::Abort).await?;

    let mut next = start(home, receiver.endpoint())?;
    for (purpose, choice) in [
        ("crashes", "granted"),
        ("usage", "denied"),
        ("diagnostics", "pending"),
    ] {
        assert_eq!(
            next.tell(&format!("consent {purpose}")).await?,
            json!(choice)
        );
    }
    assert_eq!(
        next.tell("consent").await?,
        json!("granted"),
        "something may leave"
    );
    next.tell("everything").await?;
    until("the report of the crash", async || {
        let held = receiver.spans().iter().any(|span| span.name == "held");
        let crash = receiver
            .logs()
            .iter()
            .any(|log| log.event_name == "app.crash");
        (held && crash).then_some(())
    })
    .await?;
    assert_eq!(
        receiver.spans().len(),
        1,
        "no span but the one of the report"
    );
    assert_eq!(receiver.logs().len(), 1, "no record but the report");

    next.tell("choose granted diagnostics").await?;
    next.tell("flush").await?;
    until("what was recorded while it was pending", async || {
        receiver
            .spans()
            .iter()
            .any(|span| span.name == "everything")
            .then_some(())
    })
    .await?;
    next.tell("choose denied crashes").await?;
    let runs = |home: &Path| -> Result<usize> {
        let files = files_of_app(home)?;
        Ok(files
            .iter()
            .filter(|(path, _)| path.ends_with(".run"))
            .count())
    };
    assert_eq!(runs(next.home())?, 0, "the journal is deleted");
    next.exit().await?;
    assert!(receiver.metrics().is_empty(), "{:?}", receiver.metrics());
    Ok(())
}

#[tokio::test]
async fn sampling_and_level_change_while_the_app_runs() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut emitter = Emitter::start(&[("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint())])?;
    assert_eq!(
        emitter.tell("consent").await?,
        json!(null),
        "it asks nobody"
    );
    emitter.tell("sampling 0").await?;
    emitter.tell("level-error").await?;
    emitter.tell("spans 3").await?;
    emitter.tell("logs 3").await?;
    emitter.tell("sampling 1").await?;
    emitter.tell("level-info").await?;
    emitter.tell("nested").await?;
    emitter.tell("flush").await?;
    let spans: Vec<_> = receiver.spans().into_iter().map(|span| span.name).collect();
    assert!(spans.contains(&"outer".to_owned()), "{spans:?}");
    assert!(
        !spans.iter().any(|name| name.starts_with("span ")),
        "{spans:?}"
    );
    assert_eq!(receiver.logs().len(), 1, "the one at the second level");
    emitter.exit().await?;
    Ok(())
}

#[tokio::test]
async fn a_window_has_nothing_of_ours_before_the_grant_and_no_telemetry_after_the_denial()
-> Result<()> {
    let receiver = Receiver::start().await?;
    let home = tempfile::tempdir()?;
    let home = home.path().to_string_lossy();
    let env = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint()),
        ("OTEL_BSP_SCHEDULE_DELAY", "1"),
        ("COMPANION", "asks-for-consent"),
        ("XDG_CONFIG_HOME", &home),
        ("XDG_DATA_HOME", &home),
    ];
    let choose = |state: &str| {
        format!(
            "return await window.__TAURI__.core.invoke('plugin:opentelemetry|set_consent', {{ state: '{state}' }})"
        )
    };
    let app = App::launch("companions", &env).await?;
    let untouched = "return [window.__TAURI_OPENTELEMETRY__ === undefined,
                             String(window.fetch).includes('[native code]'),
                             await window.__TAURI__.core.invoke('plugin:opentelemetry|consent')]";
    app.press("greet").await?;
    assert_eq!(
        app.js_async(untouched).await?,
        json!([true, true, "pending"])
    );
    assert_eq!(receiver.requests(), 0);

    app.js_async(&choose("granted")).await?;
    app.wait_js("window.__TAURI_OPENTELEMETRY__ !== undefined")
        .await?;
    app.press("greet").await?;
    until(
        "the span of the page above that of the invoke",
        async || {
            let spans = receiver.spans();
            let greets = |kind| {
                spans.iter().find(|span| {
                    span.text("rpc.method") == "greet"
                        && span.kind == kind
                        && !span.parent_span_id.is_empty()
                })
            };
            let server = greets(otel_harness::Kind::Server)?;
            spans
                .iter()
                .any(|span| span.span_id == server.parent_span_id)
                .then_some(())
        },
    )
    .await?;
    // Each grant tells the open page, and the page that loads next has the script already.
    app.js_async(&choose("granted")).await?;
    app.reload().await?;
    app.wait_js("window.__TAURI_OPENTELEMETRY__ !== undefined")
        .await?;
    app.js_async(&choose("granted")).await?;
    app.js("console.warn('a line'); console.warn('the last line')")
        .await?;
    let count = |body: &str| {
        let logs = receiver.logs();
        logs.iter().filter(|log| log.body == body).count()
    };
    until("the lines of the console", async || {
        (count("the last line") > 0).then_some(())
    })
    .await?;
    assert_eq!(count("a line"), 1, "the instrumentations run once");

    app.js_async(&choose("denied")).await?;
    let refused = receiver.requests();
    app.press("greet").await?;
    app.press("slow").await?;
    assert_eq!(receiver.requests(), refused);
    app.quit().await
}
