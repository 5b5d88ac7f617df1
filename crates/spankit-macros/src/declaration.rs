//! Parses `span_family!` and rejects declarations that make no sense.

use std::collections::HashSet;

use syn::{
    Attribute, Error, GenericArgument, Ident, LitStr, PathArguments, Result, Token, Type,
    Visibility, braced, parenthesized,
    parse::{Parse, ParseStream},
    punctuated::Punctuated,
};

mod keyword {
    syn::custom_keyword!(by);
    syn::custom_keyword!(metrics);
    syn::custom_keyword!(outcome);
    syn::custom_keyword!(span);
}

/// `tracing` has room for 32 fields in a span. Four of them are ours: `otel.name`, `otel.kind`, `otel.status_code`
/// and `error.type`.
const MAX_FIELDS: usize = 28;

const KINDS: [&str; 5] = ["internal", "client", "server", "producer", "consumer"];

/// Everything in one `span_family!`.
pub struct Items(pub Vec<Item>);

pub enum Item {
    Enum(Labels),
    Family(Box<Family>),
}

/// `enum Name { Variant = "value", … }`
pub struct Labels {
    pub attributes: Vec<Attribute>,
    pub visibility: Visibility,
    pub name: Ident,
    pub labels: Punctuated<Label, Token![,]>,
}

pub struct Label {
    pub attributes: Vec<Attribute>,
    pub name: Ident,
    pub value: LitStr,
}

/// `span Name("pattern", kind) { … } => NameEnd { … } metrics by(…) { … }`
pub struct Family {
    pub attributes: Vec<Attribute>,
    pub visibility: Visibility,
    pub name: Ident,
    pub pattern: LitStr,
    pub kind: Ident,
    pub start: Vec<Field>,
    pub end: Option<End>,
    pub dimensions: Vec<Ident>,
    pub metrics: Vec<Metric>,
}

pub struct End {
    pub name: Ident,
    pub fields: Vec<Field>,
    pub outcome: Option<LitStr>,
}

/// `name: Type = "attribute.name"`
pub struct Field {
    pub attributes: Vec<Attribute>,
    pub name: Ident,
    pub ty: Type,
    pub key: LitStr,
}

/// `field: counter = "metric.name"`, or `!field: …` for how often a `bool` is false.
pub struct Metric {
    pub is_negated: bool,
    pub source: Ident,
    pub instrument: Ident,
    pub name: LitStr,
}

impl Parse for Items {
    fn parse(input: ParseStream) -> Result<Self> {
        let mut items = Vec::new();
        while !input.is_empty() {
            items.push(input.parse()?);
        }
        Ok(Self(items))
    }
}

impl Parse for Item {
    fn parse(input: ParseStream) -> Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility: Visibility = input.parse()?;
        let next = input.lookahead1();
        if next.peek(Token![enum]) {
            input.parse::<Token![enum]>()?;
            let name = input.parse()?;
            let body;
            braced!(body in input);
            let labels = body.parse_terminated(Label::parse, Token![,])?;
            return Ok(Self::Enum(Labels {
                attributes,
                visibility,
                name,
                labels,
            }));
        }
        if !next.peek(keyword::span) {
            return Err(next.error());
        }
        let family = Family::parse(attributes, visibility, input)?;
        family.check()?;
        Ok(Self::Family(Box::new(family)))
    }
}

impl Parse for Label {
    fn parse(input: ParseStream) -> Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let name = input.parse()?;
        input.parse::<Token![=]>()?;
        let value = input.parse()?;
        Ok(Self {
            attributes,
            name,
            value,
        })
    }
}

impl Family {
    fn parse(
        attributes: Vec<Attribute>,
        visibility: Visibility,
        input: ParseStream,
    ) -> Result<Self> {
        input.parse::<keyword::span>()?;
        let name = input.parse()?;
        let head;
        parenthesized!(head in input);
        let pattern = head.parse()?;
        head.parse::<Token![,]>()?;
        let kind: Ident = head.parse()?;
        if !KINDS.iter().any(|known| kind == known) {
            let message = format!(
                "a span is not of the kind `{kind}`; the kinds are {}",
                KINDS.join(", ")
            );
            return Err(Error::new(kind.span(), message));
        }
        let body;
        braced!(body in input);
        let start = body.parse_terminated(Field::parse, Token![,])?;
        let end = if input.peek(Token![=>]) {
            input.parse::<Token![=>]>()?;
            Some(input.parse()?)
        } else {
            None
        };
        let mut dimensions = Vec::new();
        let mut metrics = Vec::new();
        if input.peek(keyword::metrics) {
            input.parse::<keyword::metrics>()?;
            if input.peek(keyword::by) {
                input.parse::<keyword::by>()?;
                let names;
                parenthesized!(names in input);
                dimensions.extend(names.parse_terminated(Ident::parse, Token![,])?);
            }
            let body;
            braced!(body in input);
            metrics.extend(body.parse_terminated(Metric::parse, Token![,])?);
        }
        Ok(Self {
            attributes,
            visibility,
            name,
            pattern,
            kind,
            start: start.into_iter().collect(),
            end,
            dimensions,
            metrics,
        })
    }

    pub fn end_fields(&self) -> &[Field] {
        self.end.as_ref().map_or(&[], |end| &end.fields)
    }

    pub fn outcome(&self) -> Option<&LitStr> {
        self.end.as_ref()?.outcome.as_ref()
    }

    /// The names in the braces of the pattern, each with what precedes it, and what follows the last one.
    pub fn pattern_parts(&self) -> Result<(Vec<(String, Ident)>, String)> {
        let wrong = |message: String| Error::new(self.pattern.span(), message);
        let pattern = self.pattern.value();
        let mut rest = pattern.as_str();
        let mut parts = Vec::new();
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after
                .split_once('}')
                .ok_or_else(|| wrong(format!("`{pattern}` has a `{{` without its `}}`")))?;
            let name = syn::parse_str::<Ident>(name)
                .map_err(|_| wrong(format!("`{{{name}}}` is not the name of a field")))?;
            let field = self.start.iter().find(|field| field.name == name);
            let field = field.ok_or_else(|| {
                wrong(format!(
                    "the name of the span needs `{name}`, which is not a field known at its start"
                ))
            })?;
            if field.optional().is_some() {
                return Err(wrong(format!(
                    "the name of the span needs `{name}`, which is optional; make it `{name}: T` without `Option`"
                )));
            }
            parts.push((before.to_owned(), name));
            rest = after;
        }
        if rest.contains('}') {
            return Err(wrong(format!("`{pattern}` has a `}}` without its `{{`")));
        }
        Ok((parts, rest.to_owned()))
    }

    fn check(&self) -> Result<()> {
        self.pattern_parts()?;
        let mut keys = HashSet::new();
        let fields = self.start.iter().chain(self.end_fields());
        let keys_of_fields = fields.map(|field| &field.key);
        for key in keys_of_fields.chain(self.outcome()) {
            check_key(key)?;
            if !keys.insert(key.value()) {
                let message = format!("the attribute `{}` is declared twice", key.value());
                return Err(Error::new(key.span(), message));
            }
        }
        if keys.len() > MAX_FIELDS {
            let message = format!(
                "a family has at most {MAX_FIELDS} attributes, because `tracing` has room for 32 and four are taken"
            );
            return Err(Error::new(self.name.span(), message));
        }
        for name in &self.dimensions {
            if !self.start.iter().any(|field| field.name == *name) {
                let message = format!(
                    "metrics are grouped by fields known at the start, and `{name}` is none of them"
                );
                return Err(Error::new(name.span(), message));
            }
        }
        self.metrics
            .iter()
            .try_for_each(|metric| self.check_metric(metric))
    }

    fn check_metric(&self, metric: &Metric) -> Result<()> {
        let Metric {
            is_negated,
            source,
            instrument,
            name,
        } = metric;
        check_key(name)?;
        if instrument != "counter" && instrument != "histogram" {
            let message =
                format!("`{instrument}` is not an instrument; there are counter and histogram");
            return Err(Error::new(instrument.span(), message));
        }
        let is_duration = source == "duration";
        if is_duration && (*is_negated || instrument != "histogram") {
            let message = "the duration of a span is a histogram";
            return Err(Error::new(instrument.span(), message));
        }
        if !is_duration && !self.end_fields().iter().any(|field| field.name == *source) {
            let message = format!(
                "a metric is the `duration` or a field known at the end, and `{source}` is none of them"
            );
            return Err(Error::new(source.span(), message));
        }
        Ok(())
    }
}

/// Names as OpenTelemetry writes them, which are not ours to set.
fn check_key(key: &LitStr) -> Result<()> {
    let name = key.value();
    let is_part = |part: &str| {
        part.starts_with(|first: char| first.is_ascii_lowercase())
            && part
                .chars()
                .all(|char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '_')
    };
    if !name.split('.').all(is_part) {
        let message = format!("`{name}` is not a name such as `storage.bytes_read`");
        return Err(Error::new(key.span(), message));
    }
    if name.starts_with("otel.") || name == "error.type" {
        let message = format!("`{name}` is set by the end of the span");
        return Err(Error::new(key.span(), message));
    }
    Ok(())
}

impl Parse for End {
    fn parse(input: ParseStream) -> Result<Self> {
        let name = input.parse()?;
        let body;
        braced!(body in input);
        let mut fields = Vec::new();
        let mut outcome = None;
        while !body.is_empty() {
            if body.peek(keyword::outcome) && body.peek2(Token![=]) {
                body.parse::<keyword::outcome>()?;
                body.parse::<Token![=]>()?;
                outcome = Some(body.parse()?);
            } else {
                fields.push(body.parse()?);
            }
            if !body.is_empty() {
                body.parse::<Token![,]>()?;
            }
        }
        Ok(Self {
            name,
            fields,
            outcome,
        })
    }
}

/// Methods of the struct that a family becomes.
const METHODS: [&str; 6] = [
    "new",
    "start",
    "start_below",
    "start_root",
    "run",
    "run_blocking",
];

impl Parse for Field {
    fn parse(input: ParseStream) -> Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let name: Ident = input.parse()?;
        if METHODS.iter().any(|method| name == method) {
            let message =
                format!("`{name}` is a method of every family; give the field another name");
            return Err(Error::new(name.span(), message));
        }
        input.parse::<Token![:]>()?;
        let ty = input.parse()?;
        input.parse::<Token![=]>()?;
        let key = input.parse()?;
        Ok(Self {
            attributes,
            name,
            ty,
            key,
        })
    }
}

impl Field {
    /// The `T` of an `Option<T>`.
    pub fn optional(&self) -> Option<&Type> {
        let Type::Path(path) = &self.ty else {
            return None;
        };
        let last = path.path.segments.last()?;
        match &last.arguments {
            PathArguments::AngleBracketed(arguments) if last.ident == "Option" => {
                match arguments.args.first()? {
                    GenericArgument::Type(inner) => Some(inner),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

impl Parse for Metric {
    fn parse(input: ParseStream) -> Result<Self> {
        let is_negated = input.parse::<Option<Token![!]>>()?.is_some();
        let source = input.parse()?;
        input.parse::<Token![:]>()?;
        let instrument = input.parse()?;
        input.parse::<Token![=]>()?;
        let name = input.parse()?;
        Ok(Self {
            is_negated,
            source,
            instrument,
            name,
        })
    }
}
