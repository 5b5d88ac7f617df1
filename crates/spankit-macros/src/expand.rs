//! Writes the code of families.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Ident, Lifetime, LitStr, Result, Type, parse_quote};

use crate::{
    declaration::{Family, Field, Item, Items, Metric},
    labels::labels,
};

pub fn items(items: &Items) -> Result<TokenStream> {
    let items = items.0.iter().map(|item| match item {
        Item::Enum(declared) => Ok(labels(declared)),
        Item::Family(declared) => family(declared),
    });
    items.collect()
}

/// A struct of fields, with a lifetime if one of them is borrowed.
struct Fields<'a> {
    fields: Vec<(&'a Field, Type)>,
    is_borrowed: bool,
}

impl<'a> Fields<'a> {
    fn new(declared: &'a [Field], lifetime: &Lifetime) -> Self {
        let mut is_borrowed = false;
        let mut fields = Vec::new();
        for field in declared {
            let mut ty = field.ty.clone();
            is_borrowed |= borrow(&mut ty, lifetime);
            fields.push((field, ty));
        }
        Self {
            fields,
            is_borrowed,
        }
    }

    fn definition(&self) -> TokenStream {
        let fields = self.fields.iter().map(|(field, ty)| {
            let Field {
                attributes,
                name,
                key,
                ..
            } = field;
            let doc = format!("The attribute `{}`.", key.value());
            quote!(#(#attributes)* #[doc = #doc] pub #name: #ty)
        });
        quote!(#(#fields),*)
    }

    /// With optional fields: a constructor of those that are not, and a setter for each that is.
    fn builder(&self) -> TokenStream {
        let (optional, required): (Vec<_>, Vec<_>) = self
            .fields
            .iter()
            .partition(|(field, _)| field.optional().is_some());
        if optional.is_empty() {
            return TokenStream::new();
        }
        let required_names: Vec<_> = required.iter().map(|(field, _)| &field.name).collect();
        let required_types = required.iter().map(|(_, ty)| ty);
        let optional_names: Vec<_> = optional.iter().map(|(field, _)| &field.name).collect();
        let setters = optional.iter().map(|(field, ty)| {
            let Field {
                attributes,
                name,
                key,
                ..
            } = field;
            let doc = format!("Sets the attribute `{}`.", key.value());
            quote! {
                #(#attributes)*
                #[doc = #doc]
                #[inline]
                pub fn #name(mut self, #name: <#ty as ::spankit::__private::Optional>::Inner) -> Self {
                    self.#name = ::core::option::Option::Some(#name);
                    self
                }
            }
        });
        quote! {
            /// With the fields that are always there.
            #[allow(clippy::too_many_arguments)]
            #[inline]
            pub fn new(#(#required_names: #required_types),*) -> Self {
                Self { #(#required_names,)* #(#optional_names: ::core::option::Option::None),* }
            }
            #(#setters)*
        }
    }
}

/// Gives references this lifetime, and says whether there was one.
fn borrow(ty: &mut Type, lifetime: &Lifetime) -> bool {
    match ty {
        Type::Reference(reference) => {
            let is_static = reference.lifetime.is_some();
            if !is_static {
                reference.lifetime = Some(lifetime.clone());
            }
            !is_static
        }
        Type::Path(path) => {
            let mut is_borrowed = false;
            for segment in &mut path.path.segments {
                if let syn::PathArguments::AngleBracketed(arguments) = &mut segment.arguments {
                    for argument in &mut arguments.args {
                        if let syn::GenericArgument::Type(inner) = argument {
                            is_borrowed |= borrow(inner, lifetime);
                        }
                    }
                }
            }
            is_borrowed
        }
        _ => false,
    }
}

fn family(family: &Family) -> Result<TokenStream> {
    let Family {
        attributes,
        visibility,
        name,
        ..
    } = family;
    let lifetime: Lifetime = parse_quote!('f);
    let start = Fields::new(&family.start, &lifetime);
    let generics = start.is_borrowed.then(|| quote!(<#lifetime>));
    let definition = start.definition();
    let builder = start.builder();
    let end = family.end.as_ref().map(|end| end_struct(family, &end.name));
    let end_type = end_type(family, &parse_quote!('e));
    let methods = methods(family);
    let implementation = implementation(family, generics.as_ref(), &end_type)?;
    let outcome = family
        .outcome()
        .map(|_| quote!(impl #generics ::spankit::Partial for #name #generics {}));
    Ok(quote! {
        #(#attributes)*
        #[derive(Debug, Clone)]
        #[must_use = "there is no span until it is started"]
        #visibility struct #name #generics { #definition }

        impl #generics #name #generics {
            #builder
            #methods
        }

        #implementation
        #outcome
        #end
    })
}

/// The type of what is known at the end.
fn end_type(family: &Family, lifetime: &Lifetime) -> TokenStream {
    let Some(end) = &family.end else {
        return quote!(());
    };
    let name = &end.name;
    let fields = Fields::new(&end.fields, lifetime);
    let generics = fields.is_borrowed.then(|| quote!(<#lifetime>));
    quote!(#name #generics)
}

fn end_struct(family: &Family, name: &Ident) -> TokenStream {
    let visibility = &family.visibility;
    let lifetime: Lifetime = parse_quote!('f);
    let fields = Fields::new(family.end_fields(), &lifetime);
    let generics = fields.is_borrowed.then(|| quote!(<#lifetime>));
    let definition = fields.definition();
    let builder = fields.builder();
    let doc = format!("What is known of [`{}`] at its end.", family.name);
    quote! {
        #[doc = #doc]
        #[derive(Debug, Clone)]
        #visibility struct #name #generics { #definition }

        impl #generics #name #generics { #builder }
    }
}

fn methods(family: &Family) -> TokenStream {
    let (end, given) = if family.end.is_some() {
        let end = end_type(family, &parse_quote!('e));
        (
            quote!(, end: impl for<'e> ::core::ops::FnOnce(&'e T) -> #end),
            quote!(end),
        )
    } else {
        (quote!(), quote!(|_| ()))
    };
    quote! {
        /// Starts the span as a child of the current one.
        #[inline]
        pub fn start(self) -> ::spankit::Guard<Self> {
            ::spankit::Guard::start(self, ::spankit::Parent::Current)
        }

        /// Starts the span as a child of `parent`, whatever is current: for other threads, and for siblings.
        #[inline]
        pub fn start_below(self, parent: &::spankit::Span) -> ::spankit::Guard<Self> {
            ::spankit::Guard::start(self, ::spankit::Parent::Span(parent))
        }

        /// Starts the span as the root of a trace of its own.
        #[inline]
        pub fn start_root(self) -> ::spankit::Guard<Self> {
            ::spankit::Guard::start(self, ::spankit::Parent::None)
        }

        /// Awaits `work` in the span, which ends with its result.
        pub async fn run<T, E>(
            self,
            work: impl ::core::future::Future<Output = ::core::result::Result<T, E>>
            #end
        ) -> ::core::result::Result<T, E> {
            self.start().run(work, #given).await
        }

        /// Calls `work` in the span, which ends with its result.
        #[inline]
        pub fn run_blocking<T, E>(
            self,
            work: impl ::core::ops::FnOnce() -> ::core::result::Result<T, E>
            #end
        ) -> ::core::result::Result<T, E> {
            ::spankit::Guard::start_and_run(self, work, #given)
        }
    }
}

fn implementation(
    family: &Family,
    generics: Option<&TokenStream>,
    end_type: &TokenStream,
) -> Result<TokenStream> {
    let Family {
        name,
        pattern,
        kind,
        ..
    } = family;
    let (parts, rest) = family.pattern_parts()?;
    let span_name = (!parts.is_empty()).then(|| {
        let format: String = parts
            .iter()
            .map(|(before, _)| format!("{before}{{}}"))
            .collect();
        let format = format + &rest;
        let names = parts.iter().map(|(_, name)| name);
        quote!(otel.name = %::core::format_args!(#format, #(self.#names),*),)
    });
    let span_kind = (kind != "internal").then(|| {
        let kind = kind.to_string();
        quote!(otel.kind = #kind,)
    });
    let start_keys: Vec<_> = family.start.iter().map(|field| &field.key).collect();
    let start_names: Vec<_> = family.start.iter().map(|field| &field.name).collect();
    let start_types = family.start.iter().map(static_type);
    let end_keys: Vec<_> = family.end_fields().iter().map(|field| &field.key).collect();
    let end_names: Vec<_> = family
        .end_fields()
        .iter()
        .map(|field| &field.name)
        .collect();
    let end_types = family.end_fields().iter().map(static_type);
    let outcome = family.outcome().into_iter();
    let outcome_key = match family.outcome() {
        Some(key) => quote!(::core::option::Option::Some(#key)),
        None => quote!(::core::option::Option::None),
    };
    let metrics = metrics(family);
    let declared_metrics = family
        .metrics
        .iter()
        .map(|metric| declared_metric(metric, family));
    let dimensions = dimension_keys(family);
    let kind_name = format_ident!("{}", capitalized(&kind.to_string()));
    Ok(quote! {
        impl #generics ::spankit::Family for #name #generics {
            type End<'e> = #end_type;

            const DECLARATION: ::spankit::Declaration = ::spankit::Declaration {
                name: #pattern,
                kind: ::spankit::Kind::#kind_name,
                start: &[#(::spankit::Attribute::of::<#start_types>(#start_keys)),*],
                end: &[#(::spankit::Attribute::of::<#end_types>(#end_keys)),*],
                outcome: #outcome_key,
                metrics: &[#(#declared_metrics),*],
                dimensions: &[#(#dimensions),*],
            };

            fn span(&self, parent: ::spankit::Parent<'_>) -> ::spankit::Span {
                macro_rules! make {
                    ($($parent:tt)*) => {
                        ::spankit::__private::tracing::info_span!(
                            $($parent)*
                            #pattern,
                            #span_name
                            #span_kind
                            #(#start_keys = ::spankit::Field::value(&self.#start_names),)*
                            #(#end_keys = ::spankit::__private::tracing::field::Empty,)*
                            #(#outcome = ::spankit::__private::tracing::field::Empty,)*
                            "error.type" = ::spankit::__private::tracing::field::Empty,
                            otel.status_code = ::spankit::__private::tracing::field::Empty,
                        )
                    };
                }
                match parent {
                    ::spankit::Parent::Current => make!(),
                    ::spankit::Parent::Span(span) => make!(parent: span,),
                    ::spankit::Parent::None => make!(parent: ::spankit::Span::none(),),
                }
            }

            fn record_end(span: &::spankit::Span, end: &Self::End<'_>) {
                let _ = (span, end);
                #(span.record(#end_keys, ::spankit::Field::value(&end.#end_names));)*
            }

            #metrics
        }
    })
}

fn metrics(family: &Family) -> Option<TokenStream> {
    if family.metrics.is_empty() {
        return None;
    }
    let values = family.metrics.iter().map(|metric| {
        let Metric {
            is_negated,
            source,
            instrument,
            name,
        } = metric;
        let instrument = if instrument == "counter" {
            "monotonic_counter"
        } else {
            "histogram"
        };
        let field = format!("{instrument}.{}", name.value());
        if source == "duration" {
            quote!(#field = measured.duration.as_secs_f64())
        } else if *is_negated {
            quote!(#field = measured.end.and_then(|end| ::spankit::__private::negated(end.#source)))
        } else {
            quote!(#field = measured.end.and_then(|end| ::spankit::Measure::number(&end.#source)))
        }
    });
    let keys = dimension_keys(family);
    let dimensions = family.dimensions.iter().zip(keys);
    let dimensions =
        dimensions.map(|(name, key)| quote!(#key = ::spankit::Field::value(&self.#name)));
    let outcome = family.outcome().into_iter();
    Some(quote! {
        fn measure(&self, measured: ::spankit::Measured<'_, '_, Self>) {
            ::spankit::__private::tracing::event!(
                target: "spankit::metrics",
                parent: ::spankit::Span::none(),
                ::spankit::__private::tracing::Level::INFO,
                #(#values,)*
                #(#dimensions,)*
                #(#outcome = measured.outcome,)*
                "error.type" = measured.error_type,
            );
        }
    })
}

/// The attributes by which the metrics are grouped.
fn dimension_keys(family: &Family) -> impl Iterator<Item = &LitStr> {
    let fields = family.dimensions.iter();
    fields.filter_map(|name| field_named(&family.start, name).map(|field| &field.key))
}

fn field_named<'f>(fields: &'f [Field], name: &Ident) -> Option<&'f Field> {
    fields.iter().find(|field| field.name == *name)
}

fn declared_metric(metric: &Metric, family: &Family) -> TokenStream {
    let Metric {
        is_negated,
        source,
        instrument,
        name,
    } = metric;
    let instrument = format_ident!("{}", capitalized(&instrument.to_string()));
    let field = field_named(family.end_fields(), source).filter(|_| source != "duration");
    let measured = field.map_or_else(|| parse_quote!(::core::time::Duration), static_type);
    let negation = if *is_negated { "!" } else { "" };
    let source = format!("{negation}{source}");
    quote! {
        ::spankit::Metric {
            name: #name,
            instrument: ::spankit::Instrument::#instrument,
            unit: <#measured as ::spankit::Field>::UNIT,
            of: #source,
        }
    }
}

/// The type of a field in a constant, which knows no borrow.
fn static_type(field: &Field) -> Type {
    let mut ty = field.ty.clone();
    borrow(&mut ty, &parse_quote!('static));
    ty
}

fn capitalized(word: &str) -> String {
    let mut chars = word.chars();
    chars
        .next()
        .map(|first| first.to_ascii_uppercase().to_string() + chars.as_str())
        .unwrap_or_default()
}
