//! Where and how one signal is sent over OTLP
//! (<https://opentelemetry.io/docs/specs/otel/protocol/exporter/>).

use std::time::Duration;

use tauri::Url;

use super::{
    Config, Exports, Signal, Warning,
    options::{Consent, Exporter},
    otlp_options::OtlpOptions,
    over::Over,
    proxy::Proxy,
    reads_environment,
    settings::Settings,
    transport::{Otlp, Protocol},
};

/// The specification's default for `OTEL_EXPORTER_OTLP_TIMEOUT`.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// The specification's default for `OTEL_BSP_EXPORT_TIMEOUT` and the like.
const DEFAULT_EXPORT_TIMEOUT: Duration = Duration::from_secs(30);

/// What counts as no limit for an export: longer than any, and still a duration that every client can add to the time.
const UNLIMITED: Duration = Duration::from_secs(60 * 60);

/// Who chose a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NamedBy {
    Environment,
    App,
}

/// The URL for one signal.
struct Endpoint {
    url: Url,
    /// The setting that it comes from.
    source: String,
}

/// What the environment says, and what the app says in code and in `tauri.conf.json`.
pub(super) struct Sources<'a> {
    pub(super) environment: &'a Settings,
    pub(super) app: &'a Settings,
    pub(super) warnings: &'a mut Vec<Warning>,
}

impl Sources<'_> {
    /// Where a signal goes: `otlp` unless something else is said, and that only to an endpoint that was
    /// given, for without one telemetry is off. Whoever names `otlp` gets the standard's default.
    pub(super) fn exports(&mut self, signal: Signal) -> Exports {
        let by_environment = self.environment.exporters_of(signal);
        let by_app = self.app.exporters_of(signal);
        let named_by = if by_environment.is_some() {
            NamedBy::Environment
        } else {
            NamedBy::App
        };
        let named = by_environment.or(by_app);
        let has = |exporter| named.is_some_and(|exporters| exporters.contains(&exporter));
        let otlp_named_by = has(Exporter::Otlp).then_some(named_by);
        Exports {
            otlp: (named.is_none() || otlp_named_by.is_some())
                .then(|| self.otlp(signal, otlp_named_by))
                .flatten(),
            file: has(Exporter::File),
            console: has(Exporter::Console),
            viewer: false,
        }
    }

    /// `exporter_named_by` says who names the exporter `otlp`. If nobody does, the default endpoint does not count.
    fn otlp(&mut self, signal: Signal, exporter_named_by: Option<NamedBy>) -> Option<Otlp> {
        let environment = self.environment.otlp_of(signal);
        let mut app = self.app.otlp_of(signal);
        let protocol = environment.protocol.or(app.protocol).unwrap_or_default();
        let insecure = environment.insecure.or(app.insecure).unwrap_or(false);
        let by_environment = self.endpoint(&environment, signal, protocol, insecure);
        let by_app = self.endpoint(&app, signal, protocol, insecure);
        let origin_of_app = by_app.as_ref().map(|endpoint| endpoint.url.origin());
        let by_default = exporter_named_by.map(|named_by| {
            let endpoint = Endpoint {
                url: signal_url(protocol.default_endpoint(), protocol, signal),
                source: format!("OTEL_{}_EXPORTER", signal.variable()),
            };
            (endpoint, named_by)
        });
        let (endpoint, named_by) = by_environment
            .map(|endpoint| (endpoint, NamedBy::Environment))
            .or_else(|| Some((by_app?, NamedBy::App)))
            .or(by_default)?;
        // The app's credentials were given for its own collector. A collector that the environment names must not get them.
        let is_of_app = named_by == NamedBy::App || origin_of_app == Some(endpoint.url.origin());
        if !is_of_app && app.have_credentials() {
            app = app.without_credentials();
            let warning = Warning::plain(format!(
                "the headers and client certificate of the builder and tauri.conf.json are not sent to \
                 {}: they were given for another origin. OTEL_EXPORTER_OTLP_HEADERS sets headers \
                 for it",
                endpoint.source
            ));
            self.warn(warning);
        }
        let options = environment.over(app);
        let export_timeout = self
            .environment
            .export_timeout_of(signal)
            .or(self.app.export_timeout_of(signal))
            .unwrap_or(DEFAULT_EXPORT_TIMEOUT);
        let timeout = options.timeout.map_or(DEFAULT_TIMEOUT, |timeout| timeout.0);
        let proxy = [self.environment, self.app]
            .into_iter()
            .filter(|_| protocol.is_http())
            .find_map(|source| self.noted(source.proxies.of(&endpoint.url)?));
        Some(Otlp {
            proxy: proxy.map(|url| Proxy {
                url,
                exceptions: self.environment.proxies.exempt_hosts(),
            }),
            endpoint: endpoint.url,
            endpoint_source: endpoint.source,
            protocol,
            headers: options.headers,
            header_source: options.header_source,
            compression: options.compression.unwrap_or_default(),
            // The shorter of the request's and the batch's, because an export is one request.
            timeout: or_unlimited(timeout).min(or_unlimited(export_timeout)),
            certificate: options.certificate,
            client_certificate: options.client_certificate,
            client_key: options.client_key,
            ignores_certificate_variables: !reads_environment(self.app, cfg!(debug_assertions)),
        })
    }

    /// The endpoint that a source names for a signal.
    fn endpoint(
        &mut self,
        options: &OtlpOptions,
        signal: Signal,
        protocol: Protocol,
        insecure: bool,
    ) -> Option<Endpoint> {
        let endpoint = options.endpoint.as_ref()?;
        let url = self.noted(endpoint.url(protocol, insecure))?;
        Some(Endpoint {
            url: if endpoint.is_base {
                signal_url(url, protocol, signal)
            } else {
                url
            },
            source: endpoint.source.clone(),
        })
    }

    /// Keeps what is wrong with a value for the developer.
    fn noted<T>(&mut self, value: Result<T, Warning>) -> Option<T> {
        value.map_err(|warning| self.warn(warning)).ok()
    }

    /// Says it once, because general settings are read for every signal.
    fn warn(&mut self, warning: Warning) {
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }
}

impl Config {
    /// The general endpoint of child processes that have none: the collector, if all signals go there over HTTP. `None` if it
    /// takes credentials: the environment of a process can be read by others, and is inherited by its children. `None` also if
    /// consent is required, of which a child knows nothing.
    pub(crate) fn endpoint_of_children(&self) -> Option<Url> {
        let traces = self.traces.otlp.as_ref()?;
        if self.consent == Consent::Required {
            return None;
        }
        let mut base = traces.endpoint.clone();
        let path = base.path().strip_suffix("/v1/traces")?.to_owned();
        base.set_path(&path);
        let exports = [&self.traces, &self.metrics, &self.logs];
        let mut signals = Signal::ALL.into_iter().zip(exports);
        let is_open_to_all = signals.all(|(signal, exports)| {
            exports.otlp.as_ref().is_some_and(|otlp| {
                otlp.endpoint == signal_url(base.clone(), otlp.protocol, signal)
                    && !otlp.has_credentials()
            })
        });
        is_open_to_all.then_some(base)
    }
}

/// A time-out of zero is none, as the specification asks. A longer one than [`UNLIMITED`] is cut, because the header of gRPC holds no more.
fn or_unlimited(timeout: Duration) -> Duration {
    if timeout.is_zero() {
        UNLIMITED
    } else {
        timeout.min(UNLIMITED)
    }
}

/// The address of a signal below a general endpoint.
fn signal_url(mut url: Url, protocol: Protocol, signal: Signal) -> Url {
    if protocol.is_http() {
        let base = url.path().trim_end_matches('/');
        let path = format!("{base}/v1/{}", signal.name());
        url.set_path(&path);
    }
    url
}
