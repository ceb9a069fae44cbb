// The ledger of addresses: search, the card of one address, what is kept back, conflicts, and reading in ranges.
import { createRoute } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { importLines } from '../addresses/import.ts';
import { cardOf, reserve, searchLedger, settleConflict, unreserve } from '../addresses/addresses.ts';
import { listConflicts } from '../db/address-conflicts.ts';
import { listReservations } from '../db/address-reservations.ts';
import { listNetworks } from '../db/networks.ts';
import type { Reader } from '../db/store.ts';
import { AddressCard, AddressHistory, AddressQuery, Conflicts, ImportDraft, ImportResult, ReservationDraft, Reservations, ReservationView } from './contract/addresses.ts';
import { Id, z } from './contract/common.ts';
import { answer, conflict, jsonBody, newApi, notFound, problems } from './problem.ts';
import { actor, secured } from './secured.ts';
import { showCard, showConflict, showHolding, showReservation, type NetworkNames } from './show/addresses.ts';

const MOST_CONFLICTS = 500;
const byId = z.object({ id: Id });
const historyRoute = createRoute({
  method: 'get',
  path: '/addresses',
  operationId: 'listAddressHistory',
  summary: 'Who holds or held which address, and when',
  middleware: secured('read'),
  request: { query: AddressQuery },
  responses: { ...answer(200, 'Newest first', AddressHistory), ...problems, ...notFound },
});
const importRoute = createRoute({
  method: 'post',
  path: '/addresses/import',
  operationId: 'importAddresses',
  summary: 'Read in networks, reservations and exclusions: all lines or none',
  middleware: secured('networks.manage'),
  request: { body: jsonBody(ImportDraft) },
  responses: { ...answer(200, 'What each line does, and what is wrong with which', ImportResult), ...problems },
});
const reservationsRoute = createRoute({
  method: 'get',
  path: '/addresses/reservations',
  operationId: 'listReservations',
  summary: 'What is kept back of networks, and why',
  middleware: secured('read'),
  responses: { ...answer(200, 'In the order in which they were made', Reservations), ...problems },
});
const reserveRoute = createRoute({
  method: 'post',
  path: '/addresses/reservations',
  operationId: 'reserveAddresses',
  summary: 'Keep addresses from replicas',
  middleware: secured('networks.manage'),
  request: { body: jsonBody(ReservationDraft) },
  responses: { ...answer(201, 'Kept back', ReservationView), ...problems, ...notFound, ...conflict },
});
const unreserveRoute = createRoute({
  method: 'delete',
  path: '/addresses/reservations/{id}',
  operationId: 'deleteReservation',
  summary: 'Let replicas have the addresses again',
  middleware: secured('networks.manage'),
  request: { params: byId },
  responses: { 204: { description: 'They may be given' }, ...problems, ...notFound },
});
const conflictsRoute = createRoute({
  method: 'get',
  path: '/addresses/conflicts',
  operationId: 'listAddressConflicts',
  summary: 'Addresses for which something else answered',
  middleware: secured('read'),
  responses: { ...answer(200, 'Newest first', Conflicts), ...problems },
});
const settleRoute = createRoute({
  method: 'post',
  path: '/addresses/conflicts/{id}/settle',
  operationId: 'settleAddressConflict',
  summary: 'Say that nothing else has the address any more',
  middleware: secured('networks.manage'),
  request: { params: byId },
  responses: { 204: { description: 'It may be given again' }, ...problems, ...notFound },
});
const cardRoute = createRoute({
  method: 'get',
  path: '/addresses/{address}',
  operationId: 'showAddress',
  summary: 'Everything about one address',
  middleware: secured('read'),
  request: { params: z.object({ address: z.ipv4() }) },
  responses: { ...answer(200, 'What it is used for now, and who had it', AddressCard), ...problems },
});

const namesOf = async (reader: Reader): Promise<NetworkNames> => new Map((await listNetworks(reader)).map(({ id, name }) => [id, name]));

/** `/addresses`. */
export function addressesApi(context: Context) {
  const { clock, store } = context;
  return newApi()
    .openapi(historyRoute, async (c) => {
      const { at, mac, ...query } = c.req.valid('query');
      const now = clock.now();
      const filter = { ...query, now, mac: mac?.toLowerCase().replaceAll('-', ':'), at: at === undefined ? undefined : Date.parse(at) };
      const items = await store.read(async (reader) => {
        const names = await namesOf(reader);
        return (await searchLedger(reader, filter)).map((row) => showHolding(row, names, now));
      });
      return c.json({ items, next: null }, 200);
    })
    .openapi(importRoute, async (c) => {
      const { text, dryRun } = c.req.valid('json');
      return c.json(await importLines(context, actor(c), text, dryRun), 200);
    })
    .openapi(reservationsRoute, async (c) => {
      const items = await store.read(async (reader) => {
        const names = await namesOf(reader);
        return (await listReservations(reader)).map((row) => showReservation(row, names));
      });
      return c.json({ items, next: null }, 200);
    })
    .openapi(reserveRoute, async (c) => {
      const { last, ...draft } = c.req.valid('json');
      const row = await reserve(context, actor(c), { ...draft, last: last ?? draft.first });
      return c.json(await store.read(async (reader) => showReservation(row, await namesOf(reader))), 201);
    })
    .openapi(unreserveRoute, async (c) => {
      await unreserve(context, actor(c), c.req.valid('param').id);
      return c.body(null, 204);
    })
    .openapi(conflictsRoute, async (c) => {
      const items = await store.read(async (reader) => {
        const names = await namesOf(reader);
        return (await listConflicts(reader, { limit: MOST_CONFLICTS })).map((row) => showConflict(row, names));
      });
      return c.json({ items, next: null }, 200);
    })
    .openapi(settleRoute, async (c) => {
      await settleConflict(context, actor(c), c.req.valid('param').id);
      return c.body(null, 204);
    })
    .openapi(cardRoute, async (c) => {
      const { address } = c.req.valid('param');
      const now = clock.now();
      return c.json(await store.read(async (reader) => showCard(address, await cardOf(reader, address, now), await namesOf(reader), now)), 200);
    });
}
