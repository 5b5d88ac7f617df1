//! The SERVER span of an invoke.
//!
//! Names and attributes follow the semantic conventions for RPC spans
//! (<https://opentelemetry.io/docs/specs/semconv/rpc/rpc-spans/>). The span is made with the
//! OpenTelemetry API and not with `tracing`: it costs a fifth, and its parent is the page's.

use std::{sync::Arc, time::Instant};

use opentelemetry::{
    Context, KeyValue,
    trace::{SpanBuilder, SpanKind, Status, TraceContextExt, Tracer},
};
use tauri::{Runtime, ipc::InvokeResponse, webview::InvokeRequest};

use super::{
    outcome::{self, Failure},
    pages::{Activity, Page},
};
use crate::{
    command::Command,
    invoke_metrics::{EndedInvoke, InvokeMetrics},
    names::{
        ERROR_TYPE, INVOKE_REQUEST_SIZE, INVOKE_RESPONSE_SIZE, IPC_TRANSPORT, RPC_METHOD,
        RPC_METHOD_ORIGINAL, WEBVIEW_LABEL, WINDOW_LABEL, rpc_system, truncate,
    },
    propagation,
    telemetry::Telemetry,
};

/// A page names the command, so a page could make the name as long as it likes. Real ones are an
/// identifier, or two with the prefix of a plugin.
const MAX_METHOD_BYTES: usize = 256;

/// Five at the start, one of a bridge, and two at the end.
const USUAL_ATTRIBUTES: usize = 8;

/// The running span of one invoke. It ends with the response, or as a failure when it is dropped
/// without one, which is what a panic or a forgotten resolver come down to.
pub(crate) struct InvokeSpan {
    cx: Context,
    command: Arc<Command>,
    /// Whether tauri had called the command before, so that the span has its method.
    is_known: bool,
    activity: Arc<Activity>,
    measured: Option<Measured>,
    ended: bool,
}

/// What the metrics of an invoke take.
struct Measured {
    metrics: Arc<InvokeMetrics>,
    start: Instant,
    request_size: usize,
    transport: Option<KeyValue>,
}

impl InvokeSpan {
    /// Starts the span of `request`, whose body came in as `size` bytes over the wire that has these
    /// attributes.
    pub(crate) fn start<R: Runtime>(
        telemetry: &Telemetry,
        page: &Page<R>,
        request: &InvokeRequest,
        size: usize,
        wire: impl IntoIterator<Item = KeyValue>,
    ) -> Self {
        let command = telemetry
            .commands
            .get(truncate(&request.cmd, MAX_METHOD_BYTES));
        let name = &command.name;
        let parent = telemetry.rules.apply(
            name.as_str(),
            propagation::headers::extract(&request.headers, telemetry.propagators),
        );
        let mut attributes = Vec::with_capacity(USUAL_ATTRIBUTES);
        // A name that the page may have made up is not recorded as a method before the end of the invoke.
        let is_known = command.exists();
        attributes.extend(is_known.then(|| KeyValue::new(RPC_METHOD, name.clone())));
        attributes.extend([
            rpc_system(),
            KeyValue::new(INVOKE_REQUEST_SIZE, size as i64),
            KeyValue::new(WINDOW_LABEL, page.window_label.clone()),
            KeyValue::new(WEBVIEW_LABEL, page.webview_label.clone()),
        ]);
        attributes.extend(wire);
        let transport = attributes
            .iter()
            .find(|pair| pair.key.as_str() == IPC_TRANSPORT)
            .cloned();
        let builder = SpanBuilder::from_name(name.as_str().to_owned())
            .with_kind(SpanKind::Server)
            .with_attributes(attributes);
        let span = telemetry.tracer.build_with_context(builder, &parent);
        let activity = page.activity().clone();
        activity.begin();
        Self {
            cx: parent.with_value(command.clone()).with_span(span),
            command,
            is_known,
            activity,
            measured: telemetry.invokes.clone().map(|metrics| {
                metrics.started();
                Measured {
                    metrics,
                    start: Instant::now(),
                    request_size: size,
                    transport,
                }
            }),
            ended: false,
        }
    }

    /// The context in which the command has to run.
    pub(crate) fn context(&self) -> Context {
        self.cx.clone()
    }

    /// Ends the span with what the command answered.
    pub(crate) fn end(mut self, response: &InvokeResponse) {
        if self.cx.span().is_recording() || self.measured.is_some() {
            let failure = Failure::of(self.command.name.as_str(), response);
            self.finish(failure, Some(outcome::response_size(response)));
        }
        self.ended = true;
    }

    fn finish(&mut self, failure: Option<Failure>, response_size: Option<usize>) {
        let span = self.cx.span();
        let method = self
            .command
            .method(failure.is_some_and(Failure::is_refusal));
        if !self.is_known {
            let name = &self.command.name;
            span.set_attribute(KeyValue::new(RPC_METHOD, method.clone()));
            if method != name {
                span.update_name(method.as_str().to_owned());
                span.set_attribute(KeyValue::new(RPC_METHOD_ORIGINAL, name.clone()));
            }
        }
        if let Some(size) = response_size {
            span.set_attribute(KeyValue::new(INVOKE_RESPONSE_SIZE, size as i64));
        }
        if let Some(failure) = failure {
            span.set_attribute(KeyValue::new(ERROR_TYPE, failure.error_type()));
            span.set_status(Status::error(failure.description()));
        }
        span.end();
        if let Some(measured) = &self.measured {
            let (command, metrics) = (&self.command, &measured.metrics);
            metrics.ended(
                command.bound(|| metrics.bind(&command.name)),
                EndedInvoke {
                    method,
                    error_type: failure.map(Failure::error_type),
                    duration: measured.start.elapsed(),
                    request: measured.request_size,
                    response: response_size,
                    transport: measured.transport.clone(),
                },
            );
        }
    }
}

impl Drop for InvokeSpan {
    fn drop(&mut self) {
        self.activity.end();
        if !self.ended {
            self.finish(Some(Failure::of_drop()), None);
        }
    }
}
