//! The plugin as the environment asks for it, beyond what the plugin reads there itself.

use std::{
    path::PathBuf,
    sync::atomic::{AtomicUsize, Ordering},
};

use tauri_plugin_opentelemetry::{Builder, Consent, LogFile, LogFormat, Redaction, Spool};

pub fn plugin() -> Builder {
    let mut plugin = Builder::new();
    if let Ok(format) = std::env::var("EMITTER_LOG_FILE") {
        let home = std::env::var_os("HOME").expect("a home");
        let format = match format.as_str() {
            "json" => LogFormat::Json,
            _ => LogFormat::Text,
        };
        let path = PathBuf::from(home).join("emitter.log");
        plugin = plugin.log_file(LogFile::new().path(path).format(format));
    }
    if std::env::var_os("EMITTER_GLOBAL").is_some() {
        plugin = plugin.set_global(true);
    }
    if std::env::var_os("EMITTER_WITHOUT_REDACTION").is_some() {
        plugin = plugin.redaction(Redaction::off());
    }
    if std::env::var_os("EMITTER_REDACTS_ALL").is_some() {
        let all = Redaction::new().ip_addresses(true).cards(true);
        plugin = plugin.redaction(all.phone_numbers(true));
    }
    if std::env::var_os("EMITTER_ENCRYPTS_SPOOL").is_some() {
        plugin = plugin.spool(Spool::new().encrypted());
    }
    if std::env::var_os("EMITTER_ASKS_FOR_CONSENT").is_some() {
        plugin = plugin.consent(Consent::Required);
    }
    // An app that has a collector of its own, and a token for it that changes with every export.
    if let Ok(endpoint) = std::env::var("EMITTER_ENDPOINT") {
        let tokens = AtomicUsize::new(0);
        plugin = plugin
            .endpoint(endpoint)
            .header("X-Tenant", "hush-tenant")
            .header("Authorization", "hush-token 0")
            .headers_with(move || {
                let number = tokens.fetch_add(1, Ordering::Relaxed) + 1;
                let token = format!("hush-token {number}");
                Ok(vec![("authorization".to_owned(), token)])
            });
    }
    plugin
}
