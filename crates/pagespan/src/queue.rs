//! Spans that have ended, log records and measurements, until the kernel takes them. That happens when the current task of the
//! browser ends, or earlier if the queue is full.

use std::{cell::RefCell, mem};

use crate::{json::Object, kernel::Kernel};

/// Items of one call of the kernel: as many as it puts into one batch.
const MAX_ITEMS: usize = 512;

/// Bytes of one signal. The kernel parses them in one go, which takes about a millisecond.
const MAX_BYTES: usize = 256 * 1024;

thread_local! {
    static QUEUE: RefCell<Queue> = const { RefCell::new(Queue { texts: [const { String::new() }; 3], items: 0 }) };
}

struct Queue {
    /// A JSON array for each signal, without its last bracket.
    texts: [String; 3],
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

/// Queues one item. The first one asks the kernel to call [`drain`] soon, a full queue is drained at once.
pub(crate) fn push(kernel: &dyn Kernel, signal: Signal, item: &mut dyn FnMut(&mut Object<'_>)) {
    let (is_first, is_full) = QUEUE.with_borrow_mut(|queue| {
        let text = &mut queue.texts[signal as usize];
        text.push(if text.is_empty() { '[' } else { ',' });
        Object::write(text, |object| {
            if let Some(scope) = kernel.scope() {
                object.integer("scope", scope.into());
            }
            item(object);
        });
        let is_first = queue.items == 0;
        queue.items += 1;
        let is_full = queue.items == MAX_ITEMS || text.len() >= MAX_BYTES;
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
    // Taken out before the calls, which may come back to this module.
    let mut texts = QUEUE.with_borrow_mut(|queue| {
        queue.items = 0;
        mem::take(&mut queue.texts)
    });
    for signal in Signal::ALL {
        let text = &mut texts[signal as usize];
        if !text.is_empty() {
            text.push(']');
            kernel.emit(signal, text);
            text.clear();
        }
    }
    QUEUE.with_borrow_mut(|queue| {
        if queue.items == 0 {
            // Their memory serves again.
            queue.texts = texts;
        }
    });
}
