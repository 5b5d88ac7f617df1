//! Events.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;
use tauri::{AppHandle, Emitter, EventTarget, Manager, Runtime};
use tracebaton::TraceContext;

use crate::ipc;

/// Emits events whose listeners in a page continue the trace.
///
/// A listener is the `listen` of `tauri-plugin-opentelemetry-api/events`. Every other listener, in a page or in Rust, receives the same event as
/// from [`Emitter`].
///
/// The event is emitted on the main thread. From another thread, these methods do not wait for that, as [`Emitter`] does with Tauri's
/// feature `tracing`; what fails there, because a webview is gone, is not reported.
///
/// ```
/// use tauri_plugin_opentelemetry::TracedEmitter;
///
/// #[tauri::command]
/// async fn download(app: tauri::AppHandle) -> tauri::Result<()> {
///     // The handler of the page becomes a child of the span of this command.
///     app.emit_traced("download-finished", 3)?;
///     app.emit_traced_to("settings", "download-finished", 3)
/// }
/// ```
pub trait TracedEmitter<R: Runtime>: Emitter<R> + Manager<R> {
    /// Emits to all targets, as [`Emitter::emit`] does.
    ///
    /// # Errors
    /// If the name of the event is not valid, the payload cannot be serialized, or the app ends.
    fn emit_traced<S: Serialize>(&self, event: &str, payload: S) -> tauri::Result<()> {
        emit(self.app_handle(), event, &payload, |app, event, payload| {
            app.emit_str(event, payload)
        })
    }

    /// Emits to one target, as [`Emitter::emit_to`] does.
    ///
    /// # Errors
    /// If the name of the event is not valid, the payload cannot be serialized, or the app ends.
    fn emit_traced_to<I: Into<EventTarget>, S: Serialize>(
        &self,
        target: I,
        event: &str,
        payload: S,
    ) -> tauri::Result<()> {
        let target = target.into();
        emit(
            self.app_handle(),
            event,
            &payload,
            move |app, event, payload| app.emit_str_to(target.clone(), event, payload),
        )
    }
}

impl<R: Runtime, T: Emitter<R> + Manager<R>> TracedEmitter<R> for T {}

/// What the events around an event say: `opens` is there in the first of the two.
#[derive(Serialize)]
struct Bracket<'a> {
    id: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    opens: Option<&'a TraceContext>,
}

fn emit<R: Runtime>(
    app: &AppHandle<R>,
    event: &str,
    payload: &impl Serialize,
    emit: impl Fn(&AppHandle<R>, &str, String) -> tauri::Result<()> + Send + 'static,
) -> tauri::Result<()> {
    static BRACKETS: AtomicU64 = AtomicU64::new(0);

    // What can fail here fails before the event is on its way.
    if !ipc::is_event_name(event) {
        return Err(tauri::Error::IllegalEventName(event.to_owned()));
    }
    let payload = serde_json::to_string(payload)?;
    let context = TraceContext::current().without_baggage();
    let (main_thread, event) = (app.clone(), event.to_owned());
    app.run_on_main_thread(move || {
        let emit = |event: &str, payload| {
            // A webview that is gone needs no event.
            let _ = emit(&main_thread, event, payload);
        };
        if context.is_empty() {
            return emit(&event, payload);
        }
        let id = BRACKETS.fetch_add(1, Ordering::Relaxed);
        let around = format!("opentelemetry:{event}");
        let bracket = |opens| {
            if let Ok(bracket) = serde_json::to_string(&Bracket { id, opens }) {
                emit(&around, bracket);
            }
        };
        bracket(Some(&context));
        emit(&event, payload);
        bracket(None);
    })
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use opentelemetry::{
        Context, KeyValue, SpanId, TraceFlags, TraceId,
        baggage::BaggageExt,
        trace::{SpanContext, TraceContextExt, TraceState},
    };
    use serde_json::{Value, json};
    use tauri::{Listener, test};

    use super::*;

    fn in_a_span() -> Context {
        let span = SpanContext::new(
            TraceId::from(1),
            SpanId::from(2),
            TraceFlags::SAMPLED,
            false,
            TraceState::default(),
        );
        Context::new()
            .with_baggage([KeyValue::new("user", "1")])
            .with_remote_span_context(span)
    }

    /// What listeners of `tick` and of its brackets receive, in order.
    fn received(
        emit: impl FnOnce(&tauri::AppHandle<test::MockRuntime>),
    ) -> Vec<(&'static str, Value)> {
        let app = test::mock_app();
        let (sender, receiver) = mpsc::channel();
        for event in ["tick", "opentelemetry:tick"] {
            let sender = sender.clone();
            app.listen_any(event, move |heard| {
                let payload = serde_json::from_str(heard.payload()).unwrap();
                sender.send((event, payload)).unwrap();
            });
        }
        emit(app.handle());
        receiver.try_iter().collect()
    }

    #[test]
    fn an_event_in_a_span_is_bracketed_and_its_payload_stays_what_it_was() {
        for to in [false, true] {
            let heard = received(|app| {
                let _context = in_a_span().attach();
                let payload = json!({ "done": 7 });
                if to {
                    app.emit_traced_to("main", "tick", payload).unwrap();
                } else {
                    app.emit_traced("tick", payload).unwrap();
                }
            });
            let [(first, opens), (second, payload), (third, closes)] = &heard[..] else {
                panic!("{heard:?}");
            };
            assert_eq!(
                [*first, second, third],
                ["opentelemetry:tick", "tick", "opentelemetry:tick"]
            );
            assert_eq!(*payload, json!({ "done": 7 }));
            let context = json!({
                "traceparent": "00-00000000000000000000000000000001-0000000000000002-01",
            });
            assert_eq!(opens["opens"], context, "without the baggage");
            assert_eq!(*closes, json!({ "id": opens["id"] }));
        }
    }

    #[test]
    fn without_a_span_it_is_the_plain_event() {
        let heard = received(|app| app.emit_traced("tick", 7).unwrap());
        assert_eq!(heard, [("tick", json!(7))]);
    }

    #[test]
    fn a_name_that_tauri_refuses_is_an_error() {
        let _context = in_a_span().attach();
        assert!(test::mock_app().emit_traced("no such name\r", 7).is_err());
    }
}
