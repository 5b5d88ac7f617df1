//! What is left of the viewer in a build without it: nothing that does anything.
//!
//! The feature `viewer` brings it to builds with debug assertions, on systems with several windows.

use std::sync::Arc;

use tauri::{AppHandle, Runtime, plugin};

use crate::pipeline::{AppIdentity, ViewerFeed};

/// A viewer that is never there.
pub(crate) enum Viewer {}

impl Viewer {
    pub(crate) fn start(_: &AppIdentity) -> Option<Self> {
        None
    }

    pub(crate) fn feed(&self) -> Arc<dyn ViewerFeed> {
        match *self {}
    }

    pub(crate) fn is_own(_: &str) -> bool {
        false
    }

    pub(crate) fn scripts(&self, _: &str) -> String {
        match *self {}
    }

    pub(crate) fn register<R: Runtime>(&self, _: plugin::Builder<R>) -> plugin::Builder<R> {
        match *self {}
    }

    pub(crate) fn open<R: Runtime>(&self, _: &AppHandle<R>) {
        match *self {}
    }

    pub(crate) fn close<R: Runtime>(_: &AppHandle<R>) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Settings};

    #[test]
    fn a_build_without_the_viewer_starts_none_whatever_asks_for_it() {
        let env = |name: &str| (name == "TAURI_OTEL_VIEWER").then(|| "1".to_owned());
        let decision = Config::resolve(&env, Settings::default(), Settings::default());
        assert!(decision.config.is_none(), "telemetry is on for nobody");
        let identity = AppIdentity {
            name: String::new(),
            version: String::new(),
            identifier: String::new(),
            home_folder: None,
            log_folder: None,
            config_folder: None,
            data_folder: None,
        };
        assert!(Viewer::start(&identity).is_none());
        assert!(!Viewer::is_own("tauri-otel-viewer"));
    }
}
