//! Messages of channels.

use std::{fmt, marker::PhantomData, sync::Arc};

use parking_lot::Mutex;
use serde::Serialize;
use tauri::{
    Runtime,
    ipc::{Channel, CommandArg, CommandItem, InvokeError, InvokeResponseBody, IpcResponse},
};
use tracebaton::TraceContext;

use crate::ws_bridge;

/// A [`Channel`] whose messages can continue the trace in the page: an argument of a command, in place of it.
///
/// In the page, `traceChannel` of `tauri-plugin-opentelemetry-api/events` makes the handler a child of the span in which the message was sent. A
/// channel without it receives the same messages.
///
/// ```
/// use tauri_plugin_opentelemetry::TracedChannel;
///
/// #[tauri::command]
/// async fn import(on_progress: TracedChannel<u32>) -> tauri::Result<()> {
///     on_progress.send_traced(50)?;
///     on_progress.send_traced(100)
/// }
/// ```
pub struct TracedChannel<T = InvokeResponseBody> {
    shared: Arc<Shared>,
    message: PhantomData<fn(T)>,
}

struct Shared {
    /// Takes bodies that are serialized, so that every call of its `send` is a message with a number.
    channel: Channel,
    /// Tells the page of the channel an [`Announcement`], as JSON.
    announce: Box<dyn Fn(String) -> tauri::Result<()> + Send + Sync>,
    /// Runs a task where messages are sent: on the main thread, or at once for a page of the bridge that is still connected. It gets the messages
    /// of a command before its answer, which does not take the way over the main thread.
    run: Box<dyn Fn(Task) -> tauri::Result<()> + Send + Sync>,
    /// How many messages were sent, which is the number of the next one. Locked while one is sent: the numbers that
    /// Tauri gives are in the order of its sends.
    sent: Mutex<usize>,
}

type Task = Box<dyn FnOnce() + Send>;

/// What the page is told ahead of a message.
#[derive(Serialize)]
struct Announcement<'a> {
    channel: u32,
    index: usize,
    #[serde(flatten)]
    context: &'a TraceContext,
}

impl<T> TracedChannel<T> {
    /// The id of the channel, as [`Channel::id`].
    pub fn id(&self) -> u32 {
        self.shared.channel.id()
    }

    /// Sends a message whose handler continues the trace. Without a current span it is [`send`](Self::send).
    ///
    /// # Errors
    /// If the message cannot be serialized, or the app ends.
    pub fn send_traced(&self, message: T) -> tauri::Result<()>
    where
        T: IpcResponse,
    {
        let context = TraceContext::current().without_baggage();
        Shared::send(&self.shared, message.body()?, Some(context))
    }

    /// Sends a message. Unlike [`Channel::send`], which waits for the main thread with Tauri's feature `tracing`, it leaves that
    /// to the main thread and returns.
    ///
    /// # Errors
    /// If the message cannot be serialized, or the app ends.
    pub fn send(&self, message: T) -> tauri::Result<()>
    where
        T: IpcResponse,
    {
        Shared::send(&self.shared, message.body()?, None)
    }
}

impl Shared {
    fn send(
        shared: &Arc<Self>,
        body: InvokeResponseBody,
        context: Option<TraceContext>,
    ) -> tauri::Result<()> {
        let sender = shared.clone();
        (shared.run)(Box::new(move || sender.send_now(body, context)))
    }

    fn send_now(&self, body: InvokeResponseBody, context: Option<TraceContext>) {
        let mut sent = self.sent.lock();
        if let Some(context) = context.filter(|context| !context.is_empty()) {
            let announcement = serde_json::to_string(&Announcement {
                channel: self.channel.id(),
                index: *sent,
                context: &context,
            });
            // Without it the handler has no parent; the message itself goes on.
            let _ = announcement.map(|announcement| (self.announce)(announcement));
        }
        // A message that does not get to the page, because the page is gone, has its number all the same.
        *sent += 1;
        let _ = self.channel.send(body);
    }
}

impl<T> Clone for TracedChannel<T> {
    fn clone(&self) -> Self {
        Self {
            shared: self.shared.clone(),
            message: PhantomData,
        }
    }
}

impl<T> fmt::Debug for TracedChannel<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TracedChannel")
            .field("id", &self.id())
            .finish_non_exhaustive()
    }
}

impl<'de, R: Runtime, T> CommandArg<'de, R> for TracedChannel<T> {
    fn from_command(command: CommandItem<'de, R>) -> Result<Self, InvokeError> {
        let webview = command.message.webview();
        let receiver = webview.clone();
        let channel = Channel::from_command(command)?;
        let id = channel.id();
        // Asked once, because the answer changes when the connection of the page ends.
        let is_bridged = ws_bridge::owns_channel(&webview, id);
        Ok(Self {
            shared: Arc::new(Shared {
                channel,
                announce: Box::new(move |announcement| {
                    if is_bridged {
                        ws_bridge::announce(&webview, id, &announcement);
                        return Ok(());
                    }
                    webview.eval(format!(
                        "dispatchEvent(new CustomEvent('opentelemetry:message',{{detail:{announcement}}}))"
                    ))
                }),
                run: Box::new(move |task| {
                    if is_bridged {
                        // Once the connection has ended, Tauri would send the message to the window, which may have another
                        // channel with this id.
                        if ws_bridge::owns_channel(&receiver, id) {
                            task();
                        }
                        return Ok(());
                    }
                    receiver.run_on_main_thread(task)
                }),
                sent: Mutex::default(),
            }),
            message: PhantomData,
        })
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::{
        Context, KeyValue, SpanId, TraceFlags, TraceId,
        baggage::BaggageExt,
        trace::{SpanContext, TraceContextExt, TraceState},
    };
    use serde_json::Value;

    use super::*;

    /// A channel, and all that it does, in order: announcements and messages.
    ///
    /// Nothing is done before the main thread, which is the caller, runs [`Tasks`].
    fn channel() -> (TracedChannel<Message>, Tasks, Arc<Mutex<Vec<String>>>) {
        let tasks = Tasks::default();
        let left = tasks.clone();
        let done = Arc::new(Mutex::new(Vec::new()));
        let (announcements, messages) = (done.clone(), done.clone());
        let shared = Shared {
            channel: Channel::new(move |body| {
                messages.lock().push(format!("message {body:?}"));
                Ok(())
            }),
            announce: Box::new(move |announcement| {
                announcements.lock().push(announcement);
                Ok(())
            }),
            run: Box::new(move |task| {
                left.0.lock().push(task);
                Ok(())
            }),
            sent: Mutex::default(),
        };
        let channel = TracedChannel {
            shared: Arc::new(shared),
            message: PhantomData,
        };
        (channel, tasks, done)
    }

    /// What is left to the main thread.
    #[derive(Clone, Default)]
    struct Tasks(Arc<Mutex<Vec<Task>>>);

    impl Tasks {
        fn run(&self) {
            self.0.lock().drain(..).for_each(|task| task());
        }
    }

    /// A message that can be serialized, or not.
    struct Message(Option<u32>);

    impl IpcResponse for Message {
        fn body(self) -> tauri::Result<InvokeResponseBody> {
            let number = self.0.ok_or_else(|| io_error("not serializable"))?;
            Ok(InvokeResponseBody::Json(number.to_string()))
        }
    }

    fn io_error(text: &str) -> tauri::Error {
        tauri::Error::Io(std::io::Error::other(text.to_owned()))
    }

    #[test]
    fn the_context_goes_ahead_with_the_number_of_its_message() {
        let (channel, tasks, done) = channel();
        channel.send(Message(Some(10))).unwrap();
        assert!(channel.send_traced(Message(None)).is_err());
        channel.send_traced(Message(Some(11))).unwrap();
        let span = SpanContext::new(
            TraceId::from(1),
            SpanId::from(2),
            TraceFlags::SAMPLED,
            false,
            TraceState::default(),
        );
        let context = Context::new()
            .with_baggage([KeyValue::new("user", "1")])
            .with_remote_span_context(span);
        let _context = context.attach();
        assert!(channel.send_traced(Message(None)).is_err());
        channel.send_traced(Message(Some(12))).unwrap();
        assert!(done.lock().is_empty(), "the caller waits for nothing");
        tasks.run();

        let done = done.lock();
        let [plain, without, announcement, with] = &done[..] else {
            panic!("{done:?}");
        };
        for (message, number) in [(plain, "10"), (without, "11"), (with, "12")] {
            assert!(message.contains(number), "{message}");
        }
        let announcement: Value = serde_json::from_str(announcement).unwrap();
        assert_eq!(
            announcement,
            serde_json::json!({
                "channel": channel.id(),
                "index": 2,
                "traceparent": "00-00000000000000000000000000000001-0000000000000002-01",
            })
        );
    }
}
