//! The SERVER span of an invoke.
//!
//! Names and attributes follow the semantic conventions for RPC spans
//! (<https://opentelemetry.io/docs/specs/semconv/rpc/rpc-spans/>). The span is made with the
//! OpenTelemetry API and not with `tracing`: it costs a fifth, and its parent is the page's.

use std::{
    sync::Arc,
    time::{Instant, SystemTime},
};

use opentelemetry::{
    Context, KeyValue,
    trace::{SpanBuilder, SpanKind, Status, TraceContextExt, Tracer},
};
use tauri::{Runtime, ipc::InvokeResponse, webview::InvokeRequest};

use super::{
    outcome::{self, Failure},
    pages::Page,
};
use crate::{
    command::{Command, KnownCommands},
    invoke_metrics::{EndedInvoke, InvokeMetrics},
    names::{
        ERROR_TYPE, INVOKE_REQUEST_SIZE, INVOKE_RESPONSE_SIZE, IPC_TRANSPORT, OTHER, RPC_METHOD,
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

/// When an invoke began, by both clocks: the span takes the time of day, the metrics a duration.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Began {
    at: SystemTime,
    instant: Instant,
}

impl Began {
    pub(crate) fn now() -> Self {
        Self {
            at: SystemTime::now(),
            instant: Instant::now(),
        }
    }
}

/// The running span of one invoke. It ends with the response, or as a failure when it is dropped
/// without one, which is what a panic or a forgotten resolver come down to.
#[derive(Debug)]
pub(crate) struct InvokeSpan {
    cx: Context,
    command: Arc<Command>,
    /// Where the command is kept once the answer shows that it exists. `None` if it is kept already.
    keep_in: Option<KnownCommands>,
    /// Whether the name of the command is only the beginning of what the page has sent.
    is_name_truncated: bool,
    /// Whether the plugin sees the response. Of an invoke that Tauri's handlers receive it may know only that there was one.
    sees_response: bool,
    measured: Option<Measured>,
    ended: bool,
}

/// What the metrics of an invoke take.
#[derive(Debug)]
struct Measured {
    metrics: Arc<InvokeMetrics>,
    start: Instant,
    request_size: Option<usize>,
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
        began: Began,
    ) -> Self {
        let mut attributes = Vec::with_capacity(USUAL_ATTRIBUTES);
        attributes.extend([
            KeyValue::new(INVOKE_REQUEST_SIZE, size as i64),
            KeyValue::new(WINDOW_LABEL, page.window_label()),
            KeyValue::new(WEBVIEW_LABEL, page.webview_label.clone()),
        ]);
        attributes.extend(wire);
        let parent = propagation::headers::extract(&request.headers, telemetry.propagators);
        Self::begin(
            telemetry,
            &request.cmd,
            parent,
            attributes,
            Some(size),
            began,
        )
    }

    /// Starts the span of an invoke of which nothing is known but the command, the time and the parent.
    pub(super) fn from_tauri_spans(
        telemetry: &Telemetry,
        cmd: &str,
        parent: Context,
        began: Began,
    ) -> Self {
        Self::begin(telemetry, cmd, parent, Vec::new(), None, began)
    }

    fn begin(
        telemetry: &Telemetry,
        cmd: &str,
        parent: Context,
        mut attributes: Vec<KeyValue>,
        request_size: Option<usize>,
        began: Began,
    ) -> Self {
        let name = truncate(cmd, MAX_METHOD_BYTES);
        let is_name_truncated = name.len() < cmd.len();
        let command = telemetry.commands.get(name);
        let name = &command.name;
        let parent = telemetry.rules.apply(name.as_str(), parent);
        let transport = attributes
            .iter()
            .find(|pair| pair.key.as_str() == IPC_TRANSPORT)
            .cloned();
        attributes.push(rpc_system());
        let builder = SpanBuilder::from_name(name.as_str().to_owned())
            .with_kind(SpanKind::Server)
            .with_start_time(began.at)
            .with_attributes(attributes);
        let span = telemetry.tracer.build_with_context(builder, &parent);
        Self {
            cx: parent.with_value(command.clone()).with_span(span),
            keep_in: (!command.exists()).then(|| telemetry.commands.clone()),
            command,
            is_name_truncated,
            sees_response: request_size.is_some(),
            measured: telemetry.invokes.clone().map(|metrics| {
                metrics.started();
                Measured {
                    metrics,
                    start: began.instant,
                    request_size,
                    transport,
                }
            }),
            ended: false,
        }
    }

    pub(super) fn command(&self) -> &Command {
        &self.command
    }

    /// The context in which the command has to run.
    pub(crate) fn context(&self) -> Context {
        self.cx.clone()
    }

    /// Ends the span with what the command answered.
    pub(crate) fn end(mut self, response: &InvokeResponse) {
        if self.cx.span().is_recording() || self.measured.is_some() {
            let failure = Failure::of(self.command.name.as_str(), response);
            // Only Tauri's own refusals come without a command. They repeat the whole name, so that of a name that was cut
            // is not recognised.
            let is_refused =
                failure.is_some_and(|failure| failure.is_refusal() || self.is_name_truncated);
            let is_known = self.command.exists() || !is_refused;
            if is_known && let Some(commands) = self.keep_in.take() {
                commands.called(&self.command);
            }
            self.finish(is_known, failure, Some(outcome::response_size(response)));
        }
        self.ended = true;
    }

    /// Ends the span of an invoke that was answered, without the answer.
    pub(super) fn end_without_response(mut self) {
        self.finish(self.command.exists(), None, None);
        self.ended = true;
    }

    fn finish(&mut self, is_known: bool, failure: Option<Failure>, response_size: Option<usize>) {
        let span = self.cx.span();
        let name = &self.command.name;
        let method = if is_known {
            name.clone()
        } else {
            span.update_name(OTHER.as_str());
            span.set_attribute(KeyValue::new(RPC_METHOD_ORIGINAL, name.clone()));
            OTHER.clone()
        };
        // Not at the start, because the SDK exports an attribute that is set again twice.
        span.set_attribute(KeyValue::new(RPC_METHOD, method.clone()));
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
                || command.instruments(|| metrics.bind(&command.name)),
                EndedInvoke {
                    method,
                    error_type: failure.map(Failure::error_type),
                    duration: measured.start.elapsed(),
                    request_size: measured.request_size,
                    response_size,
                    transport: measured.transport.clone(),
                },
            );
        }
    }
}

impl Drop for InvokeSpan {
    fn drop(&mut self) {
        if !self.ended {
            // Tauri answers what it refuses, so without an answer there was a command.
            let is_known = self.command.exists() || self.sees_response;
            self.finish(is_known, Some(Failure::of_drop()), None);
        }
    }
}
