//! What the messenger measures, by the naming rules of OpenTelemetry. Prometheus shows them as `messages_sent_total`,
//! `messages_received_total`, `message_send_duration_seconds`, `sync_cycles_total` and `ws_connection_status`.

use opentelemetry::{
    KeyValue,
    metrics::{Counter, Gauge, Histogram, Meter},
};

/// The instruments of a desktop.
pub struct Instruments {
    /// Messages that were handed to a transport.
    pub sent: Counter<u64>,
    /// Messages that arrived by a transport.
    pub received: Counter<u64>,
    /// How long it took to hand a message to a transport, in seconds.
    pub send_duration: Histogram<f64>,
    /// Turns of the background sync.
    pub sync_cycles: Counter<u64>,
    /// 1 while the WebSocket is connected, else 0.
    pub connection: Gauge<u64>,
}

impl Instruments {
    /// Those of a meter; one that is off records nothing.
    pub fn new(meter: &Meter) -> Self {
        Self {
            sent: meter
                .u64_counter("messages.sent")
                .with_unit("{message}")
                .build(),
            received: meter
                .u64_counter("messages.received")
                .with_unit("{message}")
                .build(),
            send_duration: meter
                .f64_histogram("message.send.duration")
                .with_unit("s")
                .build(),
            sync_cycles: meter
                .u64_counter("sync.cycles")
                .with_unit("{cycle}")
                .build(),
            connection: meter
                .u64_gauge("ws.connection.status")
                .with_unit("{connection}")
                .build(),
        }
    }
}

/// The attribute that tells transports apart.
pub fn transport(name: &'static str) -> [KeyValue; 1] {
    [KeyValue::new("transport", name)]
}
