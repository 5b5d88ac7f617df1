//! Mistakes in the configuration: each is one line on standard error, which names the setting, and the app goes on.

use anyhow::Result;
use otel_harness::{Certificates, Collector, Emitter, Options, Source};

use super::common::outage::{env, exit};

#[tokio::test]
async fn an_expired_or_unknown_certificate_is_named_once() -> Result<()> {
    let expired = Certificates::expired()?;
    let valid = Certificates::valid()?;
    for (certificates, trusted, words) in [
        (&expired, true, "expired"),
        (&valid, false, "OTEL_EXPORTER_OTLP_CERTIFICATE"),
    ] {
        let collector = Collector::with(Options {
            tls: Some(certificates),
            ..Options::default()
        })
        .await?;
        let mut env = env(collector.endpoint());
        let ca = certificates.ca().display().to_string();
        if trusted {
            env.push(("OTEL_EXPORTER_OTLP_CERTIFICATE", &ca));
        }
        let mut emitter = Emitter::start(&env)?;
        for _ in 0..5 {
            emitter.tell("spans 1").await?;
            emitter.tell("flush").await?;
        }
        let errors = emitter.errors();
        assert_eq!(errors.lines().count(), 1, "{errors}");
        assert!(
            errors.to_lowercase().contains(&words.to_lowercase()),
            "{words} in {errors}"
        );
        assert!(errors.contains("(OTEL_EXPORTER_OTLP_ENDPOINT)"), "{errors}");
        assert_eq!(collector.spans().len(), 0);
        exit(emitter, &format!("TLS: {words}")).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_wrong_endpoint_is_one_line_that_names_cause_and_variable() -> Result<()> {
    for (endpoint, words) in [
        ("http://does-not-exist.invalid:4318", "lookup"),
        ("http://127.0.0.1", "4318 for HTTP"),
        ("http://user:secret@127.0.0.1:9", "refused"),
    ] {
        // All signals: they share the collector, and so the line.
        let mut emitter = Emitter::start(&[("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)])?;
        for _ in 0..5 {
            emitter.tell("spans 1").await?;
            emitter.tell("flush").await?;
        }
        let errors = emitter.errors();
        assert_eq!(errors.lines().count(), 1, "{errors}");
        assert!(errors.contains(words), "{words} in {errors}");
        assert!(errors.contains("(OTEL_EXPORTER_OTLP_ENDPOINT)"), "{errors}");
        assert!(!errors.contains("secret"), "{errors}");
        exit(emitter, endpoint).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_certificate_that_cannot_be_read_is_named_and_the_app_goes_on() -> Result<()> {
    let mut env = env("https://127.0.0.1:1");
    env.push(("OTEL_EXPORTER_OTLP_CERTIFICATE", "no/such.pem"));
    let mut emitter = Emitter::start(&env)?;
    emitter.tell("spans 1").await?;
    let errors = emitter.errors();
    assert_eq!(errors.lines().count(), 1, "{errors}");
    assert!(
        errors.contains("OTEL_EXPORTER_OTLP_CERTIFICATE names no/such.pem"),
        "{errors}"
    );
    exit(emitter, "a missing certificate").await?;
    Ok(())
}
