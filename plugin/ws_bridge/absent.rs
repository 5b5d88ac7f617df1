//! What is left of the bridge in a build without it: nothing that does anything.
//!
//! The feature `ws-bridge` brings it to builds with debug assertions, `ws-bridge-release` to all.

use std::sync::Arc;

use tauri::{
    AppHandle, Runtime, Webview,
    ipc::{CallbackFn, InvokeResponseBody},
};

use crate::{config::Config, ipc::Pages, telemetry::Telemetry};

/// The interceptor of a build without the bridge: it intercepts nothing.
///
/// With the feature `ws-bridge` it carries what commands send through channels to the pages of the bridge.
pub fn channel_interceptor<R: Runtime>()
-> impl Fn(&Webview<R>, CallbackFn, usize, &InvokeResponseBody) -> bool + Send + Sync + 'static {
    |_, _, _, _| false
}

/// No channel belongs to a page of the bridge.
pub(crate) fn owns_channel<R: Runtime>(_: &Webview<R>, _: u32) -> bool {
    false
}

/// Does nothing.
pub(crate) fn announce<R: Runtime>(_: &Webview<R>, _: u32, _: &str) {}

/// `tauri::generate_handler!`; with the feature `ws-bridge` it also lets the bridge know the names.
#[macro_export]
macro_rules! generate_handler {
    ($($commands:tt)*) => {
        ::tauri::generate_handler![$($commands)*]
    };
}

/// A bridge that is never there.
pub(crate) struct WsBridge;

impl WsBridge {
    pub(crate) fn start<R: Runtime>(
        _: &AppHandle<R>,
        _: &dyn Fn(&str) -> Option<String>,
        _: bool,
        _: &Arc<Pages<R>>,
        _: Option<(&Arc<Telemetry>, &Config)>,
    ) -> Option<Self> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_without_the_bridge_opens_none_whatever_asks_for_it() {
        let app = tauri::test::mock_app();
        let env = |_: &str| Some("1".to_owned());
        let bridge = WsBridge::start(app.handle(), &env, true, &Arc::default(), None);
        assert!(bridge.is_none());
    }
}
