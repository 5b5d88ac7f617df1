//! What the environment says of this desktop. Without any of it, messages stay in the app.

use std::{env, path::PathBuf};

use tauri_plugin_opentelemetry::{Consent, Redaction};

use crate::sidecar::Sidecar;

/// `MESSENGER_CONSENT`: with `required`, nothing is exported until the user agrees to it in the window.
pub fn consent() -> Consent {
    match env::var("MESSENGER_CONSENT").as_deref() {
        Ok("required") => Consent::Required,
        _ => Consent::Assumed,
    }
}

/// The built-in rules, and one for the names of users in the URLs of the server.
pub fn redaction() -> Redaction {
    Redaction::new()
        .rule("account", "/accounts/[^/?#]+")
        .expect("the pattern is valid")
}

/// The settings of a desktop.
pub struct Settings {
    /// `MESSENGER_PROFILE`: the folder of the key. Without one, the key is forgotten at the end.
    pub profile: Option<PathBuf>,
    /// `MESSENGER_SERVER`: the URL of the server.
    pub server: Option<String>,
    /// `MESSENGER_FOLDER`: the folder that is shared with others.
    pub folder: Option<PathBuf>,
    /// `MESSENGER_SIDECAR`: the script of the sidecar; `MESSENGER_PYTHON` runs it. Without one, texts are not packed.
    pub sidecar: Option<Sidecar>,
}

impl Settings {
    /// Reads them.
    pub fn from_env() -> Self {
        let value = |name| env::var(name).ok().filter(|value| !value.is_empty());
        let service = value("OTEL_SERVICE_NAME").unwrap_or_else(|| "messenger".to_owned());
        Self {
            profile: value("MESSENGER_PROFILE").map(PathBuf::from),
            server: value("MESSENGER_SERVER"),
            folder: value("MESSENGER_FOLDER").map(PathBuf::from),
            sidecar: value("MESSENGER_SIDECAR").map(|script| {
                let python = value("MESSENGER_PYTHON").unwrap_or_else(|| "python3".to_owned());
                Sidecar::new(python, script, &service)
            }),
        }
    }
}
