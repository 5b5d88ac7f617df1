//! Which commands there are, for whoever writes a test: nothing is dispatched by this list.
//!
//! tauri keeps the names of commands in code and its access control list to itself; it tells a plugin no more
//! than whether a window may call a given command. So [`generate_handler!`](crate::generate_handler)
//! notes the names it is given, and what the build of the app has written of its plugins.

use std::collections::{BTreeMap, BTreeSet};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tauri::{Runtime, Webview};

/// What the macro has noted; by process and not by app, because it runs before there is one.
static REGISTERED: Mutex<Registered> = Mutex::new(Registered {
    commands: Vec::new(),
    manifests: "{}",
});

struct Registered {
    commands: Vec<&'static str>,
    manifests: &'static str,
}

/// `tauri::generate_handler!`, which also lets the bridge know the names.
///
/// `GET /commands` of the [bridge](crate::ws_bridge) lists them. Which commands run does not depend on it.
///
/// ```text
/// .invoke_handler(tauri_plugin_opentelemetry::generate_handler![greet])
/// ```
#[macro_export]
macro_rules! generate_handler {
    ($($(#[$attribute:meta])* $command:path),* $(,)?) => {{
        $crate::ws_bridge::register(
            &[$($(#[$attribute])* ::core::stringify!($command)),*],
            ::core::include_str!(::core::concat!(
                ::core::env!("OUT_DIR"),
                "/acl-manifests.json"
            )),
        );
        ::tauri::generate_handler![$($(#[$attribute])* $command),*]
    }};
}

/// Notes what [`generate_handler!`](crate::generate_handler) has been given.
#[doc(hidden)]
pub fn register(commands: &[&'static str], manifests: &'static str) {
    let mut registered = REGISTERED.lock();
    registered.commands.extend(commands);
    registered.manifests = manifests;
}

/// The answer to `GET /commands`.
#[derive(Debug, Serialize)]
pub(super) struct Commands {
    app: BTreeSet<String>,
    plugins: BTreeSet<String>,
}

/// What a plugin says of itself, as far as it is about commands.
#[derive(Deserialize)]
struct Manifest {
    permissions: BTreeMap<String, Permission>,
}

#[derive(Deserialize)]
struct Permission {
    commands: Allowed,
}

#[derive(Deserialize)]
struct Allowed {
    allow: Vec<String>,
}

impl Commands {
    /// The commands of the app, and those of plugins that this webview may call.
    pub(super) fn of<R: Runtime>(webview: &Webview<R>) -> Self {
        let registered = REGISTERED.lock();
        let names = registered.commands.iter().map(|path| name(path));
        Self {
            app: names.map(ToOwned::to_owned).collect(),
            plugins: plugin_commands(registered.manifests)
                .into_iter()
                .filter(|(plugin, command)| is_allowed(webview, plugin, command))
                .map(|(plugin, command)| format!("plugin:{plugin}|{command}"))
                .collect(),
        }
    }
}

/// Whether a capability of the webview's window allows this command of a plugin.
pub(super) fn is_allowed<R: Runtime>(webview: &Webview<R>, plugin: &str, command: &str) -> bool {
    let scope = webview.resolve_command_scope::<serde_json::Value>(plugin, command);
    matches!(scope, Ok(Some(_)))
}

/// The name of the command that a path leads to.
fn name(path: &str) -> &str {
    path.rsplit("::").next().unwrap_or(path).trim()
}

/// The plugins and their commands in what the build of the app has written.
fn plugin_commands(manifests: &str) -> BTreeSet<(String, String)> {
    let manifests: BTreeMap<String, Manifest> = serde_json::from_str(manifests).unwrap_or_default();
    let commands = manifests.into_iter().flat_map(|(key, manifest)| {
        // Those of tauri itself, whose name in a command is without it.
        let plugin = key.strip_prefix("core:").unwrap_or(&key).to_owned();
        let permissions = manifest.permissions.into_values();
        permissions
            .flat_map(|permission| permission.commands.allow)
            .map(move |command| (plugin.clone(), command))
    });
    commands.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_known_by_its_last_name() {
        assert_eq!(name("greet"), "greet");
        assert_eq!(name("commands :: inner :: greet"), "greet");
        assert_eq!(name("commands::greet"), "greet");
    }

    #[test]
    fn the_commands_of_a_plugin_are_those_it_can_allow() {
        let manifests = r#"{
            "core": { "default_permission": {}, "permissions": {} },
            "core:window": { "permissions": {
                "allow-title": { "commands": { "allow": ["title"], "deny": [] } },
                "deny-title": { "commands": { "allow": [], "deny": ["title"] } } } },
            "fs": { "permissions": { "read": { "commands": { "allow": ["read", "stat"] } } } } }"#;
        let found = plugin_commands(manifests);
        let found: Vec<_> = found
            .iter()
            .map(|(a, b)| (a.as_str(), b.as_str()))
            .collect();
        assert_eq!(found, [("fs", "read"), ("fs", "stat"), ("window", "title")]);
        assert!(plugin_commands("not JSON").is_empty());
    }
}
