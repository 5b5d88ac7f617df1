//! The exporter in the health metrics, as the semantic conventions describe a component of an SDK
//! (<https://opentelemetry.io/docs/specs/semconv/registry/attributes/otel/>).

use opentelemetry::KeyValue;
use opentelemetry_semantic_conventions::attribute::{SERVER_ADDRESS, SERVER_PORT};

use crate::{
    config::{Otlp, Protocol, Signal},
    names,
};

/// The type and the name of the exporter, and the collector that it sends to.
pub(super) fn attributes(signal: Signal, otlp: &Otlp) -> Vec<KeyValue> {
    let transport = match otlp.protocol {
        Protocol::HttpProtobuf => "http",
        Protocol::HttpJson => "http_json",
        #[cfg(feature = "grpc")]
        Protocol::Grpc => "grpc",
    };
    let item = match signal {
        Signal::Traces => "span",
        Signal::Metrics => "metric",
        Signal::Logs => "log",
    };
    let mut attributes = names::component(&format!("otlp_{transport}_{item}_exporter")).to_vec();
    let address = otlp.endpoint.host_str().map(str::to_owned);
    attributes.extend(address.map(|address| KeyValue::new(SERVER_ADDRESS, address)));
    let port = otlp.endpoint.port_or_known_default();
    attributes.extend(port.map(|port| KeyValue::new(SERVER_PORT, i64::from(port))));
    attributes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::sending::client;

    #[test]
    fn the_exporter_is_named_as_the_conventions_name_it_and_tells_no_password() {
        let mut otlp = client::otlp("http://user:secret@collector:4318/v1/logs");
        otlp.protocol = Protocol::HttpJson;
        let attributes = attributes(Signal::Logs, &otlp);
        let pairs = attributes
            .iter()
            .map(|pair| (pair.key.as_str(), pair.value.to_string()));
        let expected = [
            ("otel.component.type", "otlp_http_json_log_exporter"),
            ("otel.component.name", "otlp_http_json_log_exporter/0"),
            ("server.address", "collector"),
            ("server.port", "4318"),
        ];
        let expected = expected.map(|(key, value)| (key, value.to_owned()));
        assert_eq!(pairs.collect::<Vec<_>>(), expected);
    }
}
