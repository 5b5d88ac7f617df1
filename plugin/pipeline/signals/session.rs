//! The session: the time in which somebody uses the app, over Rust and all windows.
//!
//! A session begins with the first span or log record, and another one when nothing was recorded for [`IDLE`], or after
//! [`LONGEST`]. Its id is an attribute of every span and log record, as of the moment when that was finished. It is never
//! propagated, and never an attribute of metrics, of which it would make new ones with every session. It is random and
//! kept in memory alone, so nothing tells that two runs of the app belong to one person.

use std::time::{Duration, SystemTime};

use opentelemetry::{KeyValue, StringValue};
use opentelemetry_proto::{
    tonic::{
        common::v1::{AnyValue, KeyValue as ProtoKeyValue, any_value::Value},
        logs::v1::{LogRecord, SeverityNumber},
    },
    transform::common::tonic::Attributes,
};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator};
use opentelemetry_semantic_conventions::attribute::{SESSION_ID, SESSION_PREVIOUS_ID};
use parking_lot::Mutex;

use super::{entry::LogEntry, logs::LogLane};
use crate::pipeline::sending::DropPriority;

/// A pause after which a new session begins: what is customary on the web, and how long people remember what they
/// were doing.
const IDLE: Duration = Duration::from_secs(30 * 60);

/// A session of an app that polls would never end: after this time a new one begins all the same.
const LONGEST: Duration = Duration::from_secs(4 * 60 * 60);

/// The sessions of one run of the app.
#[derive(Debug)]
pub(crate) struct Sessions {
    current: Mutex<Option<Session>>,
    /// Where the event `session.start` goes, if log records go anywhere.
    lane: Option<LogLane>,
}

#[derive(Debug, Clone)]
struct Session {
    id: StringValue,
    started: SystemTime,
    last_active: SystemTime,
}

impl Sessions {
    pub(crate) fn new(lane: Option<LogLane>) -> Self {
        Self {
            current: Mutex::default(),
            lane,
        }
    }

    /// The session as an attribute of a span.
    pub(super) fn attribute(&self) -> KeyValue {
        KeyValue::new(SESSION_ID, self.id())
    }

    /// The session as an attribute of a log record.
    pub(super) fn log_attribute(&self) -> ProtoKeyValue {
        ProtoKeyValue {
            key: SESSION_ID.to_owned(),
            value: Some(AnyValue {
                value: Some(Value::StringValue(self.id().to_string())),
            }),
            ..Default::default()
        }
    }

    fn id(&self) -> StringValue {
        let now = SystemTime::now();
        let (id, start) = self.at(now);
        if let (Some(start), Some(lane)) = (start, &self.lane) {
            lane.push(start.event(&id, now), DropPriority::Last);
        }
        id
    }

    /// The id of the session at this time, and its start if it begins now.
    fn at(&self, now: SystemTime) -> (StringValue, Option<SessionStart>) {
        let mut current = self.current.lock();
        // By the system's clock, because others stop while the machine sleeps. If it was set back, no time has passed.
        let since = |time| now.duration_since(time).unwrap_or_default();
        if let Some(session) = current.as_mut()
            && since(session.last_active) < IDLE
            && since(session.started) < LONGEST
        {
            session.last_active = now;
            return (session.id.clone(), None);
        }
        let id = StringValue::from(RandomIdGenerator::default().new_trace_id().to_string());
        let previous = current.replace(Session {
            id: id.clone(),
            started: now,
            last_active: now,
        });
        let previous = previous.map(|session| session.id);
        (id, Some(SessionStart { previous }))
    }
}

/// The start of a session.
#[derive(Debug, PartialEq, Eq)]
struct SessionStart {
    /// The id of the session before, if there was one in this run.
    previous: Option<StringValue>,
}

impl SessionStart {
    /// The event `session.start` of the conventions.
    fn event(self, id: &StringValue, now: SystemTime) -> LogEntry {
        let previous = self
            .previous
            .map(|id| KeyValue::new(SESSION_PREVIOUS_ID, id));
        let attributes = [Some(KeyValue::new(SESSION_ID, id.clone())), previous];
        let record = LogRecord {
            event_name: "session.start".to_owned(),
            attributes: Attributes::from(attributes.into_iter().flatten()).0,
            ..Default::default()
        };
        LogEntry::of_plugin(now, SeverityNumber::Info, record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn a_session_lasts_while_something_happens_and_four_hours_at_most() {
        let sessions = Sessions::new(None);
        let start = SystemTime::now();
        let (first, started) = sessions.at(start);
        let none = SessionStart { previous: None };
        assert_eq!(started, Some(none), "the first has none before it");
        for minutes in (29..240).step_by(29) {
            assert_eq!(
                sessions.at(start + minutes * MINUTE),
                (first.clone(), None),
                "{minutes} minutes"
            );
        }
        let (second, started) = sessions.at(start + 240 * MINUTE);
        assert_ne!(second, first);
        let previous = Some(first);
        assert_eq!(started, Some(SessionStart { previous }));
    }

    #[test]
    fn after_half_an_hour_without_anything_another_one_begins() {
        let sessions = Sessions::new(None);
        let start = SystemTime::now();
        let (first, _) = sessions.at(start);
        let (second, started) = sessions.at(start + 30 * MINUTE);
        assert_ne!(second, first);
        let previous = Some(first);
        assert_eq!(started, Some(SessionStart { previous }));
    }

    #[test]
    fn a_clock_that_is_set_back_ends_no_session() {
        let sessions = Sessions::new(None);
        let start = SystemTime::now();
        let (first, _) = sessions.at(start);
        assert_eq!(sessions.at(start - 100 * MINUTE), (first, None));
    }

    #[test]
    fn the_event_names_the_session_and_the_one_before() {
        let previous = Some("old".into());
        let event = SessionStart { previous }.event(&"new".into(), SystemTime::now());
        let keys: Vec<_> = event
            .record
            .attributes
            .iter()
            .map(|pair| &*pair.key)
            .collect();
        assert_eq!(keys, ["session.id", "session.previous_id"]);
        assert_eq!(event.record.event_name, "session.start");
    }
}
