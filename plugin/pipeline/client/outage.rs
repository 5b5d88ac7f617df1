//! A collector that is away is away for all signals: that is one line, and another when it is back.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tauri::Url;

/// A collector that comes and goes is not reported more often.
const QUIET: Duration = Duration::from_secs(60);

/// The outages of all collectors.
#[derive(Debug, Default)]
pub(in crate::pipeline) struct Outages(HashMap<String, Arc<Outage>>);

impl Outages {
    /// That of the collector at this endpoint.
    pub(super) fn of(&mut self, endpoint: &Url) -> Arc<Outage> {
        let origin = endpoint.origin().ascii_serialization();
        let new = || {
            Arc::new(Outage {
                origin: origin.clone(),
                state: Mutex::default(),
            })
        };
        self.0.entry(origin.clone()).or_insert_with(new).clone()
    }
}

/// Whether one collector is away.
#[derive(Debug)]
pub(super) struct Outage {
    /// Scheme, host and port.
    pub(super) origin: String,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    away: bool,
    /// Whether the developer was told that it is away, and when last.
    told: bool,
    last_told: Option<Instant>,
}

impl Outage {
    /// Notes a failure; whether it has to be told.
    pub(super) fn begins(&self) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let quiet = state.last_told.is_some_and(|told| told.elapsed() < QUIET);
        let tell = !state.away && !quiet;
        state.away = true;
        if tell {
            state.told = true;
            state.last_told = Some(Instant::now());
        }
        tell
    }

    /// Notes an answer; whether it has to be told.
    pub(super) fn ends(&self) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.away = false;
        std::mem::take(&mut state.told)
    }
}
