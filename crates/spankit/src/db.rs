//! Operations of databases that have no instrumentation of their own, such as RocksDB, sled and redb.
//!
//! The attributes are those of the stable conventions for databases:
//! <https://opentelemetry.io/docs/specs/semconv/db/database-spans/>. For SQL databases there are crates which know
//! more: `docs/kits.md` of this repository lists them.
//!
//! ```
//! use spankit::db::{Db, DbEnd};
//!
//! # fn write(_: &[(u64, &str)]) -> std::io::Result<u64> { Ok(2) }
//! let articles = [(1, "first"), (2, "second")];
//! Db::new("rocksdb", "put", "articles")
//!     .batch_size(articles.len() as u64)
//!     .run_blocking(|| write(&articles), |rows| DbEnd::new().affected_rows(*rows))?;
//! # std::io::Result::Ok(())
//! ```

use std::{iter::Peekable, str::Chars};

use crate::span_family;

span_family! {
    /// One operation: `get articles`, `scan articles`, or a batch of writes.
    pub span Db("{operation} {collection}", client) {
        /// The product: `rocksdb`, `sled`, `redb`.
        system: &str = "db.system.name",
        /// What it does: `get`, `put`, `scan`, `delete`, `commit`.
        operation: &str = "db.operation.name",
        /// The table, column family or tree.
        collection: &str = "db.collection.name",
        /// The database, if there are several.
        namespace: Option<&str> = "db.namespace",
        /// How many operations are in a batch of at least two.
        batch_size: Option<u64> = "db.operation.batch.size",
        /// The query without its literals: see [`without_literals`].
        query_text: Option<&str> = "db.query.text",
    } => DbEnd {
        /// How many rows or values were read.
        returned_rows: Option<u64> = "db.response.returned_rows",
        /// How many rows or values were written. The conventions have no name for it.
        affected_rows: Option<u64> = "db.response.affected_rows",
    }
    metrics by(system, operation, collection) {
        duration: histogram = "db.client.operation.duration",
        returned_rows: histogram = "db.client.response.returned_rows",
    }
}

/// A query in which `?` stands for each literal: they can be personal data, and make every query another one.
///
/// Texts in quotes and numbers are literals. Names are not, not even with digits or in double quotes. A comment becomes a space.
/// The quotes are those of standard SQL: do not record queries that have texts in double quotes or between dollar signs, names in
/// backticks or brackets with a quote in them, or a quote after a backslash in a text.
///
/// ```
/// use spankit::db::without_literals;
///
/// let query = "SELECT * FROM articles2 WHERE author = 'O''Neill' AND year > 1999";
/// assert_eq!(without_literals(query), "SELECT * FROM articles2 WHERE author = ? AND year > ?");
/// ```
#[must_use]
pub fn without_literals(query: &str) -> String {
    let mut out = String::with_capacity(query.len());
    let mut chars = query.chars().peekable();
    let mut in_name = false;
    while let Some(char) = chars.next() {
        match char {
            '\'' => {
                // A doubled quote is a quote in the text.
                while let Some(inner) = chars.next() {
                    if inner == '\'' && chars.next_if_eq(&'\'').is_none() {
                        break;
                    }
                }
                out.push('?');
            }
            '"' => {
                out.push(char);
                for inner in chars.by_ref() {
                    out.push(inner);
                    if inner == '"' {
                        break;
                    }
                }
            }
            '-' if chars.next_if_eq(&'-').is_some() => {
                while chars.next_if(|next| *next != '\n').is_some() {}
                out.push(' ');
            }
            '/' if chars.next_if_eq(&'*').is_some() => {
                skip_comment(&mut chars);
                out.push(' ');
            }
            '0'..='9' if !in_name => {
                let is_number =
                    |next: &char| next.is_ascii_alphanumeric() || matches!(next, '.' | '_');
                while chars.next_if(is_number).is_some() {}
                out.push('?');
            }
            _ => out.push(char),
        }
        in_name = char.is_alphanumeric() || char == '_' || char == '$';
    }
    out
}

/// Skips the rest of a comment that `/*` has begun, and all comments in it.
fn skip_comment(chars: &mut Peekable<Chars<'_>>) {
    let mut depth = 1;
    while depth > 0
        && let Some(char) = chars.next()
    {
        match char {
            '*' if chars.next_if_eq(&'/').is_some() => depth -= 1,
            '/' if chars.next_if_eq(&'*').is_some() => depth += 1,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::without_literals;

    #[test]
    fn whatever_the_form_of_a_literal_nothing_of_it_is_left() {
        for (query, expected) in [
            ("x = 'it''s' AND y = ''", "x = ? AND y = ?"),
            ("x = 'never closed", "x = ?"),
            (
                "x IN (1, 2.5, .5, 1e-5, 0xFF, 1_000)",
                "x IN (?, ?, .?, ?-?, ?, ?)",
            ),
            ("c1 = $1 AND \"c 2\" = 3", "c1 = $1 AND \"c 2\" = ?"),
            ("ä1 = 'ö' OR é = -7", "ä1 = ? OR é = -?"),
            (
                "SELECT * FROM u -- don't cache\nWHERE mail = 'ann@example.com' AND pin = 1234",
                "SELECT * FROM u  \nWHERE mail = ? AND pin = ?",
            ),
            (
                "SELECT 1 /* 5\" /* ann's */ */ WHERE mail = 'ann@example.com'",
                "SELECT ?   WHERE mail = ?",
            ),
            ("a - b / c /* never closed 'x", "a - b / c  "),
        ] {
            assert_eq!(without_literals(query), expected);
        }
    }
}
