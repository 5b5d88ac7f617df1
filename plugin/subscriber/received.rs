//! Listens to the spans by which Tauri's own handlers tell of an invoke: see [`crate::ipc::Received`].

use std::{cell::RefCell, fmt};

use opentelemetry::{Context, ContextGuard};
use tauri::{
    Url,
    http::{HeaderMap, HeaderValue},
};
use tracing::{
    Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{Layer, layer, registry::LookupSpan};

use super::{RUNNING, tauri_spans::TauriSpan};
use crate::{
    ipc::{self, OpenInvoke, Received},
    propagation,
};

thread_local! {
    /// What wry hands to Tauri on this thread, the innermost last: a command that waits in an event loop of its own can
    /// have others handed over inside of it.
    static HANDED_OVER: RefCell<Vec<HandedOver>> = const { RefCell::new(Vec::new()) };
}

/// A message or request that wry hands to Tauri, for as long as that takes.
struct HandedOver {
    /// Its span of wry.
    span: Id,
    /// The context of the page that sent it, as far as its URL tells: `tracestate` and baggage do not come this way.
    page: Context,
    /// Makes the invoke in it the current one of this thread, until Tauri's handler returns.
    _current: Option<ContextGuard>,
}

/// Runs `with` with the innermost of what is handed over, if that is `span`.
fn innermost<T>(span: &Id, with: impl FnOnce(&mut HandedOver) -> T) -> Option<T> {
    HANDED_OVER.with_borrow_mut(|all| {
        let last = all.last_mut().filter(|last| last.span == *span)?;
        Some(with(last))
    })
}

/// Makes a [`Received`] of every invoke that Tauri's own handlers receive.
pub(super) struct ReceivedLayer;

impl<S> Layer<S> for ReceivedLayer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, cx: layer::Context<'_, S>) {
        match TauriSpan::at(attributes.metadata()) {
            // It is entered right away, and exited when Tauri's handler returns.
            Some(TauriSpan::Message | TauriSpan::SchemeRequest) => {
                HANDED_OVER.with_borrow_mut(|all| {
                    all.push(HandedOver {
                        span: id.clone(),
                        page: Context::new(),
                        _current: None,
                    });
                });
            }
            Some(TauriSpan::Handle) => receive(attributes, id, &cx),
            Some(TauriSpan::Respond) => {
                let handle = attributes.parent().and_then(|parent| cx.span(parent));
                let received = handle.and_then(|handle| {
                    let extensions = handle.extensions();
                    Some(extensions.get::<OpenInvoke>()?.received().clone())
                });
                if let Some(received) = received {
                    received.answered();
                }
            }
            Some(TauriSpan::Run | TauriSpan::Emit) | None => {}
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: layer::Context<'_, S>) {
        innermost(id, |handed_over| {
            let mut text = Text {
                field: "uri",
                value: None,
            };
            values.record(&mut text);
            if let Some(page) = text.value.as_deref().and_then(context_of_url) {
                handed_over.page = page;
            }
        });
    }

    fn on_exit(&self, id: &Id, _: layer::Context<'_, S>) {
        // Dropped only when the list is free again: the end of an invoke may be recorded on the way.
        let _done = HANDED_OVER.with_borrow_mut(|all| all.pop_if(|last| last.span == *id));
    }
}

/// Keeps an invoke with the span that tells of it, and makes it the current one for as long as it is handed over. Without
/// a span of wry around it, nobody knows when that ends. Then it does not become current, so that it is not taken for the
/// next invoke of this thread.
fn receive<S>(attributes: &Attributes<'_>, id: &Id, cx: &layer::Context<'_, S>)
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let mut cmd = Text {
        field: "cmd",
        value: None,
    };
    attributes.record(&mut cmd);
    let (Some(cmd), Some(running), Some(span)) = (cmd.value, RUNNING.get(), cx.span(id)) else {
        return;
    };
    let enclosing = cx.lookup_current().map(|current| current.id());
    let page = enclosing
        .as_ref()
        .and_then(|enclosing| innermost(enclosing, |handed_over| handed_over.page.clone()));
    let received = Received::open(
        running.telemetry.clone(),
        cmd,
        page.clone().unwrap_or_default(),
    );
    if let Some(enclosing) = enclosing.filter(|_| page.is_some()) {
        let invoke = match &received {
            Some(received) => received.context(),
            None => Context::new().with_telemetry_suppressed(),
        };
        let current = invoke.attach();
        innermost(&enclosing, |handed_over| {
            handed_over._current = Some(current);
        });
    }
    if let Some(received) = received {
        if !running.tauri_answers_ipc {
            ipc::explain_what_is_missing(ipc::BY_POST_MESSAGE);
        }
        span.extensions_mut().insert(received);
    }
}

/// The context that a page wrote into the query of a request, because Tauri's handler shows its headers to nobody.
fn context_of_url(url: &str) -> Option<Context> {
    let url = Url::parse(url).ok()?;
    let (_, parent) = url.query_pairs().find(|(name, _)| name == "traceparent")?;
    let mut headers = HeaderMap::new();
    headers.insert("traceparent", HeaderValue::from_str(&parent).ok()?);
    let propagators = RUNNING.get()?.telemetry.propagators;
    Some(propagation::headers::extract(&headers, propagators))
}

/// Reads one field that is a text.
struct Text {
    field: &'static str,
    value: Option<String>,
}

impl Visit for Text {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == self.field {
            self.value = Some(value.to_owned());
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}
