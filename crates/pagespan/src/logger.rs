//! Records of the `log` crate.

use log::{Level, LevelFilter, Log, Metadata, Record};

use crate::{field::text_of, recorder::Recorder};

/// Records are limited as events are.
const MAX_LEVEL: LevelFilter = LevelFilter::Info;

pub(crate) struct Logger {
    recorder: Recorder,
}

/// Makes the records of `log` those of a page. Does nothing if the app has a logger of its own, which then keeps them.
pub(crate) fn install(recorder: Recorder) {
    if log::set_logger(Box::leak(Box::new(Logger { recorder }))).is_ok() {
        log::set_max_level(MAX_LEVEL);
    }
}

impl Log for Logger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= MAX_LEVEL
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let level = match record.level() {
            Level::Error => tracing_core::Level::ERROR,
            Level::Warn => tracing_core::Level::WARN,
            Level::Info => tracing_core::Level::INFO,
            Level::Debug => tracing_core::Level::DEBUG,
            Level::Trace => tracing_core::Level::TRACE,
        };
        let text = text_of(record.args());
        self.recorder.log(level, record.target(), &text);
    }

    fn flush(&self) {}
}

#[cfg(test)]
impl Logger {
    pub(crate) fn new(recorder: Recorder) -> Self {
        Self { recorder }
    }
}
