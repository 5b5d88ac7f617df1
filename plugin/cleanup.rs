//! The last moment of an app. `RunEvent::Exit` is too early for it: the app's own handler of that event comes after the
//! plugin's, and a restart on the main thread (`AppHandle::restart`) ends the process without the event. But in both
//! cases Tauri then clears its resource table, and so drops what is in there.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tauri::Resource;

use crate::telemetry::Telemetry;

/// Shuts the telemetry down when Tauri clears the resource table that holds it.
pub(crate) struct AtCleanup {
    telemetry: Arc<Telemetry>,
    /// A page can close any resource whose number it guesses, and must not end the telemetry by that.
    closed: AtomicBool,
}

impl AtCleanup {
    pub(crate) fn new(telemetry: Arc<Telemetry>) -> Self {
        Self {
            telemetry,
            closed: AtomicBool::new(false),
        }
    }
}

impl Resource for AtCleanup {
    fn close(self: Arc<Self>) {
        self.closed.store(true, Ordering::Relaxed);
    }
}

impl Drop for AtCleanup {
    fn drop(&mut self) {
        if !self.closed.load(Ordering::Relaxed) {
            self.telemetry.pipeline.shutdown();
        }
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::{Span, Tracer};
    use tauri::ResourceTable;

    use super::*;
    use crate::{
        config::{Config, Settings, Signal},
        pipeline::{AppIdentity, health::Loss},
    };

    #[test]
    fn the_telemetry_ends_when_the_table_is_cleared_and_not_when_a_page_closes_the_resource() {
        let env = |name: &str| (name == "OTEL_TRACES_EXPORTER").then(|| "file".to_owned());
        let decision = Config::resolve(&env, Settings::default(), Settings::default());
        let folder = tempfile::tempdir().expect("a folder");
        let identity = AppIdentity {
            name: "test".to_owned(),
            version: String::new(),
            identifier: String::new(),
            home_folder: None,
            log_folder: Some(folder.path().to_owned()),
            config_folder: None,
            data_folder: None,
        };
        let config = decision.config.expect("it is on");
        let telemetry = Telemetry::start(&config, &identity, None).expect("threads");
        let lost = || {
            telemetry.tracer.start("a span").end();
            let health = &telemetry.pipeline.signal(Signal::Traces).health;
            health.total_lost(Loss::Shutdown)
        };
        let mut table = ResourceTable::default();
        let guessed = table.add(AtCleanup::new(telemetry.clone()));
        table.add(AtCleanup::new(telemetry.clone()));
        table.close(guessed).expect("it is there");
        assert_eq!(lost(), 0);
        drop(table);
        assert_eq!(lost(), 1);
    }
}
