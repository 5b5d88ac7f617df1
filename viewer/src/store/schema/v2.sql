DROP INDEX traces_by_start;
ALTER TABLE traces RENAME TO old_traces;
CREATE TABLE traces (
  id INTEGER PRIMARY KEY,
  trace_id BLOB NOT NULL,
  start INTEGER NOT NULL,
  end INTEGER NOT NULL,
  spans INTEGER NOT NULL,
  errors INTEGER NOT NULL,
  operation INTEGER NOT NULL,
  rooted INTEGER NOT NULL,
  operations BLOB NOT NULL,
  attribute_bits BLOB NOT NULL,
  stands_for REAL NOT NULL
);
INSERT INTO traces
  SELECT id, trace_id, start, end, spans, errors, operation, rooted, operations, attribute_bits, stands_for FROM old_traces;
DROP TABLE old_traces;
CREATE UNIQUE INDEX traces_by_id ON traces (id >> 13, trace_id);
CREATE TABLE blocks (
  id INTEGER PRIMARY KEY,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL,
  longest INTEGER NOT NULL,
  entries BLOB NOT NULL
);
