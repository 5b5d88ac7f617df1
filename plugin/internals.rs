//! Doors to what is private, for the fuzz targets and the benchmarks. Built for them only, by
//! `cargo xtask fuzz` and `cargo xtask bench`.

#[cfg(benching)]
pub mod hot_paths;

#[cfg(fuzzing)]
use crate::{
    config::Propagators,
    ipc::wire::{self, Parsed},
    propagation,
};

/// Reads `body` as the body of `log_trace_span`.
#[cfg(fuzzing)]
pub fn batch(body: &[u8]) {
    crate::page_intake::fuzz(body);
}

/// Redacts `bytes`, as far as they are text.
#[cfg(fuzzing)]
pub fn redaction(bytes: &[u8]) {
    crate::privacy::fuzz(&String::from_utf8_lossy(bytes));
}

/// Reads `bytes` as a file of the spool.
#[cfg(fuzzing)]
pub fn spool(bytes: &[u8]) {
    crate::pipeline::fuzz::spool(bytes);
}

/// Reads `bytes` as the answer of a collector.
#[cfg(fuzzing)]
pub fn otlp_answer(bytes: &[u8]) {
    crate::pipeline::fuzz::answer(bytes);
}

/// Reads `bytes` as a request to the `ipc` scheme, and the context of its sender: lines of the method, the path and
/// headers, an empty line, and the body.
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
    if let Ok(request) = request.body(body)
        && let Parsed::Invoke(request, _) = wire::read(request)
    {
        let both = Propagators {
            trace_context: true,
            baggage: true,
        };
        let _ = propagation::headers::extract(&request.headers, both);
    }
}

/// Reads `bytes` as the headers of a request to the WebSocket bridge: a line for each.
#[cfg(fuzzing)]
pub fn ws_guard(bytes: &[u8]) {
    let lines = bytes.split(|byte| *byte == b'\n');
    let headers = lines.filter_map(|line| {
        let (name, value) = line.split_at_checked(line.iter().position(|byte| *byte == b':')?)?;
        let name = tauri::http::HeaderName::from_bytes(name).ok()?;
        let value = tauri::http::HeaderValue::from_bytes(value.get(1..)?.trim_ascii()).ok()?;
        Some((name, value))
    });
    let mut map = tauri::http::HeaderMap::new();
    for (name, value) in headers {
        map.append(name, value);
    }
    crate::ws_bridge::guard::fuzz(&map);
}

/// Reads `bytes` as a frame of the WebSocket bridge.
#[cfg(fuzzing)]
pub fn ws_frame(bytes: &[u8]) {
    crate::ws_bridge::protocol::fuzz(bytes);
}
