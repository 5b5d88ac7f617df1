//! The tools as a client sees them. All of it has at most 3 000 tokens, because every conversation pays for it.

use std::sync::Arc;

use rmcp::model::{Tool, ToolAnnotations};
use serde_json::{Map, Value, json};

/// A name, a type of JSON Schema, and what it means.
type Parameter = (&'static str, &'static str, &'static str);

pub(super) struct Definition {
    pub(super) name: &'static str,
    description: &'static str,
    parameters: &'static [&'static [Parameter]],
}

const PERIOD: &[Parameter] = &[
    (
        "timeRange",
        "string",
        "the last 30m, 1h, 24h, 7d; default: the whole run",
    ),
    (
        "start",
        "number",
        "Unix ms; with end, in place of timeRange",
    ),
    ("end", "number", "Unix ms"),
];
const PAGE: &[Parameter] = &[
    ("limit", "number", "rows, default 20"),
    ("offset", "number", "rows to skip"),
    (
        "maxTokens",
        "number",
        "length of the answer, default 4000, at most 8000",
    ),
];
const SERVICE: &[Parameter] = &[("service", "string", "service.name")];
const FILTER: &[Parameter] = &[(
    "filter",
    "string",
    "attribute = 'value' AND …; only = and AND",
)];
const RUN: &[Parameter] = &[("run", "string", "id of a run; default: the newest")];

pub(super) const TOOLS: [Definition; 7] = [
    Definition {
        name: "status",
        description: "Start here: what the viewer holds (runs, services, windows, commands, counts, time), and what is missing.",
        parameters: &[RUN],
    },
    Definition {
        name: "query_logs",
        description: "Log records, the newest first.",
        parameters: &[
            RUN,
            SERVICE,
            &[
                (
                    "severity",
                    "string",
                    "the lowest: trace, debug, info, warn, error, fatal",
                ),
                ("searchText", "string", "words of the body"),
                ("traceId", "string", "only those of a trace"),
            ],
            FILTER,
            PERIOD,
            PAGE,
        ],
    },
    Definition {
        name: "get_traces",
        description: "Traces, the newest first; with traceId one trace: tree of spans, critical path, invokes, errors, logs, gaps.",
        parameters: &[
            RUN,
            &[("traceId", "string", "one trace, 32 hex digits")],
            SERVICE,
            &[
                (
                    "operation",
                    "string",
                    "a command, or part of the root's name",
                ),
                ("window", "string", "label of a window"),
                ("error", "boolean", "with or without errors"),
                ("minDuration", "string", "nanoseconds, or as 5ms"),
                ("maxDuration", "string", "likewise"),
                ("sort", "string", "newest or slowest"),
            ],
            FILTER,
            PERIOD,
            PAGE,
        ],
    },
    Definition {
        name: "query_metrics",
        description: "Without metricName the list of metrics; with it its values over time.",
        parameters: &[
            RUN,
            &[("metricName", "string", "name of the metric")],
            SERVICE,
            FILTER,
            &[
                ("groupBy", "string", "attributes, separated by commas"),
                ("stepInterval", "number", "seconds of a step"),
                ("searchText", "string", "part of the name, for the list"),
            ],
            PERIOD,
            &[("maxTokens", "number", "length of the answer")],
        ],
    },
    Definition {
        name: "get_fields",
        description: "Names of attributes to filter by; with name the values of one.",
        parameters: &[
            RUN,
            &[
                ("signal", "string", "traces, logs or metrics"),
                ("name", "string", "the attribute whose values are asked for"),
                ("searchText", "string", "part of the name or value"),
                ("maxTokens", "number", "length of the answer"),
            ],
        ],
    },
    Definition {
        name: "find_errors",
        description: "Errors by type and place, with the newest example and its trace.",
        parameters: &[
            RUN,
            SERVICE,
            &[("searchText", "string", "part of type, place or message")],
            PERIOD,
            PAGE,
        ],
    },
    Definition {
        name: "compare",
        description: "Two runs or spans of time by command: p50/p95, errors, new and gone, and whether it is more than noise.",
        parameters: &[
            &[
                ("runA", "string", "the run before; default: the newest"),
                ("runB", "string", "the run after; default: the newest"),
                ("startA", "number", "Unix ms"),
                ("endA", "number", "Unix ms"),
                ("startB", "number", "Unix ms"),
                ("endB", "number", "Unix ms"),
                ("maxTokens", "number", "length of the answer"),
            ],
            SERVICE,
        ],
    },
];

impl Definition {
    pub(super) fn has(&self, parameter: &str) -> bool {
        self.parameters
            .iter()
            .copied()
            .flatten()
            .any(|(name, ..)| *name == parameter)
    }

    pub(super) fn names(&self) -> String {
        let names: Vec<&str> = self
            .parameters
            .iter()
            .copied()
            .flatten()
            .map(|(name, ..)| *name)
            .collect();
        names.join(", ")
    }
}

pub(super) fn tools() -> Vec<Tool> {
    TOOLS.iter().map(tool).collect()
}

fn tool(definition: &Definition) -> Tool {
    let parameters = definition.parameters.iter().copied().flatten();
    let properties: Map<String, Value> = parameters
        .map(|(name, kind, description)| {
            // Clients are not of one mind whether a number is a text.
            let kind = if *kind == "string" {
                json!(kind)
            } else {
                json!([kind, "string"])
            };
            (
                (*name).to_owned(),
                json!({ "type": kind, "description": description }),
            )
        })
        .collect();
    let mut schema = Map::new();
    schema.insert("type".to_owned(), json!("object"));
    schema.insert("properties".to_owned(), properties.into());
    let mut tool = Tool::new(definition.name, definition.description, Arc::new(schema));
    tool.annotations = Some(ToolAnnotations::new().read_only(true));
    tool
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_has_at_most_3000_tokens() {
        let bytes = serde_json::to_string(&tools()).unwrap().len();
        let tokens = bytes / super::super::text::BYTES_PER_TOKEN;
        assert!(tokens <= 3000, "{tokens}");
    }
}
