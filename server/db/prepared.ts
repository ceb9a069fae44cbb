// Statements that are built once for each database and run many times. What a row has goes in by the names of its columns.
import { getColumns, type InferInsertModel, type Placeholder, sql } from 'drizzle-orm';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
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

/**
 * A statement for very many rows of a table whose columns are text and numbers as they are: rows go to the database without the ORM in between,
 * which takes longer for each of them than the database does.
 * @param build an insert of placeholders() with the connection that it is for
 */
export function preparedInserts<T extends SQLiteTable>(table: T, build: (db: Tx['db']) => { toSQL(): { readonly sql: string } }): (tx: Tx, rows: readonly InferInsertModel<T>[]) => Promise<void> {
  const names = Object.keys(getColumns(table)) as (keyof InferInsertModel<T>)[];
  const statementOf = once((db: Tx['db']) => db.$client.prepare(build(db).toSQL().sql));
  return async (tx, rows) => {
    const statement = statementOf(tx);
    for (const row of rows) statement.run(names.map((name) => row[name]));
  };
}

/** A value to come for every column of the table, by the column's name in rows. */
export function placeholders<T extends SQLiteTable>(table: T): { [K in keyof InferInsertModel<T>]: Placeholder } {
  return Object.fromEntries(Object.keys(getColumns(table)).map((name) => [name, sql.placeholder(name)])) as { [K in keyof InferInsertModel<T>]: Placeholder };
}
