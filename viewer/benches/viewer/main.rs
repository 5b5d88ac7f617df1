//! What the viewer takes, beside a peer, and how fast it answers.
//!
//! `cargo bench -p tracepane --bench viewer -- ingest SECONDS [OTELITE]` sends as many spans as are accepted, to this viewer and
//! to the program `OTELITE`; `-- questions SPANS` asks what the page asks of so many spans; `-- start` and `-- feed` time a start
//! and what an app pays to hand its spans over. Figures are of one run on this machine, a line each.

mod batches;
mod contender;
mod ingest;
mod questions;

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use batches::{BATCH, Batches, SPANS_PER_TRACE};
use contender::{Connection, Contender};
use ingest::{Outcome, Until};

/// So much that nothing is removed.
const UNLIMITED: [&str; 2] = ["--limit", "64000000000"];

fn main() {
    // Cargo adds `--bench`.
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|own| own != "--bench")
        .collect();
    let number = |index: usize, usual: u64| {
        arguments
            .get(index)
            .map_or(usual, |text| text.parse().expect("a number"))
    };
    match arguments.first().map(String::as_str) {
        Some("ingest") => {
            let time = Duration::from_secs(number(1, 60));
            ingest(&Contender::tracepane(&UNLIMITED), time);
            if let Some(program) = arguments.get(2) {
                ingest(&Contender::otelite(&PathBuf::from(program)), time);
            }
        }
        Some("questions") => questions(number(1, 100_000)),
        Some("start") => start(),
        _ => feed(),
    }
}

fn ingest(to: &Contender, time: Duration) {
    let name = to.name;
    let Outcome {
        accepted,
        stored,
        refused,
        took,
        slowest_second,
    } = ingest::ingest(to, Until::Elapsed(time));
    println!(
        "{name}, stored: {:.0} spans/s",
        stored as f64 / took.as_secs_f64()
    );
    println!("{name}, slowest second: {slowest_second} spans accepted");
    println!(
        "{name}, lost: {} of {accepted}",
        accepted.saturating_sub(stored)
    );
    println!("{name}, asked to send again: {refused} requests");
    println!("{name}, resident at most: {} MiB", to.memory("VmHWM"));
    println!(
        "{name}, on disk: {} bytes per span",
        to.bytes() / stored.max(1)
    );
}

fn questions(spans: u64) {
    let viewer = Contender::tracepane(&UNLIMITED);
    ingest::ingest(&viewer, Until::Spans(spans));
    let mut connection = Connection::open(&viewer);
    let mut send = |signal, body: Vec<u8>| {
        while connection.send(signal, &body) != 200 {
            std::thread::park_timeout(Duration::from_millis(20));
        }
    };
    // A log record of every trace, and a point of each series for every hundredth.
    for trace in (0..spans / SPANS_PER_TRACE).step_by(BATCH as usize) {
        send("logs", batches::logs(trace..trace + BATCH));
    }
    for trace in (0..spans / SPANS_PER_TRACE).step_by(100) {
        send("metrics", batches::points(trace));
    }
    println!("resident after ingest: {} MiB", viewer.memory("VmRSS"));
    questions::ask(&mut connection, spans);
    println!("resident after questions: {} MiB", viewer.memory("VmRSS"));
    println!("resident at most: {} MiB", viewer.memory("VmHWM"));
}

/// From the start of the process to its link, with the sockets open.
fn start() {
    let times = (0..20).map(|_| {
        let begun = Instant::now();
        let viewer = Contender::tracepane(&[]);
        let took = begun.elapsed();
        drop(viewer);
        took
    });
    println!(
        "start: {:.1} ms",
        median(times.collect()).as_secs_f64() * 1e3
    );
}

/// What a thread of the app pays for a batch that it hands over.
fn feed() {
    let folder = tempfile::tempdir().expect("a folder");
    let viewer =
        tracepane::Viewer::start(tracepane::Options::new(folder.path())).expect("it starts");
    let batches = Batches::new();
    let times = (0..200).map(|n| {
        let request = batches.at(n * BATCH);
        let begun = Instant::now();
        // The copy is a part of it: the app sends the request elsewhere as well.
        viewer.ingest_encoded(tracepane::Signal::Traces, request.clone());
        let took = begun.elapsed();
        // As an app that is not faster than the viewer.
        viewer.flush();
        took
    });
    let nanos = median(times.collect()).as_nanos() as f64 / BATCH as f64;
    println!("in-process feed: {nanos:.0} ns per span");
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
