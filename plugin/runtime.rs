//! The script that is injected into every page while telemetry is on.

use serde::Serialize;

use crate::config::{CommandRule, Sampler};

/// Built from `guest-js/runtime`; takes `RUNTIME_CONFIG`.
const RUNTIME: &str = include_str!("runtime.js");

/// What the script is started with.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
struct RuntimeConfig<'a> {
    /// Tauri's proof that a message comes from the page. Like tauri's own scripts, ours keeps it to itself.
    invoke_key: &'a str,
    /// The share of traces started by the page that are recorded, from 0 to 1.
    ratio: f64,
    /// The rules for single commands; the first that matches counts.
    commands: Vec<CommandRule>,
    /// How invokes travel.
    transport: Transport,
}

/// How a page's invokes reach Rust.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "lowercase")]
enum Transport {
    /// By `fetch` of the `ipc:` scheme, which the script wraps.
    Fetch,
    /// By `postMessage`, where only the guest's own `invoke` can carry a context.
    Message,
}

/// The script, started with what the configuration says.
pub(crate) fn script(
    invoke_key: &str,
    sampler: Sampler,
    commands: Vec<CommandRule>,
    isolated: bool,
) -> String {
    let config = RuntimeConfig {
        invoke_key,
        ratio: sampler.ratio,
        commands,
        transport: if isolated || cfg!(target_os = "android") {
            Transport::Message
        } else {
            Transport::Fetch
        },
    };
    let config = serde_json::to_string(&config).expect("plain data always serialises");
    format!("const RUNTIME_CONFIG={config};\n{RUNTIME}")
}
