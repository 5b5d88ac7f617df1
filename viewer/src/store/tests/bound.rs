//! The limit in bytes holds at all times, and what it costs is said.

use super::*;
use crate::query::{commands, counts, errors, traces};

const LIMIT: u64 = 8 << 20;

/// Spans of about a kilobyte, four to a trace.
fn large(from: u64, count: u64) -> Vec<Span> {
    (from..from + count)
        .map(|n| Span {
            attributes: vec![text("filler", &"x".repeat(900)), text("n", &n.to_string())],
            ..span(u128::from(n / 4 + 1), n + 1, 0, n + 1, n + 2)
        })
        .collect()
}

#[test]
fn the_oldest_traces_go_before_the_limit_is_passed_and_it_is_said() {
    let home = Home::new(LIMIT);
    let mut most = 0;
    for round in 0..150 {
        home.spans(large(round * 200, 200));
        home.core.store.flush();
        most = most.max(home.core.store.bytes());
    }
    assert!(most <= LIMIT, "{most} of {LIMIT} bytes");
    let state = home.state();
    assert_eq!((state.spans, state.unwritten), (30_000, 0));
    assert!(
        state.pruned_spans > 10_000 && state.pruned_spans < 30_000,
        "{state:?}"
    );
    let kept = home.exported_spans();
    assert_eq!(kept.len() as u64, state.spans - state.pruned_spans);
    // What is left is the newest, in whole traces.
    let first = kept[0].start_time_unix_nano / 1_000_000 - 1;
    assert_eq!(first % 4, 0);
    assert_eq!(kept.len() as u64, 30_000 - first);
    let newest = home.ask("limit=1", traces);
    assert_eq!(newest.items[0].spans, 4);
    assert!(state.pruned_before > 0);
}

/// Ordinary words, which repeat, and a number, which does not.
fn worded(from: u64, count: u64) -> Batch {
    const WORDS: [&str; 12] = [
        "request", "response", "relay", "database", "query", "finished", "worker", "session",
        "window", "message", "retry", "timeout",
    ];
    let records = (from..from + count).map(|n| {
        let words: Vec<&str> = (1..=14)
            .map(|place| WORDS[(n * 31 / place) as usize % WORDS.len()])
            .collect();
        messenger::record(n, 9, &format!("{} {n}", words.join(" ")), 0)
    });
    messenger::logs("app", records.collect())
}

#[test]
fn the_oldest_log_records_go_as_well_and_what_comes_with_them_is_stored() {
    let home = Home::new(LIMIT);
    let mut most = 0;
    for round in 0..100 {
        home.core.store.push(worded(round * 400, 400)).unwrap();
        home.spans(large(round * 4, 4));
        home.core.store.flush();
        most = most.max(home.core.store.bytes());
    }
    let state = home.state();
    assert!(most <= LIMIT, "{most} of {LIMIT} bytes");
    assert_eq!((state.logs, state.spans, state.unwritten), (40_000, 400, 0));
    assert!(state.pruned_logs > 15_000, "{state:?}");
    let newest = home.ask("search=39999", crate::query::logs);
    assert_eq!(newest.items.len(), 1);
}

#[test]
fn damaged_files_and_finished_runs_go_first_but_pinned_ones_stay() {
    let folder = tempfile::tempdir().unwrap();
    let mut ids = Vec::new();
    for _ in 0..2 {
        let store = open(&folder, LIMIT);
        store.push(batch(large(0, 500))).unwrap();
        store.flush();
        ids.push(store.current());
    }
    let home = Home {
        core: Core::new(open(&folder, LIMIT)),
        folder,
    };
    home.core
        .store
        .change(
            &ids[0],
            &api::RunChange {
                pinned: Some(true),
                name: None,
            },
        )
        .unwrap();
    let damaged = home.folder.path().join("1-1-1.damaged");
    std::fs::write(&damaged, [0; 1 << 20]).unwrap();
    for round in 0..60 {
        home.spans(large(round * 200, 200));
        home.core.store.flush();
        assert!(home.core.store.bytes() <= LIMIT);
    }
    let left: Vec<String> = home
        .core
        .store
        .runs()
        .into_iter()
        .map(|run| run.id)
        .collect();
    assert_eq!(left, [home.core.store.current(), ids[0].clone()]);
    assert!(!damaged.exists());
}

#[test]
fn a_finished_run_stays_while_the_current_one_has_its_own_share() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder, LIMIT);
    store.push(batch(large(0, 4))).unwrap();
    let finished = store.current();
    drop(store);
    let home = Home {
        core: Core::new(open(&folder, LIMIT)),
        folder,
    };
    for round in 0..60 {
        home.spans(large(round * 200, 200));
        home.core.store.flush();
        assert!(home.core.store.bytes() <= LIMIT);
    }
    assert!(home.state().pruned_spans > 0);
    let runs = home.core.store.runs();
    assert!(runs.iter().any(|run| run.id == finished));
}

#[test]
fn a_limit_that_pinned_runs_fill_is_an_error_that_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder, 32 << 20);
    for round in 0..40 {
        store.push(batch(large(round * 200, 200))).unwrap();
        store.flush();
    }
    let id = store.current();
    store
        .change(
            &id,
            &api::RunChange {
                pinned: Some(true),
                name: None,
            },
        )
        .unwrap();
    drop(store);
    let options = Options {
        folder: folder.path().to_owned(),
        limit: LIMIT,
        queue_bytes: 1 << 20,
        name: String::new(),
    };
    let error = Store::open(options).err().unwrap().to_string();
    assert!(error.contains("unpin one or raise the limit"), "{error}");
}

#[test]
fn one_request_larger_than_a_transaction_is_stored_whole() {
    let home = Home::new(64 << 20);
    home.spans(large(0, 9000));
    assert_eq!(home.state().spans, 9000);
    assert_eq!(home.exported_spans().len(), 9000);
}

#[test]
fn what_is_counted_of_removed_traces_goes_with_them() {
    let home = Home::new(LIMIT);
    let invoke = |n: u64| Span {
        kind: 2,
        // Ten seconds apart: each in a slot of its own.
        start_time_unix_nano: n * 10_000_000_000,
        end_time_unix_nano: n * 10_000_000_000 + 5,
        attributes: vec![
            text("rpc.system.name", "tauri"),
            text("rpc.method", "greet"),
            text("filler", &"x".repeat(4000)),
        ],
        ..failed(span(u128::from(n), n, 0, 0, 0), "no such user")
    };
    // A clock that is far ahead, in a trace that is among the first to go.
    home.spans(vec![span(
        u128::MAX,
        1,
        0,
        4_102_444_800_000,
        4_102_444_800_000,
    )]);
    for round in 0..20 {
        home.spans((1..=200).map(|n| invoke(round * 200 + n)).collect());
        home.core.store.flush();
    }
    let state = home.state();
    let counted = home.ask("", commands).items[0].calls;
    let left = state.spans - state.pruned_spans;
    assert!(state.pruned_spans > 0);
    assert!(
        counted.abs_diff(left) <= 1,
        "{counted} calls of {left} spans"
    );
    let grouped = home.ask("", errors).items[0].count;
    assert!(
        grouped.abs_diff(left) <= 1,
        "{grouped} errors of {left} spans"
    );
    assert_eq!(counts(&state).errors, left);
}
