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

    /// Puts the rule for `cmd` into the context its span is about to start in, where the sampler finds
    /// it if it is asked: a page that sent its decision has applied the rule itself.
    pub(crate) fn apply(&self, cmd: &str, parent: Context) -> Context {
        match self.0.iter().find(|(pattern, _)| pattern.matches(cmd)) {
            Some((_, ratio)) => parent.with_value(Ratio(*ratio)),
            None => parent,
        }
    }
}

/// The sampler of the pipeline.
#[derive(Debug, Clone)]
pub(crate) struct AppSampler {
    /// Keeps the decision of whoever called us, if they are asked.
    parent_based: Option<Sampler>,
    root: Sampler,
}

impl AppSampler {
    pub(crate) fn new(config: config::TraceSampler) -> Self {
        // Only asked where there is a parent, so what it would say of a root does not matter.
        let parent_based = Sampler::ParentBased(Box::new(Sampler::AlwaysOff));
        Self {
            parent_based: config.parent_based.then_some(parent_based),
            root: ratio(config.ratio),
        }
    }
}

impl ShouldSample for AppSampler {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace_id: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        let has_parent = parent.is_some_and(TraceContextExt::has_active_span);
        let rule = parent
            .and_then(|cx| cx.get::<Ratio>())
            .map(|share| ratio(share.0));
        self.parent_based
            .as_ref()
            .filter(|_| has_parent)
            .or(rule.as_ref())
            .unwrap_or(&self.root)
            .should_sample(parent, trace_id, name, kind, attributes, links)
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

#[cfg(test)]
mod tests {
    use opentelemetry::{
        SpanId, TraceFlags,
        trace::{SpanContext, TraceState},
    };
    use opentelemetry_sdk::trace::SamplingDecision;

    use super::*;

    /// Whether the invoke of `cmd` is recorded, below a decision of its page if there is one.
    fn recorded(sampler: config::TraceSampler, cmd: &str, page: Option<bool>) -> bool {
        let rules = CommandRules::new(&[
            CommandRule {
                pattern: "refresh_now".into(),
                ratio: 1.0,
            },
            CommandRule {
                pattern: "refresh_*".into(),
                ratio: 0.0,
            },
        ]);
        let trace_id = TraceId::from(0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c);
        let parent = match page {
            Some(sampled) => Context::new().with_remote_span_context(SpanContext::new(
                trace_id,
                SpanId::from(1),
                TraceFlags::default().with_sampled(sampled),
                true,
                TraceState::NONE,
            )),
            None => Context::new(),
        };
        let parent = rules.apply(cmd, parent);
        AppSampler::new(sampler)
            .should_sample(Some(&parent), trace_id, cmd, &SpanKind::Server, &[], &[])
            .decision
            == SamplingDecision::RecordAndSample
    }

    const ALL: config::TraceSampler = config::TraceSampler {
        ratio: 1.0,
        parent_based: true,
    };
    const NONE: config::TraceSampler = config::TraceSampler { ratio: 0.0, ..ALL };

    #[test]
    fn the_first_rule_that_matches_decides_about_an_invoke_without_a_page() {
        assert!(recorded(ALL, "greet", None));
        assert!(!recorded(ALL, "refresh_list", None));
        assert!(!recorded(NONE, "greet", None));
        assert!(recorded(NONE, "refresh_now", None));
    }

    #[test]
    fn what_the_page_decided_stands() {
        assert!(recorded(NONE, "refresh_list", Some(true)));
        assert!(!recorded(ALL, "refresh_now", Some(false)));
    }

    #[test]
    fn without_parent_based_the_page_is_not_asked() {
        let always = config::TraceSampler {
            parent_based: false,
            ..ALL
        };
        assert!(recorded(always, "greet", Some(false)));
        assert!(!recorded(always, "refresh_list", Some(true)));
    }
}
