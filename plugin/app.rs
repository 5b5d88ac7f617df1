//! The plugin in the life of the app: it decides whether telemetry is on, starts it, is told of
//! webviews, windows and the exit, and stops it.

use std::sync::Arc;

use tauri::{
    AppHandle, Manager, RunEvent, Runtime, Webview, WindowEvent,
    ipc::{Invoke, Request},
    plugin::{self, Plugin, TauriPlugin},
    utils::config::PatternKind,
};

#[cfg(unix)]
use crate::terminate;
use crate::{
    bridge::BatchAnswer,
    closing::Closing,
    config::{self, Config, Settings, Warning},
    diagnostics,
    ipc::{self, Pages},
    observers, panics,
    pipeline::AppIdentity,
    restart::AtRestart,
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
    /// About what the builder was given.
    warnings: Vec<Warning>,
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
    pub(crate) fn new(settings: Settings, warnings: Vec<Warning>) -> Self {
        Self {
            settings,
            warnings,
            pages: Arc::default(),
            inner: plugin::Builder::new(NAME).build(),
            running: None,
            ws_bridge: None,
        }
    }

    fn start(&self, app: &AppHandle<R>, config: &Config, isolated: bool) -> Option<Running> {
        let telemetry = match Telemetry::start(config, &identity(app)) {
            Ok(telemetry) => telemetry,
            Err(error) => {
                diagnostics::error(format_args!("telemetry cannot be started: {error}"));
                return None;
            }
        };
        if config.set_global {
            telemetry.make_global();
        }
        if telemetry.pipeline.takes_metrics() {
            observers::observe(&telemetry);
            let pages = self.pages.clone();
            observers::observe_windows(&telemetry.meter, move || pages.windows());
        }
        if telemetry.pipeline.takes_logs() {
            panics::watch(Arc::downgrade(&telemetry));
        }
        #[cfg(unix)]
        terminate::watch(Arc::downgrade(&telemetry));
        subscriber::go_live(telemetry.clone(), config.filter.clone());
        let closing = Arc::<Closing>::default();
        app.manage(telemetry.clone());
        app.manage(closing.clone());
        app.resources_table().add(AtRestart::new(telemetry.clone()));
        Some(Running {
            telemetry,
            closing,
            script: RuntimeConfig::new(app.invoke_key(), config, isolated).script(),
        })
    }
}

fn identity<R: Runtime>(app: &AppHandle<R>) -> AppIdentity {
    let package = app.package_info();
    let config = app.config();
    AppIdentity {
        name: config
            .product_name
            .clone()
            .unwrap_or_else(|| package.name.clone()),
        version: package.version.to_string(),
        identifier: config.identifier.clone(),
        // A system without such folders has one for what is not to be kept.
        log_folder: app
            .path()
            .app_log_dir()
            .unwrap_or_else(|_| std::env::temp_dir()),
        data_folder: app
            .path()
            .app_local_data_dir()
            .unwrap_or_else(|_| std::env::temp_dir()),
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
        let (file, mut warnings) = Settings::from_json(config);
        let builder = std::mem::take(&mut self.settings);
        let reads_environment = config::reads_environment(&builder, cfg!(debug_assertions));
        let env = |name: &str| {
            reads_environment
                .then(|| std::env::var(name).ok())
                .flatten()
        };
        let ws_bridge = builder.ws_bridge;
        let decision = Config::resolve(&env, builder, file);
        diagnostics::set_verbosity(decision.verbosity);
        warnings.append(&mut self.warnings);
        warnings.extend(decision.warnings);
        for warning in warnings {
            diagnostics::warn(format_args!("{warning}"));
        }
        let isolated = matches!(
            app.config().app.security.pattern,
            PatternKind::Isolation { .. }
        );
        let config = decision.config.as_ref();
        self.running = config.and_then(|config| self.start(app, config, isolated));
        let telemetry = self.running.as_ref().map(|running| &running.telemetry);
        let telemetry = telemetry.zip(config);
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
            // By now the app has set up whatever it has of its own.
            RunEvent::Ready => subscriber::install(),
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
