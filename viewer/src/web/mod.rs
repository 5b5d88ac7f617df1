//! The viewer over HTTP: the page, the API, the receiver of OTLP and the tools of agents, on one port of the loopback interface.

mod api;
mod guard;
mod live;
mod page;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    response::{IntoResponse, Response},
    routing::any,
};
use futures_util::{StreamExt as _, stream};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{net::TcpListener, sync::Semaphore, time::timeout};

pub(crate) use guard::Token;
use guard::{Refusal, check_host, check_place};
use live::Listener;

use crate::{
    core::Core,
    query::{self, Cursor, Params},
    receiver::{self, BODY_TIMEOUT, MAX_BODY_BYTES, Signal},
};

/// Connections at once: a browser has six, and each sender a few.
const MAX_CONNECTIONS: usize = 256;

/// Bytes of a request that are read before it is refused as too large.
const MAX_READ_BYTES: usize = 4 * MAX_BODY_BYTES;

/// A client that does not send its headers in this time is disconnected.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);

/// How long no connection is accepted after one could not be.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Bytes of the head of a request, and of the body of one to the API.
const MAX_HEAD_OR_API_BODY: usize = 32 << 10;

/// The largest file that can be opened.
const MAX_FILE_BYTES: usize = 256 << 20;

/// Everything that a request needs.
pub(crate) struct Web {
    pub(crate) core: Arc<Core>,
    pub(crate) token: Token,
    /// The name of the cookie: cookies are shared by all ports of a host.
    pub(crate) cookie: String,
}

impl Web {
    pub(crate) fn new(core: Arc<Core>, token: Token, port: u16) -> Self {
        Self {
            core,
            token,
            cookie: format!("tracepane-{port}"),
        }
    }

    /// The router. `/mcp` is guarded like the API.
    pub(crate) fn router(self: Arc<Self>, mcp: Option<Router<Arc<Self>>>) -> Router {
        let guarded = mcp
            .unwrap_or_default()
            .route("/api/{*path}", any(api_route));
        guarded
            .route_layer(axum::middleware::from_fn_with_state(
                self.clone(),
                needs_token,
            ))
            .route("/v1/traces", any(receive))
            .route("/v1/logs", any(receive))
            .route("/v1/metrics", any(receive))
            .layer(axum::middleware::from_fn(needs_place))
            .fallback(page_route)
            .with_state(self)
    }

    /// Answers a request of the window in the app, which needs neither token nor socket.
    pub(crate) async fn in_process(
        self: &Arc<Self>,
        request: http::Request<Vec<u8>>,
    ) -> http::Response<Vec<u8>> {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path();
        let response = match path.strip_prefix("/api/") {
            Some("session") => StatusCode::NO_CONTENT.into_response(),
            // A custom scheme has no streams, so that one event is the whole answer.
            Some("live") => match Listener::new(self.core.clone()).next().await {
                Some(event) => {
                    ([(header::CONTENT_TYPE, "text/event-stream")], event).into_response()
                }
                None => StatusCode::NO_CONTENT.into_response(),
            },
            Some(path) => {
                self.api(
                    &parts.method,
                    path,
                    parts.uri.query().unwrap_or_default(),
                    body.into(),
                )
                .await
            }
            None => page::file(path).map(Body::from),
        };
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
        http::Response::from_parts(parts, body.into())
    }

    async fn api(
        self: &Arc<Self>,
        method: &Method,
        path: &str,
        query: &str,
        body: Bytes,
    ) -> Response {
        if (method, path) == (&Method::GET, "export") {
            return self.export(query).await;
        }
        let (own, method, path, query) = (
            self.clone(),
            method.clone(),
            path.to_owned(),
            query.to_owned(),
        );
        let _permit = self.core.permit_to_query().await;
        let reply = tokio::task::spawn_blocking(move || {
            api::answer(&own.core, &method, &path, &query, &body)
        })
        .await;
        match reply {
            Ok(reply) => json(reply),
            Err(error) => json(api::Reply::error(
                StatusCode::INTERNAL_SERVER_ERROR,
                &error.to_string(),
                None,
            )),
        }
    }

    /// Streams OTLP JSON lines. A wrong parameter is known by the first piece.
    async fn export(self: &Arc<Self>, query: &str) -> Response {
        let params = self.core.with_run(Params::from_query(query));
        let at = match Cursor::start(&params) {
            Ok(at) => at,
            Err(error) => return json(error.into()),
        };
        let (first, next) = match self.piece(params.clone(), at).await {
            Ok(piece) => piece,
            Err(refusal) => return json(refusal),
        };
        let own = self.clone();
        let rest = stream::unfold(next, move |at| {
            let (own, params) = (own.clone(), params.clone());
            async move {
                Some(match own.piece(params, at?).await {
                    Ok((lines, next)) => (Ok(lines), next),
                    // The connection breaks off, so that nobody takes a part for the whole.
                    Err(reply) => {
                        let text = String::from_utf8_lossy(&reply.body).into_owned();
                        (Err(std::io::Error::other(text)), None)
                    }
                })
            }
        });
        let headers = [
            (header::CONTENT_TYPE, "application/x-ndjson"),
            // The page has the name.
            (header::CONTENT_DISPOSITION, "attachment"),
        ];
        let first = stream::once(async { Ok(first) });
        let lines = stream::StreamExt::chain(first, rest);
        (headers, Body::from_stream(lines)).into_response()
    }

    async fn piece(
        self: &Arc<Self>,
        params: Params,
        at: Cursor,
    ) -> Result<(Vec<u8>, Option<Cursor>), api::Reply> {
        let core = self.core.clone();
        let piece = tokio::task::spawn_blocking(move || {
            core.ask(&params, |reader| query::export(reader, &params, at))
        });
        match piece.await {
            Ok(piece) => piece.map_err(api::Reply::from),
            Err(error) => Err(api::Reply::error(
                StatusCode::INTERNAL_SERVER_ERROR,
                &error.to_string(),
                None,
            )),
        }
    }
}

async fn needs_place(request: Request, next: axum::middleware::Next) -> Response {
    match check_place(request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refusal) if request.uri().path().starts_with("/v1/") => {
            let encoding = receiver::http::encoding_of_answer(request.headers());
            receiver::http::refuse(encoding, refusal.status(), refusal.text()).map(Body::from)
        }
        Err(refusal) => refuse(refusal),
    }
}

async fn needs_token(
    State(web): State<Arc<Web>>,
    request: Request,
    next: axum::middleware::Next,
) -> Response {
    match web.token.check(request.headers(), &web.cookie) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refuse(refusal),
    }
}

async fn api_route(State(web): State<Arc<Web>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().trim_start_matches("/api/").to_owned();
    let query = parts.uri.query().unwrap_or_default().to_owned();
    match (parts.method.clone(), path.as_str()) {
        (Method::POST, "session") => session(&web),
        (Method::GET, "live") => live_route(&web),
        (method, path) => {
            let limit = if path == "open" {
                MAX_FILE_BYTES
            } else {
                MAX_HEAD_OR_API_BODY
            };
            match to_bytes(body, limit).await {
                Ok(body) => web.api(&method, path, &query, body).await,
                Err(_) => json(api::Reply::error(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    &format!("the body has more than {limit} bytes"),
                    None,
                )),
            }
        }
    }
}

/// Gives the browser the token as a cookie, which no script can read and no page of another host can make it send. Cookies know no ports:
/// other servers of this machine get it as well when the same browser opens them.
fn session(web: &Web) -> Response {
    let cookie = format!(
        "{}={}; HttpOnly; SameSite=Strict; Path=/",
        web.cookie,
        web.token.as_str()
    );
    match HeaderValue::from_str(&cookie) {
        Ok(cookie) => (StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn live_route(web: &Arc<Web>) -> Response {
    if !web.core.store.is_writing() {
        // Another program does, and nobody tells what it stores. After this answer the page asks by itself.
        return StatusCode::NO_CONTENT.into_response();
    }
    let events = stream::unfold(Listener::new(web.core.clone()), |mut listener| async move {
        let event = listener.next().await?;
        Some((Ok::<_, std::convert::Infallible>(event), listener))
    });
    // Without it a browser does not know that it is connected before the first event.
    let hello = stream::once(async { Ok(": connected\n\n".to_owned()) });
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (
        headers,
        Body::from_stream(stream::StreamExt::chain(hello, events)),
    )
        .into_response()
}

async fn receive(State(web): State<Arc<Web>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let headers: HeaderMap = parts.headers;
    let encoding = receiver::http::encoding_of_answer(&headers);
    let refuse =
        |status, text: String| receiver::http::refuse(encoding, status, text).map(Body::from);
    if parts.method != Method::POST {
        let refusal = refuse(
            StatusCode::METHOD_NOT_ALLOWED,
            "the method must be POST".to_owned(),
        );
        return ([(header::ALLOW, "POST")], refusal).into_response();
    }
    let signal = match parts.uri.path() {
        "/v1/traces" => Signal::Traces,
        "/v1/logs" => Signal::Logs,
        _ => Signal::Metrics,
    };
    let permit_and_body = async {
        let permit = web.core.permit_to_receive().await;
        (permit, read_to_end(body).await)
    };
    let Ok((_permit, read)) = timeout(BODY_TIMEOUT, permit_and_body).await else {
        // No other answer to a request that is late makes a sender send it again.
        let text = "the request was not read in time; send again";
        return refuse(StatusCode::SERVICE_UNAVAILABLE, text.to_owned());
    };
    let Some(body) = read else {
        let text = format!("the body has more than {MAX_BODY_BYTES} bytes");
        return refuse(StatusCode::PAYLOAD_TOO_LARGE, text);
    };
    let core = web.core.clone();
    let answer = tokio::task::spawn_blocking(move || {
        receiver::http::receive(&core.intake, signal, &headers, &body)
    });
    match answer.await {
        Ok(response) => response.map(Body::from),
        Err(error) => refuse(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    }
}

/// The body of a request, or `None` if it is too large. What is too much is read as well, up to a limit: a sender that still
/// writes when the connection is closed finds it broken instead of the answer, and sends the same again.
async fn read_to_end(body: Body) -> Option<Vec<u8>> {
    let mut chunks = body.into_data_stream();
    let mut kept = Vec::new();
    let mut read = 0;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.ok()?;
        read += chunk.len();
        if read <= MAX_BODY_BYTES {
            kept.extend_from_slice(&chunk);
        } else if read <= MAX_READ_BYTES {
            kept = Vec::new();
        } else {
            return None;
        }
    }
    (read <= MAX_BODY_BYTES).then_some(kept)
}

async fn page_route(request: Request) -> Response {
    if let Err(refusal) = check_host(request.headers()) {
        return refuse(refusal);
    }
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    page::file(request.uri().path()).map(Body::from)
}

fn refuse(refusal: Refusal) -> Response {
    json(api::Reply::error(refusal.status(), refusal.text(), None))
}

fn json(reply: api::Reply) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (reply.status, headers, reply.body).into_response()
}

/// Serves connections until `stop` ends.
pub(crate) async fn serve(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
    let connections = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut stop = std::pin::pin!(stop);
    loop {
        let Ok(permit) = connections.clone().acquire_owned().await else {
            return;
        };
        let accepted = tokio::select! {
            () = &mut stop => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else {
            // Such as too many open files: another connection has to end first.
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let service = TowerToHyperService::new(router.clone());
        tokio::spawn(async move {
            // A client that breaks off is no error of the viewer.
            let _: hyper::Result<()> = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEADER_TIMEOUT)
                .max_buf_size(MAX_HEAD_OR_API_BODY)
                .serve_connection(
                    TokioIo::new(stream),
                    hyper::service::service_fn(move |request: http::Request<Incoming>| {
                        hyper::service::Service::call(&service, request)
                    }),
                )
                .await;
            drop(permit);
        });
    }
}
