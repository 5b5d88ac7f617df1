//! A window that its user closes takes its pages along, and with them the spans they have not sent.
//!
//! So the close waits, for at most [`PATIENCE`], until the page has sent its last batch, and then
//! happens. It waits only when the page was busy so shortly before that it may hold something back;
//! else the close goes through untouched.
//!
//! A close that waits is requested a second time. A page that listens to `tauri://close-requested`
//! is left alone: tauri hands the close to the page then, and the runtime in the page sends what it
//! has before it lets `destroy` through.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{self, Sender},
    },
    time::{Duration, Instant},
};

use tauri::{CloseRequestApi, Runtime};

use crate::{diagnostics, ipc::Page};

/// A page that is alive answers within milliseconds; one that is stuck must not keep its window open.
const PATIENCE: Duration = Duration::from_millis(500);

/// How long after an invoke or a batch a page may still hold spans back: the second between two
/// batches, and a little for timers that are late.
const UNSENT: Duration = Duration::from_millis(1_250);

const SEND_ALL: &str = "window.__TAURI_OPENTELEMETRY__?.close()";

/// The closes that are waiting.
#[derive(Debug, Default)]
pub(crate) struct Closing(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// By the label of the webview whose last batch is awaited.
    waiting: HashMap<String, Sender<()>>,
    /// Windows that have waited, and whose next close goes through.
    done: HashSet<String>,
}

impl Closing {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A batch of the page has arrived that no other follows.
    pub(crate) fn last_batch_arrived(&self, webview_label: &str) {
        // No receiver: the close did not wait any longer.
        if let Some(waiting) = self.state().waiting.remove(webview_label) {
            let _ = waiting.send(());
        }
    }

    /// Called when the user asks to close the window that shows `pages`.
    pub(crate) fn requested<R: Runtime>(
        self: &Arc<Self>,
        window_label: &str,
        pages: Vec<Arc<Page<R>>>,
        api: &CloseRequestApi,
    ) {
        if self.state().done.remove(window_label) {
            return;
        }
        let busy: Vec<_> = pages
            .into_iter()
            .filter(|page| page.activity().may_hold_spans(UNSENT))
            .collect();
        let Some(window) = busy.first().map(|page| page.webview().window()) else {
            return;
        };
        let (sender, batches) = mpsc::channel();
        let closing = self.clone();
        let label = window_label.to_owned();
        let expected = busy.len();
        let wait = move || {
            let deadline = Instant::now() + PATIENCE;
            for _ in 0..expected {
                let left = deadline.saturating_duration_since(Instant::now());
                if batches.recv_timeout(left).is_err() {
                    break;
                }
            }
            // An app that keeps running without its window hides it instead, and has done so by now.
            if window.is_visible().unwrap_or(true) {
                closing.state().done.insert(label);
                let _ = window.close();
            }
        };
        // Not on tauri's runtime: its threads are for tasks that do not block.
        let thread = std::thread::Builder::new().name("opentelemetry-close".to_owned());
        if let Err(error) = thread.spawn(wait) {
            diagnostics::warn(format_args!("cannot wait for the last spans: {error}"));
            return;
        }
        api.prevent_close();
        for page in busy {
            self.state()
                .waiting
                .insert(page.webview_label.to_string(), sender.clone());
            // A webview that cannot run scripts has nothing to send.
            let _ = page.webview().eval(SEND_ALL);
        }
    }
}
