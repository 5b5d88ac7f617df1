//! The webviews of the app, by the label under which their requests arrive.
//!
//! Tauri hands a scheme handler the label only. Its own look-up finds windows with exactly one
//! webview (`get_webview_window`, which also walks all webviews to know), so we keep a map.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use opentelemetry::StringValue;
use parking_lot::{Mutex, RwLock};
use tauri::{AppHandle, Manager, Runtime, Webview};

/// A webview, with what every span of its invokes repeats.
pub(crate) struct Page<R: Runtime> {
    webview: Webview<R>,
    pub(crate) webview_label: StringValue,
    /// The label of the window that shows the webview, as of the last look: a webview can move to another window.
    window_label: Mutex<StringValue>,
}

impl<R: Runtime> Page<R> {
    pub(crate) fn new(webview: Webview<R>) -> Self {
        let window_label = shared(webview.window_ref().label());
        Self {
            window_label: Mutex::new(window_label),
            webview_label: shared(webview.label()),
            webview,
        }
    }

    pub(crate) fn webview(&self) -> Webview<R> {
        self.webview.clone()
    }

    /// The label of the window that shows the webview now.
    pub(crate) fn window_label(&self) -> StringValue {
        let window = self.webview.window_ref();
        let mut known = self.window_label.lock();
        if known.as_str() != window.label() {
            *known = shared(window.label());
        }
        known.clone()
    }

    /// Whether Tauri still has the webview.
    fn is_open(&self) -> bool {
        // Not by the borrowed window: Tauri locks it to answer.
        let neighbours = self.webview.window().webviews();
        neighbours
            .iter()
            .any(|webview| webview.label() == self.webview_label.as_str())
    }
}

/// A text that every span can have a copy of without allocating.
fn shared(label: &str) -> StringValue {
    Arc::<str>::from(label).into()
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
    pub(crate) fn insert(&self, webview: Webview<R>) {
        let label = webview.label().to_owned();
        self.0.write().insert(label, Arc::new(Page::new(webview)));
    }

    /// The webview with this label, if there is one.
    pub(crate) fn get(&self, app: &AppHandle<R>, label: &str) -> Option<Arc<Page<R>>> {
        let known = self.0.read().get(label).cloned();
        // A page may send its first request before Tauri told us of its webview. It is not kept: of the viewer's, which is
        // no window of the app, we are told as well.
        known.or_else(|| {
            let webview = app.get_webview_window(label)?.as_ref().clone();
            Some(Arc::new(Page::new(webview)))
        })
    }

    /// Calls `visit` with each webview.
    pub(crate) fn each(&self, visit: impl Fn(&Webview<R>)) {
        // A copy, because Tauri may ask for a webview meanwhile.
        let pages: Vec<_> = {
            let pages = self.0.read();
            pages.values().cloned().collect()
        };
        pages.iter().for_each(|page| visit(&page.webview));
    }

    /// Forgets the webviews that Tauri no longer has. Tauri tells of closed windows, but neither of closed webviews
    /// nor of the windows that webviews move to.
    pub(crate) fn forget_closed(&self) {
        self.0.write().retain(|_, page| page.is_open());
    }

    /// How many windows there are.
    pub(crate) fn windows(&self) -> usize {
        let pages = self.0.read();
        let labels = pages.values().map(|page| page.window_label());
        labels
            .map(|label| label.as_str().to_owned())
            .collect::<HashSet<_>>()
            .len()
    }
}

#[cfg(test)]
mod tests {
    use tauri::{WebviewUrl, WebviewWindowBuilder, test};

    use super::*;

    #[test]
    fn a_webview_is_known_until_it_is_closed() {
        let app = test::mock_app();
        let open = |label| {
            WebviewWindowBuilder::new(&app, label, WebviewUrl::default())
                .build()
                .expect("a mock window")
        };
        let pages = Pages::default();
        let main = open("main");
        let other = open("other");
        pages.insert(other.as_ref().clone());
        assert!(
            pages.get(app.handle(), "main").is_some(),
            "before it was told of"
        );
        assert!(pages.get(app.handle(), "no such").is_none());
        assert_eq!(pages.windows(), 1, "only those that it was told of");
        pages.insert(main.as_ref().clone());
        assert_eq!(pages.windows(), 2);

        pages.forget_closed();
        assert_eq!(pages.windows(), 2, "both are open");
        main.as_ref().close().expect("it is open");
        pages.forget_closed();
        assert_eq!(pages.windows(), 1);
        assert!(pages.get(app.handle(), "main").is_none());
        assert!(pages.get(app.handle(), "other").is_some());
    }

    #[test]
    fn a_webview_that_has_moved_is_known_when_its_first_window_is_gone() {
        let app = test::mock_app();
        let open = |label| {
            WebviewWindowBuilder::new(&app, label, WebviewUrl::default())
                .build()
                .expect("a mock window")
        };
        let (main, other) = (open("main"), open("other"));
        let first = main.as_ref().window();
        let pages = Pages::default();
        pages.insert(main.as_ref().clone());
        let page = pages.get(app.handle(), "main").expect("it was told of");
        assert_eq!(page.window_label().as_str(), "main");

        let moved = main.as_ref().reparent(&other.as_ref().window());
        moved.expect("both windows are open");
        first.destroy().expect("it is open");
        pages.forget_closed();
        let page = pages.get(app.handle(), "main").expect("it has moved");
        assert_eq!(page.window_label().as_str(), "other");
    }
}
