//! RocksDB, with a column family for each collection.

use std::path::Path;

use anyhow::{Context, Result};
use rocksdb::{ColumnFamily, DB, IteratorMode, Options, WriteBatch};

use crate::{COLLECTIONS, Row};

pub(crate) const SYSTEM: &str = "rocksdb";

pub(crate) struct Engine(DB);

impl Engine {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let mut options = Options::default();
        options.create_if_missing(true);
        options.create_missing_column_families(true);
        Ok(Self(DB::open_cf(&options, path, COLLECTIONS)?))
    }

    fn family(&self, collection: &str) -> Result<&ColumnFamily> {
        let family = self.0.cf_handle(collection);
        family.with_context(|| format!("there is no collection {collection}"))
    }

    pub(crate) fn put(&self, collection: &str, rows: &[Row]) -> Result<()> {
        let family = self.family(collection)?;
        let mut batch = WriteBatch::default();
        for (key, value) in rows {
            batch.put_cf(family, key, value);
        }
        self.0.write(batch)?;
        Ok(())
    }

    pub(crate) fn get(&self, collection: &str, key: &str) -> Result<Option<String>> {
        let found = self.0.get_cf(self.family(collection)?, key)?;
        Ok(found.map(String::from_utf8).transpose()?)
    }

    pub(crate) fn scan(&self, collection: &str) -> Result<Vec<Row>> {
        let family = self.family(collection)?;
        let rows = self.0.iterator_cf(family, IteratorMode::Start);
        rows.map(|row| {
            let (key, value) = row?;
            Ok((
                String::from_utf8(key.into())?,
                String::from_utf8(value.into())?,
            ))
        })
        .collect()
    }
}
