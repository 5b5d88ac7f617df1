//! The plugin in the life of the app: it decides whether telemetry is on, starts it, is told of
//! webviews, windows and the exit, and stops it.

use std::sync::Arc;

use tauri::{
    AppHandle, Manager, RunEvent, Runtime, Webview, WindowEvent,
    ipc::Invoke,
    plugin::{self, Plugin, TauriPlugin},
    utils::config::PatternKind,
    webview::{PageLoadEvent, PageLoadPayload},
};

#[cfg(unix)]
use crate::terminate;
use crate::{
    cleanup::AtCleanup,
    commands,
    config::{self, Config, Settings, Warning},
    diagnostics,
    ipc::{self, Pages},
    kernel::{self, KernelConfig},
    observers, panics,
    pipeline::AppIdentity,
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
    injected: Arc<Injected>,
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
        let injected = Arc::new(Injected {
            invoke_key: app.invoke_key().to_owned(),
            config: config.clone(),
            isolated,
        });
        {
            let pages = self.pages.clone();
            let injected = injected.clone();
            let weak = Arc::downgrade(&telemetry);
            telemetry.on_change(move || {
                if let Some(telemetry) = weak.upgrade() {
                    pages.each(|webview| injected.update(&telemetry, webview));
                }
            });
        }
        Some(Running {
            telemetry,
            isolated,
            injected,
        })
    }
}

/// What is injected into pages.
struct Injected {
    invoke_key: String,
    config: Config,
    isolated: bool,
}

impl Injected {
    /// The script for a webview that is about to be created. `None` if nothing is injected without consent.
    fn script(&self, telemetry: &Telemetry) -> Option<String> {
        let ratio = telemetry.pipeline.ratio();
        let config = KernelConfig::new(&self.invoke_key, &self.config, ratio, self.isolated);
        telemetry
            .takes_pages()
            .then(|| config.script(&self.config).opened_here())
    }

    /// Brings a page that is open up to date with the consent and the sampling.
    fn update<R: Runtime>(&self, telemetry: &Telemetry, webview: &Webview<R>) {
        let ratio = telemetry.pipeline.ratio();
        let start = if telemetry.takes_pages() {
            let config = KernelConfig::late(&self.config, ratio, self.isolated);
            config.script(&self.config).late()
        } else {
            // What the page before could not hand over (`guest-js/kernel/lib/createStash.ts`).
            "sessionStorage.removeItem('tauri-plugin-opentelemetry');".to_owned()
        };
        let script = format!(
            "(() => {{ window.__TAURI_OPENTELEMETRY__?.setSampling({ratio});\n{start} }})();"
        );
        // From another thread an `eval` waits for the main thread. A webview that was just closed needs no script.
        let page = webview.clone();
        let _ = webview.run_on_main_thread(move || {
            let _ = page.eval(script);
        });
    }
}

/// Whether the content security policy of the app blocks the `ipc` scheme, so that pages use `postMessage`.
fn blocks_ipc(config: &tauri::Config) -> bool {
    let security = &config.app.security;
    let policy = match tauri::is_dev() {
        true => security.dev_csp.as_ref().or(security.csp.as_ref()),
        false => security.csp.as_ref(),
    };
    // The second is that of Windows.
    let names = ["ipc:", "//ipc.localhost"];
    policy.is_some_and(|policy| {
        let policy = policy.to_string();
        !names.iter().any(|name| policy.contains(name))
    })
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
        config_folder: app.path().app_config_dir().ok(),
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

        let mut inner = plugin::Builder::new(NAME).invoke_handler(tauri::generate_handler![
            commands::consent,
            commands::erase,
            commands::log_trace_span,
            commands::preview,
            commands::set_consent,
            commands::show_viewer,
            commands::status,
        ]);
        if !isolated {
            let pages = self.pages.clone();
            let running = self.running.as_ref();
            let telemetry = running.map(|running| running.telemetry.clone());
            inner = inner.register_asynchronous_uri_scheme_protocol(
                "ipc",
                move |context, request, responder| {
                    ipc::handle(&pages, telemetry.as_deref(), context, request, responder);
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
        let script = running.injected.script(&running.telemetry);
        let script = match &self.viewer {
            // Its shortcut needs no consent.
            Some(viewer) => Some(viewer.scripts(&script.unwrap_or_default())),
            None => script,
        };
        if cfg!(any(windows, target_os = "android")) {
            script.map(|script| kernel::only_in_main_frame(&script))
        } else {
            script
        }
    }

    fn on_page_load(&mut self, webview: &Webview<R>, payload: &PageLoadPayload<'_>) {
        let Some(running) = &self.running else {
            return;
        };
        // What a webview is created with stays as it was then, also for the pages that it loads later.
        let has_kernel = !Viewer::is_own(webview.label());
        if has_kernel
            && payload.event() == PageLoadEvent::Started
            && running.telemetry.has_changed()
        {
            running.injected.update(&running.telemetry, webview);
        }
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
            // The app's `setup` has run, so its own subscriber, if it has one, is installed.
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
                    } else if blocks_ipc(app.config()) {
                        ipc::explain_what_is_missing(ipc::BY_POST_MESSAGE);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_blocks_the_scheme_unless_it_names_it() {
        let blocked = |csp: serde_json::Value| {
            let config = serde_json::json!({
                "identifier": "com.example.app", "app": { "security": { "csp": csp } },
            });
            blocks_ipc(&serde_json::from_value(config).unwrap())
        };
        assert!(!blocked(serde_json::Value::Null));
        assert!(blocked("default-src 'self'".into()));
        assert!(blocked("default-src https://clipcdn.example".into()));
        assert!(!blocked("connect-src ipc: http://ipc.localhost".into()));
        assert!(!blocked(
            serde_json::json!({ "connect-src": ["'self'", "http://ipc.localhost"] })
        ));
    }
}
