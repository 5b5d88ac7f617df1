//! Reads the items of one message: collects the valid ones, and counts the others by reason.

use opentelemetry_sdk::trace::SpanData;
use serde::Deserialize;

use super::{
    batch_context::BatchContext,
    measurement::Measurement,
    permission::Permitted,
    wire::{BatchAnswer, RawItems},
};
use crate::{
    config::Signal,
    pipeline::{
        LogEntry,
        health::{Health, Loss},
    },
};

/// No reasonable span is larger than this, even at all its limits.
pub(super) const MAX_ITEM_BYTES: usize = 64 * 1024;

/// An item of a batch, as it stands on the wire.
pub(super) trait PageItem<'a>: Deserialize<'a> {
    /// The item as the pipeline takes it.
    type Adopted;

    /// Attributes that were left out or shortened.
    fn cut_attributes(&self) -> u32;

    /// The item with the scope and the attributes of its `batch`. `None` if the item is not valid.
    fn adopt(self, batch: &BatchContext<'_>) -> Option<Self::Adopted>;
}

/// What one message of a page came to.
#[derive(Debug, Default)]
pub(crate) struct ReadBatch {
    pub(crate) spans: Taken<SpanData>,
    pub(super) logs: Taken<LogEntry>,
    pub(super) measurements: Taken<Measurement>,
}

/// The items of one signal that hold, and what became of the others.
#[derive(Debug)]
pub(crate) struct Taken<T> {
    pub(crate) items: Vec<T>,
    lost: Vec<(Loss, usize)>,
    pub(super) cut_attributes: u32,
}

impl<T> Default for Taken<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            lost: Vec::new(),
            cut_attributes: 0,
        }
    }
}

impl<T> Taken<T> {
    /// Reads the items of a list, of which `grant` says how many may come now.
    pub(super) fn read<'a, P: PageItem<'a, Adopted = T>>(
        sent: Option<RawItems<'a>>,
        batch: &BatchContext<'_>,
        grant: impl FnOnce(usize) -> usize,
    ) -> Self {
        let mut taken = Self::default();
        let sent = sent.unwrap_or_default();
        let granted = grant(sent.items.len());
        let mut too_large = sent.dropped as usize;
        let mut invalid = 0;
        for raw in &sent.items[..granted] {
            if raw.get().len() > MAX_ITEM_BYTES {
                too_large += 1;
                continue;
            }
            let adopted = serde_json::from_str::<P>(raw.get()).ok().and_then(|item| {
                let cut = item.cut_attributes();
                item.adopt(batch).map(|adopted| (adopted, cut))
            });
            match adopted {
                Some((adopted, cut)) => {
                    taken.cut_attributes += cut;
                    taken.items.push(adopted);
                }
                None => invalid += 1,
            }
        }
        taken.lose(Loss::PageTooLarge, too_large);
        taken.lose(Loss::PageRateLimited, sent.items.len() - granted);
        taken.lose(Loss::PageInvalid, invalid);
        taken
    }

    pub(super) fn lose(&mut self, loss: Loss, items: usize) {
        if items > 0 {
            self.lost.push((loss, items));
        }
    }

    /// Drops all items, because the page may not send them. Returns whether there were any.
    fn refuse(&mut self) -> bool {
        let refused = self.items.drain(..).count();
        self.lose(Loss::PageNotPermitted, refused);
        refused > 0
    }

    fn total_lost(&self) -> usize {
        self.lost.iter().map(|(_, items)| items).sum()
    }

    /// Counts what was lost.
    pub(super) fn account(&self, health: &Health) {
        for (loss, items) in &self.lost {
            health.lost(*loss, *items);
        }
        health.attributes_cut(self.cut_attributes);
    }
}

impl ReadBatch {
    /// A message of which nothing can be read. How many items it had is not known.
    pub(super) fn unreadable(loss: Loss) -> Self {
        let mut read = Self::default();
        read.spans.lose(loss, 1);
        read
    }

    /// Drops what is not permitted, and returns the signals it was of.
    pub(super) fn refuse(&mut self, permitted: Permitted) -> Vec<Signal> {
        let mut refused = Vec::new();
        if !permitted.logs && self.logs.refuse() {
            refused.push(Signal::Logs);
        }
        if !permitted.metrics && self.measurements.refuse() {
            refused.push(Signal::Metrics);
        }
        refused
    }

    pub(crate) fn answer(&self) -> BatchAnswer {
        let Self {
            spans,
            logs,
            measurements,
        } = self;
        let accepted = spans.items.len() + logs.items.len() + measurements.items.len();
        let dropped = spans.total_lost() + logs.total_lost() + measurements.total_lost();
        BatchAnswer {
            accepted: accepted as u32,
            dropped: dropped as u32,
        }
    }
}
