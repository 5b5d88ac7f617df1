//! An app without a display that records what it is told to on its standard input, a command per line, and
//! answers each with a line of JSON. What it exports, and how, is up to its environment.
//!
//! Its window is tauri's mock, so it starts in milliseconds; invokes reach it as they do from a page that
//! uses `postMessage`.

mod everything;
mod reveal;
mod setup;

use std::{
    collections::HashMap,
    io::{self, BufRead, Write},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tauri::{
    App, WebviewWindow, WebviewWindowBuilder,
    ipc::{CallbackFn, InvokeBody},
    test::{INVOKE_KEY, MockRuntime, get_ipc_response, mock_builder, mock_context, noop_assets},
    webview::InvokeRequest,
};
use tauri_plugin_opentelemetry::{
    LogLevel, OpenTelemetryExt,
    opentelemetry::{
        Context, KeyValue,
        baggage::BaggageExt,
        global,
        logs::{LogRecord, Logger, Severity},
        trace::{Span, TraceContextExt, Tracer},
    },
};
use tracebaton::ChildProcess;
use tracing_subscriber::{filter::LevelFilter, layer::Identity, prelude::*};

/// The target of what the modules record by `tracing`, which would be their paths: tests look for the name of the app.
const TARGET: &str = "emitter";

#[tauri::command]
fn greet(name: String) -> String {
    tracing::info!(length = name.len(), "greeting");
    let length = KeyValue::new("name.length", name.len() as i64);
    Context::map_current(|cx| cx.span().set_attribute(length));
    format!("Hello, {name}!")
}

/// What the caller says the colour is.
#[tauri::command]
fn colour() -> String {
    let colour = Context::map_current(|cx| cx.baggage().get("colour").cloned());
    colour.map(|colour| colour.to_string()).unwrap_or_default()
}

#[tauri::command]
fn fail() -> Result<(), String> {
    tracing::debug!("about to fail");
    Err("no".to_owned())
}

/// Answers well, though something went wrong.
#[tauri::command]
fn complain() {
    tracing::error!("nothing works");
}

#[tauri::command]
async fn complain_async() {
    tracing::error!("nothing works");
}

fn main() {
    let subscriber = tracing_subscriber::registry().with(tauri_plugin_opentelemetry::layer());
    // What an app with another opinion about levels has beside ours.
    // Not by `init`, which installs a logger as well if `tracing-subscriber` is built with its default features.
    let installed = if std::env::var_os("ERRORS_ONLY").is_some() {
        let errors = Identity::new().with_filter(LevelFilter::ERROR);
        tracing::subscriber::set_global_default(subscriber.with(errors))
    } else {
        tracing::subscriber::set_global_default(subscriber)
    };
    installed.expect("there is no other subscriber");
    let mut context = mock_context(noop_assets());
    context.config_mut().product_name = Some("emitter".to_owned());
    context.package_info_mut().version = env!("CARGO_PKG_VERSION").parse().expect("a version");
    let app = mock_builder()
        .plugin(setup::plugin().build())
        .invoke_handler(tauri_plugin_opentelemetry::handler(
            tauri::generate_handler![greet, colour, fail, complain, complain_async],
        ))
        .build(context)
        .expect("the app is built");
    let window = WebviewWindowBuilder::new(&app, "main", Default::default())
        .build()
        .expect("a mock window");
    for line in io::stdin().lock().lines() {
        let line = line.expect("commands are text");
        let (command, argument) = line.split_once(' ').unwrap_or((&line, ""));
        let answer = obey(&app, &window, command, argument);
        let mut out = io::stdout().lock();
        // Behind a marker, because the console exporter writes here as well.
        writeln!(out, "answer {answer}").expect("somebody reads");
        if command == "exit" {
            return;
        }
    }
}

fn obey(
    app: &App<MockRuntime>,
    window: &WebviewWindow<MockRuntime>,
    command: &str,
    argument: &str,
) -> Value {
    let number = || argument.parse::<usize>().expect("a number");
    let telemetry = app.opentelemetry();
    match command {
        "everything" => {
            everything::record(app);
            Value::Null
        }
        "spans" => {
            let tracer = telemetry.tracer();
            for index in 0..number() {
                let builder = tracer
                    .span_builder(format!("span {index}"))
                    .with_attributes([KeyValue::new("index", index as i64)]);
                tracer.build(builder).end();
            }
            Value::Null
        }
        "nested" => {
            let _outer = tracing::info_span!("outer").entered();
            let _inner = tracing::info_span!("inner").entered();
            tracing::warn!("nested");
            Value::Null
        }
        "logs" => {
            for index in 0..number() {
                tracing::warn!(index, "log {index}");
            }
            Value::Null
        }
        "counters" => {
            let counter = telemetry.meter().u64_counter("emitter.many").build();
            for index in 0..number() {
                counter.add(1, &[KeyValue::new("index", index as i64)]);
            }
            Value::Null
        }
        // The text in every field of every signal.
        "reveal" => {
            reveal::reveal(app, argument);
            Value::Null
        }
        "reveal-all" => {
            reveal::reveal_all(app, argument);
            Value::Null
        }
        "debug" => {
            tracing::debug!("{argument}");
            Value::Null
        }
        "error" => {
            tracing::error!("{argument}");
            Value::Null
        }
        // Events that name the span they belong to, or none, inside of another.
        "adopted" => {
            let parent = tracing::info_span!("parent");
            tracing::info_span!("current").in_scope(|| {
                tracing::warn!(parent: &parent, "adopted");
                tracing::warn!(parent: None, "orphaned");
                tracing::warn!("at home");
            });
            Value::Null
        }
        // What crates that the plugin may use as well say on behalf of the app.
        "client" => {
            tracing::warn!(target: "reqwest::connect", "of reqwest");
            tracing::warn!(target: "hyper::client", "of hyper");
            log::warn!(target: "rustls::check", "of rustls");
            Value::Null
        }
        // Whether anybody listens to what is said at these levels, and then more than is needed to find out.
        "ask" => {
            // The second time there is one.
            let _ = tracing_log::LogTracer::init_with_filter(log::LevelFilter::Info);
            let heard = json!([
                tracing::enabled!(tracing::Level::INFO),
                tracing::enabled!(tracing::Level::TRACE),
                log::log_enabled!(log::Level::Info),
                log::log_enabled!(log::Level::Trace),
            ]);
            for _ in 0..3 {
                tracing::info_span!("asked").in_scope(|| ());
            }
            heard
        }
        // How long each of so many invokes took, in microseconds.
        "invoke" => (0..number())
            .map(|_| {
                let start = Instant::now();
                let body = InvokeBody::Json(json!({ "name": "you" }));
                get_ipc_response(window, request("greet", body)).expect("a greeting");
                start.elapsed().as_micros() as u64
            })
            .collect(),
        "fail" => {
            get_ipc_response(window, request("fail", InvokeBody::default())).expect_err("a failure")
        }
        "complain" | "complain_async" => {
            get_ipc_response(window, request(command, InvokeBody::default())).expect("an answer");
            Value::Null
        }
        // An invoke of somebody who has a trace and baggage.
        "called" => {
            let mut request = request("colour", InvokeBody::default());
            for (name, value) in [
                (
                    "traceparent",
                    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                ),
                ("baggage", "colour=blue"),
            ] {
                let value = value.parse().expect("a header");
                request.headers.insert(name, value);
            }
            let answer = get_ipc_response(window, request).expect("a colour");
            answer.deserialize().expect("a text")
        }
        "panic" => {
            let panicking = thread::Builder::new().spawn(|| {
                let _span = tracing::info_span!("doomed").entered();
                panic!("told to");
            });
            let _ = panicking.expect("a thread").join();
            Value::Null
        }
        // A panic in a library.
        "panic-below" => {
            let panicking = thread::Builder::new().spawn(|| "ab".repeat(usize::MAX));
            let _ = panicking.expect("a thread").join();
            Value::Null
        }
        "status" => {
            let status = telemetry.status();
            let signal = |signal: &tauri_plugin_opentelemetry::SignalStatus| {
                json!({
                    "destinations": signal.destinations,
                    "queued": signal.queued,
                    "exported": signal.exported,
                    "dropped": signal.dropped,
                    "spoolBytes": signal.spool_bytes,
                    "corruptFiles": signal.corrupt_files,
                    "breaker": signal.breaker,
                })
            };
            json!({
                "enabled": status.enabled,
                "traces": signal(&status.traces),
                "metrics": signal(&status.metrics),
                "logs": signal(&status.logs),
            })
        }
        // What a library does that only knows OpenTelemetry's global API: what it sends along with a request of its own, and
        // with one that it passes on.
        "global" => {
            let tracer = global::tracer("a library");
            let cx = Context::current_with_span(tracer.start("of a library"));
            let received = HashMap::from(
                [
                    (
                        "traceparent",
                        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03",
                    ),
                    ("tracestate", "of@two@systems=1"),
                    ("baggage", "user=1"),
                ]
                .map(|(name, value)| (name.to_owned(), value.to_owned())),
            );
            let (mut sent, mut relayed) = (HashMap::new(), HashMap::new());
            global::get_text_map_propagator(|propagator| {
                propagator.inject_context(&cx, &mut sent);
                propagator.inject_context(&propagator.extract(&received), &mut relayed);
            });
            cx.span().end();
            let meter = global::meter("a library");
            meter.u64_counter("library.calls").build().add(1, &[]);
            json!({ "sent": sent, "relayed": relayed })
        }
        "event" => {
            let logger = telemetry.logger();
            let mut record = logger.create_log_record();
            record.set_event_name("shop.sold");
            record.set_severity_number(Severity::Info);
            logger.emit(record);
            Value::Null
        }
        // A span that is open until the end of the process.
        "hold" => {
            std::mem::forget(tracing::info_span!("held").entered());
            tracing::warn!("about to {argument}");
            Value::Null
        }
        "die" => match argument {
            "panic" => panic!("told to die"),
            "abort" => std::process::abort(),
            "run out of memory" => {
                std::alloc::handle_alloc_error(std::alloc::Layout::new::<[u8; 1 << 30]>())
            }
            other => panic!("no death is called {other:?}"),
        },
        "consent" if argument.is_empty() => json!(telemetry.consent()),
        "consent" => json!(telemetry.consent_for(read(argument))),
        "choose" => match argument.split_once(' ') {
            None => telemetry.set_consent(read(argument)),
            Some((choice, purpose)) => telemetry.set_consent_for(read(purpose), read(choice)),
        }
        .is_ok()
        .into(),
        // The variable that turns the telemetry of a child off, as the child sees it.
        "child" => {
            let mut command = Command::new("sh");
            command.args(["-c", "printf %s \"$OTEL_SDK_DISABLED\""]);
            let child = ChildProcess::new("child").spawn(command.stdout(Stdio::piped()));
            let output = child.and_then(|child| child.wait_with_output());
            String::from_utf8_lossy(&output.expect("a shell").stdout).into()
        }
        "preview" => telemetry.preview().into(),
        "erase" => telemetry.erase().is_ok().into(),
        "sampling" => {
            telemetry.set_sampling(argument.parse().expect("a ratio"));
            Value::Null
        }
        "level-info" => {
            telemetry.set_level(LogLevel::Info);
            Value::Null
        }
        "level-error" => {
            telemetry.set_level(LogLevel::Error);
            Value::Null
        }
        "handle" => format!("{telemetry:?}").into(),
        "purge" => telemetry.purge().is_ok().into(),
        "flush" => telemetry.flush(Duration::from_secs(10)).into(),
        // How long the end of the telemetry took, in milliseconds.
        "exit" => {
            let start = Instant::now();
            telemetry.shutdown();
            (start.elapsed().as_millis() as u64).into()
        }
        other => panic!("no command is called {other:?}"),
    }
}

/// A value by its name.
fn read<T: DeserializeOwned>(name: &str) -> T {
    serde_json::from_value(json!(name)).expect("a name")
}

fn request(cmd: &str, body: InvokeBody) -> InvokeRequest {
    InvokeRequest {
        cmd: cmd.into(),
        callback: CallbackFn(0),
        error: CallbackFn(1),
        url: "tauri://localhost".parse().expect("a URL"),
        body,
        headers: Default::default(),
        invoke_key: INVOKE_KEY.to_owned(),
    }
}
