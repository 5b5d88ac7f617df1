//! Answers from a SigNoz, by its `POST /api/v5/query_range`.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{
    arguments,
    catalogue::Definition,
    text::{Answer, cell},
    tools::Backend,
};
use crate::query::{Params, QueryError, lowest};

/// SigNoz itself ends a query after a minute.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The longest answer that is read.
const MAX_ANSWER_BYTES: u64 = 32 << 20;

/// The time that is asked for when none is named, as SigNoz's own server does.
const USUAL_MILLIS: f64 = 3_600_000.0;

/// A SigNoz.
pub(super) struct Signoz {
    agent: ureq::Agent,
    url: String,
    key: String,
}

impl Signoz {
    /// Takes address and key from `SIGNOZ_URL` and `SIGNOZ_API_KEY`.
    ///
    /// # Errors
    /// If one of them is missing.
    pub(super) fn from_environment() -> Result<Self, String> {
        let variable =
            |name: &str| std::env::var(name).map_err(|_| format!("the variable {name} is not set"));
        Ok(Self::new(
            variable("SIGNOZ_URL")?,
            variable("SIGNOZ_API_KEY")?,
        ))
    }

    pub(super) fn new(url: String, key: String) -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            .max_redirects(0)
            .http_status_as_error(false)
            .build();
        Self {
            agent: config.into(),
            url: url.trim_end_matches('/').to_owned(),
            key,
        }
    }

    fn request(&self, signal: &str, params: &Params, filter: &str) -> Result<Value, QueryError> {
        let now = crate::store::millis(crate::store::now());
        let instant = |name: &str, usual: f64| -> Result<i64, QueryError> {
            match params.text(name).map(str::parse::<f64>) {
                None => Ok(usual as i64),
                Some(Ok(millis)) if millis.is_finite() => Ok(millis as i64),
                Some(_) => Err(QueryError::field(
                    name,
                    "it is not a number of milliseconds since the Unix epoch",
                )),
            }
        };
        let page = params.page(20, 10_000)?;
        let mut spec = json!({
            "name": "A",
            "signal": signal,
            "disabled": false,
            "filter": { "expression": filter },
            "having": { "expression": "" },
        });
        let kind = if signal == "metrics" {
            let metric = params
                .text("metricName")
                .ok_or_else(|| QueryError::field("metricName", "a SigNoz needs it"))?;
            spec["aggregations"] = json!([{ "metricName": metric, "timeAggregation": "avg", "spaceAggregation": "avg" }]);
            let group_by = params
                .text("groupBy")
                .unwrap_or_default()
                .split(',')
                .map(str::trim)
                .filter(|name| !name.is_empty());
            spec["groupBy"] = group_by
                .map(|name| json!({ "name": name, "signal": "metrics" }))
                .collect();
            if let Some(seconds) = params.number::<u64>("stepInterval")? {
                spec["stepInterval"] = json!(seconds);
            }
            "time_series"
        } else {
            spec["limit"] = json!(page.limit);
            spec["offset"] = json!(page.offset);
            spec["order"] = json!([{ "key": { "name": "timestamp" }, "direction": "desc" }]);
            "raw"
        };
        Ok(json!({
            "schemaVersion": "v1",
            "start": instant("start", now - USUAL_MILLIS)?,
            "end": instant("end", now)?,
            "requestType": kind,
            "compositeQuery": { "queries": [{ "type": "builder_query", "spec": spec }] },
            "formatOptions": { "formatTableResultForUI": false, "fillGaps": false },
            "variables": {},
        }))
    }

    fn post(&self, request: &Value) -> Result<Value, QueryError> {
        let failed = |error: String| {
            QueryError::Missing(format!("answer from SigNoz at {}: {error}", self.url))
        };
        let body = serde_json::to_vec(request).map_err(|error| failed(error.to_string()))?;
        let mut response = self
            .agent
            .post(format!("{}/api/v5/query_range", self.url))
            .header("SIGNOZ-API-KEY", &self.key)
            .header("Content-Type", "application/json")
            .send(&body)
            .map_err(|error| failed(error.to_string()))?;
        let status = response.status();
        let text = response
            .body_mut()
            .with_config()
            .limit(MAX_ANSWER_BYTES)
            .read_to_string()
            .map_err(|error| failed(error.to_string()))?;
        if !status.is_success() {
            return Err(failed(format!("status {status}: {}", cell(&text))));
        }
        serde_json::from_str(&text).map_err(|error| failed(error.to_string()))
    }
}

impl Backend for Signoz {
    fn answer(
        &self,
        definition: &Definition,
        arguments: &Map<String, Value>,
    ) -> Result<String, QueryError> {
        let mut params = arguments::read(definition, arguments)?;
        if params.text("limit").is_none() {
            params.set("limit", "20");
        }
        let expression = arguments
            .get("filter")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let (signal, conditions, path) = match definition.name {
            "query_logs" => ("logs", logs(&params)?, "logs/logs-explorer"),
            "get_traces" => ("traces", traces(&params)?, "traces-explorer"),
            "query_metrics" => ("metrics", Vec::new(), "metrics-explorer/explorer"),
            other => {
                return Err(QueryError::Missing(format!(
                    "answer to {other} from a SigNoz; it has query_logs, get_traces and query_metrics"
                )));
            }
        };
        let filter = [expression.to_owned()]
            .into_iter()
            .filter(|text| !text.is_empty())
            .chain(conditions)
            .collect::<Vec<_>>()
            .join(" AND ");
        let request = self.request(signal, &params, &filter)?;
        let answer = self.post(&request)?;
        let results = answer
            .pointer("/data/data/results")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        let mut rows: Vec<&Value> = Vec::new();
        for result in &results {
            let lists = ["rows", "series", "data"]
                .iter()
                .filter_map(|name| result.get(name).and_then(Value::as_array));
            rows.extend(lists.flatten());
            let series = result
                .get("aggregations")
                .and_then(Value::as_array)
                .into_iter()
                .flatten();
            rows.extend(
                series
                    .filter_map(|one| one.get("series").and_then(Value::as_array))
                    .flatten(),
            );
        }
        let mut text = Answer::new(
            &params,
            &format!("{} rows of {signal} from SigNoz.", rows.len()),
        )?;
        for row in &rows {
            text.row(&cell_of(row));
        }
        let page = params.page(20, 10_000)?;
        let shown = text.shown();
        let has_more = text.is_full() || (signal != "metrics" && rows.len() >= page.limit);
        let next = if has_more {
            format!(
                "pagination: {{\"hasMore\":true,\"nextOffset\":{}}}",
                page.offset + shown
            )
        } else {
            "pagination: {\"hasMore\":false}".to_owned()
        };
        Ok(text.end(&next, Some(format!("{}/{path}", self.url))))
    }
}

/// A text in the quotes of SigNoz's filters.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

fn logs(params: &Params) -> Result<Vec<String>, QueryError> {
    let mut conditions = Vec::new();
    let mut add = |name: &str, operator: &str, parameter: &str| {
        if let Some(text) = params.text(parameter) {
            conditions.push(format!("{name} {operator} {}", quoted(text)));
        }
    };
    add("body", "CONTAINS", "search");
    add("service.name", "=", "service");
    add("trace_id", "=", "traceId");
    if let Some(severity) = params.text("severity") {
        conditions.push(format!("severity_number >= {}", lowest(severity)?));
    }
    Ok(conditions)
}

fn traces(params: &Params) -> Result<Vec<String>, QueryError> {
    let mut conditions = Vec::new();
    let mut add = |name: &str, parameter: &str| {
        if let Some(text) = params.text(parameter) {
            conditions.push(format!("{name} = {}", quoted(text)));
        }
    };
    add("service.name", "service");
    add("name", "operation");
    add("trace_id", "traceId");
    if let Some(error) = params.flag("error")? {
        conditions.push(format!("has_error = {error}"));
    }
    if let Some(nanos) = params.duration("minDuration")? {
        conditions.push(format!("duration_nano >= {nanos}"));
    }
    if let Some(nanos) = params.duration("maxDuration")? {
        conditions.push(format!("duration_nano <= {nanos}"));
    }
    Ok(conditions)
}

fn cell_of(row: &Value) -> String {
    let data = row.get("data").unwrap_or(row);
    let time = row
        .get("timestamp")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let fields = data
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(_, value)| !value.is_null() && **value != json!(""));
    let parts: Vec<String> = fields
        .map(|(name, value)| match value {
            Value::String(text) => format!("{}={}", cell(name), cell(text)),
            other => format!("{}={}", cell(name), cell(&other.to_string())),
        })
        .collect();
    format!("{time} {}", parts.join(" "))
        .trim_start()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use std::{
        io::{BufRead, BufReader, Read, Write},
        net::TcpListener,
        thread,
    };

    use super::*;
    use crate::mcp::{catalogue::TOOLS, tools::call as call_tool};

    /// Answers one request with `body`, and gives the head and the body that came.
    fn fake(body: &'static str) -> (String, thread::JoinHandle<(String, Value)>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let thread = thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                reader.read_line(&mut head).unwrap();
            }
            let length = head
                .to_lowercase()
                .split("content-length: ")
                .nth(1)
                .unwrap()
                .split("\r\n")
                .next()
                .unwrap()
                .parse()
                .unwrap();
            let mut request = vec![0; length];
            reader.read_exact(&mut request).unwrap();
            let mut stream = stream;
            write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )
            .unwrap();
            (head, serde_json::from_slice(&request).unwrap())
        });
        (url, thread)
    }

    fn call(name: &str, arguments: Value, body: &'static str) -> (String, String, Value) {
        let (url, thread) = fake(body);
        let signoz = Signoz::new(url, "the key".to_owned());
        let Value::Object(arguments) = arguments else {
            panic!("arguments are an object")
        };
        let text = call_tool(&signoz, name, &arguments).unwrap();
        let (head, request) = thread.join().unwrap();
        (text, head, request)
    }

    #[test]
    fn logs_are_asked_for_as_signoz_wants_it() {
        let body = r#"{"status":"success","data":{"type":"raw","data":{"results":[{"queryName":"A","rows":[
            {"timestamp":"2026-01-01T00:00:00Z","data":{"body":"it's down","severity_text":"ERROR"}}]}]}}}"#;
        let arguments = json!({ "service": "o'neil", "searchText": "down", "severity": "error", "filter": "k8s.pod.name != 'x'",
            "start": 1000, "end": "2000", "limit": 1 });
        // An operator that only SigNoz knows is left to it.
        let error = call_tool(
            &Signoz::new("http://127.0.0.1:9".to_owned(), String::new()),
            "query_logs",
            arguments.as_object().unwrap(),
        );
        assert!(matches!(error, Err(QueryError::Field { field, .. }) if field == "filter"));
        let mut arguments = arguments;
        arguments["filter"] = json!("k8s.pod.name = 'x'");
        let (text, head, request) = call("query_logs", arguments, body);
        assert!(
            head.starts_with("POST /api/v5/query_range HTTP/1.1\r\n"),
            "{head}"
        );
        assert!(
            head.to_lowercase().contains("signoz-api-key: the key\r\n"),
            "{head}"
        );
        let spec = &request["compositeQuery"]["queries"][0]["spec"];
        assert_eq!(
            spec["filter"]["expression"],
            "k8s.pod.name = 'x' AND body CONTAINS 'down' AND service.name = 'o\\'neil' AND severity_number >= 17"
        );
        assert_eq!(
            (&request["start"], &request["end"], &request["requestType"]),
            (&json!(1000), &json!(2000), &json!("raw"))
        );
        assert_eq!(
            (&spec["signal"], &spec["limit"], &spec["offset"]),
            (&json!("logs"), &json!(1), &json!(0))
        );
        assert!(
            text.contains("body=it's down severity_text=ERROR"),
            "{text}"
        );
        assert!(
            text.contains(r#"pagination: {"hasMore":true,"nextOffset":1}"#),
            "{text}"
        );
    }

    #[test]
    fn a_metric_is_a_time_series() {
        let body = r#"{"status":"success","data":{"type":"time_series","data":{"results":[{"queryName":"A","aggregations":[
            {"index":0,"series":[{"labels":[{"key":{"name":"host"},"value":"a"}],"values":[{"timestamp":1,"value":2.5}]}]}]}]}}}"#;
        let (text, _, request) = call(
            "query_metrics",
            json!({ "metricName": "cpu", "groupBy": "host", "stepInterval": 60 }),
            body,
        );
        let spec = &request["compositeQuery"]["queries"][0]["spec"];
        assert_eq!(spec["aggregations"][0]["metricName"], "cpu");
        assert_eq!(spec["groupBy"][0]["name"], "host");
        assert_eq!(
            (&spec["stepInterval"], &request["requestType"]),
            (&json!(60), &json!("time_series"))
        );
        assert!(text.contains("2.5"), "{text}");
    }

    #[test]
    fn other_tools_are_refused() {
        let signoz = Signoz::new("http://127.0.0.1:9".to_owned(), String::new());
        for definition in TOOLS
            .iter()
            .filter(|tool| !["query_logs", "get_traces", "query_metrics"].contains(&tool.name))
        {
            assert!(
                call_tool(&signoz, definition.name, &Map::new()).is_err(),
                "{}",
                definition.name
            );
        }
    }
}
