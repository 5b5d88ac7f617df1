//! Sends the requests of one signal to its collector, and keeps on disk those that cannot be sent now.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

use opentelemetry_proto::tonic::collector::{
    logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
    trace::v1::ExportTraceServiceRequest,
};
use parking_lot::{Mutex, MutexGuard};
use sha2::{Digest, Sha256};

use super::{
    client::{Cause, Client, PartialSuccess, SendError},
    collector::{Collector, Collectors},
    request::ExportRequest,
    wake::Wake,
};
use crate::{
    config::{Otlp, Protocol, Signal, SpoolLimits},
    diagnostics,
    pipeline::{
        health::{Health, Loss},
        keeping::spool::{Addressee, Claim, Spool},
    },
};

/// The largest body that is sent. Receivers of gRPC refuse messages above 4 MiB unless they are configured otherwise; the
/// rest is headroom for a proxy that adds to the request.
const MAX_BODY_BYTES: usize = 4 * 1024 * 1024 - 64 * 1024;

/// After so many answers of "not now" to one kept request, while newer ones were taken, it is dropped: it is the request
/// that is at fault, and everything kept after it waits for it.
const MAX_REPLAY_FAILURES: u32 = 5;

/// An encoded request, and the number of its items.
#[derive(Debug, Clone)]
struct Piece {
    body: Arc<[u8]>,
    items: usize,
}

/// What became of a request.
enum Outcome {
    /// It was answered for good, and counted.
    Done,
    /// It can be sent later; `answered` if the collector said so.
    Later { answered: bool },
    /// It can only be sent in smaller pieces.
    TooLarge,
}

#[derive(Debug)]
pub(crate) struct Uplink {
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
    /// What is being sent, last piece first, in case the app ends before it is answered.
    unanswered: Mutex<Vec<Piece>>,
    /// Whether a new request was taken since the last kept one was not.
    took_newer: AtomicBool,
    /// How often the kept request that is next was not taken although newer ones were.
    replay_failures: AtomicU32,
    health: Arc<Health>,
    wake: Arc<Wake>,
    /// Whether the last request was refused, so that it is one line and not one per request.
    refused: AtomicBool,
}

/// What the uplinks of all signals share.
pub(crate) struct SharedBySignals<'a> {
    pub(crate) collectors: &'a mut Collectors,
    pub(crate) spool_folder: &'a Path,
    pub(crate) spool_limits: SpoolLimits,
    pub(crate) wake: Arc<Wake>,
}

impl Uplink {
    /// `None`, and a word to the developer, if nothing can be sent with this configuration.
    pub(crate) fn new(
        signal: Signal,
        otlp: &Otlp,
        health: Arc<Health>,
        shared: &mut SharedBySignals<'_>,
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
            tenant: tenant(otlp),
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
            took_newer: AtomicBool::new(false),
            replay_failures: AtomicU32::new(0),
            health,
            wake: shared.wake.clone(),
            refused: AtomicBool::new(false),
        })
    }

    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    pub(crate) fn collector(&self) -> &Collector {
        &self.collector
    }

    pub(crate) fn spool(&self) -> Option<&Spool> {
        self.spool.as_ref()
    }

    /// Sends a request, in pieces if it is too large, and keeps what cannot be sent now.
    pub(crate) fn deliver<R: ExportRequest>(&self, request: &R) {
        let items = request.items();
        let body = self.client.encode(request).into();
        *self.unanswered() = vec![Piece { body, items }];
        loop {
            let Some(piece) = self.unanswered().last().cloned() else {
                return;
            };
            let outcome = self.attempt(&piece);
            // If the app ended meanwhile, the piece is in the spool, with those behind it.
            if self.unanswered().pop().is_none() {
                return;
            }
            match outcome {
                Outcome::Done => self.took_newer.store(true, Ordering::Relaxed),
                Outcome::TooLarge => {
                    let halves = self.halves(&piece);
                    self.unanswered().extend(halves);
                }
                Outcome::Later { .. } => {
                    self.store(&piece);
                    return self.keep_unanswered();
                }
            }
        }
    }

    /// Keeps a request without an attempt to send it.
    pub(crate) fn keep<R: ExportRequest>(&self, request: &R) {
        self.store(&Piece {
            body: self.client.encode(request).into(),
            items: request.items(),
        });
    }

    /// Keeps what is being sent: the app ends before it is answered, or the collector takes nothing now.
    pub(crate) fn keep_unanswered(&self) {
        let unanswered = std::mem::take(&mut *self.unanswered());
        for piece in &unanswered {
            self.store(piece);
        }
    }

    fn unanswered(&self) -> MutexGuard<'_, Vec<Piece>> {
        self.unanswered.lock()
    }

    fn store(&self, piece: &Piece) {
        let stored = self
            .spool
            .as_ref()
            .is_some_and(|spool| spool.store(&piece.body, piece.items));
        if stored {
            self.wake.stored();
        } else {
            self.health.lost(Loss::Unreachable, piece.items);
        }
    }

    /// The halves of a piece that is too large. One that has no halves is lost.
    fn halves(&self, piece: &Piece) -> Vec<Piece> {
        let halves = match self.signal {
            Signal::Traces => self.client.split::<ExportTraceServiceRequest>(&piece.body),
            Signal::Metrics => self
                .client
                .split::<ExportMetricsServiceRequest>(&piece.body),
            Signal::Logs => self.client.split::<ExportLogsServiceRequest>(&piece.body),
        };
        let Some(halves) = halves else {
            self.health.lost(Loss::TooLarge, piece.items);
            if !self.refused.swap(true, Ordering::Relaxed) {
                diagnostics::error(format_args!(
                    "dropped one item of the {}: {} bytes are more than {} takes",
                    self.signal.name(),
                    piece.body.len(),
                    self.shown
                ));
            }
            return Vec::new();
        };
        let pieces = halves.map(|(body, items)| Piece {
            body: body.into(),
            items,
        });
        pieces.into()
    }

    /// Delivers the next request of a claimed file and returns its bytes; `None` if there is none, or the
    /// collector does not take it now.
    pub(crate) fn replay(&self, spool: &Spool, claim: &mut Claim) -> Option<usize> {
        let record = spool.next(claim)?;
        let piece = Piece {
            body: record.body.into(),
            items: record.items,
        };
        match self.attempt(&piece) {
            Outcome::Done => {}
            Outcome::TooLarge => {
                for half in self.halves(&piece) {
                    self.store(&half);
                }
            }
            Outcome::Later { answered: true } if self.is_at_fault() => {
                self.health.lost(Loss::Undeliverable, piece.items);
            }
            Outcome::Later { .. } => return None,
        }
        self.replay_failures.store(0, Ordering::Relaxed);
        spool.delivered(claim);
        Some(piece.body.len())
    }

    /// Counts a failure of the kept request that is next. Whether it was one too many.
    fn is_at_fault(&self) -> bool {
        let took_newer = self.took_newer.swap(false, Ordering::Relaxed);
        took_newer
            && self.replay_failures.fetch_add(1, Ordering::Relaxed) + 1 >= MAX_REPLAY_FAILURES
    }

    /// Sends a piece if it may be sent.
    fn attempt(&self, piece: &Piece) -> Outcome {
        if piece.body.len() > MAX_BODY_BYTES {
            Outcome::TooLarge
        } else if self.collector.admits() {
            self.send(&piece.body, piece.items)
        } else {
            Outcome::Later { answered: false }
        }
    }

    /// Sends an encoded request, and counts what became of it.
    fn send(&self, body: &[u8], items: usize) -> Outcome {
        let in_flight = self.in_flight.lock();
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
                if !self.refused.swap(true, Ordering::Relaxed) {
                    self.report(&self.shown, &failure);
                }
                Outcome::Done
            }
            Err(failure) => {
                let (answered, retry_after) = match &failure {
                    SendError::Busy { retry_after, .. } => (true, *retry_after),
                    _ => (false, None),
                };
                if self.collector.failed(retry_after) {
                    self.report(&self.collector.origin, &failure);
                }
                Outcome::Later { answered }
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

/// Identifies the endpoint and the credentials, so that a request that was kept for one tenant is not delivered with the
/// credentials of another. It is a quarter of a SHA-256, from which the credentials cannot be read. Headers that the app makes before every
/// export are not part of it: a token that was renewed is the same tenant.
fn tenant(otlp: &Otlp) -> u64 {
    let mut digest = Sha256::new();
    let mut add = |part: &[u8]| {
        // With the lengths, so that `ab` and `c` are not `a` and `bc`.
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part);
    };
    add(otlp.endpoint.as_str().as_bytes());
    let certificate = otlp.client_certificate.as_deref().map(Path::as_os_str);
    add(certificate.unwrap_or_default().as_encoded_bytes());
    for (name, value) in otlp.headers.iter() {
        add(name.as_bytes());
        add(value.as_bytes());
    }
    let digest = digest.finalize();
    u64::from_le_bytes(std::array::from_fn(|index| digest[index]))
}

#[cfg(test)]
mod tests {
    use std::{
        io::{BufRead, BufReader, Read, Write},
        net::{TcpListener, TcpStream},
        thread,
        time::Duration,
    };

    use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};

    use super::*;
    use crate::{config::Headers, pipeline::sending::client};

    /// The name of a span with which a request is answered by 503.
    const FAULTY: &str = "faulty";

    fn serve(stream: TcpStream) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        loop {
            let mut length = 0;
            loop {
                let mut line = String::new();
                if stream.read_line(&mut line)? == 0 {
                    return Ok(());
                }
                let line = line.trim().to_lowercase();
                if line.is_empty() {
                    break;
                }
                if let Some(number) = line.strip_prefix("content-length:") {
                    length = number.trim().parse().expect("a number");
                }
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body)?;
            let is_faulty = body
                .windows(FAULTY.len())
                .any(|part| part == FAULTY.as_bytes());
            let status = if is_faulty { "503 No" } else { "200 OK" };
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
            stream.get_mut().write_all(answer.as_bytes())?;
        }
    }

    const LIMITS: SpoolLimits = SpoolLimits {
        max_file_bytes: 1 << 20,
        max_bytes: 1 << 24,
        max_age: Duration::from_secs(3600),
    };

    fn otlp(endpoint: &str, headers: &[(&str, &str)]) -> Otlp {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Otlp {
            headers: Headers::from(headers.iter().map(owned).collect::<Vec<_>>()),
            ..client::otlp(endpoint)
        }
    }

    #[test]
    fn another_endpoint_and_other_credentials_are_another_tenant() {
        let of = |endpoint, headers: &[_]| tenant(&otlp(endpoint, headers));
        let one = of("http://a:4318/v1/traces", &[("authorization", "one")]);
        let same = of("http://a:4318/v1/traces", &[("Authorization", "one")]);
        assert_eq!(one, same);
        for other in [
            of("http://a:4318/v1/traces", &[]),
            of("http://a:4318/v1/traces", &[("authorization", "two")]),
            of("http://b:4318/v1/traces", &[("authorization", "one")]),
            of(
                "http://user:secret@a:4318/v1/traces",
                &[("authorization", "one")],
            ),
        ] {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn the_password_of_the_endpoint_is_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let otlp = otlp("http://user:secret@127.0.0.1:1/v1/traces", &[]);
        let mut shared = SharedBySignals {
            collectors: &mut Collectors::default(),
            spool_folder: folder.path(),
            spool_limits: LIMITS,
            wake: Arc::default(),
        };
        let uplink = Uplink::new(Signal::Traces, &otlp, Arc::default(), &mut shared).unwrap();
        assert_eq!(uplink.shown(), "http://127.0.0.1:1/v1/traces");
    }

    fn uplink(folder: &Path) -> (Uplink, Arc<Health>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}/v1/traces", listener.local_addr().unwrap());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A connection that ends is the uplink's business.
                thread::spawn(|| serve(stream));
            }
        });
        let otlp = otlp(&endpoint, &[]);
        let health = Arc::<Health>::default();
        let mut shared = SharedBySignals {
            collectors: &mut Collectors::default(),
            spool_folder: folder,
            spool_limits: LIMITS,
            wake: Arc::default(),
        };
        let uplink = Uplink::new(Signal::Traces, &otlp, health.clone(), &mut shared);
        (uplink.unwrap(), health)
    }

    fn request(names: &[&str]) -> ExportTraceServiceRequest {
        let spans = names.iter().map(|name| Span {
            name: (*name).to_owned(),
            ..Default::default()
        });
        ExportTraceServiceRequest {
            resource_spans: vec![ResourceSpans {
                scope_spans: vec![ScopeSpans {
                    spans: spans.collect(),
                    ..Default::default()
                }],
                ..Default::default()
            }],
        }
    }

    #[test]
    fn a_kept_request_that_fails_while_newer_ones_are_taken_is_dropped_in_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let (uplink, health) = uplink(folder.path());
        uplink.keep(&request(&[FAULTY]));
        uplink.keep(&request(&["next"]));
        let spool = uplink.spool().unwrap();
        let mut claim = spool.claim().unwrap();
        for failure in 1..=MAX_REPLAY_FAILURES {
            uplink.deliver(&request(&["new"]));
            let replayed = uplink.replay(spool, &mut claim);
            assert_eq!(replayed.is_some(), failure == MAX_REPLAY_FAILURES);
        }
        assert_eq!(health.total_lost(Loss::Undeliverable), 1);
        assert!(
            uplink.replay(spool, &mut claim).is_some(),
            "the next is sent"
        );
        assert_eq!(health.total_exported(), u64::from(MAX_REPLAY_FAILURES) + 1);
    }

    #[test]
    fn a_kept_request_is_never_dropped_while_nothing_else_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let (uplink, health) = uplink(folder.path());
        uplink.keep(&request(&[FAULTY]));
        let spool = uplink.spool().unwrap();
        let mut claim = spool.claim().unwrap();
        for _ in 0..3 * MAX_REPLAY_FAILURES {
            assert!(uplink.replay(spool, &mut claim).is_none());
            // Closes the breaker, so that the next attempt is one.
            uplink.collector().answered();
        }
        assert_eq!(health.total_lost(Loss::Undeliverable), 0);
    }

    #[test]
    fn a_request_above_the_limit_is_sent_in_pieces_and_a_span_above_it_is_counted() {
        let folder = tempfile::tempdir().unwrap();
        let (uplink, health) = uplink(folder.path());
        let half = "x".repeat(MAX_BODY_BYTES / 2);
        uplink.deliver(&request(&[&half, &half, &half]));
        assert_eq!(health.total_exported(), 3);
        let above = "x".repeat(MAX_BODY_BYTES);
        uplink.deliver(&request(&["small", &above, "small"]));
        assert_eq!(health.total_exported(), 5);
        assert_eq!(health.total_lost(Loss::TooLarge), 1);
        assert_eq!(uplink.spool().unwrap().bytes(), 0);
    }
}
