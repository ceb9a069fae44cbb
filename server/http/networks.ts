// Address pools and the ledger: which networks there are, how full they are, and who had an address when.
import { createRoute } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { addNetwork } from '../control/networks.ts';
import { toNumber } from '../control/ranges.ts';
import { addressHistory, openAddresses, takenAddresses } from '../db/addresses.ts';
import { listHosts } from '../db/hosts.ts';
import { listNetworks, type NetworkRow } from '../db/networks.ts';
import { neverGiven } from '../db/snapshot.ts';
import type { Reader } from '../db/store.ts';
import { Instant, z } from './contract/common.ts';
import { AddressHistory, NetworkDraft, Networks, NetworkView } from './contract/fleet.ts';
import { answer, conflict, jsonBody, newApi, problems } from './problem.ts';
import { actor, secured } from './secured.ts';
import { instant, instantOrNull } from './show.ts';

const MOST_HISTORY = 500;
const listRoute = createRoute({
  method: 'get',
  path: '/networks',
  operationId: 'listNetworks',
  summary: 'Every network with its free addresses',
  middleware: secured('read'),
  responses: { ...answer(200, 'By name', Networks), ...problems },
});
const addRoute = createRoute({
  method: 'post',
  path: '/networks',
  operationId: 'addNetwork',
  summary: 'Say which addresses of a flat network replicas may have',
  middleware: secured('networks.manage'),
  request: { body: jsonBody(NetworkDraft) },
  responses: { ...answer(201, 'Added', NetworkView), ...problems, ...conflict },
});
const historyRoute = createRoute({
  method: 'get',
  path: '/addresses',
  operationId: 'listAddressHistory',
  summary: 'Who had an address, and when',
  middleware: secured('read'),
  request: { query: z.object({ address: z.ipv4().optional(), at: Instant.optional() }) },
  responses: { ...answer(200, 'Newest first', AddressHistory), ...problems },
});

/** Views of all networks or of some, with counts of one consistent state. */
async function showNetworks(reader: Reader, now: number, isWanted: (row: NetworkRow) => boolean): Promise<NetworkView[]> {
  const hosts = await listHosts(reader);
  const open = Map.groupBy(await openAddresses(reader), ({ networkId }) => networkId);
  const taken = await takenAddresses(reader, now);
  return (await listNetworks(reader)).filter(isWanted).map((row) => {
    const held = open.get(row.id)?.length ?? 0;
    const used = taken.get(row.id) ?? [];
    const [first, last] = [toNumber(row.first), toNumber(row.last)];
    const busy = new Set([...used, ...neverGiven(row, hosts)].map(toNumber).filter((value) => value >= first && value <= last));
    const { id, name, mode, site, cidr, gateway, excluded, dns, hostId } = row;
    return { id, name, mode, site, cidr, gateway, first: row.first, last: row.last, excluded, dns, hostId, held, quarantined: used.length - held, free: last - first + 1 - busy.size };
  });
}

/** `/networks` and `/addresses`. */
export function networksApi(context: Context) {
  return newApi()
    .openapi(listRoute, async (c) => c.json({ items: await context.store.read((reader) => showNetworks(reader, context.clock.now(), () => true)), next: null }, 200))
    .openapi(addRoute, async (c) => {
      const { id } = await addNetwork(context, actor(c), c.req.valid('json'));
      const [view] = await context.store.read((reader) => showNetworks(reader, context.clock.now(), (row) => row.id === id));
      return c.json(view!, 201);
    })
    .openapi(historyRoute, async (c) => {
      const { address, at } = c.req.valid('query');
      const rows = await context.store.read((reader) => addressHistory(reader, { address, at: at === undefined ? undefined : Date.parse(at), limit: MOST_HISTORY }));
      const items = rows.map((row) => ({
        address: row.address,
        mac: row.mac,
        replica: row.replica,
        workload: row.workload,
        host: row.host,
        heldFrom: instant(row.heldFrom),
        heldUntil: instantOrNull(row.heldUntil),
        quarantinedUntil: instantOrNull(row.quarantinedUntil),
      }));
      return c.json({ items, next: null }, 200);
    });
}
