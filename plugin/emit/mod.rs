//! Events and channel messages that continue the trace in the page.
//!
//! Both leave the payload as the app sent it, and tell the page of its context beside it:
//!
//! - An event is put between two events `opentelemetry:<event>`, which open and close a bracket. Whoever receives exactly one event in exactly one
//!   bracket knows that the two belong together. An event of the same name that another thread emits meanwhile makes two, and then none has a parent.
//! - A message of a channel has a number, and the context goes ahead with the same number.

mod channel;
mod event;

pub use channel::TracedChannel;
pub use event::TracedEmitter;
