//! The spans that are open, by their ids of `tracing`. Here and not in the extensions of a registry, which cannot be
//! asked for all of them when the page is left.

use std::{
    cell::RefCell,
    sync::atomic::{AtomicU64, Ordering},
};

use tracing_core::{Metadata, span::Id};

use crate::{context::Context, span::Recording};

thread_local! {
    static OPEN: RefCell<OpenSpans> = const { RefCell::new(OpenSpans(Vec::new())) };
}

/// Sorted by id, so that a span is found by binary search. A page has few open spans at once, and the newest ends first, so a map would
/// be no faster, and its code is larger.
struct OpenSpans(Vec<(u64, OpenSpan)>);

impl OpenSpans {
    /// Where a span is, or else where it would be.
    fn find(&self, id: &Id) -> Result<usize, usize> {
        let id = id.into_u64();
        self.0.binary_search_by_key(&id, |(id, _)| *id)
    }

    fn get(&self, id: &Id) -> Option<&OpenSpan> {
        let index = self.find(id).ok()?;
        Some(&self.0[index].1)
    }
}

/// A span that is open.
#[derive(Debug)]
pub(crate) struct OpenSpan {
    metadata: &'static Metadata<'static>,
    pub(crate) context: Context,
    /// `None` for a span that sampling left out, or that is sent already.
    /// A box, because it is moved in and out.
    pub(crate) recording: Option<Box<Recording>>,
    /// The span that this one holds open. `None` where a registry does so.
    pub(crate) parent: Option<Id>,
    handles: usize,
}

impl OpenSpan {
    pub(crate) fn new(
        metadata: &'static Metadata<'static>,
        context: Context,
        recording: Option<Box<Recording>>,
    ) -> Self {
        Self {
            metadata,
            context,
            recording,
            parent: None,
            handles: 1,
        }
    }
}

/// An id for a span that no registry gives one. No other span of the process has it, so a span that comes from another thread
/// is unknown here, and not taken for one of this thread.
pub(crate) fn next_id() -> Id {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    Id::from_u64(NEXT.fetch_add(1, Ordering::Relaxed))
}

pub(crate) fn insert(id: &Id, span: OpenSpan) {
    OPEN.with_borrow_mut(|open| {
        if let Err(index) = open.find(id) {
            open.0.insert(index, (id.into_u64(), span));
        }
    });
}

pub(crate) fn context(id: &Id) -> Option<Context> {
    OPEN.with_borrow(|open| open.get(id).map(|span| span.context))
}

pub(crate) fn metadata(id: &Id) -> Option<&'static Metadata<'static>> {
    OPEN.with_borrow(|open| open.get(id).map(|span| span.metadata))
}

/// Calls `change` with the record of a span. Does nothing for a span that is not recorded.
pub(crate) fn with_recording(id: &Id, change: impl FnOnce(&mut Recording)) {
    // Taken out meanwhile: `change` calls the app's `Debug`, which may make spans and events itself.
    if let Some(mut recording) = swap_recording(id, None) {
        change(&mut recording);
        swap_recording(id, Some(recording));
    }
}

fn swap_recording(id: &Id, recording: Option<Box<Recording>>) -> Option<Box<Recording>> {
    OPEN.with_borrow_mut(|open| {
        let index = open.find(id).ok()?;
        std::mem::replace(&mut open.0[index].1.recording, recording)
    })
}

/// There is one handle more of a span.
pub(crate) fn retain(id: &Id) {
    OPEN.with_borrow_mut(|open| {
        if let Ok(index) = open.find(id) {
            open.0[index].1.handles += 1;
        }
    });
}

/// There is one handle less of a span. Returns the span if that was the last: it is closed.
pub(crate) fn release(id: &Id) -> Option<OpenSpan> {
    OPEN.with_borrow_mut(|open| {
        let index = open.find(id).ok()?;
        let span = &mut open.0[index].1;
        span.handles -= 1;
        (span.handles == 0).then(|| open.0.remove(index).1)
    })
}

/// Takes the recording of each open span out of it, and calls `take` with it and the context of the span.
#[cfg_attr(
    not(target_arch = "wasm32"),
    allow(dead_code, reason = "only a page can be left")
)]
pub(crate) fn take_recordings(take: impl Fn(&Recording, Context)) {
    OPEN.with_borrow_mut(|open| {
        for (_, span) in &mut open.0 {
            if let Some(recording) = span.recording.take() {
                take(&recording, span.context);
            }
        }
    });
}
