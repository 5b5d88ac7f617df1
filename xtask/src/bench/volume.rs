//! How many spans one app gets rid of, and how many bytes they are on the wire.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use otel_harness::{Collector, Emitter, cpu_time};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy},
    net::{TcpListener, TcpStream},
    time::{Instant, interval},
};
use xshell::Shell;

use super::{Options, report::Report};

/// What is tried, in spans per second: a click makes about ten.
const RATES: [usize; 6] = [1_000, 10_000, 25_000, 50_000, 100_000, 200_000];

/// How long a rate has to hold; the highest that does, without a loss, is what is looked for.
const SECONDS: usize = 60;

/// How long a rate is tried.
const TRIAL: usize = 5;

/// Between two handfuls of spans.
const TICK: Duration = Duration::from_millis(5);

/// Invokes whose spans are counted on the wire.
const INVOKES: usize = 5_000;

const PROTOCOLS: [&str; 3] = ["http/protobuf", "http/json", "grpc"];
const COMPRESSIONS: [&str; 3] = ["none", "gzip", "zstd"];

pub fn run(sh: &Shell, options: &Options, report: &mut Report) -> Result<()> {
    crate::backends::run(sh)?;
    let program = otel_harness::build("emitter", &["--release"])?;
    tokio::runtime::Runtime::new()?.block_on(async {
        sustained(&program, options.rounds(SECONDS, TRIAL), report).await?;
        on_the_wire(&program, report).await
    })
}

/// Traces only, so that what is counted is what was asked for.
fn env(endpoint: &str) -> Vec<(&str, &str)> {
    vec![
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
        ("OTEL_METRICS_EXPORTER", "none"),
        ("OTEL_LOGS_EXPORTER", "none"),
    ]
}

/// What became of the spans of some seconds.
struct Poured {
    per_second: f64,
    exported: u64,
    dropped: u64,
    /// Of one processor.
    cpu: f64,
}

async fn sustained(program: &Path, seconds: usize, report: &mut Report) -> Result<()> {
    let collector = Collector::with(otel_harness::Options {
        discarding: true,
        ..Default::default()
    })
    .await?;
    let mut rows = Vec::new();
    let mut whole = Vec::new();
    for rate in RATES {
        let poured = pour(program, &collector, rate, TRIAL).await?;
        if poured.dropped == 0 {
            whole.push(rate);
        }
        rows.push(poured.row(rate, TRIAL));
    }
    // What holds for a moment may not hold for long.
    loop {
        let rate = whole.pop().context("not even the lowest rate holds")?;
        let poured = pour(program, &collector, rate, seconds).await?;
        rows.push(poured.row(rate, seconds));
        if poured.dropped == 0 {
            report.samples("volume/sustained", poured.per_second);
            break;
        }
    }
    report.table(
        "Spans to a local Collector",
        [
            "asked for (per second)",
            "seconds",
            "per second",
            "exported",
            "dropped",
            "CPU of the app",
        ],
        &rows,
    );
    Ok(())
}

impl Poured {
    fn row(&self, rate: usize, seconds: usize) -> [String; 6] {
        [
            rate.to_string(),
            seconds.to_string(),
            format!("{:.0}", self.per_second),
            self.exported.to_string(),
            self.dropped.to_string(),
            format!("{:.1} %", self.cpu * 100.0),
        ]
    }
}

async fn pour(
    program: &Path,
    collector: &Collector,
    rate: usize,
    seconds: usize,
) -> Result<Poured> {
    let mut emitter = Emitter::start_program(program, &env(collector.endpoint()))?;
    emitter.tell("flush").await?;
    let cpu = cpu_time(emitter.pid().context("the emitter is gone")?)?;
    let start = Instant::now();
    let ticks = seconds * (Duration::from_secs(1).as_millis() / TICK.as_millis()) as usize;
    let handful = rate * seconds / ticks;
    let mut tick = interval(TICK);
    for _ in 0..ticks {
        tick.tick().await;
        emitter.tell(&format!("spans {handful}")).await?;
    }
    let elapsed = start.elapsed();
    emitter.tell("flush").await?;
    let cpu = cpu_time(emitter.pid().context("the emitter is gone")?)? - cpu;
    let status = emitter.tell("status").await?["traces"].take();
    let dropped = status["dropped"].as_object().context("the losses")?;
    let poured = Poured {
        per_second: (ticks * handful) as f64 / elapsed.as_secs_f64(),
        exported: status["exported"].as_u64().context("a number")?,
        dropped: dropped.values().filter_map(Value::as_u64).sum(),
        cpu: cpu.as_secs_f64() / elapsed.as_secs_f64(),
    };
    ensure!(
        poured.exported + poured.dropped == (ticks * handful) as u64,
        "{} spans and {} lost ones are not all that there were: {status}",
        poured.exported,
        poured.dropped
    );
    emitter.exit().await?;
    Ok(poured)
}

async fn on_the_wire(program: &Path, report: &mut Report) -> Result<()> {
    let collector = Collector::start().await?;
    let mut rows = Vec::new();
    for protocol in PROTOCOLS {
        for compression in COMPRESSIONS {
            let endpoint = if protocol == "grpc" {
                collector.grpc_endpoint()
            } else {
                collector.endpoint()
            };
            let counter = Counter::start(endpoint.trim_start_matches("http://")).await?;
            let mut env = env(&counter.endpoint);
            env.extend([
                ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
                ("OTEL_EXPORTER_OTLP_COMPRESSION", compression),
            ]);
            let mut emitter = Emitter::start_program(program, &env)?;
            // Less than the queue holds.
            for _ in 0..INVOKES / 500 {
                emitter.tell("invoke 500").await?;
                emitter.tell("flush").await?;
            }
            let exported = emitter.tell("status").await?["traces"]["exported"].take();
            let exported = exported.as_u64().context("a number")?;
            emitter.exit().await?;
            let per_span = counter.bytes() as f64 / exported as f64;
            report.samples(format!("volume/wire/{protocol}/{compression}"), per_span);
            rows.push([
                protocol.to_owned(),
                compression.to_owned(),
                exported.to_string(),
                format!("{per_span:.1}"),
            ]);
        }
    }
    report.table(
        "Bytes on the wire",
        [
            "protocol",
            "compression",
            "spans of invokes",
            "bytes per span, with headers",
        ],
        &rows,
    );
    Ok(())
}

/// Stands between an app and a Collector, and counts what the app sends.
struct Counter {
    endpoint: String,
    bytes: Arc<AtomicU64>,
}

impl Counter {
    async fn start(to: &str) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let bytes = Arc::<AtomicU64>::default();
        let (to, count) = (to.to_owned(), bytes.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&to).await?;
                tokio::spawn(relay(client, server, count.clone()));
            }
            anyhow::Ok(())
        });
        Ok(Self { endpoint, bytes })
    }

    fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}

async fn relay(client: TcpStream, server: TcpStream, count: Arc<AtomicU64>) -> Result<()> {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    tokio::spawn(async move { copy(&mut from_server, &mut to_client).await });
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let bytes = from_client.read(&mut buffer).await?;
        if bytes == 0 {
            return Ok(to_server.shutdown().await?);
        }
        count.fetch_add(bytes as u64, Ordering::Relaxed);
        to_server.write_all(&buffer[..bytes]).await?;
    }
}
