// What teams may have without asking, what they have, and what they wait for.
import { createRoute } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { add, NOTHING, quotaKey, subtract } from '../requests/quota.ts';
import { teamByName } from '../db/accounts.ts';
import { appendEvent } from '../db/events.ts';
import { currentPolicy } from '../db/policies.ts';
import { listQuotas, putQuota, quotaOf } from '../db/quotas.ts';
import { waitingRequests } from '../db/requests.ts';
import { InvalidError, NotFoundError } from '../errors.ts';
import { Name, z } from './contract/common.ts';
import { QuotaEdit, Quotas, QuotaView } from './contract/plans.ts';
import { answer, jsonBody, newApi, notFound, problems } from './problem.ts';
import { actor, secured } from './secured.ts';

const listRoute = createRoute({
  method: 'get',
  path: '/quotas',
  operationId: 'listQuotas',
  summary: "Quotas of the caller's teams, with what is used",
  middleware: secured('read'),
  responses: { ...answer(200, 'By team and environment', Quotas), ...problems },
});
const putRoute = createRoute({
  method: 'put',
  path: '/quotas/{team}/{environment}',
  operationId: 'setQuota',
  summary: 'Set what a team may have in an environment; what runs is left alone',
  middleware: secured('quotas.manage'),
  request: { params: z.object({ team: Name, environment: Name }), body: jsonBody(QuotaEdit) },
  responses: { ...answer(200, 'As it is now', QuotaView), ...problems, ...notFound },
});

/** Every team and environment that has a limit, uses something or waits for something. */
async function showQuotas(context: Context): Promise<QuotaView[]> {
  const present = await context.present.read();
  const used = present.used();
  const { rows, waiting } = await context.store.read(async (reader) => ({ rows: await listQuotas(reader), waiting: await waitingRequests(reader) }));
  const limits = new Map(rows.map((row) => [quotaKey(row.team, row.environment), { cpuMilli: row.cpuMilli, memoryMib: row.memoryMib }]));
  const asked = new Map<string, typeof NOTHING>();
  for (const { team, environment, quote } of waiting) asked.set(quotaKey(team, environment), add(asked.get(quotaKey(team, environment)) ?? NOTHING, subtract(quote.quota.after, quote.quota.before)));
  return [...new Set([...limits.keys(), ...used.keys(), ...asked.keys()])].sort().map((key) => {
    const [team, environment] = key.split('/') as [string, string];
    return { team, environment, limit: limits.get(key) ?? NOTHING, used: used.get(key) ?? NOTHING, waiting: asked.get(key) ?? NOTHING };
  });
}

/** `/quotas`. */
export function quotasApi(context: Context) {
  return newApi()
    .openapi(listRoute, async (c) => c.json({ items: (await showQuotas(context)).filter(({ team }) => actor(c).can('read', team)), next: null }, 200))
    .openapi(putRoute, async (c) => {
      const { team, environment } = c.req.valid('param');
      const { cpuMilli, memoryMib, reason } = c.req.valid('json');
      const now = context.clock.now();
      await context.store.tx(async (tx) => {
        if ((await teamByName(tx, team)) === undefined) throw new NotFoundError('team-unknown', `There is no team ${team}.`);
        const environments = Object.keys((await currentPolicy(tx)).record.environments);
        if (!environments.includes(environment)) throw new InvalidError('environment-unknown', `${environment} is not one of ${environments.join(', ')}.`, [{ field: 'environment', value: environment, message: 'is not an environment', allowed: environments.join(', ') }]);
        const before = await quotaOf(tx, team, environment);
        await putQuota(tx, { team, environment, cpuMilli, memoryMib, updatedAt: now });
        const message = `${actor(c).name} set the quota of ${team} in ${environment} to ${cpuMilli} millicores and ${memoryMib} MiB (before: ${before.cpuMilli} and ${before.memoryMib})`;
        await appendEvent(tx, { at: now, actor: actor(c).name, kind: 'quota.set', subjectType: 'quota', subjectId: quotaKey(team, environment), subject: quotaKey(team, environment), team, message, why: reason });
      });
      const view = (await showQuotas(context)).find((each) => each.team === team && each.environment === environment);
      return c.json(view!, 200);
    });
}
