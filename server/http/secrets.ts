// Secrets: a value goes in once and is never answered. What is shown is which versions there are, and which releases use them.
import { createRoute } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { putSecret, removeSecret, secretsOfRelease } from '../releases/secrets.ts';
import { releasesOfWorkloads } from '../db/releases.ts';
import { listSecretHeads, type SecretRow, secretsById } from '../db/secrets.ts';
import type { Reader } from '../db/store.ts';
import { listWorkloads, workloadName } from '../db/workloads.ts';
import { NotFoundError } from '../errors.ts';
import { Id, Name, z } from './contract/common.ts';
import { SecretAsk, Secrets, SecretView } from './contract/release-rules.ts';
import { answer, conflict, jsonBody, newApi, notFound, problems, unavailable } from './problem.ts';
import { actor, requireTeam, secured } from './secured.ts';
import { instant } from './show/show.ts';

const listRoute = createRoute({
  method: 'get',
  path: '/secrets',
  operationId: 'listSecrets',
  summary: 'Versions of secrets, without their values',
  middleware: secured('read'),
  request: { query: z.object({ team: Name.optional(), service: Name.optional(), environment: Name.optional() }) },
  responses: { ...answer(200, 'By team and name, newest version first', Secrets), ...problems },
});
const putRoute = createRoute({
  method: 'post',
  path: '/secrets',
  operationId: 'setSecret',
  summary: 'Set a secret: its value is a new version, which releases made from now on use',
  middleware: secured('secrets.manage'),
  request: { body: jsonBody(SecretAsk) },
  responses: { ...answer(201, 'Set; the value is not repeated', SecretView), ...problems, ...conflict, ...unavailable },
});
const removeRoute = createRoute({
  method: 'delete',
  path: '/secrets/{id}',
  operationId: 'deleteSecret',
  summary: 'Delete one version of a secret that no kept release needs',
  middleware: secured('secrets.manage'),
  request: { params: z.object({ id: Id }) },
  responses: { 204: { description: 'Deleted' }, ...problems, ...notFound, ...conflict },
});

/** `/secrets`. */
export function secretsApi(context: Context) {
  const { store } = context;
  return newApi()
    .openapi(listRoute, async (c) => {
      const { team, service, environment } = c.req.valid('query');
      if (team !== undefined) requireTeam(c, 'read', team);
      const items = await store.read(async (from) => {
        const rows = (await listSecretHeads(from)).filter((row) => actor(c).can('read', row.team) && (team === undefined || row.team === team));
        return await showSecrets(from, rows);
      });
      return c.json({ items: items.filter((each) => (service === undefined || each.service === service) && (environment === undefined || each.environment === environment)), next: null }, 200);
    })
    .openapi(putRoute, async (c) => {
      const ask = c.req.valid('json');
      requireTeam(c, 'secrets.manage', ask.team);
      const row = await putSecret(context, actor(c), ask);
      const [view] = await store.read((from) => showSecrets(from, [row]));
      return c.json(view!, 201);
    })
    .openapi(removeRoute, async (c) => {
      const { id } = c.req.valid('param');
      const row = (await store.read((from) => secretsById(from, [id]))).get(id);
      if (row === undefined || !actor(c).can('read', row.team)) throw new NotFoundError('secret-unknown', `There is no secret ${id}.`);
      requireTeam(c, 'secrets.manage', row.team);
      await removeSecret(context, actor(c), id);
      return c.body(null, 204);
    });
}

/** Named field by field, so that what is sealed cannot slip out. */
async function showSecrets(from: Reader, rows: readonly Omit<SecretRow, 'sealed'>[]): Promise<SecretView[]> {
  const workloads = new Map((await listWorkloads(from)).map((row) => [row.id, row]));
  const releases = await releasesOfWorkloads(from, rows.flatMap(({ workloadId }) => workloadId ?? []));
  const users = new Map<string, string[]>();
  for (const release of releases.toReversed()) {
    const workload = workloads.get(release.workloadId);
    for (const id of new Set(secretsOfRelease(release))) users.set(id, [...(users.get(id) ?? []), `${workload === undefined ? '' : `${workloadName(workload)} `}v${release.version}`]);
  }
  return rows.map(({ id, name, team, workloadId, version, createdBy, createdAt }) => {
    const workload = workloadId === null ? undefined : workloads.get(workloadId);
    return { id, name, team, service: workload?.service ?? null, environment: workload?.environment ?? null, version, createdBy, createdAt: instant(createdAt), usedBy: users.get(id) ?? [] };
  });
}
