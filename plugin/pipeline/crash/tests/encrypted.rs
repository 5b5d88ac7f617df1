//! Reports that go into a spool with a key.

use std::sync::mpsc;

use super::*;
use crate::{
    config::{Config, Settings, Signal},
    pipeline::{
        CrashReports,
        keeping::SpoolKey,
        sending::{Collectors, Outlets, uplink::SharedBySignals},
    },
};

#[test]
fn the_report_waits_for_a_keyring_that_answers_late_and_the_evidence_stays_meanwhile() {
    let dir = tempfile::tempdir().expect("a folder");
    kill(journal(&dir.path().join("runs"), ConsentState::Granted));
    let path = only_file(&dir.path().join("runs"));

    let (done, is_done) = mpsc::channel();
    let (tell, told) = mpsc::channel();
    let key = SpoolKey::random_after({
        let path = path.clone();
        move || {
            // Longer than a request waits for the keyring.
            let has_waited = is_done.recv_timeout(Duration::from_millis(2500)).is_err();
            let told = tell.send((has_waited, path.exists()));
            told.expect("the test listens");
        }
    });
    let env = |name: &str| {
        (name == "OTEL_EXPORTER_OTLP_ENDPOINT").then(|| "http://127.0.0.1:1".to_owned())
    };
    let config = Config::resolve(&env, Settings::default(), Settings::default());
    let config = config.config.expect("telemetry is on");
    let mut shared = SharedBySignals {
        collectors: &mut Collectors::default(),
        spool_folder: Some(dir.path().to_owned()),
        spool_limits: config.spool,
        spool_key: Some(key),
        wake: Arc::default(),
        gate: Arc::new(Gate::new(ConsentState::Granted)),
    };
    let health = Arc::default();
    let outlets = Outlets::open(Signal::Logs, &config.logs, None, health, &mut shared, None);
    let outlets = Arc::new(outlets);
    let reports = CrashReports {
        journal: journal(&dir.path().join("runs"), ConsentState::Granted),
        spans: outlets.clone(),
        logs: outlets.clone(),
    };
    reports.report_earlier_runs();
    let _ = done.send(());
    assert_eq!(
        told.recv(),
        Ok((true, true)),
        "it waited, and the file was there"
    );
    assert!(!path.exists());
    assert_eq!(reports.journal.earlier_runs().crashed, 1);
    assert!(outlets.spool().expect("a spool").bytes() > 0);
    reports.journal.end();
}
