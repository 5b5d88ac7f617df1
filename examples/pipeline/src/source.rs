//! The object store, with the spans of `instrumented-object-store`.

use std::{path::Path, sync::Arc};

use anyhow::Result;
use instrumented_object_store::instrument_object_store;
use object_store::{ObjectStore, ObjectStoreExt, local::LocalFileSystem};

/// The object that the query reads.
pub const OBJECT: &str = "articles.csv";

const ARTICLES: &str = "id,title,longitude,latitude
1,Night Trains,13.4,52.5
2,Tidal Power,-1.9,47.2
3,High Plains,-101.1,39.8
4,Ice Roads,-114.4,62.5
5,Salt Works,2.1,41.4
";

/// The object store of a folder.
pub fn store(folder: &Path) -> Result<Arc<dyn ObjectStore>> {
    let store = Arc::new(LocalFileSystem::new_with_prefix(folder)?);
    Ok(instrument_object_store(store, "object_store"))
}

/// Puts the articles there.
pub async fn write(folder: &Path) -> Result<()> {
    store(folder)?.put(&OBJECT.into(), ARTICLES.into()).await?;
    Ok(())
}
