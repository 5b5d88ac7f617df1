//! The webviews of the app, by the label under which their requests arrive.
//!
//! tauri hands a scheme handler the label only. Its own look-up finds windows with exactly one
//! webview (`get_webview_window`, which also walks all webviews to know), so we keep a map.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use opentelemetry::StringValue;
use tauri::{AppHandle, Manager, Runtime, Webview};

/// A webview, with what every span of its invokes repeats.
pub(crate) struct Page<R: Runtime> {
    webview: Webview<R>,
    pub(crate) window_label: StringValue,
    pub(crate) webview_label: StringValue,
    activity: Arc<Activity>,
}

/// What tells whether a page may hold spans that it has not sent.
#[derive(Debug)]
pub(crate) struct Activity {
    since: Instant,
    /// Milliseconds from `since` to the last invoke or batch. A page lives for less than the 49 days
    /// that fit, or wraps around and is thought busy for a moment.
    last: AtomicU32,
    in_flight: AtomicU32,
    /// Whether the page decides itself when its window closes.
    handles_close: AtomicBool,
}

impl Activity {
    fn new() -> Self {
        Self {
            since: Instant::now(),
            last: AtomicU32::new(0),
            in_flight: AtomicU32::new(0),
            handles_close: AtomicBool::new(false),
        }
    }

    fn now(&self) -> u32 {
        self.since.elapsed().as_millis() as u32
    }

    /// The page did something.
    pub(crate) fn touch(&self) {
        self.last.store(self.now(), Ordering::Relaxed);
    }

    /// An invoke of the page begins.
    pub(crate) fn begin(&self) {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
    }

    /// An invoke of the page ended.
    pub(crate) fn end(&self) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
        self.touch();
    }

    /// The page will be asked before its window closes.
    pub(crate) fn handles_close(&self) {
        self.handles_close.store(true, Ordering::Relaxed);
    }

    /// Whether a close of the window should wait for the page: it did something in the last `period`
    /// or has an invoke under way, and tauri would not ask it anyway.
    pub(crate) fn may_hold_spans(&self, period: Duration) -> bool {
        let idle = self.now().wrapping_sub(self.last.load(Ordering::Relaxed));
        let busy = self.in_flight.load(Ordering::Relaxed) > 0
            || Duration::from_millis(idle.into()) < period;
        busy && !self.handles_close.load(Ordering::Relaxed)
    }
}

impl<R: Runtime> Page<R> {
    pub(crate) fn new(webview: Webview<R>) -> Self {
        // Shared, because every span has a copy.
        let shared = |label: &str| Arc::<str>::from(label).into();
        let window_label = shared(webview.window_ref().label());
        Self {
            window_label,
            webview_label: shared(webview.label()),
            activity: Arc::new(Activity::new()),
            webview,
        }
    }

    pub(crate) fn webview(&self) -> Webview<R> {
        self.webview.clone()
    }

    pub(crate) fn activity(&self) -> &Arc<Activity> {
        &self.activity
    }
}

/// All pages of the app.
pub(crate) struct Pages<R: Runtime>(RwLock<HashMap<String, Arc<Page<R>>>>);

impl<R: Runtime> Default for Pages<R> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<R: Runtime> Pages<R> {
    /// Remembers a webview that was just created.
    pub(crate) fn insert(&self, webview: Webview<R>) -> Arc<Page<R>> {
        let label = webview.label().to_owned();
        let page = Arc::new(Page::new(webview));
        self.0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(label, page.clone());
        page
    }

    /// The webview with this label, if there is one.
    pub(crate) fn get(&self, app: &AppHandle<R>, label: &str) -> Option<Arc<Page<R>>> {
        let known = self
            .0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(label)
            .cloned();
        // A page may send its first request before tauri told us of its webview.
        known.or_else(|| Some(self.insert(app.get_webview_window(label)?.as_ref().clone())))
    }

    /// Forgets the webviews of a window that is gone.
    pub(crate) fn remove_window(&self, window_label: &str) {
        self.0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|_, page| page.window_label.as_str() != window_label);
    }

    /// How many windows there are.
    pub(crate) fn windows(&self) -> usize {
        let pages = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let labels = pages.values().map(|page| page.window_label.as_str());
        labels.collect::<HashSet<_>>().len()
    }

    /// The webviews of a window.
    pub(crate) fn of_window(&self, window_label: &str) -> Vec<Arc<Page<R>>> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .filter(|page| page.window_label.as_str() == window_label)
            .cloned()
            .collect()
    }
}
