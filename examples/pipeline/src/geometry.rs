//! The spatial predicates: an R-tree finds candidates, and the polygon decides.

use geo::{BoundingRect, Contains, Point, Polygon, polygon};
use rstar::{AABB, RTree, primitives::GeomWithData};
use spankit::{
    Span,
    geo::{Spatial, SpatialEnd},
};

use crate::Article;

/// A rough outline of Europe, in degrees of longitude and latitude.
pub fn europe() -> Polygon {
    polygon![
        (x: -11.0, y: 36.0),
        (x: 28.0, y: 35.0),
        (x: 40.0, y: 60.0),
        (x: 25.0, y: 71.0),
        (x: 0.0, y: 62.0),
    ]
}

/// A rough outline of North America.
pub fn america() -> Polygon {
    polygon![
        (x: -168.0, y: 66.0),
        (x: -60.0, y: 75.0),
        (x: -55.0, y: 45.0),
        (x: -98.0, y: 15.0),
    ]
}

/// The articles about places in a region. The caller is on another thread, so it names the parent.
pub fn within(region: &Polygon, articles: &[Article], parent: &Span) -> Vec<Article> {
    let spatial = Spatial {
        predicate: "within",
        index: "rtree",
    }
    .start_below(parent);
    let points = articles.iter().enumerate();
    let points = points
        .map(|(number, article)| GeomWithData::new([article.longitude, article.latitude], number));
    let tree = RTree::bulk_load(points.collect());
    let candidates: Vec<_> = region
        .bounding_rect()
        .map(|bounds| AABB::from_corners(bounds.min().into(), bounds.max().into()))
        .into_iter()
        .flat_map(|bounds| tree.locate_in_envelope(bounds))
        .collect();
    let matches: Vec<_> = candidates
        .iter()
        .filter(|point| region.contains(&Point::from(*point.geom())))
        .map(|point| articles[point.data].clone())
        .collect();
    spatial.ok(SpatialEnd {
        candidates: candidates.len() as u64,
        matches: matches.len() as u64,
    });
    matches
}
