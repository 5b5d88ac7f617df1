//! What is left when the program dies, and what happens when the disk is full.

use rusqlite::Connection;

use crate::viewer::{Program, span, text};

#[test]
fn what_was_stored_survives_a_kill_while_writing() {
    let folder = tempfile::tempdir().unwrap();
    let mut program = Program::start(folder.path(), &[]);
    let mut sent = 0;
    let mut stored = 0;
    while stored < 5000 {
        for _ in 0..10 {
            let spans = (sent..sent + 100).map(|id| span(id + 1, "work")).collect();
            assert_eq!(program.send(spans).status, 200);
            sent += 100;
        }
        stored = program.get("/api/status")["counts"]["spans"]
            .as_u64()
            .unwrap();
    }
    let run = program.get("/api/status")["run"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    program.process.kill().unwrap();
    program.process.wait().unwrap();
    let again = Program::start(folder.path(), &[]);
    let status = again.get(&format!("/api/status?run={run}"));
    let left = status["counts"]["spans"].as_u64().unwrap();
    assert!(
        left >= stored && left <= sent,
        "{left} of {stored} to {sent}"
    );
    assert_eq!(status["messages"].as_array().unwrap().len(), 0, "{status}");
    let file = Connection::open(folder.path().join(format!("{run}.db"))).unwrap();
    let check: String = file
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(check, "ok");
    let rows: u64 = file
        .query_row("SELECT count(*) FROM spans", [], |row| row.get(0))
        .unwrap();
    let summed: u64 = file
        .query_row("SELECT sum(spans) FROM traces", [], |row| row.get(0))
        .unwrap();
    assert_eq!(
        (rows, summed),
        (left, left),
        "rows and their sums go together"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_counted_and_said_and_the_program_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start_on_small_disk(folder.path(), 6 << 10);
    let mut sent = 0;
    let status = loop {
        let spans = (sent..sent + 200).map(|id| {
            let mut span = span(id + 1, "work");
            span.attributes.push(text("filler", &"x".repeat(1000)));
            span
        });
        program.send(spans.collect());
        sent += 200;
        let status = program.get("/api/status");
        if status["lost"]["unwrittenItems"].as_u64() > Some(0) {
            break status;
        }
        assert!(sent < 100_000, "{status}");
    };
    let said = status["messages"].to_string();
    assert!(said.contains("could not be stored"), "{said}");
    let traces = program.get("/api/traces?limit=5");
    assert_eq!(traces["items"].as_array().unwrap().len(), 5);
}
