//! The trace context of a span, and the stack of the spans that are entered.

use std::cell::RefCell;

use tracing_core::span::Id;

use crate::{
    ids,
    json::{write_span_id, write_trace_id},
};

/// Contexts that can be entered at once. A page that enters more has an endless recursion.
const MAX_DEPTH: usize = 1024;

thread_local! {
    static STACK: RefCell<Vec<(Key, Context)>> = const { RefCell::new(Vec::new()) };
}

/// Trace id, span id and the sampling decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Context {
    pub(crate) trace_id: u128,
    pub(crate) span_id: u64,
    pub(crate) is_sampled: bool,
}

/// Which entry of the stack is removed: that of a span, or that of a [`Continued`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Key {
    Span(Id),
    Continued(u64),
}

impl Context {
    /// Reads a `traceparent` of W3C Trace Context. Fields that later versions append are ignored.
    pub(crate) fn parse(traceparent: &str) -> Option<Self> {
        let mut parts = traceparent.split('-');
        let version = hex(parts.next()?, 2)?;
        let trace_id = hex(parts.next()?, 32)?;
        let span_id = u64::try_from(hex(parts.next()?, 16)?).ok()?;
        let flags = hex(parts.next()?, 2)?;
        let is_valid = version != 0xff
            && trace_id != 0
            && span_id != 0
            && (version != 0 || parts.next().is_none());
        is_valid.then_some(Self {
            trace_id,
            span_id,
            is_sampled: flags & 1 == 1,
        })
    }

    /// As a `traceparent`.
    pub(crate) fn to_traceparent(self) -> String {
        let mut text = "00-".to_owned();
        write_trace_id(&mut text, self.trace_id);
        text.push('-');
        write_span_id(&mut text, self.span_id);
        text.push_str(if self.is_sampled { "-01" } else { "-00" });
        text
    }
}

/// `digits` lower-case hexadecimal digits.
pub(crate) fn hex(text: &str, digits: usize) -> Option<u128> {
    let append = |number: u128, byte: u8| {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            _ => return None,
        };
        Some(number << 4 | u128::from(digit))
    };
    (text.len() == digits)
        .then(|| text.bytes().try_fold(0, append))
        .flatten()
}

/// The context of the innermost span that is entered.
pub(crate) fn current() -> Option<Context> {
    STACK.with_borrow(|stack| stack.last().map(|(_, context)| *context))
}

/// The innermost span that is entered, above which a context may have been continued.
pub(crate) fn current_span() -> Option<Id> {
    STACK.with_borrow(|stack| {
        stack.iter().rev().find_map(|(key, _)| match key {
            Key::Span(id) => Some(id.clone()),
            Key::Continued(_) => None,
        })
    })
}

pub(crate) fn enter(key: Key, context: Context) {
    STACK.with_borrow_mut(|stack| {
        if stack.len() < MAX_DEPTH {
            stack.push((key, context));
        }
    });
}

/// Removes the innermost entry of `key`, which need not be the last: guards can be dropped in any order.
pub(crate) fn exit(key: &Key) {
    STACK.with_borrow_mut(|stack| {
        if let Some(index) = stack.iter().rposition(|(entered, _)| entered == key) {
            stack.remove(index);
        }
    });
}

/// Leaves all spans. WebAssembly runs no destructors after a panic, so the spans that were entered would stay current, and
/// would become the parents of what the page does later.
pub(crate) fn clear() {
    STACK.with_borrow_mut(Vec::clear);
}

/// The current context as a `traceparent` header of W3C Trace Context, for a message to a worker, a server or another
/// page. `None` outside of a span; where the layer is disabled, no span has a context.
///
/// ```
/// assert_eq!(pagespan::traceparent(), None);
/// ```
#[must_use]
pub fn traceparent() -> Option<String> {
    current().map(Context::to_traceparent)
}

/// Makes the sender of a `traceparent` the parent of the spans that start while the returned guard lives. An invalid
/// `traceparent` changes nothing.
///
/// Do not hold the guard across an `.await`: enter a span below it, and `.instrument()` the future with that span.
///
/// ```
/// use tracing::info_span;
///
/// fn on_message(traceparent: &str) {
///     let span = {
///         let _sender = pagespan::continue_from(traceparent);
///         info_span!("handle message")
///     };
///     span.in_scope(|| { /* … */ });
/// }
/// # on_message("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
/// ```
#[must_use = "the sender is the parent only while the guard lives"]
pub fn continue_from(traceparent: &str) -> Continued {
    let key = Context::parse(traceparent).map(|context| {
        let key = Key::Continued(ids::span_id());
        enter(key.clone(), context);
        key
    });
    Continued { key }
}

/// The guard of [`continue_from`].
#[derive(Debug)]
pub struct Continued {
    key: Option<Key>,
}

impl Drop for Continued {
    fn drop(&mut self) {
        if let Some(key) = &self.key {
            exit(key);
        }
    }
}
