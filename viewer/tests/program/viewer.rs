//! A running `tracepane`, and what is sent to it.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, KeyValue, any_value::Value as Any},
    resource::v1::Resource,
    trace::v1::{ResourceSpans, ScopeSpans, Span},
};
use prost::Message;
use serde_json::Value;

/// Longer than anything takes on a busy machine.
pub const DEADLINE: Duration = Duration::from_secs(30);

pub struct Program {
    pub process: Child,
    pub url: String,
    pub token: String,
}

pub struct Answer {
    pub status: u16,
    pub headers: http::HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("{:?}", String::from_utf8_lossy(&self.body)))
    }
}

impl Program {
    pub fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tracepane"));
        command
            .arg("--folder")
            .arg(folder)
            .args(["--http-port", "0", "--grpc-port", "0"])
            .args(arguments);
        Self::spawn(command)
    }

    /// With a file system of its own at `folder`, which has room for so many KiB.
    pub fn start_on_small_disk(folder: &Path, kib: u32) -> Self {
        let script = format!(
            "mount -t tmpfs -o size={kib}k tmpfs '{0}' && exec '{1}' --folder '{0}' --http-port 0 --grpc-port 0",
            folder.display(),
            env!("CARGO_BIN_EXE_tracepane")
        );
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--mount", "sh", "-c", &script]);
        Self::spawn(command)
    }

    fn spawn(mut command: Command) -> Self {
        let mut process = command
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut lines = BufReader::new(process.stderr.take().expect("it is piped")).lines();
        let said = lines.next().expect("it says its link").expect("it is text");
        let link = said
            .strip_prefix("tracepane shows ")
            .unwrap_or_else(|| panic!("{said}"));
        let (url, token) = link.split_once("/#token=").expect("it has a token");
        let (url, token) = (url.to_owned(), token.to_owned());
        // Nobody reads the rest, and it must not block.
        std::thread::spawn(move || lines.for_each(drop));
        Self {
            process,
            url,
            token,
        }
    }

    /// Asks the API with the token, and expects an answer.
    pub fn get(&self, path: &str) -> Value {
        let answer = self.request(
            "GET",
            path,
            &[("authorization", &format!("Bearer {}", self.token))],
            b"",
        );
        assert_eq!(
            answer.status,
            200,
            "{path}: {:?}",
            String::from_utf8_lossy(&answer.body)
        );
        answer.json()
    }

    pub fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(DEADLINE))
            .build();
        let mut request = http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let agent: ureq::Agent = config.into();
        let mut response = agent
            .run(request.body(body).expect("a request"))
            .unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        let body = response.body_mut().read_to_vec().expect("a body");
        Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body,
        }
    }

    pub fn send(&self, spans: Vec<Span>) -> Answer {
        self.request(
            "POST",
            "/v1/traces",
            &[("content-type", "application/x-protobuf")],
            &export(spans).encode_to_vec(),
        )
    }

    /// Waits until the status of the current run is as asked.
    pub fn until(&self, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        let start = Instant::now();
        loop {
            let status = self.get("/api/status");
            if is(&status) {
                return status;
            }
            assert!(start.elapsed() < DEADLINE, "{what}: {status}");
            std::thread::yield_now();
        }
    }

    pub fn until_spans(&self, count: u64) {
        self.until("the spans are stored", |status| {
            status["counts"]["spans"].as_u64() >= Some(count)
        });
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub fn export(spans: Vec<Span>) -> ExportTraceServiceRequest {
    let resource = Resource {
        attributes: vec![text("service.name", "app")],
        ..Resource::default()
    };
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(resource),
            scope_spans: vec![ScopeSpans {
                spans,
                ..ScopeSpans::default()
            }],
            ..ResourceSpans::default()
        }],
    }
}

pub fn text(key: &str, value: &str) -> KeyValue {
    let value = Some(AnyValue {
        value: Some(Any::StringValue(value.to_owned())),
    });
    KeyValue {
        key: key.to_owned(),
        value,
        ..KeyValue::default()
    }
}

/// A root of a trace of its own.
pub fn span(id: u64, name: &str) -> Span {
    Span {
        trace_id: u128::from(id).to_be_bytes().to_vec(),
        span_id: id.to_be_bytes().to_vec(),
        name: name.to_owned(),
        kind: 1,
        start_time_unix_nano: 1_700_000_000_000_000_000 + id * 1_000_000,
        end_time_unix_nano: 1_700_000_000_000_000_000 + id * 1_000_000 + 5_000,
        ..Span::default()
    }
}
