//! The commands that pages can call, as `plugin:opentelemetry|<name>`.
//!
//! Each has a permission of its own. The default permission has `log_trace_span`: a page that records telemetry needs
//! neither read what others record nor decide about consent, and `show_viewer`, which does nothing in releases.

use std::sync::Arc;

use tauri::{
    AppHandle, Manager, Runtime, State, Webview,
    ipc::{CommandScope, Request},
};

use crate::{
    page_intake::{BatchAnswer, Permitted, PermittedSignal},
    pipeline::{ConsentState, Purpose},
    status::Status,
    telemetry::Telemetry,
    viewer::Viewer,
};

/// The telemetry of the app, while it is on.
fn telemetry<R: Runtime>(webview: &Webview<R>) -> Option<State<'_, Arc<Telemetry>>> {
    webview.try_state()
}

/// Takes over the spans that a page has finished: `plugin:opentelemetry|log_trace_span`.
///
/// The arguments are a `PageBatch` (as JSON, or as a raw body of JSON text), or the short form
/// `{ name, duration, attributes }` with the duration in milliseconds. Both are in
/// `guest-js/bindings`. Log records and measurements need a permission of their own. It never fails: what cannot be
/// taken over is counted in the answer.
#[tauri::command]
pub(crate) fn log_trace_span<R: Runtime>(
    webview: Webview<R>,
    request: Request<'_>,
    permitted: CommandScope<PermittedSignal>,
) -> BatchAnswer {
    let Some(telemetry) = telemetry(&webview) else {
        return BatchAnswer::default();
    };
    let label = webview.label();
    let permitted = Permitted::from(&permitted);
    telemetry
        .page_intake
        .receive(&request, &label.to_owned().into(), permitted)
}

/// What the person who uses the app has decided about its telemetry: `pending`, `granted` or `denied`; `null` if there is
/// nothing to decide, because telemetry is off or the app asks for no consent. With a `purpose`, the decision about it.
#[tauri::command]
pub(crate) fn consent<R: Runtime>(
    webview: Webview<R>,
    purpose: Option<Purpose>,
) -> Option<ConsentState> {
    let choices = telemetry(&webview)?.consent()?;
    Some(purpose.map_or_else(|| choices.most_open(), |purpose| choices.of(purpose)))
}

/// Makes the decision `state` about a purpose, or about all if there is none, take effect at once, and keeps it for later runs of the app. Fails
/// if it cannot be kept.
#[tauri::command(async)]
pub(crate) fn set_consent<R: Runtime>(
    webview: Webview<R>,
    state: ConsentState,
    purpose: Option<Purpose>,
) -> Result<(), String> {
    let Some(telemetry) = telemetry(&webview) else {
        return Ok(());
    };
    let purpose = purpose.as_ref().map(std::slice::from_ref);
    let kept = telemetry.set_consent(purpose.unwrap_or(Purpose::ALL), state);
    kept.map_err(|error| format!("the choice {state} holds for this run of the app only: {error}"))
}

/// What is exported next, redacted: an object of OTLP JSON for each signal that has something queued, with 50 items of it at
/// most.
#[tauri::command(async)]
pub(crate) fn preview<R: Runtime>(webview: Webview<R>) -> Vec<serde_json::Value> {
    let telemetry = telemetry(&webview);
    telemetry.map_or_else(Vec::new, |telemetry| telemetry.pipeline.preview())
}

/// Deletes everything that was recorded and has not left yet, in memory and on disk, and the id of the installation.
#[tauri::command(async)]
pub(crate) fn erase<R: Runtime>(webview: Webview<R>) -> Result<(), String> {
    let erased = telemetry(&webview).map_or(Ok(()), |telemetry| telemetry.pipeline.erase());
    erased.map_err(|error| format!("cannot remove a file of kept telemetry: {error}"))
}

/// Whether telemetry is on, and for each signal where it goes and how many items are queued, exported and lost.
#[tauri::command(async)]
pub(crate) fn status<R: Runtime>(webview: Webview<R>) -> Status {
    Status::of(telemetry(&webview).as_deref().map(Arc::as_ref))
}

/// Shows the window of the viewer. Without a viewer it does nothing.
#[tauri::command]
pub(crate) fn show_viewer<R: Runtime>(app: AppHandle<R>) {
    if let Some(viewer) = app.try_state::<Arc<Viewer>>() {
        viewer.open(&app);
    }
}
