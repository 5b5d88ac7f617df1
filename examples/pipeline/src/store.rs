//! The last step: the database.

use std::{path::Path, sync::Arc};

use anyhow::{Context, Result};
use article_store::Store;

use crate::{Article, index};

/// Saves the articles, has them indexed in the background, and reads them back.
pub async fn save(folder: &Path, articles: &[Article]) -> Result<()> {
    let store = Arc::new(Store::open(folder)?);
    let rows = articles.iter();
    let rows: Vec<_> = rows
        .map(|article| (article.id.to_string(), article.slug.clone()))
        .collect();
    store.put("articles", &rows)?;
    let indexed = index::start(store.clone(), articles).await?;
    let saved = store.scan("articles")?;
    let (first, _) = saved.first().context("no article was saved")?;
    let slug = store.get("articles", first)?.context("it was scanned")?;
    println!("{slug}");
    indexed.await?
}
