//! `examples/minimal` beside others that want the logger or the subscriber: which, and when, is up to
//! `COMPANION`.

#[path = "../../../../examples/minimal/src-tauri/src/commands.rs"]
mod commands;

use tauri::{
    AppHandle, Webview,
    webview::{PageLoadEvent, PageLoadPayload},
};
use tauri_plugin_log::{Target, TargetKind};

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

#[tauri::command]
fn restart(app: AppHandle) {
    app.restart();
}

/// Panics on the main thread, as a command that is not async does.
#[tauri::command]
fn die() {
    panic!("on the main thread");
}

/// Clicks the button that `COMPANION_CLICK` names once the page is there, for systems without a driver.
fn click(webview: &Webview, page: &PageLoadPayload<'_>) {
    let button = std::env::var("COMPANION_CLICK");
    if let (Ok(button), PageLoadEvent::Finished) = (button, page.event()) {
        let script = format!("document.querySelector('#{button}').click()");
        webview.eval(script).expect("the page runs scripts");
    }
}

fn main() {
    let companion = std::env::var("COMPANION").unwrap_or_default();
    let mut app = tauri::Builder::default();
    match companion.as_str() {
        "fmt" => tracing_subscriber::fmt().init(),
        "devtools" => app = app.plugin(tauri_plugin_devtools::init()),
        "log-first" => app = app.plugin(tauri_plugin_log::Builder::new().build()),
        _ => {}
    }
    app = app.plugin(tauri_plugin_opentelemetry::init());
    match companion.as_str() {
        "log" => app = app.plugin(tauri_plugin_log::Builder::new().build()),
        // As the README has it.
        "log-target" => {
            let records = Box::new(tracing_log::LogTracer::new()) as Box<dyn log::Log>;
            let dispatch = tauri_plugin_log::fern::Dispatch::new().chain(records);
            let log = tauri_plugin_log::Builder::new()
                .clear_format()
                .target(Target::new(TargetKind::Dispatch(dispatch)));
            app = app.plugin(log.build());
        }
        _ => {}
    }
    app.setup(move |_| {
        if companion == "fmt-in-setup" {
            tracing_subscriber::fmt().init();
        }
        Ok(())
    })
    .on_page_load(click)
    .invoke_handler(tauri::generate_handler![
        commands::greet,
        commands::slow,
        commands::attributed,
        commands::spawned,
        commands::detached,
        commands::fail,
        commands::boom,
        commands::echo,
        commands::stream,
        commands::open_second,
        legacy,
        log_level,
        restart,
        die
    ])
    .run(tauri::generate_context!())
    .expect("the app runs");
}
