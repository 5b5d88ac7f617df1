//! The routes of the JSON API that answer at once. They block.

use http::{Method, StatusCode};
use percent_encoding::percent_decode_str;
use serde::Serialize;

use crate::{
    api::{self, ApiError},
    core::Core,
    query::{self, Params, QueryError},
    receiver::read_line,
    store,
};

/// Lines of a file that could not be read, and are said.
const MAX_LINE_ERRORS: usize = 10;

/// A status and a JSON body.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    fn json(value: &impl Serialize) -> Self {
        match serde_json::to_vec(value) {
            Ok(body) => Self {
                status: StatusCode::OK,
                body,
            },
            Err(error) => Self::error(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string(), None),
        }
    }

    pub(crate) fn empty() -> Self {
        Self {
            status: StatusCode::NO_CONTENT,
            body: Vec::new(),
        }
    }

    pub(crate) fn error(status: StatusCode, text: &str, field: Option<String>) -> Self {
        let body = serde_json::to_vec(&ApiError {
            error: text.to_owned(),
            field,
        });
        Self {
            status,
            body: body.unwrap_or_default(),
        }
    }
}

impl From<QueryError> for Reply {
    fn from(error: QueryError) -> Self {
        let status = match &error {
            QueryError::Field { .. } => StatusCode::BAD_REQUEST,
            QueryError::Missing(_) | QueryError::Store(store::Error::NoRun(_)) => {
                StatusCode::NOT_FOUND
            }
            QueryError::Store(store::Error::Kept(..)) => StatusCode::CONFLICT,
            QueryError::Store(store::Error::TooSlow(_)) => StatusCode::SERVICE_UNAVAILABLE,
            QueryError::Store(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let text = error.to_string();
        let field = match error {
            QueryError::Field { field, .. } => Some(field),
            _ => None,
        };
        Self::error(status, &text, field)
    }
}

/// Answers `path`, which begins after `/api/`.
pub(crate) fn answer(core: &Core, method: &Method, path: &str, query: &str, body: &[u8]) -> Reply {
    let decoded: Vec<String> = path
        .split('/')
        .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
        .collect();
    let segments: Vec<&str> = decoded.iter().map(String::as_str).collect();
    let params = Params::from_query(query);
    let reply = match (method, segments.as_slice()) {
        (&Method::GET, segments) => get(core, segments, &params),
        (&Method::POST, ["runs", id]) => change_run(core, id, body),
        (&Method::DELETE, ["runs", id]) => core
            .store
            .remove(id)
            .map(|()| Reply::empty())
            .map_err(QueryError::from),
        (&Method::POST, ["open"]) => open(core, params.text("name").unwrap_or("opened file"), body),
        _ => Err(no_route()),
    };
    reply.unwrap_or_else(Reply::from)
}

fn no_route() -> QueryError {
    QueryError::Missing("such route with this method".to_owned())
}

fn get(core: &Core, segments: &[&str], params: &Params) -> Result<Reply, QueryError> {
    macro_rules! ask {
        ($query:expr) => {
            Reply::json(&core.ask(params, $query)?)
        };
    }
    Ok(match segments {
        ["status"] => Reply::json(&core.status(params)?),
        ["runs"] => Reply::json(&core.store.runs()),
        ["traces"] => ask!(|reader| query::traces(reader, params)),
        ["traces", "histogram"] => ask!(|reader| query::histogram(reader, params)),
        ["traces", id] => {
            let id = query::trace_id(id)?;
            ask!(|reader| query::trace(reader, id))
        }
        ["traces", id, "spans", span] => {
            let (id, span) = (query::trace_id(id)?, query::span_id(span)?);
            ask!(|reader| query::span(reader, id, span))
        }
        ["commands"] => ask!(|reader| query::commands(reader, params)),
        ["errors"] => ask!(|reader| query::errors(reader, params)),
        ["logs"] => ask!(|reader| query::logs(reader, params)),
        ["logs", "patterns"] => ask!(|reader| query::patterns(reader, params)),
        ["metrics"] => ask!(|reader| query::catalogue(reader, params)),
        ["metrics", name] => ask!(|reader| query::series(reader, name, params)),
        ["map"] => ask!(|reader| query::map(reader, params)),
        ["fields"] => ask!(|reader| query::fields(reader, params)),
        ["compare"] => Reply::json(&core.compare(params)?),
        _ => return Err(no_route()),
    })
}

fn change_run(core: &Core, id: &str, body: &[u8]) -> Result<Reply, QueryError> {
    let change: api::RunChange = serde_json::from_slice(body)
        .map_err(|error| QueryError::field("body", error.to_string()))?;
    Ok(Reply::json(&core.store.change(id, &change)?))
}

fn open(core: &Core, name: &str, body: &[u8]) -> Result<Reply, QueryError> {
    let mut errors = Vec::new();
    let mut counts = api::Counts::default();
    let lines = body
        .split(|byte| *byte == b'\n')
        .enumerate()
        .filter(|(_, line)| !line.trim_ascii().is_empty());
    let batches = lines.filter_map(|(number, line)| match read_line(line) {
        Ok(batch) => {
            counts.spans += batch.spans.len() as u64;
            counts.logs += batch.logs.len() as u64;
            counts.metric_points += batch.points.len() as u64;
            Some(batch)
        }
        Err(error) => {
            if errors.len() < MAX_LINE_ERRORS {
                errors.push(format!("line {}: {error}", number + 1));
            }
            None
        }
    });
    let run = core.store.import(name, batches)?;
    let state = core.store.read(Some(&run), |reader| reader.state())?;
    counts.traces = state.traces;
    counts.errors = state.errors;
    Ok(Reply::json(&api::OpenAnswer {
        run,
        counts,
        errors,
    }))
}
