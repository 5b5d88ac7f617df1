//! A setting that was ignored, and why.

use std::fmt;

/// What the developer is told about a setting: its name, its value, and what it has to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Warning(String);

impl Warning {
    pub(crate) fn new(source: &str, value: &str, expected: &str) -> Self {
        // Headers carry tokens, and what stands before an `@` is a user and a password.
        if source.to_lowercase().contains("header") || value.contains('@') {
            return Self(format!("{source} must be {expected}; ignored"));
        }
        Self(format!(
            "{source} is {value:?} but must be {expected}; ignored"
        ))
    }

    /// About a key of `tauri.conf.json`, in the words of the reader of JSON.
    pub(crate) fn of_key(key: &str, error: &serde_json::Error) -> Self {
        // The words repeat the value, and a header's may be a secret.
        if key == "headers" {
            return Self(format!(
                "plugins.opentelemetry.{key} must map names of headers to texts; ignored"
            ));
        }
        Self(format!("plugins.opentelemetry.{key}: {error}; ignored"))
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
