// The tables of who may do what: teams, users with their grants, sessions, API tokens. Only accounts.ts writes them.
// Secrets are stored hashed: passwords with argon2id, what is random with SHA-256. Teams are named by their name, as
// everywhere; a team is never renamed. Instants are milliseconds since 1970.
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import type { Role, Scope } from '../../http/contract/accounts.ts';
import type { z } from 'zod';

export const teams = sqliteTable(
  'teams',
  {
    id: text().notNull(),
    name: text().notNull().unique(),
    title: text().notNull(),
    createdAt: integer('created_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.id] })],
);

export const users = sqliteTable(
  'users',
  {
    id: text().notNull(),
    name: text().notNull().unique(),
    /** PHC string. */
    passwordHash: text('password_hash').notNull(),
    /** Somebody else chose the password. */
    mustChangePassword: integer('must_change_password', { mode: 'boolean' }).notNull(),
    /** A disabled user cannot sign in, and their sessions and tokens stop at once. */
    disabled: integer({ mode: 'boolean' }).notNull(),
    createdAt: integer('created_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.id] })],
);

export const grants = sqliteTable(
  'grants',
  {
    id: text().notNull(),
    userId: text('user_id').notNull().references(() => users.id),
    /** Null: in every team. */
    team: text().references(() => teams.name),
    role: text().$type<Role>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.id] }), index('grants_user').on(table.userId)],
);

export const sessions = sqliteTable(
  'sessions',
  {
    /** SHA-256 of what the cookie holds. */
    id: text().notNull(),
    userId: text('user_id').notNull().references(() => users.id),
    createdAt: integer('created_at').notNull(),
    /** Moves on while the session is used. */
    expiresAt: integer('expires_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.id] }), index('sessions_user').on(table.userId), index('sessions_expires').on(table.expiresAt)],
);

export const apiTokens = sqliteTable(
  'api_tokens',
  {
    id: text().notNull(),
    userId: text('user_id').notNull().references(() => users.id),
    name: text().notNull(),
    secretHash: text('secret_hash').notNull(),
    scopes: text({ mode: 'json' }).$type<z.infer<typeof Scope>[]>().notNull(),
    /** Null: in every team of its owner. */
    team: text().references(() => teams.name),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at').notNull(),
    /** To the minute. */
    lastUsedAt: integer('last_used_at'),
  },
  (table) => [primaryKey({ columns: [table.id] }), uniqueIndex('api_tokens_user_name').on(table.userId, table.name), index('api_tokens_expires').on(table.expiresAt)],
);
