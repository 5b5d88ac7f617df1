//! What became of everything that was recorded, counted.

use std::sync::atomic::{AtomicU64, Ordering};

/// Why something that was recorded does not arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loss {
    /// The queue was full.
    QueueFull,
    /// It came after the end of the pipeline.
    Shutdown,
    /// The collector could not be reached, or was not able to take it just then.
    Unreachable,
    /// The collector refused the whole request, for good.
    Refused,
    /// The collector took the request without it (a partial success).
    Rejected,
    /// It is alone in its request, which is larger than the limit or than the collector takes.
    TooLarge,
    /// The collector failed at this request again and again, while it took others.
    Undeliverable,
    /// The local file could not be written.
    File,
    /// It was kept on disk, and had to make room.
    Evicted,
    /// It was kept on disk for too long.
    Expired,
}

impl Loss {
    /// Whether the item was lost before it left the queue.
    pub(crate) fn is_of_queue(self) -> bool {
        matches!(self, Self::QueueFull | Self::Shutdown)
    }

    pub(crate) const ALL: [Self; 10] = [
        Self::QueueFull,
        Self::Shutdown,
        Self::Unreachable,
        Self::Refused,
        Self::Rejected,
        Self::TooLarge,
        Self::Undeliverable,
        Self::File,
        Self::Evicted,
        Self::Expired,
    ];

    /// As it is spelled in metrics and in the status.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::QueueFull => "queue_full",
            Self::Shutdown => "shutdown",
            Self::Unreachable => "unreachable",
            Self::Refused => "refused",
            Self::Rejected => "rejected",
            Self::TooLarge => "too_large",
            Self::Undeliverable => "undeliverable",
            Self::File => "file",
            Self::Evicted => "evicted",
            Self::Expired => "expired",
        }
    }
}

/// The counts of one signal: spans, log records or points of metrics.
#[derive(Debug, Default)]
pub(crate) struct Health {
    processed: AtomicU64,
    exported: AtomicU64,
    lost: [AtomicU64; Loss::ALL.len()],
    corrupt_files: AtomicU64,
}

impl Health {
    /// Items have left the queue and are on their way to where they go.
    pub(crate) fn processed(&self, items: usize) {
        self.processed.fetch_add(items as u64, Ordering::Relaxed);
    }

    pub(crate) fn total_processed(&self) -> u64 {
        self.processed.load(Ordering::Relaxed)
    }

    pub(crate) fn exported(&self, items: usize) {
        self.exported.fetch_add(items as u64, Ordering::Relaxed);
    }

    pub(crate) fn lost(&self, loss: Loss, items: usize) {
        self.lost[loss as usize].fetch_add(items as u64, Ordering::Relaxed);
    }

    /// A file of the spool could not be read, or not to its end.
    pub(crate) fn corrupt_file(&self) {
        self.corrupt_files.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn total_corrupt_files(&self) -> u64 {
        self.corrupt_files.load(Ordering::Relaxed)
    }

    pub(crate) fn total_exported(&self) -> u64 {
        self.exported.load(Ordering::Relaxed)
    }

    pub(crate) fn total_lost(&self, loss: Loss) -> u64 {
        self.lost[loss as usize].load(Ordering::Relaxed)
    }
}
