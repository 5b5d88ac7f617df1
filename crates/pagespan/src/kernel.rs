//! The kernel that the plugin injects into a page, as this crate sees it.

use crate::{context::Context, queue::Signal};

#[cfg(target_arch = "wasm32")]
mod js;
#[cfg(target_arch = "wasm32")]
mod page;
#[cfg(target_arch = "wasm32")]
pub(crate) mod worker;
#[cfg(target_arch = "wasm32")]
pub(crate) use page::{find, invoke, receive};

/// When something is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// When the current task of the browser ends.
    EndOfTask,
    /// In a task of its own.
    NextTask,
}

/// The calls that leave Rust.
pub(crate) trait Kernel: Send + Sync {
    /// Milliseconds since the Unix epoch, with fractions.
    fn now(&self) -> f64;

    /// The context of a span without a parent in Rust. With `inherits` it is a child of the span that is active in
    /// JavaScript, if there is one. The second value is the id of that span. `None` if the kernel fails: the span is then
    /// not recorded.
    fn new_root(&self, inherits: bool) -> Option<(Context, Option<u64>)>;

    /// The number of this crate's instrumentation scope, which every item names. `None` if the kernel has too many.
    fn scope(&self) -> Option<u32>;

    /// Asks for a call of [`drain_next`](crate::queue::drain_next).
    fn schedule_drain(&self, when: When);

    /// Takes items of one signal as a JSON array.
    fn emit(&self, signal: Signal, items: &str);

    /// The JavaScript stack of the caller.
    fn stack(&self) -> Option<String>;
}

/// There is no page, so there is no kernel.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn find() -> Option<&'static dyn Kernel> {
    None
}
