-- One row, written now and then while somebody asks whether the database takes writes.
CREATE TABLE probe (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  at INTEGER NOT NULL
);
INSERT INTO probe (id, at) VALUES (1, 0);
