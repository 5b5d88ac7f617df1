//! What the queue uses of the plugin's `config.rs`.

use std::time::Duration;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Batch {
    pub(crate) max_queue_size: usize,
    pub(crate) max_export_batch_size: usize,
    pub(crate) scheduled_delay: Duration,
}
