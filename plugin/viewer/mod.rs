//! The viewer in the app (`TAURI_OTEL_VIEWER`): a window that shows what the app records, with no collector and no second
//! program.
//!
//! The lanes feed it in the process ([`feed`]). It also receives OTLP on a free port of the loopback interface, and child
//! processes that `tracebaton` starts send there. Its window loads the page by a scheme of its own, which answers that
//! window only. The window has no kernel; what scripts of other plugins invoke in it is recorded, as that of any window is.

mod feed;

use std::sync::Arc;

use tauri::{
    AppHandle, Manager, Runtime, UriSchemeContext, UriSchemeResponder, Url, WebviewUrl,
    WebviewWindowBuilder, async_runtime,
    http::{Request, Response, StatusCode},
    plugin,
};

use self::feed::Feed;
use crate::{
    diagnostics,
    pipeline::{AppIdentity, ViewerFeed},
};

/// The label of the viewer's window, and the scheme of its page.
const NAME: &str = "tauri-otel-viewer";

/// The page. Tauri makes of it what the platform has instead of schemes.
const URL: &str = "tauri-otel-viewer://localhost/";

/// Raises the viewer's window by a keyboard shortcut in the windows of the app.
const SHORTCUT: &str = include_str!("shortcut.js");

/// The limit of the files of all runs together: some million spans.
const LIMIT_BYTES: u64 = 256 << 20;

/// The viewer while the app runs.
pub(crate) struct Viewer {
    feed: Arc<Feed>,
    title: String,
}

impl Viewer {
    /// Starts its threads, its file in the data folder of the app and its port. An app whose viewer does not start runs
    /// without it.
    pub(crate) fn start(app: &AppIdentity) -> Option<Self> {
        let Some(folder) = &app.data_folder else {
            diagnostics::error(format_args!(
                "the viewer cannot be started: the system names no folder for the files of this app"
            ));
            return None;
        };
        let mut options = tracepane::Options::new(folder.join("telemetry").join("viewer"));
        options.limit_bytes = LIMIT_BYTES;
        options.name.clone_from(&app.name);
        match tracepane::Viewer::start(options) {
            Ok(viewer) => {
                if let Some(endpoint) = viewer.http_endpoint() {
                    tracebaton::ChildProcess::set_default_endpoint(endpoint);
                }
                Some(Self {
                    feed: Arc::new(Feed::new(viewer)),
                    title: format!("Telemetry of {}", app.name),
                })
            }
            Err(error) => {
                diagnostics::error(format_args!("the viewer cannot be started: {error}"));
                None
            }
        }
    }

    /// What the pipeline gives its requests to.
    pub(crate) fn feed(&self) -> Arc<dyn ViewerFeed> {
        self.feed.clone()
    }

    /// Whether a webview is the viewer's.
    pub(crate) fn is_own(label: &str) -> bool {
        label == NAME
    }

    /// The script of all webviews: `script` and the shortcut in those of the app, nothing in the viewer's.
    pub(crate) fn scripts(&self, script: &str) -> String {
        // Where there are no schemes, the name is in the host.
        format!(
            "if(location.protocol!=='{NAME}:'&&location.hostname!=='{NAME}.localhost'){{{script}\n{SHORTCUT}}}"
        )
    }

    /// Answers the requests of the viewer's page.
    pub(crate) fn register<R: Runtime>(&self, plugin: plugin::Builder<R>) -> plugin::Builder<R> {
        let feed = self.feed.clone();
        plugin.register_asynchronous_uri_scheme_protocol(
            NAME,
            move |context, request, responder| {
                answer(&feed, &context, request, responder);
            },
        )
    }

    /// Shows the window, and opens it if there is none. Not on the thread that calls: on Windows a window cannot be made
    /// in a handler of an event.
    pub(crate) fn open<R: Runtime>(&self, app: &AppHandle<R>) {
        let (app, title) = (app.clone(), self.title.clone());
        async_runtime::spawn(async move {
            if let Err(error) = show(&app, title) {
                diagnostics::error(format_args!(
                    "the viewer's window cannot be opened: {error}"
                ));
            }
        });
    }

    /// Closes the window, for an app without another one: it ends when its last window is closed.
    pub(crate) fn close<R: Runtime>(app: &AppHandle<R>) {
        if let Some(window) = app.get_webview_window(NAME)
            && let Err(error) = window.destroy()
        {
            diagnostics::error(format_args!(
                "the viewer's window cannot be closed: {error}"
            ));
        }
    }
}

fn answer<R: Runtime>(
    feed: &Arc<Feed>,
    context: &UriSchemeContext<'_, R>,
    request: Request<Vec<u8>>,
    responder: UriSchemeResponder,
) {
    let mut refusal = Response::new(Vec::new());
    // Each webview of the app can ask by each scheme.
    if !Viewer::is_own(context.webview_label()) {
        *refusal.status_mut() = StatusCode::FORBIDDEN;
        return responder.respond(refusal);
    }
    let Some(viewer) = feed.viewer() else {
        *refusal.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        return responder.respond(refusal);
    };
    async_runtime::spawn(async move { responder.respond(viewer.respond(request).await) });
}

fn show<R: Runtime>(app: &AppHandle<R>, title: String) -> tauri::Result<()> {
    if let Some(window) = app.get_webview_window(NAME) {
        window.unminimize()?;
        window.show()?;
        return window.set_focus();
    }
    let url = Url::parse(URL).expect("it is a URL");
    WebviewWindowBuilder::new(app, NAME, WebviewUrl::CustomProtocol(url))
        .title(title)
        .inner_size(1200.0, 800.0)
        // Files are dropped on the page.
        .disable_drag_drop_handler()
        // The page goes nowhere else.
        .on_navigation(|url| {
            url.scheme() == NAME || url.host_str() == Some(&format!("{NAME}.localhost"))
        })
        // Without a handler WKWebView refuses downloads, and the page saves exports by them.
        .on_download(|_, _| true)
        .build()?;
    Ok(())
}
