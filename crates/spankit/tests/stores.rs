//! Stores that have no instrumentation of their own, with the spans of `db`. RocksDB takes too long to compile for this program:
//! `examples/pipeline` has it.

mod support;

use std::error::Error;

use opentelemetry::trace::SpanKind;
use redb::{ReadableDatabase, ReadableTable, TableDefinition, backends::InMemoryBackend};
use spankit::db::{Db, DbEnd};
use support::{all_named, start, text};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Two rows for the batch of the test.
const ROWS: [(&str, &str); 2] = [("b", "second"), ("a", "first")];

trait Store {
    const SYSTEM: &str;

    /// Writes all rows in one batch.
    fn put(&self, rows: &[(&str, &str)]) -> Result<()>;
    fn get(&self, key: &str) -> Result<Option<String>>;
    fn scan(&self) -> Result<Vec<String>>;
}

impl Store for sled::Tree {
    const SYSTEM: &str = "sled";

    fn put(&self, rows: &[(&str, &str)]) -> Result<()> {
        let mut batch = sled::Batch::default();
        for (key, value) in rows {
            batch.insert(*key, *value);
        }
        Ok(self.apply_batch(batch)?)
    }

    fn get(&self, key: &str) -> Result<Option<String>> {
        let found = self.get(key)?;
        Ok(found
            .map(|value| String::from_utf8(value.to_vec()))
            .transpose()?)
    }

    fn scan(&self) -> Result<Vec<String>> {
        let keys = self.iter().keys();
        keys.map(|key| Ok(String::from_utf8(key?.to_vec())?))
            .collect()
    }
}

const TABLE: TableDefinition<'_, &str, &str> = TableDefinition::new("articles");

impl Store for redb::Database {
    const SYSTEM: &str = "redb";

    fn put(&self, rows: &[(&str, &str)]) -> Result<()> {
        let batch = self.begin_write()?;
        {
            let mut table = batch.open_table(TABLE)?;
            for (key, value) in rows {
                table.insert(key, value)?;
            }
        }
        Ok(batch.commit()?)
    }

    fn get(&self, key: &str) -> Result<Option<String>> {
        let found = self.begin_read()?.open_table(TABLE)?.get(key)?;
        Ok(found.map(|value| value.value().to_owned()))
    }

    fn scan(&self) -> Result<Vec<String>> {
        let table = self.begin_read()?.open_table(TABLE)?;
        let rows = table.iter()?;
        rows.map(|row| Ok(row?.0.value().to_owned())).collect()
    }
}

/// Uses the store with a span for each operation, and compares what each recorded.
fn check<S: Store>(store: &S) -> Result<()> {
    start();
    let operation = |name| Db::new(S::SYSTEM, name, "articles");
    operation("put")
        .batch_size(ROWS.len() as u64)
        .run_blocking(
            || store.put(&ROWS),
            |()| DbEnd::new().affected_rows(ROWS.len() as u64),
        )?;
    for (key, expected) in [("a", Some("first")), ("c", None)] {
        let value = operation("get").run_blocking(
            || store.get(key),
            |found| DbEnd::new().returned_rows(found.is_some().into()),
        )?;
        assert_eq!(value.as_deref(), expected);
    }
    let keys = operation("scan").run_blocking(
        || store.scan(),
        |keys| DbEnd::new().returned_rows(keys.len() as u64),
    )?;
    assert_eq!(keys, ["a", "b"]);

    let recorded = |name: &str| -> Vec<_> {
        let spans = all_named(&format!("{name} articles")).into_iter();
        let spans = spans.filter(|span| text(span, "db.system.name").as_deref() == Some(S::SYSTEM));
        let attributes = |span| {
            [
                "db.operation.name",
                "db.collection.name",
                "db.operation.batch.size",
                "db.response.affected_rows",
                "db.response.returned_rows",
                "error.type",
            ]
            .map(|key| text(&span, key).unwrap_or_default())
        };
        spans
            .inspect(|span| assert_eq!(span.span_kind, SpanKind::Client))
            .map(attributes)
            .collect()
    };
    assert_eq!(recorded("put"), [["put", "articles", "2", "2", "", ""]]);
    assert_eq!(
        recorded("get"),
        [
            ["get", "articles", "", "", "1", ""],
            ["get", "articles", "", "", "0", ""]
        ]
    );
    assert_eq!(recorded("scan"), [["scan", "articles", "", "", "2", ""]]);
    Ok(())
}

#[test]
fn the_operations_of_sled_are_spans() -> Result<()> {
    let database = sled::Config::new().temporary(true).open()?;
    check(&*database)
}

#[test]
fn the_operations_of_redb_are_spans() -> Result<()> {
    check(&redb::Database::builder().create_with_backend(InMemoryBackend::new())?)
}
