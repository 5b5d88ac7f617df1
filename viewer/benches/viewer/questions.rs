//! How fast the questions of the page are answered.

use std::time::{Duration, Instant};

use crate::{
    batches::{SPANS_PER_TRACE, START, trace_id},
    contender::Connection,
};

/// How often each is asked at most,
const ROUNDS: usize = 40;

/// and for how long, so that a slow one does not take minutes.
const TIME: Duration = Duration::from_secs(8);

/// Asks everything that the page asks, and prints how long the answers take.
pub fn ask(connection: &mut Connection, spans: u64) {
    let traces = spans / SPANS_PER_TRACE;
    let begin = START / 1_000_000;
    let ten_minutes = format!("start={}&end={}", begin + 600_000, begin + 1_200_000);
    let halves = format!("a.end={0}&b.start={0}", begin + 1_200_000);
    let asked = [
        ("status", "status".to_owned()),
        ("runs", "runs".to_owned()),
        ("traces, newest", "traces".to_owned()),
        ("traces, slowest", "traces?sort=slowest".to_owned()),
        ("traces of a service", "traces?service=relay".to_owned()),
        (
            "traces of a command",
            "traces?command=command_07".to_owned(),
        ),
        ("traces by name", "traces?search=click".to_owned()),
        ("traces with errors", "traces?error=true".to_owned()),
        (
            "traces, none long enough",
            "traces?minDuration=3600s".to_owned(),
        ),
        (
            "traces by a rare attribute",
            "traces?attribute=message.id%3D00000077".to_owned(),
        ),
        (
            "slowest of a command",
            "traces?command=command_07&sort=slowest".to_owned(),
        ),
        ("histogram of all", "traces/histogram".to_owned()),
        (
            "histogram of a command",
            "traces/histogram?command=command_07".to_owned(),
        ),
        (
            "histogram of errors",
            "traces/histogram?error=true".to_owned(),
        ),
        (
            "histogram of ten minutes",
            format!("traces/histogram?{ten_minutes}"),
        ),
        ("commands", "commands".to_owned()),
        ("commands of ten minutes", format!("commands?{ten_minutes}")),
        ("errors", "errors".to_owned()),
        ("logs, newest", "logs".to_owned()),
        ("logs of severity error", "logs?severity=error".to_owned()),
        ("log patterns", "logs/patterns".to_owned()),
        ("metrics", "metrics".to_owned()),
        (
            "a metric of 50 series",
            "metrics/messenger.queue.length".to_owned(),
        ),
        ("map", "map".to_owned()),
        ("compare two halves", format!("compare?{halves}")),
        ("fields", "fields".to_owned()),
        ("values of a field", "fields?name=message.id".to_owned()),
    ];
    for (name, path) in asked {
        measure(name, || connection.get(&format!("/api/{path}")));
    }
    let mut n = 0;
    let mut next = || {
        n = (n + 7919) % traces;
        format!("/api/traces/{:032x}", trace_id(n))
    };
    measure("trace by id", || connection.get(&next()));
    measure("full text", || connection.get("/api/logs?search=peer%207"));
}

fn measure(name: &str, mut ask: impl FnMut() -> Option<Vec<u8>>) {
    let begun = Instant::now();
    let mut times = Vec::new();
    while times.len() < ROUNDS && begun.elapsed() < TIME {
        let begun = Instant::now();
        if ask().is_none() {
            println!("{name}: no answer in the time that a question may take");
            return;
        }
        times.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    println!(
        "{name}: p50 {:.1} ms, p95 {:.1} ms",
        times[times.len() / 2],
        times[times.len() * 95 / 100]
    );
}
