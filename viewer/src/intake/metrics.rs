//! Data points of metrics as rows.

use opentelemetry_proto::tonic::{
    common::v1::{KeyValue, KeyValueList},
    metrics::v1::{
        ExponentialHistogramDataPoint, HistogramDataPoint, Metric, NumberDataPoint,
        SummaryDataPoint, metric::Data,
    },
};
use prost::Message;

use crate::api::MetricKind;

/// One data point.
pub(crate) struct PointRow {
    pub(crate) group: usize,
    /// Shared by the points of a metric.
    pub(crate) metric: std::sync::Arc<MetricKey>,
    /// The attributes as an encoded `KeyValueList`.
    pub(crate) attributes: Vec<u8>,
    pub(crate) time: i64,
    /// The point without its attributes.
    pub(crate) rest: Vec<u8>,
}

/// A metric without its points.
pub(crate) struct MetricKey {
    pub(crate) name: String,
    pub(crate) kind: MetricKind,
    pub(crate) bytes: Vec<u8>,
}

/// A data point of any kind.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Point {
    Number(NumberDataPoint),
    Histogram(HistogramDataPoint),
    Exponential(ExponentialHistogramDataPoint),
    Summary(SummaryDataPoint),
}

impl PointRow {
    pub(super) fn read(mut metric: Metric, group: usize, rows: &mut Vec<Self>) {
        let points: Vec<Point> = match &mut metric.data {
            None => return,
            Some(Data::Gauge(gauge)) => take(&mut gauge.data_points, Point::Number),
            Some(Data::Sum(sum)) => take(&mut sum.data_points, Point::Number),
            Some(Data::Histogram(histogram)) => take(&mut histogram.data_points, Point::Histogram),
            Some(Data::ExponentialHistogram(histogram)) => {
                take(&mut histogram.data_points, Point::Exponential)
            }
            Some(Data::Summary(summary)) => take(&mut summary.data_points, Point::Summary),
        };
        let key = std::sync::Arc::new(MetricKey {
            name: metric.name.clone(),
            kind: kind(&metric),
            bytes: metric.encode_to_vec(),
        });
        rows.extend(points.into_iter().map(|mut point| {
            let attributes = KeyValueList {
                values: std::mem::take(point.attributes()),
            };
            Self {
                group,
                metric: key.clone(),
                attributes: attributes.encode_to_vec(),
                time: point.time() as i64,
                rest: point.encode(),
            }
        }));
    }
}

/// Puts a data point together again.
pub(crate) fn join_point(kind: MetricKind, attributes: Vec<KeyValue>, rest: &[u8]) -> Point {
    let mut point = match kind {
        MetricKind::Gauge | MetricKind::Sum => {
            Point::Number(Message::decode(rest).unwrap_or_default())
        }
        MetricKind::Histogram => Point::Histogram(Message::decode(rest).unwrap_or_default()),
        MetricKind::ExponentialHistogram => {
            Point::Exponential(Message::decode(rest).unwrap_or_default())
        }
        MetricKind::Summary => Point::Summary(Message::decode(rest).unwrap_or_default()),
    };
    *point.attributes() = attributes;
    point
}

/// Puts a metric together again from its encoded key and its points, all of the same kind.
pub(crate) fn join_metric(bytes: &[u8], points: Vec<Point>) -> Metric {
    let mut metric = Metric::decode(bytes).unwrap_or_default();
    for point in points {
        match (&mut metric.data, point) {
            (Some(Data::Gauge(gauge)), Point::Number(point)) => gauge.data_points.push(point),
            (Some(Data::Sum(sum)), Point::Number(point)) => sum.data_points.push(point),
            (Some(Data::Histogram(histogram)), Point::Histogram(point)) => {
                histogram.data_points.push(point)
            }
            (Some(Data::ExponentialHistogram(histogram)), Point::Exponential(point)) => {
                histogram.data_points.push(point);
            }
            (Some(Data::Summary(summary)), Point::Summary(point)) => {
                summary.data_points.push(point)
            }
            _ => {}
        }
    }
    metric
}

fn kind(metric: &Metric) -> MetricKind {
    match metric.data {
        None | Some(Data::Gauge(_)) => MetricKind::Gauge,
        Some(Data::Sum(_)) => MetricKind::Sum,
        Some(Data::Histogram(_)) => MetricKind::Histogram,
        Some(Data::ExponentialHistogram(_)) => MetricKind::ExponentialHistogram,
        Some(Data::Summary(_)) => MetricKind::Summary,
    }
}

fn take<T>(points: &mut Vec<T>, as_point: fn(T) -> Point) -> Vec<Point> {
    std::mem::take(points).into_iter().map(as_point).collect()
}

impl Point {
    fn attributes(&mut self) -> &mut Vec<KeyValue> {
        match self {
            Self::Number(point) => &mut point.attributes,
            Self::Histogram(point) => &mut point.attributes,
            Self::Exponential(point) => &mut point.attributes,
            Self::Summary(point) => &mut point.attributes,
        }
    }

    pub(crate) fn time(&self) -> u64 {
        match self {
            Self::Number(point) => point.time_unix_nano,
            Self::Histogram(point) => point.time_unix_nano,
            Self::Exponential(point) => point.time_unix_nano,
            Self::Summary(point) => point.time_unix_nano,
        }
    }

    /// When what it sums up began; 0 if it is not known.
    pub(crate) fn start(&self) -> u64 {
        match self {
            Self::Number(point) => point.start_time_unix_nano,
            Self::Histogram(point) => point.start_time_unix_nano,
            Self::Exponential(point) => point.start_time_unix_nano,
            Self::Summary(point) => point.start_time_unix_nano,
        }
    }

    fn encode(&self) -> Vec<u8> {
        match self {
            Self::Number(point) => point.encode_to_vec(),
            Self::Histogram(point) => point.encode_to_vec(),
            Self::Exponential(point) => point.encode_to_vec(),
            Self::Summary(point) => point.encode_to_vec(),
        }
    }
}
