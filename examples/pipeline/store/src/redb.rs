//! redb, with a table for each collection.

use std::path::Path;

use anyhow::Result;
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};

use crate::{COLLECTIONS, Row};

pub(crate) const SYSTEM: &str = "redb";

pub(crate) struct Engine(Database);

fn table(collection: &str) -> TableDefinition<'_, &'static str, &'static str> {
    TableDefinition::new(collection)
}

impl Engine {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let database = Database::create(path)?;
        // A table that was never written to cannot be read.
        let transaction = database.begin_write()?;
        for collection in COLLECTIONS {
            transaction.open_table(table(collection))?;
        }
        transaction.commit()?;
        Ok(Self(database))
    }

    pub(crate) fn put(&self, collection: &str, rows: &[Row]) -> Result<()> {
        let transaction = self.0.begin_write()?;
        {
            let mut table = transaction.open_table(table(collection))?;
            for (key, value) in rows {
                table.insert(key.as_str(), value.as_str())?;
            }
        }
        transaction.commit()?;
        Ok(())
    }

    pub(crate) fn get(&self, collection: &str, key: &str) -> Result<Option<String>> {
        let table = self.0.begin_read()?.open_table(table(collection))?;
        let found = table.get(key)?;
        Ok(found.map(|value| value.value().to_owned()))
    }

    pub(crate) fn scan(&self, collection: &str) -> Result<Vec<Row>> {
        let table = self.0.begin_read()?.open_table(table(collection))?;
        let rows = table.iter()?;
        rows.map(|row| {
            let (key, value) = row?;
            Ok((key.value().to_owned(), value.value().to_owned()))
        })
        .collect()
    }
}
