//! A lane whose collector accepts connections and never answers.

use std::{net::TcpListener, path::Path, sync::mpsc, time::Duration};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use parking_lot::Mutex;

use super::*;
use crate::{
    config::Exports,
    pipeline::{
        keeping::spool::Spool,
        sending::{
            Collectors, client,
            uplink::{SharedBySignals, tests::request},
        },
    },
};

const SOON: Duration = Duration::from_secs(10);

const BATCH: Batch = Batch {
    max_queue_size: 10,
    max_export_batch_size: 1,
    scheduled_delay: Duration::from_secs(3600),
};

fn lane(
    collector: &TcpListener,
    folder: &Path,
    encode: impl Fn(Vec<&'static str>) -> ExportTraceServiceRequest + Send + Sync + 'static,
) -> Lane<&'static str, ExportTraceServiceRequest> {
    let address = collector.local_addr().expect("an address");
    let exports = Exports {
        otlp: Some(client::otlp(&format!("http://{address}/v1/traces"))),
        ..Exports::default()
    };
    let mut collectors = Collectors::default();
    let mut shared = SharedBySignals::of_test(&mut collectors, folder);
    let signal = Signal::Traces;
    let outlets = Outlets::open(signal, &exports, None, Arc::default(), &mut shared, None);
    let route = Route {
        signal,
        outlets: Arc::new(outlets),
        redactor: None,
        exported: Box::new(|| ()),
    };
    Lane::start(route, BATCH, encode, |_| ()).expect("a thread")
}

#[test]
fn what_is_being_encoded_when_the_app_ends_is_kept() {
    let collector = TcpListener::bind("127.0.0.1:0").expect("a port");
    let folder = tempfile::tempdir().expect("a folder");
    let (begin, has_begun) = mpsc::channel();
    let (end, has_ended) = mpsc::channel::<()>();
    let has_ended = Mutex::new(has_ended);
    let lane = lane(&collector, folder.path(), move |names| {
        begin.send(()).expect("the test listens");
        // A `keep` that does not wait ends at once.
        let _ = has_ended.lock().recv_timeout(Duration::from_millis(200));
        request(&names)
    });
    lane.push("a span", DropPriority::First);
    has_begun.recv_timeout(SOON).expect("the batch is full");
    lane.keep(Instant::now());
    let kept = lane.outlets.spool().map_or(0, Spool::bytes);
    // The thread of the lane has gone on by itself otherwise.
    let _ = end.send(());
    assert!(kept > 0, "it was in no place");
}

#[test]
fn what_is_cleared_is_not_kept_when_its_request_fails() {
    let collector = TcpListener::bind("127.0.0.1:0").expect("a port");
    let folder = tempfile::tempdir().expect("a folder");
    let lane = lane(&collector, folder.path(), |names| request(&names));
    lane.push("a span", DropPriority::First);
    let (connection, _) = collector.accept().expect("a connection");
    lane.clear();
    drop((connection, collector));
    assert!(lane.flush(Instant::now() + SOON));
    assert_eq!(lane.outlets.spool().map_or(0, Spool::bytes), 0);
}
