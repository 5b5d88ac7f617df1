//! DataFusion over the object store, with the spans of `datafusion-tracing` and a function of our own.

use std::{path::Path, sync::Arc};

use anyhow::{Context, Result};
use datafusion::{
    arrow::{
        array::{ArrayRef, Float64Array, Int64Array, StringArray},
        datatypes::DataType,
    },
    common::cast::{as_float64_array, as_int64_array, as_string_array},
    execution::{SessionStateBuilder, object_store::ObjectStoreUrl},
    logical_expr::{ColumnarValue, Volatility, create_udf},
    prelude::{CsvReadOptions, SessionContext},
};
use datafusion_tracing::{InstrumentationOptions, instrument_with_info_spans};
use spankit::{
    query::{Query, QueryEnd},
    udf::{Udf, UdfEnd},
};

use crate::{Article, source};

const STORE: &str = "articles://local";

const SQL: &str = "SELECT id, slug(title) AS slug, longitude, latitude FROM articles ORDER BY id";

/// The articles with their slugs.
pub async fn articles(folder: &Path) -> Result<Vec<Article>> {
    // Without previews of results, which are data.
    let options = InstrumentationOptions::builder()
        .record_metrics(true)
        .build();
    let state = SessionStateBuilder::new()
        .with_default_features()
        .with_physical_optimizer_rule(instrument_with_info_spans!(options: options))
        .build();
    let session = SessionContext::new_with_state(state);
    let url = ObjectStoreUrl::parse(STORE)?;
    session.register_object_store(url.as_ref(), source::store(folder)?);
    session.register_udf(create_udf(
        "slug",
        vec![DataType::Utf8],
        DataType::Utf8,
        Volatility::Immutable,
        Arc::new(slugs),
    ));

    let query = Query::new("datafusion", "articles").text(SQL);
    let found = query.run(
        async {
            let file = format!("{STORE}/{}", source::OBJECT);
            session
                .register_csv("articles", file, CsvReadOptions::new())
                .await?;
            session.sql(SQL).await?.collect().await
        },
        |batches| QueryEnd::new(batches.iter().map(|batch| batch.num_rows() as u64).sum()),
    );
    let mut articles = Vec::new();
    for batch in found.await? {
        let column = |name| {
            batch
                .column_by_name(name)
                .with_context(|| format!("no {name}"))
        };
        let ids: &Int64Array = as_int64_array(column("id")?)?;
        let slugs: &StringArray = as_string_array(column("slug")?)?;
        let longitudes: &Float64Array = as_float64_array(column("longitude")?)?;
        let latitudes: &Float64Array = as_float64_array(column("latitude")?)?;
        for row in 0..batch.num_rows() {
            articles.push(Article {
                id: ids.value(row),
                slug: slugs.value(row).to_owned(),
                longitude: longitudes.value(row),
                latitude: latitudes.value(row),
            });
        }
    }
    Ok(articles)
}

/// The function: titles as they are in URLs.
fn slugs(arguments: &[ColumnarValue]) -> datafusion::error::Result<ColumnarValue> {
    let udf = Udf {
        name: "slug",
        version: "1",
    };
    udf.run_blocking(
        || {
            let arrays = ColumnarValue::values_to_arrays(arguments)?;
            let titles = as_string_array(&arrays[0])?;
            let slugs = titles
                .iter()
                .map(|title| Some(title?.to_lowercase().replace(' ', "-")));
            let slugs: ArrayRef = Arc::new(slugs.collect::<StringArray>());
            Ok(ColumnarValue::Array(slugs))
        },
        |slugs| UdfEnd {
            rows: match slugs {
                ColumnarValue::Array(array) => array.len() as u64,
                ColumnarValue::Scalar(_) => 1,
            },
        },
    )
}
