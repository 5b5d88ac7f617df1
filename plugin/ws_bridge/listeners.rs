//! The events that one connection listens to.
//!
//! tauri tells a webview of events by running a script in it, so the bridge listens for itself, in Rust.

use std::{collections::HashMap, sync::Arc};

use parking_lot::{Mutex, MutexGuard};
use serde::Deserialize;
use tauri::{AppHandle, Event, EventId, EventTarget, Listener, Manager, Runtime};

use super::{outbox::Outbox, protocol};

/// Listeners of one connection: more than a page has.
const MAX_LISTENERS: usize = 1024;

/// Bytes of the name of an event: more than any has, and a page may name as many as it has listeners.
const MAX_EVENT_NAME: usize = 256;

/// The arguments of `listen` of `@tauri-apps/api/event`.
#[derive(Debug, Deserialize)]
pub(super) struct Listen {
    pub(super) event: String,
    target: EventTarget,
    handler: u32,
}

/// The arguments of the function that `listen` returns.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Unlisten {
    event_id: u32,
}

/// By what a page takes a listener back.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Key {
    /// The name of an event that it has subscribed to.
    Subscription(String),
    /// The id that `listen` has answered.
    Listener(u32),
}

/// One listener in Rust.
struct Entry {
    event: String,
    id: EventId,
}

/// The listeners of one connection; nothing is added any more once it has ended.
pub(super) struct Listeners<R: Runtime> {
    app: AppHandle<R>,
    outbox: Arc<Outbox>,
    entries: Mutex<Option<HashMap<Key, Entry>>>,
}

impl<R: Runtime> Listeners<R> {
    pub(super) fn new(app: AppHandle<R>, outbox: Arc<Outbox>) -> Self {
        Self {
            app,
            outbox,
            entries: Mutex::new(Some(HashMap::new())),
        }
    }

    /// All events of this name, whoever they are for.
    pub(super) fn subscribe(&self, event: &str) -> Result<(), String> {
        let key = Key::Subscription(event.to_owned());
        self.add(key, event, &EventTarget::Any, None)
    }

    pub(super) fn unsubscribe(&self, event: &str) {
        self.remove(&Key::Subscription(event.to_owned()));
    }

    /// The events that the webview would get after a `listen` that tauri has answered with `id`.
    pub(super) fn listen(&self, listen: &Listen, id: u32) -> Result<(), String> {
        let listener = Some((listen.handler, id));
        self.add(Key::Listener(id), &listen.event, &listen.target, listener)
    }

    pub(super) fn unlisten(&self, unlisten: &Unlisten) {
        self.remove(&Key::Listener(unlisten.event_id));
    }

    /// Forgets everything, for good; returns what `listen` was called for and never taken back: the event
    /// and the id.
    pub(super) fn end(&self) -> Vec<(String, u32)> {
        let entries = self.entries().take().unwrap_or_default();
        let left = entries.into_iter().filter_map(|(key, entry)| {
            self.app.unlisten(entry.id);
            match key {
                Key::Subscription(_) => None,
                Key::Listener(id) => Some((entry.event, id)),
            }
        });
        left.collect()
    }

    fn entries(&self) -> MutexGuard<'_, Option<HashMap<Key, Entry>>> {
        self.entries.lock()
    }

    fn add(
        &self,
        key: Key,
        event: &str,
        target: &EventTarget,
        listener: Option<(u32, u32)>,
    ) -> Result<(), String> {
        if event.len() > MAX_EVENT_NAME {
            return Err(format!(
                "the name of an event has at most {MAX_EVENT_NAME} bytes"
            ));
        }
        let mut entries = self.entries();
        let Some(entries) = entries.as_mut() else {
            return Err("the connection has ended".to_owned());
        };
        if entries.contains_key(&key) {
            return Ok(());
        }
        if entries.len() == MAX_LISTENERS {
            return Err(format!("more than {MAX_LISTENERS} listeners"));
        }
        let outbox = self.outbox.clone();
        let name = event.to_owned();
        let handler = move |event: Event| {
            outbox.push(protocol::event(&name, event.payload(), listener));
        };
        let entry = Entry {
            event: event.to_owned(),
            id: listen_to(&self.app, event, target, handler)?,
        };
        entries.insert(key, entry);
        Ok(())
    }

    fn remove(&self, key: &Key) {
        let entry = self.entries().as_mut().and_then(|all| all.remove(key));
        if let Some(entry) = entry {
            self.app.unlisten(entry.id);
        }
    }
}

/// Listens in Rust as `listen` of a page does with the same target.
fn listen_to<R: Runtime>(
    app: &AppHandle<R>,
    event: &str,
    target: &EventTarget,
    handler: impl Fn(Event) + Send + 'static,
) -> Result<EventId, String> {
    let window = |label: &str| {
        app.get_webview_window(label)
            .ok_or_else(|| format!("there is no window {label:?}"))
    };
    Ok(match target {
        EventTarget::Any => app.listen_any(event, handler),
        EventTarget::App => app.listen(event, handler),
        EventTarget::Window { label } => window(label)?.as_ref().window().listen(event, handler),
        EventTarget::Webview { label } => window(label)?.as_ref().listen(event, handler),
        // In Rust nobody listens to a bare label. What is emitted to one reaches this as well.
        EventTarget::WebviewWindow { label } | EventTarget::AnyLabel { label } => {
            window(label)?.listen(event, handler)
        }
        other => return Err(format!("nothing listens to {other:?} over the bridge")),
    })
}

#[cfg(test)]
mod tests {
    use tauri::test;

    use super::*;

    #[test]
    fn a_connection_has_only_so_many_listeners_with_names_of_a_bounded_length() {
        let app = test::mock_app();
        let (outbox, _outgoing) = Outbox::new();
        let listeners = Listeners::new(app.handle().clone(), Arc::new(outbox));
        assert!(listeners.subscribe(&"a".repeat(MAX_EVENT_NAME)).is_ok());
        assert!(
            listeners
                .subscribe(&"a".repeat(MAX_EVENT_NAME + 1))
                .is_err()
        );
        for number in 1..MAX_LISTENERS {
            listeners.subscribe(&format!("event-{number}")).unwrap();
        }
        assert!(listeners.subscribe("one-more").is_err());
        listeners.unsubscribe("event-1");
        assert!(listeners.subscribe("one-more").is_ok());
        listeners.end();
        assert!(listeners.subscribe("after").is_err());
    }
}
