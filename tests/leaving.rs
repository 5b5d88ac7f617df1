//! What a page sends last, in a real webview: by handlers of the app that are registered after the plugin's, and
//! under the isolation pattern, where a page that is being left cannot reach Rust.

mod common;

use anyhow::Result;
use common::telemetry;
use otel_harness::{App, Collector, Source, Span};

/// The one span of this name.
async fn span(collector: &Collector, name: &str) -> Result<Span> {
    collector
        .wait_for(&format!("the span {name}"), |spans| {
            spans.iter().find(|span| span.name == name).cloned()
        })
        .await
}

#[tokio::test]
async fn what_the_app_ends_in_its_own_handler_of_pagehide_is_sent() -> Result<()> {
    let collector = Collector::start().await?;
    let app = App::launch("minimal", &telemetry(&collector)).await?;
    app.js("const { telemetry } = window.__TAURI__.opentelemetry;
         const visit = telemetry.startSpan('visit');
         window.addEventListener('pagehide', () => visit.setAttribute('late', true).end());
         window.addEventListener('unload', () => telemetry.startSpan('unload').end());
         location.reload();")
        .await?;
    let visit = span(&collector, "visit").await?;
    assert_eq!(visit.attributes.get("late"), Some(&true.into()));
    assert_eq!(visit.attributes.get("span.unfinished"), None);
    span(&collector, "unload").await?;
    app.quit().await
}

#[tokio::test]
async fn under_isolation_the_next_page_sends_what_the_last_one_could_not() -> Result<()> {
    let collector = Collector::start().await?;
    let app = App::launch("isolated", &telemetry(&collector)).await?;
    app.js("const { telemetry } = window.__TAURI__.opentelemetry;
         telemetry.startSpan('open');
         telemetry.startSpan('finished').end();
         location.reload();")
        .await?;
    let open = span(&collector, "open").await?;
    assert_eq!(open.attributes.get("span.unfinished"), Some(&true.into()));
    let finished = span(&collector, "finished").await?;
    assert_eq!(finished.attributes.get("span.unfinished"), None);
    app.quit().await
}
