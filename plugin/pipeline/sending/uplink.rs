//! Sends the requests of one signal to its collector, and keeps on disk those that cannot be sent now.

mod component;
mod faults;
mod tenant;
#[cfg(test)]
pub(super) mod tests;

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use opentelemetry::KeyValue;
use parking_lot::Mutex;

use self::{faults::KeptFaults, tenant::tenant};
use super::{
    client::{Cause, Client, MAX_SHOWN_BYTES, PartialSuccess, SendError},
    collector::{Collector, Collectors},
    encoded,
    request::ExportRequest,
    wake::Wake,
};
use crate::{
    config::{Otlp, Signal, SpoolLimits},
    diagnostics,
    names::truncate,
    pipeline::{
        gate::Gate,
        health::{Health, Loss},
        keeping::{
            SpoolKey,
            spool::{Addressee, Claim, Spool},
        },
    },
};

/// The largest body that is sent. Receivers of gRPC refuse messages above 4 MiB unless they are configured otherwise; the
/// rest is headroom for a proxy that adds to the request.
const MAX_BODY_BYTES: usize = 4 * 1024 * 1024 - 64 * 1024;

/// A request as Protobuf, and the number of its items.
#[derive(Debug, Clone)]
struct Piece {
    request: Arc<[u8]>,
    items: usize,
}

impl Piece {
    fn new<R: ExportRequest>(request: &R) -> Self {
        Self {
            request: request.encode_to_vec().into(),
            items: request.items(),
        }
    }
}

/// What became of a request.
enum Outcome {
    /// It was answered for good, or can never be sent, and was counted.
    Done,
    /// It can be sent later; `sent` if it was sent now as well, in vain.
    Later { sent: bool },
    /// It can only be sent in smaller pieces.
    TooLarge,
}

#[derive(Debug)]
pub(crate) struct Uplink {
    client: Client,
    signal: Signal,
    /// The endpoint as it may be shown: without a user and password.
    shown: String,
    /// The uplink in the health metrics.
    attributes: Vec<KeyValue>,
    /// The setting it came from.
    source: String,
    /// Whether it names the port; the one that URLs have by default is not OTLP's.
    has_port: bool,
    collector: Arc<Collector>,
    /// `None` if nothing is to be kept.
    spool: Option<Spool>,
    /// Held while a request is on its way, of which there is never more than one.
    in_flight: Mutex<()>,
    /// The pieces of the current request that are not answered; the last one is sent next. If the app ends first, they are
    /// kept.
    unanswered: Mutex<Vec<Piece>>,
    kept_faults: KeptFaults,
    health: Arc<Health>,
    wake: Arc<Wake>,
    gate: Arc<Gate>,
    /// Whether the refusal that lasts was reported: of a request, or of some of its items. A series of refusals is one message.
    is_refusal_reported: AtomicBool,
}

/// What the uplinks of all signals share.
pub(crate) struct SharedBySignals<'a> {
    pub(crate) collectors: &'a mut Collectors,
    /// `None` if nothing is to be kept.
    pub(crate) spool_folder: Option<PathBuf>,
    pub(crate) spool_limits: SpoolLimits,
    /// `None` if what is kept is not encrypted.
    pub(crate) spool_key: Option<Arc<SpoolKey>>,
    pub(crate) wake: Arc<Wake>,
    pub(crate) gate: Arc<Gate>,
}

impl Uplink {
    /// `None`, and a word to the developer, if nothing can be sent with this configuration.
    pub(crate) fn new(
        signal: Signal,
        otlp: &Otlp,
        health: Arc<Health>,
        shared: &mut SharedBySignals<'_>,
    ) -> Option<Self> {
        let shown = otlp.public_endpoint();
        let client = Client::new(signal, otlp)
            .inspect_err(|error| {
                diagnostics::error(format_args!(
                    "cannot export {} to {shown}: {error}",
                    signal.name()
                ));
            })
            .ok()?;
        let addressee = Addressee {
            signal: signal as u8,
            tenant: tenant(otlp),
            key: 0,
        };
        let (limits, key) = (shared.spool_limits, shared.spool_key.clone());
        Some(Self {
            client,
            signal,
            shown: shown.to_string(),
            attributes: component::attributes(signal, otlp),
            source: otlp.endpoint_source.clone(),
            has_port: otlp.endpoint.port().is_some(),
            collector: shared.collectors.at(&otlp.endpoint),
            spool: shared.spool_folder.as_ref().map(|folder| {
                let folder = folder.join(signal.name());
                Spool::new(folder, addressee, limits, key, health.clone())
            }),
            in_flight: Mutex::default(),
            unanswered: Mutex::default(),
            kept_faults: KeptFaults::default(),
            health,
            wake: shared.wake.clone(),
            gate: shared.gate.clone(),
            is_refusal_reported: AtomicBool::new(false),
        })
    }

    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    /// The attributes of the health metrics.
    pub(crate) fn attributes(&self) -> &[KeyValue] {
        &self.attributes
    }

    pub(crate) fn collector(&self) -> &Collector {
        &self.collector
    }

    pub(crate) fn spool(&self) -> Option<&Spool> {
        self.spool.as_ref()
    }

    /// Whether anything may be sent or kept.
    pub(crate) fn may_send(&self) -> bool {
        self.gate.is_open()
    }

    /// Takes over a request, so that [`keep_unanswered`](Self::keep_unanswered) keeps it if the app ends before it is sent.
    pub(crate) fn accept<R: ExportRequest>(&self, request: &R) {
        *self.unanswered.lock() = vec![Piece::new(request)];
    }

    /// Sends the accepted request. Splits it if it is too large, stores it in the spool if the collector does not take it
    /// now, and deletes it if there is no consent.
    pub(crate) fn deliver(&self) {
        loop {
            if !self.may_send() {
                return self.unanswered.lock().clear();
            }
            let Some(piece) = self.unanswered.lock().last().cloned() else {
                return;
            };
            let outcome = self.attempt(&piece);
            // `keep_unanswered` or `forget_unanswered` took all pieces out meanwhile.
            if self.unanswered.lock().pop().is_none() {
                return;
            }
            match outcome {
                Outcome::Done => self.kept_faults.new_request_finished(true),
                Outcome::TooLarge => {
                    let halves = self.halves(&piece);
                    self.unanswered.lock().extend(halves);
                }
                Outcome::Later { .. } => {
                    self.kept_faults.new_request_finished(false);
                    self.store(&piece);
                    return self.keep_unanswered();
                }
            }
        }
    }

    /// Keeps a request without an attempt to send it.
    pub(crate) fn keep<R: ExportRequest>(&self, request: &R) {
        self.store(&Piece::new(request));
    }

    /// Stores the pieces of the accepted request that the collector has not answered. For the end of the app, and for a
    /// collector that takes nothing now.
    pub(crate) fn keep_unanswered(&self) {
        let unanswered = std::mem::take(&mut *self.unanswered.lock());
        for piece in &unanswered {
            self.store(piece);
        }
    }

    /// Deletes the pieces of the accepted request that the collector has not answered. A piece that was sent already may
    /// still arrive.
    pub(crate) fn forget_unanswered(&self) {
        self.unanswered.lock().clear();
    }

    fn store(&self, piece: &Piece) {
        let Some(_pass) = self.gate.pass() else {
            return;
        };
        let stored = self
            .spool
            .as_ref()
            .is_some_and(|spool| spool.store(&piece.request, piece.items));
        if stored {
            self.wake.stored();
        } else {
            self.health.lost(Loss::Unreachable, piece.items);
        }
    }

    /// `None` if there is only one item.
    fn split(&self, piece: &Piece) -> Option<[Piece; 2]> {
        let halves = encoded::split(self.signal, &piece.request)?;
        Some(halves.map(|(request, items)| Piece {
            request: request.into(),
            items,
        }))
    }

    /// The halves of a piece that is too large. One that has no halves is lost.
    fn halves(&self, piece: &Piece) -> Vec<Piece> {
        self.split(piece).map(Vec::from).unwrap_or_else(|| {
            self.health.lost(Loss::TooLarge, piece.items);
            if !self.is_refusal_reported.swap(true, Ordering::Relaxed) {
                diagnostics::error(format_args!(
                    "dropped one item of the {}, which has {} bytes as Protobuf: that is more than {} takes",
                    self.signal.name(),
                    piece.request.len(),
                    self.shown
                ));
            }
            Vec::new()
        })
    }

    /// Delivers the next request of a claimed file and returns its bytes; `None` if there is none, or none can be delivered
    /// now. A request that is too large goes behind the others in halves, and so does one that [`KeptFaults`] blames.
    pub(crate) fn replay(&self, spool: &Spool, claim: &mut Claim) -> Option<usize> {
        if !self.may_send() || self.kept_faults.is_resting() {
            return None;
        }
        let record = spool.next(claim)?;
        let piece = Piece {
            request: record.body.into(),
            items: record.items,
        };
        let again = match self.attempt(&piece) {
            Outcome::Done => Vec::new(),
            Outcome::TooLarge => self.halves(&piece),
            Outcome::Later { sent } => {
                if !sent || !self.kept_faults.count_failure() {
                    return None;
                }
                self.split(&piece)
                    .map_or_else(|| vec![piece.clone()], Vec::from)
            }
        };
        if !again.is_empty() {
            // A denial waits for it, and then deletes what is stored here.
            let _pass = self.gate.pass()?;
            let store =
                |piece: &Piece| spool.store_again(claim, record.time, &piece.request, piece.items);
            // While the disk takes nothing, the request stays where it is.
            if !again.iter().all(store) {
                self.kept_faults.rest();
                return None;
            }
        }
        self.kept_faults.reset_failures();
        spool.delivered(claim);
        Some(piece.request.len())
    }

    /// Sends a piece if it may be sent.
    fn attempt(&self, piece: &Piece) -> Outcome {
        let Some(body) = self.client.body(&piece.request) else {
            self.health.lost(Loss::Undeliverable, piece.items);
            return Outcome::Done;
        };
        if body.len() > MAX_BODY_BYTES {
            Outcome::TooLarge
        } else if self.collector.admits() {
            self.send(&body, piece.items)
        } else {
            Outcome::Later { sent: false }
        }
    }

    /// Sends the body of a request, and counts what became of it.
    fn send(&self, body: &[u8], items: usize) -> Outcome {
        let in_flight = self.in_flight.lock();
        let result = self.client.send(body);
        drop(in_flight);
        match result {
            Ok(partial) => {
                self.answered();
                let rejected = partial.rejected.min(items);
                self.health.exported(items - rejected);
                self.health.lost(Loss::Rejected, rejected);
                let is_partial = partial != PartialSuccess::default();
                if !self.is_refusal_reported.swap(is_partial, Ordering::Relaxed) && is_partial {
                    self.report_partial(&partial);
                }
                Outcome::Done
            }
            Err(SendError::Refused {
                cause: Cause::TooLarge,
                ..
            }) => {
                self.answered();
                Outcome::TooLarge
            }
            Err(failure @ SendError::Refused { .. }) => {
                self.answered();
                self.health.lost(Loss::Refused, items);
                if !self.is_refusal_reported.swap(true, Ordering::Relaxed) {
                    self.report(&self.shown, &failure);
                }
                Outcome::Done
            }
            Err(failure) => {
                let retry_after = match &failure {
                    SendError::Busy { retry_after, .. } => *retry_after,
                    _ => None,
                };
                if self.collector.failed(retry_after) {
                    self.report(&self.collector.origin, &failure);
                }
                Outcome::Later { sent: true }
            }
        }
    }

    fn answered(&self) {
        if self.collector.answered() {
            diagnostics::info(format_args!("{} is back", self.collector.origin));
        }
        self.wake.answered();
    }

    fn report_partial(&self, partial: &PartialSuccess) {
        diagnostics::warn(format_args!(
            "{} took the {} without {} of them: {:?}",
            self.shown,
            self.signal.name(),
            partial.rejected,
            truncate(&partial.message, MAX_SHOWN_BYTES)
        ));
    }

    fn report(&self, to: &str, failure: &SendError) {
        diagnostics::error(format_args!(
            "cannot export {} to {to} ({}): {failure}{}",
            self.signal.name(),
            self.source,
            self.remedy(failure)
        ));
    }

    /// What to look at, where that can be known.
    fn remedy(&self, failure: &SendError) -> String {
        match failure {
            SendError::Refused { cause, .. } => match cause {
                Cause::Unauthorized => {
                    "; look at the credentials in OTEL_EXPORTER_OTLP_HEADERS".to_owned()
                }
                Cause::Unsupported => format!(
                    "; if it takes no {}, set OTEL_{}_EXPORTER=none",
                    self.signal.name(),
                    self.signal.variable()
                ),
                Cause::TooLarge | Cause::Other => String::new(),
            },
            SendError::Unreachable(cause) if cause.contains("certificate") => {
                "; root certificates to trust are given by OTEL_EXPORTER_OTLP_CERTIFICATE"
                    .to_owned()
            }
            SendError::Unreachable(_) if !self.has_port => {
                "; the endpoint names no port, and OTLP's are 4318 for HTTP and 4317 for gRPC"
                    .to_owned()
            }
            _ => String::new(),
        }
    }
}
