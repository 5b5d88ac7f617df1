//! One signal's way to its collector: sends what it can, and keeps what it cannot for later.

use std::{
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use super::{
    client::{Cause, Client, Failure, PartialSuccess},
    collector::{Collector, Collectors},
    health::{Health, Loss},
    json::Doubles,
    request::Request,
    spool::{Addressee, Claim, Spool},
    wake::Wake,
};
use crate::{
    config::{Otlp, Protocol, Signal, SpoolLimits},
    diagnostics,
};

#[derive(Debug)]
pub(super) struct Uplink {
    client: Client,
    signal: Signal,
    /// The endpoint as it may be shown: without a user and password.
    shown: String,
    /// The setting it came from.
    source: String,
    /// Whether it names the port; the one that URLs have by default is not OTLP's.
    has_port: bool,
    collector: Arc<Collector>,
    /// `None` if nothing is to be kept.
    spool: Option<Spool>,
    /// Held while a request is on its way, of which there is never more than one.
    in_flight: Mutex<()>,
    /// The request that is on its way, in case the app ends before it is answered.
    unanswered: Mutex<Option<(Arc<[u8]>, usize)>>,
    health: Arc<Health>,
    wake: Arc<Wake>,
    /// Whether the last request was refused, so that it is one line and not one per request.
    refused: AtomicBool,
}

/// What the uplinks of all signals share.
pub(super) struct Shared<'a> {
    pub(super) collectors: &'a mut Collectors,
    pub(super) spool_folder: &'a Path,
    pub(super) spool_limits: SpoolLimits,
    pub(super) wake: Arc<Wake>,
}

impl Uplink {
    /// `None`, and a word to the developer, if nothing can be sent with this configuration.
    pub(super) fn new(
        signal: Signal,
        otlp: &Otlp,
        health: Arc<Health>,
        shared: &mut Shared<'_>,
    ) -> Option<Self> {
        let mut shown = otlp.endpoint.clone();
        // Both can only fail for a URL without a host, which no endpoint is.
        let _ = shown.set_username("");
        let _ = shown.set_password(None);
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
            content_type: u8::from(otlp.protocol == Protocol::HttpJson),
            endpoint: crc32fast::hash(otlp.endpoint.as_str().as_bytes()),
        };
        let limits = shared.spool_limits;
        Some(Self {
            client,
            signal,
            shown: shown.to_string(),
            source: otlp.endpoint_source.clone(),
            has_port: otlp.endpoint.port().is_some(),
            collector: shared.collectors.at(&otlp.endpoint),
            spool: (limits.max_bytes > 0).then(|| {
                let folder = shared.spool_folder.join(signal.name());
                Spool::new(folder, addressee, limits, health.clone())
            }),
            in_flight: Mutex::default(),
            unanswered: Mutex::default(),
            health,
            wake: shared.wake.clone(),
            refused: AtomicBool::new(false),
        })
    }

    pub(super) fn shown(&self) -> &str {
        &self.shown
    }

    pub(super) fn collector(&self) -> &Collector {
        &self.collector
    }

    pub(super) fn spool(&self) -> Option<&Spool> {
        self.spool.as_ref()
    }

    /// Sends a request, or keeps it.
    pub(super) fn deliver<R: Request + Doubles>(&self, request: &R) {
        let items = request.items();
        let body: Arc<[u8]> = self.client.encode(request).into();
        *self.unanswered() = Some((body.clone(), items));
        if !self.collector.admits() || self.send(&body, items).is_err() {
            // Whoever keeps what is unanswered at the end of the app has it then.
            if self.unanswered().take().is_some() {
                self.store(&body, items);
            }
        } else {
            *self.unanswered() = None;
        }
    }

    /// Keeps a request without an attempt to send it.
    pub(super) fn keep<R: Request + Doubles>(&self, request: &R) {
        self.store(&self.client.encode(request), request.items());
    }

    /// Keeps the request that is on its way, for the app ends before it is answered.
    pub(super) fn keep_unanswered(&self) {
        let unanswered = self.unanswered().take();
        if let Some((body, items)) = unanswered {
            self.store(&body, items);
        }
    }

    fn unanswered(&self) -> MutexGuard<'_, Option<(Arc<[u8]>, usize)>> {
        self.unanswered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn store(&self, body: &[u8], items: usize) {
        let stored = self
            .spool
            .as_ref()
            .is_some_and(|spool| spool.store(body, items));
        if stored {
            self.wake.stored();
        } else {
            self.health.lost(Loss::Unreachable, items);
        }
    }

    /// Delivers the next request of a claimed file and returns its bytes; `None` if there is none, or the
    /// collector does not take it now.
    pub(super) fn replay(&self, spool: &Spool, claim: &mut Claim) -> Option<usize> {
        let record = spool.next(claim)?;
        if !self.collector.admits() {
            return None;
        }
        self.send(&record.body, record.items).ok()?;
        spool.delivered(claim);
        Some(record.body.len())
    }

    /// Sends an encoded request, and counts what became of it; an error if it can be sent later.
    fn send(&self, body: &[u8], items: usize) -> Result<(), ()> {
        let in_flight = self
            .in_flight
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let result = self.client.send(body);
        drop(in_flight);
        match result {
            Ok(partial) => {
                self.answered();
                self.refused.store(false, Ordering::Relaxed);
                let rejected = partial.rejected.min(items);
                self.health.exported(items - rejected);
                self.health.lost(Loss::Rejected, rejected);
                self.report_partial(&partial);
                Ok(())
            }
            Err(failure @ Failure::Refused { .. }) => {
                self.answered();
                self.health.lost(Loss::Refused, items);
                if !self.refused.swap(true, Ordering::Relaxed) {
                    self.report(&self.shown, &failure);
                }
                Ok(())
            }
            Err(failure) => {
                let retry_after = match &failure {
                    Failure::Busy { retry_after, .. } => *retry_after,
                    _ => None,
                };
                if self.collector.failed(retry_after) {
                    self.report(&self.collector.origin, &failure);
                }
                Err(())
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
        if *partial != PartialSuccess::default() {
            diagnostics::warn(format_args!(
                "{} took the {} without {} of them: {:?}",
                self.shown,
                self.signal.name(),
                partial.rejected,
                partial.message
            ));
        }
    }

    fn report(&self, to: &str, failure: &Failure) {
        diagnostics::error(format_args!(
            "cannot export {} to {to} ({}): {failure}{}",
            self.signal.name(),
            self.source,
            self.remedy(failure)
        ));
    }

    /// What to look at, where that can be known.
    fn remedy(&self, failure: &Failure) -> String {
        match failure {
            Failure::Refused { cause, .. } => match cause {
                Cause::Unauthorized => {
                    "; look at the credentials in OTEL_EXPORTER_OTLP_HEADERS".to_owned()
                }
                Cause::Unsupported => format!(
                    "; if it takes no {}, set OTEL_{}_EXPORTER=none",
                    self.signal.name(),
                    self.signal.variable()
                ),
                Cause::Other => String::new(),
            },
            Failure::Unreachable(cause) if cause.contains("certificate") => {
                "; root certificates to trust are given by OTEL_EXPORTER_OTLP_CERTIFICATE"
                    .to_owned()
            }
            Failure::Unreachable(_) if !self.has_port => {
                "; the endpoint names no port, and OTLP's are 4318 for HTTP and 4317 for gRPC"
                    .to_owned()
            }
            _ => String::new(),
        }
    }
}
