//! The `ipc:` scheme of the webviews, and the span of an invoke over any wire.
//!
//! tauri registers its own handler for the scheme only where no plugin has; ours does the same work
//! ([`wire`]) and puts a SERVER span around it ([`span`]). With telemetry off the same handler runs
//! without the span. It is not installed under the isolation pattern, whose keys are private to
//! tauri: there, and wherever a page has to use `postMessage`, [`handler`] covers the commands of the
//! app.

pub(crate) mod outcome;
mod pages;
mod span;
#[cfg(test)]
mod tests;
pub(crate) mod wire;

pub(crate) use pages::{Page, Pages};
pub(crate) use span::InvokeSpan;

use std::sync::Arc;

use opentelemetry::{Context, KeyValue};
use tauri::{
    Manager, Runtime, UriSchemeContext, UriSchemeResponder,
    http::Request,
    ipc::{CallbackFn, Invoke, InvokeBody, InvokeResponse, InvokeResponseBody},
    webview::InvokeRequest,
};

use crate::{command::Command, telemetry::Telemetry};

const WINDOW_CLOSE_REQUESTED: &str = "tauri://close-requested";

/// Commands that never get a span: telemetry about telemetry, and the fetch by which a page collects
/// what a channel has sent it.
const UNTRACED: [&str; 2] = ["plugin:opentelemetry|", "plugin:__TAURI_CHANNEL__|"];

/// Answers one request of the `ipc` scheme.
///
/// `telemetry` is `None` when telemetry is off: then this does what tauri's own handler does, and
/// nothing more.
pub(crate) fn handle<R: Runtime>(
    pages: &Pages<R>,
    telemetry: Option<&Telemetry>,
    context: UriSchemeContext<'_, R>,
    request: Request<Vec<u8>>,
    responder: UriSchemeResponder,
) {
    let (request, size) = match wire::read(request) {
        wire::Incoming::Invoke(request, size) => (request, size),
        wire::Incoming::Answered(answer) => return responder.respond(answer),
    };
    let app = context.app_handle();
    let Some(page) = pages.get(app, context.webview_label()) else {
        return responder.respond(wire::refusal("failed to acquire webview reference"));
    };
    // tauri drops such a request as well, but first it logs the key that it expected.
    if request.invoke_key != app.invoke_key() {
        return;
    }
    let respond = move |response| responder.respond(wire::respond(response));
    match telemetry {
        Some(telemetry) => dispatch(telemetry, page, request, size, [], respond),
        None => pass_on(&page, request, respond),
    }
}

/// Runs `request` through tauri's IPC inside its SERVER span, whichever wire it came by; `wire` are the
/// attributes that tell which, and none of them mean the webview's own.
pub(crate) fn dispatch<R: Runtime>(
    telemetry: &Telemetry,
    page: Arc<Page<R>>,
    request: InvokeRequest,
    size: usize,
    wire: impl IntoIterator<Item = KeyValue>,
    respond: impl FnOnce(InvokeResponse) + Send + 'static,
) {
    if UNTRACED.iter().any(|own| request.cmd.starts_with(own)) {
        page.activity().touch();
        return untraced(&page, request, respond);
    }
    if listens_to_close(&request) {
        page.activity().handles_close();
    }
    let span = InvokeSpan::start(telemetry, &page, &request, size, wire);
    let _current = span.context().attach();
    pass_on(&page, request, move |response| {
        span.end(&response);
        respond(response);
    });
}

/// Runs `request` without a span, and without those that its command makes.
pub(crate) fn untraced<R: Runtime>(
    page: &Page<R>,
    request: InvokeRequest,
    respond: impl FnOnce(InvokeResponse) + Send + 'static,
) {
    let _suppressed = Context::enter_telemetry_suppressed_scope();
    pass_on(page, request, respond);
}

/// Hands `request` to tauri in the context that is current.
pub(crate) fn pass_on<R: Runtime>(
    page: &Page<R>,
    request: InvokeRequest,
    respond: impl FnOnce(InvokeResponse) + Send + 'static,
) {
    page.webview().on_message(
        request,
        Box::new(move |_, _, response, _, _| respond(response)),
    );
}

/// Whether the page asks to be told before its window closes (`onCloseRequested` of
/// `@tauri-apps/api/window`).
fn listens_to_close(request: &InvokeRequest) -> bool {
    request.cmd == "plugin:event|listen"
        && matches!(&request.body, InvokeBody::Json(args)
            if args["event"] == WINDOW_CLOSE_REQUESTED)
}

/// Wraps the app's invoke handler so that its commands are traced on every platform.
///
/// Needed only where the page cannot use the `ipc:` scheme and talks to Rust through `postMessage`:
/// on Android, under the [isolation pattern], and when a content security policy without `ipc:`
/// blocks the scheme. Elsewhere it changes nothing: an invoke that already has its span keeps it.
/// Commands of plugins and of tauri itself do not pass through the app's handler and are not covered
/// on those platforms.
///
/// Together with the `invoke` of the npm package the span is a child of the page's.
///
/// ```
/// # #[tauri::command] fn greet(name: String) -> String { name }
/// # fn build() -> tauri::Builder<tauri::Wry> {
/// tauri::Builder::default()
///     .plugin(tauri_plugin_opentelemetry::init())
///     .invoke_handler(tauri_plugin_opentelemetry::handler(tauri::generate_handler![greet]))
/// # }
/// ```
///
/// [isolation pattern]: https://v2.tauri.app/concept/inter-process-communication/isolation/
pub fn handler<R: Runtime>(
    inner: impl Fn(Invoke<R>) -> bool + Send + Sync + 'static,
) -> impl Fn(Invoke<R>) -> bool + Send + Sync + 'static {
    move |invoke| {
        let webview = invoke.message.webview_ref();
        let Some(telemetry) = webview.try_state::<Arc<Telemetry>>() else {
            return inner(invoke);
        };
        if Command::is_current() {
            return inner(invoke);
        }
        // An `InvokeResolver` cannot be observed. So the message takes tauri's way a second time,
        // with a responder of ours, and comes back here inside its span.
        let Ok(url) = webview.url() else {
            return inner(invoke);
        };
        let request = InvokeRequest {
            cmd: invoke.message.command().to_owned(),
            callback: CallbackFn(0),
            error: CallbackFn(0),
            url,
            body: invoke.message.payload().clone(),
            headers: invoke.message.headers().clone(),
            invoke_key: webview.app_handle().invoke_key().to_owned(),
        };
        let size = outcome::request_size(&request.body);
        let page = Arc::new(Page::new(webview.clone()));
        let resolver = invoke.resolver;
        let respond = move |response| {
            resolver.respond(match response {
                InvokeResponse::Ok(body) => Ok::<InvokeResponseBody, _>(body),
                InvokeResponse::Err(error) => Err(error),
            });
        };
        dispatch(&telemetry, page, request, size, [], respond);
        true
    }
}
