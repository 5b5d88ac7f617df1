//! The plugin in the life of the app: it decides whether telemetry is on, starts it, is told of
//! webviews, windows and the exit, and stops it.

use std::sync::Arc;

use tauri::{
    AppHandle, Manager, RunEvent, Runtime, Webview, WindowEvent,
    ipc::{CommandScope, Invoke, Request},
    plugin::{self, Plugin, TauriPlugin},
    utils::config::PatternKind,
};

#[cfg(unix)]
use crate::terminate;
use crate::{
    bridge::{BatchAnswer, Permitted, PermittedSignal},
    cleanup::AtCleanup,
    config::{self, Config, Settings, Warning},
    diagnostics,
    ipc::{self, Pages},
    observers, panics,
    pipeline::AppIdentity,
    runtime::{PageScript, RuntimeConfig},
    subscriber,
    telemetry::Telemetry,
    viewer::Viewer,
    ws_bridge::WsBridge,
};

/// The plugin's name: its key in `tauri.conf.json`, and the prefix of its commands and permissions.
const NAME: &str = "opentelemetry";

/// The plugin, to be registered with [`tauri::Builder::plugin`].
pub struct OpenTelemetry<R: Runtime> {
    settings: Settings,
    /// About what the builder was given.
    warnings: Vec<Warning>,
    #[cfg_attr(not(unix), allow(dead_code, reason = "there are no such signals"))]
    flush_on_signals: bool,
    pages: Arc<Pages<R>>,
    /// What tauri only lets a plugin built by its own builder do.
    inner: TauriPlugin<R>,
    running: Option<Running>,
    viewer: Option<Arc<Viewer>>,
    ws_bridge: Option<WsBridge>,
}

/// What there is while telemetry is on.
struct Running {
    telemetry: Arc<Telemetry>,
    script: PageScript,
    /// Whether the app uses the isolation pattern.
    isolated: bool,
}

impl<R: Runtime> OpenTelemetry<R> {
    pub(crate) fn new(settings: Settings, warnings: Vec<Warning>, flush_on_signals: bool) -> Self {
        Self {
            settings,
            warnings,
            flush_on_signals,
            pages: Arc::default(),
            inner: plugin::Builder::new(NAME).build(),
            running: None,
            viewer: None,
            ws_bridge: None,
        }
    }

    fn start(&self, app: &AppHandle<R>, config: &Config, isolated: bool) -> Option<Running> {
        let feed = self.viewer.as_ref().map(|viewer| viewer.feed());
        let telemetry = match Telemetry::start(config, &identity(app), feed) {
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
        subscriber::start(telemetry.clone(), config.filter.clone(), isolated);
        app.manage(telemetry.clone());
        app.resources_table().add(AtCleanup::new(telemetry.clone()));
        Some(Running {
            telemetry,
            isolated,
            script: RuntimeConfig::new(app.invoke_key(), config, isolated)
                .script(&config.instrumentations),
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
        home_folder: app.path().home_dir().ok(),
        log_folder: app.path().app_log_dir().ok(),
        data_folder: app.path().app_local_data_dir().ok(),
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
        self.viewer = config
            .filter(|config| config.has_viewer())
            .and_then(|_| Viewer::start(&identity(app)))
            .map(Arc::new);
        if let Some(viewer) = &self.viewer {
            app.manage(viewer.clone());
        }
        self.running = config.and_then(|config| self.start(app, config, isolated));
        let telemetry = self.running.as_ref().map(|running| &running.telemetry);
        let telemetry = telemetry.zip(config);
        self.ws_bridge = WsBridge::start(app, &env, ws_bridge, &self.pages, telemetry);

        let mut inner = plugin::Builder::new(NAME)
            .invoke_handler(tauri::generate_handler![log_trace_span, show_viewer]);
        if let Some(running) = self.running.as_ref().filter(|_| !isolated) {
            let pages = self.pages.clone();
            let telemetry = running.telemetry.clone();
            inner = inner.register_asynchronous_uri_scheme_protocol(
                "ipc",
                move |context, request, responder| {
                    ipc::handle(&pages, &telemetry, context, request, responder);
                },
            );
        }
        if let Some(viewer) = &self.viewer {
            inner = viewer.register(inner);
        }
        self.inner = inner.build();
        self.inner.initialize(app, serde_json::Value::Null)
    }

    /// Tauri asks for it for each webview, on the thread that opens the webview.
    fn initialization_script(&self) -> Option<String> {
        let running = self.running.as_ref()?;
        let script = running.script.opened_here();
        Some(match &self.viewer {
            Some(viewer) => viewer.scripts(&script),
            None => script,
        })
    }

    fn webview_created(&mut self, webview: Webview<R>) {
        self.pages.forget_closed();
        if !Viewer::is_own(webview.label()) {
            self.pages.insert(webview);
        }
    }

    fn on_event(&mut self, app: &AppHandle<R>, event: &RunEvent) {
        match event {
            RunEvent::WindowEvent {
                event: WindowEvent::Destroyed,
                ..
            } => {
                self.pages.forget_closed();
                if self.pages.windows() == 0 {
                    Viewer::close(app);
                }
            }
            // By now the app has set up whatever it has of its own.
            RunEvent::Ready => {
                subscriber::install();
                if let Some(viewer) = &self.viewer {
                    viewer.open(app);
                }
                if let Some(running) = &self.running {
                    if running.isolated {
                        ipc::explain_what_is_missing("under the isolation pattern");
                    } else if cfg!(target_os = "android") {
                        ipc::explain_what_is_missing("on Android");
                    }
                    #[cfg(unix)]
                    if self.flush_on_signals {
                        terminate::watch(Arc::downgrade(&running.telemetry));
                    }
                }
            }
            RunEvent::Exit => {
                self.ws_bridge = None;
                // Not at once, because the app's own handler of this event comes later.
                if let Some(running) = &self.running {
                    let at_cleanup = AtCleanup::new(running.telemetry.clone());
                    app.resources_table().add(at_cleanup);
                }
            }
            _ => {}
        }
    }

    fn extend_api(&mut self, invoke: Invoke<R>) -> bool {
        self.inner.extend_api(invoke)
    }
}

/// Shows the window of the viewer: `plugin:opentelemetry|show_viewer`. Without a viewer it does nothing.
#[tauri::command]
fn show_viewer<R: Runtime>(app: AppHandle<R>) {
    if let Some(viewer) = app.try_state::<Arc<Viewer>>() {
        viewer.open(&app);
    }
}

/// Takes over the spans that a page has finished: `plugin:opentelemetry|log_trace_span`.
///
/// The arguments are a `PageBatch` (as JSON, or as a raw body of JSON text), or the short form
/// `{ name, duration, attributes }` with the duration in milliseconds. Both are in
/// `guest-js/bindings`. Log records and measurements need a permission of their own. It never fails: what cannot be
/// taken over is counted in the answer.
#[tauri::command]
fn log_trace_span<R: Runtime>(
    webview: Webview<R>,
    request: Request<'_>,
    permitted: CommandScope<PermittedSignal>,
) -> BatchAnswer {
    let Some(telemetry) = webview.try_state::<Arc<Telemetry>>() else {
        return BatchAnswer::default();
    };
    let label = webview.label();
    let permitted = Permitted::from(&permitted);
    telemetry
        .bridge
        .receive(&request, &label.to_owned().into(), permitted)
}
