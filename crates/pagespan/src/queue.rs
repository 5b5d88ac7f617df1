//! Spans that have ended, log records and measurements, until the kernel takes them. That happens when the current task of the
//! browser ends, or earlier if the queue is full.

use std::cell::RefCell;

use crate::{json::Object, kernel::Kernel};

/// Items of one call of the kernel: as many as it puts into one batch.
const MAX_ITEMS: usize = 512;

/// Bytes of one call of the kernel. It parses them in one go, which takes about a millisecond.
const MAX_BYTES: usize = 256 * 1024;

thread_local! {
    static QUEUE: RefCell<Queue> = const { RefCell::new(Queue { text: String::new(), items: 0 }) };
}

/// The members of a JSON array of pairs: the signal and its item.
struct Queue {
    text: String,
    items: usize,
}

/// Which of the kernel's signals an item is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Signal {
    Spans,
    Logs,
    Metrics,
}

impl Signal {
    fn name(self) -> &'static str {
        match self {
            Self::Spans => "spans",
            Self::Logs => "logs",
            Self::Metrics => "metrics",
        }
    }
}

/// Queues one item. The first one asks the kernel to call [`drain`] soon, a full queue is drained at once.
pub(crate) fn push(kernel: &dyn Kernel, signal: Signal, item: impl FnOnce(&mut Object<'_>)) {
    let (is_first, is_full) = QUEUE.with_borrow_mut(|queue| {
        let is_first = queue.items == 0;
        queue.text.push_str(if is_first { "[[\"" } else { ",[\"" });
        queue.text.push_str(signal.name());
        queue.text.push_str("\",");
        Object::write(&mut queue.text, item);
        queue.text.push(']');
        queue.items += 1;
        let is_full = queue.items == MAX_ITEMS || queue.text.len() >= MAX_BYTES;
        (is_first, is_full)
    });
    if is_full {
        drain(kernel);
    } else if is_first {
        kernel.drain_soon();
    }
}

/// Hands over all that waits.
pub(crate) fn drain(kernel: &dyn Kernel) {
    // Taken out before the call, which may come back to this module.
    let mut text = QUEUE.with_borrow_mut(|queue| {
        queue.items = 0;
        std::mem::take(&mut queue.text)
    });
    if !text.is_empty() {
        text.push(']');
        kernel.emit(&text);
    }
}
