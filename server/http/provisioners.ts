// How VMs of pools are made: which hook, which addresses, which deadlines; and the hooks that the server is configured with.
import { createRoute } from '@hono/zod-openapi';
import { readHooks } from '../burst/hooks.ts';
import { type PoolOffer, readOffers } from '../burst/offers.ts';
import { removeProvisioner, setProvisioner } from '../burst/rules.ts';
import type { Context } from '../context.ts';
import { type BurstVmRow, listVms } from '../db/burst-vms.ts';
import { BurstProvisioners, ProvisionerEdit, ProvisionerView } from './contract/burst.ts';
import { Name, z } from './contract/common.ts';
import { answer, jsonBody, newApi, notFound, problems } from './problem.ts';
import { actor, secured } from './secured.ts';
import { instant } from './show/show.ts';
import { showSaid } from './show/burst.ts';

const params = z.object({ pool: Name });
const listRoute = createRoute({ method: 'get', path: '/burst/provisioners', operationId: 'listProvisioners', summary: 'How VMs of each pool are made, and the hooks that there are', middleware: secured('read'), responses: { ...answer(200, 'By pool', BurstProvisioners), ...problems } });
const putRoute = createRoute({ method: 'put', path: '/burst/provisioners/{pool}', operationId: 'setProvisioner', summary: 'Say how VMs of a pool are made', middleware: secured('burst.manage'), request: { params, body: jsonBody(ProvisionerEdit) }, responses: { ...answer(200, 'As it is now', ProvisionerView), ...problems, ...notFound } });
const removeRoute = createRoute({ method: 'delete', path: '/burst/provisioners/{pool}', operationId: 'removeProvisioner', summary: 'Buy no more from a pool; VMs that are out stay', middleware: secured('burst.manage'), request: { params }, responses: { 204: { description: 'Taken away' }, ...problems, ...notFound } });
/** Starts that the median is of. */
const STARTS = 20;

/** `/burst/provisioners`. */
export function provisionersApi(context: Context) {
  return newApi()
    .openapi(listRoute, async (c) => c.json(await showAll(context), 200))
    .openapi(putRoute, async (c) => {
      const { pool } = c.req.valid('param');
      await setProvisioner(context, actor(c), pool, c.req.valid('json'));
      return c.json((await showAll(context)).items.find((item) => item.pool === pool)!, 200);
    })
    .openapi(removeRoute, async (c) => {
      await removeProvisioner(context, actor(c), c.req.valid('param').pool);
      return c.body(null, 204);
    });
}

async function showAll({ store, config, clock, burst }: Context): Promise<BurstProvisioners> {
  const hooks = await readHooks(config.provisioners);
  const { offers, vms } = await store.read(async (reader) => ({ offers: await readOffers(reader, hooks, clock.now()), vms: await listVms(reader, { limit: 1_000 }) }));
  return {
    items: offers.flatMap((offer) => (offer.provisioner === null ? [] : [showOne(offer, offer.provisioner.edit, vms)])),
    hooks: hooks.items.map(({ name, problem }) => {
      const last = burst.hooks.get(name);
      return { name, problem, lastCall: last === undefined ? null : { action: last.action, at: instant(last.at), seconds: last.seconds, outcome: last.outcome } };
    }),
    withoutProvisioner: offers.filter(({ provisioner }) => provisioner === null).map(({ pool }) => pool.name),
  };
}

function showOne({ pool, out, rangesLeft, problem }: PoolOffer, edit: ProvisionerEdit, vms: readonly BurstVmRow[]): z.infer<typeof ProvisionerView> {
  const starts = vms.flatMap(({ poolId, readyAt, askedAt }) => (poolId === pool.id && readyAt !== null ? [(readyAt - askedAt) / 1000] : [])).slice(0, STARTS).sort((one, other) => one - other);
  return { ...edit, pool: pool.name, site: pool.site, capacity: pool.capacity, costCentsPerHour: pool.costCentsPerHour, limit: pool.limit, out, rangesLeft, problem: problem === null ? null : showSaid(problem), startP50Seconds: starts[Math.floor(starts.length / 2)] ?? null };
}
