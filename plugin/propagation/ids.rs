//! The ids of a trace as text: lower-case hexadecimal digits, and not all of them zeros.

use opentelemetry::{SpanId, TraceId};

/// The id of a trace, from 32 digits.
pub(crate) fn trace_id(hex: &str) -> Option<TraceId> {
    Some(TraceId::from_bytes(lower_hex(hex)?)).filter(|id| *id != TraceId::INVALID)
}

/// The id of a span, from 16 digits.
pub(crate) fn span_id(hex: &str) -> Option<SpanId> {
    Some(SpanId::from_bytes(lower_hex(hex)?)).filter(|id| *id != SpanId::INVALID)
}

/// Bytes, from twice as many digits. The SDK's parsers take shorter, longer and upper-case ids as well; W3C Trace
/// Context does not.
fn lower_hex<const BYTES: usize>(text: &str) -> Option<[u8; BYTES]> {
    let (pairs, rest) = text.as_bytes().as_chunks();
    if pairs.len() != BYTES || !rest.is_empty() {
        return None;
    }
    let mut bytes = [0; BYTES];
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}

fn digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'a'..=b'f' => Some(character - b'a' + 10),
        _ => None,
    }
}
