CREATE TABLE state (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE resources (id INTEGER PRIMARY KEY, service TEXT NOT NULL, bytes BLOB NOT NULL);
CREATE TABLE scopes (id INTEGER PRIMARY KEY, name TEXT NOT NULL, bytes BLOB NOT NULL);
CREATE TABLE operations (
  id INTEGER PRIMARY KEY,
  service TEXT NOT NULL,
  kind INTEGER NOT NULL,
  name TEXT NOT NULL,
  command TEXT,
  window TEXT,
  page INTEGER NOT NULL
);
CREATE TABLE traces (
  id INTEGER PRIMARY KEY,
  trace_id BLOB NOT NULL UNIQUE,
  start INTEGER NOT NULL,
  end INTEGER NOT NULL,
  spans INTEGER NOT NULL,
  errors INTEGER NOT NULL,
  operation INTEGER NOT NULL,
  rooted INTEGER NOT NULL,
  operations BLOB NOT NULL,
  attribute_bits BLOB NOT NULL,
  folded_bits INTEGER NOT NULL,
  stands_for REAL NOT NULL
);
CREATE INDEX traces_by_start ON traces (start, end, errors, stands_for, operation, folded_bits, operations);
CREATE TABLE spans (
  id INTEGER PRIMARY KEY,
  span_id INTEGER NOT NULL,
  parent INTEGER NOT NULL,
  operation INTEGER NOT NULL,
  start INTEGER NOT NULL,
  end INTEGER NOT NULL,
  status INTEGER NOT NULL,
  resource INTEGER NOT NULL,
  scope INTEGER NOT NULL,
  arrived INTEGER NOT NULL,
  rest BLOB NOT NULL
);
CREATE TABLE rollups (
  slot INTEGER NOT NULL,
  operation INTEGER NOT NULL,
  rollup BLOB NOT NULL,
  PRIMARY KEY (slot, operation)
) WITHOUT ROWID;
CREATE TABLE errors (
  id INTEGER PRIMARY KEY,
  type TEXT NOT NULL,
  place TEXT NOT NULL,
  service TEXT NOT NULL,
  count INTEGER NOT NULL,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL,
  message TEXT NOT NULL,
  stack TEXT,
  trace_id BLOB,
  span_id INTEGER
);
CREATE UNIQUE INDEX errors_by_group ON errors (type, place, service);
CREATE TABLE logs (
  id INTEGER PRIMARY KEY,
  time INTEGER NOT NULL,
  severity INTEGER NOT NULL,
  resource INTEGER NOT NULL,
  scope INTEGER NOT NULL,
  trace_id BLOB,
  body TEXT,
  rest BLOB NOT NULL
);
CREATE INDEX logs_by_time ON logs (time);
CREATE INDEX logs_by_trace ON logs (trace_id) WHERE trace_id IS NOT NULL;
CREATE VIRTUAL TABLE log_words USING fts5 (body, content='', contentless_delete=1);
CREATE TABLE losses (
  id INTEGER PRIMARY KEY,
  time INTEGER NOT NULL,
  service TEXT NOT NULL,
  cause TEXT NOT NULL,
  count INTEGER NOT NULL
);
CREATE TABLE metrics (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  kind INTEGER NOT NULL,
  bytes BLOB NOT NULL
);
CREATE TABLE series (
  id INTEGER PRIMARY KEY,
  metric INTEGER NOT NULL,
  resource INTEGER NOT NULL,
  scope INTEGER NOT NULL,
  attributes BLOB NOT NULL
);
CREATE INDEX series_by_metric ON series (metric);
CREATE TABLE points (
  id INTEGER PRIMARY KEY,
  series INTEGER NOT NULL,
  time INTEGER NOT NULL,
  rest BLOB NOT NULL
);
CREATE INDEX points_by_series ON points (series, time);
