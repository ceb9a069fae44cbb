// What is known about the present: the proven gap, survival, the price list of moves, and why something finds no room and what would help.
import { createRoute } from '@hono/zod-openapi';
import type { Workload } from '#scheduler/model.ts';
import type { Context } from '../context.ts';
import { considerDraft } from '../requests/consider.ts';
import { frontierOf } from '../control/insight-frontier.ts';
import type { Present } from '../control/present.ts';
import { readCluster } from '../db/cluster.ts';
import { listPools, poolOf } from '../db/pools.ts';
import { workloadById } from '../db/workloads.ts';
import { NotFoundError } from '../errors.ts';
import { Id, z } from './contract/common.ts';
import { ClusterProof, Frontier, SurvivalReport, WhyNots } from './contract/questions.ts';
import { Draft } from './contract/requests.ts';
import { answer, conflict, jsonBody, newApi, notFound, problems, unavailable } from './problem.ts';
import { actor, requireTeam, secured } from './secured.ts';
import { showFrontier, showProof, showSurvival, showWhyNot } from './show/insight.ts';

const proofRoute = createRoute({
  method: 'get',
  path: '/proof',
  operationId: 'getProof',
  summary: 'How far the cluster is from the cheapest possible, proven, and how anybody can check it',
  middleware: secured('read'),
  responses: { ...answer(200, 'What is known', ClusterProof), ...problems },
});
const survivalRoute = createRoute({
  method: 'get',
  path: '/survival',
  operationId: 'getSurvival',
  summary: 'Whether any one host, rack or site may die now and everything fits again',
  middleware: secured('read'),
  responses: { ...answer(200, 'What is known', SurvivalReport), ...problems },
});
const frontierRoute = createRoute({
  method: 'get',
  path: '/frontier',
  operationId: 'getFrontier',
  summary: 'What so many moves would free or save: pick a point and propose it',
  middleware: secured('simulate'),
  responses: { ...answer(200, 'By rising number of moves; empty where nothing can be gained', Frontier), ...problems, ...conflict, ...unavailable },
});
const whyRoute = createRoute({
  method: 'get',
  path: '/workloads/{id}/why',
  operationId: 'whyWorkload',
  summary: 'Why replicas of a workload find no room, and the cheapest changes that would help',
  middleware: secured('read'),
  request: { params: z.object({ id: Id }) },
  responses: { ...answer(200, 'One entry for each shape that finds no room; none where everything does', WhyNots), ...problems, ...notFound, ...conflict, ...unavailable },
});
const whyDraftRoute = createRoute({
  method: 'post',
  path: '/requests/why',
  operationId: 'whyDraft',
  summary: 'Why a draft would find no room, and the cheapest changes that would help',
  middleware: secured('requests.quote'),
  request: { body: jsonBody(Draft) },
  responses: { ...answer(200, 'None where everything finds room', WhyNots), ...problems, ...conflict, ...unavailable },
});

/** `/proof`, `/survival`, `/frontier`, `/workloads/{id}/why`, `/requests/why`. */
export function insightApi(context: Context) {
  const { store, insight } = context;
  const revision = async () => (await store.read(readCluster)).revision;
  return newApi()
    .openapi(proofRoute, async (c) => c.json(showProof(insight, await revision()), 200))
    .openapi(survivalRoute, async (c) => c.json(showSurvival(insight, await revision()), 200))
    .openapi(frontierRoute, async (c) => {
      const { present, frontier, seconds } = await frontierOf(context);
      return c.json(showFrontier(present, frontier, seconds), 200);
    })
    .openapi(whyRoute, async (c) => {
      const { id } = c.req.valid('param');
      const row = await store.read((reader) => workloadById(reader, id));
      if (row === undefined || !actor(c).can('read', row.team)) throw new NotFoundError('workload-unknown', `There is no workload ${id}.`);
      const present = await context.present.read();
      const workload = present.base.workloads.get(id);
      if (workload === undefined) throw new NotFoundError('workload-unknown', `There is no workload ${id}.`);
      return c.json(await why(context, present, workload, actor(c).id), 200);
    })
    .openapi(whyDraftRoute, async (c) => {
      const draft = c.req.valid('json');
      requireTeam(c, 'requests.quote', draft.team);
      const present = await context.present.read();
      const { workload } = await store.read((reader) => considerDraft(reader, present.snapshot.policy, draft, 'quote'));
      return c.json(await why(context, present, workload, actor(c).id), 200);
    });
}

async function why({ store, questions }: Context, { snapshot, revision }: Present, workload: Workload, personId: string): Promise<z.infer<typeof WhyNots>> {
  const started = performance.now();
  const pools = (await store.read(listPools)).map(poolOf);
  const found = await questions.ask('why-not', snapshot, { workload, pools }, { key: `why ${personId}`, urgent: true });
  return { revision, items: found.map((each) => showWhyNot(snapshot, each)), seconds: (performance.now() - started) / 1000 };
}
