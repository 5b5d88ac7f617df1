//! Where the telemetry of the scenario goes.

use std::{env, fs, path::PathBuf};

use anyhow::{Context, Result, bail};
use otel_harness::{Collector, Jaeger, Receiver, Source, Span, Viewer};
use serde_json::Value;

use super::drive::SERVICES;

/// What to send to.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The viewer of this workspace.
    #[default]
    Viewer,
    /// The OpenTelemetry Collector.
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
            "viewer" => Self::Viewer,
            "collector" => Self::Collector,
            "jaeger" => Self::Jaeger,
            "file" => Self::File,
            "signoz" => Self::SigNoz,
            other => bail!(
                "--backend takes viewer, collector, jaeger, file or signoz, and not {other:?}"
            ),
        })
    }
}

/// A running backend.
pub enum Backend {
    Viewer(Viewer),
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
            Kind::Viewer => Self::Viewer(Viewer::start().await?),
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
            Self::Viewer(viewer) => viewer.endpoint(),
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
            // It is asked again.
            Self::Viewer(viewer) => viewer.spans().await.unwrap_or_default(),
            Self::Collector(collector) => collector.spans(),
            Self::Jaeger(jaeger) => jaeger.spans(&SERVICES).await,
            Self::File(receiver) => receiver.spans(),
            Self::SigNoz { .. } => Vec::new(),
        }
    }

    /// Everything that has arrived, as bytes to search in: of all signals at the Collector, and else of these spans.
    pub fn bytes(&self, spans: &[Span]) -> Vec<u8> {
        match self {
            Self::Collector(collector) => ["traces", "metrics", "logs"]
                .map(|signal| collector.bytes(signal))
                .concat(),
            _ => format!("{spans:?}").into_bytes(),
        }
    }

    pub fn name(&self) -> &'static str {
        match self {
            Self::Viewer(_) => "viewer",
            Self::Collector(_) => "collector",
            Self::Jaeger(_) => "jaeger",
            Self::File(_) => "file",
            Self::SigNoz { .. } => "signoz",
        }
    }

    /// Where to look further at this trace.
    pub fn look(&self, trace: Option<&str>) -> String {
        match self {
            Self::Viewer(viewer) => format!("with --keep: {}", trace_link(viewer.link(), trace)),
            Self::Collector(_) => {
                "--json prints every span; --backend viewer --keep shows them in the browser"
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

/// The link of the viewer, to a trace: the token goes among the parameters of its fragment.
fn trace_link(link: &str, trace: Option<&str>) -> String {
    match trace {
        Some(trace) => link.replace("#token=", &format!("#/trace/{trace}?token=")),
        None => link.to_owned(),
    }
}

fn file() -> PathBuf {
    PathBuf::from("target/scenario-messaging.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signoz_gets_the_key_of_the_user_with_every_request() {
        let backend = Backend::SigNoz {
            endpoint: "https://ingest.example.org".to_owned(),
            headers: Some("signoz-ingestion-key=secret".to_owned()),
        };
        let env = backend.telemetry();
        let value = |wanted| {
            let found = env.iter().find(|(name, _)| name == wanted);
            found.map(|(_, value)| value.as_str())
        };
        assert_eq!(
            value("OTEL_EXPORTER_OTLP_ENDPOINT"),
            Some("https://ingest.example.org")
        );
        assert_eq!(
            value("OTEL_EXPORTER_OTLP_HEADERS"),
            Some("signoz-ingestion-key=secret")
        );
        assert!(!backend.look(None).contains("secret"));
    }

    #[test]
    fn the_link_of_the_viewer_opens_the_trace() {
        let link = "http://127.0.0.1:4318/#token=secret";
        assert_eq!(trace_link(link, None), link);
        assert_eq!(
            trace_link(link, Some("abc")),
            "http://127.0.0.1:4318/#/trace/abc?token=secret"
        );
    }

    #[test]
    fn an_unknown_backend_is_an_error_that_names_all() {
        let error = Kind::parse("zipkin").unwrap_err().to_string();
        assert_eq!(
            error,
            "--backend takes viewer, collector, jaeger, file or signoz, and not \"zipkin\""
        );
    }
}
