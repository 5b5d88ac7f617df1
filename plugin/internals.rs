//! Doors to what is private, for the fuzz targets and the benchmarks. Built for them only, by
//! `cargo xtask fuzz` and `cargo xtask bench`.

/// Reads `body` as the body of `log_trace_span`.
#[cfg(fuzzing)]
pub fn batch(body: &[u8]) {
    crate::bridge::fuzz(body);
}

/// Reads `bytes` as a request to the `ipc` scheme: lines of the method, the path and headers, an empty
/// line, and the body.
#[cfg(fuzzing)]
pub fn scheme(bytes: &[u8]) {
    let mut lines = bytes.split(|byte| *byte == b'\n');
    let mut request = tauri::http::Request::builder()
        .method(lines.next().unwrap_or_default())
        .uri([b"ipc://localhost/", lines.next().unwrap_or_default()].concat());
    for line in lines.by_ref().take_while(|line| !line.is_empty()) {
        let mut pair = line.splitn(2, |byte| *byte == b':');
        let name = pair.next().unwrap_or_default();
        request = request.header(name, pair.next().unwrap_or_default());
    }
    let body = lines.collect::<Vec<_>>().join(&b'\n');
    if let Ok(request) = request.body(body) {
        let _ = crate::ipc::wire::read(request);
    }
}

/// Reads `bytes` as a frame of the WebSocket bridge.
#[cfg(fuzzing)]
pub fn ws_frame(bytes: &[u8]) {
    crate::ws_bridge::protocol::fuzz(bytes);
}

/// Starts and ends the span of one invoke of a page that sent a `traceparent`, each time the returned
/// function is called. `endpoint` is where the spans go.
#[cfg(benching)]
pub fn invoke_span(endpoint: &str) -> impl FnMut() {
    use tauri::{
        ipc::{CallbackFn, InvokeBody, InvokeResponse, InvokeResponseBody},
        test,
        webview::{InvokeRequest, WebviewWindowBuilder},
    };

    let app = test::mock_app();
    let window = WebviewWindowBuilder::new(&app, "main", tauri::WebviewUrl::default())
        .build()
        .expect("a mock window");
    let page = crate::ipc::Page::new(AsRef::<tauri::Webview<_>>::as_ref(&window).clone());
    let settings = crate::config::Settings {
        endpoint: endpoint.parse().ok(),
        ..Default::default()
    };
    let decision = crate::config::Config::resolve(&|_| None, settings, Default::default());
    let identity = crate::pipeline::AppIdentity {
        name: app.package_info().name.clone(),
        version: String::new(),
        identifier: String::new(),
        log_folder: std::env::temp_dir(),
        data_folder: std::env::temp_dir(),
    };
    let telemetry = crate::telemetry::Telemetry::start(&decision.config.expect("on"), &identity)
        .expect("threads");
    let request = InvokeRequest {
        cmd: "greet".to_owned(),
        callback: CallbackFn(0),
        error: CallbackFn(0),
        url: tauri::Url::parse("tauri://localhost").expect("a URL"),
        body: InvokeBody::default(),
        headers: tauri::http::HeaderMap::from_iter([(
            tauri::http::HeaderName::from_static("traceparent"),
            tauri::http::HeaderValue::from_static(
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            ),
        )]),
        invoke_key: String::new(),
    };
    let response = InvokeResponse::Ok(InvokeResponseBody::Json("null".to_owned()));
    move || {
        // The app has to live as long as its window.
        let _ = &app;
        let span = crate::ipc::InvokeSpan::start(&telemetry, &page, &request, 14, []);
        let current = span.context().attach();
        drop(current);
        span.end(&response);
    }
}
