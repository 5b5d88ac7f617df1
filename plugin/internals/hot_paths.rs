//! What runs for every invoke, span and batch.

use std::{fs, path::Path, sync::Arc};

use opentelemetry::{
    Context, KeyValue, StringValue,
    trace::{SpanContext, TraceContextExt, Tracer},
};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_sdk::trace::SpanData;
use tauri::{
    Webview,
    ipc::{CallbackFn, InvokeBody, InvokeResponse, InvokeResponseBody},
    test,
    webview::{InvokeRequest, WebviewWindowBuilder},
};
use tracing_subscriber::layer::SubscriberExt;

use crate::{
    config::{Config, OtlpOptions, Settings},
    ipc::{Began, InvokeSpan, Page, wire},
    page_intake::{PageIntake, Sinks},
    pipeline::{AppIdentity, bench},
    privacy::{Redact, Redaction, Redactor},
    subscriber,
    telemetry::Telemetry,
};

/// The `traceparent` of a page that is sampled.
const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// Spans of a full batch of a page, and of one request to a collector.
const BATCH: usize = 512;

/// Requests of a file of the spool, and their size, which a batch of spans has.
const REQUESTS: usize = 10;
const REQUEST_BYTES: usize = 100_000;

/// Call sites passed in one run: one alone is less than the clock and the call of the run.
const CALLS: u64 = 100;

type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Something whose cost is to be known.
pub struct HotPath {
    /// What one run handles.
    pub work: Work,
    /// One run.
    pub run: Box<dyn FnMut()>,
}

/// What a cost is divided by.
#[derive(Debug, Clone, Copy)]
pub enum Work {
    /// Something that happens so many times.
    Times(u64),
    /// So many bytes.
    Bytes(u64),
}

/// Prepares a path; files go into the given folder, which is there.
pub type Prepare = fn(&Path) -> HotPath;

/// All of them by name.
pub const HOT_PATHS: [(&str, Prepare); 14] = [
    ("invoke_span", |_| invoke_span(&|_| None, None)),
    ("invoke_span_unsampled", |_| {
        let env = |name: &str| (name == "OTEL_TRACES_SAMPLER").then(|| "always_off".into());
        invoke_span(&env, None)
    }),
    ("invoke_span_journaled", |folder| {
        invoke_span(&|_| None, Some(folder))
    }),
    ("call_site_off", |_| call_sites_off()),
    ("scheme_request", |_| scheme_request()),
    ("page_batch", |_| page_batch()),
    ("page_batch_as_json_value", |_| {
        let body = batch_of_a_page();
        times(BATCH as u64, move || {
            serde_json::from_slice::<serde_json::Value>(&body).map(drop)
        })
    }),
    ("otlp_request", |_| {
        let spans = spans();
        let limits = config(&|_| None).span_limits;
        times(BATCH as u64, move || bench::request(spans.clone(), limits))
    }),
    ("redaction", |_| redaction()),
    ("otlp_protobuf", |_| {
        let request = request();
        times(BATCH as u64, move || bench::protobuf(&request))
    }),
    ("otlp_json", |_| {
        let request = request();
        times(BATCH as u64, move || bench::json(&request))
    }),
    ("spool_write_and_replay", |folder| {
        let limits = config(&|_| None).spool;
        let mut spool = bench::Spooling::new(folder.join("spool"), limits);
        let body = body();
        bytes(move || spool.there_and_back(&body, REQUESTS))
    }),
    ("plain_file_write_and_read", |folder| {
        let file = folder.join("file");
        let body = body().repeat(REQUESTS);
        bytes(move || plain_file(&file, &body))
    }),
    // Last, because the layers stay open behind it.
    ("command_span", |_| command_span()),
];

fn times<T>(times: u64, mut run: impl FnMut() -> T + 'static) -> HotPath {
    HotPath {
        work: Work::Times(times),
        run: Box::new(move || drop(std::hint::black_box(run()))),
    }
}

fn bytes(run: impl FnMut() + 'static) -> HotPath {
    HotPath {
        work: Work::Bytes((REQUESTS * REQUEST_BYTES) as u64),
        run: Box::new(run),
    }
}

fn body() -> Vec<u8> {
    (0..REQUEST_BYTES)
        .map(|index| (index % 251) as u8)
        .collect()
}

/// The span of one invoke of a page that sent a `traceparent`, up to the queue: nobody listens behind it. With a folder, the journal of
/// crashes is kept in it.
fn invoke_span(env: Env<'_>, data_folder: Option<&Path>) -> HotPath {
    let app = test::mock_app();
    let window = WebviewWindowBuilder::new(&app, "main", tauri::WebviewUrl::default())
        .build()
        .expect("a mock window");
    let page = Page::new(AsRef::<Webview<_>>::as_ref(&window).clone());
    let telemetry = telemetry(env, data_folder);
    telemetry.commands.called(&telemetry.commands.get("greet"));
    let request = InvokeRequest {
        cmd: "greet".to_owned(),
        callback: CallbackFn(0),
        error: CallbackFn(0),
        url: tauri::Url::parse("tauri://localhost").expect("a URL"),
        body: InvokeBody::default(),
        headers: tauri::http::HeaderMap::from_iter([(
            tauri::http::HeaderName::from_static("traceparent"),
            tauri::http::HeaderValue::from_static(TRACEPARENT),
        )]),
        invoke_key: String::new(),
    };
    let response = InvokeResponse::Ok(InvokeResponseBody::Json("null".to_owned()));
    times(1, move || {
        // The app has to live as long as its window.
        let _ = &app;
        let span = InvokeSpan::start(&telemetry, &page, &request, 14, [], Began::now());
        drop(span.context().attach());
        span.end(&response);
    })
}

/// The span that tauri opens around the body of a blocking command, in the invoke of one.
fn command_span() -> HotPath {
    let telemetry = telemetry(&|_| None, None);
    subscriber::start(telemetry.clone(), config(&|_| None).filter, false);
    let layers = tracing_subscriber::registry().with(crate::layer());
    let guard = tracing::subscriber::set_default(layers);
    let invoke = Context::new()
        .with_value(telemetry.commands.get("greet"))
        .with_span(telemetry.tracer.start("greet"));
    times(1, move || {
        let _ = &guard;
        let _invoke = invoke.clone().attach();
        tracing::debug_span!(target: "app", "ipc::request::run").in_scope(|| ());
    })
}

fn config(env: Env<'_>) -> Config {
    let settings = Settings {
        otlp: OtlpOptions::new().endpoint("http://127.0.0.1:9"),
        ..Settings::default()
    };
    let decision = Config::resolve(env, settings, Settings::default());
    decision.config.expect("it is on")
}

fn telemetry(env: Env<'_>, data_folder: Option<&Path>) -> Arc<Telemetry> {
    let mut config = config(env);
    config.spool.max_bytes = 0;
    let identity = AppIdentity {
        name: "bench".to_owned(),
        version: String::new(),
        identifier: String::new(),
        home_folder: None,
        log_folder: None,
        config_folder: None,
        data_folder: data_folder.map(Path::to_owned),
    };
    Telemetry::start(&config, &identity, None).expect("threads")
}

/// Spans of an app that has the layer, while telemetry is off.
fn call_sites_off() -> HotPath {
    let subscriber = tracing_subscriber::registry().with(crate::layer());
    let guard = tracing::subscriber::set_default(subscriber);
    times(CALLS, move || {
        let _ = &guard;
        for _ in 0..CALLS {
            std::hint::black_box(tracing::info_span!("off", answer = 42));
        }
    })
}

fn scheme_request() -> HotPath {
    times(1, || {
        let request = tauri::http::Request::post("ipc://localhost/greet")
            .header("tauri-callback", "1")
            .header("tauri-error", "2")
            .header("tauri-invoke-key", "key")
            .header("origin", "tauri://localhost")
            .header("content-type", "application/json")
            .header("traceparent", TRACEPARENT)
            .body(br#"{"name":"you"}"#.to_vec())
            .expect("a request");
        wire::read(request)
    })
}

/// From the bytes of a batch to the queue.
fn page_batch() -> HotPath {
    let body = batch_of_a_page();
    let telemetry = telemetry(&|_| None, None);
    let propagators = config(&|_| None).propagators;
    let webview = StringValue::from("main");
    times(BATCH as u64, move || {
        // A new one has not had its share of spans yet.
        let page_intake = PageIntake::new(Sinks::of(&telemetry.pipeline), propagators);
        let read = page_intake.read(&body, &webview, &SpanContext::NONE);
        page_intake.pass_on(read, &webview)
    })
}

/// What the kernel sends of 256 clicks that invoke a command each.
fn batch_of_a_page() -> Vec<u8> {
    const BEGIN: u64 = 1_700_000_000_000;
    let pairs = (0..BATCH / 2).map(|index| {
        let time = BEGIN + index as u64;
        let end = time + 7;
        let trace = format!("{:032x}", index + 1);
        let (parent, child) = (format!("{:016x}", 2 * index + 1), format!("{:016x}", 2 * index + 2));
        format!(
            r#"{{"traceId":"{trace}","spanId":"{child}","parentSpanId":"{parent}","name":"greet","startTime":{time}.25,"endTime":{end}.5,"invoke":true}},{{"traceId":"{trace}","spanId":"{parent}","name":"ui.button_click","startTime":{time},"endTime":{end}.75,"attributes":{{"button":"send"}}}}"#
        )
    });
    let spans = pairs.collect::<Vec<_>>().join(",");
    format!(r#"{{"drift":0.25,"spans":[{spans}]}}"#).into_bytes()
}

/// The same, as the queue has it.
fn spans() -> Vec<SpanData> {
    let propagators = config(&|_| None).propagators;
    let (body, webview) = (batch_of_a_page(), StringValue::from("main"));
    PageIntake::new(Sinks::default(), propagators)
        .read(&body, &webview, &SpanContext::NONE)
        .spans
        .items
}

fn request() -> ExportTraceServiceRequest {
    let limits = config(&|_| None).span_limits;
    bench::request(spans(), limits)
}

/// A batch of spans with eight texts as attributes, of which none has to be removed.
fn redaction() -> HotPath {
    let home = Path::new("/home/somebody");
    let redactor = Redactor::new(&Redaction::new(), Some(home)).expect("it is on");
    let attributes = [
        ("rpc.system.name", "tauri"),
        ("rpc.method", "send_message"),
        ("tauri.window.label", "main"),
        ("code.function.name", "messenger::commands::send_message"),
        ("url.full", "https://api.example.com/v1/messages"),
        ("server.address", "api.example.com"),
        ("http.request.method", "POST"),
        ("error.type", "TimedOut"),
    ];
    let mut spans = spans();
    for span in &mut spans {
        span.attributes = attributes
            .map(|(key, value)| KeyValue::new(key, value))
            .into();
    }
    let mut request = bench::request(spans, config(&|_| None).span_limits);
    times(BATCH as u64, move || request.redact(&redactor))
}

/// What the disk takes and gives by itself: the limit of the spool.
fn plain_file(path: &Path, body: &[u8]) {
    let write = || {
        let mut file = fs::File::create(path)?;
        std::io::Write::write_all(&mut file, body)?;
        file.sync_data()
    };
    write().expect("a folder to write to");
    let read = fs::read(path).expect("the file just written");
    assert_eq!(read.len(), body.len());
    fs::remove_file(path).expect("the file just read");
}
