//! `#[spanned]`: a function whose calls are spans of a family.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{
    Expr, ItemFn, Result, ReturnType, Token, Type,
    parse::{Parse, ParseStream},
    parse_quote,
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
    let declared: Type = match &function.sig.output {
        ReturnType::Default => parse_quote!(()),
        ReturnType::Type(_, ty) => (**ty).clone(),
    };
    // Tells the compiler what `?` and `return` in the body have to give; it is never run.
    let hint = (!matches!(declared, Type::ImplTrait(_))).then(|| {
        quote! {
            #[allow(unreachable_code, clippy::diverging_sub_expression)]
            if false {
                let returned: #declared = ::core::unreachable!();
                return returned;
            }
        }
    });
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

/// Whether a return type is called `Result`, as in `io::Result<()>`.
fn is_result(ty: &Type) -> bool {
    let Type::Path(path) = ty else {
        return false;
    };
    let last = path.path.segments.last();
    last.is_some_and(|last| last.ident.to_string().ends_with("Result"))
}
