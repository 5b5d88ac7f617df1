//! The socket, its limits, and what is asked of every request before it reaches a handler.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    Extension, Router,
    body::{Body, to_bytes},
    extract::{Query, Request, State, WebSocketUpgrade},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{any, get, post},
};
use hyper::{
    body::{Body as _, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde::{Deserialize, Serialize};
use tauri::{
    Runtime,
    http::{
        HeaderMap, HeaderValue, Method, StatusCode,
        header::{
            ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
            ACCESS_CONTROL_ALLOW_ORIGIN, CONTENT_TYPE, ORIGIN, VARY,
        },
    },
};
use tokio::{
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};
use tokio_io_timeout::TimeoutStream;

use super::{
    commands::Commands,
    dispatch::{Dispatcher, Transport},
    guard::{Guard, Refusal, SUBPROTOCOL},
    protocol::{self, Incoming as Frame},
    seats::{MAX_GUESTS, Seat, Seats},
    session,
};
use crate::{config::Config, diagnostics, kernel::KernelConfig, telemetry::Telemetry};

/// Bytes of the head of a request: a browser's is below 1 KiB.
const MAX_HEAD: usize = 16 * 1024;

/// Headers of a request: a browser sends some twenty.
const MAX_HEADERS: usize = 64;

/// The head and the body of a request come from this machine, so at once or never.
const READ_TIMEOUT: Duration = Duration::from_secs(5);

/// A peer on this machine that takes nothing for so long has stopped reading.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// After a failed `accept`, which is for want of file descriptors: until others have been closed.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The window whose commands a page runs unless it says otherwise.
const DEFAULT_WINDOW: &str = "main";

/// Everything that handlers share.
pub(super) struct Server<R: Runtime> {
    pub(super) dispatcher: Arc<Dispatcher<R>>,
    pub(super) guard: Guard,
    /// Bytes of the largest frame that is read.
    pub(super) max_frame: usize,
    pub(super) telemetry: Option<(Arc<Telemetry>, Config)>,
}

impl<R: Runtime> Server<R> {
    /// What the kernel of a page is started with now: nothing while telemetry is off, or without consent.
    fn kernel_config(&self) -> Option<KernelConfig> {
        let (telemetry, config) = self.telemetry.as_ref()?;
        // Without the invoke key, which is what keeps other pages than the webview's out of its IPC.
        let kernel = || KernelConfig::new("", config, telemetry.pipeline.ratio(), false);
        telemetry.takes_pages().then(kernel)
    }
}

/// The window that a request is for. It is no secret, so it may be in a URL.
#[derive(Deserialize)]
struct Target {
    window: Option<String>,
}

impl Target {
    fn label(self) -> String {
        self.window.unwrap_or_else(|| DEFAULT_WINDOW.to_owned())
    }
}

/// What a page has to know to stand for a webview.
#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
struct SessionInfo<'a> {
    /// The label of the window.
    window: &'a str,
    /// The label of the webview in it.
    webview: &'a str,
    /// The system that the app runs on, as Rust calls it.
    os: &'static str,
    /// Between the names in a path.
    separator: char,
    /// Between the paths in a list.
    delimiter: char,
    /// What the kernel is started with, while telemetry is on and there is consent.
    telemetry: Option<KernelConfig>,
}

/// Accepts connections for ever.
pub(super) async fn serve<R: Runtime>(
    listener: TcpListener,
    server: Arc<Server<R>>,
    seats: Arc<Seats>,
) {
    let router = router(server);
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Frames are small, and each is awaited. Without it they are only late.
                let _ = stream.set_nodelay(true);
                tokio::spawn(connection(stream, router.clone(), seats.take()));
            }
            Err(error) => {
                diagnostics::error(format_args!("the ws bridge cannot accept: {error}"));
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Serves one connection; a WebSocket keeps the seat beyond that.
async fn connection(stream: TcpStream, router: Router, seat: Arc<Seat>) {
    let of_request = seat.clone();
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(of_request.clone());
        let mut router = router.clone();
        async move {
            let answer = tower_service::Service::call(&mut router, request.map(Body::new)).await;
            answer.map_err(|never: Infallible| match never {})
        }
    });
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(WRITE_TIMEOUT));
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(READ_TIMEOUT)
        .max_buf_size(MAX_HEAD)
        .max_headers(MAX_HEADERS)
        .serve_connection(TokioIo::new(Box::pin(stream)), service)
        .with_upgrades();
    tokio::select! {
        // What goes wrong here is between the other side and its socket.
        _ = serving => {}
        () = seat.evicted() => {}
    }
    seat.leave();
}

fn router<R: Runtime>(server: Arc<Server<R>>) -> Router {
    Router::new()
        .route("/ws", any(websocket::<R>))
        .route("/rpc", post(rpc::<R>))
        .route("/session", get(session_info::<R>))
        .route("/commands", get(commands::<R>))
        .route_layer(middleware::from_fn_with_state(server.clone(), token::<R>))
        .route("/healthz", get(|| async { "ok" }))
        .layer(middleware::from_fn_with_state(server.clone(), place::<R>))
        .with_state(server)
}

/// Lets a request pass that has the token, as long as there are not too many connections that do.
async fn token<R: Runtime>(
    State(server): State<Arc<Server<R>>>,
    Extension(seat): Extension<Arc<Seat>>,
    request: Request,
    next: Next,
) -> Response {
    match server.guard.token(request.headers()) {
        Ok(()) if seat.admit() => next.run(request).await,
        Ok(()) => (
            StatusCode::SERVICE_UNAVAILABLE,
            format!("the bridge has {MAX_GUESTS} connections, which is all that it takes"),
        )
            .into_response(),
        Err(refusal) => refuse(refusal),
    }
}

/// Lets a request pass that comes from a place which may ask, and tells its browser so.
async fn place<R: Runtime>(
    State(server): State<Arc<Server<R>>>,
    request: Request,
    next: Next,
) -> Response {
    if let Err(refusal) = server.guard.place(request.headers()) {
        return refuse(refusal);
    }
    let origin = request.headers().get(ORIGIN).cloned();
    let preflight = request.method() == Method::OPTIONS;
    let mut response = if preflight {
        StatusCode::NO_CONTENT.into_response()
    } else {
        next.run(request).await
    };
    if let Some(origin) = origin {
        let headers = response.headers_mut();
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(VARY, HeaderValue::from_static("origin"));
        headers.insert(
            ACCESS_CONTROL_ALLOW_METHODS,
            HeaderValue::from_static("GET, POST"),
        );
        headers.insert(
            ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static("authorization, content-type"),
        );
    }
    response
}

fn refuse(refusal: Refusal) -> Response {
    (refusal.status(), refusal.text()).into_response()
}

async fn websocket<R: Runtime>(
    State(server): State<Arc<Server<R>>>,
    Extension(seat): Extension<Arc<Seat>>,
    Query(target): Query<Target>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let label = target.label();
    if server.dispatcher.page(&label).is_none() {
        return no_window(&label);
    }
    upgrade
        .protocols([SUBPROTOCOL])
        .max_frame_size(server.max_frame)
        .max_message_size(server.max_frame)
        .on_upgrade(async move |socket| {
            session::serve(socket, server.dispatcher.clone(), label).await;
            drop(seat);
        })
}

async fn rpc<R: Runtime>(
    State(server): State<Arc<Server<R>>>,
    Query(target): Query<Target>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let label = target.label();
    // A form can send any other type to anywhere without being asked.
    let content_type = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok());
    if content_type.and_then(|text| text.split(';').next()) != Some("application/json") {
        return (
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "the body is application/json",
        )
            .into_response();
    }
    if body.size_hint().lower() > server.max_frame as u64 {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    }
    let frame = match timeout(READ_TIMEOUT, to_bytes(body, server.max_frame)).await {
        Ok(Ok(frame)) => frame,
        Ok(Err(_)) => return StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        Err(_) => return StatusCode::REQUEST_TIMEOUT.into_response(),
    };
    if server.dispatcher.page(&label).is_none() {
        return no_window(&label);
    }
    match protocol::read(&frame) {
        Ok(Frame::Request(request)) if request.cmd != session::LISTEN => {
            let id = request.id;
            let transport = Transport::Http;
            let response = server.dispatcher.run(&label, transport, request).await;
            json(StatusCode::OK, protocol::answer(id, response))
        }
        Ok(_) => json(
            StatusCode::BAD_REQUEST,
            protocol::refusal("events take a WebSocket"),
        ),
        Err(message) => json(StatusCode::BAD_REQUEST, protocol::refusal(&message)),
    }
}

async fn session_info<R: Runtime>(
    State(server): State<Arc<Server<R>>>,
    Query(target): Query<Target>,
) -> Response {
    let label = target.label();
    let Some(page) = server.dispatcher.page(&label) else {
        return no_window(&label);
    };
    let window = page.window_label();
    let info = SessionInfo {
        window: window.as_str(),
        webview: page.webview_label.as_str(),
        os: std::env::consts::OS,
        separator: std::path::MAIN_SEPARATOR,
        delimiter: if cfg!(windows) { ';' } else { ':' },
        telemetry: server.kernel_config(),
    };
    json(StatusCode::OK, to_text(&info))
}

async fn commands<R: Runtime>(
    State(server): State<Arc<Server<R>>>,
    Query(target): Query<Target>,
) -> Response {
    let label = target.label();
    match server.dispatcher.ask(&label, Commands::of).await {
        Some(commands) => json(StatusCode::OK, to_text(&commands)),
        None => no_window(&label),
    }
}

fn to_text(data: &impl Serialize) -> String {
    serde_json::to_string(data).expect("plain data always serialises")
}

fn no_window(label: &str) -> Response {
    (
        StatusCode::NOT_FOUND,
        format!("there is no window {label:?}"),
    )
        .into_response()
}

fn json(status: StatusCode, text: String) -> Response {
    let content_type = [(CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    (status, content_type, text).into_response()
}
