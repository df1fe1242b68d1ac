import { KIND, PACKED } from "./packed-batch.ts";

/** Marks the file as a hot store ("Kalm"), so that a foreign database is never taken for one. */
export const APPLICATION_ID = 0x4b616c6d;
/** Version of the schema below. */
export const SCHEMA_VERSION = 1;

/**
 * Pages of 8 KiB keep rows of up to 2 KB out of overflow pages. The write-ahead log is written back after 4000 pages
 * (32 MB) and cut to 64 MB if a large commit made it longer. No memory mapping: a failing disk would then end the process
 * with a signal instead of giving an error.
 */
export const WRITER_SETTINGS = `
  PRAGMA page_size = 8192;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA busy_timeout = 0;
  PRAGMA cache_size = -32768;
  PRAGMA temp_store = MEMORY;
  PRAGMA wal_autocheckpoint = 4000;
  PRAGMA journal_size_limit = 67108864;
`;

export const READER_SETTINGS = `
  PRAGMA busy_timeout = 0;
  PRAGMA cache_size = -16384;
  PRAGMA temp_store = MEMORY;
`;

export const CREATE_STORE = `
  BEGIN IMMEDIATE;
  CREATE TABLE entry (key BLOB NOT NULL PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA_VERSION};
  COMMIT;
`;

/**
 * A view that exists in the writer's connection only; inserting a change into it applies it. That makes a batch of mixed
 * changes one statement, hence one transaction and one hop: a condition that fails aborts all of it.
 */
export const CREATE_CHANGES = `
  CREATE TEMP VIEW change (kind, key, value) AS SELECT 0, x'', x'';
  CREATE TEMP TRIGGER expect_absent INSTEAD OF INSERT ON change WHEN NEW.kind = ${KIND.expectAbsent} BEGIN
    SELECT RAISE(ABORT, 'condition ' || hex(NEW.key)) WHERE EXISTS (SELECT 1 FROM entry WHERE key = NEW.key);
  END;
  CREATE TEMP TRIGGER expect_value INSTEAD OF INSERT ON change WHEN NEW.kind = ${KIND.expectValue} BEGIN
    SELECT RAISE(ABORT, 'condition ' || hex(NEW.key))
      WHERE NOT EXISTS (SELECT 1 FROM entry WHERE key = NEW.key AND value = NEW.value);
  END;
  CREATE TEMP TRIGGER remove_range INSTEAD OF INSERT ON change WHEN NEW.kind = ${KIND.removeRange} BEGIN
    DELETE FROM entry WHERE key >= NEW.key AND key < NEW.value;
  END;
  CREATE TEMP TRIGGER remove INSTEAD OF INSERT ON change WHEN NEW.kind = ${KIND.remove} BEGIN
    DELETE FROM entry WHERE key = NEW.key;
  END;
  CREATE TEMP TRIGGER put INSTEAD OF INSERT ON change WHEN NEW.kind = ${KIND.put} BEGIN
    INSERT OR REPLACE INTO entry VALUES (NEW.key, NEW.value);
  END;
`;

export const PUT_ONE = "INSERT OR REPLACE INTO entry VALUES (?1, ?2)";
export const PUT_PACKED = `INSERT OR REPLACE INTO entry SELECT ${PACKED.key}, ${PACKED.value} FROM json_each(?2)`;
export const CHANGE_PACKED = `INSERT INTO change SELECT ${PACKED.kind}, ${PACKED.key}, ${PACKED.value} FROM json_each(?2)`;

export const GET_ONE = "SELECT value FROM entry WHERE key = ?1";
export const GET_PACKED = `
  SELECT place, entry.value AS value
  FROM (SELECT key AS place, ${PACKED.key} AS wanted FROM json_each(?2)) CROSS JOIN entry ON entry.key = wanted
`;
export const SCAN_FORWARD = "SELECT key, value FROM entry WHERE key >= ?1 AND key < ?2 ORDER BY key LIMIT ?3";
export const SCAN_BACK = "SELECT key, value FROM entry WHERE key >= ?1 AND key < ?2 ORDER BY key DESC LIMIT ?3";
