//! Headers that the app makes anew before every export, such as a token that expires.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use super::SendError;
use crate::{
    config::{HeaderSource, Headers, Otlp},
    pipeline::sending::unrecorded,
};

/// Calls the app for headers, on a thread of its own and for a limited time.
#[derive(Debug)]
pub(super) struct ChangingHeaders {
    source: HeaderSource,
    timeout: Duration,
    /// Whether a call has not returned yet: one that never does costs one thread.
    is_running: Arc<AtomicBool>,
}

impl ChangingHeaders {
    /// `None` if the headers of this collector do not change.
    pub(super) fn new(otlp: &Otlp) -> Option<Self> {
        Some(Self {
            source: otlp.header_source.clone()?,
            timeout: otlp.timeout,
            is_running: Arc::default(),
        })
    }

    /// The headers of the next export.
    ///
    /// # Errors
    /// [`SendError::Unreachable`] if the app has none in time: the export is tried again later.
    pub(super) fn get(&self) -> Result<Headers, SendError> {
        let failed = |what: &str| Err(SendError::Unreachable(format!("headers_with {what}")));
        if self.is_running.swap(true, Ordering::AcqRel) {
            return failed("has not returned from its last call");
        }
        let guard = Running(self.is_running.clone());
        let source = self.source.clone();
        let (sender, receiver) = mpsc::channel();
        let thread = thread::Builder::new().name("OpenTelemetry.Headers".to_owned());
        let spawned = thread.spawn(move || {
            let _running = guard;
            let headers = unrecorded(|| source.call());
            // Nobody waits any longer if it took too long.
            let _ = sender.send(headers);
        });
        if spawned.is_err() {
            return failed("has no thread to run on");
        }
        match receiver.recv_timeout(self.timeout) {
            Ok(Some(headers)) => Ok(headers),
            Ok(None) => failed("returned an error"),
            Err(mpsc::RecvTimeoutError::Timeout) => {
                failed(&format!("did not return for {:?}", self.timeout))
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => failed("panicked"),
        }
    }
}

/// Ends with the call, also if it panics.
struct Running(Arc<AtomicBool>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, OnceLock};

    use super::*;
    use crate::config::OtlpOptions;

    type Made = Result<Vec<(String, String)>, Box<dyn std::error::Error + Send + Sync>>;

    /// Long enough for a thread that panics on a busy machine.
    const PATIENT: Duration = Duration::from_secs(30);

    fn changing(
        timeout: Duration,
        source: impl Fn() -> Made + Send + Sync + 'static,
    ) -> ChangingHeaders {
        ChangingHeaders {
            source: OtlpOptions::new()
                .headers_with(source)
                .header_source
                .expect("there is one"),
            timeout,
            is_running: Arc::default(),
        }
    }

    fn failure(changing: &ChangingHeaders) -> String {
        changing.get().expect_err("it fails").to_string()
    }

    #[test]
    fn they_are_made_on_a_thread_of_their_own_and_nothing_there_is_recorded() {
        static SEEN: OnceLock<(Option<String>, bool)> = OnceLock::new();
        let changing = changing(PATIENT, || {
            let name = thread::current().name().map(ToOwned::to_owned);
            let suppressed = opentelemetry::Context::current().is_telemetry_suppressed();
            SEEN.set((name, suppressed)).expect("once");
            Ok(vec![("A".to_owned(), "1".to_owned())])
        });
        let headers = changing.get().unwrap();
        assert_eq!(headers.iter().collect::<Vec<_>>(), [("a", "1")]);
        let expected = (Some("OpenTelemetry.Headers".to_owned()), true);
        assert_eq!(SEEN.get(), Some(&expected));
    }

    #[test]
    fn an_error_and_a_panic_are_said_without_their_text() {
        let failing = changing(PATIENT, || Err("a secret".into()));
        assert_eq!(failure(&failing), "headers_with returned an error");
        let panicking = changing(PATIENT, || panic!("a secret"));
        for _ in 0..2 {
            assert_eq!(failure(&panicking), "headers_with panicked");
        }
    }

    #[test]
    fn one_that_does_not_return_costs_a_time_out_and_one_thread() {
        let (release, wait) = mpsc::channel::<()>();
        let wait = Mutex::new(wait);
        let mut changing = changing(Duration::from_millis(50), move || {
            // Until the test has seen what it wants.
            let _ = wait.lock().unwrap().recv();
            Ok(Vec::new())
        });
        assert!(failure(&changing).contains("did not return for"));
        assert!(failure(&changing).contains("has not returned from its last call"));
        drop(release);
        while changing.is_running.load(Ordering::Acquire) {
            thread::yield_now();
        }
        changing.timeout = PATIENT;
        assert!(changing.get().is_ok());
    }
}
