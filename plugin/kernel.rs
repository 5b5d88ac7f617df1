//! The scripts that are injected into every page while telemetry is on: the kernel, and behind it the instrumentations if
//! any are configured.

use serde::Serialize;
use tracebaton::TraceContext;

use crate::config::{CommandRule, Config};

/// Built from `guest-js/kernel`; takes `KERNEL_CONFIG`.
const KERNEL: &str = include_str!("kernel.js");

/// Built from `guest-js/instrumentations`; takes `INSTRUMENTATIONS` and `PROPAGATE_TO`.
const INSTRUMENTATIONS: &str = include_str!("instrumentations.js");

/// Makes the span that opened the window the parent of what its first document does until it is loaded. A document that is loaded later in the same
/// window has another cause, so it does nothing there.
const OPENER: &str = include_str!("opener.js");

/// Starts the kernel and the instrumentations in a document that is open already, unless they run there.
const LATE: &str = include_str!("late.js");

/// What is injected into every page, by the parts between which [`PageScript::opened_here`] puts another.
#[derive(Debug)]
pub(crate) struct PageScript {
    kernel: String,
    /// Empty if none is configured.
    instrumentations: String,
}

impl PageScript {
    /// The script for a document that is open already.
    pub(crate) fn late(&self) -> String {
        let whole = [self.kernel.as_str(), &self.instrumentations].join("\n");
        LATE.replace("START();", &whole)
    }

    /// The script for a webview that is opened on this thread: it knows the span that is current here.
    pub(crate) fn opened_here(&self) -> String {
        let context = TraceContext::current();
        let mut fields = context.fields();
        let opener = fields.find(|(name, _)| *name == "traceparent");
        let opener = opener.map(|(_, traceparent)| OPENER.replace("TRACEPARENT", &traceparent));
        // Before the instrumentations: the span of the document load is a child of the opener.
        [
            &self.kernel,
            &opener.unwrap_or_default(),
            &self.instrumentations,
        ]
        .map(String::as_str)
        .join("\n")
    }
}

/// The script, which does nothing in a frame of the page. Tauri asks for the main frame alone, but on Windows and on Android wry injects into all
/// frames, those of other sites included.
pub(crate) fn only_in_main_frame(script: &str) -> String {
    // Tauri makes the script of a plugin the body of a function.
    format!("if(window!==top)return;{script}")
}

/// What the script is started with.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub(crate) struct KernelConfig {
    /// Tauri's proof that a message comes from the page. Like tauri's own scripts, ours keeps it to itself.
    invoke_key: String,
    /// The share of traces started by the page that are recorded, from 0 to 1.
    ratio: f64,
    /// The rules for single commands; the first that matches counts.
    commands: Vec<CommandRule>,
    /// How batches travel.
    transport: Transport,
}

/// How what a page sends reaches Rust.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "lowercase")]
enum Transport {
    /// By `fetch` of the `ipc:` scheme.
    Fetch,
    /// By `postMessage`, where only the guest's own `invoke` can carry a context.
    Message,
    /// By an invoke. The page was open before the script came, so its own scripts could take from it what is secret: it is
    /// started without the invoke key.
    Late,
    /// By an iframe that encrypts it first: the isolation pattern.
    Isolation,
}

impl Transport {
    /// The way of a page that has no invoke key: Tauri refuses a message that lacks it.
    fn without_key(self) -> Self {
        match self {
            Self::Isolation => self,
            Self::Fetch | Self::Message | Self::Late => Self::Late,
        }
    }
}

impl KernelConfig {
    /// `ratio` is that of the moment, which can differ from that of `config`.
    pub(crate) fn new(invoke_key: &str, config: &Config, ratio: f64, isolated: bool) -> Self {
        Self {
            invoke_key: invoke_key.to_owned(),
            ratio,
            commands: config.commands.clone(),
            transport: if isolated {
                Transport::Isolation
            } else if cfg!(target_os = "android") {
                Transport::Message
            } else {
                Transport::Fetch
            },
        }
    }

    /// For a page that is open already.
    pub(crate) fn late(config: &Config, ratio: f64, isolated: bool) -> Self {
        let of_new_pages = Self::new("", config, ratio, isolated);
        Self {
            transport: of_new_pages.transport.without_key(),
            ..of_new_pages
        }
    }

    /// The script of every page: the kernel, started with this, and the instrumentations.
    pub(crate) fn script(
        &self,
        Config {
            instrumentations,
            propagate_to,
            propagators,
            ..
        }: &Config,
    ) -> PageScript {
        // `null` is not even the origin of the page.
        let propagate_to = propagators.trace_context.then_some(propagate_to);
        PageScript {
            kernel: format!("const KERNEL_CONFIG={};\n{KERNEL}", json(self)),
            instrumentations: if instrumentations.is_empty() {
                String::new()
            } else {
                format!(
                    "const INSTRUMENTATIONS={},PROPAGATE_TO={};\n{INSTRUMENTATIONS}",
                    json(instrumentations),
                    json(&propagate_to),
                )
            },
        }
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("plain data always serialises")
}

#[cfg(test)]
mod tests {
    use opentelemetry::{
        Context, SpanId, TraceFlags, TraceId,
        trace::{SpanContext, TraceContextExt, TraceState},
    };

    use serde_json::json;

    use super::*;
    use crate::config::{Exporter, Settings};

    fn config() -> KernelConfig {
        KernelConfig {
            invoke_key: "key".to_owned(),
            ratio: 1.0,
            commands: Vec::new(),
            transport: Transport::Fetch,
        }
    }

    /// The script of an app with these settings in its file.
    fn script(settings: serde_json::Value) -> PageScript {
        let (mut file, warnings) = Settings::from_json(settings);
        assert!(warnings.is_empty(), "{warnings:?}");
        file.traces_exporter = Some(vec![Exporter::Console]);
        let decision = Config::resolve(&|_| None, Settings::default(), file);
        config().script(&decision.config.expect("on"))
    }

    #[test]
    fn a_page_without_instrumentations_gets_nothing_of_them() {
        let none = script(json!({})).opened_here();
        assert!(!none.contains("INSTRUMENTATIONS"));
        let some = script(json!({
            "instrumentations": ["errors", "fetch"],
            "propagateTo": ["https://api.example.com/v1"],
        }));
        let some = some.opened_here();
        let named =
            r#"INSTRUMENTATIONS=["errors","fetch"],PROPAGATE_TO=["https://api.example.com"];"#;
        assert!(some.contains(named));
        assert!(some.ends_with(INSTRUMENTATIONS));
        let kept_to_itself = script(json!({
            "instrumentations": ["fetch"],
            "propagateTo": ["https://api.example.com"],
            "propagators": ["baggage"],
        }));
        let kept_to_itself = kept_to_itself.opened_here();
        assert!(kept_to_itself.contains("PROPAGATE_TO=null;"));
    }

    #[test]
    fn a_document_that_is_open_already_gets_a_script_that_starts_once() {
        let late = script(json!({ "instrumentations": ["errors"] })).late();
        let (before, after) = LATE.split_once("START();").unwrap();
        assert!(late.starts_with(before) && late.ends_with(after));
        assert!(late.contains("const KERNEL_CONFIG=") && late.contains(INSTRUMENTATIONS));
    }

    #[test]
    fn a_frame_is_left_before_anything_else_happens() {
        let script = only_in_main_frame("const KERNEL_CONFIG={};");
        assert_eq!(script, "if(window!==top)return;const KERNEL_CONFIG={};");
    }

    #[test]
    fn a_page_without_the_invoke_key_sends_no_message() {
        for (of_new_pages, late) in [
            (Transport::Fetch, "late"),
            (Transport::Message, "late"),
            (Transport::Isolation, "isolation"),
        ] {
            assert_eq!(json!(of_new_pages.without_key()), json!(late));
        }
    }

    #[test]
    fn a_page_knows_the_span_that_opened_it_before_its_instrumentations_run() {
        let script = script(json!({ "instrumentations": ["documentLoad"] }));
        assert!(!script.opened_here().contains("setItem(key, traceparent)"));
        let context = Context::new().with_remote_span_context(SpanContext::new(
            TraceId::from(1),
            SpanId::from(2),
            TraceFlags::SAMPLED,
            false,
            TraceState::default(),
        ));
        let _context = context.attach();
        let script = script.opened_here();
        let opener = script.find("'00-00000000000000000000000000000001-0000000000000002-01'");
        assert!(opener.unwrap() < script.find("const INSTRUMENTATIONS").unwrap());
    }

    #[test]
    fn the_script_says_the_version_of_the_crate() {
        // By it the npm package knows whether the two work together.
        let version = format!("version:\"{}\"", env!("CARGO_PKG_VERSION"));
        assert!(KERNEL.contains(&version), "`npm run build` writes it");
    }
}
