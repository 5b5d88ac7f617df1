//! The catalogue of metrics, and one metric over time.

use std::collections::{BTreeMap, BTreeSet};

use opentelemetry_proto::tonic::{
    common::v1::{KeyValue, KeyValueList},
    metrics::v1::Metric,
};
use prost::Message;

use super::{
    attributes::Attributes,
    blob,
    buckets::Buckets,
    params::{Params, Period, QueryError, hex},
    points::{Grid, Nature, Steps, exemplars, join, steps},
};
use crate::{
    api::{Exemplar, Heatmap, MetricInfo, MetricKind, MetricSeries, MetricSeriesAnswer},
    intake::{Point, as_json, as_text, join_point},
    store::{Reader, millis},
};

/// Series that an answer has at most.
const MAX_SERIES: usize = 20;

/// Exemplars that an answer has at most.
const MAX_EXEMPLARS: usize = 100;

/// Steps that an answer has at most.
const MAX_STEPS: u64 = 1000;

/// Nanoseconds.
const SECOND: u64 = 1_000_000_000;

/// Steps that an answer has when nothing is asked for.
const USUAL_STEPS: u64 = 120;

/// Buckets of a heat map at most; neighbours are joined beyond.
const MAX_BUCKETS: usize = 160;

pub(super) struct Series {
    pub(super) id: i64,
    metric: Metric,
    resource: i64,
    service: String,
    attributes: Vec<KeyValue>,
}

fn all_series(reader: &Reader, name: Option<&str>) -> Result<Vec<Series>, QueryError> {
    let mut statement = reader.connection.prepare_cached(
        "SELECT series.id, metrics.bytes, resources.service, series.attributes, series.resource FROM series \
         JOIN metrics ON metrics.id = series.metric JOIN resources ON resources.id = series.resource \
         WHERE ?1 IS NULL OR metrics.name = ?1",
    )?;
    let mut rows = statement.query([name])?;
    let mut series = Vec::new();
    while let Some(row) = rows.next()? {
        series.push(Series {
            id: row.get(0)?,
            metric: Metric::decode(blob(row, 1)?).unwrap_or_default(),
            resource: row.get(4)?,
            service: row.get(2)?,
            attributes: KeyValueList::decode(blob(row, 3)?)
                .unwrap_or_default()
                .values,
        });
    }
    Ok(series)
}

/// All metrics by name.
pub(crate) fn catalogue(
    reader: &mut Reader,
    params: &Params,
) -> Result<Vec<MetricInfo>, QueryError> {
    let series = all_series(reader, None)?;
    let service = params.text("service");
    let search = params.text("search").map(str::to_lowercase);
    let mut by_name: BTreeMap<&str, Vec<&Series>> = BTreeMap::new();
    for one in &series {
        let is_found = search
            .as_ref()
            .is_none_or(|search| one.metric.name.to_lowercase().contains(search));
        if is_found && service.is_none_or(|service| one.service == service) {
            by_name.entry(&one.metric.name).or_default().push(one);
        }
    }
    by_name
        .into_values()
        .map(|series| info(reader, &series))
        .collect()
}

fn info(reader: &Reader, series: &[&Series]) -> Result<MetricInfo, QueryError> {
    let metric = &series[0].metric;
    let nature = Nature::of(metric);
    let mut statement = reader
        .connection
        .prepare_cached("SELECT count(*), coalesce(max(time), 0) FROM points WHERE series = ?")?;
    let (mut points, mut last) = (0, 0);
    for one in series {
        let (count, time): (u64, i64) =
            statement.query_row([one.id], |row| Ok((row.get(0)?, row.get(1)?)))?;
        points += count;
        last = last.max(time);
    }
    let services: BTreeSet<&str> = series.iter().map(|one| one.service.as_str()).collect();
    let attributes: BTreeSet<&str> = series
        .iter()
        .flat_map(|one| &one.attributes)
        .map(|pair| pair.key.as_str())
        .collect();
    Ok(MetricInfo {
        name: metric.name.clone(),
        description: metric.description.clone(),
        unit: metric.unit.clone(),
        kind: nature.kind,
        monotonic: nature.is_monotonic,
        services: services.into_iter().map(str::to_owned).collect(),
        series: series.len() as u64,
        points,
        attributes: attributes.into_iter().map(str::to_owned).collect(),
        last_time: millis(last),
    })
}

impl Grid {
    fn new(reader: &Reader, params: &Params, series: &[&Series]) -> Result<Self, QueryError> {
        let period = params.period()?;
        let (mut first, mut last) = (i64::MAX, i64::MIN);
        for one in series {
            let sql = "SELECT (SELECT min(time) FROM points WHERE series = ?1), (SELECT max(time) FROM points WHERE series = ?1)";
            let ends: (Option<i64>, Option<i64>) = reader
                .connection
                .prepare_cached(sql)?
                .query_row([one.id], |row| Ok((row.get(0)?, row.get(1)?)))?;
            first = first.min(ends.0.unwrap_or(i64::MAX));
            last = last.max(ends.1.unwrap_or(i64::MIN));
        }
        if first > last {
            return Ok(Self {
                start: 0,
                step: 1,
                count: 0,
                counted_from: 0,
            });
        }
        let (start, counted_from) = if period.start == i64::MIN {
            let started = reader.state()?.started;
            // The first point is that of the first export, which has what was counted since the run began. When that of an
            // opened file began is not known.
            let is_file = started > last;
            (
                first,
                if is_file {
                    i64::MIN
                } else {
                    first.min(started)
                },
            )
        } else {
            (period.start, period.start)
        };
        let end = if period.end == i64::MAX {
            last.saturating_add(1)
        } else {
            period.end
        };
        let length = end.saturating_sub(start).max(1) as u64;
        let step = match params.number::<u64>("stepInterval")? {
            Some(0) => {
                return Err(QueryError::field(
                    "stepInterval",
                    "0 is not a number of seconds above 0",
                ));
            }
            Some(seconds) => seconds.saturating_mul(SECOND),
            None => {
                let usual = length.div_ceil(USUAL_STEPS).div_ceil(SECOND);
                // Of shorter steps most would have no point. Rounded, because the distance is now a bit above a whole second and now
                // below it.
                let shortest =
                    distance(reader, series, period)?.saturating_add(SECOND / 2) / SECOND;
                usual.max(shortest).saturating_mul(SECOND)
            }
        };
        let count = length.div_ceil(step);
        if count > MAX_STEPS {
            return Err(QueryError::field(
                "stepInterval",
                format!(
                    "{count} steps are more than {MAX_STEPS}; make them longer, or the time shorter"
                ),
            ));
        }
        Ok(Self {
            start,
            step: i64::try_from(step).unwrap_or(i64::MAX),
            count: count as usize,
            counted_from,
        })
    }
}

/// How far apart the points of a series are, on average; 0 if none has two.
fn distance(reader: &Reader, series: &[&Series], period: Period) -> Result<u64, QueryError> {
    let mut statement = reader.connection.prepare_cached(
        "SELECT count(*), min(time), max(time) FROM points WHERE series = ? AND time >= ? AND time < ? HAVING count(*) > 1",
    )?;
    let (mut covered, mut distances) = (0_u64, 0);
    for one in series {
        let mut rows = statement.query([one.id, period.start, period.end])?;
        if let Some(row) = rows.next()? {
            let (points, first, last): (u64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            covered = covered.saturating_add(last.abs_diff(first));
            distances += points - 1;
        }
    }
    Ok(covered.checked_div(distances).unwrap_or(0))
}

/// The series of a metric, or of all, that the filters let through.
pub(super) fn chosen(
    reader: &Reader,
    name: Option<&str>,
    params: &Params,
) -> Result<Vec<Series>, QueryError> {
    let service = params.text("service");
    let wanted = Attributes::new(reader, params)?;
    let mut series = all_series(reader, name)?;
    series.retain(|one| {
        service.is_none_or(|service| one.service == service)
            && wanted.are_of(&one.attributes, one.resource)
    });
    Ok(series)
}

/// One metric over time.
pub(crate) fn series(
    reader: &mut Reader,
    name: &str,
    params: &Params,
) -> Result<MetricSeriesAnswer, QueryError> {
    let all = chosen(reader, Some(name), params)?;
    let Some(first) = all.first() else {
        return Err(QueryError::Missing(format!(
            "metric {name:?} with these filters; GET /api/metrics lists the names"
        )));
    };
    let nature = Nature::of(&first.metric);
    // Another sender can use the name for something of another kind, which has no place beside these.
    let (chosen, others): (Vec<&Series>, Vec<&Series>) = all
        .iter()
        .partition(|one| Nature::of(&one.metric).is_like(nature));
    let info = info(reader, &chosen)?;
    let grid = Grid::new(reader, params, &chosen)?;
    let group_by: Option<Vec<&str>> = params.text("groupBy").map(|names| {
        names
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .collect()
    });
    let mut members: BTreeMap<(String, BTreeMap<String, String>), Vec<Steps>> = BTreeMap::new();
    let mut found_exemplars = Vec::new();
    for one in &chosen {
        let nature = Nature::of(&one.metric);
        let points = points(reader, one, nature, &grid)?;
        for point in &points {
            found_exemplars.extend(
                exemplars(point)
                    .filter(|(exemplar, _)| grid.step_of(exemplar.time_unix_nano as i64).is_some())
                    .map(|(exemplar, value)| Exemplar {
                        time: millis(exemplar.time_unix_nano as i64),
                        value,
                        trace_id: (exemplar.trace_id.len() == 16).then(|| hex(&exemplar.trace_id)),
                        span_id: (exemplar.span_id.len() == 8).then(|| hex(&exemplar.span_id)),
                        attributes: as_json(&exemplar.filtered_attributes),
                    }),
            );
        }
        let steps = steps(nature, &points, &grid);
        let labels = labels(&one.attributes, group_by.as_deref());
        let key = (one.service.clone(), labels);
        members.entry(key).or_default().push(steps);
    }
    let groups: BTreeMap<_, Steps> = members
        .into_iter()
        .map(|(key, members)| (key, join(nature, members)))
        .collect();
    let is_distribution = matches!(
        nature.kind,
        MetricKind::Histogram | MetricKind::ExponentialHistogram
    );
    let heatmap = is_distribution.then(|| heatmap(groups.values(), grid.count));
    let mut series: Vec<MetricSeries> = groups
        .into_iter()
        .map(|((service, labels), steps)| MetricSeries {
            labels,
            service,
            values: if is_distribution {
                steps
                    .buckets
                    .iter()
                    .map(|buckets| buckets.quantile(0.95))
                    .collect()
            } else {
                steps.values
            },
        })
        .collect();
    let largest = |one: &MetricSeries| {
        one.values
            .iter()
            .flatten()
            .copied()
            .fold(f64::NEG_INFINITY, f64::max)
    };
    series.sort_by(|a, b| largest(b).total_cmp(&largest(a)));
    let more_series = (series.len().saturating_sub(MAX_SERIES) + others.len()) as u64;
    series.truncate(MAX_SERIES);
    found_exemplars.sort_by(|a, b| b.value.total_cmp(&a.value));
    found_exemplars.truncate(MAX_EXEMPLARS);
    Ok(MetricSeriesAnswer {
        metric: info,
        shows: nature.shows().to_owned(),
        step: grid.seconds(),
        times: (0..grid.count as i64)
            .map(|index| millis(grid.start + index * grid.step))
            .collect(),
        series,
        more_series,
        heatmap,
        exemplars: found_exemplars,
    })
}

/// The points by time that the values of the steps come from.
fn points(
    reader: &Reader,
    series: &Series,
    nature: Nature,
    grid: &Grid,
) -> Result<Vec<Point>, QueryError> {
    if nature.is_last_point() {
        return last_points(reader, series, nature.kind, grid);
    }
    // What a cumulative sum was at the start is in the points before it.
    let mut statement = reader.connection.prepare_cached(
        "SELECT rest FROM points WHERE series = ? AND time < ? ORDER BY time, id",
    )?;
    let mut rows = statement.query([series.id, grid.end()])?;
    let mut points = Vec::new();
    while let Some(row) = rows.next()? {
        points.push(join_point(nature.kind, Vec::new(), blob(row, 0)?));
    }
    Ok(points)
}

/// The last point of each step, the newest step first, so that the other points of a step are passed over.
fn last_points(
    reader: &Reader,
    series: &Series,
    kind: MetricKind,
    grid: &Grid,
) -> Result<Vec<Point>, QueryError> {
    let mut statement = reader.connection.prepare_cached(
        "SELECT time, rest FROM points WHERE series = ? AND time >= ? AND time < ? ORDER BY time DESC, id DESC LIMIT 1",
    )?;
    let mut points = Vec::new();
    let mut end = grid.end();
    loop {
        let mut rows = statement.query([series.id, grid.start, end])?;
        let Some(row) = rows.next()? else {
            points.reverse();
            return Ok(points);
        };
        let time: i64 = row.get(0)?;
        points.push(join_point(kind, Vec::new(), blob(row, 1)?));
        end = time - (time.wrapping_sub(grid.start) as u64 % grid.step as u64) as i64;
    }
}

fn labels(attributes: &[KeyValue], group_by: Option<&[&str]>) -> BTreeMap<String, String> {
    let wanted = attributes
        .iter()
        .filter(|pair| group_by.is_none_or(|names| names.contains(&pair.key.as_str())));
    wanted
        .filter_map(|pair| {
            let value = pair.value.as_ref()?.value.as_ref()?;
            Some((pair.key.clone(), as_text(value)))
        })
        .collect()
}

fn heatmap<'a>(groups: impl Iterator<Item = &'a Steps>, count: usize) -> Heatmap {
    let mut all = vec![Buckets::default(); count];
    for steps in groups {
        for (sum, own) in all.iter_mut().zip(&steps.buckets) {
            sum.merge(own);
        }
    }
    let mut bounds: Vec<f64> = all
        .iter()
        .flat_map(|buckets| buckets.iter().map(|(bound, _)| bound))
        .collect();
    bounds.retain(|bound| bound.is_finite());
    bounds.sort_by(f64::total_cmp);
    bounds.dedup();
    let join = bounds.len().div_ceil(MAX_BUCKETS).max(1);
    let bounds: Vec<f64> = bounds
        .chunks(join)
        .filter_map(|chunk| chunk.last().copied())
        .collect();
    let counts = all.iter().map(|buckets| {
        let mut row = vec![0_u64; bounds.len() + 1];
        for (bound, count) in buckets.iter() {
            let sum = &mut row[bounds.partition_point(|own| *own < bound)];
            *sum = count.saturating_add(*sum);
        }
        row
    });
    let counts = counts.collect();
    Heatmap { bounds, counts }
}
