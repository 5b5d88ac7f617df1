//! What is kept for each operation and slot of time, so that percentiles of millions of spans are a sum of small rows.

use super::sketch::{Sketch, read_varint, write_varint};

/// The length of a slot: short enough for a curve of the first minutes of a run, long enough that an hour of a busy app is
/// some ten thousand rows.
pub(crate) const SLOT_NANOS: i64 = 10_000_000_000;

/// The spans of one operation that started in one slot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Rollup {
    pub(crate) calls: u64,
    pub(crate) errors: u64,
    pub(crate) max: u64,
    /// The number of the trace of the slowest.
    pub(crate) slowest_trace: u64,
    pub(crate) slowest_span: u64,
    /// Bytes of the requests, as far as they are known.
    pub(crate) request_bytes: Option<u64>,
    pub(crate) response_bytes: Option<u64>,
    pub(crate) durations: Sketch,
}

/// One span, as far as a roll-up is concerned.
pub(crate) struct Call {
    pub(crate) duration: u64,
    pub(crate) is_error: bool,
    pub(crate) trace: i64,
    pub(crate) span: i64,
    pub(crate) request_bytes: Option<u64>,
    pub(crate) response_bytes: Option<u64>,
}

impl Rollup {
    pub(crate) fn add(&mut self, call: &Call) {
        self.calls += 1;
        self.errors += u64::from(call.is_error);
        if self.calls == 1 || call.duration > self.max {
            self.max = call.duration;
            self.slowest_trace = call.trace as u64;
            self.slowest_span = call.span as u64;
        }
        add_known(&mut self.request_bytes, call.request_bytes);
        add_known(&mut self.response_bytes, call.response_bytes);
        self.durations.add(call.duration);
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        if self.calls == 0 || other.max > self.max {
            self.max = other.max;
            self.slowest_trace = other.slowest_trace;
            self.slowest_span = other.slowest_span;
        }
        self.calls += other.calls;
        self.errors += other.errors;
        add_known(&mut self.request_bytes, other.request_bytes);
        add_known(&mut self.response_bytes, other.response_bytes);
        self.durations.merge(&other.durations);
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(64);
        for number in [
            self.calls,
            self.errors,
            self.max,
            self.slowest_trace,
            self.slowest_span,
            plus_one(self.request_bytes),
            plus_one(self.response_bytes),
        ] {
            write_varint(&mut bytes, number);
        }
        self.durations.encode(&mut bytes);
        bytes
    }

    pub(crate) fn decode(mut bytes: &[u8]) -> Self {
        let mut next = || read_varint(&mut bytes).unwrap_or_default();
        let mut rollup = Self {
            calls: next(),
            errors: next(),
            max: next(),
            slowest_trace: next(),
            slowest_span: next(),
            request_bytes: next().checked_sub(1),
            response_bytes: next().checked_sub(1),
            durations: Sketch::default(),
        };
        rollup.durations.merge_encoded(bytes);
        rollup
    }
}

fn add_known(sum: &mut Option<u64>, bytes: Option<u64>) {
    if let Some(bytes) = bytes {
        *sum = Some(sum.unwrap_or_default().saturating_add(bytes));
    }
}

/// In a file zero means unknown.
fn plus_one(bytes: Option<u64>) -> u64 {
    bytes.map_or(0, |bytes| bytes.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(duration: u64, trace: i64, bytes: Option<u64>) -> Call {
        Call {
            duration,
            is_error: trace == 2,
            trace,
            span: -trace,
            request_bytes: bytes,
            response_bytes: None,
        }
    }

    #[test]
    fn merging_is_adding() {
        let calls = [call(5, 1, Some(10)), call(9, 2, None), call(3, 3, Some(0))];
        let mut all = Rollup::default();
        calls.iter().for_each(|call| all.add(call));
        let mut merged = Rollup::default();
        for call in &calls {
            let mut one = Rollup::default();
            one.add(call);
            merged.merge(&Rollup::decode(&one.encode()));
        }
        assert_eq!(merged, all);
        assert_eq!(
            (all.calls, all.errors, all.max, all.slowest_trace),
            (3, 1, 9, 2)
        );
        assert_eq!(all.slowest_span as i64, -2);
        assert_eq!((all.request_bytes, all.response_bytes), (Some(10), None));
    }
}
