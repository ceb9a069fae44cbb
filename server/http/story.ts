// The life story of a replica, also of one that is gone, and why a plan put it where it did.
import { createRoute } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { lastPlacement, readStory, type Told } from '../control/story.ts';
import { explainStored } from '../control/verify.ts';
import { DomainError, NotFoundError } from '../errors.ts';
import { Id, z } from './contract/common.ts';
import { Story, StoryScore } from './contract/story.ts';
import { answer, conflict, newApi, notFound, problems, unavailable } from './problem.ts';
import { actor, secured } from './secured.ts';
import { showScore, showStory } from './show/story.ts';

const storyRoute = createRoute({
  method: 'get',
  path: '/replicas/{id}/story',
  operationId: 'getStory',
  summary: 'Asked by, approved by, placed where and why, moved, started, stopped; by id or by name',
  middleware: secured('read'),
  request: { params: z.object({ id: z.string().min(1).max(128) }) },
  responses: { ...answer(200, 'Oldest first', Story), ...problems, ...notFound, ...conflict, ...unavailable },
});
const placementRoute = createRoute({
  method: 'get',
  path: '/replicas/{id}/placements/{plan}',
  operationId: 'getPlacement',
  summary: 'Why a plan put a replica on its host: both scores, part by part',
  middleware: secured('read'),
  request: { params: z.object({ id: Id, plan: Id }) },
  responses: { ...answer(200, 'The chosen host against the best of the others', StoryScore), ...problems, ...notFound, ...conflict, ...unavailable },
});

/** `/replicas/{id}/story`, `/replicas/{id}/placements/{plan}`. */
export function storyApi(context: Context) {
  return newApi()
    .openapi(storyRoute, async (c) => {
      const told = await readStory(context, c.req.valid('param').id);
      // Of a workload that is gone, nobody knows any more whose it was.
      if (told.workload !== undefined && !actor(c).can('read', told.workload.team)) throw new NotFoundError('replica-unknown', `There is no replica ${c.req.valid('param').id}.`);
      const { score, missing } = await scoreOf(context, told, actor(c).id);
      return c.json(showStory(told, score, [...missing, ...missingIn(told)]), 200);
    })
    .openapi(placementRoute, async (c) => {
      const { id, plan } = c.req.valid('param');
      const told = await readStory(context, id);
      if (told.workload !== undefined && !actor(c).can('read', told.workload.team)) throw new NotFoundError('replica-unknown', `There is no replica ${id}.`);
      const found = await explainStored(context, plan, id, actor(c).id);
      if (found === null) throw new NotFoundError('placement-unknown', `Plan ${plan} did not put the replica ${id} on a host.`);
      return c.json(showScore(found, await hostsBy(context, told)), 200);
    });
}

async function hostsBy({ present }: Context, { hostNames }: Told): Promise<(id: string) => { readonly name: string; readonly kind: string }> {
  const { base } = await present.read();
  return (id) => {
    const host = base.hosts[base.hostIndex.get(id) ?? -1];
    return { name: host?.name ?? hostNames.get(id) ?? id, kind: host?.kind ?? 'gone' };
  };
}

/** Why it was put where it is; where that is no longer known, a sentence that says so. */
async function scoreOf(context: Context, told: Told, asker: string): Promise<{ readonly score: StoryScore | null; readonly missing: string[] }> {
  const placed = lastPlacement(told);
  if (placed === undefined) return { score: null, missing: ['The plan that put it on its host is no longer kept.'] };
  try {
    const found = await explainStored(context, placed.plan.id, told.id, asker);
    return found === null ? { score: null, missing: [] } : { score: showScore(found, await hostsBy(context, told)), missing: [] };
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return { score: null, missing: [error.message] };
  }
}

function missingIn({ id, line, steps, request, lives }: Told): string[] {
  const started = (each: string) => steps.some(({ step }) => step.replica.id === each && (step.kind === 'start' || step.kind === 'move' || step.kind === 'wait'));
  return [
    ...(request === undefined ? ['What asked for it is no longer known.'] : []),
    ...line.filter((each) => each !== id && !started(each)).map((each) => `The plan that started ${each}, of its line, is no longer kept.`),
    ...(lives.some(({ replicaId }) => replicaId === id) ? [] : ['No host has said that it serves, or what hosts said is no longer kept.']),
  ];
}
