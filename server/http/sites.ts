// Sites, how far services are at each of them, and the rules of fail-over.
import { createRoute } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { listStages } from '../db/stages.ts';
import { listWorkloads } from '../db/workloads.ts';
import { NotFoundError } from '../errors.ts';
import { setStages } from '../sites/names.ts';
import { forgetSite, judgeSite, setFailoverRules, setSite, siteNames } from '../sites/sites.ts';
import { Name, z } from './contract/common.ts';
import { FailoverRules, FailoverView, SiteInput, Sites, SiteVerdictAsk, SiteView, StagesInput, StagesList, StagesView } from './contract/sites.ts';
import { answer, conflict, jsonBody, newApi, notFound, problems } from './problem.ts';
import { actor, secured, type Actor } from './secured.ts';
import { type Seen, showFailover, showSite, showStages } from './show/sites.ts';

const site = z.object({ site: Name });
const workload = z.object({ service: Name, environment: Name });
const listRoute = createRoute({ method: 'get', path: '/sites', operationId: 'listSites', summary: 'Every site: its state with the evidence, who is near it, how its data flows', middleware: secured('read'), responses: { ...answer(200, 'By name', Sites), ...problems } });
const putRoute = createRoute({ method: 'put', path: '/sites/{site}', operationId: 'setSite', summary: 'Say who is near a site and how its data flows', middleware: secured('sites.manage'), request: { params: site, body: jsonBody(SiteInput) }, responses: { ...answer(200, 'As it is now', SiteView), ...problems } });
const forgetRoute = createRoute({ method: 'delete', path: '/sites/{site}', operationId: 'forgetSite', summary: 'Forget what was declared of a site; its hosts stay', middleware: secured('sites.manage'), request: { params: site }, responses: { 204: { description: 'Forgotten' }, ...problems, ...notFound, ...conflict } });
const judgeRoute = createRoute({ method: 'post', path: '/sites/{site}/verdict', operationId: 'judgeSite', summary: 'Fail a site at once, or let what is seen decide again', middleware: secured('sites.manage'), request: { params: site, body: jsonBody(SiteVerdictAsk) }, responses: { ...answer(200, 'As it is now', SiteView), ...problems, ...notFound, ...conflict } });
const failoverRoute = createRoute({ method: 'get', path: '/failover', operationId: 'getFailover', summary: 'Rules of fail-over, what is failed, and what waits for a person', middleware: secured('read'), responses: { ...answer(200, 'As it is now', FailoverView), ...problems } });
const rulesRoute = createRoute({ method: 'put', path: '/failover', operationId: 'setFailover', summary: 'Set the rules of fail-over', middleware: secured('sites.manage'), request: { body: jsonBody(FailoverRules) }, responses: { ...answer(200, 'As it is now', FailoverView), ...problems } });
const stagesRoute = createRoute({ method: 'get', path: '/stages', operationId: 'listStages', summary: 'How far every service is at each site', middleware: secured('read'), responses: { ...answer(200, 'By service and environment', StagesList), ...problems } });
const setStagesRoute = createRoute({ method: 'put', path: '/stages/{service}/{environment}', operationId: 'setStages', summary: "Say a service's layer, whether it only reads, and its stage at each site", middleware: secured('sites.manage'), request: { params: workload, body: jsonBody(StagesInput) }, responses: { ...answer(200, 'As it is now', StagesView), ...problems } });

/** `/sites`, `/failover` and `/stages`. */
export function sitesApi(context: Context) {
  const { store, steering } = context;
  const seen = async (asker: Actor): Promise<Seen> => {
    await steering.refresh();
    const { snapshot, base } = await context.present.read();
    return { snapshot, base, asker };
  };
  const stagesOf = async (service: string, environment: string, asker: Actor) => {
    const { rows, workloads } = await store.read(async (reader) => ({ rows: await listStages(reader), workloads: await listWorkloads(reader) }));
    const found = workloads.find((row) => row.service === service && row.environment === environment);
    if (found === undefined) throw new NotFoundError('workload-unknown', `${service} has no workload in ${environment}.`);
    return showStages(context, found, rows.find((row) => row.service === service && row.environment === environment), await seen(asker));
  };
  return newApi()
    .openapi(listRoute, async (c) => {
      const now = await seen(actor(c));
      return c.json({ items: (await store.read(siteNames)).map((name) => showSite(context, name, now)), next: null }, 200);
    })
    .openapi(putRoute, async (c) => {
      await setSite(context, actor(c), c.req.valid('param').site, c.req.valid('json'));
      return c.json(showSite(context, c.req.valid('param').site, await seen(actor(c))), 200);
    })
    .openapi(forgetRoute, async (c) => {
      await forgetSite(context, actor(c), c.req.valid('param').site);
      return c.body(null, 204);
    })
    .openapi(judgeRoute, async (c) => {
      await judgeSite(context, actor(c), c.req.valid('param').site, c.req.valid('json'));
      return c.json(showSite(context, c.req.valid('param').site, await seen(actor(c))), 200);
    })
    .openapi(failoverRoute, async (c) => {
      await steering.refresh();
      return c.json(showFailover(context), 200);
    })
    .openapi(rulesRoute, async (c) => {
      await setFailoverRules(context, actor(c), c.req.valid('json'));
      await steering.refresh();
      return c.json(showFailover(context), 200);
    })
    .openapi(stagesRoute, async (c) => {
      const { rows, workloads } = await store.read(async (reader) => ({ rows: await listStages(reader), workloads: await listWorkloads(reader) }));
      const now = await seen(actor(c));
      return c.json({ items: workloads.map((row) => showStages(context, row, rows.find(({ service, environment }) => service === row.service && environment === row.environment), now)), next: null }, 200);
    })
    .openapi(setStagesRoute, async (c) => {
      const { service, environment } = c.req.valid('param');
      await setStages(context, actor(c), { service, environment }, c.req.valid('json'));
      return c.json(await stagesOf(service, environment, actor(c)), 200);
    });
}
