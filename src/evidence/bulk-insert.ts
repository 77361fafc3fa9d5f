import type { Connection, Statement } from './sqlite.ts';

/** Rows a statement: one call into SQLite for many rows costs half of one call a row. */
const ROWS_A_STATEMENT = 128;

type Value = number | string | Uint8Array | null;

/** Inserts many rows into one table. Rows are gathered and written in the order they were added in. */
export class BulkInsert {
  readonly #db: Connection;
  readonly #table: string;
  readonly #columns: readonly string[];
  #full: Statement | undefined;
  #values: Value[] = [];

  constructor(db: Connection, table: string, columns: readonly string[]) {
    this.#db = db;
    this.#table = table;
    this.#columns = columns;
  }

  /** One value a column, in the order of the columns. */
  add(...values: Value[]): void {
    for (const value of values) this.#values.push(value);
    if (this.#values.length === ROWS_A_STATEMENT * this.#columns.length) {
      this.#full ??= this.#prepare(ROWS_A_STATEMENT);
      this.#full.run(this.#values);
      this.#values.length = 0;
    }
  }

  /** Writes what is left. */
  finish(): void {
    const rows = this.#values.length / this.#columns.length;
    if (rows > 0) this.#prepare(rows).run(this.#values);
    this.#values = [];
  }

  #prepare(rows: number): Statement {
    const row = `(${this.#columns.map(() => '?').join(', ')})`;
    return this.#db.prepare(
      `INSERT INTO ${this.#table} (${this.#columns.join(', ')}) VALUES ${Array(rows).fill(row).join(', ')}`,
    );
  }
}
