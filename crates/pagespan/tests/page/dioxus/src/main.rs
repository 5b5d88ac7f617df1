//! One button in Dioxus, a span around its click, and an invoke in it.

#![forbid(unsafe_code)]

use dioxus::prelude::*;
use tracing::{error, instrument};

#[component]
fn App() -> Element {
    let mut count = use_signal(|| 0);
    let click = move |_| async move {
        if let Some(next) = next(count()).await {
            count.set(next);
        }
    };
    rsx! {
        button { onclick: click, "{count}" }
    }
}

#[instrument]
async fn next(_count: u32) -> Option<u32> {
    pagespan::invoke("next", &())
        .await
        .inspect_err(|error| error!(%error, "no next number"))
        .ok()
}

fn main() {
    pagespan::init();
    dioxus::launch(App);
}
