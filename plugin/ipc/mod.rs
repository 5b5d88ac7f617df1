//! The `ipc:` scheme of the webviews, and the span of an invoke over any wire.
//!
//! Tauri registers its own handler for the scheme only where no plugin has; ours does the same work
//! ([`wire`]) and puts a SERVER span around it ([`span`]). While telemetry is off it does the work alone: with its feature
//! `tracing`, Tauri's handler serialises every payload, also for a span that nobody asks for.
//!
//! It is not registered under the isolation pattern, whose keys are private to Tauri. Under that pattern, and wherever a
//! page uses `postMessage`, Tauri's own handler receives an invoke. There the span is made by [`handler`], or else from the
//! `tracing` spans of Tauri's handler ([`received`]), if its feature `tracing` is on.
//!
//! What a command does is part of its invoke: a synchronous one runs in the context of the span, and [`task`] finds the
//! context of an asynchronous one.

mod fetch;
pub(crate) mod outcome;
mod pages;
mod received;
mod span;
pub(crate) mod task;
mod tauri_spans;
#[cfg(test)]
mod tests;
pub(crate) mod wire;

use self::{task::CommandTask, tauri_spans::Payloads};
pub(crate) use pages::{Page, Pages};
pub(crate) use received::{OpenInvoke, Received};
pub(crate) use span::{Began, InvokeSpan};

use std::{
    sync::{
        Arc, Once,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use opentelemetry::{Context, KeyValue};
use subtle::ConstantTimeEq;
use tauri::{
    Manager, Runtime, UriSchemeContext, UriSchemeResponder,
    http::Request,
    ipc::{CallbackFn, Invoke, InvokeResponse, InvokeResponseBody},
    webview::InvokeRequest,
};

use crate::{command::Command, diagnostics, telemetry::Telemetry};

/// Commands that never get a span: telemetry about telemetry, and the fetch by which a page collects
/// what a channel has sent it.
const UNTRACED: [&str; 2] = ["plugin:opentelemetry|", "plugin:__TAURI_CHANNEL__|"];

/// Where Tauri's own handlers receive the invokes, although the plugin's is there.
pub(crate) const BY_POST_MESSAGE: &str = "where a page uses `postMessage`, as it does if its content security policy lacks \
                                          `connect-src ipc: http://ipc.localhost`,";

/// Whether the app has wrapped its invoke handler in [`handler`].
static HANDLER_WRAPPED: AtomicBool = AtomicBool::new(false);

fn is_untraced(cmd: &str) -> bool {
    UNTRACED.iter().any(|own| cmd.starts_with(own))
}

/// Whether Tauri takes this for the name of an event (`tauri/src/event/event_name.rs`). Where it returns no error, it panics on another name.
pub(crate) fn is_event_name(event: &str) -> bool {
    let is_allowed = |c: char| c.is_alphanumeric() || matches!(c, '-' | '/' | ':' | '_');
    event.chars().all(is_allowed)
}

/// Answers one request of the `ipc` scheme. `telemetry` is `None` while it is off.
pub(crate) fn handle<R: Runtime>(
    pages: &Pages<R>,
    telemetry: Option<&Telemetry>,
    context: UriSchemeContext<'_, R>,
    request: Request<Vec<u8>>,
    responder: UriSchemeResponder,
) {
    let (request, size) = match wire::read(request) {
        wire::Parsed::Invoke(request, size) => (request, size),
        wire::Parsed::Answered(answer) => return responder.respond(answer),
    };
    let app = context.app_handle();
    let Some(page) = pages.get(app, context.webview_label()) else {
        return responder.respond(wire::refusal("failed to acquire webview reference"));
    };
    // Tauri drops such a request as well, but first it logs the key that it expected.
    let expected = app.invoke_key().as_bytes();
    if !bool::from(request.invoke_key.as_bytes().ct_eq(expected)) {
        return;
    }
    let payloads = match telemetry {
        None if tauri_spans::is_in_span_of_wry() => Payloads::Shown,
        _ => Payloads::Hidden,
    };
    let _request = tauri_spans::request(payloads, &request.body);
    let handle = tauri_spans::handle(&request.cmd);
    let respond = move |response| {
        let _respond = tauri_spans::respond(&handle);
        let _response = tauri_spans::response(payloads, &response);
        responder.respond(wire::respond(response));
    };
    match telemetry {
        Some(telemetry) => dispatch(telemetry, page, request, size, [], respond),
        None => pass_on(&page, request, respond),
    }
}

/// Runs `request` through Tauri's IPC inside its SERVER span, whichever wire it came by; `wire` are the
/// attributes that tell which, and none of them mean the webview's own.
pub(crate) fn dispatch<R: Runtime>(
    telemetry: &Telemetry,
    page: Arc<Page<R>>,
    mut request: InvokeRequest,
    size: usize,
    wire: impl IntoIterator<Item = KeyValue>,
    respond: impl FnOnce(InvokeResponse) + Send + 'static,
) {
    if is_untraced(&request.cmd) {
        return untraced(&page, request, respond);
    }
    let span = InvokeSpan::start(telemetry, &page, &request, size, wire, Began::now());
    if telemetry.pipeline.exports_spans() {
        fetch::inject(&mut request, || span.context(), telemetry.propagators);
    }
    run(&page, request, span, respond);
}

/// Prints once, in debug builds, what the traces lack because Tauri's own handlers receive the invokes. `reason` says where they do.
pub(crate) fn explain_what_is_missing(reason: &str) {
    static REPORTED: Once = Once::new();
    if !cfg!(debug_assertions) || HANDLER_WRAPPED.load(Ordering::Relaxed) {
        return;
    }
    let missing = if task::TAURI_CARRIES_CONTEXT {
        "their spans have no outcome and no sizes, and may not be children of the page's spans"
    } else {
        "they have no spans"
    };
    REPORTED.call_once(|| {
        diagnostics::info(format_args!(
            "{reason} Tauri itself receives the invokes: {missing}; for the commands of the app, add them by \
             `.invoke_handler(tauri_plugin_opentelemetry::handler(tauri::generate_handler![…]))`"
        ));
    });
}

/// Runs `request` inside its span.
fn run<R: Runtime>(
    page: &Page<R>,
    request: InvokeRequest,
    span: InvokeSpan,
    respond: impl FnOnce(InvokeResponse) + Send + 'static,
) {
    let cx = span.context();
    let task = task::is_possible(span.command()).then(|| CommandTask::expect(cx.clone()));
    let number = task.as_ref().map(CommandTask::number);
    let caller = thread::current().id();
    let _current = cx.attach();
    pass_on(page, request, move |response| {
        if thread::current().id() == caller && matches!(response, InvokeResponse::Ok(_)) {
            span.command().returned_to_its_caller();
        }
        span.end(&response);
        drop(task);
        respond(response);
    });
    if let Some(number) = number {
        task::check(number);
    }
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

/// Hands `request` to Tauri in the context that is current.
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

/// Wraps the app's invoke handler, so that the span of an invoke that comes by `postMessage` is a child of the page's
/// and tells its outcome and sizes.
///
/// Needed only where Tauri's own handlers receive the invokes: on Android, under the [isolation pattern], and when a
/// content security policy without `ipc:` makes the page use `postMessage`. There, an invoke has no span without this function.
/// On Android, and with the cargo feature `tauri-tracing`, it has a span without it as well, but that span has only the command and
/// the duration, and if the page uses `postMessage` it begins a trace of its own. Elsewhere this function changes nothing: an invoke
/// that already has its span keeps it. Commands of plugins and of Tauri itself do not pass through the app's handler.
///
/// Call commands with the `invoke` of the npm package: it sends the context of the page's span.
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
    HANDLER_WRAPPED.store(true, Ordering::Relaxed);
    move |invoke| {
        let webview = invoke.message.webview_ref();
        let Some(telemetry) = webview.try_state::<Arc<Telemetry>>() else {
            return inner(invoke);
        };
        if Command::is_current() {
            return inner(invoke);
        }
        // An `InvokeResolver` cannot be observed. So the message takes Tauri's way a second time,
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
        let began = Received::take_over(&request.cmd).unwrap_or_else(Began::now);
        let size = outcome::request_size(&request.body);
        let page = Page::new(webview.clone());
        let resolver = invoke.resolver;
        let span = InvokeSpan::start(&telemetry, &page, &request, size, [], began);
        run(&page, request, span, move |response| {
            resolver.respond(match response {
                InvokeResponse::Ok(body) => Ok::<InvokeResponseBody, _>(body),
                InvokeResponse::Err(error) => Err(error),
            });
        });
        true
    }
}
