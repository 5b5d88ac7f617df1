//! The events that one connection listens to.
//!
//! tauri tells a webview of events by running a script in it, so the bridge listens for itself, in Rust.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use serde::Deserialize;
use tauri::{AppHandle, Emitter, Event, EventId, EventTarget, Listener, Manager, Runtime};
use tokio::{sync::Notify, time::timeout};

use super::{outbox::Outbox, protocol};

/// Listeners of one connection: more than a page has.
const MAX_LISTENERS: usize = 1024;

/// Bytes of the name of an event: more than any has, and a page may name as many as it has listeners.
const MAX_EVENT_NAME: usize = 256;

/// The event by which the bridge makes Tauri work through its queue. Its payload is a number that nobody else emits.
const FLUSH: &str = "opentelemetry-bridge:flush";

/// How long the bridge waits for that event before it emits it again, the first time and at most. The wait doubles in between,
/// because Tauri empties its queue only when a handler of the app that blocks has returned.
const FIRST_RETRY: Duration = Duration::from_millis(10);
const LONGEST_RETRY: Duration = Duration::from_secs(1);

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
    pub(super) async fn subscribe(&self, event: &str) -> Result<(), String> {
        let key = Key::Subscription(event.to_owned());
        self.add(key, event, &EventTarget::Any, None)?;
        self.flush().await;
        Ok(())
    }

    pub(super) fn unsubscribe(&self, event: &str) {
        self.remove(&Key::Subscription(event.to_owned()));
    }

    /// The events that the webview would get after a `listen` that tauri has answered with `id`.
    pub(super) async fn listen(&self, listen: &Listen, id: u32) -> Result<(), String> {
        let listener = Some((listen.handler, id));
        self.add(Key::Listener(id), &listen.event, &listen.target, listener)?;
        self.flush().await;
        Ok(())
    }

    pub(super) fn unlisten(&self, unlisten: &Unlisten) {
        self.remove(&Key::Listener(unlisten.event_id));
    }

    /// Forgets everything, for good; returns what `listen` was called for and never taken back: the event
    /// and the id.
    pub(super) fn end(&self) -> Vec<(String, u32)> {
        let entries = self.entries.lock().take().unwrap_or_default();
        let left = entries.into_iter().filter_map(|(key, entry)| {
            self.app.unlisten(entry.id);
            match key {
                Key::Subscription(_) => None,
                Key::Listener(id) => Some((entry.event, id)),
            }
        });
        left.collect()
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
        let mut entries = self.entries.lock();
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

    /// Waits until Tauri has worked through its queue of listeners and events, or the connection has ended.
    ///
    /// If another thread holds the lock of Tauri's listeners, Tauri queues a new listener or an event, and goes through the
    /// queue only after the next event that has a handler in Rust (`tauri/src/event/listener.rs`). An app may never emit
    /// one, so the bridge emits one with a handler of its own, until it hears it.
    pub(super) async fn flush(&self) {
        static LAST: AtomicU64 = AtomicU64::new(0);

        let number = LAST.fetch_add(1, Ordering::Relaxed);
        let heard = Arc::new(Notify::new());
        let mut wait = FIRST_RETRY;
        while !self.outbox.is_closed() {
            let payload = number.to_string();
            let notify = heard.clone();
            // In each round, because Tauri may queue this listener as well.
            let own = self.app.listen_any(FLUSH, move |event| {
                if event.payload() == payload {
                    notify.notify_one();
                }
            });
            // It fails only if a webview cannot be reached, and none listens to it.
            let _ = self.app.emit(FLUSH, number);
            let is_heard = timeout(wait, heard.notified()).await.is_ok();
            self.app.unlisten(own);
            if is_heard {
                return;
            }
            wait = (wait * 2).min(LONGEST_RETRY);
        }
    }

    fn remove(&self, key: &Key) {
        let entry = self.entries.lock().as_mut().and_then(|all| all.remove(key));
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
pub(super) mod tests {
    use std::{
        future::ready,
        pin::pin,
        sync::mpsc::{self, Receiver, Sender},
        thread,
    };

    use tauri::{App, test};

    use super::*;

    #[tokio::test]
    async fn a_connection_has_only_so_many_listeners_with_names_of_a_bounded_length() {
        let app = test::mock_app();
        let (outbox, _outgoing) = Outbox::new();
        let listeners = Listeners::new(app.handle().clone(), Arc::new(outbox));
        let long = "a".repeat(MAX_EVENT_NAME);
        assert!(listeners.subscribe(&long).await.is_ok());
        assert!(listeners.subscribe(&format!("{long}a")).await.is_err());
        for number in 1..MAX_LISTENERS {
            let event = format!("event-{number}");
            listeners.subscribe(&event).await.unwrap();
        }
        assert!(listeners.subscribe("one-more").await.is_err());
        listeners.unsubscribe("event-1");
        assert!(listeners.subscribe("one-more").await.is_ok());
        listeners.end();
        assert!(listeners.subscribe("after").await.is_err());
    }

    /// Part of a handler. While it is dropped, Tauri holds the lock of its listeners.
    struct HeldLock {
        dropping: Sender<()>,
        may_go_on: Receiver<()>,
    }

    impl Drop for HeldLock {
        fn drop(&mut self) {
            self.dropping.send(()).unwrap();
            self.may_go_on.recv().unwrap();
        }
    }

    #[tokio::test]
    async fn a_subscription_waits_until_tauri_has_registered_a_listener_that_it_has_queued() {
        let app = test::mock_app();
        let (outbox, mut outgoing) = Outbox::new();
        let listeners = Listeners::new(app.handle().clone(), Arc::new(outbox));
        let release = hold_lock(&app);
        let mut subscribing = pin!(listeners.subscribe("ping"));
        tokio::select! {
            biased;
            result = &mut subscribing => panic!("nothing is registered yet: {result:?}"),
            () = ready(()) => {}
        }
        release();
        subscribing.await.unwrap();
        app.emit("ping", 1).unwrap();
        let event = outgoing.try_recv().expect("the event");
        assert_eq!(event.text, r#"{"event":"ping","payload":1}"#);
    }

    /// Makes another thread hold the lock of Tauri's listeners until the function that it returns is called.
    pub(in crate::ws_bridge) fn hold_lock(app: &App<test::MockRuntime>) -> impl FnOnce() + use<> {
        let (dropping, is_dropping) = mpsc::channel();
        let (go_on, may_go_on) = mpsc::channel();
        let held = HeldLock {
            dropping,
            may_go_on,
        };
        let id = app.listen_any("held", move |_| {
            let _ = &held;
        });
        let app = app.handle().clone();
        let unlistening = thread::spawn(move || app.unlisten(id));
        is_dropping.recv().unwrap();
        move || {
            go_on.send(()).unwrap();
            unlistening.join().unwrap();
        }
    }
}
