//! What is wrong with a setting, and what comes of it.

use std::fmt;

use super::otlp_options::OtlpOptions;

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

    /// About something else than a value.
    pub(crate) fn plain(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// About a key of `tauri.conf.json`, in the words of the reader of JSON.
    pub(crate) fn of_key(key: &str, error: &str, consequence: &str) -> Self {
        let unknown = format!("unknown field `{key}`, expected one of ");
        let mistake = if let Some(others) = error.strip_prefix(&unknown) {
            let keys = OtlpOptions::KEYS.map(|key| format!("`{key}`")).join(", ");
            format!(": {unknown}{keys}, {others}")
        } else if key == "headers" {
            // The words repeat the value, and that of a header may be a secret.
            " must map names of headers to texts".to_owned()
        } else if key.ends_with("Otlp") && !error.starts_with("unknown field") {
            " must be an object whose headers map names to texts, and whose other values have the type that the schema \
             says"
                .to_owned()
        } else {
            format!(": {error}")
        };
        Self(format!(
            "plugins.opentelemetry.{key}{mistake}; {consequence}"
        ))
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
