//! Where the telemetry of the scenario goes.

use std::{env, fs, path::PathBuf};

use anyhow::{Context, Result, bail};
use otel_harness::{Collector, Jaeger, Receiver, Source, Span};
use serde_json::Value;

use super::drive::SERVICES;

/// What to send to.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The OpenTelemetry Collector.
    #[default]
    Collector,
    /// Jaeger.
    Jaeger,
    /// A file, by a receiver in this process.
    File,
    /// A SigNoz that the user runs.
    SigNoz,
}

impl Kind {
    pub fn parse(name: &str) -> Result<Self> {
        Ok(match name {
            "collector" => Self::Collector,
            "jaeger" => Self::Jaeger,
            "file" => Self::File,
            "signoz" => Self::SigNoz,
            other => bail!("--backend takes collector, jaeger, file or signoz, and not {other:?}"),
        })
    }
}

/// A running backend.
pub enum Backend {
    Collector(Collector),
    Jaeger(Jaeger),
    File(Receiver),
    SigNoz {
        endpoint: String,
        headers: Option<String>,
    },
}

impl Backend {
    pub async fn start(kind: Kind) -> Result<Self> {
        Ok(match kind {
            Kind::Collector => Self::Collector(Collector::start().await?),
            Kind::Jaeger => Self::Jaeger(Jaeger::start().await?),
            Kind::File => Self::File(Receiver::start().await?),
            Kind::SigNoz => Self::SigNoz {
                endpoint: env::var("SIGNOZ_ENDPOINT").context(
                    "set SIGNOZ_ENDPOINT to the OTLP endpoint over HTTP, such as http://127.0.0.1:4318",
                )?,
                headers: env::var("SIGNOZ_KEY")
                    .ok()
                    .map(|key| format!("signoz-ingestion-key={key}")),
            },
        })
    }

    /// The environment of every process.
    pub fn telemetry(&self) -> Vec<(String, String)> {
        let endpoint = match self {
            Self::Collector(collector) => collector.endpoint().to_owned(),
            Self::Jaeger(jaeger) => jaeger.endpoint(),
            Self::File(receiver) => receiver.endpoint().to_owned(),
            Self::SigNoz { endpoint, .. } => endpoint.clone(),
        };
        let mut env = vec![
            ("OTEL_EXPORTER_OTLP_ENDPOINT".to_owned(), endpoint),
            ("OTEL_BSP_SCHEDULE_DELAY".to_owned(), "200".to_owned()),
        ];
        if let Self::SigNoz {
            headers: Some(headers),
            ..
        } = self
        {
            env.push(("OTEL_EXPORTER_OTLP_HEADERS".to_owned(), headers.clone()));
        }
        env
    }

    /// Whether the spans can be read back.
    pub fn can_be_read(&self) -> bool {
        !matches!(self, Self::SigNoz { .. })
    }

    /// All spans that have arrived so far.
    pub async fn spans(&self) -> Vec<Span> {
        match self {
            Self::Collector(collector) => collector.spans(),
            Self::Jaeger(jaeger) => jaeger.spans(&SERVICES).await,
            Self::File(receiver) => receiver.spans(),
            Self::SigNoz { .. } => Vec::new(),
        }
    }

    pub fn name(&self) -> &'static str {
        match self {
            Self::Collector(_) => "collector",
            Self::Jaeger(_) => "jaeger",
            Self::File(_) => "file",
            Self::SigNoz { .. } => "signoz",
        }
    }

    /// Where to look further.
    pub fn look(&self) -> String {
        match self {
            Self::Collector(_) => {
                "--json prints every span; with --backend jaeger --keep they stay in Jaeger"
                    .to_owned()
            }
            Self::Jaeger(jaeger) => format!(
                "with --keep: {}/api/traces?service={}",
                jaeger.query_url(),
                SERVICES[0]
            ),
            Self::File(_) => format!("every span is in {}", file().display()),
            Self::SigNoz { endpoint, .. } => {
                format!(
                    "SigNoz behind {endpoint}: filter service.name by {}",
                    SERVICES.join(", ")
                )
            }
        }
    }

    /// Writes the report, if that is what the backend is for.
    pub fn keep_file(&self, report: &Value) -> Result<()> {
        if matches!(self, Self::File(_)) {
            fs::write(file(), format!("{report:#}"))?;
        }
        Ok(())
    }
}

fn file() -> PathBuf {
    PathBuf::from("target/scenario-messaging.json")
}
