//! The spans that are open, by their ids of `tracing`. Here and not in the extensions of the registry, which cannot be
//! asked for all of them when the page is left.

use std::cell::RefCell;

use rustc_hash::FxHashMap;
use tracing::span::Id;

use crate::{
    context::Context,
    kernel::Kernel,
    queue::{self, Signal},
    span::{End, Recording},
};

thread_local! {
    static OPEN: RefCell<FxHashMap<u64, OpenSpan>> = RefCell::default();
}

/// A span that is open.
#[derive(Debug)]
pub(crate) struct OpenSpan {
    pub(crate) context: Context,
    /// `None` for a span that sampling left out, or that is sent already.
    pub(crate) recording: Option<Recording>,
}

pub(crate) fn insert(id: &Id, span: OpenSpan) {
    OPEN.with_borrow_mut(|open| open.insert(id.into_u64(), span));
}

pub(crate) fn context(id: &Id) -> Option<Context> {
    OPEN.with_borrow(|open| open.get(&id.into_u64()).map(|span| span.context))
}

/// Calls `change` with the record of a span. Does nothing for a span that is not recorded.
pub(crate) fn with_recording(id: &Id, change: impl FnOnce(&mut Recording)) {
    let swap = |recording: Option<Recording>| {
        OPEN.with_borrow_mut(|open| {
            let span = open.get_mut(&id.into_u64())?;
            std::mem::replace(&mut span.recording, recording)
        })
    };
    // Taken out meanwhile: `change` calls the app's `Debug`, which may make spans and events itself.
    if let Some(mut recording) = swap(None) {
        change(&mut recording);
        swap(Some(recording));
    }
}

pub(crate) fn close(id: &Id, kernel: &dyn Kernel) {
    let span = OPEN.with_borrow_mut(|open| open.remove(&id.into_u64()));
    if let Some(span) = span
        && let Some(recording) = span.recording
    {
        send(&recording, span.context, End::Closed, kernel);
    }
}

/// Sends the spans that are open as they are, when the page is left. They stay, as the parents of what the page may still do.
#[cfg_attr(
    not(target_arch = "wasm32"),
    allow(dead_code, reason = "only a page can be left")
)]
pub(crate) fn end_all(kernel: &dyn Kernel) {
    // Taken out before the calls of the kernel.
    let unfinished: Vec<_> = OPEN.with_borrow_mut(|open| {
        let take = |span: &mut OpenSpan| Some((span.recording.take()?, span.context));
        open.values_mut().filter_map(take).collect()
    });
    for (recording, context) in unfinished {
        send(&recording, context, End::Unfinished, kernel);
    }
    queue::drain(kernel);
}

fn send(recording: &Recording, context: Context, end: End, kernel: &dyn Kernel) {
    let time = kernel.now();
    queue::push(kernel, Signal::Spans, |item| {
        recording.write(context, time, end, item);
    });
}
