//! Which traces are recorded.
//!
//! A page decides about the traces it starts and sends the decision along; this side keeps it. What
//! starts here is decided here: by the rule for its command if there is one, else by the sampler of
//! the configuration.

use opentelemetry::{
    Context, KeyValue,
    trace::{Link, SpanKind, TraceContextExt, TraceId},
};
use opentelemetry_sdk::trace::{Sampler, SamplingResult, ShouldSample};
use wildmatch::WildMatch;

use crate::config::{self, CommandRule};

/// The share of traces to be recorded among those whose first span starts in a context with this.
#[derive(Debug, Clone, Copy)]
struct Ratio(f64);

/// The rules for single commands, ready to be matched.
#[derive(Debug)]
pub(crate) struct CommandRules(Vec<(WildMatch, f64)>);

impl CommandRules {
    pub(crate) fn new(rules: &[CommandRule]) -> Self {
        Self(
            rules
                .iter()
                .map(|rule| (WildMatch::new(&rule.pattern), rule.ratio))
                .collect(),
        )
    }

    /// Puts the rule for `cmd` into the context its span is about to start in. A context whose trace
    /// has already been decided about is left as it is.
    pub(crate) fn apply(&self, cmd: &str, parent: Context) -> Context {
        if parent.has_active_span() {
            return parent;
        }
        match self.0.iter().find(|(pattern, _)| pattern.matches(cmd)) {
            Some((_, ratio)) => parent.with_value(Ratio(*ratio)),
            None => parent,
        }
    }
}

/// The sampler of the pipeline.
pub(crate) fn sampler(config: config::Sampler) -> Sampler {
    let root = Root(ratio(config.ratio));
    if config.parent_based {
        Sampler::ParentBased(Box::new(root))
    } else {
        root.0
    }
}

fn ratio(ratio: f64) -> Sampler {
    // The two ends without arithmetic on the id, and with the descriptions people look for.
    if ratio >= 1.0 {
        Sampler::AlwaysOn
    } else if ratio <= 0.0 {
        Sampler::AlwaysOff
    } else {
        Sampler::TraceIdRatioBased(ratio)
    }
}

#[derive(Debug, Clone)]
struct Root(Sampler);

impl ShouldSample for Root {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace_id: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        let rule = parent.and_then(|cx| cx.get::<Ratio>()).map(|r| ratio(r.0));
        rule.as_ref()
            .unwrap_or(&self.0)
            .should_sample(parent, trace_id, name, kind, attributes, links)
    }
}
