//! The page with an `invoke` of its own, as a page without `pagespan` has it.

#![forbid(unsafe_code)]

// The page calls `pagespan::invoke`.
extern crate self as pagespan;

#[path = "../../../../../../../examples/leptos-notes/ui/src/notes.rs"]
mod notes;

use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = __TAURI_INTERNALS__, js_name = invoke)]
    async fn call(command: &str, args: JsValue) -> Result<JsValue, JsValue>;
}

pub async fn invoke<Answer: DeserializeOwned>(
    command: &str,
    args: &(impl Serialize + ?Sized),
) -> Result<Answer, String> {
    let args = serde_wasm_bindgen::to_value(args).map_err(|error| error.to_string())?;
    let answer = call(command, args).await;
    let answer = answer.map_err(|error| error.as_string().unwrap_or_default())?;
    serde_wasm_bindgen::from_value(answer).map_err(|error| error.to_string())
}

fn main() {
    leptos::mount::mount_to_body(notes::Notes);
}
