//! The plugin in the life of the app: it decides whether telemetry is on, starts it, is told of
//! webviews, windows and the exit, and stops it.

use std::sync::Arc;

use serde::Deserialize;
use tauri::{
    AppHandle, Manager, RunEvent, Runtime, Webview, WindowEvent,
    ipc::{Invoke, Request},
    plugin::{self, Plugin, TauriPlugin},
    utils::config::PatternKind,
};

use crate::{
    bridge::BatchAnswer,
    closing::Closing,
    config::{Config, Settings},
    diagnostics,
    ipc::{self, Pages},
    pipeline::AppIdentity,
    runtime::RuntimeConfig,
    subscriber,
    telemetry::Telemetry,
    ws_bridge::WsBridge,
};

/// The plugin's name: its key in `tauri.conf.json`, and the prefix of its commands and permissions.
const NAME: &str = "opentelemetry";

/// The plugin, to be registered with [`tauri::Builder::plugin`].
pub struct OpenTelemetry<R: Runtime> {
    settings: Settings,
    pages: Arc<Pages<R>>,
    /// What tauri only lets a plugin built by its own builder do.
    inner: TauriPlugin<R>,
    running: Option<Running>,
    ws_bridge: Option<WsBridge>,
}

/// What there is while telemetry is on.
struct Running {
    telemetry: Arc<Telemetry>,
    closing: Arc<Closing>,
    script: String,
}

impl<R: Runtime> OpenTelemetry<R> {
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            settings,
            pages: Arc::default(),
            inner: plugin::Builder::new(NAME).build(),
            running: None,
            ws_bridge: None,
        }
    }
}

impl<R: Runtime> Plugin<R> for OpenTelemetry<R> {
    fn name(&self) -> &'static str {
        NAME
    }

    fn initialize(
        &mut self,
        app: &AppHandle<R>,
        config: serde_json::Value,
    ) -> Result<(), Box<dyn std::error::Error>> {
        let file = if config.is_null() {
            Settings::default()
        } else {
            Settings::deserialize(&config).unwrap_or_else(|error| {
                diagnostics::report(format_args!(
                    "plugins.{NAME} in tauri.conf.json: {error}; all of it is ignored"
                ));
                Settings::default()
            })
        };
        let builder = std::mem::take(&mut self.settings);
        let env = |name: &str| std::env::var(name).ok();
        let ws_bridge = builder.ws_bridge;
        let (config, warnings) = Config::resolve(&env, builder, file);
        for warning in warnings {
            diagnostics::report(format_args!("{warning}"));
        }

        let isolated = matches!(
            app.config().app.security.pattern,
            PatternKind::Isolation { .. }
        );
        self.running = config.as_ref().map(|config| {
            let package = app.package_info();
            let identity = AppIdentity {
                name: app
                    .config()
                    .product_name
                    .clone()
                    .unwrap_or_else(|| package.name.clone()),
                version: package.version.to_string(),
            };
            let telemetry = Telemetry::start(config, &identity);
            subscriber::go_live(telemetry.tracer.clone(), config.filter.clone());
            let closing = Arc::<Closing>::default();
            app.manage(telemetry.clone());
            app.manage(closing.clone());
            Running {
                telemetry,
                closing,
                script: RuntimeConfig::new(app.invoke_key(), config, isolated).script(),
            }
        });
        let telemetry = self.running.as_ref().map(|running| &running.telemetry);
        let telemetry = telemetry.zip(config.as_ref());
        self.ws_bridge = WsBridge::start(app, &env, ws_bridge, &self.pages, telemetry);

        let mut inner =
            plugin::Builder::new(NAME).invoke_handler(tauri::generate_handler![log_trace_span]);
        if !isolated {
            let pages = self.pages.clone();
            let telemetry = self
                .running
                .as_ref()
                .map(|running| running.telemetry.clone());
            inner = inner.register_asynchronous_uri_scheme_protocol(
                "ipc",
                move |context, request, responder| {
                    ipc::handle(&pages, telemetry.as_deref(), context, request, responder);
                },
            );
        }
        self.inner = inner.build();
        self.inner.initialize(app, serde_json::Value::Null)
    }

    fn initialization_script(&self) -> Option<String> {
        self.running.as_ref().map(|running| running.script.clone())
    }

    fn webview_created(&mut self, webview: Webview<R>) {
        self.pages.insert(webview);
    }

    fn on_event(&mut self, _: &AppHandle<R>, event: &RunEvent) {
        match event {
            RunEvent::WindowEvent { label, event, .. } => match event {
                WindowEvent::CloseRequested { api, .. } => {
                    if let Some(running) = &self.running {
                        let pages = self.pages.of_window(label);
                        running.closing.requested(label, pages, api);
                    }
                }
                WindowEvent::Destroyed => self.pages.remove_window(label),
                _ => {}
            },
            RunEvent::Exit => {
                self.ws_bridge = None;
                if let Some(running) = &self.running {
                    running.telemetry.pipeline.shutdown();
                }
            }
            _ => {}
        }
    }

    fn extend_api(&mut self, invoke: Invoke<R>) -> bool {
        self.inner.extend_api(invoke)
    }
}

/// Takes over the spans that a page has finished: `plugin:opentelemetry|log_trace_span`.
///
/// The arguments are a `PageBatch` (as JSON, or as a raw body of JSON text), or the short form
/// `{ name, duration, attributes }` with the duration in milliseconds. Both are in
/// `guest-js/bindings`. It never fails: what cannot be taken over is counted in the answer.
#[tauri::command]
fn log_trace_span<R: Runtime>(webview: Webview<R>, request: Request<'_>) -> BatchAnswer {
    let Some(telemetry) = webview.try_state::<Arc<Telemetry>>() else {
        return BatchAnswer::default();
    };
    let label = webview.label();
    let answer = telemetry.bridge.receive(&request, &label.to_owned().into());
    if !answer.is_full()
        && let Some(closing) = webview.try_state::<Arc<Closing>>()
    {
        closing.last_batch_arrived(label);
    }
    answer
}
