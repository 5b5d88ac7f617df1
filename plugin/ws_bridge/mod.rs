//! The same commands over a WebSocket, so that the UI runs in an ordinary browser against the real app.
//!
//! For development and tests. It takes the feature `ws-bridge`, a build with debug assertions (or the feature
//! `ws-bridge-release`), and `DEV_WS_BRIDGE=1` or [`Builder::ws_bridge`](crate::Builder::ws_bridge). Then
//! it listens on the loopback interface and prints where its token file lies.
//!
//! It stays closed in an app with the isolation pattern. There every message of a page goes through a script of the app
//! that checks it, and a request of the bridge would not.
//!
//! There is no list of commands: a request becomes an invoke of a window and goes through tauri's own IPC,
//! with the same handler, state and access control list, and gets the same spans. Whoever has the token
//! can do what the pages of the app can do; nobody else can do anything.
//!
//! [The documentation of the bridge](https://github.com/tauri-plugin-opentelemetry/tauri-plugin-opentelemetry/blob/main/docs/ws-bridge.md)
//! has its settings and limits.

mod channels;
mod commands;
mod dispatch;
pub(crate) mod guard;
mod listeners;
mod outbox;
pub(crate) mod protocol;
mod seats;
mod server;
mod session;
#[cfg(test)]
mod tests;
mod token_file;

use std::{
    fmt, io,
    net::{Ipv4Addr, TcpListener},
    sync::Arc,
};

use tauri::{AppHandle, Manager, Runtime, utils::config::PatternKind};

pub use channels::channel_interceptor;
pub(crate) use channels::{announce, owns_channel};
#[doc(hidden)]
pub use commands::register;

use self::{
    channels::Channels,
    dispatch::Dispatcher,
    guard::{Guard, Token},
    seats::Seats,
    server::Server,
    token_file::TokenFile,
};
use crate::{
    config::{
        Config,
        ws_bridge::{WsBridgeSettings, origin},
    },
    diagnostics,
    ipc::Pages,
    telemetry::Telemetry,
};

/// The running bridge.
pub(crate) struct WsBridge {
    port: u16,
    /// Removed when the bridge is dropped.
    file: TokenFile,
    #[cfg(test)]
    seats: Arc<Seats>,
}

impl WsBridge {
    /// Opens the bridge, if the environment or the builder say so. One that cannot be opened as asked for
    /// stays closed, and says why.
    pub(crate) fn start<R: Runtime>(
        app: &AppHandle<R>,
        env: &dyn Fn(&str) -> Option<String>,
        builder: bool,
        pages: &Arc<Pages<R>>,
        telemetry: Option<(&Arc<Telemetry>, &Config)>,
    ) -> Option<Self> {
        let settings = match WsBridgeSettings::resolve(env, builder) {
            Ok(settings) => settings?,
            Err(invalid) => {
                diagnostics::error(format_args!("{invalid}"));
                return None;
            }
        };
        if matches!(
            app.config().app.security.pattern,
            PatternKind::Isolation { .. }
        ) {
            diagnostics::error(format_args!(
                "the ws bridge stays closed: the app has the isolation pattern, and a request of the bridge would go \
                 round the check of its messages"
            ));
            return None;
        }
        let port = settings.port;
        match Self::open(app, settings, pages, telemetry) {
            Ok(bridge) => {
                diagnostics::info(format_args!(
                    "the ws bridge listens on ws://127.0.0.1:{}/ws, its token is in {}",
                    bridge.port,
                    bridge.file.path().display()
                ));
                Some(bridge)
            }
            Err(error) => {
                diagnostics::error(format_args!(
                    "the ws bridge stays closed: {error} (port {port}; DEV_WS_BRIDGE_PORT=0 takes one \
                     that is free)"
                ));
                None
            }
        }
    }

    fn open<R: Runtime>(
        app: &AppHandle<R>,
        settings: WsBridgeSettings,
        pages: &Arc<Pages<R>>,
        telemetry: Option<(&Arc<Telemetry>, &Config)>,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        let token = Token::new(settings.token)?;
        let listener = listen(settings.port)?;
        let port = listener.local_addr()?.port();
        let file = TokenFile::write(&app.path().app_local_data_dir()?, port, &token)?;

        let channels = Arc::<Channels>::default();
        app.manage(channels.clone());
        let mut origins = settings.origins;
        let dev_url = app.config().build.dev_url.as_ref();
        origins.extend(dev_url.and_then(|url| origin(url.as_str())));
        let server = Arc::new(Server {
            dispatcher: Arc::new(Dispatcher {
                app: app.clone(),
                pages: pages.clone(),
                telemetry: telemetry.map(|(telemetry, _)| telemetry.clone()),
                channels,
            }),
            guard: Guard { token, origins },
            max_frame: settings.max_frame,
            telemetry: telemetry.map(|(telemetry, config)| (telemetry.clone(), config.clone())),
        });
        let seats = Seats::new();
        let of_server = seats.clone();
        tauri::async_runtime::spawn(async move {
            match tokio::net::TcpListener::from_std(listener) {
                Ok(listener) => server::serve(listener, server, of_server).await,
                Err(error) => diagnostics::error(format_args!("the ws bridge is closed: {error}")),
            }
        });
        Ok(Self {
            port,
            file,
            #[cfg(test)]
            seats,
        })
    }
}

/// Listens where nothing but this machine can connect.
fn listen(port: u16) -> io::Result<TcpListener> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

impl fmt::Debug for WsBridge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WsBridge")
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}
