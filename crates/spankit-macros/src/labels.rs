//! Writes the code of an enum whose members are the values of an attribute.

use proc_macro2::TokenStream;
use quote::quote;

use crate::declaration::Labels;

pub fn labels(labels: &Labels) -> TokenStream {
    let Labels {
        attributes,
        visibility,
        name,
        labels,
    } = labels;
    let names: Vec<_> = labels.iter().map(|label| &label.name).collect();
    let values: Vec<_> = labels.iter().map(|label| &label.value).collect();
    let documented = labels.iter().map(|label| {
        let attributes = &label.attributes;
        let doc = format!("`{}`", label.value.value());
        quote!(#(#attributes)* #[doc = #doc])
    });
    quote! {
        #(#attributes)*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #visibility enum #name {
            #(#documented #names,)*
        }

        impl #name {
            /// The value of the attribute.
            #visibility const fn as_str(self) -> &'static str {
                match self { #(Self::#names => #values,)* }
            }
        }

        impl ::core::fmt::Display for #name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl ::spankit::Field for #name {
            type Value<'v> = &'static str;
            const TYPE: ::spankit::Type = ::spankit::Type::Members(&[#(#values),*]);
            fn value(&self) -> &'static str {
                self.as_str()
            }
        }
    }
}
