//! A key-value store with the spans of [`spankit::db`]: RocksDB with the feature `rocksdb`, else redb.

#[cfg(not(feature = "rocksdb"))]
mod redb;
#[cfg(feature = "rocksdb")]
mod rocksdb;

use std::path::Path;

use anyhow::Result;
use spankit::{
    db::{Db, DbEnd},
    spanned,
};

#[cfg(not(feature = "rocksdb"))]
use self::redb::{Engine, SYSTEM};
#[cfg(feature = "rocksdb")]
use self::rocksdb::{Engine, SYSTEM};

/// A key and its value.
pub type Row = (String, String);

/// The collections of a store.
pub const COLLECTIONS: [&str; 2] = ["articles", "words"];

/// An open store. One process can have it open at a time.
pub struct Store(Engine);

impl Store {
    /// Opens the store in a folder, or makes it.
    ///
    /// # Errors
    /// If the folder cannot be written to, or another process has the store open.
    pub fn open(folder: &Path) -> Result<Self> {
        Engine::open(&folder.join(SYSTEM)).map(Self)
    }

    /// Writes all rows, or none, in one batch.
    ///
    /// # Errors
    /// If the store cannot be written to.
    #[spanned(
        batch(collection, rows.len()),
        |()| DbEnd::new().affected_rows(rows.len() as u64),
    )]
    pub fn put(&self, collection: &str, rows: &[Row]) -> Result<()> {
        self.0.put(collection, rows)
    }

    /// The value of a key.
    ///
    /// # Errors
    /// If the store cannot be read.
    #[spanned(
        Db::new(SYSTEM, "get", collection),
        |found| DbEnd::new().returned_rows(found.is_some().into()),
    )]
    pub fn get(&self, collection: &str, key: &str) -> Result<Option<String>> {
        self.0.get(collection, key)
    }

    /// All rows of a collection in the order of their keys.
    ///
    /// # Errors
    /// If the store cannot be read.
    #[spanned(
        Db::new(SYSTEM, "scan", collection),
        |rows| DbEnd::new().returned_rows(rows.len() as u64),
    )]
    pub fn scan(&self, collection: &str) -> Result<Vec<Row>> {
        self.0.scan(collection)
    }
}

/// The conventions have a size for batches of at least two operations only.
fn batch(collection: &str, rows: usize) -> Db<'_> {
    let put = Db::new(SYSTEM, "put", collection);
    if rows < 2 {
        return put;
    }
    put.batch_size(rows as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stay_in_a_store_that_is_opened_again() {
        let folder = tempfile::tempdir().unwrap();
        let row = |key: &str| (key.to_owned(), format!("value of {key}"));
        let store = Store::open(folder.path()).unwrap();
        store.put("words", &[row("b"), row("a")]).unwrap();
        drop(store);
        let store = Store::open(folder.path()).unwrap();
        assert_eq!(store.scan("words").unwrap(), [row("a"), row("b")]);
        assert_eq!(store.get("words", "b").unwrap(), Some(row("b").1));
        assert_eq!(store.get("articles", "b").unwrap(), None);
        assert!(store.scan("articles").unwrap().is_empty());
    }
}
