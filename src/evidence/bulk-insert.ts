import type { Connection, Statement } from './sqlite.ts';

/** Rows a statement: one call into SQLite for many rows costs half of one call a row. */
const ROWS_A_STATEMENT = 128;

export type ColumnValue = number | string | Uint8Array | null;

/**
 * Inserts `count` rows into one table, in order.
 * @param fill writes the values of row `i` into `values`, from index `at` on, one a column.
 */
export function insertRows(
  db: Connection,
  table: string,
  columns: readonly string[],
  count: number,
  fill: (values: ColumnValue[], at: number, i: number) => void,
): void {
  const prepare = (rows: number): Statement => {
    const row = `(${columns.map(() => '?').join(', ')})`;
    const list = Array(rows).fill(row).join(', ');
    return db.prepare(`INSERT INTO ${table} (${columns.join(', ')}) VALUES ${list}`);
  };
  const width = columns.length;
  const full = count >= ROWS_A_STATEMENT ? prepare(ROWS_A_STATEMENT) : undefined;
  const values: ColumnValue[] = Array(ROWS_A_STATEMENT * width).fill(null);
  let i = 0;
  while (count - i >= ROWS_A_STATEMENT) {
    for (let at = 0; at < values.length; at += width) fill(values, at, i++);
    full?.run(values);
  }
  if (i === count) return;
  const rest = prepare(count - i);
  values.length = (count - i) * width;
  for (let at = 0; at < values.length; at += width) fill(values, at, i++);
  rest.run(values);
}
