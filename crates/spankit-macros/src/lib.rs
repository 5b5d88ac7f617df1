//! The macros of `spankit`, which documents and re-exports them.

#![forbid(unsafe_code)]

mod declaration;
mod expand;
mod labels;
mod spanned;

use proc_macro::TokenStream;

/// Documented in `spankit`.
#[proc_macro]
pub fn span_family(input: TokenStream) -> TokenStream {
    let expanded = syn::parse(input).and_then(|items: declaration::Items| expand::items(&items));
    expanded
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Documented in `spankit`.
#[proc_macro_attribute]
pub fn spanned(args: TokenStream, item: TokenStream) -> TokenStream {
    let expanded = syn::parse(args)
        .and_then(|args| Ok((args, syn::parse(item)?)))
        .and_then(|(args, function)| spanned::function(&args, function));
    expanded
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
