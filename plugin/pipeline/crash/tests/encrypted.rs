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
fn evidence_stays_where_it_is_until_the_keyring_has_answered() {
    let dir = tempfile::tempdir().expect("a folder");
    kill(journal(&dir.path().join("runs"), ConsentState::Granted));
    let path = only_file(&dir.path().join("runs"));

    let (asked, is_asked) = mpsc::channel();
    let (answer, is_answered) = mpsc::channel::<()>();
    let key = SpoolKey::random_after(move || {
        asked.send(()).expect("the test listens");
        let _ = is_answered.recv();
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
    let report = thread::spawn({
        let reports = reports.clone();
        move || reports.report_earlier_runs()
    });
    let soon = Duration::from_secs(10);
    is_asked.recv_timeout(soon).expect("the keyring is asked");
    assert!(path.exists(), "an exit now would lose the report");
    answer.send(()).expect("the keyring is asked");
    report.join().expect("no panic");
    assert!(!path.exists());
    assert_eq!(reports.journal.earlier_runs().crashed, 1);
    assert!(outlets.spool().expect("a spool").bytes() > 0);
    reports.journal.end();
}
