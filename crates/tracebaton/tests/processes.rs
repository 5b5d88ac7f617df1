//! Child processes, what they get and the spans they make.
#![cfg(unix)]

mod support;

use std::{
    process::{Command, Stdio},
    time::{Duration, SystemTime},
};

use opentelemetry::trace::{SpanKind, Status};
use opentelemetry_sdk::trace::SpanData;
use support::{is_int, named, spans_of, text};
use tracebaton::ChildProcess;
use tracing::info_span;

/// Runs a script of the shell, and returns the spans and what the script has written.
fn run(script: &str) -> (Vec<SpanData>, String) {
    let mut written = String::new();
    let spans = spans_of(|| {
        info_span!("click").in_scope(|| {
            let mut command = Command::new("/bin/sh");
            command.args(["-c", script]).stdout(Stdio::piped());
            let child = ChildProcess::new("sidecar")
                .endpoint("http://127.0.0.1:4318")
                .spawn(&mut command)
                .expect("a shell");
            let output = child.wait_with_output().expect("a child");
            written = String::from_utf8(output.stdout).expect("text");
        });
    });
    (spans, written)
}

#[test]
fn a_child_continues_the_trace_as_a_service_of_its_own() {
    let (spans, written) =
        run("sleep 0.05; echo $TRACEPARENT $OTEL_SERVICE_NAME $OTEL_EXPORTER_OTLP_ENDPOINT");
    let (click, span) = (named(&spans, "click"), named(&spans, "sh"));
    assert_eq!(span.parent_span_id, click.span_context.span_id());
    assert_eq!(span.span_kind, SpanKind::Client);
    assert_eq!(span.status, Status::Unset);
    assert_eq!(text(span, "process.executable.name"), "sh");
    assert_eq!(text(span, "process.exit.code"), "0");
    for number in ["process.pid", "process.exit.code"] {
        assert!(is_int(span, number), "{number}");
    }
    let lived = span.end_time.duration_since(span.start_time);
    assert!(lived.expect("a life") >= Duration::from_millis(50));
    let expected = format!(
        "00-{}-{}-01 sidecar http://127.0.0.1:4318\n",
        span.span_context.trace_id(),
        span.span_context.span_id()
    );
    assert_eq!(written, expected);
}

#[test]
fn a_child_sends_to_the_default_endpoint_unless_it_is_told_another() {
    ChildProcess::set_default_endpoint("http://127.0.0.1:7");
    let variables = |child: ChildProcess| {
        let span = child.start("sh");
        let pairs = child.environment(&span).into_iter();
        pairs
            .filter(|(name, _)| name.starts_with("OTEL_EXPORTER"))
            .filter_map(|(_, value)| value)
            .collect::<Vec<_>>()
    };
    let own = ChildProcess::new("sidecar").endpoint("http://127.0.0.1:4318");
    assert_eq!(variables(own), ["http://127.0.0.1:4318"]);
    // The environment of a test cannot be changed: whoever runs it may have set the variable.
    let expected: &[&str] = match std::env::var("OTEL_EXPORTER_OTLP_ENDPOINT") {
        Ok(url) if !url.is_empty() => &[],
        _ => &["http://127.0.0.1:7", "http/protobuf"],
    };
    assert_eq!(variables(ChildProcess::new("sidecar")), expected);

    let mut command = Command::new("/bin/sh");
    command.args([
        "-c",
        "echo $OTEL_EXPORTER_OTLP_ENDPOINT $OTEL_EXPORTER_OTLP_PROTOCOL",
    ]);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://team:4317");
    command.env("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
    let child = ChildProcess::new("sidecar").spawn(command.stdout(Stdio::piped()));
    let output = child.expect("a shell").wait_with_output();
    assert_eq!(output.expect("a child").stdout, b"http://team:4317 grpc\n");
}

#[test]
fn a_child_with_an_endpoint_of_its_own_gets_neither_endpoints_nor_tokens_of_others() {
    let child = ChildProcess::new("sidecar").endpoint("http://127.0.0.1:4318");
    let variable = |what: &str| format!("OTEL_EXPORTER_OTLP_{what}");
    let removed: Vec<_> = child
        .environment(&child.start("sh"))
        .into_iter()
        .filter(|(name, value)| name.starts_with("OTEL_EXPORTER") && value.is_none())
        .map(|(name, _)| name)
        .collect();
    let signals = [
        "TRACES_ENDPOINT",
        "METRICS_ENDPOINT",
        "LOGS_ENDPOINT",
        "HEADERS",
        "TRACES_HEADERS",
        "METRICS_HEADERS",
        "LOGS_HEADERS",
    ];
    assert_eq!(removed, signals.map(variable));

    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", "echo $OTEL_EXPORTER_OTLP_HEADERS"])
        .env(variable("HEADERS"), "token=own")
        .env(variable("LOGS_ENDPOINT"), "http://team:4318")
        .stdout(Stdio::piped());
    let output = child.spawn(&mut command).expect("a shell");
    let output = output.wait_with_output().expect("a child");
    assert_eq!(output.stdout, b"token=own\n");
    let logs = command
        .get_envs()
        .find(|(name, _)| **name == *variable("LOGS_ENDPOINT"));
    assert_eq!(logs.expect("it is removed").1, None);
}

#[test]
fn a_child_that_fails_fails_its_span() {
    for (script, code, kind) in [("exit 3", "3", "3"), ("kill -9 $$", "", "signal 9")] {
        let (spans, _) = run(script);
        let span = named(&spans, "sh");
        assert_eq!(span.status, Status::error(""), "{script}");
        assert_eq!(text(span, "process.exit.code"), code, "{script}");
        assert_eq!(text(span, "error.type"), kind, "{script}");
    }
}

#[test]
fn a_program_that_is_missing_fails_its_span() {
    let spans = spans_of(|| {
        let started = ChildProcess::new("sidecar").spawn(&mut Command::new("/missing"));
        assert!(started.is_err());
    });
    let span = named(&spans, "missing");
    assert_eq!(span.status, Status::error(""));
    assert_eq!(text(span, "error.type"), "entity not found");
}

#[test]
fn lines_of_standard_error_are_records_inside_the_span() {
    let (spans, _) = run("echo one >&2; printf two >&2; head -c 10000 /dev/zero | tr \\\\0 x >&2");
    let events: Vec<_> = named(&spans, "sh")
        .events
        .iter()
        .map(|event| event.name.len())
        .collect();
    // Without an end the second line is as long as a record may be, and the rest is a third.
    assert_eq!(events, [3, 8192, 10_000 + 3 - 8192]);
}

#[test]
fn standard_error_is_left_to_the_command_where_it_is_asked_for() {
    let mut written = Vec::new();
    let spans = spans_of(|| {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "echo said >&2"]).stderr(Stdio::piped());
        let child = ChildProcess::new("sidecar")
            .without_stderr()
            .spawn(&mut command);
        let output = child.expect("a shell").wait_with_output();
        written = output.expect("a child").stderr;
    });
    assert_eq!(written, b"said\n");
    let span = named(&spans, "sh");
    assert!(span.events.is_empty());
    assert_eq!(text(span, "process.exit.code"), "0");
}

#[test]
fn a_grandchild_that_holds_standard_error_open_holds_up_nobody() {
    let start = std::time::Instant::now();
    let (spans, written) = run("sleep 20 >/dev/null & echo done");
    assert_eq!(written, "done\n");
    assert_eq!(text(named(&spans, "sh"), "process.exit.code"), "0");
    assert!(start.elapsed().as_secs() < 20);
}

#[test]
fn a_child_that_is_waited_for_by_itself_has_its_exit_code() {
    let spans = spans_of(|| {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "exit 3"]);
        let child = ChildProcess::new("sidecar").spawn(&mut command);
        child.expect("a shell").wait().expect("a child");
    });
    let span = named(&spans, "sh");
    assert_eq!(text(span, "process.exit.code"), "3");
    assert_eq!(span.status, Status::error(""));
}

/// Checks the span of a child that was dropped after `before`, while it was running.
fn check_dropped(spans: &[SpanData], name: &str, before: SystemTime, error_type: &str) {
    let span = named(spans, name);
    assert_eq!(text(span, "error.type"), error_type);
    assert_eq!(text(span, "process.exit.code"), "");
    assert_eq!(span.status, Status::error(""));
    assert!(span.end_time >= before, "it lasts until then");
}

#[test]
fn a_child_that_is_dropped_while_it_runs_fails_its_span() {
    let mut before = None;
    let spans = spans_of(|| {
        // It ends when its standard input does.
        let mut command = Command::new("/bin/cat");
        command.stdin(Stdio::piped());
        let mut child = ChildProcess::new("sidecar")
            .spawn(&mut command)
            .expect("a cat");
        let _stdin = child.stdin.take();
        before = Some(SystemTime::now());
        drop(child);
    });
    check_dropped(&spans, "cat", before.expect("a time"), "dropped");
}

#[test]
fn a_span_that_is_dropped_without_the_end_of_its_child_fails() {
    let mut before = None;
    let spans = spans_of(|| {
        let child = ChildProcess::new("sidecar");
        let span = child.start("sh");
        child.environment(&span);
        span.started(7);
        before = Some(SystemTime::now());
        drop(span);
    });
    check_dropped(&spans, "sh", before.expect("a time"), "dropped");
}

#[test]
fn a_timeout_cancels_the_span_of_a_child_that_hangs() {
    let mut before = None;
    let spans = spans_of(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let mut command = tokio::process::Command::new("/bin/sleep");
            command.arg("60").kill_on_drop(true);
            let child = ChildProcess::new("sidecar").spawn_tokio(&mut command);
            let child = child.expect("a sleep");
            before = Some(SystemTime::now());
            let waited = tokio::time::timeout(Duration::ZERO, child.wait_with_output()).await;
            assert!(waited.is_err());
        });
    });
    check_dropped(&spans, "sleep", before.expect("a time"), "cancelled");
}

#[test]
fn a_command_of_tokio_makes_the_same_span() {
    let spans = spans_of(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let mut command = tokio::process::Command::new("/bin/sh");
        command.args(["-c", "echo said >&2; exit 3"]);
        runtime.block_on(async {
            let child = ChildProcess::new("sidecar").spawn_tokio(&mut command);
            let output = child.expect("a shell").wait_with_output().await;
            assert_eq!(output.expect("a child").status.code(), Some(3));
        });
    });
    let span = named(&spans, "sh");
    assert_eq!(text(span, "process.exit.code"), "3");
    assert_eq!(span.events.events[0].name, "said");
}
