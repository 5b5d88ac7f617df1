//! The parameters of a query, from a URL or from a tool's arguments. Each is read once, and a wrong one is refused by its name.

use crate::store::{self, SLOT_NANOS};

/// Why a query has no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum QueryError {
    #[error("{field}: {message}")]
    Field { field: String, message: String },
    #[error("there is no {0}")]
    Missing(String),
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl From<rusqlite::Error> for QueryError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl QueryError {
    pub(crate) fn field(field: &str, message: impl Into<String>) -> Self {
        Self::Field {
            field: field.to_owned(),
            message: message.into(),
        }
    }
}

/// The names and values of a query; a name can come more than once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Params(Vec<(String, String)>);

/// A span of time in nanoseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Period {
    pub(crate) start: i64,
    /// Not part of it.
    pub(crate) end: i64,
}

impl Period {
    pub(crate) fn contains(self, time: i64) -> bool {
        (self.start..self.end).contains(&time)
    }

    /// The first and the last slot of the roll-ups. A slot belongs to the period that contains its middle, so two adjacent periods never
    /// share a slot. A period shorter than a slot has those that it touches.
    pub(crate) fn slots(self) -> [i64; 2] {
        let half = SLOT_NANOS / 2;
        let before = |time: i64| time.saturating_add(half - 1).div_euclid(SLOT_NANOS);
        let (first, last) = (before(self.start), before(self.end) - 1);
        if first <= last {
            return [first, last];
        }
        [self.start, self.end].map(|time| time.div_euclid(SLOT_NANOS))
    }
}

/// One page of a list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page {
    pub(crate) limit: usize,
    pub(crate) offset: usize,
}

impl Params {
    /// Reads the query of a URL.
    pub(crate) fn from_query(query: &str) -> Self {
        let pairs = form_urlencoded::parse(query.as_bytes());
        let given = pairs.filter(|(_, value)| !value.is_empty());
        Self(
            given
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect(),
        )
    }

    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.0.push((name.to_owned(), value.into()));
    }

    /// The parameters whose name begins with `prefix`, without it.
    pub(crate) fn side(&self, prefix: &str) -> Self {
        let pairs = self.0.iter();
        let own = pairs.filter_map(|(name, value)| {
            Some((name.strip_prefix(prefix)?.to_owned(), value.clone()))
        });
        Self(own.collect())
    }

    /// As the query of a URL.
    #[cfg(feature = "mcp")]
    pub(crate) fn to_query(&self) -> String {
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.0)
            .finish()
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn number<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>, QueryError> {
        let parsed = self.text(name).map(|text| {
            text.parse().map_err(|_| {
                QueryError::field(
                    name,
                    format!("{text:?} is not a whole number that is not negative"),
                )
            })
        });
        parsed.transpose()
    }

    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, QueryError> {
        match self.text(name) {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(other) => Err(QueryError::field(
                name,
                format!("{other:?} is neither true nor false"),
            )),
        }
    }

    /// A duration in nanoseconds, or with a unit.
    pub(crate) fn duration(&self, name: &str) -> Result<Option<u64>, QueryError> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        let digits = text.trim_end_matches(|character: char| character.is_alphabetic());
        let factor = match &text[digits.len()..] {
            "" | "ns" => 1.0,
            "us" | "µs" => 1e3,
            "ms" => 1e6,
            "s" => 1e9,
            "m" => 60e9,
            _ => f64::NAN,
        };
        match digits.trim().parse::<f64>() {
            Ok(number) if (number * factor).is_finite() && number >= 0.0 => {
                Ok(Some((number * factor) as u64))
            }
            _ => Err(QueryError::field(
                name,
                format!(
                    "{text:?} is not a duration; write nanoseconds, or a number with ns, us, ms, s or m"
                ),
            )),
        }
    }

    /// An instant, in milliseconds since the Unix epoch.
    fn instant(&self, name: &str) -> Result<Option<i64>, QueryError> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        match text.parse::<f64>() {
            Ok(millis) if millis.is_finite() => Ok(Some((millis * 1e6) as i64)),
            _ => Err(QueryError::field(
                name,
                format!("{text:?} is not a number of milliseconds since the Unix epoch"),
            )),
        }
    }

    /// From `start` to `end`, both of which may be absent.
    pub(crate) fn period(&self) -> Result<Period, QueryError> {
        let period = Period {
            start: self.instant("start")?.unwrap_or(i64::MIN),
            end: self.instant("end")?.unwrap_or(i64::MAX),
        };
        if period.start > period.end {
            return Err(QueryError::field("end", "it is before start"));
        }
        Ok(period)
    }

    /// `limit` and `offset`.
    pub(crate) fn page(&self, usual: usize, most: usize) -> Result<Page, QueryError> {
        let limit = self.number("limit")?.unwrap_or(usual);
        if limit == 0 || limit > most {
            return Err(QueryError::field(
                "limit",
                format!("{limit} is not between 1 and {most}"),
            ));
        }
        Ok(Page {
            limit,
            offset: self.number("offset")?.unwrap_or(0),
        })
    }

    /// All `attribute`s as name and value.
    pub(crate) fn attributes(&self) -> Result<Vec<(String, String)>, QueryError> {
        let values = self.0.iter().filter(|(name, _)| name == "attribute");
        let pairs = values.map(|(_, text)| match text.split_once('=') {
            Some((key, value)) if !key.trim().is_empty() => {
                Ok((key.trim().to_owned(), value.trim().to_owned()))
            }
            _ => Err(QueryError::field(
                "attribute",
                format!("{text:?} is not key=value"),
            )),
        });
        pairs.collect()
    }

    /// A trace id as bytes.
    pub(crate) fn trace_id(&self) -> Result<Option<[u8; 16]>, QueryError> {
        self.text("traceId").map(trace_id).transpose()
    }
}

/// 32 hexadecimal digits as bytes.
pub(crate) fn trace_id(text: &str) -> Result<[u8; 16], QueryError> {
    let id = is_hex(text, 32)
        .then(|| u128::from_str_radix(text, 16).ok())
        .flatten();
    id.map(u128::to_be_bytes).ok_or_else(|| {
        QueryError::field("traceId", format!("{text:?} is not 32 hexadecimal digits"))
    })
}

/// 16 hexadecimal digits as a number.
pub(crate) fn span_id(text: &str) -> Result<i64, QueryError> {
    let id = is_hex(text, 16)
        .then(|| u64::from_str_radix(text, 16).ok())
        .flatten();
    id.map(|id| id as i64).ok_or_else(|| {
        QueryError::field("spanId", format!("{text:?} is not 16 hexadecimal digits"))
    })
}

/// `from_str_radix` takes a sign as well.
fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes
        .iter()
        .fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
            write!(text, "{byte:02x}").expect("a text grows");
            text
        })
}

/// The id of a span as 16 digits.
pub(crate) fn span_hex(id: i64) -> String {
    format!("{id:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(query: &str, read: impl Fn(&Params) -> Result<(), QueryError>) -> String {
        match read(&Params::from_query(query)) {
            Err(QueryError::Field { field, .. }) => field,
            other => panic!("{query}: {other:?}"),
        }
    }

    #[test]
    fn a_wrong_value_is_refused_by_its_name() {
        assert_eq!(
            refused("limit=0", |params| params.page(10, 100).map(drop)),
            "limit"
        );
        assert_eq!(
            refused("limit=101", |params| params.page(10, 100).map(drop)),
            "limit"
        );
        assert_eq!(
            refused("offset=-1", |params| params.page(10, 100).map(drop)),
            "offset"
        );
        assert_eq!(
            refused("minDuration=5parsec", |params| params
                .duration("minDuration")
                .map(drop)),
            "minDuration"
        );
        assert_eq!(
            refused("minDuration=-5", |params| params
                .duration("minDuration")
                .map(drop)),
            "minDuration"
        );
        assert_eq!(
            refused("error=yes", |params| params.flag("error").map(drop)),
            "error"
        );
        assert_eq!(
            refused("start=yesterday", |params| params.period().map(drop)),
            "start"
        );
        assert_eq!(
            refused("start=2&end=1", |params| params.period().map(drop)),
            "end"
        );
        assert_eq!(
            refused("attribute=colour", |params| params.attributes().map(drop)),
            "attribute"
        );
        assert_eq!(
            refused("traceId=12", |params| params.trace_id().map(drop)),
            "traceId"
        );
        assert_eq!(
            refused("traceId=+123456789012345678901234567890", |params| params
                .trace_id()
                .map(drop)),
            "traceId"
        );
    }

    #[test]
    fn of_two_periods_that_meet_each_slot_belongs_to_one() {
        const S: i64 = 1_000_000_000;
        let slots = |start, end| Period { start, end }.slots();
        for mark in [100 * S, 103 * S, 105 * S, 107 * S, 109 * S] {
            let ([first, before], [after, last]) = (slots(0, mark), slots(mark, 200 * S));
            assert_eq!((first, before + 1, last), (0, after, 19), "{mark}");
        }
        assert_eq!(slots(101 * S, 102 * S), [10, 10]);
        let all = slots(i64::MIN, i64::MAX);
        assert!(all[0] < 0 && all[1] > i64::MAX / SLOT_NANOS - 2, "{all:?}");
    }

    #[test]
    fn a_duration_has_a_unit_or_is_in_nanoseconds() {
        let duration = |text: &str| {
            Params::from_query(&format!("d={text}"))
                .duration("d")
                .unwrap()
                .unwrap()
        };
        assert_eq!(duration("500000000"), 500_000_000);
        assert_eq!(duration("1.5ms"), 1_500_000);
        assert_eq!(duration("2s"), 2_000_000_000);
        assert_eq!(duration("7%C2%B5s"), 7_000);
    }

    #[test]
    fn an_attribute_may_have_an_equals_sign_in_its_value() {
        let params = Params::from_query("attribute=a%3Db%3Dc&attribute=x=1");
        let pairs = params.attributes().unwrap();
        assert_eq!(
            pairs,
            [
                ("a".to_owned(), "b=c".to_owned()),
                ("x".to_owned(), "1".to_owned())
            ]
        );
    }
}
