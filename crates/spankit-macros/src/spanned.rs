//! `#[spanned]`: a function whose calls are spans of a family.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{
    Error, Expr, ItemFn, Result, ReturnType, Token, Type,
    parse::{Parse, ParseStream},
    parse_quote,
    visit_mut::{VisitMut, visit_type_mut},
};

/// `Family { … }` and, if the family has fields known at the end, `|value| FamilyEnd { … }`.
pub struct Args {
    family: Expr,
    end: Option<Expr>,
}

impl Parse for Args {
    fn parse(input: ParseStream) -> Result<Self> {
        let family = input.parse()?;
        let mut end = None;
        if input.parse::<Option<Token![,]>>()?.is_some() && !input.is_empty() {
            end = Some(input.parse()?);
            input.parse::<Option<Token![,]>>()?;
        }
        Ok(Self { family, end })
    }
}

pub fn function(args: &Args, mut function: ItemFn) -> Result<TokenStream> {
    let Args { family, end } = args;
    let body = &function.block;
    let is_async = function.sig.asyncness.is_some();
    let mut declared: Type = match &function.sig.output {
        ReturnType::Default => parse_quote!(()),
        ReturnType::Type(_, ty) => (**ty).clone(),
    };
    if !is_async && is_future(&declared) {
        return Err(Error::new_spanned(
            declared,
            "this function returns a future, and its span would end before the future has run: make it an `async fn`, or call \
             `run` of the family in it",
        ));
    }
    Unnameable.visit_type_mut(&mut declared);
    // Tells the compiler what `?` and `return` in the body have to give; it is never run.
    let hint = quote! {
        #[allow(unreachable_code, clippy::diverging_sub_expression)]
        if false {
            let returned: #declared = ::core::unreachable!();
            return returned;
        }
    };
    let body = quote!({ #hint #body });
    let end = end.as_ref().map(|end| quote!(, #end));
    let call = match (is_async, is_result(&declared)) {
        (true, true) => quote!((#family).run(async #body #end).await),
        (false, true) => quote!((#family).run_blocking(|| #body #end)),
        (true, false) => quote! {
            ::spankit::__private::value_of(
                (#family).run(async { ::core::result::Result::Ok((async #body).await) } #end).await
            )
        },
        (false, false) => quote! {
            ::spankit::__private::value_of(
                (#family).run_blocking(|| ::core::result::Result::Ok((|| #body)()) #end)
            )
        },
    };
    function.block = parse_quote!({ #call });
    Ok(quote!(#function))
}

/// Leaves it to the compiler what `impl Trait` is, which a variable cannot be declared as.
struct Unnameable;

impl VisitMut for Unnameable {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        if matches!(ty, Type::ImplTrait(_)) {
            *ty = parse_quote!(_);
        } else {
            visit_type_mut(self, ty);
        }
    }
}

/// Whether a return type is `impl Future`, `Pin<Box<dyn Future>>` as `async_trait` makes it, or `BoxFuture`.
fn is_future(ty: &Type) -> bool {
    let names_future = || ty.to_token_stream().to_string().contains("Future");
    match ty {
        Type::ImplTrait(_) => names_future(),
        Type::Path(path) => path.path.segments.last().is_some_and(|last| {
            let name = last.ident.to_string();
            name.ends_with("BoxFuture") || name == "Pin" && names_future()
        }),
        _ => false,
    }
}

/// Whether a return type is called `Result`, as in `io::Result<()>`.
fn is_result(ty: &Type) -> bool {
    let Type::Path(path) = ty else {
        return false;
    };
    let last = path.path.segments.last();
    last.is_some_and(|last| last.ident.to_string().ends_with("Result"))
}
