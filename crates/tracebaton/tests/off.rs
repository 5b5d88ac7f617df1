//! A process without a subscriber. It is a program of its own: a subscriber of any other test would be asked.
#![cfg(unix)]

use std::process::{Command, Stdio};

use tracebaton::ChildProcess;

#[test]
fn without_a_subscriber_a_child_keeps_its_standard_error_and_its_trace() {
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", "echo $OTEL_SERVICE_NAME $TRACEPARENT; echo said >&2"])
        .env("TRACEPARENT", "of whoever started this process")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = ChildProcess::new("sidecar")
        .spawn(&mut command)
        .expect("a shell");
    let output = child.wait_with_output().expect("a child");
    assert_eq!(output.stdout, b"sidecar of whoever started this process\n");
    assert_eq!(output.stderr, b"said\n");
}
