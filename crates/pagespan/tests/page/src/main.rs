//! A page with one export for each thing that `check.mjs` does to it.

#![forbid(unsafe_code)]

#[cfg(target_arch = "wasm32")]
mod page;
#[cfg(target_arch = "wasm32")]
mod worker;

fn main() {
    #[cfg(target_arch = "wasm32")]
    page::start();
}
