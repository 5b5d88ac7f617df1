//! The capability of the app, by the plugin that is in it.

use tauri_build::{Attributes, try_build};

/// The permissions that a plugin asks for exist only while it is there.
const CAPABILITIES: &str = if cfg!(feature = "plugin") {
    "capabilities/opentelemetry.json"
} else if cfg!(feature = "sentry") {
    "capabilities/sentry.json"
} else if cfg!(feature = "tracing") {
    "capabilities/tracing.json"
} else {
    "capabilities/core.json"
};

fn main() {
    try_build(Attributes::new().capabilities_path_pattern(CAPABILITIES)).expect("the app builds");
}
