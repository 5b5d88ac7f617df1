//! Metrics, and one of them over time.

use super::{Answer, Local, cell};
use crate::{
    core::Core,
    query::{self, Params, QueryError},
};

impl Local {
    pub(super) fn metrics(&self, core: &Core, params: &Params) -> Result<String, QueryError> {
        let metrics = core.ask(params, |reader| query::catalogue(reader, params))?;
        let mut answer = Answer::new(params, &format!("{} metrics.", metrics.len()))?;
        for metric in &metrics {
            answer.row(&format!(
                "{} ({:?}, unit {}) services={} attributes={}",
                cell(&metric.name),
                metric.kind,
                cell(&metric.unit),
                cell(&metric.services.join(",")),
                cell(&metric.attributes.join(","))
            ));
        }
        Ok(answer.end(
            "query_metrics with metricName shows one over time.",
            self.url("metrics", params),
        ))
    }

    pub(super) fn metric(
        &self,
        core: &Core,
        params: &Params,
        name: &str,
    ) -> Result<String, QueryError> {
        let found = core.ask(params, |reader| query::series(reader, name, params))?;
        let summary = format!(
            "{} series over {} steps of {} s; each value is the {} of a step.",
            found.series.len() as u64 + found.more_series,
            found.times.len(),
            found.step,
            found.shows
        );
        let mut answer = Answer::new(params, &summary)?;
        answer.row(&format!(
            "{}, unit {}",
            cell(&found.metric.name),
            cell(&found.metric.unit)
        ));
        if let Some(first) = found.times.first() {
            answer.row(&format!("the first step begins at {first:.0} (Unix ms)"));
        }
        for series in &found.series {
            let labels: Vec<String> = series
                .labels
                .iter()
                .map(|(name, value)| format!("{}={}", cell(name), cell(value)))
                .collect();
            let values: Vec<String> = series
                .values
                .iter()
                .map(|value| {
                    value.map_or_else(
                        || "-".to_owned(),
                        |value| {
                            format!("{value:.6}")
                                .trim_end_matches('0')
                                .trim_end_matches('.')
                                .to_owned()
                        },
                    )
                })
                .collect();
            answer.row(&format!(
                "{} {}: {}",
                cell(&series.service),
                labels.join(","),
                values.join(" ")
            ));
        }
        for exemplar in found.exemplars.iter().take(5) {
            if let Some(trace) = &exemplar.trace_id {
                answer.row(&format!("exemplar {} traceId={trace}", exemplar.value));
            }
        }
        let next = if answer.is_full() {
            "Ask with a longer stepInterval, a filter or groupBy for fewer values."
        } else {
            ""
        };
        Ok(answer.end(
            next,
            self.url(
                &format!(
                    "metrics/{}",
                    percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC)
                ),
                params,
            ),
        ))
    }
}
