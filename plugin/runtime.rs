//! The scripts that are injected into every page while telemetry is on: the kernel, and behind it the instrumentations if
//! any are configured.

use serde::Serialize;

use crate::config::{CommandRule, Config, Instrumentation};

/// Built from `guest-js/kernel`; takes `RUNTIME_CONFIG`.
const RUNTIME: &str = include_str!("runtime.js");

/// Built from `guest-js/instrumentations`; takes `INSTRUMENTATIONS`.
const INSTRUMENTATIONS: &str = include_str!("instrumentations.js");

/// What the script is started with.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub(crate) struct RuntimeConfig {
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
    /// By an iframe that encrypts it first: the isolation pattern.
    Isolation,
}

impl RuntimeConfig {
    pub(crate) fn new(invoke_key: &str, config: &Config, isolated: bool) -> Self {
        Self {
            invoke_key: invoke_key.to_owned(),
            ratio: config.sampler.ratio,
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

    /// The script of every page: the kernel, started with this, and the instrumentations.
    pub(crate) fn script(&self, instrumentations: &[Instrumentation]) -> String {
        let config = serde_json::to_string(self).expect("plain data always serialises");
        let mut script = format!("const RUNTIME_CONFIG={config};\n{RUNTIME}");
        if !instrumentations.is_empty() {
            let names = serde_json::to_string(instrumentations).expect("plain data");
            script += &format!("\nconst INSTRUMENTATIONS={names};\n{INSTRUMENTATIONS}");
        }
        script
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_without_instrumentations_gets_nothing_of_them() {
        let config = RuntimeConfig {
            invoke_key: "key".to_owned(),
            ratio: 1.0,
            commands: Vec::new(),
            transport: Transport::Fetch,
        };
        assert!(!config.script(&[]).contains("INSTRUMENTATIONS"));
        let some = config.script(&[Instrumentation::Errors, Instrumentation::DocumentLoad]);
        assert!(some.contains("const INSTRUMENTATIONS=[\"errors\",\"documentLoad\"];"));
        assert!(some.ends_with(INSTRUMENTATIONS));
    }

    #[test]
    fn the_script_says_the_version_of_the_crate() {
        // By it the npm package knows whether the two work together.
        let version = format!("version:\"{}\"", env!("CARGO_PKG_VERSION"));
        assert!(RUNTIME.contains(&version), "`npm run build` writes it");
    }
}
