import { GENERATION_BYTES } from "./log-record.ts";
import { KIND, PACKED } from "./packed-batch.ts";

/** Marks the file as a hot store ("Kalm"), so that a foreign database is never taken for one. */
export const APPLICATION_ID = 0x4b616c6d;
/** Version of the schema below. */
export const SCHEMA_VERSION = 2;

export const PAGE_BYTES = 4096;
/** Length of the write-ahead log before it is written back. */
export const LOG_PAGES = 8000;
/** Page cache of the writer; a negative number is KiB. */
export const WRITER_CACHE = -32768;

/**
 * Pages of 4 KiB: a commit of one row writes and syncs one page to the log, and larger pages made it a third slower. The
 * log is written back after 8000 pages (32 MB) and cut to 64 MB if a large commit made it longer. No memory mapping: a
 * failing disk would then end the process with a signal instead of giving an error.
 */
export const WRITER_SETTINGS = `
  PRAGMA page_size = ${PAGE_BYTES};
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA busy_timeout = 0;
  PRAGMA cache_size = ${WRITER_CACHE};
  PRAGMA temp_store = MEMORY;
  PRAGMA wal_autocheckpoint = ${LOG_PAGES};
  PRAGMA journal_size_limit = 67108864;
`;

export const READER_SETTINGS = `
  PRAGMA busy_timeout = 0;
  PRAGMA cache_size = -16384;
  PRAGMA temp_store = MEMORY;
`;

/** How far what is in the commit log has come; one row. */
const CREATE_POSITION = `
  CREATE TABLE commit_log (generation BLOB NOT NULL, sequence INTEGER NOT NULL);
  INSERT INTO commit_log VALUES (randomblob(${GENERATION_BYTES}), 0);
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

export const CREATE_STORE = `
  BEGIN IMMEDIATE;
  CREATE TABLE entry (key BLOB NOT NULL PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
  PRAGMA application_id = ${APPLICATION_ID};
  ${CREATE_POSITION}
  COMMIT;
`;

/** Version 1 had no commit log. The number keeps programs away that would not look into it. */
export const UPGRADE_STORE = `BEGIN IMMEDIATE; ${CREATE_POSITION} COMMIT`;

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

export const PUT_PACKED = `INSERT OR REPLACE INTO entry SELECT ${PACKED.key}, ${PACKED.value} FROM json_each(?2)`;
export const CHANGE_PACKED = `INSERT INTO change SELECT ${PACKED.kind}, ${PACKED.key}, ${PACKED.value} FROM json_each(?2)`;

export const READ_POSITION = "SELECT generation, sequence FROM commit_log";
export const NOTE_APPLIED = "UPDATE commit_log SET sequence = ?1";
export const RENEW_LOG = `UPDATE commit_log SET generation = randomblob(${GENERATION_BYTES})`;

export const GET_ONE = "SELECT value FROM entry WHERE key = ?1";
const FOUND = `
  SELECT place, entry.value AS value
  FROM (SELECT key AS place, ${PACKED.key} AS wanted FROM json_each(?2)) CROSS JOIN entry ON entry.key = wanted
`;
const scan = (order: string) =>
  `SELECT key, value FROM entry WHERE key >= ?1 AND key < ?2 ORDER BY key ${order} LIMIT ?3`;

/**
 * Every read of many rows exists twice: as rows, and joined into one value with the lengths beside it (`packed-answer.ts`).
 * The order of the subquery is the order of what is joined.
 */
export const GET_MANY = {
  rows: FOUND,
  packed: `SELECT CAST(group_concat(value, '') AS BLOB) AS data, group_concat(place || ',' || length(value)) AS numbers
    FROM (${FOUND})`,
};
export const SCAN_FORWARD = packedScan(scan("ASC"));
export const SCAN_BACK = packedScan(scan("DESC"));

function packedScan(rows: string): { readonly rows: string; readonly packed: string } {
  const packed = `SELECT CAST(group_concat(key || value, '') AS BLOB) AS data,
    group_concat(length(key) || ',' || length(value)) AS numbers FROM (${rows})`;
  return { rows, packed };
}
