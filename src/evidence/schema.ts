/** `PRAGMA application_id` of an evidence store: "rdfs" in ASCII. */
export const APPLICATION_ID = 0x72646673;
/** `PRAGMA user_version`: the newest schema that this program reads and writes. */
export const SCHEMA_VERSION = 1;

/**
 * One rule makes every table append-only for any SQLite client: what belongs together goes in before the row that
 * seals it, and a sealed thing takes no more. So `INSERT OR REPLACE`, which fires no delete trigger, has nothing
 * sealed that it could replace. Triggers guard against accidents; a forger drops them, and `verify` recomputes.
 *
 * | table | seals | sealed by |
 * |---|---|---|
 * | `event` | everything before it | the next event (hash chain) |
 * | `row_set`, `observation`, `verdict` | – | the event whose `seq` is their `set_id` |
 * | `roster_entry` | – | its `roster` row |
 * | `test_case`, `detail` | – | never replaced: ids only grow by one |
 */
const TABLES = [
  // `run` and `type` are computed by SQLite from the event itself: there is no copy that could disagree with it.
  `CREATE TABLE event (
  seq INTEGER PRIMARY KEY,
  canonical TEXT NOT NULL,
  hash BLOB NOT NULL CHECK (length(hash) = 32),
  run TEXT GENERATED ALWAYS AS (json_extract(canonical, '$.body.run')) VIRTUAL,
  type TEXT GENERATED ALWAYS AS (json_extract(canonical, '$.body.type')) VIRTUAL
) STRICT`,
  `CREATE INDEX event_by_run ON event (run) WHERE run IS NOT NULL`,
  `CREATE INDEX event_by_type ON event (type)`,
  // A case as reports name it. `labels` is a canonical JSON array.
  `CREATE TABLE test_case (
  id INTEGER PRIMARY KEY,
  suite INTEGER NOT NULL,
  name TEXT NOT NULL,
  file TEXT,
  labels TEXT
) STRICT`,
  `CREATE INDEX test_case_by_name ON test_case (suite, name)`,
  // What a row has beyond its columns (failures, retries; a verdict's whole judgement), canonical JSON, kept once.
  `CREATE TABLE detail (
  id INTEGER PRIMARY KEY,
  digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
  body TEXT NOT NULL
) STRICT`,
  // The cases of an attempt in order. Repeated attempts share it, which is why a row needs no name of its own.
  `CREATE TABLE roster (
  id INTEGER PRIMARY KEY,
  size INTEGER NOT NULL,
  sequence_digest BLOB NOT NULL UNIQUE CHECK (length(sequence_digest) = 32),
  members_digest BLOB NOT NULL UNIQUE CHECK (length(members_digest) = 32)
) STRICT`,
  `CREATE TABLE roster_entry (
  roster INTEGER NOT NULL REFERENCES roster (id) DEFERRABLE INITIALLY DEFERRED,
  ordinal INTEGER NOT NULL,
  test_case INTEGER NOT NULL REFERENCES test_case (id),
  PRIMARY KEY (roster, ordinal)
) STRICT, WITHOUT ROWID`,
  `CREATE INDEX roster_entry_by_case ON roster_entry (test_case)`,
  // One attempt's observations, or one judgement's verdicts (no roster). `seq` is that of the event that vouches for it.
  `CREATE TABLE row_set (
  seq INTEGER PRIMARY KEY REFERENCES event (seq) DEFERRABLE INITIALLY DEFERRED,
  roster INTEGER REFERENCES roster (id)
) STRICT`,
  `CREATE INDEX row_set_by_roster ON row_set (roster) WHERE roster IS NOT NULL`,
  // `set_id` stands for (run, suite, attempt); `ordinal` counts from 0 in the order of the report.
  // `entry` is the case's ordinal in the roster, NULL where it is `ordinal` itself (the usual order).
  `CREATE TABLE observation (
  set_id INTEGER NOT NULL REFERENCES row_set (seq),
  ordinal INTEGER NOT NULL,
  entry INTEGER,
  outcome INTEGER NOT NULL,
  failed_in INTEGER NOT NULL,
  duration_us INTEGER NOT NULL,
  detail INTEGER REFERENCES detail (id),
  PRIMARY KEY (set_id, ordinal)
) STRICT, WITHOUT ROWID`,
  `CREATE UNIQUE INDEX observation_out_of_order ON observation (set_id, entry) WHERE entry IS NOT NULL`,
  `CREATE TABLE verdict (
  set_id INTEGER NOT NULL REFERENCES row_set (seq),
  ordinal INTEGER NOT NULL,
  test_case INTEGER NOT NULL REFERENCES test_case (id),
  judgement INTEGER NOT NULL REFERENCES detail (id),
  PRIMARY KEY (set_id, ordinal)
) STRICT, WITHOUT ROWID`,
];

const NEXT_ID = (table: string): string => `NEW.id IS NOT (SELECT coalesce(max(id), 0) + 1 FROM ${table})`;
const UNSEALED_SET = (column: string): string => `NEW.${column} IS NOT (SELECT max(seq) + 1 FROM event)`;

/** Per table: when an insert is refused. */
const REFUSED_INSERTS: Readonly<Record<string, string>> = {
  event: 'NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM event)',
  test_case: NEXT_ID('test_case'),
  detail: `${NEXT_ID('detail')} OR EXISTS (SELECT 1 FROM detail WHERE digest = NEW.digest)`,
  roster: `${NEXT_ID('roster')} OR EXISTS (SELECT 1 FROM roster WHERE sequence_digest = NEW.sequence_digest)
    OR EXISTS (SELECT 1 FROM roster WHERE members_digest = NEW.members_digest)`,
  roster_entry: 'NEW.roster IS NOT (SELECT coalesce(max(id), 0) + 1 FROM roster)',
  row_set: UNSEALED_SET('seq'),
  observation: UNSEALED_SET('set_id'),
  verdict: UNSEALED_SET('set_id'),
};

function triggers(): string[] {
  return Object.entries(REFUSED_INSERTS).flatMap(([table, refused]) => [
    `CREATE TRIGGER ${table}_extends_the_head BEFORE INSERT ON ${table} WHEN ${refused}
BEGIN SELECT RAISE(ABORT, 'redfirst: ${table} is append-only; a new row must extend its head'); END`,
    `CREATE TRIGGER ${table}_never_changes BEFORE UPDATE ON ${table}
BEGIN SELECT RAISE(ABORT, 'redfirst: ${table} is append-only; no row is ever changed'); END`,
    `CREATE TRIGGER ${table}_never_shrinks BEFORE DELETE ON ${table}
BEGIN SELECT RAISE(ABORT, 'redfirst: ${table} is append-only; no row is ever deleted'); END`,
  ]);
}

/** The whole schema, one statement an element, in order. */
export const SCHEMA: readonly string[] = [...TABLES, ...triggers()];
