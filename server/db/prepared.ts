// Statements that are built once for each database and run many times. What a row has goes in by the names of its columns.
import { getColumns, type InferInsertModel, type Placeholder, sql } from 'drizzle-orm';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import type { Reader, Tx } from './store.ts';

/** A statement that changes. @param build with the connection that it is for */
export function preparedOnce<T>(build: (db: Tx['db']) => T): (tx: Tx) => T {
  return once(build);
}

/** A statement that looks. @param build with the connection that it is for */
export function preparedLook<T>(build: (db: Reader['db']) => T): (reader: Reader) => T {
  return once(build);
}

function once<Db extends object, T>(build: (db: Db) => T): (of: { readonly db: Db }) => T {
  const known = new WeakMap<Db, T>();
  return ({ db }) => {
    const prepared = known.get(db) ?? build(db);
    known.set(db, prepared);
    return prepared;
  };
}

/** A value to come for every column of the table, by the column's name in rows. */
export function placeholders<T extends SQLiteTable>(table: T): { [K in keyof InferInsertModel<T>]: Placeholder } {
  return Object.fromEntries(Object.keys(getColumns(table)).map((name) => [name, sql.placeholder(name)])) as { [K in keyof InferInsertModel<T>]: Placeholder };
}
