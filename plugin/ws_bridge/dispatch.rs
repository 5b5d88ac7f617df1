//! A request of the bridge as an invoke of a window.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Instant,
};

use opentelemetry::KeyValue;
use serde_json::json;
use tauri::{
    AppHandle, Runtime, Webview,
    ipc::{CallbackFn, InvokeBody, InvokeError, InvokeResponse},
    webview::InvokeRequest,
};
use tokio::sync::oneshot;

use super::{channels::Channels, protocol::Request};
use crate::{
    diagnostics,
    ipc::{
        self, Page, Pages,
        outcome::{Failure, request_size},
    },
    names::{IPC_TRANSPORT, truncate},
    telemetry::Telemetry,
};

/// The id of the request on that wire.
const IPC_REQUEST_ID: &str = "tauri.ipc.request.id";

/// Bytes of a name in the audit: more than a command has.
const MAX_NAME: usize = 256;

/// How a request reached the bridge.
#[derive(Debug, Clone, Copy)]
pub(super) enum Transport {
    WebSocket,
    Http,
}

impl Transport {
    fn name(self) -> &'static str {
        match self {
            Self::WebSocket => "ws",
            Self::Http => "http",
        }
    }
}

/// The way from the bridge into tauri.
pub(super) struct Dispatcher<R: Runtime> {
    pub(super) app: AppHandle<R>,
    pub(super) pages: Arc<Pages<R>>,
    pub(super) telemetry: Option<Arc<Telemetry>>,
    pub(super) channels: Arc<Channels>,
}

impl<R: Runtime> Dispatcher<R> {
    /// The webview with this label.
    pub(super) fn page(&self, label: &str) -> Option<Arc<Page<R>>> {
        self.pages.get(&self.app, label)
    }

    /// What is to be known of the webview with this label; asked on the main thread, where its URL is at hand.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        label: &str,
        question: impl FnOnce(&Webview<R>) -> T + Send + 'static,
    ) -> Option<T> {
        let page = self.page(label)?;
        let (answer, answered) = oneshot::channel();
        let task = move || {
            // Without a receiver nobody wants to know any more.
            let _ = answer.send(question(&page.webview()));
        };
        self.app.run_on_main_thread(task).ok()?;
        answered.await.ok()
    }

    /// Runs the command as the window does, and writes its line of the audit.
    pub(super) async fn run(
        &self,
        label: &str,
        transport: Transport,
        request: Request,
    ) -> InvokeResponse {
        let start = Instant::now();
        let cmd = request.cmd.clone();
        let size = request_size(&request.body);
        let wire = [
            KeyValue::new(IPC_TRANSPORT, transport.name()),
            KeyValue::new(IPC_REQUEST_ID, i64::from(request.id)),
        ];
        let telemetry = self.telemetry.clone();
        let response = self
            .on_main_thread(
                label,
                request,
                move |page, request, respond| match telemetry {
                    Some(telemetry) => {
                        ipc::dispatch(&telemetry, page, request, size, wire, respond);
                    }
                    None => ipc::pass_on(&page, request, respond),
                },
            )
            .await;
        diagnostics::info(format_args!(
            "ws bridge: {:?}, {size} B, {:.1} ms, {}",
            truncate(&cmd, MAX_NAME),
            start.elapsed().as_secs_f64() * 1e3,
            Failure::of(&cmd, &response).map_or("ok", Failure::error_type)
        ));
        response
    }

    /// Runs a command that nobody has asked for: without a span, an audit line, and an answer.
    pub(super) async fn run_untraced(&self, label: &str, request: Request) {
        self.on_main_thread(label, request, |page, request, respond| {
            ipc::untraced(&page, request, respond);
        })
        .await;
    }

    /// On the main thread, because that is where an invoke of a webview arrives, and a command that is not
    /// async may count on it.
    async fn on_main_thread(
        &self,
        label: &str,
        request: Request,
        run: impl FnOnce(Arc<Page<R>>, InvokeRequest, Respond) + Send + 'static,
    ) -> InvokeResponse {
        let Some(page) = self.page(label) else {
            return refused(format!("there is no window {label:?}"));
        };
        let (answer, answered) = oneshot::channel();
        let invoke_key = self.app.invoke_key().to_owned();
        let task = move || {
            let webview = page.webview();
            let Ok(url) = webview.url() else { return };
            let request = InvokeRequest {
                cmd: request.cmd,
                callback: CallbackFn(0),
                error: CallbackFn(0),
                url,
                body: request.body,
                headers: request.headers,
                invoke_key,
            };
            let respond = move |response| {
                // Without a receiver the page is gone.
                let _ = answer.send(response);
            };
            // A panic that left this closure would end the event loop, and the app. The hook has told of it.
            let _ = catch_unwind(AssertUnwindSafe(|| run(page, request, Box::new(respond))));
        };
        if self.app.run_on_main_thread(task).is_err() {
            return refused("the app is about to exit".to_owned());
        }
        let dropped = |_| refused("the command panicked or never answered".to_owned());
        answered.await.unwrap_or_else(dropped)
    }
}

type Respond = Box<dyn FnOnce(InvokeResponse) + Send>;

/// The answer to a request that the bridge refuses itself.
pub(super) fn refused(message: String) -> InvokeResponse {
    InvokeResponse::Err(InvokeError(json!(message)))
}

/// A request that the bridge makes itself.
pub(super) fn own_request(cmd: &str, args: serde_json::Value) -> Request {
    Request {
        id: 0,
        cmd: cmd.to_owned(),
        body: InvokeBody::Json(args),
        headers: Default::default(),
    }
}

#[cfg(test)]
mod tests {
    use tauri::{WebviewUrl, WebviewWindowBuilder, test};

    use super::*;

    #[tokio::test]
    async fn a_command_that_panics_on_the_main_thread_is_an_error_and_no_more() {
        let builder = test::mock_builder().invoke_handler(|invoke| {
            assert_ne!(invoke.message.command(), "boom");
            invoke.resolver.resolve(1);
            true
        });
        let app = builder
            .build(test::mock_context(test::noop_assets()))
            .unwrap();
        let window = WebviewWindowBuilder::new(&app, "main", WebviewUrl::default());
        let _window = window.build().unwrap();
        let dispatcher = Dispatcher {
            app: app.handle().clone(),
            pages: Arc::default(),
            telemetry: None,
            channels: Arc::default(),
        };
        let run = async |cmd| {
            let request = own_request(cmd, json!({}));
            let transport = Transport::Http;
            crate::ws_bridge::protocol::answer(0, dispatcher.run("main", transport, request).await)
        };
        let panicked = run("boom").await;
        assert!(panicked.contains("the command panicked"), "{panicked}");
        assert_eq!(run("fine").await, r#"{"id":0,"result":1}"#);
    }
}
