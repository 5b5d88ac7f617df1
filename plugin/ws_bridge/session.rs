//! One WebSocket connection.

use std::{collections::HashSet, sync::Arc, time::Duration};

use axum::{
    Error,
    extract::ws::{CloseFrame, Message, WebSocket, close_code},
};
use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::json;
use tauri::{
    Runtime,
    ipc::{InvokeBody, InvokeResponse, InvokeResponseBody},
};
use tokio::{sync::Semaphore, time::timeout};

use super::{
    commands::is_allowed,
    dispatch::{Dispatcher, Transport, own_request, refused},
    listeners::{Listen, Listeners, Unlisten},
    outbox::Outbox,
    protocol::{self, Incoming, Request},
};
use crate::ipc;

/// Requests of one connection that have no answer yet. A page that starts more at once has lost control.
const MAX_IN_FLIGHT: usize = 256;

/// Subscriptions of one connection that are being checked. Each asks the main thread of the app.
const MAX_SUBSCRIBING: usize = 64;

/// A page that takes nothing for so long hangs, and must not keep what waits for it in memory.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

pub(super) const LISTEN: &str = "plugin:event|listen";
const UNLISTEN: &str = "plugin:event|unlisten";

/// The commands by which a page emits an event.
const EMIT: [&str; 2] = ["plugin:event|emit", "plugin:event|emit_to"];

/// The event by which tauri asks a page before it closes its window. A window closes without asking when
/// no page listens, so this listener stays with the webview for as long as the connection lasts.
const CLOSE_REQUESTED: &str = "tauri://close-requested";

struct Session<R: Runtime> {
    dispatcher: Arc<Dispatcher<R>>,
    /// The webview whose commands these are.
    label: String,
    outbox: Arc<Outbox>,
    listeners: Listeners<R>,
    in_flight: Mutex<HashSet<u32>>,
    subscribing: Arc<Semaphore>,
}

/// Serves `socket` until it closes, as the window with this label.
pub(super) async fn serve<R: Runtime>(
    mut socket: WebSocket,
    dispatcher: Arc<Dispatcher<R>>,
    label: String,
) {
    let (outbox, mut outgoing) = Outbox::new();
    let outbox = Arc::new(outbox);
    let session = Arc::new(Session {
        listeners: Listeners::new(dispatcher.app.clone(), outbox.clone()),
        dispatcher,
        label,
        outbox,
        in_flight: Mutex::default(),
        subscribing: Arc::new(Semaphore::new(MAX_SUBSCRIBING)),
    });
    let reason = loop {
        // What waits goes first: a page that asks faster than it listens is slowed down.
        tokio::select! {
            biased;
            () = session.outbox.overflow() => {
                break Some((close_code::AGAIN, "the page is too far behind"));
            }
            Some(frame) = outgoing.recv() => {
                match timeout(WRITE_TIMEOUT, socket.send(Message::text(frame.text))).await {
                    Ok(Ok(())) => {}
                    Ok(Err(_)) => break None,
                    Err(_) => break Some((close_code::AGAIN, "the page does not read")),
                }
            }
            frame = socket.recv() => match frame {
                Some(Ok(Message::Text(text))) => session.receive(text.as_bytes()),
                Some(Ok(Message::Binary(_))) => {
                    session.refuse("frames are text; a raw body is base64");
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Close(_))) | None => break None,
                Some(Err(error)) => break Some((code(error), "no frame of this protocol")),
            },
        }
    };
    // From here on nothing registers for this connection any more.
    outgoing.close();
    for (event, id) in session.listeners.end() {
        if event == CLOSE_REQUESTED {
            session.unlisten_webview(&event, id).await;
        }
    }
    session.dispatcher.channels.forget(&session.outbox);
    if let Some((code, reason)) = reason {
        let reason = reason.into();
        let close = Message::Close(Some(CloseFrame { code, reason }));
        // Whether the other side still listens is its own affair.
        let _ = timeout(WRITE_TIMEOUT, socket.send(close)).await;
    }
}

/// What the other side is told of an error in what it sent.
fn code(error: Error) -> u16 {
    match error.into_inner().downcast_ref::<tungstenite::Error>() {
        Some(tungstenite::Error::Capacity(_)) => close_code::SIZE,
        Some(tungstenite::Error::Utf8(_)) => close_code::INVALID,
        _ => close_code::PROTOCOL,
    }
}

impl<R: Runtime> Session<R> {
    fn refuse(&self, message: &str) {
        self.outbox.push(protocol::refusal(message));
    }

    fn receive(self: &Arc<Self>, frame: &[u8]) {
        match protocol::read(frame) {
            Ok(Incoming::Request(request)) => self.start(request),
            Ok(Incoming::Subscribe(event)) => {
                let Ok(permit) = self.subscribing.clone().try_acquire_owned() else {
                    return self.refuse(&format!(
                        "more than {MAX_SUBSCRIBING} subscriptions without an answer"
                    ));
                };
                let session = self.clone();
                tokio::spawn(async move {
                    let _permit = permit;
                    match session.subscribe(&event).await {
                        Ok(()) => session.outbox.push(protocol::subscribed(&event)),
                        Err(message) => session.refuse(&message),
                    }
                });
            }
            Ok(Incoming::Unsubscribe(event)) => self.listeners.unsubscribe(&event),
            Err(message) => self.refuse(&message),
        }
    }

    fn start(self: &Arc<Self>, request: Request) {
        let id = request.id;
        {
            let mut in_flight = self.in_flight.lock();
            if in_flight.len() == MAX_IN_FLIGHT {
                let error = format!("more than {MAX_IN_FLIGHT} requests in flight");
                return self.outbox.push(protocol::answer(id, refused(error)));
            }
            if !in_flight.insert(id) {
                // Not with the id: that answer belongs to the request which has it.
                return self.refuse(&format!("the id {id} is in flight"));
            }
        }
        let session = self.clone();
        tokio::spawn(async move {
            let response = session.run(request).await;
            // Before the answer: whoever has it may use the id again.
            session.in_flight.lock().remove(&id);
            session.outbox.deliver(protocol::answer(id, response)).await;
        });
    }

    async fn run(&self, request: Request) -> InvokeResponse {
        let listen = args::<Listen>(&request, LISTEN);
        let unlisten = args::<Unlisten>(&request, UNLISTEN);
        let emits = EMIT.contains(&request.cmd.as_str());
        if let InvokeBody::Json(args) = &request.body
            && !self
                .dispatcher
                .channels
                .register(&self.label, args, &self.outbox)
        {
            return refused("this connection takes no more channels".to_owned());
        }
        let transport = Transport::WebSocket;
        let response = self.dispatcher.run(&self.label, transport, request).await;
        if let Some(unlisten) = unlisten {
            self.listeners.unlisten(&unlisten);
        }
        if emits {
            self.listeners.flush().await;
        }
        match (listen, &response) {
            (Some(listen), InvokeResponse::Ok(InvokeResponseBody::Json(id))) => {
                match self.listen(&listen, id).await {
                    Ok(()) => response,
                    Err(message) => refused(message),
                }
            }
            _ => response,
        }
    }

    /// Listens to what tauri has let the page listen to. The listener that tauri made for it is in the
    /// webview, where nobody knows its callback, so it goes.
    async fn listen(&self, listen: &Listen, id: &str) -> Result<(), String> {
        let id = id.parse().map_err(|_| "a listener has a number")?;
        let listening = self.listeners.listen(listen, id).await;
        if listen.event != CLOSE_REQUESTED || listening.is_err() {
            self.unlisten_webview(&listen.event, id).await;
        }
        listening
    }

    async fn unlisten_webview(&self, event: &str, id: u32) {
        let unlisten = own_request(UNLISTEN, json!({ "event": event, "eventId": id }));
        self.dispatcher.run_untraced(&self.label, unlisten).await;
    }

    /// Subscribes to an event, if the window may listen at all.
    async fn subscribe(&self, event: &str) -> Result<(), String> {
        let allowed = self
            .dispatcher
            .ask(&self.label, |webview| {
                is_allowed(webview, "event", "listen")
            })
            .await;
        if allowed != Some(true) {
            return Err(format!("no capability of the window allows {LISTEN}"));
        }
        if !ipc::is_event_name(event) {
            return Err(format!("{event:?} is no name of an event"));
        }
        self.listeners.subscribe(event).await
    }
}

/// The arguments of the request, if it is for this command and has them.
fn args<T: for<'de> Deserialize<'de>>(request: &Request, cmd: &str) -> Option<T> {
    match &request.body {
        InvokeBody::Json(args) if request.cmd == cmd => T::deserialize(args).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use tauri::{App, Emitter, test};
    use tokio::sync::mpsc::Receiver;

    use super::{
        super::{listeners::tests::hold_lock, outbox::Frame},
        *,
    };

    /// A session whose window does not exist, and the receiver of the frames that it sends to its page.
    fn session(app: &App<test::MockRuntime>) -> (Arc<Session<test::MockRuntime>>, Receiver<Frame>) {
        let (outbox, outgoing) = Outbox::new();
        let outbox = Arc::new(outbox);
        let session = Session {
            listeners: Listeners::new(app.handle().clone(), outbox.clone()),
            dispatcher: Arc::new(Dispatcher {
                app: app.handle().clone(),
                pages: Arc::default(),
                telemetry: None,
                channels: Arc::default(),
            }),
            label: "main".to_owned(),
            outbox,
            in_flight: Mutex::default(),
            subscribing: Arc::new(Semaphore::new(MAX_SUBSCRIBING)),
        };
        (Arc::new(session), outgoing)
    }

    #[tokio::test]
    async fn an_event_that_tauri_has_queued_has_been_sent_when_an_emit_is_answered() {
        let app = test::mock_app();
        let (session, mut outgoing) = session(&app);
        session.listeners.subscribe("ping").await.unwrap();
        let release = hold_lock(&app);
        app.emit("ping", 1).unwrap();
        release();
        assert!(outgoing.try_recv().is_err(), "Tauri has queued it");
        session.run(own_request(EMIT[0], json!({}))).await;
        let event = outgoing.try_recv().expect("the event");
        assert_eq!(event.text, r#"{"event":"ping","payload":1}"#);
    }

    /// On one thread, so that the checks of subscriptions wait for as long as the test does not.
    #[tokio::test]
    async fn only_64_subscriptions_of_a_connection_are_checked_at_a_time() {
        let app = test::mock_app();
        let (session, mut outgoing) = session(&app);
        let subscribe = |name: &str| {
            let frame = json!({ "subscribe": name }).to_string();
            session.receive(frame.as_bytes());
        };
        (0..64).for_each(|number| subscribe(&format!("event-{number}")));
        assert!(outgoing.try_recv().is_err(), "none is refused");
        subscribe("one-more");
        let refusal = outgoing.try_recv().expect("it is refused at once");
        assert!(
            refusal.text.contains("64 subscriptions"),
            "{}",
            refusal.text
        );
        for _ in 0..64 {
            outgoing.recv().await.expect("each gets its answer");
        }
        subscribe("one-more");
        assert!(outgoing.try_recv().is_err(), "there is room again");
    }
}
