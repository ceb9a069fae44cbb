// The tables around the ledger of addresses: what people keep back of networks, and conflicts that hosts found on the wire. The ledger itself
// is in fleet.ts. Ids and instants (milliseconds since 1970) are made by the application.
import { sql } from 'drizzle-orm';
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';

/** Addresses that no replica gets, and why. Ranges of one network never overlap. Writer: address-reservations.ts */
export const addressReservations = sqliteTable(
  'address_reservations',
  {
    id: text().notNull(),
    networkId: text('network_id').notNull(),
    kind: text().$type<'reserved' | 'excluded'>().notNull(),
    first: text().notNull(),
    /** The same as `first` where it is one address. */
    last: text().notNull(),
    note: text().notNull(),
    createdBy: text('created_by').notNull(),
    createdAt: integer('created_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.id] }), index('address_reservations_network').on(table.networkId)],
);

export type ConflictAction = 'given-another' | 'waits' | 'watched';

/**
 * Something else on the network answered for an address of a replica. While a row is open, nobody is given the address.
 * Writer: address-conflicts.ts
 */
export const addressConflicts = sqliteTable(
  'address_conflicts',
  {
    id: text().notNull(),
    networkId: text('network_id').notNull(),
    address: text().notNull(),
    replicaId: text('replica_id').notNull(),
    replica: text().notNull(),
    workload: text().notNull(),
    /** The host that found it. */
    hostId: text('host_id').notNull(),
    host: text().notNull(),
    ownMac: text('own_mac').notNull(),
    otherMac: text('other_mac').notNull(),
    action: text().$type<ConflictAction>().notNull(),
    outcome: text().notNull(),
    foundAt: integer('found_at').notNull(),
    lastSeenAt: integer('last_seen_at').notNull(),
    endedAt: integer('ended_at'),
  },
  (table) => [
    primaryKey({ columns: [table.id] }),
    uniqueIndex('address_conflicts_open').on(table.address).where(sql`ended_at IS NULL`),
    index('address_conflicts_address').on(table.address),
  ],
);
