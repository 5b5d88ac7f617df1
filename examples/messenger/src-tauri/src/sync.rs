//! What happens without a click: messages are pushed over a WebSocket, and fetched from the server and the folder in
//! case that a push was missed.

use std::{sync::Arc, time::Duration};

use futures_util::{SinkExt, StreamExt};
use messenger_wire::{Envelope, Received, folder};
use tauri::async_runtime::spawn;
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_tungstenite::{connect_async, tungstenite::Message};
use tracebaton::{add_link, link_to};
use tracing::{Instrument, info_span};

use crate::account::{Account, Transport};

/// How often the folder is looked into.
const CYCLE: Duration = Duration::from_secs(1);

/// How long to wait before another attempt at the server.
const RECONNECT: Duration = Duration::from_secs(1);

/// Starts the background work of a user, which goes on until the end of the app.
pub fn start(account: &Arc<Account>) {
    spawn(pushes(account.clone()));
    let account = account.clone();
    spawn(async move {
        let mut cycle = interval(CYCLE);
        cycle.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            cycle.tick().await;
            // The failure is in its span, and the next turn tries again.
            let _ = once(&account).await;
        }
    });
}

/// One turn: a trace of its own, with a link to each message it finds. Each message goes on in the trace of its sender.
///
/// An idle turn is no trace: nobody asks what did not happen.
pub async fn once(account: &Account) -> Result<usize, String> {
    account.instruments.sync_cycles.add(1, &[]);
    let Some(path) = &account.folder else {
        return Ok(0);
    };
    let found = folder::list(path, &account.identity.name)
        .map_err(|error| format!("the folder: {error}"))?;
    if found.is_empty() {
        return Ok(0);
    }
    let turn = link_to(found.iter().map(|(_, envelope)| &envelope.trace), || {
        info_span!("sync")
    });
    let count = found.len();
    let received = async {
        for (file, envelope) in found {
            if account.receive(envelope, Transport::Folder).await.is_ok() {
                folder::mark_as_read(&file).map_err(|error| format!("the folder: {error}"))?;
            }
        }
        Ok(count)
    };
    received.instrument(turn).await
}

/// Whatever the server pushes, until the end of the app.
async fn pushes(account: Arc<Account>) {
    let Some(server) = &account.server else {
        return;
    };
    let url = server.push_url(&account.identity.name);
    loop {
        // It ends when the server does.
        let _ = connection(&account, &url).await;
        account.instruments.connection.record(0, &[]);
        sleep(RECONNECT).await;
    }
}

async fn connection(
    account: &Account,
    url: &str,
) -> Result<(), tokio_tungstenite::tungstenite::Error> {
    let (mut socket, _) = connect_async(url).await?;
    account.instruments.connection.record(1, &[]);
    for envelope in missed(account).await {
        acknowledge(account, &mut socket, envelope).await?;
    }
    while let Some(message) = socket.next().await {
        if let Message::Text(text) = message?
            && let Ok(envelope) = serde_json::from_str::<Envelope>(&text)
        {
            acknowledge(account, &mut socket, envelope).await?;
        }
    }
    Ok(())
}

/// What was sent while nobody was connected.
async fn missed(account: &Account) -> Vec<Envelope> {
    let Some(server) = &account.server else {
        return Vec::new();
    };
    let turn = link_to([], || info_span!("fetch missed messages"));
    let fetched = server.waiting(&account.identity.name);
    let envelopes = fetched.instrument(turn.clone()).await.unwrap_or_default();
    for envelope in &envelopes {
        add_link(&turn, &envelope.trace);
    }
    envelopes
}

/// Receives a message and says so, in the trace of the message.
async fn acknowledge<S>(
    account: &Account,
    socket: &mut S,
    envelope: Envelope,
) -> Result<(), S::Error>
where
    S: SinkExt<Message> + Unpin,
{
    let id = envelope.id.clone();
    // What cannot be read stays at the server.
    let Ok(trace) = account.receive(envelope, Transport::Server).await else {
        return Ok(());
    };
    match serde_json::to_string(&Received { id, trace }) {
        Ok(text) => socket.send(Message::text(text)).await,
        Err(_) => Ok(()),
    }
}
