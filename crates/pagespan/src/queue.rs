//! Spans that have ended, log records and measurements, until the kernel takes them.
//!
//! The kernel parses them, which takes about as long as making them. So when a task of the browser has filled several batches, one
//! is handed over when the task ends, and each of the others in a task of its own.

use std::{cell::RefCell, mem};

use crate::{
    json::Object,
    kernel::{Kernel, When},
};

/// Items of one hand-over: as many as the kernel puts into one batch.
const MAX_ITEMS: usize = 512;

/// Bytes of one signal. The kernel parses them in one go, which takes about a millisecond.
const MAX_BYTES: usize = 256 * 1024;

/// Batches that wait: 10 240 items. A task that makes more hands over the oldest batch at once.
const MAX_BATCHES: usize = 20;

thread_local! {
    static QUEUE: RefCell<Queue> = const { RefCell::new(Queue { batches: Vec::new(), spare: Batch::EMPTY }) };
}

struct Queue {
    /// The oldest first, and the one that is being filled last.
    batches: Vec<Batch>,
    /// An empty one, whose memory serves again.
    spare: Batch,
}

/// The items that the kernel gets in one hand-over: at most [`MAX_ITEMS`].
struct Batch {
    /// A JSON array for each signal, without its last bracket.
    texts: [String; 3],
    items: usize,
}

impl Batch {
    const EMPTY: Self = Self {
        texts: [const { String::new() }; 3],
        items: 0,
    };

    fn is_full(&self) -> bool {
        self.items == MAX_ITEMS || self.texts.iter().any(|text| text.len() >= MAX_BYTES)
    }
}

/// Which of the kernel's signals an item is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Signal {
    Spans,
    Logs,
    Metrics,
}

impl Signal {
    pub(crate) const ALL: [Self; 3] = [Self::Spans, Self::Logs, Self::Metrics];

    /// What the kernel calls it.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        allow(dead_code, reason = "only a page has a kernel")
    )]
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Spans => "spans",
            Self::Logs => "logs",
            Self::Metrics => "metrics",
        }
    }
}

/// Queues one item.
pub(crate) fn push(kernel: &dyn Kernel, signal: Signal, item: &mut dyn FnMut(&mut Object<'_>)) {
    let (is_first, has_too_many) = QUEUE.with_borrow_mut(|Queue { batches, spare }| {
        let is_first = batches.is_empty();
        if batches.last().is_none_or(Batch::is_full) {
            batches.push(mem::replace(spare, Batch::EMPTY));
        }
        if let Some(batch) = batches.last_mut() {
            batch.items += 1;
            let text = &mut batch.texts[signal as usize];
            text.push(if text.is_empty() { '[' } else { ',' });
            Object::write(text, |object| {
                if let Some(scope) = kernel.scope() {
                    object.integer("scope", scope.into());
                }
                item(object);
            });
        }
        (is_first, batches.len() > MAX_BATCHES)
    });
    if is_first {
        kernel.schedule_drain(When::EndOfTask);
    }
    if has_too_many {
        hand_over(kernel);
    }
}

/// Hands over one batch, and asks to be called again if there are more.
#[cfg_attr(
    not(target_arch = "wasm32"),
    allow(dead_code, reason = "only a page calls it")
)]
pub(crate) fn drain_next(kernel: &dyn Kernel) {
    if hand_over(kernel) {
        kernel.schedule_drain(When::NextTask);
    }
}

/// Hands over all that waits.
pub(crate) fn drain(kernel: &dyn Kernel) {
    while hand_over(kernel) {}
}

/// Hands over the oldest batch, and says whether there are more.
#[inline(never)] // It has three callers, and the WebAssembly should have it once.
fn hand_over(kernel: &dyn Kernel) -> bool {
    // Taken out before the calls, which may come back to this module.
    let oldest = QUEUE
        .with_borrow_mut(|Queue { batches, .. }| (!batches.is_empty()).then(|| batches.remove(0)));
    if let Some(mut batch) = oldest {
        for signal in Signal::ALL {
            let text = &mut batch.texts[signal as usize];
            if !text.is_empty() {
                text.push(']');
                kernel.emit(signal, text);
                text.clear();
            }
        }
        batch.items = 0;
        QUEUE.with_borrow_mut(|queue| queue.spare = batch);
    }
    QUEUE.with_borrow(|queue| !queue.batches.is_empty())
}
