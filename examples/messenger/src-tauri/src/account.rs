//! The user of this desktop, and how their messages go out and come in.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Instant,
};

use crypto_box::PublicKey;
use messenger_wire::{Account as PublicAccount, Envelope, folder, is_name, new_id};
use tauri::{AppHandle, Manager};
use tauri_plugin_opentelemetry::{OpenTelemetryExt, TracedEmitter};
use tracebaton::{TraceContext, continue_from};
use tracing::{Instrument, field::Empty, info_span, instrument};

use crate::{
    identity::{Identity, public_key},
    instruments::{Instruments, transport},
    server::Server,
    settings::Settings,
    sidecar::Sidecar,
    store::Store,
    sync,
};

/// The way of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Through the server.
    Server,
    /// As a file in the shared folder.
    Folder,
}

impl Transport {
    /// The value of the attribute `transport`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Folder => "folder",
        }
    }
}

/// The user, once there is one.
#[derive(Default)]
pub struct Session(OnceLock<Arc<Account>>);

impl Session {
    /// The user, if somebody has introduced themselves.
    pub fn account(&self) -> Option<&Arc<Account>> {
        self.0.get()
    }

    /// Registers the user of this desktop, and starts the sync.
    #[instrument(skip_all, err)]
    pub async fn begin(&self, app: &AppHandle, name: String) -> Result<(), String> {
        if !is_name(&name) {
            return Err("a name is of ASCII letters and digits".to_owned());
        }
        let settings = Settings::from_env();
        let identity = Identity::open(settings.profile.as_deref(), name)
            .map_err(|error| format!("the profile: {error}"))?;
        let server = settings.server.map(Server::new);
        if let Some(server) = &server {
            let account = PublicAccount {
                name: identity.name.clone(),
                public_key: identity.public_key(),
            };
            server.register(&account).await?;
        }
        let account = Arc::new(Account {
            app: app.clone(),
            identity,
            peers: Mutex::default(),
            server,
            folder: settings.folder,
            sidecar: settings.sidecar,
            instruments: Instruments::new(&app.opentelemetry().meter()),
        });
        match self.0.set(account.clone()) {
            Ok(()) => sync::start(&account),
            Err(_) => return Err("there is a user already".to_owned()),
        }
        Ok(())
    }
}

/// A user who has introduced themselves.
pub struct Account {
    app: AppHandle,
    /// The name and the keys.
    pub identity: Identity,
    peers: Mutex<HashMap<String, PublicKey>>,
    /// The server, if there is one.
    pub server: Option<Server>,
    /// The shared folder, if there is one.
    pub folder: Option<PathBuf>,
    sidecar: Option<Sidecar>,
    /// What is measured.
    pub instruments: Instruments,
}

impl Account {
    /// The key of somebody: the one that is known, or the server's.
    pub async fn key_of(&self, name: &str) -> Result<PublicKey, String> {
        if let Some(known) = self.peers().get(name) {
            return Ok(known.clone());
        }
        if !is_name(name) {
            return Err(format!("{name:?} is no name"));
        }
        let server = self.server.as_ref();
        let server = server.ok_or_else(|| format!("exchange keys with {name} first"))?;
        let found = server.find(name).await?;
        let key = public_key(&found.public_key).ok_or("the server has no key of theirs")?;
        self.peers().insert(name.to_owned(), key.clone());
        Ok(key)
    }

    fn peers(&self) -> MutexGuard<'_, HashMap<String, PublicKey>> {
        self.peers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Packs, encrypts and sends a text.
    #[instrument(
        name = "send message",
        skip_all,
        err,
        fields(
            otel.kind = "producer",
            messaging.operation.name = "send",
            messaging.message.id = Empty,
            transport = via.name()
        )
    )]
    pub async fn send(&self, to: &str, text: &str, via: Transport) -> Result<(), String> {
        let start = Instant::now();
        let key = self.key_of(to).await?;
        let packed = match &self.sidecar {
            Some(sidecar) => sidecar.pack(text).await?,
            None => text.to_owned(),
        };
        let envelope = Envelope {
            id: new_id(),
            from: self.identity.name.clone(),
            to: to.to_owned(),
            sealed: self.identity.seal(&key, packed.as_bytes())?,
            trace: TraceContext::current(),
        };
        tracing::Span::current().record("messaging.message.id", &envelope.id);
        match via {
            Transport::Server => {
                let server = self.server.as_ref().ok_or("there is no MESSENGER_SERVER")?;
                server.send(&envelope).await?;
            }
            Transport::Folder => {
                let path = self.folder.as_ref().ok_or("there is no MESSENGER_FOLDER")?;
                folder::put(path, &envelope).map_err(|error| format!("the folder: {error}"))?;
            }
        }
        let transport = transport(via.name());
        self.instruments.sent.add(1, &transport);
        let seconds = start.elapsed().as_secs_f64();
        self.instruments.send_duration.record(seconds, &transport);
        Ok(())
    }

    /// Decrypts, unpacks and keeps a message, as a part of the trace of whoever handed it on. Returns the context of
    /// that part, or of the message where nothing is recorded here.
    pub async fn receive(
        &self,
        envelope: Envelope,
        via: Transport,
    ) -> Result<TraceContext, String> {
        let span = continue_from(&envelope.trace, || {
            info_span!(
                "receive message",
                otel.kind = "consumer",
                otel.status_code = Empty,
                otel.status_description = Empty,
                messaging.operation.name = "process",
                messaging.message.id = envelope.id,
                transport = via.name()
            )
        });
        let outcome = self.open(envelope, via).instrument(span.clone()).await;
        if let Err(error) = &outcome {
            span.record("otel.status_code", "ERROR");
            span.record("otel.status_description", error);
        }
        outcome
    }

    async fn open(&self, envelope: Envelope, via: Transport) -> Result<TraceContext, String> {
        let key = self.key_of(&envelope.from).await?;
        let packed = self.identity.unseal(&key, &envelope.sealed)?;
        let packed = String::from_utf8(packed).map_err(|_| "the message is no text")?;
        let text = match &self.sidecar {
            Some(sidecar) => sidecar.unpack(&packed).await?,
            None => packed,
        };
        self.instruments.received.add(1, &transport(via.name()));
        let store = self.app.state::<Store>();
        if let Some(message) = store.keep_new(envelope.id, envelope.to, text) {
            self.app
                .emit_traced("received", message)
                .map_err(|error| error.to_string())?;
        }
        Ok(TraceContext::current().or(envelope.trace))
    }
}
