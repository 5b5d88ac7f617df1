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
    command::Command,
    outcome::{self, Failure},
    pages::{Activity, Page},
};
use crate::{
    invoke_metrics::InvokeMetrics,
    names::{
        ERROR_TYPE, IPC_TRANSPORT, RPC_REQUEST_SIZE, RPC_RESPONSE_SIZE, WEBVIEW_LABEL,
        WINDOW_LABEL, rpc, truncate,
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
        let [system, method] = rpc(name.clone());
        let mut attributes = Vec::with_capacity(USUAL_ATTRIBUTES);
        attributes.extend([
            system,
            method,
            KeyValue::new(RPC_REQUEST_SIZE, size as i64),
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
        if let Some(size) = response_size {
            span.set_attribute(KeyValue::new(RPC_RESPONSE_SIZE, size as i64));
        }
        if let Some(failure) = failure {
            span.set_attribute(KeyValue::new(ERROR_TYPE, failure.error_type()));
            span.set_status(Status::error(failure.description()));
        }
        span.end();
        if let Some(measured) = &self.measured {
            measured.metrics.ended(
                &self.command,
                failure,
                measured.start.elapsed(),
                measured.request_size,
                response_size,
                measured.transport.clone(),
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
