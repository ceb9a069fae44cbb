// Rollouts: whether one would fit, starting it, following it, acting on it, and going back.
import { createRoute } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { actOnRollout, rollBack, startRollout, strategyOf } from '../rollouts/rollouts.ts';
import { preflightOf, readinessOf } from '../rollouts/preflight.ts';
import { releaseById, workloadsOfService } from '../db/releases.ts';
import { listRollouts, rolloutById, type RolloutRow } from '../db/rollouts.ts';
import { listWorkloads, type ReleaseRow, workloadById, type WorkloadRow } from '../db/workloads.ts';
import { NotFoundError } from '../errors.ts';
import { Id, ListQuery, Name, z } from './contract/common.ts';
import { Preflight, RollbackAsk, RolloutAct, RolloutAsk, RolloutDetail, Rollouts } from './contract/releases.ts';
import { answer, conflict, jsonBody, newApi, notFound, problems } from './problem.ts';
import { actor, type Actor, requireTeam, secured } from './secured.ts';
import { readHostNames, readRollout, showRollout, showRolloutDetail } from './show/rollouts.ts';

const params = z.object({ id: Id });
const listRoute = createRoute({
  method: 'get',
  path: '/rollouts',
  operationId: 'listRollouts',
  summary: "Rollouts of the caller's teams, newest first",
  middleware: secured('read'),
  request: { query: ListQuery.extend({ service: Name.optional(), active: z.enum(['true', 'false']).optional() }) },
  responses: { ...answer(200, 'Newest first', Rollouts), ...problems },
});
const showRoute = createRoute({
  method: 'get',
  path: '/rollouts/{id}',
  operationId: 'getRollout',
  summary: 'One rollout with every replica, its gates, what it waits for and what the reader may do',
  middleware: secured('read'),
  request: { params },
  responses: { ...answer(200, 'The rollout', RolloutDetail), ...problems, ...notFound },
});
const actRoute = createRoute({
  method: 'post',
  path: '/rollouts/{id}',
  operationId: 'actOnRollout',
  summary: 'Pause, resume, promote, accept what a gate holds, abort or roll back',
  middleware: secured('rollouts.run'),
  request: { params, body: jsonBody(RolloutAct) },
  responses: { ...answer(200, 'As it is now', RolloutDetail), ...problems, ...notFound, ...conflict },
});
const preflightRoute = createRoute({
  method: 'post',
  path: '/releases/{id}/preflight',
  operationId: 'preflightRollout',
  summary: 'Whether every step of a rollout would fit, and what stands in its way; nothing is changed',
  middleware: secured('rollouts.run'),
  request: { params, body: jsonBody(RolloutAsk) },
  responses: { ...answer(200, 'Step by step', Preflight), ...problems, ...notFound },
});
const startRoute = createRoute({
  method: 'post',
  path: '/releases/{id}/rollout',
  operationId: 'startRollout',
  summary: 'Roll a release out',
  middleware: secured('rollouts.run'),
  request: { params, body: jsonBody(RolloutAsk) },
  responses: { ...answer(201, 'It has begun', RolloutDetail), ...problems, ...notFound, ...conflict },
});
const backRoute = createRoute({
  method: 'post',
  path: '/workloads/{id}/rollback',
  operationId: 'rollBack',
  summary: 'Go back at once: what is under way turns round, else to an earlier release',
  middleware: secured('rollouts.run'),
  request: { params, body: jsonBody(RollbackAsk) },
  responses: { ...answer(201, 'The rollout that goes back', RolloutDetail), ...problems, ...notFound, ...conflict },
});

/** `/rollouts`, and what starts one below `/releases` and `/workloads`. */
export function rolloutsApi(context: Context) {
  const { store } = context;
  return newApi()
    .openapi(listRoute, async (c) => {
      const { limit, after, service, active } = c.req.valid('query');
      const reader = actor(c);
      const present = await context.present.read();
      const view = await store.read(async (from) => {
        const workloads = await workloadIds(from, reader, service);
        const rows = await listRollouts(from, { workloadIds: workloads, isActive: active === undefined ? undefined : active === 'true', limit: limit + 1, after });
        const hostNames = await readHostNames(from);
        const items = [];
        for (const row of rows.slice(0, limit)) {
          const it = await readRollout(context, from, present, row, hostNames);
          if (it !== undefined && reader.can('read', it.workload.team)) items.push(showRollout(it, reader));
        }
        return { items, next: rows.length > limit ? rows[limit - 1]!.id : null };
      });
      return c.json(view, 200);
    })
    .openapi(showRoute, async (c) => c.json(await detail(context, c.req.valid('param').id, actor(c)), 200))
    .openapi(actRoute, async (c) => {
      const { id } = c.req.valid('param');
      const { verb, why } = c.req.valid('json');
      const { team } = await detail(context, id, actor(c));
      requireTeam(c, 'rollouts.run', team);
      await actOnRollout(context, actor(c), id, verb, why);
      return c.json(await detail(context, id, actor(c)), 200);
    })
    .openapi(preflightRoute, async (c) => {
      const { release, workload } = await releaseFor(context, c.req.valid('param').id, actor(c));
      return c.json({ ...(await preflightOf(context, workload, release, strategyOf(workload, c.req.valid('json')))), readiness: await readinessOf(context, workload, null) }, 200);
    })
    .openapi(startRoute, async (c) => {
      const { release, workload } = await releaseFor(context, c.req.valid('param').id, actor(c));
      requireTeam(c, 'rollouts.run', workload.team);
      const caller = actor(c);
      const row = await startRollout(context, { id: caller.id, name: caller.name, mayOverride: caller.can('releases.override') }, release, c.req.valid('json'));
      return c.json(await detail(context, row.id, caller), 201);
    })
    .openapi(backRoute, async (c) => {
      const { id } = c.req.valid('param');
      const workload = await store.read((reader) => workloadById(reader, id));
      if (workload === undefined || !actor(c).can('read', workload.team)) throw new NotFoundError('workload-unknown', `There is no workload ${id}.`);
      requireTeam(c, 'rollouts.run', workload.team);
      const row: RolloutRow = await rollBack(context, actor(c), id, c.req.valid('json'));
      return c.json(await detail(context, row.id, actor(c)), 201);
    });
}

/** Ids of the workloads whose rollouts the reader may see; null: all. */
async function workloadIds(from: Parameters<typeof listWorkloads>[0], reader: Actor, service: string | undefined): Promise<string[] | null> {
  if (service !== undefined) return (await workloadsOfService(from, service)).map(({ id }) => id);
  if (reader.teams('read') === null) return null;
  return (await listWorkloads(from)).filter(({ team }) => reader.can('read', team)).map(({ id }) => id);
}

/** @throws NotFoundError also where the reader may not know of it */
async function detail(context: Context, id: string, reader: Actor): Promise<RolloutDetail> {
  const present = await context.present.read();
  const it = await context.store.read(async (from) => {
    const row = await rolloutById(from, id);
    return row === undefined ? undefined : await readRollout(context, from, present, row, await readHostNames(from));
  });
  if (it === undefined || !reader.can('read', it.workload.team)) throw new NotFoundError('rollout-unknown', `There is no rollout ${id}.`);
  return await showRolloutDetail(context, it, reader);
}

async function releaseFor(context: Context, id: string, reader: Actor): Promise<{ readonly release: ReleaseRow; readonly workload: WorkloadRow }> {
  const found = await context.store.read(async (from) => {
    const release = await releaseById(from, id);
    return { release, workload: release === undefined ? undefined : await workloadById(from, release.workloadId) };
  });
  if (found.release === undefined || found.workload === undefined || !reader.can('read', found.workload.team)) throw new NotFoundError('release-unknown', `There is no release ${id}.`);
  return { release: found.release, workload: found.workload };
}
