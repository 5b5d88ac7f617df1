//! What is dropped on the way from the pages to the queues, counted by its reason.
//!
//! Apart from the losses of the pipeline: nothing that is counted here has ever been one of its items.

use std::sync::atomic::{AtomicU64, Ordering};

/// Why an item of a page does not reach its queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PageLoss {
    /// It cannot be read, or has a wrong id, time, name, number or scope. A message that cannot be read at all counts
    /// as one item.
    Invalid,
    /// It is larger than 64 KiB, or one of more than 4096 in a batch, or the batch is larger than 16 MiB.
    TooLarge,
    /// The page had sent too many before.
    RateLimited,
    /// It is a log record or a measurement, and the capability of the window does not allow its page to send such.
    NotPermitted,
    /// It is a measurement for one more instrument than the webview may make.
    Cardinality,
    /// The page dropped it, because it could not hand it over.
    DroppedByPage,
}

impl PageLoss {
    pub(crate) const ALL: [Self; 6] = [
        Self::Invalid,
        Self::TooLarge,
        Self::RateLimited,
        Self::NotPermitted,
        Self::Cardinality,
        Self::DroppedByPage,
    ];

    /// As it is spelled in the status.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Invalid => "page_invalid",
            Self::TooLarge => "page_too_large",
            Self::RateLimited => "page_rate_limited",
            Self::NotPermitted => "page_not_permitted",
            Self::Cardinality => "page_cardinality",
            Self::DroppedByPage => "page_dropped",
        }
    }
}

/// The losses of one signal.
#[derive(Debug, Default)]
pub(crate) struct PageHealth {
    lost: [AtomicU64; PageLoss::ALL.len()],
    cut_attributes: AtomicU64,
}

impl PageHealth {
    pub(super) fn lost(&self, loss: PageLoss, items: usize) {
        self.lost[loss as usize].fetch_add(items as u64, Ordering::Relaxed);
    }

    /// Attributes of items that were taken over were left out, or their values shortened.
    pub(super) fn attributes_cut(&self, attributes: u32) {
        self.cut_attributes
            .fetch_add(attributes.into(), Ordering::Relaxed);
    }

    pub(crate) fn total_lost(&self, loss: PageLoss) -> u64 {
        self.lost[loss as usize].load(Ordering::Relaxed)
    }

    pub(crate) fn total_cut_attributes(&self) -> u64 {
        self.cut_attributes.load(Ordering::Relaxed)
    }
}
