//! Counts what became of every item, from the page or the recording call to the collector.

use std::sync::atomic::{AtomicU64, Ordering};

/// Where an item is lost. An item of a page that is lost on its way to the queue was never recorded, so the SDK metrics
/// of the semantic conventions do not count it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Page,
    Queue,
    Export,
}

/// Why an item does not arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loss {
    /// An item of a page cannot be read, or has a wrong id, time, name, number or scope. A message that cannot be read
    /// at all counts as one item.
    PageInvalid,
    /// An item of a page is larger than 64 KiB, or one of more than 4096 in a batch, or the batch is larger than 16 MiB.
    PageTooLarge,
    /// The page had sent too many items before.
    PageRateLimited,
    /// A log record or a measurement of a page, and the capability of the window does not allow the page to send such.
    PageNotPermitted,
    /// A measurement of a page is for one more instrument than its webview may make.
    PageCardinality,
    /// The page dropped the item, because it could not hand it over.
    PageDropped,
    /// The queue was full.
    QueueFull,
    /// It came after the end of the pipeline.
    Shutdown,
    /// The collector could not be reached, or was not able to take it just then. Or it goes to the console only, which was
    /// not read when the app ended.
    Unreachable,
    /// The collector refused the whole request, for good.
    Refused,
    /// The collector took the request without it (a partial success).
    Rejected,
    /// A request with this one item is larger than the limit, or the collector refused it for its size.
    TooLarge,
    /// It was kept on disk, and its bytes cannot be decoded any more.
    Undeliverable,
    /// The local file could not be written.
    File,
    /// It was kept on disk, and had to make room.
    Evicted,
    /// It was kept on disk for too long.
    Expired,
}

impl Loss {
    pub(crate) fn stage(self) -> Stage {
        match self {
            Self::PageInvalid
            | Self::PageTooLarge
            | Self::PageRateLimited
            | Self::PageNotPermitted
            | Self::PageCardinality
            | Self::PageDropped => Stage::Page,
            Self::QueueFull | Self::Shutdown => Stage::Queue,
            _ => Stage::Export,
        }
    }

    pub(crate) const ALL: [Self; 16] = [
        Self::PageInvalid,
        Self::PageTooLarge,
        Self::PageRateLimited,
        Self::PageNotPermitted,
        Self::PageCardinality,
        Self::PageDropped,
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
            Self::PageInvalid => "page_invalid",
            Self::PageTooLarge => "page_too_large",
            Self::PageRateLimited => "page_rate_limited",
            Self::PageNotPermitted => "page_not_permitted",
            Self::PageCardinality => "page_cardinality",
            Self::PageDropped => "page_dropped",
            Self::QueueFull => "queue_full",
            Self::Shutdown => "already_shutdown",
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

/// The counts of one signal: spans, log records or points of metrics. In the queue a collection of metrics counts as one item.
#[derive(Debug, Default)]
pub(crate) struct Health {
    processed: AtomicU64,
    exported: AtomicU64,
    lost: [AtomicU64; Loss::ALL.len()],
    corrupt_files: AtomicU64,
    cut_attributes: AtomicU64,
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

    /// Attributes of items of pages were left out, or their values shortened.
    pub(crate) fn attributes_cut(&self, attributes: u32) {
        self.cut_attributes
            .fetch_add(attributes.into(), Ordering::Relaxed);
    }

    pub(crate) fn total_cut_attributes(&self) -> u64 {
        self.cut_attributes.load(Ordering::Relaxed)
    }

    pub(crate) fn total_exported(&self) -> u64 {
        self.exported.load(Ordering::Relaxed)
    }

    pub(crate) fn total_lost(&self, loss: Loss) -> u64 {
        self.lost[loss as usize].load(Ordering::Relaxed)
    }

    /// The reasons for which items were lost, with how many were lost for each.
    pub(crate) fn losses(&self) -> impl Iterator<Item = (Loss, u64)> {
        let counted = Loss::ALL
            .into_iter()
            .map(|loss| (loss, self.total_lost(loss)));
        counted.filter(|(_, lost)| *lost > 0)
    }
}
