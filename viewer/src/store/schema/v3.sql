CREATE TABLE error_slots (
  slot INTEGER NOT NULL,
  error INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (slot, error)
) WITHOUT ROWID;
INSERT INTO error_slots SELECT last / 10000000000, id, count FROM errors;
ALTER TABLE errors DROP COLUMN count;
