//! Answers from the runs of the viewer: one file for each kind of question.

mod compare;
mod errors;
mod fields;
mod logs;
mod metrics;
mod status;
mod traces;

use std::{fmt::Write, sync::Arc};

use serde_json::{Map, Value};

use super::{
    arguments,
    catalogue::Definition,
    text::{Answer, cell},
    tools::Backend,
};
use crate::{
    api::{Attributes, Pagination},
    core::Core,
    query::{Params, QueryError},
};

/// Rows when nothing is asked for.
const USUAL_ROWS: &str = "20";

/// Answers from the runs of the viewer.
pub(in crate::mcp) struct Local {
    pub(in crate::mcp) core: Arc<Core>,
    /// The address of the page.
    pub(in crate::mcp) web: Option<String>,
    /// The token that its links have.
    pub(in crate::mcp) token: Option<String>,
}

impl Backend for Local {
    fn answer(
        &self,
        tool: &Definition,
        arguments: &Map<String, Value>,
    ) -> Result<String, QueryError> {
        let core = &*self.core;
        let mut params = arguments::read(tool, arguments)?;
        if params.text("limit").is_none() {
            params.set("limit", USUAL_ROWS);
        }
        match tool.name {
            "status" => self.status(core, &params),
            "query_logs" => self.logs(core, &params),
            "get_traces" => match params.trace_id()? {
                Some(id) => self.trace(core, &params, id),
                None => self.traces(core, params),
            },
            "query_metrics" => match params.text("metricName") {
                Some(metric) => self.metric(core, &params, metric),
                None => self.metrics(core, &params),
            },
            "get_fields" => self.fields(core, &params),
            "find_errors" => self.errors(core, &params),
            _ => self.compare(core, &params),
        }
    }
}

impl Local {
    fn url(&self, view: &str, params: &Params) -> Option<String> {
        let mut shown = Params::default();
        for name in [
            "run",
            "service",
            "command",
            "window",
            "search",
            "error",
            "minDuration",
            "maxDuration",
            "start",
            "end",
            "severity",
        ] {
            if let Some(value) = params.text(name) {
                shown.set(name, value);
            }
        }
        self.link(view, shown)
    }

    fn link(&self, view: &str, mut params: Params) -> Option<String> {
        let web = self.web.as_ref()?;
        if let Some(token) = &self.token {
            params.set("token", token);
        }
        let query = params.to_query();
        let mark = if query.is_empty() { "" } else { "?" };
        Some(format!("{web}/#/{view}{mark}{query}"))
    }
}

fn append(row: &mut String, attributes: &Attributes) {
    for (key, value) in attributes {
        let value = match value {
            crate::api::AttributeValue::String(text) => text.clone(),
            other => serde_json::to_string(other).unwrap_or_default(),
        };
        let _ = write!(row, " {}={}", cell(key), cell(&value));
    }
}

fn more(pagination: &Pagination) -> &'static str {
    if pagination.has_more {
        " (there are more)"
    } else {
        ""
    }
}

/// The pagination of what is really shown: a cut answer ends earlier than its page.
fn next(answer: &Answer, params: &Params, pagination: &Pagination) -> String {
    let next = if answer.is_full() {
        let offset: usize = params.number("offset").ok().flatten().unwrap_or(0);
        Some((offset + answer.shown()) as u64)
    } else {
        pagination.next_offset
    };
    match next {
        Some(offset) => format!("pagination: {{\"hasMore\":true,\"nextOffset\":{offset}}}"),
        None => "pagination: {\"hasMore\":false}".to_owned(),
    }
}
