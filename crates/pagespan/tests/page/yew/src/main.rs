//! One button in Yew, a span around its click, and an invoke in it.

#![forbid(unsafe_code)]

use tracing::{error, instrument};
use yew::{platform::spawn_local, prelude::*};

#[component]
fn App() -> Html {
    let count = use_state(|| 0);
    let onclick = {
        let count = count.clone();
        move |_: MouseEvent| spawn_local(next(count.clone()))
    };
    html! { <button {onclick}>{ *count }</button> }
}

#[instrument(skip_all)]
async fn next(count: UseStateHandle<u32>) {
    match pagespan::invoke("next", &()).await {
        Ok(next) => count.set(next),
        Err(error) => error!(%error, "no next number"),
    }
}

fn main() {
    pagespan::init();
    // Otherwise Yew sets its own when it renders.
    yew::set_custom_panic_hook(std::panic::take_hook());
    yew::Renderer::<App>::new().render();
}
