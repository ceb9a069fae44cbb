// Opens the database of a data folder: lock, pragmas, migrations; says in one plain sentence why it cannot.
// Gives two connections, one that writes and one that reads, so that readers never see half a transaction.
import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import Sqlite from 'better-sqlite3';
import { drizzle, type BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import { migrate } from 'drizzle-orm/better-sqlite3/migrator';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { ServerStartError } from '../start-error.ts';

export type Database = BetterSQLite3Database & { readonly $client: Sqlite.Database };

export interface OpenDatabase {
  /** The file. */
  readonly path: string;
  readonly writer: Database;
  readonly reader: Database;
  /** SQLite's own statements: BEGIN, COMMIT, backup. */
  readonly writerClient: Sqlite.Database;
  readonly readerClient: Sqlite.Database;
  close(): void;
}

const MIGRATIONS_TABLE = 'migrations';
/** Of each connection, at most: SQLite's own 2 MiB would read the indices of a large cluster from the file again with every ask. */
const CACHE_KIB = 65_536;
/** The log goes into the database by a thread of its own (checkpointer.ts); a commit does it only where that does not keep up, each 64 MiB. */
const CHECKPOINT_PAGES = 16_384;

/** @throws ServerStartError when the folder cannot be written, is in use by another server, or is newer than this program */
export function openDatabase(dataDir: string, migrationsDir: string): OpenDatabase {
  const folder = resolve(dataDir);
  makeFolder(folder);
  const lock = lockFolder(folder);
  const closing = [lock];
  const close = () => closing.reverse().forEach((each) => each.close());
  try {
    const path = join(folder, 'firn.db');
    const writerClient = connect(path);
    closing.push(writerClient);
    const writer = drizzle({ client: writerClient });
    refuseNewer(writerClient, migrationsDir, folder);
    migrate(writer, { migrationsFolder: migrationsDir, migrationsTable: MIGRATIONS_TABLE });
    const readerClient = connect(path);
    readerClient.pragma('query_only = ON');
    closing.push(readerClient);
    return { path, writer, reader: drizzle({ client: readerClient }), writerClient, readerClient, close };
  } catch (error) {
    close();
    if (error instanceof ServerStartError) throw error;
    throw new ServerStartError(`The database in ${folder} cannot be opened: ${plain(error)}.`, { cause: error });
  }
}

function makeFolder(folder: string): void {
  try {
    makeParents(folder);
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new ServerStartError(`The data folder ${folder} is not writable: ${plain(error)}.`, { cause: error });
  }
}

/** Folder by folder: where a file system refuses new folders with ENOENT (as /proc does), Node's own recursive way never returns. */
function makeParents(folder: string): void {
  if (existsSync(folder)) return;
  makeParents(dirname(folder));
  mkdirSync(folder, { mode: 0o700 });
}

/** Held for the life of the process: SQLite lets go of it when the process ends, however it ends. */
function lockFolder(folder: string): Sqlite.Database {
  let lock: Sqlite.Database | undefined;
  try {
    lock = new Sqlite(join(folder, 'firn.lock'), { timeout: 0 });
    lock.pragma('locking_mode = EXCLUSIVE');
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock?.close();
    if (codeOf(error).startsWith('SQLITE_BUSY')) throw new ServerStartError(`The data folder ${folder} is in use by another Firn server: stop that one, or give this one a folder of its own.`);
    throw new ServerStartError(`The data folder ${folder} is not writable: ${plain(error)}.`, { cause: error });
  }
}

function connect(path: string): Sqlite.Database {
  const client = rememberStatements(new Sqlite(path));
  for (const pragma of ['journal_mode = WAL', 'synchronous = NORMAL', 'foreign_keys = ON', 'busy_timeout = 5000', 'temp_store = MEMORY', `wal_autocheckpoint = ${CHECKPOINT_PAGES}`, `cache_size = -${CACHE_KIB}`]) client.pragma(pragma);
  return client;
}

/** Statements that stay prepared: more than this program has, but for those that differ in their number of rows. */
const MOST_STATEMENTS = 300;
/** Longer ones take long to run anyway, and much memory to keep. */
const LONGEST_KEPT = 4_000;

/** The ORM prepares a statement every time it runs one, which takes longer than most of them take to run: keeps what was prepared, by its text. */
function rememberStatements(client: Sqlite.Database): Sqlite.Database {
  const known = new Map<string, Sqlite.Statement>();
  const prepare = client.prepare.bind(client) as (text: string) => Sqlite.Statement;
  const remembering = (text: string): Sqlite.Statement => {
    if (text.length > LONGEST_KEPT) return prepare(text);
    const statement = known.get(text) ?? prepare(text);
    // The one that was not used for longest goes.
    known.delete(text);
    known.set(text, statement);
    if (known.size > MOST_STATEMENTS) known.delete(known.keys().next().value!);
    // Whoever prepares a statement says how rows are to come; nobody else's wish may be left on it.
    return statement.reader ? statement.raw(false) : statement;
  };
  client.prepare = remembering as typeof client.prepare;
  return client;
}

/** A migration that this program does not have was applied by a newer one: to go on could destroy what that one wrote. */
function refuseNewer(client: Sqlite.Database, migrationsDir: string, folder: string): void {
  if (!existsSync(migrationsDir)) throw new ServerStartError(`The migrations are missing: there is no folder ${migrationsDir}.`);
  const exists = client.prepare('SELECT 1 FROM sqlite_master WHERE type = ? AND name = ?').get('table', MIGRATIONS_TABLE) !== undefined;
  if (!exists) return;
  const known = new Set(readMigrationFiles({ migrationsFolder: migrationsDir }).map(({ name }) => name));
  const applied = client.prepare<[], { name: string }>(`SELECT name FROM ${MIGRATIONS_TABLE}`).all();
  const unknown = applied.find(({ name }) => !known.has(name));
  if (unknown !== undefined) {
    throw new ServerStartError(`The database in ${folder} was written by a newer Firn (it has the migration ${unknown.name}, which this one does not know): start that version, or use another data folder.`);
  }
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

/** The message without a stop at its end, so that it fits into a sentence. */
function plain(error: unknown): string {
  const message = error instanceof Error ? (error.cause instanceof Error ? error.cause.message : error.message) : String(error);
  return message.replace(/\.$/, '');
}
