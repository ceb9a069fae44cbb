// Versions of agents, and campaigns that bring hosts to another one.
import { createRoute } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { hostsOfUpgrade, listUpgrades, upgradeById } from '../db/agent-upgrades.ts';
import { listHosts } from '../db/hosts.ts';
import { NotFoundError } from '../errors.ts';
import { findBundles } from '../fleet/bundles.ts';
import { actOnUpgrade, startUpgrade } from '../fleet/upgrades.ts';
import { whyApart } from '../fleet/versions.ts';
import { VERSION } from '../version.ts';
import { Id, z } from './contract/common.ts';
import { AgentVersions, UpgradeAsk, UpgradeDetail, Upgrades, UpgradeVerb } from './contract/identities.ts';
import { answer, conflict, jsonBody, newApi, notFound, problems } from './problem.ts';
import { actor, type Actor, secured } from './secured.ts';
import { instant } from './show/show.ts';
import { showUpgrade, showUpgradeDetail } from './show/identities.ts';

const params = z.object({ id: Id });
const versionsRoute = createRoute({ method: 'get', path: '/agents/versions', operationId: 'getAgentVersions', summary: 'Which agents there are, and which ones hosts run', middleware: secured('read'), responses: { ...answer(200, 'As they are now', AgentVersions), ...problems } });
const listRoute = createRoute({ method: 'get', path: '/agents/upgrades', operationId: 'listAgentUpgrades', summary: 'Campaigns of upgrades, the newest first', middleware: secured('read'), responses: { ...answer(200, 'The last 100', Upgrades), ...problems } });
const getRoute = createRoute({ method: 'get', path: '/agents/upgrades/{id}', operationId: 'getAgentUpgrade', summary: 'One campaign, host by host', middleware: secured('read'), request: { params }, responses: { ...answer(200, 'As it is now', UpgradeDetail), ...problems, ...notFound } });
const startRoute = createRoute({ method: 'post', path: '/agents/upgrades', operationId: 'startAgentUpgrade', summary: 'Upgrade agents: one host first, then some at a time; each goes back by itself when it is not welcomed', middleware: secured('hosts.operate'), request: { body: jsonBody(UpgradeAsk) }, responses: { ...answer(201, 'It begins', UpgradeDetail), ...problems, ...conflict } });
const actRoute = createRoute({ method: 'post', path: '/agents/upgrades/{id}', operationId: 'actOnAgentUpgrade', summary: 'Pause, resume or abort a campaign', middleware: secured('hosts.operate'), request: { params, body: jsonBody(UpgradeVerb) }, responses: { ...answer(200, 'As it is now', UpgradeDetail), ...problems, ...notFound, ...conflict } });
/** Names that are shown of the hosts that run one version. */
const MOST_NAMES = 20;

/** `/agents/versions`, `/agents/upgrades`. */
export function upgradesApi(context: Context) {
  const { store } = context;
  const show = async (id: string, asker: Actor): Promise<UpgradeDetail> =>
    await store.read(async (reader) => {
      const row = await upgradeById(reader, id);
      if (row === undefined) throw new NotFoundError('upgrade-unknown', `There is no upgrade ${id}.`);
      return showUpgradeDetail(row, await hostsOfUpgrade(reader, id), asker.can('hosts.operate'));
    });
  return newApi()
    .openapi(versionsRoute, async (c) => c.json(await versions(context), 200))
    .openapi(listRoute, async (c) => {
      const items = await store.read(async (reader) => {
        const shown = [];
        for (const row of await listUpgrades(reader)) shown.push(showUpgrade(row, await hostsOfUpgrade(reader, row.id), actor(c).can('hosts.operate')));
        return shown;
      });
      return c.json({ items, next: null }, 200);
    })
    .openapi(getRoute, async (c) => c.json(await show(c.req.valid('param').id, actor(c)), 200))
    .openapi(startRoute, async (c) => c.json(await show((await startUpgrade(context, actor(c), c.req.valid('json'))).id, actor(c)), 201))
    .openapi(actRoute, async (c) => {
      const { verb, reason } = c.req.valid('json');
      await actOnUpgrade(context, actor(c), c.req.valid('param').id, verb, reason);
      return c.json(await show(c.req.valid('param').id, actor(c)), 200);
    });
}

async function versions(context: Context): Promise<AgentVersions> {
  const { store, fleet, connections } = context;
  const bundles = await findBundles(context);
  const newest = bundles.find(({ source }) => source === 'server') ?? bundles[0];
  const running = Map.groupBy(await store.read(listHosts), ({ id }) => {
    const { facts = null, report = null } = fleet.get(id) ?? {};
    const now = report?.facts ?? facts;
    return `${now?.agentVersion ?? 'unknown'} ${now?.agentBundle ?? ''}`;
  });
  const shown = [...running].map(([key, hosts]) => {
    const [version = '', bundle = ''] = key.split(' ');
    return { version, bundle: bundle === '' ? null : bundle, hosts: hosts.length, works: whyApart(VERSION, version) === null, upgrades: hosts.some(({ id }) => connections.speaks(id, 'upgrade')), names: hosts.slice(0, MOST_NAMES).map(({ name }) => name) };
  });
  const isOutdated = ({ version, bundle }: { readonly version: string; readonly bundle: string | null }) => newest !== undefined && (bundle === null ? version !== newest.version : bundle !== newest.sha256);
  return {
    serverVersion: VERSION,
    bundles: bundles.map(({ sha256, version, bytes, source, addedAt }) => ({ sha256, version, bytes, source, addedAt: instant(addedAt), works: whyApart(VERSION, version) === null })),
    running: shown.sort((one, other) => other.hosts - one.hosts),
    outdated: shown.filter(isOutdated).reduce((sum, { hosts }) => sum + hosts, 0),
  };
}
