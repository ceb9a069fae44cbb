// Statements that are built once for each database and run many times. What a row has goes in by the names of its columns.
import { getColumns, type InferInsertModel, type Placeholder, type SQL, sql } from 'drizzle-orm';
import type { SQLiteColumn, SQLiteTable } from 'drizzle-orm/sqlite-core';
import type { Reader, Tx } from './store.ts';

type Values = Record<string, unknown>;

/** A statement that changes rows. @param build with the connection that it is for */
export function preparedChange(build: (db: Tx['db']) => { run(values: Values): unknown }): (tx: Tx, values: Values) => Promise<void> {
  const statementOf = once(build);
  return async (tx, values) => {
    await Promise.resolve(statementOf(tx).run(values));
  };
}

/** A statement that gives rows. @param build with the connection that it is for */
export function preparedRows<Row, Db extends Reader['db'] = Reader['db']>(build: (db: Db) => { all(values?: Values): Row[] | Promise<Row[]> }): (of: { readonly db: Db }, values?: Values) => Promise<Row[]> {
  const statementOf = once(build);
  return async (of, values = {}) => await Promise.resolve(statementOf(of).all(values));
}

function once<Db extends object, T>(build: (db: Db) => T): (of: { readonly db: Db }) => T {
  const known = new WeakMap<Db, T>();
  return ({ db }) => {
    const prepared = known.get(db) ?? build(db);
    known.set(db, prepared);
    return prepared;
  };
}

/** Values of a row as they are: a key that SQLite counts by itself may be null. */
type PlainRow<T extends SQLiteTable> = { readonly [K in keyof InferInsertModel<T>]: InferInsertModel<T>[K] | null };

/**
 * A statement for rows of a table whose columns are text and numbers as they are: rows go to the database without the ORM in between, which
 * takes longer for each of them than the database does.
 * @param build an insert of placeholders() with the connection that it is for
 * @returns adds a row, and gives the number that SQLite counts rows with
 */
export function preparedInsert<T extends SQLiteTable>(table: T, build: (db: Tx['db']) => { toSQL(): { readonly sql: string } }): (tx: Tx, row: PlainRow<T>) => number {
  const names = Object.keys(getColumns(table)) as (keyof InferInsertModel<T>)[];
  const statementOf = once((db: Tx['db']) => db.$client.prepare(build(db).toSQL().sql));
  return (tx, row) => Number(statementOf(tx).run(names.map((name) => row[name])).lastInsertRowid);
}

/** The same for very many rows at once. */
export function preparedInserts<T extends SQLiteTable>(table: T, build: (db: Tx['db']) => { toSQL(): { readonly sql: string } }): (tx: Tx, rows: readonly InferInsertModel<T>[]) => Promise<void> {
  const insert = preparedInsert(table, build);
  return async (tx, rows) => {
    for (const row of rows) insert(tx, row);
  };
}

/** A list that a prepared statement takes as one value: `inList(table.id, 'ids')`, run with `{ ids: listed(ids) }`. */
export const inList = (column: SQLiteColumn, name: string): SQL => sql`${column} IN (SELECT value FROM json_each(${sql.placeholder(name)}))`;
export const listed = (values: Iterable<string>): string => JSON.stringify([...values]);

/** A value to come for every column of the table, by the column's name in rows. */
export function placeholders<T extends SQLiteTable>(table: T): { [K in keyof InferInsertModel<T>]: Placeholder } {
  return Object.fromEntries(Object.keys(getColumns(table)).map((name) => [name, sql.placeholder(name)])) as { [K in keyof InferInsertModel<T>]: Placeholder };
}
