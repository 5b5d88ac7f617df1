//! The frames of the bridge: JSON text, one object each.
//!
//! | from the page | |
//! |---|---|
//! | `{"id", "cmd", "args"?, "headers"?, "traceparent"?, "tracestate"?}` | a request |
//! | `{"id", "cmd", "base64", …}` | the same, with a raw body |
//! | `{"subscribe": event}`, `{"unsubscribe": event}` | events for this connection |
//!
//! | to the page | |
//! |---|---|
//! | `{"id", "result"}`, `{"id", "base64"}`, `{"id", "error"}` | the answer, in any order |
//! | `{"id": null, "error"}` | a frame was refused |
//! | `{"subscribed": event}`, `{"event", "payload"}` | an event; with `callback` and `eventId` for a `listen` of `@tauri-apps/api` |
//! | `{"channel", "index", "message"}`, `{"channel", "index", "base64"}` | a message of a channel |
//! | `{"announced": {"channel", "index", "traceparent"?, "tracestate"?}}` | the trace of a message that comes next |
//!
//! What is read here comes from outside: nothing panics, and everything that is not exactly a frame is
//! refused. The size of a frame is limited by who reads it from the socket, its depth by `serde_json`.

use std::collections::BTreeMap;

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json, value::RawValue};
use tauri::{
    http::{HeaderMap, HeaderName, HeaderValue},
    ipc::{InvokeBody, InvokeResponse, InvokeResponseBody},
};

/// More headers than any invoke has: a command that takes a raw body has its few arguments here.
const MAX_HEADERS: usize = 64;

/// What a frame asks for.
#[derive(Debug)]
pub(super) enum Incoming {
    Request(Request),
    Subscribe(String),
    Unsubscribe(String),
}

/// A command to run.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) id: u32,
    pub(super) cmd: String,
    pub(super) body: InvokeBody,
    pub(super) headers: HeaderMap,
}

/// All keys that a frame can have.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Frame {
    id: Option<u32>,
    cmd: Option<String>,
    #[serde(default, deserialize_with = "present")]
    args: Option<Value>,
    base64: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    traceparent: Option<String>,
    tracestate: Option<String>,
    subscribe: Option<String>,
    unsubscribe: Option<String>,
}

/// `null` is an argument like any other.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// Reads one frame.
///
/// # Errors
/// What is wrong with it, to be told to its sender.
pub(super) fn read(frame: &[u8]) -> Result<Incoming, String> {
    let frame: Frame = serde_json::from_slice(frame).map_err(|error| error.to_string())?;
    match frame {
        Frame {
            id: Some(id),
            cmd: Some(cmd),
            args,
            base64,
            headers: given,
            traceparent,
            tracestate,
            subscribe: None,
            unsubscribe: None,
        } => {
            let body = match (args, base64) {
                (Some(_), Some(_)) => return Err("either args or base64".to_owned()),
                (None, Some(text)) => InvokeBody::Raw(
                    BASE64_STANDARD
                        .decode(text)
                        .map_err(|error| format!("base64: {error}"))?,
                ),
                (Some(args), None) => InvokeBody::Json(args),
                (None, None) => InvokeBody::Json(json!({})),
            };
            let context = [("traceparent", traceparent), ("tracestate", tracestate)];
            let context = context
                .into_iter()
                .filter_map(|(name, value)| Some((name.to_owned(), value?)));
            Ok(Incoming::Request(Request {
                id,
                cmd,
                body,
                headers: headers(given.into_iter().chain(context))?,
            }))
        }
        Frame {
            id: None,
            cmd: None,
            subscribe: Some(event),
            unsubscribe: None,
            ..
        } => Ok(Incoming::Subscribe(event)),
        Frame {
            id: None,
            cmd: None,
            subscribe: None,
            unsubscribe: Some(event),
            ..
        } => Ok(Incoming::Unsubscribe(event)),
        _ => Err("a frame has an id and a cmd, or subscribe, or unsubscribe".to_owned()),
    }
}

fn headers(given: impl Iterator<Item = (String, String)>) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for (name, value) in given {
        if headers.len() == MAX_HEADERS {
            return Err(format!("more than {MAX_HEADERS} headers"));
        }
        let name: HeaderName = name
            .parse()
            .map_err(|_| format!("{name:?} is no name of a header"))?;
        let value: HeaderValue = value
            .parse()
            .map_err(|_| format!("the header {name} has a value that no header can have"))?;
        headers.insert(name, value);
    }
    Ok(headers)
}

/// The frame that answers the request with this id.
pub(super) fn answer(id: u32, response: InvokeResponse) -> String {
    match response {
        InvokeResponse::Ok(InvokeResponseBody::Json(text)) => match RawValue::from_string(text) {
            Ok(json) => format!(r#"{{"id":{id},"result":{json}}}"#),
            Err(error) => failure(id, &json!(format!("the answer is no JSON: {error}"))),
        },
        InvokeResponse::Ok(InvokeResponseBody::Raw(bytes)) => {
            let base64 = BASE64_STANDARD.encode(bytes);
            format!(r#"{{"id":{id},"base64":"{base64}"}}"#)
        }
        InvokeResponse::Err(error) => failure(id, &error.0),
    }
}

fn failure(id: u32, error: &Value) -> String {
    format!(r#"{{"id":{id},"error":{error}}}"#)
}

/// The frame that refuses another.
pub(super) fn refusal(message: &str) -> String {
    json!({ "id": null, "error": message }).to_string()
}

/// The frame that says that events of this name will come.
pub(super) fn subscribed(event: &str) -> String {
    json!({ "subscribed": event }).to_string()
}

/// An event; `listener` is the callback and the id of a `listen` of `@tauri-apps/api`.
pub(super) fn event(name: &str, payload: &str, listener: Option<(u32, u32)>) -> String {
    let name = json!(name);
    // An app that emits text of its own may emit anything.
    let payload = serde_json::from_str::<&RawValue>(payload)
        .map_or_else(|_| json!(payload).to_string(), |json| json.to_string());
    match listener {
        None => format!(r#"{{"event":{name},"payload":{payload}}}"#),
        Some((callback, id)) => format!(
            r#"{{"event":{name},"payload":{payload},"callback":{callback},"eventId":{id}}}"#
        ),
    }
}

/// A message of a channel.
pub(super) fn channel(id: u32, index: usize, body: &InvokeResponseBody) -> String {
    match body {
        InvokeResponseBody::Json(text) => {
            let message = match serde_json::from_str::<&RawValue>(text) {
                Ok(json) => json.get().to_owned(),
                Err(_) => json!(text).to_string(),
            };
            format!(r#"{{"channel":{id},"index":{index},"message":{message}}}"#)
        }
        InvokeResponseBody::Raw(bytes) => {
            let base64 = BASE64_STANDARD.encode(bytes);
            format!(r#"{{"channel":{id},"index":{index},"base64":"{base64}"}}"#)
        }
    }
}

/// What is said of a message of a channel ahead of it, which is JSON.
pub(super) fn announcement(json: &str) -> String {
    format!(r#"{{"announced":{json}}}"#)
}

/// Reads anything as a frame, and writes it into one, which then has to be JSON.
#[cfg(fuzzing)]
pub(crate) fn fuzz(bytes: &[u8]) {
    let _ = read(bytes);
    let text = String::from_utf8_lossy(bytes);
    let body = InvokeResponseBody::Json(text.clone().into_owned());
    for frame in [
        event(&text, &text, None),
        channel(0, 0, &body),
        answer(0, InvokeResponse::Ok(body)),
    ] {
        serde_json::from_str::<&RawValue>(&frame).expect("a frame is JSON");
    }
}

#[cfg(test)]
mod tests {
    use tauri::ipc::InvokeError;

    use super::*;

    fn request(frame: &str) -> Request {
        match read(frame.as_bytes()) {
            Ok(Incoming::Request(request)) => request,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_request_carries_its_arguments_and_its_trace() {
        let frame = r#"{"id":4294967295,"cmd":"greet","args":{"name":"you"},
            "headers":{"Path":"a"},"traceparent":"00-1-2-01","tracestate":"a=b"}"#;
        let request = request(frame);
        assert_eq!((request.id, request.cmd.as_str()), (u32::MAX, "greet"));
        assert!(matches!(request.body, InvokeBody::Json(args) if args == json!({"name": "you"})));
        assert_eq!(request.headers["traceparent"], "00-1-2-01");
        assert_eq!(request.headers["tracestate"], "a=b");
        assert_eq!(request.headers["path"], "a");
    }

    #[test]
    fn absent_arguments_are_an_empty_object_and_null_is_null() {
        let json = |frame| match request(frame).body {
            InvokeBody::Json(args) => args,
            InvokeBody::Raw(bytes) => panic!("{bytes:?}"),
        };
        assert_eq!(json(r#"{"id":0,"cmd":"a"}"#), json!({}));
        assert_eq!(json(r#"{"id":0,"cmd":"a","args":null}"#), Value::Null);
        assert_eq!(json(r#"{"id":0,"cmd":"a","args":[1]}"#), json!([1]));
    }

    #[test]
    fn base64_is_a_raw_body() {
        let body = request(r#"{"id":0,"cmd":"a","base64":"AQID"}"#).body;
        assert!(matches!(body, InvokeBody::Raw(bytes) if bytes == [1, 2, 3]));
    }

    #[test]
    fn what_is_no_frame_is_refused() {
        let deep = format!("{}{}", r#"{"id":1,"cmd":"a","args":"#, "[".repeat(100_000));
        for frame in [
            "",
            "null",
            "[]",
            "{}",
            "{\"id\":1}",
            r#"{"cmd":"a"}"#,
            r#"{"id":-1,"cmd":"a"}"#,
            r#"{"id":4294967296,"cmd":"a"}"#,
            r#"{"id":1.5,"cmd":"a"}"#,
            r#"{"id":"1","cmd":"a"}"#,
            r#"{"id":null,"cmd":"a"}"#,
            r#"{"id":1,"cmd":null}"#,
            r#"{"id":1,"id":2,"cmd":"a"}"#,
            r#"{"id":1,"cmd":"a","unknown":1}"#,
            r#"{"id":1,"cmd":"a","args":1,"base64":""}"#,
            r#"{"id":1,"cmd":"a","base64":"?"}"#,
            r#"{"id":1,"cmd":"a","headers":{"a b":"c"}}"#,
            r#"{"id":1,"cmd":"a","headers":{"a":"\n"}}"#,
            r#"{"id":1,"cmd":"a","traceparent":"\u0000"}"#,
            r#"{"id":1,"cmd":"a","subscribe":"b"}"#,
            r#"{"subscribe":"a","unsubscribe":"b"}"#,
            r#"{"id":1,"cmd":"a"} {}"#,
            deep.as_str(),
        ] {
            assert!(read(frame.as_bytes()).is_err(), "{frame:.80}");
        }
        assert!(read(b"{\"id\":1,\"cmd\":\"\xff\"}").is_err(), "no UTF-8");
    }

    #[test]
    fn every_answer_says_what_it_answers() {
        let ok = |body| answer(7, InvokeResponse::Ok(body));
        let json = |text: &str| ok(InvokeResponseBody::Json(text.to_owned()));
        assert_eq!(json("null"), r#"{"id":7,"result":null}"#);
        assert_eq!(json("[1]"), r#"{"id":7,"result":[1]}"#);
        assert!(json("1,\"x\":2").starts_with(r#"{"id":7,"error":"the answer is no JSON"#));
        assert_eq!(
            ok(InvokeResponseBody::Raw(vec![1, 2, 3])),
            r#"{"id":7,"base64":"AQID"}"#
        );
        let error = InvokeResponse::Err(InvokeError(json!({"code": 1})));
        assert_eq!(answer(7, error), r#"{"id":7,"error":{"code":1}}"#);
    }

    #[test]
    fn an_event_that_is_no_json_is_text() {
        assert_eq!(event("a", "[1]", None), r#"{"event":"a","payload":[1]}"#);
        assert_eq!(
            event("a", "x}", Some((1, 2))),
            r#"{"event":"a","payload":"x}","callback":1,"eventId":2}"#
        );
    }
}
