//! One app, without a plugin or with one of those that are compared.
//!
//! Each is set up as its own documentation says, though for releases as well where that has it in
//! development builds only. They do not do the same:
//!
//! - `tauri-plugin-opentelemetry` traces every invoke, from the page on.
//! - `tauri-plugin-devtools` traces every invoke in Rust: it turns on Tauri's `tracing` feature and subscribes to
//!   its spans. It keeps them for a client that may connect; none does here.
//! - `tauri-plugin-tracing` writes the events of the app, and neither turns on that feature nor writes spans.
//! - `tauri-plugin-sentry` traces none either, whatever the sampling rate: there is a transaction in Rust where the
//!   app starts one, and the SDK that it injects in the page comes without `browserTracingIntegration`. That
//!   wraps `fetch` all the same, for breadcrumbs, and leaves out those of `ipc:`.

mod commands;

fn main() {
    #[cfg(feature = "sentry")]
    let sentry = tauri_plugin_sentry::Sentry::new();
    // The DSN is in the environment, where the SDK looks for it.
    #[cfg(feature = "sentry")]
    let _guard = sentry::init(
        sentry::ClientOptions::new()
            .add_integration(sentry.clone())
            .add_integration(sentry::integrations::minidump::MinidumpIntegration::new())
            .maybe_release(sentry::release_name!())
            .auto_session_tracking(true)
            .traces_sample_rate(1.0),
    );

    let app = tauri::Builder::default();
    #[cfg(feature = "plugin")]
    let app = app.plugin(tauri_plugin_opentelemetry::init());
    #[cfg(feature = "devtools")]
    let app = app.plugin(tauri_plugin_devtools::init());
    #[cfg(feature = "tracing")]
    let app = app.plugin(
        tauri_plugin_tracing::Builder::new()
            .with_max_level(tauri_plugin_tracing::LevelFilter::DEBUG)
            .with_default_subscriber()
            .build(),
    );
    #[cfg(feature = "sentry")]
    let app = app.plugin(sentry);

    app.invoke_handler(tauri::generate_handler![
        commands::ready,
        commands::periods,
        commands::greet,
        commands::greet_and_log,
        commands::echo,
        commands::echo_and_log,
    ])
    .run(tauri::generate_context!())
    .expect("the app runs");
}
