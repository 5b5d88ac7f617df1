//! The channels that pages of the bridge have handed to commands.
//!
//! tauri makes a channel from the text `__CHANNEL__:<id>` in the arguments of a command, and sends its
//! messages to the webview by that id, unless the interceptor of the app's builder takes them. It says
//! that a channel has ended to the webview only, so here one lives as long as its connection.

use std::{collections::HashMap, sync::Arc};

use parking_lot::{Mutex, MutexGuard};
use serde_json::Value;
use tauri::{
    Manager, Runtime, Webview,
    ipc::{CallbackFn, InvokeResponseBody},
};

use super::{outbox::Outbox, protocol};

/// How `@tauri-apps/api` writes a channel.
const PREFIX: &str = "__CHANNEL__:";

/// Channels of one connection: some megabytes, reached after hours of tests.
const MAX_CHANNELS: usize = 10_000;

/// Where the messages of which channel go: by the label of the webview, and the id.
#[derive(Default)]
pub(super) struct Channels(Mutex<HashMap<(String, u32), Arc<Outbox>>>);

impl Channels {
    fn routes(&self) -> MutexGuard<'_, HashMap<(String, u32), Arc<Outbox>>> {
        self.0.lock()
    }

    /// Sends the messages of all channels in `args` to `outbox`; `false` if it has too many, or its connection
    /// has ended.
    pub(super) fn register(&self, label: &str, args: &Value, outbox: &Arc<Outbox>) -> bool {
        let mut found = Vec::new();
        find(args, &mut found);
        if found.is_empty() {
            return true;
        }
        let mut routes = self.routes();
        let own = routes.values().filter(|one| Arc::ptr_eq(one, outbox));
        if outbox.is_closed() || own.count() + found.len() > MAX_CHANNELS {
            return false;
        }
        for id in found {
            routes.insert((label.to_owned(), id), outbox.clone());
        }
        true
    }

    /// Forgets the channels of a connection.
    pub(super) fn forget(&self, outbox: &Arc<Outbox>) {
        self.routes().retain(|_, one| !Arc::ptr_eq(one, outbox));
    }
}

fn find(args: &Value, found: &mut Vec<u32>) {
    match args {
        Value::String(text) => {
            found.extend(
                text.strip_prefix(PREFIX)
                    .and_then(|id| id.parse::<u32>().ok()),
            );
        }
        Value::Array(list) => list.iter().for_each(|one| find(one, found)),
        Value::Object(map) => map.values().for_each(|one| find(one, found)),
        _ => {}
    }
}

/// Carries what commands send through channels to the pages of the bridge. Only the builder of the app
/// can take it; without it a channel of such a page stays silent.
///
/// Channels of webviews go their own way, and in a build without the bridge all of them do.
///
/// ```
/// tauri::Builder::default()
///     .plugin(tauri_plugin_opentelemetry::init())
///     .channel_interceptor(tauri_plugin_opentelemetry::ws_bridge::channel_interceptor())
/// # ;
/// ```
pub fn channel_interceptor<R: Runtime>()
-> impl Fn(&Webview<R>, CallbackFn, usize, &InvokeResponseBody) -> bool + Send + Sync + 'static {
    |webview, CallbackFn(id), index, body| {
        let Some(outbox) = outbox_of(webview, id) else {
            return false;
        };
        outbox.push(protocol::channel(id, index, body));
        true
    }
}

/// Whether a page of the bridge has handed this channel to a command of `webview`.
pub(crate) fn owns_channel<R: Runtime>(webview: &Webview<R>, id: u32) -> bool {
    outbox_of(webview, id).is_some()
}

/// Tells the page of the bridge that has handed this channel to a command of `webview` what the command says of a message
/// to come, as JSON. Nobody is told once its connection has ended.
pub(crate) fn announce<R: Runtime>(webview: &Webview<R>, id: u32, announcement: &str) {
    if let Some(outbox) = outbox_of(webview, id) {
        outbox.push(protocol::announcement(announcement));
    }
}

/// The connection that has handed this channel to a command of `webview`.
fn outbox_of<R: Runtime>(webview: &Webview<R>, id: u32) -> Option<Arc<Outbox>> {
    let channels = webview.try_state::<Arc<Channels>>()?;
    let routes = channels.routes();
    routes.get(&(webview.label().to_owned(), id)).cloned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn channels_are_found_at_any_depth_and_forgotten_with_their_connection() {
        let channels = Channels::default();
        let (one, mut open) = Outbox::new();
        let (other, _open) = Outbox::new();
        let (one, other) = (Arc::new(one), Arc::new(other));
        let args =
            json!({ "a": "__CHANNEL__:1", "b": [{ "c": "__CHANNEL__:2" }], "d": "__CHANNEL__:x" });
        assert!(channels.register("main", &args, &one));
        assert!(channels.register("main", &json!(["__CHANNEL__:3"]), &other));
        assert_eq!(channels.routes().len(), 3);
        open.close();
        channels.forget(&one);
        assert_eq!(channels.routes().len(), 1);
        assert!(!channels.register("main", &args, &one), "it has ended");
    }

    #[test]
    fn a_connection_has_only_so_many_channels() {
        let channels = Channels::default();
        let (outbox, _open) = Outbox::new();
        let outbox = Arc::new(outbox);
        let many: Vec<_> = (0..=MAX_CHANNELS)
            .map(|id| format!("{PREFIX}{id}"))
            .collect();
        assert!(!channels.register("main", &json!(many), &outbox));
        assert!(channels.register("main", &json!(many[1..]), &outbox));
        assert!(!channels.register("main", &json!("__CHANNEL__:99999"), &outbox));
    }
}
