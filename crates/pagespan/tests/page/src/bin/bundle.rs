//! Makes a module of JavaScript of a program for a page: `bundle page.wasm folder [--strip]`. It is `wasm-bindgen --target web`,
//! without its program to install. With `--strip` the functions lose their names, as they do in the release of an app.

#![forbid(unsafe_code)]

#[cfg(not(target_arch = "wasm32"))]
fn main() -> anyhow::Result<()> {
    let mut args = std::env::args_os().skip(1);
    let (Some(input), Some(output)) = (args.next(), args.next()) else {
        anyhow::bail!("usage: bundle page.wasm folder [--strip]");
    };
    let strip = args.next().is_some_and(|arg| arg == "--strip");
    wasm_bindgen_cli_support::Bindgen::new()
        .input_path(input)
        .web(true)?
        .omit_default_module_path(false)
        .typescript(false)
        .remove_name_section(strip)
        .remove_producers_section(strip)
        .generate(output)
}

#[cfg(target_arch = "wasm32")]
fn main() {}
