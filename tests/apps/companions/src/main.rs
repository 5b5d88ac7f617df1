//! `examples/minimal` beside others that want the logger, the subscriber, the end of the app or its windows: which, and
//! when, is up to `COMPANION`. `CSP` replaces its content security policy.

#[path = "../../../../examples/minimal/src-tauri/src/commands.rs"]
mod commands;

use std::sync::atomic::{AtomicU32, Ordering};

use tauri::{
    AppHandle, Emitter, RunEvent, Runtime, Webview, WindowEvent,
    plugin::{self, TauriPlugin},
    utils::config::Csp,
    webview::{PageLoadEvent, PageLoadPayload},
};
use tauri_plugin_log::{Target, TargetKind, fern};
use tauri_plugin_opentelemetry::{Builder, Consent, Instrumentation, Redaction};
use tracing_subscriber::{filter::LevelFilter, fmt::format::FmtSpan, prelude::*};

/// Says something through the `log` crate.
#[tauri::command]
fn legacy(message: String) {
    log::warn!(target: "companions::legacy", "{message}");
}

/// The least urgent level at which the `log` crate asks its logger at all.
#[tauri::command]
fn log_level() -> String {
    log::max_level().to_string()
}

/// How often the user has asked to close a window that does not close, and how often the app was told to end.
static ASKED: AtomicU32 = AtomicU32::new(0);

#[tauri::command]
fn asked() -> u32 {
    ASKED.load(Ordering::Relaxed)
}

#[tauri::command]
fn restart(app: AppHandle) {
    app.restart();
}

/// Panics on the main thread, as a command that is not async does.
#[tauri::command]
fn die() {
    panic!("on the main thread");
}

/// Emits an event on the thread of an async command.
#[tauri::command]
async fn emit(app: AppHandle) -> tauri::Result<()> {
    // Nobody listens, so it waits for nothing.
    app.emit("unheard", ())
}

/// Clicks the button that `COMPANION_CLICK` names once the page is there, for systems without a driver.
fn click(webview: &Webview, page: &PageLoadPayload<'_>) {
    let button = std::env::var("COMPANION_CLICK");
    if let (Ok(button), PageLoadEvent::Finished) = (button, page.event()) {
        let script = format!("document.querySelector('#{button}').click()");
        webview.eval(script).expect("the page runs scripts");
    }
}

/// Everything that pages can record by themselves.
const ALL: [Instrumentation; 11] = [
    Instrumentation::Errors,
    Instrumentation::Console,
    Instrumentation::Interactions,
    Instrumentation::DocumentLoad,
    Instrumentation::Navigation,
    Instrumentation::Fetch,
    Instrumentation::Xhr,
    Instrumentation::Resources,
    Instrumentation::LongTasks,
    Instrumentation::Vitals,
    Instrumentation::Visibility,
];

/// Pages that invoke a command while they load, and list what is written to their console in `window.noise`.
fn early<R: Runtime>() -> TauriPlugin<R> {
    let script = "window.noise = [];
        for (const method of ['warn', 'error']) {
          const write = console[method];
          console[method] = (...line) => { window.noise.push(line.join(' ')); write(...line); };
        }
        document.addEventListener('DOMContentLoaded', () =>
          window.__TAURI__.core.invoke('greet', { name: 'the page that loads' }));";
    plugin::Builder::new("early").js_init_script(script).build()
}

fn main() {
    let companion = std::env::var("COMPANION").unwrap_or_default();
    let mut app = tauri::Builder::default();
    match companion.as_str() {
        "fmt" => tracing_subscriber::fmt().init(),
        // As the documentation of `layer` has it.
        "layer" => tracing_subscriber::registry()
            .with(tauri_plugin_opentelemetry::layer())
            .init(),
        // With a filter that is for all layers, as the documentation of `layer` warns of.
        "filter-for-all" => tracing_subscriber::registry()
            .with(LevelFilter::INFO)
            .with(tauri_plugin_opentelemetry::layer())
            .init(),
        "fmt-spans" => tracing_subscriber::fmt()
            .with_ansi(false)
            .with_max_level(tracing::Level::TRACE)
            .with_span_events(FmtSpan::NEW | FmtSpan::CLOSE)
            .init(),
        "keeps-its-windows" => {
            app = app.on_window_event(|_, event| {
                if let WindowEvent::CloseRequested { api, .. } = event {
                    ASKED.fetch_add(1, Ordering::Relaxed);
                    api.prevent_close();
                }
            });
        }
        "devtools" => app = app.plugin(tauri_plugin_devtools::init()),
        "http" | "http-without-consent" => app = app.plugin(tauri_plugin_http::init()),
        "log-first" => app = app.plugin(tauri_plugin_log::Builder::new().build()),
        _ => {}
    }
    let mut telemetry = Builder::new();
    match companion.as_str() {
        "instrumentations" => {
            app = app.plugin(early());
            telemetry = telemetry.instrumentations(ALL).sessions(true);
        }
        "redacts-all" => {
            let all = Redaction::new().ip_addresses(true).cards(true);
            telemetry = telemetry.redaction(all.phone_numbers(true));
        }
        "asks-for-consent" => {
            let console = [Instrumentation::Console];
            telemetry = telemetry
                .consent(Consent::Required)
                .instrumentations(console);
        }
        "http-without-consent" => telemetry = telemetry.consent(Consent::Required),
        _ => {}
    }
    app = app.plugin(telemetry.build());
    match companion.as_str() {
        "log" => app = app.plugin(tauri_plugin_log::Builder::new().build()),
        // As docs/setup.md has it.
        "log-target" => {
            let line =
                |out: fern::FormatCallback, message: &std::fmt::Arguments, record: &log::Record| {
                    out.finish(format_args!(
                        "[{}][{}] {message}",
                        record.target(),
                        record.level()
                    ));
                };
            let records = Box::new(tracing_log::LogTracer::new()) as Box<dyn log::Log>;
            let dispatch = fern::Dispatch::new().chain(records);
            let log = tauri_plugin_log::Builder::new().clear_format().targets([
                Target::new(TargetKind::Stdout).format(line),
                Target::new(TargetKind::Dispatch(dispatch)),
            ]);
            app = app.plugin(log.build());
        }
        _ => {}
    }
    let mut context = tauri::generate_context!();
    if let Ok(csp) = std::env::var("CSP") {
        context.config_mut().app.security.csp = Some(Csp::Policy(csp));
    }
    app.setup(move |_| {
        match companion.as_str() {
            "fmt-in-setup" => tracing_subscriber::fmt().init(),
            // In a task, as apps do.
            #[cfg(unix)]
            "handles-sigterm" => {
                tauri::async_runtime::spawn(async {
                    let kind = tokio::signal::unix::SignalKind::terminate();
                    let mut signals = tokio::signal::unix::signal(kind).expect("a handler");
                    while signals.recv().await.is_some() {
                        ASKED.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
            _ => {}
        }
        Ok(())
    })
    .on_page_load(click)
    .invoke_handler(tauri::generate_handler![
        commands::greet,
        commands::slow,
        commands::attributed,
        commands::spawned,
        commands::fail,
        commands::boom,
        commands::echo,
        commands::headers,
        commands::stream,
        commands::open_second,
        legacy,
        log_level,
        asked,
        restart,
        die,
        emit
    ])
    .build(context)
    .expect("the app is built")
    .run(|_, event| {
        if let RunEvent::Exit = event {
            tracing::info_span!("the app's own exit").in_scope(|| ());
        }
    });
}
