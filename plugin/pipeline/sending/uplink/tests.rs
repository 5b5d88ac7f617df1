//! An uplink against a collector that does not take some requests.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    thread,
    time::Duration,
};

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    trace::v1::{ResourceSpans, ScopeSpans, Span},
};

use super::{faults::MAX_FAILURES, *};
use crate::{
    config::Protocol,
    pipeline::{gate::ConsentState, sending::client},
};

impl<'a> SharedBySignals<'a> {
    /// With consent, and a spool in `folder`.
    pub(in crate::pipeline::sending) fn of_test(
        collectors: &'a mut Collectors,
        folder: &Path,
    ) -> Self {
        Self {
            collectors,
            spool_folder: Some(folder.to_owned()),
            spool_limits: SpoolLimits {
                max_file_bytes: 1 << 20,
                max_bytes: 1 << 24,
                max_age: Duration::from_secs(3600),
                encrypted: false,
            },
            spool_key: None,
            wake: Arc::default(),
            gate: Arc::new(Gate::new(ConsentState::Granted)),
        }
    }
}

/// The name of a span with which a request is answered by 503.
const FAULTY: &str = "faulty";

/// The name of a span with which a request ends its connection.
const CUT: &str = "cut";

/// The name of a span with which a request is answered by 413.
const LARGE: &str = "large";

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
        let has = |name: &str| body.windows(name.len()).any(|part| part == name.as_bytes());
        if has(CUT) {
            return Ok(());
        }
        let status = if has(FAULTY) {
            "503 No"
        } else if has(LARGE) {
            "413 Large"
        } else {
            "200 OK"
        };
        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
        stream.get_mut().write_all(answer.as_bytes())?;
    }
}

/// Starts a collector, and returns its endpoint.
pub(in crate::pipeline::sending) fn collector() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}/v1/traces", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A connection that ends is the uplink's business.
            thread::spawn(|| serve(stream));
        }
    });
    endpoint
}

#[test]
fn the_password_of_the_endpoint_is_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let otlp = client::otlp("http://user:secret@127.0.0.1:1/v1/traces");
    let mut collectors = Collectors::default();
    let mut shared = SharedBySignals::of_test(&mut collectors, folder.path());
    let uplink = Uplink::new(Signal::Traces, &otlp, Arc::default(), &mut shared).unwrap();
    assert_eq!(uplink.shown(), "http://127.0.0.1:1/v1/traces");
}

fn uplink(folder: &Path) -> (Uplink, Arc<Health>) {
    uplink_by(Protocol::HttpProtobuf, folder)
}

fn uplink_by(protocol: Protocol, folder: &Path) -> (Uplink, Arc<Health>) {
    uplink_to(&collector(), protocol, folder)
}

fn uplink_to(endpoint: &str, protocol: Protocol, folder: &Path) -> (Uplink, Arc<Health>) {
    let otlp = Otlp {
        protocol,
        ..client::otlp(endpoint)
    };
    let health = Arc::<Health>::default();
    let mut collectors = Collectors::default();
    let mut shared = SharedBySignals::of_test(&mut collectors, folder);
    let uplink = Uplink::new(Signal::Traces, &otlp, health.clone(), &mut shared);
    (uplink.unwrap(), health)
}

/// A request with a span of each name.
pub(in crate::pipeline::sending) fn request(names: &[&str]) -> ExportTraceServiceRequest {
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

fn deliver(uplink: &Uplink, request: &ExportTraceServiceRequest) {
    uplink.accept(request);
    uplink.deliver();
}

/// Ends whatever holds up the next attempt.
fn replay_now(uplink: &Uplink, claim: &mut Claim) -> Option<usize> {
    uplink.collector().end_pause();
    uplink.kept_faults.end_rest();
    uplink.replay(uplink.spool().unwrap(), claim)
}

#[test]
fn a_kept_request_that_fails_while_newer_ones_are_taken_goes_behind_the_others_in_halves() {
    for (faulty, reason) in [(FAULTY, "an answer"), (CUT, "no answer")] {
        let folder = tempfile::tempdir().unwrap();
        let (uplink, health) = uplink(folder.path());
        let spool = uplink.spool().unwrap();
        uplink.keep(&request(&["good", faulty]));
        uplink.keep(&request(&["next"]));
        let mut claim = spool.claim().unwrap();
        deliver(&uplink, &request(&["new"]));
        assert!(replay_now(&uplink, &mut claim).is_some(), "{reason}");
        assert_eq!(uplink.replay(spool, &mut claim), None, "it rests");
        assert!(replay_now(&uplink, &mut claim).is_some());
        spool.finish(claim);
        assert_eq!(health.total_exported(), 2, "the new one and the next");

        let mut claim = spool.claim().unwrap();
        assert!(replay_now(&uplink, &mut claim).is_some());
        assert_eq!(health.total_exported(), 3, "the good half");
        for _ in 0..2 * MAX_FAILURES {
            deliver(&uplink, &request(&["new"]));
            assert!(replay_now(&uplink, &mut claim).is_some());
            spool.finish(claim);
            claim = spool.claim().unwrap();
        }
        let kept = spool.next(&mut claim).expect("it is never dropped");
        assert_eq!(kept.body[..], Piece::new(&request(&[faulty])).request[..]);
    }
}

#[test]
fn a_kept_request_that_always_fails_lets_those_behind_it_pass_without_newer_ones() {
    let folder = tempfile::tempdir().unwrap();
    let (uplink, health) = uplink(folder.path());
    uplink.keep(&request(&[FAULTY]));
    uplink.keep(&request(&["next"]));
    let spool = uplink.spool().unwrap();
    let mut claim = spool.claim().unwrap();
    let faulty = spool.next(&mut claim).unwrap();
    for _ in 1..MAX_FAILURES {
        assert_eq!(replay_now(&uplink, &mut claim), None);
    }
    assert!(replay_now(&uplink, &mut claim).is_some());
    assert_eq!(health.total_exported(), 0, "it was not sent but moved");
    assert!(replay_now(&uplink, &mut claim).is_some());
    assert_eq!(health.total_exported(), 1, "the next was sent");
    assert_eq!(spool.next(&mut claim), None);
    spool.finish(claim);
    let mut claim = spool.claim().unwrap();
    let kept = spool.next(&mut claim).unwrap();
    assert_eq!(kept.body, faulty.body);
    assert_eq!(kept.items, faulty.items);
    assert_eq!(kept.time, faulty.time, "it expires as if it had not moved");
}

#[test]
fn what_failed_since_a_newer_one_was_taken_says_nothing_about_a_kept_one() {
    let folder = tempfile::tempdir().unwrap();
    let (uplink, _) = uplink(folder.path());
    deliver(&uplink, &request(&["new"]));
    deliver(&uplink, &request(&[FAULTY]));
    let mut claim = uplink.spool().unwrap().claim().unwrap();
    assert_eq!(replay_now(&uplink, &mut claim), None, "it stays in front");
}

#[test]
fn a_request_above_the_limit_is_sent_in_pieces_and_a_span_above_it_is_counted() {
    for protocol in [Protocol::HttpProtobuf, Protocol::HttpJson] {
        let folder = tempfile::tempdir().unwrap();
        let (uplink, health) = uplink_by(protocol, folder.path());
        let half = "x".repeat(MAX_BODY_BYTES / 2);
        deliver(&uplink, &request(&[&half, &half, &half]));
        assert_eq!(health.total_exported(), 3, "{protocol:?}");
        let above = "x".repeat(MAX_BODY_BYTES);
        deliver(&uplink, &request(&["small", &above, "small"]));
        assert_eq!(health.total_exported(), 5, "{protocol:?}");
        assert_eq!(health.total_lost(Loss::TooLarge), 1, "{protocol:?}");
        assert_eq!(uplink.spool().unwrap().bytes(), 0, "{protocol:?}");
    }
}

#[test]
fn the_limit_is_for_the_body_that_is_sent() {
    // JSON needs two bytes for each.
    let quotes = "\"".repeat(MAX_BODY_BYTES * 2 / 3);
    for (protocol, sent) in [(Protocol::HttpProtobuf, 1), (Protocol::HttpJson, 0)] {
        let folder = tempfile::tempdir().unwrap();
        let (uplink, health) = uplink_by(protocol, folder.path());
        deliver(&uplink, &request(&[&quotes]));
        assert_eq!(health.total_exported(), sent, "{protocol:?}");
        assert_eq!(health.total_lost(Loss::TooLarge), 1 - sent, "{protocol:?}");
    }
}

#[test]
fn what_was_kept_and_is_no_request_is_counted_and_holds_up_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (uplink, health) = uplink_by(Protocol::HttpJson, folder.path());
    let spool = uplink.spool().unwrap();
    assert!(spool.store(b"\xff", 2));
    uplink.keep(&request(&["next"]));
    let mut claim = spool.claim().unwrap();
    assert!(uplink.replay(spool, &mut claim).is_some());
    assert_eq!(health.total_lost(Loss::Undeliverable), 2);
    assert!(uplink.replay(spool, &mut claim).is_some());
    assert_eq!(health.total_exported(), 1);
}

#[test]
fn what_is_purged_while_it_is_sent_is_not_stored_again() {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}/v1/traces", listener.local_addr().unwrap());
    let (uplink, _) = uplink_to(&endpoint, Protocol::HttpProtobuf, folder.path());
    uplink.keep(&request(&[LARGE, LARGE]));
    let spool = uplink.spool().unwrap();
    let mut claim = spool.claim().unwrap();
    thread::scope(|scope| {
        let replay = scope.spawn(|| uplink.replay(spool, &mut claim));
        let (stream, _) = listener.accept().unwrap();
        spool.purge().unwrap();
        thread::spawn(|| serve(stream));
        replay.join().unwrap();
    });
    assert_eq!(spool.bytes(), 0);
    assert!(
        uplink.kept_faults.is_resting(),
        "it is not sent again and again"
    );
}
