// Releases of a service: their history, what differs between two, making one; and the lock that keeps them from starting.
import { createRoute } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { lockReleases, unlockReleases } from '../releases/deploy-locks.ts';
import { makeRelease, requireRelease } from '../releases/releases.ts';
import { diffOf } from '../releases/diff.ts';
import { deployLockOf, type DeployLockRow } from '../db/deploy-locks.ts';
import { releaseById, releasesOf, workloadsOfService } from '../db/releases.ts';
import type { Reader } from '../db/store.ts';
import { serviceByName, workloadById, type WorkloadRow } from '../db/workloads.ts';
import { InvalidError, NotFoundError } from '../errors.ts';
import { Id, Name, z } from './contract/common.ts';
import { DeployLock, DeployLockAsk } from './contract/release-rules.ts';
import { ReleaseAsk, ReleaseDiff, ReleaseMade, Releases, ReleaseView } from './contract/releases.ts';
import { answer, conflict, jsonBody, newApi, notFound, problems, unavailable } from './problem.ts';
import { type Actor, actor, requireTeam, secured } from './secured.ts';
import { mayReadConfig, showReleases } from './show/releases.ts';
import { instant, instantOrNull } from './show/show.ts';

const params = z.object({ id: Id });
const named = z.object({ name: Name });
const listRoute = createRoute({
  method: 'get',
  path: '/services/{name}/releases',
  operationId: 'listReleases',
  summary: 'Releases of a service in an environment, or in all of them, newest first',
  middleware: secured('read'),
  request: { params: named, query: z.object({ environment: Name.optional(), limit: z.coerce.number().int().min(1).max(1000).default(50), before: z.coerce.number().int().min(1).optional().openapi({ description: 'a version: only older ones' }) }) },
  responses: { ...answer(200, 'Newest first', Releases), ...problems, ...notFound },
});
const makeRoute = createRoute({
  method: 'post',
  path: '/services/{name}/releases',
  operationId: 'makeRelease',
  summary: 'Make a release: it runs nowhere until a rollout brings it',
  middleware: secured('releases.make'),
  request: { params: named, body: jsonBody(ReleaseAsk) },
  responses: { ...answer(201, 'Made', ReleaseMade), ...problems, ...notFound, ...conflict, ...unavailable },
});
const showRoute = createRoute({ method: 'get', path: '/releases/{id}', operationId: 'getRelease', summary: 'One release', middleware: secured('read'), request: { params }, responses: { ...answer(200, 'The release', ReleaseView), ...problems, ...notFound } });
const diffRoute = createRoute({
  method: 'get',
  path: '/releases/{id}/diff',
  operationId: 'diffRelease',
  summary: 'What a release changes against another one, or against what runs',
  middleware: secured('read'),
  request: { params, query: z.object({ against: Id.optional() }) },
  responses: { ...answer(200, 'What differs', ReleaseDiff), ...problems, ...notFound },
});
const lockRoute = createRoute({ method: 'put', path: '/workloads/{id}/lock', operationId: 'lockReleases', summary: 'Keep releases of a workload from starting', middleware: secured('rollouts.run'), request: { params, body: jsonBody(DeployLockAsk) }, responses: { ...answer(200, 'The lock', DeployLock), ...problems, ...notFound, ...conflict } });
const lockedRoute = createRoute({ method: 'get', path: '/workloads/{id}/lock', operationId: 'getReleaseLock', summary: 'Who keeps releases of a workload from starting, and why', middleware: secured('read'), request: { params }, responses: { ...answer(200, 'The lock; null: its releases are not locked', DeployLock.nullable()), ...problems, ...notFound } });
const unlockRoute = createRoute({ method: 'delete', path: '/workloads/{id}/lock', operationId: 'unlockReleases', summary: 'Lift the lock: its holder, or an SRE', middleware: secured('rollouts.run'), request: { params }, responses: { 204: { description: 'Lifted' }, ...problems, ...notFound } });

/** `/services/{name}/releases`, `/releases`, `/workloads/{id}/lock`. */
export function releasesApi(context: Context) {
  const { store, clock } = context;
  return newApi()
    .openapi(listRoute, async (c) => {
      const { environment, limit, before } = c.req.valid('query');
      const { name } = c.req.valid('param');
      const items = await store.read(async (from) => {
        const workloads = await readableWorkloads(from, name, environment, actor(c));
        const lists = await Promise.all(workloads.map(async (workload) => await showReleases(from, workload, await releasesOf(from, workload.id, { limit, before }), actor(c))));
        return lists.flat().sort((one, other) => (one.createdAt < other.createdAt ? 1 : -1)).slice(0, limit);
      });
      return c.json({ items, next: null }, 200);
    })
    .openapi(makeRoute, async (c) => {
      const { name } = c.req.valid('param');
      const service = await store.read((from) => serviceByName(from, name));
      if (service === undefined || !actor(c).can('read', service.team)) throw new NotFoundError('service-unknown', `There is no service ${name}.`);
      requireTeam(c, 'releases.make', service.team);
      const { release, workload, warnings } = await makeRelease(context, actor(c), name, c.req.valid('json'));
      const [view] = await store.read((from) => showReleases(from, workload, [release], actor(c)));
      return c.json({ ...view!, warnings: [...warnings] }, 201);
    })
    .openapi(showRoute, async (c) => {
      const [view] = await store.read(async (from) => {
        const { release, workload } = await readableRelease(from, c.req.valid('param').id, actor(c));
        return await showReleases(from, workload, [release], actor(c));
      });
      return c.json(view!, 200);
    })
    .openapi(diffRoute, async (c) => {
      const { against } = c.req.valid('query');
      const diff = await store.read(async (from) => {
        const { release, workload } = await readableRelease(from, c.req.valid('param').id, actor(c));
        const other = await releaseById(from, against ?? workload.releaseId);
        const owner = other === undefined ? undefined : await workloadById(from, other.workloadId);
        if (against !== undefined && (owner === undefined || owner.serviceId !== workload.serviceId)) throw new InvalidError('release-unknown', `against is ${against}: it is not a release of ${workload.service}.`, [{ field: 'against', value: against, message: `is not a release of ${workload.service}` }]);
        return await diffOf(from, other ?? null, release, mayReadConfig(actor(c), workload.team));
      });
      return c.json(diff, 200);
    })
    .openapi(lockRoute, async (c) => {
      const workload = await store.read((from) => readableWorkload(from, c.req.valid('param').id, actor(c)));
      requireTeam(c, 'rollouts.run', workload.team);
      return c.json(showLock(await lockReleases(context, actor(c), workload, c.req.valid('json'))), 200);
    })
    .openapi(lockedRoute, async (c) => {
      const lock = await store.read(async (from) => await deployLockOf(from, (await readableWorkload(from, c.req.valid('param').id, actor(c))).id, clock.now()));
      return c.json(lock === undefined ? null : showLock(lock), 200);
    })
    .openapi(unlockRoute, async (c) => {
      const workload = await store.read((from) => readableWorkload(from, c.req.valid('param').id, actor(c)));
      requireTeam(c, 'rollouts.run', workload.team);
      await unlockReleases(context, actor(c), workload);
      return c.body(null, 204);
    });
}

const showLock = ({ workloadId, holder, reason, since, until }: DeployLockRow): z.infer<typeof DeployLock> => ({ workloadId, holder, reason, since: instant(since), until: instantOrNull(until) });

/** What the caller may not read is as good as not there. */
async function readableWorkload(from: Reader, id: string, reader: Actor): Promise<WorkloadRow> {
  const workload = await workloadById(from, id);
  if (workload === undefined || !reader.can('read', workload.team)) throw new NotFoundError('workload-unknown', `There is no workload ${id}.`);
  return workload;
}

async function readableRelease(from: Reader, id: string, reader: Actor) {
  const found = await requireRelease(from, id);
  if (!reader.can('read', found.workload.team)) throw new NotFoundError('release-unknown', `There is no release ${id}.`);
  return found;
}

async function readableWorkloads(from: Reader, name: string, environment: string | undefined, reader: Actor): Promise<WorkloadRow[]> {
  const service = await serviceByName(from, name);
  if (service === undefined || !reader.can('read', service.team)) throw new NotFoundError('service-unknown', `There is no service ${name}.`);
  const heads = (await workloadsOfService(from, name)).filter((each) => environment === undefined || each.environment === environment);
  if (environment !== undefined && heads.length === 0) throw new NotFoundError('workload-unknown', `There is no ${name}.${environment}.`);
  return (await Promise.all(heads.map(({ id }) => workloadById(from, id)))).flatMap((row) => row ?? []);
}
