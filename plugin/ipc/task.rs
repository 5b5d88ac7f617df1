//! The context of an invoke, in the task of an asynchronous command.
//!
//! The macro of such a command gives a future to Tauri, which spawns it as a task of tokio. The task does not inherit the
//! context of the thread that spawns it, and nothing tells its id. But tokio numbers its tasks one after the other. So the
//! plugin spawns a task of its own right before Tauri gets the invoke, and the next number is that of the command.
//!
//! Another thread can spawn a task in the same few microseconds and get that number. Only other commands spawn tasks at such a rate.
//! So if other commands run, the plugin spawns a second task right after Tauri has got the invoke. If exactly one number lies between
//! the plugin's two, it is that of the command. If there are more, nobody can tell which is which, and the spans of the command begin a
//! trace of their own.
//!
//! tokio does not promise to number its tasks in this way. If it stops, async commands lose their context here, and the tests of this
//! file and of `tests/invoke.rs` fail.
//!
//! Tauri's feature `tracing` carries the context for certain, but it can freeze an app that emits events (docs/setup.md). With
//! that feature nothing here is used.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicUsize, Ordering},
};

use opentelemetry::{Context, ContextGuard, trace::TraceContextExt};
use parking_lot::RwLock;
use tokio::task::{self, LocalSet};
use tracebaton::TraceContext;

use crate::command::Command;

/// Whether Tauri makes a `tracing` span around the body of a command, which carries the context. On Android, where its feature
/// `tracing` does not freeze anything, it always does.
pub(crate) const TAURI_CARRIES_CONTEXT: bool =
    cfg!(any(feature = "tauri-tracing", target_os = "android"));

/// The contexts of open invokes, by the numbers of the tasks of their commands.
static CONTEXTS: RwLock<BTreeMap<u64, Context>> = RwLock::new(BTreeMap::new());

/// How many there are, so that nobody locks anything to look for one while there is none.
static OPEN: AtomicUsize = AtomicUsize::new(0);

/// The task that the command of an invoke may run in, until the invoke has been answered.
#[derive(Debug)]
pub(crate) struct CommandTask(u64);

impl CommandTask {
    /// Expects the next task to be that of a command which runs in `cx`. To be called right before Tauri gets the invoke.
    ///
    /// The task has its context from now on, because it may run before [`check`] is called.
    pub(crate) fn expect(cx: Context) -> Self {
        // The runtime starts when it is first needed, and its threads have numbers as well.
        tauri::async_runtime::handle();
        let number = spawn() + 1;
        OPEN.fetch_add(1, Ordering::Relaxed);
        CONTEXTS.write().insert(number, cx);
        Self(number)
    }

    pub(super) fn number(&self) -> u64 {
        self.0
    }
}

impl Drop for CommandTask {
    fn drop(&mut self) {
        forget(self.0);
        OPEN.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Whether `command` may run in a task that is found by its number.
pub(super) fn is_possible(command: &Command) -> bool {
    !TAURI_CARRIES_CONTEXT && !command.is_synchronous()
}

/// Takes the context away again from the task of this number, if it may be no task of the command. To be called right after Tauri
/// has got the invoke.
pub(super) fn check(number: u64) {
    if !CONTEXTS.read().contains_key(&number) {
        return;
    }
    let next = spawn();
    let others_run = OPEN.load(Ordering::Relaxed) > 1;
    let is_of_the_command = match others_run {
        true => next == number + 1,
        // Later numbers are those of tasks that the command has spawned. If there is no number between, no task runs the command.
        false => next > number,
    };
    if !is_of_the_command {
        forget(number);
    }
}

fn forget(number: u64) {
    // Dropped only when the lock is free again: the end of its span may be recorded on the way.
    let _forgotten = CONTEXTS.write().remove(&number);
}

/// The context of the invoke whose command runs in the current task. `None` if another context is current.
pub(crate) fn context() -> Option<Context> {
    if OPEN.load(Ordering::Relaxed) == 0
        || Context::map_current(|cx| {
            cx.has_active_span() || cx.is_telemetry_suppressed() || TraceContext::begins_trace(cx)
        })
    {
        return None;
    }
    let number = number(task::try_id()?);
    CONTEXTS.read().get(&number).cloned()
}

/// Makes the context of the invoke current whose command runs in the current task. Hold it across no `.await`.
pub(crate) fn attach() -> Option<ContextGuard> {
    context().map(Context::attach)
}

/// Spawns a task that never runs, and returns its number.
fn spawn() -> u64 {
    number(LocalSet::new().spawn_local(async {}).id())
}

/// An id tells its number only as a text.
fn number(id: task::Id) -> u64 {
    id.to_string().parse().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};

    use super::*;

    fn invoke(id: u64) -> Context {
        Context::new().with_remote_span_context(SpanContext::new(
            TraceId::from(1),
            SpanId::from(id),
            TraceFlags::SAMPLED,
            true,
            TraceState::NONE,
        ))
    }

    /// The span of the context that the current task has.
    fn found() -> Option<SpanId> {
        context().map(|cx| cx.span().span_context().span_id())
    }

    /// Spawns a task in place of a command, calls `check_it` with the number that is expected, and returns the span that the task finds.
    fn command(check_it: impl FnOnce(u64)) -> Option<SpanId> {
        let tasks = LocalSet::new();
        let expected = CommandTask::expect(invoke(7));
        let found = tasks.spawn_local(async { found() });
        check_it(expected.number());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        tasks.block_on(&runtime, found).unwrap()
    }

    /// Other tests spawn tasks and expect some at the same time, so not every try can succeed.
    fn one_of_many(mut tries: impl FnMut() -> Option<SpanId>) -> Option<SpanId> {
        (0..1_000).find_map(|_| tries())
    }

    #[test]
    fn the_task_of_a_command_has_the_context_of_its_invoke() {
        let found = one_of_many(|| command(check));
        assert_eq!(found, Some(SpanId::from(7)));
        let beside_another = one_of_many(|| {
            let _other = CommandTask::expect(invoke(8));
            command(check)
        });
        assert_eq!(beside_another, Some(SpanId::from(7)));
    }

    #[test]
    fn a_command_that_spawns_a_task_at_once_has_its_context() {
        let found = one_of_many(|| {
            command(|number| {
                spawn();
                check(number);
            })
        });
        assert_eq!(found, Some(SpanId::from(7)));
    }

    #[test]
    fn a_task_has_no_context_if_it_may_be_that_of_another_command() {
        let _other = CommandTask::expect(invoke(8));
        let found = command(|number| {
            spawn();
            check(number);
        });
        assert_eq!(found, None);
    }

    /// The main function of an app may run in one.
    #[tokio::test]
    async fn tasks_are_numbered_within_a_runtime_as_well() {
        assert!(spawn() < spawn());
    }

    #[test]
    fn a_command_that_spawns_nothing_leaves_its_context_to_no_other_task() {
        let found = (0..1_000).any(|_| {
            let expected = CommandTask::expect(invoke(7));
            check(expected.number());
            !CONTEXTS.read().contains_key(&expected.number())
        });
        assert!(found);
    }

    #[test]
    fn nothing_is_kept_of_an_invoke_that_was_answered() {
        let number = {
            let task = CommandTask::expect(invoke(7));
            task.number()
        };
        assert!(!CONTEXTS.read().contains_key(&number));
    }

    #[test]
    fn a_context_that_is_current_comes_first() {
        let tasks = LocalSet::new();
        let _expected = CommandTask::expect(invoke(7));
        let found = tasks.spawn_local(async {
            let _other = invoke(8).attach();
            context()
        });
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        assert!(tasks.block_on(&runtime, found).unwrap().is_none());
    }
}
