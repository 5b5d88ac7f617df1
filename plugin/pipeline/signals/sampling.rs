//! Decides which traces are recorded.
//!
//! A page decides about the traces that it starts, and its header carries the decision: Rust follows it. About a trace
//! that starts in Rust, the rule for its command decides if there is one, and else the sampler of the configuration.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use opentelemetry::{
    Context, KeyValue,
    trace::{Link, SpanKind, TraceContextExt, TraceId},
};
use opentelemetry_sdk::trace::{Sampler, SamplingDecision, SamplingResult, ShouldSample};
use wildmatch::WildMatch;

use crate::{config::CommandRule, pipeline::gate::Gate};

/// In a context: the share of traces to record, if the span that starts in this context is the first of its trace.
#[derive(Debug, Clone, Copy)]
struct Ratio(f64);

/// The sampling rules for commands, with compiled patterns.
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

    /// The context in which the span of `cmd` has to start: `parent`, with the ratio of the first rule that matches. The
    /// sampler reads the ratio only if the trace starts here. If it started in a page, the page has applied the rule.
    pub(crate) fn apply(&self, cmd: &str, parent: Context) -> Context {
        match self.0.iter().find(|(pattern, _)| pattern.matches(cmd)) {
            Some((_, ratio)) => parent.with_value(Ratio(*ratio)),
            None => parent,
        }
    }
}

/// The share of traces that are recorded among those that start here. It can change while the app runs.
#[derive(Debug)]
pub(crate) struct RootRatio(AtomicU64);

impl RootRatio {
    pub(crate) fn new(ratio: f64) -> Self {
        Self(AtomicU64::new(ratio.to_bits()))
    }

    pub(crate) fn get(&self) -> f64 {
        f64::from_bits(self.0.load(Ordering::Relaxed))
    }

    pub(crate) fn set(&self, ratio: f64) {
        self.0.store(ratio.to_bits(), Ordering::Relaxed);
    }

    /// Whether a trace that starts here is recorded.
    pub(crate) fn takes(&self, trace_id: TraceId) -> bool {
        let kind = &SpanKind::Internal;
        let result = ratio(self.get()).should_sample(None, trace_id, "", kind, &[], &[]);
        result.decision == SamplingDecision::RecordAndSample
    }
}

impl Default for RootRatio {
    fn default() -> Self {
        Self::new(1.0)
    }
}

/// The sampler of the pipeline.
#[derive(Debug, Clone)]
pub(crate) struct AppSampler {
    /// Follows the decision of the parent span. `None` if the configured sampler ignores parents.
    parent_based: Option<Sampler>,
    root: Arc<RootRatio>,
    gate: Arc<Gate>,
}

impl AppSampler {
    /// While `gate` refuses what is recorded, no span is.
    pub(crate) fn new(parent_based: bool, root: Arc<RootRatio>, gate: Arc<Gate>) -> Self {
        // Asked only where there is a parent, so the sampler for roots that it contains is never used.
        let sampler = Sampler::ParentBased(Box::new(Sampler::AlwaysOff));
        Self {
            parent_based: parent_based.then_some(sampler),
            root,
            gate,
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
        if self.gate.refuses() {
            return Sampler::AlwaysOff
                .should_sample(parent, trace_id, name, kind, attributes, links);
        }
        // A span that is active need not be one: the `tracing` spans of Tauri have none of OpenTelemetry.
        let has_parent = parent.is_some_and(|cx| cx.span().span_context().is_valid());
        let rule = parent.and_then(|cx| cx.get::<Ratio>()).map(|share| share.0);
        let root = ratio(rule.unwrap_or_else(|| self.root.get()));
        self.parent_based
            .as_ref()
            .filter(|_| has_parent)
            .unwrap_or(&root)
            .should_sample(parent, trace_id, name, kind, attributes, links)
    }
}

fn ratio(ratio: f64) -> Sampler {
    // At 0 and 1 the trace id does not matter, and the SDK's own samplers say so in their descriptions.
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
    use crate::{config, pipeline::gate::ConsentState};

    fn sampler(config: config::TraceSampler, consent: ConsentState) -> AppSampler {
        let root = Arc::new(RootRatio::new(config.ratio));
        AppSampler::new(config.parent_based, root, Arc::new(Gate::new(consent)))
    }

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
        self::sampler(sampler, ConsentState::Pending)
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

    /// The `tracing` spans of Tauri have none of OpenTelemetry, but they can be current.
    #[test]
    fn a_parent_that_is_no_span_decides_nothing() {
        let parent = Context::new().with_remote_span_context(SpanContext::NONE);
        let sampled = sampler(ALL, ConsentState::Granted).should_sample(
            Some(&parent),
            TraceId::from(1),
            "a",
            &SpanKind::Internal,
            &[],
            &[],
        );
        assert_eq!(sampled.decision, SamplingDecision::RecordAndSample);
    }

    #[test]
    fn what_the_page_decided_stands() {
        assert!(recorded(NONE, "refresh_list", Some(true)));
        assert!(!recorded(ALL, "refresh_now", Some(false)));
    }

    #[test]
    fn without_consent_no_span_is_recorded_whatever_else_is_decided() {
        let sampler = sampler(ALL, ConsentState::Denied);
        let trace_id = TraceId::from(1);
        let decided = sampler.should_sample(None, trace_id, "a", &SpanKind::Server, &[], &[]);
        assert_eq!(decided.decision, SamplingDecision::Drop);
    }

    #[test]
    fn the_ratio_can_change_while_the_app_runs() {
        let sampler = sampler(ALL, ConsentState::Granted);
        sampler.root.set(0.0);
        let trace_id = TraceId::from(1);
        let decided = sampler.should_sample(None, trace_id, "a", &SpanKind::Server, &[], &[]);
        assert_eq!(decided.decision, SamplingDecision::Drop);
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
