//! Pushes messages over WebSockets. What goes over a WebSocket has no headers: each message carries its own context.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    extract::{
        Query, State, WebSocketUpgrade,
        ws::{Message, WebSocket},
    },
    response::Response,
};
use messenger_wire::{Envelope, Received};
use serde::Deserialize;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tracebaton::continue_from;
use tracing::{Instrument, info_span};

use crate::{App, messages};

/// How many messages wait for a slow client. It gets what is beyond when it asks for it.
const QUEUE: usize = 64;

/// Who is connected.
#[derive(Default)]
pub struct Connections(Mutex<HashMap<String, Sender<String>>>);

impl Connections {
    fn by_name(&self) -> MutexGuard<'_, HashMap<String, Sender<String>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Pushes a message to its recipient, if that one is connected and not too slow.
    pub fn push(&self, envelope: &Envelope) {
        if let Some(connection) = self.by_name().get(&envelope.to)
            && let Ok(text) = serde_json::to_string(envelope)
        {
            // It stays in the database.
            let _ = connection.try_send(text);
        }
    }
}

#[derive(Deserialize)]
pub struct Client {
    name: String,
}

pub async fn connect(
    State(app): State<Arc<App>>,
    Query(Client { name }): Query<Client>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let upgrade = upgrade.max_message_size(crate::MAX_BODY);
    upgrade.on_upgrade(async move |socket| {
        let (connection, queue) = channel(QUEUE);
        app.connections.by_name().insert(name.clone(), connection);
        relay(&app, &name, socket, queue).await;
    })
}

/// Until the client leaves, or connects anew.
async fn relay(app: &App, name: &str, mut socket: WebSocket, mut queue: Receiver<String>) {
    loop {
        tokio::select! {
            pushed = queue.recv() => {
                let Some(text) = pushed else { return };
                if socket.send(Message::text(text)).await.is_err() {
                    return;
                }
            }
            received = socket.recv() => match received {
                Some(Ok(Message::Text(text))) => acknowledge(app, name, &text).await,
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return,
            }
        }
    }
}

async fn acknowledge(app: &App, name: &str, text: &str) {
    // Whatever else a client says is of no interest.
    let Ok(received) = serde_json::from_str::<Received>(text) else {
        return;
    };
    let span = continue_from(&received.trace, || {
        info_span!(
            "acknowledge message",
            otel.kind = "consumer",
            messaging.operation.name = "acknowledge",
            messaging.message.id = received.id
        )
    });
    // The failure is in the span, and the message comes again.
    let _ = messages::forget(app, received.id, name.to_owned())
        .instrument(span)
        .await;
}
