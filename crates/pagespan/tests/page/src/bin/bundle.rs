//! Makes a module of JavaScript of a program for a page: `bundle page.wasm folder`. It is `wasm-bindgen --target web`, without
//! its program to install.

#![forbid(unsafe_code)]

#[cfg(not(target_arch = "wasm32"))]
fn main() -> anyhow::Result<()> {
    let mut args = std::env::args_os().skip(1);
    let (Some(input), Some(output)) = (args.next(), args.next()) else {
        anyhow::bail!("usage: bundle page.wasm folder");
    };
    wasm_bindgen_cli_support::Bindgen::new()
        .input_path(input)
        .web(true)?
        .omit_default_module_path(false)
        .typescript(false)
        .generate(output)
}

#[cfg(target_arch = "wasm32")]
fn main() {}
