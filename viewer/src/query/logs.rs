//! Log records.

use opentelemetry_proto::tonic::logs::v1::LogRecord as OtlpRecord;
use rusqlite::{Row, types::Value};

use super::{
    attributes::Attributes,
    blob, paginate,
    params::{Params, QueryError, hex},
};
use crate::{
    api::{LogRecord, LogsAnswer, Severity},
    intake::{as_json, join_log},
    store::{Reader, millis},
};

/// Records of a trace that come with it.
const MAX_OF_TRACE: usize = 1000;

/// Characters of a body that an answer has. A page of records is asked for again and again.
const MAX_BODY: usize = 10_000;

/// What an answer has of a record, read from a table `logs`, and the names that it only has numbers of.
const COLUMNS: &str = "logs.id, logs.time, logs.severity, resources.service, scopes.name, logs.trace_id, logs.body, logs.rest, logs.resource";
const NAMES: &str =
    "JOIN resources ON resources.id = logs.resource JOIN scopes ON scopes.id = logs.scope";

/// A page of the records that the parameters ask for, the newest first; with `after` the oldest first. What is searched for by words
/// comes in the order of arrival.
pub(crate) fn logs(reader: &mut Reader, params: &Params) -> Result<LogsAnswer, QueryError> {
    let page = params.page(100, 1000)?;
    let mut items = Vec::new();
    let mut skipped = 0;
    each(reader, params, &mut |record| {
        if skipped < page.offset {
            skipped += 1;
        } else {
            items.push(record);
        }
        items.len() <= page.limit
    })?;
    let pagination = paginate(&mut items, page);
    Ok(LogsAnswer { items, pagination })
}

/// What records have to be like, for the statements that read them.
pub(super) struct Conditions {
    pub(super) from: &'static str,
    all: Vec<&'static str>,
    pub(super) values: Vec<Value>,
    attributes: Attributes,
}

impl Conditions {
    pub(super) fn new(reader: &Reader, params: &Params) -> Result<Self, QueryError> {
        let period = params.period()?;
        let mut own = Self {
            from: "logs",
            all: vec!["logs.time >= ?", "logs.time < ?"],
            values: vec![period.start.into(), period.end.into()],
            attributes: Attributes::new(reader, params)?,
        };
        if let Some(search) = params.text("search") {
            own.from = "log_words CROSS JOIN logs ON logs.id = log_words.rowid";
            own.add("log_words MATCH ?", words(search));
        }
        if let Some(severity) = params.text("severity") {
            own.add("logs.severity >= ?", i64::from(lowest(severity)?));
        }
        if let Some(service) = params.text("service") {
            own.add(
                "logs.resource IN (SELECT id FROM resources WHERE service = ?)",
                service.to_owned(),
            );
        }
        if let Some(trace_id) = params.trace_id()? {
            own.add("logs.trace_id = ?", trace_id.to_vec());
        }
        Ok(own)
    }

    fn add(&mut self, condition: &'static str, value: impl Into<Value>) {
        self.all.push(condition);
        self.values.push(value.into());
    }

    /// All of them, behind `WHERE`.
    pub(super) fn text(&self) -> String {
        self.all.join(" AND ")
    }

    /// Whether a record, or its resource, has the attributes, which no statement can tell.
    pub(super) fn passes(&self, record: &OtlpRecord, resource: i64) -> bool {
        self.attributes.are_of(&record.attributes, resource)
    }
}

/// Calls `take` with the records until it says no.
pub(super) fn each(
    reader: &Reader,
    params: &Params,
    take: &mut dyn FnMut(LogRecord) -> bool,
) -> Result<(), QueryError> {
    let mut conditions = Conditions::new(reader, params)?;
    let order = if let Some(after) = params.number::<i64>("after")? {
        conditions.add("logs.id > ?", after);
        "logs.id"
    } else if params.text("search").is_some() {
        // The index of the words gives this order by itself. By time, all records with the words would be read and sorted first.
        "log_words.rowid DESC"
    } else {
        "logs.time DESC, logs.id DESC"
    };
    let sql = format!(
        "SELECT {COLUMNS} FROM {} {NAMES} WHERE {} ORDER BY {order}",
        conditions.from,
        conditions.text()
    );
    let mut statement = reader.connection.prepare_cached(&sql)?;
    let mut rows = statement.query(rusqlite::params_from_iter(&conditions.values))?;
    while let Some(row) = rows.next()? {
        let found = Found::new(row)?;
        if conditions.passes(&found.record, found.resource) && !take(found.api()) {
            break;
        }
    }
    Ok(())
}

/// The records of a trace by time.
pub(super) fn of_trace(reader: &Reader, trace_id: &[u8; 16]) -> Result<Vec<LogRecord>, QueryError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM logs {NAMES} WHERE logs.trace_id = ? ORDER BY logs.time, logs.id LIMIT {MAX_OF_TRACE}"
    );
    let mut statement = reader.connection.prepare_cached(&sql)?;
    let mut rows = statement.query([trace_id.as_slice()])?;
    let mut records = Vec::new();
    while let Some(row) = rows.next()? {
        records.push(Found::new(row)?.api());
    }
    Ok(records)
}

struct Found {
    id: u64,
    time: i64,
    service: String,
    scope: String,
    body: Option<String>,
    record: OtlpRecord,
    resource: i64,
}

impl Found {
    fn new(row: &Row<'_>) -> Result<Self, QueryError> {
        let trace_id: Option<Vec<u8>> = row.get(5)?;
        let body: Option<String> = row.get(6)?;
        Ok(Self {
            id: row.get(0)?,
            time: row.get(1)?,
            service: row.get(3)?,
            scope: row.get(4)?,
            record: join_log(
                row.get(2)?,
                trace_id.as_deref(),
                body.as_deref(),
                blob(row, 7)?,
            ),
            body,
            resource: row.get(8)?,
        })
    }

    fn api(self) -> LogRecord {
        let record = self.record;
        let number = record.severity_number.clamp(0, 24) as u8;
        let id = |bytes: &[u8]| (!bytes.is_empty()).then(|| hex(bytes));
        LogRecord {
            id: self.id,
            time: millis(self.time),
            severity: severity(number),
            severity_number: number,
            body: beginning(self.body.unwrap_or_default()),
            service: self.service,
            scope: self.scope,
            attributes: as_json(&record.attributes),
            trace_id: id(&record.trace_id),
            span_id: id(&record.span_id),
            event_name: Some(record.event_name).filter(|name| !name.is_empty()),
        }
    }
}

/// A body as answers have it, with a mark if that is not the whole.
fn beginning(mut body: String) -> String {
    if let Some((end, _)) = body.char_indices().nth(MAX_BODY) {
        let more = body.len() - end;
        body.truncate(end);
        body.push_str(&format!(" … {more} bytes are left out; an export has them"));
    }
    body
}

/// The words of a search as FTS5 takes them: all of them, each as the beginning of a word.
fn words(search: &str) -> String {
    let words = search
        .split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty());
    let quoted: Vec<String> = words.map(|word| format!("\"{word}\"*")).collect();
    if quoted.is_empty() {
        "\"\"".to_owned()
    } else {
        quoted.join(" ")
    }
}

fn severity(number: u8) -> Severity {
    match number {
        0 => Severity::Unspecified,
        1..=4 => Severity::Trace,
        5..=8 => Severity::Debug,
        9..=12 => Severity::Info,
        13..=16 => Severity::Warn,
        17..=20 => Severity::Error,
        _ => Severity::Fatal,
    }
}

/// The lowest number of a severity by name.
pub(crate) fn lowest(name: &str) -> Result<u8, QueryError> {
    const NAMES: [(&str, u8); 6] = [
        ("trace", 1),
        ("debug", 5),
        ("info", 9),
        ("warn", 13),
        ("error", 17),
        ("fatal", 21),
    ];
    let found = NAMES.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
    let number = found
        .map(|(_, number)| *number)
        .or_else(|| name.parse().ok().filter(|number| *number <= 24));
    number.ok_or_else(|| {
        QueryError::field(
            "severity",
            format!(
                "{name:?} is none of trace, debug, info, warn, error, fatal, and no number up to 24"
            ),
        )
    })
}
